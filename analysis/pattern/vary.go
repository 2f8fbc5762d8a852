package pattern

import (
	"cmp"
	"slices"
	"strings"
)

// maxRounds bounds the rounds of generalising one bucket.
const maxRounds = 8

// generalise makes variables of the positions that vary while all else is
// equal, until nothing changes.
func (t *table) generalise(b *bucket) {
	n := len(b.glue) - 1
	for round := 0; round < maxRounds && len(b.items) > 1; round++ {
		changed := false
		for _, p := range t.order(b, n) {
			changed = t.vary(b, p) || changed
		}
		if !changed && !t.varyValues(b) {
			return
		}
	}
}

// order returns the positions that vary at all, the one with most different
// words first.
func (t *table) order(b *bucket, n int) []int {
	distinct := make([]int, n)
	var order []int
	for len(t.seen) < len(t.words) {
		t.seen = append(t.seen, 0)
	}
	for p := range n {
		t.look++
		for _, it := range b.items {
			if w := it.words[p]; t.seen[w] != t.look {
				t.seen[w] = t.look
				distinct[p]++
			}
		}
		if distinct[p] > 1 {
			order = append(order, p)
		}
	}
	slices.SortStableFunc(order, func(x, y int) int { return distinct[y] - distinct[x] })
	return order
}

// vary makes position p a variable in every group of items that are equal
// elsewhere, where the words found there are enough.
func (t *table) vary(b *bucket, p int) bool {
	t.keys = t.keys[:0]
	for _, it := range b.items {
		h := it.sum
		w := it.words[p]
		for q, x := range it.words {
			if x == w && (q == p || w > unitHole && !(q == 0 && b.glue[0] == "")) {
				h += t.at(q, sameWord) - t.at(q, w)
			}
		}
		t.keys = append(t.keys, keyed{h, it})
	}
	slices.SortFunc(t.keys, func(x, y keyed) int { return cmp.Compare(x.key, y.key) })
	changed := false
	var g []*item
	for i := 0; i < len(t.keys); i += len(g) {
		g = g[:0]
		for j := i; j < len(t.keys) && t.keys[j].key == t.keys[i].key; j++ {
			g = append(g, t.keys[j].it)
		}
		if len(g) < 2 {
			continue
		}
		to := int32(0)
		if t.isUnit(b, g, p) {
			to = unitHole
		} else if !t.isVariable(b, g, p) {
			continue
		}
		for _, it := range g {
			w := it.words[p]
			for q, x := range it.words {
				if x == w && (q == p || w > unitHole && !(q == 0 && b.glue[0] == "")) {
					t.set(b, it, q, to)
				}
			}
		}
		changed = true
	}
	if changed {
		t.merge(b)
	}
	return changed
}

// set makes w the word of an item at position p.
func (t *table) set(b *bucket, it *item, p int, w int32) {
	if x := &t.words[it.words[p]]; w == 0 {
		x.often = x.often || x.value != nil && x.value != b
		x.value = b
		x.between = x.between || b.glue[p] == " "
	}
	it.sum += t.at(p, w) - t.at(p, it.words[p])
	it.words[p] = w
}

// isUnit reports whether all words at position p are units behind a number:
// then number and unit are one variable.
func (t *table) isUnit(b *bucket, g []*item, p int) bool {
	if p == 0 || b.glue[p] != " " || g[0].words[p-1] != 0 {
		return false
	}
	for _, it := range g {
		if w := it.words[p]; w != unitHole && !t.words[w].unit {
			return false
		}
	}
	return true
}

// isVariable decides whether the different words that items have at position p
// are values of a variable.
func (t *table) isVariable(b *bucket, g []*item, p int) bool {
	holes, soft, dotted, plain, closed, names, camel, failures := 0, 0, 0, 0, 0, 0, 0, 0
	letters, capitals := false, 0
	for _, it := range g {
		w := &t.words[it.words[p]]
		if w.kind == wordPart || w.kind != wordHole && !w.closed && !w.failure && isCompound(w.text) && !isPlainHyphen(w.text) {
			names++
		} else if w.kind == wordPlain && !w.closed && !w.failure && isCamel(w.text) {
			camel++
		}
		if w.failure {
			failures++
		}
		if capital(w.text) || w.kind == wordHole {
			capitals++
		}
		letters = letters || len(w.text) == 1
		switch {
		case w.kind == wordHole:
			holes++
		case w.kind == wordSoft, w.kind == wordPath:
			soft++
		case w.kind == wordPart, w.kind == wordDotted && !w.closed:
			dotted++
		case w.closed, w.failure:
			closed++
		default:
			plain++
		}
	}
	constant := 0
	for q, w := range g[0].words {
		if q != p && w != g[0].words[p] && t.words[w].kind <= wordDotted {
			constant++
		}
	}
	if constant == 0 {
		return false
	}
	if plain+closed+dotted == 0 {
		return true
	}
	before := b.glue[p]
	after := b.glue[p+1]
	named := names+holes+soft == len(g) // two names by their form are values: the language has no such words
	opening := opensText(before, after)
	need := 4
	switch {
	case strings.HasSuffix(before, "="), named && !opening:
		need = 2
	case closed == 0 && strings.HasSuffix(before, "= "), closed == 0 && strings.HasSuffix(before, ":"):
		need = 2 // "key = value", "key:value"
	case camel > 0 && capitals == len(g) && strings.HasSuffix(before, "=\"") && !opening && !t.speaksAt(b, g[0], p) && !isClassKey(t.words[g[0].words[p-1]].text):
		need = 2 // names of several words, each with a capital
	case closed == 0 && after == "" && constant >= 4:
		need = 2 // what is said of ends it
	case isNamedInQuotes(before, after) && !(p > 0 && isClassKey(t.words[g[0].words[p-1]].text)):
		need = 2
	case names+holes+soft+camel == len(g) && !opening:
		need = 3
	case opening:
		need = 12 // the first word of a text
		if closed+plain == 0 {
			need = 8
		}
		if before == "" && after != "" && after[0] == ' ' && names+holes+soft+camel == len(g) && constant >= 3 {
			need = 3
		}
		if before == "" && closed+plain == 0 && strings.HasPrefix(after, ":") {
			need = 3
		}
	case plain == 0 && closed == 0, holes > 0, isValue(before, after):
		need = 3
	}
	if closed > plain+dotted {
		need = 12
		if isValue(before, after) {
			need = 6
		}
		if !opening && failures == 0 {
			need = 5
		}
	}
	if 2*closed < len(g) && !opening && constant >= 2 && !letters {
		need = min(need, 3)
	}
	if isKey(after) && p+1 < len(g[0].words) && g[0].words[p+1] == 0 && holes+soft+dotted+names == 0 {
		need = 12
	}
	return 2*holes+soft+dotted+plain+closed >= need
}

// isKey reports whether the glue between a word and a variable makes the word
// its key: "Rank - 7", "Rank: 7".
func isKey(glue string) bool { return glue == " - " || glue == ": " || glue == " = " }

// isNamedInQuotes reports whether a word between the two texts is what others
// name in single quotes.
func isNamedInQuotes(before, after string) bool {
	if before == "" || after == "" {
		return false
	}
	c := before[len(before)-1]
	return (c == '\'' || c == '`') && after[0] == c
}

// opensText reports whether what stands between before and after is the first
// word of a text.
func opensText(before, after string) bool {
	return before == "" || after != "" && after[0] == ' ' && strings.IndexByte("\"'\\[({", before[len(before)-1]) >= 0
}

// isValue reports whether what stands between before and after is set apart as
// a value: in brackets or quotes, or behind a colon and in front of a comma.
func isValue(before, after string) bool {
	if before == "" {
		return false
	}
	end := byte(' ')
	if after != "" {
		end = after[0]
	}
	switch before[len(before)-1] {
	case '(':
		return end == ')'
	case '[':
		return end == ']'
	case '{':
		return end == '}'
	case '<':
		return end == '>'
	case '"', '\'', '`':
		return end == before[len(before)-1]
	case ':':
		return true
	}
	return strings.HasSuffix(before, ": ") && (after == "" || end == ',' || end == ';' || end == '.')
}
