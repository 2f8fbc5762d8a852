package index

import (
	"bytes"
	"encoding/binary"
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
// Those words of a message's variable parts, and of what does not reach its
// skeleton, that people ask for most are in the head as well.
//
// Where a message was unescaped or put together, where the text before it is
// long, or where a block has very many heads, only those words are in the head
// that people ask for most; the others are tokens, and so are all words where a
// block has too many heads even so.

const (
	maxHeads     = 64   // of whole heads, in a block
	maxAsked     = 512  // of heads in all, in a block
	maxHeadWords = 12   // in a head
	maxHead      = 240  // bytes of text that it is made of
	maxKnown     = 4096 // texts that are remembered from block to block
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

func isAsked(word uint64) bool { _, ok := askedBit(word); return ok }

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
	texts  []string          // [0] is the empty head
	words  []uint64          // of the record's head so far
	mask   uint64            // those of asked
	whole  bool              // words are kept, not only those of asked
	open   bool              // a head is being gathered
	within bool              // the record's message may add to it
	last   [1 << 6]lastHead  // direct-mapped by the records' shape
	known  map[uint64]string // texts of heads by their keys, of all blocks
	longer map[longer]uint32 // numbers of heads with words of the message
}

type longer struct {
	number uint32
	mask   uint64
}

// lastHead is the head of the last record of a shape, and the text that it is
// of. In the next record most of that text stands there again, all but the
// time.
type lastHead struct {
	shape  uint64
	number uint32
	cut    int      // the head's whole words stand in text[:cut]
	text   []byte   // nil for none
	words  []uint64 // of the head
}

func (h *heads) reset() {
	clear(h.number)
	clear(h.longer)
	h.texts = append(h.texts[:0], "")
	for i := range h.last {
		h.last[i].text = nil
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
	if end == 0 {
		return 0
	}
	last := &t.heads.last[t.key%uint64(len(t.heads.last))]
	if last.text == nil || last.shape != t.key ||
		!t.alike(last, last.text[:last.cut], raw[:cut], true) || !t.alike(last, last.text[last.cut:], raw[cut:end], false) {
		last.shape, last.number = t.key, t.newHead(raw, cut, end)
		last.words = append(last.words[:0], t.heads.words...)
	}
	last.cut, last.text = cut, raw[:end]
	return last.number
}

// alike reports whether text has the same words of letters as old, the text of
// the last head, as far as they matter to it: all of them where whole is set,
// those of asked otherwise. It adds the words that text has and old has not.
func (t *Tokens) alike(last *lastHead, old, text []byte, whole bool) bool {
	for i, j, same := 0, 0, 0; ; same = j {
		for i+8 <= len(old) && j+8 <= len(text) { // most is the same
			if x := binary.LittleEndian.Uint64(old[i:]) ^ binary.LittleEndian.Uint64(text[j:]); x != 0 {
				n := bits.TrailingZeros64(x) / 8
				i, j = i+n, j+n
				break
			}
			i, j = i+8, j+8
		}
		for i < len(old) && j < len(text) && old[i] == text[j] {
			i, j = i+1, j+1
		}
		if i == len(old) && j == len(text) {
			return true
		}
		from := j
		for from > same && wordClass[text[from-1]] != 0 { // the words there may begin alike
			from--
		}
		i -= j - from
		was, oldEnd := wordAt(old, i)
		is, end := wordAt(text, from)
		if was|is == 0 { // what stands between words differs
			if oldEnd, end = fieldEnd(old, i), fieldEnd(text, from); !t.differ(last, old, i, oldEnd, whole, false) || !t.differ(last, text, from, end, whole, true) {
				return false
			}
		} else if was != isDigit && !t.one(last, old, i, oldEnd, was, whole, false) || !t.one(last, text, from, end, is, whole, true) {
			return false
		}
		i, j = oldEnd, end
	}
}

// fieldEnd returns where the next blank behind text[i] stands.
func fieldEnd(text []byte, i int) int {
	for i++; i < len(text) && text[i] != ' '; i++ {
	}
	return min(i, len(text))
}

// differ looks at the words of text[from:to], which is only in one of two
// texts; fresh says that it is the new one, whose words are added. It reports
// false where the last head is not that of the new text.
func (t *Tokens) differ(last *lastHead, text []byte, from, to int, whole, fresh bool) bool {
	for from < to {
		class, end := wordAt(text, from)
		if class == 0 {
			end++
		} else if !t.one(last, text, from, end, class, whole, fresh) {
			return false
		}
		from = end
	}
	return true
}

// one does what differ does, for one run of bytes that may be part of words.
func (t *Tokens) one(last *lastHead, text []byte, from, to int, class uint8, whole, fresh bool) bool {
	switch n := to - from; {
	case class&beyond != 0:
		return !whole && t.oneRunes(last, text, from, to, fresh)
	case n < 3:
	case class&isDigit != 0:
		if fresh {
			t.word(text, from, n)
		}
	default:
		h, _, _ := wordHash(text, from, n)
		if whole || isAsked(h) {
			return false
		}
		if fresh && !slices.Contains(last.words, h) && t.keep(h, true) {
			t.gather(text[from:to])
		}
	}
	return true
}

// oneRunes does what one does for a run that is not all ASCII.
func (t *Tokens) oneRunes(last *lastHead, text []byte, from, to int, fresh bool) bool {
	for i := from; i < to; {
		start := i
		i = runesEnd(text, i)
		switch class, end := wordAt(text[:i], start); {
		case i == start:
			_, n := utf8.DecodeRune(text[i:])
			i += n
		case class&beyond == 0:
			if !t.one(last, text, start, end, class, false, fresh) {
				return false
			}
		case fresh && i-start > 2:
			t.word(text, start, i-start)
		}
	}
	return true
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
		fresh := false
		for _, w := range h.words {
			if i, ok := askedBit(w); ok {
				h.mask |= 1 << i
			} else {
				fresh = t.keep(w, true) || fresh
			}
		}
		if fresh {
			t.gather(raw[:cut])
		}
		h.words = h.words[:0]
	}
	if len(h.words) == 0 && h.mask == 0 {
		return 0
	}
	key := h.key()
	n, ok := h.number[key]
	if !ok && len(h.texts) >= maxAsked {
		t.spill(h.mask)
		return 0
	}
	if !ok {
		text, ok := h.known[key]
		if !ok {
			if text = h.text(raw[:cut]); h.known == nil || len(h.known) >= maxKnown {
				h.known = map[uint64]string{}
			}
			h.known[key] = text
		}
		n = h.add(text)
		if h.number == nil {
			h.number = map[uint64]uint32{}
		}
		h.number[key] = n
	}
	return n
}

// add returns the number of a text, which may be new.
func (h *heads) add(text string) uint32 {
	if i := slices.Index(h.texts, text); i >= 0 {
		return uint32(i)
	}
	h.texts = append(h.texts, text)
	return uint32(len(h.texts) - 1)
}

// spill adds the words of mask to the tokens.
func (t *Tokens) spill(mask uint64) {
	within := t.heads.within
	t.heads.within = false
	for left := mask; left != 0; left &= left - 1 {
		if w := []byte(asked[bits.TrailingZeros64(left)]); t.keep(hashFold(w), true) {
			t.gather(w)
		}
	}
	t.heads.within = within
}

// with returns the number of the head that has the words of mask besides.
func (t *Tokens) with(number uint32) uint32 {
	h := &t.heads
	if h.mask == 0 {
		return number
	}
	if len(h.texts) == 0 {
		h.reset()
	}
	key := longer{number, h.mask}
	n, ok := h.longer[key]
	if !ok && len(h.texts) >= maxAsked {
		t.spill(h.mask)
		return number
	}
	if !ok {
		list := strings.Fields(h.texts[number])
		for left := h.mask; left != 0; left &= left - 1 {
			if w := asked[bits.TrailingZeros64(left)]; !slices.Contains(list, w) {
				list = append(list, w)
			}
		}
		n = h.add(strings.Join(list, " "))
		if h.longer == nil {
			h.longer = map[longer]uint32{}
		}
		h.longer[key] = n
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
