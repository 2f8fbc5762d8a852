package index

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"slices"
	"sync"

	"faultline/analysis"
	"faultline/analysis/pattern"
	"faultline/index/segment"
)

const (
	derivedMagic = "FLDERIV\x03"
	maxDerived   = 1 << 30
)

// The parts of a derived file, each packed by itself: not every question needs
// all of them. The parts of the literals follow.
const (
	derivedPatterns = iota // patterns and the patterns of shapes
	derivedCells
	derivedExamples
	derivedLiterals
)

// encodeDerived returns the stored form of what derive makes.
func (in *contents) encodeDerived() ([]byte, error) {
	lits, err := in.literals()
	if err != nil {
		return nil, err
	}
	cells, err := in.rollup.cells()
	if err != nil {
		return nil, err
	}
	packed, err := lits.encode()
	if err != nil {
		return nil, err
	}
	parts := make([][]byte, derivedLiterals)
	for i, raw := range [][]byte{in.appendPatterns(), appendCells(nil, cells), in.appendExamples(nil)} {
		if parts[i], err = pack("", raw); err != nil {
			return nil, err
		}
	}
	return sections(derivedMagic, append(parts, packed...)...), nil
}

func (in *contents) appendPatterns() []byte {
	size := 1 << 10
	for i := range in.patterns {
		p := &in.patterns[i]
		size += len(p.ID) + len(p.Text) + len(p.Said) + len(p.At) + len(p.Inner) + len(p.InnerID) + len(p.Kinds) + 64
	}
	raw := binary.AppendUvarint(make([]byte, 0, size+12*len(in.shapes)), in.generation)
	raw = binary.AppendUvarint(raw, pattern.Version)
	raw = binary.AppendUvarint(raw, pattern.FailingVersion)
	var kinds []string // distinct
	number := map[string]byte{}
	for i := range in.patterns {
		for _, k := range in.patterns[i].Kinds {
			if _, ok := number[k]; !ok {
				number[k] = byte(len(kinds))
				kinds = append(kinds, k)
			}
		}
	}
	raw = binary.AppendUvarint(raw, uint64(len(kinds)))
	for _, k := range kinds {
		raw = appendText(raw, k)
	}
	raw = binary.AppendUvarint(raw, uint64(len(in.patterns)))
	for i := range in.patterns {
		p := &in.patterns[i]
		for _, t := range [...]string{p.ID, p.Text, p.Said, p.At, p.Inner, p.InnerID} {
			raw = appendText(raw, t)
		}
		raw = binary.AppendUvarint(raw, uint64(len(p.Kinds)))
		for _, k := range p.Kinds {
			raw = append(raw, number[k])
		}
		failing := byte(0)
		if p.failing {
			failing = 1
		}
		raw = append(raw, byte(p.severity), failing)
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
	return binary.AppendUvarint(raw, uint64(in.rollup.width))
}

func appendCells(raw []byte, list []cell) []byte {
	raw = binary.AppendUvarint(raw, uint64(len(list)))
	var last int64
	for _, c := range list {
		raw = binary.AppendVarint(raw, int64(c.pattern))
		raw = append(raw, byte(c.severity))
		raw = binary.AppendVarint(raw, c.bucket-last)
		raw = binary.AppendUvarint(raw, uint64(c.n))
		last = c.bucket
	}
	return raw
}

func (in *contents) appendExamples(raw []byte) []byte {
	for _, list := range in.examples {
		raw = binary.AppendUvarint(raw, uint64(len(list)))
		for _, e := range list {
			for _, x := range [...]int64{int64(e.member), e.line, e.offset, e.length} {
				raw = binary.AppendUvarint(raw, uint64(x))
			}
		}
	}
	return raw
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
	parts    [][]byte // of the file
}

// readDerived returns what is stored, nil when that is not of these contents.
// What an earlier version of mining made is as good as ever where nothing can
// be stored in its place: it would be made again each time.
func (c *Case) readDerived(m *manifest) (*derived, error) {
	if m.Derived == nil {
		return nil, nil
	}
	b, err := m.Derived.read(c.fs)
	if err != nil {
		return nil, err
	}
	d, version, err := decodeDerived(b, m.Data)
	if err == nil && version != pattern.Version && !c.readOnly {
		return nil, errors.New("it is of another version")
	}
	return d, err
}

// doubtDerived notes that the derived file is damaged. It is not synced, so a
// power cut may leave it short: that is no damage.
func (c *Case) doubtDerived(m *manifest, err error) {
	if list := damages(err); len(list) > 0 && (errors.Is(err, errSum) || errors.Is(err, fs.ErrNotExist)) {
		c.note(m.Derived.Name, "%v; it was made again and nothing is lost", list[0].Err)
	}
}

// take fills in from what is stored.
func (in *contents) take(d *derived) error {
	if len(d.shapes) != len(in.shapes) {
		return errUnfit
	}
	for i := range d.shapes {
		in.shapes[i].pattern = d.of[i]
	}
	in.patterns, in.rollup, in.skeletons = d.patterns, d.rollup, nil
	in.literals = sync.OnceValues(func() (literals, error) { return decodeLiterals(d.parts[derivedLiterals:], len(d.shapes)) })
	in.origins = sync.OnceValues(func() ([][]analysis.Origin, error) {
		list, err := decodeExamples(d.parts[derivedExamples], len(d.patterns), in.members.Len())
		return in.originsOf(list), err
	})
	return nil
}

// decodeDerived reads a derived file of a generation, and tells the version of
// mining that made it.
func decodeDerived(b []byte, generation uint64) (*derived, uint64, error) {
	parts, err := cutSections(derivedMagic, b, derivedLiterals)
	if err != nil {
		return nil, 0, err
	}
	raw, err := unpack("", parts[derivedPatterns], maxDerived)
	if err != nil {
		return nil, 0, err
	}
	s := segment.Cursor{B: raw}
	if s.Uvarint() != generation {
		return nil, 0, errors.New("it is of another generation")
	}
	version, judged := s.Uvarint(), s.Uvarint()
	all := string(raw) // the texts share it
	text := func() string {
		n := len(s.Text())
		end := len(all) - len(s.B)
		return all[end-n : end]
	}
	kinds := make([]string, s.Count(1))
	for i := range kinds {
		kinds[i] = text()
	}
	d := &derived{patterns: make([]mined, s.Count(14)), parts: parts}
	for i := range d.patterns {
		p := &d.patterns[i]
		for _, t := range [...]*string{&p.ID, &p.Text, &p.Said, &p.At, &p.Inner, &p.InnerID} {
			*t = text()
		}
		p.kinds, p.kindNames = text(), kinds
		flags := s.Bytes(2)
		if s.Bad {
			break
		}
		p.severity, p.failing = analysis.Severity(flags[0]), flags[1] != 0
		p.count, p.shapes, p.sources = int64(s.Uvarint()), int(s.Uvarint()), int(s.Uvarint())
		p.first, p.last = s.Varint(), s.Varint()
	}
	d.shapes = make([]uint64, s.Count(9))
	d.of = make([]int32, len(d.shapes))
	for i := range d.of {
		d.shapes[i], d.of[i] = s.U64(), int32(s.Varint())
		if int(d.of[i]) >= len(d.patterns) {
			return nil, 0, errors.New("it has a shape of no pattern")
		}
	}
	if !slices.IsSorted(d.shapes) {
		return nil, 0, errors.New("its shapes are in no order")
	}
	d.rollup.width = int64(s.Uvarint())
	if !slices.Contains(widths[:], d.rollup.width) {
		return nil, 0, errors.New("its buckets have an unknown width")
	}
	if s.Bad || len(s.B) > 0 {
		return nil, 0, errors.New("its rows do not end where they should")
	}
	if judged != pattern.FailingVersion {
		judgeFailing(d.patterns)
	}
	d.rollup.cells = sync.OnceValues(func() ([]cell, error) { return decodeCells(parts[derivedCells], len(d.patterns)) })
	return d, version, nil
}

// decodeCells reads the cells of a roll-up of so many patterns.
func decodeCells(b []byte, patterns int) ([]cell, error) {
	raw, err := unpack("", b, maxDerived)
	if err != nil {
		return nil, err
	}
	s := segment.Cursor{B: raw}
	cells := make([]cell, s.Count(4))
	var last int64
	for i := range cells {
		c := &cells[i]
		c.pattern, c.severity = int32(s.Varint()), analysis.Severity(s.Byte())
		c.bucket = last + s.Varint()
		c.n = int64(s.Uvarint())
		last = c.bucket
		if int(c.pattern) >= patterns {
			return nil, errors.New("it counts an unknown pattern")
		}
	}
	if s.Bad || len(s.B) > 0 {
		return nil, errors.New("its cells do not end where they should")
	}
	return cells, nil
}

// decodeExamples reads the examples of so many patterns, of so many members.
func decodeExamples(b []byte, patterns, members int) ([][]example, error) {
	raw, err := unpack("", b, maxDerived)
	if err != nil {
		return nil, err
	}
	s := segment.Cursor{B: raw}
	list := make([][]example, patterns)
	for p := range list {
		list[p] = make([]example, s.Count(4))
		for i := range list[p] {
			member := s.Uvarint()
			if member >= uint64(members) {
				return nil, errors.New("it has an example of no member")
			}
			list[p][i] = example{int32(member), int64(s.Uvarint()), int64(s.Uvarint()), int64(s.Uvarint())}
		}
	}
	if s.Bad || len(s.B) > 0 {
		return nil, errors.New("its examples do not end where they should")
	}
	return list, nil
}
