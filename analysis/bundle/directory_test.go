package bundle_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/klauspost/compress/zip"

	"faultline/analysis/bundle"
)

// sameDirectory compares what is read in pages with what package zip reads at
// once.
func sameDirectory(t *testing.T, data []byte) {
	t.Helper()
	zr, wrong := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	got, err := bundle.ZipDirectory(bytes.NewReader(data), int64(len(data)))
	if wrong != nil {
		return // that pages can be read nevertheless harms nobody
	}
	if err != nil {
		t.Fatalf("package zip reads %d members; in pages: %v", len(zr.File), err)
	}
	var want []string
	for _, f := range zr.File {
		from, err := f.DataOffset()
		want = append(want, fmt.Sprint(f.FileHeader, from, err))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d members in pages, package zip has %d, or they differ", len(got), len(want))
	}
}

func FuzzZipDirectory(f *testing.F) {
	z := makeZip(f, item{name: "a.log", text: hello}, item{name: "b.log", text: hello})
	f.Add(z)
	f.Add(append([]byte("what stands before it"), z...))
	f.Add(append(slices.Clone(z), "and behind it"...))
	f.Fuzz(sameDirectory)
}

// TestZipDirectory reads directories of no, one, several and very many pages,
// the last with the long forms of numbers.
func TestZipDirectory(t *testing.T) {
	for _, n := range []int{0, 1, 1023, 1024, 1025, 4096, 70_000} {
		for _, before := range []string{"", "#!/bin/sh\n"} {
			var buf bytes.Buffer
			buf.WriteString(before)
			zw := zip.NewWriter(&buf)
			for i := range n {
				h := &zip.FileHeader{Name: fmt.Sprintf("%d.log", i), Method: zip.Store, Modified: stamp}
				if i%1000 == 7 {
					h.Comment = string(make([]byte, 60_000)) // a page of few
				}
				w, err := zw.CreateHeader(h)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := w.Write([]byte("x\n")); err != nil {
					t.Fatal(err)
				}
			}
			if err := zw.Close(); err != nil {
				t.Fatal(err)
			}
			sameDirectory(t, buf.Bytes())
		}
	}
}
