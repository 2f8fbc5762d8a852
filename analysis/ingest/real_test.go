package ingest_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"faultline/analysis"
	"faultline/analysis/ingest"
	"faultline/index"
)

// bundles is where public bundles lie on a developer's machine; they are too
// large for this repository.
const bundles = "../../../shared/data/bundles"

// realBundles lists all archives, and the folders that hold other files.
func realBundles(t testing.TB) []string {
	t.Helper()
	if _, err := os.Stat(bundles); err != nil {
		t.Skip("the public bundles are not here:", err)
	}
	var list []string
	folders := map[string]bool{}
	err := filepath.WalkDir(bundles, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(bundles, path)
		for _, suffix := range []string{".tar.gz", ".tar.xz", ".zip"} {
			if strings.HasSuffix(path, suffix) {
				list = append(list, path)
				return nil
			}
		}
		if parts := strings.Split(filepath.ToSlash(rel), "/"); len(parts) > 2 {
			if f := filepath.Join(bundles, parts[0], parts[1]); !folders[f] {
				folders[f] = true
				list = append(list, f)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestRealBundles imports every public bundle: every byte of every member is
// accounted for, and every block is what the ledger says.
func TestRealBundles(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	for _, path := range realBundles(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			c, res := importInto(t, t.TempDir(), ingest.Options{}, path)
			checkLedger(t, c, res)
			for _, p := range res.Problems {
				if strings.Contains(p.Detail, "kept as text: ") {
					t.Errorf("%s: %s", p.Origin.Path, p.Detail)
				}
			}
			i := c.Info()
			t.Logf("%s: %s, collected %s, %d members, %d records (%d timed), %d of %d bytes, %d patterns, %d runs, %d states, %s .. %s, %v", filepath.Base(path), i.Bundles[0].Kind, i.Bundles[0].Collected.Format("2006-01-02T15:04"), i.Members, i.Records, i.Timed, res.Indexed, res.Bytes, i.Patterns, i.Runs, i.States, i.Span.From.Format("2006-01-02"), i.Span.To.Format("2006-01-02"), res.Elapsed)
		})
	}
}

func checkLedger(t *testing.T, c *index.Case, res ingest.Result) {
	t.Helper()
	var indexed, records int64
	for _, m := range c.Members().All() {
		if m.Bytes != m.Indexed+m.Skipped || m.Skipped < 0 {
			t.Errorf("%s: %d bytes are not %d indexed and %d skipped", m.Path, m.Bytes, m.Indexed, m.Skipped)
		}
		if m.Skipped > 0 && m.Reason == "" {
			t.Errorf("%s: %d bytes are skipped for no reason", m.Path, m.Skipped)
		}
		if (m.Kind == analysis.MemberText || m.Kind == analysis.MemberDocument) && m.Format == "" {
			t.Errorf("%s: a %s of no format", m.Path, m.Kind)
		}
		indexed += m.Indexed
		records += m.Records
	}
	i := c.Info()
	if indexed != i.Bytes || indexed != res.Indexed || records != i.Records || records != res.Records || i.Members != res.Members {
		t.Errorf("the ledger has %d bytes, %d records, %d members; the case %d, %d, %d; the result %d, %d, %d",
			indexed, records, c.Members().Len(), i.Bytes, i.Records, i.Members, res.Indexed, res.Records, res.Members)
	}
}
