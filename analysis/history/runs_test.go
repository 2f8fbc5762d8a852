package history_test

import (
	"fmt"
	"testing"
	"time"

	"faultline/analysis"
	"faultline/analysis/history"
)

func run(id, job, commit string, minute int, status analysis.RunStatus, length time.Duration) analysis.Run {
	start := time.Date(2026, 3, 1, 0, minute, 0, 0, time.UTC)
	return analysis.Run{ID: id, Kind: analysis.RunJob, Pipeline: "CI", Job: job, Commit: commit, Start: start, Status: status, Duration: length}
}

func TestStatistics(t *testing.T) {
	const m = time.Minute
	runs := []analysis.Run{
		run("1", "test", "a", 0, analysis.RunFailure, 10*m),
		run("2", "test", "a", 20, analysis.RunSuccess, 12*m), // a rerun of the same commit: flaky
		run("3", "test", "b", 40, analysis.RunFailure, 8*m),
		run("4", "test", "b", 50, analysis.RunFailure, 9*m),
		run("5", "test", "c", 60, analysis.RunSuccess, 11*m),
		run("6", "test", "d", 70, analysis.RunCancelled, 3*m),
		run("7", "test", "e", 80, analysis.RunSkipped, 0),
		run("2", "test", "a", 20, analysis.RunSuccess, 12*m), // exported twice
	}
	s := history.Statistics(runs)
	got := fmt.Sprintf("%d runs, %d of %d failed, first attempts %d of %d, %d chains, %d flaky, lost %s, reruns %s, median %s, p95 %s",
		s.Runs, s.Failed, s.Counted, s.FirstFailed, s.FirstCounted, s.Chains, s.Flaky, s.Lost, s.Reruns, s.Median, s.P95)
	if want := "7 runs, 3 of 5 failed, first attempts 2 of 3, 2 chains, 1 flaky, lost 27m0s, reruns 21m0s, median 10m0s, p95 12m0s"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if fmt.Sprint(s.Recent) != "[failure success failure failure success cancelled skipped]" {
		t.Errorf("recent: %v", s.Recent)
	}
	reversed := make([]analysis.Run, 0, len(runs))
	for i := range runs {
		reversed = append(reversed, runs[len(runs)-1-i])
	}
	if r := history.Statistics(reversed); fmt.Sprint(r) != fmt.Sprint(s) {
		t.Errorf("the order of the runs changes the figures:\n%v\n%v", s, r)
	}
}

func TestJobs(t *testing.T) {
	runs := []analysis.Run{
		run("1", "build", "a", 0, analysis.RunSuccess, 0), run("2", "build", "b", 1, analysis.RunSuccess, 0),
		run("3", "test", "a", 0, analysis.RunFailure, 0), run("4", "lint", "a", 0, analysis.RunSuccess, 0),
	}
	got := ""
	for _, j := range history.Jobs(runs) {
		got += fmt.Sprintf("%s/%s %d; ", j.Pipeline, j.Name, len(j.Runs))
	}
	if want := "CI/test 1; CI/build 2; CI/lint 1; "; got != want {
		t.Errorf("Jobs = %s, want %s", got, want)
	}
}

func TestDistinctRuns(t *testing.T) {
	started := analysis.Run{ID: "x", Status: analysis.RunRunning, Start: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	ended := analysis.Run{ID: "x", Status: analysis.RunFailure, End: time.Date(2026, 3, 1, 0, 5, 0, 0, time.UTC)}
	for _, runs := range [][]analysis.Run{{started, ended}, {ended, started}} {
		got := history.DistinctRuns(runs)
		if len(got) != 1 || got[0].Status != analysis.RunFailure || got[0].Duration != 5*time.Minute {
			t.Errorf("DistinctRuns = %+v", got)
		}
	}
}

func TestJobHistory(t *testing.T) {
	_, runs := observed(t, "ci/gha-pytorch/job-history*.csv")
	s := history.Statistics(runs)
	if s.Runs != 7604 || s.Failed != 356 {
		t.Errorf("%d runs, %d failed; want 7604 and 356", s.Runs, s.Failed)
	}
	jobs := history.Jobs(runs)
	t.Logf("%d counted (%.2f %%), %v; %d jobs, the first: %s", s.Counted, 100*float64(s.Failed)/float64(s.Counted), s.Counts, len(jobs), jobs[0].Name)
}
