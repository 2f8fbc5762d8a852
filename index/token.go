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
//	stretch of its shape's skeleton, or its hash is among the block's tokens,
//	or TokenOf says that it has none.
//
// Tokens gathers those hashes while a block is filled: Record for each record,
// then List for segment.Block's Tokens, then Reset.
type Tokens struct {
	list []uint64
	seen [1 << 12]uint64 // direct-mapped: drops most repetitions, never a first
}

// Record adds what the rule asks for of one record: raw is all of it, message
// its text body as it was given to the lexer and, where the format allows, a
// part of raw itself; variables yields the places of its variable parts
// (pattern.Lexer's Variables). With nil variables, for a record without a
// shape, all words are added.
func (t *Tokens) Record(raw, message []byte, variables func(yield func(start, end int))) {
	if variables == nil {
		t.Add(raw, 0, len(raw))
		return
	}
	at := cap(raw) - cap(message)
	end := at + len(message)
	if len(message) == 0 || at < 0 || end > len(raw) || &raw[at] != &message[0] || inside(raw, at) || inside(raw, end) {
		// The message was unescaped or put together: its literal text need
		// not stand in raw, or not as whole words.
		t.put(rewritten)
		t.Add(raw, 0, len(raw))
		return
	}
	t.Add(raw, 0, at)
	variables(func(start, end int) { t.Hole(message, start, end) })
	line := len(message)
	if i := bytes.IndexByte(message, '\n'); i >= 0 {
		line = i
	}
	if line > longLine {
		line = 0
	}
	t.Add(raw, at+line, len(raw))
}

// longLine is how much of a line surely reaches its skeleton, bytes; the lexer
// leaves out the ends of very long ones.
const longLine = 2000

// inside reports whether text[i] stands in the middle of a word.
func inside(text []byte, i int) bool {
	return i > 0 && i < len(text) && inWord(text, i-1) && inWord(text, i)
}

// rewritten is the token of blocks that hold a record whose message is no part
// of its raw text; no word has this hash by intent.
const rewritten = 0x5245575249545445

func (t *Tokens) put(h uint64) {
	if s := &t.seen[h%uint64(len(t.seen))]; *s != h {
		*s = h
		t.list = append(t.list, h)
	}
}

// Hole adds the words of text that reach into or touch text[from:to], a
// variable part of the skeleton: literal text beside it may continue it.
func (t *Tokens) Hole(text []byte, from, to int) {
	if to < len(text) && inWord(text, to) {
		to++
	}
	if from > 0 && inWord(text, from-1) {
		from--
	}
	t.Add(text, from, to)
}

// Add adds the words of text that reach into text[from:to], whole: of what
// stands outside of the message, and of lines that have no part in the shape.
func (t *Tokens) Add(text []byte, from, to int) {
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
		start, h, plain := i, uint64(tokenSeed), true
		for i < len(text) {
			c := text[i]
			if c < utf8.RuneSelf {
				l := wordByte[c]
				if l == 0 {
					break
				}
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
		t.put(h)
	}
}

// List returns what was added since the last Reset, with a few repetitions,
// in no order of meaning. It is valid until the next Reset.
func (t *Tokens) List() []uint64 { return t.list }

// Reset makes t ready for the next block.
func (t *Tokens) Reset() {
	t.list = t.list[:0]
	clear(t.seen[:])
}

// TokenOf returns the hash of a word, in any case, under which blocks keep it;
// ok is false for words that no block keeps: those of one or two bytes and
// those that make up time stamps, which would be in every block.
func TokenOf(word []byte) (hash uint64, ok bool) {
	if !indexed(word) {
		return 0, false
	}
	return hashFold(word), true
}

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
