package ingest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"faultline/analysis"
	"faultline/analysis/ingest"
	"faultline/index"
)

// TestRepair damages each segment and both copies of each batch of a case in
// turn and imports the bundle again: everything is as it was.
func TestRepair(t *testing.T) {
	path := mixedBundle(t)
	base := t.TempDir()
	c, _ := importInto(t, base, ingest.Options{}, path)
	want := answersOf(t, c)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Join(base, "case"))
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, e := range entries {
		name := e.Name()
		stem, ext, _ := strings.Cut(name, ".")
		if ext != "segment" && ext != "batch" {
			continue
		}
		tried++
		for _, whole := range []bool{true, false} {
			dir := t.TempDir()
			if err := os.CopyFS(filepath.Join(dir, "case"), os.DirFS(filepath.Join(base, "case"))); err != nil {
				t.Fatal(err)
			}
			damage(t, filepath.Join(dir, "case", name), whole)
			if ext == "batch" {
				damage(t, filepath.Join(dir, "case", stem+".mirror"), whole)
			}
			c := openCase(t, dir)
			if _, err := c.Count(t.Context(), analysis.Filter{Query: "/z.y.z/"}); err != nil { // no three characters in a row: reads all text
				t.Fatal(err)
			}
			if len(c.Info().Problems) == 0 {
				t.Fatalf("%s: damaged without a word", name)
			}
			res, err := ingest.Run(t.Context(), c, []string{path}, ingest.Options{})
			if err != nil {
				t.Fatalf("%s: import again: %v", name, err)
			}
			if res.Already {
				t.Errorf("%s: nothing was imported again", name)
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			c = openCase(t, dir)
			if diff := cmp.Diff(want, answersOf(t, c)); diff != "" {
				t.Errorf("%s, all of it %v: after another import (-want +got):\n%.30000s", name, whole, diff)
			}
			if p := c.Info().Problems; len(p) > 0 {
				t.Errorf("%s: still %v", name, p)
			}
		}
	}
	if tried < 2 {
		t.Errorf("only %d files", tried)
	}
}

// answersOf is print without the root, which is a hash over the ledger's order.
func answersOf(t *testing.T, c *index.Case) string {
	s := print(t, c)
	return s[:strings.LastIndexByte(s, '\n')]
}

func damage(t *testing.T, path string, whole bool) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if whole {
		b = b[:len(b)/2]
	} else {
		b[len(b)/3] ^= 1
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
