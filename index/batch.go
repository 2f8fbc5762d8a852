package index

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"runtime"
	"slices"
	"sync"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"

	"faultline/analysis"
	"faultline/index/segment"
)

// batch is what one commit adds beside a segment: the ledger rows of members
// that are complete, with their runs and states, and the shapes and resources
// that were new.
type batch struct {
	members   sheetWriter // of a batch that is being made
	history   lists       // runs and states of all members, in their order
	shapes    []shapeRow  // of a batch that was read: see readShapes
	resources []analysis.Resource

	// Of a batch that was read.
	rows        []rowPlace
	resourceIDs []uint64
	packed      []byte // its shapes, as they are stored
}

func (b *batch) add(r *memberRow) error {
	b.history.runs = append(b.history.runs, r.Runs...)
	b.history.states = append(b.history.states, r.States...)
	return b.members.add(r)
}

func (b *batch) empty() bool {
	return b.members.n == 0 && len(b.shapes) == 0 && len(b.resources) == 0
}

type memberRow struct {
	Number uint32 // in segment.Block.Member
	Pass   int    // see bundleEntry
	Member analysis.Member
	Runs   []analysis.Run // of a row that is being stored
	States []analysis.State

	// See Reading.
	Head      Head
	Dialect   string
	How       string
	Place     int
	Dropped   bool
	Continues bool   // there is a Prior:
	Base      uint32 // its number
	Until     int64

	runs, states int // how many there are, of a row that was read
}

// rowPlace is a row of a batch that was read, with what tells whether it counts.
type rowPlace struct {
	ref
	history      *lists // nil when it has none
	until        int64
	number, base uint32
	pass         uint32
	place        int32 // see Reading.Place
	continues    bool
	dropped      bool

	at      int32 // among the rows that count: the one for its path; see gathering
	claimed bool  // the rows up to it were looked at
}

type shapeRow struct {
	id       uint64
	skeleton string
}

const (
	batchMagic = "FLBATCH\x02"
	maxBatch   = 4 << 30
)

// history is the part of a batch that is stored as encoding/gob does, which
// lets fields come and go: the runs and states of all members, historySize of
// them in a value.
type history struct {
	Runs   []analysis.Run
	States []analysis.State
}

// historySize keeps what gob builds a value in small.
const historySize = 256

func (b *batch) encodeHistory(w *bytes.Buffer) error {
	enc := gob.NewEncoder(w)
	runs, states := b.history.runs, b.history.states
	for values := (max(len(runs), len(states)) + historySize - 1) / historySize; values > 0; values-- {
		r, s := min(len(runs), historySize), min(len(states), historySize)
		before := w.Len()
		if err := enc.Encode(history{runs[:r], states[:s]}); err != nil {
			return err
		}
		runs, states = runs[r:], states[s:]
		w.Grow((w.Len() - before) * (values - 1)) // about what follows; it grows but once
	}
	return nil
}

// encode returns the stored form: of the rows, resources and history and, apart
// from them, of the shapes, which are not read as long as what was derived from
// them is at hand.
func (b *batch) encode() ([]byte, error) {
	var first, second []byte
	var g errgroup.Group
	g.Go(func() (err error) {
		buf := bytes.NewBuffer(appendResources(b.members.append(nil), b.resources))
		if err = b.encodeHistory(buf); err == nil {
			first, err = pack("", buf.Bytes())
		}
		return err
	})
	g.Go(func() (err error) {
		room := binary.MaxVarintLen64
		for _, s := range b.shapes {
			room += 8 + binary.MaxVarintLen32 + len(s.skeleton)
		}
		raw := binary.AppendUvarint(make([]byte, 0, room), uint64(len(b.shapes)))
		for _, s := range b.shapes {
			raw = binary.LittleEndian.AppendUint64(raw, s.id)
			raw = appendText(raw, s.skeleton)
		}
		second, err = pack("", raw)
		return err
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return sections(batchMagic, first, second), nil
}

// sections returns magic and, each behind its length, the parts of a file that
// are read apart from each other.
func sections(magic string, parts ...[]byte) []byte {
	b := []byte(magic)
	for _, p := range parts {
		b = append(binary.AppendUvarint(b, uint64(len(p))), p...)
	}
	return b
}

// cutSections takes the parts of a file apart, least of them or more.
func cutSections(magic string, b []byte, least int) ([][]byte, error) {
	b, ok := bytes.CutPrefix(b, []byte(magic))
	s := segment.Cursor{B: b}
	var parts [][]byte
	for ok && len(s.B) > 0 {
		parts = append(parts, s.Text())
	}
	if !ok || s.Bad || len(parts) < least {
		return nil, errors.New("not a file of this kind and version")
	}
	return parts, nil
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendResources appends the distinct texts of resources and, for each, where
// its seven stand among them.
func appendResources(b []byte, list []analysis.Resource) []byte {
	at := map[string]uint64{}
	var texts []string
	var rows []byte
	for i := range list {
		for _, s := range partsOf(&list[i]) {
			k, ok := at[*s]
			if !ok {
				k = uint64(len(texts))
				at[*s] = k
				texts = append(texts, *s)
			}
			rows = binary.AppendUvarint(rows, k)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(texts)))
	for _, s := range texts {
		b = appendText(b, s)
	}
	return append(binary.AppendUvarint(b, uint64(len(list))), rows...)
}

// readResources reads what appendResources wrote.
func readResources(s *segment.Cursor) []analysis.Resource {
	texts := make([]string, s.Count(1))
	all := string(s.B)
	for i := range texts {
		t := s.Text()
		end := len(all) - len(s.B)
		texts[i] = all[end-len(t) : end]
	}
	list := make([]analysis.Resource, s.Count(7))
	for i := range list {
		for _, to := range partsOf(&list[i]) {
			k := s.Uvarint()
			if k >= uint64(len(texts)) {
				s.Fail()
				return nil
			}
			*to = texts[k]
		}
	}
	return list
}

// partsOf returns the parts of a resource, in the order in which they are stored.
func partsOf(r *analysis.Resource) [7]*string {
	return [...]*string{&r.Host, &r.Cluster, &r.Namespace, &r.Pod, &r.Container, &r.Unit, &r.Process}
}

// packers and unpackers lend out what packs and unpacks whole files: each has
// some MiB that would have to be cleared anew for every file.
var (
	packers = sync.Pool{New: func() any {
		// A window of its usual 4 MiB would be allocated for the smallest file.
		z, err := zstd.NewWriter(nil, zstd.WithWindowSize(512<<10), zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithLowerEncoderMem(true),
			zstd.WithEncoderConcurrency(1), zstd.WithSingleSegment(true))
		if err != nil {
			panic(err) // the options are constants
		}
		return z
	}}
	unpackers = sync.Pool{New: func() any {
		z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxMemory(maxBatch+1))
		if err != nil {
			panic(err) // the options are constants
		}
		return z
	}}
)

// pack returns magic, the length of raw, and raw as a zstd frame.
func pack(magic string, raw []byte) ([]byte, error) {
	z := packers.Get().(*zstd.Encoder)
	defer packers.Put(z)
	dst := append(make([]byte, 0, len(magic)+binary.MaxVarintLen64+len(raw)/4), magic...)
	return z.EncodeAll(raw, binary.AppendUvarint(dst, uint64(len(raw)))), nil
}

func unpack(magic string, b []byte, limit uint64) ([]byte, error) {
	b, ok := bytes.CutPrefix(b, []byte(magic))
	size, n := binary.Uvarint(b)
	if !ok || n <= 0 || size > limit {
		return nil, errors.New("not a file of this kind and version")
	}
	var h zstd.Header
	if err := h.Decode(b[n:]); err != nil {
		return nil, err
	}
	if !h.HasFCS || h.FrameContentSize != size {
		return nil, errors.New("its length differs")
	}
	z := unpackers.Get().(*zstd.Decoder)
	defer unpackers.Put(z)
	raw, err := z.DecodeAll(b[n:], make([]byte, 0, size)) // which is as much as it may give
	if err != nil {
		return nil, err
	}
	if uint64(len(raw)) != size {
		return nil, errors.New("its length differs")
	}
	return raw, nil
}

func decodeBatch(b []byte) (*batch, error) {
	stored, err := cutSections(batchMagic, b, 2)
	if err != nil {
		return nil, err
	}
	raw, err := unpack("", stored[0], maxBatch)
	if err != nil {
		return nil, err
	}
	in := segment.Cursor{B: raw}
	out := &batch{packed: stored[1]}
	runs, states := 0, 0
	err = readSheet(&in, func(n int) { out.rows = make([]rowPlace, 0, n) }, func(r ref, row *memberRow) {
		p := rowPlace{
			ref: r, until: row.Until, number: row.Number, base: row.Base, pass: uint32(row.Pass), place: int32(row.Place), continues: row.Continues, dropped: row.Dropped,
		}
		if row.runs+row.states > 0 {
			p.history = new(lists)
		}
		runs, states = runs+row.runs, states+row.states
		out.rows = append(out.rows, p)
	})
	if err != nil {
		return nil, err
	}
	out.resources = readResources(&in)
	if in.Bad {
		return nil, errors.New("its resources are not readable")
	}
	if err := out.readHistory(in.B, runs, states); err != nil {
		return nil, err
	}
	out.resourceIDs = make([]uint64, len(out.resources))
	for i := range out.resources {
		out.resourceIDs[i] = resourceID(out.resources[i])
	}
	return out, nil
}

// readShapes fills the shapes of a batch that was read.
func (b *batch) readShapes() error {
	raw, err := unpack("", b.packed, maxBatch)
	if err != nil {
		return err
	}
	in := segment.Cursor{B: raw}
	b.shapes = make([]shapeRow, in.Count(9))
	text := string(in.B) // the skeletons share it
	for i := range b.shapes {
		id, s := in.U64(), in.Text()
		end := len(text) - len(in.B)
		b.shapes[i] = shapeRow{id, text[end-len(s) : end]}
	}
	if in.Bad || len(in.B) > 0 {
		return errors.New("its shapes do not end where they should")
	}
	b.packed = nil
	return nil
}

// readHistory reads so many runs and states and gives them to their rows.
func (b *batch) readHistory(stored []byte, runs, states int) error {
	h := history{make([]analysis.Run, 0, min(runs, len(stored))), make([]analysis.State, 0, min(states, len(stored)))}
	in := bytes.NewReader(stored)
	for dec := gob.NewDecoder(in); in.Len() > 0; {
		var part history
		if err := dec.Decode(&part); err != nil {
			return err
		}
		h.Runs, h.States = append(h.Runs, part.Runs...), append(h.States, part.States...)
	}
	if len(h.Runs) != runs || len(h.States) != states {
		return errors.New("its runs and states are not those of its rows")
	}
	b.history = lists{h.Runs, h.States}
	for i := range b.rows {
		r := &b.rows[i]
		if r.history == nil {
			continue
		}
		row := r.row()
		*r.history = lists{h.Runs[:row.runs:row.runs], h.States[:row.states:row.states]}
		h.Runs, h.States = h.Runs[row.runs:], h.States[row.states:]
	}
	return nil
}

// readBatches reads all batches, in their order, without their shapes.
func (c *Case) readBatches(m *manifest) ([]*batch, error) {
	list, errs := make([]*batch, len(m.Batches)), make([]error, len(m.Batches))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range m.Batches {
		g.Go(func() error {
			list[i], errs[i] = c.readBatch(&m.Batches[i])
			return nil
		})
	}
	return list, errors.Join(g.Wait(), errors.Join(errs...))
}

// readShapes reads the shapes of batches that m lists and that were read.
func readShapes(m *manifest, list []*batch) error {
	errs := make([]error, len(list))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, b := range list {
		g.Go(func() error {
			if err := b.readShapes(); err != nil { // the bytes are those that were written
				errs[i] = &ForeignError{File: m.Batches[i].Name, Err: err}
			}
			return nil
		})
	}
	return errors.Join(g.Wait(), errors.Join(errs...))
}

// readBatch reads a batch, or its mirror when the batch is damaged.
func (c *Case) readBatch(f *fileEntry) (*batch, error) {
	data, err := f.read(c.fs)
	if err = damaged(f.Name, err); len(damages(err)) > 0 {
		twin := f.mirror()
		if b, e := twin.read(c.fs); e == nil {
			c.note(f.Name, "%v; its mirror is whole and nothing is lost", damages(err)[0].Err)
			c.restore(f, b)
			data, err = b, nil
		}
	}
	if err != nil {
		return nil, err
	}
	b, err := decodeBatch(data)
	if err != nil { // the bytes are those that were written
		return nil, &ForeignError{File: f.Name, Err: err}
	}
	return b, nil
}

// dictionary says what the hashes in segments stand for; both lists are
// ascending.
type dictionary struct {
	shapes    []shapeRow
	resources []resourceRow
}

type resourceRow struct {
	id       uint64
	resource *analysis.Resource
}

func (r *shapeRow) hash() uint64    { return r.id }
func (r *resourceRow) hash() uint64 { return r.id }

// newDictionary makes the dictionary of batches; where what was derived from
// them is known, without reading their shapes again and without skeletons.
func newDictionary(m *manifest, batches []*batch, known *derived) (*dictionary, error) {
	d := &dictionary{}
	if known != nil {
		d.shapes = make([]shapeRow, 0, len(known.shapes))
		for _, id := range known.shapes {
			d.shapes = append(d.shapes, shapeRow{id: id})
		}
	} else if err := readShapes(m, batches); err != nil {
		return nil, err
	}
	for _, b := range batches {
		d.shapes = append(d.shapes, b.shapes...)
	}
	if !slices.IsSortedFunc(d.shapes, func(a, b shapeRow) int { return cmp.Compare(a.id, b.id) }) {
		slices.SortFunc(d.shapes, func(a, b shapeRow) int { return cmp.Compare(a.id, b.id) })
	}
	d.shapes = slices.CompactFunc(d.shapes, func(a, b shapeRow) bool { return a.id == b.id })
	// The hashes fall evenly into parts that are sorted side by side.
	var parts [16][]resourceRow
	inParallel(len(parts), func(k int) {
		for _, b := range batches {
			for i, id := range b.resourceIDs {
				if id>>60 == uint64(k) {
					parts[k] = append(parts[k], resourceRow{id, &b.resources[i]})
				}
			}
		}
		slices.SortFunc(parts[k], func(a, b resourceRow) int { return cmp.Compare(a.id, b.id) })
		parts[k] = slices.CompactFunc(parts[k], func(a, b resourceRow) bool { return a.id == b.id })
	})
	d.resources = slices.Concat(parts[:]...)
	return d, nil
}

// places returns where the ids, which are ascending as the rows are, stand
// among the rows; -1 where they do not.
func places[R any, P interface {
	*R
	hash() uint64
}](ids []uint64, rows []R) []int32 {
	list := make([]int32, len(ids))
	at := 0
	for i, id := range ids {
		for at < len(rows) && P(&rows[at]).hash() < id {
			at++
		}
		list[i] = -1
		if at < len(rows) && P(&rows[at]).hash() == id {
			list[i] = int32(at)
		}
	}
	return list
}

// describes reports whether all that a block names is known.
func (d *dictionary) describes(r *segment.Reader, e *segment.Entry) bool {
	for _, k := range e.Shapes() {
		id := r.Shapes()[k]
		if _, ok := slices.BinarySearchFunc(d.shapes, id, func(s shapeRow, id uint64) int { return cmp.Compare(s.id, id) }); id != 0 && !ok {
			return false
		}
	}
	for _, k := range e.Resources() {
		if _, ok := slices.BinarySearchFunc(d.resources, r.Resources()[k], func(s resourceRow, id uint64) int { return cmp.Compare(s.id, id) }); !ok {
			return false
		}
	}
	return true
}
