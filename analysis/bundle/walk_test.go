package bundle_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"faultline/analysis"
	"faultline/analysis/bundle"
)

// got is what a walk gave.
type got struct {
	bundle  analysis.Bundle
	members []analysis.Member // as done gave them
	content map[string]string
}

func (g got) member(t *testing.T, path string) analysis.Member {
	t.Helper()
	for _, m := range g.members {
		if m.Path == path {
			return m
		}
	}
	t.Fatalf("no member %q among %d", path, len(g.members))
	return analysis.Member{}
}

func (g got) paths() []string {
	var list []string
	for _, m := range g.members {
		list = append(list, string(m.Kind)+" "+m.Path)
	}
	return list
}

// kinds lists the kinds of all problems of a member.
func kinds(list []analysis.Problem) []string {
	var kinds []string
	for _, p := range list {
		kinds = append(kinds, p.Kind)
	}
	return kinds
}

func walk(t *testing.T, path string, o bundle.Options) got {
	t.Helper()
	g := got{content: map[string]string{}}
	visited := map[*analysis.Member]bool{}
	b, err := bundle.Walk(t.Context(), path, o, func(m *analysis.Member, r io.Reader) error {
		visited[m] = true
		if r == nil {
			return nil
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if m.Kind != analysis.MemberText || len(data) == 0 {
			t.Errorf("%s: %d bytes of a member of kind %q", m.Path, len(data), m.Kind)
		}
		g.content[m.Path] = string(data)
		return nil
	}, func(m *analysis.Member) error {
		if !visited[m] {
			t.Errorf("%s is done and was not visited", m.Path)
		}
		if data, ok := g.content[m.Path]; ok {
			sum := sha256.Sum256([]byte(data))
			if m.Bytes != int64(len(data)) || m.SHA256 != hex.EncodeToString(sum[:]) {
				t.Errorf("%s: Bytes = %d, SHA256 = %s, want %d, %x", m.Path, m.Bytes, m.SHA256, len(data), sum)
			}
		}
		g.members = append(g.members, *m)
		return nil
	})
	if err != nil {
		t.Fatalf("Walk(%s): %v", path, err)
	}
	if b.Members != len(g.members) {
		t.Errorf("bundle counts %d members, %d are done", b.Members, len(g.members))
	}
	g.bundle = b
	return g
}

// file writes data to a new file of that name and returns its path.
func file(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// item is an entry of an archive to be made.
type item struct {
	name, text string
	kind       byte // of tar
	link       string
}

var stamp = time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)

func makeTar(t testing.TB, items ...item) []byte {
	t.Helper()
	var buf bytes.Buffer
	tw := tar.NewWriter(&buf)
	for _, it := range items {
		h := &tar.Header{Name: it.name, Typeflag: it.kind, Linkname: it.link, Mode: 0o600, Size: int64(len(it.text)), ModTime: stamp}
		if it.kind == 0 {
			h.Typeflag = tar.TypeReg
		}
		if err := tw.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		io.WriteString(tw, it.text)
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func makeZip(t testing.TB, items ...item) []byte {
	t.Helper()
	var buf bytes.Buffer
	zw := zip.NewWriter(&buf)
	for _, it := range items {
		w, err := zw.CreateHeader(&zip.FileHeader{Name: it.name, Method: zip.Deflate, Modified: stamp})
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, it.text)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func gz(data []byte) []byte {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	w.Write(data)
	w.Close()
	return buf.Bytes()
}

func zst(t testing.TB, data []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(data, nil)
}

func lz(data []byte) []byte {
	var buf bytes.Buffer
	w := lz4.NewWriter(&buf)
	w.Write(data)
	w.Close()
	return buf.Bytes()
}

// hello is a line, and helloXZ and helloBzip2 are it as xz and bzip2 write it.
const hello = "2024-03-01T12:00:00Z hello\n"

var (
	helloXZ    = unhex("fd377a585a000004e6d6b446020021010c0000008f98419c01001a323032342d30332d30315431323a30303a30305a2068656c6c6f0a000023ea477ea24f4c650001331bf719885e1fb6f37d010000000004595a")
	helloBzip2 = unhex("425a683931415926535945ab7576000006db00001040027c1004100244a00021a9ea01e9a990a600029f540e41419459d03733e9a1f17724538509045ab75760")
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func TestNesting(t *testing.T) {
	log := hello
	inner := gz(makeTar(t, item{name: "./y.log", text: log}, item{name: "empty.log"}))
	z := makeZip(t, item{name: "deep/b.tar.gz", text: string(inner)}, item{name: "z.log", text: log}, item{name: "dir/"})
	outer := makeTar(t,
		item{name: "./a.zip", text: string(z)},
		item{name: "./x.log.gz", text: string(gz([]byte(log)))},
		item{name: "renamed.bin", text: string(lz(makeTar(t, item{name: "q.log", text: log})))},
		item{name: "plain.gz", text: log},
		item{name: "x", text: string(helloXZ)},
		item{name: "bz", text: string(helloBzip2)},
	)
	for _, wrap := range []struct {
		name string
		data []byte
	}{{"b.tar", outer}, {"b.tar.gz", gz(outer)}, {"b", zst(t, outer)}, {"b.lz4", lz(outer)}} {
		t.Run(wrap.name, func(t *testing.T) {
			g := walk(t, file(t, wrap.name, wrap.data), bundle.Options{})
			want := []string{
				"text a.zip!/deep/b.tar.gz!/y.log", "empty a.zip!/deep/b.tar.gz!/empty.log", "archive a.zip!/deep/b.tar.gz",
				"text a.zip!/z.log", "archive a.zip",
				"text x.log.gz", "text renamed.bin!/q.log", "archive renamed.bin", "text plain.gz", "text x", "text bz",
			}
			if diff := cmp.Diff(want, g.paths()); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
			for path, data := range g.content {
				if data != log {
					t.Errorf("%s holds %q", path, data)
				}
			}
			if d := g.member(t, "x.log.gz").Detail; d != "gzip" {
				t.Errorf("x.log.gz: Detail = %q, want gzip", d)
			}
			sum := sha256.Sum256(z)
			if m := g.member(t, "a.zip"); m.SHA256 != hex.EncodeToString(sum[:]) {
				t.Errorf("a.zip: SHA256 = %s, want %x", m.SHA256, sum)
			}
			if m := g.member(t, "plain.gz"); !m.Modified.Equal(stamp) {
				t.Errorf("plain.gz: Modified = %v, want %v", m.Modified, stamp)
			}
			sum = sha256.Sum256(wrap.data)
			if g.bundle.SHA256 != hex.EncodeToString(sum[:]) || g.bundle.Size != int64(len(wrap.data)) {
				t.Errorf("bundle = %+v, want %d bytes of SHA-256 %x", g.bundle, len(wrap.data), sum)
			}
			if len(g.bundle.Problems) > 0 {
				t.Errorf("problems: %v", g.bundle.Problems)
			}
			id, err := bundle.Identify(t.Context(), file(t, "copy", wrap.data))
			if err != nil || id.ID != hex.EncodeToString(sum[:8]) || id.SHA256 != g.bundle.SHA256 {
				t.Errorf("Identify = %+v, %v, want the beginning of %x", id, err, sum)
			}
		})
	}
}

func TestLoneFile(t *testing.T) {
	g := walk(t, file(t, "app.log", []byte("a\nb\n")), bundle.Options{})
	if diff := cmp.Diff([]string{"text app.log"}, g.paths()); diff != "" {
		t.Error(diff)
	}
	g = walk(t, file(t, "app.log.gz", gz([]byte("a\nb\n"))), bundle.Options{})
	if diff := cmp.Diff([]string{"text app.log.gz"}, g.paths()); diff != "" || g.content["app.log.gz"] != "a\nb\n" {
		t.Error(diff, g.content)
	}
	g = walk(t, file(t, "nothing.log", nil), bundle.Options{})
	if diff := cmp.Diff([]string{"empty nothing.log"}, g.paths()); diff != "" {
		t.Error(diff)
	}
	if _, err := bundle.Walk(t.Context(), filepath.Join(t.TempDir(), "absent"), bundle.Options{}, nil, nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Walk of an absent file: %v", err)
	}
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	write := func(name, data string) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		os.MkdirAll(filepath.Dir(path), 0o700)
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("b/two.log", "two\n")
	write("a.log", "one\n")
	write("c.zip", string(makeZip(t, item{name: "three.log", text: "three\n"})))
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "b", "out")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	if err := os.Symlink(".", filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	g := walk(t, dir, bundle.Options{})
	want := []string{"text a.log", "link b/out", "text b/two.log", "text c.zip!/three.log", "archive c.zip", "link loop"}
	if diff := cmp.Diff(want, g.paths()); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if l := g.member(t, "b/out").Link; l != "/etc/passwd" {
		t.Errorf("Link = %q", l)
	}
	var hashes bundle.Hashes
	first, err := hashes.Identify(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if again := walk(t, dir, bundle.Options{Hashes: &hashes}); !cmp.Equal(again.members, g.members) {
		t.Errorf("with known hashes: %s", cmp.Diff(g.members, again.members))
	}
	os.Chtimes(filepath.Join(dir, "a.log"), stamp, stamp)
	if again, _ := bundle.Identify(t.Context(), dir); again.ID != first.ID || len(first.ID) != 16 {
		t.Errorf("ID = %q, then %q", first.ID, again.ID)
	}
	write("a.log", "One\n")
	if again, _ := bundle.Identify(t.Context(), dir); again.ID == first.ID {
		t.Error("another content has the same ID")
	}
}

func TestSpecialEntries(t *testing.T) {
	data := makeTar(t,
		item{name: "dir/", kind: tar.TypeDir},
		item{name: "out", kind: tar.TypeSymlink, link: "../../etc/passwd"},
		item{name: "out/through.log", text: "x\n"},
		item{name: "hard", kind: tar.TypeLink, link: "out/through.log"},
		item{name: "pipe", kind: tar.TypeFifo},
		item{name: "null", kind: tar.TypeChar},
		item{name: "disk", kind: tar.TypeBlock},
	)
	g := walk(t, file(t, "s.tar", data), bundle.Options{})
	want := []string{"link out", "text out/through.log", "link hard", "special pipe", "special null", "special disk"}
	if diff := cmp.Diff(want, g.paths()); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if m := g.member(t, "out"); m.Link != "../../etc/passwd" || m.Detail != "symbolic link" {
		t.Errorf("out = %+v", m)
	}
}

func TestHostileNames(t *testing.T) {
	names := map[string]string{
		"../../etc/passwd": "etc/passwd",
		"/abs/x.log":       "abs/x.log",
		"a/../b.log":       "b.log",
		`C:\win\y.log`:     "C/win/y.log",
		"rtl\u202egol.exe": `rtl\u202egol.exe`,
		"new\nline":        `new\x0aline`,
		"..":               "unnamed",
		"esc\x1b[31m":      `esc\x1b[31m`,
	}
	for written, want := range names {
		g := walk(t, file(t, "n.zip", makeZip(t, item{name: written, text: "x"})), bundle.Options{})
		m := g.members[0]
		if m.Path != want {
			t.Errorf("%q is called %q, want %q", written, m.Path, want)
		}
		if k := kinds(m.Problems); len(k) == 0 || k[0] != analysis.ProblemName {
			t.Errorf("%q: problems %v", written, m.Problems)
		}
	}
	g := walk(t, file(t, "n.zip", makeZip(t, item{name: strings.Repeat("n", 5000), text: "x"}, item{name: `dir\file.log`, text: "x"})), bundle.Options{})
	if n := len(g.members[0].Path); n != 4096 {
		t.Errorf("a long name has %d bytes", n)
	}
	if g.members[1].Path != "dir/file.log" || len(g.members[1].Problems) > 0 {
		t.Errorf("a name with backslashes = %+v", g.members[1])
	}
	g = walk(t, file(t, "n.tar", makeTar(t, item{name: `dev-by\x2dlabel`, text: "x"}, item{name: "bad\xffutf8", text: "x"})), bundle.Options{})
	if g.members[1].Path != `bad\xffutf8` {
		t.Errorf("a name that is not UTF-8 is called %q", g.members[1].Path)
	}
	if g.members[0].Path != `dev-by\x2dlabel` {
		t.Errorf("a name with a backslash in a tar is called %q", g.members[0].Path)
	}
}

func TestDuplicates(t *testing.T) {
	g := walk(t, file(t, "d.tar", makeTar(t, item{name: "a", text: "1"}, item{name: "./a", text: "2"}, item{name: "A", text: "3"}, item{name: "a", text: "4"})), bundle.Options{})
	want := map[string]string{"a": "1", "a #2": "2", "A": "3", "a #3": "4"}
	if diff := cmp.Diff(want, g.content); diff != "" {
		t.Error(diff)
	}
}

func TestDamage(t *testing.T) {
	text := strings.Repeat("2024-03-01T12:00:00Z a line that is long enough to matter 0123456789\n", 4000)
	packed := gz([]byte(text))
	tarred := makeTar(t, item{name: "a.log", text: text}, item{name: "b.log", text: text})
	tests := []struct {
		name  string
		data  []byte
		want  []string // kinds and paths
		probs []string // of the first member
		whole []string // of the bundle
		check func(t *testing.T, g got)
	}{
		{
			"truncated gzip", packed[:len(packed)/2],
			[]string{"text f"},
			[]string{analysis.ProblemTruncated},
			nil,
			func(t *testing.T, g got) {
				if n := len(g.content["f"]); n < 1000 || !strings.HasPrefix(text, g.content["f"]) {
					t.Errorf("%d bytes of the prefix are kept", n)
				}
			},
		},
		{"truncated zstd", zst(t, []byte(text))[:60], []string{"unread f"}, []string{analysis.ProblemTruncated}, nil, nil},
		{"gzip of a wrong checksum", append(append([]byte{}, packed[:len(packed)-8]...), 1, 2, 3, 4, packed[len(packed)-4], packed[len(packed)-3], packed[len(packed)-2], packed[len(packed)-1]), []string{"text f"}, []string{analysis.ProblemCorrupt}, nil, func(t *testing.T, g got) {
			if g.content["f"] != text {
				t.Errorf("%d bytes are kept of %d", len(g.content["f"]), len(text))
			}
		}},
		{"two gzip members and garbage", append(append(gz([]byte("one\n")), gz([]byte("two\n"))...), "garbage"...), []string{"text f"}, []string{analysis.ProblemCorrupt}, nil, func(t *testing.T, g got) {
			if g.content["f"] != "one\ntwo\n" {
				t.Errorf("content = %q", g.content["f"])
			}
		}},
		{"two xz streams, padding and garbage", slices.Concat(helloXZ, make([]byte, 8), helloXZ, []byte("garbage garbage")), []string{"text f"}, []string{analysis.ProblemCorrupt}, nil, func(t *testing.T, g got) {
			if g.content["f"] != hello+hello {
				t.Errorf("content = %q", g.content["f"])
			}
		}},
		{"two bzip2 streams and garbage", slices.Concat(helloBzip2, helloBzip2, []byte("garbage")), []string{"text f"}, []string{analysis.ProblemCorrupt}, nil, func(t *testing.T, g got) {
			if g.content["f"] != hello+hello {
				t.Errorf("content = %q", g.content["f"])
			}
		}},
		{"truncated xz", helloXZ[:60], []string{"text f"}, []string{analysis.ProblemTruncated}, nil, nil},
		{"gzip with padding", append(gz([]byte("one\n")), make([]byte, 700)...), []string{"text f"}, nil, nil, nil},
		{"two zstd frames and garbage", append(append(zst(t, []byte("one\n")), zst(t, []byte("two\n"))...), "garbage!"...), []string{"text f"}, []string{analysis.ProblemCorrupt}, nil, func(t *testing.T, g got) {
			if g.content["f"] != "one\ntwo\n" {
				t.Errorf("content = %q", g.content["f"])
			}
		}},
		{"two lz4 frames and garbage", append(append(lz([]byte("one\n")), lz([]byte("two\n"))...), "garbage!"...), []string{"text f"}, []string{analysis.ProblemCorrupt}, nil, func(t *testing.T, g got) {
			if g.content["f"] != "one\ntwo\n" {
				t.Errorf("content = %q", g.content["f"])
			}
		}},
		{"truncated tar", tarred[:len(tarred)*3/4], []string{"text a.log", "text b.log"}, nil, []string{analysis.ProblemTruncated}, nil},
		{"truncated tar in gzip", gz(tarred)[:len(gz(tarred))*3/4], []string{"text a.log", "text b.log"}, nil, []string{analysis.ProblemTruncated}, nil},
		{"garbage behind a tar", append(append([]byte{}, tarred...), "garbage"...), []string{"text a.log", "text b.log"}, nil, []string{analysis.ProblemCorrupt}, nil},
		{"broken inner archive first", makeTar(t, item{name: "broken.tar.gz", text: "\x1f\x8b\x08\x00broken broken broken broken"}, item{name: "b.log", text: "x\n"}), []string{"unread broken.tar.gz", "text b.log"}, []string{analysis.ProblemCorrupt}, nil, nil},
		{"gzip header only", packed[:10], []string{"unread f"}, []string{analysis.ProblemTruncated}, nil, nil},
		{"zip without its directory", makeZip(t, item{name: "a.log", text: text}, item{name: "b.log", text: "x\n"}, item{name: "c.log", text: text})[:len(gz([]byte(text)))+250], []string{"text a.log", "text b.log", "text c.log"}, nil, []string{analysis.ProblemTruncated}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := walk(t, file(t, "f", test.data), bundle.Options{})
			if diff := cmp.Diff(test.want, g.paths()); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
			if len(g.members) > 0 {
				if diff := cmp.Diff(test.probs, kinds(g.members[0].Problems)); diff != "" {
					t.Errorf("problems of %s: %v", g.members[0].Path, g.members[0].Problems)
				}
			}
			if diff := cmp.Diff(test.whole, kinds(g.bundle.Problems)); diff != "" {
				t.Errorf("problems of the bundle: %v", g.bundle.Problems)
			}
			if test.check != nil {
				test.check(t, g)
			}
		})
	}
}

func TestEncryptedAndOverlappingZip(t *testing.T) {
	data := makeZip(t, item{name: "secret.log", text: "hidden\n"}, item{name: "open.log", text: "seen\n"})
	central := bytes.Index(data, []byte("PK\x01\x02"))
	data[6] |= 1         // of the local header
	data[central+8] |= 1 // of the directory
	g := walk(t, file(t, "e.zip", data), bundle.Options{})
	if diff := cmp.Diff([]string{"unread secret.log", "text open.log"}, g.paths()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{analysis.ProblemEncrypted}, kinds(g.members[0].Problems)); diff != "" {
		t.Error(diff)
	}

	// The second directory entry points at the bytes of the first.
	data = makeZip(t, item{name: "a.log", text: "seen\n"}, item{name: "b.log", text: "seen\n"})
	second := bytes.LastIndex(data, []byte("PK\x01\x02"))
	copy(data[second+42:second+46], []byte{0, 0, 0, 0})
	g = walk(t, file(t, "o.zip", data), bundle.Options{})
	if diff := cmp.Diff([]string{"text a.log", "unread b.log"}, g.paths()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{analysis.ProblemLimit}, kinds(g.members[1].Problems)); diff != "" {
		t.Error(diff)
	}
}

func TestLimits(t *testing.T) {
	deep := []byte("x\n")
	for i := range 8 {
		deep = makeTar(t, item{name: fmt.Sprintf("%d", i), text: string(deep)})
	}
	g := walk(t, file(t, "deep.tar", deep), bundle.Options{})
	if m := g.members[0]; m.Path != "7!/6!/5!/4!/3!/2" || m.Kind != analysis.MemberUnread || kinds(m.Problems)[0] != analysis.ProblemLimit {
		t.Errorf("the deepest member is %+v", m)
	}

	bomb := makeTar(t, item{name: "bomb.gz", text: string(gz(make([]byte, 4<<20)))}, item{name: "b.log", text: "x\n"})
	g = walk(t, file(t, "bomb.tar", bomb), bundle.Options{Limits: bundle.Limits{RatioFrom: 1 << 20}})
	if m := g.member(t, "bomb.gz"); m.Bytes > 2<<20 || kinds(m.Problems)[0] != analysis.ProblemLimit {
		t.Errorf("bomb.gz = %+v", m)
	}
	if g.content["b.log"] != "x\n" {
		t.Error("what follows the bomb was not read")
	}

	var bombs []item
	for i := range 20 {
		bombs = append(bombs, item{name: fmt.Sprintf("%02d.gz", i), text: string(gz(make([]byte, 5<<20)))})
	}
	bombs = append(bombs, item{name: "z.log", text: "x\n"})
	g = walk(t, file(t, "bombs.tar", makeTar(t, bombs...)), bundle.Options{Limits: bundle.Limits{RatioFrom: 4 << 20, Total: 32 << 20}})
	if g.content["z.log"] != "x\n" {
		t.Errorf("many bombs left no room for the log behind them: %v", g.bundle.Problems)
	}
	if last := g.member(t, "19.gz"); kinds(last.Problems)[0] != analysis.ProblemLimit {
		t.Errorf("19.gz = %+v", last)
	}

	many := makeTar(t, item{name: "a", text: "x"}, item{name: "b", text: "x"}, item{name: "c", text: "x"})
	g = walk(t, file(t, "many.tar", many), bundle.Options{Limits: bundle.Limits{Members: 2}})
	if len(g.members) != 2 || len(g.bundle.Problems) != 1 || g.bundle.Problems[0].Kind != analysis.ProblemLimit {
		t.Errorf("%v, %v", g.paths(), g.bundle.Problems)
	}

	z := makeZip(t, item{name: "a", text: "0123456789"}, item{name: "b", text: "0123456789"}, item{name: "c", text: "0123456789"})
	g = walk(t, file(t, "total.zip", z), bundle.Options{Limits: bundle.Limits{Total: 15}})
	if diff := cmp.Diff([]string{"text a", "text b", "unread c"}, g.paths()); diff != "" {
		t.Error(diff)
	}
	if len(g.bundle.Problems) != 1 {
		t.Errorf("problems: %v", g.bundle.Problems)
	}
}

func TestDocumentsAreNotArchives(t *testing.T) {
	xlsx := makeZip(t, item{name: "[Content_Types].xml", text: "<x/>"}, item{name: "xl/workbook.xml", text: "<x/>"})
	jar := makeZip(t, item{name: "META-INF/MANIFEST.MF", text: "x"}, item{name: "a.class", text: "x"})
	g := walk(t, file(t, "d.tar", makeTar(t, item{name: "list.xlsx", text: string(xlsx)}, item{name: "app.bin", text: string(jar)})), bundle.Options{})
	if diff := cmp.Diff([]string{"binary list.xlsx", "binary app.bin"}, g.paths()); diff != "" {
		t.Error(diff)
	}
	if g.members[0].Detail != "Excel workbook" || g.members[1].Detail != "Java archive" || g.members[0].Bytes != int64(len(xlsx)) {
		t.Errorf("%+v", g.members)
	}
}

func TestLargeInnerZipIsSpooled(t *testing.T) {
	z := makeZip(t, item{name: "a.log", text: "seen\n"})
	g := walk(t, file(t, "s.tar", makeTar(t, item{name: "in.zip", text: string(z)})), bundle.Options{Limits: bundle.Limits{Memory: 16}})
	if g.content["in.zip!/a.log"] != "seen\n" {
		t.Errorf("%v", g.paths())
	}
}

// TestZipOfAnySizes reads members whose packed bytes are few or many, next to
// each other in any order: short reads share what they take, long ones do not.
func TestZipOfAnySizes(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var items []item
	for i := range 400 {
		b := make([]byte, []int{1, 30, 600, 2 << 10, 5 << 10, 17 << 10, 70 << 10}[r.IntN(7)]+r.IntN(40))
		for k := range b {
			b[k] = byte(1 + r.IntN(255)) // it does not pack
		}
		items = append(items, item{name: fmt.Sprintf("m%d", i), text: string(b)})
	}
	g := walk(t, file(t, "b.zip", makeZip(t, items...)), bundle.Options{})
	if len(g.content) != len(items) {
		t.Errorf("%d members, want %d", len(g.content), len(items))
	}
	for _, it := range items {
		if g.content[it.name] != it.text {
			t.Errorf("%s differs", it.name)
		}
	}
	if len(g.bundle.Problems) > 0 {
		t.Error(g.bundle.Problems)
	}
}

func TestSkipAndErrors(t *testing.T) {
	path := file(t, "s.tar", makeTar(t, item{name: "a", text: "0123456789"}, item{name: "b", text: "x"}))
	var seen []analysis.Member
	_, err := bundle.Walk(t.Context(), path, bundle.Options{}, func(m *analysis.Member, r io.Reader) error {
		return bundle.ErrSkip
	}, func(m *analysis.Member) error {
		seen = append(seen, *m)
		return nil
	})
	if err != nil || len(seen) != 2 || seen[0].Bytes != 10 || seen[0].SHA256 != "" {
		t.Errorf("skipped: %+v, %v", seen, err)
	}
	stop := errors.New("stop")
	_, err = bundle.Walk(t.Context(), path, bundle.Options{}, func(m *analysis.Member, r io.Reader) error { return stop }, nil)
	if !errors.Is(err, stop) {
		t.Errorf("Walk = %v, want the visitor's error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = bundle.Walk(ctx, path, bundle.Options{}, func(m *analysis.Member, r io.Reader) error {
		cancel()
		return nil
	}, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Walk = %v, want canceled", err)
	}
}

func TestSurvey(t *testing.T) {
	long := strings.Repeat("0123456789", 2000)
	path := file(t, "s.tar", makeTar(t, item{name: "long", text: long}, item{name: "short", text: "x\n"}))
	seen := map[string][2]string{}
	_, err := bundle.Survey(t.Context(), path, bundle.Options{}, func(m *analysis.Member, head, tail []byte) error {
		seen[m.Path] = [2]string{string(head), string(tail)}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][2]string{"long": {long[:4096], long[len(long)-4096:]}, "short": {"x\n", "x\n"}}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
}

func TestCasesAreNoPartOfABundle(t *testing.T) {
	dir := t.TempDir()
	os.Mkdir(filepath.Join(dir, "acme.case"), 0o700)
	for name, data := range map[string]string{"a.log": "x\n", "acme.case/manifest": "faultline case 1 00\n{}", "acme.case/1.segment": "y"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	g := walk(t, dir, bundle.Options{})
	if diff := cmp.Diff([]string{"text a.log"}, g.paths()); diff != "" || len(g.bundle.Problems) != 1 {
		t.Error(diff, g.bundle.Problems)
	}
	before, _ := bundle.Identify(t.Context(), dir)
	os.WriteFile(filepath.Join(dir, "acme.case", "2.segment"), []byte("z"), 0o600)
	if after, err := bundle.Identify(t.Context(), dir); err != nil || after.ID != before.ID {
		t.Errorf("ID = %q, then %q, %v", before.ID, after.ID, err)
	}
	if _, err := bundle.Identify(t.Context(), filepath.Join(dir, "acme.case")); err == nil {
		t.Error("a case passes for a bundle")
	}
}

func TestHostFromTheBundlesName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sosreport-db01-2024-03-01-abcdefg")
	os.MkdirAll(filepath.Join(dir, "var", "log"), 0o700)
	if err := os.WriteFile(filepath.Join(dir, "var", "log", "messages"), []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	g := walk(t, dir, bundle.Options{})
	if h := g.members[0].Resource.Host; h != "db01" {
		t.Errorf("Host = %q, want db01", h)
	}
	if want := time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC); !g.bundle.Collected.Equal(want) {
		t.Errorf("Collected = %v, want %v", g.bundle.Collected, want)
	}
}

// TestReadAhead walks archives that are long enough to be unpacked ahead of
// the reader, one inside of another, whole, cut off and left early.
func TestReadAhead(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	text := make([]byte, 3<<20)
	for i := range text {
		text[i] = "0123456789abcdef\n"[r.IntN(17)]
	}
	pack := func(b []byte) []byte {
		var buf bytes.Buffer
		zw := gzip.NewWriter(&buf)
		_, err := zw.Write(b)
		if err := errors.Join(err, zw.Close()); err != nil {
			t.Fatal(err)
		}
		return buf.Bytes()
	}
	tarOf := func(files ...[]byte) []byte {
		var buf bytes.Buffer
		tw := tar.NewWriter(&buf)
		for i, f := range files {
			err := tw.WriteHeader(&tar.Header{Name: fmt.Sprint(i), Typeflag: tar.TypeReg, Mode: 0o600, Size: int64(len(f))})
			_, err2 := tw.Write(f)
			if err := errors.Join(err, err2); err != nil {
				t.Fatal(err)
			}
		}
		if err := tw.Close(); err != nil {
			t.Fatal(err)
		}
		return buf.Bytes()
	}
	whole := pack(tarOf(text, pack(text), pack(pack(tarOf(text[:1<<20], text))), text[:10], text))
	walk := func(b []byte, visit bundle.Visit) (bundles []analysis.Member, err error) {
		path := filepath.Join(t.TempDir(), "b.tar.gz")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = bundle.Walk(t.Context(), path, bundle.Options{}, visit, func(m *analysis.Member) error {
			bundles = append(bundles, *m)
			return nil
		})
		return bundles, err
	}
	read := func(m *analysis.Member, r io.Reader) error {
		if r == nil {
			return nil
		}
		_, err := io.Copy(io.Discard, r)
		return err
	}
	list, err := walk(append(slices.Clone(whole), "rest"...), read)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"0": len(text), "1": len(text), "2!/0": 1 << 20, "2!/1": len(text), "3": 10, "4": len(text)}
	for _, m := range list {
		if n, ok := want[m.Path]; ok && (m.Bytes != int64(n) || m.SHA256 != fmt.Sprintf("%x", sha256.Sum256(text[:n]))) {
			t.Errorf("%s has %d bytes with hash %s", m.Path, m.Bytes, m.SHA256)
		}
		delete(want, m.Path)
		if len(m.Problems) > 0 {
			t.Errorf("%s: %v", m.Path, m.Problems)
		}
	}
	if len(want) > 0 {
		t.Errorf("not seen: %v", want)
	}
	list, err = walk(whole[:len(whole)/2], read)
	if err != nil || len(list) == 0 || len(list[len(list)-1].Problems) == 0 {
		t.Errorf("cut off: %v, %v", list, err)
	}
	synctest.Test(t, func(t *testing.T) { // it fails when a goroutine is left
		left := errors.New("left")
		if _, err := walk(whole, func(m *analysis.Member, r io.Reader) error {
			if m.Path == "2!/1" {
				return left
			}
			return read(m, r)
		}); !errors.Is(err, left) {
			t.Errorf("left early: %v", err)
		}
	})
}

// BenchmarkWalk unpacks and hashes an archive of logs.
func BenchmarkWalk(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	var text bytes.Buffer
	for text.Len() < 4<<20 {
		fmt.Fprintf(&text, "2024-01-18T10:%02d:%02d.%03dZ INFO [worker-%d] request %d took %d ms\n", r.IntN(60), r.IntN(60), r.IntN(1000), r.IntN(16), r.IntN(1e9), r.IntN(900))
	}
	var buf bytes.Buffer
	zw := gzip.NewWriter(&buf)
	tw := tar.NewWriter(zw)
	for i := range 4 {
		if err := tw.WriteHeader(&tar.Header{Name: fmt.Sprint(i), Typeflag: tar.TypeReg, Mode: 0o600, Size: int64(text.Len())}); err != nil {
			b.Fatal(err)
		}
		if _, err := tw.Write(text.Bytes()); err != nil {
			b.Fatal(err)
		}
	}
	if err := errors.Join(tw.Close(), zw.Close()); err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "b.tar.gz")
	if err := os.WriteFile(path, buf.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(4 * int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := bundle.Walk(b.Context(), path, bundle.Options{}, func(*analysis.Member, io.Reader) error { return nil }, nil); err != nil {
			b.Fatal(err)
		}
	}
}
