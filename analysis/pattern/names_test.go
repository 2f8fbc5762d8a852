package pattern_test

import (
	"testing"

	"faultline/analysis/pattern"

	"github.com/google/go-cmp/cmp"
)

// TestNames wants names that the bundle lists to be variables wherever they
// stand as a word, and words of the language never, whatever it lists.
func TestNames(t *testing.T) {
	names := []string{"kube-system", "worker-3", "etcd-main", "default", "db.internal"}
	r := pattern.Mine(shapes(
		"pod kube-system/etcd-main moved to worker-3",
		"lookup of db.internal failed, using default resolver",
	), pattern.Options{Names: names})
	var got []string
	for _, p := range r.Patterns {
		got = append(got, p.Text)
	}
	want := []string{"lookup of <*> failed, using default resolver", "pod <*> moved to <*>"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("templates with names: -want +got\n%s", d)
	}
	if d := cmp.Diff([]string{"text"}, r.Patterns[0].Kinds); d != "" {
		t.Errorf("kinds of %q: -want +got\n%s", r.Patterns[0].Text, d)
	}
}
