package index_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"faultline/analysis"
	"faultline/index"
)

// layout1 is a case in the first layout. From the first release on it is never
// written again: what once was released must open for ever. Until then, and
// for the case of a new layout in a new folder, run the test with
// FAULTLINE_NEW_LAYOUT=1.
const layout1 = "testdata/layout1"

func TestLayout1(t *testing.T) {
	if os.Getenv("FAULTLINE_NEW_LAYOUT") != "" {
		readOrRefused(t, layout1)
		writeLayout(t, layout1)
	}
	dir := filepath.Join(t.TempDir(), "case")
	if err := os.CopyFS(dir, os.DirFS(layout1)); err != nil {
		t.Fatal(err)
	}
	for _, o := range []index.Options{{ReadOnly: true}, {}} {
		c, err := index.Open(dir, o)
		if err != nil {
			t.Fatal(err)
		}
		info := c.Info()
		if info.Name != "layout" || info.Customer != "nobody" || info.Zone != "Europe/Berlin" || info.Records != 120 || info.Members != 3 || info.States != 1 {
			t.Errorf("the stored case reads as %+v", info)
		}
		if len(info.Unfinished) != 1 || len(info.Bundles) != 1 {
			t.Errorf("bundles %v, unfinished %v, want one of each", info.Bundles, info.Unfinished)
		}
		hits, err := c.Search(t.Context(), analysis.Filter{Query: `"connection to 10.0.1.9 refused"`}, index.SearchOptions{})
		if err != nil || len(hits) != 1 {
			t.Errorf("search: %v, %v, want one hit", hits, err)
		}
		if got := first(t, c, "NXDOMAIN"); got != "cause dns" || !c.Described("rules") {
			t.Errorf("find: %q, described: %v, want the cause that the case was told of", got, c.Described("rules"))
		}
		if problems, err := c.Verify(t.Context(), nil); err != nil || len(problems) > 0 {
			t.Errorf("verify: %v, %v", problems, err)
		}
		if !o.ReadOnly { // and it can be added to
			importAll(t, c, newSource("b2", 2, 30, 10))
			importAll(t, c, newSource("b3", 2, 30, 10))
			if n := c.Info().Records; n != 240 {
				t.Errorf("%d records after two imports more, want 240", n)
			}
		}
		closeCase(t, c)
	}
}

// readOrRefused wants the case that is about to be replaced to be read whole, or
// refused by the name of a file: else what stores that file was changed without
// its version, the last byte of its magic, and cases of earlier builds pass for
// damaged.
func readOrRefused(t *testing.T, stored string) {
	dir := filepath.Join(t.TempDir(), "earlier")
	if err := os.CopyFS(dir, os.DirFS(stored)); err != nil {
		t.Fatal(err)
	}
	c, err := index.Open(dir, index.Options{ReadOnly: true})
	if foreign := (*index.ForeignError)(nil); errors.As(err, &foreign) {
		return
	}
	if err != nil {
		t.Fatalf("raise the version of what was changed: %v", err)
	}
	defer closeCase(t, c)
	if problems, err := c.Verify(t.Context(), nil); err != nil || len(problems) > 0 {
		t.Fatalf("raise the version of what was changed: %v, %v", problems, err)
	}
}

func writeLayout(t *testing.T, dir string) {
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	c, err := index.Create(dir, index.Options{
		Name: "layout", Customer: "nobody", Zone: "Europe/Berlin", Version: "0.1",
		Now: func() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		t.Fatal(err)
	}
	importAll(t, c, newSource("b1", 3, 40, 20))
	if err := c.Mark("0123456789abcdef", analysis.PatternBenign, "seen at every start", "an engineer"); err != nil {
		t.Fatal(err)
	}
	if err := c.Label(map[string]index.Label{"0123456789abcdef": {State: analysis.PatternFailure, Reason: "by rule", Cause: "dns"}}); err != nil {
		t.Fatal(err)
	}
	if err := c.Describe("rules", told, 7); err != nil {
		t.Fatal(err)
	}
	s := newSource("b2", 2, 30, 10)
	w, err := c.Begin(s.bundle)
	if err != nil {
		t.Fatal(err)
	}
	left := 4
	if _, err := s.write(w, func() bool { left--; return left < 0 }); err != nil {
		t.Fatal(err)
	}
	closeCase(t, c)
	if err := os.Remove(filepath.Join(dir, "case.lock")); err != nil {
		t.Fatal(err)
	}
}
