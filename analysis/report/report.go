// Package report writes an assessment as a document: one self-contained HTML
// file, Markdown, or JSON, all of the same model.
//
// It stands at the end of the path of data: assess makes the
// analysis.Assessment, report prints it. It computes nothing that is not in
// the model, reads no clock and asks no case, so the same assessment gives the
// same bytes. The HTML holds no script and refers to nothing outside itself;
// everything that came from a bundle is escaped, control characters made
// visible; in JSON, where texts stay exact, they are escaped.
package report

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"faultline/analysis"
)

// Options changes what a report shows. The zero value is a full report.
type Options struct {
	Title    string // "" makes one from the case's name
	Customer string // printed on the first page when set
}

// Formats lists the formats that Write knows, by their file name extension.
var Formats = []string{"html", "md", "json"}

// Format returns the format that a file's name asks for, and an error that
// names the known ones when there is none.
func Format(name string) (string, error) {
	ext := strings.ToLower(strings.TrimPrefix(filepath.Ext(name), "."))
	switch ext {
	case "htm":
		return "html", nil
	case "markdown":
		return "md", nil
	}
	for _, f := range Formats {
		if f == ext {
			return f, nil
		}
	}
	return "", fmt.Errorf("report %s: no such format as %q; known are .%s", name, ext, strings.Join(Formats, ", ."))
}

// Write writes the assessment to w in one of Formats.
func Write(w io.Writer, format string, a *analysis.Assessment, o Options) error {
	switch format {
	case "html", "md":
		d, err := newDocument(a, o)
		if err != nil {
			return err
		}
		if format == "md" {
			return writeMarkdown(w, d)
		}
		return writeHTML(w, d)
	case "json":
		if err := JSON(w, a); err != nil {
			return fmt.Errorf("write report as JSON: %w", err)
		}
		return nil
	}
	return fmt.Errorf("report: no such format as %q; known are %s", format, strings.Join(Formats, ", "))
}
