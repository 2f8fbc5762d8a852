package format_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"testing"

	"faultline/analysis"
	"faultline/analysis/format"
)

// members calls visit for each regular file of a .tar.gz.
func members(t testing.TB, archive []byte, visit func(path string, data []byte)) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		visit(h.Name, data)
	}
}

// The figures are those that scripts over the raw files gave (SOURCE.md of the
// development data), not ours.
func TestMustGatherEvents(t *testing.T) {
	archive := shared(t, "kubernetes/must-gather-aws.tar.gz")
	events := map[string]*analysis.State{}
	members(t, archive, func(path string, data []byte) {
		d, recs, problems := read(t, path, data, 1<<20)
		if d.Format != "kubernetes-yaml" {
			return
		}
		for _, p := range problems {
			t.Errorf("%s: %s", path, p.Detail)
		}
		for _, r := range recs {
			if r.Kind == analysis.KindEvent {
				events[r.State.UID] = r.State
			}
		}
	})
	warnings, occurrences := 0, int64(0)
	last := analysis.Span{}
	for _, s := range events {
		if s.Severity == analysis.SeverityWarn {
			warnings++
			occurrences += max(s.Count, 1)
			last.Add(s.Last)
		}
	}
	if len(events) != 5373 || warnings != 798 || occurrences != 1749 || last.To.Format("15:04:05") != "09:45:28" {
		t.Errorf("%d events, %d warnings, %d occurrences, last %v; want 5373, 798, 1749, 09:45:28", len(events), warnings, occurrences, last.To)
	}
}

func BenchmarkKubeYAML(b *testing.B) {
	archive := shared(b, "kubernetes/must-gather-aws.tar.gz")
	type file struct {
		path string
		data []byte
	}
	var files []file
	size := 0
	members(b, archive, func(path string, data []byte) {
		head := data[:min(len(data), format.HeadSize)]
		if format.Detect(path, head, len(head) == len(data)).Format == "kubernetes-yaml" {
			files = append(files, file{path, data})
			size += len(data)
		}
	})
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range files {
			head := f.data[:min(len(f.data), format.HeadSize)]
			r := format.Detect(f.path, head, len(head) == len(f.data)).Reader(format.Options{})
			n := r.Cut(f.data, true)
			if err := r.Records(f.data[:n], func(*analysis.Record) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	}
}
