package format

import (
	"bytes"

	"faultline/analysis"
)

// prefix returns the container's name and the length of the prefix that
// Docker Compose ("web-1  | text") and kubectl ("[pod/web-0/web] text") put
// before each line; 0 for none.
func prefix(line []byte) (name []byte, n int) {
	i := lead(line)
	if i >= len(line) {
		return nil, 0
	}
	if line[i] == '[' {
		if !bytes.HasPrefix(line[i:], []byte("[pod/")) {
			return nil, 0
		}
		end := bytes.IndexByte(line[i:min(len(line), i+300)], ']')
		if end < 0 || i+end+1 >= len(line) || line[i+end+1] != ' ' {
			return nil, 0
		}
		return line[i+5 : i+end], i + end + 2
	}
	from := i
	for i < len(line) && i-from < 80 && (letter(line[i]) || digit(line[i]) || line[i] == '-' || line[i] == '_' || line[i] == '.') {
		i++
	}
	if name = line[from:i]; len(name) == 0 || i+1 >= len(line) || line[i] != ' ' {
		return nil, 0
	}
	for i < len(line) && i-from < 120 && line[i] == ' ' {
		i++
	}
	for i < len(line) && line[i] == 0x1b {
		i += escape(line[i:])
	}
	if i >= len(line) || line[i] != '|' {
		return nil, 0
	}
	i++
	for i < len(line) && line[i] == 0x1b {
		i += escape(line[i:])
	}
	if i < len(line) && line[i] == ' ' {
		i++
	}
	return name, i
}

// sniffPrefixed accepts logs of several containers in one file, every line
// behind its container's name. What stands behind it is any line format.
func sniffPrefixed(s *sample) match {
	n, total := 0, 0
	sub := &sample{path: s.path, text: s.text, complete: s.complete, eol: s.eol}
	for _, line := range s.lines {
		if len(line) == 0 || bytes.HasPrefix(line, []byte("Attaching to ")) || bytes.Contains(line, []byte(" exited with code ")) { // Compose's own
			continue
		}
		total++
		if _, k := prefix(line); k > 0 {
			n++
			line = line[k:]
		}
		sub.lines = append(sub.lines, line)
	}
	if n < 2 || n*10 < total*9 {
		return match{}
	}
	var best match
	for _, sniff := range []func(*sample) match{sniffJSONLines, sniffAccess, sniffLogfmt, sniffText, sniffPlain} {
		if m := sniff(sub); m.confidence > best.confidence {
			best = m
		}
	}
	open := best.open
	best.confidence = max(best.confidence, 0.6) + 0.08
	best.reason += ", behind a container's name"
	best.open = func(o Options) Reader {
		r := open(o).(*lineReader) // all sniffers above open one
		if p, ok := r.parser.(*plainParser); ok {
			p.kind = analysis.KindLog
		}
		r.parser = &prefixParser{r.parser}
		return r
	}
	return best
}

// prefixParser takes the container's name off each line.
type prefixParser struct{ parser }

func (p *prefixParser) wholeLines() {}

func (p *prefixParser) line(st *state, line []byte, h *head) verdict {
	name, n := prefix(line)
	if n == 0 {
		return p.parser.line(st, line, h)
	}
	v := p.parser.line(st, line[n:], h)
	other := len(st.prefix) > 0 && !bytes.Equal(st.prefix, name)
	st.prefix = append(st.prefix[:0], name...)
	if v == continues && !h.stamped && other && len(h.text) > 0 { // what another container says is no part of this one's record
		h.time, h.quality, h.kind, h.resource = analysis.NoTime, analysis.TimeNone, analysis.KindLog, analysis.Resource{}
		h.severity, _ = (&levels{}).find(h.text)
		v = starts
	}
	if v == starts && h.resource.Container == "" {
		if i := bytes.LastIndexByte(name, '/'); i > 0 {
			h.resource.Pod = st.name(name[:i])
			name = name[i+1:]
		}
		h.resource.Container = st.name(name)
	}
	return v
}

func (p *prefixParser) settled(line []byte) bool {
	_, n := prefix(line)
	if mem, ok := p.parser.(rememberer); ok {
		return mem.settled(line[n:])
	}
	return true
}

func (p *prefixParser) forward(data []byte) bool {
	mem, ok := p.parser.(rememberer)
	return ok && mem.forward(data)
}
