package pattern

import (
	"runtime"
	"slices"
	"strings"
	"sync"
)

// A cover finds the item of a bucket that covers given words: equal to them
// but where it has a variable.
type cover struct {
	masks [][]int32 // for each position 0 or unitHole where items have variables, -1 elsewhere
	items map[uint64]*item
}

// maxMasks bounds how many different sets of variable positions are tried.
const maxMasks = 64

// cover returns the cover of a bucket, the items with fewest variables first.
func (t *table) cover(b *bucket) *cover {
	c := &cover{items: make(map[uint64]*item, len(b.items))}
	seen := map[string]bool{}
	for _, it := range b.items {
		c.items[it.sum] = it
		mask := make([]int32, len(it.words))
		key := make([]byte, len(it.words))
		for p, w := range it.words {
			mask[p] = -1
			if w <= unitHole {
				mask[p] = w
			}
			key[p] = byte(mask[p] + 1)
		}
		if !seen[string(key)] {
			seen[string(key)] = true
			c.masks = append(c.masks, mask)
		}
	}
	holes := func(m []int32) (n int) {
		for _, w := range m {
			if w >= 0 {
				n++
			}
		}
		return n
	}
	slices.SortFunc(c.masks, func(x, y []int32) int {
		if d := holes(x) - holes(y); d != 0 {
			return d
		}
		return slices.Compare(x, y)
	})
	c.masks = c.masks[:min(len(c.masks), maxMasks)]
	return c
}

// find returns the first item other than self that covers words, given as
// their hashes by position, of those that ok accepts.
func (t *table) find(c *cover, hashes []uint64, self *item, ok func(it *item) bool) *item {
	for _, mask := range c.masks {
		sum := uint64(0)
		for p, h := range hashes {
			if mask[p] >= 0 {
				h = t.at(p, mask[p])
			}
			sum += h
		}
		if it := c.items[sum]; it != nil && it != self && ok(it) {
			return it
		}
	}
	return nil
}

// absorb gives rare items to much more frequent ones of the bucket that cover
// them, when the words that become values look like values.
func (t *table) absorb(b *bucket) {
	if len(b.items) < 2 {
		return
	}
	c := t.cover(b)
	type move struct{ from, to *item }
	var moves []move
	var hashes []uint64
	for _, it := range b.items {
		hashes = hashes[:0]
		for p, w := range it.words {
			hashes = append(hashes, t.at(p, w))
		}
		to := t.find(c, hashes, it, func(o *item) bool {
			if o.count < valueRatio*it.count {
				return false
			}
			plain, values := 0, true
			for p, w := range o.words {
				if w > unitHole {
					if t.words[w].kind <= wordDotted {
						plain++
					}
					continue
				}
				x := &t.words[it.words[p]]
				values = values && (x.kind == wordHole || t.isPlace(b, it, p))
				if x.kind != wordHole && (p == 0 || x.failure || x.closed && !isValue(b.glue[p], b.glue[p+1])) {
					return false
				}
			}
			return plain >= 2 && (values || o.count >= absorbRatio*it.count)
		})
		if to != nil {
			moves = append(moves, move{it, to})
		}
	}
	gone := map[*item]*item{}
	for _, m := range moves {
		gone[m.from] = m.to
	}
	for _, m := range moves {
		to := m.to
		for gone[to] != nil {
			to = gone[to]
		}
		to.count += m.from.count
		to.rows = append(to.rows, m.from.rows...)
		m.from.rows = nil
	}
	if len(moves) > 0 {
		b.items = slices.DeleteFunc(b.items, func(it *item) bool { return it.rows == nil })
	}
}

// absorbRatio is how many times more frequent an item has to be to absorb
// another; valueRatio when all that differs stands in the places of values.
const (
	absorbRatio = 10
	valueRatio  = 2
)

// rest gives a template to the rows that were too many to be compared with
// each other: that of an item that covers them, else their first words.
func (t *table) rest(rows []row, texts []string) {
	// Nothing is written to the table here, so parts of the rows go side by side.
	parts := runtime.GOMAXPROCS(0)
	loose := make([][]int32, parts)
	var wg sync.WaitGroup
	for i := range parts {
		from, to := len(rows)*i/parts, len(rows)*(i+1)/parts
		wg.Go(func() { loose[i] = t.covered(rows, texts, from, to) })
	}
	wg.Wait()
	coarsen(rows, texts, slices.Concat(loose...))
}

// covered gives the rows from..to the templates of items that cover them, and
// returns those that nothing covers.
func (t *table) covered(rows []row, texts []string, from, to int) (loose []int32) {
	covers := map[*bucket]*cover{}
	rendered := map[*item]string{}
	var c cutter
	for r := from; r < to; r++ {
		c.cut(canonical(rows[r].skeleton))
		if b := t.place(&c, false); b != nil && len(b.items) > 0 {
			cover := covers[b]
			if cover == nil {
				cover = t.cover(b)
				covers[b] = cover
			}
			if it := t.find(cover, t.hashes(&c), nil, func(*item) bool { return true }); it != nil {
				text, ok := rendered[it]
				if !ok {
					text = t.render(b, it)
					rendered[it] = text
				}
				texts[r] = text
				continue
			}
		}
		loose = append(loose, int32(r))
	}
	return loose
}

// coarsen gives the rows in loose their first words as their template.
func coarsen(rows []row, texts []string, loose []int32) {
	for n := coarseWords; ; n /= 2 {
		seen := map[string]string{}
		for _, r := range loose {
			text := coarse(rows[r].skeleton, n)
			if _, ok := seen[text]; !ok {
				seen[text] = text
			}
			texts[r] = seen[text]
			if len(seen) > maxCoarse && n > 0 {
				break
			}
		}
		if n == 0 || len(seen) <= maxCoarse {
			return
		}
	}
}

// coarseWords is how many first words are kept of a skeleton that nothing
// covers when there are too many; fewer when that would make more than
// maxCoarse templates.
const (
	coarseWords = 3
	maxCoarse   = 1 << 14
)

// coarse returns the first n words of a skeleton and one variable for what
// follows.
func coarse(s string, n int) string {
	var b strings.Builder
	at := 0
	for range n {
		i := strings.IndexByte(s[at:], ' ')
		if i < 0 {
			writeHoles(&b, s)
			return b.String()
		}
		at += i + 1
	}
	writeHoles(&b, s[:at])
	b.WriteString(hole)
	return b.String()
}
