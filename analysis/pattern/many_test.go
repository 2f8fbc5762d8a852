package pattern_test

import (
	"fmt"
	"slices"
	"testing"

	"faultline/analysis/pattern"
)

// TestMineMany mines more different skeletons than are compared with each
// other: those left over find the template of the others, prose that no
// template covers keeps its first words, and the order changes nothing.
func TestMineMany(t *testing.T) {
	if testing.Short() {
		t.Skip("70,000 skeletons take a second")
	}
	name := func(n int) string {
		var b []byte
		for range 5 {
			b = append(b, byte('a'+n%26))
			n /= 26
		}
		return string(b)
	}
	l := pattern.NewLexer()
	var list []pattern.Shape
	add := func(m string) {
		id := l.Shape([]byte(m))
		list = append(list, pattern.Shape{ID: id, Skeleton: string(l.Skeleton(nil)), Count: 1})
	}
	const jobs = 70_000
	for n := range jobs {
		add("the job " + name(n) + " of this queue took 5 ms")
	}
	for n := range 2_000 {
		add(fmt.Sprintf("%s once %s said %s to them", name(n*7), name(n*11), name(n*13)))
	}
	r := pattern.Mine(list, pattern.Options{})
	want := "the job <*> of this queue took <*> ms"
	for i := range jobs {
		if got := r.Patterns[r.Of[i]].Text; got != want {
			t.Fatalf("template of %q = %q, want %q", list[i].Skeleton, got, want)
		}
	}
	back := slices.Clone(list)
	slices.Reverse(back)
	if r2 := pattern.Mine(back, pattern.Options{}); !slices.EqualFunc(r.Patterns, r2.Patterns, func(a, b pattern.Template) bool { return a.ID == b.ID }) {
		t.Errorf("%d templates in order, %d others in reverse", len(r.Patterns), len(r2.Patterns))
	}
}
