package index

import (
	"cmp"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"slices"
	"sort"
	"strings"

	"faultline/analysis"
)

// owner says whose the blocks of a number are.
type owner struct {
	member int32 // index into contents.members; -1 when they count no more
	until  int64 // blocks from this offset on count no more: they were read again
}

// owners are the owners of all numbers.
type owners struct {
	numbers []uint32 // ascending
	of      []owner
	more    map[uint32]owner // of numbers whose rows are lost
}

func newOwners(g *gathering) *owners {
	o := &owners{numbers: make([]uint32, len(g.of)), of: make([]owner, len(g.of)), more: map[uint32]owner{}}
	for i, r := range g.of {
		o.numbers[i], o.of[i] = r.number, owner{member: -1}
	}
	return o
}

func (o *owners) set(number uint32, x owner) {
	if i, ok := slices.BinarySearch(o.numbers, number); ok {
		o.of[i] = x
		return
	}
	o.more[number] = x
}

func (o *owners) get(number uint32) (owner, bool) {
	if i, ok := slices.BinarySearch(o.numbers, number); ok {
		return o.of[i], true
	}
	x, ok := o.more[number]
	return x, ok
}

// claim is one number's blocks, or the first of them, as part of a member.
type claim struct {
	number uint32
	until  int64
}

// gathering works out which rows count, and whose the blocks are.
type gathering struct {
	lost   bool               // rows are missing because of damage
	rows   []*rowPlace        // those that count: one for each path of a bundle
	claims map[uint32][]claim // by the number of a row: the blocks it is made of, where those are not its own
	of     []*rowPlace        // by number, ascending
	beyond map[int32]int32    // by row whose bytes are counted in another one: that one
	runs   map[uint32]lists   // by the number of a row that continues another
}

// lists are the runs and states of a member.
type lists struct {
	runs   []analysis.Run
	states []analysis.State
}

// gatherMembers fills the members, runs and states, and returns the owners of
// the blocks by number.
func (in *contents) gatherMembers(m *manifest, batches []*batch, order map[string]int) (*owners, error) {
	g := &gathering{
		lost: m.rowsLost(), claims: map[uint32][]claim{},
		beyond: map[int32]int32{}, runs: map[uint32]lists{},
	}
	g.choose(m, batches, order)
	for _, b := range batches {
		for i := range b.rows {
			if r := &b.rows[i]; g.find(r.number) == r {
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
		n += len(b.rows)
	}
	g.of = make([]*rowPlace, 0, n)
	g.rows = make([]*rowPlace, 0, n)
	places := newPathTable(n)
	var replaced []*rowPlace
	for _, b := range batches {
		for i := range b.rows {
			r := &b.rows[i]
			path, bundle := r.where()
			if !m.visible(bundle, int(r.pass)) {
				continue
			}
			g.of = append(g.of, r)
			at, known := places.put(path, bundle, int32(len(g.rows)), func(i int32) (path, bundle string) { return g.rows[i].where() })
			if r.at = at; known { // the place, for now
				replaced = append(replaced, g.rows[at])
				g.rows[at] = r
			} else {
				g.rows = append(g.rows, r)
			}
		}
	}
	slices.SortStableFunc(g.of, func(a, b *rowPlace) int { return cmp.Compare(a.number, b.number) })
	var before []*rowPlace
	if len(replaced) > 0 {
		before = slices.Clone(g.rows)
	}
	slices.SortStableFunc(g.rows, func(a, b *rowPlace) int {
		if len(order) > 1 {
			_, x := a.where()
			_, y := b.where()
			if c := cmp.Compare(order[x], order[y]); c != 0 {
				return c
			}
		}
		return cmp.Compare(a.place, b.place)
	})
	for i, r := range g.rows {
		r.at = int32(i)
	}
	for _, r := range replaced {
		r.at = before[r.at].at
	}
}

// find returns the row that counts of a number, nil when there is none.
func (g *gathering) find(number uint32) *rowPlace {
	i := sort.Search(len(g.of), func(i int) bool { return g.of[i].number > number })
	if i == 0 || g.of[i-1].number != number {
		return nil
	}
	return g.of[i-1]
}

// pathTable finds the row of a path of a bundle. It holds hashes, since there
// may be a million of them, and asks for the paths of those that are equal.
type pathTable struct {
	seed   maphash.Seed
	byHash map[uint64]int32
	more   map[[2]string]int32 // of which others have the same hash
}

func newPathTable(n int) *pathTable {
	return &pathTable{seed: maphash.MakeSeed(), byHash: make(map[uint64]int32, n), more: map[[2]string]int32{}}
}

// put enters i for a path unless it has another row already, which it returns.
// where tells what was entered.
func (t *pathTable) put(path, bundle string, i int32, where func(i int32) (path, bundle string)) (at int32, known bool) {
	h := maphash.String(t.seed, path) ^ maphash.String(t.seed, bundle)<<1
	at, ok := t.byHash[h]
	if !ok {
		t.byHash[h] = i
		return i, false
	}
	if p, b := where(at); p == path && b == bundle {
		return at, true
	}
	key := [...]string{path, bundle}
	if at, ok = t.more[key]; !ok {
		t.more[key], at = i, i
	}
	return at, ok
}

// claim works out which blocks r is made of. Rows come in the order in which
// they were written: what a row continues stands before it.
func (g *gathering) claim(r *rowPlace) error {
	r.claimed = true
	if !r.continues {
		return nil
	}
	var own []claim
	if !r.dropped {
		own = []claim{{r.number, math.MaxInt64}}
	}
	base := g.find(r.base)
	if base == nil && g.lost {
		g.claims[r.number] = append([]claim{{r.base, r.until}}, own...)
		return nil
	}
	path, bundle := r.where()
	var claims []claim
	if base != nil {
		claims = g.claimsOf(base)
	}
	if claims == nil {
		return &DamagedError{File: manifestName, Err: fmt.Errorf("no file holds the beginning of %s", path)}
	}
	var mine []claim
	for _, c := range claims {
		if c.until = min(c.until, r.until); r.until > 0 {
			mine = append(mine, c)
		}
	}
	g.claims[r.number] = append(mine, own...)
	g.claims[r.base] = nil
	if base.at != r.at {
		g.beyond[base.at] = r.at
	}
	before := g.listsOf(base)
	var l lists
	for _, x := range before.runs {
		if x.Origin.Offset < r.until {
			x.Origin.Bundle, x.Origin.Path = bundle, path
			l.runs = append(l.runs, x)
		}
	}
	for _, x := range before.states {
		if x.Origin.Offset < r.until {
			x.Origin.Bundle, x.Origin.Path = bundle, path
			l.states = append(l.states, x)
		}
	}
	if r.history != nil {
		l.runs, l.states = append(l.runs, r.history.runs...), append(l.states, r.history.states...)
	}
	g.runs[r.number] = l
	return nil
}

// claimsOf returns the blocks that r is made of, nil when there are none, or not
// any more.
func (g *gathering) claimsOf(r *rowPlace) []claim {
	list, ok := g.claims[r.number]
	if !ok && r.claimed && !r.dropped {
		list = []claim{{r.number, math.MaxInt64}}
	}
	return list
}

func (g *gathering) listsOf(r *rowPlace) lists {
	if l, ok := g.runs[r.number]; ok {
		return l
	}
	if r.history == nil {
		return lists{}
	}
	return *r.history
}

// settle fills the contents from what was worked out.
func (in *contents) settle(g *gathering) *owners {
	in.members = newLedger(len(g.rows))
	in.source = make([]int32, 0, len(g.rows))
	all := newOwners(g)
	order, first, names := g.sources(in)
	place := fill(len(g.rows), -1) // by the first row of a log: where its first file stands now
	runs, states := 0, 0           // at least
	for _, r := range g.rows {
		if r.history != nil {
			runs, states = runs+len(r.history.runs), states+len(r.history.states)
		}
	}
	in.runs, in.states = slices.Grow(in.runs, runs), slices.Grow(in.states, states)
	for _, i := range order {
		r, at := g.rows[i], int32(in.members.Len())
		var now *analysis.Member
		if name := names[i]; name != "" {
			now = r.member()
			now.Source = name
		}
		if into, ok := g.beyond[i]; ok {
			for further, ok := g.beyond[into]; ok; further, ok = g.beyond[into] {
				into = further
			}
			row := in.elsewhere(*r.member(), g.rows[into].member())
			row.Source = names[i]
			now = &row
		} else {
			for _, c := range g.claimsOf(r) {
				all.set(c.number, owner{at, c.until})
			}
			l := g.listsOf(r)
			in.runs, in.states = append(in.runs, l.runs...), append(in.states, l.states...)
		}
		if place[first[i]] < 0 {
			place[first[i]] = at
		}
		in.source = append(in.source, place[first[i]])
		in.members.add(r.ref, now)
	}
	return all
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
func (o *owners) ownerOf(number uint32, offset int64) (member int32, ok bool, err error) {
	x, known := o.get(number)
	if !known {
		return 0, false, errNoMember
	}
	return x.member, x.member >= 0 && offset < x.until, nil
}
