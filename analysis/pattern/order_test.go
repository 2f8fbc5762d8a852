package pattern_test

import (
	"math/rand/v2"
	"testing"

	"faultline/analysis/pattern"

	"github.com/google/go-cmp/cmp"
)

// TestMineIsPure shuffles, shards and merges the shapes of every labelled set
// and wants the same bytes each time.
func TestMineIsPure(t *testing.T) {
	for _, s := range sets(t) {
		all := shapes(s.messages...)
		want := pattern.Mine(all, pattern.Options{})
		for seed := range uint64(8) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			got := append([]pattern.Shape(nil), all...)
			// Split counts over shards that repeat shapes.
			for i := range all {
				if all[i].Count > 1 && rnd.IntN(2) == 0 {
					part := 1 + rnd.Int64N(all[i].Count-1)
					got[i].Count -= part
					got = append(got, pattern.Shape{ID: all[i].ID, Skeleton: all[i].Skeleton, Count: part})
				}
			}
			rnd.Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
			r := pattern.Mine(got, pattern.Options{})
			if d := cmp.Diff(want.Patterns, r.Patterns); d != "" {
				t.Fatalf("%s, seed %d: templates depend on the order: -first +shuffled\n%s", s.name, seed, d)
			}
			of := map[uint64]string{}
			for i, a := range all {
				of[a.ID] = want.Patterns[want.Of[i]].ID
			}
			for i, g := range got {
				if id := r.Patterns[r.Of[i]].ID; id != of[g.ID] {
					t.Fatalf("%s, seed %d: shape %q is pattern %s, was %s", s.name, seed, g.Skeleton, id, of[g.ID])
				}
			}
		}
	}
}
