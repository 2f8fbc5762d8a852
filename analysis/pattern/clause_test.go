package pattern_test

import (
	"slices"
	"strings"
	"testing"

	"faultline/analysis/pattern"
)

func TestInner(t *testing.T) {
	const pull = `failed to pull and unpack image "registry.example/a/b:1": failed to resolve reference "registry.example/a/b:1": pull access denied, repository does not exist or may require authorization`
	for _, c := range []struct{ name, message, want string }{
		{"one clause", "connection refused", ""},
		{"outer and inner", "cannot mount volume: no such file or directory", "no such file or directory"},
		{"status of an RPC", "PullImage from image service failed: rpc error: code = Unknown desc = failed to resolve reference: pull access denied", "pull access denied"},
		{"an error as a value", `"Error syncing pod, skipping" err="failed to sync: pull access denied" pod="ns/web: a"`, "pull access denied"},
		{"quoted twice", `"Error syncing pod" err="failed to \"StartContainer\" for \"web\" with ErrImagePull: \"rpc error: code = Unknown desc = cannot resolve: pull access denied\"" pod="ns/web"`, "pull access denied"},
		{"a value is no clause", `failed to start "web: main" on 10.0.0.1:80`, ""},
		{"times and addresses", "failed at 12:34:56 for fe80::1 and http://a.example:80/x", ""},
		{"because", "job failed because the disk is full", "the disk is full"},
		{"caused by", "upload failed, caused by connection reset", "connection reset"},
		{"one word is not enough", "read failed: unexpected message: EOF", "unexpected message: EOF"},
		{"no failure", "config: listening on all addresses", ""},
	} {
		r := pattern.Mine(shapes(c.message), pattern.Options{})
		if got := r.Patterns[0].Inner; got != c.want {
			t.Errorf("%s: inner clause of %q = %q, want %q", c.name, c.message, got, c.want)
		}
	}
	// Three components that tell of one failure share its clause.
	said := []string{
		"E0101 " + `PullImage from image service failed: rpc error: code = NotFound desc = ` + pull,
		`PullImage failed error="` + strings.ReplaceAll(pull, `"`, `\"`) + `"`,
		`Failed to pull image "registry.example/a/b:1": rpc error: code = NotFound desc = ` + pull,
		`"Error syncing pod, skipping" err="failed to \"StartContainer\" for \"b\" with ErrImagePull: \"rpc error: code = NotFound desc = ` + strings.ReplaceAll(pull, `"`, `\\\"`) + `\"" pod="ns/b-1"`,
	}
	r := pattern.Mine(shapes(said...), pattern.Options{})
	for _, p := range r.Patterns {
		if p.Inner != "pull access denied, repository does not exist or may require authorization" || p.InnerID != pattern.ID(p.Inner) {
			t.Errorf("inner clause of %q = %q (%s)", p.Text, p.Inner, p.InnerID)
		}
	}
	if len(r.Patterns) < 3 {
		t.Errorf("%d patterns, want one of each component", len(r.Patterns))
	}
}

// TestInnerOfLabelled mines what the kubelet logs together with the events of
// the same cluster and wants clauses that both tell of.
func TestInnerOfLabelled(t *testing.T) {
	var all []string
	of := map[string][]string{}
	for _, s := range readOwn(t) {
		if s.name == "kubelet" || s.name == "events" {
			all = append(all, s.messages...)
			of[s.name] = s.messages
		}
	}
	inner := map[string]string{} // of skeletons
	list := shapes(all...)
	r := pattern.Mine(list, pattern.Options{})
	for i, s := range list {
		inner[s.Skeleton] = r.Patterns[r.Of[i]].Inner
	}
	said := map[string]map[string]bool{}
	for name, messages := range of {
		for _, s := range shapes(messages...) {
			if c := inner[s.Skeleton]; c != "" {
				if said[c] == nil {
					said[c] = map[string]bool{}
				}
				said[c][name] = true
			}
		}
	}
	var both []string
	for c, by := range said {
		if len(by) == 2 {
			both = append(both, c)
		}
	}
	for _, want := range []string{"connection refused", "timed out waiting for the condition", "request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)"} {
		if !slices.Contains(both, want) {
			t.Errorf("clauses of both are %q, want also %q", both, want)
		}
	}
}
