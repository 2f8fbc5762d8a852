package index

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sort"
	"sync"
	"time"

	"faultline/analysis"
	"faultline/index/segment"
)

// row is a record and the time that places it.
type row struct {
	at  int64
	ref Ref
}

func compareRows(a, b row) int {
	if a.at != b.at {
		return cmp.Compare(a.at, b.at)
	}
	return cmp.Compare(a.ref, b.ref)
}

// Rows are the records of a filter in time order, for random access: by time,
// then member, then place in the member. A record without a time stands behind
// the last record before it in its log that has one, or with the log's
// first time when none stands before; members without any time come last.
type Rows struct {
	c     *Case
	v     *view
	refs  []Ref
	times []int64 // the placing time of every rowStep-th row
}

// rowStep is how many rows share one remembered time: one more row in 64 costs
// an eighth of a byte, and finding a time looks at no more than 64 records.
const rowStep = 64

// Rows returns the records of f in time order.
func (c *Case) Rows(ctx context.Context, f analysis.Filter) (*Rows, error) {
	return c.RowsWithin(ctx, f, Limits{})
}

// RowsWithin is Rows with limits: with a *PartialError it returns the records
// that were found until then.
func (c *Case) RowsWithin(ctx context.Context, f analysis.Filter, l Limits) (*Rows, error) {
	return again(ctx, c, func() (*Rows, error) { return c.askRows(ctx, f, l) })
}

func (c *Case) askRows(ctx context.Context, f analysis.Filter, l Limits) (*Rows, error) {
	q, err := c.query(f)
	if err != nil {
		return nil, err
	}
	q.limit(l)
	runs := make([][]row, len(q.v.blocks))
	err = q.each(ctx, func(_ int, e *evaluator, o outcome) error {
		list, err := e.rows(o)
		runs[e.b.number] = list
		q.watch.found(int64(len(list)))
		return err
	})
	if partial := (*PartialError)(nil); err != nil && !errors.As(err, &partial) {
		return nil, err
	}
	rows := merge(runs)
	r := &Rows{c: c, v: q.v, refs: make([]Ref, len(rows))}
	for i := range rows {
		r.refs[i] = rows[i].ref
		if i%rowStep == 0 {
			r.times = append(r.times, rows[i].at)
		}
	}
	return r, err
}

// rows returns the block's records that match, in time order.
func (e *evaluator) rows(o outcome) ([]row, error) {
	if err := e.choose(o, segment.Time); err != nil {
		return nil, err
	}
	list := make([]row, 0, len(e.keep))
	at, known := int64(0), false
	next := 0
	sorted := true
	for _, i := range e.keep {
		t := e.cols.Time[i]
		if t == analysis.NoTime {
			// Behind the last record with a time, whether it matches or not.
			for ; next <= int(i); next++ {
				if x := e.cols.Time[next]; x != analysis.NoTime {
					at, known = x, true
				}
			}
			if !known {
				var err error
				if at, err = e.p.v.before(e.b); err != nil {
					return nil, err
				}
				known = true
			}
			t = at
		}
		if n := len(list); n > 0 && t < list[n-1].at {
			sorted = false
		}
		list = append(list, row{t, makeRef(e.b.number, int(i))})
	}
	if !sorted {
		slices.SortFunc(list, compareRows)
	}
	return list, nil
}

// before returns the time that places records without one at the beginning of
// block b.
func (v *view) before(b *block) (int64, error) {
	list := v.log(b)
	k := slices.Index(list, b)
	for k--; k >= 0; k-- {
		if t, ok, err := v.lastTime(list[k]); err != nil || ok {
			return t, err
		}
	}
	// The first record that has a time gives it to those before it.
	for _, b := range list {
		if b.tmin == analysis.NoTime {
			continue
		}
		var c segment.Columns
		if err := b.columns(segment.Time, &c); err != nil {
			return 0, err
		}
		for _, t := range c.Time {
			if t != analysis.NoTime {
				return t, nil
			}
		}
	}
	return maxTime, nil
}

// lastTime returns the time of the block's last record that has one.
func (v *view) lastTime(b *block) (int64, bool, error) {
	if b.tmin == analysis.NoTime {
		return 0, false, nil
	}
	v.cache.mu.Lock()
	t, ok := v.cache.last[b.number]
	v.cache.mu.Unlock()
	if ok {
		return t, true, nil
	}
	var c segment.Columns
	if err := b.columns(segment.Time, &c); err != nil {
		return 0, false, err
	}
	for i := len(c.Time) - 1; i >= 0; i-- {
		if t := c.Time[i]; t != analysis.NoTime {
			v.cache.mu.Lock()
			defer v.cache.mu.Unlock()
			if v.cache.last == nil {
				v.cache.last = map[int]int64{}
			}
			v.cache.last[b.number] = t
			return t, true, nil
		}
	}
	return 0, false, nil
}

// merge returns all rows of the sorted runs in order. Runs that follow each
// other as they are, the blocks of one log, are joined first; the rest is
// merged pairwise, each round on all processors.
func merge(runs [][]row) []row {
	var total int
	for _, r := range runs {
		total += len(r)
	}
	all, bounds := make([]row, 0, total), []int{0}
	for _, r := range runs {
		if len(r) == 0 {
			continue
		}
		if n := len(all); n > 0 && compareRows(all[n-1], r[0]) > 0 {
			bounds = append(bounds, n)
		}
		all = append(all, r...)
	}
	bounds = append(bounds, total)
	var spare []row
	for len(bounds) > 2 {
		if spare == nil {
			spare = make([]row, total)
		}
		next := []int{0}
		var wg sync.WaitGroup
		slots := make(chan struct{}, workers())
		for i := 0; i+1 < len(bounds); i += 2 {
			lo, mid, hi := bounds[i], bounds[i+1], bounds[min(i+2, len(bounds)-1)]
			slots <- struct{}{}
			wg.Go(func() {
				mergeTwo(spare[lo:hi], all[lo:mid], all[mid:hi])
				<-slots
			})
			next = append(next, hi)
		}
		wg.Wait()
		all, spare, bounds = spare, all, next
	}
	return all
}

func mergeTwo(dst, a, b []row) {
	for len(a) > 0 && len(b) > 0 {
		if compareRows(a[0], b[0]) <= 0 {
			n := sort.Search(min(len(a), 16), func(i int) bool { return compareRows(a[i], b[0]) > 0 })
			dst = dst[copy(dst, a[:n]):]
			a = a[n:]
		} else {
			n := sort.Search(min(len(b), 16), func(i int) bool { return compareRows(b[i], a[0]) > 0 })
			dst = dst[copy(dst, b[:n]):]
			b = b[n:]
		}
	}
	copy(dst[copy(dst, a):], b)
}

// Len returns the number of rows.
func (r *Rows) Len() int { return len(r.refs) }

// Ref returns the record of a row.
func (r *Rows) Ref(i int) Ref { return r.refs[i] }

// Hits reads the rows from to from+n, fewer at the end. Damage gives a
// *DamagedError; Rows asked for anew are those of what is whole.
func (r *Rows) Hits(ctx context.Context, from, n int) ([]Hit, error) {
	if from < 0 || from >= len(r.refs) || n <= 0 {
		return nil, ctx.Err()
	}
	hits, err := r.v.hits(ctx, r.refs[from:min(from+n, len(r.refs))])
	if err != nil {
		r.c.heal(ctx, err) // the next Rows leaves the damaged part out
	}
	return hits, err
}

// At returns the first row at or after t, Len when there is none.
func (r *Rows) At(t time.Time) int {
	return r.search(row{at: clampNanos(t)})
}

// Find returns the row of the record at an origin; false when it is not among
// the rows.
func (r *Rows) Find(o analysis.Origin) (int, bool) {
	ref, err := r.v.locate(o)
	if err != nil {
		return 0, false
	}
	at, err := r.v.placing(ref)
	if err != nil {
		return 0, false
	}
	i := r.search(row{at, ref})
	return i, i < len(r.refs) && r.refs[i] == ref
}

// search returns the first row that is not before x.
func (r *Rows) search(x row) int {
	// times are those of every rowStep-th row: the row sought stands before
	// the first of them that is not before x, and not far before.
	k := sort.Search(len(r.times), func(k int) bool { return compareRows(row{r.times[k], r.refs[k*rowStep]}, x) >= 0 })
	if k == 0 {
		return 0
	}
	lo := (k-1)*rowStep + 1
	hi := min(k*rowStep, len(r.refs))
	return lo + sort.Search(hi-lo, func(i int) bool {
		at, err := r.v.placing(r.refs[lo+i])
		return err != nil || compareRows(row{at, r.refs[lo+i]}, x) >= 0
	})
}

// placing returns the time that places a record among others.
func (v *view) placing(ref Ref) (int64, error) {
	b := v.blocks[ref.block()]
	c, err := v.columnsOf(b)
	if err != nil {
		return 0, err
	}
	for i := ref.record(); i >= 0; i-- {
		if t := c.Time[i]; t != analysis.NoTime {
			return t, nil
		}
	}
	return v.before(b)
}
