package cause

import (
	"regexp"
	"strings"
	"sync"

	"faultline/analysis"
)

// General rules: which line of a failed run's log says best why it failed,
// when no catalogue is at hand. They know how tools print errors, not what the
// errors mean.
var (
	errorMark   = regexp.MustCompile(`^(?:##\[error\]|\[\w+:error\] )`)
	compiler    = regexp.MustCompile(`^\S+?[:(]\d+(?:[:,]\d+)?\)?: (?:fatal )?error\b`)
	testSummary = regexp.MustCompile(`^(?:FAILED\b|FAIL[:!] |--- FAIL: |not ok \d+|SUBFAIL\b|\[  FAILED  \] |[✗✘×] )|^FAIL\s+\S|^\S+::\S+ (?:FAILED|ERROR)\b|^\S+ > .{1,200} FAILED$`)
	unexpected  = regexp.MustCompile(`^[A-Z-]*\bUNEXPECTED\b|\*\*\* UNEXPECTED`)
	capitals    = regexp.MustCompile(`^(?:[A-Z][A-Z0-9_]*-)*(?:UNEXPECTED|FAIL|FAILED|FAILURE|CRASH|PROCESS-CRASH|FATAL|PANIC|ABORT|ERROR)(?:-[A-Z]+)*\s*(?:[|:!-]|$)`)
	exception   = regexp.MustCompile(`^\s*(?:E\s+)?(?:[\w$]+[.:]+)*[A-Z]\w*(?:Error|Exception|Interrupt|Exit|Failure|Fault|Timeout)\b(?:\s*(?:\[[\w-]+\]|\([^)]*\)))?(?::|$)`)
	causedBy    = regexp.MustCompile(`^\s*Caused by: `)
	panicking   = regexp.MustCompile(`^(?:panic: |fatal error: |thread '[^']*' .*panicked at|Assertion .* failed|.*: Assertion .* failed\.|Segmentation fault|SIG(?:SEGV|BUS|ABRT|ILL)\b)`)
	errorWord   = regexp.MustCompile(`(?i)^\W{0,6}(?:\[?(?:fatal|error|fehler)\]?(?:\[\w+\])?\s*[:(!|]|(?:\S{1,40}: )?(?:fatal )?(?:error|fatal): |npm err! |e: |err[: ]|error\s|critical\b)|\w \[?error\]?:? `)
	failWords   = regexp.MustCompile(`(?i)\b(?:fail(?:ed|s|ing|ure)?|cannot|can't|could(?:n't| not)|unable to|refus(?:ed|es|ing)|denied|not (?:found|allowed|permitted|supported|recognized)|no such|invalid|missing|unexpected|exceed(?:s|ed|ing)?|(?:more|less|larger|greater|longer) than (?:the|allowed|\d)|timed? ?out|abort(?:ed|ing)?|killed|crash(?:ed)?|reject(?:ed)?|unauthorized|forbidden|conflicts?|errors?|does(?:n't| not) exist|mismatch)\b`)
	negated     = regexp.MustCompile(`(?i)\b(?:no|0|without|zero|ignor(?:e|ed|ing)|non-?fatal|allowed to fail) (?:\w+ )?(?:errors?|failures?|failed|warnings?|problems?)\b|\b(?:errors?|failures?|failed|failing)[=: ]+(?:0|none|false)\b|\b(?:pass|passed|ok|success(?:ful(?:ly)?)?|succeeded)\b`)
	onlyFailed  = regexp.MustCompile(`(?i)^(?:##\[error\]|\[\w+:error\] )?(?:[\w.]+(?:Error|Exception): )?\S[^:]{0,100}\b(?:failed|failure|error)[.!]*$`)
	frame       = regexp.MustCompile(`^\s+(?:at |File "|from |\^|~|\.\.\. \d+ more)|^\s+\S`)
	command     = regexp.MustCompile(`^(?:\+{1,3} |\$ |> |\[command\]|##\[(?:command|group|endgroup|debug)\])`)
)

// The scores of the general rules. Only their order matters.
const (
	scoreRecordEnd  = 95 // the exception that an error record ends with
	scoreMark       = 90 // marked as the error by the build system
	scoreCompiler   = 87
	scoreUnexpected = 86 // an outcome that the test run itself calls unexpected
	scoreTest       = 85
	scorePanic      = 84
	scoreCapital    = 82
	scoreException  = 80
	scoreError      = 72
	scoreSeverity   = 60
	scoreWords      = 45
	scoreLast       = 42 // first line of the last paragraph before the end
	scoreWrapper    = 40 // only says that something failed
	scoreGeneric    = 5  // only says that the run failed
)

// How many lines without a candidate separate two clusters of evidence; the
// last cluster before the end counts. Plain error lines are common earlier in
// a log, marks and summaries are not.
const (
	clusterGap      = 200
	clusterGapError = 40
)

// triggers are texts of which every line that the rules look at holds one.
// Most lines hold none.
var triggers = sync.OnceValue(func() *automaton {
	return newAutomaton([]string{
		"fail", "err", "exit", "exception", "interrupt", "panic", "fatal", "fehler", "cannot", "can't", "could", "unable", "refus", "denied",
		"not found", "not ok", "not allowed", "not permitted", "not supported", "not recognized", "not exist", "no such", "invalid", "missing",
		"unexpected", "exceed", "than", "timed", "time out", "timeout", "abort", "kill", "crash", "reject", "unauthorized", "forbidden",
		"conflict", "mismatch", "return", "finished", "unsuccessful", "caused by", "assert", "segmentation", "sig", "cancel", "shutdown",
		"completed", "fault", "critical", "e: ", "✗", "✘", "×", "cleaning up", "subfail", "executing the custom",
	})
})

func triggered(text string) bool {
	if len(text) > 4096 {
		text = text[:4096]
	}
	return triggers().stands(text)
}

func score(l *Line) int {
	t := l.Text
	if !triggered(t) {
		if l.Severity >= analysis.SeverityError && strings.TrimSpace(t) != "" {
			return scoreSeverity
		}
		return 0
	}
	if len(t) > 4096 {
		t = t[:4096]
	}
	if generic.MatchString(t) {
		return scoreGeneric
	}
	if errorMark.MatchString(t) {
		if onlyFailed.MatchString(t) {
			return scoreWrapper + 1
		}
		return scoreMark
	}
	if command.MatchString(t) {
		return 0
	}
	s := 0
	switch {
	case compiler.MatchString(t):
		s = scoreCompiler
	case unexpected.MatchString(t):
		s = scoreUnexpected
	case testSummary.MatchString(t):
		s = scoreTest
	case panicking.MatchString(t):
		s = scorePanic
	case capitals.MatchString(t):
		s = scoreCapital
	case causedBy.MatchString(t):
		s = scoreException + 1
	case exception.MatchString(t):
		s = scoreException
	case errorWord.MatchString(t):
		s = scoreError
	case l.Severity >= analysis.SeverityError:
		s = scoreSeverity
	case !frame.MatchString(t) && failWords.MatchString(t):
		s = scoreWords
	}
	if s > 0 && s < scoreCompiler && negated.MatchString(t) {
		return 0
	}
	if s > scoreWrapper && s != scoreTest && onlyFailed.MatchString(t) {
		return scoreWrapper
	}
	return s
}

// bestLine returns the index of the line that the general rules choose among
// lines[from:to], -1 when none says anything. end tells that lines[to-1] ended
// the run, so that the paragraph before it counts even without any word of
// failure.
func (c *Catalogue) bestLine(lines []Line, from, to int, end bool) int {
	scores := make([]int, to)
	for i := from; i < to; i++ {
		if scores[i] = score(&lines[i]); scores[i] > 0 {
			if _, noise := c.NoiseOf(&lines[i].Item); noise {
				scores[i] = 0
			}
		}
	}
	chain(lines, scores, from, to)
	if end {
		if i := lastParagraph(lines, scores, from, to); i >= 0 && scores[i] < scoreLast {
			scores[i] = scoreLast
		}
	}
	top := 0
	for i := from; i < to; i++ {
		top = max(top, scores[i])
	}
	if top == 0 {
		return -1
	}
	gap := clusterGap
	if top < scoreTest {
		gap = clusterGapError
	}
	// The first of the last cluster; a text that is repeated (a retry) counts
	// where it stands last.
	best := -1
	for i := to - 1; i >= from; i-- {
		if scores[i] != top {
			continue
		}
		if best >= 0 && best-i > gap {
			break
		}
		if best >= 0 && lines[i].Text == lines[best].Text {
			continue
		}
		best = i
	}
	return best
}

// chain handles records of several lines: of an error record that carries a
// stack trace, the exception that ends it says more than its first line; of
// chained exceptions, the innermost.
func chain(lines []Line, scores []int, from, to int) {
	for i := from; i < to; i++ {
		if scores[i] < scoreSeverity {
			continue
		}
		last := -1
		for j := i + 1; j < to && lines[j].Continued; j++ {
			if exception.MatchString(lines[j].Text) || causedBy.MatchString(lines[j].Text) {
				last = j
			}
		}
		if last > 0 {
			scores[last] = max(scores[last], min(scoreRecordEnd, scores[i]+5))
		}
	}
}

// lastParagraph returns the first line of the block of lines that stands
// before the line which ended the run.
func lastParagraph(lines []Line, scores []int, from, to int) int {
	i := to - 1
	for i >= from && (scores[i] == scoreGeneric || strings.TrimSpace(lines[i].Text) == "" || errorMark.MatchString(lines[i].Text)) {
		i--
	}
	for n := 0; i > from && n < 20 && strings.TrimSpace(lines[i-1].Text) != "" && !command.MatchString(lines[i-1].Text) && !strings.HasPrefix(lines[i-1].Text, "INFO"); n++ {
		i--
	}
	if i < from || command.MatchString(lines[i].Text) || stepStart.MatchString(lines[i].Text) {
		return -1
	}
	return i
}
