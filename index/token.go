package index

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode"
	"unicode/utf8"

	"faultline/analysis/pattern"
)

// A word is a longest run of letters, digits, marks and "_". Search finds
// words at their boundaries, and every block keeps a Bloom filter of those
// words that its shapes do not hold, so that a block can be passed over
// without reading it. The rule that makes answers exact:
//
//	Every word of a record's raw text either lies wholly within one literal
//	stretch of its shape's skeleton, or is one of its head's (see heads), or
//	its tokens are among the block's, or it has none (see indexed).
//
// A word with digits, an identifier mostly, has one token. A word of letters
// has that and two more that its record's shape is part of: so one "refused"
// in a stack trace puts no other lines of the block in doubt than those of its
// shape. (Two, because every shape of a block is asked for, and a filter errs
// once in a hundred times.)
//
// The grams of the words that have tokens are tokens too: see gram.go.
//
// Tokens gathers the tokens while a block is filled: Record for each record,
// then List and Heads for segment.Block's Tokens and HeadTexts, then Reset.
type Tokens struct {
	heads heads
	list  []uint64
	key   uint64          // of the record's shape
	seen  [1 << 12]uint64 // direct-mapped: drops most repetitions, never a first
	fold  []byte          // the last word that is not ASCII, in lower case
	grams gramSet         // those in list
}

// Record adds what the rule asks for of one record: raw is all of it, message
// its text body as it was given to the lexer and, where the format allows, a
// part of raw itself; shape is what pattern.Lexer's Shape made of it and holes
// are the places of its variable parts (Lexer.Spans). For a record without a
// shape, which is 0, all words are added. It returns the number of the record's
// head, which is one of Heads. raw has to stay as it is until Reset: the next
// record of the shape is compared with it.
func (t *Tokens) Record(raw, message []byte, shape uint64, holes []pattern.Span) (head uint32) {
	t.key, t.heads.mask, t.heads.within = shape, 0, shape != 0 && len(message) > 0
	if !t.heads.within {
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
	t.heads.mask = 0
	for _, h := range holes {
		if from, to := int(h.From), int(h.To); !minor(message, from, to) {
			// Literal text beside a hole may continue its words.
			t.add(message, max(from-1, 0), min(to+1, len(message)))
		}
	}
	line := len(message)
	if i := bytes.IndexByte(message, '\n'); i >= 0 {
		line = i
	}
	if line > longLine {
		line = 0
	}
	if at += line; len(raw)-at > 2 { // more than the end of the line
		t.add(raw, at, len(raw))
	}
	return t.with(head)
}

// minor reports whether text[from:to] is a short number, as most holes are, or
// has no words, and no word goes on beside it: then it has no tokens.
func minor(text []byte, from, to int) bool {
	if to-from > 4 || load(text, from)&below(to-from)&(highs|letterBits) != 0 {
		return false
	}
	return (from == 0 || between(text[from-1])) && (to == len(text) || between(text[to]))
}

// between reports whether c is an ASCII byte of no word.
func between(c byte) bool { return c < utf8.RuneSelf && wordByte[c] == 0 }

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

// keep adds the tokens of a word; of letters alone, unless it belongs to the
// head. It reports whether its own may be new.
func (t *Tokens) keep(word uint64, letters bool) bool {
	if letters {
		if t.heads.open {
			if t.heads.take(word) {
				return false
			}
		} else if t.heads.within {
			if i, ok := askedBit(word); ok { // see heads.with
				t.heads.mask |= 1 << i
				return false
			}
		}
		if !t.keyed(word) {
			return false // then its own token is known too
		}
	}
	s := &t.seen[word%uint64(len(t.seen))]
	if *s == word {
		return false
	}
	*s = word
	t.list = append(t.list, word)
	return true
}

// keyed adds the two tokens of a word in records of the present shape; it
// reports false when they are known.
func (t *Tokens) keyed(word uint64) bool {
	a, b := keyed(word, t.key)
	s := &t.seen[a%uint64(len(t.seen))]
	if *s == a {
		return false
	}
	*s = a
	t.list = append(t.list, a, b)
	return true
}

// add adds the words of text that reach into text[from:to], whole.
func (t *Tokens) add(text []byte, from, to int) {
	for from > 0 && from < len(text) && wordClass[text[from-1]] != 0 && inside(text, from) {
		from--
	}
	for last := uint64(0); from < to; from += 64 {
		groups := min((to-from+7)/8, 8)
		m, letters, ascii := marks(text, from, groups)
		if !ascii {
			if last != 0 { // the word that goes on there was added
				from += run(text, from)
			}
			t.addRunes(text, from, to)
			return
		}
		// Bits of starts: where words begin. Those of one or two bytes, or of
		// up to four digits, need no look, unless they may go on behind what
		// was looked at.
		open := m
		if groups < 8 {
			open |= ^uint64(0) << (8 * groups)
		}
		third, fourth := open>>2|3<<62, open>>3|7<<61
		starts := m & (open>>1 | 1<<63) & third &^ (m<<1 | last)
		starts &= letters | letters>>1 | letters>>2 | fourth&(letters>>3|open>>4|15<<60)
		if n := to - from; n < 64 {
			starts &= 1<<n - 1
		}
		last = m >> 63
		for ; starts != 0; starts &= starts - 1 {
			i := bits.TrailingZeros64(starts)
			n := bits.TrailingZeros64(^(m >> i))
			if i+n == 8*groups {
				n += run(text, from+i+n)
				if inside(text, from+i+n) { // behind it stands a letter that is not ASCII
					t.addRunes(text, from+i, to)
					return
				}
			}
			if n > 2 {
				t.word(text, from+i, n)
			}
		}
	}
}

// marks returns, for up to 64 bytes from text[from] on in groups of eight,
// which are part of words and which of those no digits, the lowest bit first;
// and whether all are ASCII.
func marks(text []byte, from, groups int) (m, letters uint64, ascii bool) {
	var all uint64
	for k := range groups {
		x := load(text, from+8*k)
		all |= x
		w := wordBytes(x)
		m |= gather(w) << (8 * k)
		letters |= gather(w&(x<<1)) << (8 * k) // only digits lack the bit 0x40
	}
	return m, letters, all&highs == 0
}

// run returns how many bytes from text[i] on are ASCII and part of a word.
func run(text []byte, i int) int {
	for n := 0; ; n += 8 {
		if w := ^wordBytes(load(text, i+n)) & highs; w != 0 {
			return n + bits.TrailingZeros64(w)/8
		}
	}
}

// addRunes does what add does for text that is not all ASCII. It begins at
// from, which is in no word's middle.
func (t *Tokens) addRunes(text []byte, from, to int) {
	for i := from; i < to; {
		start := i
		if i = runesEnd(text, i); i == start {
			_, n := utf8.DecodeRune(text[i:])
			i += n
		} else if i-start > 2 {
			t.word(text, start, i-start)
		}
	}
}

// runesEnd returns where the word at text[i] ends, i when none is there.
func runesEnd(text []byte, i int) int {
	for i < len(text) && inWord(text, i) {
		_, n := utf8.DecodeRune(text[i:])
		i += n
	}
	return i
}

// word adds the tokens of the word of n bytes, three or more, at text[at]: its
// own and, where it has no digits, the two of it in records of the present
// shape.
func (t *Tokens) word(text []byte, at, n int) {
	if text[at] <= '9' && !indexed(text[at:at+n]) {
		return
	}
	h, digits, ascii := wordHash(text, at, n)
	if !ascii {
		word := text[at : at+n]
		t.fold = appendFold(t.fold[:0], word)
		h, digits = hashFolded(t.fold), hasDigit(word)
	}
	if t.keep(h, !digits) {
		t.gather(text[at : at+n])
	}
}

// wordHash returns the hash of the word of n bytes at text[at] and whether it
// has digits, if it is ASCII.
func wordHash(text []byte, at, n int) (h uint64, digits, ascii bool) {
	h = tokenSeed
	var all, low uint64
	for i := 0; i < n; i += 8 {
		mask := below(min(n-i, 8))
		x := load(text, at+i) & mask
		all |= x
		low |= ^x & letterBits & mask // of the bytes in words, only digits lack it
		h = step(h, x|caseBits&mask)
	}
	return finish(h, n), low != 0, all&highs == 0
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
	clear(t.grams[:])
}

// hasDigit reports whether a word has an ASCII digit.
func hasDigit(word []byte) bool { return bytes.ContainsAny(word, "0123456789") }

// The hash of a word is taken of its bytes in lower case, eight at a time. The
// bit 0x20 makes lower case of an ASCII letter and leaves digits alone; of "_"
// it makes a byte that is in no word, so that words stay apart.
const (
	ones       = 0x0101010101010101
	highs      = 0x80 * ones // the highest bit of each byte
	letterBits = 0x40 * ones
	caseBits   = 0x20 * ones

	tokenSeed  = 0x9E3779B97F4A7C15
	tokenPrime = 0xA0761D6478BD642F
)

// load returns the eight bytes at text[i], the first one lowest; behind the
// end of the text they are zeros.
func load(text []byte, i int) uint64 {
	if i+8 <= len(text) {
		return binary.LittleEndian.Uint64(text[i:])
	}
	return loadEnd(text, i)
}

func loadEnd(text []byte, i int) (x uint64) {
	for k := len(text) - 1; k >= i; k-- {
		x = x<<8 | uint64(text[k])
	}
	return x
}

// below returns a mask of the lowest n bytes, of at most eight.
func below(n int) uint64 { return 1<<(8*n) - 1 }

// wordBytes returns which of eight bytes are ASCII letters, digits or "_", in
// the highest bit of each.
func wordBytes(x uint64) uint64 {
	low := x &^ highs // so that nothing is carried into the next byte
	fold := low | caseBits
	letters := (fold + (0x80-'a')*ones) &^ (fold + (0x80-'z'-1)*ones)
	digits := (low + (0x80-'0')*ones) &^ (low + (0x80-'9'-1)*ones)
	under := ^((low ^ '_'*ones) + 0x7f*ones)
	return (letters | digits | under) &^ x & highs
}

// gather returns the highest bits of the eight bytes of x, the lowest first.
func gather(x uint64) uint64 { return x >> 7 * 0x0102040810204080 >> 56 }

// step takes up to eight bytes of a word into its hash.
func step(h, x uint64) uint64 {
	hi, lo := bits.Mul64(h^x, tokenPrime)
	return hi ^ lo
}

// finish returns the hash of a word of n bytes.
func finish(h uint64, n int) uint64 {
	hi, lo := bits.Mul64(h^uint64(n), tokenSeed)
	return hi ^ lo
}

// hashFold returns the hash of a word.
func hashFold(word []byte) uint64 { return hashFolded(appendFold(nil, word)) }

// hashFolded returns the hash of a word as appendFold gives it.
func hashFolded(word []byte) uint64 {
	h := uint64(tokenSeed)
	for i := 0; i < len(word); i += 8 {
		h = step(h, load(word, i))
	}
	return finish(h, len(word))
}

// appendFold appends a word in lower case to dst, with the bit 0x20 in its
// ASCII bytes.
func appendFold(dst, word []byte) []byte {
	for i := 0; i < len(word); {
		if c := word[i]; c < utf8.RuneSelf {
			dst = append(dst, c|0x20)
			i++
			continue
		}
		r, n := utf8.DecodeRune(word[i:])
		if r = unicode.ToLower(r); r < utf8.RuneSelf {
			r |= 0x20
		}
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return dst
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

// wordClass tells what the bytes are that may be part of words; 0 for all
// others.
var wordClass = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c >= utf8.RuneSelf:
			t[c] = beyond
		case c >= '0' && c <= '9':
			t[c] = isDigit
		case wordByte[c] != 0:
			t[c] = isLetter
		}
	}
	return t
}()

const (
	isLetter = 1 << iota // or "_"
	isDigit
	beyond // ASCII
)

// wordAt returns where the run of bytes ends, from text[i] on, that may be part
// of words, and what they are.
func wordAt(text []byte, i int) (class uint8, end int) {
	for i < len(text) && wordClass[text[i]] != 0 {
		class |= wordClass[text[i]]
		i++
	}
	return class, i
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
