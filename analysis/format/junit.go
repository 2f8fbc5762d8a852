package format

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"faultline/analysis"
)

// Limits of XML documents.
const (
	xmlDepth = 256
	xmlText  = 64 << 10 // text kept of one element, bytes
)

// sniffXML recognises test reports by their root element; other XML is kept as
// document lines.
func sniffXML(s *sample) match {
	root := xmlRoot(s.text)
	if root == "" {
		return match{}
	}
	m := match{confidence: 0.95, kind: analysis.MemberDocument, format: "junit", reason: "root element <" + root + ">"}
	switch root {
	case "testsuites", "testsuite":
		m.detail = "JUnit"
	case "test-run", "test-suite":
		m.detail = "NUnit 3"
	case "test-results":
		m.detail = "NUnit 2"
	case "assemblies", "assembly":
		m.detail = "xUnit"
	case "TestRun":
		m.detail = "TRX"
	default:
		if !bytes.HasPrefix(bytes.TrimLeft(s.text, " \t\r\n"), []byte("<?xml")) {
			m.confidence = 0.3 // prose and templates begin with tags too
			if s.complete && !bytes.HasSuffix(bytes.TrimRight(s.text, " \t\r\n"), []byte("</"+root+">")) {
				return match{}
			}
			if strings.EqualFold(path.Ext(s.path), ".xml") || strings.EqualFold(root, "html") {
				m.confidence = 0.9
			}
		}
		m.format = "xml"
		m.open = func(o Options) Reader { return &linesReader{limit: o.MaxLine} }
		return m
	}
	m.open = func(o Options) Reader { return &testReader{o: o, path: s.path} }
	return m
}

// xmlRoot returns the name of the root element, "" when text is no XML.
func xmlRoot(text []byte) string {
	for {
		text = bytes.TrimLeft(text, " \t\r\n")
		end := ""
		switch {
		case bytes.HasPrefix(text, []byte("<?xml")), bytes.HasPrefix(text, []byte("<?")):
			end = "?>"
		case bytes.HasPrefix(text, []byte("<!--")):
			end = "-->"
		case bytes.HasPrefix(text, []byte("<!")):
			end = ">"
			if i := bytes.IndexAny(text, "[>"); i >= 0 && text[i] == '[' {
				end = "]>"
				if !bytes.Contains(text, []byte(end)) {
					end = "]"
				}
			}
		}
		if end == "" {
			break
		}
		i := bytes.Index(text, []byte(end))
		if i < 0 {
			return ""
		}
		text = text[i+len(end):]
	}
	if len(text) < 2 || text[0] != '<' || !letter(text[1]) {
		return ""
	}
	i := 1
	for i < len(text) && i < 100 && (letter(text[i]) || digit(text[i]) || text[i] == '-' || text[i] == '_' || text[i] == ':' || text[i] == '.') {
		i++
	}
	if i >= len(text) || text[i] != '>' && text[i] != ' ' && text[i] != '\t' && text[i] != '\n' && text[i] != '\r' && text[i] != '/' {
		return ""
	}
	name := string(text[1:i])
	if _, local, ok := strings.Cut(name, ":"); ok {
		name = local
	}
	return name
}

// linesReader keeps the lines of a document as document records.
type linesReader struct{ limit int }

func (r *linesReader) Cut(data []byte, eof bool) int {
	if eof {
		return len(data)
	}
	if n := bytes.LastIndexByte(data, '\n') + 1; n > 0 || len(data) < r.limit {
		return n
	}
	return len(data) / r.limit * r.limit
}

func (r *linesReader) Records(chunk []byte, emit func(rec *analysis.Record) error) error {
	return newEmitter(chunk, emit).lines(len(chunk), r.limit)
}

func (r *linesReader) Problems() []analysis.Problem { return nil }

// testReader reads test reports: JUnit and its kin, NUnit 2 and 3, xUnit and
// TRX. It needs the whole member at once.
type testReader struct {
	o     Options
	path  string
	notes notes
}

func (r *testReader) Cut(data []byte, eof bool) int {
	if eof {
		return len(data)
	}
	return 0
}

func (r *testReader) Problems() []analysis.Problem { return r.notes.problems() }

func (r *testReader) Records(chunk []byte, emit func(rec *analysis.Record) error) error {
	e := newEmitter(chunk, emit)
	x := testParser{r: r, src: chunk, clock: newClockwork(r.o.Zone, r.o.Reference), seen: map[string]int{}}
	x.parse()
	for _, c := range x.cases {
		if c.start < e.at {
			continue
		}
		if err := e.lines(c.start, r.o.MaxLine); err != nil {
			return err
		}
		end := c.end
		for end < len(chunk) && (chunk[end] == ' ' || chunk[end] == '\t' || chunk[end] == '\r') {
			end++
		}
		if end < len(chunk) && chunk[end] == '\n' {
			end++
		} else {
			end = c.end
		}
		rec := e.next(end)
		fillRun(rec, c.run, c.quality)
		if err := e.send(); err != nil {
			return err
		}
	}
	return e.lines(len(chunk), r.o.MaxLine)
}

// testCase is one test case of a report.
type testCase struct {
	start, end int
	run        *analysis.Run
	quality    analysis.TimeQuality
}

// testSuite is an open suite.
type testSuite struct {
	name, host string
	at         time.Time
	quality    analysis.TimeQuality
	depth      int
}

type testParser struct {
	r      *testReader
	src    []byte
	clock  clockwork
	seen   map[string]int
	cases  []testCase
	suites []testSuite
	open   []string // element names

	run     *analysis.Run // the open case
	own     bool          // it states its own start
	caseAt  int           // its depth
	start   int
	quality analysis.TimeQuality
	message string // of a failure's attribute
	kind    string // type of the failure
	text    []byte // of a failure's body or message element
	reruns  int
	flaky   int
	stated  string
	capture *[]byte // where character data goes
	why     []byte  // reason for skipping
}

// parse reads as many cases as it can. Entities other than XML's own are never
// expanded: a report that declares any is not read.
func (x *testParser) parse() {
	if i := bytes.Index(x.src[:min(len(x.src), 64<<10)], []byte("<!ENTITY")); i >= 0 {
		x.r.notes.add(analysis.ProblemSyntax, "document type declares entities, which are never expanded; the report was kept as text")
		return
	}
	d := xml.NewDecoder(bytes.NewReader(cleanXML(x.src)))
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	for {
		at := int(d.InputOffset())
		tok, err := d.RawToken()
		if err != nil {
			if !errors.Is(err, io.EOF) || len(x.open) > 0 {
				x.r.notes.add(analysis.ProblemTruncated, fmt.Sprintf("report stops in the middle or is no longer XML after line %d; the cases before were kept", 1+bytes.Count(x.src[:min(at, len(x.src))], []byte{'\n'})))
			}
			return
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if len(x.open) >= xmlDepth {
				x.r.notes.add(analysis.ProblemLimit, "report nests deeper than 256 elements; the cases before were kept")
				return
			}
			x.open = append(x.open, t.Name.Local)
			x.element(t, at)
		case xml.EndElement:
			x.close(t.Name.Local, int(d.InputOffset()))
		case xml.CharData:
			if x.capture != nil && len(*x.capture) < xmlText {
				*x.capture = append(*x.capture, t[:min(len(t), xmlText-len(*x.capture))]...)
			}
		}
	}
}

// cleanXML replaces what XML forbids (control characters, invalid UTF-8, and
// references to them) by as many blanks, so that places stay.
func cleanXML(src []byte) []byte {
	if len(src) == 0 {
		return src
	}
	out := src
	put := func(i, n int) {
		if &out[0] == &src[0] {
			out = bytes.Clone(src)
		}
		for k := range n {
			out[i+k] = ' '
		}
	}
	// encoding/xml takes version 1.0 only; 1.1 differs in what we blank here
	if i := bytes.Index(src[:min(len(src), 40)], []byte("1.1")); i > 0 && bytes.HasPrefix(src, []byte("<?xml")) {
		put(i+2, 1)
		out[i+2] = '0'
	}
	for i := 0; i < len(src); {
		c := src[i]
		switch {
		case c < ' ' && c != '\n' && c != '\t' && c != '\r':
			put(i, 1)
		case c == '&' && i+2 < len(src) && src[i+1] == '#':
			j := i + 2
			for j < len(src) && j < i+12 && src[j] != ';' {
				j++
			}
			if j < len(src) && src[j] == ';' {
				if r, ok := charRef(string(src[i+2 : j])); !ok || r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0xFFFE || r == 0xFFFF || r >= 0xD800 && r < 0xE000 || r > utf8.MaxRune {
					put(i, j+1-i)
				}
			}
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRune(src[i:])
			if r == utf8.RuneError && n <= 1 || r == 0xFFFE || r == 0xFFFF {
				put(i, n)
			}
			i += n
			continue
		}
		i++
	}
	return out
}

func charRef(s string) (rune, bool) {
	var r rune
	base := rune(10)
	if s != "" && (s[0] == 'x' || s[0] == 'X') {
		base, s = 16, s[1:]
	}
	if s == "" || len(s) > 7 {
		return 0, false
	}
	for _, c := range s {
		d := rune(99)
		switch {
		case c >= '0' && c <= '9':
			d = c - '0'
		case c >= 'a' && c <= 'f':
			d = c - 'a' + 10
		case c >= 'A' && c <= 'F':
			d = c - 'A' + 10
		}
		if d >= base {
			return 0, false
		}
		r = r*base + d
	}
	return r, true
}

func xmlAttr(t xml.StartElement, names ...string) string {
	for _, n := range names {
		for _, a := range t.Attr {
			if a.Name.Local == n && a.Value != "" {
				return strings.TrimSpace(a.Value)
			}
		}
	}
	return ""
}

func (x *testParser) when(text string) (time.Time, analysis.TimeQuality) {
	ns, q := anyWhen.read([]byte(text), &x.clock)
	return analysis.Time(ns), q
}

func (x *testParser) element(t xml.StartElement, at int) {
	depth := len(x.open)
	switch t.Name.Local {
	case "testsuites", "testsuite", "test-suite", "assembly", "test-results", "test-run", "TestRun":
		if x.run != nil {
			return
		}
		s := testSuite{depth: depth, name: xmlAttr(t, "fullname", "name"), host: xmlAttr(t, "hostname", "machine-name")}
		if n := len(x.suites); n > 0 {
			up := x.suites[n-1]
			s.at, s.quality = up.at, up.quality
			if s.name == "" || t.Name.Local == "test-suite" && xmlAttr(t, "type") != "" && xmlAttr(t, "type") != "Assembly" && up.name != "" {
				s.name = up.name
			}
			if s.host == "" {
				s.host = up.host
			}
		}
		stamp := xmlAttr(t, "timestamp", "start-time", "start-rtf")
		switch t.Name.Local {
		case "test-results":
			stamp = strings.TrimSpace(xmlAttr(t, "date") + " " + xmlAttr(t, "time"))
		case "assembly":
			stamp = cmp.Or(stamp, strings.TrimSpace(xmlAttr(t, "run-date")+" "+xmlAttr(t, "run-time")))
		}
		if own, q := x.when(stamp); !own.IsZero() {
			s.at, s.quality = own, q
		}
		x.suites = append(x.suites, s)
	case "Times":
		if n := len(x.suites); n > 0 && x.run == nil {
			if own, q := x.when(xmlAttr(t, "start", "creation")); !own.IsZero() {
				x.suites[n-1].at, x.suites[n-1].quality = own, q
			}
		}
	case "testcase", "test-case", "UnitTestResult":
		x.begin(t, at, depth)
	case "test":
		if depth >= 2 && (x.open[depth-2] == "collection" || x.open[depth-2] == "class") {
			x.begin(t, at, depth)
		}
	default:
		x.detail(t)
	}
}

// begin opens a test case.
func (x *testParser) begin(t xml.StartElement, at, depth int) {
	if x.run != nil {
		return
	}
	var s testSuite
	if n := len(x.suites); n > 0 {
		s = x.suites[n-1]
	}
	r := &analysis.Run{Kind: analysis.RunTest, Pipeline: s.name, Runner: cmp.Or(xmlAttr(t, "computerName", "hostname"), s.host)}
	name, class := xmlAttr(t, "fullname", "name", "testName"), xmlAttr(t, "classname", "class", "type")
	r.Job = name
	switch {
	case name == "":
		r.Job = class
	case class != "" && !strings.HasPrefix(name, class):
		r.Job = class + "." + name
	}
	if r.Job == "" {
		r.Job = "unnamed test"
	}
	x.run, x.start, x.caseAt = r, lineStart(x.src, at), depth
	x.quality, x.own = s.quality, false
	r.Start = s.at
	if own, q := x.when(xmlAttr(t, "timestamp", "start-time", "startTime", "started-at")); !own.IsZero() {
		r.Start, x.quality, x.own = own, q, true
	}
	r.End, _ = x.when(xmlAttr(t, "end-time", "endTime"))
	if d, ok := duration(xmlAttr(t, "time", "duration"), time.Second); ok {
		r.Duration = d
	} else if x.own {
		r.Duration = span(r.Start, r.End)
	}
	x.stated = xmlAttr(t, "result", "outcome", "status")
	if l := xmlAttr(t, "label"); l == "Error" || l == "Cancelled" || l == "Invalid" {
		x.stated = l
	}
	if xmlAttr(t, "executed") == "False" || strings.EqualFold(x.stated, "disabled") {
		x.stated = "Skipped"
	}
	x.message, x.kind, x.text, x.why, x.reruns, x.flaky, x.capture = "", "", nil, nil, 0, 0, nil
	if f := xmlAttr(t, "file"); f != "" {
		r.Labels = map[string]string{"file": f}
	}
}

// detail reads an element inside a case.
func (x *testParser) detail(t xml.StartElement) {
	if x.run == nil {
		return
	}
	switch t.Name.Local {
	case "failure", "error":
		if x.stated != "failure" && x.stated != "error" {
			x.stated = t.Name.Local
			x.message, x.kind = xmlAttr(t, "message"), xmlAttr(t, "type", "exception-type")
			x.capture = &x.text
		}
	case "skipped", "ignored":
		x.stated = "skipped"
		x.message = cmp.Or(x.message, xmlAttr(t, "message"))
		x.capture = &x.why
	case "rerunFailure", "rerunError":
		x.reruns++
	case "flakyFailure", "flakyError":
		x.flaky++
		x.message = cmp.Or(x.message, xmlAttr(t, "message"))
	case "message", "Message":
		x.capture = &x.text
	case "stack-trace", "StackTrace", "stackTrace":
		if len(x.text) > 0 {
			x.text = append(x.text, '\n')
		}
		x.capture = &x.text
	case "reason":
		x.capture = &x.why
	default:
		x.capture = nil
	}
}

func (x *testParser) close(name string, at int) {
	// an end tag without its start is passed over; one that skips others closes them
	i := len(x.open) - 1
	for i >= 0 && x.open[i] != name {
		i--
	}
	if i < 0 {
		return
	}
	x.open = x.open[:i]
	if x.run != nil {
		if i+1 <= x.caseAt {
			x.finish(at)
		} else if name != "failure" && name != "error" {
			x.capture = nil
		}
	}
	if n := len(x.suites); n > 0 && x.suites[n-1].depth > i {
		x.suites = x.suites[:n-1]
	}
}

// finish ends the open case.
func (x *testParser) finish(at int) {
	r := x.run
	text := strings.TrimSpace(string(x.text))
	switch x.stated {
	case "failure", "error":
		r.Status = analysis.RunFailure
	case "", "run", "completed":
		r.Status = analysis.RunSuccess
	default:
		var ok bool
		if r.Status, ok = runStatus(x.stated); !ok {
			r.Status = analysis.RunUnknown
			if x.stated == "Warning" {
				r.Status = analysis.RunSuccess
			}
		}
	}
	r.Stated = x.stated
	switch {
	case r.Status.Failed():
		first, _, _ := strings.Cut(text, "\n")
		r.Message = cmp.Or(x.message, first)
		if x.kind != "" && !strings.Contains(r.Message, x.kind) {
			r.Message = strings.TrimSuffix(x.kind+": "+r.Message, ": ")
		}
		if text != "" && !strings.HasPrefix(text, r.Message) {
			r.Message += "\n" + text
		} else if text != "" {
			r.Message = text
		}
		r.Message = clip(r.Message, 4000)
	case r.Status == analysis.RunSkipped:
		r.Message = clip(cmp.Or(x.message, strings.TrimSpace(string(x.why))), 1000)
	}
	label := func(k string, n int) {
		if n > 0 {
			if r.Labels == nil {
				r.Labels = map[string]string{}
			}
			r.Labels[k] = fmt.Sprint(n)
		}
	}
	label("reruns", x.reruns)
	label("flaky failures", x.flaky)
	if n := max(x.reruns, x.flaky); n > 0 {
		r.Attempt = n + 1
	}
	if x.own && r.End.IsZero() && r.Duration > 0 {
		r.End = r.Start.Add(r.Duration)
	}
	r.ID = runID(r, "")
	x.seen[r.ID]++
	if n := x.seen[r.ID]; n > 1 || r.Start.IsZero() { // the same name twice; or nothing but the file tells this run from another
		r.ID = runID(r, fmt.Sprintf("%s\x00%d\x00%s", r.ID, n, x.pathOf(r)))
	}
	x.cases = append(x.cases, testCase{start: x.start, end: at, run: r, quality: x.quality})
	x.run, x.capture = nil, nil
}

func (x *testParser) pathOf(r *analysis.Run) string {
	if r.Start.IsZero() {
		return x.r.path
	}
	return ""
}

// clip cuts a text at a limit, between characters.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
