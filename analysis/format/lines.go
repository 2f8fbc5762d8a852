package format

import (
	"bytes"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/valyala/fastjson"

	"faultline/analysis"
)

// A record holds at most recordLines lines and eight times Options.MaxLine
// bytes; what follows is a further record. It bounds memory where a log turns
// into something else, or has a line without end.
const (
	recordLines = 10000
	recordSize  = 8 // times MaxLine
)

// verdict says what a line is to the record before it.
type verdict uint8

const (
	starts    verdict = iota // it starts a record
	continues                // its text belongs to the record before
	extends                  // its text continues the last line of the record before
	absorbed                 // its bytes belong to the record before, its text was taken already
)

// head is what a line's parser found out.
type head struct {
	time     int64
	quality  analysis.TimeQuality
	severity analysis.Severity
	kind     analysis.RecordKind
	resource analysis.Resource
	text     []byte // the message: a part of the line, or of state.text
	problem  string // kind of problem to count, "" for none
	stamped  bool   // a line that continues has a stamp of its own
}

// parser reads the lines of one format. Its methods are called from many
// goroutines; what changes stands in the state.
type parser interface {
	// line reads one line, given without its end.
	line(st *state, line []byte, h *head) verdict
}

// rememberer is a parser whose verdict depends on the lines before.
type rememberer interface {
	// settled reports whether the verdict on the next line is the same
	// whatever came before this line.
	settled(line []byte) bool
	// forward reports whether record boundaries in data can only be found by
	// reading it from its start.
	forward(data []byte) bool
}

// state is what a goroutine needs to read a chunk.
type state struct {
	clock  clockwork
	inner  clockwork // for stamps inside an envelope
	civil  civil
	names  map[string]string
	recent [16]string // the names last used
	json   fastjson.Parser
	text   []byte // message of the current line, where it had to be built
	joined []byte // message of the current record, where it had to be built
	clean  []byte // the same without control sequences
	key    []byte
	path   []byte // of nested keys
	log    []byte // text taken out of an envelope
	outer  fastjson.Parser
	rest   []byte // the chunk behind the current line, for looking ahead
	eol    byte
	trace  bool    // inside a Python traceback whose lines have their own stamps
	prefix []byte  // container of the line before, where lines name theirs
	absorb [2]bool // CRI: the rest of this stream's line was taken already
	rec    analysis.Record
	head   head
}

// name returns b as a string, the same one for the same bytes.
func (st *state) name(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	recent := &st.recent[(len(b)+int(b[len(b)-1]))&15]
	if *recent == string(b) {
		return *recent
	}
	if s, ok := st.names[string(b)]; ok {
		*recent = s
		return s
	}
	if st.names == nil || len(st.names) > 4096 {
		st.names = map[string]string{}
	}
	s := string(b)
	if !utf8.ValidString(s) {
		s = string(latin1(nil, b))
	}
	st.names[s] = s
	return s
}

// lineReader is the Reader of all formats that are read line by line.
type lineReader struct {
	o      Options
	parser parser
	eol    byte
	clock  clockwork
	pool   sync.Pool
	faults *counts
}

// counts are the problems of a member, by kind.
type counts struct {
	cut, repaired, syntax, dropped atomic.Int64
	guess                          string // doubt about times that holds for the whole member
	encoding                       string
	years                          doubt
}

func newLineReader(o Options, eol byte, p parser) *lineReader {
	return newLineReaderClock(o, eol, p, newClockwork(o.Zone, o.Reference))
}

func newLineReaderClock(o Options, eol byte, p parser, clock clockwork) *lineReader {
	r := &lineReader{o: o, parser: p, eol: eol, clock: clock, faults: new(counts)}
	r.clock.fixed, r.clock.doubt = o.FixedYear, &r.faults.years
	return r
}

func (r *lineReader) get() *state {
	st, _ := r.pool.Get().(*state)
	if st == nil {
		st = &state{clock: r.clock, inner: newClockwork(r.o.Zone, r.o.Reference), eol: r.eol}
		st.inner.fixed, st.inner.doubt = r.clock.fixed, r.clock.doubt
	}
	st.trace, st.absorb, st.prefix = false, [2]bool{}, st.prefix[:0]
	return st
}

// next returns where the line that starts at data[at] ends, its end included.
func (r *lineReader) next(data []byte, at int) int {
	if i := bytes.IndexByte(data[at:], r.eol); i >= 0 {
		return at + i + 1
	}
	return len(data)
}

// body returns a line without its end.
func body(line []byte) []byte {
	n := len(line)
	if n > 0 && line[n-1] == '\n' {
		n--
	}
	if n > 0 && line[n-1] == '\r' {
		n--
	}
	return line[:n]
}

// Cut implements Reader.
func (r *lineReader) Cut(data []byte, eof bool) int {
	if eof {
		return len(data)
	}
	st := r.get()
	defer r.pool.Put(st)
	mem, _ := r.parser.(rememberer)
	if mem != nil && mem.forward(data) {
		return r.cutForward(st, data)
	}
	// From the end: the last whole line that starts a record. What it holds
	// may go on, so the cut is before it.
	end := bytes.LastIndexByte(data, r.eol) + 1
	for tries := 0; end > 0; tries++ {
		from := bytes.LastIndexByte(data[:end-1], r.eol) + 1
		if from == 0 {
			break
		}
		prev := bytes.LastIndexByte(data[:from-1], r.eol) + 1
		if mem == nil || mem.settled(r.shorten(body(data[prev:from]))) {
			st.trace, st.absorb, st.prefix = false, [2]bool{}, st.prefix[:0]
			st.rest = nil
			if r.parser.line(st, r.shorten(body(data[from:end])), &st.head) == starts {
				return from
			}
		}
		end = from
	}
	if n := r.split(data); n > 0 {
		return n
	}
	return 0
}

// shorten cuts what a parser sees of a line.
func (r *lineReader) shorten(line []byte) []byte {
	if limit := r.lineLimit(); len(line) > limit {
		return line[:limit]
	}
	return line
}

func (r *lineReader) lineLimit() int {
	if _, ok := r.parser.(wholeLines); ok {
		return recordSize * r.o.MaxLine
	}
	return r.o.MaxLine
}

// wholeLines marks parsers that need lines over MaxLine whole (JSON).
type wholeLines interface{ wholeLines() }

// split returns where the first record of data ends by its size alone, 0 when
// it stays under the limits.
func (r *lineReader) split(data []byte) int {
	limit := recordSize * r.o.MaxLine
	at := 0
	for lines := 0; at < len(data); lines++ {
		i := bytes.IndexByte(data[at:], r.eol)
		end := at + i + 1
		if i < 0 {
			end = len(data)
		}
		if end > limit {
			if at == 0 {
				return limit
			}
			return at
		}
		if lines == recordLines {
			return at
		}
		if i < 0 {
			return 0
		}
		at = end
	}
	return 0
}

// cutForward reads data from its start and cuts before the last line that
// starts a record.
func (r *lineReader) cutForward(st *state, data []byte) int {
	limit := recordSize * r.o.MaxLine
	cut, from, lines := 0, 0, 0
	for at := 0; at < len(data); {
		i := bytes.IndexByte(data[at:], r.eol)
		end := at + i + 1
		if i < 0 {
			if len(data)-from > limit {
				if at == from {
					return from + limit
				}
				return at
			}
			break
		}
		if end-from > limit && at == from {
			cut = from + limit
			at, from, lines = cut, cut, 0
			st.absorb = [2]bool{}
			continue
		}
		if end-from > limit || lines == recordLines {
			if st.absorb == [2]bool{} {
				cut = at
			}
			from, lines = at, 0
		}
		open := st.absorb != [2]bool{}
		st.rest = data[end:]
		if r.parser.line(st, r.shorten(body(data[at:end])), &st.head) == starts {
			from, lines = at, 0
			if !open {
				cut = at
			}
		}
		at = end
		lines++
	}
	return cut
}

// Records implements Reader.
func (r *lineReader) Records(chunk []byte, emit func(rec *analysis.Record) error) error {
	st := r.get()
	defer r.pool.Put(st)
	var (
		h       = &st.head
		rec     = &st.rec
		limit   = recordSize * r.o.MaxLine
		dirty   = r.dirty(chunk)
		open    bool // rec holds a record that is not emitted yet
		built   bool // its message is in st.joined
		from    int  // the record's first byte
		textAt  int  // its message in the chunk, when not built
		textEnd int
		number  int // of the current line
		lines   int // in the record
	)
	flush := func(end int) error {
		rec.Start, rec.Raw = from, chunk[from:end]
		msg := st.joined
		if !built {
			msg = chunk[textAt:textEnd]
		}
		for n := len(msg); n > 0 && (msg[n-1] == '\n' || msg[n-1] == '\r'); n-- {
			msg = msg[:n-1]
		}
		if len(msg) >= 3 && msg[0] == 0xEF && msg[1] == 0xBB && msg[2] == 0xBF {
			msg = msg[3:]
		}
		if len(msg) > r.o.MaxLine {
			r.faults.cut.Add(1)
			msg = msg[:r.o.MaxLine]
			for k := 0; k < 4 && len(msg) > 0 && !utf8.RuneStart(msg[len(msg)-1]); k++ {
				msg = msg[:len(msg)-1]
			}
			if n := len(msg); n > 0 && msg[n-1] >= utf8.RuneSelf {
				msg = msg[:n-1]
			}
		}
		if dirty {
			msg = r.tidy(st, msg)
		}
		rec.Message = msg
		return emit(rec)
	}
	build := func() { // moves the message into st.joined
		if !built {
			st.joined = append(st.joined[:0], chunk[textAt:textEnd]...)
			built = true
		}
	}
	for at := 0; at < len(chunk); {
		end := r.next(chunk, at)
		if end-at > limit {
			end = at + limit // an endless line is split
		}
		if open && (end-from > limit || lines == recordLines) {
			if err := flush(at); err != nil {
				return err
			}
			open = false
		}
		line := body(chunk[at:end])
		seen := line
		if len(line) > r.o.MaxLine {
			if seen = r.shorten(line); len(seen) < len(line) {
				r.faults.cut.Add(1)
			}
		}
		st.rest, h.stamped = chunk[end:], false
		v := r.parser.line(st, seen, h)
		if h.problem != "" {
			if h.problem == analysis.ProblemDropped {
				r.faults.dropped.Add(1)
			} else {
				r.faults.syntax.Add(1)
			}
			h.problem = ""
		}
		if v == starts || !open {
			if open {
				if err := flush(at); err != nil {
					return err
				}
			}
			if v != starts { // a record without a head
				if !h.stamped {
					h.time, h.quality = analysis.NoTime, analysis.TimeNone
				}
				h.severity, _ = (&levels{}).find(line[lead(line):])
				h.kind, h.resource = analysis.KindLog, analysis.Resource{}
				if v == absorbed {
					h.text = line[:0]
				}
			}
			rec.Kind, rec.Time, rec.Quality, rec.Severity, rec.Resource = h.kind, h.time, h.quality, h.severity, h.resource
			rec.Line = number
			open, from, lines = true, at, 0
			if off, ok := within(chunk[at:end], h.text); ok {
				textAt, textEnd, built = at+off, at+off+len(h.text), false
			} else {
				st.joined, built = append(st.joined[:0], h.text...), true
			}
		} else {
			off, inside := within(chunk[at:end], h.text)
			begins := false // the message
			if lines == 1 && rec.Severity == 0 && len(line) > 4 {
				var from int
				rec.Severity, from = secondLine(line) // java.util.logging writes the level there
				if rec.Severity != 0 && !built && inside && off == 0 {
					if class := caller(chunk[textAt:textEnd]); class != nil {
						rec.Resource.Process = st.name(class)
						textAt, textEnd, begins = at+from, at+len(line), true
					}
				}
			}
			switch {
			case begins:
			case v == absorbed:
			case !built && textAt == textEnd && inside: // the stamp stood alone on its line: the message begins here
				textAt, textEnd = at+off, at+off+len(h.text)
			case v == extends:
				build()
				st.joined = append(st.joined, h.text...)
			case !built && inside && off == 0 && len(h.text) == len(line):
				textEnd = at + len(line) // the lines stand next to each other
			default:
				build()
				st.joined = append(st.joined, '\n')
				st.joined = append(st.joined, h.text...)
			}
		}
		if end > at && chunk[end-1] == r.eol {
			number++
		}
		lines++
		at = end
	}
	if open {
		return flush(len(chunk))
	}
	return nil
}

// secondLine returns the level that begins a record's second line, "SEVERE:
// text", and where the text begins.
func secondLine(line []byte) (s analysis.Severity, from int) {
	i := bytes.IndexByte(line[:min(len(line), 14)], ':')
	if i < 3 || i+1 < len(line) && line[i+1] != ' ' || !upper(line[:i]) {
		return 0, 0
	}
	return severity(line[:i]), min(i+2, len(line))
}

// caller returns the class of a text that is nothing but a class and its
// method, as java.util.logging writes them before the message.
func caller(text []byte) []byte {
	i := bytes.IndexByte(text, ' ')
	if i <= 0 || !dotted(text[:i]) || bytes.IndexByte(bytes.TrimRight(text[i+1:], " \r\n"), ' ') >= 0 {
		return nil
	}
	return text[:i]
}

// within returns where part begins in whole, if it is a slice of it.
func within(whole, part []byte) (int, bool) {
	off := cap(whole) - cap(part)
	if cap(part) == 0 || off < 0 || off > len(whole) || off+len(part) > len(whole) {
		return 0, false
	}
	if len(part) == 0 {
		return off, off < len(whole) || len(whole) == 0
	}
	return off, &whole[off] == &part[0]
}

// dirty reports whether messages of the chunk need a second look: control
// sequences, carriage returns, NULs or bytes that are not UTF-8.
func (r *lineReader) dirty(chunk []byte) bool {
	return bytes.IndexByte(chunk, 0x1b) >= 0 || bytes.IndexByte(chunk, '\r') >= 0 || bytes.IndexByte(chunk, 0) >= 0 || !utf8.Valid(chunk)
}

// tidy returns a message without terminal control sequences and NULs, with
// progress bars at their last state, in UTF-8.
func (r *lineReader) tidy(st *state, msg []byte) []byte {
	cr := bytes.IndexByte(msg, '\r') >= 0
	if !cr && bytes.IndexByte(msg, 0x1b) < 0 && bytes.IndexByte(msg, 0) < 0 {
		if utf8.Valid(msg) {
			return msg
		}
	}
	out := st.clean[:0]
	for first := true; first || len(msg) > 0; first = false {
		line := msg
		if i := bytes.IndexByte(msg, '\n'); i >= 0 {
			line, msg = msg[:i], msg[i+1:]
		} else {
			msg = nil
		}
		if !first {
			out = append(out, '\n')
		}
		if cr {
			line = bytes.TrimRight(line, "\r")
			if r.eol == '\n' {
				if i := bytes.LastIndexByte(line, '\r'); i >= 0 {
					line = line[i+1:]
				}
			}
		}
		if !utf8.Valid(line) {
			r.faults.repaired.Add(1)
			out = stripControl(out, latin1(st.key[:0], line))
			continue
		}
		out = stripControl(out, line)
	}
	if r.eol == '\r' {
		for i, c := range out {
			if c == '\r' {
				out[i] = '\n'
			}
		}
	}
	st.clean = out
	return bytes.TrimRight(out, "\n")
}

// stripControl appends line to out without ANSI sequences (CSI, OSC, single
// escapes), NULs and backspaces.
func stripControl(out, line []byte) []byte {
	for i := 0; i < len(line); {
		c := line[i]
		switch {
		case c == 0x1b:
			i += escape(line[i:])
		case c == 0 || c == 7:
			i++
		case c == 8:
			if n := len(out); n > 0 && out[n-1] != '\n' {
				out = out[:n-1]
			}
			i++
		default:
			out = append(out, c)
			i++
		}
	}
	return out
}

// escape returns the length of the escape sequence at the start of b.
func escape(b []byte) int {
	if len(b) < 2 {
		return len(b)
	}
	switch b[1] {
	case '[':
		for i := 2; i < len(b) && i < 64; i++ {
			if b[i] >= 0x40 && b[i] <= 0x7e {
				return i + 1
			}
		}
		return 2
	case ']', 'P', '^', '_':
		for i := 2; i < len(b) && i < 4096; i++ {
			if b[i] == 7 {
				return i + 1
			}
			if b[i] == 0x1b && i+1 < len(b) && b[i+1] == '\\' {
				return i + 2
			}
		}
		return 2
	case '(', ')', '#':
		return min(3, len(b))
	}
	return 2
}

// lead returns how many bytes stand before a line's text proper: a byte order
// mark, NULs, control sequences.
func lead(line []byte) int {
	i := 0
	for i < len(line) {
		switch c := line[i]; {
		case c == 0 || c == '\r' && i+1 < len(line):
			i++
		case c == 0xEF && i+2 < len(line) && line[i+1] == 0xBB && line[i+2] == 0xBF:
			i += 3
		case c == 0x1b:
			i += escape(line[i:])
		default:
			return i
		}
	}
	return i
}

// Problems implements Reader.
func (r *lineReader) Problems() []analysis.Problem { return r.faults.problems() }

func (c *counts) problems() []analysis.Problem {
	var out []analysis.Problem
	add := func(kind, detail string) { out = append(out, analysis.Problem{Kind: kind, Detail: detail}) }
	count := func(n int64, kind, one, many string) {
		switch {
		case n == 1:
			add(kind, "1 "+one)
		case n > 1:
			add(kind, strconv.FormatInt(n, 10)+" "+many)
		}
	}
	count(c.cut.Load(), analysis.ProblemLimit, "message was cut at the longest line kept", "messages were cut at the longest line kept")
	count(c.repaired.Load(), analysis.ProblemEncoding, "line is not UTF-8 and was read as Windows-1252", "lines are not UTF-8 and were read as Windows-1252")
	count(c.syntax.Load(), analysis.ProblemSyntax, "line does not follow the format and was kept as text", "lines do not follow the format and were kept as text")
	count(c.dropped.Load(), analysis.ProblemDropped, "record says that its source dropped others", "records say that their source dropped others")
	if c.guess != "" {
		add(analysis.ProblemTime, c.guess)
	}
	if c.encoding != "" {
		add(analysis.ProblemEncoding, c.encoding)
	}
	if p, ok := c.years.problem(); ok {
		out = append(out, p)
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Kind != out[j].Kind {
			return out[i].Kind < out[j].Kind
		}
		return out[i].Detail < out[j].Detail
	})
	return out
}
