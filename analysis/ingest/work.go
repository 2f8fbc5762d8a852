package ingest

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"faultline/analysis"
	"faultline/analysis/pattern"
	"faultline/index"
	"faultline/index/segment"
)

// result is what a worker made of a chunk.
type result struct {
	blocks  []block
	lines   int64
	records int64
	failing int64
	timed   int64
	span    [2]int64 // of the timed records; NoTime when there are none
	quality analysis.TimeQuality
	assumed bool // some times have an assumed zone
	runs    []analysis.Run
	states  []analysis.State
	events  []event
	fault   string // a failure of the reader

	repeated int64 // events that an earlier record stands for: the writer counts them
	err      error
}

// event is an event among a chunk's records.
type event struct {
	block, rec, state int
}

// maxBlock is where a block ends at the next record, bytes.
const maxBlock = chunkSize + chunkSize/4

// worker parses chunks. It is used by one goroutine.
type worker struct {
	im     *importer
	lexer  *pattern.Lexer
	tokens *index.Tokens
	told   map[uint64]bool // shapes that the case knows

	b         *segment.Block
	shapes    map[form]uint32
	recent    [1 << 8]numbered // the last of shapes, direct-mapped
	resources map[analysis.Resource]uint32
	lastRes   analysis.Resource
	lastNo    uint32
	fresh     []freshShape
	skeletons []byte
	from      int   // where the block begins in the chunk
	line      int64 // likewise, its line
	shared    bool  // blocks stay open until the pack is parsed
}

type freshShape struct {
	id       uint64
	from, to int // in skeletons
}

func newWorker(im *importer) *worker {
	return &worker{
		im: im, lexer: pattern.NewLexer(), tokens: new(index.Tokens), told: map[uint64]bool{0: true},
		b: new(segment.Block), shapes: map[form]uint32{}, resources: map[analysis.Resource]uint32{},
	}
}

// pack parses what is in a pack, and encodes it unless it holds events: of
// these the writer knows which are repetitions.
func (w *worker) pack(ctx context.Context, p *pack) error {
	w.shared = p.shared
	for _, j := range p.jobs {
		if len(j.data) == 0 {
			continue
		}
		w.work(ctx, j)
		if j.err != nil {
			return fmt.Errorf("import %s: %w", j.member.path, j.err)
		}
	}
	if p.hasEvents() {
		return nil
	}
	return p.encode(&w.im.pool)
}

// work parses a chunk. Whatever the reader does, all bytes of the chunk are in
// the blocks afterwards.
func (w *worker) work(ctx context.Context, j *job) {
	j.span = [2]int64{analysis.NoTime, analysis.NoTime}
	w.begin(0, 0)
	seen := 0
	err := w.read(j, func(rec *analysis.Record) error {
		if seen&0xff == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
		}
		seen++
		return w.record(j, rec)
	})
	if ctx.Err() != nil || j.err != nil {
		if j.err == nil {
			j.err = ctx.Err()
		}
		return
	}
	if err != nil {
		j.fault = err.Error()
	}
	j.lines = lines(j.data, j.last, j.member.detection.Encoding)
	w.end(j, len(j.data), j.lines)
}

// read calls the reader; a panic of it is an error.
func (w *worker) read(j *job, emit func(rec *analysis.Record) error) (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("the %s reader failed: %v", j.member.detection.Format, x)
		}
	}()
	return j.member.reader.Records(j.data, emit)
}

func (w *worker) begin(from int, line int64) {
	w.from, w.line = from, line
	b := w.b
	b.Recs, b.Shapes, b.Heads, b.Resources, b.Words = b.Recs[:0], b.Shapes[:0], b.Heads[:0], b.Resources[:0], nil
	clear(w.shapes)
	clear(w.recent[:])
	clear(w.resources)
	w.fresh, w.skeletons = w.fresh[:0], w.skeletons[:0]
	w.tokens.Reset()
}

func (w *worker) record(j *job, rec *analysis.Record) error {
	if rec.Start-w.from >= maxBlock && len(w.b.Recs) > 0 {
		w.end(j, rec.Start, int64(rec.Line))
		if j.err != nil {
			return j.err
		}
		w.begin(rec.Start, int64(rec.Line))
	}
	r := segment.Rec{
		Start: uint32(max(rec.Start-w.from, 0)), Line: uint32(max(int64(rec.Line)-w.line, 0)), Time: rec.Time,
		Severity: rec.Severity, Quality: rec.Quality, Kind: rec.Kind,
	}
	if len(w.b.Recs) == 0 {
		r.Start, r.Line = 0, 0
	}
	if r.Time == analysis.NoTime {
		r.Quality = analysis.TimeNone
	}
	r.Resource = w.resource(j, &rec.Resource)
	var id uint64
	var head uint32
	if rec.Kind == analysis.KindLog || rec.Kind == analysis.KindEvent {
		id = w.lexer.Shape(rec.Message)
		head = w.tokens.Record(rec.Raw, rec.Message, id, w.lexer.Spans())
	} else {
		w.tokens.Record(rec.Raw, nil, 0, nil)
	}
	r.Shape = w.shape(id, head)
	at := len(w.b.Recs)
	w.b.Recs = append(w.b.Recs, r)
	w.count(j, rec)
	if rec.Run != nil || rec.State != nil {
		w.history(j, rec, at)
	}
	return nil
}

// resource returns the number of a record's resource in the block.
func (w *worker) resource(j *job, stated *analysis.Resource) uint32 {
	if len(w.b.Recs) > 0 && *stated == w.lastRes {
		return w.lastNo
	}
	full := stated.Over(j.member.resource)
	n, ok := w.resources[full]
	if !ok {
		n = uint32(len(w.b.Resources))
		w.resources[full] = n
		w.b.Resources = append(w.b.Resources, w.im.w.Resource(full))
	}
	w.lastRes, w.lastNo = *stated, n
	return n
}

// form is what the numbers of a block's shapes stand for.
type form struct {
	shape uint64
	head  uint32
}

// numbered is a form and one more than its number.
type numbered struct {
	form form
	n    uint32
}

// shape returns the number of a shape, with the head, in the block.
func (w *worker) shape(id uint64, head uint32) uint32 {
	last := &w.recent[(id+uint64(head))%uint64(len(w.recent))]
	if last.n != 0 && last.form == (form{id, head}) {
		return last.n - 1
	}
	n, ok := w.shapes[form{id, head}]
	if !ok {
		n = uint32(len(w.b.Shapes))
		w.shapes[form{id, head}] = n
		w.b.Shapes = append(w.b.Shapes, id)
		w.b.Heads = append(w.b.Heads, head)
		if !w.told[id] {
			from := len(w.skeletons)
			w.skeletons = w.lexer.Skeleton(w.skeletons)
			w.fresh = append(w.fresh, freshShape{id, from, len(w.skeletons)})
		}
	}
	last.form, last.n = form{id, head}, n+1
	return n
}

func (w *worker) count(j *job, rec *analysis.Record) {
	j.records++
	if rec.Severity >= analysis.SeverityError {
		j.failing++
	}
	if rec.Time == analysis.NoTime {
		return
	}
	if j.timed == 0 || rec.Time < j.span[0] {
		j.span[0] = rec.Time
	}
	if j.timed == 0 || rec.Time > j.span[1] {
		j.span[1] = rec.Time
	}
	if j.timed == 0 || rec.Quality < j.quality {
		j.quality = rec.Quality
	}
	j.timed++
	j.assumed = j.assumed || rec.Quality == analysis.TimeAssumedZone
}

// history keeps the run or the state of a record.
func (w *worker) history(j *job, rec *analysis.Record, at int) {
	origin := analysis.Origin{
		Bundle: w.im.bundle.ID, Path: j.member.path, Line: int64(rec.Line) + 1, // of the chunk, until the writer knows
		Offset: j.offset + int64(rec.Start), Length: int64(len(rec.Raw)),
	}
	if rec.Run != nil {
		run := *rec.Run
		run.Origin = origin
		j.runs = append(j.runs, run)
	}
	if rec.State != nil {
		state := *rec.State
		state.Origin = origin
		state.Resource = state.Resource.Over(j.member.resource)
		if state.Kind == "Event" {
			j.events = append(j.events, event{len(j.blocks), at, len(j.states)})
		}
		j.states = append(j.states, state)
	}
}

// end completes the block, which ends before to in the chunk, at that line.
func (w *worker) end(j *job, to int, line int64) {
	b := w.b
	b.Raw = j.data[w.from:to]
	if len(b.Raw) == 0 {
		return
	}
	if len(b.Recs) == 0 { // the reader gave none, or failed at once
		rec := analysis.Record{Kind: analysis.KindDocument, Time: analysis.NoTime, Raw: b.Raw, Start: w.from, Line: int(w.line)}
		_ = w.record(j, &rec) // it fails only where it ends a block before
	}
	b.Member, b.Offset, b.Line, b.Lines = j.member.number, j.offset+int64(w.from), w.line+1, line-w.line
	b.Complete = true
	w.prose()
	for _, f := range w.fresh {
		w.im.w.Shape(f.id, string(w.skeletons[f.from:f.to]))
		w.told[f.id] = true
	}
	b.Tokens, b.HeadTexts = w.tokens.List(), w.tokens.Heads()
	if w.shared || slices.ContainsFunc(j.events, func(e event) bool { return e.block == len(j.blocks) }) {
		j.blocks = append(j.blocks, block{open: clone(b)})
		return
	}
	out := block{open: b}
	if j.err = out.encode(&w.im.pool); j.err == nil {
		j.blocks = append(j.blocks, out)
	}
}

// clone copies a block, all but its bytes.
func clone(b *segment.Block) *segment.Block {
	c := *b
	c.Recs = append([]segment.Rec(nil), b.Recs...)
	c.Shapes = append([]uint64(nil), b.Shapes...)
	c.Heads, c.HeadTexts = slices.Clone(b.Heads), slices.Clone(b.HeadTexts)
	c.Resources = append([]uint64(nil), b.Resources...)
	c.Tokens = append([]uint64(nil), b.Tokens...)
	return &c
}

// lines counts the lines of a chunk: ends of lines, and a last line without
// one.
func lines(data []byte, last bool, encoding string) int64 {
	end := []byte{'\n'}
	switch encoding {
	case "UTF-16LE":
		return wideLines(data, last, 0)
	case "UTF-16BE":
		return wideLines(data, last, 1)
	}
	n := bytes.Count(data, end)
	if n == 0 && bytes.IndexByte(data, '\r') >= 0 {
		end[0] = '\r'
		n = bytes.Count(data, end)
	}
	if last && len(data) > 0 && data[len(data)-1] != end[0] {
		n++
	}
	return int64(n)
}

func wideLines(data []byte, last bool, low int) int64 {
	n, open := int64(0), false
	for i := 0; i+1 < len(data); i += 2 {
		open = data[i+low] != '\n' || data[i+1-low] != 0
		if !open {
			n++
		}
	}
	if last && open {
		n++
	}
	return n
}
