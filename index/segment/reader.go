package segment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"

	"faultline/analysis"
)

// CorruptError says that a segment file is not what was written.
type CorruptError struct {
	Part string // "trailer", "table", "filters", "block 7, frame 2"
	Text string
	Form bool // its checksum is right, or the reader's to know: it may be of another version
}

func (e *CorruptError) Error() string { return "damaged " + e.Part + ": " + e.Text }

func corrupt(part, format string, args ...any) error {
	return &CorruptError{Part: part, Text: fmt.Sprintf(format, args...)}
}

// unknown is the error of a part that has its checksum, or stands in one that
// the caller knows to be whole.
func unknown(part, format string, args ...any) error {
	return &CorruptError{Part: part, Text: fmt.Sprintf(format, args...), Form: true}
}

// Reader reads a finished segment file. It is safe for concurrent use.
type Reader struct {
	r         io.ReaderAt
	size      int64
	entries   []Entry
	frames    []piece  // of all blocks that have frames
	scratch   []uint32 // of readEntry
	shapes    []uint64
	resources []uint64
	heads     []string

	last               shared
	bloomAt, bloomSize int64
	filterOnce         sync.Once
	filters            []filters // of filterBlocks blocks each
}

// filters are those of some blocks in a row: reading is dear, most of all in
// small pieces.
type filters struct {
	once sync.Once
	b    []byte
	errs []error // by block; nil: none
}

const filterBlocks = 32

// NewReader opens the segment file of size bytes that r reads. It reads the
// trailer and the table; blocks and filters are read when asked for. Damage
// gives a *CorruptError.
func NewReader(r io.ReaderAt, size int64) (*Reader, error) {
	if size < int64(len(magic)+trailerSize) {
		return nil, unknown("trailer", "the file has only %d bytes", size)
	}
	t := make([]byte, trailerSize)
	if _, err := r.ReadAt(t, size-trailerSize); err != nil {
		return nil, fmt.Errorf("read trailer: %w", err)
	}
	if string(t[trailerSize-len(magic):]) != magic {
		return nil, unknown("trailer", "the file does not end as a segment does")
	}
	c := Cursor{B: t}
	sr := &Reader{r: r, size: size}
	sr.bloomAt, sr.bloomSize = int64(c.U64()), int64(c.U64())
	tableAt, tableSize, unpacked, tableCRC := int64(c.U64()), int64(c.U64()), int64(c.U64()), c.U32()
	if c.U32() != checksum(t[:trailerSize-len(magic)-4]) {
		return nil, unknown("trailer", "its checksum differs")
	}
	end := size - trailerSize
	if sr.bloomAt < int64(len(magic)) || sr.bloomSize < 0 || sr.bloomSize > end || sr.bloomAt > end-sr.bloomSize ||
		tableAt != sr.bloomAt+sr.bloomSize || tableSize != end-tableAt || unpacked < 0 || unpacked > maxTable {
		return nil, unknown("trailer", "its sizes do not fit the file")
	}
	packed := make([]byte, tableSize)
	if _, err := r.ReadAt(packed, tableAt); err != nil {
		return nil, fmt.Errorf("read block table: %w", err)
	}
	if checksum(packed) != tableCRC {
		return nil, corrupt("table", "its checksum differs")
	}
	table, err := unpack(packed, int(unpacked))
	if err != nil {
		return nil, unknown("table", "%v", err)
	}
	if err := sr.readTable(table); err != nil {
		return nil, err
	}
	return sr, nil
}

const maxTable = 1 << 30

// unpack returns the size bytes that a zstd frame holds.
func unpack(packed []byte, size int) ([]byte, error) {
	var h zstd.Header
	if err := h.Decode(packed); err != nil {
		return nil, err
	}
	if !h.HasFCS || h.FrameContentSize != uint64(size) {
		return nil, fmt.Errorf("it holds not %d bytes", size)
	}
	return unpackTo(make([]byte, 0, size), packed, size)
}

// unpackTo appends the size bytes that a zstd frame holds to dst, which has
// room for them.
func unpackTo(dst, packed []byte, size int) ([]byte, error) {
	d := decoders.Get().(*zstd.Decoder)
	defer decoders.Put(d)
	n := len(dst)
	out, err := d.DecodeAll(packed, dst[:n:n+size])
	if err != nil {
		return nil, err
	}
	if len(out) != n+size {
		return nil, fmt.Errorf("%d bytes instead of %d", len(out)-n, size)
	}
	if full := dst[:n+size]; size > 0 && &full[n] == &out[n] {
		return full, nil // with the room behind it
	}
	return out, nil
}

func (r *Reader) readTable(table []byte) error {
	c := &Cursor{B: table}
	for _, list := range []*[]uint64{&r.shapes, &r.resources} {
		*list = make([]uint64, c.Count(8))
		for i := range *list {
			(*list)[i] = c.U64()
		}
	}
	r.heads = make([]string, c.Count(1))
	for i := range r.heads {
		r.heads[i] = string(c.Bytes(int(c.small(MaxRaw))))
	}
	r.entries = make([]Entry, c.Count(20))
	at, bloomAt := int64(len(magic)), int64(0)
	var room slab
	for i := range r.entries {
		e := &r.entries[i]
		r.readEntry(e, c, &room)
		if c.Bad {
			return unknown("table", "block %d is not readable", i)
		}
		if e.first = int32(i); e.before > 0 {
			if i == 0 {
				return unknown("table", "block 0 has no frames")
			}
			last := &r.entries[i-1]
			if e.first = last.first; int64(e.before) != int64(last.before)+last.Bytes || int64(e.before)+e.Bytes > int64(r.entries[e.first].total) {
				return unknown("table", "block %d does not fit the frames that it shares", i)
			}
		}
		e.at, e.bloomAt = at, uint32(bloomAt)
		at += r.stored(e)
		if bloomAt += int64(e.bloom.size); bloomAt > math.MaxUint32 {
			return unknown("table", "the filters of %d blocks are too large", i)
		}
	}
	r.scratch = nil
	if c.Bad || len(c.B) != 0 || at != r.bloomAt || bloomAt != r.bloomSize {
		return unknown("table", "it does not fit the file")
	}
	return nil
}

// framesOf returns the frames of a block, none when it shares another one's.
func (r *Reader) framesOf(e *Entry) []piece {
	if e.before > 0 {
		return nil
	}
	return r.frames[e.frames:][:(int(e.total)+FrameSize-1)/FrameSize]
}

// stored returns how many bytes of the file are the block's.
func (r *Reader) stored(e *Entry) int64 {
	n := int64(e.columns.size) + int64(e.words.size)
	for _, f := range r.framesOf(e) {
		n += int64(f.size)
	}
	return n
}

// slab is what the lists of entries are cut from, which are many and short.
type slab []uint32

func (s *slab) cut(n int) []uint32 {
	if n > len(*s) {
		*s = make([]uint32, max(n, 16<<10))
	}
	list := (*s)[:n:n]
	*s = (*s)[n:]
	return list
}

func (r *Reader) readEntry(e *Entry, c *Cursor, room *slab) {
	e.Member = uint32(c.small(1<<32 - 1))
	e.Line = int64(c.small(1<<62 - 1))
	e.Offset = int64(c.small(1<<62 - 1))
	e.Lines = int64(c.small(1<<62 - 1))
	e.Bytes = int64(c.small(MaxRaw))
	e.Records = int32(c.small(MaxRaw))
	e.Counted = int32(c.small(uint64(e.Records)))
	e.Timed = int32(c.small(uint64(e.Counted)))
	e.From, e.To = c.Varint(), c.Varint()
	e.Complete = c.Byte() == 1
	rest := r.scratch[:0] // severities and kinds, which stand before the shapes
	severities := c.Count(2)
	if severities > 256 {
		c.Fail()
		return
	}
	e.severities = uint16(severities)
	for range severities {
		rest = append(rest, uint32(c.Byte()), uint32(c.small(MaxRaw)))
	}
	for k := range uint32(kinds) {
		if n := uint32(c.small(MaxRaw)); n > 0 {
			rest = append(rest, k, n)
		}
	}
	lists := len(rest)
	n := c.Count(2)
	e.shapes = int32(n)
	rest = readCounts(rest, c, n, len(r.shapes))
	for range n {
		rest = append(rest, c.index(uint64(len(r.heads))))
	}
	m := c.Count(2)
	e.resources = int32(m)
	rest = readCounts(rest, c, m, len(r.resources))
	r.scratch = rest
	e.numbers = room.cut(len(rest))
	copy(e.numbers[copy(e.numbers, rest[lists:]):], rest[:lists])
	e.bloom = readPiece(c)
	if e.before = int32(c.small(MaxRaw)); e.before == 0 {
		e.total = int32(e.Bytes) + int32(c.small(uint64(MaxRaw-e.Bytes)))
		n := (int(e.total) + FrameSize - 1) / FrameSize
		if n > len(c.B)/5 {
			c.Fail()
			return
		}
		e.frames = int32(len(r.frames))
		for range n {
			r.frames = append(r.frames, readPiece(c))
		}
	}
	e.columns, e.words = readPiece(c), readPiece(c)
}

// readCounts reads n indexes below all, and then a count of each.
func readCounts(list []uint32, c *Cursor, n, all int) []uint32 {
	for range n {
		list = append(list, c.index(uint64(all)))
	}
	for range n {
		list = append(list, uint32(c.small(MaxRaw)))
	}
	return list
}

func readPiece(c *Cursor) piece { return piece{uint32(c.small(MaxRaw)), c.U32()} }

// Blocks returns the block table. It must not be changed.
func (r *Reader) Blocks() []Entry { return r.entries }

// Shapes returns the distinct shape hashes of the file, ascending.
func (r *Reader) Shapes() []uint64 { return r.shapes }

// Resources returns the distinct resource hashes of the file, ascending.
func (r *Reader) Resources() []uint64 { return r.resources }

// Heads returns the distinct heads of the file, ascending.
func (r *Reader) Heads() []string { return r.heads }

// Size returns the size of the file.
func (r *Reader) Size() int64 { return r.size }

// part reads a checked piece of block i.
func (r *Reader) part(buf []byte, i int, at int64, p piece, name string) ([]byte, error) {
	if cap(buf) < int(p.size) {
		buf = make([]byte, p.size)
	}
	buf = buf[:p.size]
	if _, err := r.r.ReadAt(buf, at); err != nil {
		return nil, fmt.Errorf("read block %d, %s: %w", i, name, err)
	}
	if checksum(buf) != p.crc {
		return nil, corrupt(fmt.Sprintf("block %d, %s", i, name), "its checksum differs")
	}
	return buf, nil
}

// Raw appends bytes [from, to) of block i to dst.
func (r *Reader) Raw(dst []byte, i, from, to int) ([]byte, error) {
	e := &r.entries[i]
	if from < 0 || to < from || int64(to) > e.Bytes {
		return dst, fmt.Errorf("bytes %d to %d are not in block %d", from, to, i)
	}
	if from == to {
		return dst, nil
	}
	if int64(r.entries[e.first].total) > e.Bytes {
		return r.rawShared(dst, i, int(e.before)+from, int(e.before)+to)
	}
	first, last := from/FrameSize, (to-1)/FrameSize
	at, frames := e.at, r.framesOf(e)
	for _, p := range frames[:first] {
		at += int64(p.size)
	}
	scratch := buffers.Get().(*buffer)
	defer buffers.Put(scratch)
	start := len(dst)
	need := int(min(int64(last+1)*FrameSize, e.Bytes)) - first*FrameSize
	if cap(dst)-start < need {
		dst = append(make([]byte, 0, start+need), dst...)
	}
	for f := first; f <= last; f++ {
		packed, err := r.part(scratch.b, i, at, frames[f], fmt.Sprintf("frame %d", f))
		if err != nil {
			return dst[:start], err
		}
		scratch.b = packed
		size := int(min(FrameSize, e.Bytes-int64(f)*FrameSize))
		out, err := unpackTo(dst, packed, size)
		if err != nil {
			return dst[:start], corrupt(fmt.Sprintf("block %d, frame %d", i, f), "%v", err)
		}
		dst = out
		at += int64(frames[f].size)
	}
	if skip := from - first*FrameSize; skip > 0 {
		dst = append(dst[:start], dst[start+skip:]...)
	}
	return dst[:start+to-from], nil
}

// shared is the last frame that was unpacked of those which blocks share: who
// reads one of the blocks is likely to read the next.
type shared struct {
	mu           sync.Mutex
	block, frame int // the block that has the frame, and its number there
	raw          []byte
}

// rawShared appends bytes [from, to) of the frames that block i shares.
func (r *Reader) rawShared(dst []byte, i, from, to int) ([]byte, error) {
	start := len(dst)
	for f := from / FrameSize; f*FrameSize < to; f++ {
		raw, err := r.frame(i, f)
		if err != nil {
			return dst[:start], err
		}
		dst = append(dst, raw[max(from-f*FrameSize, 0):min(to-f*FrameSize, len(raw))]...)
	}
	return dst, nil
}

// frame returns frame f of those that block i shares. It must not be changed.
func (r *Reader) frame(i, f int) ([]byte, error) {
	first := int(r.entries[i].first)
	r.last.mu.Lock()
	raw := r.last.raw
	if r.last.block != first || r.last.frame != f {
		raw = nil
	}
	r.last.mu.Unlock()
	if raw != nil {
		return raw, nil
	}
	e := &r.entries[first]
	at, frames := e.at, r.framesOf(e)
	for _, p := range frames[:f] {
		at += int64(p.size)
	}
	scratch := buffers.Get().(*buffer)
	defer buffers.Put(scratch)
	name := fmt.Sprintf("frame %d", f)
	packed, err := r.part(scratch.b, i, at, frames[f], name)
	if err != nil {
		return nil, err
	}
	scratch.b = packed
	size := min(FrameSize, int(e.total)-f*FrameSize)
	if raw, err = unpackTo(make([]byte, 0, size), packed, size); err != nil {
		return nil, corrupt(fmt.Sprintf("block %d, %s", i, name), "%v", err)
	}
	r.last.mu.Lock()
	r.last.block, r.last.frame, r.last.raw = first, f, raw
	r.last.mu.Unlock()
	return raw, nil
}

// buffers lends out what stored bytes are read into.
var buffers = sync.Pool{New: func() any { return new(buffer) }}

type buffer struct{ b []byte }

// MayHold reports whether block i may hold a token; false is certain. A block
// that is not Complete may hold any.
func (r *Reader) MayHold(i int, token uint64) (bool, error) {
	e := &r.entries[i]
	if !e.Complete {
		return true, nil
	}
	f, err := r.filter(i)
	return err != nil || len(f) > 0 && hasBits(f, token), err
}

// filter returns the filter of block i.
func (r *Reader) filter(i int) ([]byte, error) {
	r.filterOnce.Do(func() { r.filters = make([]filters, (len(r.entries)+filterBlocks-1)/filterBlocks) })
	first := i / filterBlocks * filterBlocks
	blocks := r.entries[first:min(first+filterBlocks, len(r.entries))]
	f := &r.filters[i/filterBlocks]
	f.once.Do(func() { f.read(r, first, blocks) })
	if f.errs != nil && f.errs[i-first] != nil {
		return nil, f.errs[i-first]
	}
	e := &r.entries[i]
	return f.b[e.bloomAt-blocks[0].bloomAt:][:e.bloom.size], nil
}

func (f *filters) read(r *Reader, first int, blocks []Entry) {
	last := &blocks[len(blocks)-1]
	from := blocks[0].bloomAt
	f.b = make([]byte, last.bloomAt+last.bloom.size-from)
	_, err := r.r.ReadAt(f.b, r.bloomAt+int64(from))
	for i := range blocks {
		e := &blocks[i]
		if err == nil && checksum(f.b[e.bloomAt-from:][:e.bloom.size]) == e.bloom.crc {
			continue
		}
		if f.errs == nil {
			f.errs = make([]error, len(blocks))
		}
		if f.errs[i] = corrupt(fmt.Sprintf("block %d, filter", first+i), "its checksum differs"); err != nil {
			f.errs[i] = fmt.Errorf("read block %d, filter: %w", first+i, err)
		}
	}
}

// Words returns the words of block i that stand in free text.
func (r *Reader) Words(i int) ([]string, error) {
	e := &r.entries[i]
	p := e.words
	if p.size == 0 {
		return nil, nil
	}
	b, err := r.part(nil, i, e.at+r.stored(e)-int64(p.size), p, "words")
	if err != nil {
		return nil, err
	}
	n, used := binary.Uvarint(b)
	if used <= 0 || n > MaxRaw {
		return nil, corrupt(fmt.Sprintf("block %d, words", i), "no length")
	}
	text, err := unpack(b[used:], int(n))
	if err != nil {
		return nil, corrupt(fmt.Sprintf("block %d, words", i), "%v", err)
	}
	return strings.Split(string(text), "\n"), nil
}

// Verify reads all of the file and checks it against itself: every checksum,
// and every block's table entry against its columns.
func (r *Reader) Verify() error {
	var head [len(magic)]byte
	if _, err := r.r.ReadAt(head[:], 0); err != nil {
		return fmt.Errorf("read header: %w", err)
	}
	if string(head[:]) != magic { // the blocks can be read without it
		return corrupt("header", "not that of a segment")
	}
	var buf []byte
	for i := range r.entries {
		var err error
		if buf, err = r.VerifyBlock(buf[:0], i); err != nil {
			return err
		}
	}
	return r.VerifyFilters()
}

// VerifyBlock reads all of block i, checks it as Verify does, and appends its
// raw bytes to dst.
func (r *Reader) VerifyBlock(dst []byte, i int) ([]byte, error) {
	e := &r.entries[i]
	dst, err := r.Raw(dst, i, 0, int(e.Bytes))
	if err != nil {
		return dst, err
	}
	c := columns.Get().(*Columns)
	defer columns.Put(c)
	if err := r.Columns(i, All, c); err != nil {
		return dst, err
	}
	if err := e.agrees(c); err != nil {
		return dst, corrupt(fmt.Sprintf("block %d", i), "%v", err)
	}
	_, err = r.Words(i)
	return dst, err
}

// columns lends out what Verify reads columns into.
var columns = sync.Pool{New: func() any { return new(Columns) }}

// VerifyFilters reads the filters of all blocks and checks them.
func (r *Reader) VerifyFilters() error {
	for i := range r.entries {
		if _, err := r.filter(i); err != nil {
			return err
		}
	}
	return nil
}

func (e *Entry) agrees(c *Columns) error {
	counted, timed := 0, 0
	from, to := analysis.NoTime, analysis.NoTime
	shapes, resources := make([]uint32, e.shapes), make([]uint32, e.resources)
	var severities [256]uint32
	var ofKind [kinds]uint32
	for i := range c.Shape {
		t := c.Time[i]
		if t != analysis.NoTime {
			if from == analysis.NoTime || t < from {
				from = t
			}
			to = max(to, t)
		}
		if c.Flags[i].Skip() {
			continue
		}
		counted++
		if t != analysis.NoTime {
			timed++
		}
		shapes[c.Shape[i]]++
		resources[c.Resource[i]]++
		severities[c.Severity[i]]++
		ofKind[c.Flags[i].Kind()]++
	}
	switch {
	case counted != int(e.Counted) || timed != int(e.Timed):
		return fmt.Errorf("the table counts %d records, %d with a time; the columns %d and %d", e.Counted, e.Timed, counted, timed)
	case from != e.From || to != e.To:
		return errors.New("the table and the columns differ in their times")
	case !slices.Equal(shapes, e.ShapeCounts()) || !slices.Equal(resources, e.ResourceCounts()) || ofKind != e.Kinds():
		return errors.New("the table and the columns differ in what they count")
	}
	for s, n := range e.Severities() {
		severities[s] -= n
	}
	if severities != [256]uint32{} {
		return errors.New("the table and the columns differ in what they count")
	}
	return nil
}
