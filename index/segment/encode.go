package segment

import (
	"errors"
	"fmt"
	"hash/crc32"
	"math/bits"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"

	"faultline/analysis"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// encoders and decoders lend out what is costly to make. A zstd encoder that
// is not closed keeps no goroutine.
var (
	encoders = sync.Pool{New: func() any { return newEncoder() }}
	decoders = sync.Pool{New: func() any { return newDecoder() }}
)

// encoder is the scratch of one Encode.
type encoder struct {
	zstd   *zstd.Encoder
	raw    []byte // of blocks that share their frames
	u64    []uint64
	bytes  []byte
	packed []byte
	set    []uint64
}

func newEncoder() *encoder {
	// The window stands before the level, which would else make two blocks of
	// a frame: one block needs no history, packs a little better and faster.
	// Planes of columns and base64 have few matches, and yet some bytes more
	// often than others.
	z, err := zstd.NewWriter(nil,
		zstd.WithWindowSize(FrameSize), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithAllLitEntropyCompression(true), zstd.WithEncoderCRC(false), zstd.WithSingleSegment(true))
	if err != nil {
		panic(err) // the options are constants
	}
	return &encoder{zstd: z}
}

func newDecoder() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		panic(err) // the options are constants
	}
	return d
}

// Encode appends the stored form of b to dst and returns it with what the
// Writer needs to know. The Info keeps no part of b. Safe for concurrent use.
func Encode(b *Block, dst []byte) ([]byte, Info, error) {
	dst, infos, err := EncodeTogether([]*Block{b}, dst)
	if err != nil {
		return dst, Info{}, err
	}
	return dst, infos[0], nil
}

// EncodeTogether does for several blocks what Encode does for one, and lets
// them share their frames: small blocks pack badly each for itself. They are
// to be appended to one Writer in their order, each with as many of the bytes
// as its Info says.
func EncodeTogether(blocks []*Block, dst []byte) ([]byte, []Info, error) {
	e := encoders.Get().(*encoder)
	defer encoders.Put(e)
	infos := make([]Info, len(blocks))
	raw := blocks[0].Raw
	if len(blocks) > 1 {
		e.raw = e.raw[:0]
		for i, b := range blocks {
			if len(b.Raw) == 0 {
				return dst, nil, fmt.Errorf("encode block at line %d: no bytes", b.Line)
			}
			infos[i].parts.before = int64(len(e.raw))
			e.raw = append(e.raw, b.Raw...)
		}
		raw = e.raw
	}
	if len(raw) > MaxRaw {
		return dst, nil, fmt.Errorf("encode %d blocks: %d bytes are more than frames may have", len(blocks), len(raw))
	}
	first := &infos[0].parts
	first.total = int64(len(raw))
	first.frames = make([]piece, 0, (len(raw)+FrameSize-1)/FrameSize)
	for len(raw) > 0 {
		n := min(len(raw), FrameSize)
		from := len(dst)
		dst = e.zstd.EncodeAll(raw[:n], dst)
		first.frames = append(first.frames, pieceOf(dst[from:]))
		raw = raw[n:]
	}
	for i, b := range blocks {
		var err error
		if dst, err = e.block(b, dst, &infos[i]); err != nil {
			return dst, nil, fmt.Errorf("encode block at line %d: %w", b.Line, err)
		}
	}
	return dst, infos, nil
}

// block appends what b does not share.
func (e *encoder) block(b *Block, dst []byte, to *Info) ([]byte, error) {
	if err := b.check(); err != nil {
		return dst, err
	}
	info := Info{
		parts:     to.parts,
		Shapes:    append([]uint64(nil), b.Shapes...),
		Resources: append([]uint64(nil), b.Resources...),
		Heads:     append([]uint32(nil), b.Heads...),
		HeadTexts: append([]string(nil), b.HeadTexts...),
	}
	if info.Heads == nil {
		info.Heads, info.HeadTexts = make([]uint32, len(b.Shapes)), []string{""}
	}
	from := len(dst)
	dst = e.columns(b, dst)
	info.parts.columns = pieceOf(dst[from:])
	if len(b.Words) > 0 {
		from := len(dst)
		e.bytes = append(e.bytes[:0], strings.Join(b.Words, "\n")...)
		dst = uvarint(dst, uint64(len(e.bytes)))
		dst = e.zstd.EncodeAll(e.bytes, dst)
		info.parts.words = pieceOf(dst[from:])
	}
	info.Stats = e.stats(b, &info)
	info.bloom = e.bloom(b.Tokens)
	*to = info
	return dst, nil
}

func pieceOf(b []byte) piece { return piece{size: uint32(len(b)), crc: checksum(b)} }

func (b *Block) check() error {
	switch {
	case len(b.Recs) == 0:
		return errors.New("no records")
	case len(b.Raw) > MaxRaw:
		return fmt.Errorf("%d bytes are more than a block may have", len(b.Raw))
	case b.Recs[0].Start != 0:
		return errors.New("the first record does not start the block")
	case b.Heads != nil && len(b.Heads) != len(b.Shapes):
		return errors.New("not every shape has a head")
	}
	for _, h := range b.Heads {
		if int(h) >= len(b.HeadTexts) {
			return errors.New("a shape has an unlisted head")
		}
	}
	var last Rec
	for i := range b.Recs {
		r := &b.Recs[i]
		if r.Start < last.Start || r.Line < last.Line || int(r.Start) > len(b.Raw) {
			return fmt.Errorf("record %d stands before its predecessor", i)
		}
		if int(r.Shape) >= len(b.Shapes) || int(r.Resource) >= len(b.Resources) {
			return fmt.Errorf("record %d has an unlisted shape or resource", i)
		}
		last = *r
	}
	return nil
}

func (e *encoder) stats(b *Block, info *Info) Stats {
	s := Stats{
		Member: b.Member, Line: b.Line, Offset: b.Offset, Lines: b.Lines,
		Bytes: int64(len(b.Raw)), Records: len(b.Recs), Complete: b.Complete,
		From: analysis.NoTime, To: analysis.NoTime,
	}
	info.ShapeCounts = make([]uint32, len(b.Shapes))
	info.ResourceCounts = make([]uint32, len(b.Resources))
	var severities [256]uint32
	for i := range b.Recs {
		r := &b.Recs[i]
		if r.Time != analysis.NoTime {
			if s.From == analysis.NoTime || r.Time < s.From {
				s.From = r.Time
			}
			if s.To == analysis.NoTime || r.Time > s.To {
				s.To = r.Time
			}
		}
		if r.Skip {
			continue
		}
		s.Counted++
		if r.Time != analysis.NoTime {
			s.Timed++
		}
		info.ShapeCounts[r.Shape]++
		info.ResourceCounts[r.Resource]++
		severities[r.Severity]++
		s.Kinds[r.Kind&7]++
	}
	for sev, n := range severities {
		if n > 0 {
			s.Severities = append(s.Severities, SeverityCount{analysis.Severity(sev), n})
		}
	}
	return s
}

// The bits of the flags column.
const (
	flagTime = 1 << (7 - iota) // has a time
	flagSkip
	flagKindShift    = 2 // three bits
	flagQualityShift = 0 // two bits
)

func (e *encoder) columns(b *Block, dst []byte) []byte {
	n := len(b.Recs)
	e.u64 = append(e.u64[:0], make([]uint64, n)...)
	v := e.u64
	for i := 1; i < n; i++ {
		v[i-1] = uint64(b.Recs[i].Start - b.Recs[i-1].Start)
	}
	dst = e.column(dst, v[:n-1])
	dst = uvarint(dst, uint64(b.Recs[0].Line))
	for i := 1; i < n; i++ {
		v[i-1] = uint64(b.Recs[i].Line - b.Recs[i-1].Line)
	}
	dst = e.column(dst, v[:n-1])
	dst = e.times(dst, b, v)
	for i := range b.Recs {
		v[i] = uint64(b.Recs[i].Shape)
	}
	dst = e.column(dst, v)
	for i := range b.Recs {
		v[i] = uint64(b.Recs[i].Resource)
	}
	dst = e.column(dst, v)
	for i := range b.Recs {
		v[i] = uint64(b.Recs[i].Severity)
	}
	dst = e.column(dst, v)
	for i := range b.Recs {
		r := &b.Recs[i]
		f := uint64(r.Kind&7)<<flagKindShift | uint64(r.Quality&3)<<flagQualityShift
		if r.Time != analysis.NoTime {
			f |= flagTime
		}
		if r.Skip {
			f |= flagSkip
		}
		v[i] = f
	}
	return e.column(dst, v)
}

// units are what times are divided by.
var units = [...]int64{1e9, 1e6, 1e3, 1}

// times writes the times of the records that have one.
func (e *encoder) times(dst []byte, b *Block, v []uint64) []byte {
	unit := 0
	var first int64
	n := 0
	for i := range b.Recs {
		t := b.Recs[i].Time
		if t == analysis.NoTime {
			continue
		}
		if n == 0 {
			first = t
		}
		for t%units[unit] != 0 {
			unit++
		}
		n++
	}
	u := units[unit]
	last := first / u
	n = 0
	for i := range b.Recs {
		if t := b.Recs[i].Time; t != analysis.NoTime {
			t /= u
			d := t - last
			v[n] = uint64(d<<1) ^ uint64(d>>63)
			last = t
			n++
		}
	}
	dst = append(dst, byte(unit))
	dst = uvarint(dst, uint64(n))
	if n == 0 {
		return dst
	}
	dst = varint(dst, first/u)
	return e.column(dst, v[:n])
}

// column writes v as planes of bytes, lowest first. Each packs by itself: what
// is random in the lowest would hide what recurs in the others.
func (e *encoder) column(dst []byte, v []uint64) []byte {
	if len(v) == 0 {
		return dst
	}
	var or uint64
	same := true
	for _, x := range v {
		or |= x
		same = same && x == v[0]
	}
	if same {
		return uvarint(append(dst, 0), v[0])
	}
	width := (bits.Len64(or) + 7) / 8
	dst = append(dst, byte(width))
	if cap(e.bytes) < len(v) {
		e.bytes = make([]byte, len(v))
	}
	plane := e.bytes[:len(v)]
	for p := range width {
		shift := 8 * p
		for i, x := range v {
			plane[i] = byte(x >> shift)
		}
		stored := plane
		if len(plane) >= 48 {
			e.packed = e.zstd.EncodeAll(plane, e.packed[:0])
			if len(e.packed) < len(plane)-len(plane)/16 {
				stored = e.packed
			}
		}
		dst = append(uvarint(dst, uint64(len(stored))), stored...)
	}
	return dst
}
