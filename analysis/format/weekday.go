package format

import (
	"fmt"
	"sync/atomic"
	"time"

	"faultline/analysis"
)

// dayOfWeek returns the weekday of a day counted from 1970-01-01, 1 for Monday
// to 7 for Sunday.
func dayOfWeek(days int64) uint8 { return uint8(((days+3)%7+7)%7) + 1 }

// date is a stamp's day without its year.
type date struct{ month, day, week uint8 }

func (c *civil) date() date { return date{uint8(c.month), uint8(c.day), c.week} }

// fits reports whether the year has the date, on its weekday.
func (d date) fits(year int) bool {
	return int(d.day) <= monthDays(year, int(d.month)) && dayOfWeek(days(year, int(d.month), int(d.day))) == d.week
}

// back returns the last year up to from in which the date falls on its
// weekday, 0 for none from 1981 on. A date comes back to its weekday after 5
// to 12 years, 29 February after 28 or 40.
func (d date) back(from int) int {
	for y := from; y > from-41 && y >= firstYear; y-- {
		if d.fits(y) {
			return y
		}
	}
	return 0
}

// near reports whether there is a year with d near e, both on their weekdays.
// The calendar repeats after 28 years.
func (d date) near(e date) bool {
	for y := 2001; y < 2029; y++ {
		if d.fits(y) && (e.fits(y) || d.month > e.month+6 && e.fits(y+1) || e.month > d.month+6 && e.fits(y-1)) {
			return true
		}
	}
	return false
}

// dates are the days of successive stamps that name a weekday and no year,
// each once.
type dates []date

func (l *dates) add(c *civil) {
	d := c.date()
	if n := len(*l); c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31 || n > 0 && (*l)[n-1] == d {
		return
	}
	*l = append(*l, d)
}

// calendar reports whether the weekdays are those of a calendar: texts made up
// by people name any. A log that is silent for years has single steps that no
// year explains.
func (l dates) calendar() bool {
	odd := 0
	for i := 1; i < len(l); i++ {
		if !l[i-1].near(l[i]) {
			odd++
		}
	}
	return odd*4 <= len(l)-1
}

// before returns the last time, by whole years up to the reference, with which
// as many of the last dates as can be fall on their weekdays.
func (l dates) before(reference time.Time) time.Time {
	best, corrected := 0, reference
	for k := range 28 {
		ref := reference.AddDate(-k, 0, 0)
		w := newClockwork(nil, ref)
		n := 0
		for i := len(l) - 1; i >= 0; i-- {
			c := civil{month: int(l[i].month), day: int(l[i].day), hour: 12}
			if w.place(&c); !l[i].fits(c.year) {
				break
			}
			n++
		}
		if n > best {
			best, corrected = n, ref
		}
	}
	return corrected
}

// doubt is a set of years that a member's weekdays contradict, kept as its
// bounds: they are the same whatever pieces the member was read in, and
// however often. It is safe for concurrent use.
type doubt struct{ least, most atomic.Int32 }

func (d *doubt) add(year int) {
	y := int32(year)
	for old := d.least.Load(); (old == 0 || y < old) && !d.least.CompareAndSwap(old, y); old = d.least.Load() {
	}
	for old := d.most.Load(); y > old && !d.most.CompareAndSwap(old, y); old = d.most.Load() {
	}
}

func (d *doubt) problem() (analysis.Problem, bool) {
	a, b := d.least.Load(), d.most.Load()
	if b == 0 {
		return analysis.Problem{}, false
	}
	years := fmt.Sprint(a)
	if a != b {
		years = fmt.Sprintf("%d to %d", a, b)
	}
	return analysis.Problem{Kind: analysis.ProblemTime, Detail: "dates in " + years + " stand with a weekday that they did not have"}, true
}

// weekday takes a stamp's year back to one that has its weekday, unless the
// year is fixed; a weekday that the year cannot have is a doubt.
func (w *clockwork) weekday(c *civil) {
	d := c.date()
	if d == w.named && c.year == w.asked {
		c.year = w.told
		return
	}
	w.named, w.asked, w.told = d, c.year, c.year
	if d.fits(c.year) {
		return
	}
	if y := d.back(c.year); y != 0 && c.noYear && !w.fixed {
		w.told, c.year = y, y
	} else if w.doubt != nil {
		w.doubt.add(c.year)
	}
}
