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
	buckets map[string]*bucket
	names   map[string]bool
	frozen  bool // no new words are kept
}

// sameWord is the number of the word that stands, in comparing, for every
// place of the word at the position that is compared.
const sameWord = 3

// unknownWord is the number of words that no row has: it equals no item's.
const unknownWord = 2

// unitHole is the number of the word that stands for a unit that is a variable
// together with the number in front of it.
const unitHole = 1

// row is one distinct skeleton.
type row struct {
	skeleton string
	count    int64
}

// word is one distinct word of all skeletons. Word 0 is a variable.
type word struct {
	text    string
	kind    wordKind
	closed  bool
	unit    bool // a unit of size or time
	failure bool // a word that tells of a failure
	name    bool // names joined by "/", or one of several parts joined by "-"

	hash  uint64
	value *bucket // where it became a variable, nil: nowhere
	often bool    // in several buckets
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
	key   string
	glue  []string // one more than words
	items []*item
}

// item is a set of skeletons that are one template by now.
type item struct {
	words []int32
	count int64
	rows  []int32
	sum   uint64 // of the words' hashes by position
}

func newTable(o Options) *table {
	t := &table{byWord: map[string]int32{}, buckets: map[string]*bucket{}, names: map[string]bool{}}
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
	for _, text := range [...]string{"\x01" + string(rune(kindTail)), "\x01U", "\x01?", "\x01="} {
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

// word returns the number of a word.
func (t *table) word(text string) int32 {
	if w, ok := t.byWord[text]; ok {
		return w
	}
	w := word{text: text}
	switch {
	case len(text) == 2 && text[0] == mark, t.isNamed(text):
		t.byWord[text] = 0
		return 0
	case isPath(text):
		w.kind, w.name = wordPath, true
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
		w.name = isHyphenated(text)
		w.failure = failureWord(strings.ToLower(text))
		w.unit = unit([]byte(text)) > 0
	}
	if t.frozen {
		return unknownWord
	}
	n := int32(len(t.words))
	w.hash = Hash([]byte(text))
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

// cut appends the words of a skeleton to words and the glue to glue.
func (t *table) cut(s string, words []int32, glue []string) ([]int32, []string) {
	g := 0
	for i := 0; i < len(s); {
		if s[i] != mark && classes[s[i]]&(clLetter|clDigit) == 0 {
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
		for j > i+1 && s[j-2] != mark && classes[s[j-1]]&(clLetter|clDigit) == 0 {
			j--
		}
		glue = append(glue, s[g:i])
		w := t.word(s[i:j])
		if t.words[w].kind == wordPlain && t.isAccount(words, w, s[g:i], s[j:]) {
			w = 0
		}
		words = append(words, w)
		i, g = j, j
	}
	return words, append(glue, s[g:])
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
// holds one. Quotes that are escaped end at quotes that are escaped.
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
		if holes > 0 && !deep && e > i+3 {
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

// isAccount reports whether word w is the name of a user: "for user <*>",
// "user <*> from", and the name that every system has where a name can stand.
func (t *table) isAccount(before []int32, w int32, glue, rest string) bool {
	prev := func(k int) string {
		if len(before) < k {
			return ""
		}
		return t.words[before[len(before)-k]].text
	}
	if t.words[w].text == "root" {
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
	var words []int32
	var glue []string
	for r, text := range t.open() {
		words, glue = t.cut(text, words[:0], glue[:0])
		b := t.bucket(glue)
		it := &item{words: slices.Clone(words), count: t.rows[r].count, rows: []int32{int32(r)}}
		t.sum(it)
		b.items = append(b.items, it)
	}
	for _, b := range t.buckets {
		t.merge(b)
	}
}

// bucket returns the bucket of the given glue.
func (t *table) bucket(glue []string) *bucket {
	key := strings.Join(glue, "\x00")
	b := t.buckets[key]
	if b == nil {
		b = &bucket{key: key, glue: slices.Clone(glue)}
		t.buckets[key] = b
	}
	return b
}

func (t *table) sum(it *item) {
	it.sum = 0
	for p, w := range it.words {
		it.sum += t.at(p, w)
	}
}

// at is the hash of word w at position p.
func (t *table) at(p int, w int32) uint64 {
	return mix(t.words[w].hash, uint64(p)*0x9e3779b97f4a7c15+1)
}

// merge makes one item of those with equal words.
func (t *table) merge(b *bucket) {
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
	seen := map[int32]bool{}
	for p := range n {
		clear(seen)
		for _, it := range b.items {
			seen[it.words[p]] = true
		}
		distinct[p] = len(seen)
		if len(seen) > 1 {
			order = append(order, p)
		}
	}
	slices.SortStableFunc(order, func(x, y int) int { return distinct[y] - distinct[x] })
	return order
}

// vary makes position p a variable in every group of items that are equal
// elsewhere, where the words found there are enough.
func (t *table) vary(b *bucket, p int) bool {
	groups := make(map[uint64][]*item)
	for _, it := range b.items {
		h := it.sum
		w := it.words[p]
		for q, x := range it.words {
			if x == w && (q == p || w > unitHole && !(q == 0 && b.glue[0] == "")) {
				h += t.at(q, sameWord) - t.at(q, w)
			}
		}
		groups[h] = append(groups[h], it)
	}
	changed := false
	for _, g := range groups {
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
	holes, soft, dotted, plain, closed := 0, 0, 0, 0, 0
	for _, it := range g {
		switch w := &t.words[it.words[p]]; {
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
	case strings.HasSuffix(before, "="):
		need = 2
	case opensText(before, after):
		need = 12 // the first word of a text
		if closed+plain == 0 {
			need = 8
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
