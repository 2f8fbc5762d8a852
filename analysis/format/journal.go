package format

import (
	"bytes"
	"time"
)

const hour = time.Hour

// The journal's own lines in its text output.
func journalMark(b []byte) bool {
	for _, m := range []string{"-- Logs begin at ", "-- Journal begins at ", "-- Reboot --", "-- Boot ", "-- No entries --"} {
		if bytes.HasPrefix(b, []byte(m)) {
			return true
		}
	}
	return false
}

// moment is a time of the journal's first line and the zone it is shown in;
// nil when that is unknown.
type moment struct {
	at   time.Time
	zone *time.Location
}

// journalHead reads "-- Logs begin at Fri 2022-02-04 09:42:52 UTC, end at Thu
// 2022-02-10 09:39:55 UTC. --" and its newer wording. The stamps below it
// have the same zone, and years between the two times.
func journalHead(lines [][]byte) (from, to moment, ok bool) {
	for k, line := range lines {
		if k == 5 {
			break
		}
		line = line[lead(line):]
		if !bytes.HasPrefix(line, []byte("-- Logs begin at ")) && !bytes.HasPrefix(line, []byte("-- Journal begins at ")) {
			continue
		}
		i := bytes.Index(line, []byte(" at "))
		from, ok = readMoment(line[i+4:])
		if !ok {
			return from, to, false
		}
		to = from
		j := bytes.LastIndex(line, []byte(" at "))
		if j > i {
			if m, ok := readMoment(line[j+4:]); ok {
				to = m
			}
		} else {
			to.at = to.at.AddDate(0, 6, 0)
		}
		return from, to, true
	}
	return from, to, false
}

func readMoment(b []byte) (moment, bool) {
	var c civil
	n := formWeekISO.parse(b, &c)
	if n == 0 {
		return moment{}, false
	}
	w := clockwork{}
	t, q := w.time(&c)
	if q == 0 {
		return moment{}, false
	}
	m := moment{at: time.Unix(0, t).UTC()}
	if c.zoned {
		m.zone = time.FixedZone("", c.offset)
		if c.offset == 0 {
			m.zone = time.UTC
		}
	}
	return m, true
}

func zoneOr(z *time.Location, o Options) *time.Location {
	if z != nil {
		return z
	}
	return o.Zone
}
