//go:build ignore

// Generate makes up the run history of the sample case:
//
//	go run generate.go > ci-runs-made-up.csv
//
// It is the same in every run. The cluster of the sample bundle stops about
// once a day; the jobs that use it fail when they meet such a stop.
package main

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"sort"
	"strconv"
	"time"
)

type run struct {
	workflow, job, event, branch, commit, runner, result, message string
	run, attempt                                                  int
	created, started, ended                                       time.Time
}

var (
	rnd   = rand.New(rand.NewPCG(20221120, 20221221))
	first = time.Date(2022, 11, 20, 0, 0, 0, 0, time.UTC)
	last  = time.Date(2022, 12, 21, 9, 30, 0, 0, time.UTC)
	runs  []run
	stops []time.Time
	serie int
)

// stopNear returns the stop of the cluster that meets from..to.
func stopNear(from, to time.Time) bool {
	for _, s := range stops {
		if s.Before(to) && s.Add(3*time.Minute).After(from) {
			return true
		}
	}
	return false
}

func pick(list ...string) string { return list[rnd.IntN(len(list))] }

// between returns a random time from a to b seconds.
func between(a, b int) time.Duration { return time.Duration(a+rnd.IntN(b-a+1)) * time.Second }

// end says how a job that runs from..to ends.
func end(job string, from, to time.Time) (result, message string) {
	cluster := job == "integration-tests" || job == "deploy-staging" || job == "e2e-nightly" || job == "smoke-test"
	switch {
	case cluster && stopNear(from, to):
		return "failure", pick(
			`Get "https://10.43.0.1:443/api/v1/namespaces/staging/pods": dial tcp 10.43.0.1:443: i/o timeout`,
			"Error: UPGRADE FAILED: timed out waiting for the condition",
			"The connection to the server 10.43.0.1:443 was refused - did you specify the right host or port?")
	case job == "build" && from.Weekday() == time.Monday && from.Hour() < 11 && rnd.IntN(4) == 0:
		return "failure", `failed to pull image "docker.io/library/golang:1.19": toomanyrequests: You have reached your pull rate limit`
	case job == "e2e-nightly" && rnd.IntN(5) == 0:
		return "failure", pick("FAIL: TestCheckout: expected 200, got 503", "FAIL: TestLogin: timeout after 30s waiting for selector #submit")
	case job == "integration-tests" && rnd.IntN(9) == 0:
		return "failure", pick("Process completed with exit code 137: Killed (out of memory)", "FAIL: TestRetryAfterRestart: context deadline exceeded")
	case job == "deploy-staging" && from.After(time.Date(2022, 12, 8, 0, 0, 0, 0, time.UTC)) && rnd.IntN(3) == 0:
		return "failure", `error validating "deploy/staging.yaml": unknown field "spec.template.spec.containers[0].resource"`
	case job == "unit-tests" && rnd.IntN(30) == 0:
		return "failure", pick("FAIL: TestParseOrder: got 3 items, want 4", "undefined: orders.Validate")
	case rnd.IntN(45) == 0:
		return "cancelled", ""
	}
	return "success", ""
}

// add runs a job, and again when it fails; it says whether it passed at last.
func add(workflow, job, event, branch, commit string, at time.Time, low, high int) (time.Time, bool) {
	serie++
	number := 48000 + serie
	for attempt := 1; attempt <= 3; attempt++ {
		started := at.Add(between(4, 95))
		ended := started.Add(between(low, high))
		result, message := end(job, started, ended)
		if result == "failure" {
			ended = started.Add(ended.Sub(started) * time.Duration(30+rnd.IntN(70)) / 100)
		}
		runs = append(runs, run{
			workflow: workflow, job: job, event: event, branch: branch, commit: commit, runner: fmt.Sprintf("runner-%02d", 1+rnd.IntN(6)),
			result: result, message: message, run: number, attempt: attempt, created: at, started: started, ended: ended,
		})
		if result != "failure" {
			return ended, result == "success"
		}
		if rnd.IntN(3) == 0 {
			return ended, false
		}
		at = ended.Add(between(60, 1500))
	}
	return at, false
}

func main() {
	for day := first; day.Before(last); day = day.AddDate(0, 0, 1) {
		at := 9*time.Hour + 42*time.Minute + 35*time.Second // as on the bundle's last day
		if s := day.Add(at - time.Duration(rnd.IntN(3*3600))*time.Second); day.Day() != 21 {
			stops = append(stops, s)
		}
	}
	for day := first; day.Before(last); day = day.AddDate(0, 0, 1) {
		pushes := 4 + rnd.IntN(4)
		if w := day.Weekday(); w == time.Saturday || w == time.Sunday {
			pushes = rnd.IntN(2)
		}
		for range pushes {
			at := day.Add(7*time.Hour + time.Duration(rnd.IntN(11*3600))*time.Second)
			commit := fmt.Sprintf("%08x", rnd.Uint32())
			branch := pick("main", "main", "main", "main", "feature/orders", "feature/login", "fix/retry")
			t, ok := add("platform-ci", "build", "push", branch, commit, at, 130, 300)
			if !ok {
				continue
			}
			u, ok1 := add("platform-ci", "unit-tests", "push", branch, commit, t, 90, 260)
			_, ok2 := add("platform-ci", "integration-tests", "push", branch, commit, u, 420, 1100)
			if ok1 && ok2 && branch == "main" {
				if d, ok := add("deploy", "deploy-staging", "workflow_run", "main", commit, u.Add(20*time.Minute), 60, 240); ok {
					add("deploy", "smoke-test", "workflow_run", "main", commit, d, 30, 90)
				}
			}
		}
		add("nightly", "e2e-nightly", "schedule", "main", fmt.Sprintf("%08x", rnd.Uint32()), day.Add(2*time.Hour), 1700, 3100)
	}
	sort.SliceStable(runs, func(i, j int) bool { return runs[i].created.Before(runs[j].created) })
	w := csv.NewWriter(os.Stdout)
	stamp := func(t time.Time) string { return t.Format("2006-01-02T15:04:05Z") }
	w.Write([]string{"job_id", "run_id", "workflow", "job_name", "attempt", "event", "branch", "commit", "runner", "created_at", "started_at", "completed_at", "conclusion", "message"})
	for i, r := range runs {
		if r.ended.After(last) {
			continue
		}
		w.Write([]string{
			strconv.Itoa(910001 + i), strconv.Itoa(r.run), r.workflow, r.job, strconv.Itoa(r.attempt), r.event, r.branch, r.commit, r.runner,
			stamp(r.created), stamp(r.started), stamp(r.ended), r.result, r.message,
		})
	}
	w.Flush()
	if err := w.Error(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
