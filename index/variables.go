package index

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"faultline/analysis"
	"faultline/analysis/format"
	"faultline/analysis/pattern"
)

// How many records Variables looks at: places spread evenly over all records
// of the pattern, and at each place some in a row, which share their frame.
const (
	samplePlaces = 250
	sampleRow    = 16
	topValues    = 50 // of each variable
)

// ErrNoPattern is returned for a pattern ID that the case does not know.
var ErrNoPattern = errors.New("the case has no such pattern")

// Variables returns the variables of a pattern's template and the values that
// a sample of its records of f (at most some 4,000, spread over all of them)
// shows there.
func (c *Case) Variables(ctx context.Context, id string, f analysis.Filter) ([]analysis.Variable, error) {
	return again(ctx, c, func() ([]analysis.Variable, error) { return c.askVariables(ctx, id, f) })
}

func (c *Case) askVariables(ctx context.Context, id string, f analysis.Filter) ([]analysis.Variable, error) {
	var template pattern.Template
	var vars []analysis.Variable
	var counts []map[string]int64
	var sampled int64
	err := c.sampled(ctx, id, f, func(v *view, number int32) {
		template = v.in.patterns[number].Template
		vars = make([]analysis.Variable, strings.Count(template.Text, variable))
		counts = make([]map[string]int64, len(vars))
		for i := range vars {
			vars[i].Index, vars[i].Kind = i, "text"
			if k := v.in.patterns[number].kind(i); k != "" {
				vars[i].Kind = k
			}
			counts[i] = map[string]int64{}
		}
	}, func(_ Ref, message []byte) error {
		values, ok := pattern.Values(template.Text, message)
		if !ok || len(values) != len(vars) {
			return nil
		}
		sampled++
		for i, s := range values {
			counts[i][s]++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range vars {
		x := &vars[i]
		x.Sampled, x.Distinct = sampled, len(counts[i])
		for s, n := range counts[i] {
			x.Values = append(x.Values, analysis.ValueCount{Value: s, Count: n})
		}
		slices.SortFunc(x.Values, func(a, b analysis.ValueCount) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
		})
		x.Values = x.Values[:min(len(x.Values), topValues)]
	}
	return vars, nil
}

// sampled hands over the messages of a sample of a pattern's records of f, in
// order, after begin has been told what they are read from.
func (c *Case) sampled(ctx context.Context, id string, f analysis.Filter, begin func(v *view, number int32), each func(ref Ref, message []byte) error) error {
	q, err := c.query(f)
	if err != nil {
		return err
	}
	v := q.v
	number, ok := v.byID[id]
	if !ok {
		return fmt.Errorf("%s: %w", id, ErrNoPattern)
	}
	q.settled = nil // what follows is no longer the filter's own
	only := q.p.patternTable(func(i int32) bool { return i == number })
	if q.p.root == nil {
		q.p.root = only
	} else {
		q.p.root = join(opAnd, []*node{q.p.root, only})
	}
	parts := make([][]Ref, len(v.blocks))
	err = q.each(ctx, func(_ int, e *evaluator, o outcome) error {
		if err := e.choose(o, 0); err != nil {
			return err
		}
		for _, i := range e.keep {
			parts[e.b.number] = append(parts[e.b.number], makeRef(e.b.number, int(i)))
		}
		return nil
	})
	if err != nil {
		return err
	}
	begin(v, number)
	for _, ref := range sample(slices.Concat(parts...)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		message, err := v.message(ref)
		if err != nil {
			return err
		}
		if err := each(ref, message); err != nil {
			return err
		}
	}
	return nil
}

// variable stands in a template for a variable part.
const variable = "<*>"

// sample returns some of the records, in order.
func sample(refs []Ref) []Ref {
	if len(refs) <= samplePlaces*sampleRow {
		return refs
	}
	out := make([]Ref, 0, samplePlaces*sampleRow)
	for i := range samplePlaces {
		at := i * (len(refs) - sampleRow) / (samplePlaces - 1)
		out = append(out, refs[at:at+sampleRow]...)
	}
	return slices.Compact(out)
}

// readers keeps the readers of members, by which a record's message is told
// from its raw text.
type readers struct {
	mu sync.Mutex
	of map[int32]format.Reader // nil: none
}

// message returns the text body of a record: what its shape was made of.
func (v *view) message(ref Ref) ([]byte, error) {
	b := v.blocks[ref.block()]
	c, err := v.columnsOf(b)
	if err != nil {
		return nil, err
	}
	i := ref.record()
	raw, err := v.bytesOf(b, int64(c.Start[i]), int64(c.Start[i+1]))
	if err != nil {
		return nil, err
	}
	r, err := v.reader(b.member)
	if err != nil || r == nil {
		return decode(raw, b.encoding), err
	}
	var message []byte
	found := false
	err = r.Records(raw, func(rec *analysis.Record) error {
		if !found {
			message, found = bytes.Clone(rec.Message), true
		}
		return nil
	})
	if err != nil || !found {
		return decode(raw, b.encoding), nil
	}
	return message, nil
}

// reader returns a reader for the member's records, nil when the member is
// not recognised from what the case holds of it.
func (v *view) reader(member int32) (format.Reader, error) {
	v.cache.readers.mu.Lock()
	defer v.cache.readers.mu.Unlock()
	if r, ok := v.cache.readers.of[member]; ok {
		return r, nil
	}
	var head []byte
	complete := true
	for _, b := range v.byMember[member] {
		if len(head) >= format.HeadSize {
			complete = false
			break
		}
		n := min(b.length, int64(format.HeadSize-len(head)))
		complete = complete && n == b.length
		part, err := v.bytesOf(b, 0, n)
		if err != nil {
			return nil, err
		}
		head = append(head, part...)
	}
	m := v.members.At(int(member))
	var r format.Reader
	if d := format.Detect(m.Path, head, complete); d.Format == m.Format {
		r = d.Reader(format.Options{Resource: m.Resource})
	}
	if v.cache.readers.of == nil {
		v.cache.readers.of = map[int32]format.Reader{}
	}
	v.cache.readers.of[member] = r
	return r, nil
}
