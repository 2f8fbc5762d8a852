package format

import (
	"bytes"

	"faultline/analysis"
)

// cursor begins an entry of the journal's export format.
var cursor = []byte("__CURSOR=")

// sniffJournalExport accepts the journal's export format (journalctl -o
// export): entries of one field a line, an empty line behind each.
// https://systemd.io/JOURNAL_EXPORT_FORMATS
func sniffJournalExport(s *sample) match {
	text := s.text[lead(s.text):]
	if s.eol != '\n' || !bytes.HasPrefix(text, cursor) || !bytes.Contains(text, []byte("\n__REALTIME_TIMESTAMP=")) {
		return match{}
	}
	p := &journalExportParser{}
	var st state
	var h head
	var texts [][]byte
	for rest := text; len(texts) < sampleLines; {
		line, after, ok := bytes.Cut(rest, []byte{'\n'})
		if !ok {
			break
		}
		st.rest = after
		if p.line(&st, line, &h) == starts {
			texts = append(texts, bytes.Clone(h.text))
		}
		rest = after
	}
	p.inner = learnInner(texts)
	return match{
		format: "journal", detail: "export", confidence: 0.97, reason: "entries of the journal's export format",
		open: func(o Options) Reader { return newLineReader(o, s.eol, p) },
	}
}

// journalExportParser reads an entry at its first line; the lines below it
// are its fields.
type journalExportParser struct{ inner inner }

func (p *journalExportParser) line(st *state, line []byte, h *head) verdict {
	h.text = line
	if !bytes.HasPrefix(line[lead(line):], cursor) {
		return absorbed
	}
	h.time, h.quality, h.severity, h.kind, h.resource = analysis.NoTime, 0, 0, analysis.KindLog, analysis.Resource{}
	var message, identifier []byte
	level := -1
	for rest := st.rest; ; {
		name, value, after, ok := journalField(rest)
		if !ok {
			break
		}
		switch string(name) {
		case "__REALTIME_TIMESTAMP":
			if n := parseEpoch(value, &st.civil); n == len(value) {
				h.time, h.quality = st.clock.time(&st.civil)
			}
		case "MESSAGE":
			message = value
		case "PRIORITY":
			if len(value) == 1 && value[0] >= '0' && value[0] <= '7' {
				level = int(value[0] - '0')
			}
		case "_HOSTNAME":
			h.resource.Host = st.name(value)
		case "_SYSTEMD_UNIT", "UNIT":
			if len(h.resource.Unit) == 0 || name[0] == '_' {
				h.resource.Unit = st.name(value)
			}
		case "SYSLOG_IDENTIFIER":
			identifier = value
		}
		rest = after
	}
	if h.resource.Unit == "" {
		h.resource.Unit = st.name(identifier)
	}
	at, quality := h.time, h.quality
	p.inner.read(st, message, h)
	if h.time, h.quality = at, quality; level >= 0 {
		h.severity = syslogSeverity(level)
	}
	return starts
}

// journalField reads the field at the start of b: NAME=text in one line, or
// NAME alone, the length of its value in eight bytes, and the value. An empty
// line, the next entry and what is neither end the fields.
func journalField(b []byte) (name, value, rest []byte, ok bool) {
	line, after, whole := bytes.Cut(b, []byte{'\n'})
	line = bytes.TrimSuffix(line, []byte{'\r'})
	if len(line) == 0 || bytes.HasPrefix(line, cursor) {
		return nil, nil, nil, false
	}
	if name, value, ok = bytes.Cut(line, []byte{'='}); ok {
		return name, value, after, true
	}
	if !whole || len(after) < 8 {
		return nil, nil, nil, false
	}
	n := uint64(0)
	for i, c := range after[:8] { // the least byte first
		n |= uint64(c) << (8 * i)
	}
	if after = after[8:]; n > uint64(len(after)) {
		return nil, nil, nil, false
	}
	rest = after[n:]
	if len(rest) > 0 && rest[0] == '\n' {
		rest = rest[1:]
	}
	return line, after[:n], rest, true
}
