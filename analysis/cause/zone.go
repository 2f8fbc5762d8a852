package cause

import (
	"regexp"
	"strings"
	"sync"

	"faultline/analysis"
)

// Zone is a part of a run's log.
type Zone uint8

// The zones. A signature's zone says where in a run's log it must stand to
// count; outside of logs every zone is fulfilled.
const (
	ZoneAny  Zone = iota
	ZoneStep      // in the failing step
	ZoneTail      // in the last lines before the failing step ends
)

// tailLines is how many lines before the end of the failing step are its tail.
const tailLines = 200

func parseZone(s string) (Zone, bool) {
	switch s {
	case "", "any":
		return ZoneAny, true
	case "failing-step":
		return ZoneStep, true
	case "tail":
		return ZoneTail, true
	}
	return ZoneAny, false
}

// Marks that build systems write. They say where steps begin and how a step or
// run ended; they never say why.
var (
	stepStart = regexp.MustCompile(`^(?:##\[group\]Run |##\[section\]Starting: |##\[start-action |Post job cleanup\.|section_start:\d+:|\[Pipeline\] stage|TASK \[|\x{1F680} )`)
	generic   = regexp.MustCompile(`(?i)^(?:##\[error\])?(?:\[[^\]]*\] *)?(?:` +
		`(?:bash|powershell|the )?.{0,80}\b(?:completed|exited|failed|finished|terminated|returned|ended|got|returning)\b.{0,24}\b(?:exit|return|error|status)[ -]?(?:code|status|value)?:? *'?(?:[1-9]|-\d)` +
		`|.{0,120}\bexit(?:ed)? (?:with )?(?:code|status)(?: is)?[ :=]*'?(?:[1-9]|-\d)` +
		`|.{0,120}(?:returned|with) (?:a )?non-?zero (?:exit|return|status)` +
		`|return code: ?[1-9]` +
		`|job failed(?:: exit (?:code|status).*)?$` +
		`|finished: (?:failure|aborted|unstable)` +
		`|build step .* marked build as failure` +
		`|done\. your build exited with [1-9]` +
		`|(?:g?make|mingw32-make)(?:\[\d+\])?: \*\*\* .*error \d+` +
		`|ninja: build stopped: subcommand failed` +
		`|executing the custom container implementation failed` +
		`|cleaning up (?:orphan processes|project directory)` +
		`|the following (?:targets|builds|recipes) failed` +
		`|task (?:group )?(?:failed|unsuccessful)` +
		`|unsuccessful task run` +
		`|error: (?:process completed|command failed|script returned exit code)` +
		`|failure: build failed\b|build failed(?: in .*|\.)?$|execution failed for task|> task :\S+ failed|there were failing tests|\d+ tests completed` +
		`|npm err! (?:errno|code elifecycle|lifecycle|a complete log|this is probably not)` +
		`|.{0,60}\bgot exit code [1-9]` +
		`)`)
	// stepEnd closes a step as failed in build systems that go on with other
	// steps afterwards: the first one counts. runEnd closes a run: the last one
	// counts, because a run may start others that end before it.
	stepEnd = regexp.MustCompile(`(?i)^##\[error\].*(?:exit(?:ed)? (?:with )?code|failed with exit code|has timed out|the operation was canceled|shutdown signal)`)
	runEnd  = regexp.MustCompile(`(?i)^(?:error: job failed|job failed|build step .* marked build as failure|finished: (?:failure|aborted|unstable)|the command .* exited with [1-9]|return code: ?[1-9]|unsuccessful task run|\[\w+:error\] )`)
)

// step finds the failing step of a log: the lines [from, to) up to and with
// the line that ends a step or the run as failed. found is false when no
// line says so: the log may be cut, or the run may not have failed at all.
func step(lines []Line) (from, to int, found bool) {
	to = len(lines)
	for i := range lines {
		if !triggered(lines[i].Text) {
			continue
		}
		text := strings.TrimLeft(lines[i].Text, " \t")
		if stepEnd.MatchString(text) {
			to, found = i+1, true
			break
		}
		if runEnd.MatchString(text) {
			to, found = i+1, true
		}
	}
	if !found {
		for i := range lines {
			if strings.HasPrefix(lines[i].Text, "##[error]") {
				to, found = i+1, true
			}
		}
	}
	if !found {
		return 0, to, false
	}
	for i := min(to, len(lines)) - 1; i >= 0; i-- {
		if stepStart.MatchString(lines[i].Text) && to-i > 3 {
			from = i
			break
		}
	}
	return from, to, found
}

// zoneOf returns the weight of a place in a log and its zone: the tail of the
// failing step, the step, before it, after it.
func zoneOf(i, from, to int) (Zone, int) {
	switch {
	case i >= from && i < to && to-i <= tailLines:
		return ZoneTail, 3
	case i >= from && i < to:
		return ZoneStep, 3
	case i >= to:
		return ZoneAny, 1
	}
	return ZoneAny, 2
}

var endings = []struct {
	re     *regexp.Regexp
	status analysis.RunStatus
}{
	{regexp.MustCompile(`(?i)^##\[error\].*has timed out|^build timed out|job failed: execution took longer`), analysis.RunTimeout},
	{regexp.MustCompile(`(?i)^##\[error\](?:the operation was canceled|the run was canceled)|^finished: aborted|^job (?:was )?cancell?ed|build was aborted`), analysis.RunCancelled},
	{regexp.MustCompile(`(?i)^##\[error\].*\b(?:exit(?:ed)? (?:with )?code '?[1-9]|failed with exit code [1-9])|^error: job failed|^job failed$|^finished: (?:failure|unstable)|^the command .* exited with [1-9]|^done\. your build exited with [1-9]|\breturn code: ?[1-9]|^unsuccessful task run|^\[taskcluster:error\]|exited with code exit status [1-9]|^error: the command exited with status [1-9]`), analysis.RunFailure},
	{regexp.MustCompile(`(?i)^finished: success|^job succeeded|^done\. your build exited with 0|^successful task run|\breturn code: ?0$|^##\[section\]finishing: finalize job`), analysis.RunSuccess},
}

// endWords are texts of which every line that tells an end holds one.
var endWords = sync.OnceValue(func() *automaton {
	return newAutomaton([]string{
		"timed out", "execution took longer", "cancel", "aborted", "exit", "job failed", "job succeeded", "finish",
		"return code", "successful task run", ":error]",
	})
})

// Ended reports whether a line of a CI job's log says how the run ended, in
// the words of the common build systems, and how.
func Ended(text string) (analysis.RunStatus, bool) {
	if len(text) > 600 || !endWords().stands(text) {
		return "", false
	}
	text = strings.TrimLeft(text, " \t")
	for _, e := range endings {
		if e.re.MatchString(text) {
			return e.status, true
		}
	}
	return "", false
}

var buildMark = regexp.MustCompile(`(?i)^(?:##\[(?:error|group|section|command|endgroup)\]|\[taskcluster(?::error)?[ \]]|finished: (?:success|failure|unstable|aborted)|started by (?:user|upstream|timer|an scm change)|error: job failed|job succeeded|done\. your build exited with|(?:un)?successful task run|section_(?:start|end):\d+:|running with gitlab-runner|current runner version)`)

// BuildMark reports whether a line is one that build systems write into the
// logs of their jobs and nobody else does.
func BuildMark(text string) bool {
	return buildMark.MatchString(strings.TrimLeft(text, " \t"))
}
