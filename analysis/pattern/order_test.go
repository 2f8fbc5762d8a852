package pattern_test

import (
	"math/rand/v2"
	"testing"

	"faultline/analysis/pattern"

	"github.com/google/go-cmp/cmp"
)

// TestMineIsPure shuffles the messages of every labelled set, shares them out
// to shards with a lexer each, puts the shards' shapes together in any order,
// and wants the same templates, and the same one for each message.
func TestMineIsPure(t *testing.T) {
	for _, s := range sets(t) {
		all := shapes(s.messages...)
		want := pattern.Mine(all, pattern.Options{})
		wantOf := map[string]string{}
		for i, a := range all {
			wantOf[a.Skeleton] = want.Patterns[want.Of[i]].ID
		}
		for seed := range uint64(8) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			order := rnd.Perm(len(s.messages))
			var merged []pattern.Shape
			for shard, n := range rnd.Perm(1 + int(seed)) {
				var part []string
				for _, i := range order[n*len(order)/(1+int(seed)) : (n+1)*len(order)/(1+int(seed))] {
					part = append(part, s.messages[i])
				}
				list := shapes(part...)
				if shard%2 == 1 { // a table has no order of its own either
					rnd.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
				}
				merged = append(merged, list...)
			}
			got := pattern.Mine(merged, pattern.Options{})
			if d := cmp.Diff(want.Patterns, got.Patterns); d != "" {
				t.Fatalf("%s, seed %d: templates depend on the order: -first +shuffled\n%s", s.name, seed, d)
			}
			for i, g := range merged {
				if id := got.Patterns[got.Of[i]].ID; id != wantOf[g.Skeleton] {
					t.Fatalf("%s, seed %d: shape %q is pattern %s, was %s", s.name, seed, g.Skeleton, id, wantOf[g.Skeleton])
				}
			}
		}
	}
}

// FuzzMine mines three messages in two orders.
func FuzzMine(f *testing.F) {
	for _, s := range [...][3]string{
		{`a [b, "c d"] statement: x`, "a [] statement: y z", "a {b: 1} =|= '"},
		{"k=v w|l=|m=n", "[a - -] 'x' \"!y\" -n z", "Started Big House. x,y_z,1"},
	} {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, a, b, c string) {
		x, y := mineMessages([]string{a, b, c, a}), mineMessages([]string{c, a, a, b})
		if d := cmp.Diff(x, []string{y[1], y[3], y[0], y[2]}); d != "" {
			t.Errorf("another order: -want +got\n%s", d)
		}
	})
}
