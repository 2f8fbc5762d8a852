package format_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"faultline/analysis"
)

const junitSample = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="outer" timestamp="2026-01-02T03:04:05" hostname="h1" tests="5">
    <testsuite name="inner">
      <testcase classname="pkg.A" name="passes" time="1,5"/>
      <testcase classname="pkg.A" name="fails" time="0.25"><failure message="want 1 &amp; got 2" type="AssertionError">trace
line 2</failure><system-out>noise</system-out></testcase>
      <testcase classname="pkg.A" name="errs" time="1"><error type="java.lang.NullPointerException"><![CDATA[at x]]></error></testcase>
    </testsuite>
    <testcase name="skips"><skipped message="not today"/></testcase>
    <testcase name="flaky" time="2"><flakyFailure message="once">t</flakyFailure></testcase>
  </testsuite>
</testsuites>
`

func tests(recs []analysis.Record) string {
	var out []string
	for _, r := range recs {
		if r.Kind == analysis.KindTest {
			out = append(out, fmt.Sprintf("%d %s/%s %s %s %q", r.Line+1, r.Run.Pipeline, r.Run.Job, r.Run.Status, r.Run.Duration, r.Run.Message))
		}
	}
	return strings.Join(out, "\n")
}

func TestJUnit(t *testing.T) {
	const want = `5 inner/pkg.A.passes success 1.5s ""
6 inner/pkg.A.fails failure 250ms "AssertionError: want 1 & got 2\ntrace\nline 2"
8 inner/pkg.A.errs failure 1s "java.lang.NullPointerException: at x\nat x"
10 outer/skips skipped 0s "not today"
11 outer/flaky success 2s ""`
	d, recs, problems := read(t, "r.xml", []byte(junitSample), 1<<20)
	if got := tests(recs); d.Format != "junit" || got != want || len(problems) > 0 {
		t.Errorf("%s %v:\n%s\nwant\n%s", d.Format, problems, got, want)
	}
	for _, r := range recs {
		if r.Kind == analysis.KindTest && (r.When().Format("2006-01-02T15:04:05") != "2026-01-02T03:04:05" || r.Quality != analysis.TimeAssumedZone) {
			t.Errorf("%s at %s (%s)", r.Run.Job, r.When(), r.Quality)
		}
	}
}

// A report that stops anywhere keeps the cases that were complete.
func TestJUnitTruncated(t *testing.T) {
	whole, _, _ := strings.Cut(junitSample, `<testcase classname="pkg.A" name="errs"`)
	_, recs, problems := read(t, "r.xml", []byte(whole+`<testcase classname="pkg.A" name="er`), 1<<20)
	if got := strings.Count(tests(recs), "\n") + 1; got != 2 || len(problems) != 1 || problems[0].Kind != analysis.ProblemTruncated {
		t.Errorf("%d cases, %v; want 2 and a note that it is truncated", got, problems)
	}
	for i := 0; i < len(junitSample); i += 3 {
		read(t, "r.xml", []byte(junitSample[:i]), 1<<20)
	}
}

func TestJUnitEntities(t *testing.T) {
	bomb := `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><testsuite name="x"><testcase name="&b;"/></testsuite>`
	_, recs, problems := read(t, "r.xml", []byte(bomb), 1<<20)
	if got := tests(recs); got != "" || len(problems) != 1 {
		t.Errorf("%s %v, want no case and one problem", got, problems)
	}
}

// The counts that reports state of themselves are what we count in them.
func TestReportsAgainstTheirCounts(t *testing.T) {
	root := "../../../shared/data/bundles/"
	if _, err := os.Stat(root); err != nil {
		t.Skipf("the development data is not here: %v", err)
	}
	attr := func(text, name string) int {
		m := regexp.MustCompile(`\s` + name + `=['"](\d+)['"]`).FindStringSubmatch(text)
		if m == nil {
			return -1
		}
		n, _ := strconv.Atoi(m[1])
		return n
	}
	checked := 0
	for _, path := range []string{
		"ci/test-results/publish-unit-test/junit-xml/pytest/junit.mpi.standalone.xml", "ci/test-results/publish-unit-test/junit-xml/pytest/junit.spark.integration.1.xml",
		"ci/test-results/dorny/external/java/pulsar-test-report.xml", "ci/test-results/dorny/external/jest/jest-test-results.xml", "ci/test-results/dorny/external/phpunit/phpcheckstyle-phpunit.xml",
		"ci/test-results/publish-unit-test/nunit/nunit3/jenkins/NUnit-issue17521.xml", "ci/test-results/publish-unit-test/nunit/nunit3/jenkins/NUnit-issue44527.xml",
		"ci/test-results/publish-unit-test/xunit/mstest/pickles.xml", "ci/test-results/dorny/dotnet-trx.trx", "ci/test-results/publish-unit-test/trx/nunit/SilentNotes.trx",
	} {
		data, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			continue
		}
		_, recs, _ := read(t, path, data, 1<<20)
		cases, failed := 0, 0
		for _, r := range runsOf(recs) {
			cases++
			if r.Status.Failed() {
				failed++
			}
		}
		want, wantFailed := 0, 0
		for _, tag := range regexp.MustCompile(`(?s)<(testsuites|testsuite|test-run|assembly|Counters)\s[^>]*>`).FindAllString(string(data), -1) {
			n := max(attr(tag, "tests"), attr(tag, "testcasecount"), attr(tag, "total"))
			if n > want {
				want = n
				wantFailed = max(attr(tag, "failures"), attr(tag, "failed"), 0) + max(attr(tag, "errors"), attr(tag, "error"), 0)
			}
			if strings.HasPrefix(tag, "<test-run") || strings.HasPrefix(tag, "<testsuites ") {
				break
			}
		}
		checked++
		t.Logf("%s: %d cases, %d failed; stated %d, %d", path, cases, failed, want, wantFailed)
		if cases != want || failed != wantFailed {
			t.Errorf("%s: %d cases, %d failed; it states %d and %d", path, cases, failed, want, wantFailed)
		}
	}
	if checked == 0 {
		t.Skip("none of the reports is here")
	}
}

func FuzzXML(f *testing.F) {
	f.Add([]byte(junitSample))
	f.Add([]byte(`<assemblies><assembly name="a" run-date="2026-01-02" run-time="10:00:00"><collection><test name="x" result="Fail" time="0.1"><failure exception-type="E"><message>m</message></failure></test></collection></assembly></assemblies>`))
	f.Add([]byte(`<test-run start-time="2017-04-29 20:49:41Z"><test-suite name="s"><test-case name="a" result="Failed" label="Error" duration="0.1"><failure><message><![CDATA[m]]></message></failure></test-case></test-suite></test-run>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		read(t, "x.xml", data, 1<<20)
	})
}
