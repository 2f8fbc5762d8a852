package pattern

import "strings"

// enoughValues is how many different words in the place of a value make it a
// variable when other values of the text vary too; closedValues when most of
// them are words of a closed class.
const (
	enoughValues = 4
	closedValues = 10
)

// varyValues makes variables of the places of values, quoted or behind "=",
// that vary, among items that are equal in all other places. Position by
// position such items are never equal when several values differ from line to
// line.
func (t *table) varyValues(b *bucket) bool {
	if len(b.items) < enoughValues {
		return false
	}
	var places []int
	for p := range len(b.glue) - 1 {
		if holdsValue(b.glue[p], b.glue[p+1]) {
			places = append(places, p)
		}
	}
	if len(places) < 2 {
		return false
	}
	groups := make(map[uint64][]*item)
	for _, it := range b.items {
		h := it.sum
		for _, p := range places {
			if !t.speaksAt(b, it, p) {
				h -= t.at(p, it.words[p])
			}
		}
		groups[h] = append(groups[h], it)
	}
	changed := false
	seen := map[int32]bool{}
	for _, g := range groups {
		if len(g) < enoughValues {
			continue
		}
		for _, p := range places {
			if t.speaksAt(b, g[0], p) {
				continue
			}
			clear(seen)
			n, closed := 0, 0
			for _, it := range g {
				if w := it.words[p]; !seen[w] {
					seen[w] = true
					n++
					if t.words[w].closed || t.words[w].failure {
						closed++
					}
				}
			}
			need := enoughValues
			if 2*closed > n {
				need = closedValues
			}
			if n < need {
				continue
			}
			for _, it := range g {
				if it.words[p] > unitHole {
					t.set(it, p, 0)
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

// holdsValue reports whether a word between the two texts is a value: quoted
// alone, or behind "=".
func holdsValue(before, after string) bool {
	if before == "" {
		return false
	}
	c := before[len(before)-1]
	if c == '=' {
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
	return isTextKey(t.words[it.words[p-1]].text)
}
