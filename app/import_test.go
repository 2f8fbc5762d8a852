package app_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
