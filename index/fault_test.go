package index_test

import (
	"bufio"
	"bytes"
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

	"faultline/analysis"
	"faultline/index"
)

var (
	kills     = flag.Int("kills", 20, "processes that TestKill kills")
	mutations = flag.Int("mutations", 400, "changes that TestMutations makes to stored files")
)

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
	c, err := index.Create(t.TempDir(), index.NewDisk().Use(index.Options{}))
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
	c, err := index.Open(dir, d.Use(index.Options{}))
	if errors.Is(err, index.ErrNoCase) {
		c, err = index.Create(dir, d.Use(index.Options{}))
	}
	return c, err
}

// importSome imports s with a commit after every member, and returns the
// members that were acknowledged.
func importSome(t *testing.T, c *index.Case, s source) (acknowledged []string, err error) {
	w, err := c.Begin(s.bundle)
	if errors.Is(err, index.ErrImported) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for m := range s.members {
		if err := s.member(w, m, nil); err != nil {
			return acknowledged, err
		}
		if err := w.Commit(); err != nil {
			return acknowledged, err
		}
		acknowledged = append(acknowledged, s.path(m))
	}
	return acknowledged, w.Finish(t.Context(), s.bundle)
}

// TestFaults lets every single changing call of an import fail: once with
// everything after it failing too (a crash), with and without the loss of all
// that was not synced, and once alone (a full disk that is emptied). What was
// acknowledged must be there, and the import must go on to the same end.
func TestFaults(t *testing.T) {
	s := newSource("b1", 4, 60, 25)
	want := undisturbed(t, s)
	probe := index.NewDisk()
	c, err := openOrCreate(t.TempDir(), probe)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := importSome(t, c, s); err != nil {
		t.Fatal(err)
	}
	closeCase(t, c)
	calls := probe.Calls()
	if calls < 40 {
		t.Fatalf("only %d calls: not every member was committed", calls)
	}
	for _, mode := range []struct {
		name string
		dead bool
		loss index.Loss
	}{
		{"crash", true, index.LoseNothing},
		{"power loss", true, index.LoseUnsynced},
		{"power loss after renames", true, index.LoseCreated},
		{"full disk", false, index.LoseNothing},
	} {
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
	if err == nil && dead {
		t.Error("no error from a dead disk")
	}
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
		if got := digest(t, c); got != want {
			t.Error("the finished case differs")
		}
		return
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
	if got := digest(t, c); got != want {
		t.Error("the resumed case differs from an undisturbed one")
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

func killSource(k int) source { return newSource(fmt.Sprintf("bundle-%d", k), 25, 3000, 500) }

// TestMain runs the child of TestKill: it imports one bundle after the other
// until it is killed, and says what is safe.
func TestMain(m *testing.M) {
	dir := os.Getenv(killed)
	if dir == "" {
		os.Exit(m.Run())
	}
	c, err := index.Open(dir, index.Options{})
	for k := 0; err == nil; k++ {
		s := killSource(k)
		var w *index.Writer
		w, err = c.Begin(s.bundle)
		if errors.Is(err, index.ErrImported) {
			err = nil
			continue
		}
		for i := 0; i < s.members && err == nil; i++ {
			if err = s.member(w, i, nil); err == nil && i%3 == 0 {
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
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// TestKill kills importing processes at random moments: nothing that they
// said was safe is lost, nothing is there twice, and the end is that of an
// import that nobody disturbed.
func TestKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "case")
	closeCase(t, create(t, dir))
	safe := map[string][]string{} // by bundle
	r := rand.New(rand.NewPCG(9, 9))
	for range *kills {
		for id, paths := range killOne(t, dir, 30+r.IntN(400)) {
			safe[id] = append(safe[id], paths...)
		}
		c, err := index.Open(dir, index.Options{})
		if err != nil {
			t.Fatalf("open after a kill: %v", err)
		}
		info := c.Info()
		complete := map[string]bool{}
		for _, b := range info.Bundles {
			complete[b.ID] = true
		}
		if want := int64(len(info.Bundles) * 25 * 3000); info.Records != want {
			t.Errorf("%d records in %d complete bundles, want %d", info.Records, len(info.Bundles), want)
		}
		for id, paths := range safe {
			if complete[id] {
				continue
			}
			w, err := c.Begin(analysis.Bundle{ID: id})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range paths {
				if p == "finished" || !w.Done(p) {
					t.Errorf("%s of %s was safe and is lost", p, id)
				}
			}
			w.Close()
		}
		closeCase(t, c)
	}
	c := reopen(t, dir)
	var sources []source
	for k := range len(c.Info().Bundles) + len(c.Info().Unfinished) {
		s := killSource(k)
		sources = append(sources, s)
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
	if got := digest(t, c); got != undisturbed(t, sources...) {
		t.Error("the case differs from an undisturbed one")
	}
	if problems, err := c.Verify(t.Context(), nil); err != nil || len(problems) > 0 {
		t.Errorf("verify: %v, %v", problems, err)
	}
	t.Logf("%d kills, %d bundles", *kills, len(sources))
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

// TestMutations changes stored files one at a time: the case must not open,
// or must not answer, or must answer as before; and Verify must name the file.
func TestMutations(t *testing.T) {
	dir := t.TempDir()
	d := index.NewDisk()
	c, err := index.Create(dir, d.Use(index.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	importAll(t, c, newSource("b1", 5, 400, 100))
	importAll(t, c, newSource("b2", 3, 300, 300))
	if err := c.Mark("0123", analysis.PatternBenign, "seen at every start", "me"); err != nil {
		t.Fatal(err)
	}
	if err := c.Label(map[string]index.Label{"4567": {State: analysis.PatternFailure, Cause: "dns"}}); err != nil {
		t.Fatal(err)
	}
	want := digest(t, c)
	closeCase(t, c)

	names := d.Names()
	r := rand.New(rand.NewPCG(11, 12))
	refused, failed, harmless := 0, 0, 0
	for range *mutations {
		name := names[r.IntN(len(names))]
		good := d.File(name)
		bad, what := mutate(r, good)
		if bad != nil && bytes.Equal(bad, good) {
			continue
		}
		what = name + ": " + what
		d.SetFile(name, bad)
		c, err := index.Open(dir, d.Use(index.Options{ReadOnly: true}))
		if err != nil {
			refused++
			if bad != nil && !strings.Contains(err.Error(), name) {
				t.Errorf("%s: error %q does not name the file", what, err)
			}
		} else {
			got, err := c.Digest()
			switch {
			case err != nil:
				failed++
			case got == want:
				harmless++
			default:
				t.Errorf("%s: a different answer without a word", what)
			}
			problems, err := c.Verify(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(problems) == 0 || problems[0].Origin.Path != name {
				t.Errorf("%s: Verify says %v", what, problems)
			}
			closeCase(t, c)
		}
		d.SetFile(name, good)
	}
	t.Logf("%d changes: %d cases refused to open, %d to answer, %d answered the same", refused+failed+harmless, refused, failed, harmless)
}

// mutate returns a changed copy of b, nil when the file is to go.
func mutate(r *rand.Rand, b []byte) ([]byte, string) {
	bad := bytes.Clone(b)
	switch r.IntN(8) {
	case 0:
		return nil, "deleted"
	case 1:
		n := r.IntN(len(b))
		return bad[:n], fmt.Sprintf("cut to %d bytes", n)
	case 2:
		at := r.IntN(len(b)) &^ 4095
		clear(bad[at:min(at+4096, len(bad))])
		return bad, fmt.Sprintf("page at %d zeroed", at)
	case 3:
		return append(bad, 0), "a byte appended"
	}
	at, bit := r.IntN(len(b)), r.IntN(8)
	bad[at] ^= 1 << bit
	return bad, fmt.Sprintf("bit %d of byte %d flipped", bit, at)
}
