package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"faultline/analysis"
)

// document is what both the HTML and the Markdown print: the assessment, with
// the choices of order and length made once.
type document struct {
	*analysis.Assessment
	Options Options
	Title   string

	Themes   []analysis.ThemeSummary // seen ones first
	Unseen   []string                // titles of themes that nothing points to
	Findings []analysis.Finding
	Causes   []analysis.CauseSummary
	Top      []pattern // failing patterns by episodes
	Benign   []analysis.Pattern
	Open     []analysis.Failure // failures without an explanation, heaviest first
	Jobs     []analysis.JobSummary
	Kinds    []analysis.JobSummary // sums per kind of run
	Problems []problem
	Versions []pair
	Hashes   []pair
	ByTime   []pair
	Totals   string // of the coverage table
	Failed   int    // failures over all verdicts
}

// pattern is a failing pattern with its episodes and the records it fails by.
type pattern struct {
	analysis.Pattern
	Episodes int
	Failed   analysis.Failed
}

type pair struct{ Name, Value string }

// problem is a kind of problem with how often it occurred and some examples.
type problem struct {
	Kind     string
	Count    int
	Examples []analysis.Problem
}

// Lengths of the lists of a report; what is beyond them is counted in a line
// below the list, and stands whole in the JSON.
const (
	maxTop      = 15
	maxFindings = 25
	maxJobs     = 15
	maxOpen     = 15
	maxExamples = 3
)

func newDocument(a *analysis.Assessment, o Options) (*document, error) {
	a, err := cleaned(a)
	if err != nil {
		return nil, err
	}
	o.Title, o.Customer = Clean(o.Title), Clean(o.Customer)
	d := &document{Assessment: a, Options: o, Title: o.Title, Findings: a.Findings, Causes: a.Causes}
	if d.Title == "" {
		d.Title = "When, why and how often things fail: " + cmp.Or(a.Name, "assessment")
	}
	for _, t := range a.Themes {
		if t.State == "not seen" {
			d.Unseen = append(d.Unseen, t.Title)
		} else {
			d.Themes = append(d.Themes, t)
		}
	}
	for _, p := range a.Patterns {
		switch p.State {
		case analysis.PatternFailure:
			if n := a.Episodes[p.ID]; n > 0 { // else its records are noise, or lines of a trace that counts for another
				d.Top = append(d.Top, pattern{p, n, a.Failed[p.ID]})
			}
		case analysis.PatternBenign:
			d.Benign = append(d.Benign, p)
		}
	}
	slices.SortStableFunc(d.Top, func(x, y pattern) int {
		return cmp.Or(cmp.Compare(y.Episodes, x.Episodes), cmp.Compare(y.Failed.Records, x.Failed.Records))
	})
	for _, f := range a.Failures {
		if f.Attribution.Verdict == analysis.VerdictUnexplained {
			d.Open = append(d.Open, f)
		}
	}
	for _, s := range a.Shares {
		d.Failed += s.Failures
	}
	for _, j := range a.Jobs {
		if j.Job == "" {
			d.Kinds = append(d.Kinds, j)
		} else if j.Failed > 0 {
			d.Jobs = append(d.Jobs, j)
		}
	}
	kinds := map[string]*problem{}
	for _, p := range a.Quality.Problems {
		k := kinds[p.Kind]
		if k == nil {
			k = &problem{Kind: p.Kind}
			kinds[p.Kind] = k
		}
		k.Count++
		if len(k.Examples) < maxExamples {
			k.Examples = append(k.Examples, p)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(kinds)) {
		d.Problems = append(d.Problems, *kinds[k])
	}
	for _, k := range slices.Sorted(maps.Keys(a.Versions)) {
		d.Versions = append(d.Versions, pair{k, a.Versions[k]})
	}
	for _, k := range slices.Sorted(maps.Keys(a.Hashes)) {
		d.Hashes = append(d.Hashes, pair{k, a.Hashes[k]})
	}
	for _, k := range slices.Sorted(maps.Keys(a.Quality.ByTime)) {
		d.ByTime = append(d.ByTime, pair{k, Count(a.Quality.ByTime[k]) + " (" + Percent(a.Quality.ByTime[k], a.Quality.Records) + ")"})
	}
	d.Totals = totals(a.Coverage)
	return d, nil
}

// totals says how many capabilities have which answer.
func totals(rows []analysis.Capability) string {
	n := map[string]int{}
	for _, c := range rows {
		n[c.Answer]++
	}
	var parts []string
	for _, k := range []string{"yes", "partly", "no", "unknown"} {
		if n[k] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[k], k))
		}
	}
	return strings.Join(parts, ", ")
}

// beyond says how many of a list were left out, "" when none was.
func beyond(n, shown int, what string) string {
	if n <= shown {
		return ""
	}
	return fmt.Sprintf("%s more %s are in the JSON form of this report.", Count(n-shown), what)
}

// first returns at most n elements of s.
func first[T any](s []T, n int) []T { return s[:min(n, len(s))] }
