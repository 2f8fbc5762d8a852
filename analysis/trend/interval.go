package trend

import (
	"math"
	"time"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is a confidence interval.
type Interval struct {
	Low  float64
	High float64
}

// z95 is the 97.5 % quantile of the standard normal distribution.
const z95 = 1.959963984540054

// Garwood returns the exact 95 % interval of a Poisson rate: k events in
// exposure T (any unit), per unit of T. F. Garwood, Biometrika 28 (1936).
// With no exposure the interval is 0..+Inf.
func Garwood(k int64, exposure float64) Interval {
	if exposure <= 0 || k < 0 {
		return Interval{0, math.Inf(1)}
	}
	low := 0.0
	if k > 0 {
		low = mathext.GammaIncRegInv(float64(k), 0.025) / exposure
	}
	return Interval{low, mathext.GammaIncRegInv(float64(k)+1, 0.975) / exposure}
}

// Wilson returns the 95 % score interval (0..1) of a share: k of n.
// E. B. Wilson, JASA 22 (1927). n may be an effective number, see EffectiveN.
func Wilson(k, n float64) Interval {
	if n <= 0 {
		return Interval{0, 1}
	}
	p := k / n
	d := 1 + z95*z95/n
	centre := (p + z95*z95/(2*n)) / d
	half := z95 / d * math.Sqrt(p*(1-p)/n+z95*z95/(4*n*n))
	return Interval{math.Max(0, centre-half), math.Min(1, centre+half)}
}

// ClopperPearson returns the exact 95 % interval (0..1) of a share: k of n.
// Clopper and Pearson, Biometrika 26 (1934).
func ClopperPearson(k, n int64) Interval {
	if n <= 0 {
		return Interval{0, 1}
	}
	i := Interval{0, 1}
	if k > 0 {
		i.Low = mathext.InvRegIncBeta(float64(k), float64(n-k)+1, 0.025)
	}
	if k < n {
		i.High = mathext.InvRegIncBeta(float64(k)+1, float64(n-k), 0.975)
	}
	return i
}

// Lag1 returns the correlation of successive values, 0 when they do not vary.
func Lag1(x []float64) float64 {
	if len(x) < 3 {
		return 0
	}
	mean := 0.0
	for _, v := range x {
		mean += v
	}
	mean /= float64(len(x))
	num, den := 0.0, 0.0
	for i, v := range x {
		den += (v - mean) * (v - mean)
		if i > 0 {
			num += (v - mean) * (x[i-1] - mean)
		}
	}
	if den == 0 {
		return 0
	}
	return num / den
}

// EffectiveN returns how many independent outcomes n outcomes with lag-1
// correlation r are worth. Failures follow failures: where r is above 0.1 a
// share's interval must be wider. Below that it returns n.
func EffectiveN(n, r float64) float64 {
	if r <= 0.1 {
		return n
	}
	return math.Max(1, n*(1-r)/(1+r))
}

// MTBF returns the mean time between failures, observed time over k, with its
// 95 % interval (Garwood's turned over). It abstains below MinMTBF episodes.
func MTBF(k int64, observed time.Duration) (mean, low, high time.Duration, ok bool) {
	if k < MinMTBF || observed <= 0 {
		return 0, 0, 0, false
	}
	i := Garwood(k, observed.Seconds())
	sec := func(f float64) time.Duration { return time.Duration(f * float64(time.Second)) }
	return sec(observed.Seconds() / float64(k)), sec(1 / i.High), sec(1 / i.Low), true
}

// Ratio compares two Poisson rates, k1 events in exposure t1 against k2 in t2:
// the ratio of the rates, its 95 % interval, and the exact one-sided p-value
// of a higher rate in the first (conditional binomial: Przyborowski and
// Wilenski, Biometrika 31, 1940). The ratio is +Inf when k2 is 0.
func Ratio(k1 int64, t1 float64, k2 int64, t2 float64) (ratio float64, i Interval, p float64) {
	n := k1 + k2
	if n == 0 || t1 <= 0 || t2 <= 0 {
		return math.NaN(), Interval{0, math.Inf(1)}, 1
	}
	ratio = math.Inf(1)
	if k2 > 0 {
		ratio = float64(k1) / t1 / (float64(k2) / t2)
	}
	cp := ClopperPearson(k1, n)
	odds := func(q float64) float64 {
		if q >= 1 {
			return math.Inf(1)
		}
		return q / (1 - q) * t2 / t1
	}
	return ratio, Interval{odds(cp.Low), odds(cp.High)}, BinomialUpper(k1, n, t1/(t1+t2))
}

// BinomialUpper returns P(X >= k) for X ~ Bin(n, p), exactly.
func BinomialUpper(k, n int64, p float64) float64 {
	if k <= 0 {
		return 1
	}
	if k > n {
		return 0
	}
	return mathext.RegIncBeta(float64(k), float64(n-k)+1, p)
}

// Dispersion returns the variance of counts over their mean, and the p-value
// of so much or more under a Poisson law (chi-square on n-1 degrees of
// freedom). Above 1 with a small p the events come in bursts and Garwood's
// interval is too narrow.
func Dispersion(counts []float64) (ratio, p float64) {
	n := float64(len(counts))
	if n < 2 {
		return math.NaN(), 1
	}
	mean := 0.0
	for _, c := range counts {
		mean += c
	}
	mean /= n
	if mean == 0 {
		return math.NaN(), 1
	}
	ss := 0.0
	for _, c := range counts {
		ss += (c - mean) * (c - mean)
	}
	return ss / (n - 1) / mean, distuv.ChiSquared{K: n - 1}.Survival(ss / mean)
}

// NewSince returns the probability that all k episodes fall into the last
// part t1 of an observed time t0+t1 when their rate is constant. Below 0.01
// they may be called new.
func NewSince(k int64, t0, t1 float64) float64 {
	if t0+t1 <= 0 {
		return 1
	}
	return math.Pow(t1/(t0+t1), float64(k))
}
