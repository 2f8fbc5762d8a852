package format_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"faultline/analysis"
	"faultline/analysis/format"
)

// read detects and reads a whole member, cutting at the given sizes, and
// checks that the records tile it.
func read(t testing.TB, path string, data []byte, step int) (format.Detection, []analysis.Record, []analysis.Problem) {
	t.Helper()
	head := data[:min(len(data), format.HeadSize)]
	d := format.Detect(path, head, len(head) == len(data))
	r := d.Reader(format.Options{})
	if r == nil {
		return d, nil, nil
	}
	var out []analysis.Record
	start, line := 0, 0
	seen := min(step, len(data))
	for start < len(data) {
		eof := seen == len(data)
		n := r.Cut(data[start:seen], eof)
		if n < 0 || n > seen-start || eof && n != seen-start {
			t.Fatalf("Cut of %d bytes (eof %v) = %d", seen-start, eof, n)
		}
		if n > 0 {
			at, lines := 0, 0
			chunk := data[start : start+n]
			err := r.Records(chunk, func(rec *analysis.Record) error {
				if rec.Start != at || len(rec.Raw) == 0 {
					t.Fatalf("record at %d of %d bytes, want it at %d", rec.Start, len(rec.Raw), at)
				}
				if d.Kind == analysis.MemberDocument && rec.Line != lines {
					t.Fatalf("record at %d: line %d, want %d", at, rec.Line, lines)
				}
				lines += bytes.Count(rec.Raw, []byte{'\n'})
				at += len(rec.Raw)
				c := *rec
				c.Raw = append([]byte(nil), rec.Raw...)
				c.Message = append([]byte(nil), rec.Message...)
				c.Start += start
				c.Line += line
				out = append(out, c)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if at != len(chunk) {
				t.Fatalf("records end at %d of %d", at, len(chunk))
			}
			line += lines
			start += n
		}
		seen = min(seen+step, len(data))
	}
	return d, out, r.Problems()
}

// shared returns a file of the development data, or skips the test.
func shared(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../../shared/data/bundles", path))
	if err != nil {
		t.Skipf("the development data is not here: %v", err)
	}
	return data
}

func TestDebugDump(t *testing.T) {
	path := os.Getenv("FAULTLINE_DUMP")
	if path == "" {
		t.Skip("FAULTLINE_DUMP names no file to show")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d, recs, problems := read(t, path, data, 1<<20)
	fmt.Println(d.Format, d.Kind, d.Confidence, d.Reason, problems)
	for i, r := range recs {
		if i > 60 {
			break
		}
		fmt.Printf("%d+%d line %d %s %s %v %s|%.200s\n", r.Start, len(r.Raw), r.Line+1, r.Kind, r.When().Format("2006-01-02T15:04:05.000"), r.Severity, r.Resource, r.Message)
		if r.Run != nil {
			fmt.Printf("     run %+v\n", *r.Run)
		}
	}
}
