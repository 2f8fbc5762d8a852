package format_test

import (
	"bytes"
	"testing"

	"faultline/analysis"
	"faultline/analysis/format"
)

// BenchmarkDocuments reads whole members in chunks of 1 MiB, as the import
// does, on one core.
func BenchmarkDocuments(b *testing.B) {
	repeat := func(data []byte, from, to string, n int) []byte { // repeats the items between two marks
		i, j := bytes.Index(data, []byte(from)), bytes.LastIndex(data, []byte(to))
		if i < 0 || j < i {
			b.Fatalf("marks %q and %q are not there", from, to)
		}
		out := append([]byte(nil), data[:i]...)
		for range n {
			out = append(out, data[i:j]...)
		}
		return append(out, data[j:]...)
	}
	files := []struct {
		name, path string
		build      func(data []byte) []byte
	}{
		{"kubernetes-json", "kubernetes/troubleshoot/support-bundle/cluster-resources/nodes.json", func(d []byte) []byte {
			return bytes.ReplaceAll(repeat(d, "    {\n      \"apiVersion\": \"v1\"", "\n  ]\n}", 60), []byte("\n    }    {"), []byte("\n    },\n    {"))
		}},
		{"csv-runs", "ci/gha-pytorch/job-history-20240814-2000-2238.csv", func(d []byte) []byte { return d }},
		{"csv", "platform-exports/splunk-csv/tutorial1.csv", func(d []byte) []byte { return d }},
		{"junit", "ci/test-results/dorny/external/jest/jest-test-results.xml", func(d []byte) []byte { return d }},
	}
	for _, f := range files {
		b.Run(f.name, func(b *testing.B) {
			data := f.build(shared(b, f.path))
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			records := 0
			for b.Loop() {
				records = 0
				r := format.Detect(f.path, data[:min(len(data), format.HeadSize)], len(data) <= format.HeadSize).Reader(format.Options{})
				for start, seen := 0, 0; start < len(data); {
					seen = min(seen+1<<20, len(data))
					n := r.Cut(data[start:seen], seen == len(data))
					if err := r.Records(data[start:start+n], func(*analysis.Record) error { records++; return nil }); err != nil {
						b.Fatal(err)
					}
					start += n
				}
			}
			b.ReportMetric(float64(records), "records")
		})
	}
}
