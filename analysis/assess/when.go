package assess

import (
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"time"

	"faultline/analysis"
	"faultline/analysis/trend"
)

// buckets is how finely the timeline is cut.
const buckets = 120

// when fills in period, coverage, timeline, week and rhythm.
func (w *work) when() error {
	f := w.o.Filter
	f.Failing = true
	if w.o.Filter.From.IsZero() && !w.a.Period.IsZero() {
		f.From, f.To = w.a.Period.From, w.a.Period.To.Add(time.Second)
	}
	var err error
	if w.a.Timeline, err = w.c.Histogram(w.ctx, f, buckets, "severity"); err != nil {
		return err
	}
	slices.Sort(w.starts)
	w.week()
	w.rhythm()
	return nil
}

// period finds the observed time: from the first to the last record of a log,
// event or run, and what some source covers of it.
func (w *work) period() {
	w.a.Period = w.seen.span
	w.end = w.a.Period.To
	for _, b := range w.a.Bundles {
		if b.Collected.After(w.end) && b.Collected.Sub(w.end) < 366*24*time.Hour {
			w.end = b.Collected
		}
	}
	if !w.o.Filter.To.IsZero() && w.end.After(w.o.Filter.To) {
		w.end = w.o.Filter.To
	}
	w.a.Covered = trend.Covered(w.coveredSpans())
}

// coveredSpans is the union of what the sources cover, within the period: a
// log from its first to its last record, events over their whole listing, which
// is what one folder holds, runs over all.
func (w *work) coveredSpans() []trend.Span {
	var spans []trend.Span
	for _, l := range w.seen.logs {
		if l.From <= l.To {
			spans = append(spans, l)
		}
	}
	listings := map[string]*analysis.Span{}
	for i := range w.events {
		e := &w.events[i]
		key := e.Origin.Bundle + "\n" + path.Dir(e.Origin.Path)
		if listings[key] == nil {
			listings[key] = new(analysis.Span)
		}
		listings[key].Add(e.First)
		listings[key].Add(e.Last)
	}
	var runs analysis.Span
	for _, r := range w.runs {
		if r.Kind == analysis.RunKubeJob {
			continue // its object outlives what was recorded then
		}
		runs.Add(r.When())
		runs.Add(r.End)
	}
	for _, s := range slices.AppendSeq([]*analysis.Span{&runs}, maps.Values(listings)) {
		if !s.IsZero() {
			spans = append(spans, trend.Span{From: s.From.UnixNano(), To: s.To.UnixNano()})
		}
	}
	if p := w.a.Period; !p.IsZero() {
		for i := range spans {
			spans[i].From = max(spans[i].From, p.From.UnixNano())
			spans[i].To = min(spans[i].To, p.To.UnixNano())
		}
	}
	return trend.Merge(spans, trend.DefaultGap)
}

// atEnd reports whether a last occurrence is so close to the end of the
// observation that the failure must be taken as still going on.
func (w *work) atEnd(last time.Time, gap time.Duration) bool {
	if last.IsZero() || w.end.IsZero() {
		return false
	}
	near := max(gap, 10*time.Minute)
	if p := w.a.Period.Duration() / 10; p > 0 {
		near = min(near, max(p, time.Minute))
	}
	return w.end.Sub(last) <= near
}

// week counts the starts of failure episodes by weekday and hour.
func (w *work) week() {
	wk := analysis.Week{Zone: w.zone.String()}
	for _, t := range w.starts {
		at := time.Unix(0, t).In(w.zone)
		wk.Counts[at.Weekday()][at.Hour()]++
	}
	for _, s := range w.coveredSpans() {
		from, to := time.Unix(0, s.From).In(w.zone), time.Unix(0, s.To).In(w.zone)
		if to.Sub(from) > 20*366*24*time.Hour {
			continue // not a span of observation but a wrong clock
		}
		for from.Before(to) {
			next := from.Truncate(time.Hour).Add(time.Hour)
			if next.After(to) {
				next = to
			}
			wk.Covered[from.Weekday()][from.Hour()] += next.Sub(from).Hours()
			from = next
		}
	}
	wk.Weeks = w.a.Period.Duration().Hours() / 24 / 7
	w.a.Week = wk
}

// known are the periods at which a rhythm is looked for.
var known = []struct {
	name   string
	period float64 // seconds
}{{"hour", 3600}, {"day", 86400}, {"week", 7 * 86400}}

// rhythm says what the incidents allow to say about bursts, periods and
// change. An incident is a stretch in which failure episodes of any kind begin
// with no more than five minutes between them: episodes that one event sets off
// together must not pass for many witnesses of a rhythm.
func (w *work) rhythm() {
	w.incidents = w.incidents[:0]
	for _, e := range trend.Episodes(w.starts, trend.DefaultGap) {
		w.incidents = append(w.incidents, e.First)
	}
	n := len(w.incidents)
	switch {
	case n == 0:
		w.a.Rhythm = append(w.a.Rhythm, "Not visible: no failure episode has a time, so nothing can be said about their rhythm.")
		return
	case n < trend.MinRhythm:
		w.a.Rhythm = append(w.a.Rhythm, fmt.Sprintf("Not visible: %s with a time; a rhythm is not tested below %d.", many(n, "incident"), trend.MinRhythm))
		return
	}
	sec := make([]float64, n)
	for i, t := range w.incidents {
		sec[i] = float64(t-w.incidents[0]) / 1e9
	}
	w.bursts()
	w.periods(sec)
	w.changes()
	w.weekly()
}

// watched is an incident in observed time.
type watched struct {
	at   float64 // seconds of observed time since its beginning
	span int     // which of the covered spans it lies in
}

// watch returns the incidents that lie in spans which sources cover: what lies
// between may lack incidents, or have one that an object remembers, for
// another reason.
func (w *work) watch(spans []trend.Span) (out []watched) {
	for _, t := range w.incidents {
		if i := slices.IndexFunc(spans, func(s trend.Span) bool { return s.From <= t && t <= s.To }); i >= 0 {
			out = append(out, watched{at: trend.Within(spans, spans[0].From, t).Seconds(), span: i})
		}
	}
	return out
}

// bursts says how bursty the gaps between incidents are that were observed from
// end to end.
func (w *work) bursts() {
	var gaps []float64
	seen := w.watch(w.coveredSpans())
	for i := 1; i < len(seen); i++ {
		if seen[i].span == seen[i-1].span {
			gaps = append(gaps, seen[i].at-seen[i-1].at)
		}
	}
	a, ok := trend.Burstiness(gaps)
	if !ok {
		return
	}
	i := trend.BurstinessInterval(gaps)
	word := "irregularly"
	switch {
	case a > 0.3 && i.Low > 0:
		word = "in bursts"
	case a < -0.3 && i.High < 0:
		word = "regularly, like a timer"
	}
	w.a.Rhythm = append(w.a.Rhythm, fmt.Sprintf("Derived: incidents (failures that begin together) come %s (burstiness %.2f, 95 %% interval %.2f to %.2f, n = %s gaps; Kim and Jo 2016).",
		word, a, i.Low, i.High, count(len(gaps))))
}

// periods tests known periods for which at least three are observed, against
// the times at which there was anything to fail.
func (w *work) periods(sec []float64) {
	total := w.a.Covered.Seconds()
	var names []string
	var ps, rs []float64
	var at []float64
	offset := float64(w.incidents[0]) / 1e9
	_, zone := time.Unix(0, w.incidents[0]).In(w.zone).Zone()
	for _, k := range known {
		if total < 3*k.period {
			continue
		}
		// Phases count from midnight, Monday, in the case's zone.
		times := make([]float64, len(sec))
		for i, s := range sec {
			times[i] = s + math.Mod(offset+float64(zone)+3*86400, k.period)
		}
		r, p, ok := trend.Rayleigh(times, k.period)
		if !ok {
			continue
		}
		names, ps, rs = append(names, k.name), append(ps, p), append(rs, r)
		at = append(at, trend.Phase(times, k.period))
	}
	if len(ps) == 0 {
		return
	}
	found := false
	for i, q := range trend.BenjaminiHochberg(ps) {
		if q > 0.05 {
			continue
		}
		found = true
		w.a.Rhythm = append(w.a.Rhythm, fmt.Sprintf("Derived: incidents gather around %s (R %.2f, p %s, n = %s, Rayleigh; %s tested). Work that itself runs by that timetable would look the same.",
			phase(names[i], at[i]), rs[i], pvalue(ps[i]), count(len(sec)), many(len(ps), "period")))
	}
	if !found {
		w.a.Rhythm = append(w.a.Rhythm, fmt.Sprintf("Derived: no rhythm by %s is visible (n = %s, Rayleigh, false discovery rate 5 %%).", list(names, 3), count(len(sec))))
	}
}

func phase(period string, at float64) string {
	switch period {
	case "hour":
		return fmt.Sprintf("minute %d of the hour", int(at)/60)
	case "day":
		return fmt.Sprintf("%02d:%02d of the day", int(at)/3600, int(at)/60%60)
	}
	day := time.Weekday((int(at)/86400 + 1) % 7)
	return fmt.Sprintf("%s %02d:00 of the week", day, int(at)/3600%24)
}

func pvalue(p float64) string {
	if p < 0.001 {
		return "< 0.001"
	}
	return "= " + figure(p)
}

// changes names the times at which the rate of incidents changes, per observed
// time.
func (w *work) changes() {
	spans := w.coveredSpans()
	var observed []float64
	for _, x := range w.watch(spans) {
		observed = append(observed, x.at)
	}
	if len(observed) < trend.MinRhythm {
		return
	}
	total := trend.Covered(spans)
	edges, ok := trend.BayesianBlocks(observed, min(0, observed[0]-1), max(total.Seconds(), observed[len(observed)-1]+1), 0.05)
	if !ok || len(edges) == 0 {
		return
	}
	if len(edges) > 4 {
		w.a.Rhythm = append(w.a.Rhythm, fmt.Sprintf("Derived: the rate of incidents changes %s within the period (Bayesian blocks, false alarm probability 5 %%): it is far from constant.", many(len(edges), "time")))
		return
	}
	for _, e := range edges {
		k1 := int64(0)
		for _, s := range observed {
			if s < e {
				k1++
			}
		}
		k2 := int64(len(observed)) - k1
		before := time.Duration(e * 1e9)
		after := total - before
		if before <= 0 || after <= 0 {
			continue
		}
		ratio, i, _ := trend.Ratio(k2, after.Seconds(), k1, before.Seconds())
		w.a.Rhythm = append(w.a.Rhythm, fmt.Sprintf("Derived: the rate of incidents changes at about %s: %s in %s of observed time before, %s in %s after, %s times the rate (95 %% interval %s to %s; Bayesian blocks, false alarm probability 5 %%, n = %s).",
			stamp(time.Unix(0, trend.After(spans, before)).UTC()), count(k1), long(before), count(k2), long(after), figure(ratio), figure(i.Low), figure(i.High), count(len(observed))))
	}
}

// weekly tests the counts of whole weeks for a trend.
func (w *work) weekly() {
	weeks := int(w.a.Period.Duration().Hours() / 24 / 7)
	if weeks < trend.MinWeeks || w.a.Covered < w.a.Period.Duration()/2 {
		return
	}
	x := make([]float64, weeks)
	from := w.a.Period.From.UnixNano()
	for _, t := range w.incidents {
		if i := int((t - from) / int64(7*24*time.Hour)); i >= 0 && i < weeks {
			x[i]++
		}
	}
	s, _, p, slope, ok := trend.MannKendall(x)
	if !ok {
		return
	}
	if p < 0.05 && slope == 0 { // most weeks have none
		more := "more"
		if s < 0 {
			more = "fewer"
		}
		w.a.Rhythm = append(w.a.Rhythm, fmt.Sprintf("Derived: the later weeks have %s incidents than the earlier ones (p %s, n = %d weeks, Mann-Kendall); they are too rare for a slope.", more, pvalue(p), weeks))
		return
	}
	word := "no trend over the weeks"
	if p < 0.05 && s > 0 {
		word = "a rising trend over the weeks"
	} else if p < 0.05 {
		word = "a falling trend over the weeks"
	}
	w.a.Rhythm = append(w.a.Rhythm, fmt.Sprintf("Derived: %s (Sen slope %s incidents per week and week, p %s, n = %d weeks, Mann-Kendall).", word, figure(slope), pvalue(p), weeks))
}
