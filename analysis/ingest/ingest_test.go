package ingest_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"faultline/analysis"
	"faultline/analysis/ingest"
	"faultline/index"
)

// openCase opens the case in dir, or makes it.
func openCase(t testing.TB, dir string) *index.Case {
	t.Helper()
	dir = filepath.Join(dir, "case")
	c, err := index.Open(dir, index.Options{})
	if errors.Is(err, index.ErrNoCase) {
		c, err = index.Create(dir, index.Options{Name: "test"})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func importInto(t testing.TB, dir string, o ingest.Options, paths ...string) (*index.Case, ingest.Result) {
	t.Helper()
	c := openCase(t, dir)
	res, err := ingest.Run(t.Context(), c, paths, o)
	if err != nil {
		t.Fatal(err)
	}
	return c, res
}

type item struct {
	name, text string
	kind       byte
	link       string
	modified   time.Time
}

var stamp = time.Date(2024, 1, 20, 12, 0, 0, 0, time.UTC)

// makeTar writes a tar.gz and returns its path.
func makeTar(t testing.TB, items ...item) string {
	t.Helper()
	var buf bytes.Buffer
	zw := gzip.NewWriter(&buf)
	tw := tar.NewWriter(zw)
	for _, it := range items {
		h := &tar.Header{Name: it.name, Typeflag: it.kind, Linkname: it.link, Mode: 0o600, Size: int64(len(it.text)), ModTime: it.modified}
		if it.kind == 0 {
			h.Typeflag = tar.TypeReg
		}
		if h.ModTime.IsZero() {
			h.ModTime = stamp
		}
		if err := tw.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		io.WriteString(tw, it.text)
	}
	if err := errors.Join(tw.Close(), zw.Close()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "bundle.tar.gz")
	if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func member(t *testing.T, c *index.Case, path string) analysis.Member {
	t.Helper()
	for _, m := range c.Members().All() {
		if m.Path == path {
			return *m
		}
	}
	t.Fatalf("no member %q", path)
	return analysis.Member{}
}

// isoLog makes a log of n records.
func isoLog(n int, seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	at := time.Date(2024, 1, 18, 0, 0, 0, 0, time.UTC)
	for range n {
		at = at.Add(time.Duration(r.IntN(5000)) * time.Millisecond)
		level, text := "INFO", fmt.Sprintf("request %d to /api/items/%d took %d ms", r.IntN(1e6), r.IntN(1e4), r.IntN(900))
		switch r.IntN(20) {
		case 0:
			level, text = "ERROR", fmt.Sprintf("cannot reach 10.0.%d.%d:5432: connection refused", r.IntN(255), r.IntN(255))
		case 1:
			level, text = "WARN", "queue is half full\n    at worker.Pool.take(Pool.java:88)\n    at worker.Main.run(Main.java:12)"
		}
		fmt.Fprintf(&b, "%s %s [main] %s\n", at.Format("2006-01-02T15:04:05.000Z"), level, text)
	}
	return b.String()
}

const eventList = `{"kind":"EventList","apiVersion":"v1","items":[
{"kind":"Event","apiVersion":"v1","metadata":{"name":"web.1","namespace":"shop","uid":"%s"},"involvedObject":{"kind":"Pod","namespace":"shop","name":"web"},"reason":"BackOff","message":"Back-off restarting failed container","count":7,"type":"Warning","firstTimestamp":"2024-01-19T10:00:00Z","lastTimestamp":"2024-01-19T11:00:00Z"},
{"kind":"Event","apiVersion":"v1","metadata":{"name":"web.2","namespace":"shop","uid":"5a6b0000-0000-0000-0000-000000000002"},"involvedObject":{"kind":"Pod","namespace":"shop","name":"web"},"reason":"Pulled","message":"Container image pulled","count":1,"type":"Normal","firstTimestamp":"2024-01-19T10:00:00Z","lastTimestamp":"2024-01-19T10:00:00Z"}
]}
`

func TestLedger(t *testing.T) {
	log := isoLog(300, 1)
	path := makeTar(t,
		item{name: "namespaces/shop/pods/web/app/app/logs/current.log", text: log},
		item{name: "copy/app.log", text: log},
		item{name: "link.log", kind: tar.TypeSymlink, link: "copy/app.log"},
		item{name: "empty.log"},
		item{name: "blank.log", text: "\n \n"},
		item{name: "program", text: "\x7fELF\x02\x01\x01" + strings.Repeat("\x00\x01\xfe", 400)},
		item{name: "quotas.json", text: `{"kind":"List","apiVersion":"v1","items":[]}`},
		item{name: "claims.json", text: `{"kind":"List","apiVersion":"v1","items":[]}`},
		item{name: "a/events.json", text: fmt.Sprintf(eventList, "5a6b0000-0000-0000-0000-000000000001")},
		item{name: "b/events.json", text: fmt.Sprintf(eventList, "5a6b0000-0000-0000-0000-000000000003")},
	)
	c, res := importInto(t, t.TempDir(), ingest.Options{}, path)
	checkLedger(t, c, res)
	if res.Already || res.Members != 10 || len(res.Bundles) != 1 || res.Bundles[0].ID == "" {
		t.Errorf("result = %+v", res)
	}
	first := member(t, c, "namespaces/shop/pods/web/app/app/logs/current.log")
	if first.Records != 300 || first.Failing == 0 || first.Timed != 300 || first.Quality != analysis.TimeExact || first.Resource.Pod != "web" || first.SHA256 == "" {
		t.Errorf("the log = %+v", first)
	}
	if n := int64(strings.Count(log, "\n")); first.Lines != n {
		t.Errorf("%d lines, want %d", first.Lines, n)
	}
	if m := member(t, c, "copy/app.log"); m.Indexed != 0 || m.Skipped != int64(len(log)) || !strings.Contains(m.Reason, first.Path) {
		t.Errorf("the copy = %+v", m)
	}
	for name, kind := range map[string]analysis.MemberKind{"link.log": analysis.MemberLink, "empty.log": analysis.MemberEmpty, "blank.log": analysis.MemberEmpty, "program": analysis.MemberBinary} {
		if m := member(t, c, name); m.Kind != kind || m.Records != 0 {
			t.Errorf("%s = %+v, want a %s", name, m, kind)
		}
	}
	if m := member(t, c, "claims.json"); m.Indexed != m.Bytes {
		t.Errorf("a second empty list = %+v", m)
	}
	events, again := member(t, c, "a/events.json"), member(t, c, "b/events.json")
	if events.Records-again.Records != 1 {
		t.Errorf("%d records with the first events, %d with one of them again", events.Records, again.Records)
	}
	n := 0
	for _, s := range c.States() {
		if s.Kind == "Event" {
			n++
			if s.Origin.Line == 0 || s.Origin.Path == "" || s.Origin.Length == 0 {
				t.Errorf("an event from %+v", s.Origin)
			}
		}
	}
	if n != 3 {
		t.Errorf("%d events, want 3 distinct ones", n)
	}

	res, err := ingest.Run(t.Context(), c, []string{path}, ingest.Options{})
	if err != nil || !res.Already || res.Records != 0 || c.Members().Len() != 10 {
		t.Errorf("a second import = %+v, %v", res, err)
	}
}

// TestEveryLineIsFound reads all records back: they tile the members.
func TestEveryLineIsFound(t *testing.T) {
	log := isoLog(20000, 2)
	c, _ := importInto(t, t.TempDir(), ingest.Options{}, makeTar(t, item{name: "app.log", text: log}))
	rows, err := c.Rows(t.Context(), analysis.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	hits, err := rows.Hits(t.Context(), 0, rows.Len())
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(hits, func(a, b index.Hit) int { return int(a.Origin.Offset - b.Origin.Offset) })
	at, line := int64(0), int64(1)
	for _, h := range hits {
		if h.Origin.Offset != at || h.Origin.Line != line {
			t.Fatalf("a record at line %d, byte %d; want line %d, byte %d", h.Origin.Line, h.Origin.Offset, line, at)
		}
		raw := log[at : at+h.Origin.Length]
		if strings.TrimRight(h.Text, "\n") != strings.TrimRight(raw, "\n") {
			t.Fatalf("the record at %s reads %q, want %q", h.Origin, h.Text, raw)
		}
		at += h.Origin.Length
		line += int64(strings.Count(raw, "\n"))
	}
	if at != int64(len(log)) {
		t.Errorf("records end at byte %d of %d", at, len(log))
	}
}

// print gives all that a case answers about a bundle, to compare imports.
func print(t *testing.T, c *index.Case) string {
	t.Helper()
	var b strings.Builder
	for _, m := range c.Members().All() {
		fmt.Fprintf(&b, "%+v\n", m)
	}
	patterns, err := c.Patterns(t.Context(), analysis.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range patterns {
		fmt.Fprintf(&b, "%+v\n", p)
	}
	for _, s := range c.States() {
		fmt.Fprintf(&b, "%+v\n", s)
	}
	err = c.Scan(t.Context(), analysis.Filter{}, func(m *index.Meta) error {
		fmt.Fprintf(&b, "%d %d %d %d %d %d\n", m.Time, m.Severity, m.Quality, m.Kind, m.Pattern, m.Member)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	i := c.Info()
	fmt.Fprintf(&b, "%+v %s", i.Bundles, i.Root)
	return b.String()
}

func mixedBundle(t testing.TB) string {
	items := []item{{name: "big.log", text: isoLog(40000, 3)}}
	for i := range 200 {
		items = append(items, item{name: fmt.Sprintf("small/%03d.log", i), text: isoLog(1+i, uint64(10+i%150))})
	}
	for i := range 20 {
		items = append(items, item{name: fmt.Sprintf("events/%d.json", i), text: fmt.Sprintf(eventList, fmt.Sprintf("5a6b0000-0000-0000-0001-%012d", i%7))})
	}
	items = append(items, item{name: "klog.log", text: klog(3000)})
	return makeTar(t, items...)
}

func klog(n int) string {
	var b strings.Builder
	at := time.Date(2023, 12, 30, 22, 0, 0, 0, time.UTC)
	for i := range n {
		at = at.Add(time.Minute)
		fmt.Fprintf(&b, "I%s %7d reflector.go:%d] watch of object %d ended\n", at.Format("0102 15:04:05.000000"), 1, 100+i%9, i)
	}
	return b.String()
}

func TestWorkersDoNotMatter(t *testing.T) {
	path := mixedBundle(t)
	c, _ := importInto(t, t.TempDir(), ingest.Options{Workers: 1}, path)
	want := print(t, c)
	for _, n := range []int{2, 5} {
		c, res := importInto(t, t.TempDir(), ingest.Options{Workers: n}, path)
		checkLedger(t, c, res)
		if diff := cmp.Diff(want, print(t, c)); diff != "" {
			t.Errorf("%d workers differ from one:\n%.2000s", n, diff)
		}
	}
}

var cancels = flag.Int("cancels", 10, "times that TestCancelAndResume cancels an import")

// TestCancelAndResume cancels imports at random moments and goes on with them.
func TestCancelAndResume(t *testing.T) {
	path := mixedBundle(t)
	start := time.Now()
	c, _ := importInto(t, t.TempDir(), ingest.Options{}, path)
	usual := time.Since(start)
	want := print(t, c)
	before := runtime.NumGoroutine()
	r := rand.New(rand.NewPCG(5, 6))
	for left := *cancels; left > 0; {
		dir := t.TempDir()
		for round := 0; ; round++ {
			c := openCase(t, dir)
			ctx, cancel := context.WithCancel(t.Context())
			var asked atomic.Int64
			stop := time.AfterFunc(time.Duration(r.Int64N(int64(usual))), func() {
				asked.Store(time.Now().UnixNano())
				cancel()
			})
			if left <= 0 {
				stop.Stop()
			}
			res, err := ingest.Run(ctx, c, []string{path}, ingest.Options{Workers: 2})
			late := ctx.Err() != nil
			if at := asked.Load(); at > 0 && err != nil {
				if took := time.Since(time.Unix(0, at)); took > 500*time.Millisecond {
					t.Logf("Run returned %v after it was cancelled", took)
				}
			}
			stop.Stop()
			cancel()
			if err == nil {
				checkLedger(t, c, res)
				if diff := cmp.Diff(want, print(t, c)); diff != "" {
					t.Fatalf("resumed %d times, the case differs:\n%.2000s", round, diff)
				}
				c.Close()
				break
			}
			left--
			if !late || !errors.Is(err, context.Canceled) {
				t.Fatalf("Run = %v", err)
			}
			if err := c.Close(); err != nil {
				t.Fatalf("Close after a cancelled import: %v", err)
			}
		}
	}
	for i := 0; runtime.NumGoroutine() > before+2 && i < 100; i++ {
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > before+2 {
		t.Errorf("%d goroutines, %d before", n, before)
	}
}

func TestYears(t *testing.T) {
	first := func(c *index.Case, path string) string {
		for _, m := range c.Members().All() {
			if m.Path == path {
				return m.Span.From.Format("2006-01-02") + " " + m.Span.To.Format("2006-01-02") + " " + m.Quality.String()
			}
		}
		return ""
	}
	want := "2023-12-30 2024-01-02 inferred year"
	other := item{name: "other.log", text: isoLog(50, 1)}
	packed := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC) // packed again much later
	tests := map[string][]item{
		"before its evidence": {{name: "k.log", text: klog(3000), modified: packed}, {name: "o.log", text: other.text, modified: packed}},
		"behind it":           {{name: "o.log", text: other.text, modified: packed}, {name: "k.log", text: klog(3000), modified: packed}},
		"by its modification": {{name: "k.log", text: klog(3000), modified: stamp}, {name: "new.log", text: strings.ReplaceAll(isoLog(9, 1), "2024-", "2025-"), modified: packed}},
		"by its name":         {{name: "k.log", text: "x"}, {name: "a/k.log-20240103", text: klog(3000), modified: packed}},
		"alone":               {{name: "k.log", text: klog(3000), modified: stamp}},
	}
	for name, items := range tests {
		c, _ := importInto(t, t.TempDir(), ingest.Options{}, makeTar(t, items...))
		path := "k.log"
		if name == "by its name" {
			path = "a/k.log-20240103"
		}
		if got := first(c, path); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	mongod := item{name: "mongod.log", text: "Thu Mar  6 13:09:01.000 [conn1] a\nFri Mar  7 13:09:01.000 [conn1] b\n", modified: time.Date(2020, 2, 1, 0, 0, 0, 0, time.UTC)}
	c, _ := importInto(t, t.TempDir(), ingest.Options{}, makeTar(t, mongod, item{name: "k.log", text: klog(9), modified: stamp}))
	if got := first(c, mongod.name); got != "2014-03-06 2014-03-07 inferred year" {
		t.Errorf("by weekdays: %s", got)
	}
	for _, m := range c.Members().All() {
		if m.Path == mongod.name && (len(m.Problems) != 1 || m.Problems[0].Kind != analysis.ProblemTime || !strings.Contains(m.Problems[0].Detail, "6 years older")) {
			t.Errorf("by weekdays: problems %v", m.Problems)
		}
	}
	c, _ = importInto(t, t.TempDir(), ingest.Options{Year: 2019}, makeTar(t, tests["alone"]...))
	if got := first(c, "k.log"); got != "2019-01-01 2019-12-31 inferred year" {
		t.Errorf("with a year given: %s", got)
	}
}

func TestFreeTextKeepsNoShapes(t *testing.T) {
	for _, share := range []float64{1, 0.6} {
		t.Run(fmt.Sprint(share), func(t *testing.T) { freeText(t, share) })
	}
}

// freeText imports a log of which a share has no two lines alike.
func freeText(t *testing.T, share float64) {
	r := rand.New(rand.NewPCG(1, 2))
	syllables := []string{"ka", "lo", "mi", "ter", "ven", "sol", "bri", "nug", "ash", "pel", "dro", "wyn", "ox", "qui", "zam"}
	var b strings.Builder
	recurring, failing, lines, last := 0, 0, 12000, ""
	for i := range lines {
		b.WriteString("2024-01-02T03:04:05Z ")
		if i%600 == 7 { // a failure in words of its own
			fmt.Fprintf(&b, "ERROR cannot keep %s%s of it\n", syllables[i%len(syllables)], syllables[i/600%len(syllables)])
			failing++
			continue
		}
		if r.Float64() >= share {
			fmt.Fprintf(&b, "request handled in %d ms, request for free text was answered with nothing much\n", i)
			recurring++
			continue
		}
		from := b.Len()
		for range 8 {
			for range 1 + r.IntN(3) {
				b.WriteString(syllables[r.IntN(len(syllables))])
			}
			b.WriteByte(' ')
		}
		if i < 7000 {
			last = b.String()[from:]
		}
		b.WriteString("end\n")
	}
	c, res := importInto(t, t.TempDir(), ingest.Options{}, makeTar(t, item{name: "prose.log", text: b.String()}))
	checkLedger(t, c, res)
	if n := c.Info().Patterns; n > 100 {
		t.Errorf("%d patterns of prose", n)
	}
	found, err := c.Patterns(t.Context(), analysis.Filter{Query: `"request handled in"`})
	if err != nil || recurring > 0 && (len(found) != 1 || found[0].Count != int64(recurring)) {
		t.Errorf("%d patterns of the line that recurs, %v, want one of %d records", len(found), err, recurring)
	}
	found, err = c.Patterns(t.Context(), analysis.Filter{Query: `"cannot keep"`})
	kept := int64(0)
	for _, p := range found {
		kept += p.Count
	}
	if err != nil || kept != int64(failing) {
		t.Errorf("%d failures among free text have a pattern, %v, want %d", kept, err, failing)
	}
	hits, err := c.Search(t.Context(), analysis.Filter{Query: `"` + strings.Join(strings.Fields(last)[1:6], " ") + `"`}, index.SearchOptions{Limit: 5})
	if err != nil || len(hits) != 1 {
		t.Errorf("search for a phrase of a line: %d hits, %v", len(hits), err)
	}
	if n, err := c.Count(t.Context(), analysis.Filter{Query: "end"}); err != nil || n != int64(lines-recurring-failing) {
		t.Errorf("%d lines end in end, %v, want %d", n, err, lines-recurring-failing)
	}
}

func TestEndlessLineAndLargeMembers(t *testing.T) {
	log := isoLog(100, 5) + strings.Repeat("x", 20<<20) + "\n" + isoLog(200000, 6)
	c, res := importInto(t, t.TempDir(), ingest.Options{}, makeTar(t, item{name: "a.log", text: log}, item{name: "json", text: "[" + strings.Repeat(`{"a":1},`, 1<<20) + "{}]"}))
	checkLedger(t, c, res)
	if m := member(t, c, "a.log"); m.Lines != int64(strings.Count(log, "\n")) || m.Indexed != int64(len(log)) {
		t.Errorf("a.log: %d lines, %d bytes", m.Lines, m.Indexed)
	}
}

// TestCopiesOfWhatSpeaksForOthers finds the one of several members with the same
// bytes that a copy is of: the first that does not belong to another pod.
func TestCopiesOfWhatSpeaksForOthers(t *testing.T) {
	log := isoLog(200, 9)
	path := func(top, namespace string) string {
		return top + "/namespaces/" + namespace + "/pods/p/c/c/logs/current.log"
	}
	c, _ := importInto(t, t.TempDir(), ingest.Options{}, makeTar(t,
		item{name: path("1", "a"), text: log}, item{name: path("1", "b"), text: log}, item{name: path("1", "c"), text: log},
		item{name: path("2", "c"), text: log}, item{name: path("2", "b"), text: log}, item{name: path("2", "d"), text: log},
		item{name: path("3", "d"), text: log}, item{name: "copy.log", text: log},
	))
	for at, of := range map[string]string{
		path("1", "a"): "", path("1", "b"): "", path("1", "c"): "", path("2", "d"): "",
		path("2", "c"): path("1", "c"), path("2", "b"): path("1", "b"), path("3", "d"): path("2", "d"), "copy.log": path("1", "a"),
	} {
		want := ""
		if of != "" {
			want = "the same bytes as " + of
		}
		if m := member(t, c, at); m.Reason != want || m.Format != member(t, c, path("1", "a")).Format {
			t.Errorf("%s: %s %q, want %q", at, m.Format, m.Reason, want)
		}
	}
}

func TestManyTinyMembers(t *testing.T) {
	dir := t.TempDir()
	for i := range 3000 {
		name := filepath.Join(dir, fmt.Sprintf("%d", i%50), fmt.Sprintf("%d.log", i))
		os.MkdirAll(filepath.Dir(name), 0o700)
		if err := os.WriteFile(name, []byte(fmt.Sprintf("2024-01-02T03:04:05Z INFO member %d is here\n", i)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, res := importInto(t, t.TempDir(), ingest.Options{}, dir)
	checkLedger(t, c, res)
	if i := c.Info(); i.Records != 3000 || i.Patterns != 1 {
		t.Errorf("%d records, %d patterns", i.Records, i.Patterns)
	}
}

func TestProgress(t *testing.T) {
	var calls []ingest.Progress
	importInto(t, t.TempDir(), ingest.Options{Progress: func(p ingest.Progress) { calls = append(calls, p) }}, mixedBundle(t))
	if len(calls) == 0 {
		t.Fatal("no progress was reported")
	}
	last := calls[len(calls)-1]
	if last.Done != last.Total || last.Total == 0 || last.Members < 200 || last.Records == 0 || last.Unpacked == 0 || last.Stage != "mining" {
		t.Errorf("the last progress = %+v", last)
	}
}

// FuzzImport imports any bytes as a log and as an archive: every byte is
// accounted for.
func FuzzImport(f *testing.F) {
	f.Add([]byte(isoLog(20, 1)))
	f.Add([]byte(klog(5)))
	f.Add([]byte(fmt.Sprintf(eventList, "x")))
	f.Add([]byte("\xff\xfea\x00\n\x00b\x00"))
	f.Add([]byte("a\rb\rc"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		path := filepath.Join(dir, "f.log")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		c, res := importInto(t, dir, ingest.Options{Workers: 1}, path)
		checkLedger(t, c, res)
		c.Close()
	})
}
