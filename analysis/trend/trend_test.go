package trend_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"faultline/analysis/trend"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > tolerance {
		t.Errorf("%s = %v, want %v within %v", what, got, want, tolerance)
	}
}

// The values are those of exact tables; R's pois.exact gives the same.
func TestGarwood(t *testing.T) {
	for _, x := range []struct {
		k         int64
		low, high float64
	}{{0, 0, 3.689}, {1, 0.025, 5.572}, {3, 0.619, 8.767}, {5, 1.62, 11.67}, {10, 4.795, 18.390}} {
		got := trend.Garwood(x.k, 1)
		near(t, "Garwood low", got.Low, x.low, 0.005)
		near(t, "Garwood high", got.High, x.high, 0.005)
	}
	near(t, "Garwood(0 in 14 days) high", trend.Garwood(0, 14).High, 0.26, 0.005)
	if got := trend.Garwood(3, 0); !math.IsInf(got.High, 1) {
		t.Errorf("Garwood without exposure = %v, want an open interval", got)
	}
}

func TestWilson(t *testing.T) {
	for _, x := range []struct{ k, n, low, high float64 }{
		{0, 5, 0, .434}, {9, 10, .596, .982}, {183, 200, .868, .946}, {212, 1240, .151, .193}, {58, 96, .504, .696},
	} {
		got := trend.Wilson(x.k, x.n)
		near(t, "Wilson low", got.Low, x.low, 0.0006)
		near(t, "Wilson high", got.High, x.high, 0.0006)
	}
	if got := trend.Wilson(0, 0); got != (trend.Interval{Low: 0, High: 1}) {
		t.Errorf("Wilson(0, 0) = %v, want 0..1", got)
	}
}

func TestClopperPearson(t *testing.T) {
	got := trend.ClopperPearson(0, 5)
	near(t, "ClopperPearson(0, 5) high", got.High, .522, 0.0005)
	if got.Low != 0 {
		t.Errorf("ClopperPearson(0, 5) low = %v, want 0", got.Low)
	}
	near(t, "ClopperPearson(5, 5) low", trend.ClopperPearson(5, 5).Low, 1-.522, 0.0005)
}

func TestRatio(t *testing.T) {
	ratio, i, p := trend.Ratio(9, 7, 3, 23)
	near(t, "ratio", ratio, 9.0/7/(3.0/23), 1e-9)
	near(t, "p", p, 0.00022, 0.00001)
	if i.Low < 1 || i.High < ratio {
		t.Errorf("interval %v does not lie above 1 around %v", i, ratio)
	}
	if r, _, _ := trend.Ratio(4, 1, 0, 1); !math.IsInf(r, 1) {
		t.Errorf("ratio to nothing = %v, want +Inf", r)
	}
}

func TestMTBF(t *testing.T) {
	if _, _, _, ok := trend.MTBF(2, time.Hour); ok {
		t.Error("MTBF of two episodes was given")
	}
	mean, low, high, ok := trend.MTBF(10, 100*time.Hour)
	if !ok || mean != 10*time.Hour {
		t.Errorf("MTBF(10 in 100 h) = %v, %v, want 10 h", mean, ok)
	}
	near(t, "MTBF low", low.Hours(), 100/18.390, 0.01)
	near(t, "MTBF high", high.Hours(), 100/4.795, 0.01)
}

func TestEffectiveN(t *testing.T) {
	near(t, "EffectiveN(100, 0.5)", trend.EffectiveN(100, .5), 100.0/3, 1e-9)
	near(t, "EffectiveN(100, 0.05)", trend.EffectiveN(100, .05), 100, 0)
	near(t, "Lag1 of alternation", trend.Lag1([]float64{0, 1, 0, 1, 0, 1, 0, 1}), -.875, 1e-9)
}

func TestEpisodes(t *testing.T) {
	sec := func(s ...int64) []int64 {
		for i := range s {
			s[i] *= 1e9
		}
		return s
	}
	times := sec(0, 1, 2, 3, 400, 401, 5000)
	if g := trend.Gap(times[:3]); g != trend.DefaultGap {
		t.Errorf("gap of three hits = %v, want the default", g)
	}
	if g := trend.Gap(times); g != trend.MinGap {
		t.Errorf("gap of dense bursts = %v, want %v", g, trend.MinGap)
	}
	got := trend.Episodes(times, time.Minute)
	want := []trend.Episode{{First: 0, Last: 3e9, Hits: 4}, {First: 400e9, Last: 401e9, Hits: 2}, {First: 5000e9, Last: 5000e9, Hits: 1}}
	if !slices.Equal(got, want) {
		t.Errorf("Episodes = %v, want %v", got, want)
	}
	slow := make([]int64, 20)
	for i := range slow {
		slow[i] = int64(i) * int64(20*time.Minute)
	}
	if g := trend.Gap(slow); g != trend.MaxGap {
		t.Errorf("gap of slow hits = %v, want %v", g, trend.MaxGap)
	}
}

func TestExposure(t *testing.T) {
	merged := trend.Merge([]trend.Span{{From: 50, To: 60}, {From: 0, To: 10}, {From: 5, To: 20}, {From: 9, To: 8}}, 0)
	if want := []trend.Span{{From: 0, To: 20}, {From: 50, To: 60}}; !slices.Equal(merged, want) {
		t.Fatalf("Merge = %v, want %v", merged, want)
	}
	if d := trend.Covered(merged); d != 30 {
		t.Errorf("Covered = %d, want 30", d)
	}
	if d := trend.Within(merged, 10, 55); d != 15 {
		t.Errorf("Within = %d, want 15", d)
	}
	for _, at := range []int64{merged[0].From, merged[0].To, merged[1].From + 3, merged[len(merged)-1].To} {
		if got := trend.After(merged, trend.Within(merged, merged[0].From, at)); got != at {
			t.Errorf("After(Within(%d)) = %d", at, got)
		}
	}
	if h := trend.Holes(merged); !slices.Equal(h, []trend.Span{{From: 20, To: 50}}) {
		t.Errorf("Holes = %v", h)
	}
}

// Kim and Jo's fixed points: regular gaps, a Poisson process, one burst.
func TestBurstiness(t *testing.T) {
	for _, n := range []int{10, 50, 300} {
		f := float64(n)
		near(t, "KimJo(0)", trend.KimJo(0, n), -1, 1e-12)
		near(t, "KimJo(Poisson)", trend.KimJo(math.Sqrt((f-1)/(f+1)), n), 0, 1e-12)
		near(t, "KimJo(max)", trend.KimJo(math.Sqrt(f-1), n), 1, 1e-12)
	}
	if _, ok := trend.Burstiness(make([]float64, 9)); ok {
		t.Error("burstiness of nine gaps was given")
	}
	regular := []float64{9, 10, 11, 10, 9, 10, 11, 10, 10, 10, 10}
	if a, ok := trend.Burstiness(regular); !ok || a > -0.8 {
		t.Errorf("burstiness of a timer = %v, %v", a, ok)
	}
	a, b := trend.BurstinessInterval(regular), trend.BurstinessInterval(regular)
	if a != b || a.High > -0.5 {
		t.Errorf("intervals %v and %v: want equal and low", a, b)
	}
}

// Zar's example 26.4: eight angles, r = 0.82522, p < 0.001.
func TestRayleigh(t *testing.T) {
	r, p, ok := trend.Rayleigh([]float64{45, 55, 81, 96, 110, 117, 132, 154}, 360)
	if !ok {
		t.Fatal("Rayleigh abstains from eight values")
	}
	near(t, "r", r, 0.82522, 0.0001)
	if p >= 0.01 || p <= 0 {
		t.Errorf("p = %v, want below 0.01", p)
	}
	near(t, "mean angle", trend.Phase([]float64{45, 55, 81, 96, 110, 117, 132, 154}, 360), 99, 1)
	if _, _, ok := trend.Rayleigh(make([]float64, 7), 360); ok {
		t.Error("Rayleigh of seven values was given")
	}
	// Under no rhythm about one in twenty tests falls below 0.05.
	rng := rand.New(rand.NewPCG(7, 7))
	below := 0
	for range 1000 {
		x := make([]float64, 20)
		for i := range x {
			x[i] = rng.Float64() * 86400
		}
		if _, p, _ := trend.Rayleigh(x, 86400); p < 0.05 {
			below++
		}
	}
	if below < 30 || below > 70 {
		t.Errorf("false rhythms: %d of 1000, want about 50", below)
	}
}

// Fisher's lady tasting tea.
func TestFisher(t *testing.T) {
	one, both := trend.Fisher(3, 1, 1, 3)
	near(t, "one-sided", one, 0.2429, 0.0001)
	near(t, "two-sided", both, 0.4857, 0.0001)
	one, _ = trend.Fisher(35, 756-35, 4, 484-4)
	if one > 0.001 {
		t.Errorf("35 of 756 against 4 of 484: p = %v, want below 0.001", one)
	}
}

// The example of Benjamini and Hochberg's paper: with q = 0.05 the first four
// of fifteen are discoveries.
func TestBenjaminiHochberg(t *testing.T) {
	p := []float64{.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1}
	n := 0
	for _, q := range trend.BenjaminiHochberg(p) {
		if q <= 0.05 {
			n++
		}
	}
	if n != 4 {
		t.Errorf("%d discoveries, want 4", n)
	}
}

func TestMannKendall(t *testing.T) {
	s, z, _, slope, ok := trend.MannKendall([]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
	if !ok || s != 45 {
		t.Fatalf("S = %d, want 45", s)
	}
	near(t, "z", z, 44/math.Sqrt(125), 1e-9)
	near(t, "slope", slope, 1, 1e-12)
	// With ties the variance is (n(n-1)(2n+5) - sum t(t-1)(2t+5)) / 18.
	s, z, p, _, _ := trend.MannKendall([]float64{3, 3, 3, 3, 2, 2, 2, 2})
	if s != -16 {
		t.Errorf("S = %d, want -16", s)
	}
	near(t, "z with ties", z, -15/math.Sqrt((8*7*21-2*4*3*13)/18.0), 1e-9)
	if p > 0.05 {
		t.Errorf("p = %v", p)
	}
	if _, _, _, _, ok := trend.MannKendall(make([]float64, 7)); ok {
		t.Error("a trend of seven values was given")
	}
}

// A rate that steps from 10 to 30 is found; a constant one is cut in about one
// case of twenty.
func TestBayesianBlocks(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	uniform := func(n int, from, to float64) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = from + rng.Float64()*(to-from)
		}
		return x
	}
	found, alarms := 0, 0
	const runs = 200
	for range runs {
		x := append(uniform(10, 0, 1), uniform(30, 1, 2)...)
		slices.Sort(x)
		if c, ok := trend.BayesianBlocks(x, 0, 2, 0.05); ok && len(c) > 0 {
			found++
		}
		x = uniform(40, 0, 2)
		slices.Sort(x)
		if c, _ := trend.BayesianBlocks(x, 0, 2, 0.05); len(c) > 0 {
			alarms++
		}
	}
	if found < runs*6/10 || alarms > runs/10 {
		t.Errorf("steps found in %d of %d, false alarms in %d", found, runs, alarms)
	}
}

// Freireich's 6-MP group (Blood 21, 1963), the textbook's example: median 23
// weeks.
func TestKaplanMeier(t *testing.T) {
	var r []trend.Recovery
	for _, w := range []time.Duration{6, 6, 6, 7, 10, 13, 16, 22, 23} {
		r = append(r, trend.Recovery{After: w})
	}
	for _, w := range []time.Duration{6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35} {
		r = append(r, trend.Recovery{After: w, Open: true})
	}
	curve, median, ok := trend.KaplanMeier(r)
	if !ok || median != 23 {
		t.Errorf("median = %d, %v, want 23", median, ok)
	}
	want := map[time.Duration]float64{6: .857, 7: .807, 10: .753, 13: .690, 16: .627, 22: .538, 23: .448}
	for _, s := range curve {
		near(t, "S", s.S, want[s.After], 0.001)
		if s.Low > s.S || s.High < s.S {
			t.Errorf("interval %v does not hold %v", s.Interval, s.S)
		}
	}
}

func TestDispersion(t *testing.T) {
	ratio, p := trend.Dispersion([]float64{0, 0, 0, 20, 0, 0, 0, 0, 20, 0})
	if ratio < 10 || p > 1e-6 {
		t.Errorf("Dispersion of bursts = %v, p %v", ratio, p)
	}
	if _, p := trend.Dispersion([]float64{3, 2, 4, 3, 2, 3, 4}); p < 0.5 {
		t.Errorf("even counts: p = %v", p)
	}
	near(t, "NewSince", trend.NewSince(3, 9, 1), 0.001, 1e-12)
}
