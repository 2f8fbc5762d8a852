package history_test

import (
	"os"
	"path/filepath"
	"testing"

	"faultline/analysis"
	"faultline/analysis/format"
)

// observed reads the states and runs of files of the development data.
func observed(t *testing.T, pattern string) ([]analysis.State, []analysis.Run) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("../../../shared/data/bundles", pattern))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("the development data is not here")
	}
	var states []analysis.State
	var runs []analysis.Run
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s, r := statesOf(t, file, data)
		states, runs = append(states, s...), append(runs, r...)
	}
	return states, runs
}

func statesOf(t *testing.T, path string, data []byte) (states []analysis.State, runs []analysis.Run) {
	t.Helper()
	head := data[:min(len(data), format.HeadSize)]
	r := format.Detect(path, head, len(head) == len(data)).Reader(format.Options{})
	if r == nil {
		return nil, nil
	}
	err := r.Records(data[:r.Cut(data, true)], func(rec *analysis.Record) error {
		at := analysis.Origin{Path: path, Line: int64(rec.Line) + 1, Offset: int64(rec.Start), Length: int64(len(rec.Raw))}
		if rec.State != nil {
			s := *rec.State
			s.Origin = at
			states = append(states, s)
		}
		if rec.Run != nil {
			r := *rec.Run
			r.Origin = at
			runs = append(runs, r)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return states, runs
}
