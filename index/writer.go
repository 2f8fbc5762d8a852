package index

import (
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
)

// Writer adds one bundle to a case. Shape and Resource may be called from
// several goroutines; everything else from one at a time.
//
// What was committed survives: after a crash or a Close without Finish, the
// next Begin for the same bundle continues. Members that were Finished before
// the last commit are Done; all others are read again from their beginning,
// and what had been stored of them does not count. Until Finish, no query
// sees any of it.
type Writer struct {
	c      *Case
	bundle bundleEntry

	dictMu    sync.RWMutex
	shapes    map[uint64]bool // all that are known: stored, or in new
	resources map[analysis.Resource]uint64
	fresh     batch // not yet in a commit; members are touched by one goroutine only

	stored  []memberRow // by an earlier import that broke off
	done    map[string]bool
	numbers map[string]uint32
	next    uint32              // number of the next member
	dead    map[string][]uint32 // by segment: numbers for segmentEntry.Dead; empty when no block of it lives

	seg       *segmentFile // open, or nil
	committed time.Time
	flushing  chan error // holds the result of the commit that is under way; nil when none is
	err       error      // the first error; nothing is written after it
	closed    bool
}

// Begin starts the import of a bundle, or continues one that broke off. It
// returns ErrImported when the bundle is in the case already.
func (c *Case) Begin(b analysis.Bundle) (*Writer, error) {
	w, err := c.begin(b)
	if err != nil {
		return nil, fmt.Errorf("import %s: %w", b.Name, err)
	}
	return w, nil
}

func (c *Case) begin(b analysis.Bundle) (*Writer, error) {
	if c.readOnly {
		return nil, ErrReadOnly
	}
	m := c.manifest()
	if e := m.bundle(b.ID); e != nil && e.Complete {
		return nil, ErrImported
	}
	w := &Writer{
		c: c, bundle: bundleEntry{Bundle: b, Imported: c.now()}, committed: time.Now(),
		shapes: map[uint64]bool{0: true}, resources: map[analysis.Resource]uint64{},
		done: map[string]bool{}, numbers: map[string]uint32{}, dead: map[string][]uint32{},
	}
	batches, err := c.readBatches(m)
	if err != nil {
		return nil, err
	}
	for _, batch := range batches {
		w.recall(batch)
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

// recall takes in what earlier commits stored.
func (w *Writer) recall(b *batch) {
	for i := range b.members {
		r := &b.members[i]
		w.next = max(w.next, r.Number+1)
		if r.Member.Bundle == w.bundle.ID {
			w.stored = append(w.stored, *r)
			w.done[r.Member.Path] = true
			w.numbers[r.Member.Path] = r.Number
		}
	}
	for _, s := range b.shapes {
		w.shapes[s.id] = true
	}
	for _, r := range b.resources {
		w.resources[r] = resourceID(r)
	}
}

// bury finds the blocks of members that are not done: their numbers will be
// given anew.
func (w *Writer) bury(m *manifest) error {
	alive := map[uint32]bool{}
	for path := range w.done {
		alive[w.numbers[path]] = true
	}
	for i := range m.Segments {
		s := &m.Segments[i]
		if s.Bundle != w.bundle.ID {
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
// stored whole before it broke off, in the order in which they were finished.
// What is passed must not be changed.
func (w *Writer) Stored(visit func(m *analysis.Member, states []analysis.State)) {
	for i := range w.stored {
		visit(&w.stored[i].Member, w.stored[i].States)
	}
	w.stored = nil
}

// Done reports whether the member is stored whole by an earlier import of
// this bundle that broke off. Its runs and states are stored too.
func (w *Writer) Done(path string) bool { return w.done[path] }

// Member returns the number to use in segment.Block.Member. Numbers are given
// in the order of the calls, so call it for every member as it comes, in the
// order of the bundle. Safe for use beside the other methods.
func (w *Writer) Member(path string) uint32 {
	w.dictMu.Lock()
	defer w.dictMu.Unlock()
	n, ok := w.numbers[path]
	if !ok {
		n = w.next
		w.next++
		w.numbers[path] = n
	}
	return n
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
	h := sha256.New()
	for _, s := range []string{r.Host, r.Cluster, r.Namespace, r.Pod, r.Container, r.Unit, r.Process} {
		h.Write(binary.AppendUvarint(nil, uint64(len(s))))
		h.Write([]byte(s))
	}
	return binary.LittleEndian.Uint64(h.Sum(nil))
}

// Append stores an encoded block. Blocks of a member come in their order, and
// before its Finished. From time to time Append commits.
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
	return w.perhapsCommit()
}

// Finished stores the ledger row of a member whose blocks are all appended,
// with the runs and states that were read from it. Every member of the bundle
// needs one, also those without blocks.
func (w *Writer) Finished(m analysis.Member, runs []analysis.Run, states []analysis.State) error {
	if err := w.ready(); err != nil {
		return err
	}
	if w.done[m.Path] {
		return fmt.Errorf("member %s is stored already", m.Path)
	}
	m.Bundle = w.bundle.ID
	w.fresh.members = append(w.fresh.members, memberRow{
		Number: w.Member(m.Path), Member: m, Runs: slices.Clone(runs), States: slices.Clone(states),
	})
	w.done[m.Path] = true
	return w.perhapsCommit()
}

func (w *Writer) perhapsCommit() error {
	if (w.seg == nil || w.seg.Raw() < commitRaw) && time.Since(w.committed) < commitAfter {
		return nil
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
		w.err = err
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
	k := w.take()
	if err := k.write(); err != nil {
		return w.fail(err)
	}
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
	err = w.c.update(func(m *manifest) {
		k.list(m)
		w.complete(m, b)
		found.enter(m)
		old, m.Derived, m.Data = m.Derived, derived, in.generation
	})
	if err != nil {
		return w.fail(err)
	}
	k.tidy()
	if old != nil {
		_ = w.c.fs.Remove(old.Name) // else the next Open removes it
	}
	w.c.contents.Store(in)
	w.closed = true
	w.c.release(w)
	return nil
}

func (w *Writer) complete(m *manifest, b analysis.Bundle) {
	e := m.bundle(w.bundle.ID)
	b.ID = w.bundle.ID
	e.Bundle, e.Complete = b, true
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
