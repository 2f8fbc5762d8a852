package format

import (
	"bytes"

	"faultline/analysis"
)

// envelope is a container runtime's line: time, stream and the program's own
// text.
type envelope struct {
	text    []byte
	stream  int  // 0 stdout, 1 stderr
	partial bool // the text goes on in the stream's next line
}

// enveloper splits a line of a container runtime; ok is false for others. The
// time goes to st.civil.
type enveloper func(st *state, line []byte) (e envelope, ok bool)

// sniffCRI accepts container logs as the kubelet keeps them:
// "2016-10-06T00:17:09.669794202Z stdout F text" (Kubernetes' CRI logging
// format).
func sniffCRI(s *sample) match {
	return sniffEnvelope(s, criEnvelope, match{format: "cri", reason: "time, stream and tag of the container runtime interface"})
}

func criEnvelope(st *state, line []byte) (envelope, bool) {
	if len(line) < 29 || line[4] != '-' {
		line = line[lead(line):]
	}
	n := formISO.parse(line, &st.civil)
	if n == 0 || !st.civil.zoned || n+8 > len(line) || line[n] != ' ' || line[n+1] != 's' {
		return envelope{}, false
	}
	b := line[n+1:]
	var e envelope
	switch {
	case b[3] == 'o' && string(b[:7]) == "stdout ":
	case b[3] == 'e' && string(b[:7]) == "stderr ":
		e.stream = 1
	default:
		return envelope{}, false
	}
	b = b[7:]
	if len(b) == 0 || b[0] != 'F' && b[0] != 'P' {
		return envelope{}, false
	}
	e.partial = b[0] == 'P'
	i := bytes.IndexByte(b, ' ')
	if i < 0 {
		i = len(b) - 1
	}
	e.text = b[i+1:]
	return e, true
}

// sniffDocker accepts Docker's json-file logs.
func sniffDocker(s *sample) match {
	return sniffEnvelope(s, dockerEnvelope, match{format: "docker-json", reason: "objects with log, stream and time"})
}

func dockerEnvelope(st *state, line []byte) (envelope, bool) {
	line = line[lead(line):]
	if len(line) < 20 || line[0] != '{' {
		return envelope{}, false
	}
	if e, ok := dockerPlain(st, line); ok {
		return e, true
	}
	v, err := st.outer.ParseBytes(line)
	if err != nil {
		return envelope{}, false
	}
	text, stream, at := v.GetStringBytes("log"), v.GetStringBytes("stream"), v.GetStringBytes("time")
	if text == nil || at == nil || len(stream) != 6 {
		return envelope{}, false
	}
	var e envelope
	if string(stream) == "stderr" {
		e.stream = 1
	}
	if formISO.parse(at, &st.civil) == 0 {
		st.civil = civil{never: true}
	}
	e.partial = len(text) > 0 && text[len(text)-1] != '\n'
	e.text = bytes.TrimRight(text, "\r\n")
	return e, true
}

// dockerPlain reads a line as Docker itself writes it, when its text has no
// escapes but the line end's: most have none, and need not be copied.
func dockerPlain(st *state, line []byte) (e envelope, ok bool) {
	const first, second, third = `{"log":"`, `","stream":"std`, `","time":"`
	if len(line) < 64 || string(line[:len(first)]) != first || line[len(line)-1] != '}' || line[len(line)-2] != '"' {
		return e, false
	}
	tail := line[max(len(first), len(line)-80):]
	i := bytes.Index(tail, []byte(third))
	if i < len(second)+3 || string(tail[i-len(second)-3:i-3]) != second {
		return e, false
	}
	at := tail[i+len(third):]
	if n := formISO.parse(at, &st.civil); n == 0 || n+2 != len(at) {
		return e, false
	}
	switch string(tail[i-3 : i]) {
	case "out":
	case "err":
		e.stream = 1
	default:
		return e, false
	}
	text := line[len(first) : len(line)-len(tail)+i-len(second)-3]
	if n := len(text); n >= 2 && text[n-2] == '\\' && text[n-1] == 'n' {
		text = text[:n-2]
	} else {
		e.partial = n > 0
	}
	if bytes.IndexByte(text, '\\') >= 0 {
		return e, false
	}
	e.text = text
	return e, true
}

func sniffEnvelope(s *sample, split enveloper, m match) match {
	eol := s.eol
	var st state
	n, other := 0, 0
	var texts [][]byte
	for _, line := range s.lines {
		if len(line) == 0 {
			continue
		}
		if other >= 20 && n == 0 { // none of the first lines
			return match{}
		}
		e, ok := split(&st, line)
		if !ok {
			other++
			continue
		}
		n++
		texts = append(texts, bytes.Clone(e.text))
	}
	if n == 0 || n < other {
		return match{}
	}
	m.confidence = 0.8 + 0.18*float64(n)/float64(n+other)
	p := &envelopeParser{split: split, inner: learnInner(texts), format: m.format}
	p.inner.learnLayout(texts)
	m.open = func(o Options) Reader { return newLineReader(o, eol, p) }
	return m
}

// envelopeParser reads lines that a container runtime wrapped. The parts of a
// split line are joined per stream: the record of its first part has the
// whole text; where lines of the other stream stand between, the later parts'
// bytes belong to the record before them. Indented lines and those of stack
// traces join the record before, stamps of their own or not.
type envelopeParser struct {
	split  enveloper
	inner  inner
	format string
}

func (p *envelopeParser) wholeLines() {}

func (p *envelopeParser) line(st *state, line []byte, h *head) verdict {
	h.text = line
	e, ok := p.split(st, line)
	if !ok {
		return continues
	}
	if st.absorb[e.stream] {
		if !e.partial {
			st.absorb[e.stream] = false
		}
		return absorbed
	}
	t, q := st.clock.time(&st.civil)
	if e.partial {
		st.log = append(st.log[:0], e.text...)
		p.ahead(st, e.stream)
		e.text = st.log
	}
	h.time, h.quality = t, q
	if st.traceLine(e.text) {
		h.text, h.stamped = e.text, true
		return continues
	}
	h.severity, h.kind = 0, analysis.KindLog
	h.resource = analysis.Resource{}
	p.inner.read(st, e.text, h)
	return starts
}

// ahead appends the later parts of a stream's line to st.log.
func (p *envelopeParser) ahead(st *state, stream int) {
	rest := st.rest
	for len(rest) > 0 {
		end := len(rest)
		i := bytes.IndexByte(rest, st.eol)
		if i >= 0 {
			end = i + 1
		}
		e, ok := p.split(st, body(rest[:end]))
		rest = rest[end:]
		if ok && e.stream == stream {
			if len(st.log)+len(e.text) <= 1<<24 {
				st.log = append(st.log, e.text...)
			}
			if !e.partial {
				break
			}
		}
	}
	st.absorb[stream] = true
}

func (p *envelopeParser) settled(line []byte) bool {
	var st state
	e, ok := p.split(&st, line)
	return ok && !e.partial && traceSettled(e.text)
}

// forward: with split lines about, only a reading from the start knows where
// both streams are between lines.
func (p *envelopeParser) forward(data []byte) bool {
	if p.format == "docker-json" {
		// A split line has no \n before its closing quote.
		return bytes.Count(data, []byte(`\n","stream"`)) < bytes.Count(data, []byte(`,"stream"`)) || !bytes.Contains(data, []byte(`\n","stream"`))
	}
	return bytes.Contains(data, []byte(" stdout P")) || bytes.Contains(data, []byte(" stderr P"))
}
