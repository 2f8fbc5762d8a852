package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"faultline/analysis"
	"faultline/app/screen"
)

const playbook = `schema: faultline.playbook/v1
vendor: {name: Example, product: Platform, version: "2.1", valid_until: 2027-01-01, approved_by: x, approved_on: 2026-01-01}
capabilities:
- {id: flaky, title: Lists of flaky tests, answer: "yes", proof: [{kind: doc, ref: chapter 4}], answers_requests: ['(?i)flaky']}
- {id: dash, title: Dashboards, answer: partly, note: One fixed view., proof: [{kind: demo, ref: "3"}], answers_requests: ['(?i)dashboard']}
- {id: custom, title: Custom views, answer: "no", alternative: keep the tool at hand, answers_requests: ['(?i)custom']}
`

// write makes a file and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAPlaybookShowsWhatItCovers(t *testing.T) {
	p := sample(t)
	p.Window().Resize(fyne.NewSize(1360, 860))
	p.OpenPlaybook(write(t, "ours.yaml", playbook))
	p.settle()
	if p.place() != "findings" {
		t.Errorf("the playbook is shown on %s, want findings", p.place())
	}
	covered := []string{"What was asked for", "Example Platform 2.1, valid until 2027-01-01", "Lists of flaky tests", "yes", "Proof: doc chapter 4", "partly", "One fixed view.", "Instead: keep the tool at hand"}
	p.reads(append(covered, "Playbook opened", "3 capabilities")...)

	// It holds under a filter, after another assessment and in the report.
	p.Session().Narrow(func(f *analysis.Filter) { f.Query = "severity>=warn" })
	p.settle()
	p.reads(covered...)
	p.press("Case", "Assess again")
	p.reads(covered...)
	path := filepath.Join(t.TempDir(), "report.md")
	p.export("md", path)
	if b, err := os.ReadFile(path); err != nil || !strings.Contains(string(b), "keep the tool at hand") {
		t.Errorf("the report does not speak of the playbook: %v", err)
	}

	// It can be put away.
	p.Session().Go(screen.PageFindings, "")
	p.settle()
	tapText(p, "Close the playbook")
	if all := strings.Join(p.texts(), "\n"); strings.Contains(all, "What was asked for") {
		t.Error("the playbook is closed but still shown")
	}
}

func TestAFaultyPlaybookSaysWhatIsWrong(t *testing.T) {
	p := sample(t)
	p.OpenPlaybook(write(t, "good.yaml", playbook))
	p.settle()
	for _, x := range []struct{ name, text, want string }{
		{"noproof.yaml", strings.Replace(playbook, ", proof: [{kind: doc, ref: chapter 4}]", "", 1), `capability flaky: "yes" needs proof`},
		{"key.yaml", playbook + "colour: red\n", "field colour not found"},
		{"schema.yaml", "schema: other/v1\n", `schema is "other/v1", want "faultline.playbook/v1"`},
		{"log.yaml", "2026-03-01T10:00:00Z INFO ok\n", "cannot unmarshal"},
	} {
		path := write(t, x.name, x.text)
		p.OpenPlaybook(path)
		p.settle()
		p.reads("The playbook was not opened", path, x.want, "Correct the file and open it again.")
	}
	gone := filepath.Join(t.TempDir(), "gone.yaml")
	p.OpenPlaybook(gone)
	p.settle()
	p.reads(gone, "no such file")
	p.reads("Lists of flaky tests") // the one before is kept
}
