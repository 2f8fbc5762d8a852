package format

import (
	"bytes"

	"faultline/analysis"
)

// statusSeverity is what a HTTP status says of its request: 500 and above are
// the server's failures (error), 400 and above the client's (warn), others
// info.
func statusSeverity(status int) analysis.Severity {
	switch {
	case status >= 500:
		return analysis.SeverityError
	case status >= 400:
		return analysis.SeverityWarn
	}
	return analysis.SeverityInfo
}

// sniffAccess accepts the common and the combined log format of web servers:
// host ident user [02/Jan/2006:15:04:05 -0700] "request" status bytes.
func sniffAccess(s *sample) match {
	eol := s.eol
	var st state
	p := &accessParser{}
	n, other := 0, 0
	for _, line := range s.lines {
		if len(line) == 0 || continuation(line) {
			continue
		}
		var h head
		if p.line(&st, line, &h) == starts && h.severity != 0 {
			n++
		} else {
			other++
		}
	}
	if n == 0 || n < other {
		return match{}
	}
	return match{
		format: "access", confidence: 0.6 + 0.35*float64(n)/float64(n+other), reason: "requests with a status, as web servers log them",
		open: func(o Options) Reader { return newLineReader(o, eol, p) },
	}
}

// accessParser reads access logs. The message begins with the request; client
// and user before it stay in Raw.
type accessParser struct{}

func (p *accessParser) line(st *state, line []byte, h *head) verdict {
	h.text = line
	b := line[lead(line):]
	if len(b) < 30 {
		return continues
	}
	open := bytes.IndexByte(b[:min(len(b), 300)], '[')
	for open >= 0 && open+21 < len(b) {
		if n := formDMonY.parse(b[open+1:], &st.civil); n > 0 && open+1+n < len(b) && b[open+1+n] == ']' {
			h.kind, h.resource, h.severity = analysis.KindLog, analysis.Resource{}, 0
			h.time, h.quality = st.clock.time(&st.civil)
			rest := b[open+n+2:]
			for len(rest) > 0 && rest[0] == ' ' {
				rest = rest[1:]
			}
			h.text = rest
			if status := requestStatus(rest); status > 0 {
				h.severity = statusSeverity(status)
			}
			return starts
		}
		next := bytes.IndexByte(b[open+1:min(len(b), 400)], '[')
		if next < 0 {
			break
		}
		open += 1 + next
	}
	return continues
}

// requestStatus returns the status behind a quoted request, 0 for none.
func requestStatus(b []byte) int {
	if len(b) == 0 || b[0] != '"' {
		return 0
	}
	for i := 1; i+4 < len(b); i++ {
		if b[i] == '\\' {
			i++
			continue
		}
		if b[i] == '"' {
			if b[i+1] == ' ' && i+4 < len(b) && digit(b[i+4]) && (i+5 == len(b) || b[i+5] == ' ') {
				if v := two(b, i+2); v >= 10 && v < 60 {
					return v*10 + int(b[i+4]-'0')
				}
			}
			return 0
		}
	}
	return 0
}

// balancerStatus returns the status in a line of HAProxy's HTTP log,
// "... frontend backend/server 10/0/30/69/109 503 2750 ...": it follows the
// five times of the request. 0 for none.
func balancerStatus(b []byte) int {
	for i := 0; i < len(b); {
		end := i
		slashes, other := 0, 0
		for end < len(b) && b[end] != ' ' {
			switch c := b[end]; {
			case c == '/':
				slashes++
			case !digit(c) && c != '-' && c != '+':
				other++
			}
			end++
		}
		if slashes == 4 && other == 0 && end+4 < len(b) && b[end+4] == ' ' && digit(b[end+3]) {
			if v := two(b, end+1); v >= 10 && v < 60 {
				return v*10 + int(b[end+3]-'0')
			}
		}
		i = end + 1
	}
	return 0
}

// generatedStatus returns the status in a request that uWSGI logs, "GET /a =>
// generated 31 bytes in 3 msecs (HTTP/1.1 500) 3 headers"; 0 for none.
func generatedStatus(b []byte) int {
	i := bytes.Index(b, []byte(" => generated "))
	if i < 0 {
		return 0
	}
	k := bytes.Index(b[i:], []byte(" (HTTP/"))
	if k < 0 {
		return 0
	}
	i += k + len(" (HTTP/")
	if k = bytes.IndexByte(b[i:], ' '); k < 0 || i+k+4 >= len(b) || b[i+k+4] != ')' || !digit(b[i+k+3]) {
		return 0
	}
	v := two(b, i+k+1)
	if v < 10 || v > 59 {
		return 0
	}
	return v*10 + int(b[i+k+3]-'0')
}
