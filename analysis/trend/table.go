package trend

import (
	"math"
	"slices"
)

// Fisher returns the exact p-values of a two-by-two table (R. A. Fisher, 1935):
// greater is the probability of a or more in the first cell with the margins
// fixed, both the two-sided one (all tables that are no more likely).
//
//	a b
//	c d
func Fisher(a, b, c, d int64) (greater, both float64) {
	r1, r2, c1 := a+b, c+d, a+c
	n := r1 + r2
	lo, hi := max(0, c1-r2), min(r1, c1)
	prob := func(x int64) float64 {
		return math.Exp(choose(r1, x) + choose(r2, c1-x) - choose(n, c1))
	}
	here := prob(a)
	for x := lo; x <= hi; x++ {
		p := prob(x)
		if x >= a {
			greater += p
		}
		if p <= here*(1+1e-7) {
			both += p
		}
	}
	return math.Min(1, greater), math.Min(1, both)
}

func choose(n, k int64) float64 {
	lg := func(x int64) float64 { v, _ := math.Lgamma(float64(x) + 1); return v }
	return lg(n) - lg(k) - lg(n-k)
}

// BenjaminiHochberg returns the q-values of a family of p-values: the false
// discovery rate at which each would be called a discovery. JRSS B 57 (1995).
func BenjaminiHochberg(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	q := make([]float64, len(p))
	least := 1.0
	for rank := len(order); rank > 0; rank-- {
		i := order[rank-1]
		least = math.Min(least, p[i]*float64(len(p))/float64(rank))
		q[i] = least
	}
	return q
}
