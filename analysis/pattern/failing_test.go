package pattern_test

import (
	"fmt"
	"hash/fnv"
	"testing"

	"faultline/analysis"
	"faultline/analysis/pattern"
)

func TestFailing(t *testing.T) {
	const none, info, warn = analysis.SeverityNone, analysis.SeverityInfo, analysis.SeverityWarn
	sum := fnv.New32a()
	for _, c := range []struct {
		template string
		sev      analysis.Severity
		want     bool
	}{
		{"all is well", analysis.SeverityError, true},
		{"connection refused by <*>", none, true},
		{"connection refused by <*>", warn, true},
		{"connection refused by <*>", info, false},
		{"transaction <*> is aborted", info, false},
		{"<*> errors in this run", info, false},
		{"<*> errors in this run", none, false},
		{"done, 0 errors", none, false},
		{"found 3 errors", none, false},
		{"ok=<*> unreachable=<*> failed=<*>", none, false},
		{"Tests run: <*>, Failures: <*>, Errors: <*>", none, false},
		{"Error: <*>", none, true},
		{"error=<*> while reading", none, true},
		{"build failed: <*>", none, true},
		{"there are no more errors in flight", none, false},
		{"finished without error", none, false},
		{"policy: restart on failure", none, false},
		{"TASK [disk : Fail if insufficient space] *****", none, false},
		{"this job will fail: no space", none, true},
		{"did not fail", none, false},
		{"started", none, false},
		{"job <*> failed", none, true},
		{"<*> failed, <*> passed", none, false},
		{"KernelError in module", none, true},
		{"java.io.IOException: <*>", none, true},
		{"[<*>]: FAILED! =>", none, true},
		{"dial tcp <*>: i/o timeout", none, true},
		{"session with negotiated timeout <*>", none, false},
		{"read timeout = <*>", none, false},
		{"operation timed out after <*>", none, true},
		{"killed: out of memory", none, true},
		{"terror and mirrors", none, false},
		{"log-error=<*>", none, false},
		{"started with --fail-on-error=true", none, false},
		{"opened /var/log/mysqld-error.log for writing", none, false},
		{"read-error: <*>", none, true},
		{"# Thread_id: <*> Schema: db1 Last_errno: <*> Killed: <*>", none, false},
		{"Connection refused: <*>", none, true},
		{"to <*> refused: <*>", none, true},
	} {
		if got := pattern.Failing(c.template, c.sev); got != c.want {
			t.Errorf("Failing(%q, %v) = %v, want %v", c.template, c.sev, got, c.want)
		}
		fmt.Fprintln(sum, c)
	}
	// Cases store the answers: those of another version are asked for again.
	if got, want := fmt.Sprintf("%d %08x", pattern.FailingVersion, sum.Sum32()), "1 17f9f718"; got != want {
		t.Errorf("the cases of version %s are not those of %s: raise FailingVersion if a released version answers otherwise", got, want)
	}
}
