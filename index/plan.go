package index

import (
	"bytes"
	"maps"
	"math/bits"
	"slices"
	"strings"
	"time"

	"faultline/analysis"
)

// A plan is a filter made ready for one view: every part of it is a node that
// can be asked about a whole block, about one value of a column, or about one
// record. Answers are three-valued. A block is passed over when the answer for
// it is no; its columns are read only when the answer differs from record to
// record; and its text is read only for the records whose answer is maybe.
type plan struct {
	v     *view
	root  *node // nil lets everything pass
	texts []*text

	needles []needle // every record that matches holds one of these; nil when unknown
	err     error    // of reading what the shapes hold
}

type tri uint8

const (
	no tri = iota
	maybe
	yes
)

func (t tri) not() tri { return yes - t }

func triOf(b bool) tri {
	if b {
		return yes
	}
	return no
}

// scope says what a node looks at.
type scope uint8

const (
	byMember scope = 1 << iota
	byShape
	byResource
	bySeverity
	byKind
	byTime
	byPlace
)

type op uint8

const (
	opConst op = iota
	opAnd
	opOr
	opNot
	opTable // table[value of the column that scope names]
	opTime  // from <= time < to
	opCells
	opText
	opPlace
)

type node struct {
	op       op
	scope    scope
	kids     []*node
	value    tri    // opConst
	table    []bool // opTable
	patterns []bool // opTable byShape: the same by pattern
	from, to int64  // opTime
	cells    *cellSet
	text     int // opText: index into plan.texts
	places   map[int32][]place
}

// place is a stretch of a member's bytes.
type place struct{ from, to int64 }

func constant(b bool) *node { return &node{op: opConst, value: triOf(b)} }

// plan makes f ready to be asked of v. The error is a *QueryError, or of reading.
func (v *view) plan(f analysis.Filter) (*plan, error) {
	e, err := parse(f.Query)
	if err != nil {
		return nil, err
	}
	p := &plan{v: v}
	var list []*node
	if !f.From.IsZero() || !f.To.IsZero() {
		t := timeExpr{from: minTime, to: maxTime}
		if !f.From.IsZero() {
			t.from = clampNanos(f.From)
		}
		if !f.To.IsZero() {
			t.to = clampNanos(f.To)
		}
		list = append(list, p.time(t))
	}
	if f.Severity > 0 {
		n := &node{op: opTable, scope: bySeverity, table: make([]bool, 256)}
		for s := range n.table {
			n.table[s] = s >= int(f.Severity)
		}
		list = append(list, n)
	}
	if f.Failing {
		list = append(list, p.failing())
	}
	if len(f.Patterns) > 0 {
		list = append(list, p.patternTable(func(i int32) bool { return slices.Contains(f.Patterns, v.patternIDs[i]) }))
	}
	if len(f.Sources) > 0 {
		list = append(list, p.memberTable(func(m *analysis.Member) bool {
			return slices.ContainsFunc(f.Sources, func(s string) bool {
				prefix, star := strings.CutSuffix(s, "*")
				return star && (strings.HasPrefix(m.Path, prefix) || strings.HasPrefix(m.Source, prefix)) || m.Path == s || m.Source == s && s != ""
			})
		}))
	}
	if len(f.Formats) > 0 {
		list = append(list, p.memberTable(func(m *analysis.Member) bool { return slices.Contains(f.Formats, m.Format) }))
	}
	if len(f.Resources) > 0 {
		list = append(list, p.resourceTable(func(r *analysis.Resource) bool {
			return slices.ContainsFunc(f.Resources, func(want analysis.Resource) bool { return want.Over(*r) == *r })
		}))
	}
	if len(f.Cells) > 0 {
		c, err := v.newCellSet(f.Cells, f.Zone)
		if err != nil {
			return nil, err
		}
		list = append(list, &node{op: opCells, scope: byTime, cells: c})
	}
	if e != nil {
		list = append(list, p.compile(e))
	}
	if p.err != nil {
		return nil, p.err
	}
	if n := join(opAnd, list); n.op != opConst || n.value != yes {
		p.root = n
		p.needles = p.needlesOf(n)
	}
	return p, nil
}

// needlesOf returns texts of which every record that n holds for has one.
func (p *plan) needlesOf(n *node) []needle {
	switch n.op {
	case opText:
		return p.texts[n.text].m.need()
	case opAnd:
		var best []needle
		for _, k := range n.kids {
			if list := p.needlesOf(k); worth(list) > worth(best) {
				best = list
			}
		}
		return best
	case opOr:
		var all []needle
		for _, k := range n.kids {
			list := p.needlesOf(k)
			if list == nil || len(all)+len(list) > maxNeedles {
				return nil
			}
			all = append(all, list...)
		}
		return all
	}
	return nil
}

func clampNanos(t time.Time) int64 {
	switch {
	case t.Year() < 1678:
		return minTime
	case t.Year() > 2261:
		return maxTime
	}
	return t.UnixNano()
}

func (p *plan) compile(e expr) *node {
	switch e := e.(type) {
	case allExpr:
		return constant(true)
	case notExpr:
		n := p.compile(e.x)
		switch n.op {
		case opConst:
			return &node{op: opConst, value: n.value.not()}
		case opNot:
			return n.kids[0]
		}
		return &node{op: opNot, scope: n.scope, kids: []*node{n}}
	case andExpr:
		return join(opAnd, p.compileAll(e))
	case orExpr:
		return join(opOr, p.compileAll(e))
	case severityExpr:
		n := &node{op: opTable, scope: bySeverity, table: make([]bool, 256)}
		for s := range n.table {
			n.table[s] = e.holds(analysis.Severity(s))
		}
		return n
	case timeExpr:
		return p.time(e)
	case *fieldExpr:
		return p.field(e)
	case matcher:
		t, err := p.v.text(e)
		if err != nil {
			p.err = err
		}
		p.texts = append(p.texts, t)
		return &node{op: opText, scope: byMember | byShape, text: len(p.texts) - 1}
	}
	panic("index: unknown expression")
}

func (p *plan) compileAll(list []expr) []*node {
	var nodes []*node
	for _, e := range list {
		nodes = append(nodes, p.compile(e))
	}
	return nodes
}

// join returns the conjunction or disjunction of nodes, constants folded.
func join(o op, nodes []*node) *node {
	n := &node{op: o}
	neutral := yes
	if o == opOr {
		neutral = no
	}
	for _, k := range nodes {
		switch {
		case k.op == opConst && k.value == neutral:
		case k.op == opConst:
			return k
		case k.op == o:
			n.kids = append(n.kids, k.kids...)
			n.scope |= k.scope
		default:
			n.kids = append(n.kids, k)
			n.scope |= k.scope
		}
	}
	switch len(n.kids) {
	case 0:
		return &node{op: opConst, value: neutral}
	case 1:
		return n.kids[0]
	}
	return n
}

func (p *plan) time(e timeExpr) *node {
	if e.from >= e.to {
		return constant(false)
	}
	return &node{op: opTime, scope: byTime, from: e.from, to: e.to}
}

func (p *plan) memberTable(holds func(m *analysis.Member) bool) *node {
	n := &node{op: opTable, scope: byMember, table: make([]bool, p.v.members.Len())}
	for i := range n.table {
		n.table[i] = holds(p.v.members.At(i))
	}
	return n
}

func (p *plan) resourceTable(holds func(r *analysis.Resource) bool) *node {
	n := &node{op: opTable, scope: byResource, table: make([]bool, len(p.v.resources))}
	for i := range n.table {
		n.table[i] = holds(p.v.resources[i])
	}
	return n
}

// patternTable holds for the records whose pattern holds.
func (p *plan) patternTable(holds func(pattern int32) bool) *node {
	v := p.v
	of := make([]bool, len(v.patternIDs))
	for i := range of {
		of[i] = holds(int32(i))
	}
	n := &node{op: opTable, scope: byShape, table: make([]bool, len(v.patternOf)), patterns: of}
	for s, i := range v.patternOf {
		n.table[s] = i >= 0 && of[i]
	}
	return n
}

// failing holds for the records that failing patterns fail by.
func (p *plan) failing() *node {
	v := p.v
	label := func(i int32) Label {
		if _, marked := v.judged.marks[v.patternIDs[i]]; marked {
			return Label{}
		}
		return v.judged.labels[v.patternIDs[i]]
	}
	parts := map[analysis.Severity]bool{}
	for i := range v.patternIDs {
		parts[label(int32(i)).Least] = true
	}
	var list []*node
	for _, least := range slices.Sorted(maps.Keys(parts)) {
		of := p.patternTable(func(i int32) bool {
			return v.pattern(i).State == analysis.PatternFailure && label(i).Least == least
		})
		if least > 0 {
			by := &node{op: opTable, scope: bySeverity, table: make([]bool, 256)}
			for s := range by.table {
				by.table[s] = Label{Least: least}.Fails(analysis.Severity(s))
			}
			of = join(opAnd, []*node{of, by})
		}
		list = append(list, of)
	}
	return join(opOr, list)
}

func (p *plan) field(e *fieldExpr) *node {
	g, v := e.glob, p.v
	switch e.field {
	case fieldSource:
		return p.memberTable(func(m *analysis.Member) bool {
			return g.match(m.Path) || g.matchTail(m.Path) || m.Source != "" && (g.match(m.Source) || g.matchTail(m.Source))
		})
	case fieldFile:
		return p.memberTable(func(m *analysis.Member) bool { return g.match(m.Path) || g.matchTail(m.Path) })
	case fieldBundle:
		named := map[string]bool{} // by ID
		for i := range v.in.bundles {
			b := &v.in.bundles[i]
			named[b.ID] = g.match(b.Name) || g.match(b.ID) || g.abbreviates(b.ID)
		}
		return p.memberTable(func(m *analysis.Member) bool { return named[m.Bundle] })
	case fieldFormat:
		return p.memberTable(func(m *analysis.Member) bool { return g.match(m.Format) })
	case fieldKind:
		n := &node{op: opTable, scope: byKind, table: make([]bool, 256)}
		for k := range kindNames {
			n.table[k] = g.match(analysis.RecordKind(k).String())
		}
		return n
	case fieldPattern:
		return p.patternTable(func(i int32) bool { return g.match(v.patternIDs[i]) || g.abbreviates(v.patternIDs[i]) })
	case fieldCause:
		return p.patternTable(func(i int32) bool { c := v.pattern(i).Cause; return c != "" && g.match(c) })
	case fieldRun:
		return p.runs(g)
	}
	return p.resourceTable(func(r *analysis.Resource) bool {
		val := resourceField(r, e.field)
		return g.match(*val) && (*val != "" || len(g.parts) == 1)
	})
}

// matchTail reports whether g matches what stands behind some "/" of path.
func (g glob) matchTail(path string) bool {
	for i := 0; i < len(path); i++ {
		if path[i] == '/' && g.match(path[i+1:]) {
			return true
		}
	}
	return false
}

// abbreviates reports whether g is the beginning of id, of six characters or
// more.
func (g glob) abbreviates(id string) bool {
	return len(g.parts) == 1 && len(g.parts[0]) >= 6 && strings.HasPrefix(strings.ToLower(id), g.parts[0])
}

func resourceField(r *analysis.Resource, f field) *string {
	switch f {
	case fieldCluster:
		return &r.Cluster
	case fieldHost:
		return &r.Host
	case fieldNamespace:
		return &r.Namespace
	case fieldPod:
		return &r.Pod
	case fieldContainer:
		return &r.Container
	case fieldUnit:
		return &r.Unit
	}
	return &r.Process
}

// text is a matcher and what it means for the shapes of a view: which of its
// words stand whole in the literal text of each shape, and which shapes hold
// all of it.
type text struct {
	m       matcher
	hashes  []uint64 // of the words that blocks keep, by their bit
	all     uint64   // the bits of all words; those without a hash count as in every block
	indexed uint64   // the bits of the words that have a hash
	letters uint64   // of these, the bits of the words without digits
	in      []uint64 // by shape: the words that its literal text holds
	heads   []uint64 // by head: the words that it has
	word    bool     // a head that has the words has the text: it is one word
	some    []bool   // by shape + 1: its literal text holds a word
	whole   []bool   // by shape: its literal text holds a match
	fits    []bool   // by shape: it holds all words, and they follow each other
	want    []uint8  // the bits of a phrase's words in their order; nil when they need not follow each other
	words   [][]byte // by bit
	lits    literals

	fragments []fragment // every match holds one; nil when nothing is known
	near      []bool     // by shape: its literal text may hold one
	nearHead  []bool     // by head: it may hold one
}

// held returns the bits of the words of t that block b may hold outside of its
// shapes' literal text.
func (t *text) held(b *block) uint64 {
	mask := t.all &^ t.indexed
	for left := t.indexed; left != 0; left &= left - 1 {
		i := bits.TrailingZeros64(left)
		if b.mayHold(t.hashes[i]) {
			mask |= 1 << i
		}
	}
	return mask
}

// touches reports whether a shape or a head of block b has a word of t.
func (t *text) touches(b *block) bool {
	for _, s := range b.shapes {
		if t.some[s+1] {
			return true
		}
	}
	if t.heads != nil {
		for _, h := range b.heads {
			if t.heads[h] != 0 {
				return true
			}
		}
	}
	return false
}

// reaches reports whether a fragment may stand in block b outside of its
// shapes' literal text and its heads.
func (t *text) reaches(b *block) bool {
	return t.fragments == nil || slices.ContainsFunc(t.fragments, func(f fragment) bool {
		return !slices.ContainsFunc(f.grams, func(g uint64) bool { return !b.mayHold(g) })
	})
}

// verdict says what the text means for the records of block b of the block's
// shape i, when held are the words that the block may hold, and reached whether
// it may hold a fragment.
func (t *text) verdict(v *view, b *block, i int, held uint64, reached bool) tri {
	if !reached && !t.nearHead[b.heads[i]] && (b.shapes[i] < 0 || !t.near[b.shapes[i]]) {
		return no
	}
	shape, id, head := b.shapes[i], uint64(0), uint64(0)
	if t.heads != nil {
		if head = t.heads[b.heads[i]]; t.word && head != 0 {
			return yes
		}
	}
	in := head
	if shape >= 0 {
		id, in = v.in.shapes[shape].id, in|t.in[shape]
		if t.whole[shape] {
			if b.mayHoldIn(rewritten, id) {
				return maybe
			}
			return yes
		}
	}
	if t.all&^(in|held) != 0 {
		return no
	}
	for left := t.letters &^ in; left != 0; left &= left - 1 {
		if !b.mayHoldIn(t.hashes[bits.TrailingZeros64(left)], id) {
			return no
		}
	}
	if shape < 0 || head != 0 || t.want == nil || b.mayHoldIn(rewritten, id) {
		return maybe
	}
	if t.fits[shape] {
		return maybe
	}
	holes := t.all &^ t.indexed // the words that may stand in holes
	for left := held; left != 0; left &= left - 1 {
		if k := bits.TrailingZeros64(left); t.letters&(1<<k) == 0 || b.mayHoldIn(t.hashes[k], id) {
			holes |= 1 << k
		}
	}
	if holes != 0 && t.follow(t.lits.of(shape), holes) {
		return maybe
	}
	return no
}

// text prepares m for the shapes of v.
func (v *view) text(m matcher) (*text, error) {
	t := &text{m: m, in: make([]uint64, len(v.patternOf)), some: make([]bool, len(v.patternOf)+1), whole: make([]bool, len(v.patternOf)), fits: make([]bool, len(v.patternOf))}
	e, ok := m.(*textExpr)
	t.fragments = fragments(m)
	if !ok && t.fragments == nil {
		return t, nil
	}
	lits, err := v.in.literals()
	if err != nil {
		return nil, err
	}
	t.lits = lits
	if t.fragments != nil {
		t.near, t.nearHead = make([]bool, len(v.patternOf)), make([]bool, len(v.in.heads))
	}
	for _, f := range t.fragments {
		for _, s := range lits.holding(f.text, func([]byte, int) bool { return true }) {
			t.near[s] = true
		}
		for k, h := range v.in.heads {
			t.nearHead[k] = t.nearHead[k] || strings.Contains(h, string(f.text))
		}
	}
	if !ok {
		return t, nil
	}
	words := e.words[:min(len(e.words), 64)]
	t.words, t.hashes = words, make([]uint64, len(words))
	for i, w := range words {
		bit := uint64(1) << i
		t.all |= bit
		if indexed(w) {
			t.hashes[i] = hashFold(w)
			t.indexed |= bit
			if !hasDigit(w) {
				t.letters |= bit
			}
		}
		list, err := v.shapesOf(w)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			t.in[s] |= bit
			t.some[s+1] = true
		}
	}
	for i, w := range words {
		if t.letters&(1<<i) == 0 {
			continue
		}
		for _, k := range v.headsOf(string(w)) {
			if t.heads == nil {
				t.heads = make([]uint64, len(v.in.heads))
			}
			t.heads[k] |= 1 << i
		}
	}
	t.word = len(words) == 1 && len(e.chunks) == 1 && string(e.chunks[0]) == string(words[0])
	if e.parts != nil {
		return t, nil
	}
	for _, c := range e.chunks {
		for _, w := range sequence(c) {
			t.want = append(t.want, uint8(slices.IndexFunc(words, func(o []byte) bool { return string(o) == string(w) })))
		}
	}
	if len(t.want) > 60 {
		t.want = nil // more than follow can keep
	}
	// Of a stack trace the skeleton holds several lines, " | " between them.
	bar := slices.ContainsFunc(e.chunks, func(c []byte) bool { return string(c) == "|" })
	if t.all == 0 && !bar && len(e.long) > 0 {
		for _, s := range lits.holding(e.long, func(lit []byte, _ int) bool { return e.inLiteral(lit) }) {
			t.whole[s], t.some[s+1] = true, true
		}
	}
	for s := range t.whole {
		if t.all != 0 && t.in[s] == t.all { // a match has all words whole
			lit := lits.of(int32(s))
			t.whole[s] = !bar && e.inLiteral(lit)
			t.fits[s] = t.whole[s] || t.want == nil || t.follow(lit, 0)
		}
	}
	return t, nil
}

// follow reports whether the words of a phrase can follow each other in a
// record with that literal text, when those of holes may stand in its holes,
// before it and behind it.
func (t *text) follow(lit []byte, holes uint64) bool {
	// Bit i of open: the first i words have just been met.
	open := t.absorb(1, holes)
	last := open // before the last word: the literal text of a long line may end in one's middle
	end := uint64(1) << len(t.want)
	for i := 0; i < len(lit) && open&end == 0; {
		start := i
		for i < len(lit) && (lit[i] == hole || inWord(lit, i)) {
			i++
		}
		w := lit[start:i]
		switch {
		case i == start:
			if lit[i] == '|' { // of a stack trace: lines may be left out
				open = t.absorb(open, holes)
			}
			i++
		case bytes.IndexByte(w, hole) >= 0:
			open = t.absorb(open, holes)
		default:
			last, open = open, 1
			for left := last; left != 0; left &= left - 1 {
				if k := bits.TrailingZeros64(left); string(t.words[t.want[k]]) == string(w) {
					open |= 1 << (k + 1)
				}
			}
		}
	}
	return (open|t.absorb(open|last, holes))&end != 0
}

// absorb returns open after a hole, in which any words of holes may stand.
func (t *text) absorb(open, holes uint64) uint64 {
	for k, w := range t.want {
		if open&(1<<k) != 0 && holes&(1<<w) != 0 {
			open |= 1 << (k + 1)
		}
	}
	return open
}

// wholeWord reports whether lit[from:to] is a whole word: not continued by a
// word character nor by a hole.
func wholeWord(lit []byte, from, to int) bool {
	return (from == 0 || lit[from-1] != hole && !inWord(lit, from-1)) &&
		(to == len(lit) || lit[to] != hole && !inWord(lit, to))
}

// inLiteral reports whether e stands in lit with nothing of it, and neither of
// its boundaries, in a hole.
func (e *textExpr) inLiteral(lit []byte) bool {
	for from := 0; ; {
		s, t := e.find(nil, lit, from)
		if s < 0 {
			return false
		}
		if (!e.left || s == 0 || lit[s-1] != hole) && (!e.right || t == len(lit) || lit[t] != hole) {
			return true
		}
		from = s + 1
	}
}

// sequence returns the words of text in order, repetitions included.
func sequence(text []byte) [][]byte {
	var list [][]byte
	for i := 0; i < len(text); {
		if !inWord(text, i) {
			i++
			continue
		}
		start := i
		for i < len(text) && inWord(text, i) {
			i++
		}
		list = append(list, text[start:i])
	}
	return list
}
