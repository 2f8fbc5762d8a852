package cause_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"faultline/analysis"
	"faultline/analysis/cause"
)

// bundles is where the development set lies beside the repository.
const bundles = "../../../shared/data/bundles"

var stamped = regexp.MustCompile(`^\x{feff}?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d`)

// unit reads a job log as ingest does: each line its own, and lines without a
// stamp belong to the record above when the log has stamps.
func unit(text string) cause.Unit {
	u := cause.Unit{Log: true}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	n := 0
	for _, l := range lines {
		if stamped.MatchString(l) {
			n++
		}
	}
	for i, l := range lines {
		body, sev := cause.Body(l)
		u.Lines = append(u.Lines, cause.Line{
			Item:      cause.Item{Text: body, Severity: sev},
			Origin:    analysis.Origin{Path: "log", Line: int64(i + 1)},
			Continued: i > 0 && n > len(lines)/5 && !stamped.MatchString(l),
		})
	}
	return u
}

func TestJudgeLabelledLogs(t *testing.T) {
	dir := filepath.Join(bundles, "ci/gha-pytorch")
	f, err := os.Open(filepath.Join(dir, "labels.csv"))
	if err != nil {
		t.Skipf("the development set is not here: %v", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	c, err := cause.Default()
	if err != nil {
		t.Fatal(err)
	}
	right, all := 0, 0
	for _, r := range rows[1:] {
		label, err := strconv.Atoi(r[3])
		if err != nil {
			continue // no label
		}
		data, err := os.ReadFile(filepath.Join(dir, "logs", r[0]))
		if err != nil {
			t.Fatal(err)
		}
		all++
		a := c.Judge(unit(string(data)))
		line := int64(-1)
		text := ""
		if len(a.Evidence) > 0 {
			line, text = a.Evidence[0].Origin.Line, a.Evidence[0].Text
		}
		d := line - int64(label)
		if line > 0 && d >= -3 && d <= 3 {
			right++
		}
		t.Logf("%-36s label %3d, first evidence %3d: %s %s%v: %.90s", r[0], label, line, a.Verdict, a.Cause, a.Candidates, text)
	}
	t.Logf("first evidence within three lines of the label: %d of %d", right, all)
	if right < 16 {
		t.Errorf("first evidence within three lines of the label in %d of %d logs, want 16 or more", right, all)
	}
}
