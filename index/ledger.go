package index

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
	"time"

	"faultline/analysis"
	"faultline/index/segment"
)

// Ledger is the rows of a case's members, in their order. There may be a
// million of them: beyond a few thousand they are kept as they are stored, and
// a row is made whenever it is asked for. Safe for concurrent use.
type Ledger struct {
	rows    []ref
	plain   []analysis.Member          // the rows themselves, when there are few
	changed map[int32]*analysis.Member // else those that say something else than what is stored
}

// plainRows is how many rows are few.
const plainRows = 16 << 10

// Len returns the number of members.
func (l *Ledger) Len() int { return len(l.rows) }

// At returns row i. It must not be changed.
func (l *Ledger) At(i int) *analysis.Member {
	if l.plain != nil {
		return &l.plain[i]
	}
	if m := l.changed[int32(i)]; m != nil {
		return m
	}
	return l.rows[i].member()
}

// All returns the rows in their order.
func (l *Ledger) All() iter.Seq2[int, *analysis.Member] {
	return func(yield func(int, *analysis.Member) bool) {
		for i := range l.rows {
			if !yield(i, l.At(i)) {
				return
			}
		}
	}
}

// path returns the path of row i, and its bundle's ID.
func (l *Ledger) path(i int32) (path, bundle string) {
	if l.plain != nil {
		return l.plain[i].Path, l.plain[i].Bundle
	}
	return l.rows[i].where()
}

// encoding returns the encoding of the bytes of row i.
func (l *Ledger) encoding(i int32) string {
	if l.plain != nil {
		return l.plain[i].Encoding
	}
	c := l.rows[i].cursor()
	m, _ := at(l.rows[i].manners, &c)
	return m.encoding
}

// stored returns row i as it is stored.
func (l *Ledger) stored(i int) memberRow { return l.rows[i].row() }

// newLedger makes room for n rows.
func newLedger(n int) *Ledger {
	l := &Ledger{rows: make([]ref, 0, n)}
	if n <= plainRows {
		l.plain = make([]analysis.Member, 0, n)
	}
	return l
}

// add adds a row, which says m instead of what is stored if m is not nil.
func (l *Ledger) add(r ref, m *analysis.Member) {
	l.rows = append(l.rows, r)
	if l.plain != nil {
		l.plain = append(l.plain, analysis.Member{})
		if m == nil {
			m = r.member()
		}
	}
	if m != nil {
		l.set(len(l.rows)-1, m)
	}
}

// set replaces row i.
func (l *Ledger) set(i int, m *analysis.Member) {
	if l.plain != nil {
		l.plain[i] = *m
		return
	}
	if l.changed == nil {
		l.changed = map[int32]*analysis.Member{}
	}
	l.changed[int32(i)] = m
}

// sheet is the ledger rows of one batch as they are stored: a text of rows,
// and what many rows have in common.
type sheet struct {
	strings   []string
	manners   []manner
	resources []analysis.Resource
	rows      []byte
}

// ref is a place of a row.
type ref struct {
	*sheet
	at uint32
}

// manner is what many members have in common.
type manner struct {
	bundle, format, detail, encoding, source, zone string
	kind                                           analysis.MemberKind
	quality                                        analysis.TimeQuality
	dialect, how                                   string
}

// The flags of a row.
const (
	rowDigest    = 1 << iota // the SHA-256 follows in 32 bytes, else as text
	rowTimes                 // time of modification and span follow
	rowProblems              // problems follow
	rowHistory               // numbers of runs and states follow
	rowDropped               // see Reading.Dropped
	rowContinues             // the number and the extent of what it continues follow
)

// sheetWriter makes a sheet.
type sheetWriter struct {
	strings   map[string]uint64
	texts     []byte
	manners   map[manner]uint64
	kinds     []byte
	resources map[analysis.Resource]uint64
	places    []byte
	rows      []byte
	n         int
	row       []byte
}

func (w *sheetWriter) init() {
	if w.strings == nil {
		w.strings, w.manners, w.resources = map[string]uint64{}, map[manner]uint64{}, map[analysis.Resource]uint64{}
	}
}

func (w *sheetWriter) text(s string) uint64 {
	n, ok := w.strings[s]
	if !ok {
		n = uint64(len(w.strings))
		w.strings[s] = n
		w.texts = append(binary.AppendUvarint(w.texts, uint64(len(s))), s...)
	}
	return n
}

func (w *sheetWriter) manner(m manner) uint64 {
	n, ok := w.manners[m]
	if !ok {
		n = uint64(len(w.manners))
		w.manners[m] = n
		for _, s := range [...]string{m.bundle, m.format, m.detail, m.encoding, m.source, m.zone, string(m.kind), m.dialect, m.how} {
			w.kinds = binary.AppendUvarint(w.kinds, w.text(s))
		}
		w.kinds = append(w.kinds, byte(m.quality))
	}
	return n
}

func (w *sheetWriter) resource(r analysis.Resource) uint64 {
	w.init()
	n, ok := w.resources[r]
	if !ok {
		n = uint64(len(w.resources))
		w.resources[r] = n
		for _, s := range [...]string{r.Host, r.Cluster, r.Namespace, r.Pod, r.Container, r.Unit, r.Process} {
			w.places = binary.AppendUvarint(w.places, w.text(s))
		}
	}
	return n
}

// add adds a row.
func (w *sheetWriter) add(r *memberRow) error {
	w.init()
	m := &r.Member
	b := w.row[:0]
	number := func(list ...uint64) {
		for _, v := range list {
			b = binary.AppendUvarint(b, v)
		}
	}
	number(w.manner(manner{m.Bundle, m.Format, m.Detail, m.Encoding, m.Source, m.Zone, m.Kind, m.Quality, r.Dialect, r.How}))
	cut := strings.LastIndexByte(m.Path, '/') + 1
	number(w.text(m.Path[:cut]), uint64(len(m.Path)-cut))
	b = append(b, m.Path[cut:]...)
	digest, err := hex.DecodeString(m.SHA256)
	var flags byte
	set := func(flag byte, on bool) bool {
		if on {
			flags |= flag
		}
		return on
	}
	at := len(b)
	b = append(b, 0)
	if set(rowDigest, err == nil && len(digest) == 32 && hex.EncodeToString(digest) == m.SHA256) {
		b = append(b, digest...)
	} else {
		number(w.text(m.SHA256))
	}
	number(uint64(r.Number), uint64(r.Pass), w.resource(m.Resource), w.text(m.Reason), w.text(m.Link))
	number(uint64(m.Bytes), uint64(m.Indexed), uint64(m.Skipped), uint64(m.Lines), uint64(m.Records), uint64(m.Failing), uint64(m.Timed))
	number(uint64(r.Place), uint64(r.Head.Size))
	b = binary.LittleEndian.AppendUint64(b, r.Head.Sum)
	if set(rowTimes, !m.Modified.IsZero() || !m.Span.From.IsZero() || !m.Span.To.IsZero()) {
		for _, t := range [...]time.Time{m.Modified, m.Span.From, m.Span.To} {
			b = binary.AppendVarint(b, t.Unix())
			number(uint64(t.Nanosecond()))
		}
	}
	if set(rowProblems, len(m.Problems) > 0) {
		number(uint64(len(m.Problems)))
		for i := range m.Problems {
			p := &m.Problems[i]
			path := uint64(0) // the member's own
			if p.Origin.Path != m.Path {
				path = w.text(p.Origin.Path) + 1
			}
			number(w.text(p.Kind), w.text(p.Detail), w.text(p.Origin.Bundle), path, uint64(p.Origin.Line), uint64(p.Origin.Offset), uint64(p.Origin.Length))
		}
	}
	if set(rowHistory, len(r.Runs)+len(r.States) > 0) {
		number(uint64(len(r.Runs)), uint64(len(r.States)))
	}
	set(rowDropped, r.Dropped)
	if set(rowContinues, r.Continues) {
		number(uint64(r.Base), uint64(r.Until))
	}
	b[at] = flags
	if len(w.rows)+len(b) > math.MaxUint32 {
		return errors.New("the ledger rows of one commit are too many")
	}
	w.row = b
	w.rows = append(w.rows, b...)
	w.n++
	return nil
}

// append appends the stored form: strings, manners and resources, each with
// their number, and the length of the rows, their number, and the rows.
func (w *sheetWriter) append(b []byte) []byte {
	b = append(binary.AppendUvarint(b, uint64(len(w.strings))), w.texts...)
	b = append(binary.AppendUvarint(b, uint64(len(w.manners))), w.kinds...)
	b = append(binary.AppendUvarint(b, uint64(len(w.resources))), w.places...)
	b = binary.AppendUvarint(b, uint64(len(w.rows)))
	b = binary.AppendUvarint(b, uint64(w.n))
	return append(b, w.rows...)
}

// readSheet reads a sheet, tells the number of its rows, and calls visit for
// each.
func readSheet(in *segment.Cursor, rows func(n int), visit func(r ref, row *memberRow)) error {
	s := &sheet{strings: make([]string, in.Count(1))}
	for i := range s.strings {
		s.strings[i] = string(in.Text())
	}
	text := func(c *segment.Cursor) string { return s.text(c) }
	s.manners = make([]manner, in.Count(10))
	for i := range s.manners {
		m := &s.manners[i]
		var kind string
		for _, t := range [...]*string{&m.bundle, &m.format, &m.detail, &m.encoding, &m.source, &m.zone, &kind, &m.dialect, &m.how} {
			*t = text(in)
		}
		m.kind, m.quality = analysis.MemberKind(kind), analysis.TimeQuality(in.Byte())
	}
	s.resources = make([]analysis.Resource, in.Count(7))
	for i := range s.resources {
		r := &s.resources[i]
		for _, t := range [...]*string{&r.Host, &r.Cluster, &r.Namespace, &r.Pod, &r.Container, &r.Unit, &r.Process} {
			*t = text(in)
		}
	}
	size, n := in.Uvarint(), in.Uvarint()
	if size > math.MaxUint32 || n > size {
		return errors.New("its ledger rows are too many")
	}
	s.rows = append([]byte(nil), in.Bytes(int(size))...) // all else of the batch is let go
	c := segment.Cursor{B: s.rows}
	rows(int(min(n, uint64(len(s.rows)))))
	for range n {
		if c.Bad || len(c.B) == 0 {
			return errors.New("its ledger rows do not end where they should")
		}
		r := ref{s, uint32(len(s.rows) - len(c.B))}
		row := r.read(&c)
		if c.Bad {
			return fmt.Errorf("the ledger row at %d is not readable", r.at)
		}
		visit(r, &row)
	}
	if in.Bad || len(c.B) > 0 {
		return errors.New("its ledger rows do not end where they should")
	}
	return nil
}

func (s *sheet) text(c *segment.Cursor) string { return s.string(c, c.Uvarint()) }

func (s *sheet) string(c *segment.Cursor, n uint64) string {
	if n < uint64(len(s.strings)) {
		return s.strings[n]
	}
	c.Fail()
	return ""
}

func (r ref) cursor() segment.Cursor { return segment.Cursor{B: r.sheet.rows[r.at:]} }

// where returns the path of the row and its bundle's ID.
func (r ref) where() (path, bundle string) {
	c := r.cursor()
	m, _ := at(r.manners, &c)
	return r.path(&c), m.bundle
}

// path reads what stands behind the number of the manner.
func (r ref) path(c *segment.Cursor) string {
	dir := r.text(c)
	base := c.Text()
	if dir == "" {
		return string(base)
	}
	var room [256]byte
	return string(append(append(room[:0], dir...), base...))
}

// row returns the row without its runs and states.
func (r ref) row() memberRow {
	c := r.cursor()
	return r.read(&c)
}

func (r ref) member() *analysis.Member {
	m := r.row().Member
	return &m
}

func (r ref) read(c *segment.Cursor) (row memberRow) {
	m := &row.Member
	k, ok := at(r.manners, c)
	m.Bundle, m.Format, m.Detail, m.Encoding, m.Source, m.Zone = k.bundle, k.format, k.detail, k.encoding, k.source, k.zone
	m.Kind, m.Quality, row.Dialect, row.How = k.kind, k.quality, k.dialect, k.how
	m.Path = r.path(c)
	flags := c.Byte()
	if flags&rowDigest != 0 {
		m.SHA256 = hex.EncodeToString(c.Bytes(32))
	} else {
		m.SHA256 = r.text(c)
	}
	number, pass := c.Uvarint(), c.Uvarint()
	row.Number, row.Pass = uint32(number), int(pass)
	var known bool
	m.Resource, known = at(r.resources, c)
	m.Reason, m.Link = r.text(c), r.text(c)
	for _, v := range [...]*int64{&m.Bytes, &m.Indexed, &m.Skipped, &m.Lines, &m.Records, &m.Failing, &m.Timed} {
		*v = int64(c.Uvarint())
	}
	place := c.Uvarint()
	row.Place, row.Head = int(place), Head{int(c.Uvarint()), c.U64()}
	if flags&rowTimes != 0 {
		for _, t := range [...]*time.Time{&m.Modified, &m.Span.From, &m.Span.To} {
			*t = time.Unix(c.Varint(), int64(c.Uvarint())).UTC()
		}
	}
	if flags&rowProblems != 0 {
		m.Problems = make([]analysis.Problem, c.Count(7))
		for i := range m.Problems {
			p := &m.Problems[i]
			p.Kind, p.Detail, p.Origin.Bundle, p.Origin.Path = r.text(c), r.text(c), r.text(c), m.Path
			if n := c.Uvarint(); n > 0 {
				p.Origin.Path = r.string(c, n-1)
			}
			p.Origin.Line, p.Origin.Offset, p.Origin.Length = int64(c.Uvarint()), int64(c.Uvarint()), int64(c.Uvarint())
		}
	}
	if flags&rowHistory != 0 {
		row.runs, row.states = int(c.Uvarint()), int(c.Uvarint())
	}
	row.Dropped = flags&rowDropped != 0
	base := uint64(0)
	if row.Continues = flags&rowContinues != 0; row.Continues {
		base, row.Until = c.Uvarint(), int64(c.Uvarint())
		row.Base = uint32(base)
	}
	if !ok || !known || max(number, pass, base) > math.MaxUint32 || place > math.MaxInt32 || row.runs < 0 || row.states < 0 || row.Head.Size < 0 || row.Head.Size > headSize {
		c.Fail()
	}
	return row
}

// at reads an index into list.
func at[T any](list []T, c *segment.Cursor) (x T, ok bool) {
	if n := c.Uvarint(); n < uint64(len(list)) {
		return list[n], true
	}
	return x, false
}
