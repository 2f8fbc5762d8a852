package ingest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"faultline/analysis"
	"faultline/analysis/bundle"
	"faultline/analysis/ingest"
	"faultline/index"
)

// records gives all records of a case in time order, with where they stand,
// and what is counted of them.
func records(t testing.TB, c *index.Case) string {
	t.Helper()
	var b strings.Builder
	rows, err := c.Rows(t.Context(), analysis.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	hits, err := rows.Hits(t.Context(), 0, rows.Len())
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range hits {
		fmt.Fprintf(&b, "%s+%d %v %v %v %s %s %q\n", h.Origin, h.Origin.Offset, h.Time, h.Quality, h.Severity, h.Resource, h.Pattern, h.Text)
	}
	patterns, err := c.Patterns(t.Context(), analysis.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range patterns {
		for i := range p.Examples {
			p.Examples[i].Bundle = ""
		}
		fmt.Fprintf(&b, "%+v\n", p)
	}
	facets, err := c.Facets(t.Context(), analysis.Filter{}, []string{"source", "severity"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&b, "%+v\n", facets)
	for _, row := range c.Members().All() {
		m := *row
		if m.Indexed > 0 {
			m.Bundle, m.Modified = "", time.Time{}
			for i := range m.Problems {
				m.Problems[i].Origin.Bundle = ""
			}
			fmt.Fprintf(&b, "%+v\n", m)
		}
	}
	for _, s := range c.States() {
		s.Origin.Bundle = ""
		fmt.Fprintf(&b, "%+v\n", s)
	}
	return b.String()
}

// machine is a folder of logs that are written to and rotated.
type machine struct {
	dir  string
	r    *rand.Rand
	at   time.Time
	logs []*growing
	big  string // a log that does not grow
}

// growing is a log: its files, the one that is written to first.
type growing struct {
	name   string
	files  [][]byte
	packed []bool
	saved  int // bytes of the first file that were on disk once
	klog   bool
}

func newMachine(dir string, seed uint64) *machine {
	m := &machine{dir: dir, r: rand.New(rand.NewPCG(seed, 5)), at: time.Date(2024, 1, 18, 0, 0, 0, 0, time.UTC)}
	for i, name := range []string{"app.log", "web/access.log", "kube/kubelet.log"} {
		m.logs = append(m.logs, &growing{name: name, files: [][]byte{nil}, packed: []bool{false}, klog: i == 2})
	}
	return m
}

// write adds lines to a log; the last one may be torn.
func (m *machine) write(g *growing, n int) {
	for range n {
		m.at = m.at.Add(time.Duration(1+m.r.IntN(5000)) * time.Millisecond)
		line := fmt.Sprintf("%s ERROR [%s] cannot reach 10.0.0.%d: connection refused\n", m.at.Format("2006-01-02T15:04:05.000Z"), g.name, m.r.IntN(200))
		switch {
		case g.klog:
			line = fmt.Sprintf("I%s %7d reflector.go:%d] watch of object %d ended\n", m.at.Format("0102 15:04:05.000000"), 1, 100+m.r.IntN(9), m.r.IntN(1e6))
		case m.r.IntN(8) == 0:
			line = fmt.Sprintf("%s WARN queue %d is half full\n    at worker.Pool.take(Pool.java:88)\n", m.at.Format("2006-01-02T15:04:05.000Z"), m.r.IntN(9))
		}
		g.files[0] = append(g.files[0], line...)
	}
}

// step writes to a log or rotates it.
func (m *machine) step(t *testing.T) {
	g := m.logs[m.r.IntN(len(m.logs))]
	switch k := m.r.IntN(10); {
	case k < 6:
		m.write(g, 1+m.r.IntN(40))
		if k == 0 && m.r.IntN(3) == 0 {
			m.write(g, 16000) // more than a chunk
		}
	case len(g.files[0]) > 0:
		g.files = append([][]byte{nil}, g.files...)
		g.packed = append([]bool{false}, g.packed...)
		g.saved = 0
		if len(g.packed) > 2 {
			g.packed[2] = true
		}
	}
}

// save writes the files. With torn, the last line of those that are written to
// is not there yet, or not all of it.
func (m *machine) save(t *testing.T, torn bool) {
	t.Helper()
	if err := os.RemoveAll(m.dir); err != nil {
		t.Fatal(err)
	}
	if m.big != "" {
		name := filepath.Join(m.dir, "big.log")
		if err := errors.Join(os.MkdirAll(m.dir, 0o700), os.WriteFile(name, []byte(m.big), 0o600), os.Chtimes(name, stamp, stamp)); err != nil {
			t.Fatal(err)
		}
	}
	for _, g := range m.logs {
		for i, data := range g.files {
			name := filepath.Join(m.dir, g.name)
			if i > 0 {
				name += fmt.Sprintf(".%d", i)
			}
			if torn && i == 0 && len(data) > 100 {
				data = data[:max(len(data)-m.r.IntN(90), g.saved)]
			}
			if i == 0 {
				g.saved = len(data)
			}
			if len(data) == 0 {
				continue
			}
			if g.packed[i] {
				var buf bytes.Buffer
				zw := gzip.NewWriter(&buf)
				_, err := zw.Write(data)
				if err := errors.Join(err, zw.Close()); err != nil {
					t.Fatal(err)
				}
				name, data = name+".gz", buf.Bytes()
			}
			if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, data, 0o600), os.Chtimes(name, stamp, stamp)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestGrowingAndRotating imports a folder again and again while its logs grow
// and rotate: each time the case answers as one that imported the folder once.
func TestGrowingAndRotating(t *testing.T) {
	for seed := range uint64(4) {
		root := t.TempDir()
		m := newMachine(filepath.Join(root, "logs"), seed)
		for _, g := range m.logs {
			m.write(g, 5)
		}
		c := openCase(t, root)
		for round := range 7 {
			for range 1 + m.r.IntN(6) {
				m.step(t)
			}
			m.save(t, m.r.IntN(2) == 0)
			res, err := ingest.Run(t.Context(), c, []string{m.dir}, ingest.Options{Workers: 1 + m.r.IntN(3)})
			if err != nil {
				t.Fatal(err)
			}
			once, _ := importInto(t, t.TempDir(), ingest.Options{}, m.dir)
			if diff := cmp.Diff(records(t, once), records(t, c)); diff != "" {
				t.Fatalf("seed %d, import %d (%+v): the case differs from one import:\n%.3000s", seed, round+1, res.Continued, diff)
			}
			if err := once.Close(); err != nil {
				t.Fatal(err)
			}
			if m.r.IntN(3) == 0 {
				if err := c.Close(); err != nil {
					t.Fatal(err)
				}
				c = openCase(t, root)
			}
		}
		if problems, err := c.Verify(t.Context(), nil); err != nil || len(problems) > 0 {
			t.Errorf("seed %d: verify: %v, %v", seed, problems, err)
		}
	}
}

// TestSpace reads a bundle again and again: what counts no more takes no room.
func TestSpace(t *testing.T) {
	path := makeTar(t, item{name: "a.log", text: isoLog(2000, 3)}, item{name: "k.log", text: klog(30000)})
	c, _ := importInto(t, t.TempDir(), ingest.Options{}, path)
	disk := c.Info().Disk
	for i := range 6 {
		zone := []string{"Asia/Tokyo", "UTC"}[i%2]
		if res, err := ingest.Run(t.Context(), c, []string{path}, ingest.Options{Zone: zone}); err != nil || res.Replaced.Members != 1 {
			t.Fatalf("%+v, %v", res, err)
		}
		if now := c.Info().Disk; now > disk+disk/4 {
			t.Errorf("%d bytes after %d readings, %d after the first", now, i+2, disk)
		}
	}
}

// folderOf writes files into a new folder.
func folderOf(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "logs")
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestKnownContent imports what the case has already in part, in other forms
// and under other names: nothing counts twice.
func TestKnownContent(t *testing.T) {
	large := isoLog(120_000, 7) // more than is held back
	if len(large) < 9<<20 {
		t.Fatalf("the large log has only %d bytes", len(large))
	}
	middle := isoLog(40_000, 7) // several chunks, but held back where its hash is not known
	tail := isoLog(20, 8)
	small := isoLog(300, 9)
	state := `[{"kind":"Pod","metadata":{"name":"a"}}]`
	cut := strings.LastIndexByte(large[:len(large)-40], '\n') + 30 // in the middle of a line
	for name, test := range map[string]struct {
		first, second []item
		folder        bool // the second is one
		records       int64
		known, grown  int
		added         int64 // records
	}{
		"the same in an archive": {
			first:   []item{{name: "a.log", text: small}, {name: "b.log", text: large}, {name: "s.json", text: state}},
			second:  []item{{name: "a.log", text: small}, {name: "b.log", text: large}, {name: "s.json", text: state}, {name: "c.log", text: tail}},
			records: 300 + 120_000 + 20 + 2, known: 3, added: 20,
		},
		"the same in a folder": {
			first:   []item{{name: "a.log", text: small}, {name: "b.log", text: large}, {name: "s.json", text: state}},
			second:  []item{{name: "a.log", text: small}, {name: "b.log", text: large}, {name: "s.json", text: state}, {name: "c.log", text: tail}},
			folder:  true,
			records: 300 + 120_000 + 20 + 2, known: 3, added: 20,
		},
		"under other names": {
			first:   []item{{name: "a.log", text: small}, {name: "b.log", text: large}},
			second:  []item{{name: "x/a.log.1", text: small}, {name: "y.txt", text: large}},
			records: 300 + 120_000, known: 2,
		},
		"a small log, its copy first": {
			first:   []item{{name: "a.log", text: tail}, {name: "b.log", text: tail}},
			second:  []item{{name: "b.log", text: tail}, {name: "a.log", text: tail}},
			records: 20, known: 2,
		},
		"grown": {
			first:   []item{{name: "a.log", text: small}, {name: "b.log", text: large[:cut]}},
			second:  []item{{name: "a.log", text: small + tail}, {name: "b.log", text: large + tail}},
			records: 320 + 120_020, grown: 2,
		},
		"grown, in a folder": {
			first:   []item{{name: "a.log", text: small}, {name: "b.log", text: large[:cut]}},
			second:  []item{{name: "a.log", text: small + tail}, {name: "b.log", text: large + tail}},
			folder:  true,
			records: 320 + 120_020, grown: 2,
		},
		"an earlier state": {
			first:   []item{{name: "a.log", text: small + tail}, {name: "b.log", text: large}},
			second:  []item{{name: "a.log", text: small}, {name: "b.log", text: large[:cut]}},
			records: 320 + 120_000, known: 2,
		},
		"some chunks, grown in a folder": {
			first:   []item{{name: "b.log", text: middle[:len(middle)-70]}},
			second:  []item{{name: "b.log", text: middle + tail}},
			folder:  true,
			records: 40_020, grown: 1,
		},
		"some chunks, an earlier state in a folder": {
			first:   []item{{name: "b.log", text: middle}},
			second:  []item{{name: "b.log", text: middle[:len(middle)-70]}},
			folder:  true,
			records: 40_000, known: 1,
		},
		"another log that begins alike": {
			first:   []item{{name: "b.log", text: large[:cut] + "x"}},
			second:  []item{{name: "b.log", text: large[:cut-30] + tail}},
			records: 120_000 - 1 + 20, added: -1, // no more than a chunk is read twice
		},
		"twice in one archive": {
			first:   []item{{name: "a.log", text: large}, {name: "b.log", text: large}, {name: "c.log", text: small}, {name: "d.log", text: small}},
			records: 120_300, known: 2, added: 120_300,
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			c, res := importInto(t, dir, ingest.Options{}, makeTar(t, test.first...))
			disk := c.Info().Disk
			if len(test.second) > 0 {
				path := makeTar(t, test.second...)
				if test.folder {
					files := map[string]string{}
					for _, it := range test.second {
						files[it.name] = it.text
					}
					path = folderOf(t, files)
				}
				var err error
				if res, err = ingest.Run(t.Context(), c, []string{path}, ingest.Options{}); err != nil {
					t.Fatal(err)
				}
				if more := c.Info().Disk - disk; more > 700<<10 {
					t.Errorf("the second import took %d bytes more", more)
				}
			}
			got := c.Info().Records
			if name == "another log that begins alike" { // its last chunk is not shared
				if got < test.records || got > test.records+20_000 {
					t.Errorf("%d records, want few more than %d", got, test.records)
				}
			} else if got != test.records {
				t.Errorf("%d records, want %d", got, test.records)
			}
			if res.Known.Members != test.known || res.Continued.Members != test.grown || test.added >= 0 && res.Added.Records != test.added {
				t.Errorf("known %+v, continued %+v, added %+v; want %d, %d, %d records", res.Known, res.Continued, res.Added, test.known, test.grown, test.added)
			}
			if problems, err := c.Verify(t.Context(), nil); err != nil || len(problems) > 0 {
				t.Errorf("verify: %v, %v", problems, err)
			}
			for _, m := range c.Members().All() {
				if m.Bytes != m.Indexed+m.Skipped || m.Skipped > 0 && m.Reason == "" {
					t.Errorf("%s: %d bytes = %d + %d %q", m.Path, m.Bytes, m.Indexed, m.Skipped, m.Reason)
				}
			}
			before := records(t, c)
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, records(t, openCase(t, dir))); diff != "" {
				t.Errorf("opened again, the case differs:\n%.2000s", diff)
			}
		})
	}
}

// TestRotated imports rotated logs: each is one source whose files follow each
// other in the order of time, and keep their rows in the ledger.
func TestRotated(t *testing.T) {
	line := func(day, i int, text string) string {
		return fmt.Sprintf("2024-01-%02dT10:00:%02dZ ERROR %s\n", day, i, text)
	}
	trace := "    at worker.Pool.take(Pool.java:88)\n"
	for name, files := range map[string][]string{ // oldest first; the last one names the source
		"numbers":  {"app.log.10", "app.log.2.gz", "app.log.1", "app.log"},
		"dates":    {"app-2024-01-02.log", "app-2024-01-10.log", "app.log"},
		"kubelet":  {"0.log.20240102-000000.gz", "0.log.20240103-000000", "0.log"},
		"old":      {"log.old", "log"},
		"previous": {"previous.log", "current.log"},
		"untimed":  {"notes.txt.2", "notes.txt.1", "notes.txt"},
	} {
		t.Run(name, func(t *testing.T) {
			items := []item{{name: "x/zz.log", text: line(1, 0, "another")}}
			for i := len(files) - 1; i >= 0; i-- { // in any order
				text := trace + line(2+i, 0, "first of "+files[i]) + line(2+i, 1, "last of "+files[i]) + trace
				if name == "untimed" {
					text = "first of " + files[i] + "\nlast of " + files[i] + "\n"
				}
				if strings.HasSuffix(files[i], ".gz") {
					var buf bytes.Buffer
					zw := gzip.NewWriter(&buf)
					_, err := zw.Write([]byte(text))
					if err := errors.Join(err, zw.Close()); err != nil {
						t.Fatal(err)
					}
					text = buf.String()
				}
				items = append(items, item{name: "x/" + files[i], text: text})
			}
			c, _ := importInto(t, t.TempDir(), ingest.Options{}, makeTar(t, items...))
			source := "x/" + files[len(files)-1]
			facets, err := c.Facets(t.Context(), analysis.Filter{}, []string{"source"}, 0)
			if err != nil {
				t.Fatal(err)
			}
			if v := facets[0].Values; len(v) != 2 || v[0].Value != source {
				t.Errorf("sources %+v, want %s and another", v, source)
			}
			for _, f := range []analysis.Filter{{Sources: []string{source}}, {Query: "source:" + source}} {
				if hits, err := c.Search(t.Context(), f, index.SearchOptions{}); err != nil || int64(len(hits)) != facets[0].Values[0].Count {
					t.Errorf("%+v: %d hits, %v, want %d", f, len(hits), err, facets[0].Values[0].Count)
				}
			}
			for _, f := range files { // two lines of each begin or end it
				hits, err := c.Search(t.Context(), analysis.Filter{Query: "file:x/" + f + ` ("first of" OR "last of")`}, index.SearchOptions{})
				if err != nil || len(hits) != 2 || hits[0].Origin.Path != "x/"+f || hits[1].Origin.Path != "x/"+f {
					t.Errorf("file:x/%s: %d hits, %v, want its two", f, len(hits), err)
				}
			}
			hits, err := c.Search(t.Context(), analysis.Filter{Sources: []string{source}, Query: `"first of"`}, index.SearchOptions{})
			if err != nil || len(hits) != len(files) {
				t.Fatalf("%d hits, %v", len(hits), err)
			}
			for i, h := range hits {
				if h.Origin.Path != "x/"+files[i] {
					t.Errorf("record %d stands in %s, want %s", i, h.Origin.Path, files[i])
				}
			}
			around, err := c.Context(t.Context(), hits[1].Origin, 2, 100)
			if err != nil {
				t.Fatal(err)
			}
			var paths []string
			for _, h := range around {
				if n := len(paths); n == 0 || paths[n-1] != h.Origin.Path {
					paths = append(paths, h.Origin.Path)
				}
			}
			var want []string
			for _, f := range files {
				want = append(want, "x/"+f)
			}
			if diff := cmp.Diff(want, paths); diff != "" {
				t.Errorf("the surroundings (-want +got):\n%s", diff)
			}
			rows := 0
			for _, m := range c.Members().All() {
				if m.Source == source && m.Records > 0 {
					rows++
				}
			}
			if rows != len(files) {
				t.Errorf("%d ledger rows of the source, want %d", rows, len(files))
			}
			patterns, err := c.Patterns(t.Context(), analysis.Filter{Query: "-another"})
			if err != nil {
				t.Fatal(err)
			}
			all, err := c.Patterns(t.Context(), analysis.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range append(patterns, all...) {
				if p.Sources > 2 || p.Sources > 1 && name != "untimed" && !strings.Contains(p.Template, "<*>") {
					t.Errorf("%q has %d sources", p.Template, p.Sources)
				}
			}
		})
	}
}

// TestOtherOptions imports a bundle again with other options: the case answers
// as one that was imported with them, and only what they concern is read.
func TestOtherOptions(t *testing.T) {
	local := strings.ReplaceAll(strings.ReplaceAll(isoLog(400, 3), "Z ", " "), "T0", " 0")
	path := makeTar(t,
		item{name: "exact.log", text: isoLog(5000, 1)},
		item{name: "local.log", text: local},
		item{name: "klog.log", text: klog(900)},
		item{name: "events.json", text: fmt.Sprintf(eventList, "5a6b0000-0000-0000-0000-000000000001")},
		item{name: "copy.log", text: local},
		item{name: "last.log", text: isoLog(3000, 4)},
	)
	for name, test := range map[string]struct {
		first, second ingest.Options
		again         int // members
	}{
		"zone":             {ingest.Options{}, ingest.Options{Zone: "Asia/Tokyo"}, 2},
		"zone and back":    {ingest.Options{Zone: "Asia/Tokyo"}, ingest.Options{Zone: "UTC"}, 2},
		"year":             {ingest.Options{}, ingest.Options{Year: 2019}, 1},
		"another year":     {ingest.Options{Year: 2018}, ingest.Options{Year: 2019}, 1},
		"bytes":            {ingest.Options{Limits: bundle.Limits{Total: 500 << 10}}, ingest.Options{}, 6},
		"members":          {ingest.Options{Limits: bundle.Limits{Members: 2}}, ingest.Options{}, 4},
		"several":          {ingest.Options{Limits: bundle.Limits{Members: 3}}, ingest.Options{Zone: "Asia/Tokyo", Year: 2019}, 5},
		"nothing":          {ingest.Options{Zone: "Asia/Tokyo", Year: 2019}, ingest.Options{}, 0},
		"nothing that may": {ingest.Options{}, ingest.Options{Limits: bundle.Limits{Total: 1 << 40}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			c, _ := importInto(t, dir, test.first, path)
			patterns, err := c.Patterns(t.Context(), analysis.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Mark(patterns[0].ID, analysis.PatternBenign, "as ever", "me"); err != nil {
				t.Fatal(err)
			}
			before := records(t, c)
			for round := 0; ; round++ { // it breaks off several times
				ctx, cancel := context.WithCancel(t.Context())
				seen := 0
				o := test.second
				o.Progress = func(p ingest.Progress) {
					if seen++; round < 3 && seen > round && p.Stage == "importing" {
						cancel()
					}
				}
				res, err := ingest.Run(ctx, c, []string{path}, o)
				cancel()
				if errors.Is(err, context.Canceled) {
					if diff := cmp.Diff(before, records(t, c)); diff != "" {
						t.Fatalf("an import that broke off has changed the case:\n%.2000s", diff)
					}
					if err := c.Close(); err != nil {
						t.Fatal(err)
					}
					c = openCase(t, dir)
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				if res.Already != (test.again == 0) {
					t.Errorf("already %v", res.Already)
				}
				if n := res.Replaced.Members + res.Added.Members; round == 0 && n > test.again {
					t.Errorf("%d members were read again, %d added, want %d", res.Replaced.Members, res.Added.Members, test.again)
				}
				break
			}
			if test.again > 0 {
				once := openCase(t, t.TempDir())
				if _, err := ingest.Run(t.Context(), once, []string{path}, test.second); err != nil {
					t.Fatal(err)
				}
				if err := once.Mark(patterns[0].ID, analysis.PatternBenign, "as ever", "me"); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(records(t, once), records(t, c)); diff != "" {
					t.Errorf("the case differs from one that was imported so:\n%.3000s", diff)
				}
			} else if diff := cmp.Diff(before, records(t, c)); diff != "" {
				t.Errorf("the case has changed:\n%.2000s", diff)
			}
			if problems, err := c.Verify(t.Context(), nil); err != nil || len(problems) > 0 {
				t.Errorf("verify: %v, %v", problems, err)
			}
			if res, err := ingest.Run(t.Context(), c, []string{path}, test.second); err != nil || !res.Already {
				t.Errorf("the same once more: %+v, %v", res, err)
			}
		})
	}
}

// killed tells a child process of TestKillAgain the folder to work in.
const killed = "FAULTLINE_TEST_KILLED"

var kills = flag.Int("kills", 12, "imports that TestKillAgain kills")

// importAgain is what the child does: it imports the folder "logs" into the
// case beside it.
func importAgain(dir, zone string) error {
	c, err := index.Open(filepath.Join(dir, "case"), index.Options{Commit: 5 * time.Millisecond})
	if err != nil {
		return err
	}
	_, err = ingest.Run(context.Background(), c, []string{filepath.Join(dir, "logs")}, ingest.Options{Zone: zone, Workers: 2})
	return errors.Join(err, c.Close())
}

// TestKillAgain kills processes that import a folder whose logs have grown and
// rotated, or that read it again with another zone, at random moments, also
// inside of a large one: in the end the case answers as one that nobody disturbed.
func TestKillAgain(t *testing.T) {
	root := t.TempDir()
	m := newMachine(filepath.Join(root, "logs"), 99)
	for _, g := range m.logs {
		m.write(g, 15000)
	}
	m.big = isoLog(110_000, 5)
	m.save(t, true)
	if err := openCase(t, root).Close(); err != nil {
		t.Fatal(err)
	}
	left := *kills
	for round := 0; left > 0; round++ {
		zone := ""
		switch round % 3 {
		case 1:
			for range 3 {
				m.step(t)
			}
			m.write(m.logs[0], 20000)
			m.save(t, true)
		case 2:
			zone = []string{"Asia/Tokyo", "Europe/Berlin"}[m.r.IntN(2)]
		}
		for done := false; !done; {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), killed+"="+root, killed+"_ZONE="+zone)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			timer := time.AfterFunc(time.Duration(20+m.r.IntN(600))*time.Millisecond, func() { _ = cmd.Process.Kill() })
			err := cmd.Wait()
			if !timer.Stop() && err != nil {
				left--
			}
			if stderr.Len() > 0 {
				t.Fatalf("the import failed by itself: %s", stderr.Bytes())
			}
			done = err == nil
		}
		c := openCase(t, root)
		once, _ := importInto(t, t.TempDir(), ingest.Options{Zone: zone}, m.dir)
		if diff := cmp.Diff(records(t, once), records(t, c)); zone == "" && round < 2 && diff != "" {
			t.Fatalf("round %d: the case differs from one import:\n%.2000s", round, diff)
		}
		if a, b := once.Info().Records, c.Info().Records; a != b {
			t.Fatalf("round %d: %d records, one import gives %d", round, b, a)
		}
		if problems, err := c.Verify(t.Context(), nil); err != nil || len(problems) > 0 {
			t.Errorf("round %d: verify: %v, %v", round, problems, err)
		}
		if err := errors.Join(c.Close(), once.Close()); err != nil {
			t.Fatal(err)
		}
	}
}
