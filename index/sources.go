package index

import (
	"cmp"
	"slices"

	"faultline/analysis"
	"faultline/analysis/bundle"
)

// sourceOf returns the name of the source that a member belongs to: of a
// rotated log, the path of the file that is written to.
func sourceOf(m *analysis.Member) string { return cmp.Or(m.Source, m.Path) }

// sources finds the files that one log was written to in turn: those of one
// bundle, or of bundles that were imported from one place, whose names say so
// and whose records count. It returns the order of the rows, in which the files
// of a log stand together, the oldest first, where the first of them stood; and
// by row the first row of its log, and the log's name, "" for a file that stands
// alone.
func (g *gathering) sources(in *contents) (order, first []int, names []string) {
	type log struct {
		place, path string // of the bundle, of the log
		resource    analysis.Resource
	}
	places := map[string]string{}
	for i := range in.bundles {
		places[in.bundles[i].ID] = cmp.Or(in.bundles[i].Path, in.bundles[i].ID)
	}
	// Most logs are one file: only those are gathered of which some file says
	// by its name that it is not the only one, or that two bundles hold.
	rotates, several := map[string]bool{}, map[string]int{}
	for _, place := range places {
		several[place]++
	}
	read := func(i int) (m *analysis.Member, ok bool) {
		m = &g.rows[i].Member
		_, beyond := g.beyond[int32(i)]
		return m, !beyond && m.Kind == analysis.MemberText && m.Indexed > 0
	}
	rotations := map[int]bundle.Rotation{} // of files that are not the one that is written to
	for i := range g.rows {
		if m, ok := read(i); ok {
			if r := bundle.RotationOf(m.Path); r.Source != m.Path {
				rotations[i], rotates[r.Source] = r, true
			}
		}
	}
	logs := map[log][]int{}
	of := map[int]log{}
	for i := range g.rows {
		m, ok := read(i)
		if !ok {
			continue
		}
		place, source := places[m.Bundle], cmp.Or(rotations[i].Source, m.Path)
		if rotates[source] || several[place] > 1 {
			of[i] = log{place, source, m.Resource}
			logs[of[i]] = append(logs[of[i]], i)
		}
	}
	first, names = make([]int, len(g.rows)), make([]string, len(g.rows))
	order = make([]int, 0, len(g.rows))
	for i := range g.rows {
		first[i] = i
		files := logs[of[i]]
		if len(files) < 2 {
			order = append(order, i)
			continue
		}
		first[i], names[i] = files[0], of[i].path
		if files[0] != i {
			continue // it stands with the first one
		}
		timed := true
		for _, k := range files {
			timed = timed && !g.rows[k].Member.Span.IsZero()
		}
		files = slices.Clone(files)
		slices.SortStableFunc(files, func(a, b int) int {
			if x, y := &g.rows[a].Member.Span, &g.rows[b].Member.Span; timed {
				if c := cmp.Or(x.From.Compare(y.From), x.To.Compare(y.To)); c != 0 {
					return c
				}
			}
			switch x, y := rotations[a], rotations[b]; {
			case x.Before(y):
				return -1
			case y.Before(x):
				return 1
			}
			return 0
		})
		order = append(order, files...)
	}
	return order, first, names
}
