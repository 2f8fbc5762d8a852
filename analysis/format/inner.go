package format

import (
	"bytes"

	"faultline/analysis"
)

// inner reads what stands inside an envelope (a container runtime's, syslog's
// or the journal's line, or behind a plain stamp): klog, a second stamp, JSON,
// logfmt or a level word.
type inner struct {
	places []place // stamps of the program itself
	levels levels
	layout layout // of what stands behind stamp and level
}

// learnInner learns from texts that were taken out of their envelopes.
func learnInner(texts [][]byte) inner { return learnPlaces(texts, false) }

// learnRaw is learnInner for whole lines of several logs, whose stamps need not
// come first.
func learnRaw(texts [][]byte) inner { return learnPlaces(texts, true) }

func learnPlaces(texts [][]byte, anywhere bool) inner {
	var in inner
	l := learn(texts)
	if l.share >= 0.1 && l.found >= 2 {
		for _, p := range l.places {
			if (p.count == 0 || anywhere) && p.form != formBoot {
				in.places = append(in.places, p)
			}
		}
	}
	if len(in.places) > 0 {
		in.levels = l.levels
		return in
	}
	in.levels.learn(texts)
	return in
}

// learnLayout learns the fields that stand before the messages, from the texts
// that learnInner saw.
func (in *inner) learnLayout(texts [][]byte) {
	var rests [][]byte
	for _, t := range texts {
		if len(t) == 0 || t[0] == '{' {
			continue
		}
		if len(in.places) == 0 {
			rests = append(rests, t)
			continue
		}
		var c civil
		for _, p := range in.places {
			if n := p.read(t, &c); n > 0 {
				if c.letter == 0 { // klog's header is known
					rests = append(rests, t[n:])
				}
				break
			}
		}
	}
	in.layout = learnLayout(in.levels.behind(rests))
}

// read takes severity and message of text into h, whose time stays the
// envelope's. It returns the inner stamp's length and c where it found one.
func (in *inner) read(st *state, text []byte, h *head) (stamped bool) {
	h.text = text
	i := lead(text)
	for i < len(text) && text[i] == ' ' {
		i++
	}
	if i >= len(text) {
		return false
	}
	b := text[i:]
	h.text = b
	switch c := b[0]; {
	case c == '{':
		if readJSON(st, b, h, nil) {
			return false
		}
	case (c == 'I' || c == 'W' || c == 'E' || c == 'F') && len(b) > 20 && b[5] == ' ':
		if n := formKlog.parse(b, &st.civil); n > 0 {
			readKlog(st.civil.letter, b, n, h)
			return true
		}
	case c == '[' && len(b) > 14 && (b[1] == ' ' || digit(b[1])):
		if n := formBoot.parse(b[1:], &st.civil); n > 0 { // the kernel's, behind syslog's stamp
			s, from := in.levels.find(b[n+2:])
			if s != 0 {
				h.severity = s
			}
			h.text = b[n+2+from:]
			return false
		}
	case c == 't' || c == 'l' || c == 'm':
		if looksLogfmt(b) && readLogfmt(st, b, h, nil) {
			return false
		}
	}
	for _, p := range in.places {
		if n := p.read(b, &st.civil); n > 0 {
			s, from := in.levels.find(b[n:])
			if s == 0 {
				s = levelBefore(b[:p.skip(b)])
			}
			h.text = b[n+from:]
			if s == 0 && len(h.text) > 0 && h.text[0] == '"' {
				if status := requestStatus(h.text); status > 0 {
					s = statusSeverity(status)
				}
			}
			if s != 0 {
				h.severity = s
			}
			if in.layout != nil {
				in.layout.cut(st, h)
			}
			return true
		}
	}
	if digit(b[0]) { // a program's own stamp that the first lines did not show
		if n := formISO.parse(b, &st.civil); n > 0 {
			s, from := in.levels.find(b[n:])
			if s != 0 {
				h.severity = s
			}
			h.text = b[n+from:]
			return true
		}
	}
	s, from := in.levels.find(b)
	if s != 0 {
		h.severity = s
		h.text = b[from:]
		if n := secondClock(h.text, &st.civil); n > 0 {
			h.text = h.text[n:]
		}
	}
	h.originator(st)
	if in.layout != nil && len(in.places) == 0 {
		in.layout.cut(st, h)
	}
	return false
}

// levelBefore returns the level that stands before the stamp, if any.
func levelBefore(prefix []byte) analysis.Severity {
	for i, k := 0, 0; i < len(prefix) && k < 4; k++ {
		from, to := token(prefix, i)
		if from == to {
			break
		}
		if s, strong, _ := levelIn(prefix[from:to]); s != 0 && strong {
			return s
		}
		i = to
	}
	return 0
}

// readKlog reads the rest of a klog line whose stamp ends at b[n]: thread,
// file:line] message.
func readKlog(level byte, b []byte, n int, h *head) {
	switch level {
	case 'I':
		h.severity = analysis.SeverityInfo
	case 'W':
		h.severity = analysis.SeverityWarn
	case 'E':
		h.severity = analysis.SeverityError
	case 'F':
		h.severity = analysis.SeverityFatal
	case 'D':
		h.severity = analysis.SeverityDebug
	}
	h.text = b[n:]
	if i := bytes.IndexByte(b[n:min(len(b), n+200)], ']'); i >= 0 {
		h.text = b[n+i+1:]
	}
	for len(h.text) > 0 && h.text[0] == ' ' {
		h.text = h.text[1:]
	}
}

// secondClock returns the length of a stamp in seconds since 1970 that a program
// writes behind the level, "[1627982159.5086] ", and of the blank behind it.
func secondClock(b []byte, c *civil) int {
	if len(b) < 14 || b[0] != '[' || !digit(b[1]) {
		return 0
	}
	n := formEpoch.parse(b[1:], c)
	if n == 0 || n+2 >= len(b) || b[n+1] != ']' || b[n+2] != ' ' {
		return 0
	}
	return n + 3
}

// originator takes off the structured data that VMware's programs write before
// the message, with the program's name or without it:
// "vpxd[04000] [Originator@6876 sub=Default opID=1f] ".
func (h *head) originator(st *state) {
	b := h.text
	open := bytes.Index(b[:min(len(b), 80)], []byte("[Originator@"))
	if open < 0 {
		return
	}
	end := bytes.IndexByte(b, ']')
	for end >= 0 && end < open {
		k := bytes.IndexByte(b[end+1:], ']')
		if k < 0 {
			return
		}
		end += 1 + k
	}
	if end < 0 || end+2 >= len(b) || b[end+1] != ' ' {
		return
	}
	if open > 0 {
		pid := bytes.IndexByte(b[:open], '[')
		if pid <= 0 || !bytes.HasSuffix(b[:open], []byte("] ")) || len(bytes.Trim(b[pid+1:open-2], "0123456789ABCDEFabcdef")) > 0 {
			return
		}
		if h.resource.Process == "" && h.resource.Unit == "" {
			h.resource.Process = st.name(b[:pid])
		}
	}
	h.text = b[end+2:]
}
