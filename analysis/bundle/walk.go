package bundle

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"faultline/analysis"
)

// walker is the state of one walk.
type walker struct {
	ctx   context.Context
	path  string
	o     Options
	lim   Limits
	visit Visit
	done  Done

	bundle   analysis.Bundle
	seen     map[uint64]struct{} // hashes of the paths that are taken
	unpacked int64               // bytes handed out
	read     int64               // bytes read of the outermost file or files
	total    int64               // all of them
	reported int64               // what Progress last said
	cut      int                 // streams that expanded too much: each halves what the next one gives first, down to 1/256
	full     bool                // a limit of the whole bundle was hit: nothing more is read
	survey   bool                // only heads and tails are wanted: nothing is hashed
	kinds    votes
	buffers  sync.Pool // of *bufio.Reader
	waste    []byte    // for what is read and not wanted
}

func (l Limits) orDefaults(size int64) Limits {
	set := func(v *int64, d int64) {
		if *v <= 0 {
			*v = d
		}
	}
	if l.Depth <= 0 {
		l.Depth = 6
	}
	if l.Members <= 0 {
		l.Members = 1_000_000
	}
	if l.Name <= 0 {
		l.Name = 4 << 10
	}
	set(&l.Ratio, 200)
	set(&l.RatioFrom, 256<<20)
	set(&l.Memory, 64<<20)
	set(&l.Total, max(10<<30, 50*min(size, 1<<50)))
	return l
}

func newWalker(ctx context.Context, path string, o Options, visit Visit, done Done) *walker {
	w := &walker{ctx: ctx, path: path, o: o, visit: visit, done: done}
	w.seen = map[uint64]struct{}{}
	w.buffers.New = func() any { return bufio.NewReaderSize(nil, 64<<10) }
	w.bundle.Name, w.bundle.Path = bundleName(path), path
	w.waste = make([]byte, 64<<10)
	return w
}

// bundleName returns the name that a bundle is called by.
func bundleName(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return filepath.Base(path)
}

func (w *walker) run() error {
	info, err := os.Stat(w.path)
	if err != nil {
		return fmt.Errorf("open bundle: %w", err)
	}
	switch {
	case info.IsDir():
		err = w.folder()
	case info.Mode().IsRegular():
		err = w.file(info)
	default:
		err = fmt.Errorf("open bundle %s: neither a file nor a folder", w.path)
	}
	if err != nil {
		return err
	}
	w.bundle.Kind, w.bundle.Collected = w.kinds.result(w.bundle.Name)
	w.read = w.total
	w.progress(0)
	return nil
}

// file walks a bundle that is one file.
func (w *walker) file(info os.FileInfo) error {
	f, err := os.Open(w.path)
	if err != nil {
		return fmt.Errorf("open bundle: %w", err)
	}
	o := w.carefully(f, info.Size())
	defer o.Close()
	w.total = info.Size()
	w.bundle.Size = w.total
	w.lim = w.o.Limits.orDefaults(w.total)
	var r io.Reader = &source{w: w, r: o}
	sum := sha256.New()
	w.bundle.SHA256 = w.o.Hashes.of(w.path, info)
	_, hollow := sparse(f, w.total)
	if w.bundle.SHA256 == "" && !w.survey && !hollow {
		r = io.TeeReader(r, sum)
	}
	name := cleanName(w.bundle.Name, w.lim.Name, false)
	m := &analysis.Member{Path: name.path, Modified: info.ModTime().UTC(), Problems: problems(name.path, name.notes)}
	if err := w.entry(entry{m: m, r: r, at: o, size: w.total, top: true, sum: w.bundle.SHA256}); err != nil {
		return err
	}
	// An archive that is read at random, a limit or a fault leave some of it
	// unread: the hash wants it all.
	if w.survey || hollow || w.bundle.SHA256 != "" {
		return nil
	}
	if _, err := w.drain(r); err != nil && w.ctx.Err() != nil {
		return w.ctx.Err()
	}
	w.bundle.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// source counts what is read of the outermost files and looks at the context.
type source struct {
	w *walker
	r io.Reader
}

func (s *source) Read(p []byte) (int, error) {
	if err := s.w.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := s.r.Read(p)
	s.w.progress(n)
	return n, err
}

// sourceAt is a source that is read at random, by one goroutine at a time. Of
// a zip of small members a few bytes are wanted here and there, most often
// close to the last ones: such reads take more than they are asked for.
type sourceAt struct {
	w    *walker
	r    io.ReaderAt
	last int64  // where the last read was, or the end of a long one
	near []byte // bytes from at on
	at   int64
	room [16 << 10]byte
}

// short is how much a read may want to be short, and how close is close.
const short = 2 << 10

func (s *sourceAt) ReadAt(p []byte, off int64) (int, error) {
	if err := s.w.ctx.Err(); err != nil {
		return 0, err
	}
	if len(p) <= short {
		if off-s.last >= 0 && off-s.last <= short && !s.holds(off, len(p)) {
			n, err := s.r.ReadAt(s.room[:], off)
			if s.near, s.at = s.room[:n], off; err != nil && err != io.EOF {
				s.near = nil
			}
		}
		s.last = off
		if s.holds(off, len(p)) {
			n := copy(p, s.near[off-s.at:])
			s.w.progress(n)
			return n, nil
		}
	}
	n, err := s.r.ReadAt(p, off)
	s.last = off + int64(n)
	s.w.progress(n)
	return n, err
}

func (s *sourceAt) holds(off int64, n int) bool {
	return off >= s.at && off+int64(n) <= s.at+int64(len(s.near))
}

func (w *walker) progress(n int) {
	w.read = min(w.read+int64(n), w.total)
	if w.o.Progress == nil || w.read-w.reported < 4<<20 && n > 0 {
		return
	}
	w.reported = w.read
	w.o.Progress(w.read, w.total)
}

// drain reads r to its end and throws the bytes away.
func (w *walker) drain(r io.Reader) (n int64, err error) {
	for {
		k, err := r.Read(w.waste)
		n += int64(k)
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

func (w *walker) buffer(r io.Reader) *bufio.Reader {
	br := w.buffers.Get().(*bufio.Reader)
	br.Reset(r)
	return br
}

func (w *walker) release(br *bufio.Reader) {
	br.Reset(nil)
	w.buffers.Put(br)
}

// entry is something with bytes: a member, or an archive of members.
type entry struct {
	m     *analysis.Member
	r     io.Reader
	at    io.ReaderAt // the same bytes at random where that is possible, else nil
	size  int64       // -1 when not known for certain
	sum   string      // SHA-256 of the bytes where it is known
	depth int         // archives around it
	top   bool        // it is the bundle itself

	raw    *counter  // r, counted
	ahead  *ahead    // the decoders, when there are any: see settle
	layers string    // compressions around the bytes, outermost first
	notes  *[]notice // what the readers noticed
}

// prefix returns what stands before the paths of the members in e.
func (e *entry) prefix() string {
	if e.top {
		return ""
	}
	return e.m.Path + "!/"
}

// settle ends the decoders of e, so that raw can be read and notes are
// complete. No more of e's unpacked bytes can be read then.
func (e *entry) settle() {
	*e.notes = append(*e.notes, e.ahead.stop()...)
}

// entry looks at the first bytes; an archive is walked, all else is visited.
func (w *walker) entry(e entry) error {
	e.raw, e.notes, e.ahead = &counter{r: e.r}, new([]notice), new(ahead)
	br := w.buffer(e.raw)
	defer w.release(br)
	head, err := br.Peek(tarBlock)
	if len(head) == 0 {
		return w.noBytes(e, err)
	}
	if w.full {
		return w.unread(e, br, notice{analysis.ProblemLimit, "not read: the bundle's limit of unpacked bytes was reached before"})
	}
	for c := compressionOf(head); c != nil; c = compressionOf(head) {
		if e.depth >= w.lim.Depth {
			return w.unread(e, br, w.tooDeep(c.name))
		}
		e.depth++
		if e.layers != "" {
			e.layers += ", "
		}
		e.layers += c.name
		if e.raw.sum == nil {
			w.hashRaw(&e, br)
		}
		x, err := c.open(br, &e.ahead.notes)
		if err != nil {
			return w.unread(e, br, noticeOf(err))
		}
		defer x.Close()
		inner := w.buffer(w.guard(x, e.raw))
		defer w.release(inner)
		if head, err = inner.Peek(tarBlock); len(head) == 0 {
			if err != io.EOF {
				return w.unread(e, br, noticeOf(err))
			}
			return w.noBytes(e, err)
		}
		br, e.at, e.size, e.sum = inner, nil, -1, ""
	}
	if e.layers != "" {
		e.ahead.r = br
		defer e.settle()
		br = w.buffer(e.ahead)
		defer w.release(br)
		if head, err = br.Peek(tarBlock); len(head) == 0 {
			return w.noBytes(e, err)
		}
	}
	switch {
	case isZip(head):
		if e.depth >= w.lim.Depth {
			return w.unread(e, br, w.tooDeep("zip"))
		}
		e.depth++
		return w.zip(e, br)
	case isTar(head):
		if e.layers == "" {
			if e.depth >= w.lim.Depth {
				return w.unread(e, br, w.tooDeep("tar"))
			}
			e.depth++
		}
		return w.archive(e, br, "tar", func() error { return w.tar(e, br) })
	}
	return w.member(e, br)
}

func (w *walker) tooDeep(what string) notice {
	return notice{analysis.ProblemLimit, fmt.Sprintf("not opened: a %s more than %d archives deep", what, w.lim.Depth)}
}

// hashRaw makes e hash its bytes as they are stored. Until now they all are in
// br's buffer.
func (w *walker) hashRaw(e *entry, br *bufio.Reader) {
	if e.top || w.survey {
		return // the whole file is hashed anyway
	}
	e.raw.sum = sha256.New()
	seen, _ := br.Peek(br.Buffered())
	e.raw.sum.Write(seen)
}

// archive lists e as an archive and walks its members.
func (w *walker) archive(e entry, br *bufio.Reader, what string, walk func() error) error {
	if e.raw.sum == nil {
		w.hashRaw(&e, br)
	}
	if e.layers != "" {
		what += ", " + e.layers
	}
	if !e.top {
		e.m.Kind, e.m.Detail = analysis.MemberArchive, what
		if ok, err := w.begin(e.m, nil); !ok {
			return err
		}
	}
	if err := walk(); err != nil {
		return err
	}
	e.settle()
	if e.top {
		w.bundle.Problems = append(w.bundle.Problems, problems("", *e.notes)...)
		return nil
	}
	if _, err := w.drain(e.raw); err != nil && w.ctx.Err() != nil {
		return w.ctx.Err()
	}
	if e.raw.sum != nil {
		e.m.SHA256 = hex.EncodeToString(e.raw.sum.Sum(nil))
	}
	return w.end(e.m, *e.notes)
}

// member visits e as a member with bytes.
func (w *walker) member(e entry, br *bufio.Reader) error {
	m := e.m
	m.Kind, m.Detail = analysis.MemberText, e.layers
	if e.sum != "" && e.size >= 0 {
		m.SHA256, m.Bytes = e.sum, e.size
	}
	b := &body{w: w, r: br, at: e.at, size: e.size}
	if !w.survey && e.sum == "" {
		b.sum = sha256.New()
	}
	if w.kinds.wants(m.Path) {
		b.head = make([]byte, 0, 4<<10)
	}
	ok, err := w.begin(m, b)
	if !ok {
		return err
	}
	if errors.Is(err, ErrSkip) {
		b.sum = nil
		if e.size >= 0 {
			for len(b.head) < cap(b.head) && !b.over {
				if _, err := b.Read(w.waste[:cap(b.head)]); err != nil && err != io.EOF {
					return err
				}
			}
			b.n, b.over = e.size, true
		}
	}
	if _, err := w.drain(b); err != nil {
		return err
	}
	e.settle()
	m.Bytes, m.SHA256 = b.n, ""
	if b.sum != nil {
		m.SHA256 = hex.EncodeToString(b.sum.Sum(nil))
	} else if m.Bytes == e.size && b.fault == nil {
		m.SHA256 = e.sum
	}
	if b.fault != nil {
		*e.notes = append(*e.notes, *b.fault)
	}
	w.kinds.content(m.Path, b.head)
	return w.end(m, *e.notes)
}

// unread lists e as unreadable; what is left of its bytes is counted.
func (w *walker) unread(e entry, br *bufio.Reader, why notice) error {
	e.settle()
	e.m.Kind, e.m.Detail = analysis.MemberUnread, e.layers
	e.m.Problems = append(e.m.Problems, problems(e.m.Path, []notice{why})...)
	if ok, err := w.begin(e.m, nil); !ok {
		return err
	}
	if e.raw.sum == nil {
		w.hashRaw(&e, br)
	}
	if w.full && e.at != nil {
		e.m.Bytes = e.size
		return w.end(e.m, nil)
	}
	if _, err := w.drain(e.raw); err != nil && w.ctx.Err() != nil {
		return w.ctx.Err()
	}
	e.m.Bytes = e.raw.n
	if e.raw.sum != nil {
		e.m.SHA256 = hex.EncodeToString(e.raw.sum.Sum(nil))
	}
	return w.end(e.m, nil)
}

// noBytes lists a member of no bytes; err is what reading them gave.
func (w *walker) noBytes(e entry, err error) error {
	if cause := w.ctx.Err(); cause != nil {
		return cause
	}
	e.settle()
	e.m.Kind, e.m.Detail = analysis.MemberEmpty, e.layers
	if err != io.EOF && err != nil {
		e.m.Kind = analysis.MemberUnread
		*e.notes = append(*e.notes, noticeOf(err))
	} else {
		e.m.SHA256 = hex.EncodeToString(sha256.New().Sum(nil))
	}
	if ok, err := w.begin(e.m, nil); !ok {
		return err
	}
	return w.end(e.m, *e.notes)
}

// listed lists a member that has no bytes of its own: a link, a device.
func (w *walker) listed(m *analysis.Member) error {
	if ok, err := w.begin(m, nil); !ok {
		return err
	}
	return w.end(m, nil)
}

// begin counts and visits m. It reports false when m is not to be finished:
// the walk ends, or the bundle has too many members. With true, the error is
// nil or ErrSkip.
func (w *walker) begin(m *analysis.Member, b *body) (bool, error) {
	if err := w.ctx.Err(); err != nil {
		return false, err
	}
	if w.bundle.Members >= w.lim.Members {
		if !w.full {
			w.full = true
			w.limit(fmt.Sprintf("more than %d members: the rest is neither listed nor read", w.lim.Members))
		}
		return false, nil
	}
	w.bundle.Members++
	m.Path = w.unique(m.Path)
	m.Resource = resourceOf(w.bundle.Name, m.Path)
	w.kinds.path(m)
	var r io.Reader
	if b != nil {
		r = b
	}
	err := w.visit(m, r)
	if err != nil && !errors.Is(err, ErrSkip) {
		return false, err
	}
	return true, err
}

// end completes m.
func (w *walker) end(m *analysis.Member, notes []notice) error {
	m.Problems = append(m.Problems, problems(m.Path, notes)...)
	if w.done == nil {
		return nil
	}
	return w.done(m)
}

func (w *walker) limit(detail string) {
	w.bundle.Problems = append(w.bundle.Problems, analysis.Problem{Kind: analysis.ProblemLimit, Detail: detail})
}

// unique returns path, with a number when it is taken.
func (w *walker) unique(path string) string {
	for n, name := 2, path; ; n++ {
		h := fnv.New64a()
		h.Write([]byte(name))
		if _, taken := w.seen[h.Sum64()]; !taken {
			w.seen[h.Sum64()] = struct{}{}
			return name
		}
		name = path + " #" + strconv.Itoa(n)
	}
}

// body is a member's bytes as a visitor reads them. Faults of the data end it
// early and are kept; only the context's error is returned.
type body struct {
	w     *walker
	r     io.Reader
	at    io.ReaderAt // the same bytes at random, or nil
	size  int64       // as it was stated, of at for certain; -1 when not known
	n     int64
	sum   hash.Hash
	head  []byte // its first bytes, up to its capacity
	fault *notice
	over  bool
}

// Size returns how many bytes there should be, -1 where that is not known. What
// an archive says of it may be wrong.
func (b *body) Size() int64 { return b.size }

// Direct reports whether the bytes are those of a file of the folder, or of
// the bundle that is one.
func (b *body) Direct() bool { return b.at != nil }

func (b *body) Read(p []byte) (int, error) {
	if b.over {
		return 0, io.EOF
	}
	n, err := b.r.Read(p)
	b.n += int64(n)
	b.w.unpacked += int64(n)
	if b.sum != nil {
		b.sum.Write(p[:n])
	}
	if k := min(n, cap(b.head)-len(b.head)); k > 0 {
		b.head = append(b.head, p[:k]...)
	}
	if cause := b.w.ctx.Err(); cause != nil {
		return n, cause
	}
	if b.w.unpacked > b.w.lim.Total && err == nil {
		b.w.full = true
		b.w.limit(fmt.Sprintf("the limit of %d unpacked bytes was reached in %s: the rest of the bundle is not read", b.w.lim.Total, b.w.bundle.Name))
		err = notice{analysis.ProblemLimit, "cut here: the bundle's limit of unpacked bytes is reached"}
	}
	switch {
	case err == nil:
		return n, nil
	case err != io.EOF:
		f := noticeOf(err)
		b.fault = &f
	}
	b.over = true
	return n, io.EOF
}

// counter counts what is read through it, and hashes it when sum is set.
type counter struct {
	r   io.Reader
	n   int64
	sum hash.Hash
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if c.sum != nil {
		c.sum.Write(p[:n])
	}
	return n, err
}

// notice is something found about data; it is an error where it ends reading.
type notice struct{ kind, detail string }

func (n notice) Error() string { return n.detail }

// problems turns notices into the problems of path, each once.
func problems(path string, notes []notice) []analysis.Problem {
	var list []analysis.Problem
	for _, n := range notes {
		p := analysis.Problem{Origin: analysis.Origin{Path: path}, Kind: n.kind, Detail: n.detail}
		if !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}
