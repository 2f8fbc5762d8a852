package format

import (
	"encoding/json"
	"testing"
)

// FuzzJSONTree compares our reader with encoding/json: what one takes the
// other takes, but for depth and invalid UTF-8.
func FuzzJSONTree(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.5e3,"x\n\u00e9\ud83d\ude00",null,true],"b":{}}`, `[]`, `"\ud800"`, `-0.1`, `01`, `{"a":}`, `[1,]`, `{"a" : "b" , "c":[ ] }`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		tr := &tree{}
		n, ok := tr.parseJSON(src, false)
		if tr.parseJSON(src, true); ok != json.Valid(src) && ok && len(trimSpace(src[n:])) == 0 {
			t.Errorf("parseJSON(%q) = %v, encoding/json says %v", src, ok, json.Valid(src))
		}
		if !ok && json.Valid(src) && nesting(src) < treeDepth {
			t.Errorf("parseJSON(%q) refuses what encoding/json takes", src)
		}
	})
}

func trimSpace(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\n' || b[0] == '\t' || b[0] == '\r') {
		b = b[1:]
	}
	return b
}

func nesting(src []byte) int {
	n := 0
	for _, c := range src {
		if c == '[' || c == '{' {
			n++
		}
	}
	return n
}
