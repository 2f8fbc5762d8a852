package segment

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/zstd"
)

const (
	magic       = "FLSEG\x00\x00\x03"
	trailerSize = 56
)

// Writer writes one segment file. It does not sync: whoever gave it the file
// does.
type Writer struct {
	w      io.Writer
	size   int64
	raw    int64
	infos  []Info
	filled int64  // raw bytes of the last frames that blocks were appended for
	frames int64  // all raw bytes of them
	end    []byte // see End
	broken error
}

// NewWriter starts a segment file on w.
func NewWriter(w io.Writer) (*Writer, error) {
	sw := &Writer{w: w}
	return sw, sw.write([]byte(magic))
}

func (w *Writer) write(b []byte) error {
	if w.broken != nil {
		return w.broken
	}
	n, err := w.w.Write(b)
	w.size += int64(n)
	if err != nil {
		w.broken = err // the file has a hole now: nothing may follow
	}
	return err
}

// Append writes a block that Encode made.
func (w *Writer) Append(encoded []byte, info Info) error {
	if int64(len(encoded)) != info.parts.size() {
		return fmt.Errorf("append block at line %d: %d bytes where its description says %d", info.Line, len(encoded), info.parts.size())
	}
	if info.parts.before > 0 && (info.parts.before != w.filled || info.parts.before+info.Bytes > w.frames) {
		return fmt.Errorf("append block at line %d: it shares the frames of a block that does not stand before it", info.Line)
	}
	if err := w.write(encoded); err != nil {
		return err
	}
	if info.parts.before == 0 {
		w.frames = info.parts.total
	}
	w.filled = info.parts.before + info.Bytes
	w.raw += info.Bytes
	w.infos = append(w.infos, info)
	return nil
}

// Blocks returns the number of blocks appended.
func (w *Writer) Blocks() int { return len(w.infos) }

// Open reports whether the last block shares its frames with blocks that are
// not appended yet.
func (w *Writer) Open() bool { return w.filled < w.frames }

// Raw returns the number of raw bytes in the blocks appended.
func (w *Writer) Raw() int64 { return w.raw }

// Size returns the number of bytes written.
func (w *Writer) Size() int64 { return w.size }

// Close writes the filters and the table. It does not close the file.
func (w *Writer) Close() error {
	bloomAt := w.size
	for i := range w.infos {
		if err := w.write(w.infos[i].bloom); err != nil {
			return err
		}
	}
	tableAt := w.size
	table := w.table()
	packed, err := packTable(table)
	if err != nil {
		return err
	}
	if err := w.write(packed); err != nil {
		return err
	}
	t := make([]byte, 0, trailerSize)
	t = binary.LittleEndian.AppendUint64(t, uint64(bloomAt))
	t = binary.LittleEndian.AppendUint64(t, uint64(tableAt-bloomAt))
	t = binary.LittleEndian.AppendUint64(t, uint64(tableAt))
	t = binary.LittleEndian.AppendUint64(t, uint64(len(packed)))
	t = binary.LittleEndian.AppendUint64(t, uint64(len(table)))
	t = binary.LittleEndian.AppendUint32(t, checksum(packed))
	t = binary.LittleEndian.AppendUint32(t, checksum(t))
	t = append(t, magic...)
	w.end = append(packed, t...)
	return w.write(t)
}

// End returns, after Close, the last bytes of the file: table and trailer. Who
// keeps a copy of them can read the blocks of a file whose end is damaged.
func (w *Writer) End() []byte { return w.end }

// packTable compresses a table, which is larger than what the encoders of frames
// look back at.
func packTable(table []byte) ([]byte, error) {
	z, err := zstd.NewWriter(nil, zstd.WithWindowSize(1<<20), zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithLowerEncoderMem(true),
		zstd.WithEncoderConcurrency(1), zstd.WithAllLitEntropyCompression(true), zstd.WithEncoderCRC(false), zstd.WithSingleSegment(true))
	if err != nil {
		return nil, err
	}
	return z.EncodeAll(table, nil), z.Close()
}

func (w *Writer) table() []byte {
	shapes := distinct(w.infos, func(i *Info) []uint64 { return i.Shapes })
	resources := distinct(w.infos, func(i *Info) []uint64 { return i.Resources })
	var t []byte
	heads := distinct(w.infos, func(i *Info) []string { return i.HeadTexts })
	for _, list := range [][]uint64{shapes, resources} {
		t = uvarint(t, uint64(len(list)))
		for _, h := range list {
			t = binary.LittleEndian.AppendUint64(t, h)
		}
	}
	t = uvarint(t, uint64(len(heads)))
	for _, h := range heads {
		t = append(uvarint(t, uint64(len(h))), h...)
	}
	t = uvarint(t, uint64(len(w.infos)))
	for i := range w.infos {
		t = w.infos[i].append(t, shapes, resources, heads)
	}
	return t
}

func distinct[T cmp.Ordered](infos []Info, list func(*Info) []T) []T {
	seen := map[T]bool{}
	var all []T
	for i := range infos {
		for _, h := range list(&infos[i]) {
			if !seen[h] {
				seen[h] = true
				all = append(all, h)
			}
		}
	}
	slices.Sort(all)
	return all
}

func (i *Info) append(t []byte, shapes, resources []uint64, heads []string) []byte {
	t = uvarint(t, uint64(i.Member))
	t = uvarint(t, uint64(i.Line))
	t = uvarint(t, uint64(i.Offset))
	t = uvarint(t, uint64(i.Lines))
	t = uvarint(t, uint64(i.Bytes))
	t = uvarint(t, uint64(i.Records))
	t = uvarint(t, uint64(i.Counted))
	t = uvarint(t, uint64(i.Timed))
	t = varint(t, i.From)
	t = varint(t, i.To)
	complete := byte(0)
	if i.Complete {
		complete = 1
	}
	t = append(t, complete)
	t = uvarint(t, uint64(len(i.Severities)))
	for _, s := range i.Severities {
		t = uvarint(append(t, byte(s.Severity)), uint64(s.N))
	}
	for _, n := range i.Kinds {
		t = uvarint(t, uint64(n))
	}
	t = counts(t, i.Shapes, i.ShapeCounts, shapes)
	for _, h := range i.Heads {
		at, _ := slices.BinarySearch(heads, i.HeadTexts[h])
		t = uvarint(t, uint64(at))
	}
	t = counts(t, i.Resources, i.ResourceCounts, resources)
	t = pieceOf(i.bloom).append(t)
	t = uvarint(t, uint64(i.parts.before))
	if i.parts.before == 0 {
		t = uvarint(t, uint64(i.parts.total-i.Bytes))
	}
	for _, f := range i.parts.frames { // their number follows from their bytes
		t = f.append(t)
	}
	return i.parts.words.append(i.parts.columns.append(t))
}

func (p piece) append(t []byte) []byte {
	return binary.LittleEndian.AppendUint32(uvarint(t, uint64(p.size)), p.crc)
}

func counts(t []byte, hashes []uint64, n []uint32, all []uint64) []byte {
	t = uvarint(t, uint64(len(hashes)))
	for _, h := range hashes {
		at, _ := slices.BinarySearch(all, h)
		t = uvarint(t, uint64(at))
	}
	for _, n := range n {
		t = uvarint(t, uint64(n))
	}
	return t
}
