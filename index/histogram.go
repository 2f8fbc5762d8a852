package index

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"faultline/analysis"
)

// bucketWidths are the bucketWidths a histogram's buckets may have.
var bucketWidths = []time.Duration{
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	day, 2 * day, 7 * day, 14 * day, 28 * day, 91 * day, 182 * day, 364 * day, 5 * 364 * day, 20 * 364 * day,
}

const day = 24 * time.Hour

// buckets returns the first bucket's begin and the width of at most n buckets
// that cover [from, to].
func bucketsOf(from, to int64, n int) (first, width int64, count int) {
	for _, w := range bucketWidths {
		width = int64(w)
		first = floorDiv(from, width) * width
		if (to-first)/width < int64(n) && to-first >= 0 {
			break
		}
	}
	return first, width, int(min((to-first)/width+1, int64(n)))
}

// topSeries is how many patterns or sources a histogram shows apart.
const topSeries = 8

// Histogram counts the records of f that have a time over at most that many
// buckets of one round width, stacked by "severity", "pattern" (IDs),
// "source" or "" (one series). The buckets cover the filter's period; where it
// has none, the case's. Patterns and sources beyond the most frequent are
// summed up in a last series named "other".
func (c *Case) Histogram(ctx context.Context, f analysis.Filter, buckets int, by string) (analysis.Histogram, error) {
	return again(ctx, c, func() (analysis.Histogram, error) { return c.askHistogram(ctx, f, buckets, by) })
}

func (c *Case) askHistogram(ctx context.Context, f analysis.Filter, buckets int, by string) (analysis.Histogram, error) {
	var h analysis.Histogram
	q, err := c.query(f)
	if err != nil {
		return h, err
	}
	if q.v.tmin > q.v.tmax {
		return h, nil
	}
	from, to := max(q.from, q.v.tmin), min(q.to-1, q.v.tmax)
	if from > to {
		return h, nil
	}
	first, width, n := bucketsOf(from, to, max(buckets, 1))
	h.From, h.Width = analysis.Time(first), time.Duration(width)

	names, of, err := q.series(by)
	if err != nil {
		return h, err
	}
	parts := make([][]int64, workers())
	err = q.times(ctx, width, by == "source", func(worker int, x instant) {
		part := parts[worker]
		if part == nil {
			part = make([]int64, len(names)*n)
			parts[worker] = part
		}
		if i := (x.t - first) / width; i >= 0 && i < int64(n) {
			part[of(x)*n+int(i)] += x.n
		}
	})
	if err != nil {
		return h, err
	}
	sum := make([]int64, len(names)*n)
	for _, p := range parts {
		for i, c := range p {
			sum[i] += c
		}
	}
	for s, name := range names {
		h.Series = append(h.Series, analysis.Series{Name: name, Counts: sum[s*n : (s+1)*n : (s+1)*n]})
	}
	if by == "pattern" || by == "source" {
		h.Series = heaviest(h.Series, topSeries)
	}
	h.Covered = coverage(q.covered(), first, width, n)
	return h, nil
}

// series returns the names of a histogram's series and which of them a record
// belongs to.
func (q *query) series(by string) ([]string, func(x instant) int, error) {
	v := q.v
	switch by {
	case "":
		return []string{"records"}, func(instant) int { return 0 }, nil
	case "severity":
		// In the order of the numbers: none, trace, ... fatal.
		names := []string{"none", "trace", "debug", "info", "warn", "error", "fatal"}
		return names, func(x instant) int { return (int(x.severity.Range()) + 3) / 4 }, nil
	case "pattern":
		none := len(v.patternIDs)
		return append(slices.Clone(v.patternIDs), ""), func(x instant) int {
			if x.pattern >= 0 {
				return int(x.pattern)
			}
			return none
		}, nil
	case "source":
		names := make([]string, v.members.Len())
		for i := range names {
			names[i] = sourceOf(v.members.At(i))
		}
		return names, func(x instant) int { return int(v.in.source[x.member]) }, nil
	}
	return nil, nil, fmt.Errorf("a histogram is stacked by severity, pattern or source, not by %q", by)
}

// heaviest returns the n series with most counts, heaviest first, and the sum
// of all others; series without any are left out.
func heaviest(list []analysis.Series, n int) []analysis.Series {
	total := make(map[string]int64, len(list))
	for _, s := range list {
		for _, c := range s.Counts {
			total[s.Name] += c
		}
	}
	list = slices.DeleteFunc(list, func(s analysis.Series) bool { return total[s.Name] == 0 })
	slices.SortStableFunc(list, func(a, b analysis.Series) int {
		return cmp.Or(cmp.Compare(total[b.Name], total[a.Name]), cmp.Compare(a.Name, b.Name))
	})
	if len(list) <= n {
		return list
	}
	other := analysis.Series{Name: "other", Counts: make([]int64, len(list[0].Counts))}
	for _, s := range list[n:] {
		for i, c := range s.Counts {
			other.Counts[i] += c
		}
	}
	return append(list[:n:n], other)
}

// coverage returns, per bucket, the share of it that the stretches cover.
func coverage(spans []stretch, first, width int64, n int) []float64 {
	out := make([]float64, n)
	for _, s := range spans {
		for i := max((s.from-first)/width, 0); i < int64(n); i++ {
			begin := first + i*width
			if begin >= s.to {
				break
			}
			if d := min(s.to, begin+width) - max(s.from, begin); d > 0 {
				out[i] += float64(d) / float64(width)
			}
		}
	}
	for i, c := range out {
		out[i] = min(c, 1)
	}
	return out
}
