package ingest_test

import (
	"path/filepath"
	"testing"

	"faultline/analysis/ingest"
	"faultline/index"
)

// importInto imports bundles into the case in dir, which is made when there is
// none, and closes it at the end of the test.
func importInto(t testing.TB, dir string, o ingest.Options, paths ...string) (*index.Case, ingest.Result) {
	t.Helper()
	dir = filepath.Join(dir, "case")
	c, err := index.Open(dir, index.Options{})
	if err != nil {
		if c, err = index.Create(dir, index.Options{Name: "test"}); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { c.Close() })
	res, err := ingest.Run(t.Context(), c, paths, o)
	if err != nil {
		t.Fatal(err)
	}
	return c, res
}
