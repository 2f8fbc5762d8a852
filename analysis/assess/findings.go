package assess

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"faultline/analysis"
	"faultline/analysis/trend"
)

// maxFindings is how many findings an assessment ranks; the failures behind
// the others are all listed.
const maxFindings = 30

// halfLife is the age at which a failure's weight is halved.
const halfLife = 30 * 24 * time.Hour

// findings makes a finding of each cause, of jobs that stand out and of the
// heaviest unexplained failures, and ranks them.
func (w *work) findings() {
	out := slices.Clone(w.extra)
	for _, c := range w.a.Causes {
		if c.ID == causeNodeStops || c.ID == causeStartupOrder {
			continue
		}
		out = append(out, w.causeFinding(&c))
	}
	unexplained := 0
	for i := range w.a.Failures {
		f := &w.a.Failures[i]
		if len(causesOf(&f.Attribution)) > 0 || unexplained >= 8 {
			continue
		}
		unexplained++
		out = append(out, w.failureFinding(f))
	}
	for i := range out {
		if out[i].Ranking == "" {
			w.weigh(&out[i])
		}
	}
	slices.SortStableFunc(out, func(a, b analysis.Finding) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.ID, b.ID))
	})
	w.a.Findings = out[:min(len(out), maxFindings)]
	if len(out) > maxFindings {
		w.a.Limits = append(w.a.Limits, fmt.Sprintf("%s are not shown as findings; the failures behind them are all listed.", many(len(out)-maxFindings, "lighter finding")))
	}
}

func (w *work) causeFinding(c *analysis.CauseSummary) analysis.Finding {
	f := analysis.Finding{
		ID: id("finding", "cause", c.ID), Question: "why", Title: c.Title, Basis: analysis.Inferred,
		Verdict: c.Verdict, Cause: c.ID, Theme: c.Theme, Fix: c.Fix, Ask: c.Ask,
	}
	f.Filter = w.o.Filter
	f.Filter.Patterns = c.Patterns
	if len(c.Patterns) == 0 {
		f.Filter.From, f.Filter.To = c.First, c.Last.Add(time.Second)
		if c.First.IsZero() {
			f.Filter = w.o.Filter
		}
	}
	episodes := many(c.Episodes, "episode")
	if c.Counted != "" {
		episodes += " (" + c.Counted + ")"
	}
	f.Claim = fmt.Sprintf("%s, with %s in %s%s.", many(c.Failures, "failure"), episodes, many(c.Sources, "source"), w.spanWords(c.First, c.Last))
	switch c.Verdict {
	case analysis.VerdictExplained, analysis.VerdictConfirmed:
		f.Claim = "Explained: " + f.Claim
	case analysis.VerdictLikely:
		f.Claim = "Likely: " + f.Claim
	case analysis.VerdictSeveral:
		f.Claim = "One of several candidates for " + f.Claim
	case analysis.VerdictSymptom:
		f.Claim = "The effect was found, no origin of it: " + f.Claim
	}
	f.Claim += " " + w.endWords(c.AtEnd, c.Last)
	if c.Episodes < 3 {
		f.Caveats = append(f.Caveats, "Fewer than three episodes: no rate is given.")
	} else {
		f.Numbers = append(f.Numbers, w.rate("episodes", int64(c.Episodes), f.Filter))
		if n, ok := w.between(int64(c.Episodes), f.Filter); ok {
			f.Numbers = append(f.Numbers, n)
		}
	}
	if s := w.newWords(c.Episodes, c.First); s != "" {
		f.Claim += " " + s
	}
	if c.Sources == 1 {
		f.Caveats = append(f.Caveats, "Single witness: one source only.")
	}
	others := map[string]bool{}
	for i := range w.a.Failures {
		a := &w.a.Failures[i].Attribution
		if !slices.Contains(causesOf(a), c.ID) {
			continue
		}
		for _, e := range a.Evidence {
			if len(f.Evidence) < 4 {
				f.Evidence = append(f.Evidence, e)
			}
		}
		for _, o := range a.Candidates {
			if o != c.ID && !others[o] {
				others[o] = true
				title := o
				if x, ok := w.cat.Cause(o); ok {
					title = x.Title
				}
				f.Against = append(f.Against, "Competing candidate: "+title)
			}
		}
		for _, x := range a.Folded {
			if len(f.Caveats) < 4 {
				f.Caveats = append(f.Caveats, "Folded: "+x)
			}
		}
	}
	if x, ok := w.cat.Cause(c.ID); ok && x.Confirm != "" {
		f.Caveats = append(f.Caveats, "To confirm: "+x.Confirm)
	}
	return f
}

func (w *work) failureFinding(x *analysis.Failure) analysis.Finding {
	f := analysis.Finding{
		ID: id("finding", x.ID), Question: "how often", Title: title(x.Title, 120), Basis: analysis.Observed,
		Verdict: x.Attribution.Verdict, Evidence: x.Attribution.Evidence[:min(4, len(x.Attribution.Evidence))], Filter: w.o.Filter,
	}
	switch x.Kind {
	case "pattern":
		f.Filter.Patterns = []string{x.Pattern}
	case "run":
		if len(x.Attribution.Evidence) > 0 {
			f.Filter.Sources = []string{x.Attribution.Evidence[0].Origin.Path}
		}
	}
	f.Claim = fmt.Sprintf("%s of %s%s. %s", many(x.Episodes, "episode"), many(x.Records, "record"), w.spanWords(x.First, x.Last), w.endWords(x.AtEnd, x.Last))
	if x.Kind == "run" {
		f.Claim = fmt.Sprintf("%s%s. %s", upper(many(x.Episodes, "failed run")), w.spanWords(x.First, x.Last), w.endWords(x.AtEnd, x.Last))
	}
	if x.Kind != "run" && x.Kind != "state" && x.Episodes >= 3 {
		f.Numbers = append(f.Numbers, w.rate("episodes", int64(x.Episodes), f.Filter))
		if n, ok := w.between(int64(x.Episodes), f.Filter); ok {
			f.Numbers = append(f.Numbers, n)
		}
	}
	if s := w.newWords(x.Episodes, x.First); s != "" {
		f.Claim += " " + s
	}
	if x.Lost > 0 {
		f.Numbers = append(f.Numbers, analysis.Number{
			Label: "run time lost", Text: long(x.Lost), Value: x.Lost.Hours(), Unit: "hours", N: int64(x.Episodes),
			Exposure: "over " + many(x.Episodes, "failed run"), Method: "sum of the durations of failed attempts", Basis: analysis.Derived, Filter: f.Filter,
		})
	}
	if x.Attribution.Note != "" {
		f.Caveats = append(f.Caveats, upper(x.Attribution.Note)+".")
	}
	return f
}

// between is the mean time between the starts of failures over observed time.
func (w *work) between(k int64, f analysis.Filter) (analysis.Number, bool) {
	mean, low, high, ok := trend.MTBF(k, w.a.Covered)
	if !ok {
		return analysis.Number{}, false
	}
	return analysis.Number{
		Label: "mean time between failures", Text: long(mean), Value: mean.Hours(), Unit: "hours", Low: low.Hours(), High: high.Hours(), N: k,
		Exposure: "over " + long(w.a.Covered) + " of observed time", Method: "observed time over episodes; Garwood 95 %, turned over", Basis: analysis.Derived, Filter: f,
	}, true
}

// newWords says that a failure is new: all its episodes fall so late into the
// observed time that a constant rate would hardly do that.
func (w *work) newWords(k int, first time.Time) string {
	if k < trend.MinMTBF || first.IsZero() {
		return ""
	}
	spans := w.coveredSpans()
	before := trend.Within(spans, w.a.Period.From.UnixNano(), first.UnixNano())
	after := trend.Within(spans, first.UnixNano(), w.a.Period.To.UnixNano())
	if before <= 0 {
		return ""
	}
	// The first episode sets the boundary, so it is no witness for it.
	p := trend.NewSince(int64(k-1), before.Seconds(), after.Seconds())
	if p >= 0.01 {
		return ""
	}
	return fmt.Sprintf("New: none in the first %s of observed time, all in the last %s (p %s under a constant rate).", long(before), long(after), pvalue(p))
}

func (w *work) spanWords(first, last time.Time) string {
	switch {
	case first.IsZero():
		return ", at an unknown time"
	case first.Equal(last):
		return ", at " + stamp(first)
	}
	return fmt.Sprintf(", from %s to %s", stamp(first), stamp(last))
}

func (w *work) endWords(atEnd bool, last time.Time) string {
	switch {
	case atEnd:
		return "It still happens when the observation ends."
	case last.IsZero() || w.end.IsZero():
		return ""
	case w.end.Sub(last) < 0:
		return ""
	}
	return fmt.Sprintf("The last was %s before the observation ends.", long(w.end.Sub(last)))
}

// weigh ranks a finding: how often, how recent, how broad, how sure, each
// named in Ranking.
func (w *work) weigh(f *analysis.Finding) {
	episodes, sources, atEnd := 0, map[string]bool{}, false
	var last time.Time
	var lost time.Duration
	for i := range w.a.Failures {
		x := &w.a.Failures[i]
		if !w.behind(f, x) {
			continue
		}
		episodes += x.Episodes
		sources[x.Subject] = true
		lost += x.Lost
		atEnd = atEnd || x.AtEnd
		if x.Last.After(last) {
			last = x.Last
		}
	}
	often := math.Log2(1 + float64(episodes))
	recent := 1.0
	if !last.IsZero() && !w.end.IsZero() && w.end.After(last) {
		recent = math.Exp2(-float64(w.end.Sub(last)) / float64(halfLife))
	}
	broad := 1 + 0.25*math.Min(4, float64(max(0, len(sources)-1)))
	sure := map[analysis.Verdict]float64{
		analysis.VerdictConfirmed: 2, analysis.VerdictExplained: 2, analysis.VerdictLikely: 1.6, analysis.VerdictSeveral: 1.2,
		analysis.VerdictSymptom: 0.8, analysis.VerdictUnexplained: 0.6, analysis.VerdictNotCheckable: 0.6,
	}[f.Verdict]
	if c, ok := w.cat.Cause(f.Cause); ok && c.Role == analysis.RoleOrigin {
		sure *= 1.5
	}
	cost := 1 + math.Log2(1+lost.Hours())/4
	still := 1.0
	if atEnd {
		still = 1.5
	}
	f.Weight = math.Round(100*often*recent*broad*sure*cost*still) / 100
	f.Ranking = fmt.Sprintf("%.2f = often %.2f (log2 of 1 + %s) x recent %.2f (half-life 30 days) x broad %.2f (%s) x sure %.2f (%s) x cost %.2f (%s lost) x still %.1f",
		f.Weight, often, many(episodes, "episode"), recent, broad, many(len(sources), "source"), sure, f.Verdict, cost, hours(lost), still)
}

func hours(d time.Duration) string {
	if d == 0 {
		return "no run time"
	}
	return long(d)
}

// behind reports whether a failure is one that the finding speaks of.
func (w *work) behind(f *analysis.Finding, x *analysis.Failure) bool {
	if f.Cause != "" {
		return slices.Contains(causesOf(&x.Attribution), f.Cause)
	}
	return f.ID == id("finding", x.ID)
}
