package format

import (
	"bytes"
	"strings"

	"faultline/analysis"
)

// sniffPlain accepts any text, as the last resort. In a member that its name
// or its level words call a log, indented and trace lines join the record
// before; in any other every line is a record of a document.
func sniffPlain(s *sample) match {
	eol := s.eol
	p := &plainParser{kind: analysis.KindDocument}
	leveled, total := 0, 0
	for _, line := range s.lines {
		if line = line[lead(line):]; len(line) == 0 || continuation(line) {
			continue
		}
		total++
		if v, _ := p.inner.levels.find(line); v != 0 {
			leveled++
		}
	}
	m := match{confidence: 0.05, format: "plain", detail: "document", reason: "text without times"}
	if bytes.HasPrefix(s.text, []byte("#!")) || bytes.HasPrefix(s.text, []byte("<")) {
		m.reason = "a script or markup"
	} else if looksLikeLog(s.path) || leveled >= 2 && leveled*2 >= total && !strings.Contains(s.path, "commands/") {
		p.kind, m.detail = analysis.KindLog, "log"
		var l levels
		l.learn(s.lines)
		p.inner.levels.slash = l.slash
		if leveled*2 >= total {
			p.inner.learnLayout(s.lines)
		}
	}
	m.open = func(o Options) Reader { return newLineReader(o, eol, p) }
	return m
}

// plainParser reads text whose first lines have no stamps. A later line of a
// log that is JSON, or begins with an ISO stamp or klog's header, has its time
// from there.
type plainParser struct {
	kind  analysis.RecordKind
	inner inner
}

func (p *plainParser) line(st *state, line []byte, h *head) verdict {
	h.text = line
	if p.kind == analysis.KindLog && st.traceLine(line[lead(line):]) {
		return continues
	}
	h.time, h.quality, h.severity, h.kind = analysis.NoTime, analysis.TimeNone, 0, p.kind
	h.resource = analysis.Resource{}
	if p.kind != analysis.KindLog {
		return starts
	}
	b := line[lead(line):]
	if object0(b) && readJSON(st, b, h, &st.clock) {
		(&objects{}).stamp(st, h)
		return starts
	}
	if p.inner.read(st, b, h) {
		h.time, h.quality = st.clock.time(&st.civil)
	}
	if b := h.text; len(b) > 22 && b[0] == 's' && bytes.HasPrefix(b, section) { // GitLab's section_start:1560896352:name
		if i := bytes.IndexByte(b, ':'); i > 0 && parseEpoch(b[i+1:], &st.civil) > 0 {
			h.time, h.quality = st.clock.time(&st.civil)
		}
	}
	command(h)
	return starts
}

var section = []byte("section_")

func (p *plainParser) settled(line []byte) bool {
	return p.kind != analysis.KindLog || traceSettled(line[lead(line):])
}

func (p *plainParser) forward([]byte) bool { return false }

// Plain is the detection of text without a known form, for members that turn
// out not to be read otherwise.
func Plain() Detection {
	m := sniffPlain(&sample{eol: '\n'})
	return Detection{Kind: analysis.MemberText, Format: m.format, Reason: m.reason, open: m.open}
}
