package assess

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"faultline/analysis"
	"faultline/analysis/trend"
)

// The least that a contrast between runs must rest on.
const (
	minSupport   = 5    // failures on the side that stands out
	maxDiscovery = 0.05 // false discovery rate over one family of tests
	minTimetable = 50   // runs for a timetable of failures
	maxContrasts = 3
)

const causeFlaky = "flaky-test"

// contrasts makes findings of what the run history itself shows, without any
// text: jobs that fail and pass on the same commit, and values of an attribute
// (environment, runner, branch, trigger) with which the same job fails more
// often than with the others.
func (w *work) contrasts() {
	byKind := map[analysis.RunKind][]analysis.Run{}
	for _, r := range w.runs {
		if r.Labels[fromLog] == "" && r.Status.Counted() {
			byKind[r.Kind] = append(byKind[r.Kind], r)
		}
	}
	for _, j := range w.a.Jobs {
		if j.Job == "" && j.Pipeline == "" && j.Chains > 0 && j.Flaky > 0 {
			w.flaky(&j)
		}
	}
	for _, k := range []analysis.RunKind{analysis.RunPipeline, analysis.RunJob, analysis.RunKubeJob, analysis.RunPlaybook, analysis.RunBackup} {
		if len(byKind[k]) > 0 {
			w.attributes(k, byKind[k])
			w.timetable(k, byKind[k])
			w.recovery(k, byKind[k])
		}
	}
}

func (w *work) flaky(j *analysis.JobSummary) {
	i := trend.Wilson(float64(j.Flaky), float64(j.Chains))
	f := analysis.Finding{
		ID: id("finding", causeFlaky, string(j.Kind)), Question: "why", Basis: analysis.Derived, Theme: "quality", Filter: w.o.Filter,
		Title: fmt.Sprintf("%s fail and pass on the same commit", upper(runsWord(j.Kind, 2)[2:])),
		Claim: fmt.Sprintf("%s of %s (one job, one commit, more than one attempt) hold both a failure and a success (%.0f %%, 95 %% interval %.0f to %.0f %%): what failed there was not the change.",
			count(j.Flaky), many(j.Chains, "rerun chain"), 100*float64(j.Flaky)/float64(j.Chains), 100*i.Low, 100*i.High),
		Numbers: []analysis.Number{{
			Label: "rerun chains that both failed and passed", Text: fmt.Sprintf("%s of %s", count(j.Flaky), count(j.Chains)),
			Value: 100 * float64(j.Flaky) / float64(j.Chains), Unit: "%", Low: 100 * i.Low, High: 100 * i.High, N: int64(j.Chains),
			Exposure: "over " + many(j.Chains, "rerun chain"), Method: "Wilson 95 %", Basis: analysis.Derived, Filter: w.o.Filter,
		}},
		Caveats: []string{"A lower bound: only what somebody ran again can show it, so it depends on who reruns what."},
	}
	if c, ok := w.cat.Cause(causeFlaky); ok {
		f.Fix, f.Ask = c.Fix, c.Ask
	}
	f.Weight = round(math.Log2(1+float64(j.Flaky)) * 1.5)
	f.Ranking = fmt.Sprintf("%.2f = often %.2f (log2 of 1 + %s) x sure 1.50 (derived)", f.Weight, math.Log2(1+float64(j.Flaky)), many(j.Flaky, "flaky chain"))
	for i := range w.runs {
		r := &w.runs[i]
		if r.Kind == j.Kind && r.Status.Failed() && len(f.Evidence) < 1 && w.passedAgain(r) {
			f.Evidence = append(f.Evidence, analysis.Evidence{Origin: r.Origin, Time: r.When(), Text: runText(r), Note: "the same job passed on the same commit"})
		}
	}
	w.extra = append(w.extra, f)
}

// passedAgain reports whether the job of a run also passed on its commit.
func (w *work) passedAgain(r *analysis.Run) bool {
	for i := range w.runs {
		x := &w.runs[i]
		if x.Status == analysis.RunSuccess && r.Commit != "" && x.Commit == r.Commit && x.Job == r.Job && x.Pipeline == r.Pipeline && x.Environment == r.Environment && x.Kind == r.Kind {
			return true
		}
	}
	return false
}

// contrast is one value of an attribute within one job.
type contrast struct {
	attribute, job, value string
	failed, runs          int // with the value
	otherFailed, others   int // without it, same job
	p                     float64
}

// attributes compares, job by job, the runs with one value of an attribute
// with the job's other runs (Fisher's exact test, one family over all).
func (w *work) attributes(kind analysis.RunKind, runs []analysis.Run) {
	attributes := []struct {
		name string
		of   func(r *analysis.Run) string
	}{
		{"environment", func(r *analysis.Run) string { return r.Environment }},
		{"runner", func(r *analysis.Run) string { return r.Runner }},
		{"branch", func(r *analysis.Run) string { return r.Branch }},
		{"trigger", func(r *analysis.Run) string { return r.Trigger }},
	}
	type key struct{ job, value string }
	var all []contrast
	for _, a := range attributes {
		with, total := map[key][2]int{}, map[string][2]int{}
		for i := range runs {
			r := &runs[i]
			v := a.of(r)
			if v == "" {
				continue
			}
			job := strings.Trim(r.Pipeline+" / "+r.Job, " /")
			x, y := with[key{job, v}], total[job]
			x[1]++
			y[1]++
			if r.Status.Failed() {
				x[0]++
				y[0]++
			}
			with[key{job, v}], total[job] = x, y
		}
		for k, x := range with {
			y := total[k.job]
			c := contrast{attribute: a.name, job: k.job, value: k.value, failed: x[0], runs: x[1], otherFailed: y[0] - x[0], others: y[1] - x[1]}
			if c.others == 0 {
				continue
			}
			c.p, _ = trend.Fisher(int64(c.failed), int64(c.runs-c.failed), int64(c.otherFailed), int64(c.others-c.otherFailed))
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b contrast) int {
		return cmp.Or(cmp.Compare(a.p, b.p), cmp.Compare(a.attribute, b.attribute), cmp.Compare(a.job, b.job), cmp.Compare(a.value, b.value))
	})
	ps := make([]float64, len(all))
	for i := range all {
		ps[i] = all[i].p
	}
	shown := 0
	for i, q := range trend.BenjaminiHochberg(ps) {
		if c := &all[i]; q <= maxDiscovery && c.failed >= minSupport && shown < maxContrasts {
			shown++
			w.contrastFinding(kind, c, q, len(all))
		}
	}
}

func (w *work) contrastFinding(kind analysis.RunKind, c *contrast, q float64, tests int) {
	rate, other := float64(c.failed)/float64(c.runs), float64(c.otherFailed)/float64(c.others)
	i := trend.Wilson(float64(c.failed), float64(c.runs))
	f := analysis.Finding{
		ID: id("finding", "contrast", string(kind), c.attribute, c.job, c.value), Question: "why", Basis: analysis.Derived, Filter: w.o.Filter,
		Title: title(fmt.Sprintf("%s fails more often with %s %s", c.job, c.attribute, c.value), 120),
		Claim: fmt.Sprintf("%s failed in %s of %s with %s %q (%.1f %%), and in %s of %s without (%.1f %%).",
			c.job, count(c.failed), many(c.runs, "run"), c.attribute, c.value, 100*rate, count(c.otherFailed), many(c.others, "run"), 100*other),
		Numbers: []analysis.Number{{
			Label: fmt.Sprintf("failure rate with %s %s", c.attribute, c.value), Text: percent(rate), Value: 100 * rate, Unit: "%",
			Low: 100 * i.Low, High: 100 * i.High, N: int64(c.runs), Exposure: "over " + many(c.runs, "run"),
			Method: fmt.Sprintf("Wilson 95 %%; Fisher's exact test p %s, q %s over %s", pvalue(c.p), pvalue(q), many(tests, "comparison")), Basis: analysis.Derived, Filter: w.o.Filter,
		}},
		Against: []string{fmt.Sprintf("%s with %s %q succeeded.", upper(many(c.runs-c.failed, "run")), c.attribute, c.value)},
		Caveats: []string{"A contrast shows where failures gather, not why; what else differs with this " + c.attribute + " is not in the history."},
	}
	if c.attribute == "environment" {
		f.Theme = "config"
	}
	excess := float64(c.failed) - other*float64(c.runs)
	f.Weight = round(math.Log2(1+excess) * 1.5)
	f.Ranking = fmt.Sprintf("%.2f = often %.2f (log2 of 1 + %.1f failures beyond the other runs' rate) x sure 1.50 (derived)", f.Weight, math.Log2(1+excess), excess)
	for i := len(w.runs) - 1; i >= 0 && len(f.Evidence) < 2; i-- {
		r := &w.runs[i]
		if r.Kind == kind && r.Status.Failed() && strings.Trim(r.Pipeline+" / "+r.Job, " /") == c.job && slices.Contains([]string{r.Environment, r.Runner, r.Branch, r.Trigger}, c.value) {
			f.Evidence = append(f.Evidence, analysis.Evidence{Origin: r.Origin, Time: r.When(), Text: runText(r)})
		}
	}
	w.extra = append(w.extra, f)
}

func round(f float64) float64 { return math.Round(100*f) / 100 }

// timetable says at which hours and on which weekdays runs fail more often than
// at others: per run, so that a timetable of the runs alone shows nothing.
func (w *work) timetable(kind analysis.RunKind, runs []analysis.Run) {
	if len(runs) < minTimetable {
		return
	}
	cells := func(n int, of func(t time.Time) int, name func(i int) string, what string) {
		failed, total := make([]int, n), make([]int, n)
		allFailed, all := 0, 0
		for i := range runs {
			t := runs[i].When()
			if t.IsZero() {
				continue
			}
			c := of(t.In(w.zone))
			total[c]++
			all++
			if runs[i].Status.Failed() {
				failed[c]++
				allFailed++
			}
		}
		var ps []float64
		var at []int
		for c := range n {
			if total[c] > 0 && total[c] < all {
				rest := float64(allFailed-failed[c]) / float64(all-total[c])
				ps = append(ps, trend.BinomialUpper(int64(failed[c]), int64(total[c]), rest))
				at = append(at, c)
			}
		}
		found := false
		for i, q := range trend.BenjaminiHochberg(ps) {
			c := at[i]
			if q > maxDiscovery || failed[c] < minSupport {
				continue
			}
			found = true
			w.a.Rhythm = append(w.a.Rhythm, fmt.Sprintf("Derived: %s fail more often %s than at other times: %s of %s (%.1f %%) against %.1f %% (exact binomial, q %s, %d %s tested).",
				runsWord(kind, 2)[2:], name(c), count(failed[c]), many(total[c], "run"), 100*float64(failed[c])/float64(total[c]),
				100*float64(allFailed-failed[c])/float64(all-total[c]), pvalue(q), len(ps), what))
		}
		if !found && allFailed >= trend.MinRhythm {
			w.a.Rhythm = append(w.a.Rhythm, fmt.Sprintf("Derived: per run, none of the %d %s stands out (exact binomial, false discovery rate 5 %%, n = %s, %s): %s fail when they run.",
				len(ps), what, many(all, "run"), many(allFailed, "failure"), runsWord(kind, 2)[2:]))
		}
	}
	span := runs[len(runs)-1].When().Sub(runs[0].When())
	if span >= 48*time.Hour {
		cells(24, func(t time.Time) int { return t.Hour() }, func(i int) string { return fmt.Sprintf("from %02d:00 to %02d:59", i, i) }, "hours")
	}
	if span >= 14*24*time.Hour {
		cells(7, func(t time.Time) int { return int(t.Weekday()) }, func(i int) string { return "on a " + time.Weekday(i).String() }, "weekdays")
	}
}

// recovery says how long jobs stay red: from a failure to the next success of
// the same job, open where none was seen.
func (w *work) recovery(kind analysis.RunKind, runs []analysis.Run) {
	type job struct{ pipeline, name, branch string }
	red := map[job]time.Time{}
	var all []trend.Recovery
	open := 0
	for i := range runs {
		r := &runs[i]
		k := job{r.Pipeline, r.Job, r.Branch}
		at := r.End
		if at.IsZero() {
			at = r.When()
		}
		since, failing := red[k]
		switch {
		case at.IsZero():
		case r.Status.Failed() && !failing:
			red[k] = at
		case r.Status == analysis.RunSuccess && failing:
			all = append(all, trend.Recovery{After: max(0, at.Sub(since))})
			delete(red, k)
		}
	}
	for _, since := range red {
		if d := w.end.Sub(since); d >= 0 {
			all = append(all, trend.Recovery{After: d, Open: true})
			open++
		}
	}
	_, median, ok := trend.KaplanMeier(all)
	if !ok || len(all) < trend.MinRhythm {
		return
	}
	w.a.Rhythm = append(w.a.Rhythm, fmt.Sprintf("Derived: from a failure of a %s to its next success on the same branch it takes a median of %s (Kaplan-Meier, n = %s, %s still without one at the end).",
		strings.TrimSuffix(runsWord(kind, 1)[2:], " run"), long(median), count(len(all)), count(open)))
}
