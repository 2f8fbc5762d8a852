package app_test

import (
	"strings"
	"testing"
)

// Records that are JSON objects are listed by what they say; the record below
// the list stays as it is.
func TestObjectsAreListedByWhatTheySay(t *testing.T) {
	p := start(t)
	var b strings.Builder
	for range 3 {
		b.WriteString(`{"__CURSOR":"s=ef3d4767","PRIORITY":"3","__REALTIME_TIMESTAMP":"1717236000000000","_HOSTNAME":"n1","MESSAGE":"cannot reach the ledger"}` + "\n")
	}
	p.Open([]string{write(t, "journal.json", b.String())})
	p.settle()
	p.goTo("Explore")
	rows, whole := 0, false
	for _, s := range p.texts() {
		if strings.HasPrefix(s, "cannot reach the ledger") {
			rows++
		}
		whole = whole || strings.HasPrefix(s, `{"__CURSOR":"s=ef3d4767"`)
	}
	if rows != 4 || !whole {
		t.Errorf("%d texts say what the records say, want 3 rows and their pattern; the record itself is shown: %v\n%s", rows, whole, strings.Join(p.texts(), "\n"))
	}
}

// Tests that were all skipped have no rate, and runs without a time no lanes.
func TestSkippedTestsHaveNoRate(t *testing.T) {
	p := start(t)
	p.Open([]string{write(t, "junit.xml", `<testsuite name="suite" tests="2" skipped="2"><testcase classname="a" name="one"><skipped/></testcase><testcase classname="a" name="two"><skipped/></testcase></testsuite>`)})
	p.settle()
	p.goTo("Runs")
	p.reads("No run of these jobs states when it began.")
	for _, s := range p.texts() {
		if strings.Contains(s, "0.00 %") {
			t.Errorf("a rate of no counted run is shown: %q", s)
		}
	}
}
