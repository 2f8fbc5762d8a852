package format

import (
	"bytes"

	"faultline/analysis"
)

// sniffW3C accepts the extended log format of the W3C (IIS, CloudFront and
// others): a "#Fields:" line names what the lines below it hold.
// https://www.w3.org/TR/WD-logfile
func sniffW3C(s *sample) match {
	var p *w3cParser
	var c civil
	for _, line := range s.lines[:min(len(s.lines), 20)] {
		line = line[lead(line):]
		if offset, ok := bytes.CutPrefix(line, []byte("#GMT-Offset:")); ok {
			zone(bytes.TrimSpace(offset), 0, &c)
		}
		if names, ok := bytes.CutPrefix(line, []byte("#Fields:")); ok {
			p = w3cFields(names)
			break
		}
	}
	if p == nil || p.time < 0 {
		return match{}
	}
	p.offset = c.offset
	eol := s.eol
	return match{
		format: "w3c", confidence: 0.95, reason: "a line that names the fields, as the W3C's extended log format has it",
		open: func(o Options) Reader { return newLineReader(o, eol, p) },
	}
}

// w3cParser reads the lines below "#Fields:". Those of the first such line of
// the member count. The message is what stands behind date and time.
type w3cParser struct {
	date, time, status, host, site int // places of fields, -1 for none
	fields                         int
	sep                            byte
	local                          bool // date and time are local ones
	offset                         int  // seconds east of UTC, where a line says so
}

func w3cFields(names []byte) *w3cParser {
	p := &w3cParser{date: -1, time: -1, status: -1, host: -1, site: -1, sep: ' '}
	if bytes.IndexByte(bytes.TrimSpace(names), '\t') >= 0 {
		p.sep = '\t'
	}
	for _, name := range bytes.Fields(names) {
		switch string(name) {
		case "date", "date-local":
			p.date = p.fields
		case "time", "time-local":
			p.time, p.local = p.fields, len(name) > 4
		case "sc-status":
			p.status = p.fields
		case "s-computername":
			p.host = p.fields
		case "s-sitename":
			p.site = p.fields
		}
		p.fields++
	}
	return p
}

func (p *w3cParser) line(st *state, line []byte, h *head) verdict {
	h.text = line
	b := line[lead(line):]
	if len(b) == 0 {
		return continues
	}
	h.time, h.quality, h.severity, h.kind, h.resource = analysis.NoTime, 0, 0, analysis.KindLog, analysis.Resource{}
	if b[0] == '#' {
		return starts
	}
	c := &st.civil
	*c = civil{zoned: !p.local, offset: p.offset} // the format's times are in UTC
	clocked := false
	for k, rest, more := 0, b, true; more; k++ {
		var field []byte
		field, rest, more = p.next(rest)
		switch k {
		case p.date:
			if len(field) == 10 && field[4] == '-' && field[7] == '-' {
				c.year, c.month, c.day = four(field, 0), two(field, 5), two(field, 8)
			}
		case p.time:
			clocked = clock(field, 0, c) > 0
			if p.date == 0 && p.time == 1 {
				h.text = rest
			}
		case p.status:
			if len(field) == 3 && digit(field[0]) && two(field, 1) >= 0 {
				h.severity = statusSeverity(int(field[0]-'0')*100 + two(field, 1))
			}
		case p.host:
			h.resource.Host = p.name(st, field)
		case p.site:
			h.resource.Unit = p.name(st, field)
		}
	}
	if clocked && c.year > 0 && c.month > 0 && c.day > 0 {
		h.time, h.quality = st.clock.time(c)
	}
	if h.time == analysis.NoTime {
		h.problem = analysis.ProblemSyntax
		h.text, h.severity, h.resource = line, 0, analysis.Resource{}
	}
	return starts
}

// next cuts the first field off b. Blanks may come several at once and stand in
// quotes, tabs not.
func (p *w3cParser) next(b []byte) (field, rest []byte, more bool) {
	if p.sep == ' ' {
		b = bytes.TrimLeft(b, " ")
		if len(b) > 0 && b[0] == '"' {
			i := 1
			for i < len(b) && (b[i] != '"' || i+1 < len(b) && b[i+1] == '"') {
				if b[i] == '"' {
					i++
				}
				i++
			}
			field, rest = b[1:min(i, len(b))], b[min(i+1, len(b)):]
			return field, rest, len(rest) > 0
		}
	}
	return bytes.Cut(b, []byte{p.sep})
}

func (p *w3cParser) name(st *state, field []byte) string {
	if string(field) == "-" {
		return ""
	}
	return st.name(field)
}
