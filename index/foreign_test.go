package index_test

import (
	"bytes"
	"errors"
	"maps"
	"strings"
	"testing"

	"faultline/index"
)

// TestForeign opens cases with a file that is whole and of another version:
// they are refused, and not a byte of them is changed.
func TestForeign(t *testing.T) {
	version := func(at int) func(b []byte) []byte {
		return func(b []byte) []byte {
			if at < 0 {
				at += len(b)
			}
			b[at]++
			return b
		}
	}
	edit := func(old, now string) func(b []byte) []byte {
		return func(b []byte) []byte {
			if !bytes.Contains(b, []byte(old)) {
				t.Fatalf("no %q in the manifest", old)
			}
			return bytes.Replace(b, []byte(old), []byte(now), 1)
		}
	}
	for name, x := range map[string]struct {
		file   string // its ending
		layout int
		edit   func(b []byte) []byte
	}{
		"layout of the manifest":  {"manifest", 2, edit(`"layout": 1`, `"layout": 2`)},
		"manifest that says more": {"manifest", 1, edit(`"layout": 1`, `"layout": 1, "colour": "red"`)},
		"version of a segment":    {".segment", 1, version(-1)},
		"version of a batch":      {".batch", 1, version(7)},
		"rows of a batch":         {".batch", 1, func([]byte) []byte { b, _ := index.Pack("FLBATCH\x02", []byte{3, 9, 9, 9}, []byte{0}); return b }},
	} {
		t.Run(name, func(t *testing.T) {
			dir, d := t.TempDir(), index.NewDisk()
			c, err := index.Create(dir, d.Use(index.Options{}))
			if err != nil {
				t.Fatal(err)
			}
			importAll(t, c, newSource("b1", 3, 40, 20))
			closeCase(t, c)
			file := ""
			for _, n := range d.Names() {
				if strings.HasSuffix(n, x.file) {
					file = n
				}
			}
			if err := d.Forge(file, x.layout, x.edit); err != nil {
				t.Fatal(err)
			}
			d.SetFile("000999.segment", []byte("listed nowhere"))
			before := d.Files()
			for _, o := range []index.Options{{}, {ReadOnly: true}} {
				c, err := index.Open(dir, d.Use(o))
				var foreign *index.ForeignError
				if !errors.As(err, &foreign) || foreign.File != file || !strings.Contains(err.Error(), "another version") {
					t.Errorf("open, read only %v: %v, want an error that names %s", o.ReadOnly, err, file)
				}
				if c != nil {
					closeCase(t, c)
				}
			}
			if _, err := index.Create(dir, d.Use(index.Options{})); !errors.Is(err, index.ErrExists) {
				t.Errorf("create: %v, want ErrExists", err)
			}
			if !maps.EqualFunc(before, d.Files(), bytes.Equal) {
				t.Errorf("the refused case was changed: %v", d.Names())
			}
		})
	}
}
