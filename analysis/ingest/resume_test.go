package ingest_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"faultline/analysis/ingest"
	"faultline/index"
)

// often opens a case whose imports are committed after every chunk.
func often(t testing.TB, dir string) *index.Case {
	t.Helper()
	c, err := index.Open(dir, index.Options{Commit: time.Nanosecond})
	if errors.Is(err, index.ErrNoCase) {
		c, err = index.Create(dir, index.Options{Commit: time.Nanosecond})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestResumeInsideMember stops imports inside of a large log: the next one goes
// on where the last commit ended, and in the end the case is one that nobody
// stopped.
func TestResumeInsideMember(t *testing.T) {
	iso, k := isoLog(110_000, 3), klog(120_000)
	if len(iso) < 9e6 || len(k) < 9e6 {
		t.Fatalf("logs of %d and %d bytes are read whole", len(iso), len(k))
	}
	r := rand.New(rand.NewPCG(8, 8))
	for name, path := range map[string]string{
		"a file":               folderOf(t, map[string]string{"app.log": iso, "last.log": isoLog(50, 4)}),
		"held back for a year": makeTar(t, item{name: "first.log", text: isoLog(50, 4)}, item{name: "kubelet.log", text: k}),
		"lines that are wrong": folderOf(t, map[string]string{"app.log": strings.Replace(iso, "\n", "\nwrong \xff\xfe\n", 1)}),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			once, _ := importInto(t, t.TempDir(), ingest.Options{}, path)
			usual, want, all := time.Since(start), records(t, once), once.Info().Records
			wrong := strings.HasPrefix(name, "lines") // what the reader noticed is not known
			most := 40
			if wrong {
				most = 0
			}
			continued, stops := 0, 0
			for stops < 4 || continued == 0 && stops < most {
				dir := filepath.Join(t.TempDir(), "case")
				for done := false; !done; {
					c := often(t, dir)
					ctx, cancel := context.WithCancel(t.Context())
					stop := time.AfterFunc(time.Duration(r.Int64N(int64(usual))), cancel)
					res, err := ingest.Run(ctx, c, []string{path}, ingest.Options{Workers: 2})
					stop.Stop()
					cancel()
					switch {
					case err == nil:
						done = true
						continued += res.Resumed.Members
						if res.Resumed.Members > 0 && res.Resumed.Bytes < 1<<19 {
							t.Errorf("only %+v was not read again", res.Resumed)
						}
						if got := records(t, c); got != want {
							t.Fatalf("after %d stops the case differs from one import: %d of %d records", stops, c.Info().Records, all)
						}
						if problems, err := c.Verify(t.Context(), nil); err != nil || len(problems) > 0 {
							t.Errorf("verify: %v, %v", problems, err)
						}
					case !errors.Is(err, context.Canceled):
						t.Fatal(err)
					default:
						stops++
					}
					if err := c.Close(); err != nil {
						t.Fatal(err)
					}
				}
			}
			if (continued > 0) == wrong {
				t.Errorf("%d imports went on inside of the log", continued)
			}
		})
	}
}

// TestDamagedBeginning damages what is stored of a log whose import broke off:
// the next import reads it again.
func TestDamagedBeginning(t *testing.T) {
	path := folderOf(t, map[string]string{"app.log": isoLog(110_000, 3)})
	once, _ := importInto(t, t.TempDir(), ingest.Options{}, path)
	var dir string
	var names []string
	for wait := 10 * time.Millisecond; len(names) < 3; wait += wait / 8 {
		dir = filepath.Join(t.TempDir(), "case")
		c := often(t, dir)
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		_, err := ingest.Run(ctx, c, []string{path}, ingest.Options{})
		cancel()
		if err == nil {
			t.Fatal("the import ends before anything is stored")
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if names, err = filepath.Glob(filepath.Join(dir, "*.segment")); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(names[1])
	if err != nil {
		t.Fatal(err)
	}
	b[100] ^= 1
	if err := os.WriteFile(names[1], b, 0o600); err != nil {
		t.Fatal(err)
	}
	c := often(t, dir)
	if _, err := ingest.Run(t.Context(), c, []string{path}, ingest.Options{}); err != nil {
		t.Fatal(err)
	}
	if records(t, c) != records(t, once) {
		t.Errorf("the case differs from one import: %d records of %d, %v", c.Info().Records, once.Info().Records, c.Info().Problems)
	}
	if problems, err := c.Verify(t.Context(), nil); err != nil || len(problems) > 0 {
		t.Errorf("verify: %v, %v", problems, err)
	}
}
