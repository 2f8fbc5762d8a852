package trend

import (
	"slices"
	"time"
)

// The bounds of the gap that separates episodes.
const (
	MinGap     = time.Minute
	MaxGap     = 30 * time.Minute
	DefaultGap = 5 * time.Minute
)

// Episode is a stretch of hits with no long gap between them. Times are UTC
// nanoseconds.
type Episode struct {
	First int64
	Last  int64
	Hits  int64
}

// Gap returns the gap g that separates the episodes of one fingerprint: five
// times the median gap within bursts, between MinGap and MaxGap; DefaultGap
// with fewer than five gaps to learn from. Gaps of up to MaxGap count as within
// a burst. times must be sorted.
func Gap(times []int64) time.Duration {
	var in []int64
	for i := 1; i < len(times); i++ {
		if d := times[i] - times[i-1]; d <= int64(MaxGap) {
			in = append(in, d)
		}
	}
	if len(in) < 5 {
		return DefaultGap
	}
	slices.Sort(in)
	g := 5 * time.Duration(in[len(in)/2])
	return min(max(g, MinGap), MaxGap)
}

// Episodes joins sorted times into episodes: a gap of more than g starts the
// next one.
func Episodes(times []int64, g time.Duration) []Episode {
	var out []Episode
	for _, t := range times {
		if n := len(out); n > 0 && t-out[n-1].Last <= int64(g) {
			out[n-1].Last = t
			out[n-1].Hits++
			continue
		}
		out = append(out, Episode{First: t, Last: t, Hits: 1})
	}
	return out
}

// Span is a closed stretch of time, UTC nanoseconds.
type Span struct{ From, To int64 }

// Merge returns the union of spans as sorted, disjoint spans. Spans that are
// no further apart than slack are joined.
func Merge(spans []Span, slack time.Duration) []Span {
	s := slices.Clone(spans)
	slices.SortFunc(s, func(a, b Span) int {
		if a.From != b.From {
			return cmp(a.From, b.From)
		}
		return cmp(a.To, b.To)
	})
	var out []Span
	for _, x := range s {
		if x.To < x.From {
			continue
		}
		if n := len(out); n > 0 && x.From <= out[n-1].To+int64(slack) {
			out[n-1].To = max(out[n-1].To, x.To)
			continue
		}
		out = append(out, x)
	}
	return out
}

func cmp(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Covered returns the total length of merged spans.
func Covered(merged []Span) time.Duration {
	var d time.Duration
	for _, s := range merged {
		d += time.Duration(s.To - s.From)
	}
	return d
}

// Holes returns the spans between merged spans.
func Holes(merged []Span) []Span {
	var out []Span
	for i := 1; i < len(merged); i++ {
		out = append(out, Span{merged[i-1].To, merged[i].From})
	}
	return out
}

// Within returns how much of [from, to) merged spans cover.
func Within(merged []Span, from, to int64) time.Duration {
	var d int64
	for _, s := range merged {
		if a, b := max(s.From, from), min(s.To, to); b > a {
			d += b - a
		}
	}
	return time.Duration(d)
}

// After returns the time by which merged spans have covered d: the inverse of
// Within, counted from the first span's beginning.
func After(merged []Span, d time.Duration) int64 {
	left := int64(d)
	for _, s := range merged {
		if n := s.To - s.From; left > n {
			left -= n
			continue
		}
		return s.From + left
	}
	return merged[len(merged)-1].To
}
