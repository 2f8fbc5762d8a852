package index

import (
	"context"
	"math/bits"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"faultline/analysis"
	"faultline/analysis/pattern"
	"faultline/index/segment"
)

// rollup counts the records of each pattern and severity in steps of time: a
// table of a few thousand cells that answers most questions over everything.
type rollup struct {
	width int64                  // of a bucket, nanoseconds: one of widths
	cells func() ([]cell, error) // ascending by pattern, bucket, severity
}

func newRollup(width int64, cells []cell) rollup {
	return rollup{width, func() ([]cell, error) { return cells, nil }}
}

type cell struct {
	pattern  int32 // index into contents.patterns, -1 for records without one
	severity analysis.Severity
	bucket   int64 // its records' times are in [bucket*width, (bucket+1)*width); noBucket for those without a time
	n        int64
}

const (
	noBucket   = analysis.NoTime
	maxBuckets = 2000
)

// widths are the widths that buckets may have; each divides the next.
var widths = [...]int64{
	1e9, 5e9, 15e9, 60e9, 300e9, 900e9, 3600e9, 3 * 3600e9, 6 * 3600e9, 12 * 3600e9, 24 * 3600e9, 7 * 24 * 3600e9, 28 * 24 * 3600e9, 364 * 24 * 3600e9,
}

// derive mines the patterns and counts them.
func (in *contents) derive(ctx context.Context) error {
	shapes := make([]pattern.Shape, len(in.shapes))
	for i, s := range in.shapes {
		shapes[i] = pattern.Shape{ID: s.id, Skeleton: in.skeletons[i], Count: s.count}
	}
	r := pattern.Mine(shapes, pattern.Options{Names: in.names()})
	in.patterns = make([]mined, len(r.Patterns))
	for i := range in.patterns {
		in.patterns[i] = mined{Template: r.Patterns[i], first: analysis.NoTime, last: analysis.NoTime}
	}
	for i, p := range r.Of {
		in.shapes[i].pattern = p
		if p >= 0 {
			in.patterns[p].shapes++
		}
	}
	lits := makeLiterals(in.skeletons)
	in.literals = func() (literals, error) { return lits, nil }
	in.skeletons = nil
	if err := in.count(ctx); err != nil {
		return err
	}
	judgeFailing(in.patterns)
	return nil
}

// judgeFailing notes which patterns tell of a failure.
func judgeFailing(list []mined) {
	inParallel(len(list), func(i int) {
		p := &list[i]
		p.failing = pattern.Failing(p.Text, p.severity)
	})
}

// names returns the names of hosts, pods and namespaces that the bundles
// list.
func (in *contents) names() []string {
	set := map[string]bool{}
	for _, r := range in.resources {
		set[r.Host], set[r.Namespace], set[r.Pod] = true, true, true
	}
	for i := range in.states {
		s := &in.states[i]
		switch s.Kind {
		case "Node", "Namespace", "Pod":
			set[s.Name] = true
		}
		set[s.Resource.Host], set[s.Resource.Namespace], set[s.Resource.Pod] = true, true, true
	}
	delete(set, "")
	names := make([]string, 0, len(set))
	for n := range set {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// count reads the columns of all blocks and fills the roll-up and what is
// counted of each pattern.
func (in *contents) count(ctx context.Context) error {
	n := max(1, min(runtime.GOMAXPROCS(0), len(in.blocks)))
	parts := make([]*counter, n)
	wanted := in.firstBlocks()
	found := make([][]example, len(in.blocks))
	var g errgroup.Group
	var mu sync.Mutex
	next := 0
	for w := range parts {
		parts[w] = newCounter(len(in.patterns))
		g.Go(func() error {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= len(in.blocks) {
					return nil
				}
				err := ctx.Err()
				if err != nil {
					return err
				}
				if found[i], err = parts[w].add(in, &in.blocks[i], wanted[i]); err != nil {
					return err
				}
			}
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	in.examples = make([][]example, len(in.patterns))
	for i, list := range wanted {
		for k, p := range list {
			in.examples[p] = append(in.examples[p], found[i][k])
		}
	}
	in.origins = sync.OnceValues(func() ([][]analysis.Origin, error) { return in.originsOf(in.examples), nil })
	all := parts[0]
	for _, p := range parts[1:] {
		all.merge(p)
	}
	all.sort()
	in.rollup = newRollup(widths[all.level], all.cells)
	for _, c := range all.cells {
		if c.pattern >= 0 {
			p := &in.patterns[c.pattern]
			p.count += c.n
			p.severity = max(p.severity, c.severity)
		}
	}
	for i := range in.patterns {
		p, t := &in.patterns[i], all.of[i]
		p.first, p.last = t.first, t.last
		for _, w := range t.members {
			p.sources += bits.OnesCount64(w)
		}
	}
	return nil
}

// counter counts on behalf of one goroutine.
type counter struct {
	level   int // of widths
	cells   []cell
	sorted  int        // how many cells there were when they were last in order
	last    []lastCell // by pattern, from -1 on
	buckets map[int64]bool
	of      []tally // by pattern
	cols    segment.Columns
	run     []int32 // by shape of the block and severity: records in the current bucket
	touched []int32
}

// lastCell says where a pattern's cells of the bucket are that it was counted
// in last. Records come by their times: most go into one that is there.
type lastCell struct {
	bucket int64
	at     [8]int32 // by severity: one more than the index into cells, 0 for none
}

type tally struct {
	first, last int64
	members     []uint64 // a bit for each source it occurs in
}

func newCounter(patterns int) *counter {
	c := &counter{last: make([]lastCell, patterns+1), buckets: map[int64]bool{}, of: make([]tally, patterns)}
	for i := range c.of {
		c.of[i].first, c.of[i].last = analysis.NoTime, analysis.NoTime
	}
	return c
}

const severities = 32 // more than there are

// add counts the records of a block and returns the first of each wanted
// pattern in it.
func (c *counter) add(in *contents, b *storedBlock, wanted []int32) ([]example, error) {
	if b.lost != nil {
		return nil, nil
	}
	columns := segment.Time | segment.Shape | segment.Severity
	if len(wanted) > 0 {
		columns |= segment.Place
	}
	if err := b.segment.Columns(b.at, columns, &c.cols); err != nil {
		return nil, damaged(b.file, err)
	}
	of := make([]int32, len(b.shapes()))
	for i, s := range b.shapes() {
		of[i] = -1
		if s >= 0 {
			of[i] = in.shapes[s].pattern
		}
		if p := of[i]; p >= 0 && b.entry().ShapeCounts()[i] > 0 {
			t := &c.of[p]
			source := in.source[b.member]
			word := int(source) / 64
			if len(t.members) <= word {
				t.members = append(t.members, make([]uint64, word+1-len(t.members))...)
			}
			t.members[word] |= 1 << (source % 64)
		}
	}
	c.run = append(c.run[:0], make([]int32, len(b.shapes())*severities)...)
	var from, to int64 // the current bucket's times
	bucket := noBucket
	for i, t := range c.cols.Time {
		if c.cols.Flags[i].Skip() {
			continue
		}
		switch {
		case t == analysis.NoTime:
			if bucket != noBucket {
				c.flush(of, bucket)
				bucket = noBucket
			}
		case bucket == noBucket || t < from || t >= to:
			c.flush(of, bucket)
			w := widths[c.level]
			bucket = floor(t, w)
			from, to = bucket*w, (bucket+1)*w
		}
		shape := c.cols.Shape[i]
		k := int32(shape)*severities + int32(min(c.cols.Severity[i], severities-1))
		if c.run[k] == 0 {
			c.touched = append(c.touched, k)
		}
		c.run[k]++
		if p := of[shape]; p >= 0 && t != analysis.NoTime {
			s := &c.of[p]
			if s.first == analysis.NoTime || t < s.first {
				s.first = t
			}
			if s.last == analysis.NoTime || t > s.last {
				s.last = t
			}
		}
	}
	c.flush(of, bucket)
	return c.examples(b, of, wanted), nil
}

// flush adds the run to the cells of its bucket, which may be one of an older
// level: flushes happen before the level changes.
func (c *counter) flush(of []int32, bucket int64) {
	for _, k := range c.touched {
		c.count(cell{of[k/severities], analysis.Severity(k % severities), bucket, int64(c.run[k])})
		c.run[k] = 0
	}
	if len(c.touched) > 0 && bucket != noBucket {
		c.buckets[bucket] = true
	}
	c.touched = c.touched[:0]
	for len(c.buckets) > maxBuckets && c.level < len(widths)-1 {
		c.widen(c.level + 1)
	}
	if len(c.cells) > 2*c.sorted+1<<16 {
		c.sort()
	}
}

// count adds a cell.
func (c *counter) count(x cell) {
	l := &c.last[x.pattern+1]
	if l.bucket != x.bucket {
		*l = lastCell{bucket: x.bucket}
	}
	at := &l.at[int(x.severity)%len(l.at)]
	if *at > 0 && c.cells[*at-1].severity == x.severity {
		c.cells[*at-1].n += x.n
		return
	}
	c.cells = append(c.cells, x)
	*at = int32(len(c.cells))
}

// sort puts the cells in order, ascending by pattern, bucket, severity, each
// once.
func (c *counter) sort() {
	end := make([]int, len(c.of)+1) // by pattern, from -1 on
	for i := range c.cells {
		end[c.cells[i].pattern+1]++
	}
	at := 0
	for i, n := range end {
		end[i] = at
		at += n
	}
	cells := make([]cell, at)
	for _, x := range c.cells {
		cells[end[x.pattern+1]] = x
		end[x.pattern+1]++
	}
	from, kept := 0, cells[:0]
	for _, to := range end {
		slices.SortFunc(cells[from:to], func(a, b cell) int {
			switch {
			case a.bucket < b.bucket:
				return -1
			case a.bucket > b.bucket:
				return 1
			}
			return int(a.severity) - int(b.severity)
		})
		for i, x := range cells[from:to] {
			if last := len(kept) - 1; i > 0 && kept[last].bucket == x.bucket && kept[last].severity == x.severity {
				kept[last].n += x.n
				continue
			}
			kept = append(kept, x)
		}
		from = to
	}
	c.cells, c.sorted = kept, len(kept)
	clear(c.last)
}

// widen goes over to wider buckets.
func (c *counter) widen(level int) {
	if level == c.level {
		return
	}
	factor := widths[level] / widths[c.level]
	cells := c.cells
	c.cells, c.level = cells[:0], level // each goes to where it is, or before
	clear(c.last)
	clear(c.buckets)
	for _, x := range cells {
		if x.bucket != noBucket {
			x.bucket = floor(x.bucket, factor)
			c.buckets[x.bucket] = true
		}
		c.count(x)
	}
}

func (c *counter) merge(o *counter) {
	level := max(c.level, o.level)
	c.widen(level)
	o.widen(level)
	for _, x := range o.cells {
		c.count(x)
	}
	for b := range o.buckets {
		c.buckets[b] = true
	}
	for len(c.buckets) > maxBuckets && c.level < len(widths)-1 {
		c.widen(c.level + 1)
	}
	for i := range o.of {
		a, b := &c.of[i], &o.of[i]
		if b.first != analysis.NoTime && (a.first == analysis.NoTime || b.first < a.first) {
			a.first = b.first
		}
		if b.last != analysis.NoTime && (a.last == analysis.NoTime || b.last > a.last) {
			a.last = b.last
		}
		if len(a.members) < len(b.members) {
			a.members, b.members = b.members, a.members
		}
		for w, m := range b.members {
			a.members[w] |= m
		}
	}
}

// floor returns the largest n for which n*w <= t.
func floor(t, w int64) int64 {
	n := t / w
	if t%w < 0 {
		n--
	}
	return n
}
