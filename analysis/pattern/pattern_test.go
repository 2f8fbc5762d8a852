package pattern_test

import (
	"testing"

	"faultline/analysis/pattern"

	"github.com/google/go-cmp/cmp"
)

func shapes(messages ...string) []pattern.Shape {
	l := pattern.NewLexer()
	at := map[uint64]int{}
	var out []pattern.Shape
	for _, m := range messages {
		id := l.Shape([]byte(m))
		i, ok := at[id]
		if !ok {
			i = len(out)
			at[id] = i
			out = append(out, pattern.Shape{ID: id, Skeleton: string(l.Skeleton(nil))})
		}
		out[i].Count++
	}
	return out
}

func TestMineOnePattern(t *testing.T) {
	r := pattern.Mine(shapes("took 12 seconds", "took 7 seconds", "started"), pattern.Options{})
	var got []string
	for _, p := range r.Patterns {
		got = append(got, p.Text)
	}
	if d := cmp.Diff([]string{"started", "took <*> seconds"}, got); d != "" {
		t.Errorf("Mine: -want +got\n%s", d)
	}
}
