package index

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"faultline/analysis"
)

// Search returns the first records of f in time order (see Rows), or the last
// ones, newest first. With a *PartialError it returns the first of those that
// were found until then.
func (c *Case) Search(ctx context.Context, f analysis.Filter, o SearchOptions) ([]Hit, error) {
	return again(ctx, c, func() ([]Hit, error) { return c.askSearch(ctx, f, o) })
}

func (c *Case) askSearch(ctx context.Context, f analysis.Filter, o SearchOptions) ([]Hit, error) {
	q, err := c.query(f)
	if err != nil {
		return nil, err
	}
	limit := o.Limit
	if limit <= 0 {
		limit = 100
	}
	q.limit(o.Limits)
	rows, err := q.first(ctx, limit, o.Newest)
	partial := (*PartialError)(nil)
	if err != nil && !errors.As(err, &partial) {
		return nil, err
	}
	refs := make([]Ref, len(rows))
	for i, r := range rows {
		refs[i] = r.ref
	}
	hits, err := q.v.hits(ctx, refs)
	if err == nil && partial != nil {
		err = partial
	}
	return hits, err
}

// bounded is a block and the earliest (or latest) time that can place one of
// its records.
type bounded struct {
	b  *block
	at int64
}

// first returns the n first rows of the query, or the n last ones, last first.
// It asks blocks in the order of their times and stops as soon as no other can
// hold an earlier row.
func (q *query) first(ctx context.Context, n int, newest bool) ([]row, error) {
	order := func(a, b row) int {
		if newest {
			return compareRows(b, a)
		}
		return compareRows(a, b)
	}
	list := q.v.bounds(newest)
	var rows []row
	var over error
	for step := workers(); len(list) > 0 && over == nil; step = min(2*step, 32*workers()) {
		if len(rows) == n {
			// A block that only ties with the last row may still hold a row
			// before it: compare by the block's first (or last) record.
			next := row{list[0].at, makeRef(list[0].b.number, 0)}
			if newest {
				next.ref = makeRef(list[0].b.number, int(list[0].b.entry.Records))
			}
			if order(next, rows[n-1]) > 0 && list[0].at != rows[n-1].at {
				break
			}
		}
		wave := list[:min(step, len(list))]
		list = list[len(wave):]
		// Of records that have a time only those are of interest that come
		// before the last row found: that spares most of the frames.
		near := q
		if len(rows) == n {
			s := stretch{minTime, rows[n-1].at + 1}
			if newest {
				s = stretch{rows[n-1].at, maxTime}
			}
			if rows[n-1].at < maxTime {
				near = q.within(s)
			}
		}
		var timed, others []*block
		for _, w := range wave {
			if w.b.timed == w.b.records && near != q {
				timed = append(timed, w.b)
			} else {
				others = append(others, w.b)
			}
		}
		parts := make([][]row, workers())
		visit := func(worker int, e *evaluator, o outcome) error {
			part, err := e.rows(o)
			if newest {
				slices.Reverse(part)
			}
			parts[worker] = append(parts[worker], part[:min(n, len(part))]...)
			q.watch.found(int64(len(part)))
			return err
		}
		for _, x := range []struct {
			q      *query
			blocks []*block
		}{{near, timed}, {q, others}} {
			err := x.q.eachOf(ctx, x.blocks, visit)
			if partial := (*PartialError)(nil); errors.As(err, &partial) {
				over = err
			} else if err != nil {
				return nil, err
			}
		}
		for _, p := range parts {
			rows = append(rows, p...)
		}
		slices.SortFunc(rows, order)
		rows = rows[:min(n, len(rows))]
	}
	return rows, over
}

// bounds returns the blocks in the order in which their rows can come.
func (v *view) bounds(newest bool) []bounded {
	v.cache.bounds.Do(func() {
		for _, list := range v.bySource {
			lo, hi := int64(maxTime), int64(minTime)
			for _, b := range list {
				if b.tmin != analysis.NoTime {
					lo, hi = min(lo, b.tmin), max(hi, b.tmax)
				}
			}
			if lo > hi {
				lo, hi = maxTime, maxTime
			}
			for _, b := range list {
				early, late := bounded{b, b.tmin}, bounded{b, b.tmax}
				if b.timed < b.records || b.tmin == analysis.NoTime { // placed by others' times
					early.at, late.at = lo, hi
				}
				v.cache.early = append(v.cache.early, early)
				v.cache.late = append(v.cache.late, late)
			}
		}
		slices.SortFunc(v.cache.early, func(a, b bounded) int {
			return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.b.number, b.b.number))
		})
		slices.SortFunc(v.cache.late, func(a, b bounded) int {
			return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(b.b.number, a.b.number))
		})
	})
	if newest {
		return v.cache.late
	}
	return v.cache.early
}
