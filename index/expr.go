package index

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"faultline/analysis"
)

// expr is a parsed query: what it asks for, before any case is looked at.
type expr interface{}

type (
	allExpr struct{}
	notExpr struct{ x expr }
	andExpr []expr
	orExpr  []expr

	severityExpr struct {
		op       string
		severity analysis.Severity // first number of a range, 0 for none
	}
	// timeExpr holds for times in [from, to) as nanoseconds.
	timeExpr struct{ from, to int64 }

	fieldExpr struct {
		field field
		name  string // as written
		glob  glob
	}
)

func (e severityExpr) holds(s analysis.Severity) bool {
	r := s.Range()
	switch e.op {
	case ">=":
		return r >= e.severity
	case "<=":
		return r <= e.severity
	case ">":
		return r > e.severity
	case "<":
		return r < e.severity
	}
	return r == e.severity
}

// newTimeExpr compares with the stretch from t to end.
func newTimeExpr(op string, t, end time.Time) timeExpr {
	from, to := t.UnixNano(), clampNanos(end)
	switch op {
	case ">=":
		return timeExpr{from, maxTime}
	case ">":
		return timeExpr{to, maxTime}
	case "<":
		return timeExpr{minTime, from}
	case "<=":
		return timeExpr{minTime, to}
	}
	return timeExpr{from, to}
}

// minTime and maxTime enclose every time that a record can have;
// analysis.NoTime lies outside.
const (
	minTime = analysis.NoTime + 1
	maxTime = 1<<63 - 1
)

// glob matches whole values, without regard to case; a star stands for any run
// of characters.
type glob struct {
	parts []string // lower case; more than one when there are stars
}

func newGlob(v value) glob {
	if v.quoted {
		return glob{parts: []string{strings.ToLower(v.text)}}
	}
	var g glob
	at := 0
	for _, s := range v.stars {
		g.parts = append(g.parts, strings.ToLower(v.text[at:s]))
		at = s
	}
	g.parts = append(g.parts, strings.ToLower(v.text[at:]))
	return g
}

func (g glob) match(s string) bool {
	s = strings.ToLower(s)
	n := len(g.parts) - 1
	if n == 0 {
		return s == g.parts[0]
	}
	if !strings.HasPrefix(s, g.parts[0]) {
		return false
	}
	s = s[len(g.parts[0]):]
	for _, p := range g.parts[1:n] {
		i := strings.Index(s, p)
		if i < 0 {
			return false
		}
		s = s[i+len(p):]
	}
	return strings.HasSuffix(s, g.parts[n])
}

// matcher finds a text in texts. Text that is looked into comes in two forms:
// raw, and folded to lower case by fold.
type matcher interface {
	// find returns the first place at or after from where the text stands in
	// folded (raw is the same stretch before folding), -1 when there is none.
	find(raw, folded []byte, from int) (start, end int)
	// perRecord reports whether a match in a stretch of several records says
	// nothing, so that each record must be looked into by itself.
	perRecord() bool
	// need returns texts of which every match holds one; nil when unknown.
	need() []needle
}

// textExpr is a word or a phrase: found without regard to case, at word
// boundaries; a blank stands for any run of white space.
type textExpr struct {
	chunks [][]byte // lower case, between blanks
	rare   int      // the chunk to look for first
	left   bool     // begins with a word character: must not stand behind one
	right  bool
	ascii  bool
	parts  [][]byte       // between stars, where there are any
	re     *regexp.Regexp // set when parts hold blanks
	words  [][]byte       // lower-case words that a record must hold whole
	long   []byte         // longest literal part
}

func newText(s string, stars []int) *textExpr {
	low := bytes.ToLower([]byte(s))
	if len(low) != len(s) && len(stars) > 0 { // lower case of another length: offsets of stars move
		low = []byte(strings.Map(func(r rune) rune {
			if l := unicode.ToLower(r); utf8.RuneLen(l) == utf8.RuneLen(r) {
				return l
			}
			return r
		}, s))
	}
	e := &textExpr{ascii: true}
	for _, c := range low {
		e.ascii = e.ascii && c < utf8.RuneSelf
	}
	if len(stars) > 0 {
		e.stars(low, stars)
		return e
	}
	e.chunks = bytes.FieldsFunc(low, isBlank)
	if len(e.chunks) == 0 { // control characters alone
		e.chunks = [][]byte{low}
	}
	for i, c := range e.chunks {
		if len(c) > len(e.chunks[e.rare]) {
			e.rare = i
		}
	}
	e.long = e.chunks[e.rare]
	first, last := e.chunks[0], e.chunks[len(e.chunks)-1]
	e.left, e.right = inWord(first, 0), inWord(last, len(last)-1)
	e.words = wordsOf(low)
	return e
}

// stars prepares a word with stars.
func (e *textExpr) stars(low []byte, stars []int) {
	at := 0
	for _, s := range stars {
		e.parts = append(e.parts, low[at:s])
		at = s
	}
	e.parts = append(e.parts, low[at:])
	n := len(e.parts) - 1
	for i, p := range e.parts {
		for _, c := range bytes.FieldsFunc(p, isBlank) {
			if len(c) > len(e.long) {
				e.long = c
			}
		}
		e.words = append(e.words, innerWords(p, i > 0, i < n)...)
	}
	e.left = len(e.parts[0]) > 0 && inWord(e.parts[0], 0)
	e.right = len(e.parts[n]) > 0 && inWord(e.parts[n], len(e.parts[n])-1)
	if bytes.ContainsFunc(low, isBlank) { // key="two words*": rare enough for a slow way
		e.compile()
	}
}

// compile makes an expression of a word whose parts hold blanks.
func (e *textExpr) compile() {
	const edge = `[^\pL\pN\pM_]`
	var b strings.Builder
	b.WriteString("(?s)")
	if e.left {
		b.WriteString(`(?:^|` + edge + `)`)
	}
	for i, p := range e.parts {
		if i > 0 {
			b.WriteString(`[^\x00-\x20\x7f\s]*`)
		}
		for at := 0; at < len(p); {
			if n := blankAfter(p, at); n > 0 {
				b.WriteString(`[\x00-\x20\x7f\s]+`)
				at += n
				continue
			}
			end := at
			for end < len(p) && blankAfter(p, end) == 0 {
				end++
			}
			b.WriteString(regexp.QuoteMeta(string(p[at:end])))
			at = end
		}
	}
	if e.right {
		b.WriteString(`(?:$|` + edge + `)`)
	}
	e.re = regexp.MustCompile(b.String())
}

// findParts finds the parts one after the other within one run of characters
// without blanks.
func (e *textExpr) findParts(folded []byte, from int) (int, int) {
	// The long part leads to the runs that are worth a look.
	for search := from; ; {
		i := bytes.Index(folded[search:], e.long)
		if i < 0 {
			return -1, -1
		}
		i += search
		start := i
		for start > from {
			r, n := utf8.DecodeLastRune(folded[:start])
			if isBlank(r) {
				break
			}
			start -= n
		}
		start = max(start, from)
		end := i + len(e.long)
		for end < len(folded) {
			r, n := utf8.DecodeRune(folded[end:])
			if isBlank(r) {
				break
			}
			end += n
		}
		if s, t := e.findRun(folded, start, end); s >= 0 {
			return s, t
		}
		search = end
	}
}

// findRun finds the parts within folded[from:to], which holds no blanks. The
// first place of each part leaves most room for the others, so nothing else
// has to be tried but for the last one, which has to end at a boundary.
func (e *textExpr) findRun(folded []byte, from, to int) (int, int) {
	run := folded[:to]
	at := from
	start := -1
	n := len(e.parts) - 1
	for k, p := range e.parts[:n] {
		for {
			i := bytes.Index(run[at:], p)
			if i < 0 {
				return -1, -1
			}
			i += at
			if k == 0 && e.left && i > 0 && inWord(folded, i-1) {
				at = i + 1
				continue
			}
			if start < 0 {
				start = i
			}
			at = i + len(p)
			break
		}
	}
	last := e.parts[n]
	if len(last) == 0 {
		return start, at
	}
	for {
		i := bytes.Index(run[at:], last)
		if i < 0 {
			return -1, -1
		}
		end := at + i + len(last)
		if !e.right || end == len(folded) || !inWord(folded, end) {
			return start, end
		}
		at += i + 1
	}
}

// innerWords returns the words of p that are sure to be whole in every match;
// those at an open end may be parts of longer ones.
func innerWords(p []byte, openLeft, openRight bool) [][]byte {
	from, to := 0, len(p)
	if openLeft {
		for from < len(p) && inWord(p, from) {
			from++
		}
	}
	if openRight {
		for to > from && inWord(p, to-1) {
			to--
		}
	}
	return wordsOf(p[from:to])
}

func (e *textExpr) perRecord() bool { return e.re != nil }

func (e *textExpr) need() []needle {
	if !e.ascii || len(e.long) == 0 {
		return nil
	}
	return []needle{newNeedle(e.long, true)}
}

func (e *textExpr) find(raw, folded []byte, from int) (int, int) {
	if e.re != nil {
		if m := e.re.FindIndex(folded[from:]); m != nil {
			return from + m[0], from + m[1]
		}
		return -1, -1
	}
	if e.parts != nil {
		return e.findParts(folded, from)
	}
	first := e.chunks[0]
	if len(e.chunks) == 1 {
		for {
			i := bytes.Index(folded[from:], first)
			if i < 0 {
				return -1, -1
			}
			i += from
			if e.bounded(folded, i, i+len(first)) {
				return i, i + len(first)
			}
			from = i + 1
		}
	}
	// Look for the longest chunk and then for its neighbours around it.
	anchor, search := e.chunks[e.rare], from
	for {
		i := bytes.Index(folded[search:], anchor)
		if i < 0 {
			return -1, -1
		}
		i += search
		if s, t, ok := e.around(folded, i); ok && s >= from && e.bounded(folded, s, t) {
			return s, t
		}
		search = i + 1
	}
}

// around reports where the whole phrase stands when its rare chunk stands at i.
func (e *textExpr) around(folded []byte, i int) (start, end int, ok bool) {
	start, end = i, i+len(e.chunks[e.rare])
	for _, c := range e.chunks[e.rare+1:] {
		n := blankAfter(folded, end)
		if n == 0 || !bytes.HasPrefix(folded[end+n:], c) {
			return 0, 0, false
		}
		end += n + len(c)
	}
	for k := e.rare - 1; k >= 0; k-- {
		c := e.chunks[k]
		n := blankBefore(folded, start)
		if n == 0 || !bytes.HasSuffix(folded[:start-n], c) {
			return 0, 0, false
		}
		start -= n + len(c)
	}
	return start, end, true
}

func (e *textExpr) bounded(folded []byte, start, end int) bool {
	return !(e.left && start > 0 && inWord(folded, start-1)) &&
		!(e.right && end < len(folded) && inWord(folded, end))
}

// isBlank reports whether r separates the words of a phrase: white space and
// control characters, which shapes do not tell apart either.
func isBlank(r rune) bool { return r <= ' ' || r == 0x7f || unicode.IsSpace(r) }

// blankAfter returns the length of the white space at i.
func blankAfter(b []byte, i int) int {
	n := 0
	for i+n < len(b) {
		if c := b[i+n]; c < utf8.RuneSelf {
			if c > ' ' && c != 0x7f {
				break
			}
			n++
			continue
		}
		r, m := utf8.DecodeRune(b[i+n:])
		if !isBlank(r) {
			break
		}
		n += m
	}
	return n
}

// blankBefore returns the length of the white space that ends at i.
func blankBefore(b []byte, i int) int {
	n := 0
	for i-n > 0 {
		r, m := utf8.DecodeLastRune(b[:i-n])
		if !isBlank(r) {
			break
		}
		n += m
	}
	return n
}

// regexExpr is /.../.
type regexExpr struct {
	source string
	re     *regexp.Regexp
	needs  []needle
}

func (e *regexExpr) perRecord() bool { return true }
func (e *regexExpr) need() []needle  { return e.needs }

func (e *regexExpr) find(raw, _ []byte, from int) (int, int) {
	if m := e.re.FindIndex(raw[from:]); m != nil {
		return from + m[0], from + m[1]
	}
	return -1, -1
}

// fold appends the lower case of text to dst: of ASCII letters only when ascii
// is set, which keeps every byte's place, else of all letters.
func fold(dst, text []byte, ascii bool) []byte {
	if !ascii {
		return append(dst, bytes.ToLower(text)...)
	}
	n := len(dst)
	dst = append(dst, text...)
	lowerASCII(dst[n:])
	return dst
}

// lowerASCII lowers the ASCII letters of b, eight bytes at a time.
func lowerASCII(b []byte) {
	const (
		high = 0x8080808080808080
		ones = 0x0101010101010101
	)
	for len(b) >= 8 {
		w := binary.LittleEndian.Uint64(b)
		low := w &^ high
		// The high bit of each byte of in tells whether it is in A..Z.
		in := (low + (0x80-'A')*ones) &^ (low + (0x80-'Z'-1)*ones) &^ w & high
		binary.LittleEndian.PutUint64(b, w|in>>2)
		b = b[8:]
	}
	for i, c := range b {
		b[i] = lower(c)
	}
}
