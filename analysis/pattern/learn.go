package pattern

import (
	"strings"
)

// What is learned of the whole table serves every text of it: a word that is
// told to be a value in one text is one in another.

// enoughMembers is how many different words that are equal but for their
// digits make each of them a variable.
const enoughMembers = 4

// families makes variables of the words with digits of which there are enough
// that differ in their digits only: "conn1", "conn27".
func (t *table) families() {
	members := map[string]int{}
	for i := range t.words {
		if w := &t.words[i]; w.kind == wordSoft {
			members[stem(w.text)]++
		}
	}
	family := make([]bool, len(t.words))
	for i := range t.words {
		w := &t.words[i]
		family[i] = w.kind == wordSoft && members[stem(w.text)] >= enoughMembers
	}
	for _, b := range t.buckets {
		changed := false
		for _, it := range b.items {
			for p, w := range it.words {
				if family[w] && !strings.HasPrefix(b.glue[p+1], "=") {
					t.set(b, it, p, 0)
					changed = true
				}
			}
		}
		if changed {
			t.merge(b)
		}
	}
}

// kinds makes variables of the words that are names by themselves: with their
// kind in front, "configmap/etcd-pod", and in quotes, as long as they do not
// say a state. One of them suffices.
func (t *table) kinds() {
	for _, b := range t.buckets {
		changed := false
		for _, it := range b.items {
			for p, w := range it.words {
				after := b.glue[p+1]
				if t.words[w].kinded && p > 0 {
					after = strings.TrimPrefix(after, ":") // it ends what a text is about
				}
				if (t.words[w].kinded || t.isOption(b, it, p) || t.isQuotedName(b, it, p)) && !opensText(b.glue[p], b.glue[p+1]) && !setsApart(after) && t.says(it, w) {
					t.set(b, it, p, 0)
					changed = true
				}
			}
		}
		if changed {
			t.merge(b)
		}
	}
}

// isOption reports whether the word at position p is a name behind an option
// of one letter: "-n kube-system".
func (t *table) isOption(b *bucket, it *item, p int) bool {
	return p > 0 && b.glue[p] == " " && strings.HasSuffix(b.glue[p-1], " -") && len(t.words[it.words[p-1]].text) == 1 && t.words[it.words[p]].name
}

// isQuotedName reports whether the word at position p is quoted alone, but for
// the value of a key, which is one only when it is a name of several parts.
func (t *table) isQuotedName(b *bucket, it *item, p int) bool {
	w := &t.words[it.words[p]]
	before, after := b.glue[p], strings.TrimLeft(b.glue[p+1], `\`)
	if w.kind == wordHole || w.closed || w.failure || before == "" || after == "" {
		return false
	}
	c := before[len(before)-1]
	if c != '"' && c != '\'' && c != '`' || after[0] != c || setsApart(after[1:]) {
		return false
	}
	if p > 0 && (isClassKey(t.words[it.words[p-1]].text) || isTextKey(t.words[it.words[p-1]].text)) {
		return false
	}
	named := isCompound(w.text) && !isPlainHyphen(w.text) && !strings.HasSuffix(strings.TrimRight(before[:len(before)-1], `\`), "=")
	return named || c == '\'' || strings.HasSuffix(before, ` "`)
}

// setsApart reports whether the glue behind a word makes it a key or a name
// that is called.
func setsApart(after string) bool {
	return after != "" && strings.IndexByte("=(:", after[0]) >= 0
}

// says reports whether an item has two constant words beside w.
func (t *table) says(it *item, w int32) bool {
	n := 0
	for _, x := range it.words {
		if x > unitHole && x != w && t.words[x].kind <= wordDotted {
			n++
		}
	}
	return n >= 2
}

// stem returns a word with each row of digits replaced by one "0".
func stem(w string) string {
	b := make([]byte, 0, len(w))
	for i := 0; i < len(w); i++ {
		if classes[w[i]] == clDigit {
			if i == 0 || classes[w[i-1]] != clDigit {
				b = append(b, '0')
			}
			continue
		}
		b = append(b, w[i])
	}
	return string(b)
}

// A frame is what stands in front of the place of a value: a word, in lower
// case, and the glue behind it.
type frame struct {
	word uint64
	glue string
}

// values are the words that stand behind a frame.
type values struct {
	words   map[int32]bool
	varies  bool // two of them in one text
	element bool // one of several in brackets
}

// places calls f for every word that stands behind a frame. first is empty for
// each place of a bucket, for f to keep what it found there.
func (t *table) places(f func(b *bucket, it *item, p int, k frame, first map[uint64]int32)) {
	first := map[uint64]int32{}
	for _, b := range t.buckets {
		if len(b.glue) > 3 && b.glue[0] == "" && b.glue[1] == ":" {
			// Who speaks, joined to a number: "door:7: it is shut".
			clear(first)
			for _, it := range b.items {
				if w := &t.words[it.words[0]]; it.words[1] == 0 && !w.closed && !w.failure {
					f(b, it, 0, frame{0, b.glue[2]}, first)
				}
			}
		}
		for p := 1; p < len(b.glue)-1; p++ {
			if b.glue[p] == " " || !isFramed(b.glue[p], b.glue[p+1]) {
				continue
			}
			clear(first)
			glue := strings.ReplaceAll(b.glue[p], `\`, "")
			for _, it := range b.items {
				if q := it.words[p-1]; q > unitHole && !t.speaksAt(b, it, p) {
					f(b, it, p, frame{t.words[q].lower, glue}, first)
				}
			}
		}
	}
}

// frames makes variables of the words in the places of values whose frame has
// enough different values in all texts together, and more than one in some
// text: what is the same for every text but another in each belongs to them.
func (t *table) frames() map[*bucket]bool {
	seen := map[frame]*values{}
	t.places(func(b *bucket, it *item, p int, k frame, first map[uint64]int32) {
		v := seen[k]
		if v == nil {
			v = &values{words: map[int32]bool{}, element: isElement(b.glue[p], b.glue[p+1])}
			seen[k] = v
		}
		w := it.words[p]
		v.words[w] = true
		rest := it.sum - t.at(p, w)
		x, ok := first[rest]
		v.varies = v.varies || w == 0 || ok && x != w
		if !ok {
			first[rest] = w
		}
	})
	variable := map[frame]bool{}
	for k, v := range seen {
		variable[k] = v.varies && t.areValues(v)
	}
	changed := map[*bucket]bool{}
	t.places(func(b *bucket, it *item, p int, k frame, _ map[uint64]int32) {
		if it.words[p] > unitHole && variable[k] {
			t.set(b, it, p, 0)
			changed[b] = true
		}
	})
	for b := range changed {
		t.merge(b)
	}
	return changed
}

// areValues reports whether the words behind a frame are enough for a variable.
func (t *table) areValues(v *values) bool {
	n, names, closed := 0, 0, 0
	for w := range v.words {
		x := &t.words[w]
		switch {
		case w <= unitHole:
			n += 2
		case x.closed || x.failure:
			closed++
		case x.name || x.kind != wordPlain:
			names++
		}
		n++
	}
	switch {
	case 2*closed > n:
		return n >= closedValues
	case names > 0 && names >= len(v.words)-1:
		return n >= enoughNames
	}
	return n >= enoughValues || v.element && n >= enoughNames
}

// isFramed reports whether a word between the two texts is set apart as a
// value.
func isFramed(before, after string) bool {
	return !strings.HasSuffix(before, "::") && (holdsValue(before, after) || isValue(before, after) || isElement(before, after))
}

// isElement reports whether a word between the two texts is one of several in
// brackets.
func isElement(before, after string) bool {
	if before == "" || after == "" {
		return false
	}
	opens, ends := false, false
	switch before[len(before)-1] {
	case '[', '(', '{':
		opens = true
	case ',':
	default:
		return false
	}
	switch after[0] {
	case ']', ')', '}':
		ends = true
	case ',':
	case ':':
		return opens && after == ":" && before[len(before)-1] != '{'
	default:
		return false
	}
	return !opens || !ends
}

// recall makes variables of the names that became values in some texts, in all
// others too. A name has punctuation inside or is several words written as one,
// but a compound like "read-only" is taken for one only where several texts had
// it as a value.
func (t *table) recall() map[*bucket]bool {
	changed := map[*bucket]bool{}
	for _, b := range t.buckets {
		for _, it := range b.items {
			for p, w := range it.words {
				if w > unitHole && (t.words[w].isKnownValue() || t.isKnownName(b, it, p)) && (p > 0 || b.glue[0] != "") && !strings.HasPrefix(b.glue[p+1], "=") && !strings.HasSuffix(b.glue[p], "-") {
					t.set(b, it, p, 0)
					changed[b] = true
				}
			}
		}
	}
	for b := range changed {
		t.merge(b)
	}
	return changed
}

// isKnownName reports whether the word at position p is a name of several words
// written as one, and a value in other texts: between words too, or here it is
// set apart as one.
func (t *table) isKnownName(b *bucket, it *item, p int) bool {
	w := &t.words[it.words[p]]
	if w.value == nil || w.closed || w.failure || !isCamel(w.text) {
		return false
	}
	if after := b.glue[p+1]; isKey(after) && p+1 < len(it.words) && it.words[p+1] == 0 || after != "" && after[0] == '(' {
		return false
	}
	return w.between && b.glue[p] == " " || b.glue[p] != " " && isFramed(b.glue[p], b.glue[p+1]) && !t.speaksAt(b, it, p)
}

// isKnownValue reports whether a word is a name, and a value in other texts.
func (w *word) isKnownValue() bool {
	if w.value == nil || w.closed || w.failure || !strings.ContainsAny(w.text, "-._/:") {
		return false
	}
	parts := 1
	for i := 0; i < len(w.text); i++ {
		if classes[w.text[i]]&clLetter == 0 || w.text[i] == '_' {
			parts++
		}
	}
	return w.often || parts > 2
}
