package assess

import (
	"context"
	"regexp"
	"runtime"
	"strings"
	"time"

	"faultline/analysis"
	"faultline/analysis/cause"
	"faultline/index"

	"golang.org/x/sync/errgroup"
)

// maxLogRows is how many records of one job's log are read, from its end.
const maxLogRows = 30_000

// maxLooked is how many plain text members of a case are looked at, head and
// tail, for marks of a build system: bundles of logs have few, collections of
// command outputs have thousands.
const maxLooked = 300

// jobLog is a member that is the log of one run of a CI job.
type jobLog struct {
	member  int32
	path    string
	status  analysis.RunStatus
	ended   bool // the log says how the run ended
	span    analysis.Span
	records int64
	verdict analysis.Attribution
	summary string // the text of the best evidence
	linked  bool   // a run of the history stands for it
}

// logs finds the members that are logs of CI jobs and judges those that
// failed. A member is one when its format says so, or when it holds marks that
// only build systems write.
func (w *work) logs() error {
	marked, err := w.marked()
	if err != nil {
		return err
	}
	looked := 0
	for i, m := range w.members.All() {
		if w.seen.last[i] == index.NoRef || m.Kind != analysis.MemberText {
			continue
		}
		if m.Format != "github-actions" && !marked[int32(i)] {
			if looked >= maxLooked || m.Format != "text" && m.Format != "plain" {
				continue
			}
			looked++
			if ok, err := w.looksMarked(m.Path, w.seen.last[i]); err != nil {
				return err
			} else if !ok {
				continue
			}
		}
		w.jobs = append(w.jobs, &jobLog{member: int32(i), path: m.Path, span: m.Span, records: m.Records})
	}
	g, ctx := errgroup.WithContext(w.ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, j := range w.jobs {
		g.Go(func() error { return w.readLog(ctx, j, w.members.At(int(j.member))) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	w.link()
	return nil
}

// leastID is the shortest number of a run, in digits, that a file's name may be
// recognised by.
const leastID = 5

// link finds the logs whose names hold the number that the history gives a run:
// the run's failure is then judged by its log, and counted once.
func (w *work) link() {
	w.logOf = map[string]*jobLog{}
	byNumber := map[string]*jobLog{}
	for _, j := range w.jobs {
		for _, n := range digits.FindAllString(jobName(j.path), -1) {
			if len(n) >= leastID {
				if byNumber[n] != nil {
					byNumber[n] = &jobLog{} // not one, but several
					continue
				}
				byNumber[n] = j
			}
		}
	}
	for i := range w.runs {
		r := &w.runs[i]
		j := byNumber[r.Labels["id"]]
		if j == nil || j.path == "" || j.linked || !r.Status.Failed() || r.Message != "" || j.summary == "" {
			continue
		}
		j.linked = true
		w.logOf[r.ID] = j
	}
}

var digits = regexp.MustCompile(`\d+`)

// marked finds the members with records of patterns that are a build system's
// marks.
func (w *work) marked() (map[int32]bool, error) {
	f := w.o.Filter
	f.Patterns = nil
	for i := range w.patterns {
		text, _ := cause.Body(strings.TrimPrefix(w.patterns[i].Template, "<*> "))
		if cause.BuildMark(text) {
			f.Patterns = append(f.Patterns, w.patterns[i].ID)
		}
	}
	out := map[int32]bool{}
	if len(f.Patterns) == 0 {
		return out, nil
	}
	err := w.c.Scan(w.ctx, f, func(m *index.Meta) error {
		if m.Kind == analysis.KindLog {
			out[m.Member] = true
		}
		return nil
	})
	return out, err
}

// looksMarked reads the first and last records of a member.
func (w *work) looksMarked(path string, last index.Ref) (bool, error) {
	h, err := w.c.Hit(last)
	if err != nil {
		return false, err
	}
	tail, err := w.c.Context(w.ctx, h.Origin, 30, 0)
	if err != nil {
		return false, err
	}
	o := h.Origin
	o.Path, o.Line, o.Offset, o.Length = path, 1, 0, 0
	head, err := w.c.Context(w.ctx, o, 0, 5)
	if err != nil {
		head = nil // the member may begin with lines of no record
	}
	for _, h := range append(head, tail...) {
		for l := range strings.SplitSeq(h.Text, "\n") {
			if text, _ := cause.Body(l); cause.BuildMark(text) {
				return true, nil
			}
		}
	}
	return false, nil
}

// readLog reads a job's log and judges it.
func (w *work) readLog(ctx context.Context, j *jobLog, m *analysis.Member) error {
	f := w.o.Filter
	f.Sources = []string{m.Path}
	rows, err := w.c.Rows(ctx, f)
	if err != nil {
		return err
	}
	u := cause.Unit{Log: true}
	from := 0
	if rows.Len() > maxLogRows {
		from = rows.Len() - maxLogRows
		u.Cut = "only the last " + count(maxLogRows) + " records of the log were judged"
	}
	for from < rows.Len() {
		hits, err := rows.Hits(ctx, from, 2000)
		if err != nil {
			return err
		}
		if len(hits) == 0 {
			break
		}
		from += len(hits)
		for i := range hits {
			u.Lines = append(u.Lines, split(&hits[i])...)
		}
	}
	j.status = analysis.RunUnknown
	for i := range u.Lines {
		if s, ok := cause.Ended(u.Lines[i].Text); ok && (j.status == analysis.RunUnknown || s != analysis.RunSuccess) {
			j.status, j.ended = s, true
		}
	}
	if j.status == analysis.RunSuccess {
		return nil
	}
	if !j.ended {
		u.Cut = "the log does not say how the run ended"
	}
	if cut := w.cut(m); cut != "" {
		u.Cut = cut
	}
	j.verdict = w.cat.Judge(u)
	if len(j.verdict.Evidence) == 0 {
		return nil
	}
	j.summary = j.verdict.Evidence[0].Text
	if !j.ended && j.verdict.Verdict != analysis.VerdictUnexplained {
		j.status = analysis.RunFailure
	}
	return nil
}

// split makes a record's lines single lines with their own origins: evidence
// names the line, not the record.
func split(h *index.Hit) []cause.Line {
	var out []cause.Line
	offset := int64(0)
	n := int64(0)
	for l := range strings.SplitAfterSeq(h.Text, "\n") {
		if l == "" {
			continue
		}
		text, sev := cause.Body(l)
		if n == 0 && h.Severity != 0 {
			sev = h.Severity
		}
		o := h.Origin
		o.Line += n
		o.Offset += offset
		o.Length = int64(len(l))
		out = append(out, cause.Line{
			Item:   cause.Item{Text: text, Kind: h.Kind, Format: h.Format, Severity: sev, Resource: h.Resource},
			Origin: o, Time: h.Time, Pattern: h.Pattern, Continued: n > 0,
		})
		n++
		offset += int64(len(l))
	}
	return out
}

// cut says in what way a member is incomplete.
func (w *work) cut(m *analysis.Member) string {
	for _, p := range m.Problems {
		switch p.Kind {
		case analysis.ProblemTruncated, analysis.ProblemLimit, analysis.ProblemDropped, analysis.ProblemCorrupt:
			return "the source is incomplete: " + p.Detail
		}
	}
	return ""
}

// isJob reports whether a member is a job's log.
func (w *work) isJob(member int32) bool {
	for _, j := range w.jobs {
		if j.member == member {
			return true
		}
	}
	return false
}

// result is how an automation tool's log states the result of one host: the
// run that was read from it stands for it already.
var result = regexp.MustCompile(`(?:fatal|failed): \[[^\]]*\]|(?:FAILED|UNREACHABLE)! =>|\bunreachable=\S+\s+failed=`)

// toldByRun reports whether a pattern only repeats the results of runs that
// were read from the same source.
func (w *work) toldByRun(l *labelled) bool {
	if len(l.lines) == 0 || !result.MatchString(l.lines[0].Text) {
		return false
	}
	for i := range w.runs {
		if w.runs[i].Kind == analysis.RunPlaybook && w.runs[i].Origin.Path == l.lines[0].Origin.Path {
			return true
		}
	}
	return false
}

// jobFailures makes one failure of each job's log that failed.
func (w *work) jobFailures() {
	for _, j := range w.jobs {
		if j.linked {
			continue
		}
		failed := j.status.Failed()
		if !failed && (j.status != analysis.RunUnknown || j.summary == "") {
			continue
		}
		f := analysis.Failure{
			ID: id("log", j.path), Kind: "run", Subject: jobName(j.path), Title: title(jobName(j.path)+": "+j.summary, 160),
			Records: j.records, Episodes: 1, First: j.span.From, Last: j.span.To,
			Attribution: j.verdict,
		}
		if failed {
			f.Lost = max(0, j.span.Duration())
		}
		w.addFailure(f, []int64{analysis.Nanos(j.span.To)})
	}
}

// jobName is a job's name as its log's path tells it.
func jobName(path string) string {
	name := base(path)
	for _, ext := range []string{".gz", ".bz2", ".xz", ".zst", ".txt", ".log", ".out"} {
		name = strings.TrimSuffix(name, ext)
	}
	return name
}

// addFailure keeps a failure and the starts of its episodes.
func (w *work) addFailure(f analysis.Failure, starts []int64) {
	w.a.Failures = append(w.a.Failures, f)
	for _, t := range starts {
		if t != analysis.NoTime {
			w.starts = append(w.starts, t)
		}
	}
}

func toTime(ns int64) time.Time { return time.Unix(0, ns).UTC() }
