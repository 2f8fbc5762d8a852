package index

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"faultline/analysis"
	"faultline/analysis/pattern"
	"faultline/index/segment"
)

// contents is what queries read: the records, members, shapes, patterns, runs
// and states of all complete bundles at one moment. It is built by publish,
// and never changed afterwards. Its order follows the bundles, not the way in
// which they were written: an import that broke off and was resumed gives the
// same contents as one that did not.
type contents struct {
	generation uint64 // manifest.Data: two contents of equal generation are equal
	bundles    []analysis.Bundle
	members    *Ledger
	source     []int32       // by member: the first member of the log that it is a file of
	blocks     []storedBlock // by member, then by place
	shapes     []shape       // ascending by ID; only those that records have
	skeletons  []string      // by shape; nil once literals are made
	literals   func() (literals, error)
	heads      []string // distinct; those of the blocks
	resources  []*analysis.Resource
	patterns   []mined
	rollup     rollup
	examples   [][]example                         // by pattern; nil when they are stored
	origins    func() ([][]analysis.Origin, error) // of the examples
	remade     bool                                // patterns and rollup: no stored file fitted
	runs       []analysis.Run
	states     []analysis.State
	problems   []analysis.Problem // what is missing because of damage

	rootOnce sync.Once
	unmarked chain // over all but marks
}

// storedBlock is a block of a segment, with its lists in terms of contents.
type storedBlock struct {
	*storedSegment
	lost    *segment.Entry // stands for a block that is damaged: it keeps its place and holds nothing
	at      int            // its number in the segment
	member  int32          // index into contents.members
	numbers []int32        // its shapes, heads and resources
}

type storedSegment struct {
	segment *segment.Reader
	file    string // its name
}

// shapes returns, by the block's own shape number, the index into
// contents.shapes, -1 for "no shape".
func (b *storedBlock) shapes() []int32 { return b.numbers[:len(b.entry().Shapes())] }

// heads returns likewise the index into contents.heads.
func (b *storedBlock) heads() []int32 { return b.numbers[len(b.shapes()):][:len(b.shapes())] }

// resources returns, by the block's own resource number, the index into
// contents.resources.
func (b *storedBlock) resources() []int32 { return b.numbers[2*len(b.shapes()):] }

func (b *storedBlock) entry() *segment.Entry {
	if b.lost != nil {
		return b.lost
	}
	return &b.segment.Blocks()[b.at]
}

// lostEntry stands for a damaged block.
func lostEntry(e *segment.Entry) *segment.Entry {
	return &segment.Entry{Member: e.Member, Line: e.Line, Offset: e.Offset, From: analysis.NoTime, To: analysis.NoTime}
}

// shape is a line's form, its variables blanked.
type shape struct {
	id      uint64
	count   int64
	pattern int32 // index into contents.patterns
}

// mined is a pattern as mining and the columns give it, before anybody judged
// it.
type mined struct {
	pattern.Template
	kinds       string // of a stored one its Kinds, bytes that number kindNames
	kindNames   []string
	failing     bool              // see pattern.Failing
	severity    analysis.Severity // the highest
	count       int64
	shapes      int
	sources     int
	first, last int64 // analysis.NoTime when no record has a time
}

// kind returns the kind of variable i, "" when it has none.
func (m *mined) kind(i int) string {
	switch {
	case i < len(m.Kinds):
		return m.Kinds[i]
	case i < len(m.kinds) && int(m.kinds[i]) < len(m.kindNames):
		return m.kindNames[m.kinds[i]]
	}
	return ""
}

// publish reads what the manifest lists and makes it what queries read. ready,
// which may be nil, is called once all of it is known to be readable.
func (c *Case) publish(ready func() error) error {
	in, d, err := c.gatherWhole(context.Background(), c.manifest())
	if err == nil && ready != nil {
		err = ready()
	}
	if err != nil {
		return err
	}
	m := c.manifest()
	j, err := c.loadJudgement(m)
	if err != nil {
		return err
	}
	c.judgement.Store(j)
	c.contents.Store(in)
	c.adopt(d, in.generation)
	return nil
}

// gather reads what m lists. Where what was derived from it is stored, the shapes
// are not read.
func (c *Case) gather(ctx context.Context, m *manifest) (*contents, error) {
	in, err := c.gatherWith(ctx, m, c.readDerived)
	if errors.Is(err, errUnfit) {
		in, err = c.gatherWith(ctx, m, func(*manifest) (*derived, error) { return nil, nil })
	}
	return in, err
}

func (c *Case) gatherWith(ctx context.Context, m *manifest, readDerived func(m *manifest) (*derived, error)) (*contents, error) {
	in := &contents{generation: m.Data}
	order := map[string]int{} // of complete bundles
	for i := range m.Bundles {
		if m.Bundles[i].Complete {
			order[m.Bundles[i].ID] = len(in.bundles)
			in.bundles = append(in.bundles, m.Bundles[i].Bundle)
		}
	}
	var stored *derived
	var fault error
	var reading sync.WaitGroup
	reading.Go(func() { stored, fault = readDerived(m) })
	defer reading.Wait()
	batches, err := c.readBatches(m)
	if err != nil {
		return nil, err
	}
	owners, err := in.gatherMembers(m, batches, order)
	if err != nil {
		return nil, err
	}
	for _, b := range batches {
		b.rows = nil // they are in contents now
	}
	if in.members.Len() >= manyMembers {
		runtime.GC() // else the heap grows by all of the blocks before it is noticed
	}
	reading.Wait()
	c.doubtDerived(m, fault)
	d, err := newDictionary(m, batches, stored)
	if err != nil {
		return nil, err
	}
	if err := c.gatherBlocks(m, in, owners, d); err != nil {
		if stored != nil {
			err = errors.Join(errUnfit, err)
		}
		return nil, err
	}
	in.missing(m)
	if stored != nil {
		return in, in.take(stored)
	}
	in.remade = true
	return in, in.derive(ctx)
}

// errUnfit says that what was derived is not of these contents.
var errUnfit = errors.New("the derived data does not fit")

// manyMembers is from how many members on their rows are a large part of the
// memory that a case takes.
const manyMembers = 1 << 16

// used is a segment on its way into contents.
type used struct {
	*segment.Reader
	// By the segment's own numbers: index into the dictionary, then into
	// contents, -1 for none.
	shapes, resources, heads []int32
}

// gatherBlocks fills the blocks, and shapes and resources with what the
// blocks use of them.
func (c *Case) gatherBlocks(m *manifest, in *contents, all *owners, d *dictionary) error {
	counts, usedShape := make([]int64, len(d.shapes)), make([]bool, len(d.shapes)) // as in the dictionary
	usedResource := make([]bool, len(d.resources))
	heads := map[string]int32{}
	var place []int32 // by block: index into segments
	lists := 0        // the length of all blocks' lists
	var entries []*segmentEntry
	for i := range m.Segments {
		if s := &m.Segments[i]; m.visible(s.Bundle, s.Pass) {
			entries = append(entries, &m.Segments[i])
		}
	}
	readers, err := c.openAll(entries)
	if err == nil {
		err = c.unlooked(entries)
	}
	if err != nil {
		return err
	}
	rowsLost := m.rowsLost()
	n := 0
	for _, r := range readers {
		n += len(r.Blocks())
	}
	in.blocks, place = make([]storedBlock, 0, n), make([]int32, 0, n)
	segments := make([]used, len(readers))
	inParallel(len(readers), func(i int) {
		r := readers[i]
		segments[i] = used{Reader: r, shapes: places(r.Shapes(), d.shapes), resources: places(r.Resources(), d.resources), heads: make([]int32, len(r.Heads()))}
	})
	for i, s := range entries {
		r, u := readers[i], &segments[i]
		for k, h := range r.Heads() {
			at, ok := heads[h]
			if !ok {
				at = int32(len(in.heads))
				heads[h] = at
				in.heads = append(in.heads, h)
			}
			u.heads[k] = at
		}
		from := &storedSegment{r, s.Name}
		sums, shapes, resources := make([]int64, len(u.shapes)), make([]bool, len(u.shapes)), make([]bool, len(u.resources))
		for at := range r.Blocks() {
			e := &r.Blocks()[at]
			if slices.Contains(s.Dead, e.Member) {
				continue
			}
			member, ok, err := all.ownerOf(e.Member, e.Offset)
			if err != nil && !rowsLost {
				return &DamagedError{File: s.Name, Err: fmt.Errorf("block %d: %w", at, err)}
			}
			if !ok {
				continue
			}
			b := storedBlock{storedSegment: from, at: at, member: member}
			if slices.Contains(s.Damaged, uint32(at)) || rowsLost && !d.describes(r, e) {
				b.lost = lostEntry(e)
				e = b.lost
			}
			for i, k := range e.Shapes() {
				shapes[k] = true
				sums[k] += int64(e.ShapeCounts()[i])
			}
			for _, k := range e.Resources() {
				resources[k] = true
			}
			lists += 2*len(e.Shapes()) + len(e.Resources())
			in.blocks = append(in.blocks, b)
			place = append(place, int32(i))
		}
		for k, at := range u.shapes {
			switch id := r.Shapes()[k]; {
			case !shapes[k] || id == 0:
			case at < 0:
				return &DamagedError{File: manifestName, Err: fmt.Errorf("no file describes shape %016x", id)}
			default:
				usedShape[at] = true
				counts[at] += sums[k]
			}
		}
		for k, at := range u.resources {
			switch {
			case !resources[k]:
			case at < 0:
				return &DamagedError{File: manifestName, Err: fmt.Errorf("no file describes resource %016x", r.Resources()[k])}
			default:
				usedResource[at] = true
			}
		}
	}
	in.number(d, counts, usedShape, usedResource, segments)
	room := make([]int32, lists)
	take := func(n int) (list []int32) {
		list, room = room[:n:n], room[n:]
		return list
	}
	for i := range in.blocks {
		b, u := &in.blocks[i], &segments[place[i]]
		e := b.entry()
		b.numbers = take(2*len(e.Shapes()) + len(e.Resources()))
		shapes, heads, resources := b.shapes(), b.heads(), b.resources()
		for i, k := range e.Shapes() {
			shapes[i], heads[i] = u.shapes[k], u.heads[e.Heads()[i]]
		}
		for i, k := range e.Resources() {
			resources[i] = u.resources[k]
		}
	}
	slices.SortStableFunc(in.blocks, func(a, b storedBlock) int {
		return cmp.Or(cmp.Compare(a.member, b.member), cmp.Compare(a.entry().Offset, b.entry().Offset))
	})
	return nil
}

// number gives the used shapes and resources their places: in the order of
// their hashes, so that the order of arrival leaves no trace.
func (in *contents) number(d *dictionary, counts []int64, shapes, resources []bool, segments []used) {
	shapeAt, resourceAt := fill(len(d.shapes), -1), fill(len(d.resources), -1)
	in.shapes, in.resources = make([]shape, 0, len(d.shapes)), make([]*analysis.Resource, 0, len(d.resources))
	in.skeletons = make([]string, 0, len(d.shapes))
	for k, s := range d.shapes {
		if shapes[k] {
			shapeAt[k] = int32(len(in.shapes))
			in.shapes = append(in.shapes, shape{id: s.id, count: counts[k], pattern: -1})
			in.skeletons = append(in.skeletons, s.skeleton)
		}
	}
	for k, r := range d.resources {
		if resources[k] {
			resourceAt[k] = int32(len(in.resources))
			in.resources = append(in.resources, r.resource)
		}
	}
	for _, u := range segments {
		for k, at := range u.shapes {
			if at >= 0 {
				u.shapes[k] = shapeAt[at]
			}
		}
		for k, at := range u.resources {
			if at >= 0 {
				u.resources[k] = resourceAt[at]
			}
		}
	}
}

func fill(n int, v int32) []int32 {
	list := make([]int32, n)
	for i := range list {
		list[i] = v
	}
	return list
}

// chain is a hash over a sequence of values, each linked to all before it.
type chain [sha256.Size]byte

// linker makes a chain longer. It is kept for many values: what each is written
// to would else be garbage.
type linker struct {
	*chain
	buf  bytes.Buffer
	json *json.Encoder
}

func (c *chain) linker() *linker {
	l := &linker{chain: c}
	l.json = json.NewEncoder(&l.buf)
	return l
}

func (l *linker) link(v any) {
	l.buf.Reset()
	l.buf.Write(l.chain[:])
	if err := l.json.Encode(v); err != nil {
		panic(err) // plain data
	}
	*l.chain = sha256.Sum256(bytes.TrimSuffix(l.buf.Bytes(), []byte("\n")))
}

// root returns a hash over all that a case rests on: its bundles, the rows of
// its ledger (with the SHA-256 of every member's bytes), its runs and states,
// and a person's marks.
func (in *contents) root(marks []mark) string {
	in.rootOnce.Do(func() {
		l := in.unmarked.linker()
		for i := range in.bundles {
			l.link(in.bundles[i].ID)
		}
		for _, m := range in.members.All() {
			l.link(m)
		}
		for i := range in.runs {
			l.link(&in.runs[i])
		}
		for i := range in.states {
			l.link(&in.states[i])
		}
	})
	c := in.unmarked
	l := c.linker()
	for i := range marks {
		l.link(&marks[i])
	}
	return hex.EncodeToString(c[:])
}
