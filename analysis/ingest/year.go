package ingest

import (
	"fmt"
	"os"
	"path"
	"time"

	"faultline/analysis"
	"faultline/analysis/bundle"
	"faultline/analysis/format"
)

// years knows, from the whole bundle, when its members end. It is made once,
// before the first year is needed, so that no order of members matters.
type years struct {
	collected time.Time                  // the latest time that the bundle can speak of
	own       map[string]format.Evidence // by path: what the member itself says
	sameTime  bool                       // all members state one time of modification: it is that of packing
}

// slack is how far a time may lie after what should be the latest one.
const slack = 48 * time.Hour

// surveySize is how much of a member's head and tail is looked at.
const surveySize = 4 << 10

// clock is what the members' times of modification say.
type clock struct {
	first, latest time.Time
	differ        bool
	some          bool
}

func (c *clock) saw(t time.Time) {
	if !c.some {
		c.first, c.some = t, true
	}
	c.differ = c.differ || !t.Equal(c.first)
	if t.After(c.latest) {
		c.latest = t
	}
}

// newYears infers when the bundle at path was collected, where that is not
// stated: at the latest of the times that are stated in its members.
func newYears(own map[string]format.Evidence, c clock, collected time.Time, stated []time.Time, path string) *years {
	y := &years{own: own, sameTime: !c.differ, collected: collected}
	modified := c.latest
	if info, err := os.Stat(path); err == nil && modified.IsZero() {
		modified = info.ModTime().UTC()
	}
	if y.collected.IsZero() {
		for _, t := range stated {
			if t.After(y.collected) && !t.After(modified.Add(slack)) {
				y.collected = t
			}
		}
	}
	if y.collected.IsZero() {
		y.collected = modified
	}
	return y
}

// survey looks at the heads and tails of all members.
func (r *reading) survey() (*years, error) {
	own := map[string]format.Evidence{}
	var c clock
	var stated []time.Time
	o := bundle.Options{Limits: r.o.Limits, Temp: r.c.Info().Dir}
	b, err := bundle.Survey(r.ctx, r.path, o, func(m *analysis.Member, head, tail []byte) error {
		if e := format.FindEvidence(head, tail); e.Any() {
			own[m.Path] = e
			stated = append(stated, e.Latest)
		}
		c.saw(m.Modified)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return newYears(own, c, b.Collected, stated, r.path), nil
}

// reference is about when a member's last record was written.
type reference struct {
	at    time.Time
	fixed bool   // its year stands against any weekday
	note  string // what is doubtful about it
}

// of returns the reference of a member: by its own complete stamps, by the
// date in its name, by its time of modification, by the bundle's end; the
// first of them that does not lie after the bundle. Weekdays in stamps without
// a year correct the year.
func (y *years) of(m *analysis.Member) reference {
	own := y.own[m.Path]
	at := y.end(m, own.Latest)
	told, fixed := own.Weekdays(at)
	r := reference{at: told, fixed: fixed}
	switch {
	case fixed:
		r.note = "the weekdays in stamps without a year follow no calendar and were not used to find it"
	case !told.Equal(at):
		r.note = fmt.Sprintf("stamps without a year: their weekdays make them %s older than the rest of the evidence does", plural(int64(at.Year()-told.Year()), "year"))
	}
	return r
}

func (y *years) end(m *analysis.Member, own time.Time) time.Time {
	limit := y.collected.Add(slack)
	if !own.IsZero() && !own.After(limit) {
		return own
	}
	if t := bundle.DateInName(path.Base(m.Path)); !t.IsZero() && !t.After(limit) {
		return t.Add(24 * time.Hour)
	}
	if t := m.Modified; !y.sameTime && t.Year() >= 2000 && !t.After(limit) {
		return t
	}
	return y.collected
}
