package pattern

import "strings"

// enoughValues is how many different words in the place of a value make it a
// variable when other values of the text vary too; enoughNames when all of them
// are names by their form, closedValues when most are words of a closed class.
const (
	enoughNames  = 3
	enoughValues = 4
	closedValues = 6
)

// varyValues makes variables of the places of values that vary, among items
// that are equal in all other places. Position by position such items are
// never equal when several values differ from line to line. A word is in the
// place of a value when it is quoted or behind "=", and is one by its form when
// it is a name of several parts.
func (t *table) varyValues(b *bucket) bool {
	if len(b.items) < 2 {
		return false
	}
	n := len(b.glue) - 1
	isPlace := func(it *item, p int) bool { return t.isPlace(b, it, p) }
	groups := make(map[uint64][]*item)
	for _, it := range b.items {
		h, places := it.sum, 0
		for p, w := range it.words {
			if isPlace(it, p) {
				places++
				h += t.at(p, 0) - t.at(p, w)
			}
		}
		if places > 0 {
			groups[h] = append(groups[h], it)
		}
	}
	changed := false
	seen := map[int32]bool{}
	for _, g := range groups {
		if len(g) < 2 {
			continue
		}
		for p := range n {
			clear(seen)
			closed, names, strong, n := 0, 0, 0, 0
			for _, it := range g {
				w := it.words[p]
				if seen[w] {
					continue
				}
				if w == 0 {
					seen[w] = true
					n += 2 // a variable stands for many
				}
				if isPlace(it, p) {
					seen[w] = true
					n++
					if t.words[w].name {
						names++
						if !isPlainHyphen(t.words[w].text) {
							strong++
						}
					}
					if t.words[w].closed || t.words[w].failure {
						closed++
					}
				}
			}
			need := enoughValues
			switch {
			case 2*closed > n:
				need = closedValues
			case names > 0 && names >= len(seen)-1:
				need = enoughNames
				if strong == len(seen) {
					need = 2
				}
			}
			if closed == 0 && n < need && n >= 3 && isValue(b.glue[p], b.glue[p+1]) {
				need = 2
			}
			if n < need {
				continue
			}
			for _, it := range g {
				if isPlace(it, p) {
					t.set(b, it, p, 0)
					changed = true
				}
			}
		}
	}
	if changed {
		t.merge(b)
	}
	return changed
}

// isPlace reports whether the word of an item at position p is a value by its
// place or by its form.
func (t *table) isPlace(b *bucket, it *item, p int) bool {
	w := it.words[p]
	if w <= unitHole || opensText(b.glue[p], b.glue[p+1]) {
		return false
	}
	if isValue(b.glue[p], b.glue[p+1]) && !t.speaksAt(b, it, p) && b.glue[p] != ": " {
		return true
	}
	return t.words[w].name || holdsValue(b.glue[p], b.glue[p+1]) && !t.speaksAt(b, it, p)
}

// holdsValue reports whether a word between the two texts is a value: quoted
// alone, or behind "=".
func holdsValue(before, after string) bool {
	if before == "" {
		return false
	}
	c := before[len(before)-1]
	if c == '=' || strings.HasSuffix(before, "= ") {
		return true
	}
	if (c == '"' || c == '\'') && len(before) > 1 {
		after = strings.TrimLeft(after, `\`)
		return after != "" && after[0] == c
	}
	return false
}

// speaksAt reports whether the value at position p is what the record says:
// its key names a text.
func (t *table) speaksAt(b *bucket, it *item, p int) bool {
	if p == 0 || !strings.ContainsAny(b.glue[p], "=:") {
		return false
	}
	return t.words[it.words[p-1]].says
}
