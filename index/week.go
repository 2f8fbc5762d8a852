package index

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"time"

	"faultline/analysis"
)

const hour = int64(time.Hour)

// weekClock tells weekday and hour of many times in one zone; it holds the
// zone's offsets for the span it was made for.
type weekClock struct {
	from    []int64 // nanoseconds at which an offset begins to hold
	offsets []int64 // nanoseconds east of UTC
}

// newWeekClock returns the clock of zone ("" is UTC) for times in [from, to].
func newWeekClock(zone string, from, to int64) (*weekClock, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return nil, fmt.Errorf("time zone %q: %w", zone, err)
	}
	c := &weekClock{}
	for t := time.Unix(0, from).In(loc); ; {
		_, offset := t.Zone()
		_, end := t.ZoneBounds()
		c.from = append(c.from, t.UnixNano())
		c.offsets = append(c.offsets, int64(offset)*int64(time.Second))
		if end.IsZero() || end.UnixNano() > to || end.Year() > 2261 {
			return c, nil
		}
		t = end
	}
}

func (c *weekClock) local(ns int64) int64 {
	i := 0
	if len(c.from) > 1 {
		i = max(sort.Search(len(c.from), func(i int) bool { return c.from[i] > ns })-1, 0)
	}
	return ns + c.offsets[i]
}

// step returns the widest step of time, of those that begin at multiples of it
// in UTC, that never reaches over the end of an hour.
func (c *weekClock) step() int64 {
	step := hour
	for _, o := range c.offsets {
		for o%step != 0 {
			step = 15 * int64(time.Minute)
			if o%step != 0 {
				step = int64(time.Second)
			}
		}
	}
	return step
}

// cell returns weekday (0 is Sunday) and hour of ns.
func (c *weekClock) cell(ns int64) (weekday, hourOfDay int) {
	h := floorDiv(c.local(ns), hour)
	day := floorDiv(h, 24)
	return int(((day+4)%7 + 7) % 7), int(h - day*24) // 1970 began on a Thursday
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// cellSet is a set of hours of the week.
type cellSet struct {
	clock *weekClock
	in    [7][24]bool
}

func (v *view) newCellSet(cells []analysis.Cell, zone string) (*cellSet, error) {
	clock, err := newWeekClock(zone, v.tmin, v.tmax)
	if err != nil {
		return nil, err
	}
	s := &cellSet{clock: clock}
	for _, c := range cells {
		if c.Weekday < 0 || c.Weekday > 6 || c.Hour < 0 || c.Hour > 23 {
			return nil, fmt.Errorf("the week has no cell %d, %d", c.Weekday, c.Hour)
		}
		s.in[c.Weekday][c.Hour] = true
	}
	return s, nil
}

func (s *cellSet) holds(ns int64) bool {
	if ns == analysis.NoTime {
		return false
	}
	d, h := s.clock.cell(ns)
	return s.in[d][h]
}

// Week counts the records of f that have a time by weekday and hour in zone,
// "" for UTC, and says how long each of these hours was observed.
func (c *Case) Week(ctx context.Context, f analysis.Filter, zone string) (analysis.Week, error) {
	return again(ctx, c, func() (analysis.Week, error) { return c.askWeek(ctx, f, zone) })
}

func (c *Case) askWeek(ctx context.Context, f analysis.Filter, zone string) (analysis.Week, error) {
	w := analysis.Week{Zone: zone}
	if zone == "" {
		w.Zone = "UTC"
	}
	q, err := c.query(f)
	if err != nil {
		return w, err
	}
	clock, err := newWeekClock(zone, q.v.tmin, q.v.tmax)
	if err != nil {
		return w, err
	}
	type counts [7][24]int64
	parts := make([]counts, workers())
	err = q.times(ctx, clock.step(), false, func(worker int, x instant) {
		d, h := clock.cell(x.t)
		parts[worker][d][h] += x.n
	})
	if err != nil {
		return w, err
	}
	for _, p := range parts {
		for d := range p {
			for h, n := range p[d] {
				w.Counts[d][h] += n
			}
		}
	}
	spans := q.covered()
	var from, to int64
	for i, s := range spans {
		if i == 0 {
			from = s.from
		}
		to = s.to
		for t := s.from; t < s.to; {
			end := min((floorDiv(clock.local(t), hour)+1)*hour-(clock.local(t)-t), s.to)
			d, h := clock.cell(t)
			w.Covered[d][h] += float64(end-t) / float64(hour)
			t = end
		}
	}
	w.Weeks = float64(to-from) / float64(7*24*hour)
	return w, nil
}

// stretch is a span of time in nanoseconds, to excluded.
type stretch struct{ from, to int64 }

// covered returns the stretches of time that some source of the query's
// filter observed, in order, apart from each other: from the first to the last
// record of each log or run history. What documents say of times is history
// told later, no observation; they count when there is nothing else.
func (q *query) covered() []stretch {
	var logs, others []stretch
	for i, m := range q.v.members.All() {
		if m.Timed == 0 || m.Span.IsZero() || !q.memberMayMatch(int32(i)) {
			continue
		}
		s := stretch{m.Span.From.UnixNano(), m.Span.To.UnixNano() + 1}
		if s.from, s.to = max(s.from, q.from), min(s.to, q.to); s.from >= s.to {
			continue
		}
		if m.Kind == analysis.MemberText || runFormats[m.Format] {
			logs = append(logs, s)
		} else {
			others = append(others, s)
		}
	}
	if len(logs) == 0 {
		logs = others
	}
	return union(logs)
}

// runFormats are the documents whose records are an observation over time.
var runFormats = map[string]bool{"csv-runs": true, "junit": true, "github-api": true, "gitlab-api": true}

// union returns the stretches that list covers, in order.
func union(list []stretch) []stretch {
	slices.SortFunc(list, func(a, b stretch) int {
		if a.from < b.from {
			return -1
		}
		return 1
	})
	var out []stretch
	for _, s := range list {
		if n := len(out); n > 0 && s.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}
