package index_test

import (
	"bytes"
	"slices"
	"strings"
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
	head := tk.Record(raw, message, 77, vars)
	holds(t, &tk, []string{"NODE12", "nginx", "line", "two"}, []string{"warn", "failed", "pull", "image", "für", "ärger_7", "node", "at"})
	if got := tk.Heads()[head]; got != "warn" {
		t.Errorf("the head is %q, want %q", got, "warn")
	}

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

func TestHeads(t *testing.T) {
	var tk index.Tokens
	record := func(head, message string) string {
		raw := []byte(head + message)
		n := tk.Record(raw, raw[len(head):], 7, func(func(start, end int)) {})
		return tk.Heads()[n]
	}
	for range 2 {
		for _, c := range []struct{ raw, head string }{
			{"Jan  5 00:06:28 LabSZ sshd[8259]: error: ", "jan labsz sshd error"},
			{"", ""},
			{"2026-01-05 03:58:54,525 - ERROR [n7] ERROR of ", "error"},
			{"INFO Größe: ", "info größe"},
			{strings.Repeat("ab cde fgh ", 30) + "error ", "cde fgh error"},
			{"abc bcd cde def efg fgh ghi hij ijk jkl klm lmn mno nop warn ", "abc bcd cde def efg fgh ghi hij ijk jkl klm lmn warn"},
		} {
			if got := record(c.raw, "says no"); c.head != "" && got != c.head {
				t.Errorf("the head of %q is %q, want %q", c.raw, got, c.head)
			}
		}
		holds(t, &tk, []string{"mno", "nop"}, []string{"sshd", "error", "INFO", "Größe", "says", "cde"})
		tk.Reset()
	}
	// A block of very many heads keeps only the words that are asked for.
	for i := range 1000 {
		program := "prog" + string([]byte{'a' + byte(i/676), 'a' + byte(i/26%26), 'a' + byte(i%26)})
		got := record(program+" warn: ", "says no")
		if i < 60 && got != program+" warn" || i > 70 && got != "warn" {
			t.Fatalf("head %d of many is %q", i, got)
		}
		if i > 70 {
			holds(t, &tk, []string{program}, []string{"warn"})
		}
	}
	if n := len(tk.Heads()); n > 100 {
		t.Errorf("%d heads", n)
	}
	tk.Reset()
	// What was put together has in its head only those words, wherever they are.
	raw := []byte(`Jan  5 kubelet: {"level":"error","msg":"a \"b\" timeout"}`)
	n := tk.Record(raw, []byte(`a "b" timeout`), 8, func(func(start, end int)) {})
	if got := tk.Heads()[n]; got != "jan kubelet error timeout" {
		t.Errorf("the head of %s is %q", raw, got)
	}
	holds(t, &tk, []string{"level", "msg"}, []string{"error", "timeout"})
}
