package index

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"faultline/analysis"
)

// held is what is kept of a member beside its ledger row.
type held struct {
	number uint32
	Reading
}

// owner says whose the blocks of a number are.
type owner struct {
	member int32 // index into contents.members; -1 when they count no more
	until  int64 // blocks from this offset on count no more: they were read again
}

// claim is one number's blocks, or the first of them, as part of a member.
type claim struct {
	number uint32
	until  int64
}

// gathering works out which rows count, and whose the blocks are.
type gathering struct {
	lost   bool                  // rows are missing because of damage
	rows   []*memberRow          // those that count: one for each path of a bundle
	at     map[*memberRow]int32  // all rows, also the replaced ones: the row that counts for the path
	claims map[uint32][]claim    // by the number of a row: the blocks it is made of
	of     map[uint32]*memberRow // by number
	beyond map[int32]int32       // by row whose bytes are counted in another one: that one
	runs   map[uint32]lists      // by the number of a row that continues another
}

// lists are the runs and states of a member.
type lists struct {
	runs   []analysis.Run
	states []analysis.State
}

// gatherMembers fills the members, runs and states, and returns the owners of
// the blocks by number.
func (in *contents) gatherMembers(m *manifest, batches []*batch, order map[string]int) (map[uint32]owner, error) {
	g := &gathering{
		lost: m.rowsLost(), at: map[*memberRow]int32{}, claims: map[uint32][]claim{}, of: map[uint32]*memberRow{},
		beyond: map[int32]int32{}, runs: map[uint32]lists{},
	}
	g.choose(m, batches, order)
	for _, b := range batches {
		for i := range b.members {
			if r := &b.members[i]; g.of[r.Number] == r {
				if err := g.claim(r); err != nil {
					return nil, err
				}
			}
		}
	}
	return in.settle(g), nil
}

// choose finds the rows that count: of each path of a complete bundle the one
// that was read last, at the place of the first. Within a bundle they stand in
// the order of Finished: numbers may be given out in another one.
func (g *gathering) choose(m *manifest, batches []*batch, order map[string]int) {
	type key struct{ bundle, path string }
	places := map[key]int{}
	var all []*memberRow
	for _, b := range batches {
		for i := range b.members {
			r := &b.members[i]
			if !m.visible(r.Member.Bundle, r.Pass) {
				continue
			}
			g.of[r.Number] = r
			all = append(all, r)
			k := key{r.Member.Bundle, r.Member.Path}
			if at, ok := places[k]; ok {
				g.rows[at] = r
			} else {
				places[k] = len(g.rows)
				g.rows = append(g.rows, r)
			}
		}
	}
	slices.SortStableFunc(g.rows, func(a, b *memberRow) int {
		return cmp.Compare(order[a.Member.Bundle], order[b.Member.Bundle])
	})
	for i, r := range g.rows {
		places[key{r.Member.Bundle, r.Member.Path}] = i
	}
	for _, r := range all {
		g.at[r] = int32(places[key{r.Member.Bundle, r.Member.Path}])
	}
}

// claim works out which blocks r is made of. Rows come in the order in which
// they were written: what a row continues stands before it.
func (g *gathering) claim(r *memberRow) error {
	var own []claim
	if !r.Dropped {
		own = []claim{{r.Number, math.MaxInt64}}
	}
	if !r.Continues {
		g.claims[r.Number] = own
		return nil
	}
	base, ok := g.of[r.Base]
	if !ok && g.lost {
		g.claims[r.Number] = append([]claim{{r.Base, r.Until}}, own...)
		return nil
	}
	if !ok || g.claims[r.Base] == nil {
		return &DamagedError{File: manifestName, Err: fmt.Errorf("no file holds the beginning of %s", r.Member.Path)}
	}
	var mine []claim
	for _, c := range g.claims[r.Base] {
		if c.until = min(c.until, r.Until); r.Until > 0 {
			mine = append(mine, c)
		}
	}
	g.claims[r.Number] = append(mine, own...)
	delete(g.claims, r.Base)
	if g.at[base] != g.at[r] {
		g.beyond[g.at[base]] = g.at[r]
	}
	before := g.listsOf(base)
	var l lists
	for _, x := range before.runs {
		if x.Origin.Offset < r.Until {
			x.Origin.Bundle, x.Origin.Path = r.Member.Bundle, r.Member.Path
			l.runs = append(l.runs, x)
		}
	}
	for _, x := range before.states {
		if x.Origin.Offset < r.Until {
			x.Origin.Bundle, x.Origin.Path = r.Member.Bundle, r.Member.Path
			l.states = append(l.states, x)
		}
	}
	l.runs, l.states = append(l.runs, r.Runs...), append(l.states, r.States...)
	g.runs[r.Number] = l
	return nil
}

func (g *gathering) listsOf(r *memberRow) lists {
	if l, ok := g.runs[r.Number]; ok {
		return l
	}
	return lists{r.Runs, r.States}
}

// settle fills the contents from what was worked out.
func (in *contents) settle(g *gathering) map[uint32]owner {
	in.members = make([]analysis.Member, 0, len(g.rows))
	in.held = make([]held, 0, len(g.rows))
	owners := make(map[uint32]owner, len(g.of))
	for n := range g.of {
		owners[n] = owner{member: -1}
	}
	order, first, names := g.sources(in)
	place := map[int]int32{} // by the first row of a log: where its first file stands now
	for _, i := range order {
		r, row, at := g.rows[i], g.rows[i].Member, int32(len(in.members))
		row.Source = names[i]
		if into, ok := g.beyond[int32(i)]; ok {
			for further, ok := g.beyond[into]; ok; further, ok = g.beyond[into] {
				into = further
			}
			row = in.elsewhere(row, &g.rows[into].Member)
		} else {
			for _, c := range g.claims[r.Number] {
				owners[c.number] = owner{at, c.until}
			}
			l := g.listsOf(r)
			in.runs, in.states = append(in.runs, l.runs...), append(in.states, l.states...)
		}
		if _, ok := place[first[i]]; !ok {
			place[first[i]] = at
		}
		in.source = append(in.source, place[first[i]])
		in.members = append(in.members, row)
		in.held = append(in.held, held{r.Number, Reading{Head: r.Head, Dialect: r.Dialect, How: r.How}})
	}
	return owners
}

// elsewhere returns the row of a member whose bytes are counted in another
// one that was imported later.
func (in *contents) elsewhere(row analysis.Member, into *analysis.Member) analysis.Member {
	row.Skipped, row.Indexed = row.Bytes, 0
	row.Lines, row.Records, row.Failing, row.Timed = 0, 0, 0, 0
	row.Span, row.Quality, row.Zone = analysis.Span{}, 0, ""
	what := "the beginning of "
	if row.SHA256 == into.SHA256 {
		what = "the bytes of "
	}
	row.Reason = what + into.Path
	for i := range in.bundles {
		if b := &in.bundles[i]; b.ID == into.Bundle && b.ID != row.Bundle {
			row.Reason += " in " + b.Name + ", imported later"
		}
	}
	row.Reason += ": counted there"
	row.Problems = []analysis.Problem{{
		Origin: analysis.Origin{Bundle: row.Bundle, Path: row.Path}, Kind: analysis.ProblemDuplicate, Detail: row.Reason,
	}}
	return row
}

var errNoMember = errors.New("it belongs to no member")

// rowsLost reports whether ledger rows are missing because of damage.
func (m *manifest) rowsLost() bool {
	return slices.ContainsFunc(m.Lost, func(f lostFile) bool { return strings.HasSuffix(f.Name, batchExt) })
}

// ownerOf reports whether a block counts, and for which member. The error says
// that no row has its number.
func ownerOf(owners map[uint32]owner, number uint32, offset int64) (member int32, ok bool, err error) {
	o, known := owners[number]
	if !known {
		return 0, false, errNoMember
	}
	return o.member, o.member >= 0 && offset < o.until, nil
}
