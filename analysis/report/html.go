package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"time"

	"faultline/analysis"
)

//go:embed page.html
var page string

//go:embed style.css
var style string

// writeHTML writes the document as one file. html/template escapes every value
// for its place; only our own style sheet and our own charts go in as they are.
func writeHTML(w io.Writer, d *document) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"style":    func() template.CSS { return template.CSS(style) },
		"line":     Line,
		"count":    func(n any) string { return countAny(n) },
		"plural":   func(n int, one, many string) string { return plural(n, one, many) },
		"bytes":    Bytes,
		"instant":  Instant,
		"span":     Span,
		"duration": func(d time.Duration) string { return Duration(d) },
		"interval": Interval,
		"percent":  func(part, whole int) string { return Percent(int64(part), int64(whole)) },
		"beyond":   beyond,
		"first":    firstAny,
		"timeline": timeline,
		"week":     week,
		"shares":   shares,
	}).Parse(page)
	if err != nil {
		return fmt.Errorf("report page: %w", err)
	}
	if err := t.Execute(w, d); err != nil {
		return fmt.Errorf("write report as HTML: %w", err)
	}
	return nil
}

func countAny(n any) string {
	switch n := n.(type) {
	case int:
		return Count(n)
	case int64:
		return Count(n)
	}
	return fmt.Sprint(n)
}

// firstAny is first for the types of list that the page shows.
func firstAny(list any, n int) any {
	switch l := list.(type) {
	case []pattern:
		return first(l, n)
	case []analysis.Finding:
		return first(l, n)
	case []analysis.Evidence:
		return first(l, n)
	case []analysis.JobSummary:
		return first(l, n)
	case []analysis.ThemeSummary:
		return first(l, n)
	case []analysis.Failure:
		return first(l, n)
	case []analysis.Span:
		return first(l, n)
	}
	return list
}
