package index

import (
	"slices"
	"sort"
	"sync"

	"faultline/index/segment"
)

// frameGap is how far apart, in bytes of raw text, records may lie to be read
// in one go: the frames between would be decoded anyway.
const frameGap = segment.FrameSize

// choose reads the block's columns and sets keep to the records that match and
// count, in order. Call it after enter has returned some, byShapes or all.
// Afterwards e.cols holds at least the wanted columns.
func (e *evaluator) choose(o outcome, want segment.Column) error {
	want |= segment.Flag | segment.Shape
	e.keep, e.doubt = e.keep[:0], e.doubt[:0]
	if o == some {
		want |= e.needs
		if e.scans() {
			found, err := e.scan()
			if err != nil || !found {
				return err
			}
			want |= segment.Place
		}
	}
	if err := e.b.columns(want, &e.cols); err != nil {
		return err
	}
	c := &e.cols
	if e.whole {
		e.mayMatch()
	}
	n := len(c.Shape)
	switch {
	case o == all:
		for i := range n {
			if !c.Flags[i].Skip() {
				e.keep = append(e.keep, uint32(i))
			}
		}
		return nil
	case o == byShapes:
		for i := range n {
			if e.shape[c.Shape[i]] == yes && !c.Flags[i].Skip() {
				e.keep = append(e.keep, uint32(i))
			}
		}
		return nil
	}
	timed := e.from >= minTime || e.to < maxTime
	for i := range n {
		v := e.shape[c.Shape[i]]
		if v == no || c.Flags[i].Skip() {
			continue
		}
		if v = min(v, e.kind[c.Flags[i].Kind()]); v == no {
			continue
		}
		if len(c.Resource) > 0 && len(c.Severity) > 0 {
			if v = min(v, e.resource[c.Resource[i]], e.severity[c.Severity[i]]); v == no {
				continue
			}
		}
		if timed && (c.Time[i] < e.from || c.Time[i] >= e.to) {
			continue
		}
		if len(e.rest) > 0 {
			p := e.at(i)
			for _, k := range e.rest {
				if v = min(v, e.point(k, &p)); v == no {
					break
				}
			}
		}
		switch v {
		case yes:
			e.keep = append(e.keep, uint32(i))
		case maybe:
			if !e.whole || e.held[i/64]&(1<<(i%64)) != 0 {
				e.doubt = append(e.doubt, uint32(i))
			}
		}
	}
	if len(e.doubt) == 0 {
		return nil
	}
	kept := len(e.keep)
	if err := e.settle(); err != nil {
		return err
	}
	if kept > 0 && len(e.keep) > kept {
		slices.Sort(e.keep)
	}
	return nil
}

// scans reports whether text is in doubt for so many of the block's records
// that their bytes should be looked through before their columns are read.
func (e *evaluator) scans() bool {
	b := e.b
	if e.p.needles == nil || b.encoding != "" || b.lost || e.from >= minTime || e.to < maxTime {
		return false
	}
	n := 0
	for i, count := range b.entry.ShapeCounts() {
		if slices.ContainsFunc(e.verdicts[:len(e.p.texts)], func(list []tri) bool { return len(list) > 0 && list[i] == maybe }) {
			n += int(count)
		}
	}
	return 4*n >= b.records
}

// scan reads all of the block and looks for the needles; false when there are
// none.
func (e *evaluator) scan() (found bool, err error) {
	if known := e.settled.get(e.b.number); known != nil {
		return len(known) > 0, nil
	}
	if e.frame, err = e.b.raw(e.frame[:0], 0, e.b.length); err != nil {
		return false, err
	}
	e.seek.reset(e.p.needles)
	if e.seek.next(e.frame, 0) == len(e.frame) {
		e.learn([]uint64{})
		return false, nil
	}
	e.whole = true
	return true, nil
}

// mayMatch notes which records hold a needle.
func (e *evaluator) mayMatch() {
	n := len(e.cols.Shape)
	e.held = append(e.held[:0], make([]uint64, n/64+1)...)
	r := 0
	for at := e.seek.next(e.frame, 0); at < len(e.frame); {
		r += sort.Search(n-1-r, func(i int) bool { return e.end(uint32(r+i)) > int64(at) })
		e.held[r/64] |= 1 << (r % 64)
		at = e.seek.next(e.frame, max(at+1, int(e.end(uint32(r)))))
	}
}

// at returns record i as a point.
func (e *evaluator) at(i int) point {
	c := &e.cols
	return point{
		shape: c.Shape[i], resource: c.Resource[i], severity: uint8(c.Severity[i]), kind: uint8(c.Flags[i].Kind()),
		time: c.Time[i], place: e.b.offset + int64(c.Start[i]), record: uint32(i),
	}
}

// settle reads the text of the doubtful records and adds those that match to
// keep.
func (e *evaluator) settle() error {
	n := len(e.cols.Shape)
	if known := e.settled.get(e.b.number); known != nil {
		for _, i := range e.doubt {
			if len(known) > 0 && known[i/64]&(1<<(i%64)) != 0 {
				e.keep = append(e.keep, i)
			}
		}
		return nil
	}
	for len(e.found) < len(e.p.texts) {
		e.found = append(e.found, nil)
	}
	for i := range e.found {
		e.found[i] = append(e.found[i][:0], make([]uint64, n/64+1)...)
	}
	gap := int64(frameGap)
	if e.whole {
		gap = 256 // nothing has to be decoded
	}
	for from := 0; from < len(e.doubt); {
		to := from + 1
		for to < len(e.doubt) && e.start(e.doubt[to])-e.end(e.doubt[to-1]) < gap {
			to++
		}
		if err := e.look(e.doubt[from:to]); err != nil {
			return err
		}
		from = to
	}
	var known []uint64
	if e.settled != nil && !e.narrow {
		known = make([]uint64, n/64+1)
	}
	for _, i := range e.doubt {
		p := point{shape: e.cols.Shape[i], record: i}
		if len(e.rest) > 0 {
			p = e.at(int(i))
		}
		p.definite = true
		holds := func(n *node) bool { return e.point(n, &p) == yes }
		// All other parts hold for every record that is in doubt.
		if everyNode(e.forms, holds) && everyNode(e.rest, holds) {
			e.keep = append(e.keep, i)
			if known != nil {
				known[i/64] |= 1 << (i % 64)
			}
		}
	}
	e.learn(known)
	return nil
}

// learn notes which of the doubtful records match.
func (e *evaluator) learn(known []uint64) {
	if e.settled != nil && !e.narrow {
		e.settled.put(e.b.number, known)
	}
}

func everyNode(nodes []*node, holds func(n *node) bool) bool {
	return !slices.ContainsFunc(nodes, func(n *node) bool { return !holds(n) })
}

// settled remembers, for one filter, how many records of each block match, and
// which of the doubtful ones: several panels of a screen ask for one filter,
// and only the first has to read text.
type settled struct {
	mu     sync.RWMutex
	bits   map[int][]uint64 // by block: by record; empty when no record matches
	counts map[int]int64    // by block: all records that match
}

// count returns how many records of a block match, if that is known.
func (s *settled) count(block int) (n int64, known bool) {
	if s == nil {
		return 0, false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	n, known = s.counts[block]
	return n, known
}

// counted notes how many records of a block match.
func (s *settled) counted(block int, n int64) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.counts == nil {
		s.counts = map[int]int64{}
	}
	s.counts[block] = n
}

func (s *settled) get(block int) []uint64 {
	if s == nil {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.bits[block]
}

func (s *settled) put(block int, bits []uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bits == nil {
		s.bits = map[int][]uint64{}
	}
	s.bits[block] = bits
}

func (e *evaluator) start(i uint32) int64 { return int64(e.cols.Start[i]) }

func (e *evaluator) end(i uint32) int64 { return int64(e.cols.Start[i+1]) }

// look reads the stretch of text that the given records span and notes for
// each text of the plan which of the records hold it.
func (e *evaluator) look(records []uint32) error {
	first, last := records[0], records[len(records)-1]
	base := e.start(first)
	var raw []byte
	if e.whole {
		raw = e.frame[base:e.end(last)]
	} else {
		var err error
		if raw, err = e.b.raw(e.frame[:0], base, e.end(last)); err != nil {
			return err
		}
		e.frame = raw
	}
	if e.b.encoding != "" {
		for _, i := range records {
			text := decode(raw[e.start(i)-base:e.end(i)-base], e.b.encoding)
			e.mark(text, records[:0], i, 0)
		}
		return nil
	}
	e.mark(raw, records, first, base)
	return nil
}

// mark looks for each text in raw. With records, raw holds all of them and
// begins at base of the block; without, raw is the text of record one.
func (e *evaluator) mark(raw []byte, records []uint32, one uint32, base int64) {
	low := []byte(nil) // raw with its ASCII letters lowered
	for k, t := range e.p.texts {
		if !slices.Contains(e.verdicts[k], maybe) {
			continue
		}
		found := func(text, folded []byte, i uint32) {
			if s, _ := t.m.find(text, folded, 0); s >= 0 {
				e.found[k][i/64] |= 1 << (i % 64)
			}
		}
		x, ok := t.m.(*textExpr)
		switch ascii := !ok || x.ascii; {
		case !ok && len(records) == 0: // an expression is matched as it stands
			found(raw, raw, one)
			continue
		case !ok:
			e.stretch(k, t.m, raw, raw, records, base)
			continue
		case !ascii && len(records) == 0:
			found(raw, fold(nil, raw, false), one)
			continue
		case !ascii: // lower case may have another length: one record at a time
			for _, i := range records {
				text := raw[e.start(i)-base : e.end(i)-base]
				found(text, fold(nil, text, false), i)
			}
			continue
		}
		if low == nil {
			e.fold = fold(e.fold[:0], raw, true)
			low = e.fold
		}
		if len(records) == 0 {
			found(raw, low, one)
			continue
		}
		e.stretch(k, t.m, raw, low, records, base)
	}
}

// stretch looks for m in text that holds many records.
func (e *evaluator) stretch(k int, m matcher, raw, low []byte, records []uint32, base int64) {
	bits := e.found[k]
	if !m.perRecord() {
		for from, r := 0, int(records[0]); ; {
			s, t := m.find(raw, low, from)
			if s < 0 {
				return
			}
			for e.end(uint32(r)) <= base+int64(s) {
				r++
			}
			end := e.end(uint32(r))
			if base+int64(t) <= end {
				bits[r/64] |= 1 << (r % 64)
				from = int(end - base)
				continue
			}
			from = s + 1 // it runs into the next record
		}
	}
	// Where a text that every match holds stands next; records before it need
	// no closer look.
	need, next := m.need(), -1
	e.seek.reset(need)
	for _, i := range records {
		s, t := int(e.start(i)-base), int(e.end(i)-base)
		if need != nil {
			if next < s {
				next = e.seek.next(raw, s)
			}
			if next == len(raw) {
				return
			}
			if next >= t {
				continue
			}
		}
		if a, _ := m.find(raw[s:t], low[s:t], 0); a >= 0 {
			bits[i/64] |= 1 << (i % 64)
		}
	}
}
