package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"faultline/analysis"
	"faultline/analysis/bundle"
	"faultline/analysis/format"
)

// Years are inferred from the whole bundle. Of an archive, which is unpacked
// once, the members that need one are held back: they are parsed, in their
// order, when the walk is over.

// late is a member that waits for the years.
type late struct {
	row   analysis.Member // as the walk left it
	place int             // see index.Reading
	from  int64           // where its bytes are in the spool
	size  int64
	data  []byte // instead, when there was no room for them
}

var (
	// spoolMemory is how many bytes of members that are held are kept in
	// memory; the others go to a file, which costs less than memory that is
	// touched for the first time.
	spoolMemory = int64(1 << 20)
	// spoolSize is how many bytes may be held, where the disk has room. With
	// more, the bundle is read twice.
	spoolSize = int64(4 << 30)
)

var (
	errHeld     = errors.New("the member is held back")
	errTooLarge = errors.New("too much is held back")
)

// spool keeps the bytes of members that are held.
type spool struct {
	dir  string // for the file
	most int64  // bytes
	mem  []byte
	file *os.File // what follows mem; nil while there is none
	size int64
}

// newSpool leaves three quarters of what is free on the disk of dir to others.
func newSpool(dir string) *spool {
	s := &spool{dir: dir, most: spoolSize}
	if free, ok := freeSpace(dir); ok {
		s.most = min(s.most, max(free/4, spoolMemory))
	}
	return s
}

func (s *spool) Write(b []byte) (int, error) {
	if s.size+int64(len(b)) > s.most {
		return 0, errTooLarge
	}
	if s.file == nil && s.size+int64(len(b)) <= spoolMemory {
		s.mem = append(s.mem, b...)
		s.size += int64(len(b))
		return len(b), nil
	}
	if s.file == nil {
		f, err := os.CreateTemp(s.dir, "faultline-*")
		if err != nil {
			return 0, err
		}
		_ = os.Remove(f.Name()) // where that cannot be done yet, close does
		s.file = f
	}
	n, err := s.file.WriteAt(b, s.size-int64(len(s.mem)))
	if err == nil {
		s.size += int64(n)
	}
	return n, err
}

func (s *spool) ReadAt(p []byte, off int64) (n int, err error) {
	if off < int64(len(s.mem)) {
		n = copy(p, s.mem[off:])
	}
	if n == len(p) || s.file == nil {
		if n < len(p) {
			err = io.EOF
		}
		return n, err
	}
	k, err := s.file.ReadAt(p[n:], off+int64(n-len(s.mem)))
	return n + k, err
}

func (s *spool) close() {
	if s.file != nil {
		_ = s.file.Close() // nobody will read it
		_ = os.Remove(s.file.Name())
	}
}

// holds reports whether a member that was recognised is held back.
func (r *reading) holds(d format.Detection) bool {
	return r.spool != nil && r.years == nil && r.o.Year == 0 && !r.direct && !r.releasing && d.NeedsYear()
}

// holdWhole keeps the bytes of a member that was read whole.
func (r *reading) holdWhole(row *analysis.Member, data []byte) error {
	h := &late{row: *row, place: r.place, from: r.spool.size, size: int64(len(data))}
	r.late = append(r.late, h)
	if _, err := r.spool.Write(data); err == nil {
		return nil
	}
	h.data = data
	return r.twice()
}

// twice reads the bundle once more for the years, and parses what was held
// back for want of them.
func (r *reading) twice() (err error) {
	if r.years, err = r.survey(); err != nil {
		return err
	}
	place := r.place
	err = r.release(time.Time{})
	r.place = place
	return err
}

// hold keeps the bytes of a member: those of buf, and what follows in body.
func (r *reading) hold(m *analysis.Member, buf *buffer, body io.Reader) error {
	defer buf.release()
	h := &late{from: r.spool.size}
	for over := false; ; {
		if _, err := r.spool.Write(buf.b); err != nil {
			if err := r.twice(); err != nil {
				return err
			}
			before := io.NewSectionReader(r.spool, h.from, r.spool.size-h.from)
			rest := buf.b[:len(buf.b):len(buf.b)]
			return r.visit(m, io.MultiReader(before, bytes.NewReader(rest), body))
		}
		if over {
			h.size = r.spool.size - h.from
			r.holding = h
			return nil
		}
		n, err := body.Read(buf.b[:cap(buf.b)])
		buf.b = buf.b[:n]
		r.unpacked(n)
		if over = err == io.EOF; err != nil && !over {
			return err
		}
	}
}

// release parses what was held back; collected is when the bundle says that it
// was collected.
func (r *reading) release(collected time.Time) error {
	if len(r.late) == 0 {
		return nil
	}
	if r.years == nil {
		y, err := r.reckon(collected)
		if err != nil {
			return err
		}
		r.years = y
	}
	r.releasing = true
	for _, h := range r.late {
		r.place = h.place
		var body io.Reader = io.NewSectionReader(r.spool, h.from, h.size)
		if h.data != nil {
			body = bytes.NewReader(h.data)
		}
		err := r.visit(&h.row, body)
		if err != nil && !errors.Is(err, bundle.ErrSkip) {
			return err
		}
		if err := r.done(&h.row); err != nil {
			return err
		}
	}
	r.releasing, r.late = false, nil
	return nil
}

// reckon infers the years from what the walk and the members' records gave.
func (r *reading) reckon(collected time.Time) (*years, error) {
	own := map[string]format.Evidence{}
	var stated []time.Time
	head, tail := make([]byte, surveySize), make([]byte, surveySize)
	for _, h := range r.late {
		n := min(h.size, surveySize)
		_, err := r.spool.ReadAt(head[:n], h.from)
		if err == nil {
			_, err = r.spool.ReadAt(tail[:n], h.from+h.size-n)
		}
		if err != nil {
			return nil, fmt.Errorf("read what was held back: %w", err)
		}
		if e := format.FindEvidence(head[:n], tail[:n]); e.Any() {
			own[h.row.Path] = e
			stated = append(stated, e.Latest)
		}
	}
	if collected.IsZero() {
		// The other members' records are complete when the writer gets here.
		j := &job{reached: make(chan struct{})}
		if err := errors.Join(r.send(j), r.flush()); err != nil {
			return nil, err
		}
		select {
		case <-j.reached:
		case <-r.ctx.Done():
			return nil, r.ctx.Err()
		}
		stated = append(stated, r.stated...)
	}
	return newYears(own, r.clock, collected, stated, r.path), nil
}
