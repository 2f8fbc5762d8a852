package index

import (
	"context"
	"encoding/json"
	"runtime"
	"sync"
	"sync/atomic"

	"faultline/analysis"
)

// query is a filter on its way through a case.
type query struct {
	v        *view
	p        *plan
	from, to int64    // of the filter's period: [from, to)
	settled  *settled // what is known of its records
	narrow   bool     // it asks for some of those that settled knows of
	watch    *watch   // nil: no limits
}

func (c *Case) query(f analysis.Filter) (*query, error) {
	v, err := c.view()
	if err != nil {
		return nil, err
	}
	p, err := v.plan(f)
	if err != nil {
		return nil, err
	}
	q := &query{v: v, p: p, from: minTime, to: maxTime}
	for _, n := range p.parts() {
		if n.op == opTime {
			q.from, q.to = max(q.from, n.from), min(q.to, n.to)
		}
	}
	if len(p.texts) > 0 {
		key, err := json.Marshal(f)
		if err != nil {
			return nil, err
		}
		q.settled, _ = v.settled.get(string(key), func() (*settled, error) { return &settled{}, nil })
	}
	return q, nil
}

// parts returns the parts of the conjunction that p is.
func (p *plan) parts() []*node {
	switch {
	case p.root == nil:
		return nil
	case p.root.op == opAnd:
		return p.root.kids
	}
	return []*node{p.root}
}

// memberMayMatch reports whether records of the member can match, as far as
// the member itself tells.
func (q *query) memberMayMatch(member int32) bool {
	var ask func(n *node) tri
	ask = func(n *node) tri {
		switch n.op {
		case opConst:
			return n.value
		case opNot:
			return ask(n.kids[0]).not()
		case opAnd, opOr:
			v := ask(n.kids[0])
			for _, k := range n.kids[1:] {
				if n.op == opAnd {
					v = min(v, ask(k))
				} else {
					v = max(v, ask(k))
				}
			}
			return v
		}
		if n.op == opTable && n.scope == byMember {
			return triOf(n.table[member])
		}
		return maybe
	}
	return q.p.root == nil || ask(q.p.root) != no
}

func workers() int { return runtime.GOMAXPROCS(0) }

// each calls visit, from several goroutines, for every block that holds or may
// hold records of the query, with the evaluator that has entered it. Worker
// counts from 0; no two calls of one worker run at the same time. The first
// error, or ctx's end, ends it all. When the query's time is over before all
// blocks were asked, the error is a *PartialError.
func (q *query) each(ctx context.Context, visit func(worker int, e *evaluator, o outcome) error) error {
	return q.eachOf(ctx, q.v.blocks, visit)
}

func (q *query) eachOf(ctx context.Context, blocks []*block, visit func(worker int, e *evaluator, o outcome) error) error {
	var (
		next  atomic.Int64
		stop  atomic.Bool
		left  atomic.Bool // blocks that were not asked: the time is over
		once  sync.Once
		first error
		wg    sync.WaitGroup
	)
	n := min(workers(), max(len(blocks), 1))
	for w := range n {
		work := func() {
			e := q.evaluator()
			defer q.v.cache.evaluators.Put(e)
			for !stop.Load() {
				i := int(next.Add(1)) - 1
				if i >= len(blocks) {
					return
				}
				if q.watch.over() {
					left.Store(true)
					return
				}
				err := ctx.Err()
				if err == nil {
					if o := e.enter(blocks[i]); o != none {
						err = visit(w, e, o)
					} else if !q.narrow {
						q.settled.counted(blocks[i].number, 0)
					}
					q.watch.asked(blocks[i])
				}
				if err != nil {
					once.Do(func() { first = err })
					stop.Store(true)
					return
				}
			}
		}
		if w == n-1 {
			work()
			break
		}
		wg.Go(work)
	}
	wg.Wait()
	if first == nil {
		return q.watch.partial(left.Load())
	}
	return first
}

// evaluator returns one that may have been used before.
func (q *query) evaluator() *evaluator {
	e, _ := q.v.cache.evaluators.Get().(*evaluator)
	if e == nil {
		e = &evaluator{}
	}
	e.p, e.settled, e.narrow = q.p, q.settled, q.narrow
	return e
}
