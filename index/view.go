package index

import (
	"fmt"
	"strings"
	"sync"

	"faultline/analysis"
	"faultline/index/segment"
)

// A view is one consistent state of a case as queries see it: the blocks of
// all segments in order, and the tables that their numbers point into. It is
// built from what is committed and never changes; an import makes a new one.
type view struct {
	in     *contents
	judged *judgement

	blocks    []*block
	members   *Ledger
	resources []*analysis.Resource
	runs      []analysis.Run

	patternOf []int32 // by shape: index into patternIDs, -1 for none

	patternIDs []string
	patterns   func() []analysis.Pattern // by pattern, counted over the whole case
	byID       map[string]int32

	tmin, tmax int64 // of all records that have a time; tmin > tmax when none has

	byMember map[int32][]*block        // in the member's order
	bySource map[int32][]*block        // likewise, by the first member of a log; its files in the order of time
	paths    func() map[string][]int32 // members by path

	cache   *cache
	settled *recent[string, *settled] // by filter; filters may ask for what is judged
}

// block is one block of one segment with its numbers made those of the view.
type block struct {
	seg    *segment.Reader
	entry  *segment.Entry
	file   string // of the segment
	lost   bool   // damaged: it holds nothing
	number int    // in the view
	i      int    // in the segment

	member         int32
	encoding       string // of the member's bytes, "" for UTF-8
	offset, length int64  // in the member, bytes
	records, timed int    // that count; of these with a time
	tmin, tmax     int64  // of the records that have a time, skipped ones too
	tokens         bool   // mayHold can rule words out

	shapes    []int32 // by the block's own number; -1 for no shape
	heads     []int32 // likewise: index into contents.heads
	resources []int32
}

// columns reads the block's columns that queries ask for.
func (b *block) columns(want segment.Column, c *segment.Columns) error {
	if b.lost {
		return b.gone()
	}
	if err := b.seg.Columns(b.i, want, c); err != nil {
		return b.wrap(err)
	}
	return nil
}

// raw appends the block's bytes [from, to) to dst.
func (b *block) raw(dst []byte, from, to int64) ([]byte, error) {
	if b.lost {
		return nil, b.gone()
	}
	out, err := b.seg.Raw(dst, b.i, int(from), int(to))
	if err != nil {
		return nil, b.wrap(err)
	}
	return out, nil
}

func (b *block) wrap(err error) error {
	return fmt.Errorf("read block %d: %w", b.number, damaged(b.file, err))
}

// gone is the error of who asks for a record of a damaged block.
func (b *block) gone() error {
	return &DamagedError{File: b.file, Err: fmt.Errorf("its block %d is lost", b.i), known: true}
}

// mayHold reports whether a word may stand in the block outside of the
// literal text of its shapes.
func (b *block) mayHold(token uint64) bool {
	ok, err := b.seg.MayHold(b.i, token)
	return ok || err != nil // a damaged filter rules nothing out
}

// mayHoldIn reports the same for records of one shape, given by its hash.
func (b *block) mayHoldIn(word, shape uint64) bool {
	x, y := keyed(word, shape)
	return b.mayHold(x) && b.mayHold(y)
}

// pattern returns the pattern of the block's shape, -1 for none.
func (b *block) pattern(v *view, shape uint32) int32 {
	if s := b.shapes[shape]; s >= 0 {
		return v.patternOf[s]
	}
	return -1
}

// view returns what queries read now.
func (c *Case) view() (*view, error) {
	in, j := c.contents.Load(), c.judgement.Load()
	if in == nil || j == nil {
		return nil, ErrClosed
	}
	v := c.current.Load()
	if v != nil && v.in == in && v.judged == j {
		return v, nil
	}
	if v == nil || v.in != in {
		v = newView(in)
	}
	v = v.judge(j)
	c.current.Store(v)
	return v, nil
}

// newView builds the view of what a case contains.
func newView(in *contents) *view {
	v := &view{
		in: in, members: in.members, resources: in.resources, runs: in.runs,
		tmin: maxTime, tmax: minTime,
		byMember: map[int32][]*block{}, bySource: map[int32][]*block{}, byID: make(map[string]int32, len(in.patterns)),
		cache: &cache{},
	}
	v.cache.columns.limit, v.cache.frames.limit, v.cache.words.limit = keptColumns, keptFrames, keptWords
	for i := range in.patterns {
		v.patternIDs = append(v.patternIDs, in.patterns[i].ID)
		v.byID[in.patterns[i].ID] = int32(i)
	}
	v.paths = sync.OnceValue(func() map[string][]int32 {
		paths := map[string][]int32{}
		for i := range int32(v.members.Len()) {
			path, _ := v.members.path(i)
			paths[path] = append(paths[path], i)
		}
		return paths
	})
	for i := range in.shapes {
		v.patternOf = append(v.patternOf, in.shapes[i].pattern)
	}
	all := make([]block, len(in.blocks))
	for i := range in.blocks {
		s, b := &in.blocks[i], &all[i]
		e := s.entry()
		*b = block{
			seg: s.segment, file: s.file, lost: s.lost != nil, entry: e, number: i, i: s.at,
			member: s.member, encoding: otherThanUTF8(v.members.encoding(s.member)),
			offset: e.Offset, length: e.Bytes, records: int(e.Counted), timed: int(e.Timed), tmin: e.From, tmax: e.To,
			shapes: s.shapes(), heads: s.heads(), resources: s.resources(),
		}
		b.tokens = e.Complete && b.encoding == ""
		if e.Timed > 0 {
			v.tmin, v.tmax = min(v.tmin, e.From), max(v.tmax, e.To)
		}
		v.blocks = append(v.blocks, b)
		if !b.lost {
			v.byMember[b.member] = append(v.byMember[b.member], b) // contents keep them in the member's order
			v.bySource[in.source[b.member]] = append(v.bySource[in.source[b.member]], b)
		}
	}
	return v
}

// log returns the blocks of the log that b is of, oldest first.
func (v *view) log(b *block) []*block { return v.bySource[v.in.source[b.member]] }

// judge returns v with patterns as j judges them.
func (v *view) judge(j *judgement) *view {
	w := *v
	w.judged = j
	w.settled = &recent[string, *settled]{limit: keptSettled}
	w.patterns = sync.OnceValue(func() []analysis.Pattern {
		list := make([]analysis.Pattern, len(v.in.patterns))
		for i := range list {
			list[i] = j.pattern(&v.in.patterns[i])
		}
		return list
	})
	return &w
}

// otherThanUTF8 returns "" for the encodings whose bytes can be searched as
// they are.
func otherThanUTF8(encoding string) string {
	switch strings.ToLower(encoding) {
	case "", "utf-8", "utf8", "ascii", "us-ascii":
		return ""
	}
	return encoding
}

// pattern returns pattern i, counted over the whole case.
func (v *view) pattern(i int32) *analysis.Pattern { return &v.patterns()[i] }

// memberOf returns the member that an origin names.
func (v *view) memberOf(o analysis.Origin) (int32, bool) {
	list := v.paths()[o.Path]
	for _, m := range list {
		if _, bundle := v.members.path(m); o.Bundle == "" || bundle == o.Bundle {
			return m, true
		}
	}
	return 0, false
}

// cache holds what is worked out once for a view.
type cache struct {
	mu   sync.Mutex
	last map[int]int64 // by block: the time of its last record that has one

	words     recent[string, []int32] // by word: the shapes that hold it
	headsOnce sync.Once
	heads     map[string][]int32 // by word: the heads that have it

	bounds      sync.Once
	early, late []bounded

	readers readers

	evaluators sync.Pool

	columns recent[int, *segment.Columns]
	frames  recent[frameKey, []byte]
}

// keptWords is how many words' shapes are remembered: every panel of a screen
// asks for those of its filter.
const keptWords = 64

// shapesOf returns the shapes whose literal text holds a word in lower case
// whole, ascending.
func (v *view) shapesOf(word []byte) ([]int32, error) {
	return v.cache.words.get(string(word), func() ([]int32, error) {
		lits, err := v.in.literals()
		if err != nil {
			return nil, err
		}
		return lits.holding(word, func(lit []byte, at int) bool { return wholeWord(lit, at, at+len(word)) }), nil
	})
}

// headsOf returns the heads that have a word.
func (v *view) headsOf(word string) []int32 {
	v.cache.headsOnce.Do(func() {
		v.cache.heads = map[string][]int32{}
		for k, text := range v.in.heads {
			for w := range strings.SplitSeq(text, " ") {
				v.cache.heads[w] = append(v.cache.heads[w], int32(k))
			}
		}
	})
	return v.cache.heads[word]
}
