package segment

import (
	"fmt"
	"math"
	"slices"

	"faultline/analysis"
)

// Column is a set of columns.
type Column uint8

// The columns. Time needs Flags, and brings them.
const (
	Place    Column = 1 << iota // Start and Line
	Time                        // Time and Flags
	Shape                       // Shape
	Resource                    // Resource
	Severity                    // Severity
	Flag                        // Flags: kind, quality, skip
	All      Column = 1<<iota - 1
)

// Flags are a record's kind, quality of time, and whether it is skipped.
type Flags uint8

// Skip reports whether the record is a duplicate that is not counted.
func (f Flags) Skip() bool { return f&flagSkip != 0 }

// Timed reports whether the record has a time.
func (f Flags) Timed() bool { return f&flagTime != 0 }

// Kind returns the record's kind.
func (f Flags) Kind() analysis.RecordKind { return analysis.RecordKind(f >> flagKindShift & 7) }

// Quality returns the quality of the record's time.
func (f Flags) Quality() analysis.TimeQuality {
	return analysis.TimeQuality(f >> flagQualityShift & 3)
}

// Columns hold one value for each record of a block. A Columns is reused from
// block to block; a column that was not asked for is empty.
type Columns struct {
	Start    []uint32 // in the block's raw bytes; one more than there are records: the end
	Line     []uint32 // from the block's first line
	Time     []int64  // UTC nanoseconds, or analysis.NoTime
	Shape    []uint32 // index into Entry.Shapes
	Resource []uint32 // index into Entry.Resources
	Severity []analysis.Severity
	Flags    []Flags

	n     int
	v     []uint64
	plain []byte
	part  []byte
}

// Len returns the number of records.
func (c *Columns) Len() int { return c.n }

// Columns reads the wanted columns of block i into c.
func (r *Reader) Columns(i int, want Column, c *Columns) error {
	e := &r.entries[i]
	at := e.at
	for _, p := range r.framesOf(e) {
		at += int64(p.size)
	}
	b, err := r.part(c.part, i, at, e.columns, "columns")
	if err != nil {
		return err
	}
	c.part = b
	if err := c.read(b, e, want); err != nil {
		return corrupt(fmt.Sprintf("block %d, columns", i), "%v", err)
	}
	return nil
}

func (c *Columns) read(b []byte, e *Entry, want Column) error {
	if want&Time != 0 {
		want |= Flag
	}
	n := int(e.Records)
	if n == 0 {
		return fmt.Errorf("no records")
	}
	c.n = n
	c.Start, c.Line, c.Time, c.Shape, c.Resource = c.Start[:0], c.Line[:0], c.Time[:0], c.Shape[:0], c.Resource[:0]
	c.Severity, c.Flags = c.Severity[:0], c.Flags[:0]
	in := &Cursor{B: b}

	v, err := c.column(in, n-1, want&Place != 0)
	if err != nil {
		return err
	}
	if want&Place != 0 {
		c.Start, err = sums(c.Start, 0, v, uint64(e.Bytes))
		if err != nil {
			return err
		}
		c.Start = append(c.Start, uint32(e.Bytes))
	}
	first := in.small(math.MaxUint32)
	if v, err = c.column(in, n-1, want&Place != 0); err != nil {
		return err
	}
	if want&Place != 0 {
		if c.Line, err = sums(c.Line, first, v, math.MaxUint32); err != nil {
			return err
		}
	}
	unit := in.small(uint64(len(units) - 1))
	timed := int(in.small(uint64(n)))
	if timed > 0 {
		last := in.Varint()
		if v, err = c.column(in, timed, want&Time != 0); err != nil {
			return err
		}
		if want&Time != 0 {
			c.Time = slices.Grow(c.Time, n)[:timed]
			u := units[unit]
			for i, x := range v {
				last += int64(x>>1) ^ -int64(x&1)
				c.Time[i] = last * u
			}
		}
	}
	if v, err = c.column(in, n, want&Shape != 0); err != nil {
		return err
	}
	if c.Shape, err = below(c.Shape, v, int(e.shapes)); err != nil {
		return err
	}
	if v, err = c.column(in, n, want&Resource != 0); err != nil {
		return err
	}
	if c.Resource, err = below(c.Resource, v, int(e.resources)); err != nil {
		return err
	}
	if v, err = c.column(in, n, want&Severity != 0); err != nil {
		return err
	}
	c.Severity = slices.Grow(c.Severity, len(v))
	for _, x := range v {
		c.Severity = append(c.Severity, analysis.Severity(x))
	}
	if v, err = c.column(in, n, want&Flag != 0); err != nil {
		return err
	}
	c.Flags = slices.Grow(c.Flags, len(v))
	for _, x := range v {
		c.Flags = append(c.Flags, Flags(x))
	}
	if in.Bad || len(in.B) != 0 {
		return fmt.Errorf("they do not end where they should")
	}
	if want&Time != 0 && timed < n {
		return c.spread(timed, n)
	}
	return nil
}

// spread moves the times to the records that have one.
func (c *Columns) spread(timed, n int) error {
	c.Time = slices.Grow(c.Time, n)[:n]
	from := timed
	for i := n - 1; i >= 0; i-- {
		if !c.Flags[i].Timed() {
			c.Time[i] = analysis.NoTime
			continue
		}
		if from--; from < 0 {
			return fmt.Errorf("fewer times than records that have one")
		}
		c.Time[i] = c.Time[from]
	}
	if from != 0 {
		return fmt.Errorf("more times than records that have one")
	}
	return nil
}

func sums(dst []uint32, sum uint64, v []uint64, limit uint64) ([]uint32, error) {
	dst = append(slices.Grow(dst, len(v)+2), uint32(sum))
	for _, x := range v {
		if sum += x; x > limit || sum > limit {
			return dst, fmt.Errorf("a place beyond the end")
		}
		dst = append(dst, uint32(sum))
	}
	return dst, nil
}

func below(dst []uint32, v []uint64, n int) ([]uint32, error) {
	dst = slices.Grow(dst, len(v))
	for _, x := range v {
		if x >= uint64(n) {
			return dst, fmt.Errorf("a number beyond its list")
		}
		dst = append(dst, uint32(x))
	}
	return dst, nil
}

// column reads n values, or passes over them. The result is valid until the
// next call.
func (c *Columns) column(in *Cursor, n int, wanted bool) ([]uint64, error) {
	if n == 0 {
		return nil, nil
	}
	width := int(in.Byte())
	if width == 0 {
		x := in.Uvarint()
		if in.Bad {
			return nil, fmt.Errorf("a column is cut off")
		}
		if !wanted {
			return nil, nil
		}
		c.v = slices.Grow(c.v[:0], n)[:n]
		for i := range c.v {
			c.v[i] = x
		}
		return c.v, nil
	}
	if width > 8 {
		return nil, fmt.Errorf("a column of unknown form")
	}
	if wanted {
		c.v = slices.Grow(c.v[:0], n)[:n]
	}
	for p := range width {
		plane := in.Bytes(int(in.small(MaxRaw)))
		switch {
		case in.Bad:
			return nil, fmt.Errorf("a column is cut off")
		case !wanted:
			continue
		case len(plane) != n:
			var err error
			if plane, err = unpackTo(slices.Grow(c.plain[:0], n), plane, n); err != nil {
				return nil, err
			}
			c.plain = plane
		}
		if p == 0 {
			for i, x := range plane {
				c.v[i] = uint64(x)
			}
			continue
		}
		shift := 8 * p
		for i, x := range plane {
			c.v[i] |= uint64(x) << shift
		}
	}
	if !wanted {
		return nil, nil
	}
	return c.v, nil
}
