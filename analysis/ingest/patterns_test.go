package ingest_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"faultline/analysis"
	"faultline/analysis/ingest"
)

// TestPatternsOfAnyOrder imports the same lines as one bundle, as two in either
// order, and shuffled over several members, and wants the same patterns with
// the same IDs and counts.
func TestPatternsOfAnyOrder(t *testing.T) {
	var lines []string
	for _, name := range []string{"ci", "kubelet"} {
		data, err := os.ReadFile(filepath.Join("../pattern/testdata/labelled", name+".tsv"))
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(data), "\n\n")
		for line := range strings.SplitSeq(strings.TrimSuffix(rest, "\n"), "\n") {
			_, message, _ := strings.Cut(line, "\t")
			lines = append(lines, fmt.Sprintf("2024-01-20T12:%02d:%02d.000Z INFO %s\n", len(lines)/60%60, len(lines)%60, message))
		}
	}
	rnd := rand.New(rand.NewPCG(3, 1))
	shuffled := append([]string(nil), lines...)
	rnd.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	bundle := func(name string, parts ...[]string) string {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for i, p := range parts {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("app-%d.log", i)), []byte(strings.Join(p, "")), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	type row struct {
		ID, Template string
		Count        int64
		Shapes       int
	}
	patterns := func(bundles ...string) (out []row) {
		dir := t.TempDir()
		for _, b := range bundles {
			c, _ := importInto(t, dir, ingest.Options{}, b)
			if b == bundles[len(bundles)-1] {
				ps, err := c.Patterns(t.Context(), analysis.Filter{})
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range ps {
					out = append(out, row{p.ID, p.Template, p.Count, p.Shapes})
				}
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		}
		return out
	}
	h := len(lines) / 3
	want := patterns(bundle("whole", lines))
	if len(want) < 80 {
		t.Fatalf("%d patterns: the lines were not read as they should", len(want))
	}
	first, second := bundle("first", lines[:h]), bundle("second", lines[h:])
	for name, bundles := range map[string][]string{
		"two imports":           {first, second},
		"two imports, reversed": {second, first},
		"shuffled members":      {bundle("members", shuffled[:h], shuffled[h:2*h], shuffled[2*h:])},
	} {
		if d := cmp.Diff(want, patterns(bundles...)); d != "" {
			t.Errorf("%s: -whole +this\n%s", name, d)
		}
	}
}
