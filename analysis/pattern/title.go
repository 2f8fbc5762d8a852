package pattern

import (
	"slices"
	"strings"
)

// A record that says what was done with what, "Stopped target Main User
// Target.", names the thing in words of its own that begin with a capital. Such
// a title is one value of several words.

// enoughTitles is how many different titles, of at least three lengths, behind
// the same words make them a variable.
const enoughTitles = 6

// titled is an item that says with its first n words what was done; its title
// ends before word end.
type titled struct {
	b      *bucket
	it     *item
	n, end int
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

// titleEnd returns the word behind the title that begins at word n: that
// behind a full stop, or the end. It is 0 when no title can stand there.
func (t *table) titleEnd(b *bucket, it *item, n int) int {
	for p := 1; p <= n; p++ {
		if b.glue[p] != " " || t.words[it.words[p-1]].failure {
			return 0
		}
	}
	holes := 0
	for p := n; p < len(it.words); p++ {
		if it.words[p] == 0 {
			if holes++; holes > 1 {
				return 0 // a sentence, not a name
			}
		}
		if p > n && strings.Trim(b.glue[p], " (),:-/\"'") != "" {
			if after := behind(b.glue[p]); after != "" && after[0] == '.' {
				return p
			}
			return 0
		}
		if t.words[it.words[p]].failure {
			return 0
		}
	}
	return len(it.words)
}

// behind returns what of the glue behind a title is no part of it.
func behind(glue string) string { return strings.TrimLeft(glue, ")\"'") }

func capital(w string) bool { return 'A' <= w[0] && w[0] <= 'Z' }

// deed returns the n words of an item that say what was done, and what stands
// behind its title, from word end on.
func (t *table) deed(b *bucket, it *item, n, end int) string {
	key := ""
	for _, w := range it.words[:n] {
		key += t.words[w].text + " "
	}
	key += "\x00" + behind(b.glue[end])
	for p := end; p < len(it.words); p++ {
		key += t.words[it.words[p]].text + "\x00" + b.glue[p+1]
	}
	return key
}

// text returns the words of an item from n to end.
func (t *table) text(b *bucket, it *item, n, end int) string {
	text := t.words[it.words[n]].text
	for p := n + 1; p < end; p++ {
		text += b.glue[p] + t.words[it.words[p]].text
	}
	return text
}

// deeds adds to known the titles of several words that stand before a full
// stop behind different deeds: "Stopping Night Watch..." and "Stopped Night
// Watch." tell of one thing.
func (t *table) deeds(groups map[string][]titled, known map[string]bool) {
	of := map[string]string{}
	for key, g := range groups {
		for _, m := range g {
			if m.end == m.n+1 || behind(m.b.glue[m.end]) == "" {
				continue
			}
			text := t.text(m.b, m.it, m.n, m.end)
			if k, ok := of[text]; ok && k != key {
				known[text] = true
			}
			of[text] = key
		}
	}
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
			n := t.title(b, it)
			if n > 0 {
				if end := t.titleEnd(b, it, n); end > 0 {
					key := t.deed(b, it, n, end)
					groups[key] = append(groups[key], titled{b, it, n, end})
					continue
				}
			}
			others = append(others, titled{b, it, 0, 0})
		}
	}
	known := map[string]bool{}
	accepted := map[string]bool{}
	for key, g := range groups {
		lengths := map[int]bool{}
		for _, m := range g {
			lengths[m.end] = true
		}
		if len(g) < enoughTitles || len(lengths) < 3 {
			continue
		}
		accepted[key] = true
		for _, m := range g {
			if m.end > m.n+1 {
				known[t.text(m.b, m.it, m.n, m.end)] = true
			}
		}
	}
	if len(accepted) == 0 {
		return
	}
	t.deeds(groups, known)
	for key, g := range groups {
		for _, m := range g {
			accepted[key] = accepted[key] || known[t.text(m.b, m.it, m.n, m.end)]
		}
		if !accepted[key] {
			others = append(others, g...)
		}
	}
	for _, m := range others {
		for n := 1; n <= maxVerb && n < len(m.it.words); n++ {
			end := t.titleEnd(m.b, m.it, n)
			if end == 0 || behind(m.b.glue[end]) == "" {
				continue
			}
			if key := t.deed(m.b, m.it, n, end); accepted[key] {
				groups[key] = append(groups[key], titled{m.b, m.it, n, end})
				break
			}
		}
	}
	for key, g := range groups {
		if !accepted[key] {
			continue
		}
		t.join(g)
	}
}

// join makes one item of those of a group, with a variable for their titles.
func (t *table) join(g []titled) {
	n, end, like := g[0].n, g[0].end, g[0].it
	to := &item{words: slices.Concat(like.words[:n], []int32{0}, like.words[end:])}
	glue := slices.Concat(g[0].b.glue[:n+1], []string{behind(g[0].b.glue[end])}, g[0].b.glue[end+1:])
	for _, m := range g {
		to.count += m.it.count
		to.rows = append(to.rows, m.it.rows...)
		m.it.rows = nil
	}
	t.sum(to)
	b := t.bucket(glue)
	b.items = append(b.items, to)
	t.merge(b)
}

// What stands in front of and behind a title in the middle of a text.
const (
	wordsBefore = 3
	wordsBehind = 2
)

// middles makes variables of the titles in the middle of texts, "The check of
// Night Watch being done": of what stands between equal words where there are
// enough different ones of different lengths, all of which begin with a capital.
func (t *table) middles() {
	groups := map[string][]titled{}
	for _, b := range t.buckets {
		n := len(b.glue) - 1
		if n <= wordsBefore+wordsBehind || b.glue[0] != "" {
			continue
		}
		for _, it := range b.items {
			if it.rows == nil || !t.isTitle(b, it, wordsBefore, n-wordsBehind) {
				continue
			}
			key := t.text(b, it, 0, wordsBefore) + b.glue[wordsBefore] + "\x00" + b.glue[n-wordsBehind] + t.text(b, it, n-wordsBehind, n) + b.glue[n]
			groups[key] = append(groups[key], titled{b, it, wordsBefore, n - wordsBehind})
		}
	}
	for _, g := range groups {
		t.middle(g)
	}
}

// middle makes one item of those of a group, when their titles are enough.
func (t *table) middle(g []titled) {
	if len(g) < enoughTitles {
		return
	}
	for t.alike(g, func(m titled) (int, string) { return m.n, m.b.glue[m.n] }) {
		for i := range g {
			g[i].n++
		}
	}
	for t.alike(g, func(m titled) (int, string) { return m.end - 1, m.b.glue[m.end] }) {
		for i := range g {
			g[i].end--
		}
	}
	lengths := map[int]bool{}
	for _, m := range g {
		lengths[m.end-m.n] = true
		if w := t.words[m.it.words[m.n]]; w.kind != wordHole && !capital(w.text) {
			return
		}
	}
	if len(lengths) >= 3 {
		t.join(g)
	}
}

// alike reports whether all of a group have the same word at a place, with the
// same glue, and more words of their titles beside it.
func (t *table) alike(g []titled, at func(titled) (int, string)) bool {
	p, glue := at(g[0])
	for _, m := range g {
		q, text := at(m)
		if m.end-m.n < 2 || text != glue || m.it.words[q] != g[0].it.words[p] {
			return false
		}
	}
	return true
}

// isTitle reports whether words n to end of an item may be a title between
// words of the language: none tells of a failure.
func (t *table) isTitle(b *bucket, it *item, n, end int) bool {
	for p, w := range it.words {
		x := &t.words[w]
		switch {
		case x.failure:
			return false
		case p >= n && p < end:
			if p > n && strings.Trim(b.glue[p], " (),:-/\"'") != "" {
				return false
			}
		case x.kind > wordDotted || p > 0 && p != end && b.glue[p] != " ":
			return false
		}
	}
	return b.glue[n] == " " && b.glue[end] == " "
}
