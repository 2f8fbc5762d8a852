package format

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// yamlText is a tree as text that tells kinds, keys and values apart.
func yamlText(v value) string {
	var b strings.Builder
	var write func(v value)
	write = func(v value) {
		n := v.node()
		switch n.kind {
		case treeMap, treeList:
			open, closer := "[", "]"
			if n.kind == treeMap {
				open, closer = "{", "}"
			}
			b.WriteString(open)
			for c := range v.each {
				if n.kind == treeMap {
					fmt.Fprintf(&b, "%q:", c.node().key)
				}
				write(c)
				b.WriteString(",")
			}
			b.WriteString(closer)
		case treeNull:
			b.WriteString("null")
		default:
			fmt.Fprintf(&b, "%q", n.text)
		}
	}
	write(v)
	return b.String()
}

// oracle reads a document with yaml/v3 alone.
func oracle(src []byte) (string, bool) {
	var doc yaml.Node
	if yaml.Unmarshal(src, &doc) != nil || len(doc.Content) == 0 {
		return "", false
	}
	t := &tree{}
	t.reset(src)
	c := yamlConverter{t: t}
	if _, ok := c.node(nil, doc.Content[0], 0); !ok {
		return "", false
	}
	return yamlText(t.root()), true
}

// fastYAML reads a document with our own reader alone.
func fastYAML(src []byte) (string, bool) {
	t := &tree{}
	t.reset(src)
	p := yamlParser{t: t, s: src}
	if !p.document() {
		return "", false
	}
	return yamlText(t.root()), true
}

var yamlSamples = []string{
	"a: 1\nb: two words\nc: \"q: \\n \\u00e9\"\nd: 'it''s'\n",
	"---\na:\n- x\n- y: 1\n  z: 2\n-\n  w: 3\nb: []\nc: {}\nd: null\ne: ~\nf:\n",
	"a: |\n  one\n   two\n\n  three\nb: >-\n  folded\n  text\n\n  para\n    more\n  end\nc: |+\n  keep\n\nd: x\n",
	"a: plain\n  folded\n  text\nb: 'quoted\n  over\n\n  lines'\nc: \"dq \\\n  joined\n  x\"\n",
	"a: # comment\n  b: c # more\n# whole line\nd: e#f\n",
	"- - 1\n  - 2\n- a: b\n",
	"a: |2\n    indented\n  less\nb: 1",
	"a: |\n  no end",
	"a: {b: 1}\nc: &x 1\nd: *x\n",
	"url: http://host:80/path\ntime: 10:20:30\n",
	"\"quoted key\": 1\n'single': 2\n",
	"a:\n  b:\n    c: d\n  e: f\ng: h\n",
	"a: >\n  x\n\n\n  y\n\nb: c\n",
	"a: |-\n\n\n  x\n\nb: c\n",
	"a: \"x\"  # c\nb: -1\nc: - x\n",
}

func TestYAMLAgainstOracle(t *testing.T) {
	for i, s := range yamlSamples {
		want, wantOK := oracle([]byte(s))
		got, ok := fastYAML([]byte(s))
		if ok && (!wantOK || got != want) {
			t.Errorf("sample %d %q:\n got %s\nwant %s (%v)", i, s, got, want, wantOK)
		}
		if !ok && i < 8 {
			t.Errorf("sample %d %q: left to yaml/v3", i, s)
		}
	}
}

// TestYAMLMustGather compares both readers on every YAML file of a folder.
func TestYAMLFolder(t *testing.T) {
	dir := os.Getenv("FAULTLINE_YAML")
	if dir == "" {
		t.Skip("FAULTLINE_YAML names no folder of YAML files to compare on")
	}
	files, slow := 0, 0
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		got, ok := fastYAML(src)
		if !ok {
			slow++
			t.Logf("%s: left to yaml/v3", path)
			return nil
		}
		if len(src) > 400<<10 {
			return nil
		}
		want, wantOK := oracle(src)
		if !wantOK || got != want {
			i := 0
			for i < min(len(got), len(want)) && got[i] == want[i] {
				i++
			}
			t.Errorf("%s: differs (oracle %v) at\n got …%s\nwant …%s", path, wantOK, got[max(0, i-60):min(i+120, len(got))], want[max(0, i-60):min(i+120, len(want))])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files, %d left to yaml/v3", files, slow)
}

func FuzzYAMLTree(f *testing.F) {
	for _, s := range yamlSamples {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if bytes.ContainsAny(src, "\t\r\x00") {
			return // yaml/v3 differs from itself there; kubectl writes none of them
		}
		got, ok := fastYAML(src)
		if !ok {
			return
		}
		if want, ok := oracle(src); ok && got != want {
			t.Errorf("%q:\n got %s\nwant %s", src, got, want)
		}
	})
}
