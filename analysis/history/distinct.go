package history

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"faultline/analysis"
)

// Key returns what makes a state the same object as another: kind and UID,
// where a UID is known, else kind, namespace, name and, for an event, its
// subject, reason and message. Containers share the UID of their pod, so their
// name is part of the key.
func Key(s *analysis.State) string {
	var b strings.Builder
	b.WriteString(s.Kind)
	b.WriteByte(0)
	switch {
	case s.UID != "" && s.Kind == "Container":
		b.WriteString(s.UID)
		b.WriteByte(0)
		b.WriteString(s.Name)
	case s.UID != "":
		b.WriteString(s.UID)
	case s.Kind == "Event":
		for _, p := range []string{s.Resource.Cluster, s.Resource.Namespace, s.Subject, s.Reason, s.Message} {
			b.WriteString(p)
			b.WriteByte(0)
		}
	default:
		for _, p := range []string{s.Resource.Cluster, s.Resource.Namespace, s.Resource.Pod, s.Name} {
			b.WriteString(p)
			b.WriteByte(0)
		}
	}
	return b.String()
}

// Distinct returns one state per object: bundles list the same event or pod in
// several places, and a second bundle lists it again. Of several states of one
// object the most advanced stands: the latest last occurrence or termination,
// then the highest count, then the first by origin. The result is sorted by
// kind, namespace, name and UID.
func Distinct(states []analysis.State) []analysis.State {
	best := make(map[string]int, len(states))
	for i := range states {
		k := Key(&states[i])
		j, ok := best[k]
		if !ok || later(&states[i], &states[j]) {
			best[k] = i
		}
	}
	out := make([]analysis.State, 0, len(best))
	for _, i := range best {
		out = append(out, states[i])
	}
	slices.SortFunc(out, compareStates)
	return out
}

// newest returns the latest time that a state speaks of.
func newest(s *analysis.State) time.Time {
	t := s.Created
	for _, u := range []time.Time{s.First, s.Last, s.Started, s.Finished} {
		if u.After(t) {
			t = u
		}
	}
	return t
}

// later reports whether a is a more advanced observation than b of the same
// object. It is a total order but for equal states.
func later(a, b *analysis.State) bool {
	if c := newest(a).Compare(newest(b)); c != 0 {
		return c > 0
	}
	if a.Count != b.Count {
		return a.Count > b.Count
	}
	return compareOrigins(a.Origin, b.Origin) < 0
}

func compareOrigins(a, b analysis.Origin) int {
	return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Offset, b.Offset), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Bundle, b.Bundle))
}

func compareStates(a, b analysis.State) int {
	return cmp.Or(
		cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Resource.Cluster, b.Resource.Cluster),
		cmp.Compare(a.Resource.Namespace, b.Resource.Namespace),
		cmp.Compare(a.Resource.Pod, b.Resource.Pod),
		cmp.Compare(a.Name, b.Name),
		cmp.Compare(a.UID, b.UID),
		compareOrigins(a.Origin, b.Origin),
	)
}
