package index

import (
	"bytes"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// The head of a record is the words, of letters alone, that stand in its raw
// text outside of its message: levels, programs, loggers, hosts. In logs they
// repeat for ever, and people ask for them ("error", "kubelet"), so a block
// tells its shapes apart by them: its own shape number stands for a shape and
// a head, and what asks for their words is answered, and counted, without the
// text. A word of a record's head is among no tokens.
//
// Where a message was unescaped or put together, where the text before it is
// long, or where a block has very many heads, only those words are in the head
// that people ask for most; the others are tokens.

const (
	maxHeads     = 64  // of whole heads, in a block
	maxHeadWords = 12  // in a head
	maxHead      = 240 // bytes of text that it is made of
)

// asked are the words that are kept in heads in any case.
var asked = [...]string{
	"alert", "crit", "critical", "debug", "emerg", "err", "error", "exception", "failed", "failure", "fatal", "info",
	"information", "notice", "panic", "refused", "severe", "timeout", "trace", "verbose", "warn", "warning",
}

// askedAt finds the words of asked by their hashes: each in the first free
// place from its hash on.
var askedAt = func() (t [128]struct {
	word uint64
	bit  uint8
},
) {
	for i, w := range asked {
		h := hashFold([]byte(w))
		k := h % uint64(len(t))
		for t[k].word != 0 {
			k = (k + 1) % uint64(len(t))
		}
		t[k].word, t[k].bit = h, uint8(i)
	}
	return t
}()

// askedBit returns the place in asked of the word with that hash.
func askedBit(word uint64) (bit int, ok bool) {
	for k := word; ; k++ {
		switch e := &askedAt[k%uint64(len(askedAt))]; e.word {
		case word:
			return int(e.bit), true
		case 0:
			return 0, false
		}
	}
}

// heads are the distinct heads of a block on its way.
type heads struct {
	number map[uint64]uint32
	texts  []string         // [0] is the empty head
	words  []uint64         // of the record's head so far
	mask   uint64           // those of asked
	whole  bool             // words are kept, not only those of asked
	open   bool             // a head is being gathered
	last   [1 << 6]lastHead // direct-mapped by the records' shape
}

// lastHead is the head of the last record of a shape, and the text that it is
// of. In the next record most of that text stands there again, all but the
// time.
type lastHead struct {
	shape  uint64
	number uint32
	n      uint8 // bytes of text; 0 is none
	text   [115]byte
}

func (h *heads) reset() {
	clear(h.number)
	h.texts = append(h.texts[:0], "")
	for i := range h.last {
		h.last[i].n = 0
	}
}

// begin starts the head of a record.
func (h *heads) begin() {
	h.open, h.whole, h.mask, h.words = true, true, 0, h.words[:0]
	if len(h.texts) == 0 {
		h.reset()
	}
}

// take takes a word into the head; false when it belongs among the tokens.
func (h *heads) take(word uint64) bool {
	if slices.Contains(h.words, word) {
		return true
	}
	if h.whole && len(h.words) < maxHeadWords {
		h.words = append(h.words, word)
		return true
	}
	if i, ok := askedBit(word); ok {
		h.mask |= 1 << i
		return true
	}
	return false
}

// head adds the words of raw[:end], the whole words before cut to the head,
// and returns the head's number. No word reaches over cut or end.
func (t *Tokens) head(raw []byte, cut, end int) uint32 {
	last := &t.heads.last[t.key%uint64(len(t.heads.last))]
	switch {
	case end == 0:
		return 0
	case cut < end || end > len(last.text):
		return t.newHead(raw, cut, end)
	}
	text := raw[:end]
	if last.n > 0 && last.shape == t.key {
		old := last.text[:last.n]
		from, tail := differing(old, text)
		if !lettersIn(old, from, len(old)-tail) && !lettersIn(text, from, end-tail) {
			t.add(text, from, end-tail)
			last.n = uint8(copy(last.text[:], text))
			return last.number
		}
	}
	last.shape, last.number, last.n = t.key, t.newHead(raw, cut, end), uint8(copy(last.text[:], text))
	return last.number
}

// differing returns the bytes at the start of a and b, and at their end, that
// are the same, but for those that touch what differs: a word may go on
// differently there, and so may a character of several bytes.
func differing(a, b []byte) (head, tail int) {
	n := min(len(a), len(b))
	for head < n && a[head] == b[head] {
		head++
	}
	for tail < n-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	for head > 0 && b[head-1] >= utf8.RuneSelf {
		head--
	}
	for tail > 0 && b[len(b)-tail] >= utf8.RuneSelf {
		tail--
	}
	return max(head-1, 0), max(tail-1, 0)
}

// lettersIn reports whether text[from:to] has a byte of a word that is no
// digit.
func lettersIn(text []byte, from, to int) bool {
	for ; from < to; from += 8 {
		x := load(text, from) & below(min(to-from, 8))
		if (wordBytes(x)&(x<<1)|x)&highs != 0 { // of the bytes in words, only digits lack the bit 0x40
			return true
		}
	}
	return false
}

// newHead does what head does, for a text that is not like the last one.
func (t *Tokens) newHead(raw []byte, cut, end int) uint32 {
	h := &t.heads
	h.begin()
	t.add(raw, 0, cut)
	h.whole = false
	t.add(raw, cut, end)
	h.open = false
	if len(h.words) > 0 && len(h.texts) > maxHeads {
		if n, ok := h.number[h.key()]; ok {
			return n
		}
		for _, w := range h.words {
			if i, ok := askedBit(w); ok {
				h.mask |= 1 << i
			} else {
				t.keep(w, true)
			}
		}
		h.words = h.words[:0]
	}
	if len(h.words) == 0 && h.mask == 0 {
		return 0
	}
	key := h.key()
	n, ok := h.number[key]
	if !ok {
		n = uint32(len(h.texts))
		h.texts = append(h.texts, h.text(raw[:cut]))
		if h.number == nil {
			h.number = map[uint64]uint32{}
		}
		h.number[key] = n
	}
	return n
}

// key returns what the head that was gathered is known by.
func (h *heads) key() uint64 {
	key := h.mask
	for _, w := range h.words {
		key = mix(key*tokenPrime ^ w)
	}
	return key
}

// text returns the words of the head that was gathered from a text.
func (h *heads) text(text []byte) string {
	var list []string
	if len(h.words) > 0 {
		for _, w := range wordsOf(text) {
			if len(list) < len(h.words) && indexed(w) && !hasDigit(w) {
				if s := string(bytes.ToLower(w)); !slices.Contains(list, s) {
					list = append(list, s)
				}
			}
		}
	}
	for left := h.mask; left != 0; left &= left - 1 {
		list = append(list, asked[bits.TrailingZeros64(left)])
	}
	return strings.Join(list, " ")
}

// headEnd returns where the text ends, of a record whose message is no part of
// it, that stands before fields, quotes or brackets and their names.
func headEnd(raw []byte) int {
	raw = raw[:min(len(raw), maxHead)]
	i := bytes.IndexAny(raw, "=\"'{<\n")
	if i < 0 {
		i = len(raw)
	}
	return bytes.LastIndexAny(raw[:i], " \t") + 1
}
