package format

import (
	"bytes"
	"cmp"
	"path"
	"strconv"
	"strings"
	"time"

	"faultline/analysis"
)

// apiListing are the keys under which CI systems and schedulers list runs,
// jobs and test cases.
func apiListing(key []byte) bool {
	switch string(key) {
	case "workflow_runs", "jobs", "check_runs", "builds", "runs", "dag_runs", "task_instances", "items", "value", "records", "pipelines", "data", "results", "executions",
		"result{", "suites", "cases", "test_suites", "test_cases", "childReports", "history", "allBuilds", "workflowRuns":
		return true
	}
	return false
}

// sniffAPI recognises answers of the APIs of CI systems: GitHub, GitLab,
// Jenkins and Prow by their own keys, others by lists of objects that say when
// and how something ended.
func sniffAPI(s *sample) match {
	text := bytes.TrimLeft(s.text, " \t\r\n")
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return match{}
	}
	items := jsonItems(text, 0, apiListing)
	t := &tree{}
	x := apiParser{path: s.path, clock: newClockwork(nil, time.Time{})}
	runs, looked := 0, 0
	dialect, top := "", ""
	root := false // the document itself is a run
	for _, it := range items[:min(len(items), 50)] {
		n, ok := t.parseJSON(text[it.at:], true)
		if !ok || n == 0 {
			break
		}
		looked++
		listed := it.depth > 0
		d := apiDialect(t.root(), s.path)
		if it.depth == 0 {
			top = d
			x.tests = testReport(t.root())
		}
		if d == "" && (!listed || it.lists) {
			continue
		}
		if d == "" {
			d = top
		}
		if it.lists {
			looked--
		}
		if r, _ := x.run(t.root(), nil); r != nil && (d != "" || r.ID != "" && r.Status != analysis.RunUnknown && !r.When().IsZero()) {
			runs++
			root = root || d != "" && it.depth == 0
			if dialect == "" {
				dialect = d
			}
		}
	}
	if runs == 0 || runs*3 < looked && !root {
		return match{}
	}
	m := match{confidence: 0.94, kind: analysis.MemberDocument, format: "ci-api", detail: dialect, reason: "objects that say how a run ended"}
	switch dialect {
	case "GitHub":
		m.format = "github-api"
	case "GitLab":
		m.format = "gitlab-api"
	}
	m.open = func(o Options) Reader {
		return &apiReader{o: o, path: s.path, cutter: jsonCutter{limit: jsonItemLimit, scan: jsonScan{listing: apiListing}}}
	}
	return m
}

// apiDialect names the system that an object comes from; "" when its keys are
// nobody's own.
func apiDialect(v value, file string) string {
	has := func(keys ...string) bool {
		for _, k := range keys {
			if v.get(k).t == nil {
				return false
			}
		}
		return true
	}
	class := v.get("_class").str()
	switch {
	case has("head_sha", "status"), has("run_attempt", "status"), has("workflow_runs"), has("databaseId", "status"), has("databaseId", "conclusion"), has("workflow_job"), has("workflow_run"), has("check_run"), has("run_id", "runner_name"), has("workflowName", "conclusion"):
		return "GitHub"
	case v.get("object_kind").is("build"), v.get("object_kind").is("pipeline"), v.get("object_kind").is("job"), has("pipeline", "stage", "status"), has("queued_duration", "status"), has("failure_reason", "status"), has("ref", "sha", "status", "web_url"), has("test_suites", "success_count"):
		return "GitLab"
	case strings.Contains(class, "hudson") || strings.Contains(class, "jenkins"), has("building", "result", "timestamp"), has("passCount", "failCount", "suites"), has("builds", "buildable"):
		return "Jenkins"
	case has("timestamp") && (has("passed") || has("result")) && path.Base(file) == "finished.json", has("timestamp") && path.Base(file) == "started.json":
		return "Prow"
	}
	return ""
}

// apiReader reads runs, jobs and test cases in JSON.
type apiReader struct {
	o      Options
	path   string
	cutter jsonCutter
	notes  notes
}

func (r *apiReader) Cut(data []byte, eof bool) int { return r.cutter.cut(data, eof) }

func (r *apiReader) Problems() []analysis.Problem { return r.notes.problems() }

func (r *apiReader) Records(chunk []byte, emit func(rec *analysis.Record) error) error {
	e := newEmitter(chunk, emit)
	torn := r.cutter.torn.torn(chunk)
	if torn > 0 {
		r.notes.add(analysis.ProblemLimit, "pieces of items larger than 16 MiB were kept as text")
		if err := e.lines(torn, r.o.MaxLine); err != nil {
			return err
		}
	}
	x := apiParser{path: r.path, clock: newClockwork(r.o.Zone, r.o.Reference)}
	items := jsonItems(chunk, torn, apiListing)
	t := &tree{}
	var up [jsonScanDepth + 1]*analysis.Run // the runs that enclose an item, by depth
	for i, it := range items {
		end := len(chunk)
		if i+1 < len(items) {
			end = items[i+1].start
		}
		if err := e.document(it.start); err != nil {
			return err
		}
		_, ok := t.parseJSON(chunk[it.at:], true)
		if !ok {
			r.notes.add(analysis.ProblemSyntax, "items are not valid JSON and were kept as text")
			if err := e.lines(end, r.o.MaxLine); err != nil {
				return err
			}
			continue
		}
		var parent *analysis.Run
		for d := it.depth - 1; d >= 0 && parent == nil; d-- {
			parent = up[d]
		}
		if it.depth == 0 {
			x.tests = x.tests || testReport(t.root())
		}
		run, quality := x.run(t.root(), parent)
		for d := it.depth; d < len(up); d++ {
			up[d] = nil
		}
		if it.lists {
			if up[it.depth] = run; run == nil {
				up[it.depth] = x.suite(t.root(), parent)
			}
		}
		if run == nil {
			if err := e.document(end); err != nil {
				return err
			}
			continue
		}
		fillRun(e.next(end), run, quality)
		if err := e.send(); err != nil {
			return err
		}
	}
	return e.document(len(chunk))
}

type apiParser struct {
	path  string
	clock clockwork
	tests bool // the document is a test report
}

// testReport reports whether a document is a report of tests.
func testReport(v value) bool {
	return v.get("suites").isList() || v.get("test_suites").isList() || v.get("childReports").isList()
}

// suite makes a parent of an object that is no run but names what it lists.
func (x *apiParser) suite(v value, parent *analysis.Run) *analysis.Run {
	name := first(v.get("name"), v.get("fullDisplayName"), v.get("displayName"))
	r := analysis.Run{Pipeline: name, Environment: matrixOf(v.get("child", "url").str())}
	if parent != nil {
		r.Environment, r.Start = cmp.Or(r.Environment, parent.Environment), parent.Start
		r.Pipeline = cmp.Or(r.Pipeline, parent.Pipeline)
	}
	return &r
}

// matrixOf returns the axes of a Jenkins matrix run, as its address states
// them: .../job/name/os=debian9,arch=64/12/.
func matrixOf(url string) string {
	for part := range strings.SplitSeq(url, "/") {
		if strings.Contains(part, "=") {
			return part
		}
	}
	return ""
}

// run reads an object as a run; nil when it does not say how anything ended.
func (x *apiParser) run(v value, parent *analysis.Run) (*analysis.Run, analysis.TimeQuality) {
	outer := v
	for _, key := range []string{"workflow_job", "workflow_run", "check_run", "object_attributes", "build"} { // a webhook's envelope
		if in := v.get(key); in.isMap() && (in.get("status").t != nil || in.get("result").t != nil) {
			v = in
			break
		}
	}
	f := fieldsOf(v)
	prow := path.Base(x.path)
	if (prow == "finished.json" || prow == "started.json") && f["timestamp"].ok() && parent == nil && f["status"].t == nil {
		return x.prow(f, prow)
	}
	r := &analysis.Run{Kind: analysis.RunJob, Status: analysis.RunUnknown}
	if !x.status(r, f) {
		return nil, 0
	}
	quality := analysis.TimeNone
	at := func(names ...string) time.Time {
		for _, n := range names {
			if w, q := anyWhen.time(f[n], &x.clock); !w.IsZero() {
				if quality == analysis.TimeNone || q < quality {
					quality = q
				}
				return w
			}
		}
		return time.Time{}
	}
	text := func(names ...string) string {
		for _, n := range names {
			if s := f[n].str(); s != "" {
				return s
			}
		}
		return ""
	}
	r.Start = at("runstartedat", "startedat", "starttime", "startdate", "started", "start", "buildstartedat", "startat")
	r.End = at("completedat", "finishedat", "endtime", "finishtime", "enddate", "stoppedat", "ended", "end", "buildfinishedat", "finished", "endat")
	r.Queued = at("createdat", "queuedat", "queuetime", "created", "submitted", "buildcreatedat", "executiondate", "logicaldate")
	jenkins := f["building"].t != nil || strings.Contains(f["class"].str(), "hudson") || strings.Contains(f["class"].str(), "jenkins")
	if r.Start.IsZero() && r.End.IsZero() {
		r.Start = at("timestamp", "time", "date")
	}
	unit := time.Second
	if jenkins {
		unit = time.Millisecond
		if f["suites"].t != nil || f["cases"].t != nil {
			return nil, 0
		}
	}
	if d, ok := duration(text("duration", "buildduration", "executiontime", "elapsed", "durationseconds", "runduration"), unit); ok {
		r.Duration = d
	} else if d, ok := duration(text("durationms", "durationmillis", "durationinmillis"), time.Millisecond); ok {
		r.Duration = d
	}
	if r.End.IsZero() && r.Status != analysis.RunRunning {
		r.End = at("updatedat")
		if r.End.IsZero() && r.Duration > 0 && !r.Start.IsZero() {
			r.End = r.Start.Add(r.Duration)
		}
	}
	if r.Start.IsZero() && r.Duration == 0 && !r.Queued.IsZero() && f["updatedat"].ok() {
		r.Start = r.Queued // gh run list gives no start; the first attempt's is its creation
	}
	if r.Duration == 0 {
		r.Duration = span(r.Start, r.End)
	}
	number := text("runnumber", "number", "buildnumber", "iid")
	id := text("databaseid", "id", "buildid", "jobid", "uuid", "dagrunid", "executionid")
	attempt := text("runattempt", "attempt", "trynumber", "retry")
	r.Attempt, _ = strconv.Atoi(attempt)
	r.Commit = text("headsha", "sha", "commit", "commitsha", "revision", "sourceversion")
	if r.Commit == "" {
		r.Commit = first(f["commit"].get("id"), f["commit"].get("sha"), f["headcommit"].get("id"), f["vcs"].get("revision"), f["checksuite"].get("head_sha"), f["pipeline"].get("sha"))
	}
	r.Branch = text("headbranch", "ref", "branch", "sourcebranch")
	r.Trigger = text("event", "source", "triggertype", "runtype", "trigger")
	r.Runner = text("runnername", "builton", "workername", "agentname", "hostname", "runner", "nodename", "queue")
	if r.Runner == "" {
		r.Runner = first(f["runner"].get("description"), f["runner"].get("name"), f["agent"].get("name"))
	}
	r.Environment = cmp.Or(text("environment", "env"), matrixOf(text("url")))
	name := text("name", "jobname", "buildname", "taskid", "displayname", "checkname")
	class := text("classname", "class")
	workflow := text("workflowname", "workflow", "dagid", "pipelinename", "projectname", "definitionname", "planname")
	if workflow == "" {
		workflow = first(f["definition"].get("name"), f["workflow"].get("name"), f["pipeline"].get("name"), f["project"].get("name"), f["repository"].get("full_name"), outer.get("repository", "full_name"), outer.get("project", "path_with_namespace"), outer.get("project", "name"))
	}
	switch {
	case f["testcases"].t != nil || f["stepsexecuted"].t != nil:
		return nil, 0
	case f["classname"].t != nil && (f["executiontime"].t != nil || f["duration"].t != nil) || x.tests && name != "" && len(f) <= 12: // a case of a test report
		r.Kind, r.Job = analysis.RunTest, name
		if class != "" && !strings.HasPrefix(name, class) {
			r.Job = class + "." + name
		}
	case jenkins:
		full := cmp.Or(text("fulldisplayname"), jenkinsJob(text("url")))
		if i := strings.LastIndex(full, " #"); i > 0 {
			full = full[:i]
		}
		r.Job = cmp.Or(full, name)
		id = cmp.Or(text("url"), id)
	case f["workflowid"].ok() && f["runid"].t == nil || f["databaseid"].ok() && (f["workflowname"].ok() || f["workflowdatabaseid"].ok()) || f["runnumber"].ok() && f["headsha"].ok() && f["runid"].t == nil:
		r.Kind = analysis.RunPipeline
		r.Pipeline = cmp.Or(workflow, name, text("path"))
		if f["name"].ok() && f["workflowname"].t == nil {
			r.Pipeline = name
		}
	case f["dagid"].ok() && f["taskid"].t == nil:
		r.Kind, r.Pipeline = analysis.RunPipeline, workflow
	case name == "" && (f["ref"].ok() || f["sha"].ok() || workflow != ""):
		r.Kind, r.Pipeline = analysis.RunPipeline, cmp.Or(workflow, projectOf(text("weburl", "url")))
	default:
		r.Job, r.Pipeline = name, cmp.Or(workflow, projectOf(text("weburl")))
	}
	r.Parent = text("runid", "pipelineid", "dagrunid")
	if r.Parent == "" {
		r.Parent = f["pipeline"].get("id").str()
	}
	if parent != nil && r.Kind != analysis.RunPipeline {
		r.Pipeline = cmp.Or(parent.Pipeline, r.Pipeline)
		r.Commit, r.Branch = cmp.Or(r.Commit, parent.Commit), cmp.Or(r.Branch, parent.Branch)
		r.Trigger, r.Environment = cmp.Or(r.Trigger, parent.Trigger), cmp.Or(r.Environment, parent.Environment)
		r.Parent = cmp.Or(r.Parent, parent.Labels["id"])
		if r.Kind == analysis.RunTest && r.Start.IsZero() {
			r.Start = parent.Start
		}
	}
	if r.Pipeline == "" && r.Job == "" {
		return nil, 0
	}
	reason := text("failurereason", "buildfailurereason")
	r.Message = clip(cmp.Or(text("errordetails", "systemoutput", "errormessage", "message", "statusmessage", "note"), reason), 4000)
	if r.Kind == analysis.RunTest {
		if st := text("errorstacktrace", "stacktrace"); st != "" {
			r.Message = clip(strings.TrimSpace(r.Message+"\n"+st), 4000)
		}
	}
	x.steps(r, f["steps"])
	for _, l := range [][2]string{{"id", id}, {"number", number}, {"stage", text("stage", "buildstage")}, {"reason", reason}, {"title", text("displaytitle")}, {"url", text("htmlurl", "weburl", "url")}} {
		if l[1] != "" {
			if r.Labels == nil {
				r.Labels = map[string]string{}
			}
			r.Labels[l[0]] = l[1]
		}
	}
	switch {
	case id != "":
		r.ID = runID(r, strings.Join([]string{id, r.Pipeline, r.Job, strconv.Itoa(r.Attempt)}, "\x00"))
	case r.Kind == analysis.RunTest && r.Start.IsZero():
		r.ID = runID(r, strings.Join([]string{x.path, r.Pipeline, r.Environment, r.Job, string(r.Status), r.Duration.String()}, "\x00"))
	case !r.When().IsZero():
		r.ID = runID(r, "")
	}
	return r, quality
}

// fieldsOf returns an object's values by their keys in small letters without
// separators; GitLab's webhooks put "build_" before all of them.
func fieldsOf(v value) map[string]value {
	f := map[string]value{}
	for c := range v.each {
		k := normal(c.key())
		if old, ok := f[k]; !ok || !old.ok() {
			f[k] = c
		}
		if b, ok := strings.CutPrefix(k, "build"); ok && v.get("object_kind").is("build") && (b == "status" || b == "name" || b == "stage" || b == "id") {
			f[b] = c
		}
	}
	return f
}

// status reads how the run ended and reports whether the object says so.
func (x *apiParser) status(r *analysis.Run, f map[string]value) bool {
	for _, name := range []string{"conclusion", "result", "outcome", "status", "state", "buildstatus", "jobstatus"} {
		v := f[name]
		if !v.isScalar() {
			continue
		}
		s, ok := runStatus(v.str())
		if !ok || v.str() == "" {
			continue
		}
		if _, two := f["conclusion"]; two && name == "status" && s.Counted() {
			s = analysis.RunUnknown // "completed", but not how
		}
		r.Stated, r.Status = v.str(), s
		break
	}
	if f["building"].is("true") {
		r.Stated, r.Status = "building", analysis.RunRunning
	}
	if r.Stated == "" && f["passed"].isScalar() {
		r.Stated = "passed=" + f["passed"].str()
		r.Status = analysis.RunFailure
		if f["passed"].is("true") {
			r.Status = analysis.RunSuccess
		}
	}
	if r.Status == analysis.RunFailure { // GitLab tells apart who is at fault
		reason := f["failurereason"]
		if !reason.ok() {
			reason = f["buildfailurereason"]
		}
		if s, ok := runStatus(reason.str()); ok && (s == analysis.RunInfra || s == analysis.RunTimeout) {
			r.Status = s
		}
	}
	return r.Stated != ""
}

func (x *apiParser) steps(r *analysis.Run, list value) {
	for c := range list.each {
		if len(r.Steps) == 500 {
			break
		}
		f := fieldsOf(c)
		var one analysis.Run
		one.Status = analysis.RunUnknown
		if !c.isMap() || f["name"].str() == "" || !x.status(&one, f) {
			continue
		}
		s := analysis.Step{Name: f["name"].str(), Status: one.Status}
		s.Start, _ = anyWhen.time(f["startedat"], &x.clock)
		s.End, _ = anyWhen.time(f["completedat"], &x.clock)
		r.Steps = append(r.Steps, s)
		if s.Status.Failed() && r.Message == "" {
			r.Message = "step " + s.Name + " failed"
		}
	}
}

// prow reads started.json and finished.json, whose job and build stand in the
// path: .../<job>/<build>/finished.json.
func (x *apiParser) prow(f map[string]value, base string) (*analysis.Run, analysis.TimeQuality) {
	dir := path.Dir(x.path)
	build, job := path.Base(dir), path.Base(path.Dir(dir))
	if job == "." || job == "/" {
		return nil, 0
	}
	r := &analysis.Run{Kind: analysis.RunJob, Job: job, Status: analysis.RunUnknown}
	at, quality := anyWhen.time(f["timestamp"], &x.clock)
	if at.IsZero() {
		return nil, 0
	}
	r.Commit = f["revision"].str()
	if base == "started.json" {
		r.Start, r.Status, r.Stated = at, analysis.RunRunning, "started"
		r.Runner = f["node"].str()
	} else {
		r.End = at
		if !x.status(r, f) {
			return nil, 0
		}
	}
	r.Labels = map[string]string{"id": build}
	r.ID = runID(r, job+"\x00"+build)
	return r, quality
}

// projectOf returns the project's path of a GitLab web address.
func projectOf(url string) string {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return ""
	}
	_, rest, _ = strings.Cut(rest, "/")
	project, _, ok := strings.Cut(rest, "/-/")
	if !ok {
		return ""
	}
	return project
}

// jenkinsJob returns the job's name of a build's address:
// https://host/job/folder/job/name/12/ is folder/name.
func jenkinsJob(url string) string {
	var names []string
	parts := strings.Split(url, "/")
	for i := 0; i+1 < len(parts); i++ {
		if parts[i] == "job" {
			names = append(names, parts[i+1])
			i++
		}
	}
	return strings.Join(names, "/")
}
