package assess_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"faultline/analysis"
	"faultline/analysis/assess"
	"faultline/analysis/cause"
	"faultline/analysis/ingest"
	"faultline/index"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// bundles is where the development set lies beside the repository.
const bundles = "../../../shared/data/bundles"

// open imports paths into a new case.
func open(t testing.TB, paths ...string) *index.Case {
	t.Helper()
	c, err := index.Create(filepath.Join(t.TempDir(), "case"), index.Options{Name: "test", Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := ingest.Run(context.Background(), c, paths, ingest.Options{}); err != nil {
		t.Fatal(err)
	}
	return c
}

// write makes a bundle of files in a folder.
func write(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "bundle")
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func run(t testing.TB, c *index.Case, o assess.Options) *analysis.Assessment {
	t.Helper()
	cat, err := cause.Default()
	if err != nil {
		t.Fatal(err)
	}
	a, err := assess.Assess(context.Background(), c, cat, o)
	if err != nil {
		t.Fatal(err)
	}
	sums(t, a)
	return a
}

// sums checks what must hold of every assessment.
func sums(t testing.TB, a *analysis.Assessment) {
	t.Helper()
	if len(a.Shares) != len(analysis.Verdicts) {
		t.Errorf("%d shares, want one per verdict", len(a.Shares))
	}
	failures, episodes, lost := 0, 0, time.Duration(0)
	for _, s := range a.Shares {
		failures += s.Failures
		episodes += s.Episodes
		lost += s.Lost
	}
	ids := map[string]bool{}
	for _, f := range a.Failures {
		episodes -= f.Episodes
		lost -= f.Lost
		if ids[f.ID] {
			t.Errorf("two failures have the ID %s: %s", f.ID, f.Title)
		}
		ids[f.ID] = true
		if f.Episodes < 1 || f.Records < 1 {
			t.Errorf("failure %q has %d episodes of %d records", f.Title, f.Episodes, f.Records)
		}
		if f.Attribution.Verdict != analysis.VerdictNotCheckable && len(f.Attribution.Evidence) == 0 {
			t.Errorf("failure %q has a verdict (%s) and no evidence", f.Title, f.Attribution.Verdict)
		}
	}
	if failures != len(a.Failures) || episodes != 0 || lost != 0 {
		t.Errorf("shares add up to %d failures of %d, %d episodes too many, %v too long", failures, len(a.Failures), episodes, lost)
	}
	if len(a.Themes) != 8 {
		t.Errorf("%d themes, want all 8", len(a.Themes))
	}
	for _, f := range a.Findings {
		if f.Basis == "" || f.Claim == "" || f.Title == "" || f.Ranking == "" {
			t.Errorf("finding %q lacks its basis, claim or ranking", f.Title)
		}
	}
	for _, n := range a.Key {
		if n.Basis == "" || n.Exposure == "" {
			t.Errorf("key number %q lacks its basis or exposure", n.Label)
		}
	}
	if a.Answer == "" {
		t.Error("no answer")
	}
}

// figures prints the key figures of an assessment, for golden files: those that
// do not hang on where exactly the miner cuts its patterns.
func figures(a *analysis.Assessment) string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	answer, _, _ := strings.Cut(a.Answer, " A cause was found")
	p("answer: %s", answer)
	p("period: %s to %s", a.Period.From.Format(time.RFC3339), a.Period.To.Format(time.RFC3339))
	for _, n := range a.Key {
		if n.Basis != analysis.Inferred && !strings.Contains(n.Label, "episodes") {
			p("key: %s: %s [%.4g, %.4g] n=%d; %s; %s; %s", n.Label, n.Text, n.Low, n.High, n.N, n.Exposure, n.Method, n.Basis)
		}
	}
	for _, f := range a.Failures {
		if f.Kind == "state" || f.Kind == "event" {
			p("failure: %s %q: %s %s, %d episodes of %d", f.Kind, f.Title, f.Attribution.Verdict, f.Attribution.Cause, f.Episodes, f.Records)
		}
	}
	for _, f := range a.Findings {
		if f.Basis == analysis.Derived || f.Cause == "startup-order" {
			p("finding: %s: %s", f.Title, f.Claim)
		}
	}
	for i, j := range a.Jobs {
		if i < 10 {
			p("job: %s %q %q: %s [%.4g, %.4g]", j.Kind, j.Pipeline, j.Job, j.Rate.Text, j.Rate.Low, j.Rate.High)
		}
	}
	for _, n := range a.Quality.Notes {
		// What is made of times is the readers' business.
		if !strings.HasPrefix(n, "Inferred") && !strings.Contains(n, "no usable time") {
			p("note: %s", n)
		}
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s differs (-want +got); read it and run with -update:\n%s", file, d)
	}
}

// The bundle of the sample case is a real one; its reading is known.
func TestSampleBundle(t *testing.T) {
	c := open(t, "../../testdata/sample/support-bundle.tar.gz")
	a := run(t, c, assess.Options{})
	for _, want := range []string{"stopped about 96 times in 89 days", "6 containers in 4 pods", "local-path-provisioner and metrics-server die again", "one problem of start-up order"} {
		if !strings.Contains(a.Answer, want) {
			t.Errorf("the answer does not say %q:\n%s", want, a.Answer)
		}
	}
	found := false
	for _, f := range a.Findings {
		if f.Cause == "startup-order" {
			found = strings.Contains(f.Claim, "10.43.0.1:443 i/o timeout")
		}
	}
	if !found {
		t.Error("no finding names the error that the components which die again share")
	}
	golden(t, "sample", figures(a))
}

func TestSameInSameOut(t *testing.T) {
	files := []string{"../../testdata/sample/support-bundle.tar.gz", "../../testdata/sample/ci-runs-made-up.csv"}
	var want []byte
	for range 2 {
		c := open(t, files...)
		for range 2 {
			got, err := json.Marshal(run(t, c, assess.Options{}))
			if err != nil {
				t.Fatal(err)
			}
			// The hash over the case's content is part of it; the way the
			// bundle was named on this machine is not.
			if want == nil {
				want = got
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("two assessments of the same bundles differ:\n%s", cmp.Diff(string(want), string(got)))
			}
		}
	}
}

// An origin in one file and its consequence in another, on the same host:
// joined. The same consequence on another host is not.
func TestJoinAcrossSources(t *testing.T) {
	lines := func(host string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "<11>1 2026-10-21T02:10:%02dZ %s app 1 - - db: dial tcp 10.0.0.9:5432: connect: connection refused\n", 30+i, host)
		}
		for i := range 40 {
			fmt.Fprintf(&b, "<14>1 2026-10-21T03:%02d:00Z %s app 1 - - request served\n", i, host)
		}
		return b.String()
	}
	kern := func(host string) string {
		return fmt.Sprintf("<10>1 2026-10-21T02:10:05Z %s kernel - - - Memory cgroup out of memory: Killed process 7 (java) total-vm:1kB, anon-rss:1kB\n", host) +
			fmt.Sprintf("<14>1 2026-10-21T03:30:00Z %s kernel - - - usb 1-1: new device\n", host)
	}
	verdicts := func(kernHost string) map[string]analysis.Failure {
		c := open(t, write(t, map[string]string{"kern.log": kern(kernHost), "app.log": lines("node-1", 5)}))
		out := map[string]analysis.Failure{}
		for _, f := range run(t, c, assess.Options{}).Failures {
			out[f.Attribution.Cause] = f
		}
		return out
	}
	same := verdicts("node-1")
	if f, ok := same["conn-refused"]; ok {
		t.Errorf("on the same host the refusal is not folded: %+v", f.Attribution)
	}
	if f := same["oom-kernel-kill"]; f.Attribution.Verdict == "" {
		t.Errorf("no failure by the kernel's kill: %+v", same)
	}
	other := verdicts("node-2")
	if f := other["conn-refused"]; f.Attribution.Verdict != analysis.VerdictSymptom {
		t.Errorf("on another host the refusal is %q, want a symptom only", f.Attribution.Verdict)
	}
}

// Five hundred loud lines in one burst are one episode; three quiet ones far
// apart are three.
func TestEpisodesNotLines(t *testing.T) {
	var b strings.Builder
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	for i := range 500 {
		fmt.Fprintf(&b, "%s ERROR cache: shard %d is cold and failed to warm\n", at.Add(time.Duration(i)*100*time.Millisecond).Format("2006-01-02T15:04:05.000Z"), i%7)
	}
	for i := 1; i <= 3; i++ {
		fmt.Fprintf(&b, "%s ERROR ledger: nightly close failed on book %d\n", at.Add(time.Duration(i)*5*time.Hour).Format("2006-01-02T15:04:05.000Z"), i)
	}
	fmt.Fprintf(&b, "%s INFO all done\n", at.Add(40*time.Hour).Format("2006-01-02T15:04:05.000Z"))
	a := run(t, open(t, write(t, map[string]string{"app.log": b.String()})), assess.Options{})
	got := map[string][2]int64{}
	for _, f := range a.Failures {
		got[strings.Fields(f.Title)[0]] = [2]int64{int64(f.Episodes), f.Records}
		if f.AtEnd {
			t.Errorf("%q is said to go on at the end", f.Title)
		}
	}
	want := map[string][2]int64{"cache:": {1, 500}, "ledger:": {3, 3}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("episodes and records (-want +got):\n%s", d)
	}
	if !strings.HasPrefix(a.Failures[0].Title, "ledger:") {
		t.Errorf("the loudest failure stands first: %q", a.Failures[0].Title)
	}
	if !strings.Contains(a.Answer, "4 failure episodes") {
		t.Errorf("answer: %s", a.Answer)
	}
}

// A person's mark wins and takes the pattern out of the failures; it is still
// listed and counted.
// TestEvidenceFails wants the records that a pattern fails by as its evidence,
// not those of the same form that went well.
func TestEvidenceFails(t *testing.T) {
	var log strings.Builder
	for i := range 40 {
		status := 200
		if i > 20 && i%7 == 0 {
			status = 500
		}
		fmt.Fprintf(&log, "10.0.0.%d - - [05/Mar/2024:17:%02d:24 +0000] \"GET /shop/%d HTTP/1.1\" %d 512 \"-\" \"curl/8.1\"\n", i, i, i*37, status)
	}
	a := run(t, open(t, write(t, map[string]string{"access.log": log.String()})), assess.Options{})
	if len(a.Failures) != 1 || a.Failures[0].Records != 3 || len(a.Failures[0].Attribution.Evidence) == 0 {
		t.Fatalf("failures: %+v", a.Failures)
	}
	for _, e := range a.Failures[0].Attribution.Evidence {
		if !strings.Contains(e.Text, " 500 ") {
			t.Errorf("evidence is %q at line %d: it did not fail", e.Text, e.Origin.Line)
		}
	}
	want := analysis.Failed{Records: 3, Sources: 1, First: time.Date(2024, 3, 5, 17, 21, 24, 0, time.UTC), Last: time.Date(2024, 3, 5, 17, 35, 24, 0, time.UTC)}
	if got := a.Failed[a.Failures[0].Pattern]; len(a.Patterns) != 1 || a.Patterns[0].Count != 40 || got != want {
		t.Errorf("pattern fails by %+v, want %+v of 40: %+v", got, want, a.Patterns)
	}
	if n := drawn(a.Timeline); n != 3 {
		t.Errorf("the timeline of failing records holds %d, want 3", n)
	}
}

// drawn sums up what a histogram holds.
func drawn(h analysis.Histogram) (n int64) {
	for _, s := range h.Series {
		for _, k := range s.Counts {
			n += k
		}
	}
	return n
}

// TestTraceLinesOnce wants a trace of which every line has its own stamp to
// count once, in all numbers alike, an empty line in it not at all.
func TestTraceLinesOnce(t *testing.T) {
	var log strings.Builder
	for i := range 30 {
		fmt.Fprintf(&log, "2026-03-01 10:%02d:00.100 746 INFO acme.store.writer [req-%d] wrote block %d\n", i, i, i*3)
	}
	for _, text := range []string{" [req-9] Exception during message handling: TypeError: check() takes 4 arguments", " Traceback (most recent call last):", `   File "/usr/lib/acme/server.py", line 160, in _process`, "     res = self.dispatch(message)", " TypeError: check() takes 4 arguments", " "} {
		fmt.Fprintf(&log, "2026-03-01 10:40:28.075 746 ERROR acme.rpc.server%s\n", text)
	}
	a := run(t, open(t, write(t, map[string]string{"app.log": log.String()})), assess.Options{})
	records := int64(0)
	for _, f := range a.Failures {
		records += f.Records
	}
	if len(a.Failures) != 2 || records != 2 || drawn(a.Timeline) != 2 || len(a.Patterns) != 2 {
		t.Errorf("%d failures of %d records, %d in the timeline, want 2 of 2 everywhere: %+v", len(a.Failures), records, drawn(a.Timeline), a.Patterns)
	}
}

// TestOutcomeBeforeWords wants what a record says of its own outcome to count,
// not the words that it quotes.
func TestOutcomeBeforeWords(t *testing.T) {
	for _, c := range []struct {
		name, line string // one line a minute, by minute and whether it is one in seven
		other      string // what the line says where it is
		failing    int64  // of 40 records
	}{
		{"went well", `10.0.0.1 - - [05/Mar/2024:17:%02d:24 +0000] "GET /docs/assertion failed HTTP/1.1" %s 512 "-" "curl/8.1"` + "\n", "200", 0},
		{"not found", `10.0.0.1 - - [05/Mar/2024:17:%02d:24 +0000] "GET /docs/assertion failed HTTP/1.1" %s 512 "-" "curl/8.1"` + "\n", "404", 0},
		{"server failed", `10.0.0.1 - - [05/Mar/2024:17:%02d:24 +0000] "GET /docs/assertion failed HTTP/1.1" %s 512 "-" "curl/8.1"` + "\n", "503", 6},
		{"code", `2024-03-05T17:%02d:24Z     except db.Error as %s:` + "\n", "failure", 0},
		{"structured", `{"time":"2024-03-05T17:%02d:24Z","level":"%s","msg":"job backup failed: disk full"}` + "\n", "warn", 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log strings.Builder
			usual := "200"
			if c.other == "warn" {
				usual = "info"
			}
			for i := range 40 {
				status := usual
				if i%7 == 1 {
					status = c.other
				}
				fmt.Fprintf(&log, c.line, i, status)
			}
			a := run(t, open(t, write(t, map[string]string{"a.log": log.String()})), assess.Options{})
			n := int64(0)
			for _, f := range a.Failures {
				n += f.Records
				if f.Attribution.Cause == "assertion-failed-native" {
					t.Errorf("the words of a URL are taken for the cause: %+v", f.Attribution)
				}
			}
			if n != c.failing || drawn(a.Timeline) != c.failing {
				t.Errorf("%d failing records and %d in the timeline, want %d: %+v", n, drawn(a.Timeline), c.failing, a.Failures)
			}
		})
	}
}

func TestMarkedBenign(t *testing.T) {
	c := open(t, write(t, map[string]string{"app.log": "2026-03-01T10:00:00Z ERROR probe: widget failed\n2026-03-01T10:00:09Z ERROR probe: widget failed\n2026-03-01T12:00:00Z INFO ok\n"}))
	a := run(t, c, assess.Options{})
	if len(a.Failures) != 1 {
		t.Fatalf("%d failures, want 1", len(a.Failures))
	}
	if err := c.Mark(a.Failures[0].Pattern, analysis.PatternBenign, "known", "jd"); err != nil {
		t.Fatal(err)
	}
	a = run(t, c, assess.Options{})
	if len(a.Failures) != 0 {
		t.Errorf("a benign pattern is still a failure: %+v", a.Failures)
	}
	if len(a.Patterns) != 1 || a.Patterns[0].State != analysis.PatternBenign || a.Patterns[0].Count != 2 {
		t.Errorf("the benign pattern is not listed: %+v", a.Patterns)
	}
}

// Where the source says that records were dropped, a verdict is at most likely
// and the quality says so.
func TestDroppedRecords(t *testing.T) {
	lines := "2026-03-01T10:00:00Z host-1 app[1]: write /data/x: no space left on device\n2026-03-01T10:00:05Z host-1 app[1]: served\n"
	for _, lossy := range []bool{false, true} {
		text := lines
		if lossy {
			text += "2026-03-01T10:00:09Z host-1 systemd-journald[2]: Suppressed 513 messages from app.service\n"
		}
		a := run(t, open(t, write(t, map[string]string{"messages": text})), assess.Options{})
		if len(a.Failures) != 1 || a.Failures[0].Attribution.Cause != "disk-full" {
			t.Fatalf("failures: %+v", a.Failures)
		}
		want, noted := analysis.VerdictExplained, false
		if lossy {
			want = analysis.VerdictLikely
		}
		for _, n := range a.Quality.Notes {
			noted = noted || strings.Contains(n, "records were dropped")
		}
		if got := a.Failures[0].Attribution.Verdict; got != want || noted != lossy {
			t.Errorf("dropped records %v: verdict %q, want %q; noted %v", lossy, got, want, noted)
		}
	}
}

// One record with an absurd time does not stretch the period over years.
func TestStrayTimes(t *testing.T) {
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, "2026-03-01T%02d:%02d:%02dZ INFO served\n", 10+i/3600, i/60%60, i%60)
	}
	b.WriteString("2001-01-01T00:00:00Z INFO clock not set\n2037-12-31T00:00:00Z INFO clock wild\n")
	a := run(t, open(t, write(t, map[string]string{"a.log": b.String()})), assess.Options{})
	if a.Period.From.Year() != 2026 || a.Period.To.Year() != 2026 {
		t.Errorf("period %v to %v", a.Period.From, a.Period.To)
	}
	noted := false
	for _, n := range a.Quality.Notes {
		noted = noted || strings.Contains(n, "2 records lie months or years")
	}
	if !noted {
		t.Errorf("the notes do not say what was left out: %q", a.Quality.Notes)
	}
}

// Evidence from records that are JSON objects quotes what they say.
func TestEvidenceOfObjects(t *testing.T) {
	var b strings.Builder
	for i := range 5 {
		fmt.Fprintf(&b, `{"ts":"2026-03-01T10:%02d:00Z","host":"n1","level":"error","msg":"write /data/x: no space left on device"}`+"\n", i)
	}
	a := run(t, open(t, write(t, map[string]string{"app.log": b.String()})), assess.Options{})
	n := 0
	for _, f := range a.Findings {
		for _, e := range f.Evidence {
			if n++; !strings.HasPrefix(e.Text, "write /data/x: no space left on device") || e.Origin.Line == 0 {
				t.Errorf("evidence %q at line %d", e.Text, e.Origin.Line)
			}
		}
	}
	if n == 0 {
		t.Error("no finding has evidence")
	}
}

// Two listings of events half a year apart say nothing of the time between.
func TestTwoListings(t *testing.T) {
	listing := func(day string) string {
		var items []string
		for i := range 4 {
			items = append(items, fmt.Sprintf(`{"kind":"Event","apiVersion":"v1","metadata":{"name":"web.%s.%d","namespace":"shop","uid":"u%s%d"},`+
				`"involvedObject":{"kind":"Pod","namespace":"shop","name":"web-%d"},"reason":"BackOff","message":"Back-off restarting failed container","type":"Warning","count":3,`+
				`"firstTimestamp":"%sT10:%02d:00Z","lastTimestamp":"%sT10:%02d:30Z"}`, day, i, day, i, i, day, 10*i, day, 10*i))
		}
		return `{"kind":"EventList","apiVersion":"v1","items":[` + strings.Join(items, ",") + "]}"
	}
	a := run(t, open(t, write(t, map[string]string{"old/events/shop.json": listing("2025-07-10"), "new/events/shop.json": listing("2026-01-12")})), assess.Options{})
	if a.Period.Duration() < 180*24*time.Hour {
		t.Fatalf("a period of %v, want half a year", a.Period.Duration())
	}
	if a.Covered < 30*time.Minute || a.Covered > 2*time.Hour {
		t.Errorf("%v of the period are covered, want one hour", a.Covered)
	}
}

// Failures that come as often in both of two logs half a year apart change no
// rate: nobody looked between.
func TestRateOfObservedTime(t *testing.T) {
	log := func(from time.Time, every time.Duration) string {
		var b strings.Builder
		for i := range 600 {
			at := from.Add(time.Duration(i) * 2 * time.Minute)
			fmt.Fprintf(&b, "%s INFO served %d\n", at.Format(time.RFC3339), i)
			if i > 0 && i%int(every/(2*time.Minute)) == 0 {
				fmt.Fprintf(&b, "%s ERROR could not reach the ledger\n", at.Add(time.Second).Format(time.RFC3339))
			}
		}
		return b.String()
	}
	july, january := time.Date(2025, 7, 10, 0, 0, 0, 0, time.UTC), time.Date(2026, 1, 12, 0, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		later   time.Duration
		changes bool
	}{{time.Hour, false}, {10 * time.Minute, true}} {
		a := run(t, open(t, write(t, map[string]string{"old/app.log": log(july, time.Hour), "new/app.log": log(january, x.later)})), assess.Options{})
		said := strings.Contains(strings.Join(a.Rhythm, "\n"), "the rate of incidents changes")
		if said != x.changes {
			t.Errorf("a failure every hour, later every %v: a change of the rate is said: %v\n%s", x.later, said, strings.Join(a.Rhythm, "\n"))
		}
		if !x.changes && !strings.Contains(strings.Join(a.Rhythm, "\n"), "regularly, like a timer") {
			t.Errorf("a failure every hour is not said to be regular:\n%s", strings.Join(a.Rhythm, "\n"))
		}
	}
}

// A job's log is one failure, whatever errors it holds, and names its line.
func TestJobLog(t *testing.T) {
	log := ""
	for i, l := range []string{
		"##[group]Run make", "##[endgroup]", "compiling part 1", "write /build/x.o: no space left on device",
		"make: *** [Makefile:3: all] Error 1", "##[error]Process completed with exit code 2.", "Post job cleanup.", "error: cleanup failed",
	} {
		log += fmt.Sprintf("2026-05-05T08:00:%02d.1234567Z %s\n", i, l)
	}
	a := run(t, open(t, write(t, map[string]string{"3_build.txt": log})), assess.Options{})
	if len(a.Failures) != 1 || a.Failures[0].Kind != "run" {
		t.Fatalf("failures: %+v", a.Failures)
	}
	at := a.Failures[0].Attribution
	if at.Cause != "disk-full" || at.Verdict != analysis.VerdictExplained || at.Evidence[0].Origin.Line != 4 {
		t.Errorf("attribution %+v, want disk-full explained by line 4", at)
	}
}

// A run of the history whose number stands in the name of a log is judged by
// that log, and both are one failure.
func TestRunWithLog(t *testing.T) {
	log := ""
	for i, l := range []string{"##[group]Run make", "write /build/x.o: no space left on device", "##[error]Process completed with exit code 2."} {
		log += fmt.Sprintf("2026-05-05T08:00:%02d.1234567Z %s\n", i, l)
	}
	a := run(t, open(t, write(t, map[string]string{
		"job-99123456.txt": log,
		"runs.csv":         "job_id,job_name,conclusion,started_at\n99123456,build,failure,2026-05-05T08:00:00Z\n99123457,build,failure,2026-05-05T09:00:00Z\n99123458,build,success,2026-05-05T10:00:00Z\n",
	})), assess.Options{})
	got := map[analysis.Verdict]string{}
	for _, f := range a.Failures {
		got[f.Attribution.Verdict] = f.Attribution.Cause
	}
	want := map[analysis.Verdict]string{analysis.VerdictExplained: "disk-full", analysis.VerdictNotCheckable: ""}
	if d := cmp.Diff(want, got); d != "" || len(a.Failures) != 2 {
		t.Errorf("%d failures; verdicts and causes (-want +got):\n%s", len(a.Failures), d)
	}
}

func TestPlaybook(t *testing.T) {
	const good = `schema: faultline.playbook/v1
vendor: {name: Example, product: P, version: "1", valid_until: 2027-01-01, approved_by: x, approved_on: 2026-01-01}
capabilities:
- {id: dash, title: Dashboards, answer: partly, note: One fixed view., proof: [{kind: demo, ref: "3"}], answers_requests: ['(?i)dash-?board']}
- {id: custom, title: Custom views, answer: "no", alternative: keep your tool, answers_requests: ['(?i)custom']}
- {id: env, title: Environments as code, answer: "yes", proof: [{kind: doc, ref: ch. 4}], answers_requests: ['(?i)environment']}
- {id: soon, title: Alerts, answer: roadmap, answers_requests: ['(?i)alert']}
`
	p, err := assess.ReadPlaybook(strings.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	a := run(t, open(t, write(t, map[string]string{"a.log": "2026-03-01T10:00:00Z INFO ok\n"})), assess.Options{
		Playbook: p, Asked: []string{"Custom dashboards", "environment management", "alerts", "teleportation"},
	})
	var got []string
	for _, c := range a.Coverage {
		got = append(got, c.Asked+": "+c.Answer)
	}
	want := []string{"Custom dashboards: no", "environment management: yes", "alerts: no", "teleportation: unknown"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("coverage (-want +got):\n%s", d)
	}
	for _, x := range []struct{ name, text, want string }{
		{"no proof", strings.Replace(good, ", proof: [{kind: doc, ref: ch. 4}]", "", 1), "needs proof"},
		{"unknown answer", strings.Replace(good, "partly", "maybe", 1), "maybe"},
		{"unknown key", good + "colour: red\n", "colour"},
		{"other schema", strings.Replace(good, "/v1", "/v9", 1), "schema"},
	} {
		if _, err := assess.ReadPlaybook(strings.NewReader(x.text)); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: ReadPlaybook = %v, want an error with %q", x.name, err, x.want)
		}
	}
}

func TestNothing(t *testing.T) {
	a := run(t, open(t, write(t, map[string]string{"a.log": "2026-03-01T10:00:00Z INFO ok\n2026-03-01T10:00:05Z INFO ok\n", "b.bin": "\x00\x01\x02\x03"})), assess.Options{})
	if len(a.Failures) != 0 || !strings.Contains(a.Answer, "No failure is visible in 2 records from 1 source; 1 more could not be read") {
		t.Errorf("answer %q with failures %+v", a.Answer, a.Failures)
	}
}

func TestCancel(t *testing.T) {
	c := open(t, write(t, map[string]string{"a.log": "2026-03-01T10:00:00Z ERROR it failed\n"}))
	cat, err := cause.Default()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := assess.Assess(ctx, c, cat, assess.Options{}); err == nil {
		t.Error("a cancelled assessment returned no error")
	}
}

// What competent people read in the public bundles.
func TestReadings(t *testing.T) {
	for _, x := range []struct {
		name  string
		path  string
		check func(t *testing.T, a *analysis.Assessment)
	}{
		{"job history", "ci/gha-pytorch/job-history-20240814-2000-2238.csv", func(t *testing.T, a *analysis.Assessment) {
			if len(a.Jobs) == 0 || a.Jobs[0].Runs != 7604 || a.Jobs[0].Failed != 356 || a.Jobs[0].Rate.Text != "4.68 % (356 of 7,604)" {
				t.Errorf("jobs %+v", a.Jobs[:min(1, len(a.Jobs))])
			}
		}},
		{"must-gather", "kubernetes/must-gather-aws.tar.gz", func(t *testing.T, a *analysis.Assessment) {
			for _, want := range []string{"798 warning events, standing for 1,749 occurrences", "ended at 09:45:28Z on 2021-08-03", "was healthy", "fresh installation"} {
				if !strings.Contains(a.Answer, want) {
					t.Errorf("the answer does not say %q:\n%s", want, a.Answer)
				}
			}
			byReason := map[string]int64{}
			for _, f := range a.Failures {
				if f.Kind == "event" {
					reason, _, _ := strings.Cut(f.Title, ":")
					byReason[reason] += f.Records
				}
			}
			for reason, want := range map[string]int64{
				"FastControllerResync": 257, "FailedScheduling": 241, "FailedMount": 211, "RequiredInstallerResourcesMissing": 174,
				"Unhealthy": 166, "NetworkNotReady": 150, "OpenShiftAPICheckFailed": 129,
			} {
				if byReason[reason] != want {
					t.Errorf("%s stands for %d occurrences, want %d", reason, byReason[reason], want)
				}
			}
		}},
		{"labelled job logs", "ci/gha-pytorch/logs", func(t *testing.T, a *analysis.Assessment) {
			f, err := os.Open(filepath.Join(bundles, "ci/gha-pytorch/labels.csv"))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			rows, err := csv.NewReader(f).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			first := map[string]int64{}
			for _, f := range a.Failures {
				if e := f.Attribution.Evidence; f.Kind == "run" && len(e) > 0 {
					first[e[0].Origin.Path] = e[0].Origin.Line
				}
			}
			right, all := 0, 0
			for _, r := range rows[1:] {
				label, err := strconv.ParseInt(r[3], 10, 64)
				if err != nil {
					continue // no label
				}
				all++
				if line := first[r[0]]; line > 0 && max(line-label, label-line) <= 3 {
					right++
				} else {
					t.Logf("%s: line %d, label %d", r[0], line, label)
				}
			}
			t.Logf("first evidence within three lines of the label: %d of %d", right, all)
			if all != 20 || right < 16 {
				t.Errorf("first evidence within three lines of the label in %d of %d logs, want 16 of 20 or more", right, all)
			}
		}},
		{"kafka", "app/kafka-3-brokers-logs.tar.gz", func(t *testing.T, a *analysis.Assessment) {
			n := int64(0)
			for _, f := range a.Failures {
				if strings.Contains(f.Title, "from OfflinePartition to OnlinePartition failed") {
					n = f.Records
				}
			}
			if n != 60 {
				t.Errorf("%d state changes from OfflinePartition failed, want 60 of three topics", n)
			}
		}},
	} {
		t.Run(x.name, func(t *testing.T) {
			path := filepath.Join(bundles, x.path)
			if _, err := os.Stat(path); err != nil {
				t.Skipf("the development set is not here: %v", err)
			}
			if testing.Short() && x.name == "must-gather" {
				t.Skip("66 MB in short mode")
			}
			a := run(t, open(t, path), assess.Options{})
			x.check(t, a)
		})
	}
}

// The same job fails in one environment and hardly in the other, and by night;
// both are said per run, with what speaks against it.
func TestContrasts(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,pipeline,job,status,started_at,finished_at,commit,environment\n")
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for i := range 240 {
		start := at.Add(time.Duration(i) * 3 * time.Hour)
		env, status := "prod", "success"
		if i%2 == 0 {
			env = "staging"
		}
		night := start.Hour() < 3
		if env == "staging" && night && i%3 != 1 || i == 77 {
			status = "failure"
		}
		fmt.Fprintf(&b, "%d,deploy,deploy,%s,%s,%s,c%d,%s\n", i, status, start.Format(time.RFC3339), start.Add(5*time.Minute).Format(time.RFC3339), i, env)
	}
	a := run(t, open(t, write(t, map[string]string{"runs.csv": b.String()})), assess.Options{})
	found := false
	for _, f := range a.Findings {
		if strings.Contains(f.Title, "environment staging") {
			found = f.Basis == analysis.Derived && f.Theme == "config" && len(f.Against) > 0 && len(f.Evidence) > 0
		}
		if strings.Contains(f.Title, "environment prod") {
			t.Errorf("prod does not stand out, but: %s", f.Claim)
		}
	}
	if !found {
		t.Error("no finding says that the job fails in staging")
	}
	night := false
	for _, s := range a.Rhythm {
		night = night || strings.Contains(s, "from 00:00 to 00:59")
	}
	if !night {
		t.Errorf("no sentence says that runs fail at midnight: %q", a.Rhythm)
	}
}

// Attempts of one job on one commit with both ends are flaky, whatever the
// text says.
func TestFlakyChains(t *testing.T) {
	var b strings.Builder
	b.WriteString("id,pipeline,job,status,started_at,finished_at,commit,attempt\n")
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for i := range 10 {
		for attempt, status := range []string{"failure", "success"} {
			start := at.Add(time.Duration(i)*5*time.Hour + time.Duration(attempt)*time.Hour)
			fmt.Fprintf(&b, "%d-%d,ci,unit,%s,%s,%s,c%d,%d\n", i, attempt, status, start.Format(time.RFC3339), start.Add(time.Minute).Format(time.RFC3339), i, attempt+1)
		}
	}
	a := run(t, open(t, write(t, map[string]string{"runs.csv": b.String()})), assess.Options{})
	for _, f := range a.Findings {
		if strings.Contains(f.Title, "fail and pass on the same commit") {
			if !strings.HasPrefix(f.Claim, "10 of 10 rerun chains") || len(f.Evidence) == 0 {
				t.Errorf("claim %q with evidence %v", f.Claim, f.Evidence)
			}
			return
		}
	}
	t.Errorf("no finding of flaky chains among %d", len(a.Findings))
}

// A filter narrows everything; what it leaves out is neither a failure nor
// counted, and the labels of the whole case stay.
func TestNarrowed(t *testing.T) {
	c := open(t, write(t, map[string]string{
		"a.log": "2026-03-01T10:00:00Z ERROR alpha failed\n2026-03-01T11:00:00Z ERROR alpha failed\n2026-03-01T12:00:00Z INFO ok\n",
		"b.log": "2026-03-01T10:30:00Z ERROR beta broke and failed\n2026-03-01T12:30:00Z INFO ok\n",
		"r.csv": "id,job,status,started_at\n1,x,failure,2026-03-01T10:10:00Z\n2,x,success,2026-03-01T11:10:00Z\n",
	}))
	count := func(f analysis.Filter) (n int, records int64) {
		a := run(t, c, assess.Options{Filter: f})
		for _, x := range a.Failures {
			records += x.Records
		}
		return len(a.Failures), records
	}
	at := func(h, m int) time.Time { return time.Date(2026, 3, 1, h, m, 0, 0, time.UTC) }
	for _, x := range []struct {
		name     string
		filter   analysis.Filter
		failures int
		records  int64
	}{
		{"everything", analysis.Filter{}, 3, 4},
		{"one source", analysis.Filter{Sources: []string{"a.log"}}, 1, 2},
		{"an hour", analysis.Filter{From: at(10, 50), To: at(11, 50)}, 1, 1},
		{"a word", analysis.Filter{Query: "beta", Sources: []string{"*.log", "b.log"}}, 1, 1},
		{"nothing", analysis.Filter{From: at(20, 0)}, 0, 0},
	} {
		if n, r := count(x.filter); n != x.failures || r != x.records {
			t.Errorf("%s: %d failures of %d records, want %d of %d", x.name, n, r, x.failures, x.records)
		}
	}
}

func TestEmptyCase(t *testing.T) {
	c, err := index.Create(filepath.Join(t.TempDir(), "case"), index.Options{Name: "empty"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	a := run(t, c, assess.Options{})
	if len(a.Failures) != 0 || !strings.Contains(a.Answer, "0 records from 0 sources") {
		t.Errorf("answer %q", a.Answer)
	}
	cat, err := cause.Default()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := assess.Assess(context.Background(), c, cat, assess.Options{Zone: "Mars/Olympus"}); err == nil {
		t.Error("an unknown time zone was taken")
	}
}

func FuzzReadPlaybook(f *testing.F) {
	f.Add("schema: faultline.playbook/v1\ncapabilities:\n- {id: a, title: A, answer: \"no\", answers_requests: ['x']}\n")
	f.Add("schema: faultline.playbook/v1\nvendor: {name: x}\ncapabilities: []\nterms: []\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := assess.ReadPlaybook(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, c := range p.Capabilities {
			if c.Answer != "no" && c.Proof == "" {
				t.Errorf("capability %q answers %q without proof", c.ID, c.Answer)
			}
		}
	})
}
