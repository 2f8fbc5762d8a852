package index

import (
	"context"
	"errors"
	"sync/atomic"

	"faultline/analysis"
)

// Count returns the number of records of f. Skipped duplicates do not count.
func (c *Case) Count(ctx context.Context, f analysis.Filter) (int64, error) {
	return c.CountWithin(ctx, f, Limits{})
}

// CountWithin is Count with limits: with a *PartialError it returns how many
// records were found until then.
func (c *Case) CountWithin(ctx context.Context, f analysis.Filter, l Limits) (int64, error) {
	return again(ctx, c, func() (int64, error) { return c.askCount(ctx, f, l) })
}

func (c *Case) askCount(ctx context.Context, f analysis.Filter, l Limits) (int64, error) {
	q, err := c.query(f)
	if err != nil {
		return 0, err
	}
	q.limit(l)
	var n atomic.Int64
	err = q.each(ctx, func(_ int, e *evaluator, o outcome) error {
		count, ok := e.counted(o)
		if !ok {
			count, ok = e.settled.count(e.b.number)
		}
		if !ok {
			if err := e.choose(o, 0); err != nil {
				return err
			}
			count = int64(len(e.keep))
		}
		e.settled.counted(e.b.number, count)
		n.Add(count)
		q.watch.found(count)
		return nil
	})
	if partial := (*PartialError)(nil); err != nil && !errors.As(err, &partial) {
		return 0, err
	}
	return n.Load(), err
}
