package ingest_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"hash/crc32"
	"io"
	"math/bits"
	"testing"
)

// An archive that unpacks to itself is a program of two instructions that a
// compressed stream can hold: "print the next k bytes" (a stored block) and
// "print the last k bytes again" (a match as long as its distance). Each is
// padded to unit bytes with blocks of nothing. What stands before the stream
// and behind it may be anything that does not hang on more than a checksum.

const unit = 10

// emptyStored is a stored block of nothing without its first bits, which stand
// in the byte before.
var emptyStored = []byte{0, 0, 0xff, 0xff}

// literal is the instruction that prints the k bytes behind it.
func literal(k int) []byte {
	b := append([]byte{0}, emptyStored...)
	b = append(b, 0)
	b = binary.LittleEndian.AppendUint16(b, uint16(k))
	return binary.LittleEndian.AppendUint16(b, ^uint16(k))
}

// repeat is the instruction that prints the last k bytes again, k from 4 to
// 114.
func repeat(k int) []byte {
	for first := k; first >= 3; first-- { // in one match or in two
		for nothing := range 3 {
			var w bitWriter
			w.put(0b010, 3) // a block of fixed codes, not the last one
			w.match(first, k)
			if first < k {
				if k-first < 3 {
					continue
				}
				w.match(k-first, k)
			}
			w.put(0, 7) // its end
			for range nothing {
				w.put(0b010, 3)
				w.put(0, 7)
			}
			w.put(0b000, 3) // emptyStored follows at the next byte
			if b := append(w.b, emptyStored...); len(b) == unit {
				return b
			}
		}
	}
	panic("no match has the length of an instruction")
}

// bitWriter writes bits, the lowest of a byte first.
type bitWriter struct {
	b []byte
	n int
}

func (w *bitWriter) put(v, n int) {
	for i := range n {
		if w.n%8 == 0 {
			w.b = append(w.b, 0)
		}
		w.b[w.n/8] |= byte(v>>i&1) << (w.n % 8)
		w.n++
	}
}

// code writes a Huffman code, whose highest bit comes first.
func (w *bitWriter) code(v, n int) { w.put(int(bits.Reverse16(uint16(v))>>(16-n)), n) }

// match writes that length bytes are to be copied from distance before.
func (w *bitWriter) match(length, distance int) {
	number, extra := step(length-3, 4)
	w.code(number+1, 7)
	w.put((length-3)&(1<<extra-1), extra)
	number, extra = step(distance-1, 2)
	w.code(number, 5)
	w.put((distance-1)&(1<<extra-1), extra)
}

// step returns the code of v, and how many of its low bits follow it, where
// per codes share a number of bits.
func step(v, per int) (code, extra int) {
	for v>>extra >= 2*per {
		extra++
	}
	return extra*per + v>>extra, extra
}

// quine wraps before and after around the stream that prints all of it. They
// get what is in the file before and after the stream, of which the last block
// is still missing.
func quine(before, after []byte) []byte {
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	after = append([]byte{0b011, 0}, after...) // the stream's last block
	l0, l1, l4, r4 := literal(0), literal(unit), literal(4*unit), repeat(4*unit)
	lp, rp := literal(len(before)+unit), repeat(len(before)+unit)
	ls, rs := literal(len(after)+unit), repeat(len(after)+unit)
	return join(
		before,
		lp, before, lp,
		rp,
		l1, rp,
		l1, l1,
		l4, rp, l1, l1, l4,
		r4,
		l4, r4, l4, r4, l4,
		r4,
		l4, r4, l0, l0, ls,
		r4,
		l0, l0,
		ls, rs, after,
		rs,
		after,
	)
}

// sealed returns file(sum) such that sum is its checksum. Each bit of sum
// changes the file in places of its own, so the checksum is linear in them, and
// sum is found by elimination; ok is false when there is none.
func sealed(file func(sum uint32) []byte) (b []byte, ok bool) {
	at := func(sum uint32) uint32 { return crc32.ChecksumIEEE(file(sum)) ^ sum }
	base := at(0)
	var rows [32]uint64 // of a highest bit: what changes at, and by which bits of sum
	for bit := range 32 {
		row := uint64(at(1<<bit)^base)<<32 | 1<<bit
		for row>>32 != 0 {
			top := bits.Len64(row) - 33
			if rows[top] == 0 {
				rows[top] = row
				break
			}
			row ^= rows[top]
		}
	}
	want := uint64(base) << 32
	for want>>32 != 0 {
		row := rows[bits.Len64(want)-33]
		if row == 0 {
			return nil, false
		}
		want ^= row
	}
	return file(uint32(want)), true
}

// gzipQuine is a gzip that unpacks to itself.
func gzipQuine(t testing.TB) []byte {
	for letter := byte('a'); letter <= 'z'; letter++ {
		b, ok := sealed(func(sum uint32) []byte {
			head := append([]byte{0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3}, bytes.Repeat([]byte{letter}, 14)...)
			file := func(size int) []byte {
				end := binary.LittleEndian.AppendUint32(nil, sum)
				return quine(append(head, 0), binary.LittleEndian.AppendUint32(end, uint32(size)))
			}
			return file(len(file(0)))
		})
		if ok {
			return b
		}
	}
	t.Fatal("no checksum fits")
	return nil
}

// zipQuine is a zip that holds itself.
func zipQuine(t testing.TB) []byte {
	le := binary.LittleEndian
	for letter := byte('a'); letter <= 'z'; letter++ {
		name := string(letter) + ".zip"
		b, ok := sealed(func(sum uint32) []byte {
			file := func(size, packed int) ([]byte, int) {
				common := []byte{20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0x58}
				common = le.AppendUint32(common, sum)
				common = le.AppendUint32(common, uint32(packed))
				common = le.AppendUint32(common, uint32(size))
				common = le.AppendUint32(common, uint32(len(name)))
				local := append(append([]byte("PK\x03\x04"), common...), name...)
				entry := append(append([]byte("PK\x01\x02\x14\x00"), common...), make([]byte, 14)...)
				entry = append(entry, name...)
				end := append([]byte("PK\x05\x06"), 0, 0, 0, 0, 1, 0, 1, 0)
				end = le.AppendUint32(end, uint32(len(entry)))
				end = le.AppendUint32(end, uint32(len(local)+packed))
				end = append(end, 0, 0)
				b := quine(local, append(entry, end...))
				return b, len(b) - len(local) - len(entry) - len(end)
			}
			b, packed := file(0, 0)
			b, _ = file(len(b), packed)
			return b
		})
		if ok {
			return b
		}
	}
	t.Fatal("no checksum fits")
	return nil
}

// TestQuine shows that the quines of TestHostile are what they should be.
func TestQuine(t *testing.T) {
	packed := gzipQuine(t)
	zr, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(zr); err != nil || !bytes.Equal(got, packed) {
		t.Errorf("the gzip unpacks to %d other bytes, %v", len(got), err)
	}
	packed = zipQuine(t)
	r, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil || len(r.File) != 1 {
		t.Fatal(err)
	}
	f, err := r.File[0].Open()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, packed) {
		t.Errorf("the zip holds %d other bytes, %v", len(got), err)
	}
}
