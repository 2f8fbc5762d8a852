package format

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"faultline/analysis"
)

// runColumns says what the columns of a run history mean; -1 for none.
type runColumns struct {
	kind                                                                             analysis.RunKind
	status, fallback                                                                 int // fallback: read when status is empty
	pipeline, job, id, attempt, parent, trigger, commit, branch, environment, runner int
	message                                                                          int
	queued, start, end                                                               int
	when                                                                             map[int]whenReader
	duration                                                                         int
	unit                                                                             time.Duration
	used                                                                             map[int]bool
}

// learnRuns finds the columns of a run history; nil when the table is none. A
// column counts as results when its name says so and its values are words for
// the end of a run, or when all its values are, failures among them.
func learnRuns(t *csvTable) *runColumns {
	c := &runColumns{fallback: -1, when: map[int]whenReader{}, used: map[int]bool{}, kind: analysis.RunJob}
	c.status = statusColumn(t, c)
	if c.status < 0 {
		return nil
	}
	take := func(names ...string) int {
		for _, n := range names {
			for i, h := range t.names {
				if h == n && !c.used[i] {
					c.used[i] = true
					return i
				}
			}
		}
		return -1
	}
	c.used[c.status] = true
	if c.fallback >= 0 {
		c.used[c.fallback] = true
	}
	takeTime := func(names ...string) int {
		for _, n := range names {
			for i, h := range t.names {
				if h != n || c.used[i] {
					continue
				}
				if w, share := learnWhen(t.values(i)); share >= 0.8 {
					c.when[i], c.used[i] = w, true
					return i
				}
			}
		}
		return -1
	}
	c.start = takeTime("startedat", "starttime", "runstartedat", "started", "start", "startdate", "starttimestamp", "begin", "begintime", "startedon", "timestart")
	c.end = takeTime("completedat", "finishedat", "endedat", "endtime", "finishtime", "completiontime", "completed", "finished", "ended", "end", "enddate", "stoppedat", "completedtime", "finish", "endtimestamp")
	c.queued = takeTime("queuedat", "createdat", "submittime", "created", "queued", "submitted", "submittedat", "enqueuedat", "scheduledat", "scheduledtime", "creationtime", "queuetime", "executiondate", "logicaldate", "createdate", "submit")
	if c.start < 0 && c.queued < 0 && c.end < 0 {
		c.start = takeTime("timestamp", "time", "date", "datetime", "runtime", "executedat", "rundate", "when", "updatedat", "ts")
	}
	c.duration, c.unit = -1, time.Second
	for i, h := range t.names {
		if c.used[i] || c.duration >= 0 {
			continue
		}
		if u, ok := durationName(h); ok && durations(t.values(i), u) {
			c.duration, c.unit = i, u
			c.used[i] = true
		}
	}
	test := take("testname", "testcase", "testcasename", "testid")
	if test < 0 {
		test = take("test", "tests", "scenario")
	}
	c.pipeline = take("workflow", "workflowname", "pipeline", "pipelinename", "dagid", "suite", "suitename", "testsuite", "project", "projectname", "jobset", "plan", "planname", "definition", "definitionname", "repository", "repo", "reponame")
	c.job = test
	if c.job < 0 {
		c.job = take("jobname", "job", "taskname", "taskid", "task", "checkname", "check", "stepname", "step", "name", "buildname", "displayname", "playbook", "script", "command", "flowname", "stage", "component")
	}
	if test >= 0 {
		c.kind = analysis.RunTest
	} else if c.job < 0 && c.pipeline >= 0 {
		c.kind = analysis.RunPipeline
	}
	c.id = take("jobid", "id", "buildid", "databaseid", "checkrunid", "uuid", "guid", "executionid", "taskinstanceid", "number", "buildnumber", "runnumber", "jobrunid")
	c.parent = take("runid", "pipelineid", "workflowrunid", "workflowid", "parentid", "parent", "dagrunid", "flowrunid", "workflowexecution")
	if c.id < 0 && c.kind == analysis.RunPipeline {
		c.id, c.parent = c.parent, -1
	}
	c.attempt = take("attempt", "runattempt", "trynumber", "retry", "trial", "attemptnumber")
	c.trigger = take("event", "trigger", "triggeredby", "cause", "source", "triggertype", "eventname")
	c.commit = take("sha", "commit", "headsha", "commitsha", "gitsha", "commithash", "githash", "revision", "gitcommit", "changeset", "commitid")
	c.branch = take("branch", "headbranch", "ref", "gitbranch", "branchname", "sourcebranch", "gitref")
	c.environment = take("environment", "env", "platform", "targetenvironment", "os", "partition", "cluster")
	c.runner = take("runner", "runnername", "agent", "agentname", "worker", "workername", "node", "nodename", "host", "hostname", "builton", "machine", "nodelist", "executor", "server")
	c.message = take("message", "errormessage", "failurereason", "failuremessage", "error", "reason", "failure", "exception", "details", "description", "comment", "log")
	if c.job < 0 && c.pipeline < 0 && (c.start < 0 && c.queued < 0 && c.end < 0 && c.duration < 0 || c.id < 0) {
		return nil
	}
	return c
}

// statusColumn finds the column that says how runs ended. GitHub and others
// have two: how far a run is, and how it ended; the second one counts.
func statusColumn(t *csvTable, c *runColumns) int {
	words := func(col int) (known, counted, failed, all int) {
		for _, v := range t.values(col) {
			all++
			s, ok := runStatus(string(v))
			if ok {
				known++
			}
			if s.Counted() {
				counted++
			}
			if s.Failed() {
				failed++
			}
		}
		return
	}
	found := -1
	for _, name := range []string{"conclusion", "result", "outcome", "verdict", "status", "state", "jobstatus", "buildstatus", "jobresult", "buildresult", "teststatus", "testresult", "runstatus", "finalstatus", "jobconclusion", "workflowconclusion", "runresult", "executionstatus", "jobstate", "runstate", "taskstate", "exitstatus", "returnstatus"} {
		col := t.column(name)
		if col < 0 || col == found {
			continue
		}
		known, counted, _, all := words(col)
		if all == 0 || known*5 < all*4 {
			continue
		}
		if found < 0 && counted > 0 {
			found = col
		} else if found >= 0 && c.fallback < 0 {
			c.fallback = col
		}
	}
	if found >= 0 {
		return found
	}
	for col := range t.header {
		known, counted, failed, all := words(col)
		if all >= 5 && known == all && failed > 0 && counted > failed {
			return col
		}
	}
	return -1
}

// durationName reports whether a header names a duration, and what its plain
// numbers count.
func durationName(h string) (time.Duration, bool) {
	base := h
	unit := time.Second
	for _, u := range []struct {
		suffix string
		unit   time.Duration
	}{{"milliseconds", time.Millisecond}, {"millis", time.Millisecond}, {"msec", time.Millisecond}, {"ms", time.Millisecond}, {"seconds", time.Second}, {"secs", time.Second}, {"sec", time.Second}, {"minutes", time.Minute}, {"mins", time.Minute}, {"min", time.Minute}, {"hours", time.Hour}, {"s", time.Second}} {
		if b, ok := strings.CutSuffix(base, u.suffix); ok && b != "" {
			base, unit = strings.TrimSuffix(b, "in"), u.unit
			break
		}
	}
	for _, name := range []string{h, base} {
		switch name {
		case "duration", "durationtime", "elapsed", "elapsedtime", "runtime", "walltime", "executiontime", "exectime", "buildduration", "jobduration", "runduration", "time", "timetaken", "took", "buildtime", "testtime", "totaltime":
			return unit, true
		}
	}
	return 0, false
}

func durations(values [][]byte, unit time.Duration) bool {
	n := 0
	for _, v := range values {
		if _, ok := duration(string(v), unit); ok {
			n++
		}
	}
	return len(values) > 0 && n*10 >= len(values)*8
}

func (c *runColumns) guess() string {
	for _, col := range []int{c.start, c.end, c.queued} {
		if w, ok := c.when[col]; ok && w.guess != "" {
			return w.guess
		}
	}
	return ""
}

func (c *runColumns) fill(rec *analysis.Record, t *csvTable, fields [][]byte, clock *clockwork) {
	get := func(col int) string {
		if col < 0 {
			return ""
		}
		return string(bytes.TrimSpace(fields[col]))
	}
	quality := analysis.TimeNone
	at := func(col int) time.Time {
		if col < 0 {
			return time.Time{}
		}
		w := c.when[col]
		ns, q := w.read(fields[col], clock)
		if ns != analysis.NoTime && (quality == analysis.TimeNone || q < quality) {
			quality = q
		}
		return analysis.Time(ns)
	}
	r := &analysis.Run{
		Kind: c.kind, Pipeline: get(c.pipeline), Job: get(c.job), Parent: get(c.parent), Trigger: get(c.trigger), Commit: get(c.commit), Branch: get(c.branch),
		Environment: get(c.environment), Runner: get(c.runner), Message: get(c.message),
		Queued: at(c.queued), Start: at(c.start), End: at(c.end), Stated: get(c.status),
	}
	if r.Stated == "" {
		r.Stated = get(c.fallback)
		if r.Status, _ = runStatus(r.Stated); r.Status.Counted() { // "completed", but not how
			r.Status = analysis.RunUnknown
		}
	} else {
		r.Status, _ = runStatus(r.Stated)
	}
	r.Attempt, _ = strconv.Atoi(get(c.attempt))
	if d, ok := duration(get(c.duration), c.unit); ok {
		r.Duration = d
	} else {
		r.Duration = span(r.Start, r.End)
	}
	id := get(c.id)
	for i, f := range fields {
		if f = bytes.TrimSpace(f); i < len(t.header) && !c.used[i] && len(f) > 0 && len(r.Labels) < 16 {
			if r.Labels == nil {
				r.Labels = map[string]string{}
			}
			r.Labels[t.header[i]] = string(f[:min(len(f), 200)])
		}
	}
	if id != "" {
		if r.Labels == nil {
			r.Labels = map[string]string{}
		}
		r.Labels["id"] = id
		id = fmt.Sprintf("%s\x00%s\x00%s\x00%d\x00%s", id, r.Pipeline, r.Job, r.Attempt, stamp(r.When()))
	}
	if id != "" || !r.When().IsZero() {
		r.ID = runID(r, id)
	}
	fillRun(rec, r, quality)
}

// fillRun makes a record of a run.
func fillRun(rec *analysis.Record, r *analysis.Run, quality analysis.TimeQuality) {
	rec.Kind, rec.Run = analysis.KindRun, r
	if r.Kind == analysis.RunTest {
		rec.Kind = analysis.KindTest
	}
	if rec.Time = analysis.Nanos(r.When()); rec.Time != analysis.NoTime {
		rec.Quality = quality
	}
	if r.Status.Failed() {
		rec.Severity = analysis.SeverityError
	}
	rec.Resource = analysis.Resource{Host: r.Runner, Unit: r.Job}
	if r.Job == "" {
		rec.Resource.Unit = r.Pipeline
	}
	rec.Message = []byte(runInWords(r))
}

// runInWords says a run in one sentence: "pipeline / job: failure after 12m3s:
// message".
func runInWords(r *analysis.Run) string {
	var b strings.Builder
	b.WriteString(r.Pipeline)
	if r.Job != "" {
		if r.Pipeline != "" {
			b.WriteString(" / ")
		}
		b.WriteString(r.Job)
	}
	fmt.Fprintf(&b, ": %s", r.Status)
	if s := strings.ToLower(r.Stated); s != "" && s != string(r.Status) {
		fmt.Fprintf(&b, " (%s)", r.Stated)
	}
	if r.Duration > 0 {
		fmt.Fprintf(&b, " after %s", r.Duration.Round(time.Millisecond))
	}
	if r.Message != "" {
		b.WriteString(": " + r.Message)
	}
	return b.String()
}
