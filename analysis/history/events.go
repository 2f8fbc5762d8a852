package history

import (
	"slices"

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
