package assess

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"faultline/analysis"
	"faultline/analysis/history"
	"faultline/analysis/trend"
)

// howOften fills in the key numbers, the patterns and their episodes.
func (w *work) howOften() {
	w.patternTable()
	w.a.Key = w.key()
	w.loudestLine()
}

// patternTable lists failing and benign patterns, with episodes and the records
// that they fail by.
func (w *work) patternTable() {
	w.a.Episodes, w.a.Failed = map[string]int{}, map[string]analysis.Failed{}
	for _, p := range w.patterns {
		if p.State == analysis.PatternNeutral || p.State == "" {
			continue
		}
		w.a.Patterns = append(w.a.Patterns, p)
	}
	for i, pid := range w.ids {
		p := w.seen.patterns[int32(i)]
		if p == nil {
			continue
		}
		// An event object stands for one episode of its own.
		eps, untimed := w.episodes(int32(i))
		if n := len(eps) + untimed + int(p.events); n > 0 {
			w.a.Episodes[pid] = n
			w.a.Failed[pid] = w.failed(p, nil)
		}
	}
	for i := range w.a.Failures {
		if f := &w.a.Failures[i]; f.Kind == "pattern" {
			w.a.Episodes[f.Pattern] = f.Episodes
			x := w.failed(w.seen.patterns[int32(slices.Index(w.ids, f.Pattern))], w.isJob)
			x.Records, x.First, x.Last = f.Records, f.First, f.Last
			w.a.Failed[f.Pattern] = x
		}
	}
}

// failed sums up the records that a pattern fails by. The sources that leave is
// true for are not counted.
func (w *work) failed(p *patternScan, leave func(member int32) bool) analysis.Failed {
	f := analysis.Failed{Records: p.records}
	sources := map[string]bool{} // the files of a rotated log are one
	for m := range p.members {
		if leave != nil && leave(m) {
			continue
		}
		path := w.members.At(int(m)).Path
		sources[cmp.Or(w.rotated[path], path)] = true
	}
	f.Sources = len(sources)
	if p.first <= p.last {
		f.First, f.Last = toTime(p.first), toTime(p.last)
	}
	return f
}

// rate is the number of episodes per unit of observed time, with Garwood's
// interval. The unit is a day, or an hour when less than two days are covered.
func (w *work) rate(label string, k int64, f analysis.Filter) analysis.Number {
	n := analysis.Number{Label: label, N: k, Basis: analysis.Derived, Method: "Garwood 95 %", Filter: f}
	if w.a.Covered <= 0 {
		n.Text = count(k)
		n.Value, n.Unit = float64(k), "episodes"
		n.Exposure, n.Method = "observed time unknown", ""
		return n
	}
	unit, name := 24*time.Hour, "per day"
	if w.a.Covered < 48*time.Hour {
		unit, name = time.Hour, "per hour"
	}
	t := float64(w.a.Covered) / float64(unit)
	n.Value, n.Unit = float64(k)/t, name
	n.Text = fmt.Sprintf("%s in %s (%s %s)", count(k), long(w.a.Covered), figure(n.Value), name)
	n.Exposure = "over " + long(w.a.Covered) + " of observed time"
	i := trend.Garwood(k, t)
	n.Low, n.High = i.Low, i.High
	if day := w.perDay(); len(day) >= 10 {
		if v, p := trend.Dispersion(day); p < 0.01 {
			n.Method += fmt.Sprintf("; the episodes come in bursts (variance %.1f times the mean of daily counts), so the true interval is wider", v)
		}
	}
	return n
}

// perDay counts episode starts per day of the period.
func (w *work) perDay() []float64 {
	n := int(w.a.Period.Duration().Hours()/24) + 1
	if n < 2 || n > 5000 {
		return nil
	}
	x := make([]float64, n)
	for _, t := range w.starts {
		if i := int((t - w.a.Period.From.UnixNano()) / int64(24*time.Hour)); i >= 0 && i < n {
			x[i]++
		}
	}
	return x
}

// key chooses the key numbers: three to six.
func (w *work) key() []analysis.Number {
	var key []analysis.Number
	f := w.o.Filter
	for _, j := range w.a.Jobs {
		if j.Job == "" && j.Pipeline == "" && len(key) < 2 && telling(&j) {
			n := j.Rate
			n.Filter = f
			key = append(key, n)
		}
	}
	if n, ok := w.stopNumber(); ok {
		key = append(key, n)
	}
	failing := f
	failing.Failing = true
	episodes := 0
	byKind := map[string]int{}
	for i := range w.a.Failures {
		byKind[w.a.Failures[i].Kind] += w.a.Failures[i].Episodes
		episodes += w.a.Failures[i].Episodes
	}
	if byKind["pattern"] > 0 {
		n := w.rate("failure episodes in logs", int64(byKind["pattern"]), failing)
		records := int64(0)
		for i := range w.a.Failures {
			if x := &w.a.Failures[i]; x.Kind == "pattern" {
				records += x.Records
			}
		}
		n.Label = fmt.Sprintf("failure episodes in logs, of %s", many(records, "record"))
		key = append(key, n)
	}
	if n, ok := w.eventNumber(); ok {
		key = append(key, n)
	}
	key = append(key, w.explainedNumber())
	if len(key) < 6 && w.a.Covered > 0 {
		key = append(key, analysis.Number{
			Label: "observed time", Text: long(w.a.Covered), Value: w.a.Covered.Hours(), Unit: "hours", N: int64(w.members.Len()),
			Exposure: fmt.Sprintf("of %s from %s to %s", long(w.a.Period.Duration()), stamp(w.a.Period.From), stamp(w.a.Period.To)),
			Method:   "union of what the sources cover", Basis: analysis.Derived, Filter: f,
		})
	}
	return key[:min(6, len(key))]
}

func (w *work) stopNumber() (analysis.Number, bool) {
	for _, f := range w.extra {
		if f.Cause == causeNodeStops && len(f.Numbers) > 0 {
			return f.Numbers[0], true
		}
	}
	return analysis.Number{}, false
}

// eventNumber counts warning events: distinct ones and what they stand for.
func (w *work) eventNumber() (analysis.Number, bool) {
	if len(w.events) == 0 {
		return analysis.Number{}, false
	}
	warnings, occurrences := 0, int64(0)
	for i := range w.events {
		if w.events[i].Severity >= analysis.SeverityWarn {
			warnings++
			occurrences += history.Occurrences(&w.events[i])
		}
	}
	return analysis.Number{
		Label: "warning events", Text: fmt.Sprintf("%s, standing for %s", count(warnings), many(occurrences, "occurrence")),
		Value: float64(warnings), Unit: "events", N: int64(len(w.events)),
		Exposure: fmt.Sprintf("of %s", many(len(w.events), "distinct event")), Method: "one per UID", Basis: analysis.Observed,
		Filter: w.o.Filter,
	}, true
}

// explainedNumber is the share of failures with a named cause; it is always
// among the key numbers.
func (w *work) explainedNumber() analysis.Number {
	named, all := 0, len(w.a.Failures)
	for i := range w.a.Failures {
		if counts(w.a.Failures[i].Attribution.Verdict) {
			named++
		}
	}
	n := analysis.Number{
		Label: "failures with a cause found", Unit: "%", N: int64(all), Basis: analysis.Inferred, Filter: w.o.Filter,
		Exposure: "over " + many(all, "failure") + " (groups of equal ones)", Method: "confirmed, explained and likely, by the catalogue's rules",
	}
	if all == 0 {
		n.Text, n.Basis = "no failure found", analysis.Observed
		return n
	}
	n.Value = 100 * float64(named) / float64(all)
	n.Text = fmt.Sprintf("%s of %s (%.0f %%)", count(named), count(all), n.Value)
	return n
}

// loudestLine says when one pattern makes most of the alarming records: the
// loudest line is seldom the cause.
func (w *work) loudestLine() {
	total, most := int64(0), int64(0)
	var top *analysis.Pattern
	for i, pid := range w.ids {
		n := w.seen.alarm[int32(i)]
		total += n
		if k, ok := w.byID[pid]; ok && n > most {
			top, most = &w.patterns[k], n
		}
	}
	if top == nil || total < 20 || most*2 < total {
		return
	}
	s := fmt.Sprintf("Observed: one pattern makes %s of %s alarming records (%.0f %%): %q.", count(most), count(total), 100*float64(most)/float64(total), title(top.Title(), 120))
	switch {
	case top.State == analysis.PatternBenign:
		s += " It is benign (" + top.Reason + "), is kept and counted, and stands outside of all rates."
	case top.State != analysis.PatternFailure:
		s += " It is a warning and tells of no failure; mark it benign if it is harmless here. The loudest line is seldom the cause."
	case w.a.Episodes[top.ID] > 0:
		if n := w.a.Failed[top.ID].Records; n < most {
			s += fmt.Sprintf(" Of them %s failed.", count(n))
		}
		s += fmt.Sprintf(" It stands for %s; the loudest line is seldom the cause.", many(w.a.Episodes[top.ID], "episode"))
	}
	w.a.Rhythm = append(w.a.Rhythm, s)
}
