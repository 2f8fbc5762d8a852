package assess

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"faultline/analysis"
	"faultline/analysis/cause"
	"faultline/analysis/history"
	"faultline/analysis/trend"
)

// eventGroup is the warning events of one reason and one cause.
type eventGroup struct {
	reason      string
	cause       *cause.Cause
	events      []analysis.State
	occurrences int64
	first, last time.Time
}

// eventFailures makes one failure of each reason of warning events, split
// where their messages name different causes. An event counts once, however
// many files list it, and stands for as many occurrences as it states.
func (w *work) eventFailures() error {
	type key struct{ reason, cause string }
	groups := map[key]*eventGroup{}
	for _, e := range w.events {
		if e.Severity < analysis.SeverityWarn {
			continue
		}
		item := eventItem(&e)
		if n, ok := w.cat.NoiseOf(&item); ok && n.Benign {
			continue
		}
		top := w.topCause(&item)
		k := key{reason: e.Reason}
		if top != nil {
			k.cause = top.ID
		}
		g := groups[k]
		if g == nil {
			g = &eventGroup{reason: e.Reason, cause: top}
			groups[k] = g
		}
		g.add(e)
	}
	keys := make([]key, 0, len(groups))
	for k := range groups {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int { return cmp.Or(cmp.Compare(a.reason, b.reason), cmp.Compare(a.cause, b.cause)) })
	for _, k := range keys {
		w.eventFailure(groups[k])
	}
	return nil
}

func (g *eventGroup) add(e analysis.State) {
	g.events = append(g.events, e)
	g.occurrences += history.Occurrences(&e)
	var s analysis.Span
	for _, t := range []time.Time{g.first, g.last, e.First, e.Last} {
		s.Add(t)
	}
	g.first, g.last = s.From, s.To
}

// topCause returns the cause that a text names, nil for none.
func (w *work) topCause(it *cause.Item) *cause.Cause {
	var top *cause.Cause
	for _, h := range w.cat.Match(it) {
		if h.Sig.Strength != analysis.Weak && (top == nil || w.outranks(h.Cause, top)) {
			top = h.Cause
		}
	}
	return top
}

func eventItem(e *analysis.State) cause.Item {
	text := e.Reason
	if e.Message != "" {
		text += " " + e.Message
	}
	return cause.Item{Text: text, Kind: analysis.KindEvent, Severity: e.Severity, Reason: e.Reason, Resource: e.Resource}
}

func (w *work) eventFailure(g *eventGroup) {
	subjects := map[string]bool{}
	spans := map[string][]trend.Span{}
	for _, e := range g.events {
		subjects[e.Subject] = true
		first, last := e.First, e.Last
		if first.IsZero() {
			first = last
		}
		if !last.IsZero() {
			spans[e.Subject] = append(spans[e.Subject], trend.Span{From: first.UnixNano(), To: max(first.UnixNano(), last.UnixNano())})
		}
	}
	episodes := 0
	var starts []int64
	for _, s := range spans {
		for _, m := range trend.Merge(s, trend.DefaultGap) {
			episodes++
			starts = append(starts, m.From)
		}
	}
	slices.Sort(starts)
	f := analysis.Failure{
		ID: id("event", g.reason, causeID(g.cause)), Kind: "event",
		Title:    fmt.Sprintf("%s: %s", cmp.Or(g.reason, "warning"), title(w.loudest(g).Message, 140)),
		Subject:  objects(subjects),
		Records:  g.occurrences,
		Episodes: max(episodes, 1),
		First:    g.first, Last: g.last,
		AtEnd: w.atEnd(g.last, trend.DefaultGap),
	}
	f.Attribution = w.cat.Judge(w.eventUnit(g))
	w.addFailure(f, starts)
}

func causeID(c *cause.Cause) string {
	if c == nil {
		return ""
	}
	return c.ID
}

func objects(subjects map[string]bool) string {
	if len(subjects) == 1 {
		for s := range subjects {
			return s
		}
	}
	return many(len(subjects), "object")
}

// loudest is the event with the most occurrences, the latest of equals.
func (w *work) loudest(g *eventGroup) *analysis.State {
	best := &g.events[0]
	for i := range g.events {
		e := &g.events[i]
		if e.Count > best.Count || e.Count == best.Count && e.Last.After(best.Last) {
			best = e
		}
	}
	return best
}

// eventUnit takes the loudest and the last events of a group, and for symptoms
// the events of the same objects that came before and name an origin.
func (w *work) eventUnit(g *eventGroup) cause.Unit {
	var u cause.Unit
	loud := w.loudest(g)
	own := []*analysis.State{loud}
	for i := len(g.events) - 1; i >= 0 && len(own) < maxExamples; i-- {
		if e := &g.events[i]; e != loud {
			own = append(own, e)
		}
	}
	if g.cause != nil && g.cause.Role != analysis.RoleOrigin {
		if e := w.eventBefore(g); e != nil {
			x := eventLine(e)
			x.Around = true
			u.Lines = append(u.Lines, x)
		}
	}
	for _, e := range own {
		u.Lines = append(u.Lines, eventLine(e))
	}
	return u
}

// eventBefore finds an event of the same object that leads to the group's
// symptom and begins before it, within the look-back.
func (w *work) eventBefore(g *eventGroup) *analysis.State {
	loud := w.loudest(g)
	var best *analysis.State
	for i := range w.events {
		e := &w.events[i]
		if e.Severity < analysis.SeverityWarn || e.Subject != loud.Subject || e.First.IsZero() || loud.First.IsZero() {
			continue
		}
		if d := loud.First.Sub(e.First); d < 0 || d > lookBack {
			continue
		}
		item := eventItem(e)
		if c := w.topCause(&item); c != nil && c != g.cause && w.cat.Leads(c.ID, g.cause.ID) && (best == nil || e.First.Before(best.First)) {
			best = e
		}
	}
	return best
}

func eventLine(e *analysis.State) cause.Line {
	at := e.First
	if at.IsZero() {
		at = e.Last
	}
	return cause.Line{Item: eventItem(e), Origin: e.Origin, Time: at}
}
