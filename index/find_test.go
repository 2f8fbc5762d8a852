package index_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"faultline/analysis"
	"faultline/index"
)

func TestFindSurvivesDamage(t *testing.T) {
	w := newWorld(2, 80)
	dir := filepath.Join(t.TempDir(), "case")
	c := create(t, dir)
	w.store(t, c, "bundle", 40)
	find := func(c *index.Case) {
		t.Helper()
		found, err := c.Find(t.Context(), "oom killed container", 5)
		list := found.Matches
		if err != nil || len(list) == 0 || list[0].Kind != "pattern" || !strings.Contains(list[0].Title, "OOMKilled") {
			t.Fatalf("Find = %+v, %v, want the OOMKilled pattern first", list, err)
		}
		found, err = c.Find(t.Context(), "current.json", 5)
		if list = found.Matches; err != nil || len(list) == 0 || list[0].Kind != "source" {
			t.Fatalf("Find = %+v, %v, want a source first", list, err)
		}
	}
	find(c)
	closeCase(t, c)
	for _, name := range []string{"files.json", "index_meta.json", "store/root.bolt"} {
		path := filepath.Join(dir, "text", name)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data[:len(data)/2], 0o600); err != nil {
			t.Fatal(err)
		}
		c := reopen(t, dir)
		find(c)
		closeCase(t, c)
	}
	// Files that are cut while the index is open: a fault of the memory map.
	// Windows does not let it happen.
	asides := 3
	if runtime.GOOS != "windows" {
		asides++
		c = reopen(t, dir)
		find(c)
		cutSegments(t, filepath.Join(dir, "text"))
		find(c)
		closeCase(t, c)
	}
	if err := os.RemoveAll(filepath.Join(dir, "text")); err != nil {
		t.Fatal(err)
	}
	if bad, _ := filepath.Glob(filepath.Join(dir, "text*.damaged")); len(bad) != asides {
		t.Errorf("%d damaged indexes were put aside, want %d", len(bad), asides)
	}
	// A case that is read only gets its index in memory.
	ro, err := index.Open(dir, index.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer closeCase(t, ro)
	find(ro)
	if _, err := os.Stat(filepath.Join(dir, "text")); err == nil {
		t.Error("Find wrote to a case that is read only")
	}
}

// Where the index cannot be stored it is made in memory.
func TestFindWithoutFolder(t *testing.T) {
	w := newWorld(2, 80)
	dir := filepath.Join(t.TempDir(), "case")
	d := index.NewDisk() // the case's own files are elsewhere
	c, err := index.Create(dir, d.Use(index.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	defer closeCase(t, c)
	w.store(t, c, "bundle", 40)
	if err := os.Rename(dir, dir+".gone"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if found, err := c.Find(t.Context(), "oom killed container", 5); err != nil || len(found.Matches) == 0 || !strings.Contains(found.Matches[0].Title, "OOMKilled") {
		t.Errorf("Find = %+v, %v, want the OOMKilled pattern first", found, err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Describe("rules", told, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Find(stopped, "container", 5); !errors.Is(err, context.Canceled) {
		t.Errorf("Find that was stopped: %v", err)
	}
}

// cutSegments empties the files that bleve keeps mapped.
func cutSegments(t *testing.T, dir string) {
	t.Helper()
	cut := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".zap" {
			cut++
			err = os.Truncate(path, 0)
		}
		return err
	})
	if err != nil || cut == 0 {
		t.Fatalf("%d files were cut, %v", cut, err)
	}
}

func TestVariables(t *testing.T) {
	w := newWorld(3, 200)
	c := create(t, filepath.Join(t.TempDir(), "case"))
	w.store(t, c, "bundle", 50)
	list, err := c.Patterns(t.Context(), analysis.Filter{Sources: []string{"logs/text*"}})
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, p := range list {
		if !strings.Contains(p.Template, "<*>") {
			continue
		}
		vars, err := c.Variables(t.Context(), p.ID, analysis.Filter{Sources: []string{"logs/text*"}})
		if err != nil {
			t.Fatal(err)
		}
		if len(vars) != strings.Count(p.Template, "<*>") {
			t.Errorf("%q has %d variables", p.Template, len(vars))
		}
		for i, v := range vars {
			var sum int64
			for _, x := range v.Values {
				sum += x.Count
			}
			if v.Index != i || sum != v.Sampled || v.Sampled > p.Count || len(v.Values) != v.Distinct {
				t.Errorf("%q: %+v of %d records", p.Template, v, p.Count)
			}
			if v.Sampled > 0 {
				seen++
			}
		}
	}
	if seen == 0 {
		t.Error("no variable has a value")
	}
	if _, err := c.Variables(t.Context(), "absent", analysis.Filter{}); !errors.Is(err, index.ErrNoPattern) {
		t.Errorf("Variables of an unknown pattern: %v", err)
	}
}
