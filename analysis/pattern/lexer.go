package pattern

// Version is the version of the identity: of the skeletons' text, of the
// hash over them, and of the IDs of templates. What was stored under another
// version has to be mined again.
const Version = 1

// mark stands in a skeleton before the letter of a variable's kind. Bytes
// below it never reach a skeleton as text.
const mark = 0x01

// A Lexer finds the variable parts of messages and hashes the rest. It is
// meant to be kept and reused by one goroutine.
type Lexer struct {
	skel []byte
	vars []variable
}

// variable is the place and the kind of one variable part of a message.
type variable struct {
	start, end int32
	kind       byte
}

// NewLexer returns a lexer for one goroutine.
func NewLexer() *Lexer { return &Lexer{} }

// Shape returns the hash of the skeleton of msg. It does not allocate once
// the lexer has seen a message of the length, and keeps msg's variables and
// skeleton until the next call.
func (l *Lexer) Shape(msg []byte) uint64 {
	l.skel, l.vars = l.skel[:0], l.vars[:0]
	end := len(msg)
	for i, c := range msg {
		if c == '\n' {
			end = i
			break
		}
	}
	for i := 0; i < end; {
		c := msg[i]
		if !word(c) {
			if c < ' ' {
				c = ' '
			}
			l.skel = append(l.skel, c)
			i++
			continue
		}
		j, digit := i, false
		for j < end && word(msg[j]) {
			digit = digit || '0' <= msg[j] && msg[j] <= '9'
			j++
		}
		if digit {
			l.vars = append(l.vars, variable{int32(i), int32(j), 'n'})
			l.skel = append(l.skel, mark, 'n')
		} else {
			l.skel = append(l.skel, msg[i:j]...)
		}
		i = j
	}
	return Hash(l.skel)
}

// Skeleton appends the canonical text of the last message's skeleton to dst.
func (l *Lexer) Skeleton(dst []byte) []byte { return append(dst, l.skel...) }

// Variables calls yield with the byte range of each variable part of the last
// message, in order.
func (l *Lexer) Variables(yield func(start, end int)) {
	for _, v := range l.vars {
		yield(int(v.start), int(v.end))
	}
}

func word(c byte) bool {
	return c >= 0x80 || 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '_'
}

// Hash returns the 64-bit hash of a skeleton's text.
func Hash(skeleton []byte) uint64 {
	h := uint64(len(skeleton)) ^ 0x9e3779b97f4a7c15
	for _, c := range skeleton {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	return h ^ h>>29
}
