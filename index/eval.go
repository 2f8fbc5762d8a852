package index

import (
	"slices"

	"faultline/analysis"
	"faultline/index/segment"
)

// evaluator asks a plan of blocks, one after the other. It is used by one
// goroutine.
type evaluator struct {
	p *plan
	b *block

	settled *settled // of p's filter, or of a wider one; nil for none
	narrow  bool     // of a wider one: it must not learn from p

	verdicts [][]tri // by text, by shape of the block; empty when it is no for all
	rest     []*node // parts of the conjunction that are left for records
	forms    []*node // parts that look only at shapes
	shape    []tri   // by shape of the block: the conjunction of the parts that look only at shapes
	resource []tri   // by resource of the block
	severity [256]tri
	kind     [256]tri
	probe    point
	tables   scope          // the tables that the conjunction of parts needs
	partial  bool           // it needs more than these tables
	needs    segment.Column // columns that deciding about records takes
	from, to int64          // the conjunction of plain time ranges

	cols  segment.Columns
	found [][]uint64 // by text: bits of the records that hold it, set for records of undecided ones
	frame []byte
	whole bool // frame holds all of the block
	fold  []byte
	seek  seeker
	held  []uint64 // with whole: bits of the records that hold a needle

	keep  []uint32 // records that match
	doubt []uint32 // records that may match
}

// point is one record, or as much of it as a scope says.
type point struct {
	shape, resource uint32
	severity, kind  uint8
	time            int64
	place           int64
	record          uint32 // for text, when definite
	definite        bool
}

// outcome is what a block holds for a plan.
type outcome uint8

const (
	none     outcome = iota
	all              // every record that counts
	byShapes         // all records of the shapes whose tri is yes
	some             // see the columns
)

// enter prepares e for block b and says what can be said without its columns.
func (e *evaluator) enter(b *block) outcome {
	e.b, e.rest, e.whole = b, e.rest[:0], false
	if n, known := e.settled.count(b.number); b.lost || known && n == 0 {
		return none
	}
	e.from, e.to = minTime-1, maxTime
	if e.p.root == nil {
		return all
	}
	parts := e.p.parts()
	for _, n := range parts { // what is told at once
		if n.op == opTime || n.op == opTable && n.scope == byMember {
			if v, fixed := e.block(n); fixed && v == no {
				return none
			}
		}
	}
	e.texts()
	e.forms = e.forms[:0]
	var resources, severities, kinds []*node
	for _, n := range parts {
		v, fixed := e.block(n)
		switch {
		case fixed && v == no:
			return none
		case fixed && v == yes:
		case fixed: // maybe for every record alike
			e.rest = append(e.rest, n)
		case n.scope&^byMember == byShape:
			e.forms = append(e.forms, n)
		case n.scope&^byMember == byResource:
			resources = append(resources, n)
		case n.scope&^byMember == bySeverity:
			severities = append(severities, n)
		case n.scope&^byMember == byKind:
			kinds = append(kinds, n)
		case n.op == opTime:
			e.from, e.to = max(e.from, n.from), min(e.to, n.to)
		default:
			e.rest = append(e.rest, n)
		}
	}
	e.shape = e.shapes(e.shape, e.forms)
	e.resource = e.fill(e.resource, len(b.resources), resources, func(p *point, i int) { p.resource = uint32(i) })
	e.fill(e.severity[:0], 256, severities, func(p *point, i int) { p.severity = uint8(i) })
	e.fill(e.kind[:0], 256, kinds, func(p *point, i int) { p.kind = uint8(i) })
	e.needs, e.tables = 0, 0
	for _, x := range []struct {
		nodes []*node
		scope scope
	}{{e.forms, byShape}, {resources, byResource}, {severities, bySeverity}, {kinds, byKind}} {
		if len(x.nodes) > 0 {
			e.tables |= x.scope
		}
	}
	e.partial = len(e.rest) > 0 || e.from >= minTime || e.to < maxTime
	if len(e.rest) > 0 {
		e.needs = segment.All
	}
	if slices.Contains(e.shape, maybe) {
		e.needs |= segment.Place
	}
	if len(severities)+len(resources) > 0 {
		e.needs |= segment.Severity | segment.Resource
	}
	if e.from >= minTime || e.to < maxTime {
		e.needs |= segment.Time
	}
	switch {
	case e.partial:
	case e.tables == 0:
		return all
	case e.tables == byShape && !slices.Contains(e.shape, maybe):
		return byShapes
	}
	return some
}

// counted returns how many records match, when the block's entry tells.
func (e *evaluator) counted(o outcome) (n int64, ok bool) {
	entry := e.b.entry
	add := func(v tri, count uint32) {
		if v == yes {
			n += int64(count)
		}
	}
	switch {
	case o == all:
		return int64(e.b.records), true
	case o == byShapes:
		for i, count := range entry.ShapeCounts() {
			add(e.shape[i], count)
		}
	case e.partial:
		return 0, false
	case e.tables == bySeverity:
		for s, count := range entry.Severities() {
			add(e.severity[s], count)
		}
	case e.tables == byResource:
		for i, count := range entry.ResourceCounts() {
			add(e.resource[i], count)
		}
	case e.tables == byKind:
		for k, count := range entry.Kinds() {
			add(e.kind[k], count)
		}
	default:
		return 0, false
	}
	return n, true
}

// fill sets table to the conjunction of nodes for each of n values.
func (e *evaluator) fill(table []tri, n int, nodes []*node, set func(p *point, i int)) []tri {
	table = slices.Grow(table[:0], n)[:n]
	for i := range table {
		table[i] = yes
	}
	if len(nodes) == 0 {
		return table
	}
	for i := range table {
		e.probe = point{}
		set(&e.probe, i)
		for _, k := range nodes {
			table[i] = min(table[i], e.point(k, &e.probe))
		}
	}
	return table
}

// shapes sets table to the conjunction of nodes for each shape of the block.
func (e *evaluator) shapes(table []tri, nodes []*node) []tri {
	n := len(e.b.shapes)
	table = slices.Grow(table[:0], n)[:n]
	for i := range table {
		table[i] = yes
	}
	for _, k := range nodes {
		switch {
		case k.op == opText && len(e.verdicts[k.text]) == 0:
			clear(table)
		case k.op == opText:
			for i, v := range e.verdicts[k.text] {
				table[i] = min(table[i], v)
			}
		default:
			for i := range table {
				e.probe = point{shape: uint32(i)}
				table[i] = min(table[i], e.point(k, &e.probe))
			}
		}
	}
	return table
}

// texts works out what each text means for each shape of the block.
func (e *evaluator) texts() {
	for len(e.verdicts) < len(e.p.texts) {
		e.verdicts = append(e.verdicts, nil)
	}
	for i, t := range e.p.texts {
		list := e.verdicts[i][:0]
		held := t.all
		if e.b.tokens {
			held = t.held(e.b)
			if t.all&^held != 0 && !t.touches(e.b) {
				e.verdicts[i] = list
				continue
			}
		}
		reached := !e.b.tokens || t.reaches(e.b)
		for k := range e.b.shapes {
			v := maybe
			if e.b.tokens {
				v = t.verdict(e.p.v, e.b, k, held, reached)
			}
			list = append(list, v)
		}
		e.verdicts[i] = list
	}
}

// block answers n for the whole block; fixed is false when the answer depends
// on the record.
func (e *evaluator) block(n *node) (v tri, fixed bool) {
	switch n.op {
	case opConst:
		return n.value, true
	case opNot:
		v, fixed = e.block(n.kids[0])
		return v.not(), fixed
	case opAnd, opOr:
		end := no // the value that decides alone
		if n.op == opOr {
			end = yes
		}
		v, fixed = end.not(), true
		for _, k := range n.kids {
			kv, kf := e.block(k)
			if kf && kv == end {
				return end, true
			}
			fixed = fixed && kf
			if n.op == opAnd {
				v = min(v, kv)
			} else {
				v = max(v, kv)
			}
		}
		return v, fixed
	case opTime, opCells:
		b := e.b
		if b.timed == 0 {
			return no, true
		}
		if n.op == opCells {
			return maybe, false
		}
		if b.tmax < n.from || b.tmin >= n.to {
			return no, true
		}
		return yes, b.timed == b.records && b.tmin >= n.from && b.tmax < n.to
	case opPlace:
		list := n.places[e.b.member]
		if !slices.ContainsFunc(list, func(p place) bool { return p.from < e.b.offset+e.b.length && p.to > e.b.offset }) {
			return no, true
		}
		return maybe, false
	case opText:
		list := e.verdicts[n.text]
		if len(list) == 0 {
			return no, true
		}
		for _, v := range list[1:] {
			if v != list[0] {
				return maybe, false
			}
		}
		return list[0], true
	}
	switch n.scope {
	case byMember:
		return triOf(n.table[e.b.member]), true
	case byKind:
		return e.kinds(n)
	case byShape:
		return same(len(e.b.shapes), func(i int) tri { return e.tableShape(n, i) })
	case byResource:
		return same(len(e.b.resources), func(i int) tri { return triOf(n.table[e.b.resources[i]]) })
	case bySeverity:
		var room [8]analysis.Severity
		list := room[:0]
		for s := range e.b.entry.Severities() {
			list = append(list, s)
		}
		return same(len(list), func(i int) tri { return triOf(n.table[list[i]]) })
	}
	return maybe, false
}

// kinds answers for a block by the kinds of record that it holds.
func (e *evaluator) kinds(n *node) (tri, bool) {
	var seen [3]bool
	for k, count := range e.b.entry.Kinds() {
		if count > 0 {
			seen[triOf(n.table[k])] = true
		}
	}
	switch {
	case seen[no] && seen[yes]:
		return maybe, false
	case seen[yes]:
		return yes, true
	}
	return no, true
}

func (e *evaluator) tableShape(n *node, i int) tri {
	s := e.b.shapes[i]
	return triOf(s >= 0 && n.table[s])
}

// same returns the answer that all n values have in common.
func same(n int, at func(i int) tri) (tri, bool) {
	if n == 0 {
		return maybe, false
	}
	v := at(0)
	for i := 1; i < n; i++ {
		if at(i) != v {
			return maybe, false
		}
	}
	return v, true
}

// point answers n for a record.
func (e *evaluator) point(n *node, p *point) tri {
	switch n.op {
	case opConst:
		return n.value
	case opNot:
		return e.point(n.kids[0], p).not()
	case opAnd:
		v := yes
		for _, k := range n.kids {
			if v = min(v, e.point(k, p)); v == no {
				break
			}
		}
		return v
	case opOr:
		v := no
		for _, k := range n.kids {
			if v = max(v, e.point(k, p)); v == yes {
				break
			}
		}
		return v
	case opTime:
		return triOf(p.time >= n.from && p.time < n.to)
	case opCells:
		return triOf(n.cells.holds(p.time))
	case opPlace:
		return triOf(slices.ContainsFunc(n.places[e.b.member], func(s place) bool { return p.place >= s.from && p.place < s.to }))
	case opText:
		if len(e.verdicts[n.text]) == 0 {
			return no
		}
		v := e.verdicts[n.text][p.shape]
		if v == maybe && p.definite {
			v = triOf(e.found[n.text][p.record/64]&(1<<(p.record%64)) != 0)
		}
		return v
	}
	switch n.scope {
	case byMember:
		return triOf(n.table[e.b.member])
	case byShape:
		return e.tableShape(n, int(p.shape))
	case byResource:
		return triOf(n.table[e.b.resources[p.resource]])
	case bySeverity:
		return triOf(n.table[p.severity])
	}
	return triOf(n.table[p.kind])
}
