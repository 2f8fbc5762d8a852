package assess_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"faultline/analysis/assess"
	"faultline/index"
)

// asked is what somebody types, and what the first matches should then say: any
// of several texts. They were written by reading the material, before anything
// was searched.
type asked struct{ query, expected string }

var askedOfSample = []asked{
	{"out of memory", "exit code 137"},
	{"OOMKilled", "exit code 137"},
	{"sigkill", "exit code 137"},
	{"exit code 137", "exit code 137"},
	{"137", "exit code 137"},
	{"rate limit", "toomanyrequests"},
	{"429", "toomanyrequests"},
	{"pull rate limt", "toomanyrequests"},
	{"docker hub limit", "toomanyrequests"},
	{"image pull", "failed to pull image"},
	{"ErrImagePull", "failed to pull image"},
	{"invalid configuration", "unknown field"},
	{"unknown field resource", "unknown field"},
	{"schema", "schema|error validating"},
	{"crash loop", "back-off restarting|keeps crashing"},
	{"CrashLoopBackOff", "back-off restarting|keeps crashing"},
	{"restarting container", "back-off restarting|restarted"},
	{"i/o timeout", "i/o timeout"},
	{"deadline exceeded", "deadline exceeded|timed out|i/o timeout"},
	{"timed out waiting", "timed out waiting for the condition"},
	{"helm upgrade failed", "UPGRADE FAILED"},
	{"connection refused", "was refused"},
	{"conection refuesd", "was refused"},
	{"ECONNREFUSED", "was refused"},
	{"503", "got 503"},
	{"checkout test", "TestCheckout"},
	{"login test", "TestLogin"},
	{"TestRetryAfterRestart", "TestRetryAfterRestart"},
	{"failing assertion", "Test assertion failed"},
	{"compile error", "undefined: orders.Validate"},
	{"undefined reference", "undefined: orders.Validate"},
	{"failing probe", "Failed probe"},
	{"metric storage not ready", "metric-storage-ready"},
	{"node stopped", "Node stopped"},
	{"node down", "Node stopped"},
	{"startup order", "Component starts before"},
	{"dependency not reachable at start", "Component starts before"},
	{"coredns", "coredns"},
	{"traefik log", "traefik.log"},
	{"nightly e2e", "e2e-nightly"},
	{"nginx worker", "start worker process"},
	{"client ca configmap", "request-header-client-ca-file"},
	{"import glob pattern", "No files matching import glob pattern"},
	{"provisioner cannot start", "Cannot start Provisioner"},
	{"file descriptor limit", "RLIMIT_NOFILE"},
	{"api server unreachable", "10.43.0.1"},
}

var askedOfBundles = []asked{
	{"unschedulable", "FailedScheduling"},
	{"volume mount", "FailedMount|MountVolume"},
	{"secret not found", "not found"},
	{"readiness probe failed", "Readiness probe"},
	{"liveness", "Liveness probe"},
	{"network plugin not ready", "NetworkNotReady|network is not ready"},
	{"CNI", "NetworkNotReady|cni"},
	{"leader election", "leader"},
	{"x509 unknown authority", "x509"},
	{"connection refused", "connection refused"},
	{"OpenShiftAPICheckFailed", "OpenShiftAPICheckFailed"},
	{"required installer resources missing", "RequiredInstallerResourcesMissing"},
	{"forbidden", "forbidden|cannot"},
	{"fast controler resync", "FastControllerResync"},
	{"dns", "dns|no such host"},
	{"gpu out of memory", "CUDA out of memory|OutOfMemoryError"},
	{"CUDA OOM", "CUDA out of memory|OutOfMemoryError"},
	{"artifact missing", "Artifact not found"},
	{"could not find git ref", "couldn't find remote ref"},
	{"syntax error", "SyntaxError"},
	{"429 api", "rate limit"},
	{"github rate limit", "rate limit"},
	{"job timed out", "has timed out"},
	{"interrupted by sigint", "SIGINT"},
	{"missing shared library", "cannot open shared object"},
	{"access denied s3", "s3:PutObject|not authorized|AccessDenied"},
	{"bus error", "SIGBUS"},
	{"runner pod pending", "pod failed to come online"},
	{"test failed consistently", "FAILED CONSISTENTLY"},
	{"exit code 127", "code=127|command not found"},
	{"pull request too large", "LOC which is more"},
	{"ghstack too deep", "ghstack"},
	{"import error", "ImportError"},
	{"unexpected number of PRs", "unexpected number of PRs"},
}

// TestRanked holds how well ranked search finds what people mean. The golden
// file has, for each query, the place of the first match that says what was
// expected, and what comes first.
func TestRanked(t *testing.T) {
	c := open(t, "../../testdata/sample")
	run(t, c, assess.Options{})
	table, _ := ranks(t, askedOfSample, c)
	golden(t, "ranked", table)
}

// TestRankedBundles does the same over a must-gather and logs of CI jobs, which
// the weights were not tuned on, as one.
func TestRankedBundles(t *testing.T) {
	if testing.Short() {
		t.Skip("imports 70 MB")
	}
	gather, jobs := filepath.Join(bundles, "kubernetes/must-gather-aws.tar.gz"), filepath.Join(bundles, "ci/gha-pytorch/logs")
	if _, err := os.Stat(gather); err != nil {
		t.Skip("the development set is not beside the repository")
	}
	c, d := open(t, gather), open(t, jobs)
	run(t, c, assess.Options{})
	run(t, d, assess.Options{})
	table, mean := ranks(t, askedOfBundles, c, d)
	t.Log(table)
	if mean < 0.85 {
		t.Errorf("the mean reciprocal rank is %.3f, want 0.85 at least:\n%s", mean, table)
	}
}

// ranks returns a table with the place and the kind of the first match that says
// what was expected, and the mean reciprocal rank.
func ranks(t *testing.T, list []asked, cases ...*index.Case) (table string, mean float64) {
	t.Helper()
	const looked = 20
	var b strings.Builder
	three := 0
	for _, q := range list {
		found, err := index.FindAcross(t.Context(), q.query, looked, cases...)
		if err != nil {
			t.Fatal(err)
		}
		place, kind := "-", ""
		for i, m := range found.Matches {
			if i == 0 {
				t.Logf("%s: %s: %.90s", q.query, m.Kind, m.Title)
			}
			if says(m, q.expected) {
				place, kind = fmt.Sprint(i+1), m.Kind
				mean += 1 / float64(i+1) / float64(len(list))
				if i < 3 {
					three++
				}
				break
			}
		}
		fmt.Fprintf(&b, "%-2s  %-8s %-34s %s\n", place, kind, q.query, q.expected)
	}
	return fmt.Sprintf("%d queries, mean reciprocal rank %.3f, %.1f %% with what was expected among the first 3\n\n%s",
		len(list), mean, 100*float64(three)/float64(len(list)), b.String()), mean
}

// says reports whether a match shows one of the expected texts.
func says(m index.Match, expected string) bool {
	text := strings.ToLower(m.Title + "\n" + m.Snippet)
	for want := range strings.SplitSeq(expected, "|") {
		if strings.Contains(text, strings.ToLower(want)) {
			return true
		}
	}
	return false
}
