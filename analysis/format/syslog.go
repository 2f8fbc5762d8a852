package format

import (
	"bytes"
	"strings"

	"faultline/analysis"
)

// syslogSeverity maps the numbers 0..7 of RFC 5424, table 2.
func syslogSeverity(n int) analysis.Severity {
	switch n {
	case 0:
		return analysis.SeverityFatal + 3
	case 1:
		return analysis.SeverityError + 2
	case 2:
		return analysis.SeverityError + 1
	case 3:
		return analysis.SeverityError
	case 4:
		return analysis.SeverityWarn
	case 5:
		return analysis.SeverityInfo + 1
	case 6:
		return analysis.SeverityInfo
	}
	return analysis.SeverityDebug
}

// priority reads <pri> at the start of b; n is its length, 0 for none.
func priority(b []byte) (severity, n int) {
	if len(b) < 3 || b[0] != '<' {
		return 0, 0
	}
	v, i := 0, 1
	for i < len(b) && i < 4 && digit(b[i]) {
		v = v*10 + int(b[i]-'0')
		i++
	}
	if i == 1 || i >= len(b) || b[i] != '>' || v > 191 {
		return 0, 0
	}
	return v & 7, i + 1
}

// tag is the part of a syslog line behind its stamp: host program[pid]: text.
type tag struct {
	host, program []byte
	text          int // where the text begins, in bytes from the stamp's end
}

func hostByte(c byte) bool {
	return letter(c) || digit(c) || c == '-' || c == '.' || c == '_' || c == ':' || c == '/' || c == '%' || c == '@' || c == '(' || c == ')' || c == '+'
}

// readTag reads " host program[pid]: text" at the start of b. Without the
// colon it is no tag, unless loose is set. nohost: the host is left out.
func readTag(b []byte, nohost bool) (t tag, ok bool) {
	n := len(b)
	i := 0
	if i >= n || b[i] != ' ' {
		return t, false
	}
	for i < n && b[i] == ' ' {
		i++
	}
	if !nohost {
		from := i
		for i < n && hostByte(b[i]) {
			i++
		}
		if i == from || i >= n || b[i] != ' ' || i-from > 255 || b[i-1] == ':' {
			return t, false
		}
		t.host = b[from:i]
		i++
	}
	from := i
	for i < n && i-from < 128 && b[i] != ' ' && b[i] != '[' && b[i] != ':' {
		i++
	}
	// A name may hold blanks or brackets ("[preauth]" does not come first):
	// only "name[pid]:", "name:" and "(name):" are taken.
	if i == from || i >= n {
		return t, false
	}
	if t.program = b[from:i]; severity(t.program) != 0 || severity(t.host) != 0 {
		return t, false
	}
	if b[i] == '[' {
		j := i + 1
		for j < n && j-i < 64 && b[j] != ']' {
			j++
		}
		if j >= n || b[j] != ']' {
			return t, false
		}
		i = j + 1
		if i < n && b[i] == ':' {
			i++
		}
	} else if b[i] == ':' {
		i++
		if i < n && digit(b[i]) && string(t.program) == "CEF" {
			t.text = from
			return t, true
		}
		if i < n && b[i] != ' ' && b[i] != '\t' {
			return t, false
		}
	} else {
		return t, false
	}
	if i < n && b[i] == ' ' {
		i++
	}
	t.text = i
	return t, true
}

// sniffSyslog accepts RFC 3164 lines, with or without <pri>, and rsyslog's
// with an ISO stamp.
func sniffSyslog(s *sample) match {
	eol := s.eol
	var st state
	tagged, loose, other, noYear := 0, 0, 0, 0
	var texts [][]byte
	withPri := 0
	for _, line := range s.lines {
		b := line[lead(line):]
		if len(b) == 0 || continuation(b) {
			continue
		}
		_, pri := priority(b)
		if pri > 0 {
			withPri++
		}
		n, ok := syslogStamp(&st, b[pri:])
		if !ok {
			other++
			continue
		}
		rest := b[pri+n:]
		t, ok := readTag(rest, false)
		if !ok {
			if t, ok = readTag(rest, true); !ok || !st.civil.noYear {
				if st.civil.noYear && hostLike(rest) {
					loose++
				} else {
					other++
				}
				continue
			}
		}
		tagged++
		if st.civil.noYear {
			noYear++
		}
		texts = append(texts, rest[t.text:])
	}
	from, to, journal := journalHead(s.lines)
	if !journal && (tagged == 0 || tagged*2 < other+loose || tagged*5 < (tagged+loose+other)*3 && !looksLikeLog(s.path) || tagged*3 < tagged+loose+other) {
		return match{}
	}
	p := &syslogParser{inner: learnInner(texts)}
	m := match{
		format: "syslog", confidence: 0.6 + 0.32*float64(tagged+loose)/float64(tagged+loose+other),
		reason: "stamp, host and program of syslog", needsYear: noYear > 0,
	}
	switch {
	case withPri*2 > tagged:
		m.detail = "RFC 3164 with priority"
	case noYear*2 > tagged:
		m.detail = "RFC 3164"
	default:
		m.detail = "ISO stamps"
	}
	if journal {
		m.format, m.detail, m.reason, m.confidence = "journal", "short", "the journal's first line", 0.97
		m.needsYear = false
		m.open = func(o Options) Reader {
			clock := newClockwork(zoneOr(from.zone, o), to.at)
			clock.sure = from.zone != nil && to.at.Sub(from.at) < 300*24*hour
			return newLineReaderClock(o, eol, p, clock)
		}
		return m
	}
	if strings.Contains(strings.ToLower(s.path), "journal") {
		m.format, m.detail = "journal", "short, without its first line"
	}
	m.open = func(o Options) Reader { return newLineReader(o, eol, p) }
	return m
}

// hostLike reports whether " host text" follows a stamp.
func hostLike(b []byte) bool {
	if len(b) < 4 || b[0] != ' ' {
		return false
	}
	i := 1
	for i < len(b) && hostByte(b[i]) {
		i++
	}
	return i > 1 && i < len(b) && b[i] == ' '
}

// syslogStamp reads a syslog line's stamp and returns its length. The year may
// follow it (Cisco, some forwarders).
func syslogStamp(st *state, b []byte) (n int, ok bool) {
	if len(b) < 16 {
		return 0, false
	}
	if letter(b[0]) {
		if n = formMonD.parse(b, &st.civil); n == 0 {
			if n = formMonDY.parse(b, &st.civil); n == 0 {
				n = formWeekMonD.parse(b, &st.civil)
			}
		}
		return n, n > 0
	}
	if b[10] != 'T' { // rsyslog writes RFC 3339
		return 0, false
	}
	n = formISO.parse(b, &st.civil)
	return n, n > 0 && st.civil.zoned
}

// syslogParser reads RFC 3164 lines and the journal's short output. A line
// without stamp belongs to the record before.
type syslogParser struct{ inner inner }

var dashes = []byte("-- ")

func (p *syslogParser) line(st *state, line []byte, h *head) verdict {
	h.text = line
	b := line
	if len(b) > 0 && (b[0] < ' ' || b[0] == 0xEF) {
		b = b[lead(b):]
	}
	if len(b) > 0 && b[0] == '-' && bytes.HasPrefix(b, dashes) && journalMark(b) {
		h.time, h.quality, h.severity, h.kind, h.resource = analysis.NoTime, 0, 0, analysis.KindLog, analysis.Resource{}
		return starts
	}
	if len(b) < 16 {
		return continues
	}
	level, pri := 0, 0
	if b[0] == '<' {
		level, pri = priority(b)
	}
	n, ok := syslogStamp(st, b[pri:])
	if !ok {
		return continues
	}
	rest := b[pri+n:]
	t, ok := readTag(rest, false)
	if !ok {
		if t, ok = readTag(rest, true); ok && len(t.program) > 0 && !letter(t.program[0]) && t.program[0] != '(' {
			ok = false
		}
	}
	h.severity, h.kind = 0, analysis.KindLog
	h.time, h.quality = st.clock.time(&st.civil)
	h.resource = analysis.Resource{}
	if ok {
		if t.host != nil {
			h.resource.Host = st.name(t.host)
		}
		h.resource.Unit = st.name(t.program)
		rest = rest[t.text:]
	} else {
		i := 0
		for i < len(rest) && rest[i] == ' ' {
			i++
		}
		from := i
		for i < len(rest) && hostByte(rest[i]) {
			i++
		}
		if i < len(rest) && rest[i] == ' ' && i > from {
			h.resource.Host = st.name(rest[from:i])
			i++
		} else {
			i = from
		}
		rest = rest[i:]
	}
	p.inner.read(st, rest, h)
	if h.severity == 0 && string(t.program) == "haproxy" {
		if status := balancerStatus(rest); status > 0 {
			h.severity = statusSeverity(status)
		}
	}
	if pri > 0 {
		h.severity = syslogSeverity(level)
	}
	if len(t.program) > 7 && dropped(t.program, rest) {
		h.problem = analysis.ProblemDropped
	}
	return starts
}

// dropped reports whether the logger itself says that records are missing.
func dropped(program, text []byte) bool {
	switch string(program) {
	case "systemd-journald", "journald", "systemd-journal":
		return bytes.HasPrefix(text, []byte("Suppressed ")) || bytes.HasPrefix(text, []byte("Missed "))
	case "rsyslogd", "rsyslogd-2177":
		return bytes.Contains(text, []byte("lost ")) && bytes.Contains(text, []byte("messages")) || bytes.Contains(text, []byte("begin to drop messages"))
	}
	return false
}

// sniffSyslog5424 accepts RFC 5424 lines: "<pri>1 stamp host app pid id [sd] text".
func sniffSyslog5424(s *sample) match {
	eol := s.eol
	var st state
	p := &syslog5424Parser{}
	n, other := 0, 0
	var texts [][]byte
	var h head
	for _, line := range s.lines {
		if len(line) == 0 || continuation(line) {
			continue
		}
		h = head{}
		if p.line(&st, line, &h) == starts {
			n++
			texts = append(texts, bytes.Clone(h.text))
		} else {
			other++
		}
	}
	if n == 0 || n < other {
		return match{}
	}
	p.inner = learnInner(texts)
	return match{
		format: "syslog-5424", confidence: 0.7 + 0.28*float64(n)/float64(n+other), reason: "priority, version and stamp of RFC 5424",
		open: func(o Options) Reader { return newLineReader(o, eol, p) },
	}
}

// syslog5424Parser reads RFC 5424 lines, octet counts before them or not.
type syslog5424Parser struct{ inner inner }

func (p *syslog5424Parser) line(st *state, line []byte, h *head) verdict {
	h.text = line
	b := line[lead(line):]
	i := 0
	for i < len(b) && i < 6 && digit(b[i]) { // RFC 6587's octet count
		i++
	}
	if i > 0 && i < len(b) && b[i] == ' ' && i+1 < len(b) && b[i+1] == '<' {
		b = b[i+1:]
	}
	level, n := priority(b)
	if n == 0 || n+2 >= len(b) || b[n] != '1' || b[n+1] != ' ' {
		return continues
	}
	b = b[n+2:]
	st.civil = civil{never: true}
	if b[0] == '-' {
		n = 1
	} else if n = formISO.parse(b, &st.civil); n == 0 {
		return continues
	}
	h.severity, h.kind, h.resource = syslogSeverity(level), analysis.KindLog, analysis.Resource{}
	h.time, h.quality = st.clock.time(&st.civil)
	b = b[n:]
	for k := 0; k < 4; k++ { // host, application, process, message ID
		for len(b) > 0 && b[0] == ' ' {
			b = b[1:]
		}
		end := bytes.IndexByte(b, ' ')
		if end < 0 {
			end = len(b)
		}
		if f := b[:end]; len(f) > 0 && string(f) != "-" {
			switch k {
			case 0:
				h.resource.Host = st.name(f)
			case 1:
				h.resource.Unit = st.name(f)
			}
		}
		b = b[end:]
	}
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	if len(b) > 0 && b[0] == '-' {
		b = b[1:]
	} else {
		for len(b) > 0 && b[0] == '[' { // structured data stays in Raw
			end := elementEnd(b)
			if end < 0 {
				break
			}
			b = b[end:]
		}
	}
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	if len(b) >= 3 && b[0] == 0xEF && b[1] == 0xBB && b[2] == 0xBF {
		b = b[3:]
	}
	s := h.severity
	p.inner.read(st, b, h)
	h.severity = s
	return starts
}

// elementEnd returns the length of a structured data element, -1 when it has
// no end.
func elementEnd(b []byte) int {
	quoted := false
	for i := 1; i < len(b); i++ {
		switch {
		case b[i] == '\\' && quoted:
			i++
		case b[i] == '"':
			quoted = !quoted
		case b[i] == ']' && !quoted:
			return i + 1
		}
	}
	return -1
}
