package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"faultline/analysis"
	"faultline/analysis/bundle"
	"faultline/analysis/format"
	"faultline/index"
)

const (
	chunkSize = 1 << 20
	// wholeSize is how large a member may be to be read whole before any of it
	// is parsed, so that a second copy of it is noticed in time. Of one whose
	// hash is known beforehand that is too late anyway.
	wholeSize = 8 << 20
	// documentSize is how much of a document that cannot be cut is held.
	documentSize = 64 << 20
	// inFlight is how many bytes may be between the reader and the writer.
	inFlight = 64 << 20
	// hashSize is how much of a binary member is read for the sake of its hash.
	hashSize = 256 << 20
)

// job is a stretch of a member on its way from the reader over a worker to
// the writer, or, without data, the end of a member.
type job struct {
	member *member
	data   []byte
	buffer *buffer // data is in it
	offset int64
	last   bool // data ends the member
	result      // of the worker

	before int64 // instead of data: lines that stand before the member's next chunk

	end     *analysis.Member // the ledger row so far, at the end of the member
	reading index.Reading
	part    index.Part // of reading.Prior, or of the member's own beginning
	begun   bool       // the latter
	taken   bool       // the row is complete: all of it stands in reading.Prior
	known   bool       // all of it stands in another member

	reached chan struct{} // instead of all that: closed when the writer comes to it
}

// member is what the stages share about a member.
type member struct {
	number    uint32
	path      string
	resource  analysis.Resource
	detection format.Detection
	reader    format.Reader
	reference reference    // of stamps without a year
	instead   *index.Prior // it will count no more
	state     string       // what its reading hangs on; "" when it cannot be continued
	noticed   int          // problems that the reader had from the beginning
}

// reading is the part of an import that the walk drives.
type reading struct {
	*importer
	ctx context.Context

	// Of the member between visit and done. An archive is visited before its
	// members and done after them.
	current *analysis.Member
	data    *buffer          // all of it, when it is small
	head    format.Detection // by the first HeadSize bytes, when there are more
	stream  *member          // it was sent on in pieces
	notes   []analysis.Problem
	copy    *source // the same bytes, known before they were read
	fate    fate
	begin   index.Head

	pack *pack // of small jobs that wait for others, or nil

	place     int // of the current member among those of the bundle
	clock     clock
	spool     *spool // nil for a folder: that is surveyed when a year is needed
	late      []*late
	direct    bool  // the current member's bytes are a file's
	holding   *late // the current member is
	releasing bool  // the walk is over
}

// unpacked counts the bytes of members.
func (r *reading) unpacked(n int) {
	if !r.releasing {
		r.meter.unpacked(n)
	}
}

func (r *reading) visit(m *analysis.Member, body io.Reader) error {
	r.current, r.data, r.stream, r.notes = m, nil, nil, nil
	r.copy, r.fate, r.begin, r.holding = nil, fate{}, index.Head{}, nil
	r.meter.at(m.Path)
	if body != nil && !r.releasing {
		r.clock.saw(m.Modified)
	}
	if r.stored[m.Path] {
		return bundle.ErrSkip
	}
	if body == nil {
		return nil
	}
	if m.SHA256 != "" && m.Bytes > 0 {
		if first := r.twin(m); first != nil && m.Bytes >= enough {
			r.copy = first
			return bundle.ErrSkip
		}
		if r.fate = r.same(m); r.fate.within || r.fate.until > 0 {
			return bundle.ErrSkip
		}
	}
	f, ok := body.(interface{ Direct() bool })
	r.direct = ok && f.Direct()
	size := int64(-1)
	if s, ok := body.(interface{ Size() int64 }); ok {
		size = s.Size()
	}
	buf := r.pool.get(format.HeadSize)
	for {
		n, err := body.Read(buf.b[len(buf.b):cap(buf.b)])
		buf.b = buf.b[:len(buf.b)+n]
		r.unpacked(n)
		if err == io.EOF {
			r.data = buf
			return nil
		}
		if err != nil {
			buf.release()
			return err
		}
		if len(buf.b) < cap(buf.b) {
			continue
		}
		if len(buf.b) == format.HeadSize {
			if r.head = format.Detect(m.Path, buf.b, false); r.head.Kind == analysis.MemberBinary {
				return r.binary(buf, body)
			}
		}
		if n := max(size, int64(len(buf.b))); n > wholeSize || n > chunkSize && m.SHA256 != "" {
			return r.pieces(m, buf, body)
		}
		buf = buf.grow(max(cap(buf.b), int(size)) + 1)
	}
}

// binary reads on for the hash, within reason. What was read stays as the
// member's data: its head tells what it is.
func (r *reading) binary(head *buffer, body io.Reader) error {
	r.data = head
	scratch := r.pool.get(chunkSize)
	defer scratch.release()
	for read := 0; read < hashSize; {
		n, err := body.Read(scratch.b[:cap(scratch.b)])
		read += n
		r.unpacked(n)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			head.release()
			return err
		}
	}
	r.notes = append(r.notes, analysis.Problem{Kind: analysis.ProblemLimit, Detail: fmt.Sprintf("binary data of more than %d MiB: its hash was not taken", hashSize>>20)})
	return bundle.ErrSkip
}

// pieces sends a large member on while it is read. buf holds its beginning.
func (r *reading) pieces(m *analysis.Member, buf *buffer, body io.Reader) error {
	if r.holds(r.head) {
		return r.hold(m, buf, body)
	}
	mem, err := r.open(m, r.head)
	if err != nil {
		buf.release()
		return err
	}
	if mem.reader == nil {
		return r.binary(buf, body)
	}
	r.stream = mem
	r.begins(buf.b)
	if r.fate.prior == nil {
		r.fate = r.alike(m, mem.detection, mem.reference.at, buf.b, false)
	}
	mem.instead = r.fate.instead()
	if err := r.resume(mem); err != nil {
		buf.release()
		return err
	}
	c := cutter{reading: r, member: mem, buf: buf.grow(chunkSize + chunkSize/4)}
	for eof := false; ; {
		if err := c.cut(eof); err != nil || eof {
			c.buf.release()
			return err
		}
		if len(c.buf.b) == cap(c.buf.b) {
			c.buf = c.buf.grow(2 * cap(c.buf.b))
		}
		n, err := body.Read(c.buf.b[len(c.buf.b):cap(c.buf.b)])
		c.buf.b = c.buf.b[:len(c.buf.b)+n]
		r.unpacked(n)
		if err == io.EOF {
			eof = true
		} else if err != nil {
			c.buf.release()
			return err
		}
	}
}

// resume looks whether an import that broke off has stored the beginning of a
// large member.
func (r *reading) resume(mem *member) error {
	if r.fate.prior != nil || mem.detection.Kind != analysis.MemberText {
		return nil
	}
	d := &mem.detection
	state, err := json.Marshal([]any{d.Format, d.Detail, d.Encoding, r.how.Zone, r.how.Year, mem.resource, mem.reference.at, mem.reference.fixed})
	if err != nil {
		panic(err) // plain data
	}
	mem.state, mem.noticed = string(state), len(mem.reader.Problems())
	p, err := r.w.Begun(mem.path, mem.state)
	if p != nil {
		mem.number = r.w.Member(mem.path)
		r.fate = fate{prior: p, begun: true, taking: true, equal: true}
	}
	return err
}

// changed ends an import whose bundle is not what it was.
func (r *reading) changed(path string) error {
	err := fmt.Errorf("%s is not what it was when its import broke off, or what was stored of it is damaged; do the same again: it will be read from its beginning", path)
	return errors.Join(err, r.w.GiveUp(path))
}

// cutter sends the bytes of a member in chunks that end where records do.
type cutter struct {
	*reading
	member *member
	buf    *buffer // what is not sent yet begins at from
	from   int
	offset int64 // of buf.b[from] in the member
	tried  int   // bytes in which no boundary was found
}

// cut sends what can be sent of the buffer, and moves the rest to a new one.
// Only less than a chunk is left, or a part in which no record ends.
func (c *cutter) cut(eof bool) error {
	for {
		rest := c.buf.b[c.from:]
		if len(rest) == 0 || !eof && len(rest) < max(chunkSize, 2*c.tried) {
			break
		}
		window := min(len(rest), max(chunkSize, 2*c.tried))
		last := eof && window == len(rest)
		n := c.member.reader.Cut(rest[:window], last)
		if n <= 0 && !last {
			c.tried = window
			if window >= documentSize {
				c.plain()
			}
			if window < len(rest) || window >= documentSize {
				continue
			}
			break
		}
		n = min(max(n, 1), window)
		c.tried = 0
		isLast := last && n == len(rest)
		skip, err := c.fate.compare(c.offset, rest[:n], isLast)
		if err != nil {
			return err
		}
		if !skip && c.fate.begun && c.offset < c.fate.prior.Size() {
			return c.changed(c.member.path)
		}
		if skip {
			c.from += n
			c.offset += int64(n)
			continue
		}
		if lines := c.fate.part.Lines; lines > 0 && !c.fate.sent {
			if err := c.send(&job{member: c.member, before: lines}); err != nil {
				return err
			}
		}
		c.fate.sent = true
		c.buf.retain()
		j := &job{member: c.member, data: rest[:n:n], buffer: c.buf, offset: c.offset, last: isLast}
		if err := c.send(j); err != nil {
			c.buf.release()
			return err
		}
		c.from += n
		c.offset += int64(n)
	}
	if c.from > 0 && !eof {
		rest := c.buf.b[c.from:]
		next := c.pool.get(max(chunkSize, len(rest)) + chunkSize/4)
		next.b = append(next.b, rest...)
		c.buf.release()
		c.buf, c.from = next, 0
	}
	return nil
}

// plain gives up on a document that is too large to be held.
func (c *cutter) plain() {
	d := c.member.detection
	c.notes = append(c.notes, analysis.Problem{Kind: analysis.ProblemLimit, Detail: fmt.Sprintf("no item of the %s ends within %d MiB: it was read as plain text", d.Format, documentSize>>20)})
	p := format.Plain()
	mem := *c.member
	mem.state = ""
	mem.detection.Format, mem.detection.Detail, mem.detection.Reason = p.Format, "", p.Reason
	mem.reader = p.Reader(format.Options{Zone: c.zone, Resource: mem.resource})
	c.member = &mem
	c.stream = c.member
	c.tried = 0
}

// open makes a member ready to be parsed.
func (r *reading) open(m *analysis.Member, d format.Detection) (*member, error) {
	mem := &member{path: m.Path, resource: m.Resource, detection: d}
	o := format.Options{Zone: r.zone, Resource: m.Resource}
	if mem.detection.NeedsYear() {
		ref, err := r.reference(m)
		if err != nil {
			return nil, err
		}
		o.Reference, o.FixedYear, mem.reference = ref.at, ref.fixed, ref
	}
	mem.reader = mem.detection.Reader(o)
	mem.number = r.w.Member(m.Path)
	return mem, nil
}

// done completes the ledger row of a member that the walk is through with.
func (r *reading) done(m *analysis.Member) error {
	if !r.releasing {
		r.place++
	}
	if r.stored[m.Path] {
		return nil
	}
	if r.current != m {
		r.data, r.stream, r.notes = nil, nil, nil
		r.copy, r.fate, r.begin, r.holding = nil, fate{}, index.Head{}, nil
	}
	if h := r.holding; h != nil {
		h.row, h.place = *m, r.place
		r.late = append(r.late, h)
		return nil
	}
	row := *m
	row.Problems = append(row.Problems, r.notes...)
	mem := r.stream
	if r.data != nil {
		defer r.data.release()
		var err error
		if mem, err = r.whole(&row); errors.Is(err, errHeld) {
			return nil
		} else if err != nil {
			return err
		}
	}
	j := &job{member: mem, end: &row}
	if r.stream != nil {
		if r.copy = r.twin(&row); r.copy == nil && !(r.fate.whole && r.fate.until > 0) {
			if f := r.same(&row); f.within || f.until > 0 {
				f.sent = r.fate.sent || r.fate.begun // parsed in vain: what it gave is dropped
				r.fate = f
			}
		}
	}
	if err := r.judge(&row, j); err != nil {
		return err
	}
	if mem != nil && row.Format == "" {
		describe(&row, mem.detection)
	}
	if j.taken || mem != nil && mem.reader != nil {
		r.saw(&row, j.reading.Dialect)
	}
	if mem == nil || mem.reader == nil {
		j.member = &member{number: r.w.Member(m.Path), path: m.Path}
	}
	r.meter.member()
	return r.send(j)
}

// judge writes down where else a member's bytes stand.
func (r *reading) judge(row *analysis.Member, j *job) error {
	j.reading = index.Reading{Head: r.begin, How: r.how.String(), Place: r.place}
	if j.member != nil {
		j.reading.Dialect = j.member.detection.Detail
	}
	f := &r.fate
	switch {
	case r.copy != nil:
		j.known, j.reading.Dropped = true, f.sent || f.begun
		row.Reason = "the same bytes as " + r.copy.path
		row.Problems = append(row.Problems, analysis.Problem{Kind: analysis.ProblemDuplicate, Detail: row.Reason + ": counted there"})
		r.copy.describe(row)
	case f.begun:
		if f.prior.Size() > row.Bytes {
			return r.changed(row.Path)
		}
		if err := f.stop(row.Bytes); err != nil {
			return err
		}
		j.begun = true
		if j.part = f.part; !f.sent {
			return r.send(&job{member: j.member, before: f.part.Lines})
		}
	case f.within && !f.whole:
		j.known, j.reading.Dropped = true, f.sent
		p := f.prior.Member
		what := "the beginning of "
		if p.Bytes == row.Bytes {
			what = "the same bytes as "
		}
		row.Reason = what + r.placeOf(p)
		row.Problems = append(row.Problems, analysis.Problem{Kind: analysis.ProblemDuplicate, Detail: row.Reason + ": counted there"})
		row.Kind, row.Format, row.Encoding, row.Detail = p.Kind, p.Format, p.Encoding, join(row.Detail, f.prior.Dialect)
	case f.whole && !f.prior.Damaged && f.until == f.prior.Size() && row.Bytes == f.prior.Member.Bytes:
		p := f.prior
		j.taken = true
		j.reading = index.Reading{Head: p.Head, Dialect: p.Dialect, How: p.How, Place: r.place, Dropped: f.sent, Prior: p, Until: f.until}
		take(row, p)
		r.held.Take(p)
	case f.whole:
		if err := f.stop(row.Bytes); err != nil {
			return err
		}
		j.reading.Prior, j.reading.Until, j.part = f.prior, f.until, f.part
		r.held.Take(f.prior)
	case f.until > 0: // they part company later
		row.Problems = append(row.Problems, analysis.Problem{
			Kind: analysis.ProblemDuplicate, Detail: fmt.Sprintf("its first %d bytes are those of %s: counted there", f.until, r.placeOf(f.prior.Member)),
		})
	}
	return nil
}

// placeOf names a member of an earlier import.
func (r *reading) placeOf(m *analysis.Member) string {
	for _, b := range r.c.Info().Bundles {
		if b.ID == m.Bundle {
			return m.Path + " in " + b.Name + ", imported before"
		}
	}
	return m.Path
}

// take fills in the row of a member whose bytes are all those of p.
func take(row *analysis.Member, p *index.Prior) {
	was := p.Member
	row.Kind, row.Format, row.Encoding, row.Detail = was.Kind, was.Format, was.Encoding, join(row.Detail, p.Dialect)
	row.Indexed, row.Skipped, row.Reason = was.Indexed, was.Skipped, was.Reason
	row.Lines, row.Records, row.Failing = was.Lines, was.Records, was.Failing
	row.Span, row.Timed, row.Quality, row.Zone = was.Span, was.Timed, was.Quality, was.Zone
	for _, x := range was.Problems {
		if x.Kind != analysis.ProblemName {
			row.Problems = append(row.Problems, x)
		}
	}
}

func join(a, b string) string {
	if a != "" && b != "" {
		return a + ", " + b
	}
	return a + b
}

// begins notes how the member begins.
func (r *reading) begins(first []byte) { r.begin = index.HeadOf(first) }

// whole parses a member that was read whole, unless it is a copy.
func (r *reading) whole(row *analysis.Member) (*member, error) {
	data := r.data.b
	r.begins(data)
	complete := int64(len(data)) == row.Bytes
	d := r.head
	if len(data) <= format.HeadSize {
		d = format.Detect(row.Path, data, complete)
	}
	if complete && tells(d.Format, len(data)) {
		if r.copy = r.twin(row); r.copy != nil {
			return &member{detection: d}, nil
		}
	}
	if complete && r.fate.prior == nil {
		r.fate = r.same(row)
	}
	if r.fate.within || r.fate.until > 0 {
		return &member{detection: d}, nil
	}
	if r.holds(d) {
		if err := r.holdWhole(row, data); err != nil {
			return nil, err
		}
		return nil, errHeld
	}
	mem, err := r.open(row, d)
	if err != nil || mem.reader == nil {
		return mem, err
	}
	if complete && r.fate.prior == nil {
		if r.fate = r.alike(row, d, mem.reference.at, data, true); r.fate.within && !r.fate.whole {
			return &member{detection: d}, nil
		}
	}
	mem.instead = r.fate.instead()
	r.data.retain()
	c := cutter{reading: r, member: mem, buf: r.data}
	err = c.cut(true)
	r.data.release()
	return c.member, err
}

// tells reports whether two members of that format with the same bytes must be
// copies of each other. Empty lists and the few lines that a program prints at
// its start are often equal by chance.
func tells(format string, size int) bool {
	if size >= enough {
		return true
	}
	switch format {
	case "", "plain", "json", "yaml", "xml", "kubernetes-json", "kubernetes-yaml":
		return false
	}
	return true
}

// twin returns an earlier member of the bundle with the same bytes, nil when
// there is none. Members that speak for different things are no twins: two
// pods may fail with the same words.
func (im *importer) twin(m *analysis.Member) *source {
	return im.sources.find(m)
}

func (im *importer) saw(m *analysis.Member, dialect string) {
	if m.SHA256 != "" && m.Bytes > 0 && (m.Kind == analysis.MemberText || m.Kind == analysis.MemberDocument) && m.Reason == "" {
		im.sources.add(m, dialect)
	}
}

// agree reports whether two resources state nothing that differs.
func agree(a, b analysis.Resource) bool { return a.Over(b) == b.Over(a) }

// describe fills in what was recognised.
func describe(row *analysis.Member, d format.Detection) {
	row.Kind, row.Format, row.Encoding, row.Detail = d.Kind, d.Format, d.Encoding, join(row.Detail, d.Detail)
	switch {
	case row.Reason != "":
	case d.Kind == analysis.MemberBinary:
		row.Reason = "binary: " + d.Detail
		if d.Detail == "" {
			row.Reason = "binary"
		}
	case d.Kind == analysis.MemberEmpty:
		row.Reason = d.Reason
	}
}

// reference returns the time that the year-less stamps of a member end at.
func (r *reading) reference(m *analysis.Member) (reference, error) {
	if r.o.Year > 0 {
		// The year that ends two months after the reference is taken.
		at := time.Date(r.o.Year+1, time.January, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -60)
		return reference{at: at, fixed: true}, nil
	}
	if r.years == nil {
		y, err := r.survey()
		if err != nil {
			return reference{}, err
		}
		r.years = y
	}
	return r.years.of(m), nil
}
