package ingest_test

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"faultline/analysis"
	"faultline/analysis/bundle"
	"faultline/analysis/ingest"
	"faultline/index"
)

// hostileLong makes TestHostile import inputs of full size:
//
//	go test ./analysis/ingest -run TestHostile -hostile -v -timeout 60m
var hostileLong = flag.Bool("hostile", false, "TestHostile imports a million members, lines of 10 GB and bombs of GBs")

// importing is the bundle that a child process of TestHostile imports.
const importing = "FAULTLINE_TEST_IMPORT"

// outcome is what the child says.
type outcome struct {
	Members        int
	Bytes, Indexed int64
	Records        int64
	Good           int64 // records of good.log
	Kinds          map[string]int
	Whole          []string // problems of the bundle
	Bad            string   // what is wrong with the ledger
	Peak           int64    // MiB of memory
	Elapsed        time.Duration
	Disk           int64
}

func TestMain(m *testing.M) {
	if path := os.Getenv(importing); path != "" {
		if err := importHostile(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if dir := os.Getenv(killed); dir != "" {
		if err := importAgain(dir, os.Getenv(killed+"_ZONE")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func importHostile(path string) error {
	debug.SetMemoryLimit(ingest.Memory) // as the command does
	dir, err := os.MkdirTemp(filepath.Dir(path), "case-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c, err := index.Create(dir, index.Options{})
	if err != nil {
		return err
	}
	o := ingest.Options{}
	if os.Getenv("FAULTLINE_TEST_SMALL") != "" {
		o.Limits = bundle.Limits{RatioFrom: 8 << 20}
	}
	start := time.Now()
	res, err := ingest.Run(context.Background(), c, []string{path}, o)
	if err != nil {
		return err
	}
	out := outcome{Elapsed: time.Since(start), Members: res.Members, Bytes: res.Bytes, Indexed: res.Indexed, Records: res.Records, Kinds: map[string]int{}, Disk: c.Info().Disk}
	for _, b := range res.Bundles {
		for _, p := range b.Problems {
			out.Whole = append(out.Whole, p.Kind+": "+p.Detail)
		}
	}
	for _, m := range c.Members().All() {
		if m.Bytes != m.Indexed+m.Skipped || m.Skipped < 0 || m.Skipped > 0 && m.Reason == "" {
			out.Bad = fmt.Sprintf("%s: %d bytes, %d indexed, %d skipped (%s)", m.Path, m.Bytes, m.Indexed, m.Skipped, m.Reason)
		}
		if m.Path == "good.log" {
			out.Good = m.Records
		}
		for _, p := range m.Problems {
			out.Kinds[p.Kind]++
		}
	}
	if err := c.Close(); err != nil {
		return err
	}
	out.Peak = peakMemory()
	return json.NewEncoder(os.Stdout).Encode(out)
}

// hostile is one input, made in a folder that also holds good.log.
type hostile struct {
	name  string
	write func(t *testing.T, dir string)
	check func(o outcome) string // says what is wrong
	quick bool                   // must not take longer than five seconds of CPU
}

// bombXZ is 300 MiB of zeros in an xz in an xz.
const bombXZ = "fd377a585a000004e6d6b446020021011c00000010cf58cce0b34701e55d007e8dcb4582e68338f9e1edd2f9475f15e47e337cc3fe7f48d493805d4ea4250adea66c185ecd007567f14187453eda54e0869624b408ce2c6a07420bdad84f2a97122914415fae52722e738c487c003e7ed98e7bd2327cc679b62a4fe58d242a28fae5a43111d24b68e74a5251af4bc48b37773a93c90e7f1bc729d890becb7efccf8f9aefe3ca67fa8730e14889578c994f501cc27c65593eece40552116acee2dff7a81d49f2143c104d38d38127f4e8c5bfaffe8393b622b8a2e598df2008640a02c5de84dbebf969c2f27c8e8be069668a8facf0d5ede8c722c37b46d169111dc5804fdde4ec3df657a21f8a54e60b300ad06873dc96a567f52ab936e81c21290ea577ec6f4c050d2ee6dc71f5fb149aecabb294640067505ed6dee5b4a7a7654af08349030fb718c1ee73992cbf796b5696ef8bef11243969f4bc27074d59ed12a9105b1a7c8978e25fa0fe882d1bb57d25b88c97350ea19cabf0643919821dbc70fd7db32dd33db57c3d10099759996f451ec1a75f94dd787428c80da904d2421de8b097e4a86175e17291faaa06981079d255efee8962e67b5c96430a251d9a9f0ae8294ab5b2f19bd0aaca68ac2840a174c969576a3a226ba937cfac5ae1d7829cfa534ffc52585fcb1ee22bb0ade7c9dbd29ef2764682df795f9a14dcd045554c00000000f4a0c8b4547874f000018104c8e6020019bd99cfb1c467fb020000000004595a"

// zeros writes n zeros through w.
func zeros(t *testing.T, w io.Writer, n int64) {
	t.Helper()
	if _, err := io.CopyN(w, zero{}, n); err != nil {
		t.Fatal(err)
	}
}

type zero struct{}

func (zero) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// repeated reads as one byte, again and again.
type repeated byte

func (r repeated) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(r)
	}
	return len(b), nil
}

func createFile(t *testing.T, dir, name string, fill func(w *bufio.Writer)) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fill(w)
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// hostiles returns the inputs; size picks the short or the long form of one.
func hostiles(size func(short, long int64) int64) []hostile {
	limited := func(kind string) func(o outcome) string {
		return func(o outcome) string {
			if o.Kinds[kind] == 0 {
				return fmt.Sprintf("no problem of kind %q", kind)
			}
			return ""
		}
	}
	bomb := func(name string, pack func(t *testing.T, w io.Writer) io.WriteCloser) hostile {
		return hostile{name: name, check: limited(analysis.ProblemLimit), write: func(t *testing.T, dir string) {
			createFile(t, dir, "bomb."+name, func(w *bufio.Writer) {
				z := pack(t, w)
				zeros(t, z, size(32<<20, 4<<30))
				if err := z.Close(); err != nil {
					t.Fatal(err)
				}
			})
		}}
	}
	members := size(10_000, 10_000)
	entries := size(8_000, 1_000_000)
	line := size(80<<20, 10<<30)
	return []hostile{
		{name: "10,000 members", write: func(t *testing.T, dir string) {
			createFile(t, dir, "many.tar", func(w *bufio.Writer) {
				tw := tar.NewWriter(w)
				for i := range members {
					text := fmt.Sprintf("2024-01-02T03:04:05Z INFO member %d is here\n", i)
					if err := tw.WriteHeader(&tar.Header{Name: fmt.Sprintf("%d/%d.log", i%100, i), Mode: 0o600, Size: int64(len(text)), ModTime: stamp}); err != nil {
						t.Fatal(err)
					}
					io.WriteString(tw, text)
				}
				if err := tw.Close(); err != nil {
					t.Fatal(err)
				}
			})
		}, check: func(o outcome) string {
			if int64(o.Members) != members+2 || o.Records != members+1000 {
				return "members are missing"
			}
			return ""
		}},
		{name: "zip of very many entries", write: func(t *testing.T, dir string) {
			createFile(t, dir, "many.zip", func(w *bufio.Writer) {
				zw := zip.NewWriter(w)
				for i := range entries {
					f, err := zw.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("%d", i), Method: zip.Store})
					if err != nil {
						t.Fatal(err)
					}
					fmt.Fprintf(f, "%d\n", i)
				}
				if err := zw.Close(); err != nil {
					t.Fatal(err)
				}
			})
		}, check: func(o outcome) string {
			// good.log and the zip count among the million that a bundle may have
			if want := min(entries+2, 1_000_000); int64(o.Members) != want {
				return fmt.Sprintf("want %d members", want)
			}
			return ""
		}},
		{name: "sparse file of 100 GB", quick: true, write: func(t *testing.T, dir string) {
			createFile(t, dir, "hole.log", func(*bufio.Writer) {})
			if err := os.Truncate(filepath.Join(dir, "hole.log"), 100e9); err != nil {
				t.Skip("no sparse files here:", err)
			}
		}, check: func(o outcome) string {
			if o.Bytes < 100e9 || o.Indexed > 1<<20 {
				return "it was not skipped"
			}
			return ""
		}},
		{name: "one very long line", write: func(t *testing.T, dir string) {
			createFile(t, dir, "line.log", func(w *bufio.Writer) {
				fmt.Fprintf(w, "2024-01-02T03:04:05Z INFO before\n2024-01-02T03:04:06Z INFO ")
				if _, err := io.CopyN(w, repeated('a'), line); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(w, "\n2024-01-02T03:04:07Z INFO after\n")
			})
		}, check: func(o outcome) string {
			if o.Indexed < line {
				return "part of it is not indexed"
			}
			return ""
		}},
		bomb("gz", func(t *testing.T, w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }),
		bomb("zst", func(t *testing.T, w io.Writer) io.WriteCloser {
			z, err := zstd.NewWriter(w)
			if err != nil {
				t.Fatal(err)
			}
			return z
		}),
		{name: "xz in xz", check: limited(analysis.ProblemLimit), write: func(t *testing.T, dir string) {
			createFile(t, dir, "bomb.xz", func(w *bufio.Writer) {
				b, err := hex.DecodeString(bombXZ)
				if err != nil {
					t.Fatal(err)
				}
				w.Write(b)
			})
		}},
		{name: "zip 1000:1, many times", check: limited(analysis.ProblemLimit), write: func(t *testing.T, dir string) {
			createFile(t, dir, "bomb.zip", func(w *bufio.Writer) {
				var packed bytes.Buffer
				fw, err := flate.NewWriter(&packed, 9)
				if err != nil {
					t.Fatal(err)
				}
				n := size(16<<20, 600<<20)
				zeros(t, fw, n)
				if err := fw.Close(); err != nil {
					t.Fatal(err)
				}
				zw := zip.NewWriter(w)
				for i := range size(3, 40) {
					f, err := zw.CreateRaw(&zip.FileHeader{Name: fmt.Sprintf("%d.log", i), Method: zip.Deflate, CompressedSize64: uint64(packed.Len()), UncompressedSize64: uint64(n)})
					if err != nil {
						t.Fatal(err)
					}
					f.Write(packed.Bytes())
				}
				if err := zw.Close(); err != nil {
					t.Fatal(err)
				}
			})
		}},
		{name: "zip whose entries overlap", check: limited(analysis.ProblemLimit), write: func(t *testing.T, dir string) {
			var buf bytes.Buffer
			zw := zip.NewWriter(&buf)
			for i := range 200 {
				f, err := zw.Create(fmt.Sprintf("%03d.log", i))
				if err != nil {
					t.Fatal(err)
				}
				io.WriteString(f, isoLog(50, 3))
			}
			if err := zw.Close(); err != nil {
				t.Fatal(err)
			}
			b := buf.Bytes() // all of the directory's entries point at the first
			for at := bytes.Index(b, []byte("PK\x01\x02")); at >= 0 && at+46 < len(b); {
				copy(b[at+42:at+46], []byte{0, 0, 0, 0})
				next := bytes.Index(b[at+4:], []byte("PK\x01\x02"))
				if next < 0 {
					break
				}
				at += 4 + next
			}
			createFile(t, dir, "overlap.zip", func(w *bufio.Writer) { w.Write(b) })
		}},
		{name: "zips 17 deep, 4 in each", check: limited(analysis.ProblemLimit), write: func(t *testing.T, dir string) {
			inner := []byte(isoLog(20, 4))
			for depth := range 17 {
				var buf bytes.Buffer
				zw := zip.NewWriter(&buf)
				for i := range 4 {
					f, err := zw.Create(fmt.Sprintf("%d-%d.zip", depth, i))
					if err != nil {
						t.Fatal(err)
					}
					f.Write(inner)
				}
				if err := zw.Close(); err != nil {
					t.Fatal(err)
				}
				inner = buf.Bytes()
			}
			createFile(t, dir, "deep.zip", func(w *bufio.Writer) { w.Write(inner) })
		}},
		{name: "archives that hold themselves", quick: true, write: func(t *testing.T, dir string) {
			createFile(t, dir, "quine.gz", func(w *bufio.Writer) { w.Write(gzipQuine(t)) })
			createFile(t, dir, "quine.zip", func(w *bufio.Writer) { w.Write(zipQuine(t)) })
		}, check: func(o outcome) string {
			// the zip six times and what is in the last one; the gzip; good.log
			if o.Kinds[analysis.ProblemLimit] != 2 || o.Members != 9 {
				return "they are not opened to the limit and named"
			}
			return ""
		}},
		{name: "documents 200,000 deep", write: func(t *testing.T, dir string) {
			n := 200_000
			for name, text := range map[string]string{
				"deep.json":  strings.Repeat("[", n) + strings.Repeat("]", n),
				"open.json":  strings.Repeat(`{"a":`, n),
				"deep.yaml":  "a: " + strings.Repeat("[", n),
				"open.yaml":  "- " + strings.Repeat("- ", n),
				"deep.xml":   `<?xml version="1.0"?><testsuites>` + strings.Repeat("<a>", n),
				"lines.json": strings.Repeat(`{"level":"error","msg":`+strings.Repeat(`{"m":`, 2000)+"1"+strings.Repeat("}", 2001)+"\n", 50),
				"alias.yaml": "apiVersion: v1\nkind: List\na: &a [x,x,x,x,x,x,x,x,x]\n" + func() string {
					var b strings.Builder
					for c := 'b'; c <= 'z'; c++ {
						fmt.Fprintf(&b, "%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), ","))
					}
					return b.String()
				}(),
				"laughs.xml": `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>`,
			} {
				createFile(t, dir, name, func(w *bufio.Writer) { w.WriteString(text) })
			}
		}, check: func(o outcome) string {
			if o.Members != 9 || o.Indexed != o.Bytes {
				return "a document is not indexed as text"
			}
			return ""
		}},
		{name: "one huge JSON value", write: func(t *testing.T, dir string) {
			createFile(t, dir, "value.json", func(w *bufio.Writer) {
				fmt.Fprintf(w, `{"kind":"List","items":[{"kind":"Pod","message":"`)
				if _, err := io.CopyN(w, repeated('v'), size(80<<20, 1<<30)); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(w, "\"}]}\n")
			})
		}, check: limited(analysis.ProblemLimit)},
	}
}

// TestHostile imports hostile inputs, each beside a good log, in a process of
// its own: memory stays bounded, the log is imported whole, and every byte is
// in the ledger.
func TestHostile(t *testing.T) {
	size := func(short, long int64) int64 {
		if *hostileLong {
			return long
		}
		return short
	}
	good := isoLog(1000, 8)
	var table strings.Builder
	for _, h := range hostiles(size) {
		t.Run(h.name, func(t *testing.T) {
			dir := t.TempDir()
			in := filepath.Join(dir, "bundle")
			if err := os.Mkdir(in, 0o700); err != nil {
				t.Fatal(err)
			}
			createFile(t, in, "good.log", func(w *bufio.Writer) { w.WriteString(good) })
			h.write(t, in)
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), importing+"="+in)
			if !*hostileLong {
				cmd.Env = append(cmd.Env, "FAULTLINE_TEST_SMALL=1")
			}
			cmd.Stderr = os.Stderr
			b, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			var o outcome
			if err := json.Unmarshal(b, &o); err != nil {
				t.Fatal(err)
			}
			cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			fmt.Fprintf(&table, "%-26s %9d members %6d MB read %6.1f s %6.1f cpu-s %4d MiB peak %5d MB stored %v\n", h.name, o.Members, o.Bytes/1e6, o.Elapsed.Seconds(), cpu.Seconds(), o.Peak, o.Disk/1e6, o.Kinds)
			if o.Bad != "" || o.Good != 1000 {
				t.Errorf("the good log has %d records; %s", o.Good, o.Bad)
			}
			if wrong := h.check(o); wrong != "" {
				t.Errorf("%s: %+v", wrong, o)
			}
			if o.Peak > 512 {
				t.Errorf("%d MiB of memory", o.Peak)
			}
			if h.quick && cpu > 5*time.Second {
				t.Errorf("%v of CPU", cpu)
			}
		})
	}
	t.Logf("\n%s", table.String())
}
