package index_test

import (
	"bytes"
	"slices"
	"testing"

	"faultline/index"
)

func tokens(words ...string) []uint64 {
	var list []uint64
	for _, w := range words {
		if h, ok := index.TokenOf([]byte(w)); ok {
			list = append(list, h)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func sorted(t *index.Tokens) []uint64 {
	list := slices.Clone(t.List())
	slices.Sort(list)
	return slices.Compact(list)
}

func TestTokensOfRecord(t *testing.T) {
	raw := []byte("2024-05-01T10:00:00.123456Z WARN node12 Failed to pull image nginx:1.25 für Ärger_7\n  at line two\n")
	at := bytes.Index(raw, []byte("Failed"))
	message := raw[at : len(raw)-1]
	image := bytes.Index(message, []byte("nginx"))
	vars := func(yield func(start, end int)) { yield(image, image+len("nginx:1.25")) }

	var tk index.Tokens
	tk.Record(raw, message, vars)
	want := tokens("WARN", "NODE12", "nginx", "line", "two")
	if got := sorted(&tk); !slices.Equal(got, want) {
		t.Errorf("Record: %d tokens, want those of the header, the variable and the second line (%d)", len(got), len(want))
	}

	tk.Reset()
	tk.Record(raw, message, nil)
	want = tokens("warn", "node12", "failed", "pull", "image", "nginx", "für", "ärger_7", "line", "two")
	if got := sorted(&tk); !slices.Equal(got, want) {
		t.Errorf("Record without a shape: %d tokens, want %d", len(got), len(want))
	}
}

func TestTokenOf(t *testing.T) {
	for _, c := range []struct {
		word string
		ok   bool
	}{
		{"to", false}, {"the", true}, {"2024", false}, {"443", false}, {"10250", true}, {"123456", false}, {"1234567890", true},
		{"02T15", false}, {"123456Z", false}, {"1a2b3c", true}, {"deadbeef", true}, {"", false},
	} {
		if _, ok := index.TokenOf([]byte(c.word)); ok != c.ok {
			t.Errorf("TokenOf(%q) kept: %v, want %v", c.word, ok, c.ok)
		}
	}
	a, _ := index.TokenOf([]byte("OOMKilled"))
	b, _ := index.TokenOf([]byte("oomkilled"))
	if a != b {
		t.Error("TokenOf tells cases apart")
	}
}
