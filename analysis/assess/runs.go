package assess

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"faultline/analysis"
	"faultline/analysis/cause"
	"faultline/analysis/history"
	"faultline/analysis/trend"
)

// runFailures fills in the table of jobs and makes one failure of each job's
// failed runs, split by status and by what their messages name.
func (w *work) runFailures() error {
	if !slices.ContainsFunc(w.runs, func(r analysis.Run) bool { return r.Kind == analysis.RunJob }) {
		w.logRuns()
	}
	if len(w.runs) == 0 {
		return nil
	}
	byKind := map[analysis.RunKind][]analysis.Run{}
	var kinds []analysis.RunKind
	for _, r := range w.runs {
		if byKind[r.Kind] == nil {
			kinds = append(kinds, r.Kind)
		}
		byKind[r.Kind] = append(byKind[r.Kind], r)
	}
	slices.Sort(kinds)
	for _, k := range kinds {
		w.a.Jobs = append(w.a.Jobs, w.jobSummary(k, "", "", byKind[k]))
	}
	passing := 0
	for _, j := range history.Jobs(w.runs) {
		if j.Kind == analysis.RunTest && !slices.ContainsFunc(j.Runs, func(r analysis.Run) bool { return r.Status.Failed() }) {
			if passing++; passing > maxPassing {
				continue
			}
		}
		w.a.Jobs = append(w.a.Jobs, w.jobSummary(j.Kind, j.Pipeline, cmp.Or(j.Name, unnamed), j.Runs))
		w.jobRunFailures(&j)
	}
	if passing > maxPassing {
		w.a.Limits = append(w.a.Limits, fmt.Sprintf("%s without a failure are not listed one by one; the sum counts them.", many(passing-maxPassing, "test")))
	}
	return nil
}

// maxPassing is how many tests without a failure are listed one by one.
const maxPassing = 200

// logRuns turns the logs of CI jobs into runs, where no history of jobs says
// more about them.
func (w *work) logRuns() {
	for _, j := range w.jobs {
		if j.status == analysis.RunUnknown {
			continue
		}
		w.runs = append(w.runs, analysis.Run{
			ID: id("log", j.path), Kind: analysis.RunJob, Pipeline: "job logs", Job: jobName(j.path), Status: j.status,
			Start: j.span.From, End: j.span.To, Duration: max(0, j.span.Duration()), Message: j.summary,
			Origin: analysis.Origin{Path: j.path, Line: 1}, Labels: map[string]string{fromLog: "yes"},
		})
	}
	slices.SortStableFunc(w.runs, func(a, b analysis.Run) int { return cmp.Or(a.When().Compare(b.When()), strings.Compare(a.ID, b.ID)) })
}

// fromLog marks runs that were made of a job's log: their failures are counted
// with the log.
const fromLog = "faultline: from log"

// unnamed stands for a job without a name: an empty one marks the sum of a
// kind.
const unnamed = "(no name)"

func (w *work) jobSummary(kind analysis.RunKind, pipeline, job string, runs []analysis.Run) analysis.JobSummary {
	s := history.Statistics(runs)
	j := analysis.JobSummary{
		Kind: kind, Pipeline: pipeline, Job: job, Runs: s.Runs, Counts: s.Counts, Failed: s.Failed,
		Flaky: s.Flaky, Chains: s.Chains, Median: s.Median, P95: s.P95, Lost: s.Lost, First: s.First, Last: s.Last, Recent: s.Recent,
	}
	j.Rate = failureRate(kind, runs, s.Failed, s.Counted)
	return j
}

// failureRate is the share of counted runs that failed, with Wilson's
// interval over the effective number of runs: failures follow failures.
func failureRate(kind analysis.RunKind, runs []analysis.Run, failed, counted int) analysis.Number {
	n := analysis.Number{
		Label: fmt.Sprintf("%s runs that failed", kind), Unit: "%", N: int64(counted), Method: "Wilson 95 %", Basis: analysis.Observed,
		Exposure: "over " + many(counted, "run"),
	}
	if counted == 0 {
		n.Text, n.Basis = "no run that counts", analysis.NotVisible
		return n
	}
	var x []float64
	for i := range runs {
		if runs[i].Status.Counted() {
			v := 0.0
			if runs[i].Status.Failed() {
				v = 1
			}
			x = append(x, v)
		}
	}
	p := float64(failed) / float64(counted)
	if !slices.ContainsFunc(runs, func(r analysis.Run) bool { return r.Labels[fromLog] == "" }) {
		n.Label, n.Value, n.Method = "job logs that end as failed", 100*p, ""
		n.Text = fmt.Sprintf("%s of %s", count(failed), many(counted, "log"))
		n.Exposure = "logs are kept by choice, not at random: no failure rate follows"
		return n
	}
	r := 0.0
	if counted >= 20 && kind != analysis.RunTest {
		r = trend.Lag1(x)
	}
	eff := trend.EffectiveN(float64(counted), r)
	i := trend.Wilson(p*eff, eff)
	if eff < float64(counted) {
		plain := trend.Wilson(float64(failed), float64(counted))
		n.Method = fmt.Sprintf("Wilson 95 %% over an effective %s runs, because outcomes follow each other (lag-1 correlation %.2f); were they independent: %.2f to %.2f %%", count(int(eff)), r, 100*plain.Low, 100*plain.High)
	}
	n.Value, n.Low, n.High = 100*p, 100*i.Low, 100*i.High
	n.Text = fmt.Sprintf("%s (%s of %s)", percent(p), count(failed), count(counted))
	return n
}

// maxRunUnit is how many messages of equal failures are judged together.
const maxRunUnit = 3

func (w *work) jobRunFailures(j *history.Job) {
	type key struct {
		status analysis.RunStatus
		cause  string
		shape  string
	}
	groups := map[key][]*analysis.Run{}
	var order []key
	for i := range j.Runs {
		r := &j.Runs[i]
		if !r.Status.Failed() || r.Labels[fromLog] != "" {
			continue
		}
		item := runItem(r)
		k := key{status: r.Status, shape: first(r.Message)}
		if c := w.topCause(&item); c != nil {
			k.cause, k.shape = c.ID, ""
		}
		if l := w.logOf[r.ID]; l != nil {
			k.shape = l.path
		}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], r)
	}
	gap := w.runGap(j)
	for _, k := range order {
		g := groups[k]
		name := strings.Trim(j.Pipeline+" / "+j.Name, " /")
		if j.Pipeline == j.Name {
			name = j.Name
		}
		f := analysis.Failure{
			ID: id("run", string(j.Kind), j.Pipeline, j.Name, string(k.status), k.cause, k.shape), Kind: "run",
			Subject: name, Title: fmt.Sprintf("%s: %s", cmp.Or(name, "run"), statusWord(k.status, len(g))),
			Records: int64(len(g)), Episodes: len(g), Run: g[len(g)-1].ID,
		}
		u := cause.Unit{}
		var starts []int64
		for i, r := range g {
			var s analysis.Span
			for _, t := range []time.Time{f.First, f.Last, r.When(), r.End} {
				s.Add(t)
			}
			f.First, f.Last = s.From, s.To
			f.Lost += max(0, r.Duration)
			starts = append(starts, analysis.Nanos(r.When()))
			if i >= len(g)-maxRunUnit && r.Message != "" {
				u.Lines = append(u.Lines, cause.Line{Item: runItem(r), Origin: r.Origin, Time: r.End})
			}
		}
		if len(u.Lines) == 0 {
			u.Missing = "the history gives the outcome of " + plural(len(g), "this run", "these runs") + " and no text: their logs are not in the material"
		} else if m := first(g[len(g)-1].Message); m != "" {
			f.Title = title(fmt.Sprintf("%s: %s", name, m), 160)
		}
		if l := w.logOf[g[0].ID]; l != nil {
			f.Attribution, f.Records = l.verdict, l.records
			f.Title = title(name+": "+l.summary, 160)
		} else {
			f.Attribution = w.cat.Judge(u)
		}
		if len(f.Attribution.Evidence) == 0 {
			r := g[len(g)-1]
			f.Attribution.Evidence = []analysis.Evidence{{Origin: r.Origin, Time: r.When(), Text: runText(r), Note: plural(len(g), "", "the last of "+count(len(g)))}}
		}
		f.AtEnd = j.Runs[len(j.Runs)-1].Status.Failed() && w.atEnd(f.Last, gap)
		w.addFailure(f, starts)
	}
}

// runGap is the usual distance of a job's runs: a job that failed last is
// still failing until its next run could have been seen.
func (w *work) runGap(j *history.Job) time.Duration {
	if len(j.Runs) < 3 {
		return trend.MaxGap
	}
	first, last := j.Runs[0].When(), j.Runs[len(j.Runs)-1].When()
	return 2 * last.Sub(first) / time.Duration(len(j.Runs)-1)
}

func statusWord(s analysis.RunStatus, n int) string {
	word := map[analysis.RunStatus]string{
		analysis.RunFailure: "failed run", analysis.RunTimeout: "timed-out run", analysis.RunInfra: "run failed by infrastructure",
	}[s]
	if n == 1 {
		return "1 " + word
	}
	if s == analysis.RunInfra {
		return count(n) + " runs failed by infrastructure"
	}
	return count(n) + " " + word + "s"
}

func first(message string) string {
	for l := range strings.SplitSeq(message, "\n") {
		if l = strings.TrimSpace(l); l != "" {
			return title(l, 120)
		}
	}
	return ""
}

func runItem(r *analysis.Run) cause.Item {
	kind := analysis.KindRun
	if r.Kind == analysis.RunTest {
		kind = analysis.KindTest
	}
	return cause.Item{Text: r.Message, Kind: kind, Status: string(r.Status), Severity: analysis.SeverityError}
}

func runText(r *analysis.Run) string {
	s := fmt.Sprintf("%s %s: %s", r.Kind, strings.Trim(r.Pipeline+" / "+r.Job, " /"), r.Status)
	if r.Stated != "" && r.Stated != string(r.Status) {
		s += " (" + r.Stated + ")"
	}
	if r.Commit != "" {
		s += ", commit " + r.Commit
	}
	return s
}
