package bundle_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"faultline/analysis"
	"faultline/analysis/bundle"
)

// fuzzWalk walks data as a file: no panic, no endless loop, no error but the
// operating system's, relative printable paths, and what was read is counted.
func fuzzWalk(t *testing.T, data []byte) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	limits := bundle.Limits{Total: 32 << 20, RatioFrom: 1 << 20, Members: 2000}
	read := map[*analysis.Member]int64{}
	b, err := bundle.Walk(t.Context(), path, bundle.Options{Limits: limits}, func(m *analysis.Member, r io.Reader) error {
		for part := range strings.SplitSeq(m.Path, "/") {
			if part == ".." || part == "" {
				t.Errorf("path %q", m.Path)
			}
		}
		if r == nil {
			return nil
		}
		n, err := io.Copy(io.Discard, r)
		read[m] = n
		return err
	}, func(m *analysis.Member) error {
		if n, ok := read[m]; ok && n != m.Bytes {
			t.Errorf("%s: %d bytes were read, Bytes = %d", m.Path, n, m.Bytes)
		}
		return nil
	})
	if err != nil {
		t.Errorf("Walk: %v", err)
	}
	if b.Size != int64(len(data)) {
		t.Errorf("Size = %d, want %d", b.Size, len(data))
	}
}

func FuzzWalkZip(f *testing.F) {
	z := makeZip(f, item{name: "a.log", text: hello}, item{name: "in.zip", text: string(makeZip(f, item{name: "b", text: hello}))})
	f.Add(z)
	f.Add(z[:len(z)-30])
	f.Fuzz(fuzzWalk)
}

func FuzzWalkTar(f *testing.F) {
	t := makeTar(f, item{name: "a.log", text: hello}, item{name: "l", kind: '2', link: "a.log"}, item{name: "b.tar", text: string(makeTar(f, item{name: "b", text: hello}))})
	f.Add(t)
	f.Add(t[:1000])
	f.Fuzz(fuzzWalk)
}

func FuzzWalkCompressed(f *testing.F) {
	for _, data := range [][]byte{gz([]byte(hello)), helloXZ, helloBzip2, zst(f, []byte(hello)), lz([]byte(hello))} {
		f.Add(data)
		f.Add(append(append([]byte{}, data...), data...))
		f.Add(data[:len(data)/2])
	}
	f.Fuzz(fuzzWalk)
}

func TestFolderOfManyTinyFiles(t *testing.T) {
	dir := t.TempDir()
	for i := range 500 {
		name := filepath.Join(dir, string(rune('a'+i%26)), strings.Repeat("x", 1+i/26))
		os.MkdirAll(filepath.Dir(name), 0o700)
		if err := os.WriteFile(name, []byte("one line\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	g := walk(t, dir, bundle.Options{})
	if len(g.members) != 500 || g.bundle.Size != 500*9 {
		t.Errorf("%d members of %d bytes", len(g.members), g.bundle.Size)
	}
}

func TestProgressReachesTheTotal(t *testing.T) {
	data := makeTar(t, item{name: "a", text: strings.Repeat("0123456789\n", 1<<20)})
	calls, last := 0, int64(0)
	_, err := bundle.Walk(t.Context(), file(t, "p.tar", data), bundle.Options{Progress: func(read, total int64) {
		calls++
		if read < last || total != int64(len(data)) {
			t.Errorf("progress %d of %d after %d", read, total, last)
		}
		last = read
	}}, func(*analysis.Member, io.Reader) error { return nil }, nil)
	if err != nil || last != int64(len(data)) || calls < 2 {
		t.Errorf("%d calls, last %d of %d, %v", calls, last, len(data), err)
	}
}

func TestVisitorSeesContextErrorWhileReading(t *testing.T) {
	var buf bytes.Buffer
	buf.Write(gz(bytes.Repeat([]byte("0123456789"), 1<<20)))
	path := file(t, "c.gz", buf.Bytes())
	ctx, cancel := context.WithCancel(t.Context())
	_, err := bundle.Walk(ctx, path, bundle.Options{}, func(m *analysis.Member, r io.Reader) error {
		cancel()
		_, err := io.Copy(io.Discard, r)
		return err
	}, nil)
	if err == nil || !errors.Is(err, ctx.Err()) {
		t.Errorf("Walk = %v, want %v", err, ctx.Err())
	}
}
