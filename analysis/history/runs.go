package history

import (
	"cmp"
	"slices"
	"time"

	"faultline/analysis"
)

// DistinctRuns returns one run per ID, in order of time and then of ID: the
// same report is often exported twice. Of several the one that has ended
// stands, then the first by origin; times that it does not state are taken from
// the others (Prow says start and end in two files). Runs without an ID are
// all kept.
func DistinctRuns(runs []analysis.Run) []analysis.Run {
	best := make(map[string]int, len(runs))
	var out []analysis.Run
	for i := range runs {
		r := &runs[i]
		if r.ID == "" {
			out = append(out, *r)
			continue
		}
		j, ok := best[r.ID]
		if !ok {
			best[r.ID] = len(out)
			out = append(out, *r)
			continue
		}
		old := &analysis.Run{}
		*old = out[j]
		if ended, was := finished(r), finished(old); ended && !was || ended == was && compareOrigins(r.Origin, old.Origin) < 0 {
			out[j], r = *r, old
		}
		complete(&out[j], r)
	}
	slices.SortStableFunc(out, compareRuns)
	return out
}

// complete fills what r leaves open from another observation of the same run.
func complete(r, other *analysis.Run) {
	r.Queued = cmp.Or(r.Queued, other.Queued)
	r.Start = cmp.Or(r.Start, other.Start)
	r.End = cmp.Or(r.End, other.End)
	if r.Duration == 0 && !r.Start.IsZero() && r.End.After(r.Start) {
		r.Duration = r.End.Sub(r.Start)
	}
}

func finished(r *analysis.Run) bool {
	return r.Status != analysis.RunRunning && r.Status != analysis.RunUnknown
}

// compareRuns orders by time, attempt and ID; runs without a time come first,
// in order of their origin.
func compareRuns(a, b analysis.Run) int {
	return cmp.Or(a.When().Compare(b.When()), cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.ID, b.ID), compareOrigins(a.Origin, b.Origin))
}

// Job is all runs of one job of one pipeline, in order of time.
type Job struct {
	Kind     analysis.RunKind
	Pipeline string
	Name     string
	Runs     []analysis.Run
}

// Jobs groups distinct runs by kind, pipeline and job; the most failures come
// first, then the most runs, then the name.
func Jobs(runs []analysis.Run) []Job {
	type key struct {
		kind          analysis.RunKind
		pipeline, job string
	}
	at := map[key]int{}
	var out []Job
	for _, r := range DistinctRuns(runs) {
		k := key{r.Kind, r.Pipeline, r.Job}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			out = append(out, Job{Kind: r.Kind, Pipeline: r.Pipeline, Name: r.Job})
		}
		out[i].Runs = append(out[i].Runs, r)
	}
	failed := make(map[key]int, len(out))
	for _, j := range out {
		n := 0
		for _, r := range j.Runs {
			if r.Status.Failed() {
				n++
			}
		}
		failed[key{j.Kind, j.Pipeline, j.Name}] = n
	}
	slices.SortStableFunc(out, func(a, b Job) int {
		return cmp.Or(
			cmp.Compare(failed[key{b.Kind, b.Pipeline, b.Name}], failed[key{a.Kind, a.Pipeline, a.Name}]),
			cmp.Compare(len(b.Runs), len(a.Runs)),
			cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Pipeline, b.Pipeline), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// Chain is the attempts of one job on one commit, in order of creation
// (FlakeRanker's grouping: project, commit, job name).
type Chain struct {
	Kind     analysis.RunKind
	Pipeline string
	Job      string
	Commit   string
	Runs     []analysis.Run
}

// Flaky reports whether the job both failed and passed on the same commit:
// the strict meaning, a lower bound, because it depends on who reruns what.
func (c *Chain) Flaky() bool {
	var pass, fail bool
	for _, r := range c.Runs {
		pass = pass || r.Status == analysis.RunSuccess
		fail = fail || r.Status.Failed()
	}
	return pass && fail
}

// Chains groups distinct runs that name their commit by kind, pipeline, job,
// environment and commit. Only chains of two or more counted runs are
// returned, in order of their first run.
func Chains(runs []analysis.Run) []Chain {
	type key struct {
		kind                               analysis.RunKind
		pipeline, job, environment, commit string
	}
	at := map[key]int{}
	var all []Chain
	for _, r := range DistinctRuns(runs) {
		if r.Commit == "" || !r.Status.Counted() {
			continue
		}
		k := key{r.Kind, r.Pipeline, r.Job, r.Environment, r.Commit}
		i, ok := at[k]
		if !ok {
			i = len(all)
			at[k] = i
			all = append(all, Chain{Kind: r.Kind, Pipeline: r.Pipeline, Job: r.Job, Commit: r.Commit})
		}
		all[i].Runs = append(all[i].Runs, r)
	}
	return slices.DeleteFunc(all, func(c Chain) bool { return len(c.Runs) < 2 })
}

// Stats is what a set of runs adds up to.
type Stats struct {
	Runs    int
	Counts  map[analysis.RunStatus]int
	Failed  int // failure, timeout, infra-failure
	Counted int // those and success: what a rate is taken over

	FirstCounted int // counted runs that are the first attempt of their chain, or have no chain
	FirstFailed  int // failures among them
	Chains       int // commits on which a job has more than one counted run
	Flaky        int // chains that both failed and passed

	Timed  int           // counted runs that state or imply a duration
	Median time.Duration // of those, 0 when none
	P95    time.Duration // of those, nearest rank
	Lost   time.Duration // sum of the durations of failed runs
	Reruns time.Duration // sum of the durations of attempts beyond the first
	Queue  time.Duration // median wait from queued to start, 0 when unknown

	First  time.Time // earliest run
	Last   time.Time // latest run
	Recent []analysis.RunStatus
}

// recentRuns is how many results a Stats keeps.
const recentRuns = 60

// Statistics adds up runs; take them of one kind only, a rate over a mixture
// of pipelines and tests means nothing. Recent holds the last results, oldest
// first, at most 60.
func Statistics(runs []analysis.Run) Stats {
	s := Stats{Counts: map[analysis.RunStatus]int{}}
	runs = DistinctRuns(runs)
	again := map[string]bool{} // IDs of runs that are not the first attempt
	for _, c := range Chains(runs) {
		s.Chains++
		if c.Flaky() {
			s.Flaky++
		}
		for _, r := range c.Runs[1:] {
			again[r.ID] = true
		}
	}
	var durations, waits []time.Duration
	var span analysis.Span
	for _, r := range runs {
		s.Runs++
		s.Counts[r.Status]++
		span.Add(r.When())
		span.Add(r.End)
		if !r.Queued.IsZero() && !r.Start.Before(r.Queued) {
			waits = append(waits, r.Start.Sub(r.Queued))
		}
		if !r.Status.Counted() {
			continue
		}
		s.Counted++
		first := r.Attempt <= 1 && !again[r.ID]
		if first {
			s.FirstCounted++
		}
		if r.Duration > 0 {
			durations = append(durations, r.Duration)
			if !first {
				s.Reruns += r.Duration
			}
		}
		if r.Status.Failed() {
			s.Failed++
			s.Lost += max(r.Duration, 0)
			if first {
				s.FirstFailed++
			}
		}
	}
	s.First, s.Last = span.From, span.To
	s.Timed = len(durations)
	s.Median, s.P95 = quantile(durations, 0.5), quantile(durations, 0.95)
	s.Queue = quantile(waits, 0.5)
	for _, r := range runs[max(0, len(runs)-recentRuns):] {
		s.Recent = append(s.Recent, r.Status)
	}
	return s
}

// quantile returns the value of nearest rank; it sorts d.
func quantile(d []time.Duration, q float64) time.Duration {
	if len(d) == 0 {
		return 0
	}
	slices.Sort(d)
	i := int(q*float64(len(d)) + 0.999999)
	return d[min(max(i-1, 0), len(d)-1)]
}
