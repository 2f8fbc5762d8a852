package pattern

// Version is the version of the identity: of the skeletons' text, of the
// hash over them, and of the IDs of templates. What was stored under another
// version has to be mined again.
const Version = 1

// mark stands in a skeleton before the letter of a variable's kind. No byte
// below the blank reaches a skeleton in any other way.
const mark = 0x01

// The letters of the kinds of variables in a skeleton.
const (
	kindNumber = 'n'
	kindHex    = 'h'
	kindUUID   = 'u'
	kindIP     = 'i' // v4 or v6, with or without port or prefix length
	kindMAC    = 'm'
	kindHost   = 'o' // host:port
	kindPath   = 'p'
	kindURL    = 'l'
	kindTime   = 't' // date, time, both
	kindSpan   = 'd' // duration
	kindSize   = 's'
	kindBool   = 'b' // true, false, null
	kindEmail  = 'e'
	kindID     = 'x' // letters and digits mixed
	kindList   = 'v' // a long list of variables
	kindTail   = 'r' // what stands behind the longest text that is looked at
)

// maxText is how many bytes of a message are looked at; what is behind them is
// one variable. Longer text tells patterns apart no better and would let one
// dump of data fill the table.
const maxText = 3000

// maxList is the number of variables in a row, with equal text between them,
// that are kept one by one; longer lists become one variable.
const maxList = 24

// A Lexer finds the variable parts of messages and hashes the rest. It is
// meant to be kept and reused by one goroutine.
type Lexer struct {
	msg   []byte // the text looked at
	skel  []byte // the skeleton so far
	lit   int    // where the text begins that is not yet in skel
	vars  []variable
	view  []byte // the exception lines of a multi-line record, joined
	runs  []run
	spans []Span
	sep   []byte // what stands between the variables of the last long list

	frames []traceFrame // of the last message's stack trace
	trace  []byte       // that message
	last   []byte       // names of frames, while they are compared
}

// variable is the place and the kind of one variable part of a message.
type variable struct {
	start, end int32 // in the text looked at
	at         int32 // where its mark stands in the skeleton
	kind       byte
}

// run says that the text looked at from byte view on was copied from byte msg
// of the message on.
type run struct{ view, msg int32 }

// NewLexer returns a lexer for one goroutine.
func NewLexer() *Lexer { return &Lexer{} }

// The classes of bytes.
const (
	clBlank  = 1 << iota
	clDelim  // never inside a word
	clLetter // letters, "_", "$" and all bytes of multi-byte characters
	clDigit
	clDot
	clColon
	clSlash
	clOther // "-+@#%&~": can stand inside a word
	clBack  // "\"
	clAt    // "@", which is clOther too

	clWord = clLetter | clDigit | clDot | clColon | clSlash | clOther | clBack
	clOdd  = clDigit | clSlash | clBack | clAt
)

// classes holds the class of every byte.
var classes = func() (t [256]uint16) {
	for i := range t {
		switch c := byte(i); {
		case c <= ' ' || c == 0x7f:
			t[i] = clBlank
		case c >= 0x80 || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c == '$':
			t[i] = clLetter
		case '0' <= c && c <= '9':
			t[i] = clDigit
		case c == '.':
			t[i] = clDot
		case c == ':':
			t[i] = clColon
		case c == '/':
			t[i] = clSlash
		case c == '\\':
			t[i] = clBack
		case c == '@':
			t[i] = clOther | clAt
		case c == '-' || c == '+' || c == '#' || c == '%' || c == '&' || c == '~':
			t[i] = clOther
		default:
			t[i] = clDelim
		}
	}
	return t
}()

// Shape returns the hash of the skeleton of msg: of its first line, and of a
// stack trace also the lines that name the exceptions and the program's own
// frames. It does not allocate
// once the lexer has seen a message of the length, and keeps msg's variables
// and skeleton until the next call.
func (l *Lexer) Shape(msg []byte) uint64 {
	l.msg = l.text(msg)
	l.lex()
	if len(l.frames) > 0 {
		l.sign()
	}
	return Hash(l.skel)
}

// Skeleton appends the canonical text of the last message's skeleton to dst.
// It is the message with blanks folded and every variable part replaced by a
// mark and the letter of its kind.
func (l *Lexer) Skeleton(dst []byte) []byte { return append(dst, l.skel...) }

// Span is the place of a variable part of a message.
type Span struct{ From, To int32 }

// Spans returns the places of the variable parts of the last message, in
// order. They are valid until the next Shape.
func (l *Lexer) Spans() []Span {
	l.spans = l.spans[:0]
	r := 0
	for i := range l.vars {
		v := &l.vars[i]
		s := Span{v.start, v.end}
		if len(l.runs) > 0 {
			for r+1 < len(l.runs) && l.runs[r+1].view <= s.From {
				r++
			}
			off := l.runs[r].msg - l.runs[r].view
			s.From, s.To = s.From+off, s.To+off
		}
		l.spans = append(l.spans, s)
	}
	return l.spans
}

// lex makes l.skel and l.vars of l.msg.
func (l *Lexer) lex() {
	l.skel, l.vars, l.lit = l.skel[:0], l.vars[:0], 0
	m := l.msg
	n := min(len(m), maxText)
	for i := 0; i < n; {
		c := classes[m[i]]
		if c&clWord != 0 {
			j, mask := i+1, c
			for j < n {
				c = classes[m[j]]
				if c&clWord == 0 {
					break
				}
				mask |= c
				j++
			}
			switch {
			case mask&clOdd != 0:
				i = l.chunk(i, j, n, mask)
			case j-i >= 3 && j-i <= 9 && mayOpen(m[i], m[i+1]):
				i = l.plain(i, j, n)
			default:
				i = j
			}
			continue
		}
		if c&clBlank != 0 {
			j := i + 1
			for j < n && classes[m[j]] == clBlank {
				j++
			}
			if j > i+1 || m[i] != ' ' || i == 0 || j == n {
				l.flush(i)
				if len(l.skel) > 0 && j < n {
					l.skel = append(l.skel, ' ')
				}
				l.lit = j
			}
			i = j
			continue
		}
		i++
	}
	l.flush(n)
	if n < len(m) {
		l.variable(n, len(m), kindTail)
	}
}

// openings holds, for each letter, the letters that follow it at the start of
// a truth value or of the name of a month or weekday, in any case.
var openings = func() (t [26]uint32) {
	for _, w := range [...]string{
		"true", "false", "null", "nil", "nan", "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
		"mon", "tue", "wed", "thu", "fri", "sat", "sun",
	} {
		t[w[0]-'a'] |= 1 << (w[1] - 'a')
	}
	return t
}()

// mayOpen reports whether a and b may begin a word that plain looks for: few of
// the words without digits do.
func mayOpen(a, b byte) bool {
	a, b = a|0x20-'a', b|0x20-'a'
	return a < 26 && openings[a]>>b&1 != 0
}

// plain handles a word without digits, of three to nine bytes: constant, but
// for truth values and the names of months and weekdays in front of numbers.
func (l *Lexer) plain(i, j, n int) int {
	m := l.msg
	if c := m[i] | 0x20; c == 't' || c == 'f' || c == 'n' {
		k := j
		for k > i && (m[k-1] == '.' || m[k-1] == ':') {
			k--
		}
		if isTruth(m[i:k]) {
			l.variable(i, k, kindBool)
			return j
		}
	}
	if e := dateWords(m[:n], i, j); e > 0 {
		l.variable(i, e, kindTime)
		return e
	}
	return j
}

// flush copies what is literal up to byte i into the skeleton.
func (l *Lexer) flush(i int) {
	n, at := i-l.lit, len(l.skel)
	switch {
	case n <= 0:
	case n <= 16 && l.lit+16 <= len(l.msg) && at+16 <= cap(l.skel):
		// Most is short: sixteen bytes are copied faster than any number.
		*(*[16]byte)(l.skel[at : at+16]) = [16]byte(l.msg[l.lit:])
		l.skel = l.skel[:at+n]
	default:
		l.skel = append(l.skel, l.msg[l.lit:i]...)
	}
	l.lit = i
}

// variable adds the variable part i..j. One that follows another with nothing
// or one joining byte between becomes part of it: "10.0.0.1:80" is one.
func (l *Lexer) variable(i, j int, kind byte) {
	if k := len(l.vars) - 1; k >= 0 {
		v := &l.vars[k]
		if e := int(v.end); e == i || e == i-1 && l.lit == e && joins(l.msg[e], v.kind, kind) {
			v.end = int32(j)
			if v.kind != kind && v.kind != kindIP && v.kind != kindTime {
				v.kind = kindID
				l.skel[v.at+1] = kindID
			}
			l.lit = j
			return
		}
	}
	l.flush(i)
	if k := len(l.vars) - 1; k >= 0 && l.vars[k].kind == kindList {
		if v := &l.vars[k]; string(l.skel[v.at+2:]) == string(l.sep) {
			v.end = int32(j)
			l.skel = l.skel[:v.at+2]
			l.lit = j
			return
		}
	}
	l.vars = append(l.vars, variable{int32(i), int32(j), int32(len(l.skel)), kind})
	l.skel = append(l.skel, mark, kind)
	l.lit = j
	if len(l.vars) > maxList {
		l.fold()
	}
}

// joins reports whether c makes one variable of two; "3/7" stays two.
func joins(c byte, a, b byte) bool {
	if c == '/' {
		return a != kindNumber || b != kindNumber
	}
	return c != '%' && classes[c]&(clDot|clColon|clOther) != 0
}

// fold turns the last maxList+1 variables into one when the text between each
// two is the same.
func (l *Lexer) fold() {
	vs := l.vars[len(l.vars)-maxList-1:]
	if vs[0].kind == kindList {
		return
	}
	sep := l.skel[vs[0].at+2 : vs[1].at]
	l.sep = append(l.sep[:0], sep...)
	for k := 1; k < maxList; k++ {
		if s := l.skel[vs[k].at+2 : vs[k+1].at]; string(s) != string(sep) {
			return
		}
	}
	vs[0].end, vs[0].kind = vs[maxList].end, kindList
	l.skel = l.skel[:vs[0].at+2]
	l.skel[vs[0].at+1] = kindList
	l.vars = l.vars[:len(l.vars)-maxList]
}
