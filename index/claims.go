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
	head   uint32 // Head.Size
	sum    uint64
	*manner
}

// manner is what many members' Reading has in common.
type manner struct{ Dialect, How string }

func (h *held) reading() Reading {
	return Reading{Head: h.Head(), Dialect: h.Dialect, How: h.How}
}

// Head returns the member's head.
func (h *held) Head() Head { return Head{int(h.head), h.sum} }

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
	claims map[uint32][]claim    // by the number of a row: the blocks it is made of, where those are not its own
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
		lost: m.rowsLost(), claims: map[uint32][]claim{},
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
// that was read last. Within a bundle they stand by their place, and where that
// is not told in the order of Finished: numbers may be given out in another one.
func (g *gathering) choose(m *manifest, batches []*batch, order map[string]int) {
	n := 0
	for _, b := range batches {
		n += len(b.members)
	}
	g.of = make(map[uint32]*memberRow, n)
	g.rows = make([]*memberRow, 0, n)
	places := map[string]map[string]int32{} // by bundle and path
	var replaced []*memberRow
	for _, b := range batches {
		for i := range b.members {
			r := &b.members[i]
			if !m.visible(r.Member.Bundle, r.Pass) {
				continue
			}
			g.of[r.Number] = r
			paths := places[r.Member.Bundle]
			if paths == nil {
				paths = map[string]int32{}
				places[r.Member.Bundle] = paths
			}
			if at, ok := paths[r.Member.Path]; ok {
				replaced = append(replaced, g.rows[at])
				g.rows[at] = r
			} else {
				paths[r.Member.Path] = int32(len(g.rows))
				g.rows = append(g.rows, r)
			}
		}
	}
	slices.SortStableFunc(g.rows, func(a, b *memberRow) int {
		return cmp.Or(cmp.Compare(order[a.Member.Bundle], order[b.Member.Bundle]), cmp.Compare(a.Place, b.Place))
	})
	for i, r := range g.rows {
		r.at = int32(i)
		if len(replaced) > 0 {
			places[r.Member.Bundle][r.Member.Path] = r.at
		}
	}
	for _, r := range replaced {
		r.at = places[r.Member.Bundle][r.Member.Path]
	}
}

// claim works out which blocks r is made of. Rows come in the order in which
// they were written: what a row continues stands before it.
func (g *gathering) claim(r *memberRow) error {
	r.claimed = true
	if !r.Continues {
		return nil
	}
	var own []claim
	if !r.Dropped {
		own = []claim{{r.Number, math.MaxInt64}}
	}
	base, ok := g.of[r.Base]
	if !ok && g.lost {
		g.claims[r.Number] = append([]claim{{r.Base, r.Until}}, own...)
		return nil
	}
	var claims []claim
	if ok {
		claims = g.claimsOf(base)
	}
	if claims == nil {
		return &DamagedError{File: manifestName, Err: fmt.Errorf("no file holds the beginning of %s", r.Member.Path)}
	}
	var mine []claim
	for _, c := range claims {
		if c.until = min(c.until, r.Until); r.Until > 0 {
			mine = append(mine, c)
		}
	}
	g.claims[r.Number] = append(mine, own...)
	g.claims[r.Base] = nil
	if base.at != r.at {
		g.beyond[base.at] = r.at
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

// claimsOf returns the blocks that r is made of, nil when there are none, or not
// any more.
func (g *gathering) claimsOf(r *memberRow) []claim {
	list, ok := g.claims[r.Number]
	if !ok && r.claimed && !r.Dropped {
		list = []claim{{r.Number, math.MaxInt64}}
	}
	return list
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
	in.held, in.source = make([]held, 0, len(g.rows)), make([]int32, 0, len(g.rows))
	owners := make(map[uint32]owner, len(g.of))
	for n := range g.of {
		owners[n] = owner{member: -1}
	}
	order, first, names := g.sources(in)
	place := fill(len(g.rows), -1) // by the first row of a log: where its first file stands now
	manners := map[manner]*manner{}
	for _, i := range order {
		r, row, at := g.rows[i], g.rows[i].Member, int32(len(in.members))
		row.Source = names[i]
		if into, ok := g.beyond[int32(i)]; ok {
			for further, ok := g.beyond[into]; ok; further, ok = g.beyond[into] {
				into = further
			}
			row = in.elsewhere(row, &g.rows[into].Member)
		} else {
			for _, c := range g.claimsOf(r) {
				owners[c.number] = owner{at, c.until}
			}
			l := g.listsOf(r)
			in.runs, in.states = append(in.runs, l.runs...), append(in.states, l.states...)
		}
		if place[first[i]] < 0 {
			place[first[i]] = at
		}
		in.source = append(in.source, place[first[i]])
		in.members = append(in.members, row)
		how := manner{r.Dialect, r.How}
		if manners[how] == nil {
			manners[how] = &how
		}
		in.held = append(in.held, held{r.Number, uint32(r.Head.Size), r.Head.Sum, manners[how]})
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
