package history

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"faultline/analysis"
)

// uidKey is what makes a state that tells its UID the same object as another.
// Containers share the UID of their pod, so their name is part of the key.
func uidKey(s *analysis.State) string {
	if s.Kind == "Container" {
		return s.Kind + "\x00" + s.UID + "\x00" + s.Name
	}
	return s.Kind + "\x00" + s.UID
}

// nameKey is what makes a state without a UID the same object as another:
// where it lives and its name, for an event what it says of which object.
func nameKey(s *analysis.State) string {
	if s.Kind == "Event" {
		return strings.Join([]string{s.Kind, s.Resource.Cluster, s.Subject, s.Reason, s.Message}, "\x00")
	}
	return strings.Join([]string{s.Kind, s.Resource.Cluster, s.Resource.Namespace, s.Resource.Pod, s.Name}, "\x00")
}

// Distinct returns one state per object: bundles list the same event or pod in
// several places, and a second bundle lists it again. Objects are told apart by
// kind and UID; a state without a UID is that of the latest object of its
// name. Of several states of one object the most advanced stands: the latest
// last occurrence or termination, then the highest count, then the first by
// origin. The result is sorted by kind, namespace, name and UID.
func Distinct(states []analysis.State) []analysis.State {
	best := make(map[string]int, len(states))
	put := func(k string, i int) {
		if j, ok := best[k]; !ok || later(&states[i], &states[j]) {
			best[k] = i
		}
	}
	known := map[string]int{} // by name, the latest object that tells its UID
	bare := false
	for i := range states {
		s := &states[i]
		if s.UID == "" {
			bare = true
			continue
		}
		put(uidKey(s), i)
	}
	if bare {
		for i := range states {
			if s := &states[i]; s.UID != "" {
				k := nameKey(s)
				if j, ok := known[k]; !ok || later(s, &states[j]) {
					known[k] = i
				}
			}
		}
		for i := range states {
			s := &states[i]
			if s.UID != "" {
				continue
			}
			k := nameKey(s)
			if j, ok := known[k]; ok {
				if s.Kind != "Event" {
					continue // the fuller state stands
				}
				k = uidKey(&states[j])
			}
			put(k, i)
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
