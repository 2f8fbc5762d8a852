package pattern

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestChoose(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		a := make([]int32, rnd.IntN(40))
		for i := range a {
			a[i] = rnd.Int32N(20)
		}
		n := rnd.IntN(45)
		want := slices.Sorted(slices.Values(a))[:min(n, len(a))]
		choose(a, n, cmp.Compare[int32])
		if got := slices.Sorted(slices.Values(a[:min(n, len(a))])); !slices.Equal(got, want) {
			t.Fatalf("the %d least = %d, want %d", n, got, want)
		}
	}
}
