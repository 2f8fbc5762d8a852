package index_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"faultline/analysis"
	"faultline/index"
)

var (
	kills     = flag.Int("kills", 50, "processes that TestKill kills")
	mutations = flag.Int("mutations", 400, "changes that TestMutations makes to stored files")
)

// faults are the ways in which the changing calls of a disk fail.
var faults = []struct {
	name string
	dead bool // every later call fails too
	loss index.Loss
}{
	{"crash", true, index.LoseNothing},
	{"power loss", true, index.LoseUnsynced},
	{"power loss after renames", true, index.LoseCreated},
	{"full disk", false, index.LoseNothing},
}

func digest(t testing.TB, c *index.Case) string {
	t.Helper()
	d, err := c.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// undisturbed returns the digest of a case that imported the sources without
// any fault.
func undisturbed(t testing.TB, sources ...source) string {
	t.Helper()
	c, err := index.Create(t.TempDir(), index.NewDisk().Use(index.Options{Now: noon}))
	if err != nil {
		t.Fatal(err)
	}
	defer closeCase(t, c)
	for _, s := range sources {
		importAll(t, c, s)
	}
	return digest(t, c)
}

// openOrCreate opens the case on d, or makes it when none is there.
func openOrCreate(dir string, d *index.Disk) (*index.Case, error) {
	c, err := index.Open(dir, d.Use(index.Options{Now: noon}))
	if errors.Is(err, index.ErrNoCase) {
		c, err = index.Create(dir, d.Use(index.Options{Now: noon}))
	}
	return c, err
}

// importSome imports s with a commit before every block and after every
// member, and returns the members that were acknowledged.
func importSome(t *testing.T, c *index.Case, s source) (acknowledged []string, err error) {
	w, err := c.Begin(s.bundle)
	if errors.Is(err, index.ErrImported) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for m := range s.members {
		var inside error
		stop := func() bool { inside = w.Commit(); return inside != nil }
		if err := s.member(w, m, stop); err != nil {
			if inside != nil {
				err = inside
			}
			return acknowledged, err
		}
		if err := w.Commit(); err != nil {
			return acknowledged, err
		}
		acknowledged = append(acknowledged, s.path(m))
	}
	if err := w.Finish(t.Context(), s.bundle); err != nil {
		return acknowledged, err
	}
	return acknowledged, judged(c)
}

// judged marks and labels patterns.
func judged(c *index.Case) error {
	if err := c.Mark("0123", analysis.PatternBenign, "seen at every start", "me"); err != nil {
		return err
	}
	return c.Label(map[string]index.Label{"4567": {State: analysis.PatternFailure, Cause: "dns"}})
}

// TestFaults lets every single changing call of an import, and of marks and
// labels after it, fail: once with
// everything after it failing too (a crash), with and without the loss of all
// that was not synced, and once alone (a full disk that is emptied). What was
// acknowledged must be there, and the import must go on to the same end.
func TestFaults(t *testing.T) {
	s := newSource("b1", 3, 60, 25)
	s.begun = new(atomic.Int64)
	probe := index.NewDisk()
	c, err := openOrCreate(t.TempDir(), probe)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := importSome(t, c, s); err != nil {
		t.Fatal(err)
	}
	want := digest(t, c)
	closeCase(t, c)
	calls := probe.Calls()
	if calls < 40 {
		t.Fatalf("only %d calls: not every member was committed", calls)
	}
	t.Cleanup(func() {
		if n := s.begun.Load(); n < 20 && !t.Failed() {
			t.Errorf("only %d imports went on inside of a member", n)
		}
	})
	for _, mode := range faults {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			for n := 1; n <= calls; n++ {
				faultAt(t, s, n, mode.dead, mode.loss, want)
				if t.Failed() {
					t.Fatalf("with a fault at call %d of %d", n, calls)
				}
			}
		})
	}
}

func faultAt(t *testing.T, s source, n int, dead bool, loss index.Loss, want string) {
	dir := t.TempDir()
	d := index.NewDisk()
	d.FailAt, d.Dead = n, dead
	c, err := openOrCreate(dir, d)
	var acknowledged []string
	if err == nil {
		acknowledged, err = importSome(t, c, s)
	}
	finished := err == nil
	if err != nil && !errors.Is(err, index.ErrDisk) {
		t.Errorf("error %v does not lead back to its cause", err)
	}
	if dead {
		c.Abandon()
	} else if c != nil {
		_ = c.Close() // may fail for the same reason
	}
	d.Revive(loss)

	c, err = openOrCreate(dir, d)
	if err != nil {
		t.Errorf("open after the fault: %v", err)
		return
	}
	defer closeCase(t, c)
	w, err := c.Begin(s.bundle)
	if errors.Is(err, index.ErrImported) {
		if !finished {
			if err := judged(c); err != nil {
				t.Errorf("judge after the fault: %v", err)
			}
		}
		if got := digest(t, c); got != want {
			t.Error("the finished case differs")
		}
		return
	}
	if finished {
		t.Error("the import ended without an error and is not complete")
	}
	if err != nil {
		t.Errorf("begin after the fault: %v", err)
		return
	}
	for _, path := range acknowledged {
		if !w.Done(path) {
			t.Errorf("%s was acknowledged and is lost", path)
		}
	}
	if c.Info().Records != 0 {
		t.Errorf("records of an unfinished import are seen")
	}
	if _, err := s.write(w, nil); err != nil {
		t.Errorf("resume: %v", err)
		return
	}
	if err := w.Finish(t.Context(), s.bundle); err != nil {
		t.Errorf("finish after the fault: %v", err)
		return
	}
	if err := judged(c); err != nil {
		t.Errorf("judge after the fault: %v", err)
	}
	if got := digest(t, c); got != want {
		t.Error("the resumed case differs from an undisturbed one")
	}
	closeCase(t, c)
	if c, err = index.Open(dir, d.Use(index.Options{ReadOnly: true})); err != nil {
		t.Error(err)
		return
	}
	if problems, err := c.Verify(t.Context(), nil); err != nil || len(problems) > 0 {
		t.Errorf("verify: %v, %v", problems, err)
	}
}

// TestResume stops imports at random blocks, several times each, and resumes
// them.
func TestResume(t *testing.T) {
	s := newSource("b1", 12, 300, 40)
	want := undisturbed(t, s)
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 30 {
		dir := filepath.Join(t.TempDir(), "case")
		c := create(t, dir)
		for finished := false; !finished; {
			w, err := c.Begin(s.bundle)
			if err != nil {
				t.Fatal(err)
			}
			left := 1 + r.IntN(70)
			stopped, err := s.write(w, func() bool { left--; return left < 0 })
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case !stopped:
				err = w.Finish(t.Context(), s.bundle)
				finished = true
			case r.IntN(2) == 0:
				err = w.Close()
			default:
				closeCase(t, c)
				c = reopen(t, dir)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := digest(t, c); got != want {
			t.Fatalf("round %d: the resumed case differs from an undisturbed one", round)
		}
		closeCase(t, c)
	}
}

// TestTwoBundles imports a second bundle while the first one is broken off:
// the order of the bundles counts, not that of the ends.
func TestTwoBundles(t *testing.T) {
	a, b := newSource("a", 5, 200, 50), newSource("b", 3, 100, 50)
	want := undisturbed(t, a, b)
	c := create(t, filepath.Join(t.TempDir(), "case"))
	w, err := c.Begin(a.bundle)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Begin(b.bundle); err == nil {
		t.Error("two imports at once gave no error")
	}
	n := 9
	if _, err := a.write(w, func() bool { n--; return n < 0 }); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	importAll(t, c, b)
	if info := c.Info(); info.Records != 300 || len(info.Bundles) != 1 || len(info.Unfinished) != 1 {
		t.Errorf("with the first bundle broken off: %+v", info)
	}
	importAll(t, c, a)
	if got := digest(t, c); got != want {
		t.Error("the case differs from one whose imports ran one after the other")
	}
}

// killed is the case folder that a child process of TestKill imports into.
const killed = "FAULTLINE_TEST_KILLED"

func killSource(k int) source { return newSource(fmt.Sprintf("bundle-%d", k), 12, 250, 100) }

// noon is the time that killed processes believe it to be.
func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// after does what the child of TestKill does once bundle k is imported: a
// person's mark, labels, and a search, which builds the text index.
func after(c *index.Case, k int) error {
	if err := c.Mark(fmt.Sprintf("%04d", k), analysis.PatternBenign, "seen before", "me"); err != nil {
		return err
	}
	if err := c.Label(map[string]index.Label{fmt.Sprintf("%04d", k): {State: analysis.PatternFailure, Cause: "dns"}}); err != nil {
		return err
	}
	_, err := c.Find(context.Background(), "connection refused", 5)
	return err
}

// TestMain runs the child of TestKill: it imports one bundle after the other
// until it is killed, and says what is safe.
func TestMain(m *testing.M) {
	dir := os.Getenv(killed)
	if dir == "" {
		if dir = os.Getenv("FAULTLINE_TEST_READING"); dir != "" {
			if err := readCase(dir); err != nil {
				fmt.Println(err)
			}
			return
		}
		os.Exit(m.Run())
	}
	c, err := index.Open(dir, index.Options{Now: noon})
	for k := 0; err == nil; k++ {
		s := killSource(k)
		var w *index.Writer
		w, err = c.Begin(s.bundle)
		if errors.Is(err, index.ErrImported) {
			err = nil
			continue
		}
		for i := 0; i < s.members && err == nil; i++ {
			inside := func() bool {
				if i%2 == 0 {
					err = w.Commit()
				}
				return err != nil
			}
			if e := s.member(w, i, inside); err == nil {
				err = e
			}
			if err == nil && i%3 == 0 {
				if err = w.Commit(); err == nil {
					fmt.Println(s.bundle.ID, s.path(i))
				}
			}
		}
		if err == nil {
			err = w.Finish(context.Background(), s.bundle)
		}
		if err == nil {
			fmt.Println(s.bundle.ID, "finished")
			if err = after(c, k); err == nil {
				fmt.Println(s.bundle.ID, "marked")
			}
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// readCase opens a case and says what it is.
func readCase(dir string) error {
	c, err := index.Open(dir, index.Options{})
	if err != nil {
		return err
	}
	fmt.Println(c.Info().ReadOnly, c.Info().Records)
	return c.Close()
}

// TestKill kills importing processes at random moments, while they import,
// resume, finish, mark and build the text index: nothing that they said was
// safe is lost, nothing is there twice, nothing needs a hand, and all answers
// are those of an import that nobody disturbed. The long form is
//
//	go test ./index -run TestKill -kills 1000 -timeout 60m
func TestKill(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for left := *kills; left > 0 && !t.Failed(); left -= 50 {
		killSome(t, r, min(left, 50))
	}
}

func killSome(t *testing.T, r *rand.Rand, n int) {
	dir := filepath.Join(t.TempDir(), "case")
	c, err := index.Create(dir, index.Options{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	closeCase(t, c)
	safe := map[string][]string{} // by bundle
	for range n {
		for id, said := range killOne(t, dir, 5+r.IntN(250)) {
			safe[id] = append(safe[id], said...)
		}
		c, err := index.Open(dir, index.Options{Now: noon})
		if err != nil {
			t.Fatalf("open after a kill: %v", err)
		}
		info := c.Info()
		if len(info.Problems) > 0 || len(info.Aside) > 0 {
			t.Fatalf("after a kill: %v, %v", info.Problems, info.Aside)
		}
		complete := map[string]bool{}
		for _, b := range info.Bundles {
			complete[b.ID] = true
		}
		one := killSource(0)
		if want := int64(len(info.Bundles) * one.members * one.lines); info.Records != want {
			t.Errorf("%d records in %d complete bundles, want %d", info.Records, len(info.Bundles), want)
		}
		marks := c.Marked()
		for id, said := range safe {
			if slices.Contains(said, "marked") && !marks[fmt.Sprintf("%04s", strings.TrimPrefix(id, "bundle-"))] {
				t.Errorf("the mark after %s was safe and is lost", id)
			}
			if complete[id] {
				continue
			}
			w, err := c.Begin(analysis.Bundle{ID: id})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range said {
				if p == "finished" || !w.Done(p) {
					t.Errorf("%s of %s was safe and is lost", p, id)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
		}
		closeCase(t, c)
	}
	if c, err = index.Open(dir, index.Options{Now: noon}); err != nil {
		t.Fatal(err)
	}
	defer closeCase(t, c)
	bundles := len(c.Info().Bundles) + len(c.Info().Unfinished)
	calm, err := index.Create(filepath.Join(t.TempDir(), "case"), index.Options{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	defer closeCase(t, calm)
	for k := range bundles {
		s := killSource(k)
		if w, err := c.Begin(s.bundle); err == nil {
			if _, err := s.write(w, nil); err != nil {
				t.Fatal(err)
			}
			if err := w.Finish(t.Context(), s.bundle); err != nil {
				t.Fatal(err)
			}
		} else if !errors.Is(err, index.ErrImported) {
			t.Fatal(err)
		}
		importAll(t, calm, s)
		for _, x := range []*index.Case{c, calm} {
			if err := x.Mark(fmt.Sprintf("%04d", k), analysis.PatternBenign, "seen before", "me"); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, x := range []*index.Case{c, calm} {
		if err := after(x, max(bundles-1, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if digest(t, c) != digest(t, calm) {
		t.Error("the case differs from an undisturbed one")
	}
	if got, want := ask(t, c), ask(t, calm); !slices.EqualFunc(got.hits, want.hits, func(a, b index.Hit) bool { return shown(a) == shown(b) }) || got.counts != want.counts {
		t.Error("the answers differ from those of an undisturbed case")
	}
	for _, text := range []string{"connection refused", "member-003", "volume", "heartbaet"} {
		got, err := c.Find(t.Context(), text, 50)
		want, err2 := calm.Find(t.Context(), text, 50)
		if diff := cmp.Diff(fmt.Sprintf("%+v", want), fmt.Sprintf("%+v", got)); err != nil || err2 != nil || diff != "" {
			t.Errorf("Find(%q): %v, %v; (-undisturbed +killed):\n%s", text, err, err2, diff)
		}
	}
	if problems, err := c.Verify(t.Context(), nil); err != nil || len(problems) > 0 {
		t.Errorf("verify: %v, %v", problems, err)
	}
	t.Logf("%d kills, %d bundles", n, bundles)
}

// killOne runs an importing process for so many milliseconds and returns what
// it said was safe.
func killOne(t *testing.T, dir string, ms int) map[string][]string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killed+"="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(time.Duration(ms)*time.Millisecond, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	safe := map[string][]string{}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if id, path, ok := strings.Cut(lines.Text(), " "); ok {
			safe[id] = append(safe[id], path)
		}
	}
	_ = cmd.Wait() // killed
	if stderr.Len() > 0 {
		t.Fatalf("the import failed by itself: %s", stderr.Bytes())
	}
	return safe
}

// answers is what queries say of everything in a case: each record as it is
// shown, and what is counted of them.
type answers struct {
	hits   []index.Hit
	counts string
}

// ask puts all questions. Damage that Hits meets is left out by the next Rows.
func ask(t *testing.T, c *index.Case) answers {
	t.Helper()
	ctx, all := t.Context(), analysis.Filter{}
	var a answers
	for try := 0; ; try++ {
		rows, err := c.Rows(ctx, all)
		if err != nil {
			t.Fatalf("rows: %v", err)
		}
		a.hits, err = rows.Hits(ctx, 0, rows.Len())
		if err == nil {
			break
		}
		if damaged := (*index.DamagedError)(nil); try == 5 || !errors.As(err, &damaged) {
			t.Fatalf("hits, %d tries: %v", try, err)
		}
	}
	for i := range a.hits {
		a.hits[i].Ref = 0 // a number, not an answer
	}
	var b strings.Builder
	for _, f := range []analysis.Filter{all, {Query: `"10.0.1.13 refused"`}, {Query: "severity>=error"}, {Query: "retry host:worker-1"}, {Query: "f*s~x OR volume"}} {
		n, err := c.Count(ctx, f)
		if err != nil && f.Query != "f*s~x OR volume" {
			t.Fatalf("count %q: %v", f.Query, err)
		}
		fmt.Fprintf(&b, "%q %d\n", f.Query, n)
	}
	patterns, err := c.Patterns(ctx, all)
	if err != nil {
		t.Fatalf("patterns: %v", err)
	}
	week, err := c.Week(ctx, analysis.Filter{Query: "refused"}, "")
	if err != nil {
		t.Fatalf("week: %v", err)
	}
	timeline, err := c.Histogram(ctx, all, 20, "severity")
	if err != nil {
		t.Fatalf("histogram: %v", err)
	}
	facets, err := c.Facets(ctx, all, []string{"host", "source", "severity", "pattern"}, 0)
	if err != nil {
		t.Fatalf("facets: %v", err)
	}
	fmt.Fprintf(&b, "%+v\n%+v\n%+v\n%+v\n%+v", patterns, week, timeline, facets, c.States())
	a.counts = b.String()
	return a
}

// shown is what a hit says beside its pattern, which others have a say in.
func shown(h index.Hit) string {
	h.Pattern = ""
	b, err := json.Marshal(h)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// checkWhole compares the answers of a damaged case with those from before:
// each record is the same as it was, and those that are missing stand where
// the problems say.
func checkWhole(t *testing.T, what string, info index.Info, got, want answers) (lost int) {
	t.Helper()
	have := map[string]bool{}
	for _, h := range got.hits {
		have[shown(h)] = true
	}
	known := 0
	for _, h := range want.hits {
		if have[shown(h)] {
			known++
			continue
		}
		lost++
		if !slices.ContainsFunc(info.Problems, func(p analysis.Problem) bool {
			o := p.Origin
			if o.Path == "" { // rows of the ledger are lost, and nobody knows whose
				return o.Bundle == h.Origin.Bundle
			}
			return o.Path == h.Origin.Path && o.Bundle == h.Origin.Bundle && h.Origin.Offset >= o.Offset && h.Origin.Offset < o.Offset+o.Length
		}) {
			t.Errorf("%s: the record at %v is lost and no problem says so: %v", what, h.Origin, info.Problems)
			return lost
		}
	}
	if known != len(got.hits) {
		t.Errorf("%s: %d records are not as they were", what, len(got.hits)-known)
	}
	if first := fmt.Sprintf("\"\" %d\n", len(got.hits)); !strings.HasPrefix(got.counts, first) || info.Records != int64(len(got.hits)) {
		t.Errorf("%s: %d records are shown; counted are %.20q, %d", what, len(got.hits), got.counts, info.Records)
	}
	return lost
}

// TestMutations damages stored files one at a time. The case must open and
// answer all the same, or say what is missing and answer everything else;
// Verify must name the file, which must be kept. The long form is
//
//	go test ./index -run TestMutations -mutations 10000 -timeout 30m
func TestMutations(t *testing.T) {
	dir := t.TempDir()
	d := index.NewDisk()
	c, err := index.Create(dir, d.Use(index.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	sources := []source{newSource("b1", 5, 60, 20), newSource("b2", 3, 50, 50)}
	importAll(t, c, sources[0])
	stale := [][]byte{d.File("manifest")}
	importAll(t, c, sources[1])
	if err := c.Mark("0123", analysis.PatternBenign, "seen at every start", "me"); err != nil {
		t.Fatal(err)
	}
	stale = append(stale, d.File("manifest"))
	if err := c.Label(map[string]index.Label{"4567": {State: analysis.PatternFailure, Cause: "dns"}}); err != nil {
		t.Fatal(err)
	}
	whole, want := digest(t, c), ask(t, c)
	closeCase(t, c)

	stored, names := d.Files(), d.Names()
	r := rand.New(rand.NewPCG(11, 12))
	same, partial, records := 0, 0, 0
	for range *mutations {
		d.SetFiles(stored)
		name := names[r.IntN(len(names))]
		bad, what := mutate(r, stored[name])
		switch {
		case r.IntN(12) == 0:
			other := names[r.IntN(len(names))]
			bad, what = stored[other], "swapped with "+other
			d.SetFile(other, stored[name])
		case name == "manifest" && r.IntN(3) == 0:
			bad, what = stale[r.IntN(len(stale))], "an older one"
		}
		if bad != nil && bytes.Equal(bad, stored[name]) {
			continue
		}
		what = name + ": " + what
		d.SetFile(name, bad)
		if stem, ok := strings.CutSuffix(name, ".batch"); ok && r.IntN(3) == 0 {
			worse, how := mutate(r, stored[stem+".mirror"])
			d.SetFile(stem+".mirror", worse)
			what += "; its mirror: " + how
		}
		o := index.Options{ReadOnly: r.IntN(2) == 0}
		c, err := index.Open(dir, d.Use(o))
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		got := ask(t, c)
		info := c.Info()
		switch {
		case slices.EqualFunc(got.hits, want.hits, func(a, b index.Hit) bool { return shown(a) == shown(b) }) && got.counts == want.counts:
			same++
			if again, err := c.Digest(); err == nil && again != whole && len(info.Problems) == 0 {
				t.Errorf("%s: its digest differs without a word", what)
			}
		case len(info.Problems) == 0:
			t.Errorf("%s: a different answer without a word", what)
		default:
			partial++
			lost := checkWhole(t, what, info, got, want)
			records += lost
			if !info.ReadOnly && lost > 0 {
				c = repair(t, what, dir, d, c, sources, got, want)
			}
		}
		problems, err := c.Verify(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		segment := strings.Replace(name, ".table", ".segment", 1) // one that is lost itself has no use for the copy of its table
		named := slices.ContainsFunc(problems, func(p analysis.Problem) bool { return p.Origin.Path == name || p.Origin.Path == segment })
		kept := slices.ContainsFunc(info.Aside, func(a string) bool { return strings.HasPrefix(a, name+".damaged") })
		switch {
		case !named && !kept && !(name == "manifest.copy" && bad == nil):
			t.Errorf("%s: Verify says %v, aside are %v", what, problems, info.Aside)
		case bad != nil && !kept && !bytes.Equal(d.File(name), bad):
			t.Errorf("%s: the damaged file is gone", what)
		}
		if t.Failed() {
			t.Fatalf("problems %v, aside %v", info.Problems, info.Aside)
		}
		closeCase(t, c)
	}
	t.Logf("%d changes: %d without effect, %d with %d records lost and named", same+partial, same, partial, records)
}

// repair imports the bundles again: what was lost comes back.
func repair(t *testing.T, what, dir string, d *index.Disk, c *index.Case, sources []source, got, want answers) *index.Case {
	t.Helper()
	again := func() {
		for _, s := range sources {
			if w, err := c.Begin(s.bundle); err == nil {
				if _, err := s.write(w, nil); err != nil {
					t.Fatal(err)
				}
				if err := w.Finish(t.Context(), s.bundle); err != nil {
					t.Fatal(err)
				}
			} else if !errors.Is(err, index.ErrImported) {
				t.Fatal(err)
			}
		}
	}
	again()
	closeCase(t, c)
	c, err := index.Open(dir, d.Use(index.Options{}))
	if err != nil {
		t.Fatalf("%s, repaired: %v", what, err)
	}
	after := ask(t, c)
	if !slices.EqualFunc(after.hits, want.hits, func(a, b index.Hit) bool { return shown(a) == shown(b) }) || after.counts != want.counts {
		t.Errorf("%s: another import of the bundles gives %d records, before the damage it were %d, then %d: %v", what, len(after.hits), len(want.hits), len(got.hits), c.Info().Problems)
	}
	if p := c.Info().Problems; len(p) > 0 {
		t.Errorf("%s: repaired, and still %v", what, p)
	}
	if _, err := c.Begin(sources[0].bundle); !errors.Is(err, index.ErrImported) {
		t.Errorf("%s: a third import: %v", what, err)
	}
	return c
}

// mutate returns a changed copy of b, nil when the file is to go.
func mutate(r *rand.Rand, b []byte) ([]byte, string) {
	bad := bytes.Clone(b)
	switch r.IntN(9) {
	case 0:
		return nil, "deleted"
	case 1:
		n := r.IntN(len(b))
		return bad[:n], fmt.Sprintf("cut to %d bytes", n)
	case 2:
		at := r.IntN(len(b)) &^ 511
		clear(bad[at:min(at+512, len(bad))])
		return bad, fmt.Sprintf("512 bytes at %d zeroed", at)
	case 3:
		return append(bad, 0), "a byte appended"
	case 4:
		return []byte{}, "emptied"
	}
	at, bit := r.IntN(len(b)), r.IntN(8)
	bad[at] ^= 1 << bit
	return bad, fmt.Sprintf("bit %d of byte %d flipped", bit, at)
}

// TestClock lets the clock jump back by hours whenever it is asked: imports
// continue, the last mark wins, and the answers are those of any other case.
func TestClock(t *testing.T) {
	sources := []source{newSource("b1", 4, 200, 50), newSource("b2", 2, 100, 50)}
	calm := create(t, filepath.Join(t.TempDir(), "case"))
	for _, s := range sources {
		importAll(t, calm, s)
	}
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	back := func() time.Time { now = now.Add(-5 * time.Hour); return now }
	dir := filepath.Join(t.TempDir(), "case")
	c, err := index.Create(dir, index.Options{Name: "test", Version: "1", Now: back})
	if err != nil {
		t.Fatal(err)
	}
	again := func() {
		t.Helper()
		closeCase(t, c)
		if c, err = index.Open(dir, index.Options{Now: back}); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range sources {
		for finished := false; !finished; {
			w, err := c.Begin(s.bundle)
			if err != nil {
				t.Fatal(err)
			}
			left := 5
			stopped, err := s.write(w, func() bool { left--; return left < 0 })
			if err != nil {
				t.Fatal(err)
			}
			if finished = !stopped; finished {
				if err := w.Finish(t.Context(), s.bundle); err != nil {
					t.Fatal(err)
				}
			}
			again()
		}
	}
	got, want := ask(t, c), ask(t, calm)
	if !slices.EqualFunc(got.hits, want.hits, func(a, b index.Hit) bool { return shown(a) == shown(b) }) || got.counts != want.counts {
		t.Error("the answers differ from those of a case whose clock runs")
	}
	id := got.hits[0].Pattern
	for _, state := range []analysis.PatternState{analysis.PatternFailure, analysis.PatternBenign, analysis.PatternNeutral, analysis.PatternBenign} {
		if err := c.Mark(id, state, "seen", "me"); err != nil {
			t.Fatal(err)
		}
		again()
		if p, ok := c.Pattern(id); !ok || p.State != state {
			t.Errorf("after the mark %s the pattern is %s", state, p.State)
		}
	}
	for range 3 { // damaged again and again, at times that come back
		if _, err := c.Find(t.Context(), "refused", 3); err != nil {
			t.Fatal(err)
		}
		closeCase(t, c)
		now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		names, err := filepath.Glob(filepath.Join(dir, "text", "store", "*.zap"))
		if err != nil || len(names) == 0 {
			t.Fatal(names, err)
		}
		if err := os.Truncate(names[0], 100); err != nil {
			t.Fatal(err)
		}
		if c, err = index.Open(dir, index.Options{Now: back}); err != nil {
			t.Fatal(err)
		}
	}
	if problems, err := c.Verify(t.Context(), nil); err != nil || len(problems) > 0 {
		t.Errorf("verify: %v, %v", problems, err)
	}
	closeCase(t, c)
}
