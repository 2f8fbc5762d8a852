package index

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sync/errgroup"

	"faultline/analysis"
	"faultline/index/segment"
)

// Options say how a case is made or opened. The zero value opens an existing
// case for writing.
type Options struct {
	Name     string           // of a new case
	Customer string           // of a new case
	Zone     string           // of a new case: IANA name, assumed for stamps without a zone; "" is UTC
	Version  string           // of the program
	ReadOnly bool             // change nothing: works on read-only media and beside a writer
	Now      func() time.Time // nil is time.Now
	Commit   time.Duration    // how much time of an import may be lost to a crash, about; 0 is two seconds

	fs func(dir string) fsys // nil is the real folder
}

// Errors that a caller may test for.
var (
	ErrNoCase   = errors.New("there is no case in this folder")
	ErrExists   = errors.New("there is a case in this folder already")
	ErrImported = errors.New("the bundle is in the case already")
	ErrReadOnly = errors.New("the case is open for reading only")
	ErrClosed   = errors.New("the case is closed")
)

// DamagedError says that a file of a case is not what was written.
type DamagedError struct {
	File string
	Err  error

	known bool // it is left out already: asking again does not help
}

func (e *DamagedError) Error() string { return "damaged file " + e.File + ": " + e.Err.Error() }
func (e *DamagedError) Unwrap() error { return e.Err }

// ForeignError says that a file of a case is whole, but not of a form that this
// program knows. Such a case is not opened, and nothing in it is changed.
type ForeignError struct {
	File string
	Err  error
}

func (e *ForeignError) Error() string {
	return e.File + " was written by another version of the program (" + e.Err.Error() +
		"); nothing was changed: open the case with that version, or import its bundles into a new case"
}
func (e *ForeignError) Unwrap() error { return e.Err }

// Case is one investigation on disk: its bundles and all that was derived from
// them. All its methods may be called from several goroutines at once.
type Case struct {
	dir      string
	o        Options
	fs       fsys
	lock     *flock.Flock // nil when read only
	readOnly bool

	// What queries read. Both are replaced whole, never changed.
	contents  atomic.Pointer[contents]
	judgement atomic.Pointer[judgement]
	current   atomic.Pointer[view]         // of both; made by the first query
	texts     atomic.Pointer[descriptions] // nil until somebody asks
	ranked    ranked

	updating sync.Mutex    // held while the manifest is replaced
	healing  sync.Mutex    // held while contents are replaced
	next     atomic.Uint64 // number of the newest file

	mu      sync.Mutex
	man     *manifest // never changed once it is here
	writer  *Writer   // the open one
	readers map[string]*openSegment
	notes   []analysis.Problem // damage that lost nothing
	closed  bool
}

type openSegment struct {
	file file
	*segment.Reader

	mended error // why its end was read from the copy; nil when it was not
	looked bool  // since then its blocks were looked through
}

// mended reads a file whose last bytes are replaced.
type mended struct {
	file
	end []byte
	at  int64 // where they belong
}

func (m *mended) ReadAt(b []byte, off int64) (int, error) {
	if off < m.at {
		return m.file.ReadAt(b, off)
	}
	return bytes.NewReader(m.end).ReadAt(b, off-m.at)
}

// Info is what a case is, in numbers. Bundles whose import is not complete
// count nowhere but in Unfinished.
type Info struct {
	Dir        string            `json:"dir"`
	Name       string            `json:"name"`
	Customer   string            `json:"customer,omitempty"`
	Zone       string            `json:"zone,omitempty"`
	Created    time.Time         `json:"created"`
	Bundles    []analysis.Bundle `json:"bundles"`
	Unfinished []analysis.Bundle `json:"unfinished,omitempty"` // can be resumed with Begin
	Span       analysis.Span     `json:"span"`                 // of the records
	Records    int64             `json:"records"`              // without duplicates
	Timed      int64             `json:"timed"`                // of those, with a time
	Bytes      int64             `json:"bytes"`                // raw, indexed
	Members    int               `json:"members"`
	Patterns   int               `json:"patterns"`
	Runs       int               `json:"runs"`
	States     int               `json:"states"`
	Disk       int64             `json:"disk"` // bytes of the store's files
	ReadOnly   bool              `json:"readOnly"`
	Version    string            `json:"version,omitempty"` // of the program that created it
	Root       string            `json:"root"`              // hash over bundles, members and marks: equal for equal content

	// Problems say which stored files are damaged and what is missing because
	// of it, by member, lines and bytes. While some is missing, every answer is
	// one of what is left. Aside are the damaged files, which are kept.
	Problems []analysis.Problem `json:"problems,omitempty"`
	Aside    []string           `json:"aside,omitempty"`
}

// Create makes a new, empty case in dir, which may exist but must hold no
// case.
func Create(dir string, o Options) (*Case, error) {
	c, err := create(dir, o)
	if err != nil {
		return nil, fmt.Errorf("create case %s: %w", dir, advise(dir, err))
	}
	return c, nil
}

func create(dir string, o Options) (*Case, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	c := newCase(dir, o)
	if _, err := loadManifest(c.fs); !errors.Is(err, ErrNoCase) {
		if unwritable(err) {
			return nil, err
		}
		return nil, ErrExists // be it a damaged one
	}
	lock, err := takeLock(dir, c.now())
	if err != nil {
		return nil, err
	}
	m := &manifest{
		Layout: layout, Generation: 1, Data: 1, Created: c.now(), Version: o.Version,
		Name: o.Name, Customer: o.Customer, Zone: o.Zone,
	}
	if err := m.store(c.fs); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	c.lock, c.man = lock, m
	if err := c.publish(nil); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return c, nil
}

// Open opens the case in dir. Where the folder cannot be written to, it opens
// for reading only; Info tells. Errors to test for: ErrNoCase, *LockedError,
// *DamagedError, *ForeignError.
func Open(dir string, o Options) (*Case, error) {
	c, err := open(dir, o)
	if err != nil {
		return nil, fmt.Errorf("open case %s: %w", dir, advise(dir, err))
	}
	return c, nil
}

func open(dir string, o Options) (*Case, error) {
	c := newCase(dir, o)
	if _, err := loadManifest(c.fs); err != nil { // before the lock: no lock file where there is no case
		return nil, err
	}
	var err error
	c.readOnly = o.ReadOnly
	if !c.readOnly {
		c.lock, err = takeLock(dir, c.now())
		switch {
		case unwritable(err):
			c.readOnly = true
		case err != nil:
			return nil, err
		}
	}
	if c.readOnly {
		return c, c.openBeside()
	}
	m, err := loadManifest(c.fs)
	if err == nil {
		c.man = m
		c.next.Store(m.Next)
		err = c.publish(c.sweep)
	}
	if err != nil {
		return nil, errors.Join(err, c.shut())
	}
	c.keepDerived()
	return c, nil
}

// openBeside opens for reading. A writer may replace files meanwhile: then
// the newer manifest knows their successors.
func (c *Case) openBeside() error {
	for try := 0; ; try++ {
		m, err := loadManifest(c.fs)
		if err != nil {
			return err
		}
		c.man = m
		c.doubted(m)
		err = c.publish(nil)
		if err == nil {
			return nil
		}
		if try == 5 || !errors.Is(err, errReplaced) {
			return errors.Join(err, c.shut())
		}
	}
}

func unwritable(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

func newCase(dir string, o Options) *Case {
	c := &Case{dir: dir, o: o, fs: folder(dir), readers: map[string]*openSegment{}}
	if o.fs != nil {
		c.fs = o.fs(dir)
	}
	return c
}

func (c *Case) now() time.Time {
	if c.o.Now != nil {
		return c.o.Now().UTC()
	}
	return time.Now().UTC()
}

// Close ends the use of the case. An import that is not finished stays as far
// as it is committed. Answers that are still under way may fail.
func (c *Case) Close() error {
	c.mu.Lock()
	w := c.writer
	c.mu.Unlock()
	var err error
	if w != nil {
		err = w.Close()
	}
	return errors.Join(err, c.shut())
}

func (c *Case) shut() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	err := c.ranked.close()
	for _, r := range c.readers {
		err = errors.Join(err, r.file.Close())
	}
	if c.lock != nil {
		err = errors.Join(err, c.lock.Unlock())
	}
	return err
}

// update replaces the manifest by one that change has changed.
func (c *Case) update(change func(m *manifest)) error {
	if c.readOnly {
		return ErrReadOnly
	}
	c.updating.Lock()
	defer c.updating.Unlock()
	m := c.manifest().clone()
	change(m)
	m.Generation++
	m.Next = c.next.Load()
	if err := m.store(c.fs); err != nil {
		return advise(c.dir, fmt.Errorf("store the manifest: %w", err))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.man = m
	return nil
}

// newName returns the name of a new file. The number is used up whether or
// not the file is ever listed.
func (c *Case) newName(ext string) string { return fmt.Sprintf("%06d%s", c.next.Add(1), ext) }

// manifest returns the current manifest. It must not be changed.
func (c *Case) manifest() *manifest {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.man
}

// openAll returns the readers of segment files.
func (c *Case) openAll(list []*segmentEntry) ([]*segment.Reader, error) {
	readers, errs := make([]*segment.Reader, len(list)), make([]error, len(list))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, s := range list {
		g.Go(func() error {
			readers[i], errs[i] = c.open(s)
			return nil
		})
	}
	return readers, errors.Join(g.Wait(), errors.Join(errs...))
}

// open returns the reader of a segment file.
func (c *Case) open(s *segmentEntry) (*segment.Reader, error) {
	c.mu.Lock()
	r, closed := c.readers[s.Name], c.closed
	c.mu.Unlock()
	switch {
	case r != nil:
		return r.Reader, nil
	case closed:
		return nil, ErrClosed
	}
	r, err := openSegmentFile(c.fs, s)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if other := c.readers[s.Name]; other != nil || c.closed {
		err := r.file.Close()
		if other == nil {
			return nil, errors.Join(ErrClosed, err)
		}
		return other.Reader, err
	}
	c.readers[s.Name] = r
	return r.Reader, nil
}

func openSegmentFile(fs fsys, s *segmentEntry) (*openSegment, error) {
	f, err := fs.Open(s.Name)
	if err != nil {
		return nil, damaged(s.Name, err)
	}
	n, err := f.Size()
	if err == nil && n < s.Size { // what was appended is not read
		err = &DamagedError{File: s.Name, Err: fmt.Errorf("%d bytes where %d were written", n, s.Size)}
	}
	if err == nil {
		err = s.checkSeal(f)
	}
	var r *segment.Reader
	if err == nil {
		r, err = segment.NewReader(f, s.Size)
		if bad := (*segment.CorruptError)(nil); s.Seal != "" && errors.As(err, &bad) && bad.Form {
			err = &ForeignError{File: s.Name, Err: err}
		}
	}
	if err == nil {
		return &openSegment{file: f, Reader: r}, nil
	}
	err = damaged(s.Name, err)
	if len(damages(err)) > 0 && s.Table != nil {
		end, e := s.Table.read(fs)
		if e == nil {
			r, e = segment.NewReader(&mended{f, end, s.Size - int64(len(end))}, s.Size)
		}
		if e == nil {
			return &openSegment{file: f, Reader: r, mended: err}, nil
		}
	}
	return nil, errors.Join(err, f.Close())
}

// Info describes the case.
func (c *Case) Info() Info {
	m, in := c.manifest(), c.contents.Load()
	info := Info{
		Dir: c.dir, Name: m.Name, Customer: m.Customer, Zone: m.Zone, Created: m.Created, Version: m.Version,
		Bundles: slices.Clone(in.bundles), Members: in.members.Len(), Patterns: len(in.patterns), Runs: len(in.runs), States: len(in.states),
		ReadOnly: c.readOnly, Root: in.root(m.Marks),
	}
	for i := range m.Bundles {
		if !m.Bundles[i].Complete {
			info.Unfinished = append(info.Unfinished, m.Bundles[i].Bundle)
		}
	}
	for i := range in.blocks {
		e := in.blocks[i].entry()
		info.Records += int64(e.Counted)
		info.Timed += int64(e.Timed)
		info.Bytes += e.Bytes
		info.Span.Add(analysis.Time(e.From))
		info.Span.Add(analysis.Time(e.To))
	}
	for _, f := range m.files() {
		info.Disk += f.Size
	}
	c.mu.Lock()
	info.Problems = slices.Concat(c.notes, in.problems)
	c.mu.Unlock()
	info.Aside = c.aside()
	return info
}

// Members returns the ledger: all members of all bundles, in the order in
// which they were finished.
func (c *Case) Members() *Ledger { return c.contents.Load().members }

// Runs returns all runs. They must not be changed.
func (c *Case) Runs() []analysis.Run { return c.contents.Load().runs }

// States returns all states. They must not be changed.
func (c *Case) States() []analysis.State { return c.contents.Load().states }
