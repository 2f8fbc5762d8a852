package app_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"faultline/app/widget"
)

// archive returns a compressed tar of two logs.
func archive(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	var err error
	for _, name := range []string{"a.log", "b.log"} {
		text := strings.Repeat("2024-05-01T10:00:00Z INFO "+name+" served a request\n", 2000)
		err = errors.Join(err, w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text))}))
		_, e := w.Write([]byte(text))
		err = errors.Join(err, e)
	}
	if err := errors.Join(err, w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func damaged(b []byte) string {
	b = bytes.Clone(b)
	for i := 20; i < min(60, len(b)); i++ {
		b[i] ^= 0x5a
	}
	return string(b)
}

func TestACaseInUseIsNotClosed(t *testing.T) {
	p := start(t)
	p.Open([]string{write(t, "app.log", "2024-05-01T10:00:00Z INFO ready\n")})
	p.settle()
	p.AddBundles([]string{write(t, "more.tar.gz", string(archive(t)))})
	p.CloseCase()
	p.reads("The case is in use", "Adding more.tar.gz")
	p.settle()
	if p.Session() == nil || p.Session().Case.Info().Records != 4001 {
		t.Fatalf("the import was lost: %v", p.trace)
	}
	p.CloseCase()
	p.reads("Drop a bundle, a folder or a log file here")
}

func TestWhatCannotBeImportedSaysWhatWhereAndWhatToDo(t *testing.T) {
	whole := archive(t)
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	secret := write(t, "secret.log", "2024-05-01T10:00:00Z INFO hidden\n")
	if err := os.Chmod(secret, 0); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name, path string
		want       []string
		page       string // that is shown; no case is left without one
	}{
		{"gone", filepath.Join(t.TempDir(), "gone.tar.gz"), []string{"The import of gone stopped", "no such file", "It may have been moved or deleted."}, ""},
		{"empty folder", empty, []string{"The import of empty stopped", "is empty", "Choose the file or folder that holds the logs."}, ""},
		{"secret", secret, []string{"The import of secret stopped", "permission denied", "Check that you may read the bundle"}, ""},
		{"no archive", write(t, "bad.zip", "PK\x03\x04 this is no archive at all"), []string{"The import of bad stopped", "holds nothing that can be imported", "Choose the file or folder"}, ""},
		{"empty file", write(t, "empty.log", ""), []string{"Nothing could be read", "No record was found in", "Sources lists what was found"}, "sources"},
		{"damaged", write(t, "damaged.tar.gz", damaged(whole)), []string{"Nothing could be read", "the data is damaged", "Get the bundle again"}, "sources"},
		{"cut", write(t, "cut.tar.gz", string(whole[:len(whole)/2])), []string{"Imported cut, in part", "could not be read whole", "stops in the middle", "Get the bundle again"}, "overview"},
	} {
		t.Run(x.name, func(t *testing.T) {
			if f, err := os.Open(x.path); x.name == "secret" && err == nil {
				f.Close()
				t.Skip("this user may read everything")
			}
			p := start(t)
			p.Open([]string{x.path})
			p.settle()
			p.reads(append(x.want, x.path)...)
			if x.page != "" {
				if p.place() != x.page {
					t.Errorf("the window is on %s, want %s", p.place(), x.page)
				}
				return
			}
			p.reads("Drop a bundle, a folder or a log file here")
			if list, err := os.ReadDir(p.data); err == nil && len(list) > 0 {
				t.Errorf("a case of nothing was left: %v", list)
			}
			// The next one can be imported, and the same added to it.
			p.Open([]string{write(t, "good.tar.gz", string(whole))})
			p.settle()
			if p.Session() == nil || p.Session().Case.Info().Records != 4000 {
				t.Fatalf("the window imports nothing any more: %v", p.trace)
			}
			p.AddBundles([]string{x.path})
			p.settle()
			p.reads(x.path)
			p.goTo("Explore")
			if p.Session().Case.Info().Records != 4000 {
				t.Errorf("the case holds %d records, want 4000", p.Session().Case.Info().Records)
			}
		})
	}
}

// imported imports a log of those lines.
func imported(t *testing.T, log string) *program {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.log")
	if err := os.WriteFile(path, []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t)
	p.Import([]string{path})
	p.settle()
	if p.Session() == nil {
		t.Fatalf("the log was not imported: %v", p.trace)
	}
	return p
}

// TestAPatternShowsTheRecordsThatItFailsBy imports requests of one form of
// which some failed: these are counted as failing, beside all that are alike.
func TestAPatternShowsTheRecordsThatItFailsBy(t *testing.T) {
	var log strings.Builder
	for i := range 40 {
		status := 200
		if i%7 == 1 {
			status = 503
		}
		fmt.Fprintf(&log, "10.0.0.1 - - [05/Mar/2024:17:%02d:24 +0000] \"GET /docs/page%d HTTP/1.1\" %d 512 \"-\" \"curl/8.1\"\n", i, i, status)
	}
	p := imported(t, log.String())
	p.goTo("Patterns")
	p.reads("Failing 1", "Of all alike", "40 records in 1 pattern", "5 Mar 17:36")
	tb := find[*widget.Table](p, 0)
	if n := tb.Len(); n != 1 {
		t.Fatalf("%d failing patterns, want 1", n)
	}
	if failing, all := tb.Cell(0, 1).Text, tb.Cell(0, 2).Text; failing != "6" || all != "40" {
		t.Errorf("%s of %s records are failing, want 6 of 40", failing, all)
	}
	tb.OnOpen(0)
	p.settle()
	p.reads("Failing records", "6 of 40", "17:01:24 UTC", "17:36:24 UTC")
}

// TestPagesFitASmallWindow opens every page of a case with all severities:
// none may need more than a small screen has.
func TestPagesFitASmallWindow(t *testing.T) {
	var log strings.Builder
	for i := range 280 {
		level := []string{"trace", "debug", "info", "warn", "error", "fatal"}[i%6]
		fmt.Fprintf(&log, "{\"time\":\"2024-03-%02dT17:%02d:24Z\",\"level\":%q,\"msg\":\"backup of volume vol-%d\",\"pod\":\"web-%d\"}\n", 1+i/20, i%60, level, i, i%9)
	}
	p := imported(t, log.String())
	for _, page := range []string{"Overview", "Patterns", "Explore", "Runs", "Sources", "Findings"} {
		p.goTo(page)
		if w := p.Window().Content().MinSize().Width; w > 1000 {
			t.Errorf("%s needs a window of %v", page, w)
		}
	}
}
