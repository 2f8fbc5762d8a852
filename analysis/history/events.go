package history

import (
	"cmp"
	"slices"
	"time"

	"faultline/analysis"
)

// Events returns the distinct events among the states, in order of their last
// occurrence. An event that several members list counts once, by its UID, or by
// object, reason and message where it has none.
func Events(states []analysis.State) []analysis.State {
	var events []analysis.State
	for _, s := range states {
		if s.Kind == "Event" {
			events = append(events, s)
		}
	}
	events = Distinct(events)
	slices.SortStableFunc(events, func(a, b analysis.State) int { return a.Last.Compare(b.Last) })
	return events
}

// Occurrences returns how often an event happened: the count that its source
// states, at least 1.
func Occurrences(event *analysis.State) int64 { return max(event.Count, 1) }

// EventGroup is all events of one reason and severity.
type EventGroup struct {
	Reason      string
	Severity    analysis.Severity
	Events      int            // distinct events
	Occurrences int64          // what their counts add up to
	Subjects    int            // distinct objects they speak of
	Namespaces  int            // distinct namespaces
	First       time.Time      // first occurrence of any
	Last        time.Time      // last occurrence of any
	Example     analysis.State // the one with the most occurrences, the latest of equals
}

// EventGroups groups distinct events (see [Events]) by reason and severity,
// most occurrences first.
func EventGroups(events []analysis.State) []EventGroup {
	type key struct {
		reason   string
		severity analysis.Severity
	}
	type group struct {
		EventGroup
		subjects, namespaces map[string]bool
	}
	groups := map[key]*group{}
	for _, e := range events {
		if e.Kind != "Event" {
			continue
		}
		k := key{e.Reason, e.Severity}
		g := groups[k]
		if g == nil {
			g = &group{subjects: map[string]bool{}, namespaces: map[string]bool{}}
			g.Reason, g.Severity, g.Example = e.Reason, e.Severity, e
			groups[k] = g
		}
		g.Events++
		g.Occurrences += Occurrences(&e)
		g.subjects[e.Subject] = true
		g.namespaces[e.Resource.Namespace] = true
		var s analysis.Span
		for _, t := range []time.Time{g.First, g.Last, e.First, e.Last} {
			s.Add(t)
		}
		g.First, g.Last = s.From, s.To
		if c := cmp.Compare(e.Count, g.Example.Count); c > 0 || c == 0 && e.Last.After(g.Example.Last) {
			g.Example = e
		}
	}
	out := make([]EventGroup, 0, len(groups))
	for _, g := range groups {
		g.Subjects, g.Namespaces = len(g.subjects), len(g.namespaces)
		out = append(out, g.EventGroup)
	}
	slices.SortFunc(out, func(a, b EventGroup) int {
		return cmp.Or(cmp.Compare(b.Occurrences, a.Occurrences), cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Reason, b.Reason))
	})
	return out
}
