package segment_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"

	"faultline/analysis"
	"faultline/index/segment"
)

// logBlock makes a block of about 1 MiB of made-up log text as a cluster
// writes it.
func logBlock() *segment.Block {
	r := rand.New(rand.NewPCG(1, 2))
	b := &segment.Block{Line: 1, Complete: true, Resources: []uint64{7, 8, 9}}
	texts := []string{
		"I%02d%02d %02d:%02d:%02d.%06d    %d reconciler.go:%d] \"operationExecutor.VerifyControllerAttachedVolume started for volume \\\"config-volume\\\" (UniqueName: \\\"kubernetes.io/configmap/%08x-config-volume\\\") pod \\\"coredns-%05x\\\"\"\n",
		"I%02d%02d %02d:%02d:%02d.%06d    %d httplog.go:%d] \"HTTP\" verb=\"GET\" URI=\"/api/v1/namespaces/kube-system/configmaps/%08x\" latency=\"%dms\" resp=200\n",
		"E%02d%02d %02d:%02d:%02d.%06d    %d pod_workers.go:%d] \"Error syncing pod, skipping\" err=\"failed to pull image registry.local/app-%08x\" restarts=%d\n",
	}
	for i := range 60 {
		b.Shapes = append(b.Shapes, uint64(i)*0x9E3779B97F4A7C15)
	}
	t := int64(1_700_000_000_000_000_000)
	for len(b.Raw) < 1<<20 {
		k := min(r.IntN(8), 2)
		b.Recs = append(b.Recs, segment.Rec{
			Start: uint32(len(b.Raw)), Line: uint32(len(b.Recs)), Time: t, Shape: uint32(k*20 + min(r.IntN(60), 19)),
			Resource: uint32(min(r.IntN(30), 2)), Severity: analysis.SeverityInfo + analysis.Severity(k/2*8), Quality: analysis.TimeAssumedZone,
		})
		t += int64(r.ExpFloat64()*20e3) * 1000
		sec := t / 1e9
		id := r.Uint32()
		b.Raw = fmt.Appendf(b.Raw, texts[k], 3, 14, sec/3600%24, sec/60%60, sec%60, t/1000%1e6, 1000+r.IntN(20), 100+k, id, r.IntN(300))
		b.Tokens = append(b.Tokens, uint64(id)*0x9E3779B97F4A7C15, uint64(r.IntN(300))*0x9E3779B97F4A7C15)
	}
	b.Lines = int64(len(b.Recs))
	return b
}

func BenchmarkEncode(b *testing.B) {
	block := logBlock()
	b.SetBytes(int64(len(block.Raw)))
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		var err error
		if dst, _, err = segment.Encode(block, dst[:0]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(block.Raw))/float64(len(dst)), "ratio")
	b.ReportMetric(float64(len(block.Recs)), "records")
}

// BenchmarkEncodeSmall encodes a hundred blocks of 1 to 3 KB, each with frames
// of its own, and sharing them.
func BenchmarkEncodeSmall(b *testing.B) {
	var blocks []*segment.Block
	size := 0
	for i := range 100 {
		blk := block(uint64(i), 30+i%50)
		blocks = append(blocks, blk)
		size += len(blk.Raw)
	}
	for _, bench := range []struct {
		name string
		n    int
	}{{"alone", 1}, {"together", len(blocks)}} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			var dst []byte
			for b.Loop() {
				dst = dst[:0]
				for some := range slices.Chunk(blocks, bench.n) {
					var err error
					if dst, _, err = segment.EncodeTogether(some, dst); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(size)/float64(len(dst)), "ratio")
		})
	}
}

// BenchmarkZstd is the yardstick of BenchmarkEncode: the frames alone.
func BenchmarkZstd(b *testing.B) {
	block := logBlock()
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(block.Raw)))
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		dst = dst[:0]
		for at := 0; at < len(block.Raw); at += segment.FrameSize {
			dst = z.EncodeAll(block.Raw[at:min(at+segment.FrameSize, len(block.Raw))], dst)
		}
	}
	b.ReportMetric(float64(len(block.Raw))/float64(len(dst)), "ratio")
}

func BenchmarkColumns(b *testing.B) {
	block := logBlock()
	file := write(b, block)
	r, err := segment.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		b.Fatal(err)
	}
	for _, bench := range []struct {
		name string
		want segment.Column
	}{
		{"all", segment.All},
		{"time", segment.Time},
		{"shape", segment.Shape},
		{"severity", segment.Severity},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(block.Raw)))
			b.ReportAllocs()
			var c segment.Columns
			for b.Loop() {
				if err := r.Columns(0, bench.want, &c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRaw(b *testing.B) {
	block := logBlock()
	file := write(b, block)
	r, err := segment.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(block.Raw)))
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		if dst, err = r.Raw(dst[:0], 0, 0, len(block.Raw)); err != nil {
			b.Fatal(err)
		}
	}
}
