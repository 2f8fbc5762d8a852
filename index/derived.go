package index

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"math/bits"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"faultline/analysis"
	"faultline/analysis/pattern"
	"faultline/index/segment"
)

// rollup counts the records of each pattern and severity in steps of time: a
// table of a few thousand cells that answers most questions over everything.
type rollup struct {
	width int64                  // of a bucket, nanoseconds: one of widths
	cells func() ([]cell, error) // ascending by pattern, bucket, severity
}

func newRollup(width int64, cells []cell) rollup {
	return rollup{width, func() ([]cell, error) { return cells, nil }}
}

type cell struct {
	pattern  int32 // index into contents.patterns, -1 for records without one
	severity analysis.Severity
	bucket   int64 // its records' times are in [bucket*width, (bucket+1)*width); noBucket for those without a time
	n        int64
}

const (
	noBucket   = analysis.NoTime
	maxBuckets = 2000
)

// widths are the widths that buckets may have; each divides the next.
var widths = [...]int64{
	1e9, 5e9, 15e9, 60e9, 300e9, 900e9, 3600e9, 3 * 3600e9, 6 * 3600e9, 12 * 3600e9, 24 * 3600e9, 7 * 24 * 3600e9, 28 * 24 * 3600e9, 364 * 24 * 3600e9,
}

// derive mines the patterns and counts them.
func (in *contents) derive(ctx context.Context) error {
	shapes := make([]pattern.Shape, len(in.shapes))
	for i, s := range in.shapes {
		shapes[i] = pattern.Shape{ID: s.id, Skeleton: s.skeleton, Count: s.count}
	}
	r := pattern.Mine(shapes, pattern.Options{Names: in.names()})
	in.patterns = make([]mined, len(r.Patterns))
	for i := range in.patterns {
		in.patterns[i] = mined{Template: r.Patterns[i], first: analysis.NoTime, last: analysis.NoTime}
	}
	for i, p := range r.Of {
		in.shapes[i].pattern = p
		if p >= 0 {
			in.patterns[p].shapes++
		}
	}
	return in.count(ctx)
}

// names returns the names of hosts, pods and namespaces that the bundles
// list.
func (in *contents) names() []string {
	set := map[string]bool{}
	for i := range in.resources {
		r := &in.resources[i]
		set[r.Host], set[r.Namespace], set[r.Pod] = true, true, true
	}
	for i := range in.states {
		s := &in.states[i]
		switch s.Kind {
		case "Node", "Namespace", "Pod":
			set[s.Name] = true
		}
		set[s.Resource.Host], set[s.Resource.Namespace], set[s.Resource.Pod] = true, true, true
	}
	delete(set, "")
	names := make([]string, 0, len(set))
	for n := range set {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// count reads the columns of all blocks and fills the roll-up and what is
// counted of each pattern.
func (in *contents) count(ctx context.Context) error {
	n := max(1, min(runtime.GOMAXPROCS(0), len(in.blocks)))
	parts := make([]*counter, n)
	var g errgroup.Group
	var mu sync.Mutex
	next := 0
	for w := range parts {
		parts[w] = newCounter(len(in.patterns))
		g.Go(func() error {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= len(in.blocks) {
					return nil
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := parts[w].add(in, &in.blocks[i]); err != nil {
					return err
				}
			}
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	all := parts[0]
	for _, p := range parts[1:] {
		all.merge(p)
	}
	cells := make([]cell, 0, len(all.cells))
	for k, n := range all.cells {
		cells = append(cells, cell{k.pattern, k.severity, k.bucket, n})
	}
	slices.SortFunc(cells, func(a, b cell) int {
		return cmp.Or(cmp.Compare(a.pattern, b.pattern), cmp.Compare(a.bucket, b.bucket), cmp.Compare(a.severity, b.severity))
	})
	in.rollup = newRollup(widths[all.level], cells)
	for _, c := range cells {
		if c.pattern >= 0 {
			p := &in.patterns[c.pattern]
			p.count += c.n
			p.severity = max(p.severity, c.severity)
		}
	}
	for i := range in.patterns {
		p, t := &in.patterns[i], all.of[i]
		p.first, p.last = t.first, t.last
		for _, w := range t.members {
			p.sources += bits.OnesCount64(w)
		}
	}
	return nil
}

type cellKey struct {
	pattern  int32
	severity analysis.Severity
	bucket   int64
}

// counter counts on behalf of one goroutine.
type counter struct {
	level   int // of widths
	cells   map[cellKey]int64
	buckets map[int64]bool
	of      []tally // by pattern
	cols    segment.Columns
	run     []int32 // by shape of the block and severity: records in the current bucket
	touched []int32
}

type tally struct {
	first, last int64
	members     []uint64 // a bit for each source it occurs in
}

func newCounter(patterns int) *counter {
	c := &counter{cells: map[cellKey]int64{}, buckets: map[int64]bool{}, of: make([]tally, patterns)}
	for i := range c.of {
		c.of[i].first, c.of[i].last = analysis.NoTime, analysis.NoTime
	}
	return c
}

const severities = 32 // more than there are

func (c *counter) add(in *contents, b *storedBlock) error {
	if b.lost != nil {
		return nil
	}
	if err := b.segment.Columns(b.at, segment.Time|segment.Shape|segment.Severity, &c.cols); err != nil {
		return damaged(b.file, err)
	}
	of := make([]int32, len(b.shapes))
	for i, s := range b.shapes {
		of[i] = -1
		if s >= 0 {
			of[i] = in.shapes[s].pattern
		}
		if p := of[i]; p >= 0 && b.entry().ShapeCounts[i] > 0 {
			t := &c.of[p]
			source := in.source[b.member]
			word := int(source) / 64
			if len(t.members) <= word {
				t.members = append(t.members, make([]uint64, word+1-len(t.members))...)
			}
			t.members[word] |= 1 << (source % 64)
		}
	}
	c.run = append(c.run[:0], make([]int32, len(b.shapes)*severities)...)
	var from, to int64 // the current bucket's times
	bucket := noBucket
	for i, t := range c.cols.Time {
		if c.cols.Flags[i].Skip() {
			continue
		}
		switch {
		case t == analysis.NoTime:
			if bucket != noBucket {
				c.flush(of, bucket)
				bucket = noBucket
			}
		case bucket == noBucket || t < from || t >= to:
			c.flush(of, bucket)
			w := widths[c.level]
			bucket = floor(t, w)
			from, to = bucket*w, (bucket+1)*w
		}
		shape := c.cols.Shape[i]
		k := int32(shape)*severities + int32(min(c.cols.Severity[i], severities-1))
		if c.run[k] == 0 {
			c.touched = append(c.touched, k)
		}
		c.run[k]++
		if p := of[shape]; p >= 0 && t != analysis.NoTime {
			s := &c.of[p]
			if s.first == analysis.NoTime || t < s.first {
				s.first = t
			}
			if s.last == analysis.NoTime || t > s.last {
				s.last = t
			}
		}
	}
	c.flush(of, bucket)
	return nil
}

// flush adds the run to the cells of its bucket, which may be one of an older
// level: flushes happen before the level changes.
func (c *counter) flush(of []int32, bucket int64) {
	for _, k := range c.touched {
		c.cells[cellKey{of[k/severities], analysis.Severity(k % severities), bucket}] += int64(c.run[k])
		c.run[k] = 0
	}
	if len(c.touched) > 0 && bucket != noBucket {
		c.buckets[bucket] = true
	}
	c.touched = c.touched[:0]
	for len(c.buckets) > maxBuckets && c.level < len(widths)-1 {
		c.widen(c.level + 1)
	}
}

// widen goes over to wider buckets.
func (c *counter) widen(level int) {
	if level == c.level {
		return
	}
	factor := widths[level] / widths[c.level]
	cells, buckets := make(map[cellKey]int64, len(c.cells)), map[int64]bool{}
	for k, n := range c.cells {
		if k.bucket != noBucket {
			k.bucket = floor(k.bucket, factor)
			buckets[k.bucket] = true
		}
		cells[k] += n
	}
	c.cells, c.buckets, c.level = cells, buckets, level
}

func (c *counter) merge(o *counter) {
	level := max(c.level, o.level)
	c.widen(level)
	o.widen(level)
	for k, n := range o.cells {
		c.cells[k] += n
	}
	for b := range o.buckets {
		c.buckets[b] = true
	}
	for len(c.buckets) > maxBuckets && c.level < len(widths)-1 {
		c.widen(c.level + 1)
	}
	for i := range o.of {
		a, b := &c.of[i], &o.of[i]
		if b.first != analysis.NoTime && (a.first == analysis.NoTime || b.first < a.first) {
			a.first = b.first
		}
		if b.last != analysis.NoTime && (a.last == analysis.NoTime || b.last > a.last) {
			a.last = b.last
		}
		if len(a.members) < len(b.members) {
			a.members, b.members = b.members, a.members
		}
		for w, m := range b.members {
			a.members[w] |= m
		}
	}
}

// floor returns the largest n for which n*w <= t.
func floor(t, w int64) int64 {
	n := t / w
	if t%w < 0 {
		n--
	}
	return n
}

const (
	derivedMagic = "FLDERIV\x02"
	cellsMagic   = "cells"
	maxDerived   = 1 << 30
)

// encodeDerived returns the stored form of what derive makes. The cells are
// packed by themselves: not every question needs them.
func (in *contents) encodeDerived() ([]byte, error) {
	size := 1 << 10
	for i := range in.patterns {
		p := &in.patterns[i]
		size += len(p.ID) + len(p.Text) + len(p.At) + len(p.Inner) + len(p.InnerID) + 8*len(p.Kinds) + 64
	}
	raw := binary.AppendUvarint(make([]byte, 0, size+12*len(in.shapes)), in.generation)
	raw = binary.AppendUvarint(raw, pattern.Version)
	raw = binary.AppendUvarint(raw, uint64(len(in.patterns)))
	text := func(s string) { raw = append(binary.AppendUvarint(raw, uint64(len(s))), s...) }
	for i := range in.patterns {
		p := &in.patterns[i]
		for _, t := range [...]string{p.ID, p.Text, p.At, p.Inner, p.InnerID} {
			text(t)
		}
		raw = binary.AppendUvarint(raw, uint64(len(p.Kinds)))
		for _, k := range p.Kinds {
			text(k)
		}
		raw = append(raw, byte(p.severity))
		raw = binary.AppendUvarint(raw, uint64(p.count))
		raw = binary.AppendUvarint(raw, uint64(p.shapes))
		raw = binary.AppendUvarint(raw, uint64(p.sources))
		raw = binary.AppendVarint(raw, p.first)
		raw = binary.AppendVarint(raw, p.last)
	}
	raw = binary.AppendUvarint(raw, uint64(len(in.shapes)))
	for _, s := range in.shapes {
		raw = binary.LittleEndian.AppendUint64(raw, s.id)
		raw = binary.AppendVarint(raw, int64(s.pattern))
	}
	raw = binary.AppendUvarint(raw, uint64(in.rollup.width))
	list, err := in.rollup.cells()
	if err != nil {
		return nil, err
	}
	cells := binary.AppendUvarint(nil, uint64(len(list)))
	var last int64
	for _, c := range list {
		cells = binary.AppendVarint(cells, int64(c.pattern))
		cells = append(cells, byte(c.severity))
		cells = binary.AppendVarint(cells, c.bucket-last)
		cells = binary.AppendUvarint(cells, uint64(c.n))
		last = c.bucket
	}
	packed, err := pack(cellsMagic, cells)
	if err != nil {
		return nil, err
	}
	return pack(derivedMagic, append(raw, packed...))
}

// keepDerived stores what was derived anew when the case was opened: the
// stored file is of an earlier version of mining, damaged, lost, or was cut by
// a power failure. When that fails, the next Open derives it again.
func (c *Case) keepDerived() {
	m, in := c.manifest(), c.contents.Load()
	if !in.remade || len(in.bundles) == 0 {
		return
	}
	data, err := in.encodeDerived()
	if err != nil {
		return
	}
	if m.Derived != nil {
		if _, err := m.Derived.read(c.fs); err != nil {
			c.setAside(m.Derived.Name)
		}
	}
	_ = c.storeDerived(data)
}

func (c *Case) storeDerived(data []byte) error {
	entry := entryOf(c.newName(derivedExt), data)
	if err := writeFile(c.fs, entry.Name, data); err != nil {
		return err
	}
	var old *fileEntry
	if err := c.update(func(m *manifest) { old, m.Derived = m.Derived, &entry }); err != nil {
		return err
	}
	if old != nil {
		_ = c.fs.Remove(old.Name) // else the next Open removes it
	}
	return nil
}

// derived is what the stored file holds.
type derived struct {
	patterns []mined
	shapes   []uint64 // ascending
	of       []int32  // the pattern of each
	rollup   rollup
}

// readDerived returns what is stored.
func (c *Case) readDerived(m *manifest) (*derived, error) {
	if m.Derived == nil {
		return nil, nil
	}
	b, err := m.Derived.read(c.fs)
	if err != nil {
		return nil, err
	}
	return decodeDerived(b, m.Data)
}

// loadDerived fills in from what readDerived gave; false when it does not fit:
// then derive makes it again.
func (c *Case) loadDerived(m *manifest, in *contents, d *derived, err error) bool {
	// It is not synced, so a power cut may leave it short: that is no damage.
	if list := damages(err); len(list) > 0 && (errors.Is(err, errSum) || errors.Is(err, fs.ErrNotExist)) {
		c.note(m.Derived.Name, "%v; it was made again and nothing is lost", list[0].Err)
	}
	if d == nil || len(d.shapes) != len(in.shapes) {
		return false
	}
	for i, id := range d.shapes {
		if id != in.shapes[i].id {
			return false
		}
		in.shapes[i].pattern = d.of[i]
	}
	in.patterns, in.rollup = d.patterns, d.rollup
	return true
}

func decodeDerived(b []byte, generation uint64) (*derived, error) {
	raw, err := unpack(derivedMagic, b, maxDerived)
	if err != nil {
		return nil, err
	}
	s := scanner{b: raw}
	if s.uvarint() != generation || s.uvarint() != pattern.Version {
		return nil, errors.New("it is of another generation")
	}
	text := func() string { return string(s.bytes(int(s.uvarint()))) }
	d := &derived{patterns: make([]mined, s.count(12))}
	kinds := map[string]string{}
	for i := range d.patterns {
		p := &d.patterns[i]
		for _, t := range [...]*string{&p.ID, &p.Text, &p.At, &p.Inner, &p.InnerID} {
			*t = text()
		}
		if n := s.count(1); n > 0 {
			p.Kinds = make([]string, n)
		}
		for k := range p.Kinds {
			b := s.bytes(int(s.uvarint()))
			kind, ok := kinds[string(b)]
			if !ok {
				kind = string(b)
				kinds[kind] = kind
			}
			p.Kinds[k] = kind
		}
		p.severity = analysis.Severity(first(s.bytes(1)))
		p.count, p.shapes, p.sources = int64(s.uvarint()), int(s.uvarint()), int(s.uvarint())
		p.first, p.last = s.varint(), s.varint()
	}
	d.shapes = make([]uint64, s.count(9))
	d.of = make([]int32, len(d.shapes))
	for i := range d.of {
		d.shapes[i], d.of[i] = s.u64(), int32(s.varint())
		if int(d.of[i]) >= len(d.patterns) {
			return nil, errors.New("it has a shape of no pattern")
		}
	}
	d.rollup.width = int64(s.uvarint())
	if !slices.Contains(widths[:], d.rollup.width) {
		return nil, errors.New("its buckets have an unknown width")
	}
	if s.bad {
		return nil, errors.New("its rows do not end where they should")
	}
	patterns := len(d.patterns)
	d.rollup.cells = sync.OnceValues(func() ([]cell, error) { return decodeCells(s.b, patterns) })
	return d, nil
}

// decodeCells reads the cells of a roll-up of so many patterns.
func decodeCells(b []byte, patterns int) ([]cell, error) {
	raw, err := unpack(cellsMagic, b, maxDerived)
	if err != nil {
		return nil, err
	}
	s := scanner{b: raw}
	cells := make([]cell, s.count(4))
	var last int64
	for i := range cells {
		c := &cells[i]
		c.pattern, c.severity = int32(s.varint()), analysis.Severity(first(s.bytes(1)))
		c.bucket = last + s.varint()
		c.n = int64(s.uvarint())
		last = c.bucket
		if int(c.pattern) >= patterns {
			return nil, errors.New("it counts an unknown pattern")
		}
	}
	if s.bad || len(s.b) > 0 {
		return nil, errors.New("its cells do not end where they should")
	}
	return cells, nil
}

func first(b []byte) byte {
	if len(b) == 0 {
		return 0
	}
	return b[0]
}
