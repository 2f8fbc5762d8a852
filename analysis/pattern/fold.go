package pattern

import (
	"maps"
	"slices"
	"strings"
)

// A folded item is an item with every row of variables written as one, and
// with a variable in every place where one may be missing ("key=", "[]"). Items
// that differ only in that have equal folded forms.
type folded struct {
	glue  []string
	words []int32
	slots []slot
}

// slot is a place of a folded item that holds no, one or several variables.
type slot struct {
	at   int    // which word
	text string // glue between the variables; each gap ends in NUL
	n    int    // how many variables
}

// fold merges the items of all buckets that have equal folded forms but
// different numbers of variables in some place, as lists of different lengths
// and values that may be empty have. It returns the buckets that changed.
func (t *table) fold() map[*bucket]bool {
	type member struct {
		b  *bucket
		it *item
	}
	buckets := slices.Collect(maps.Values(t.buckets))
	sideBySide(len(buckets), func(from, to int) {
		var f folded
		for _, b := range buckets[from:to] {
			t.foldEach(b, &f)
		}
	})
	groups := map[uint64][]member{}
	for _, b := range buckets {
		for _, it := range b.items {
			if it.folded != 0 {
				groups[it.folded] = append(groups[it.folded], member{b, it})
			}
		}
	}
	changed := map[*bucket]bool{}
	var f, o folded
	for _, g := range groups {
		if len(g) < 2 {
			continue
		}
		t.foldInto(&f, g[0].b, g[0].it)
		for _, m := range g[1:] {
			t.foldInto(&o, m.b, m.it)
			for i := range f.slots {
				if o.slots[i].n != f.slots[i].n || o.slots[i].text != f.slots[i].text {
					f.slots[i].n, f.slots[i].text = 1, ""
				}
			}
		}
		glue, words := f.unfold()
		merged := &item{words: words}
		for _, m := range g {
			merged.count += m.it.count
			merged.rows = append(merged.rows, m.it.rows...)
			m.it.rows = nil
			changed[m.b] = true
		}
		t.sum(merged)
		b := t.bucket(glue)
		b.items = append(b.items, merged)
		changed[b] = true
	}
	for b := range changed {
		b.items = slices.DeleteFunc(b.items, func(it *item) bool { return it.rows == nil })
		t.merge(b)
	}
	return changed
}

// foldEach works out the folded forms of the items of a bucket that changed.
func (t *table) foldEach(b *bucket, f *folded) {
	empty := b.holdsNothing()
	for _, it := range b.items {
		if it.foldedAt == ^it.sum {
			continue
		}
		it.folded, it.foldedAt = 0, ^it.sum
		if (empty || t.holdsVariable(it)) && t.foldInto(f, b, it) {
			it.folded = t.foldHash(f)
		}
	}
}

// holdsNothing reports whether a value may be missing somewhere in the glue.
func (b *bucket) holdsNothing() bool {
	for p, text := range b.glue {
		for i := range len(text) {
			if missing(text, i, p == len(b.glue)-1) {
				return true
			}
		}
	}
	return false
}

func (t *table) holdsVariable(it *item) bool {
	for _, w := range it.words {
		if t.words[w].kind >= wordPart {
			return true
		}
	}
	return false
}

// missing reports whether a value is missing behind byte i of glue, which is
// the last of its text or not.
func missing(text string, i int, last bool) bool {
	if last && i+1 == len(text) && text[i] == ':' {
		return true
	}
	return opens(text[i]) && (i+1 < len(text) && closes(text[i], text[i+1]) || i+1 == len(text) && last && text[i] == '=')
}

// foldInto makes f the folded form of an item; false when no place of it can
// hold another number of variables.
func (t *table) foldInto(f *folded, b *bucket, it *item) bool {
	f.glue, f.words, f.slots = f.glue[:0], f.words[:0], f.slots[:0]
	n := len(it.words)
	for p := 0; p <= n; p++ {
		// Places in the glue where a value is missing.
		text, from := b.glue[p], 0
		for i := range len(text) {
			if missing(text, i, p == n) && (p > 0 || i > 0) {
				f.slots = append(f.slots, slot{at: len(f.words)})
				before := text[from : i+1]
				if text[i] == ':' {
					before += " "
				}
				f.glue, f.words = append(f.glue, before), append(f.words, 0)
				from = i + 1
			}
		}
		f.glue = append(f.glue, text[from:])
		if p == n {
			break
		}
		w := it.words[p]
		f.words = append(f.words, w)
		if t.words[w].kind != wordHole || w == unitHole {
			continue
		}
		s := slot{at: len(f.words) - 1, n: 1}
		for p+1 < n && it.words[p+1] == 0 && separates(b.glue[p+1]) {
			s.text += b.glue[p+1] + "\x00"
			s.n++
			p++
		}
		f.slots = append(f.slots, s)
	}
	return f.once(t) || len(f.slots) > 0
}

// maxGroup bounds the words of a group that is looked for again behind it.
const maxGroup = 16

// once leaves one of several groups of words that follow each other in a list:
// "[a=<*>,b=<*>], [a=<*>,b=<*>]". It reports whether there are any.
func (f *folded) once(t *table) bool {
	found := false
	for p := 0; p+1 < len(f.words); p++ {
		for k := 1; k <= maxGroup && p+2*k <= len(f.words); k++ {
			for f.again(t, p, k) {
				f.drop(p, k)
				found = true
			}
		}
	}
	return found
}

// again reports whether the k words from p on follow once more, behind what
// separates or closes. One of them is a variable.
func (f *folded) again(t *table, p, k int) bool {
	if p+2*k > len(f.words) || f.words[p] != f.words[p+k] || !strings.ContainsAny(f.glue[p+k], ",;|)]}>\"'") {
		return false
	}
	holes := 0
	for i := range k {
		if f.words[p+i] != f.words[p+k+i] || i > 0 && f.glue[p+i] != f.glue[p+k+i] {
			return false
		}
		if t.words[f.words[p+i]].kind >= wordPart {
			holes++
		}
	}
	return holes > 0
}

// drop removes the k words that repeat those from p on. What the slots of both
// differ in is forgotten.
func (f *folded) drop(p, k int) {
	f.words = slices.Delete(f.words, p+k, p+2*k)
	f.glue = slices.Delete(f.glue, p+k, p+2*k)
	slots := f.slots[:0]
	for _, s := range f.slots {
		switch {
		case s.at >= p+2*k:
			s.at -= k
		case s.at >= p+k:
			for i := range slots {
				if o := &slots[i]; o.at == s.at-k && (o.n != s.n || o.text != s.text) {
					o.n, o.text = 1, ""
				}
			}
			continue
		}
		slots = append(slots, s)
	}
	f.slots = slots
}

// unfold returns glue and words with every slot written out.
func (f *folded) unfold() (glue []string, words []int32) {
	g, k := "", 0
	for p, w := range f.words {
		g += f.glue[p]
		if k == len(f.slots) || f.slots[k].at != p {
			glue, words, g = append(glue, g), append(words, w), ""
			continue
		}
		s := f.slots[k]
		k++
		if s.n == 0 {
			continue
		}
		glue, words, g = append(glue, g), append(words, 0), ""
		for _, sep := range strings.SplitAfter(s.text, "\x00") {
			if sep != "" {
				glue, words = append(glue, sep[:len(sep)-1]), append(words, 0)
			}
		}
	}
	return append(glue, g+f.glue[len(f.words)]), words
}

func (t *table) foldHash(f *folded) uint64 {
	h := uint64(len(f.words))
	for p, w := range f.words {
		h = mix(h^Hash([]byte(f.glue[p])), t.words[w].hash)
	}
	return mix(h^Hash([]byte(f.glue[len(f.words)])), 1)
}

// separates reports whether glue between two variables makes them one list.
func separates(glue string) bool {
	for i := 0; i < len(glue); i++ {
		switch glue[i] {
		case ' ', ',', ';', '|', '+', '&', '/', ':', '-', '\\':
		default:
			return false
		}
	}
	return true
}

// opens reports whether c stands in front of a value.
func opens(c byte) bool {
	switch c {
	case '=', '[', '(', '{', '"', '\'':
		return true
	}
	return false
}

// closes reports whether a value that open stands in front of is missing when
// next follows.
func closes(open, next byte) bool {
	switch open {
	case '=':
		return next == ' ' || next == ',' || next == ';' || next == '&' || next == ')' || next == ']' || next == '}'
	case '[':
		return next == ']'
	case '(':
		return next == ')'
	case '{':
		return next == '}'
	}
	return next == open
}
