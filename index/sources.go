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
func (g *gathering) sources(in *contents) (order, first []int32, names map[int32]string) {
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
	read := func(i int32) (m *analysis.Member, ok bool) {
		m = g.rows[i].member()
		_, beyond := g.beyond[i]
		return m, !beyond && m.Kind == analysis.MemberText && m.Indexed > 0
	}
	rotations := map[int32]bundle.Rotation{} // of files that are not the one that is written to
	for i, r := range g.rows {
		path, _ := r.where()
		if t := bundle.RotationOf(path); t.Source != path {
			if _, ok := read(int32(i)); ok {
				rotations[int32(i)], rotates[t.Source] = t, true
			}
		}
	}
	logs := map[log][]int32{}
	of := map[int32]log{}
	for i, r := range g.rows {
		i := int32(i)
		path, bundle := r.where()
		place, source := places[bundle], cmp.Or(rotations[i].Source, path)
		if !rotates[source] && several[place] < 2 {
			continue
		}
		if m, ok := read(i); ok {
			of[i] = log{place, source, m.Resource}
			logs[of[i]] = append(logs[of[i]], i)
		}
	}
	first, names = make([]int32, len(g.rows)), map[int32]string{}
	order = make([]int32, 0, len(g.rows))
	for i := range int32(len(g.rows)) {
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
			timed = timed && !g.rows[k].row().Member.Span.IsZero()
		}
		files = slices.Clone(files)
		slices.SortStableFunc(files, func(a, b int32) int {
			if x, y := g.rows[a].row().Member.Span, g.rows[b].row().Member.Span; timed {
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
