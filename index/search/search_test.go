package search_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"faultline/index/search"
)

var docs = []search.Document{
	{Kind: "pattern", ID: "p1", Text: "Failed to pull image <*>: rpc error: code = Unknown desc = <*>"},
	{Kind: "pattern", ID: "p2", Text: "Container <*> was OOMKilled, exit code 137"},
	{Kind: "pattern", ID: "p3", Text: "dial tcp <*>: connect: connection refused"},
	{Kind: "source", ID: "nodes/n1/kubelet.log", Text: "nodes/n1/kubelet.log"},
	{Kind: "run", ID: "r1", Text: "nightly_backup job failed: connection reset by peer"},
}

func find(t *testing.T, x *search.Index, text string) []string {
	t.Helper()
	hits, err := x.Find(context.Background(), text, 10)
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
