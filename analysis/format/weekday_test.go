package format_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"faultline/analysis"
	"faultline/analysis/format"
)

// weekLog writes stamps that name a weekday and no year.
func weekLog(times ...time.Time) []byte {
	var b strings.Builder
	for i, t := range times {
		fmt.Fprintf(&b, "%s [conn%d] message %d\n", t.Format("Mon Jan _2 15:04:05.000"), i, i)
	}
	return []byte(b.String())
}

func each(from time.Time, step time.Duration, n int) []time.Time {
	times := make([]time.Time, n)
	for i := range times {
		times[i] = from.Add(time.Duration(i) * step)
	}
	return times
}

func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
}

// TestWeekdays reads logs whose stamps name a weekday and no year, with a
// reference that is years later than they are.
func TestWeekdays(t *testing.T) {
	const day = 24 * time.Hour
	for name, test := range map[string]struct {
		times     []time.Time
		reference time.Time
	}{
		"the same year":               {each(date(2014, 3, 5), time.Hour, 50), date(2014, 4, 1)},
		"copied six years later":      {each(date(2014, 3, 5), time.Hour, 50), date(2020, 2, 1)},
		"copied much later":           {each(date(2010, 7, 1), time.Hour, 50), date(2014, 8, 1)},
		"two months ahead":            {each(date(2014, 3, 5), time.Hour, 50), date(2014, 1, 20)},
		"over New Year":               {each(date(2013, 12, 20), day, 30), date(2018, 6, 1)},
		"New Year, reference before":  {each(date(2013, 12, 20), day, 30), date(2014, 1, 1)},
		"over the end of February":    {each(date(2014, 2, 20), day, 20), date(2020, 2, 1)},
		"leap day":                    {each(date(2012, 2, 29), time.Hour, 10), date(2023, 5, 1)},
		"over a leap day":             {each(date(2012, 2, 25), day, 10), date(2023, 5, 1)},
		"before and after a leap day": {[]time.Time{date(2016, 2, 28), date(2016, 2, 29), date(2016, 3, 1)}, date(2019, 1, 1)},
		"years of one log":            {each(date(2011, 3, 5), 40*day, 30), date(2014, 8, 1)},
		"years of one log, copied":    {each(date(2011, 3, 5), 25*day, 40), date(2016, 8, 1)},
	} {
		data := weekLog(test.times...)
		reference, fixed := format.FindEvidence(data, nil).Weekdays(test.reference)
		if fixed {
			t.Errorf("%s: the weekdays are not believed", name)
		}
		d := format.Detect("mongod.log", data, true)
		r := d.Reader(format.Options{Reference: reference})
		for i, rec := range readAll(t, r, data) {
			if !rec.When().Equal(test.times[i]) || rec.Quality != analysis.TimeInferredYear {
				t.Errorf("%s: record %d at %s (%s), want %s", name, i, rec.When(), rec.Quality, test.times[i])
				break
			}
		}
		if p := r.Problems(); len(p) != 0 {
			t.Errorf("%s: problems %v, want none", name, p)
		}
	}
}

// TestWeekdayInZone tells the year by the date as it is written: in UTC it is
// another day.
func TestWeekdayInZone(t *testing.T) {
	auckland, err := time.LoadLocation("Pacific/Auckland")
	if err != nil {
		t.Skip("no zone data")
	}
	// Summer time ends on 6 April 2014 at 3:00.
	times := each(time.Date(2014, 4, 4, 22, 30, 0, 0, auckland), 6*time.Hour, 20)
	data := weekLog(times...)
	reference, _ := format.FindEvidence(data, nil).Weekdays(date(2020, 1, 1))
	for i, rec := range readAll(t, format.Detect("mongod.log", data, true).Reader(format.Options{Zone: auckland, Reference: reference}), data) {
		if !rec.When().Equal(times[i]) {
			t.Errorf("record %d at %s, want %s", i, rec.When(), times[i])
		}
	}
}

func TestWeekdayTail(t *testing.T) {
	head, tail := weekLog(each(date(2014, 2, 20), time.Hour, 20)...), weekLog(each(date(2014, 3, 3), time.Hour, 20)...)
	got, _ := format.FindEvidence(head, tail).Weekdays(date(2020, 5, 1))
	if got.Year() != 2014 {
		t.Errorf("the reference is of %d, want 2014", got.Year())
	}
}

func TestWeekdayContradicts(t *testing.T) {
	for name, test := range map[string]struct {
		data  string
		fixed bool
		want  string // year of the first record and problem
	}{
		"a year is given":      {string(weekLog(each(date(2014, 3, 5), 12*time.Hour, 9)...)), true, "2020 dates in 2020 stand with a weekday that they did not have"},
		"no calendar":          {"Mon Mar  5 10:00:00 a\nMon Mar  6 10:00:00 b\nMon Mar  7 10:00:00 c\nTue Mar  8 10:00:00 d\n", false, "2020 dates in 2020 stand with a weekday that they did not have"},
		"in a stamp of a year": {"Tue Mar  5 10:00:00 2024 a\nThu Mar  6 10:00:00 2024 b\nThu Mar  7 10:00:00 2024 c\n", false, "2024 dates in 2024 stand with a weekday that they did not have"},
		"right":                {"Tue Mar  5 10:00:00 2024 a\nWed Mar  6 10:00:00 2024 b\nThu Mar  7 10:00:00 2024 c\n", false, "2024"},
	} {
		reference, fixed := format.FindEvidence([]byte(test.data), nil).Weekdays(date(2020, 5, 1))
		if test.fixed {
			reference, fixed = date(2020, 5, 1), true
		}
		r := format.Detect("x.log", []byte(test.data), true).Reader(format.Options{Reference: reference, FixedYear: fixed})
		got := fmt.Sprint(readAll(t, r, []byte(test.data))[0].When().Year())
		for _, p := range r.Problems() {
			got += " " + p.Detail
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// FuzzWeekdays writes a short log of any days and any reference after it: no
// record may lie behind the reference or on another weekday than is written,
// and it is the log's own year when no later one has these weekdays.
func FuzzWeekdays(f *testing.F) {
	f.Add(int64(1394000000), uint16(3600), uint32(200000000))
	f.Add(int64(1330473600), uint16(43200), uint32(1))
	f.Add(int64(1388490000), uint16(7200), uint32(31536000))
	f.Fuzz(func(t *testing.T, start int64, step uint16, later uint32) {
		from := time.Unix(start&0x3fffffff+700000000, 0).UTC() // 1992..2026
		times := each(from, time.Duration(step)*time.Second, 20)
		last := times[len(times)-1]
		ref := last.Add(time.Duration(later) * time.Second)
		data := weekLog(times...)
		reference, fixed := format.FindEvidence(data, nil).Weekdays(ref)
		if fixed {
			t.Fatalf("the weekdays of %s to %s are not believed", from, last)
		}
		recs := readAll(t, format.Detect("mongod.log", data, true).Reader(format.Options{Reference: reference}), data)
		for i, rec := range recs {
			got := rec.When()
			if !strings.HasPrefix(times[i].Format("Mon Jan _2 15:04:05.000"), got.Format("Mon Jan _2 15:04:05")) {
				t.Fatalf("record %d at %s, written %s", i, got.Format(time.RFC1123), times[i].Format(time.RFC1123))
			}
			if got.Before(times[i]) || got.After(ref.AddDate(0, 0, 62)) {
				t.Fatalf("record %d at %s, want %s at least and little after %s", i, got, times[i], ref)
			}
			if d := got.Sub(recs[0].When()); d != times[i].Sub(from) {
				t.Fatalf("record %d is %s behind the first, want %s", i, d, times[i].Sub(from))
			}
		}
	})
}
