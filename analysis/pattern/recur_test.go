package pattern_test

import (
	"fmt"
	"strings"
	"testing"
)

// again returns how well lines of a second import are known from a first one
// that was mined apart: recall is the share of the second's lines, among those
// whose true template the first has, whose pattern the first gave to that very
// template; precision is the share of true ones among those that are taken for
// known.
func again(truth1, got1, truth2, got2 []string) (recall, precision float64) {
	seen, known := map[string]bool{}, map[string]map[string]bool{}
	for i, p := range got1 {
		seen[truth1[i]] = true
		if known[p] == nil {
			known[p] = map[string]bool{}
		}
		known[p][truth1[i]] = true
	}
	var recurring, claimed, right float64
	for i, p := range got2 {
		if seen[truth2[i]] {
			recurring++
		}
		if known[p] == nil {
			continue
		}
		claimed++
		if known[p][truth2[i]] {
			right++
		}
	}
	return right / recurring, right / claimed
}

// TestRecurrence mines the halves of labelled sets apart, as two imports into
// two cases do, and wants the patterns of the first half known again, by their
// IDs alone, in the second.
func TestRecurrence(t *testing.T) {
	for _, c := range []struct {
		name              string
		sets              func(testing.TB) []labelled
		recall, precision float64
	}{
		{"public", readLoghub, .995, .999},
		// What is missed in our own cut are records of which one half has two or
		// three alike, of a text with several values.
		{"own", readOwn, .98, .999},
	} {
		t.Run(c.name, func(t *testing.T) {
			var table strings.Builder
			var mean [2]float64
			all := c.sets(t)
			for _, s := range all {
				h := len(s.messages) / 2
				r, p := again(s.templates[:h], mineMessages(s.messages[:h]), s.templates[h:], mineMessages(s.messages[h:]))
				fmt.Fprintf(&table, "%-10s recall %.4f precision %.4f\n", s.name, r, p)
				mean[0] += r / float64(len(all))
				mean[1] += p / float64(len(all))
			}
			fmt.Fprintf(&table, "%-10s recall %.4f precision %.4f", "mean", mean[0], mean[1])
			t.Logf("\n%s", table.String())
			if mean[0] < c.recall || mean[1] < c.precision {
				t.Errorf("mean line recall %.4f at precision %.4f, want at least %.3f at %.3f", mean[0], mean[1], c.recall, c.precision)
			}
		})
	}
}
