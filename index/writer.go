package index

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"faultline/analysis"
	"faultline/index/segment"
)

// A commit comes by itself when this much was appended, or this long after
// the last one.
const (
	commitRaw   = 256 << 20
	commitAfter = 2 * time.Second
	commitRows  = 16 << 10 // or with so many members
)

// Writer adds one bundle to a case. Shape and Resource may be called from
// several goroutines; everything else from one at a time.
//
// What was committed survives: after a crash or a Close without Finish, the
// next Begin for the same bundle continues. Members that were Finished before
// the last commit are Done, and of the one that it ended in, what was stored
// may be [Writer.Begun]; all others are read again from their beginning, and
// what had been stored of them does not count. Until Finish, no query sees any
// of it.
type Writer struct {
	c      *Case
	bundle bundleEntry
	pass   int    // see bundleEntry
	how    string // see Reading

	dictMu    sync.RWMutex
	shapes    map[uint64]bool // all that are known: stored, or in new
	resources map[analysis.Resource]uint64
	fresh     batch // not yet in a commit; members are touched by one goroutine only

	stored  []recalled // by an earlier import: those that are not read again
	members map[string]numbered
	claimed map[uint32]bool     // numbers of members that the stored ones took over
	next    uint32              // number of the next member
	dead    map[string][]uint32 // by segment: numbers for segmentEntry.Dead; empty when no block of it lives
	orphans map[string][]uint32 // by segment: numbers whose rows are lost; dead once all is imported again

	mark  *begun // where the next commit ends
	begun *begun // where the last import broke off; nil when nobody can ask for it any more

	seg       *segmentFile // open, or nil
	committed time.Time
	flushing  chan error // holds the result of the commit that is under way; nil when none is
	err       error      // the first error; nothing is written after it
	closed    bool
}

// numbered is a member of the bundle.
type numbered struct {
	number uint32
	given  bool // number was given in this pass
	done   bool // its row is here
}

// Begin starts the import of a bundle, or continues one that broke off. It
// returns ErrImported when the bundle is in the case already, and nothing of it
// was lost.
func (c *Case) Begin(b analysis.Bundle) (*Writer, error) { return c.BeginAs(b, "", nil) }

// BeginAs is Begin where it matters how members are read: how says it, in the
// importer's words. Of a bundle that is in the case already, or in part, the
// members for which stale reports true are read again; stale gets a row of the
// ledger, or nil for the bundle itself, and how it was read. It returns
// ErrImported when nothing is stale. Until Finish, what was read before counts.
// Members of which damage has taken something are always read again.
func (c *Case) BeginAs(b analysis.Bundle, how string, stale func(m *analysis.Member, how string) bool) (*Writer, error) {
	w, err := again(context.Background(), c, func() (*Writer, error) {
		return c.begin(b, how, func(m *analysis.Member, how string) bool {
			return m != nil && hurt(m.Problems) || stale != nil && stale(m, how)
		})
	})
	if err != nil {
		return nil, fmt.Errorf("import %s: %w", b.Name, advise(c.dir, err))
	}
	return w, nil
}

func (c *Case) begin(b analysis.Bundle, how string, stale func(m *analysis.Member, how string) bool) (*Writer, error) {
	if c.readOnly {
		return nil, ErrReadOnly
	}
	m, in := c.manifest(), c.contents.Load()
	w := &Writer{
		c: c, bundle: bundleEntry{Bundle: b, Imported: c.now()}, how: how, committed: time.Now(),
		shapes: map[uint64]bool{0: true}, resources: map[analysis.Resource]uint64{},
		members: map[string]numbered{}, claimed: map[uint32]bool{}, dead: map[string][]uint32{}, orphans: map[string][]uint32{},
	}
	rows := newRecollection(w, in, stale)
	if e := m.bundle(b.ID); e != nil && e.Complete {
		w.pass = e.Pass + 1
		if !rows.visible(in, b.ID) && !stale(nil, e.How) && !in.incomplete(b.ID) {
			return nil, ErrImported
		}
	}
	batches, err := c.readBatches(m)
	if err == nil {
		err = readShapes(m, batches)
	}
	if err != nil {
		return nil, err
	}
	for _, batch := range batches {
		rows.recall(batch)
	}
	stored, err := w.extent(m, rows.numbers)
	if err != nil {
		return nil, err
	}
	rows.end(stored)
	if e := m.bundle(b.ID); e != nil && e.Begun != nil && e.Begun.Pass == w.pass && !rows.numbers[e.Begun.Number] {
		w.begun = e.Begun
	}
	if err := w.bury(m); err != nil {
		return nil, err
	}
	c.mu.Lock()
	switch {
	case c.closed:
		err = ErrClosed
	case c.writer != nil:
		err = errors.New("another import into this case is under way")
	default:
		c.writer = w
	}
	c.mu.Unlock()
	if err != nil {
		return nil, err
	}
	return w, nil
}

func (c *Case) release(w *Writer) {
	c.mu.Lock()
	if c.writer == w {
		c.writer = nil
	}
	c.mu.Unlock()
}

// hurt reports whether damage has taken something.
func hurt(list []analysis.Problem) bool {
	return slices.ContainsFunc(list, func(p analysis.Problem) bool { return p.Kind == analysis.ProblemDamage })
}

// incomplete reports whether rows of the bundle are lost.
func (in *contents) incomplete(bundle string) bool {
	return slices.ContainsFunc(in.bundles, func(b analysis.Bundle) bool { return b.ID == bundle && hurt(b.Problems) })
}

// recalled is a row that an earlier import stored.
type recalled struct {
	rowPlace
	before bool             // in a pass that is complete
	now    *analysis.Member // what it says now, of such a row
}

func (r *recalled) row() memberRow {
	row := r.ref.row()
	if r.now != nil {
		row.Member = *r.now
	}
	return row
}

// recollection sorts out what earlier commits stored of a bundle.
type recollection struct {
	w     *Writer
	stale func(m *analysis.Member, how string) bool
	owned map[uint32]bool // numbers of the members that count
	rows  []recalled
	at    map[string]int // by path: index into rows

	numbers map[uint32]bool // of all rows
}

func newRecollection(w *Writer, in *contents, stale func(m *analysis.Member, how string) bool) *recollection {
	r := &recollection{w: w, stale: stale, owned: map[uint32]bool{}, at: map[string]int{}, numbers: map[uint32]bool{}}
	for i, m := range in.members.All() {
		if m.Indexed > 0 {
			r.owned[in.members.stored(i).Number] = true
		}
	}
	return r
}

// visible takes in what counts of a complete bundle, and reports whether any of
// it is to be read again.
func (r *recollection) visible(in *contents, bundle string) (again bool) {
	for i, m := range in.members.All() {
		if m.Bundle == bundle {
			r.add(m.Path, recalled{rowPlace: rowPlace{ref: in.members.rows[i]}, before: true, now: m})
			again = again || r.stale(m, in.members.stored(i).How)
		}
	}
	return again
}

// recall takes in a batch.
func (r *recollection) recall(b *batch) {
	w := r.w
	for _, p := range b.rows {
		w.next = max(w.next, p.number+1)
		r.numbers[p.number] = true
		if path, bundle := p.where(); bundle == w.bundle.ID && int(p.pass) == w.pass {
			r.add(path, recalled{rowPlace: p})
		}
	}
	for _, s := range b.shapes {
		w.shapes[s.id] = true
	}
	for i, x := range b.resources {
		w.resources[x] = b.resourceIDs[i]
	}
}

// add takes in a row; it replaces an earlier one of the same path.
func (r *recollection) add(path string, row recalled) {
	if at, ok := r.at[path]; ok {
		r.rows[at] = row
		return
	}
	r.at[path] = len(r.rows)
	r.rows = append(r.rows, row)
}

// end tells the writer which members are done. A member is not when it took
// over another one that has since become part of a third, nor when damage took
// some of the bytes that are stored by its number.
func (r *recollection) end(stored map[uint32]int64) {
	w := r.w
	for i := range r.rows {
		p := &r.rows[i]
		row := p.row()
		if r.stale(&row.Member, row.How) || !p.before && row.Continues && !r.owned[row.Base] {
			continue
		}
		if !p.before && !row.Dropped && stored[row.Number] < row.Member.Indexed-row.Until {
			continue
		}
		w.stored = append(w.stored, *p)
		if p.before {
			row.Number = 0
		}
		w.members[row.Member.Path] = numbered{number: row.Number, given: !p.before, done: true}
		if !p.before && row.Continues {
			w.claimed[row.Base] = true
		}
	}
}

// extent returns how many bytes are stored of each number in this pass. It
// keeps numbers from being given again whose row is lost, or not yet written.
func (w *Writer) extent(m *manifest, rows map[uint32]bool) (map[uint32]int64, error) {
	stored := map[uint32]int64{}
	for i := range m.Segments {
		s := &m.Segments[i]
		r, err := w.c.open(s)
		if err != nil {
			return nil, err
		}
		for at := range r.Blocks() {
			e := &r.Blocks()[at]
			w.next = max(w.next, e.Member+1)
			switch {
			case slices.Contains(s.Dead, e.Member):
			case s.Bundle == w.bundle.ID && s.Pass == w.pass:
				if !slices.Contains(s.Damaged, uint32(at)) {
					stored[e.Member] += e.Bytes
				}
			case m.visible(s.Bundle, s.Pass) && !rows[e.Member] && !slices.Contains(w.orphans[s.Name], e.Member):
				w.orphans[s.Name] = append(w.orphans[s.Name], e.Member)
			}
		}
	}
	return stored, nil
}

// bury finds the blocks of members that are not done: their numbers will be
// given anew.
func (w *Writer) bury(m *manifest) error {
	alive := map[uint32]bool{}
	if w.begun != nil {
		alive[w.begun.Number] = true
	}
	for _, m := range w.members {
		if m.given {
			alive[m.number] = true
		}
	}
	for i := range m.Segments {
		s := &m.Segments[i]
		if s.Bundle != w.bundle.ID || s.Pass != w.pass {
			continue
		}
		r, err := w.c.open(s)
		if err != nil {
			return err
		}
		dead := slices.Clone(s.Dead)
		for at := range r.Blocks() {
			if n := r.Blocks()[at].Member; !alive[n] && !slices.Contains(dead, n) {
				dead = append(dead, n)
			}
		}
		if len(dead) > len(s.Dead) {
			w.dead[s.Name] = dead
		}
		if !slices.ContainsFunc(r.Blocks(), func(e segment.Entry) bool { return !slices.Contains(dead, e.Member) }) {
			w.dead[s.Name] = nil // nothing of it is left
		}
	}
	return nil
}

// Stored calls visit for each member that an earlier import of this bundle
// stored and that need not be read again, in the order in which they were
// finished; the states of a bundle that was complete are not told. What is passed must not be changed.
func (w *Writer) Stored(visit func(m *analysis.Member, states []analysis.State, r Reading)) {
	for i := range w.stored {
		p := &w.stored[i]
		r := p.row()
		var states []analysis.State
		if p.history != nil {
			states = p.history.states
		}
		visit(&r.Member, states, Reading{Head: r.Head, Dialect: r.Dialect, How: r.How, Dropped: r.Dropped && !p.before})
	}
	w.stored = nil
}

// Done reports whether the member is stored whole by an earlier import of
// this bundle that broke off. Its runs and states are stored too.
func (w *Writer) Done(path string) bool {
	w.dictMu.RLock()
	defer w.dictMu.RUnlock()
	return w.members[path].done
}

// Member returns the number to use in segment.Block.Member. Numbers are given
// in the order of the calls, so call it for every member as it comes, in the
// order of the bundle. Safe for use beside the other methods.
func (w *Writer) Member(path string) uint32 {
	w.dictMu.Lock()
	defer w.dictMu.Unlock()
	return w.number(path, false)
}

func (w *Writer) number(path string, done bool) uint32 {
	m := w.members[path]
	if m.given && (m.done || !done) {
		return m.number
	}
	if !m.given {
		m.number, m.given = w.next, true
		w.next++
	}
	m.done = m.done || done
	w.members[path] = m
	return m.number
}

// Shape tells the skeleton of a shape. Repeated calls are fine, but callers
// should remember which shapes they told.
func (w *Writer) Shape(id uint64, skeleton string) {
	if w.Known(id) {
		return
	}
	w.dictMu.Lock()
	defer w.dictMu.Unlock()
	if !w.shapes[id] {
		w.shapes[id] = true
		w.fresh.shapes = append(w.fresh.shapes, shapeRow{id, skeleton})
	}
}

// Known reports whether the skeleton of a shape need not be told.
func (w *Writer) Known(id uint64) bool {
	w.dictMu.RLock()
	defer w.dictMu.RUnlock()
	return w.shapes[id]
}

// Resource returns the hash to use in segment.Block.Resources.
func (w *Writer) Resource(r analysis.Resource) uint64 {
	w.dictMu.RLock()
	id, ok := w.resources[r]
	w.dictMu.RUnlock()
	if ok {
		return id
	}
	w.dictMu.Lock()
	defer w.dictMu.Unlock()
	if id, ok = w.resources[r]; !ok {
		id = resourceID(r)
		w.resources[r] = id
		w.fresh.resources = append(w.fresh.resources, r)
	}
	return id
}

func resourceID(r analysis.Resource) uint64 {
	var room [512]byte
	b := room[:0]
	for _, s := range partsOf(&r) {
		b = appendText(b, *s)
	}
	sum := sha256.Sum256(b)
	return binary.LittleEndian.Uint64(sum[:])
}

// Append stores an encoded block. Blocks of a member come in their order, and
// before its Finished.
func (w *Writer) Append(encoded []byte, info segment.Info) error {
	if err := w.ready(); err != nil {
		return err
	}
	if w.seg == nil {
		if w.seg, w.err = w.create(); w.err != nil {
			return w.fail(w.err)
		}
	}
	if err := w.seg.Append(encoded, info); err != nil {
		return w.fail(fmt.Errorf("write %s: %w", w.seg.name, err))
	}
	w.dictMu.Lock()
	w.mark = nil
	w.dictMu.Unlock()
	return nil
}

// Finished stores the ledger row of a member whose blocks are all appended,
// with the runs and states that were read from it. Every member of the bundle
// needs one, also those without blocks.
func (w *Writer) Finished(m analysis.Member, runs []analysis.Run, states []analysis.State) error {
	return w.FinishedAs(m, runs, states, Reading{})
}

// FinishedAs is Finished with what is to be kept beside the ledger row.
func (w *Writer) FinishedAs(m analysis.Member, runs []analysis.Run, states []analysis.State, r Reading) error {
	if err := w.ready(); err != nil {
		return err
	}
	if w.Done(m.Path) {
		return fmt.Errorf("member %s is stored already", m.Path)
	}
	m.Bundle = w.bundle.ID
	w.dictMu.Lock()
	number := w.number(m.Path, true)
	w.mark = nil
	w.dictMu.Unlock()
	row := memberRow{
		Number: number, Pass: w.pass, Member: m, Runs: runs, States: states,
		Head: r.Head, Dialect: r.Dialect, How: r.How, Place: r.Place, Dropped: r.Dropped,
	}
	if r.Prior != nil {
		row.Continues, row.Base, row.Until = true, r.Prior.number, r.Until
	}
	if err := w.fresh.add(&row); err != nil {
		return w.fail(err)
	}
	return w.perhapsCommit()
}

func (w *Writer) perhapsCommit() error {
	if (w.seg == nil || w.seg.Raw() < commitRaw) && w.fresh.members.n < commitRows && time.Since(w.committed) < cmp.Or(w.c.o.Commit, commitAfter) {
		return nil
	}
	if w.seg != nil && w.seg.Open() {
		return nil // blocks that share their frames stand in one segment
	}
	return w.commit()
}

func (w *Writer) ready() error {
	switch {
	case w.err != nil:
		return w.err
	case w.closed:
		return ErrClosed
	}
	return nil
}

func (w *Writer) fail(err error) error {
	if w.err == nil {
		w.err = advise(w.c.dir, err)
	}
	return w.err
}

// Commit makes all that was Finished durable.
func (w *Writer) Commit() error {
	if err := w.ready(); err != nil {
		return err
	}
	if err := w.commit(); err != nil {
		return err
	}
	return w.settle()
}

// settle waits for the commit that is under way.
func (w *Writer) settle() error {
	if w.flushing == nil {
		return w.err
	}
	err := <-w.flushing
	w.flushing = nil
	if err != nil {
		return w.fail(fmt.Errorf("store: %w", err))
	}
	return w.err
}

// commit hands what has gathered to a goroutine that stores it, after waiting
// for the one before.
func (w *Writer) commit() error {
	if err := w.settle(); err != nil {
		return err
	}
	k := w.take()
	if k.empty() {
		return nil
	}
	w.flushing = make(chan error, 1)
	go func(result chan<- error) { result <- k.run() }(w.flushing)
	return nil
}

// Finish completes the import: it commits, mines the patterns, counts them,
// and makes the bundle visible to queries. b is the bundle as the walk left
// it. The Writer is of no use afterwards.
func (w *Writer) Finish(ctx context.Context, b analysis.Bundle) error {
	if err := w.finish(ctx, b); err != nil {
		return fmt.Errorf("finish import of %s: %w", b.Name, err)
	}
	return nil
}

func (w *Writer) finish(ctx context.Context, b analysis.Bundle) error {
	if err := w.ready(); err != nil {
		return err
	}
	if err := w.settle(); err != nil {
		return err
	}
	if w.begun != nil { // nobody asked for it
		w.begun = nil
		if err := w.bury(w.c.manifest()); err != nil {
			return w.fail(err)
		}
	}
	k := w.take()
	if err := k.write(); err != nil {
		return w.fail(err)
	}
	k.b = batch{} // it is written; what follows wants the memory
	w.dictMu.Lock()
	w.members = map[string]numbered{}
	w.dictMu.Unlock()
	synced := make(chan error, 1)
	go func() { synced <- k.sync() }()
	w.c.healing.Lock()
	defer w.c.healing.Unlock()
	in, found, derived, err := w.derive(ctx, k, b)
	if e := <-synced; e != nil {
		return w.fail(errors.Join(e, err))
	}
	if err != nil { // the end is not reached, but what was Finished is kept
		return w.fail(errors.Join(err, w.c.update(k.list)))
	}
	var old *fileEntry
	var empty []string
	err = w.c.update(func(m *manifest) {
		k.list(m)
		w.complete(m, b)
		empty = in.letGo(m)
		found.enter(m)
		if len(in.problems) == 0 { // all that was lost was imported again
			m.Lost = nil
			for i := range m.Segments {
				s := &m.Segments[i]
				s.Dead = append(slices.Clone(s.Dead), w.orphans[s.Name]...)
			}
		}
		old, m.Derived, m.Data = m.Derived, derived, in.generation
	})
	if err != nil {
		return w.fail(err)
	}
	k.tidy()
	if old != nil {
		empty = append(empty, old.Name)
	}
	for _, name := range empty {
		_ = w.c.fs.Remove(name) // else the next Open removes it
	}
	w.c.contents.Store(in)
	_ = w.c.compact(ctx) // the import is complete without it
	w.closed = true
	w.c.release(w)
	return nil
}

// letGo takes segments out of m of which nothing counts any more, because all of
// it was read again, and returns their names. Views that were made before keep
// them open.
func (in *contents) letGo(m *manifest) (names []string) {
	used := map[string]bool{}
	for i := range in.blocks {
		used[in.blocks[i].file] = true
	}
	m.Segments = slices.DeleteFunc(m.Segments, func(s segmentEntry) bool {
		dead := m.visible(s.Bundle, s.Pass) && !used[s.Name] && len(s.Damaged) == 0
		if dead {
			names = append(names, s.Name, tableName(s.Name))
		}
		return dead
	})
	return names
}

func (w *Writer) complete(m *manifest, b analysis.Bundle) {
	e := m.bundle(w.bundle.ID)
	b.ID = w.bundle.ID
	e.Bundle, e.Complete, e.Pass, e.How, e.Begun = b, true, w.pass, w.how, nil
}

// derive makes the contents that the case has once k and the bundle's end are
// in the manifest, and writes down what was derived. The file is not synced:
// when it is lost, it is made again.
func (w *Writer) derive(ctx context.Context, k *commit, b analysis.Bundle) (*contents, damage, *fileEntry, error) {
	m := w.c.manifest().clone()
	k.list(m)
	w.complete(m, b)
	m.Data, m.Derived = m.Generation+1, nil
	in, found, err := w.c.gatherWhole(ctx, m)
	if err != nil {
		return nil, found, nil, err
	}
	data, err := in.encodeDerived()
	if err != nil {
		return nil, found, nil, err
	}
	entry := entryOf(w.c.newName(derivedExt), data)
	f, err := w.c.fs.Create(entry.Name)
	if err != nil {
		return nil, found, nil, err
	}
	_, err = f.Write(data)
	return in, found, &entry, errors.Join(err, f.Close())
}

// Close ends an import that is not finished: what was Finished of it is
// committed, unless an error came before, and the next Begin continues there.
// After Finish it does nothing.
func (w *Writer) Close() error {
	if w.closed {
		return nil
	}
	var err error
	if w.err == nil {
		err = w.Commit()
	} else {
		_ = w.settle() // the error is known
	}
	w.closed = true
	if w.seg != nil {
		_ = w.seg.file.Close() // incomplete, and listed nowhere
	}
	w.c.release(w)
	return err
}
