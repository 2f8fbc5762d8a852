package pattern

import (
	"slices"
	"strings"
)

// A table holds the skeletons that are mined, cut into words and the glue
// between them.
type table struct {
	rows    []row
	words   []word
	byWord  map[string]int32
	buckets map[uint64]*bucket // by the hash of their glue
	seen    []int32            // for each word when it was looked at last, counted by look
	look    int32
	keys    []keyed
	pool    pool
	cutter  cutter
	names   map[string]bool
}

// sameWord is the number of the word that stands, in comparing, for every
// place of the word at the position that is compared.
const sameWord = 2

// unitHole is the number of the word that stands for a unit that is a variable
// together with the number in front of it.
const unitHole = 1

// keyed is an item and the hash of what it is compared by.
type keyed struct {
	key uint64
	it  *item
}

// row is one distinct skeleton.
type row struct {
	skeleton string
	count    int64
	hash     uint64
}

// bucket is the skeletons with the same number of words and the same glue.
type bucket struct {
	glue  []string // one more than words
	items []*item
}

// pool hands out small parts of large pieces of memory.
type pool struct {
	items []item
	ints  []int32
}

// item returns a new item of a row.
func (p *pool) item(words []int32, row int32, count int64) *item {
	if len(p.items) == 0 {
		p.items = make([]item, poolSize)
	}
	it := &p.items[0]
	p.items = p.items[1:]
	n := len(words) + 1
	if len(p.ints) < n {
		p.ints = make([]int32, max(n, 8*poolSize))
	}
	ints := p.ints[:n:n]
	p.ints = p.ints[n:]
	copy(ints, words)
	ints[n-1] = row
	*it = item{words: ints[: n-1 : n-1], count: count, rows: ints[n-1:]}
	return it
}

const poolSize = 512

// item is a set of skeletons that are one template by now.
type item struct {
	words []int32
	count int64
	rows  []int32
	sum   uint64 // of the words' hashes by position

	folded   uint64 // hash of the folded form, 0 for none
	foldedAt uint64 // ^sum when that was worked out
}

func newTable(o Options) *table {
	t := &table{names: map[string]bool{}}
	t.reserve()
	l := NewLexer()
	for _, n := range o.Names {
		l.Shape([]byte(n))
		if s := oneKind(string(l.Skeleton(nil))); isName(s) {
			t.names[s] = true
		}
	}
	return t
}

// reserve gives the first words their numbers.
func (t *table) reserve() {
	t.byWord, t.buckets = map[string]int32{}, map[uint64]*bucket{}
	for _, text := range [...]string{"\x01" + string(rune(kindTail)), "\x01U", "\x01="} {
		t.words = append(t.words, word{text: text, kind: wordHole, hash: Hash([]byte(text))})
	}
}

// mine returns the template of every row.
func (t *table) mine() []string {
	t.fill()
	t.families()
	t.kinds()
	for _, b := range t.buckets {
		t.generalise(b)
	}
	t.lists()
	for range maxFolds {
		changed := t.frames()
		if len(changed) == 0 {
			break
		}
		for b := range changed {
			t.generalise(b)
		}
		t.lists()
	}
	for b := range t.recall() {
		t.generalise(b)
	}
	t.lists()
	t.titles()
	t.middles()
	texts := make([]string, len(t.rows))
	for _, b := range t.buckets {
		b.items = slices.DeleteFunc(b.items, func(it *item) bool { return it.rows == nil })
		t.absorb(b)
		for _, it := range b.items {
			text := t.render(b, it)
			for _, r := range it.rows {
				texts[r] = text
			}
		}
	}
	return texts
}

// lists folds lists and generalises again what that changes.
func (t *table) lists() {
	for range maxFolds {
		changed := t.fold()
		if len(changed) == 0 {
			break
		}
		for b := range changed {
			t.generalise(b)
		}
	}
}

// fill sorts the rows and puts them into buckets.
func (t *table) fill() {
	for r, text := range t.open() {
		t.add(text, int32(r), t.rows[r].count)
	}
	for _, b := range t.buckets {
		t.merge(b)
	}
}

// add puts a row into its bucket.
func (t *table) add(text string, row int32, count int64) {
	t.cutter.cut(text)
	b := t.place(&t.cutter, true)
	it := t.pool.item(t.number(&t.cutter), row, count)
	t.sum(it)
	b.items = append(b.items, it)
}

// bucket returns the bucket of the given glue.
func (t *table) bucket(glue []string) *bucket {
	var key []byte
	for _, g := range glue {
		key = append(append(key, g...), 0)
	}
	h := Hash(key)
	for ; t.buckets[h] != nil; h++ {
		if slices.Equal(t.buckets[h].glue, glue) {
			return t.buckets[h]
		}
	}
	b := &bucket{glue: slices.Clone(glue)}
	t.buckets[h] = b
	return b
}

func (t *table) sum(it *item) {
	it.sum = 0
	for p, w := range it.words {
		it.sum += t.at(p, w)
	}
}

// at is the hash of word w at position p.
func (t *table) at(p int, w int32) uint64 { return atPlace(p, t.words[w].hash) }

func atPlace(p int, hash uint64) uint64 { return mix(hash, uint64(p)*0x9e3779b97f4a7c15+1) }

// merge makes one item of those with equal words.
func (t *table) merge(b *bucket) {
	if len(b.items) < 2 {
		return
	}
	seen := make(map[uint64]*item, len(b.items))
	kept := b.items[:0]
	for _, it := range b.items {
		if o := seen[it.sum]; o != nil {
			o.count += it.count
			o.rows = append(o.rows, it.rows...)
			continue
		}
		seen[it.sum] = it
		kept = append(kept, it)
	}
	clear(b.items[len(kept):])
	b.items = kept
}

// maxFolds bounds how often lists are folded and positions compared again.
const maxFolds = 4

// render returns the template of an item.
func (t *table) render(b *bucket, it *item) string {
	var s strings.Builder
	for p, w := range it.words {
		if w == unitHole {
			continue
		}
		s.WriteString(b.glue[p])
		writeHoles(&s, t.words[w].text)
	}
	s.WriteString(b.glue[len(it.words)])
	return joined(s.String())
}

// joined returns a template with one variable for those that colons join.
func joined(text string) string {
	for strings.Contains(text, hole+":"+hole) {
		text = strings.ReplaceAll(text, hole+":"+hole, hole)
	}
	return text
}

// writeHoles writes text with its variables as holes.
func writeHoles(s *strings.Builder, text string) {
	for {
		i := strings.IndexByte(text, mark)
		if i < 0 {
			s.WriteString(text)
			return
		}
		s.WriteString(text[:i])
		s.WriteString(hole)
		text = text[i+2:]
	}
}
