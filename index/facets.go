package index

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"faultline/analysis"
	"faultline/index/segment"
)

// Facets counts the records of f by the values of each field and returns the
// most frequent values of each, top of them (0 means all). The fields are
// those of the query language that stand for few values: severity, source,
// cluster, host, namespace, pod, container, unit, process, format, kind,
// pattern and cause. A record without a value counts under "".
func (c *Case) Facets(ctx context.Context, f analysis.Filter, names []string, top int) ([]analysis.Facet, error) {
	return again(ctx, c, func() ([]analysis.Facet, error) { return c.askFacets(ctx, f, names, top) })
}

func (c *Case) askFacets(ctx context.Context, f analysis.Filter, names []string, top int) ([]analysis.Facet, error) {
	q, err := c.query(f)
	if err != nil {
		return nil, err
	}
	v := q.v
	var want struct{ member, shape, resource, severity, kind bool }
	list := make([]field, len(names))
	for i, name := range names {
		list[i] = fields[strings.ToLower(name)]
		switch list[i] {
		case fieldSeverity:
			want.severity = true
		case fieldSource, fieldFile, fieldFormat:
			want.member = true
		case fieldKind:
			want.kind = true
		case fieldPattern, fieldCause:
			want.shape = true
		case fieldNone, fieldRun, fieldTime:
			return nil, fmt.Errorf("there is no facet %q", name)
		default:
			want.resource = true
		}
	}
	parts := make([]*fieldCounts, workers())
	err = q.each(ctx, func(worker int, e *evaluator, o outcome) error {
		t := parts[worker]
		if t == nil {
			t = newFieldCounts(v)
			parts[worker] = t
		}
		b := e.b
		if o == all || o == byShapes && !want.resource && !want.severity && !want.kind {
			t.whole(e, o)
			return nil
		}
		if err := e.choose(o, segment.Resource|segment.Severity); err != nil {
			return err
		}
		t.member[b.member] += int64(len(e.keep))
		c := &e.cols
		for _, i := range e.keep {
			t.severity[c.Severity[i].Range()]++
			t.kind[c.Flags[i].Kind()]++
			t.resource[b.resources[c.Resource[i]]]++
			t.shape[b.shapes[c.Shape[i]]+1]++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	sum := newFieldCounts(v)
	for _, t := range parts {
		if t != nil {
			sum.add(t)
		}
	}
	out := make([]analysis.Facet, len(names))
	for i, name := range names {
		out[i] = facet(name, sum.by(v, list[i]), top)
	}
	return out, nil
}

// fieldCounts counts records by all that a block tells apart.
type fieldCounts struct {
	member, resource []int64
	shape            []int64 // by shape + 1; 0 is no shape
	severity         [256]int64
	kind             [8]int64
}

func newFieldCounts(v *view) *fieldCounts {
	return &fieldCounts{member: make([]int64, v.members.Len()), resource: make([]int64, len(v.resources)), shape: make([]int64, len(v.patternOf)+1)}
}

// whole counts all records of a block, or all of the shapes that match, by the
// block's entry. Of the latter it says nothing about resource, severity and
// kind.
func (t *fieldCounts) whole(e *evaluator, o outcome) {
	b, entry := e.b, e.b.entry
	for i, n := range entry.ShapeCounts() {
		if o == all || e.shape[i] == yes {
			t.shape[b.shapes[i]+1] += int64(n)
			t.member[b.member] += int64(n)
		}
	}
	if o != all {
		return
	}
	for i, n := range entry.ResourceCounts() {
		t.resource[b.resources[i]] += int64(n)
	}
	for s, n := range entry.Severities() {
		t.severity[s.Range()] += int64(n)
	}
	for k, n := range entry.Kinds() {
		t.kind[k] += int64(n)
	}
}

func (t *fieldCounts) add(o *fieldCounts) {
	for _, p := range []struct{ dst, src []int64 }{
		{t.member, o.member}, {t.resource, o.resource}, {t.shape, o.shape}, {t.severity[:], o.severity[:]}, {t.kind[:], o.kind[:]},
	} {
		for i, n := range p.src {
			p.dst[i] += n
		}
	}
}

// by returns the counts by the values of a field.
func (t *fieldCounts) by(v *view, f field) map[string]int64 {
	m := map[string]int64{}
	add := func(value string, n int64) {
		if n > 0 {
			m[value] += n
		}
	}
	switch f {
	case fieldSeverity:
		for s, n := range t.severity {
			add(analysis.Severity(s).String(), n)
		}
	case fieldKind:
		for k, n := range t.kind {
			add(analysis.RecordKind(k).String(), n)
		}
	case fieldSource, fieldFile, fieldFormat:
		for i, n := range t.member {
			m := v.members.At(i)
			switch f {
			case fieldSource:
				add(sourceOf(m), n)
			case fieldFile:
				add(m.Path, n)
			default:
				add(m.Format, n)
			}
		}
	case fieldPattern, fieldCause:
		for s, n := range t.shape {
			value := ""
			if s > 0 {
				if p := v.patternOf[s-1]; p >= 0 {
					if value = v.patternIDs[p]; f == fieldCause {
						value = v.patterns()[p].Cause
					}
				}
			}
			add(value, n)
		}
	default:
		for i, n := range t.resource {
			add(*resourceField(v.resources[i], f), n)
		}
	}
	return m
}

func facet(name string, counts map[string]int64, top int) analysis.Facet {
	out := analysis.Facet{Field: name}
	for value, n := range counts {
		out.Values = append(out.Values, analysis.ValueCount{Value: value, Count: n})
	}
	slices.SortFunc(out.Values, func(a, b analysis.ValueCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	if top > 0 && len(out.Values) > top {
		for _, v := range out.Values[top:] {
			out.Other += v.Count
		}
		out.Values = out.Values[:top:top]
	}
	return out
}
