package format

import (
	"bytes"

	"faultline/analysis"
)

// looksLogfmt reports whether b begins with key=value pairs, one of them a
// time, level or message.
func looksLogfmt(b []byte) bool {
	pairs, known := 0, false
	for i := 0; i < len(b) && pairs < 8; {
		key, _, next := pair(b, i)
		if next < 0 {
			break
		}
		pairs++
		switch string(key) {
		case "level", "lvl", "msg", "time", "ts", "t", "severity", "message":
			known = true
		}
		if pairs >= 2 && known {
			return true
		}
		i = next
	}
	return false
}

// pair reads key=value at b[i]; next is -1 when there is none. A quoted value
// is returned with its quotes.
func pair(b []byte, i int) (key, value []byte, next int) {
	n := len(b)
	for i < n && b[i] == ' ' {
		i++
	}
	from := i
	for i < n && b[i] != '=' && b[i] > ' ' && b[i] != '"' {
		i++
	}
	if i == from || i >= n || b[i] != '=' {
		return nil, nil, -1
	}
	key = b[from:i]
	i++
	from = i
	if i < n && b[i] == '"' {
		for i++; i < n && b[i] != '"'; i++ {
			if b[i] == '\\' {
				i++
			}
		}
		i = min(i+1, n)
		return key, b[from:i], i
	}
	if k := bytes.IndexByte(b[i:], ' '); k >= 0 {
		n = i + k
	}
	return key, b[from:n], n
}

// sniffLogfmt accepts lines of key=value pairs.
func sniffLogfmt(s *sample) match {
	eol := s.eol
	n, total := 0, 0
	for _, line := range s.lines {
		line = line[lead(line):]
		if len(line) == 0 || continuation(line) {
			continue
		}
		total++
		if k, _, _ := pair(line, 0); k != nil && looksLogfmt(line) {
			n++
		}
	}
	if total == 0 || n*2 < total {
		return match{}
	}
	p := &logfmtParser{}
	return match{
		format: "logfmt", confidence: 0.55 + 0.35*float64(n)/float64(total), reason: "lines are key=value pairs",
		open: func(o Options) Reader { return newLineReader(o, eol, p) },
	}
}

// logfmtParser reads lines of key=value pairs.
type logfmtParser struct{}

func (p *logfmtParser) line(st *state, line []byte, h *head) verdict {
	h.text = line
	b := line[lead(line):]
	if len(b) == 0 {
		return continues
	}
	h.time, h.quality, h.severity, h.kind, h.resource = analysis.NoTime, 0, 0, analysis.KindLog, analysis.Resource{}
	if looksLogfmt(b) && readLogfmt(st, b, h, &st.clock) {
		return starts
	}
	if st.traceLine(b) {
		return continues
	}
	s, from := (&levels{}).find(b)
	if s != 0 {
		h.severity, h.text = s, b[from:]
	}
	return starts
}

func (p *logfmtParser) settled(line []byte) bool { return traceSettled(line) }
func (p *logfmtParser) forward([]byte) bool      { return false }

// readLogfmt reads the pairs of b. The time goes to h only with a clock.
func readLogfmt(st *state, b []byte, h *head, clock *clockwork) bool {
	st.text = st.text[:0]
	var msg []byte
	rest := st.key[:0]
	n := 0
	i := 0
	for i < len(b) {
		key, value, next := pair(b, i)
		if next < 0 {
			break
		}
		n++
		i = next
		plain := value
		if len(plain) >= 2 && plain[0] == '"' && plain[len(plain)-1] == '"' {
			plain = plain[1 : len(plain)-1]
		}
		switch string(key) {
		case "time", "ts", "t", "timestamp", "@timestamp":
			if clock != nil {
				if t, q := anyTime(clock, &st.civil, plain); q != 0 {
					h.time, h.quality = t, q
				}
			}
			continue
		case "level", "lvl", "severity", "loglevel":
			if s := severity(plain); s != 0 {
				h.severity = s
				continue
			} else if len(plain) == 1 {
				h.severity = levelLetter(plain[0] &^ 0x20)
				continue
			}
		case "msg", "message":
			if msg == nil {
				msg = plain
				continue
			}
		case "caller", "stack", "stacktrace", "source":
			continue
		case "logger", "component":
			if h.resource.Process == "" {
				h.resource.Process = st.name(plain)
				continue
			}
		case "host", "hostname":
			if h.resource.Host == "" {
				h.resource.Host = st.name(plain)
				continue
			}
		}
		rest = append(append(rest, ' '), b[next-len(value)-len(key)-1:next]...)
	}
	st.key = rest
	if n < 2 {
		return false
	}
	st.text = unescape(st.text, msg)
	if msg == nil && len(rest) > 0 {
		rest = rest[1:]
	}
	st.text = append(st.text, rest...)
	if tail := bytes.TrimLeft(b[i:], " "); len(tail) > 0 { // words behind the pairs
		if len(st.text) > 0 {
			st.text = append(st.text, ' ')
		}
		st.text = append(st.text, tail...)
	}
	h.text = st.text
	return true
}

// unescape appends s with the backslash escapes of quoted strings resolved.
func unescape(out, s []byte) []byte {
	if bytes.IndexByte(s, '\\') < 0 {
		return append(out, s...)
	}
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out = append(out, s[i])
			continue
		}
		i++
		switch s[i] {
		case 'n':
			out = append(out, '\n')
		case 't':
			out = append(out, '\t')
		case 'r':
		case '"', '\\', '/', '\'':
			out = append(out, s[i])
		default:
			out = append(out, '\\', s[i])
		}
	}
	return out
}

// anyTime reads a whole value as a time of any dated form.
func anyTime(w *clockwork, c *civil, b []byte) (int64, analysis.TimeQuality) {
	if len(b) < 10 || len(b) > 64 {
		return analysis.NoTime, 0
	}
	if formISO.parse(b, c) > 0 {
		return w.time(c)
	}
	if formEpoch.parse(b, c) > 0 {
		return w.time(c)
	}
	for _, f := range dated {
		if f == formDayMonth && (b[2] == '/' || b[1] == '/') { // JSON and logfmt of that kind are American
			f = formMonthDay
		}
		if f.parse(b, c) > 0 {
			return w.time(c)
		}
	}
	return analysis.NoTime, 0
}
