package search_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"faultline/assets"
	"faultline/index/search"
)

var docs = []search.Document{
	{Kind: "pattern", ID: "p1", Title: "Failed to pull image <*>: rpc error: code = Unknown desc = <*>"},
	{Kind: "pattern", ID: "p2", Title: "Container <*> was OOMKilled, exit code 137"},
	{Kind: "pattern", ID: "p3", Title: "dial tcp <*>: connect: connection refused"},
	{Kind: "source", ID: "nodes/n1/kubelet.log", Title: "nodes/n1/kubelet.log"},
	{Kind: "run", ID: "r1", Title: "nightly_backup job failed: connection reset by peer"},
}

func find(t *testing.T, x *search.Index, text string) []string {
	t.Helper()
	hits, _, err := search.Find(context.Background(), text, 10, x)
	if err != nil {
		t.Fatalf("Find(%q): %v", text, err)
	}
	var ids []string
	for _, h := range hits {
		ids = append(ids, h.ID)
	}
	return ids
}

func TestFind(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "text")
	if _, err := search.Open(dir, "key"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open of nothing: %v, want fs.ErrNotExist", err)
	}
	if err := search.Build(context.Background(), dir, "key", slices.Values(docs)); err != nil {
		t.Fatal(err)
	}
	x, err := search.Open(dir, "key")
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	m, err := search.Memory(context.Background(), slices.Values(docs))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, x := range []*search.Index{x, m} {
		if n, err := x.Len(); err != nil || n != len(docs) {
			t.Errorf("Len() = %d, %v, want %d", n, err, len(docs))
		}
		for _, c := range []struct{ text, first string }{
			{"connection refused", "p3"},
			{"conection refusd", "p3"},
			{"killed", "p2"},
			{"oom", "p2"},
			{"OOMKilled", "p2"},
			{"kubelet", "nodes/n1/kubelet.log"},
			{"backup", "r1"},
			{"pull image", "p1"},
			{"imagepull failure", "p1"},
			{"out of memory", "p2"},
			{"exit code 137", "p2"},
			{"137", "p2"},
			{"SIGKILL", "p2"},
			{"econnrefused", "p3"},
			{"oomkilled", "p2"},
			{"refuse connections", "p3"},
			{"conection refsued", "p3"},
			{"kubelte", "nodes/n1/kubelet.log"},
			{"schedul", ""},
		} {
			got := find(t, x, c.text)
			if c.first == "" && len(got) > 0 || c.first != "" && (len(got) == 0 || got[0] != c.first) {
				t.Errorf("Find(%q) = %q, want %q first", c.text, got, c.first)
			}
		}
		if got := find(t, x, "<*> !!"); got != nil {
			t.Errorf("Find of no words = %q, want none", got)
		}
	}
}

// A build that was killed leaves parts of it: the next one clears them away, and
// nothing but the index is left, for its owner alone.
func TestBuildAgain(t *testing.T) {
	folder := t.TempDir()
	dir := filepath.Join(folder, "text")
	if err := os.MkdirAll(filepath.Join(dir+".tmp", "scorch-offline-build123"), 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := search.Build(t.Context(), dir, "key", slices.Values(docs)); err != nil {
			t.Fatal(err)
		}
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := search.Build(stopped, dir, "another", slices.Values(docs)); !errors.Is(err, context.Canceled) {
		t.Errorf("Build that was stopped: %v", err)
	}
	if err := search.Build(t.Context(), dir+"2", "key", slices.Values(docs[:0])); err != nil {
		t.Errorf("Build of nothing: %v", err)
	}
	if x, err := search.Open(dir+"2", "key"); err != nil {
		t.Errorf("Open of nothing: %v", err)
	} else if got := find(t, x, "connection"); got != nil || x.Close() != nil {
		t.Errorf("Find in nothing = %v", got)
	}
	if err := os.RemoveAll(dir + "2"); err != nil {
		t.Fatal(err)
	}
	names, err := os.ReadDir(folder)
	if err != nil || len(names) != 1 {
		t.Errorf("the folder holds %v, %v, want the index alone", names, err)
	}
	filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if info, e := d.Info(); err != nil || e != nil || runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v, %v", path, info.Mode(), err, e)
		}
		return nil
	})
	x, err := search.Open(dir, "key")
	if err != nil {
		t.Fatal(err)
	}
	x.Close()
}

// A build that is killed while it replaces an index leaves the old one, the new
// one, or none, never a part. The old one has so many more files here that one
// sees when they go.
func TestBuildBreaksOff(t *testing.T) {
	const at, more = "FAULTLINE_TEST_BUILD", 20000
	if dir := os.Getenv(at); dir != "" {
		if err := search.Build(context.Background(), dir, "key", slices.Values(docs)); err != nil {
			t.Fatal(err)
		}
		return
	}
	dir := filepath.Join(t.TempDir(), "text")
	if err := search.Build(context.Background(), dir, "key", slices.Values(docs)); err != nil {
		t.Fatal(err)
	}
	for i := range more {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files := func() int {
		list, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		return len(list)
	}
	whole := files()
	c := exec.Command(os.Args[0], "-test.run=^TestBuildBreaksOff$")
	c.Env = append(os.Environ(), at+"="+dir)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); files() == whole; {
		if time.Now().After(end) {
			t.Error("the old index was not replaced within a minute")
			break
		}
	}
	_ = c.Process.Kill() // it may be done already
	_ = c.Wait()
	if n := files(); n > whole-more {
		t.Fatalf("%d of the old index's %d files are left", n, whole)
	}
	if x, err := search.Open(dir, "key"); err == nil {
		x.Close()
	} else if !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}

// Damage of any file is named at Open, whatever bleve would make of it.
func TestDamage(t *testing.T) {
	base := filepath.Join(t.TempDir(), "text")
	if err := search.Build(context.Background(), base, "key", slices.Values(docs)); err != nil {
		t.Fatal(err)
	}
	var files []string
	filepath.WalkDir(base, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if len(files) < 3 {
		t.Fatalf("only %d files in the index", len(files))
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for name, bad := range map[string][]byte{
			"cut":     data[:len(data)/2],
			"empty":   nil,
			"flipped": append(append(slices.Clone(data[:len(data)/2]), data[len(data)/2]^4), data[len(data)/2+1:]...),
		} {
			if err := os.WriteFile(f, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			if x, err := search.Open(base, "key"); !errors.Is(err, search.ErrDamaged) {
				t.Errorf("Open with %s %s: %v, want ErrDamaged", filepath.Base(f), name, err)
				if x != nil {
					x.Close()
				}
			}
		}
		if err := os.WriteFile(f, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := search.Open(base, "another"); !errors.Is(err, search.ErrStale) {
		t.Errorf("Open with another key: %v, want ErrStale", err)
	}
	x, err := search.Open(base, "key")
	if err != nil {
		t.Fatalf("Open after repair: %v", err)
	}
	x.Close()
}

// Several indexes are searched as one: every document has the score that it has
// in one index over all of them, however they are spread.
func TestFindAcross(t *testing.T) {
	vocabulary := strings.Fields(`pod node image registry pull failed connection refused timeout killed memory disk
		certificate expired leader etcd OOMKilled ImagePullBackOff nightly_backup probe liveness volume exit code 137`)
	r := rand.New(rand.NewPCG(1, 2))
	var all []search.Document
	for i := range 300 {
		var words []string
		for range 2 + r.IntN(12) {
			words = append(words, vocabulary[r.IntN(len(vocabulary))])
		}
		n := len(words) / 2
		all = append(all, search.Document{
			Kind: []string{"pattern", "cause", "run", "episode"}[r.IntN(4)], ID: fmt.Sprint(i),
			Title: strings.Join(words[:n], " "), Text: strings.Join(words[n:], " "),
		})
	}
	memory := func(docs []search.Document) *search.Index {
		x, err := search.Memory(t.Context(), slices.Values(docs))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { x.Close() })
		return x
	}
	one := memory(all)
	// Unevenly: what is rare in one part is not in another.
	parts := []*search.Index{memory(all[:20]), memory(all[20:200]), memory(nil), memory(all[200:])}
	for _, text := range []string{"out of memory", "image pull", "conection refused", "exit code 137", "backup", "etcd leader timeout", "kill"} {
		want, _, err := search.Find(t.Context(), text, 25, one)
		if err != nil || len(want) == 0 {
			t.Fatalf("Find(%q) = %v, %v", text, want, err)
		}
		got, _, err := search.Find(t.Context(), text, 25, parts...)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			got[i].Index = 0
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-9, 0)); diff != "" {
			t.Errorf("Find(%q) over four indexes differs from one over all (-one +four):\n%s", text, diff)
		}
	}
}

func TestMarks(t *testing.T) {
	x, err := search.Memory(t.Context(), slices.Values(docs))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for _, c := range []struct{ query, text, want string }{
		{"connection refused", "dial tcp <*>: connect: connection refused", "dial tcp <*>: [connect]: [connection refused]"},
		{"oom", "Container <*> was OOMKilled, exit code 137", "Container <*> was [OOMKilled], [exit code 137]"},
		{"the image", "the image", "the [image]"},
		{"nothing of this", "Größe", "Größe"},
	} {
		_, m, err := search.Find(t.Context(), c.query, 5, x)
		if err != nil {
			t.Fatal(err)
		}
		s, marks := m.Snippet(c.text, 200)
		for i := len(marks) - 1; i >= 0; i-- {
			s = s[:marks[i].From] + "[" + s[marks[i].From:marks[i].To] + "]" + s[marks[i].To:]
		}
		if s != c.want {
			t.Errorf("marks of %q = %q, want %q", c.query, s, c.want)
		}
	}
}

// Whoever asks for a term of a group finds all others, however many words they
// have.
func TestSynonyms(t *testing.T) {
	terms := func(list string) (out []string) {
		for s := range strings.SplitSeq(list, ",") {
			out = append(out, strings.TrimSpace(s))
		}
		return out
	}
	var docs []search.Document
	known := map[string]bool{}
	type group struct{ from, to []string }
	var groups []group
	for line := range strings.Lines(assets.Synonyms) {
		if line, _, _ = strings.Cut(line, "#"); strings.TrimSpace(line) == "" {
			continue
		}
		from, to, oneWay := strings.Cut(line, "=>")
		g := group{from: terms(from)}
		if g.to = g.from; oneWay {
			g.to = terms(to)
		}
		if len(g.to) < 2 && !oneWay {
			t.Errorf("%q has nothing that means the same", line)
		}
		groups = append(groups, g)
		for _, s := range append(g.from, g.to...) {
			if s == "" {
				t.Errorf("%q has an empty term", line)
			} else if !known[s] {
				known[s] = true
				docs = append(docs, search.Document{Kind: "pattern", ID: s, Title: "request 17 of the worker ended: " + s})
			}
		}
	}
	if len(groups) < 60 {
		t.Fatalf("only %d groups", len(groups))
	}
	x, err := search.Memory(t.Context(), slices.Values(docs))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for _, g := range groups {
		for _, from := range g.from {
			hits, _, err := search.Find(t.Context(), from, len(docs), x)
			if err != nil {
				t.Fatal(err)
			}
			for _, to := range g.to {
				if !slices.ContainsFunc(hits, func(h search.Hit) bool { return h.ID == to }) {
					t.Errorf("%q does not find %q", from, to)
				}
			}
		}
	}
}

func FuzzFind(f *testing.F) {
	x, err := search.Memory(context.Background(), slices.Values(docs))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("OOMKilled exit-code 137", "Container was OOMKilled", 20)
	f.Add("größe\xff K8s", "a\xffb", 3)
	f.Fuzz(func(t *testing.T, query, text string, n int) {
		hits, m, err := search.Find(context.Background(), query, 10, x)
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < len(hits); i++ {
			if hits[i].Score > hits[i-1].Score {
				t.Fatalf("hits are out of order: %v", hits)
			}
		}
		s, marks := m.Snippet(text, max(0, min(n, 1000)))
		last := 0
		for _, k := range marks {
			if k.From < last || k.To <= k.From || k.To > len(s) {
				t.Fatalf("marks %v of %q", marks, s)
			}
			last = k.To
		}
	})
}
