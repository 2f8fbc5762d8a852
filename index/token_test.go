package index_test

import (
	"bytes"
	"slices"
	"testing"

	"faultline/index"
)

// holds checks which words tk has the tokens of.
func holds(t *testing.T, tk *index.Tokens, in, out []string) {
	t.Helper()
	for _, w := range in {
		if h, ok := index.TokenOf([]byte(w)); !ok || !slices.Contains(tk.List(), h) {
			t.Errorf("the tokens miss %q", w)
		}
	}
	for _, w := range out {
		if h, ok := index.TokenOf([]byte(w)); ok && slices.Contains(tk.List(), h) {
			t.Errorf("the tokens hold %q", w)
		}
	}
}

func TestTokensOfRecord(t *testing.T) {
	raw := []byte("2024-05-01T10:00:00.123456Z WARN node12 Failed to pull image nginx:1.25 für Ärger_7\n  at line two\n")
	at := bytes.Index(raw, []byte("Failed"))
	message := raw[at : len(raw)-1]
	image := bytes.Index(message, []byte("nginx"))
	vars := func(yield func(start, end int)) { yield(image, image+len("nginx:1.25")) }

	var tk index.Tokens
	tk.Record(raw, message, 77, vars)
	holds(t, &tk, []string{"WARN", "NODE12", "nginx", "line", "two"}, []string{"failed", "pull", "image", "für", "ärger_7", "node", "at"})

	tk.Reset()
	tk.Record(raw, message, 0, nil)
	holds(t, &tk, []string{"warn", "node12", "failed", "pull", "image", "nginx", "für", "ärger_7", "line", "two"}, []string{"node", "at", "ärger"})
}

func TestTokenOf(t *testing.T) {
	for _, c := range []struct {
		word string
		ok   bool
	}{
		{"to", false},
		{"the", true},
		{"2024", false},
		{"443", false},
		{"10250", true},
		{"123456", false},
		{"1234567890", true},
		{"02T15", false},
		{"123456Z", false},
		{"1a2b3c", true},
		{"deadbeef", true},
		{"", false},
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
