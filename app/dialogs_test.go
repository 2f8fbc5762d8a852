package app_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	fynewidget "fyne.io/fyne/v2/widget"
)

// dialog runs a menu item that opens a file dialog, and taps a button in it.
func (p *program) dialog(menu, label, button string) {
	p.t.Helper()
	p.press(menu, label)
	if p.Window().Canvas().Overlays().Top() == nil {
		p.t.Fatalf("%s › %s opens no dialog", menu, label)
	}
	tapButton(p, button)
	if p.Window().Canvas().Overlays().Top() != nil {
		p.t.Fatalf("the dialog of %s › %s does not close", menu, label)
	}
}

func TestEveryFileDialogOpensAndCloses(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	p := start(t)
	for _, label := range []string{"Import a file…", "Import a folder…", "Open a case…"} {
		p.dialog("File", label, "Cancel")
	}
	p.OpenSample()
	p.settle()
	for _, label := range []string{"Export report…", "Export report as Markdown…", "Export report as JSON…"} {
		p.dialog("File", label, "Cancel")
	}
	for _, label := range []string{"Add a file…", "Add a folder…", "Open playbook…"} {
		p.dialog("Case", label, "Cancel")
	}
}

func TestExportThroughTheDialog(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	p := sample(t)
	p.dialog("File", "Export report as Markdown…", "Save")
	path := filepath.Join(home, "faultline-report.md")
	b, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(b), "# ") {
		t.Fatalf("the dialog's Save wrote %d bytes, %v; traces: %v", len(b), err, p.trace)
	}
	p.reads("Report written", path)
	if !slices.Contains(p.trace, "report "+path) {
		t.Errorf("no trace of %s in %v", path, p.trace)
	}
	p.press("File", "Export report as Markdown…")
	find[*fynewidget.Entry](p, 0) // the name can be changed
}

func TestEveryMenuItemCanBeUsed(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	p := sample(t)
	used := 0
	var use func(list []*fyne.MenuItem)
	use = func(list []*fyne.MenuItem) {
		for _, i := range list {
			if i.ChildMenu != nil {
				use(i.ChildMenu.Items)
			}
			if i.Action == nil || i.Disabled || i.IsQuit || i.Label == "Close case" {
				continue
			}
			i.Action()
			p.settle()
			for top := p.Window().Canvas().Overlays().Top(); top != nil; top = p.Window().Canvas().Overlays().Top() {
				p.Window().Canvas().Overlays().Remove(top)
			}
			used++
			if p.Session() == nil {
				t.Fatalf("%q closed the case", i.Label)
			}
		}
	}
	for _, m := range p.Window().MainMenu().Items {
		use(m.Items)
	}
	if used < 30 {
		t.Errorf("only %d menu items were used", used)
	}
	p.goTo("Overview")
	p.reads("When", "How often", "Why")
}
