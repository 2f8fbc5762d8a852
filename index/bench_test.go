package index_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"faultline/analysis"
	"faultline/analysis/pattern"
	"faultline/index"
	"faultline/index/segment"
)

// benchLines is how many records the benchmark's case has: 40 MiB of text in
// eight logs over ten days, some 300 shapes, two identifiers a line.
const benchLines = 400_000

var benchWords = []string{"volume", "request", "session", "lease", "replica", "shard", "peer", "image", "node", "quota", "cache", "token", "route", "probe", "queue", "record", "bucket"}

// writeBench imports the case of the benchmarks; every thousandth line has the
// rare phrase.
func writeBench(b *testing.B, c *index.Case) int64 {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	bundle := analysis.Bundle{ID: "bench", Name: "bench"}
	w, err := c.Begin(bundle)
	if err != nil {
		b.Fatal(err)
	}
	lx := pattern.NewLexer()
	var bytes int64
	start := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	for m := range 8 {
		path := fmt.Sprintf("nodes/node-%d/service.log", m)
		row := analysis.Member{Path: path, Kind: analysis.MemberText, Format: "text"}
		number, resource := w.Member(path), w.Resource(analysis.Resource{Host: fmt.Sprintf("node-%d", m)})
		var tokens index.Tokens
		blk := &segment.Block{Member: number, Line: 1}
		type form struct {
			id   uint64
			head uint32
		}
		shapes := map[form]uint32{}
		flush := func() {
			blk.Tokens, blk.HeadTexts, blk.Complete, blk.Lines = tokens.List(), tokens.Heads(), true, int64(len(blk.Recs))
			blk.Resources = []uint64{resource}
			data, info, err := segment.Encode(blk, nil)
			if err == nil {
				err = w.Append(data, info)
			}
			if err != nil {
				b.Fatal(err)
			}
			row.Bytes += int64(len(blk.Raw))
			row.Records += blk.Lines
			*blk = segment.Block{Member: number, Line: row.Records + 1, Offset: row.Bytes}
			tokens.Reset()
			clear(shapes)
		}
		for i := range benchLines / 8 {
			at := start.Add(time.Duration(i)*17280*time.Millisecond + time.Duration(r.IntN(15000))*time.Millisecond)
			sev := []analysis.Severity{9, 9, 9, 9, 9, 13, 17}[r.IntN(7)]
			x, y := benchWords[r.IntN(len(benchWords))], benchWords[r.IntN(len(benchWords))]
			text := fmt.Sprintf("%s of %s id=%08x took %d ms on 10.0.%d.%d", x, y, r.Uint32(), r.IntN(900), r.IntN(256), r.IntN(256))
			switch {
			case i%1000 == 7:
				text = "dial tcp 10.43.0.1:443: connect: connection refused by " + x
			case sev == 17:
				text = "failed to sync " + text
			}
			line := fmt.Sprintf("%s %-5s %s\n", at.Format("2006-01-02T15:04:05.000Z"), sev, text)
			message := line[31 : len(line)-1]
			id := lx.Shape([]byte(message))
			if !w.Known(id) {
				w.Shape(id, string(lx.Skeleton(nil)))
			}
			raw := []byte(line)
			f := form{id, tokens.Record(raw, raw[31:len(raw)-1], id, lx.Spans())}
			n, ok := shapes[f]
			if !ok {
				n = uint32(len(blk.Shapes))
				shapes[f] = n
				blk.Shapes, blk.Heads = append(blk.Shapes, id), append(blk.Heads, f.head)
			}
			blk.Recs = append(blk.Recs, segment.Rec{Start: uint32(len(blk.Raw)), Line: uint32(len(blk.Recs)), Time: at.UnixNano(), Shape: n, Severity: sev, Quality: analysis.TimeExact})
			blk.Raw = append(blk.Raw, raw...)
			if len(blk.Raw) >= 1<<20 {
				flush()
			}
		}
		flush()
		bytes += row.Bytes
		row.Indexed, row.Timed, row.Span = row.Bytes, row.Records, analysis.Span{From: start, To: start.Add(240 * time.Hour)}
		if err := w.Finished(row, nil, nil); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Finish(b.Context(), bundle); err != nil {
		b.Fatal(err)
	}
	return bytes
}

func BenchmarkQueries(b *testing.B) {
	c, err := index.Create(filepath.Join(b.TempDir(), "case"), index.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	ctx := b.Context()
	size := sync.OnceValue(func() int64 { return writeBench(b, c) })()
	// Every round asks for something else, or for another period: answers of
	// earlier rounds are of no use.
	round := 0
	run := func(name string, f func(filter analysis.Filter) error, query string) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				round++
				filter := analysis.Filter{Query: query, To: time.Date(2030, 1, 1, 0, 0, round, 0, time.UTC)}
				if err := f(filter); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	count := func(f analysis.Filter) error { _, err := c.Count(ctx, f); return err }
	run("count/phrase", count, `"connection refused"`)
	run("count/word", count, "failed")
	run("count/header", count, "error")
	run("count/absent", count, "deadbeef77")
	run("count/severity", count, "severity>=error")
	run("count/wildcard", count, "*refu*")
	run("count/regex", count, `/took \d{3} ms on 10\.0\.7\./`)
	first := func(f analysis.Filter) error {
		_, err := c.Search(ctx, f, index.SearchOptions{Limit: 100})
		return err
	}
	run("first100/all", first, "")
	run("first100/phrase", first, `"connection refused"`)
	run("first100/regex", first, `/took \d{3} ms/`)
	run("patterns/all", func(f analysis.Filter) error { _, err := c.Patterns(ctx, analysis.Filter{}); return err }, "")
	run("patterns/severity", func(f analysis.Filter) error { _, err := c.Patterns(ctx, f); return err }, "severity>=warn")
	run("histogram/all", func(f analysis.Filter) error { _, err := c.Histogram(ctx, f, 200, "severity"); return err }, "")
	run("histogram/phrase", func(f analysis.Filter) error { _, err := c.Histogram(ctx, f, 200, "severity"); return err }, `"connection refused"`)
	run("week/all", func(f analysis.Filter) error { _, err := c.Week(ctx, f, "Europe/Berlin"); return err }, "")
	run("facets/all", func(f analysis.Filter) error {
		_, err := c.Facets(ctx, f, []string{"severity", "source", "host", "pattern"}, 10)
		return err
	}, "")
	run("rows/all", func(f analysis.Filter) error { _, err := c.Rows(ctx, f); return err }, "")
	run("rows/severity", func(f analysis.Filter) error { _, err := c.Rows(ctx, f); return err }, "severity>=error")
	rows, err := c.Rows(ctx, analysis.Filter{})
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	run("hits/screen", func(analysis.Filter) error { _, err := rows.Hits(ctx, r.IntN(rows.Len()), 60); return err }, "")
}
