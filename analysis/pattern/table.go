package pattern

import (
	"cmp"
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

// word is one distinct word of all skeletons. Word 0 is a variable.
type word struct {
	text    string
	kind    wordKind
	closed  bool
	unit    bool // a unit of size or time
	failure bool // a word that tells of a failure
	kinded  bool // one name with its kind in front, joined by "/"
	name    bool // names joined by "/", or one of several parts joined by "-"

	hash  uint64
	value *bucket // where it became a variable, nil: nowhere
	often bool    // in several buckets
	says  bool    // a key whose values are what a record says
	lower uint64  // hash of the text in lower case
}

// wordKind says how readily a word is taken for the value of a variable.
type wordKind uint8

const (
	wordPlain  wordKind = iota
	wordDotted          // has inner punctuation
	wordPath            // names joined by "/": "kube-system/etcd", "Secret/token-<*>"
	wordSoft            // holds a digit
	wordPart            // holds a variable: "node-<*>"
	wordHole            // is a variable
)

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

// isName reports whether the skeleton of a name can be told from a word of
// the language: names of a single plain word cannot.
func isName(s string) bool {
	return len(s) > 3 && strings.ContainsAny(s, "-._0123456789")
}

// isNamed reports whether a word is a name that the bundle lists, or several
// joined by "/".
func (t *table) isNamed(text string) bool {
	if len(t.names) == 0 {
		return false
	}
	if t.names[text] {
		return true
	}
	if !strings.Contains(text, "/") {
		return false
	}
	for part := range strings.SplitSeq(text, "/") {
		if !t.names[part] && !(len(part) == 2 && part[0] == mark) {
			return false
		}
	}
	return true
}

// isHole reports whether a word is a variable as a whole. Truth values behind
// colons are no words for the lexer.
func (t *table) isHole(text string) bool {
	return len(text) == 2 && text[0] == mark || len(text) <= 5 && isTruth([]byte(text)) || t.isNamed(text)
}

// word returns the number of a word.
func (t *table) word(text string) int32 {
	if w, ok := t.byWord[text]; ok {
		return w
	}
	w := word{text: text}
	switch {
	case t.isHole(text):
		t.byWord[text] = 0
		return 0
	case isPath(text):
		w.kind, w.name = wordPath, true
		w.kinded = strings.Count(text, "/") == 1 && strings.ContainsAny(text, "-.")
	case strings.IndexByte(text, mark) >= 0:
		w.kind = wordPart
	default:
		for i := 0; i < len(text); i++ {
			switch c := classes[text[i]]; {
			case c == clDigit && !isTechnical([]byte(text)):
				w.kind = wordSoft
			case c&(clLetter|clDigit) == 0 && w.kind == wordPlain:
				w.kind = wordDotted
			}
		}
		w.closed = isClosed(text)
		w.name = isHyphenated(text) || isCompound(text) && !w.closed
		w.failure = failureWord(strings.ToLower(text))
		w.unit = unit([]byte(text)) > 0
	}
	n := int32(len(t.words))
	w.hash = Hash([]byte(text))
	w.says = isTextKey(text)
	w.lower = Hash([]byte(strings.ToLower(text)))
	t.words = append(t.words, w)
	t.byWord[text] = n
	return n
}

// isPath reports whether a word is several names joined by "/", at least one
// of which is more than a word of the language: "read/write" is none.
func isPath(w string) bool {
	if !strings.Contains(w, "/") {
		return false
	}
	if strings.ContainsAny(w, "-.:\x01") {
		return true
	}
	first, _, _ := strings.Cut(w, "/")
	camel := 0
	for i := 1; i < len(first); i++ {
		if classes[first[i]] == clDigit || 'A' <= first[i] && first[i] <= 'Z' && 'a' <= first[i-1] && first[i-1] <= 'z' {
			camel++
		}
	}
	return camel > 0
}

// isHyphenated reports whether a word is a name of several parts in lower case
// joined by "-", as clusters name their objects.
func isHyphenated(w string) bool {
	hyphens := 0
	for i := 0; i < len(w); i++ {
		switch c := w[i]; {
		case c == '-' && i > 0 && i < len(w)-1:
			hyphens++
		case c == '.' || c == ':' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
		default:
			return false
		}
	}
	return hyphens > 0
}

// isClosed reports whether a word looks like one of few that a program
// chooses from: all capitals, or a form of a verb.
func isClosed(w string) bool {
	caps := 0
	for i := 0; i < len(w); i++ {
		switch c := w[i]; {
		case 'A' <= c && c <= 'Z' || c == '_' || c == '-':
			caps++
		}
	}
	if caps == len(w) {
		return true
	}
	return len(w) > 4 && (strings.HasSuffix(w, "ed") || strings.HasSuffix(w, "ing"))
}

// A cutter holds where the words of a skeleton are.
type cutter struct {
	text   string
	spans  []span
	words  []int32
	hashes []uint64
	key    []byte
}

type span struct{ start, end int }

// cut finds the words of a skeleton.
func (c *cutter) cut(s string) {
	c.text, c.spans = s, c.spans[:0]
	for i := 0; i < len(s); {
		if s[i] != mark && classes[s[i]]&(clLetter|clDigit) == 0 && !opensQuoted(s, i) {
			i++
			continue
		}
		j := i
		if e := quotedEnd(s, i); e > 0 {
			j = e
		}
		for e := j; j < len(s) && e == i; {
			if s[j] == mark {
				j += 2
				continue
			}
			if s[j] == ':' && j+1 < len(s) && strings.IndexByte(s[i:j], '/') > 0 && (s[j+1] == mark || classes[s[j+1]]&(clLetter|clDigit) != 0) {
				j++
				continue
			}
			if c := classes[s[j]]; c&clWord == 0 || c == clColon || c == clDot && j+1 < len(s) && s[j+1] == '.' {
				break
			}
			j++
		}
		for j > i+1 && s[j-2] != mark && quotedEnd(s, i) == 0 && classes[s[j-1]]&(clLetter|clDigit) == 0 {
			j--
		}
		c.spans = append(c.spans, span{i, j})
		i = j
	}
}

// between returns the text in front of word p.
func (c *cutter) between(p int) string {
	from, to := 0, len(c.text)
	if p > 0 {
		from = c.spans[p-1].end
	}
	if p < len(c.spans) {
		to = c.spans[p].start
	}
	return c.text[from:to]
}

// place returns the bucket of the skeleton that was cut last; where there is
// none a new one when add is set, else nil.
func (t *table) place(c *cutter, add bool) *bucket {
	c.key = c.key[:0]
	for p := range len(c.spans) + 1 {
		c.key = append(append(c.key, c.between(p)...), 0)
	}
	h := Hash(c.key)
next:
	for ; ; h++ {
		b := t.buckets[h]
		if b == nil {
			break
		}
		if len(b.glue) != len(c.spans)+1 {
			continue
		}
		for p, g := range b.glue {
			if g != c.between(p) {
				continue next
			}
		}
		return b
	}
	if !add {
		return nil
	}
	b := &bucket{glue: make([]string, len(c.spans)+1)}
	for p := range b.glue {
		b.glue[p] = c.between(p)
	}
	t.buckets[h] = b
	return b
}

// word returns word p.
func (c *cutter) word(p int) string { return c.text[c.spans[p].start:c.spans[p].end] }

// number returns the numbers of the words of the skeleton that was cut last.
func (t *table) number(c *cutter) []int32 {
	c.words = c.words[:0]
	for p := range c.spans {
		w := int32(0)
		if !c.isAccount(p) {
			w = t.word(c.word(p))
		}
		c.words = append(c.words, w)
	}
	return c.words
}

// hashes returns the hashes by position of the words of the skeleton that was
// cut last.
func (t *table) hashes(c *cutter) []uint64 {
	c.hashes = c.hashes[:0]
	for p := range c.spans {
		text, h := c.word(p), t.words[0].hash
		if !t.isHole(text) && !c.isAccount(p) {
			h = Hash([]byte(text))
		}
		c.hashes = append(c.hashes, atPlace(p, h))
	}
	return c.hashes
}

// opensQuoted reports whether a text in quotes that begins with punctuation is
// one word: '/', "!root".
func opensQuoted(s string, i int) bool {
	if i == 0 || s[i-1] != '"' && s[i-1] != '\'' || i > 1 && strings.IndexByte(" =:,([{<\\", s[i-2]) < 0 {
		return false
	}
	e := quotedEnd(s, i)
	return e > i && (e+1 == len(s) || strings.IndexByte(" =:,;.)]}>", s[e+1]) >= 0)
}

// quotedEnd returns the end of a text in quotes that begins at i and is one
// word: without blanks, quotes and brackets; 0 when there is none.
func quotedEnd(s string, i int) int {
	if i == 0 || s[i-1] != '"' && s[i-1] != '\'' {
		return 0
	}
	j := i
	for j < len(s) && s[j] != s[i-1] {
		switch c := s[j]; {
		case c == mark:
			j++
		case classes[c] == clBlank, c == '"', c == '\'', c == '{', c == '}', c == '[', c == ']', c == '(', c == ')':
			return 0
		}
		j++
	}
	if j >= len(s) {
		return 0
	}
	for j > i && s[j-1] == '\\' {
		j--
	}
	return j
}

// wholeQuotes makes one variable of every quoted text without blanks that
// holds one, and of every one in a list of them in brackets. Quotes that are
// escaped end at quotes that are escaped.
func wholeQuotes(s string) string {
	out, last := "", 0
	for i := 0; i+1 < len(s); i++ {
		if s[i] == mark {
			i++
			continue
		}
		if s[i] != '"' && s[i] != '\'' || i > 0 && classes[s[i-1]]&(clLetter|clDigit) != 0 {
			continue
		}
		escaped := i > 0 && s[i-1] == '\\'
		j, holes, deep := i+1, 0, false
		for j < len(s) && (s[j] == mark || s[j] != s[i] && classes[s[j]] != clBlank) {
			if s[j] == mark {
				holes++
				j++
			}
			deep = deep || s[j] == '"'
			j++
		}
		if j >= len(s) || s[j] != s[i] || (s[j-1] == '\\') != escaped {
			continue
		}
		e := j
		for s[e-1] == '\\' {
			e--
		}
		listed := e > i+1 && inList(s, i-len(s[e:j]), j+1)
		if (holes > 0 && e > i+3 || listed) && !deep {
			out += s[last:i+1] + "\x01x"
			last = e
		}
		i = j
	}
	if last == 0 {
		return s
	}
	return out + s[last:]
}

// inList reports whether the quoted text i..j is one of several in brackets.
func inList(s string, i, j int) bool {
	before, after := strings.TrimRight(s[:i], " "), strings.TrimLeft(s[j:], " ")
	if before == "" || after == "" {
		return false
	}
	open, end := before[len(before)-1], after[0]
	switch {
	case open == '[' && end == ',', open == ',' && end == ']':
		return true
	case open == ',' && end == ',':
		b := strings.LastIndexAny(before, "[]{}()")
		return b >= 0 && before[b] == '['
	}
	return false
}

// isAccount reports whether word p is the name of a user: "for user <*>",
// "user <*> from", and the name that every system has where a name can stand.
func (c *cutter) isAccount(p int) bool {
	prev := func(k int) string {
		if p < k {
			return ""
		}
		return c.word(p - k)
	}
	glue, rest := c.between(p), c.text[c.spans[p].end:]
	if c.word(p) == "root" {
		switch {
		case glue == " ":
			switch prev(1) {
			case "user", "for", "by", "as":
				return true
			}
		case glue != "":
			switch glue[len(glue)-1] {
			case '(':
				return strings.HasPrefix(rest, ")")
			case '=':
				return true
			}
		}
		return false
	}
	if glue != " " || prev(1) != "user" {
		return false
	}
	switch prev(2) {
	case "for", "invalid", "of", "by", "as":
	default:
		return false
	}
	for _, b := range []byte(c.word(p)) {
		if classes[b]&clLetter == 0 {
			return false
		}
	}
	if rest == "" || rest[0] != ' ' {
		return true
	}
	for _, p := range [...]string{" from", " by", " on", " at", " to", " in", " port", " via", " [", " ("} {
		if strings.HasPrefix(rest, p) {
			return true
		}
	}
	return false
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

// maxRounds bounds the rounds of generalising one bucket.
const maxRounds = 8

// maxFolds bounds how often lists are folded and positions compared again.
const maxFolds = 4

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
	holes, soft, dotted, plain, closed, names, camel := 0, 0, 0, 0, 0, 0, 0
	for _, it := range g {
		w := &t.words[it.words[p]]
		if w.kind == wordPart || w.kind != wordHole && !w.closed && !w.failure && isCompound(w.text) && !isPlainHyphen(w.text) {
			names++
		} else if w.kind == wordPlain && !w.closed && !w.failure && isCamel(w.text) {
			camel++
		}
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
	need := 4
	switch {
	// Two names by their form are values: the language has no such words.
	case strings.HasSuffix(before, "="), names+holes+soft == len(g) && !opensText(before, after):
		need = 2
	case names+holes+soft+camel == len(g) && !opensText(before, after):
		need = 3
	case closed == 0 && strings.HasSuffix(before, ":"):
		need = 2 // "key:value"
	case closed == 0 && after == "" && constant >= 4:
		need = 2 // what is said of ends it
	case isNamedInQuotes(before, after) && !(p > 0 && isClassKey(t.words[g[0].words[p-1]].text)):
		need = 2
	case opensText(before, after):
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
	}
	return 2*holes+soft+dotted+plain+closed >= need
}

// isCamel reports whether a word has a capital inside, behind a small letter.
func isCamel(w string) bool {
	for i := 1; i < len(w); i++ {
		if 'A' <= w[i] && w[i] <= 'Z' && 'a' <= w[i-1] && w[i-1] <= 'z' {
			return true
		}
	}
	return false
}

// isNamedInQuotes reports whether a word between the two texts is what others
// name in single quotes.
func isNamedInQuotes(before, after string) bool {
	if before == "" || after == "" {
		return false
	}
	c := before[len(before)-1]
	return (c == '\'' || c == '`') && after[0] == c
}

// isClassKey reports whether a word names what has few values: a state.
func isClassKey(w string) bool {
	switch strings.ToLower(w) {
	case "state", "status", "phase", "mode", "type", "kind", "level", "condition":
		return true
	}
	return false
}

// isPlainHyphen reports whether a word is two of the language joined by "-":
// "read-only".
func isPlainHyphen(w string) bool {
	n := 0
	for i := 0; i < len(w); i++ {
		switch c := w[i]; {
		case c == '-':
			n++
		case 'a' <= c && c <= 'z':
		default:
			return false
		}
	}
	return n == 1
}

// isCompound reports whether a word is a name of several parts joined by "-",
// "_" or ".", not all in capitals.
func isCompound(w string) bool {
	joints, lower := 0, false
	for i := 1; i+1 < len(w); i++ {
		switch c := w[i]; {
		case c == '-' || c == '_' || c == '.':
			joints++
		case 'a' <= c && c <= 'z':
			lower = true
		case c == mark:
			lower = true
		}
	}
	return joints > 0 && lower
}

// opensText reports whether what stands between before and after is the first
// word of a text.
func opensText(before, after string) bool {
	return before == "" || after != "" && after[0] == ' ' && strings.IndexByte("\"'\\", before[len(before)-1]) >= 0
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
	return s.String()
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
