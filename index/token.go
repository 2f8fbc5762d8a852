package index

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"
)

// A word is a longest run of letters, digits, marks and "_". Search finds
// words at their boundaries, and every block keeps a Bloom filter of those
// words that its shapes do not hold, so that a block can be passed over
// without reading it. The rule that makes answers exact:
//
//	Every word of a record's raw text either lies wholly within one literal
//	stretch of its shape's skeleton, or is one of its head's (see heads), or
//	its tokens are among the block's, or TokenOf says that it has none.
//
// A word with digits, an identifier mostly, has one token. A word of letters
// has that and two more that its record's shape is part of: so one "refused"
// in a stack trace puts no other lines of the block in doubt than those of its
// shape. (Two, because every shape of a block is asked for, and a filter errs
// once in a hundred times.)
//
// Tokens gathers the tokens while a block is filled: Record for each record,
// then List and Heads for segment.Block's Tokens and HeadTexts, then Reset.
type Tokens struct {
	heads heads
	list  []uint64
	key   uint64          // of the record's shape
	seen  [1 << 12]uint64 // direct-mapped: drops most repetitions, never a first
}

// Record adds what the rule asks for of one record: raw is all of it, message
// its text body as it was given to the lexer and, where the format allows, a
// part of raw itself; shape is what pattern.Lexer's Shape made of it and
// variables yields the places of its variable parts (Lexer.Variables). For a
// record without a shape, which is 0, all words are added. It returns the
// number of the record's head, which is one of Heads.
func (t *Tokens) Record(raw, message []byte, shape uint64, variables func(yield func(start, end int))) (head uint32) {
	t.key = shape
	if shape == 0 || len(message) == 0 {
		t.add(raw, 0, len(raw))
		return 0
	}
	at := cap(raw) - cap(message)
	end := at + len(message)
	if at < 0 || end > len(raw) || &raw[at] != &message[0] || inside(raw, at) || inside(raw, end) {
		// The message was unescaped or put together: its literal text need
		// not stand in raw, or not as whole words.
		t.keyed(rewritten)
		return t.head(raw, headEnd(raw), len(raw))
	}
	cut := at
	if cut > maxHead {
		cut = headEnd(raw)
	}
	head = t.head(raw, cut, at)
	variables(func(start, end int) { t.hole(message, start, end) })
	line := len(message)
	if i := bytes.IndexByte(message, '\n'); i >= 0 {
		line = i
	}
	if line > longLine {
		line = 0
	}
	t.add(raw, at+line, len(raw))
	return head
}

// longLine is how much of a line surely reaches its skeleton, bytes; the lexer
// leaves out the ends of very long ones.
const longLine = 2000

// inside reports whether text[i] stands in the middle of a word.
func inside(text []byte, i int) bool {
	return i > 0 && i < len(text) && inWord(text, i-1) && inWord(text, i)
}

// rewritten stands, in place of a word's hash, for shapes that have a record
// in the block whose message is no part of its raw text.
const rewritten = 0x5245575249545445

// keyed returns the two tokens of a word in records of a shape.
func keyed(word, shape uint64) (a, b uint64) {
	a = mix(word ^ shape)
	return a, mix(a)
}

// keyed adds the two tokens of a word in records of the present shape.
func (t *Tokens) keyed(word uint64) {
	a, b := keyed(word, t.key)
	if s := &t.seen[a%uint64(len(t.seen))]; *s != a {
		*s = a
		t.list = append(t.list, a, b)
	}
}

// keep adds the tokens of a word; of letters alone, unless it belongs to the
// head.
func (t *Tokens) keep(word uint64, letters bool) {
	switch {
	case !letters:
		t.put(word)
	case t.heads.open && t.heads.take(word):
	default:
		t.put(word)
		t.keyed(word)
	}
}

func (t *Tokens) put(h uint64) {
	if s := &t.seen[h%uint64(len(t.seen))]; *s != h {
		*s = h
		t.list = append(t.list, h)
	}
}

// hole adds the words of text that reach into or touch text[from:to], a
// variable part of the skeleton: literal text beside it may continue it.
func (t *Tokens) hole(text []byte, from, to int) {
	if to < len(text) && inWord(text, to) {
		to++
	}
	if from > 0 && inWord(text, from-1) {
		from--
	}
	t.add(text, from, to)
}

// add adds the words of text that reach into text[from:to], whole: of what
// stands outside of the message, and of lines that have no part in the shape.
func (t *Tokens) add(text []byte, from, to int) {
	if from < len(text) && inWord(text, from) {
		for from > 0 && inWord(text, from-1) {
			from--
		}
	}
	i := from
	for i < to {
		c := text[i]
		if c < utf8.RuneSelf {
			if wordByte[c] == 0 {
				i++
				continue
			}
		} else if n := wordRune(text[i:]); n == 0 {
			_, n = utf8.DecodeRune(text[i:])
			i += n
			continue
		}
		start, h, plain, digits := i, uint64(tokenSeed), true, false
		for i < len(text) {
			c := text[i]
			if c < utf8.RuneSelf {
				l := wordByte[c]
				if l == 0 {
					break
				}
				digits = digits || l <= '9'
				h = (h ^ uint64(l)) * tokenPrime
				i++
				continue
			}
			n := wordRune(text[i:])
			if n == 0 {
				break
			}
			plain = false
			i += n
		}
		word := text[start:i]
		if !indexed(word) {
			continue
		}
		if plain {
			h = mix(h)
		} else {
			h = hashFold(word)
		}
		t.keep(h, !digits)
	}
}

// List returns what was added since the last Reset, with a few repetitions,
// in no order of meaning. It is valid until the next Reset.
func (t *Tokens) List() []uint64 { return t.list }

// Heads returns the distinct heads of the records since the last Reset, by
// their numbers: each its words in lower case, a blank between. The first one
// is empty. It is valid until the next Reset.
func (t *Tokens) Heads() []string {
	if len(t.heads.texts) == 0 {
		t.heads.reset()
	}
	return t.heads.texts
}

// Reset makes t ready for the next block.
func (t *Tokens) Reset() {
	t.heads.reset()
	t.list = t.list[:0]
	clear(t.seen[:])
}

// TokenOf returns the token of a word, in any case, that stands for it in
// blocks whatever the shape; ok is false for words that no block keeps: those
// of one or two bytes and those that make up time stamps, which would be in
// every block.
func TokenOf(word []byte) (token uint64, ok bool) {
	if !indexed(word) {
		return 0, false
	}
	return hashFold(word), true
}

// hasDigit reports whether a word has an ASCII digit.
func hasDigit(word []byte) bool { return bytes.ContainsAny(word, "0123456789") }

const (
	tokenSeed  = 0x9E3779B97F4A7C15
	tokenPrime = 0x100000001B3
)

func hashFold(word []byte) uint64 {
	h := uint64(tokenSeed)
	for i := 0; i < len(word); {
		if c := word[i]; c < utf8.RuneSelf {
			h = (h ^ uint64(lower(c))) * tokenPrime
			i++
			continue
		}
		r, n := utf8.DecodeRune(word[i:])
		var buf [utf8.UTFMax]byte
		for _, c := range utf8.AppendRune(buf[:0], unicode.ToLower(r)) {
			h = (h ^ uint64(c)) * tokenPrime
		}
		i += n
	}
	return mix(h)
}

func mix(h uint64) uint64 {
	h ^= h >> 32
	h *= 0xD6E8FEB86659FD93
	h ^= h >> 32
	return h
}

// indexed reports whether blocks keep word: not the short ones, and not what
// time stamps are made of (up to four, six or nine digits, "02T15", "123456Z").
func indexed(word []byte) bool {
	n := len(word)
	if n < 3 {
		return false
	}
	if word[0] < '0' || word[0] > '9' {
		return true
	}
	digits := 0
	for digits < n && word[digits] >= '0' && word[digits] <= '9' {
		digits++
	}
	switch {
	case digits == n:
		return n == 5 || n == 7 || n == 8 || n > 9
	case digits == n-1 && (word[n-1] == 'Z' || word[n-1] == 'z'):
		return n > 10
	case digits == 2 && n == 5 && (word[2] == 'T' || word[2] == 't'):
		return !(word[3] >= '0' && word[3] <= '9' && word[4] >= '0' && word[4] <= '9')
	}
	return true
}

// wordByte holds, for the bytes that are part of words, their lower case; 0
// for all others.
var wordByte = func() (t [utf8.RuneSelf]byte) {
	for c := range t {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_':
			t[c] = byte(c)
		case c >= 'A' && c <= 'Z':
			t[c] = byte(c) + 'a' - 'A'
		}
	}
	return t
}()

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func isWordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '_'
}

// wordRune returns the length of the non-ASCII word character at the start of
// text, 0 when there is none.
func wordRune(text []byte) int {
	r, n := utf8.DecodeRune(text)
	if r == utf8.RuneError && n <= 1 || !isWordRune(r) {
		return 0
	}
	return n
}

// inWord reports whether the character that text[i] is part of belongs to a
// word.
func inWord(text []byte, i int) bool {
	if c := text[i]; c < utf8.RuneSelf {
		return wordByte[c] != 0
	}
	start := i
	for start > 0 && i-start < utf8.UTFMax-1 && !utf8.RuneStart(text[start]) {
		start--
	}
	r, n := utf8.DecodeRune(text[start:])
	return start+n > i && !(r == utf8.RuneError && n <= 1) && isWordRune(r)
}

// wordsOf returns the words of text, in order, without repetitions.
func wordsOf(text []byte) [][]byte {
	var list [][]byte
	for i := 0; i < len(text); {
		_, n := utf8.DecodeRune(text[i:])
		if !inWord(text, i) {
			i += n
			continue
		}
		start := i
		for i < len(text) && inWord(text, i) {
			_, n := utf8.DecodeRune(text[i:])
			i += n
		}
		if w := text[start:i]; !slices.ContainsFunc(list, func(o []byte) bool { return string(o) == string(w) }) {
			list = append(list, w)
		}
	}
	return list
}
