package segment

import (
	"iter"

	"faultline/analysis"
)

// FrameSize is the number of raw bytes in each frame of a block but the last.
const FrameSize = 128 << 10

// MaxRaw is the largest number of raw bytes in a block. Blocks of about 1 MiB
// are best; larger ones are for single records that cannot be cut.
const MaxRaw = 1 << 30

// Rec is what is known of one record beside its bytes. The records of a block
// tile its bytes: each ends where the next one starts, the last one at the
// end.
type Rec struct {
	Start    uint32 // in Block.Raw, bytes
	Line     uint32 // its first line, counted from the block's first line
	Time     int64  // UTC nanoseconds, or analysis.NoTime
	Shape    uint32 // index into Block.Shapes
	Resource uint32 // index into Block.Resources
	Severity analysis.Severity
	Quality  analysis.TimeQuality
	Kind     analysis.RecordKind
	Skip     bool // a duplicate: kept and shown, not counted
}

// Block is a stretch of one member: consecutive records and their bytes.
type Block struct {
	Member    uint32   // the member's number in the case
	Line      int64    // the first record's line in the member, from 1
	Offset    int64    // the first record's offset in the member, bytes
	Lines     int64    // lines in the block
	Raw       []byte   // the records' bytes, one after the other
	Recs      []Rec    // at least one
	Shapes    []uint64 // shape hashes; 0 stands for "no shape"; one may stand several times, with different heads
	Heads     []uint32 // of each of Shapes, index into HeadTexts; nil: all have none
	HeadTexts []string // distinct; the words that a record has before its message, "" for none
	Resources []uint64 // distinct resource hashes
	Tokens    []uint64 // hashes for the Bloom filter; repetitions are fine; those below 1<<32 are often told by mistake
	Complete  bool     // every word outside of the shapes' text and heads is among Tokens, so that MayHold can rule the block out
	Words     []string // of free text: distinct words in lower case, for ranked search
}

// Stats is what is known of a block without reading it. Counts leave out the
// records that are marked Rec.Skip.
type Stats struct {
	Member  uint32
	Line    int64 // first line in the member, from 1
	Offset  int64 // in the member, bytes
	Lines   int64
	Bytes   int64 // raw
	Records int   // all, skipped ones too
	Counted int   // without the skipped ones
	Timed   int   // counted records that have a time
	From    int64 // earliest and latest time of any record, UTC nanoseconds;
	To      int64 // both analysis.NoTime when no record has one

	Severities []SeverityCount // ascending
	Kinds      [kinds]uint32   // counted records by analysis.RecordKind
	Complete   bool            // see Block.Complete
}

// kinds is how many kinds of records there are, or may be.
const kinds = 8

// SeverityCount says how many counted records have a severity.
type SeverityCount struct {
	Severity analysis.Severity
	N        uint32
}

// Info describes an encoded block to the Writer.
type Info struct {
	Stats
	Shapes         []uint64 // as in the block
	Heads          []uint32
	HeadTexts      []string
	ShapeCounts    []uint32 // counted records of each
	Resources      []uint64
	ResourceCounts []uint32

	parts parts
	bloom []byte
}

// Size returns how many of the encoded bytes are the block's.
func (i *Info) Size() int64 { return i.parts.size() }

// Entry is a block in a finished file: its [Stats], in less room, since there
// may be a million of them. Shapes and Resources are indexes into the Reader's
// lists; the block's columns hold indexes into the entry's.
type Entry struct {
	Line, Offset, Lines, Bytes int64
	From, To                   int64
	Member                     uint32
	Records, Counted, Timed    int32
	shapes, resources          int32    // how many there are
	numbers                    []uint32 // the lists, one after the other
	severities                 uint16   // how many there are
	Complete                   bool
	at                         int64 // offset in the file
	first                      int32 // the block that has the frames
	before, total              int32 // see parts
	frames                     int32 // of the block that has them: where they stand in Reader.frames
	columns, words             piece
	bloomAt                    uint32 // among the filters
	bloom                      piece
}

// Shapes returns, by the block's own shape number, the index into Reader.Shapes.
func (e *Entry) Shapes() []uint32 { return e.numbers[:e.shapes] }

// ShapeCounts returns, by the block's own shape number, the counted records.
func (e *Entry) ShapeCounts() []uint32 { return e.numbers[e.shapes : 2*e.shapes] }

// Heads returns, by the block's own shape number, the index into Reader.Heads.
func (e *Entry) Heads() []uint32 { return e.numbers[2*e.shapes : 3*e.shapes] }

// Resources returns, by the block's own resource number, the index into
// Reader.Resources.
func (e *Entry) Resources() []uint32 { return e.numbers[3*e.shapes : 3*e.shapes+e.resources] }

// ResourceCounts returns, by the block's own resource number, the counted
// records.
func (e *Entry) ResourceCounts() []uint32 {
	return e.numbers[3*e.shapes+e.resources : 3*e.shapes+2*e.resources]
}

// Severities returns how many counted records have each severity, ascending.
func (e *Entry) Severities() iter.Seq2[analysis.Severity, uint32] {
	return func(yield func(analysis.Severity, uint32) bool) {
		list := e.numbers[3*e.shapes+2*e.resources:]
		for i := range int(e.severities) {
			if !yield(analysis.Severity(list[2*i]), list[2*i+1]) {
				return
			}
		}
	}
}

// Kinds returns how many counted records there are of each kind.
func (e *Entry) Kinds() (n [kinds]uint32) {
	list := e.numbers[3*e.shapes+2*e.resources+2*int32(e.severities):]
	for i := 0; i < len(list); i += 2 {
		n[list[i]] = list[i+1]
	}
	return n
}

// parts are the stored pieces of a block, in their order. Of blocks that share
// their frames the first one has them.
type parts struct {
	before, total  int64 // raw bytes in the frames: before the block's own, and all of them (of the first block)
	frames         []piece
	columns, words piece
}

func (p *parts) size() int64 {
	n := int64(p.columns.size) + int64(p.words.size)
	for _, f := range p.frames {
		n += int64(f.size)
	}
	return n
}

type piece struct{ size, crc uint32 }
