package index

import (
	"context"
	"sync"

	"faultline/analysis"
	"faultline/index/segment"
)

// Scan calls visit for every record of f, in the order in which they are
// stored (member by member, from first to last line), from one goroutine. An
// error of visit ends the scan and is returned. Damage ends it with a
// *DamagedError; the next Scan is one of what is whole.
func (c *Case) Scan(ctx context.Context, f analysis.Filter, visit func(m *Meta) error) error {
	q, err := c.query(f)
	if err != nil {
		return err
	}
	var m Meta
	err = q.ordered(ctx, func(e *evaluator) error {
		c, b := &e.cols, e.b
		m.Member = b.member
		for _, i := range e.keep {
			m.Time, m.Severity = c.Time[i], c.Severity[i]
			m.Quality, m.Kind = c.Flags[i].Quality(), c.Flags[i].Kind()
			m.Pattern = b.pattern(q.v, c.Shape[i])
			m.Resource = q.v.resources[b.resources[c.Resource[i]]]
			m.Ref = makeRef(b.number, int(i))
			if err := visit(&m); err != nil {
				return err
			}
		}
		return ctx.Err()
	})
	if err != nil {
		c.heal(ctx, err)
	}
	return err
}

// ordered calls visit, from the caller's goroutine and in the order of the
// blocks, with evaluators that have chosen the records of theirs; others work
// ahead meanwhile.
func (q *query) ordered(ctx context.Context, visit func(e *evaluator) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		e   *evaluator
		err error
	}
	n := workers()
	queue := make(chan chan result, n) // results in the order of the blocks
	work := make(chan func(), n)
	idle := make(chan *evaluator, 2*n+2)
	for range cap(idle) {
		idle <- q.evaluator()
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	for range n {
		wg.Go(func() {
			for f := range work {
				f()
			}
		})
	}
	wg.Go(func() {
		defer close(work)
		defer close(queue)
		for _, b := range q.v.blocks {
			var e *evaluator
			select {
			case e = <-idle:
			case <-ctx.Done():
				return
			}
			r := make(chan result, 1)
			f := func() {
				var err error
				e.keep = e.keep[:0]
				if o := e.enter(b); o != none {
					err = e.choose(o, segment.Time|segment.Resource|segment.Severity)
				}
				r <- result{e, err}
			}
			select {
			case work <- f:
			case <-ctx.Done():
				return
			}
			select {
			case queue <- r:
			case <-ctx.Done():
				return
			}
		}
	})
	for r := range queue {
		res := <-r
		if res.err == nil && len(res.e.keep) > 0 {
			res.err = visit(res.e)
		}
		if res.err != nil {
			cancel()
			return res.err
		}
		idle <- res.e
	}
	return ctx.Err()
}

// origin returns where a record stands.
func (v *view) origin(ref Ref) (analysis.Origin, error) {
	b, i := v.blocks[ref.block()], ref.record()
	c, err := v.columnsOf(b)
	if err != nil {
		return analysis.Origin{}, err
	}
	if i >= len(c.Shape) {
		return analysis.Origin{}, ErrNoRecord
	}
	return v.originOf(b, c, i), nil
}

func (v *view) originOf(b *block, c *segment.Columns, i int) analysis.Origin {
	path, bundle := v.members.path(b.member)
	return analysis.Origin{Bundle: bundle, Path: path, Line: b.entry.Line + int64(c.Line[i]), Offset: b.offset + int64(c.Start[i]), Length: int64(c.Start[i+1] - c.Start[i])}
}
