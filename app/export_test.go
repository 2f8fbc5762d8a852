package app_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2/storage"

	"faultline/analysis"
	"faultline/analysis/assess"
	"faultline/analysis/cause"
	"faultline/analysis/report"
)

// export writes the report as the file dialog's Save does.
func (p *program) export(format, path string) {
	p.t.Helper()
	w, err := storage.Writer(storage.NewFileURI(path))
	if err != nil {
		p.t.Fatal(err)
	}
	p.WriteReport(format, w)
	p.settle()
}

func TestExportedReportsAreThoseOfTheReportPackage(t *testing.T) {
	p := sample(t)
	cat, err := cause.Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		filter analysis.Filter
	}{{"whole", analysis.Filter{}}, {"filtered", analysis.Filter{Query: "severity>=warn"}}} {
		p.Session().Narrow(func(f *analysis.Filter) { *f = c.filter })
		p.settle()
		a, err := assess.Assess(t.Context(), p.Session().Case, cat, assess.Options{Filter: c.filter, Zone: "UTC", Version: "test"})
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range report.Formats {
			var want bytes.Buffer
			if err := report.Write(&want, format, a, report.Options{}); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "report."+format)
			p.export(format, path)
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want.Bytes()) {
				t.Errorf("%s as %s: the window wrote %d bytes, the report has %d and they differ", c.name, format, len(got), want.Len())
			}
			p.reads("Report written", path)
		}
	}
}

func TestAReportThatCannotBeWrittenSaysWhatToDo(t *testing.T) {
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skip("this system has no device that is always full")
	}
	p := sample(t)
	p.export("html", full)
	p.reads("The report could not be written", "no space left on device", "Export it again to a folder that you may write and that has room.", "What stands in /dev/full is no whole report")
	path := filepath.Join(t.TempDir(), "report.md") // the window can still write
	p.export("md", path)
	p.reads("Report written")
}
