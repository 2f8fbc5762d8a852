package format

import (
	"bytes"
	"time"

	"faultline/analysis"
)

// Evidence is what a text's stamps say about when it was written.
type Evidence struct {
	Latest time.Time // the latest complete date and time; zero: there is none. Stamps without a zone are taken as UTC.

	dates dates // of stamps that name a weekday and no year: the tail's, the head's where it has none
}

// Any reports whether there is evidence at all.
func (e Evidence) Any() bool { return !e.Latest.IsZero() || len(e.dates) > 0 }

// FindEvidence returns the evidence in a text's first and last bytes (either may be
// empty). Only stamps at the start of a line or at a fixed place before its
// message count, and the times of JSON lines; dates inside messages do not.
func FindEvidence(head, tail []byte) Evidence {
	var e Evidence
	best := analysis.NoTime
	for k, part := range [][]byte{head, tail} {
		if len(part) == 0 {
			continue
		}
		if name, big := wide(part); name != "" {
			part = narrow(nil, part, big)
		} else if _, bin := binary(part); bin {
			continue
		}
		s := newSample("", part, k == 0)
		lines := s.lines
		if k == 1 && len(lines) > 0 {
			lines = lines[1:] // the first one is cut
		}
		t, dates := latestOf(lines)
		best = max(best, t)
		if len(dates) > 0 {
			e.dates = dates
		}
	}
	e.Latest = analysis.Time(best)
	return e
}

// Weekdays corrects a reference (see Options) by the weekdays that stand in
// stamps without a year: the last time, not after the reference, that they
// fit. fixed is true where they follow no calendar and are not to be used.
func (e Evidence) Weekdays(reference time.Time) (corrected time.Time, fixed bool) {
	if len(e.dates) == 0 || reference.IsZero() {
		return reference, false
	}
	if !e.dates.calendar() {
		return reference, true
	}
	return e.dates.before(reference), false
}

// latestOf returns the latest complete time of the lines' stamps, and the
// dates of those with a weekday and no year.
func latestOf(lines [][]byte) (best int64, dates dates) {
	best = analysis.NoTime
	if table(lines) {
		return best, dates
	}
	if _, to, ok := journalHead(lines); ok {
		return analysis.Nanos(to.at), nil
	}
	var st state
	w := newClockwork(nil, time.Time{})
	l := learn(lines)
	for _, line := range lines {
		b := line[lead(line):]
		if len(b) > 2 && b[0] == '{' && b[len(b)-1] == '}' {
			h := head{time: analysis.NoTime}
			if readJSON(&st, b, &h, &w) && h.time > best {
				best = h.time
			}
			continue
		}
		for _, p := range l.places {
			if p.form == formEpoch && p.count > 0 || p.count > 3 {
				continue
			}
			if p.read(b, &st.civil) == 0 {
				continue
			}
			if st.civil.noYear && st.civil.week != 0 {
				dates.add(&st.civil)
			} else if t, q := w.time(&st.civil); q != 0 && t > best {
				best = t
			}
			break
		}
		head := b[:min(len(b), searchLimit)]
		for open := bytes.IndexByte(head, '['); open >= 0; { // a request's, behind syslog's own or not
			if formDMonY.parse(b[open+1:], &st.civil) > 0 {
				if t, q := w.time(&st.civil); q != 0 && t > best {
					best = t
				}
			}
			next := bytes.IndexByte(head[open+1:], '[')
			if next < 0 {
				break
			}
			open += 1 + next
		}
	}
	return best, dates
}
