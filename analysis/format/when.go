package format

import (
	"bytes"
	"strconv"
	"time"

	"faultline/analysis"
)

// whenReader reads times that stand alone: a column of a table, a field of an
// object.
type whenReader struct {
	forms []form
	guess string // doubt about the order of day and month
}

// anyWhen reads the forms that APIs and test reports write.
var anyWhen = whenReader{forms: []form{formISO, formWeekDMonY, formMonDY, formWeekMonD, formDMonY, formYMonD, formCompact}}

// learnWhen learns the forms of a column from its values and returns the share
// of them that are times with a date.
func learnWhen(values [][]byte) (whenReader, float64) {
	var w whenReader
	l := learn(values)
	for _, p := range l.places {
		switch p.form {
		case formClock, formBoot, formKlog:
		default:
			if p.count == 0 {
				w.forms = append(w.forms, p.form)
			}
		}
	}
	w.guess = l.guess
	n, all := 0, 0
	clock := newClockwork(nil, time.Date(2020, 7, 1, 0, 0, 0, 0, time.UTC))
	for _, v := range values {
		if len(v) == 0 {
			continue
		}
		all++
		if t, _ := w.read(v, &clock); t != analysis.NoTime {
			n++
		}
	}
	if all == 0 {
		return w, 0
	}
	return w, float64(n) / float64(all)
}

// read returns the time that a value holds, NoTime when it is none. What
// stands behind a stamp may be a zone's name, nothing longer.
func (w *whenReader) read(v []byte, clock *clockwork) (int64, analysis.TimeQuality) {
	v = bytes.TrimSpace(v)
	if len(v) < 8 {
		return analysis.NoTime, analysis.TimeNone
	}
	var c civil
	for _, f := range w.forms {
		if n := f.parse(v, &c); n > 0 && len(v)-n <= 6 {
			if t, q := clock.time(&c); t != analysis.NoTime {
				return t, q
			}
		}
	}
	if n := parseEpoch(v, &c); n == len(v) {
		return clock.time(&c)
	}
	if len(v) == 10 && (v[4] == '-' || v[4] == '/') {
		c = civil{year: four(v, 0), month: two(v, 5), day: two(v, 8)}
		if c.year > 0 && c.month > 0 && c.day > 0 {
			return clock.time(&c)
		}
	}
	return analysis.NoTime, analysis.TimeNone
}

// time is read for a JSON value, number or text.
func (w *whenReader) time(v value, clock *clockwork) (time.Time, analysis.TimeQuality) {
	if !v.isScalar() {
		return time.Time{}, analysis.TimeNone
	}
	ns, q := w.read(v.node().text, clock)
	return analysis.Time(ns), q
}

// duration reads a duration as run histories write it: seconds with point or
// comma, a number with a unit, or clock style [d-]hh:mm:ss. unit is what plain
// numbers count.
func duration(text string, unit time.Duration) (time.Duration, bool) {
	b := bytes.TrimSpace([]byte(text))
	if len(b) == 0 || len(b) > 40 || b[0] == '-' {
		return 0, false
	}
	plain := bytes.Replace(b, []byte(","), []byte("."), 1)
	if bytes.IndexByte(b, '.') >= 0 {
		plain = bytes.ReplaceAll(b, []byte(","), nil)
	}
	if f, err := strconv.ParseFloat(string(plain), 64); err == nil {
		return seconds(f * unit.Seconds())
	}
	if bytes.IndexByte(b, ':') > 0 {
		days, rest, ok := bytes.Cut(b, []byte("-"))
		total := 0.0
		if ok {
			n, err := strconv.Atoi(string(days))
			if err != nil {
				return 0, false
			}
			total = float64(n) * 86400
		} else {
			rest = b
		}
		parts := bytes.Split(rest, []byte(":"))
		if len(parts) > 3 {
			return 0, false
		}
		sum := 0.0
		for _, p := range parts {
			f, err := strconv.ParseFloat(string(p), 64)
			if err != nil || f < 0 {
				return 0, false
			}
			sum = sum*60 + f
		}
		return seconds(total + sum)
	}
	compact := bytes.ReplaceAll(b, []byte(" "), nil)
	compact = bytes.ReplaceAll(compact, []byte("min"), []byte("m"))
	compact = bytes.ReplaceAll(compact, []byte("sec"), []byte("s"))
	if d, err := time.ParseDuration(string(compact)); err == nil && d >= 0 {
		return d, true
	}
	return 0, false
}

// seconds turns seconds into a duration; durations over ten years are none.
func seconds(f float64) (time.Duration, bool) {
	if !(f >= 0 && f < 10*366*86400) {
		return 0, false
	}
	return time.Duration(f*1e9 + 0.5), true
}
