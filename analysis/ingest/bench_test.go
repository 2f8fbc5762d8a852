package ingest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"faultline/analysis/ingest"
	"faultline/index"
)

// BenchmarkImport imports what bundles are made of: large logs as they are and
// packed, and thousands of small members.
func BenchmarkImport(b *testing.B) {
	b.Run("folder", func(b *testing.B) {
		dir, _ := mixedLogs(b, 4<<20)
		benchmarkImport(b, dir)
	})
	b.Run("tar.gz", func(b *testing.B) {
		_, all := mixedLogs(b, 4<<20)
		var items []item
		for i, text := range all {
			items = append(items, item{name: fmt.Sprintf("logs/%d.log", i), text: string(text)})
		}
		benchmarkImport(b, makeTar(b, items...))
	})
	b.Run("small", func(b *testing.B) {
		var items []item
		for i := range 4000 {
			name, text := fmt.Sprintf("ns-%d/pods/p-%d/current.log", i%40, i), isoLog(20+i%30, uint64(i))
			if i%2 == 0 {
				name, text = fmt.Sprintf("ns-%d/core/%d.yaml", i%40, i), fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings-%d\n  namespace: ns-%d\n  uid: 00000000-0000-4000-8000-%012x\ndata:\n  level: info\n  retries: \"%d\"\n", i, i%40, i, i%7)
			}
			items = append(items, item{name: name, text: text})
		}
		benchmarkImport(b, makeTar(b, items...))
	})
}

func benchmarkImport(b *testing.B, path string) {
	b.ReportAllocs()
	var disk, indexed int64
	for b.Loop() {
		into := filepath.Join(b.TempDir(), "case")
		c, err := index.Create(into, index.Options{})
		if err != nil {
			b.Fatal(err)
		}
		res, err := ingest.Run(b.Context(), c, []string{path}, ingest.Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(res.Bytes)
		disk, indexed = c.Info().Disk, res.Indexed
		c.Close()
		os.RemoveAll(into)
	}
	b.ReportMetric(100*float64(disk)/float64(indexed), "%disk")
}
