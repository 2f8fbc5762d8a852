package index_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"faultline/analysis"
	"faultline/index"
)

// slow is a context that takes its time, once a block.
type slow struct{ context.Context }

func (s slow) Err() error {
	time.Sleep(30 * time.Millisecond)
	return s.Context.Err()
}

func TestLimits(t *testing.T) {
	w := newWorld(21, 200)
	c := create(t, filepath.Join(t.TempDir(), "case"))
	w.store(t, c, "bundle", 10)
	f := analysis.Filter{Query: `/\d\d/`}
	want, err := c.Count(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	// In this bubble every block takes 30 ms, and no other time passes.
	synctest.Test(t, func(t *testing.T) {
		ctx := slow{t.Context()}
		var last index.Progress
		told := 0
		l := index.Limits{Time: time.Hour, Progress: func(p index.Progress) {
			if p.Done <= last.Done || p.Hits < last.Hits || p.Hits > want || p.Total < p.Done {
				t.Errorf("progress %+v after %+v", p, last)
			}
			last = p
			told++
		}}
		f.Query = `/\d\d/ OR zzz`
		start := time.Now()
		if n, err := c.CountWithin(ctx, f, l); err != nil || n != want {
			t.Errorf("CountWithin an hour = %d, %v, want %d", n, err, want)
		}
		took := time.Since(start)
		if most := int(took / (100 * time.Millisecond)); told < most/3 || told > most {
			t.Errorf("progress was told %d times in %v", told, took)
		}
		l.Time, l.Progress = took/2, nil
		partial := (*index.PartialError)(nil)
		n, err := c.CountWithin(ctx, f, l)
		if !errors.As(err, &partial) || n == 0 || n >= want || partial.Hits != n || partial.Share() < 0.2 || partial.Share() > 0.8 {
			t.Errorf("CountWithin half the time = %d, %v, of %d", n, err, want)
		}
	})
	// What is found before the end is right, and the rest is said to be missing.
	partial := (*index.PartialError)(nil)
	limits := index.Limits{Time: 1}
	n, err := c.CountWithin(t.Context(), f, limits)
	if !errors.As(err, &partial) || n > want || partial.Done >= partial.Total || partial.Share() >= 1 {
		t.Errorf("CountWithin a nanosecond = %d, %v", n, err)
	}
	hits, err := c.Search(t.Context(), f, index.SearchOptions{Limit: 5, Limits: limits})
	if !errors.As(err, &partial) || len(hits) > 5 {
		t.Errorf("Search within a nanosecond = %d hits, %v", len(hits), err)
	}
	rows, err := c.RowsWithin(t.Context(), f, limits)
	if !errors.As(err, &partial) || int64(rows.Len()) > want {
		t.Errorf("RowsWithin a nanosecond: %v", err)
	}
	if n, err := c.Count(t.Context(), f); err != nil || n != want {
		t.Errorf("Count afterwards = %d, %v, want %d", n, err, want)
	}
}
