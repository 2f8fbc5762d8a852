package index

import (
	"regexp"
	"slices"
	"strings"

	"faultline/analysis"
)

var (
	// longNumbers are the numbers that the path of a run's log may be recognised
	// by: shorter ones are dates and counts.
	longNumbers = regexp.MustCompile(`[0-9]{5,}`)
	// podSuffix is what follows the name of a Kubernetes job in that of its pods.
	podSuffix = regexp.MustCompile(`^-(?:[0-9]+-)?[a-z0-9]{5}$`)
)

// runs holds for the records that belong to runs: those that a run was read
// from; those of logs whose path holds the number that the run's history gives
// it; those of the pods of a Kubernetes job; and likewise of the runs that
// name it as their parent.
func (p *plan) runs(g glob) *node {
	v := p.v
	numbers := map[string]bool{} // of the runs that match
	var list []*analysis.Run
	for i := range v.runs {
		r := &v.runs[i]
		if !g.match(r.ID) && !g.abbreviates(r.ID) {
			continue
		}
		list = append(list, r)
		if n := r.Labels["id"]; n != "" {
			numbers[n] = true
		}
	}
	for i := range v.runs {
		if r := &v.runs[i]; r.Parent != "" && numbers[r.Parent] {
			list = append(list, r)
			if n := r.Labels["id"]; n != "" {
				numbers[n] = true
			}
		}
	}
	if len(list) == 0 {
		return constant(false)
	}
	records := &node{op: opPlace, scope: byMember | byPlace, places: map[int32][]place{}}
	var jobs []*analysis.Run
	for _, r := range list {
		if m, ok := v.memberOf(r.Origin); ok {
			records.places[m] = append(records.places[m], place{r.Origin.Offset, r.Origin.Offset + max(r.Origin.Length, 1)})
		}
		if r.Kind == analysis.RunKubeJob && r.Labels["name"] != "" {
			jobs = append(jobs, r)
		}
	}
	for _, list := range records.places {
		slices.SortFunc(list, func(a, b place) int { return int(a.from - b.from) })
	}
	parts := []*node{records, p.memberTable(func(m *analysis.Member) bool {
		return m.Kind == analysis.MemberText && slices.ContainsFunc(longNumbers.FindAllString(m.Path, -1), func(n string) bool { return numbers[n] })
	})}
	if len(jobs) > 0 {
		parts = append(parts, p.resourceTable(func(r *analysis.Resource) bool {
			return r.Pod != "" && slices.ContainsFunc(jobs, func(j *analysis.Run) bool {
				suffix, ok := strings.CutPrefix(r.Pod, j.Labels["name"])
				return ok && r.Namespace == j.Labels["namespace"] && podSuffix.MatchString(suffix)
			})
		}))
	}
	return join(opOr, parts)
}
