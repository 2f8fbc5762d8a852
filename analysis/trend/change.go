package trend

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// MannKendall tests a series for a monotonic trend: S, its z-score (corrected
// for ties), the two-sided p-value, and Sen's slope per step. H. B. Mann,
// Econometrica 13 (1945); P. K. Sen, JASA 63 (1968). It abstains below
// MinWeeks values.
func MannKendall(x []float64) (s int, z, p, slope float64, ok bool) {
	n := len(x)
	if n < MinWeeks {
		return 0, 0, 1, 0, false
	}
	var slopes []float64
	for i := range n {
		for j := i + 1; j < n; j++ {
			switch {
			case x[j] > x[i]:
				s++
			case x[j] < x[i]:
				s--
			}
			slopes = append(slopes, (x[j]-x[i])/float64(j-i))
		}
	}
	f := float64(n)
	v := f * (f - 1) * (2*f + 5)
	sorted := slices.Clone(x)
	slices.Sort(sorted)
	for i := 0; i < n; {
		j := i
		for j < n && sorted[j] == sorted[i] {
			j++
		}
		t := float64(j - i)
		v -= t * (t - 1) * (2*t + 5)
		i = j
	}
	v /= 18
	switch {
	case v <= 0 || s == 0:
	case s > 0:
		z = float64(s-1) / math.Sqrt(v)
	default:
		z = float64(s+1) / math.Sqrt(v)
	}
	p = 2 * distuv.UnitNormal.Survival(math.Abs(z))
	slices.Sort(slopes)
	m := len(slopes)
	slope = (slopes[(m-1)/2] + slopes[m/2]) / 2
	return s, z, math.Min(1, p), slope, true
}

// maxBlocks is the largest number of events that BayesianBlocks takes: its
// time grows with the square.
const maxBlocks = 3000

// BayesianBlocks returns the times at which the rate of events changes, by
// Scargle's algorithm (ApJ 764, 167, 2013; arXiv:1207.5578) for event times
// with false alarm probability p0: the edges of the blocks, without the first
// and the last. times are sorted and lie in [from, to]; it abstains below
// MinRhythm events. Equal times are one event of that weight. Above 3,000
// distinct times, neighbours are merged first.
func BayesianBlocks(times []float64, from, to, p0 float64) (changes []float64, ok bool) {
	if len(times) < MinRhythm || to <= from {
		return nil, false
	}
	var at, weight []float64
	for _, t := range times {
		if n := len(at); n > 0 && at[n-1] == t {
			weight[n-1]++
			continue
		}
		at = append(at, t)
		weight = append(weight, 1)
	}
	for len(at) > maxBlocks {
		m := 0
		for i := 0; i < len(at); i += 2 {
			at[m], weight[m] = at[i], weight[i]
			if i+1 < len(at) {
				weight[m] += weight[i+1]
			}
			m++
		}
		at, weight = at[:m], weight[:m]
	}
	n := len(at)
	edges := make([]float64, n+1)
	edges[0], edges[n] = from, to
	for i := 1; i < n; i++ {
		edges[i] = (at[i-1] + at[i]) / 2
	}
	penalty := 4 - math.Log(73.53*p0*math.Pow(float64(len(times)), -0.478))
	best := make([]float64, n)
	last := make([]int, n)
	for r := range n {
		count := 0.0
		best[r] = math.Inf(-1)
		for l := r; l >= 0; l-- {
			count += weight[l]
			width := edges[r+1] - edges[l]
			fit := math.Inf(-1)
			if width > 0 {
				fit = count*(math.Log(count)-math.Log(width)) - penalty
			}
			if l > 0 {
				fit += best[l-1]
			}
			if fit > best[r] {
				best[r], last[r] = fit, l
			}
		}
	}
	for r := n - 1; r >= 0; {
		l := last[r]
		if l > 0 {
			changes = append(changes, edges[l])
		}
		r = l - 1
	}
	slices.Reverse(changes)
	return changes, true
}
