package screen

import (
	"fmt"
	"strings"
	"time"

	"faultline/analysis"
	"faultline/app/widget"
)

// Condition is one condition of a filter: its name, and the filter without it.
type Condition struct {
	Text    string
	Without func(f *analysis.Filter)
}

// Conditions returns what a filter asks for, one condition each; the query is
// not among them, it has its own entry.
func (s *Session) Conditions(f analysis.Filter) []Condition {
	var out []Condition
	add := func(text string, without func(f *analysis.Filter)) {
		out = append(out, Condition{Text: text, Without: without})
	}
	if !f.From.IsZero() || !f.To.IsZero() {
		text := widget.Range(f.From, f.To, s.Zone)
		switch {
		case f.From.IsZero():
			text = "before " + widget.Moment(f.To, s.Zone)
		case f.To.IsZero():
			text = "from " + widget.Moment(f.From, s.Zone)
		}
		add(text, func(f *analysis.Filter) { f.From, f.To = time.Time{}, time.Time{} })
	}
	if f.Failing {
		add("failing patterns", func(f *analysis.Filter) { f.Failing = false })
	}
	if f.Severity > 0 {
		add("severity ≥ "+f.Severity.String(), func(f *analysis.Filter) { f.Severity = 0 })
	}
	for _, id := range f.Patterns {
		text := "pattern " + id
		if p, ok := s.Case.Pattern(id); ok {
			text = "pattern: " + short(p.Template, 40)
		}
		add(text, func(f *analysis.Filter) { f.Patterns = without(f.Patterns, id) })
	}
	for _, src := range f.Sources {
		add("source: "+tail(src, 40), func(f *analysis.Filter) { f.Sources = without(f.Sources, src) })
	}
	for _, v := range f.Formats {
		add("format: "+v, func(f *analysis.Filter) { f.Formats = without(f.Formats, v) })
	}
	for _, r := range f.Resources {
		add(resourceText(r), func(f *analysis.Filter) { f.Resources = without(f.Resources, r) })
	}
	if n := len(f.Cells); n > 0 {
		text := fmt.Sprintf("%d hours of the week", n)
		if n == 1 {
			text = CellText(f.Cells[0])
		}
		add(text, func(f *analysis.Filter) { f.Cells, f.Zone = nil, "" })
	}
	return out
}

// CellText names an hour of the week: "Wed 09:00–10:00".
func CellText(c analysis.Cell) string {
	return fmt.Sprintf("%s %02d:00–%02d:00", c.Weekday.String()[:3], c.Hour, c.Hour+1)
}

func resourceText(r analysis.Resource) string {
	var parts []string
	for _, p := range []struct{ name, value string }{
		{"cluster", r.Cluster},
		{"host", r.Host},
		{"namespace", r.Namespace},
		{"pod", r.Pod},
		{"container", r.Container},
		{"unit", r.Unit},
		{"process", r.Process},
	} {
		if p.value != "" {
			parts = append(parts, p.name+": "+short(p.value, 32))
		}
	}
	return strings.Join(parts, ", ")
}

func without[T comparable](list []T, v T) []T {
	var out []T
	for _, x := range list {
		if x != v {
			out = append(out, x)
		}
	}
	return out
}

func toggled[T comparable](list []T, v T) []T {
	if out := without(list, v); len(out) < len(list) {
		return out
	}
	return append(append([]T(nil), list...), v)
}

// short cuts s behind n characters.
func short(s string, n int) string {
	r := []rune(widget.Clean(s))
	if len(r) <= n {
		return string(r)
	}
	return strings.TrimRight(string(r[:n-1]), " ") + "…"
}

// tail keeps the last n characters of s: a path's end says more.
func tail(s string, n int) string {
	r := []rune(widget.Clean(s))
	if len(r) <= n {
		return string(r)
	}
	return "…" + string(r[len(r)-n+1:])
}

// part returns a pointer to the field of a resource with that name.
func part(r *analysis.Resource, field string) *string {
	switch field {
	case "host":
		return &r.Host
	case "cluster":
		return &r.Cluster
	case "namespace":
		return &r.Namespace
	case "pod":
		return &r.Pod
	case "container":
		return &r.Container
	case "unit":
		return &r.Unit
	case "process":
		return &r.Process
	}
	return nil
}

// Chosen reports whether a filter asks for a value of a field.
func Chosen(f analysis.Filter, field, value string) bool {
	switch field {
	case "source":
		return contains(f.Sources, value)
	case "format":
		return contains(f.Formats, value)
	case "pattern":
		return contains(f.Patterns, value)
	}
	for _, r := range f.Resources {
		if p := part(&r, field); p != nil && value != "" && *p == value {
			return true
		}
	}
	return contains(strings.Fields(f.Query), term(field, value, false))
}

func contains[T comparable](list []T, v T) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

// term returns the query that asks for a value of a field, or for all others.
func term(field, value string, not bool) string {
	t := field + ":"
	if value == "" || strings.ContainsAny(value, " \t()\"*/\\") {
		t += `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`
	} else {
		t += value
	}
	if not {
		t = "-" + t
	}
	return t
}

// Toggle adds a value of a field to a filter, or takes it away when it is
// there. A second field of a resource narrows the first one.
func Toggle(f *analysis.Filter, field, value string) {
	switch field {
	case "source":
		f.Sources = toggled(f.Sources, value)
		return
	case "format":
		f.Formats = toggled(f.Formats, value)
		return
	case "pattern":
		f.Patterns = toggled(f.Patterns, value)
		return
	}
	var probe analysis.Resource
	if part(&probe, field) == nil || value == "" {
		f.Query = toggleTerm(f.Query, term(field, value, false))
		return
	}
	if len(f.Resources) == 0 {
		f.Resources = []analysis.Resource{{}}
	}
	r := f.Resources[0]
	p := part(&r, field)
	if *p == value {
		*p = ""
	} else {
		*p = value
	}
	f.Resources[0] = r
	if r == (analysis.Resource{}) {
		f.Resources = f.Resources[1:]
	}
}

// Exclude adds "not this value" to a filter's query.
func Exclude(f *analysis.Filter, field, value string) {
	t := term(field, value, true)
	if !strings.Contains(" "+f.Query+" ", " "+t+" ") {
		f.Query = strings.TrimSpace(f.Query + " " + t)
	}
}

func toggleTerm(query, t string) string {
	padded := " " + query + " "
	if strings.Contains(padded, " "+t+" ") {
		return strings.TrimSpace(strings.Replace(padded, " "+t+" ", " ", 1))
	}
	return strings.TrimSpace(query + " " + t)
}
