package pattern

import "strings"

// A record that says what was done with what, "Stopped target Main User
// Target.", names the thing in words of its own that begin with a capital. Such
// a title is one value of several words.

// enoughTitles is how many different titles, of at least three lengths, behind
// the same words make them a variable.
const enoughTitles = 6

// titled is an item that says with its first n words what was done.
type titled struct {
	b  *bucket
	it *item
	n  int
}

// title returns how many words of an item say what was done, 0 when it is not
// of that form: a title follows them.
func (t *table) title(b *bucket, it *item) int {
	if w := &t.words[it.words[0]]; !w.closed || w.failure || !capital(w.text) || upper([]byte(w.text)) {
		return 0
	}
	for n := 1; n < min(len(it.words), maxVerb+1); n++ {
		if w := &t.words[it.words[n]]; w.kind == wordHole || capital(w.text) {
			return n
		}
	}
	return 0
}

// maxVerb is how many words may say what was done.
const maxVerb = 3

// isTitle reports whether the words from n on can be a title.
func (t *table) isTitle(b *bucket, it *item, n int) bool {
	for p, w := range it.words {
		if t.words[w].failure || p > 0 && p <= n && b.glue[p] != " " || p > n && strings.Trim(b.glue[p], " (),:-/\"'") != "" {
			return false
		}
	}
	return true
}

func capital(w string) bool { return 'A' <= w[0] && w[0] <= 'Z' }

// deed returns the n words of an item that say what was done, and what stands
// behind its title.
func (t *table) deed(b *bucket, it *item, n int) string {
	key := ""
	for _, w := range it.words[:n] {
		key += t.words[w].text + " "
	}
	return key + "\x00" + strings.TrimLeft(b.glue[len(it.words)], ")\"'")
}

// text returns the words of an item from n on.
func (t *table) text(b *bucket, it *item, n int) string {
	text := t.words[it.words[n]].text
	for p := n + 1; p < len(it.words); p++ {
		text += b.glue[p] + t.words[it.words[p]].text
	}
	return text
}

// titles makes variables of the titles of all buckets, where items that are
// equal but for them have enough different ones of different lengths, or one
// that others have. Whatever stands in such a place before a full stop is one.
func (t *table) titles() {
	groups := map[string][]titled{}
	var others []titled
	for _, b := range t.buckets {
		if len(b.glue) < 3 || b.glue[0] != "" {
			continue
		}
		for _, it := range b.items {
			if n := t.title(b, it); n > 0 && t.isTitle(b, it, n) {
				key := t.deed(b, it, n)
				groups[key] = append(groups[key], titled{b, it, n})
			} else {
				others = append(others, titled{b, it, 0})
			}
		}
	}
	known := map[string]bool{}
	accepted := map[string]bool{}
	for key, g := range groups {
		lengths := map[int]bool{}
		for _, m := range g {
			lengths[len(m.it.words)] = true
		}
		if len(g) < enoughTitles || len(lengths) < 3 {
			continue
		}
		accepted[key] = true
		for _, m := range g {
			if len(m.it.words) > m.n+1 {
				known[t.text(m.b, m.it, m.n)] = true
			}
		}
	}
	if len(accepted) == 0 {
		return
	}
	for key, g := range groups {
		for _, m := range g {
			accepted[key] = accepted[key] || known[t.text(m.b, m.it, m.n)]
		}
		if !accepted[key] {
			others = append(others, g...)
		}
	}
	for _, m := range others {
		for n := 1; n <= maxVerb && n < len(m.it.words); n++ {
			key := t.deed(m.b, m.it, n)
			if accepted[key] && !strings.HasSuffix(key, "\x00") && t.isTitle(m.b, m.it, n) {
				groups[key] = append(groups[key], titled{m.b, m.it, n})
				break
			}
		}
	}
	for key, g := range groups {
		if !accepted[key] {
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
