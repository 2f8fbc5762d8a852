package format

import (
	"time"

	"faultline/analysis"
)

// days returns the days from 1970-01-01 to a date of the Gregorian calendar
// (Howard Hinnant, "chrono-compatible low-level date algorithms").
func days(y, m, d int) int64 {
	if m <= 2 {
		y--
	}
	era := y / 400
	yoe := y - era*400
	mp := m - 3
	if m <= 2 {
		mp = m + 9
	}
	doy := (153*mp+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return int64(era)*146097 + int64(doe) - 719468
}

func leap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

// monthDays returns the length of month m.
func monthDays(y, m int) int {
	if m == 2 && leap(y) {
		return 29
	}
	return [...]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[m]
}

// clockwork turns stamps into times. It remembers the last day and a zone's
// offset, so every goroutine needs its own.
type clockwork struct {
	zone      *time.Location // for stamps without one; nil is UTC
	reference int64          // nanoseconds, NoTime when unknown
	refYear   int
	boot      int64 // when the kernel started, for its stamps; 0 when unknown
	sure      bool  // reference comes from the member itself, with its zone: stamps count as exact
	hour      int64
	offset    int
	cached    bool
	date      int    // the last stamp's year, month and day
	days      int64  // from 1970 to it
	fixed     bool   // weekdays do not overrule the reference
	doubt     *doubt // years that weekdays contradict; nil when nobody asks
	named     date   // the last stamp with a weekday,
	asked     int    // the year that it would have had,
	told      int    // and the one that it has
}

func newClockwork(zone *time.Location, reference time.Time) clockwork {
	w := clockwork{zone: zone, reference: analysis.Nanos(reference), refYear: reference.UTC().Year()}
	if zone == time.UTC {
		w.zone = nil
	}
	return w
}

// No log's date lies before firstYear.
const firstYear = 1981

// A stamp without a year that lies after the reference by more than
// aheadLimit belongs to an earlier year: logs end when they are collected,
// and reach back further than they run ahead.
const aheadLimit = int64(60 * 24 * time.Hour)

// time returns a stamp's instant and quality; NoTime where it is none that
// exists or can be told.
func (w *clockwork) time(c *civil) (int64, analysis.TimeQuality) {
	if c.isEpoch {
		return c.epoch, analysis.TimeExact
	}
	if c.never {
		if w.boot == 0 || !c.boot {
			return analysis.NoTime, analysis.TimeNone
		}
		return w.boot + c.epoch, analysis.TimeInferredYear
	}
	quality := analysis.TimeExact
	if c.noYear {
		if w.reference == analysis.NoTime {
			return analysis.NoTime, analysis.TimeNone
		}
		quality = analysis.TimeInferredYear
		if c.noDate {
			return w.nearestDay(c), quality
		}
		if c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31 {
			return analysis.NoTime, analysis.TimeNone
		}
		if !w.place(c) {
			return analysis.NoTime, analysis.TimeNone
		}
		if c.week != 0 {
			w.weekday(c)
		}
		if w.sure {
			quality = analysis.TimeExact
		}
		return w.instant(c), quality
	}
	if c.year < firstYear || c.year > 2100 || c.month < 1 || c.month > 12 || c.day < 1 || c.day > 28 && !c.yearDay && c.day > monthDays(c.year, c.month) {
		return analysis.NoTime, analysis.TimeNone
	}
	if c.week != 0 {
		w.weekday(c)
	}
	if !c.zoned {
		quality = analysis.TimeAssumedZone
	}
	return w.instant(c), quality
}

// place gives a stamp without a year the one that the reference tells; false
// when no year has its date.
func (w *clockwork) place(c *civil) bool {
	c.year = w.refYear
	t := w.instant(c)
	switch {
	case t > w.reference+aheadLimit:
		c.year--
	case t < w.reference+aheadLimit-365*24*int64(time.Hour):
		c.year++
	}
	if c.day > monthDays(c.year, c.month) {
		if c.month != 2 || c.day != 29 {
			return false
		}
		for c.year--; !leap(c.year); c.year-- { // 29 February: the last leap year before
		}
	}
	return true
}

func (w *clockwork) instant(c *civil) int64 {
	if date := (c.year*16+c.month)*512 + c.day; date != w.date {
		w.date, w.days = date, days(c.year, c.month, c.day)
	}
	sec := w.days*86400 + int64(c.hour*3600+c.min*60+min(c.sec, 59))
	switch {
	case c.zoned:
		sec -= int64(c.offset)
	case w.zone != nil:
		sec -= int64(w.offsetAt(sec))
	}
	return sec*1e9 + int64(c.nano)
}

// offsetAt returns the zone's offset at a local time given as seconds.
func (w *clockwork) offsetAt(local int64) int {
	if hour := local / 3600; !w.cached || hour != w.hour {
		t := time.Unix(local, 0).UTC()
		_, w.offset = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, w.zone).Zone()
		w.hour, w.cached = hour, true
	}
	return w.offset
}

// nearestDay puts a clock without a date on the day that brings it closest to
// the reference.
func (w *clockwork) nearestDay(c *civil) int64 {
	const day = 24 * int64(time.Hour)
	t := time.Unix(0, w.reference).UTC()
	c.year, c.month, c.day = t.Year(), int(t.Month()), t.Day()
	at := w.instant(c)
	switch {
	case at-w.reference > day/2:
		at -= day
	case w.reference-at > day/2:
		at += day
	}
	return at
}
