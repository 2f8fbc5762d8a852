package trend

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Burstiness returns how bursty successive gaps are, -1 (regular) to 1 (all in
// one burst), 0 for a Poisson process: Kim and Jo's A for finite sequences,
// Phys. Rev. E 94, 032311 (2016). It abstains below MinGaps gaps.
func Burstiness(gaps []float64) (a float64, ok bool) {
	if len(gaps) < MinGaps {
		return 0, false
	}
	return burstiness(gaps)
}

func burstiness(gaps []float64) (float64, bool) {
	n := float64(len(gaps))
	mean := 0.0
	for _, g := range gaps {
		mean += g
	}
	mean /= n
	if mean <= 0 {
		return 0, false
	}
	ss := 0.0
	for _, g := range gaps {
		ss += (g - mean) * (g - mean)
	}
	return KimJo(math.Sqrt(ss/n)/mean, len(gaps)), true
}

// KimJo is the burstiness of n gaps whose standard deviation is r times their
// mean.
func KimJo(r float64, n int) float64 {
	up, down := math.Sqrt(float64(n)+1), math.Sqrt(float64(n)-1)
	return (up*r - down) / ((up-2)*r + down)
}

// BurstinessInterval returns the 95 % bootstrap interval of Burstiness over
// 1,000 resamples of the gaps. The resampling always takes the same course.
func BurstinessInterval(gaps []float64) Interval {
	rng := rand.New(rand.NewPCG(1, 2))
	sample := make([]float64, len(gaps))
	var all []float64
	for range 1000 {
		for i := range sample {
			sample[i] = gaps[rng.IntN(len(gaps))]
		}
		if a, ok := burstiness(sample); ok {
			all = append(all, a)
		}
	}
	if len(all) == 0 {
		return Interval{-1, 1}
	}
	slices.Sort(all)
	return Interval{all[len(all)*25/1000], all[len(all)*975/1000]}
}

// Rayleigh tests whether times gather at one phase of a period: R is the mean
// resultant length 0..1, p the probability of so large an R among uniform
// phases (Zar's approximation, Biostatistical Analysis, ch. 27). It abstains
// below MinRhythm times. Times and period are in the same unit.
func Rayleigh(times []float64, period float64) (r, p float64, ok bool) {
	if len(times) < MinRhythm || period <= 0 {
		return 0, 1, false
	}
	sin, cos := 0.0, 0.0
	for _, t := range times {
		s, c := math.Sincos(2 * math.Pi * math.Mod(t, period) / period)
		sin += s
		cos += c
	}
	n := float64(len(times))
	big := math.Hypot(sin, cos)
	p = math.Exp(math.Sqrt(1+4*n+4*(n*n-big*big)) - (1 + 2*n))
	return big / n, math.Min(1, p), true
}

// Phase returns the mean phase of times in a period, 0..period.
func Phase(times []float64, period float64) float64 {
	sin, cos := 0.0, 0.0
	for _, t := range times {
		s, c := math.Sincos(2 * math.Pi * math.Mod(t, period) / period)
		sin += s
		cos += c
	}
	a := math.Atan2(sin, cos) / (2 * math.Pi)
	if a < 0 {
		a++
	}
	return a * period
}
