package pattern_test

import (
	"testing"

	"faultline/analysis/pattern"
)

func BenchmarkShape(b *testing.B) {
	for _, s := range readLoghub(b) {
		b.Run(s.name, func(b *testing.B) {
			var msgs [][]byte
			var n int64
			for _, m := range s.messages {
				msgs = append(msgs, []byte(m))
				n += int64(len(m))
			}
			l := pattern.NewLexer()
			b.SetBytes(n)
			b.ReportAllocs()
			for b.Loop() {
				for _, m := range msgs {
					l.Shape(m)
				}
			}
			b.ReportMetric(float64(b.N)*float64(len(msgs))/b.Elapsed().Seconds()/1e6, "Mlines/s")
		})
	}
}
