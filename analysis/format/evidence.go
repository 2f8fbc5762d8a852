package format

import (
	"bytes"
	"time"

	"faultline/analysis"
)

// Evidence returns the latest complete date and time that stands in a
// recognised stamp of a text's first and last bytes (either may be empty).
// Only stamps at the start of a line or at a fixed place before its message
// count, and the times of JSON lines; dates inside messages do not. Stamps
// without a zone are taken as UTC.
func Evidence(head, tail []byte) (latest time.Time, ok bool) {
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
		if t := latestOf(lines); t > best {
			best = t
		}
	}
	return analysis.Time(best), best != analysis.NoTime
}

func latestOf(lines [][]byte) int64 {
	best := analysis.NoTime
	if table(lines) {
		return best
	}
	if _, to, ok := journalHead(lines); ok {
		return analysis.Nanos(to.at)
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
			if t, q := w.time(&st.civil); q != 0 && t > best {
				best = t
			}
			break
		}
		if open := bytes.IndexByte(b[:min(len(b), 160)], '['); open > 0 {
			if formDMonY.parse(b[open+1:], &st.civil) > 0 {
				if t, q := w.time(&st.civil); q != 0 && t > best {
					best = t
				}
			}
		}
	}
	return best
}
