package format

import (
	"bytes"
	"path"
	"strings"
	"time"

	"faultline/analysis"
)

// sniffText accepts text whose lines carry a stamp of one (or a few) of the
// known forms at one place. By what dominates it is called "klog", "cri"
// (container logs with the runtime's stamp but without its stream),
// "github-actions" or "text".
func sniffText(s *sample) match {
	eol := s.eol
	l := learn(s.lines)
	if len(l.places) == 0 {
		return match{}
	}
	first := l.places[0]
	logName := looksLikeLog(s.path)
	switch {
	case l.found == 1 && l.lines > 3 && !(logName && l.share > 0.1):
		return match{}
	case l.share < 0.6 && !(l.share >= 0.03 && logName && first.count <= 2 && first.form != formEpoch && first.form != formClock) && !(l.share >= 0.3 && l.found >= 3 && l.inOrder >= 0.8):
		return match{}
	case !logName && (l.inOrder < 0.6 || first.count > 2) || first.count > 2 && l.inOrder < 0.7 && !(logName && l.share > 0.9) || table(s.lines):
		return match{}
	case l.bare*2 > l.found && (!logName || l.share < 0.6): // "Log started: 2022-02-07 15:32:54": marks, not records
		return match{}
	case first.form == formEpoch && first.count > 0 && (l.share < 0.8 || l.inOrder < 0.4 && !logName):
		return match{}
	case first.form == formClock && (!logName && l.levels.at == 0 || l.inOrder < 0.5):
		return match{}
	}
	m := match{format: "text", confidence: 0.5 + 0.35*l.share, reason: "lines carry a stamp of one form", needsYear: !l.year}
	p := &textParser{places: l.places, levels: l.levels}
	if objects := objectLines(s.lines); len(objects) >= 2 {
		p.mayJSON, p.objects = true, learnObjects(objects)
	}
	var texts [][]byte
	switch {
	case first.form == formKlog || first.form == formGlog:
		m.format, m.reason, m.confidence = "klog", "lines begin with klog's header", m.confidence+0.05
	case first.count == 0 && first.form == formISO && l.zoned && l.digits == 7 && actions(l.rests, s):
		m.format, m.reason, m.confidence = "github-actions", "lines carry the runner's stamps", m.confidence+0.05
		p.actions = true
	case first.count == 0 && first.form == formISO && l.zoned && l.digits == 9 && bytes.IndexByte(l.samples[0], 'T') == 10:
		m.format, m.detail, m.reason, m.confidence = "cri", "stamps only", "lines carry a container runtime's stamps", m.confidence+0.02
		p.joins = true
		texts = trimBlank(l.rests)
		p.inner, p.envelope = learnInner(texts), true
		p.inner.learnLayout(texts)
	}
	if m.format == "text" && first.count == 0 && l.zoned && spoken(l.rests) {
		p.spoken, p.joins, p.envelope = true, true, true
		for _, r := range l.rests {
			_, r = speaker(r)
			texts = append(texts, r)
		}
		p.inner = learnInner(texts)
		p.inner.learnLayout(texts)
	} else if m.format == "text" && gitlab(l.rests) {
		m.detail, p.gitlab = "GitLab job", true
		rests := make([][]byte, 0, len(l.rests))
		for _, r := range l.rests {
			rests = append(rests, runnerText(r))
		}
		p.inner, p.envelope = learnInner(rests), true
	} else if m.format == "text" || m.format == "github-actions" {
		if in := innerOf(l.rests); in != nil && m.format != "klog" {
			p.inner, p.envelope = *in, true
			if m.format == "text" {
				p.inner.learnLayout(trimBlank(l.rests))
			}
		}
	}
	if m.format == "text" && !p.envelope {
		p.layout = learnLayout(p.levels.behind(l.rests))
	}
	var base time.Time
	if l.clockDay {
		base, _ = baseTime(s.lines)
	}
	boot := int64(0)
	if first.form == formBoot {
		if boot = bootTime(s.text); boot != 0 {
			m.detail, m.reason = "kernel", "the kernel's seconds since boot, its start told by its own lines"
		}
	}
	guess := l.guess
	m.open = func(o Options) Reader {
		clock := newClockwork(o.Zone, o.Reference)
		if !base.IsZero() {
			clock = newClockwork(o.Zone, base)
		}
		clock.boot = boot
		r := newLineReaderClock(o, eol, p, clock)
		r.faults.guess = guess
		return r
	}
	return m
}

// speaker takes the name in brackets off that a service manager writes between
// its stamp and each line of a service's output,
// "2025-05-14T04:25:35.077Z [container-agent]   File ...".
func speaker(rest []byte) (name, text []byte) {
	if len(rest) < 5 || rest[0] != ' ' || rest[1] != '[' {
		return nil, rest
	}
	end := bytes.IndexByte(rest[:min(len(rest), 60)], ']')
	if end < 4 {
		return nil, rest
	}
	name = rest[2:end]
	for _, c := range name {
		if c-'a' >= 26 && !digit(c) && c != '-' && c != '_' && c != '.' {
			return nil, rest
		}
	}
	if !letter(name[0]) || severity(name) != 0 {
		return nil, rest
	}
	text = rest[end+1:]
	if len(text) > 0 && text[0] == ' ' {
		text = text[1:]
	}
	return name, text
}

// aligned reports whether a text is indented by nothing but the width of its
// level, "[main]  INFO started" above "[main] ERROR failed": such lines begin
// records, and brackets like these name threads.
func aligned(text []byte) bool {
	from, to := token(text, 0)
	if from == 0 || from == to {
		return false
	}
	s, strong, _ := levelIn(text[from:to])
	return s != 0 && strong
}

// spoken reports whether all lines name their speakers, and what they say are
// lines of output that have stamps of their own or go over several lines.
func spoken(rests [][]byte) bool {
	named, inner := 0, 0
	for _, r := range rests {
		name, text := speaker(r)
		if name == nil {
			continue
		}
		named++
		var c civil
		if len(text) > 1 && ((text[0] == ' ' || text[0] == '\t') && !aligned(text) || formISO.parse(text, &c) > 0) {
			inner++
		}
	}
	return named >= 3 && named*20 >= len(rests)*19 && inner*20 >= named
}

// innerOf learns what stands behind the stamps, where a good part of it has a
// form of its own (klog, JSON, a second stamp).
func innerOf(rests [][]byte) *inner {
	n := 0
	for _, b := range trimBlank(rests) {
		var c civil
		if len(b) > 0 && (b[0] == '{' && len(b) > 2 && b[len(b)-1] == '}' || formKlog.parse(b, &c) > 0 || looksLogfmt(b)) {
			n++
			continue
		}
		for _, f := range []form{formISO, formMonD} {
			if f.parse(b, &c) > 0 {
				n++
				break
			}
		}
	}
	if n < 2 || n*10 < len(rests) {
		return nil
	}
	in := learnInner(trimBlank(rests))
	return &in
}

func trimBlank(texts [][]byte) [][]byte {
	out := make([][]byte, 0, len(texts))
	for _, t := range texts {
		if len(t) > 0 && (t[0] == ' ' || t[0] == '\t') {
			t = t[1:]
		}
		out = append(out, t)
	}
	return out
}

// looksLikeLog reports whether a path names a log. Configuration of logging,
// scripts and system files have such names too.
func looksLikeLog(p string) bool {
	p = strings.ToLower(p)
	dir, base := path.Split(p)
	base = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(base, ".gz"), ".xz"), ".bz2")
	switch path.Ext(base) {
	case ".conf", ".cfg", ".service", ".socket", ".timer", ".rules", ".py", ".sh", ".json", ".yaml", ".yml", ".xml", ".md", ".html", ".csv", ".defs", ".path", ".ini", ".go", ".js", ".css", ".tmpl", ".j2":
		return false
	}
	for _, part := range strings.Split(dir, "/") {
		switch part {
		case "etc", "usr", "proc", "sys":
			return false
		}
	}
	if strings.HasPrefix(base, "ls_") {
		return false
	}
	for _, w := range strings.FieldsFunc(base, func(r rune) bool { return r < 'a' || r > 'z' }) {
		switch w {
		case "log", "logs", "logfile", "syslog", "messages", "dmesg", "stdout", "stderr", "console", "consoletext", "journalctl", "journal", "out", "err", "trace", "debug", "output", "catalina":
			return true
		}
	}
	for _, part := range strings.Split(dir, "/") {
		if part == "log" || part == "podlogs" || strings.HasSuffix(part, "logs") || strings.HasSuffix(part, "_log") || strings.HasPrefix(part, "log-") {
			return true
		}
	}
	return false
}

// table reports whether the text begins with the column heads of a command's
// output.
func table(lines [][]byte) bool {
	for _, line := range lines {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		heads := 0
		for _, w := range bytes.Fields(line) {
			if len(w) > 1 && upper(w) && letter(w[0]) && severity(w) == 0 {
				heads++
			} else {
				return false
			}
		}
		return heads >= 3
	}
	return false
}

// objectLines returns the lines that are JSON objects.
func objectLines(lines [][]byte) [][]byte {
	var out [][]byte
	for _, line := range lines {
		if object0(line) {
			out = append(out, line)
		}
	}
	return out
}

// actions reports whether the texts behind the stamps, or the stamps alone,
// are a GitHub Actions runner's.
func actions(rests [][]byte, s *sample) bool {
	for _, r := range rests {
		if bytes.Contains(r, []byte("##[")) || bytes.Contains(r, []byte("Current runner version:")) {
			return true
		}
	}
	return bytes.Contains(s.text, []byte("##[")) || len(rests) >= 2 // seven digits are the runner's mark
}

// baseTime returns the first complete date and time that one of the lines
// carries, for stamps that lack it.
func baseTime(lines [][]byte) (t time.Time, ok bool) {
	var c civil
	w := clockwork{}
	for _, line := range lines {
		line = line[lead(line):]
		for _, p := range candidates(line) {
			if p.read(line, &c) == 0 || c.noYear || c.noDate || c.never {
				continue
			}
			if ns, q := w.time(&c); q > 0 {
				return analysis.Time(ns), true
			}
		}
	}
	return time.Time{}, false
}

// gitlab reports whether the texts behind the stamps begin as a GitLab
// runner's do: " 00O text", stream number, O or E, a + where the line goes on.
func gitlab(rests [][]byte) bool {
	n := 0
	for _, r := range rests {
		if len(runnerText(r)) < len(r) {
			n++
		}
	}
	return n >= 2 && n*10 >= len(rests)*9
}

// runnerText takes GitLab's stream off a text.
func runnerText(b []byte) []byte {
	if len(b) >= 5 && b[0] == ' ' && digit(b[1]) && digit(b[2]) && (b[3] == 'O' || b[3] == 'E') && (b[4] == ' ' || b[4] == '+') {
		return b[5:]
	}
	return b
}

// bootTime returns when the kernel started, by the first of its lines that
// names both clocks: "rtc: setting system clock to ... (1644446311)" or
// "audit(1644446386.626:298)"; 0 when none does.
func bootTime(text []byte) int64 {
	for _, mark := range []string{" UTC (", "audit("} {
		rest := text
		for {
			i := bytes.Index(rest, []byte(mark))
			if i < 0 {
				break
			}
			from := bytes.LastIndexByte(rest[:i], '\n') + 1
			line := rest[from:]
			var stamp, wall civil
			if line[0] == '[' && formBoot.parse(line[1:], &stamp) > 0 && formEpoch.parse(rest[i+len(mark):], &wall) > 0 {
				if mark == "audit(" || bytes.Contains(line[:i-from], []byte("setting system clock")) {
					return wall.epoch - stamp.epoch
				}
			}
			rest = rest[i+len(mark):]
		}
	}
	return 0
}

// textParser reads lines that begin with a learned stamp.
type textParser struct {
	places   []place
	levels   levels
	layout   layout
	inner    inner
	envelope bool // the text behind the stamp is read by inner
	joins    bool // indented and trace lines join although they have stamps
	actions  bool // GitHub Actions' marks
	spoken   bool // the name of the service stands in brackets behind the stamp
	gitlab   bool // GitLab's stream and its flag stand behind the stamp
	mayJSON  bool // whole lines of JSON stand between
	objects  objects
}

func (p *textParser) line(st *state, line []byte, h *head) verdict {
	h.text = line
	b := line
	if len(b) == 0 {
		return continues
	}
	if c := b[0]; c < ' ' || c == 0xEF {
		b = b[lead(b):]
		if len(b) == 0 {
			return continues
		}
	}
	if b[0] == '{' && p.mayJSON {
		h.time, h.quality, h.severity, h.resource, h.kind = analysis.NoTime, 0, 0, analysis.Resource{}, analysis.KindLog
		// An object that states neither a time nor a level is what the record
		// before it quotes (an answer's body), and no record of its own.
		if readJSON(st, b, h, &st.clock) && (h.time != analysis.NoTime || h.severity != 0) {
			p.objects.stamp(st, h)
			return starts
		}
		h.text = line
	}
	for k := range p.places {
		from, n := 0, p.places[k].read(b, &st.civil)
		if n > 0 {
			from = p.places[k].skip(b)
		} else if from, n = p.places[k].seek(b, &st.civil); n == 0 {
			continue
		}
		h.severity, h.kind = 0, analysis.KindLog
		if h.resource != (analysis.Resource{}) {
			h.resource = analysis.Resource{}
		}
		h.time, h.quality = st.clock.time(&st.civil)
		if st.civil.letter != 0 {
			readKlog(st.civil.letter, b, n, h)
			return starts
		}
		if p.envelope {
			rest := b[n:]
			if p.gitlab {
				rest = runnerText(rest)
			}
			if p.spoken {
				name, text := speaker(rest)
				other := len(st.prefix) > 0 && !bytes.Equal(st.prefix, name)
				st.prefix = append(st.prefix[:0], name...)
				if other || aligned(text) {
					st.trace = bytes.HasPrefix(text, traceback)
				} else if p.joins && st.traceLine(text) {
					h.text, h.stamped = text, true
					return continues
				}
				h.resource.Unit = st.name(name)
				p.inner.read(st, text, h)
				return starts
			}
			if len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') {
				rest = rest[1:]
			}
			if p.joins && st.traceLine(rest) {
				h.text, h.stamped = rest, true
				return continues
			}
			p.inner.read(st, rest, h)
			if p.actions {
				command(h)
			}
			return starts
		}
		s, at := p.levels.find(b[n:])
		if s == 0 && p.places[k].count > 0 {
			s = levelBefore(b[:from])
		}
		h.severity = s
		h.text = b[n+at:]
		if p.places[k].count > 0 && len(h.text) == 0 {
			h.text = b[:from]
		}
		h.originator(st)
		if s == 0 && len(h.text) > 0 && h.text[0] == '"' { // Envoy and others write requests behind a stamp
			if status := requestStatus(h.text); status > 0 {
				h.severity = statusSeverity(status)
			}
		}
		if s == 0 && p.places[k].count > 0 {
			if status := generatedStatus(h.text); status > 0 {
				h.severity = statusSeverity(status)
			}
		}
		if p.layout != nil {
			p.layout.cut(st, h)
		}
		if p.actions {
			command(h)
		}
		return starts
	}
	if len(b) > 6 && crash(b) {
		*h = head{time: analysis.NoTime, kind: analysis.KindLog, severity: analysis.SeverityFatal, text: b}
		return starts
	}
	return continues
}

func (p *textParser) settled(line []byte) bool {
	if !p.joins {
		return true
	}
	var c civil
	for _, pl := range p.places {
		if n := pl.read(line, &c); n > 0 {
			rest := line[n:]
			if p.spoken {
				if _, rest = speaker(rest); aligned(rest) {
					return true
				}
			} else if len(rest) > 0 && rest[0] == ' ' {
				rest = rest[1:]
			}
			return traceSettled(rest)
		}
	}
	return false
}

func (p *textParser) forward([]byte) bool { return false }

// command reads GitHub's workflow commands at the start of a message.
func command(h *head) {
	t := h.text
	t = t[lead(t):]
	if len(t) < 8 || t[0] != '#' && t[0] != ':' {
		return
	}
	switch {
	case bytes.HasPrefix(t, []byte("##[error]")):
		h.severity, h.text = analysis.SeverityError, t[9:]
	case bytes.HasPrefix(t, []byte("##[warning]")):
		h.severity, h.text = analysis.SeverityWarn, t[11:]
	case bytes.HasPrefix(t, []byte("##[notice]")):
		h.severity, h.text = analysis.SeverityInfo+1, t[10:]
	case bytes.HasPrefix(t, []byte("##[debug]")):
		h.severity, h.text = analysis.SeverityDebug, t[9:]
	case bytes.HasPrefix(t, []byte("::error")), bytes.HasPrefix(t, []byte("##vso[task.logissue type=error")):
		h.severity = analysis.SeverityError
	case bytes.HasPrefix(t, []byte("::warning")), bytes.HasPrefix(t, []byte("##vso[task.logissue type=warning")):
		h.severity = analysis.SeverityWarn
	}
}
