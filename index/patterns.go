package index

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"faultline/analysis"
	"faultline/index/segment"
)

// PatternIDs returns the IDs of all patterns; Meta.Pattern is an index into
// it. It must not be changed.
func (c *Case) PatternIDs() []string {
	v, err := c.view()
	if err != nil {
		return nil
	}
	return v.patternIDs
}

// Pattern returns the pattern with that ID, counted over the whole case.
func (c *Case) Pattern(id string) (analysis.Pattern, bool) {
	v, err := c.view()
	if err != nil {
		return analysis.Pattern{}, false
	}
	i, ok := v.byID[id]
	if !ok {
		return analysis.Pattern{}, false
	}
	p := v.patterns()[i]
	if examples, err := v.in.origins(); err == nil { // else without examples
		p.Examples = slices.Clone(examples[i])
	}
	return p, true
}

// Patterns returns the patterns that records of f belong to, heaviest first.
// Counts, severity, first, last, sources and examples are those of the records
// of f. Examples come from different members before they come from one.
func (c *Case) Patterns(ctx context.Context, f analysis.Filter) ([]analysis.Pattern, error) {
	return again(ctx, c, func() ([]analysis.Pattern, error) { return c.askPatterns(ctx, f) })
}

func (c *Case) askPatterns(ctx context.Context, f analysis.Filter) ([]analysis.Pattern, error) {
	q, err := c.query(f)
	if err != nil {
		return nil, err
	}
	v := q.v
	if which, ok := q.wholePatterns(); ok {
		return v.wholePatterns(which)
	}
	parts := make([]*census, workers())
	err = q.each(ctx, func(worker int, e *evaluator, o outcome) error {
		s := parts[worker]
		if s == nil {
			s = newCensus(v)
			parts[worker] = s
		}
		if err := e.choose(o, segment.Time|segment.Severity); err != nil {
			return err
		}
		s.take(e)
		return nil
	})
	if err != nil {
		return nil, err
	}
	sum := newCensus(v)
	for _, s := range parts {
		if s != nil {
			sum.add(s)
		}
	}
	return sum.patterns(ctx, q)
}

// wholePatterns returns the patterns that the query takes all records of, nil
// for all; false when it asks for more than patterns.
func (q *query) wholePatterns() ([][]bool, bool) {
	var tables [][]bool
	for _, n := range q.p.parts() {
		if n.op != opTable || n.scope != byShape {
			return nil, false
		}
		tables = append(tables, n.patterns)
	}
	return tables, true
}

// wholePatterns returns patterns as they are over the whole case.
func (v *view) wholePatterns(which [][]bool) ([]analysis.Pattern, error) {
	examples, err := v.in.origins()
	if err != nil {
		return nil, err
	}
	var out []analysis.Pattern
	for i, p := range v.patterns() {
		if p.Count > 0 && allHold(which, i) {
			p.Examples = slices.Clone(examples[i])
			out = append(out, p)
		}
	}
	sortPatterns(out)
	return out, nil
}

func allHold(tables [][]bool, i int) bool {
	for _, t := range tables {
		if !t[i] {
			return false
		}
	}
	return true
}

func sortPatterns(list []analysis.Pattern) {
	slices.SortFunc(list, func(a, b analysis.Pattern) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.ID, b.ID))
	})
}

// census is what is counted of each pattern.
type census struct {
	v       *view
	count   []int64
	first   []int64 // times; minTime-1 while none was seen
	last    []int64
	max     []analysis.Severity
	members []map[int32]Ref // by pattern: members it occurs in, with its first record there
	shapes  []bool          // by shape: seen
	block   []int           // by pattern: number + 1 of the block it was seen in last
}

func newCensus(v *view) *census {
	n := len(v.patternIDs)
	s := &census{v: v, count: make([]int64, n), first: make([]int64, n), last: make([]int64, n), max: make([]analysis.Severity, n), members: make([]map[int32]Ref, n), shapes: make([]bool, len(v.patternOf)), block: make([]int, n)}
	for i := range n {
		s.first[i], s.last[i] = analysis.NoTime, analysis.NoTime
	}
	return s
}

// take counts the records that the evaluator has chosen.
func (s *census) take(e *evaluator) {
	c, b := &e.cols, e.b
	for _, i := range e.keep {
		shape := b.shapes[c.Shape[i]]
		if shape < 0 {
			continue
		}
		p := s.v.patternOf[shape]
		if p < 0 {
			continue
		}
		s.shapes[shape] = true
		s.count[p]++
		s.max[p] = max(s.max[p], c.Severity[i])
		if t := c.Time[i]; t != analysis.NoTime {
			if s.first[p] == analysis.NoTime || t < s.first[p] {
				s.first[p] = t
			}
			s.last[p] = max(s.last[p], t)
		}
		if s.block[p] != b.number+1 { // the records of a block come in order
			s.block[p] = b.number + 1
			s.member(p, b.member, makeRef(b.number, int(i)))
		}
	}
}

func (s *census) member(p, member int32, ref Ref) {
	m := s.members[p]
	if m == nil {
		m = map[int32]Ref{}
		s.members[p] = m
	}
	if old, ok := m[member]; !ok || ref < old {
		m[member] = ref
	}
}

func (s *census) add(o *census) {
	for p, n := range o.count {
		if n == 0 {
			continue
		}
		s.count[p] += n
		s.max[p] = max(s.max[p], o.max[p])
		if t := o.first[p]; t != analysis.NoTime {
			if s.first[p] == analysis.NoTime || t < s.first[p] {
				s.first[p] = t
			}
			s.last[p] = max(s.last[p], o.last[p])
		}
		for m, ref := range o.members[p] {
			s.member(int32(p), m, ref)
		}
	}
	for i, seen := range o.shapes {
		s.shapes[i] = s.shapes[i] || seen
	}
}

func (s *census) patterns(ctx context.Context, q *query) ([]analysis.Pattern, error) {
	v := s.v
	shapes := make([]int, len(v.patternIDs))
	for i, seen := range s.shapes {
		if p := v.patternOf[i]; seen && p >= 0 {
			shapes[p]++
		}
	}
	var out []analysis.Pattern
	for p, n := range s.count {
		if n == 0 {
			continue
		}
		x := v.patterns()[p]
		x.Count, x.Shapes, x.Sources = n, shapes[p], v.countSources(s.members[p])
		x.Severity, x.First, x.Last = s.max[p], analysis.Time(s.first[p]), analysis.Time(s.last[p])
		refs := make([]Ref, 0, len(s.members[p]))
		for _, ref := range s.members[p] {
			refs = append(refs, ref)
		}
		slices.Sort(refs)
		x.Examples = nil
		for _, ref := range refs[:min(len(refs), maxExamples)] {
			o, err := v.origin(ref)
			if err != nil {
				return nil, err
			}
			x.Examples = append(x.Examples, o)
		}
		out = append(out, x)
	}
	sortPatterns(out)
	return out, ctx.Err()
}

// countSources returns how many sources the members belong to.
func (v *view) countSources(members map[int32]Ref) int {
	set := map[int32]bool{}
	for m := range members {
		set[v.in.source[m]] = true
	}
	return len(set)
}

// pattern returns a mined pattern with what is said about it.
func (j *judgement) pattern(m *mined) analysis.Pattern {
	p := analysis.Pattern{
		ID: m.ID, Template: m.Text, Said: m.Said, At: m.At, Severity: m.severity, Count: m.count, Shapes: m.shapes, Sources: m.sources,
		First: analysis.Time(m.first), Last: analysis.Time(m.last), State: analysis.PatternNeutral,
		Inner: m.Inner, InnerID: m.InnerID,
	}
	if m.failing {
		p.State = analysis.PatternFailure
	}
	if l, ok := j.labels[m.ID]; ok {
		if p.Cause = l.Cause; l.State != "" {
			p.State, p.Reason = l.State, l.Reason
		}
	}
	if k, ok := j.marks[m.ID]; ok {
		p.State, p.Reason = k.State, k.Reason
		if k.Author != "" {
			p.Reason = strings.TrimSpace(p.Reason + " (" + k.Author + ", " + k.Time.Format("2006-01-02") + ")")
		}
	}
	return p
}
