package bundle_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"faultline/analysis"
	"faultline/analysis/bundle"
)

// TestStuck reads a folder in which one file stops giving bytes, and an
// archive that does: what came before is kept, and what follows the file is
// read.
func TestStuck(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.log", "b.log", "c.log"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Repeat(name+" says so\n", 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	free := make(chan struct{})
	defer close(free)
	for n, want := range map[int]string{0: "unread b.log", 5000: "text b.log"} {
		g := walk(t, dir, bundle.Stuck(bundle.Options{Patience: 50 * time.Millisecond}, filepath.Join(dir, "b.log"), n, free))
		if diff := cmp.Diff([]string{"text a.log", want, "text c.log"}, g.paths()); diff != "" {
			t.Errorf("after %d bytes: %s", n, diff)
		}
		if m := g.members[1]; m.Bytes != int64(n) || len(m.Problems) != 1 || m.Problems[0].Kind != analysis.ProblemUnreadable || !strings.Contains(m.Problems[0].Detail, "no byte came within 50ms") {
			t.Errorf("after %d bytes: %+v", n, m)
		}
	}
	path := file(t, "b.tar", makeTar(t, item{name: "one", text: strings.Repeat("one\n", 30000)}, item{name: "two", text: "two\n"}))
	g := walk(t, path, bundle.Stuck(bundle.Options{Patience: 50 * time.Millisecond}, path, 80<<10, free))
	if diff := cmp.Diff([]string{"text one"}, g.paths()); diff != "" || len(g.bundle.Problems) == 0 {
		t.Errorf("a stuck archive: %s, %v", diff, g.bundle.Problems)
	}
}
