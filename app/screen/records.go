package screen

import (
	"cmp"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"faultline/analysis"
	"faultline/app/widget"
	"faultline/index"
)

// logColumns are the columns that records are shown in.
func logColumns() []widget.LogColumn {
	return []widget.LogColumn{{Title: "Time", Width: 178}, {Title: "Severity", Width: 56}, {Title: "Source", Width: 190}, {Title: "Record"}}
}

// logRow returns a record as a row.
func (s *Session) logRow(h *index.Hit) []widget.LogCell {
	stamp, c := "no time", widget.ColorFaint
	if !h.Time.IsZero() {
		stamp, c = h.Time.In(s.Zone).Format("2006-01-02 15:04:05.000"), widget.ColorMuted
	}
	severity := h.Severity.String()
	if h.Severity == 0 {
		severity = ""
	}
	text := cmp.Or(h.Message, h.Text)
	more := strings.Count(strings.TrimRight(text, "\r\n"), "\n")
	if said := saying(h); said != "" && more > 0 {
		text = said
	} else if i := strings.IndexByte(text, '\n'); i >= 0 {
		text = text[:i]
	}
	if len(text) > 2000 {
		n := 2000
		for n > 0 && !utf8.RuneStart(text[n]) {
			n--
		}
		text = text[:n] + "…"
	}
	text = strings.Join(strings.Fields(widget.Clean(text)), " ")
	if !h.Time.IsZero() { // the first column says it
		for range 2 { // a container's log repeats the stamp of its program
			text = text[len(stampHead.FindString(text)):]
		}
	}
	if more > 0 {
		text += "  ⏎ " + widget.Plural(int64(more), "more line")
	}
	return []widget.LogCell{
		{Text: stamp, Color: c},
		{Text: severity, Color: widget.SeverityColor(h.Severity)},
		{Text: sourceName(h), Color: widget.ColorMuted},
		{Text: text, Color: recordColor(h)},
	}
}

// saying returns what an object of many lines says of itself: its reason and
// message, as YAML and JSON write them; "" when it has none.
func saying(h *index.Hit) string {
	if h.Kind != analysis.KindEvent && h.Kind != analysis.KindObject {
		return ""
	}
	found := map[string]string{}
	for line := range strings.Lines(h.Text) {
		name, value, ok := strings.Cut(strings.TrimLeft(line, " -\t"), ":")
		name = strings.Trim(name, `"`)
		if ok && (name == "reason" || name == "message" || name == "kind" || name == "name") && found[name] == "" {
			found[name] = strings.Trim(strings.TrimSpace(value), `",`)
		}
	}
	if found["message"] == "" && h.Kind == analysis.KindEvent {
		return found["reason"]
	}
	if found["message"] == "" {
		return strings.TrimSpace(found["kind"] + " " + found["name"])
	}
	return strings.TrimPrefix(found["reason"]+": "+found["message"], ": ")
}

// stampHead matches the stamps that records commonly begin with; the detail
// below the list shows records as they are.
var stampHead = regexp.MustCompile(`^(?:[IWEFD]\d{4} \d\d:\d\d:\d\d\.\d+ \d+ |\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z| ?[+-]\d\d:?\d\d)?\]? ?|[A-Z][a-z]{2} \d{1,2} \d\d:\d\d:\d\d(?:\.\d+)? )`)

func recordColor(h *index.Hit) fyne.ThemeColorName {
	switch {
	case h.Severity >= analysis.SeverityWarn:
		return widget.SeverityColor(h.Severity)
	case h.Severity > 0 && h.Severity < analysis.SeverityInfo || h.Skip:
		return widget.ColorFaint
	}
	return theme.ColorNameForeground
}

// sourceName names what a record speaks for, as short as a column is wide.
func sourceName(h *index.Hit) string {
	r := h.Resource
	switch {
	case r.Pod != "" && r.Container != "" && !strings.Contains(r.Pod, r.Container):
		return tail(r.Pod+"/"+r.Container, 25)
	case r.Pod != "":
		return tail(r.Pod, 25)
	case r.Unit != "" && r.Host != "":
		return tail(r.Host+"/"+r.Unit, 25)
	case r.Unit != "":
		return tail(r.Unit, 25)
	case r.Process != "":
		return tail(r.Process, 25)
	case r.Host != "":
		return tail(r.Host, 25)
	}
	return tail(h.Origin.Path, 25)
}

func day(s *Session, t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.In(s.Zone).Format("2 Jan 2006")
}

func clock(s *Session, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(s.Zone).Format("15:04:05") + " " + s.Zone.String()
}
