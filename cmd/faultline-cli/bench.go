package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"faultline/analysis"
	"faultline/analysis/ingest"
	"faultline/index"
)

// timing is one query's time and answer.
type timing struct {
	Query    string  `json:"query"`
	Answer   int64   `json:"answer"`
	FirstMS  float64 `json:"first_ms"`
	MedianMS float64 `json:"median_ms"`
}

// benchmark is what bench prints.
type benchmark struct {
	Members  int      `json:"members"`
	Records  int64    `json:"records"`
	Bytes    int64    `json:"bytes"`
	Wall     float64  `json:"import_wall_s"`
	CPU      float64  `json:"import_cpu_s"`
	MBPerSec float64  `json:"import_mb_per_s"`
	PeakRSS  int64    `json:"peak_rss_bytes"`
	Disk     int64    `json:"disk_bytes"`
	Patterns int      `json:"patterns"`
	Open     float64  `json:"open_ms"`
	Queries  []timing `json:"queries"`
}

func (c *command) bench() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench DIR",
		Short: "One JSON object of timings and answers: an import of DIR and queries over it",
		Long: `Imports DIR into a temporary case (or the one that --case names) and times the
import, opening the case, and queries, each with its answer so that other programs' answers
can be compared. --query adds a query to count and to list.`,
		Example: examples("faultline-cli bench corpus/ --query '\"connection refused\"' --query error"),
		Args:    cobra.ExactArgs(1),
	}
	queries := cmd.Flags().StringArray("query", nil, "a query to count and to list the first 100 of; may be repeated")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		dir := c.dir
		if dir == "" {
			tmp, err := os.MkdirTemp("", "faultline-bench-*")
			if err != nil {
				return fmt.Errorf("make a temporary case: %w", err)
			}
			defer os.RemoveAll(tmp)
			dir = tmp + "/case"
		}
		b, err := measure(cmd.Context(), dir, args[0], *queries)
		if err != nil {
			return err
		}
		return c.print(b)
	}
	return cmd
}

func measure(ctx context.Context, dir, path string, asked []string) (*benchmark, error) {
	cpu, start := cpuTime(), time.Now()
	k, err := index.Create(dir, index.Options{Version: version})
	if err != nil {
		return nil, err
	}
	r, err := ingest.Run(ctx, k, []string{path}, ingest.Options{})
	if cerr := k.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, err
	}
	b := &benchmark{Members: r.Members, Records: r.Records, Bytes: r.Bytes, Wall: time.Since(start).Seconds(), CPU: (cpuTime() - cpu).Seconds(), PeakRSS: peakRSS()}
	b.MBPerSec = float64(r.Bytes) / 1e6 / b.Wall

	start = time.Now()
	if k, err = index.Open(dir, index.Options{Version: version, ReadOnly: true}); err != nil {
		return nil, err
	}
	defer k.Close()
	b.Open = ms(time.Since(start))
	i := k.Info()
	b.Disk, b.Patterns = i.Disk, i.Patterns

	count := func(q string) func() (int64, error) {
		return func() (int64, error) { return k.Count(ctx, analysis.Filter{Query: q}) }
	}
	type query struct {
		name string
		ask  func() (int64, error)
	}
	var queries []query
	for _, p := range asked {
		queries = append(queries, query{"count " + p, count(p)}, query{"first 100 of " + p, func() (int64, error) {
			h, err := k.Search(ctx, analysis.Filter{Query: p}, index.SearchOptions{Limit: 100})
			return int64(len(h)), err
		}})
	}
	queries = append(queries,
		query{"top patterns", func() (int64, error) {
			p, err := k.Patterns(ctx, analysis.Filter{})
			return int64(len(p)), err
		}},
		query{"histogram by severity", func() (int64, error) {
			h, err := k.Histogram(ctx, analysis.Filter{}, 200, "severity")
			return total(h), err
		}},
		query{"facets", func() (int64, error) {
			f, err := k.Facets(ctx, analysis.Filter{}, []string{"severity", "source", "host", "unit", "format"}, 20)
			return int64(len(f)), err
		}})
	for _, q := range queries {
		t := timing{Query: q.name}
		var times []float64
		for n := range 7 {
			start := time.Now()
			a, err := q.ask()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", q.name, err)
			}
			times = append(times, ms(time.Since(start)))
			if n == 0 {
				t.FirstMS = times[0]
			}
			t.Answer = a
		}
		slices.Sort(times)
		t.MedianMS = times[len(times)/2]
		b.Queries = append(b.Queries, t)
	}
	return b, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func total(h analysis.Histogram) (n int64) {
	for _, s := range h.Series {
		for _, c := range s.Counts {
			n += c
		}
	}
	return n
}
