package index_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"faultline/analysis"
	"faultline/analysis/pattern"
	"faultline/index"
	"faultline/index/segment"
)

func fileNames(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := index.Open(dir, index.Options{}); !errors.Is(err, index.ErrNoCase) {
		t.Errorf("open an empty folder: %v, want ErrNoCase", err)
	}
	if got := fileNames(t, dir); len(got) > 0 {
		t.Errorf("opening a folder without a case left %v there", got)
	}
	if _, err := index.Open(filepath.Join(dir, "none"), index.Options{}); !errors.Is(err, index.ErrNoCase) {
		t.Errorf("open no folder: %v, want ErrNoCase", err)
	}
	c := create(t, dir)
	closeCase(t, c)
	if _, err := index.Create(dir, index.Options{}); !errors.Is(err, index.ErrExists) {
		t.Errorf("create twice: %v, want ErrExists", err)
	}
}

func TestLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "case")
	started := time.Now().Add(-time.Second)
	c := create(t, dir)
	importAll(t, c, newSource("b1", 3, 100, 50))
	_, err := index.Open(dir, index.Options{})
	var locked *index.LockedError
	if !errors.As(err, &locked) {
		t.Fatalf("second writer: %v, want a LockedError", err)
	}
	host, _ := os.Hostname()
	if locked.PID != os.Getpid() || locked.Host != host || locked.Since.Before(started) {
		t.Errorf("the lock names %+v", locked)
	}

	want := digest(t, c)
	beside, err := index.Open(dir, index.Options{ReadOnly: true})
	if err != nil {
		t.Fatalf("reader beside a writer: %v", err)
	}
	importAll(t, c, newSource("b2", 3, 100, 50)) // replaces files that the reader has read
	if got := digest(t, beside); got != want {
		t.Error("the reader's answers changed under it")
	}
	for what, err := range map[string]error{
		"Begin": func() error { _, err := beside.Begin(analysis.Bundle{ID: "x"}); return err }(),
		"Mark":  beside.Mark("x", analysis.PatternBenign, "", ""),
	} {
		if !errors.Is(err, index.ErrReadOnly) {
			t.Errorf("%s of a reader: %v, want ErrReadOnly", what, err)
		}
	}
	if err := beside.Label(map[string]index.Label{"x": {Cause: "dns"}}); err != nil {
		t.Errorf("Label of a reader: %v", err)
	}
	closeCase(t, beside)
	closeCase(t, c)
	reopen(t, dir)
}

// TestReadOnly opens a case for reading and finds the folder as it was.
func TestReadOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "case")
	c := create(t, dir)
	importAll(t, c, newSource("b1", 3, 100, 50))
	want := digest(t, c)
	closeCase(t, c)
	if err := os.Remove(filepath.Join(dir, "case.lock")); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(dir, "000099.segment") // of a commit that never was
	if err := os.WriteFile(left, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := fileNames(t, dir)
	c, err := index.Open(dir, index.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := digest(t, c); got != want {
		t.Error("the case answers differently when it is opened for reading")
	}
	if !c.Info().ReadOnly {
		t.Error("Info does not say that the case is read only")
	}
	closeCase(t, c)
	if diff := cmp.Diff(before, fileNames(t, dir)); diff != "" {
		t.Errorf("files (-before +after):\n%s", diff)
	}
	reopen(t, dir)
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("an unlisted file is still there after opening for writing: %v", err)
	}
}

func TestPrivateFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes mean nothing on Windows")
	}
	dir := filepath.Join(t.TempDir(), "a", "case")
	c := create(t, dir)
	importAll(t, c, newSource("b1", 3, 100, 50))
	if err := c.Label(map[string]index.Label{"x": {Cause: "dns"}}); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestJudgements(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "case")
	c := create(t, dir)
	importAll(t, c, newSource("b1", 2, 100, 50))
	root := c.Info().Root
	for _, m := range []struct{ id, reason string }{{"p1", "first"}, {"p2", "noise"}, {"p1", "second"}} {
		if err := c.Mark(m.id, analysis.PatternBenign, m.reason, "me"); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Mark("p2", "", "", "me"); err != nil {
		t.Fatal(err)
	}
	if c.Info().Root == root {
		t.Error("marks leave no trace in the root")
	}
	for range 3 {
		if err := c.Label(map[string]index.Label{"p3": {State: analysis.PatternFailure, Cause: "dns"}}); err != nil {
			t.Fatal(err)
		}
	}
	info, want := c.Info(), digest(t, c)
	if !strings.Contains(want, "second") || strings.Contains(want, "noise") || !strings.Contains(want, "dns") {
		t.Error("a mark or label is missing, or one that was taken back is still there")
	}
	closeCase(t, c)
	c = reopen(t, dir)
	if got := digest(t, c); got != want {
		t.Error("judgements differ after reopening")
	}
	if got := c.Info().Root; got != info.Root {
		t.Errorf("root %s after reopening, was %s", got, info.Root)
	}
	importAll(t, c, newSource("b2", 2, 100, 50))
	if got := digest(t, c); !strings.Contains(got, "second") || !strings.Contains(got, "dns") {
		t.Error("an import lost judgements")
	}
}

// TestMinedAgain opens a case whose patterns an earlier version mined (none in
// this case): they are mined again and kept, but where nothing can be stored
// they are taken as they are.
func TestMinedAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "case")
	c := create(t, dir)
	importAll(t, c, newSource("b1", 3, 100, 50))
	want := digest(t, c)
	if err := c.AgeDerived(); err != nil {
		t.Fatal(err)
	}
	old := c.DerivedFile()
	closeCase(t, c)
	for _, o := range []index.Options{{ReadOnly: true}, {}, {}} {
		c, err := index.Open(dir, o)
		if err != nil {
			t.Fatal(err)
		}
		if same := digest(t, c) == want; same == o.ReadOnly {
			t.Errorf("opened with %+v, the case answers as today's version does: %v", o, same)
		}
		if n := c.Info().Patterns; (n == 0) != o.ReadOnly {
			t.Errorf("opened with %+v, the case has %d patterns", o, n)
		}
		if same := c.DerivedFile() == old; same != o.ReadOnly {
			t.Errorf("opened with %+v, the stored patterns are the old ones: %v", o, same)
		}
		closeCase(t, c)
		if !o.ReadOnly {
			before, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			if n := len(before); slices.ContainsFunc(before, func(e fs.DirEntry) bool { return e.Name() == old }) {
				t.Errorf("%d files, the old one among them", n)
			}
		}
	}
}

// TestRollup imports records whose times lie far apart, closely together and
// nowhere: few buckets must hold all of them.
func TestRollup(t *testing.T) {
	year := int64(365 * 24 * time.Hour)
	for name, at := range map[string]func(i int) int64{
		"a day by the second":  func(i int) int64 { return 1_770_000_000e9 + int64(i)*9*1e9 },
		"ten years":            func(i int) int64 { return 1_400_000_000e9 + int64(i)*year/1000 },
		"outliers":             func(i int) int64 { return []int64{1, 1_770_000_000e9 + int64(i)*1e9}[min(i%5000, 1)] },
		"before 1970":          func(i int) int64 { return -int64(i) * 3600e9 },
		"without a time":       func(int) int64 { return analysis.NoTime },
		"some without":         func(i int) int64 { return []int64{analysis.NoTime, int64(i) * 60e9}[i%2] },
		"from end to end":      func(i int) int64 { return []int64{-9.2e18, 9.2e18}[i%2] + int64(i) },
		"all at the same time": func(int) int64 { return 1_770_000_000e9 },
	} {
		t.Run(name, func(t *testing.T) {
			c := create(t, filepath.Join(t.TempDir(), "case"))
			bundle := analysis.Bundle{ID: name}
			w, err := c.Begin(bundle)
			if err != nil {
				t.Fatal(err)
			}
			const blocks, perBlock = 10, 1000
			for n := range blocks {
				b := segment.Block{
					Member: w.Member("m"), Line: int64(n*perBlock) + 1, Offset: int64(n * perBlock),
					Shapes: []uint64{0, 77}, Resources: []uint64{w.Resource(analysis.Resource{})},
					Raw: bytes.Repeat([]byte("\n"), perBlock),
				}
				w.Shape(77, "literal")
				for i := range perBlock {
					b.Recs = append(b.Recs, segment.Rec{
						Start: uint32(i), Line: uint32(i), Time: at(n*perBlock + i), Shape: uint32(i % 3 % 2),
						Severity: analysis.Severity(i % 25), Skip: i%10 == 9,
					})
				}
				data, info, err := segment.Encode(&b, nil)
				if err != nil {
					t.Fatal(err)
				}
				if err := w.Append(data, info); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Finished(analysis.Member{Path: "m", Indexed: blocks * perBlock, Bytes: blocks * perBlock}, nil, nil); err != nil {
				t.Fatal(err)
			}
			if err := w.Finish(t.Context(), bundle); err != nil {
				t.Fatal(err)
			}
			width, buckets, records := c.RollupBuckets()
			if buckets > 2000 || records != blocks*perBlock*9/10 {
				t.Errorf("%d buckets of %v hold %d records, want at most 2000 to hold %d", buckets, time.Duration(width), records, blocks*perBlock*9/10)
			}
			if info := c.Info(); info.Records != records {
				t.Errorf("%d records in the block tables, %d in the roll-up", info.Records, records)
			}
		})
	}
}

// TestVerify changes what the checksums of the store cannot see: a segment
// that is whole, but not what the ledger says.
func TestVerify(t *testing.T) {
	c := create(t, filepath.Join(t.TempDir(), "case"))
	bundle := analysis.Bundle{ID: "b"}
	w, err := c.Begin(bundle)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []struct{ path, raw, stated string }{
		{"right", "one line\n", "one line\n"},
		{"wrong", "one line\n", "one Line\n"},
	} {
		data, info, err := segment.Encode(&segment.Block{
			Member: w.Member(m.path), Line: 1, Raw: []byte(m.raw), Recs: []segment.Rec{{Time: analysis.NoTime}},
			Shapes: []uint64{0}, Resources: []uint64{w.Resource(analysis.Resource{})},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Append(data, info); err != nil {
			t.Fatal(err)
		}
		row := analysis.Member{Path: m.path, Bytes: int64(len(m.raw)), Indexed: int64(len(m.raw)), SHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(m.stated)))}
		if err := w.Finished(row, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(t.Context(), bundle); err != nil {
		t.Fatal(err)
	}
	var last, all int64
	problems, err := c.Verify(t.Context(), func(done, total int64) {
		if done < last || done > total {
			t.Errorf("progress went from %d to %d of %d", last, done, total)
		}
		last, all = done, total
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(problems) != 1 || problems[0].Origin.Path != "wrong" {
		t.Errorf("problems %v, want one of the member that differs", problems)
	}
	if last != all || all == 0 {
		t.Errorf("progress ended at %d of %d", last, all)
	}
}

// signed puts a right checksum before the JSON of a manifest.
func signed(json string) []byte {
	return fmt.Appendf(nil, "faultline case 1 %x\n%s", sha256.Sum256([]byte(json)), json)
}

func TestHostileManifest(t *testing.T) {
	for _, name := range []string{"../../etc/passwd", "/etc/passwd", "case.lock", "manifest", "000001.segment/../x", "", "000001.segment\x00"} {
		b := signed(fmt.Sprintf(`{"layout":1,"batches":[{"name":%q,"size":1,"sha256":"00"}]}`, name))
		if _, err := index.ReadManifest(b); err == nil {
			t.Errorf("a manifest that lists %q was accepted", name)
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add(signed(`{"layout":1}`))
	f.Add(signed(`{"layout":1,"next":3,"bundles":[{"id":"b","complete":true}],"segments":[{"name":"000001.segment","size":9,"sha256":"00","bundle":"b","dead":[1]}]}`))
	f.Add([]byte("faultline case 2 "))
	f.Fuzz(func(t *testing.T, b []byte) {
		check := func(b []byte) {
			again, err := index.ReadManifest(b)
			if err != nil {
				return
			}
			twice, err := index.ReadManifest(again)
			if err != nil || !bytes.Equal(again, twice) {
				t.Errorf("reading what was written: %v", err)
			}
		}
		check(b)
		check(signed(string(b))) // past the checksum
	})
}

func FuzzBatch(f *testing.F) {
	f.Add([]byte{0, 0, 0}, []byte{0})
	rows, shapes := index.SampleBatch()
	f.Add(rows, shapes)
	f.Fuzz(func(t *testing.T, raw, more []byte) {
		pack := func(magic string, parts ...[]byte) []byte {
			b, err := index.Pack(magic, parts...)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		again, err := index.DecodeBatch(pack("FLBATCH\x02", raw, more))
		if err == nil {
			if _, err := index.DecodeBatch(again); err != nil {
				t.Errorf("reading what was written: %v", err)
			}
		}
		_, _ = index.DecodeBatch(raw)
		_, _ = index.DecodeBatch(append([]byte("FLBATCH\x02"), raw...))
		_ = index.DecodeDerived(append([]byte("FLDERIV\x03"), raw...))
		_ = index.DecodeDerived(pack("FLDERIV\x03", raw, more, more, more))
		_ = index.DecodeDerived(pack("FLDERIV\x03", []byte("\x00\x05\x00\x00\x00\x00\x80\x94\xeb\xdc\x03"), raw, more, more)) // no patterns, steps of a second
	})
}

// What is derived stores every field of a template: a new one needs a place in
// its file.
func TestDerivedKnowsTemplates(t *testing.T) {
	if n := reflect.TypeFor[pattern.Template]().NumField(); n != 7 {
		t.Errorf("a template has %d fields, 7 are stored", n)
	}
}
