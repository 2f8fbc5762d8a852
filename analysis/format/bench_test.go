package format_test

import (
	"fmt"
	"testing"
	"time"

	"faultline/analysis"
	"faultline/analysis/format"
)

// benchLines makes about 4 MiB of lines of a format, with times that move on.
func benchLines(line func(i int, t time.Time) string) []byte {
	var out []byte
	t := time.Date(2024, 3, 5, 17, 14, 24, 619_123_456, time.UTC)
	for i := 0; len(out) < 4<<20; i++ {
		out = append(out, line(i, t.Add(time.Duration(i)*7*time.Millisecond))...)
		out = append(out, '\n')
	}
	return out
}

var benchSamples = []struct {
	name string
	line func(i int, t time.Time) string
}{
	{"text", func(i int, t time.Time) string {
		return t.Format("2006-01-02 15:04:05,000") + fmt.Sprintf(" INFO  [main] com.example.shop.OrderService - processed order %d of customer %d in %d ms", i, i*7, i%100)
	}},
	{"klog", func(i int, t time.Time) string {
		return "I" + t.Format("0102 15:04:05.000000") + fmt.Sprintf("       1 controller.go:%d] \"Reconciled object\" kind=\"Pod\" namespace=\"shop\" name=\"cart-%d\" took=\"%dms\"", i%900, i, i%50)
	}},
	{"cri", func(i int, t time.Time) string {
		return t.Format("2006-01-02T15:04:05.000000000Z07:00") + " stderr F I" + t.Format("0102 15:04:05.000000") + fmt.Sprintf("       1 controller.go:%d] \"Reconciled object\" kind=\"Pod\" name=\"cart-%d\"", i%900, i)
	}},
	{"syslog", func(i int, t time.Time) string {
		return t.Format(time.Stamp) + fmt.Sprintf(" node-%d kubelet[812]: session %d opened for user root by (uid=%d), everything as usual here", i%3, i, i%10)
	}},
	{"journal", func(i int, t time.Time) string {
		return t.Format(time.Stamp) + fmt.Sprintf(" node-%d kubelet[812]: I%s     812 kuberuntime.go:%d] \"Sync loop\" pod=\"x-%d\"", i%3, t.Format("0102 15:04:05.000000"), i%900, i)
	}},
	{"json", func(i int, t time.Time) string {
		return fmt.Sprintf(`{"level":"info","ts":"%s","logger":"controller","caller":"controller/controller.go:%d","msg":"Starting workers","controller":"replicaset","worker count":%d,"object":{"name":"cart-%d","namespace":"shop"},"reconcileID":"7d1f2a-%d"}`, t.Format(time.RFC3339Nano), i%900, i%9, i, i)
	}},
	{"logfmt", func(i int, t time.Time) string {
		return fmt.Sprintf(`time="%s" level=info msg="Pod deleted" namespace=shop pod=cart-%d uid=be2def59-%d`, t.Format(time.RFC3339Nano), i, i)
	}},
	{"access", func(i int, t time.Time) string {
		return fmt.Sprintf(`10.0.%d.%d - - [%s] "GET /shop/cart/%d HTTP/1.1" 200 %d "http://example.com/" "Mozilla/5.0 (X11; Linux x86_64)"`, i%200, i%250, t.Format("02/Jan/2006:15:04:05 -0700"), i, i%5000)
	}},
	{"docker", func(i int, t time.Time) string {
		return fmt.Sprintf(`{"log":"%s INFO processed order %d of customer %d\n","stream":"stdout","time":"%s"}`, t.Format("2006-01-02 15:04:05,000"), i, i*7, t.Format(time.RFC3339Nano))
	}},
	{"plain", func(i int, t time.Time) string {
		return fmt.Sprintf(`[%d/3874] Building CXX object src/core/CMakeFiles/core.dir/file_%d.cpp.o`, i, i)
	}},
}

func BenchmarkRecords(b *testing.B) {
	for _, s := range benchSamples {
		b.Run(s.name, func(b *testing.B) {
			data := benchLines(s.line)
			d := detect(s.name+".log", data)
			r := d.Reader(lineOptions)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n = 0
				if err := r.Records(data, func(*analysis.Record) error { n++; return nil }); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n), "records")
		})
	}
}

func BenchmarkCut(b *testing.B) {
	for _, s := range benchSamples {
		b.Run(s.name, func(b *testing.B) {
			data := benchLines(s.line)[:1<<20]
			r := detect(s.name+".log", data).Reader(lineOptions)
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				r.Cut(data, false)
			}
		})
	}
}

func BenchmarkDetect(b *testing.B) {
	for _, s := range benchSamples {
		b.Run(s.name, func(b *testing.B) {
			head := benchLines(s.line)[:format.HeadSize]
			b.ReportAllocs()
			for b.Loop() {
				format.Detect("x", head, false)
			}
		})
	}
}
