package cmd_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"testing"
)

const module = "faultline"

// floors lists our packages ground-up: a package may import only packages that
// stand on an earlier line.
var floors = [][]string{
	{"analysis", "assets", "testdata/sample"},
	{
		"analysis/bundle", "analysis/format", "analysis/pattern", "analysis/history",
		"analysis/cause", "analysis/trend", "index/segment", "index/search",
	},
	{"index"},
	{"analysis/ingest", "analysis/assess"},
	{"analysis/chart"},
	{"analysis/report"},
	{"app/widget"},
	{"app/screen"},
	{"app"},
	{"cmd/faultline", "cmd/faultline-cli"},
}

// outside names third-party modules that only one folder, and what stands
// below it in the tree, may import.
var outside = map[string]string{
	"fyne.io/":                      "app",
	"github.com/blevesearch/":       "index/search",
	"github.com/wcharczuk/go-chart": "analysis/chart",
	"github.com/spf13/cobra":        "cmd/faultline-cli",
}

// forbidden may be imported nowhere: Faultline opens no connection and starts
// no other program.
var forbidden = []string{"net", "net/http", "os/exec", "plugin"}

func TestFloors(t *testing.T) {
	floor := map[string]int{}
	for i, line := range floors {
		for _, p := range line {
			floor[p] = i
		}
	}
	root := os.DirFS("..")
	files := 0
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && len(d.Name()) > 1 && d.Name()[0] == '.' {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		files++
		pkg := path.Dir(name)
		here, ok := floor[pkg]
		if !ok {
			t.Errorf("%s: package %s stands on no floor", name, pkg)
		}
		for _, spec := range f.Imports {
			imp, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if p, ours := strings.CutPrefix(imp, module+"/"); ours && floor[p] >= here {
				t.Errorf("%s: %s (floor %d) imports %s (floor %d)", name, pkg, here, p, floor[p])
			}
			for prefix, owner := range outside {
				if strings.HasPrefix(imp, prefix) && pkg != owner && !strings.HasPrefix(pkg, owner+"/") && pkg != "cmd/faultline" {
					t.Errorf("%s: only %s may import %s", name, owner, imp)
				}
			}
			if imp == "fyne.io/fyne/v2/app" && pkg != "cmd/faultline" {
				t.Errorf("%s: only cmd/faultline may import %s", name, imp)
			}
			for _, f := range forbidden {
				if imp == f {
					t.Errorf("%s: imports %s", name, imp)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 5 {
		t.Errorf("found %d source files below the repository's root, want them all", files)
	}
}
