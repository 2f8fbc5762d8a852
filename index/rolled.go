package index

import (
	"context"
	"slices"

	"faultline/analysis"
	"faultline/index/segment"
)

// rolled answers how many records of the query have a time, from the roll-up:
// it calls visit for cells whose records all match, and returns the stretches
// of time at the ends of the filter's period that only columns can tell. It
// returns false where the query asks for more than the roll-up knows (pattern,
// severity, time), or for narrower steps than width, in nanoseconds.
func (q *query) rolled(width int64, visit func(pattern int32, severity analysis.Severity, t, n int64)) (rest []stretch, ok bool) {
	r := &q.v.in.rollup
	if r.width == 0 || width%r.width != 0 {
		return nil, false
	}
	var asked []*node
	for _, n := range q.p.parts() {
		switch {
		case n.op == opTime: // in q.from and q.to
		case n.rolled():
			asked = append(asked, n)
		default:
			return nil, false
		}
	}
	// The whole buckets of the period, as places of their begin.
	from, to := floorDiv(q.v.tmin, r.width)*r.width, int64(maxTime)
	if q.from > q.v.tmin {
		if from = floorDiv(q.from+r.width-1, r.width) * r.width; from > q.from {
			rest = append(rest, stretch{q.from, min(from, q.to)})
		}
	}
	if q.to <= q.v.tmax {
		if to = floorDiv(q.to, r.width) * r.width; to < q.to && to >= from {
			rest = append(rest, stretch{max(to, q.from), q.to})
		}
	}
	cells, err := r.cells()
	if err != nil {
		return nil, false
	}
	for i := range cells {
		c := &cells[i]
		if c.bucket == noBucket {
			continue
		}
		if t := c.bucket * r.width; t < from || t >= to {
			continue
		}
		if !slices.ContainsFunc(asked, func(n *node) bool { return !n.holds(c.pattern, c.severity) }) {
			visit(c.pattern, c.severity, c.bucket*r.width, c.n)
		}
	}
	return rest, true
}

// rolled reports whether pattern and severity suffice to answer n.
func (n *node) rolled() bool {
	switch n.op {
	case opTable:
		return n.scope == bySeverity || n.scope == byShape
	case opAnd, opOr, opNot:
		return !slices.ContainsFunc(n.kids, func(k *node) bool { return !k.rolled() })
	}
	return false
}

// holds answers a node that is rolled for a pattern, -1 for none, and a severity.
func (n *node) holds(pattern int32, s analysis.Severity) bool {
	switch n.op {
	case opAnd:
		return !slices.ContainsFunc(n.kids, func(k *node) bool { return !k.holds(pattern, s) })
	case opOr:
		return slices.ContainsFunc(n.kids, func(k *node) bool { return k.holds(pattern, s) })
	case opNot:
		return !n.kids[0].holds(pattern, s)
	}
	if n.scope == bySeverity {
		return n.table[s]
	}
	return pattern >= 0 && n.patterns[pattern]
}

// within returns q narrowed to a stretch of time.
func (q *query) within(s stretch) *query {
	n := &node{op: opTime, scope: byTime, from: s.from, to: s.to}
	p := *q.p
	if p.root == nil {
		p.root = n
	} else {
		p.root = join(opAnd, []*node{p.root, n})
	}
	return &query{v: q.v, p: &p, from: max(q.from, s.from), to: min(q.to, s.to), settled: q.settled, narrow: true, watch: q.watch}
}

// instant is a time, or the begin of a step of time, and how many of the
// query's records are alike in it.
type instant struct {
	t, n     int64
	pattern  int32 // -1 for none
	member   int32 // -1 where the roll-up was asked
	severity analysis.Severity
}

// times calls visit, from several goroutines, for the query's records that
// have a time. Where bySource is not asked for and steps of width suffice it
// asks the roll-up; then worker is 0 and t the begin of a step.
func (q *query) times(ctx context.Context, width int64, bySource bool, visit func(worker int, x instant)) error {
	if !bySource {
		rest, ok := q.rolled(width, func(pattern int32, s analysis.Severity, t, n int64) {
			visit(0, instant{t: t, n: n, pattern: pattern, member: -1, severity: s})
		})
		if ok {
			for _, s := range rest {
				if err := q.within(s).each(ctx, timed(q.v, visit)); err != nil {
					return err
				}
			}
			return ctx.Err()
		}
	}
	return q.each(ctx, timed(q.v, visit))
}

func timed(v *view, visit func(worker int, x instant)) func(worker int, e *evaluator, o outcome) error {
	return func(worker int, e *evaluator, o outcome) error {
		if e.b.timed == 0 {
			return nil
		}
		if err := e.choose(o, segment.Time|segment.Shape|segment.Severity); err != nil {
			return err
		}
		c := &e.cols
		for _, i := range e.keep {
			if t := c.Time[i]; t != analysis.NoTime {
				visit(worker, instant{t: t, n: 1, pattern: e.b.pattern(v, c.Shape[i]), member: e.b.member, severity: c.Severity[i]})
			}
		}
		return nil
	}
}
