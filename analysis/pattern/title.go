package pattern

import "strings"

// A record that says what was done with what, "Stopped target Main User
// Target.", names the thing in words of its own that begin with a capital. Such
// a title is one value of several words.

// enoughTitles is how many different titles, of at least three lengths, behind
// the same words make them a variable.
const enoughTitles = 6

// title splits the words of an item into those that say what was done and the
// title behind them, which begins at word n; false when it is not of that form.
func (t *table) title(b *bucket, it *item) (n int, suffix string, ok bool) {
	if len(it.words) < 2 || b.glue[0] != "" {
		return 0, "", false
	}
	if w := &t.words[it.words[0]]; !w.closed || w.failure || !capital(w.text) || upper([]byte(w.text)) {
		return 0, "", false
	}
	n = 1
	for ; n < len(it.words); n++ {
		w := &t.words[it.words[n]]
		if b.glue[n] != " " || w.failure {
			return 0, "", false
		}
		if w.kind == wordHole || capital(w.text) {
			break
		}
	}
	if n == len(it.words) || n > 3 {
		return 0, "", false
	}
	for p := n; p < len(it.words); p++ {
		if t.words[it.words[p]].failure || strings.Trim(b.glue[p], " (),-/\"'") != "" {
			return 0, "", false
		}
	}
	suffix = strings.TrimLeft(b.glue[len(it.words)], ")\"'")
	return n, suffix, true
}

func capital(w string) bool { return 'A' <= w[0] && w[0] <= 'Z' }

// titles makes variables of the titles of all buckets, where items that are
// equal but for them have enough different ones of different lengths.
func (t *table) titles() {
	type member struct {
		b  *bucket
		it *item
		n  int
	}
	groups := map[string][]member{}
	for _, b := range t.buckets {
		for _, it := range b.items {
			n, suffix, ok := t.title(b, it)
			if !ok {
				continue
			}
			key := ""
			for _, w := range it.words[:n] {
				key += t.words[w].text + " "
			}
			key += "\x00" + suffix
			groups[key] = append(groups[key], member{b, it, n})
		}
	}
	for key, g := range groups {
		lengths := map[int]bool{}
		for _, m := range g {
			lengths[len(m.it.words)] = true
		}
		if len(g) < enoughTitles || len(lengths) < 3 {
			continue
		}
		_, suffix, _ := strings.Cut(key, "\x00")
		n := g[0].n
		to := &item{words: append(append([]int32(nil), g[0].it.words[:n]...), 0)}
		for _, m := range g {
			to.count += m.it.count
			to.rows = append(to.rows, m.it.rows...)
			m.it.rows = nil
		}
		t.sum(to)
		glue := append(append([]string(nil), g[0].b.glue[:n+1]...), suffix)
		b := t.bucket(glue)
		b.items = append(b.items, to)
		t.merge(b)
	}
}
