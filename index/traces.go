package index

import (
	"cmp"
	"context"
	"slices"

	"faultline/analysis"
	"faultline/analysis/pattern"
)

// Traces are the stack traces that a sample of a pattern's records shows.
type Traces struct {
	Sampled int64   `json:"sampled"` // records looked at that hold a trace
	Ways    []Trace `json:"ways"`    // the different ones by all of their frames, most frequent first
}

// Trace is one way in which the failure was reached.
type Trace struct {
	pattern.Signature
	Count  int64           `json:"count"`
	Origin analysis.Origin `json:"origin"` // the first record looked at that shows it
}

// Traces returns the stack traces of a pattern's records of f, of a sample as
// large as that of Variables. It is empty for a pattern without traces.
func (c *Case) Traces(ctx context.Context, id string, f analysis.Filter) (Traces, error) {
	return again(ctx, c, func() (Traces, error) { return c.askTraces(ctx, id, f) })
}

func (c *Case) askTraces(ctx context.Context, id string, f analysis.Filter) (Traces, error) {
	var t Traces
	var v *view
	var template string
	lexer := pattern.NewLexer()
	at := map[string]int{} // by the strict hash
	err := c.sampled(ctx, id, f, func(of *view, number int32) {
		v, template = of, of.in.patterns[number].Template.Text
	}, func(ref Ref, message []byte) error {
		s, ok := lexer.Signature(message, template)
		if !ok {
			return nil
		}
		t.Sampled++
		if i, ok := at[s.Strict]; ok {
			t.Ways[i].Count++
			return nil
		}
		origin, err := v.origin(ref)
		if err != nil {
			return err
		}
		at[s.Strict] = len(t.Ways)
		t.Ways = append(t.Ways, Trace{Signature: s, Count: 1, Origin: origin})
		return nil
	})
	if err != nil {
		return Traces{}, err
	}
	slices.SortFunc(t.Ways, func(a, b Trace) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Strict, b.Strict))
	})
	return t, nil
}
