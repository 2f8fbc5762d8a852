package index_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"faultline/analysis"
	"faultline/index"
	"faultline/index/segment"
)

var told = []index.Description{
	{
		Kind: "cause", ID: "dns", Title: "Name resolution fails", Text: "Look at the resolver's own log.",
		Filter: analysis.Filter{Query: "cause:dns"},
	},
	{
		Kind: "episode", ID: "e1", Of: "f1", Title: "lookup failed", Text: "shop/cart-7; 2026-03-01",
		Filter: analysis.Filter{From: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)},
	},
	{Kind: "episode", ID: "e2", Of: "f1", Title: "lookup failed", Text: "shop/cart-8; 2026-03-02"},
}

// first returns what is found first, "" for nothing.
func first(t *testing.T, c *index.Case, text string) string {
	t.Helper()
	found, err := c.Find(t.Context(), text, 3)
	if err != nil {
		t.Fatalf("Find(%q): %v", text, err)
	}
	if len(found.Matches) == 0 {
		return ""
	}
	return found.Matches[0].Kind + " " + found.Matches[0].ID
}

func TestDescribe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "case")
	c := create(t, dir)
	importAll(t, c, newSource("b1", 2, 100, 50))
	if got := first(t, c, "NXDOMAIN"); got != "" || c.Described("rules") {
		t.Errorf("Find = %q, described %v in a case that was told nothing", got, c.Described("rules"))
	}
	describe := func(c *index.Case, list []index.Description) {
		t.Helper()
		if err := c.Describe("rules", list, 7); err != nil {
			t.Fatal(err)
		}
		if !c.Described("rules") || c.Described("other rules") {
			t.Error("Described does not tell what the case was judged by")
		}
	}
	describe(c, told)
	files := fileNames(t, dir)
	describe(c, told)
	if diff := cmp.Diff(files, fileNames(t, dir)); diff != "" {
		t.Errorf("telling the same again changed files:\n%s", diff)
	}
	check := func(c *index.Case, name string) {
		t.Helper()
		if got := first(t, c, "NXDOMAIN"); got != "cause dns" {
			t.Errorf("%s: Find = %q, want the cause", name, got)
		}
		found, err := c.Find(t.Context(), "lookup failed cart-7", 5)
		if err != nil || len(found.Matches) != 1 {
			t.Fatalf("%s: Find = %+v, %v, want one match for both episodes", name, found, err)
		}
		m := found.Matches[0]
		if m.ID != "e1" || m.More != 1 || !m.Filter.From.Equal(told[1].Filter.From) || found.Left["episode"] != 7 {
			t.Errorf("%s: Find = %+v", name, found)
		}
	}
	check(c, "told")
	closeCase(t, c)
	c = reopen(t, dir)
	check(c, "opened again")
	closeCase(t, c)

	ro, err := index.Open(dir, index.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	check(ro, "opened for reading")
	describe(ro, told[:1])
	if got := first(t, ro, "cart-7"); got != "" {
		t.Errorf("opened for reading: Find = %q after it was told less", got)
	}
	closeCase(t, ro)

	c = reopen(t, dir)
	check(c, "opened for writing")
	importAll(t, c, newSource("b2", 2, 100, 50))
	if got := first(t, c, "NXDOMAIN"); got != "" || c.Described("rules") {
		t.Errorf("Find = %q, described %v after an import changed the records", got, c.Described("rules"))
	}
	describe(c, told)
	check(c, "told again")
}

// TestDescribeFaults lets every changing call of Describe fail. Afterwards the
// case holds what it was told before or what it was told now, whole; its
// records are untouched.
func TestDescribeFaults(t *testing.T) {
	s := newSource("b1", 2, 60, 30)
	before, now := told[:1], told
	for _, mode := range faults {
		t.Run(mode.name, func(t *testing.T) {
			failed := 0
			for n := 1; ; n++ {
				dir := t.TempDir()
				d := index.NewDisk()
				c, err := openOrCreate(dir, d)
				if err != nil {
					t.Fatal(err)
				}
				importAll(t, c, s)
				if err := c.Describe("rules", before, 0); err != nil {
					t.Fatal(err)
				}
				want := digest(t, c)
				d.FailAt, d.Dead = d.Calls()+n, mode.dead
				last := d.FailAt
				err = c.Describe("rules", now, 0)
				if err != nil && !errors.Is(err, index.ErrDisk) {
					t.Fatalf("call %d: error %v does not lead back to its cause", n, err)
				}
				if err != nil {
					failed++
				}
				over := d.Calls() < last
				if mode.dead {
					c.Abandon()
				} else {
					closeCase(t, c)
				}
				d.Revive(mode.loss)
				if c, err = openOrCreate(dir, d); err != nil {
					t.Fatalf("call %d: open after the fault: %v", n, err)
				}
				if digest(t, c) != want {
					t.Errorf("call %d: the records differ", n)
				}
				if got := first(t, c, "NXDOMAIN"); got != "cause dns" {
					t.Errorf("call %d: Find = %q, want the cause that was told before and now", n, got)
				}
				if err := c.Describe("rules", now, 0); err != nil {
					t.Errorf("call %d: describe again: %v", n, err)
				}
				if got := first(t, c, "cart-7"); got != "episode e1" {
					t.Errorf("call %d: Find = %q, want the episode", n, got)
				}
				if problems, err := c.Verify(t.Context(), nil); err != nil || len(problems) > 0 {
					t.Errorf("call %d: verify: %v, %v", n, problems, err)
				}
				closeCase(t, c)
				if over {
					break
				}
			}
			if failed < 3 {
				t.Errorf("only %d calls failed", failed)
			}
		})
	}
}

// A damaged description counts as none, is named, and is told again.
func TestDescribeDamage(t *testing.T) {
	dir := t.TempDir()
	d := index.NewDisk()
	c, err := openOrCreate(dir, d)
	if err != nil {
		t.Fatal(err)
	}
	importAll(t, c, newSource("b1", 2, 60, 30))
	if err := c.Describe("rules", told, 0); err != nil {
		t.Fatal(err)
	}
	closeCase(t, c)
	name := ""
	for _, f := range d.Names() {
		if strings.HasSuffix(f, ".told") {
			name = f
		}
	}
	whole := d.File(name)
	for i := range whole {
		if i%7 != 0 {
			continue
		}
		bad := append([]byte(nil), whole...)
		bad[i] ^= 1
		for what, b := range map[string][]byte{"changed": bad, "cut": whole[:i], "deleted": nil} {
			d.SetFile(name, b)
			c, err := index.Open(dir, d.Use(index.Options{ReadOnly: true}))
			if err != nil {
				t.Fatalf("open with %s %s at %d: %v", name, what, i, err)
			}
			if c.Described("rules") {
				t.Errorf("%s at %d: the case takes itself for described", what, i)
			}
			if i == 0 {
				if got := first(t, c, "NXDOMAIN"); got != "" {
					t.Errorf("%s: Find = %q", what, got)
				}
				problems, err := c.Verify(t.Context(), nil)
				if err != nil || len(problems) == 0 || problems[0].Origin.Path != name {
					t.Errorf("%s: Verify says %v, %v", what, problems, err)
				}
			}
			closeCase(t, c)
		}
	}
	d.SetFile(name, whole[:9])
	if c, err = index.Open(dir, d.Use(index.Options{})); err != nil {
		t.Fatal(err)
	}
	if err := c.Describe("rules", told, 0); err != nil {
		t.Fatal(err)
	}
	if got := first(t, c, "NXDOMAIN"); got != "cause dns" {
		t.Errorf("Find = %q after it was told again", got)
	}
	closeCase(t, c)
}

// Searches go on while the case is told something else again and again.
func TestFindWhileDescribed(t *testing.T) {
	c := create(t, filepath.Join(t.TempDir(), "case"))
	importAll(t, c, newSource("b1", 2, 60, 30))
	var g sync.WaitGroup
	for range 2 {
		g.Go(func() {
			for range 10 {
				if _, err := c.Find(context.Background(), "connection refused", 3); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 6 {
		if err := c.Describe("rules", told[:i%4], 0); err != nil {
			t.Error(err)
		}
	}
	g.Wait()
	closeCase(t, c)
	if _, err := c.Find(context.Background(), "connection", 3); !errors.Is(err, index.ErrClosed) {
		t.Errorf("Find in a closed case: %v, want ErrClosed", err)
	}
}

func TestFindAcross(t *testing.T) {
	a, b := create(t, filepath.Join(t.TempDir(), "a")), create(t, filepath.Join(t.TempDir(), "b"))
	importAll(t, a, newSource("b1", 2, 100, 50))
	importAll(t, b, newSource("b2", 3, 100, 50))
	if err := b.Describe("rules", told, 0); err != nil {
		t.Fatal(err)
	}
	found, err := index.FindAcross(t.Context(), "connection refused", 5, a, b)
	if err != nil || len(found.Matches) == 0 {
		t.Fatalf("FindAcross = %+v, %v", found, err)
	}
	if m := found.Matches[0]; m.Kind != "pattern" || !cmp.Equal(m.Cases, []int{0, 1}) {
		t.Errorf("FindAcross = %+v, want the pattern of both cases as one match", m)
	}
	if found, err = index.FindAcross(t.Context(), "dns", 5, a, b, a); err != nil || len(found.Matches) != 1 || !cmp.Equal(found.Matches[0].Cases, []int{1}) {
		t.Errorf("FindAcross = %+v, %v, want the cause of the second case", found, err)
	}
}

// Free text has no patterns: it is found by the words of its blocks, and shown
// by the line that holds most of them.
func TestFindFreeText(t *testing.T) {
	c := create(t, filepath.Join(t.TempDir(), "case"))
	raw := "It was the best of times.\nThe migration of the ledger stalled at dawn.\nNobody wrote down why.\n"
	b := analysis.Bundle{ID: "b", Name: "b", Members: 1}
	w, err := c.Begin(b)
	if err != nil {
		t.Fatal(err)
	}
	block := &segment.Block{
		Member: w.Member("notes.txt"), Line: 1, Lines: 3, Raw: []byte(raw), Shapes: []uint64{0}, Resources: []uint64{w.Resource(analysis.Resource{})},
		Words: []string{"it", "was", "best", "times", "migration", "ledger", "stalled", "dawn", "nobody", "wrote", "down", "why"},
	}
	at := 0
	for i, l := range strings.SplitAfter(strings.TrimSuffix(raw, "\n"), "\n") {
		block.Recs = append(block.Recs, segment.Rec{Start: uint32(at), Line: uint32(i), Time: analysis.NoTime})
		at += len(l)
	}
	data, info, err := segment.Encode(block, nil)
	if err == nil {
		err = w.Append(data, info)
	}
	if err == nil {
		err = w.Finished(analysis.Member{Path: "notes.txt", Kind: analysis.MemberText, Records: 3, Bytes: int64(len(raw)), Indexed: int64(len(raw))}, nil, nil)
	}
	if err == nil {
		err = w.Finish(t.Context(), b)
	}
	if err != nil {
		t.Fatal(err)
	}
	found, err := c.Find(t.Context(), "ledger migrations stall", 5)
	if err != nil || len(found.Matches) == 0 {
		t.Fatalf("Find = %+v, %v", found, err)
	}
	if m := found.Matches[0]; m.Kind != "text" || m.ID != "notes.txt:2" || m.Snippet != "The migration of the ledger stalled at dawn." || len(m.Marks) != 2 {
		t.Errorf("Find = %+v, want line 2 of the notes", m)
	}
}

func FuzzTold(f *testing.F) {
	f.Add([]byte(`{"generation":3,"by":"rules","list":[{"kind":"cause","id":"dns","title":"a"},{"kind":"episode","id":"e"}],"left":1}`))
	f.Add([]byte(`{"list":[{"kind":"episode"},{"kind":"cause"}]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := index.DecodeTold(raw); err != nil && strings.Contains(err.Error(), "cannot be found") {
			t.Error(err)
		}
	})
}
