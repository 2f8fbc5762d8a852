package index

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestNeedles(t *testing.T) {
	for source, want := range map[string]string{
		`abc`:                   "abc",
		`(?i)exception in task`: "exception in ta~",
		`(?i)kss`:               "",
		`a(bcd)+e?`:             "bcd",
		`x[0-9]+yz|longer`:      "yz longer",
		`(foo|barbar)\d`:        "foo barbar",
		`foo|\d`:                "",
		`(?i)HÄUS`:              "h~",
		`[a-z]xq[0-9]`:          "xq",
		`.*`:                    "",
		`(a|b|c|d|e|f|g|h|i)x`:  "x",
		`(?:ab1|cd2){2,3}`:      "ab1 cd2",
	} {
		var got []string
		for _, n := range needles(source) {
			s := string(n.text)
			if n.fold {
				s += "~"
			}
			got = append(got, s)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("needles(%q) = %q, want %q", source, s, want)
		}
	}
}

// A needle is found wherever plain search finds it.
func TestNeedleIndex(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	letters := "abBAxX1- é"
	random := func(n int) []byte {
		var b []byte
		for range n {
			b = append(b, letters[r.IntN(len(letters))])
		}
		return b
	}
	for range 20000 {
		text, find := random(r.IntN(60)), random(1+r.IntN(3))
		hay := text
		fold := r.IntN(2) == 0
		if fold {
			find, hay = lowered(find), lowered(text)
		}
		n := newNeedle(find, fold)
		from := r.IntN(len(text) + 1)
		want := bytes.Index(hay[from:], find)
		if want >= 0 {
			want += from
		}
		if got := n.index(text, from); got != want {
			t.Fatalf("index(%q, %d) of %q, fold %v: %d, want %d", text, from, find, fold, got, want)
		}
	}
	var s seeker
	s.reset([]needle{newNeedle([]byte("ab"), true), newNeedle([]byte("x"), false)})
	var got []int
	text := []byte("xx AB ab xab")
	for at := s.next(text, 0); at < len(text); at = s.next(text, at+1) {
		got = append(got, at)
	}
	if fmt.Sprint(got) != "[0 1 3 6 9 10]" {
		t.Errorf("seeker finds %v", got)
	}
}

func lowered(b []byte) []byte { return fold(nil, b, true) }
