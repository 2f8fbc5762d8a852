package format

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"faultline/analysis"
)

// windowsLevel maps the levels of Windows events; 0 is what is always logged.
func windowsLevel(n int) analysis.Severity {
	switch n {
	case 1:
		return analysis.SeverityFatal
	case 2:
		return analysis.SeverityError
	case 3:
		return analysis.SeverityWarn
	case 0, 4:
		return analysis.SeverityInfo
	case 5:
		return analysis.SeverityDebug
	}
	return 0
}

// sniffEventXML accepts Windows events as XML, one behind the other or in one
// element (wevtutil, the Event Viewer's export).
func sniffEventXML(s *sample) match {
	root := xmlRoot(s.text)
	if root != "Event" && root != "Events" || !bytes.Contains(s.text, []byte("schemas.microsoft.com/win/2004/08/events")) {
		return match{}
	}
	return match{
		confidence: 0.97, kind: analysis.MemberText, format: "windows-event", detail: "XML", reason: "events in the schema of Windows",
		open: func(o Options) Reader { return &eventXML{o: o} },
	}
}

// eventXML reads one record an event. What stands between events belongs to
// the one behind it.
type eventXML struct {
	o     Options
	notes notes
}

var eventEnd = []byte("</Event>")

func (r *eventXML) Cut(data []byte, eof bool) int {
	if eof {
		return len(data)
	}
	if i := bytes.LastIndex(data, eventEnd); i >= 0 {
		return i + len(eventEnd)
	}
	if limit := recordSize * r.o.MaxLine; len(data) > limit {
		return limit
	}
	return 0
}

func (r *eventXML) Problems() []analysis.Problem { return r.notes.problems() }

// windowsEvent is what is read of an event. Its message is rendered where the
// export was made with it; else its data stand alone.
type windowsEvent struct {
	System struct {
		Provider struct {
			Name string `xml:"Name,attr"`
		}
		EventID     string
		Level       string
		TimeCreated struct {
			SystemTime string `xml:"SystemTime,attr"`
		}
		Computer string
	}
	EventData struct {
		Data []struct {
			Name string `xml:"Name,attr"`
			Text string `xml:",chardata"`
		}
	}
	RenderingInfo struct {
		Message string
	}
}

func (r *eventXML) Records(chunk []byte, emit func(rec *analysis.Record) error) error {
	e := newEmitter(chunk, emit)
	clock := newClockwork(r.o.Zone, r.o.Reference)
	st := &state{}
	for e.at < len(chunk) {
		rest := chunk[e.at:]
		end := bytes.Index(rest, eventEnd)
		if end < 0 {
			break
		}
		end += len(eventEnd)
		from := max(0, bytes.Index(rest[:end], []byte("<Event ")))
		stop := e.at + end
		if stop < len(chunk) && chunk[stop] == '\r' {
			stop++
		}
		if stop < len(chunk) && chunk[stop] == '\n' {
			stop++
		}
		var v windowsEvent
		d := xml.NewDecoder(bytes.NewReader(cleanXML(rest[from:end])))
		d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
		if err := d.Decode(&v); err != nil || v.System.EventID == "" {
			r.notes.add(analysis.ProblemSyntax, "events could not be read and were kept as text")
			if err := e.lines(stop, r.o.MaxLine); err != nil {
				return err
			}
			continue
		}
		rec := e.next(stop)
		v.fill(rec, st, &clock)
		if len(rec.Message) > r.o.MaxLine {
			rec.Message = bytes.ToValidUTF8(rec.Message[:r.o.MaxLine], nil)
		}
		if err := e.send(); err != nil {
			return err
		}
	}
	return e.lines(len(chunk), r.o.MaxLine)
}

func (v *windowsEvent) fill(rec *analysis.Record, st *state, clock *clockwork) {
	rec.Kind = analysis.KindLog
	var c civil
	if at := []byte(v.System.TimeCreated.SystemTime); formISO.parse(at, &c) > 0 {
		rec.Time, rec.Quality = clock.time(&c)
	}
	if n, err := strconv.Atoi(v.System.Level); err == nil {
		rec.Severity = windowsLevel(n)
	}
	rec.Resource.Host, rec.Resource.Unit = st.name([]byte(v.System.Computer)), st.name([]byte(v.System.Provider.Name))
	text := strings.TrimSpace(v.RenderingInfo.Message)
	if text == "" {
		var b strings.Builder
		fmt.Fprintf(&b, "event %s", v.System.EventID)
		for _, d := range v.EventData.Data {
			b.WriteByte(' ')
			if d.Name != "" {
				b.WriteString(d.Name + "=")
			}
			b.WriteString(strings.TrimSpace(d.Text))
		}
		text = b.String()
	}
	rec.Message = []byte(strings.ToValidUTF8(text, "\uFFFD"))
}

// eventStart begins an event in wevtutil's text.
var eventStart = []byte("Event[")

// sniffEventText accepts Windows events as wevtutil's text (/f:text): a line
// "Event[0]:", a field a line, the description last.
func sniffEventText(s *sample) match {
	if s.eol != '\n' || len(s.lines) < 6 || !bytes.HasPrefix(s.lines[0][lead(s.lines[0]):], eventStart) || !bytes.Contains(s.text, []byte("\n  Event ID:")) {
		return match{}
	}
	return match{
		confidence: 0.97, format: "windows-event", detail: "text", reason: "events as Windows lists them",
		open: func(o Options) Reader { return newLineReader(o, s.eol, eventTextParser{}) },
	}
}

// eventTextParser reads an event at its first line.
type eventTextParser struct{}

func (eventTextParser) line(st *state, line []byte, h *head) verdict {
	h.text = line
	if !bytes.HasPrefix(line[lead(line):], eventStart) || line[len(line)-1] != ':' && !bytes.HasSuffix(line, []byte("]")) {
		return absorbed
	}
	h.time, h.quality, h.severity, h.kind, h.resource = analysis.NoTime, 0, 0, analysis.KindLog, analysis.Resource{}
	for rest := st.rest; len(rest) > 0; {
		field, after, _ := bytes.Cut(rest, []byte{'\n'})
		if bytes.HasPrefix(field, eventStart) {
			break
		}
		name, value, _ := bytes.Cut(field, []byte{':'})
		value = bytes.TrimSpace(value)
		switch string(bytes.TrimSpace(name)) {
		case "Date":
			if formISO.parse(value, &st.civil) > 0 {
				h.time, h.quality = st.clock.time(&st.civil)
			}
		case "Level":
			h.severity = severity(value)
		case "Source":
			h.resource.Unit = st.name(value)
		case "Computer":
			h.resource.Host = st.name(value)
		case "Event ID":
			h.text = value
		case "Description":
			end := len(after)
			if i := bytes.Index(after, append([]byte{'\n'}, eventStart...)); i >= 0 {
				end = i
			}
			if text := bytes.TrimSpace(after[:end]); len(text) > 0 {
				h.text = text
			}
			return starts
		}
		rest = after
	}
	return starts
}
