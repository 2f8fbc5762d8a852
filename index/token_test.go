package index_test

import (
	"bytes"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"faultline/analysis/pattern"
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
	holes := []pattern.Span{{From: int32(image), To: int32(image + len("nginx:1.25"))}}

	var tk index.Tokens
	head := tk.Record(raw, message, 77, holes)
	holds(t, &tk, []string{"NODE12", "nginx", "line", "two"}, []string{"warn", "failed", "pull", "image", "für", "ärger_7", "node", "at"})
	if got := tk.Heads()[head]; got != "warn" {
		t.Errorf("the head is %q, want %q", got, "warn")
	}

	tk.Reset()
	if head = tk.Record(raw, message, 0, nil); head != 0 {
		t.Errorf("a record without a shape has the head %d", head)
	}
	holds(t, &tk, []string{"warn", "node12", "failed", "pull", "image", "nginx", "für", "ärger_7", "line", "two"}, []string{"node", "at", "ärger"})

	// In a variable part and behind the first line.
	raw = []byte("WARN Pull of TIMEOUT/refused:1 failed\n  caused by: panic, timeout\n")
	message = raw[5 : len(raw)-1]
	from := bytes.Index(message, []byte("TIMEOUT"))
	tk.Reset()
	for range 2 {
		head = tk.Record(raw, message, 78, []pattern.Span{{From: int32(from), To: int32(from + len("TIMEOUT/refused:1"))}})
	}
	holds(t, &tk, []string{"caused"}, []string{"warn", "timeout", "refused", "panic", "failed"})
	if got := tk.Heads(); got[head] != "warn panic refused timeout" || len(got) != 3 {
		t.Errorf("the head is %q of %q", got[head], got)
	}
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
		n := tk.Record(raw, raw[len(head):], 7, nil)
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
	n := tk.Record(raw, []byte(`a "b" timeout`), 8, nil)
	if got := tk.Heads()[n]; got != "jan kubelet error timeout" {
		t.Errorf("the head of %s is %q", raw, got)
	}
	holds(t, &tk, []string{"level", "msg"}, []string{"error", "timeout"})
}

// TestTokensMissNone holds the rule against words found in the plainest way:
// each is among the tokens, or stands whole in literal text of the message.
func TestTokensMissNone(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pieces := []string{
		"started", "worker7", "naïve", "Ärger_7", "straße", "жар", "été", "K", "İstanbul", "e\u0301a", "–", "“q”", "\xe2\x80", "\xff", "\x80\x80",
		"deadbeef0123", "10.12.13.14:5555", "/var/lib/x_y/z.log", "12345", "1234567", "a", "of", "node-44", "identifier_of_more_than_sixteen_bytes", "=", " ", " ", " ", "\"", ",",
		"error", "Refused",
	}
	text := func(n int) string {
		var s string
		for range n {
			s += pieces[r.IntN(len(pieces))]
		}
		return s
	}
	lx := pattern.NewLexer()
	for round := range 500 {
		var tk index.Tokens
		apart := round%2 == 1 // the messages are put together: all words are to be looked at
		var raws, messages [][]byte
		start, body := text(5), text(12)
		for range 6 {
			h, b := []byte(start), []byte(body)
			if len(h) > 2 { // the next record of the shape differs in front of its message
				i := r.IntN(len(h))
				h = slices.Concat(h[:i], []byte(text(r.IntN(2))), h[min(i+r.IntN(3), len(h)):])
			}
			h = append(h, ' ')
			raw := append(h, b...)
			message := raw[len(h):]
			if apart {
				message = bytes.Clone(message)
			}
			raws, messages = append(raws, raw), append(messages, message)
		}
		missing := map[string]bool{}
		for k, raw := range raws {
			id := lx.Shape(messages[k])
			holes := lx.Spans()
			n := tk.Record(raw, messages[k], id, holes)
			front := raw[:len(raw)-len(messages[k])]
			if apart {
				front = raw
			}
			var all []string
			for from, to := range words(front) {
				all = append(all, string(bytes.ToLower(front[from:to])))
			}
			head := strings.Fields(tk.Heads()[n])
			var whole []string
			for from, to := range words(raw) {
				whole = append(whole, string(bytes.ToLower(raw[from:to])))
			}
			for _, w := range head {
				if !slices.Contains(whole, w) {
					t.Fatalf("the head %q is not of %q", head, raw)
				}
			}
			for _, w := range []string{"error", "refused"} { // people ask for them
				if slices.Contains(all, w) && !slices.Contains(head, w) {
					t.Fatalf("the head %q of %q misses %q", head, raw, w)
				}
			}
			literal := slices.Repeat([]byte{'x'}, len(raw)+2) // with a byte more at either end
			for i := range literal[:len(literal)-1] {
				if apart || i <= len(raw)-len(messages[k]) {
					literal[i] = 0
				}
			}
			for _, h := range holes {
				clear(literal[len(raw)-len(messages[k])+int(h.From)+1:][:h.To-h.From])
			}
			literal[len(raw)+1] = 'x'
			for from, to := range words(raw) {
				if bytes.IndexByte(literal[from+1:to+1], 0) >= 0 || literal[from] == 0 && from > len(raw)-len(messages[k]) || literal[to+1] == 0 {
					if w := raw[from:to]; !slices.Contains(head, string(bytes.ToLower(w))) {
						missing[string(w)] = true
					}
				}
			}
		}
		for w := range missing {
			if h, ok := index.TokenOf([]byte(w)); ok && !slices.Contains(tk.List(), h) {
				t.Fatalf("the tokens miss %q of records such as %q", w, raws)
			}
			for _, g := range index.GramsOf(w) {
				if !slices.Contains(tk.List(), g) {
					t.Fatalf("the tokens miss gram %d of %q of records such as %q", g, w, raws)
				}
			}
		}
	}
}

// words yields the bounds of the words of text.
func words(text []byte) iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		start := -1
		for i := 0; i < len(text); {
			c, n := utf8.DecodeRune(text[i:])
			in := c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c)
			if in && start < 0 {
				start = i
			}
			if !in && start >= 0 {
				if !yield(start, i) {
					return
				}
				start = -1
			}
			i += n
		}
		if start >= 0 {
			yield(start, len(text))
		}
	}
}

func TestTokensAllocateNothing(t *testing.T) {
	raw := []byte("2024-05-01T10:00:00.123456Z WARN node12 Failed to pull image nginx:1.25 für Ärger_7 from 10.1.2.3\n")
	message := raw[bytes.Index(raw, []byte("Failed")) : len(raw)-1]
	lx, tk := pattern.NewLexer(), new(index.Tokens)
	if n := testing.AllocsPerRun(100, func() { tk.Record(raw, message, lx.Shape(message), lx.Spans()) }); n > 0 {
		t.Errorf("%v allocations for a record that is known", n)
	}
}

func BenchmarkTokens(b *testing.B) {
	type record struct {
		raw, message []byte
		shape        uint64
		holes        []pattern.Span
	}
	var records []record
	var n int64
	lx := pattern.NewLexer()
	add := func(head, message string) {
		raw := []byte(head + message + "\n")
		m := raw[len(head) : len(raw)-1]
		records = append(records, record{raw, m, lx.Shape(m), slices.Clone(lx.Spans())})
		n += int64(len(raw))
	}
	for i := range 4000 {
		head := fmt.Sprintf("2026-03-01 10:%02d:%02d,%03d INFO [worker-%d] store.Replica: ", i/60%60, i%60, i%1000, i%7)
		switch i % 4 {
		case 0:
			add(head, fmt.Sprintf("received block blk_%d of size %d from /10.1.%d.%d:50010", i*7919, i*13, i%250, i%199))
		case 1:
			add(head, fmt.Sprintf("request %08x to /api/v1/users/%d took %d ms", i*40503, i, i%900))
		case 2:
			add(head, "heartbeat sent")
		default: // unescaped: the message is no part of the record
			line := fmt.Sprintf(`{"level":"info","ts":"2026-03-01T10:%02d:%02dZ","msg":"pod \"web-%d\" is ready","node":"worker-%d"}`, i/60%60, i%60, i, i%7)
			m := fmt.Appendf(nil, `pod "web-%d" is ready node=worker-%d`, i, i%7)
			records = append(records, record{[]byte(line), m, lx.Shape(m), nil})
			n += int64(len(line))
		}
	}
	tk := new(index.Tokens)
	b.SetBytes(n)
	b.ReportAllocs()
	for b.Loop() {
		tk.Reset()
		for i := range records {
			r := &records[i]
			tk.Record(r.raw, r.message, r.shape, r.holes)
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(records))/b.Elapsed().Seconds()/1e6, "Mrecords/s")
}

// TestTokensOfManyHeads wants a block whose records differ in the words that
// people ask for to keep few heads, and yet to miss none of these words.
func TestTokensOfManyHeads(t *testing.T) {
	words := []string{"alert", "error", "exception", "failed", "failure", "fatal", "panic", "refused", "severe", "timeout", "trace", "warning"}
	r := rand.New(rand.NewPCG(4, 4))
	for _, before := range []bool{false, true} { // the message, or within it
		var tk index.Tokens
		var of []uint32
		var said [][]string
		for range 3000 {
			var list []string
			for _, w := range words {
				if r.IntN(2) == 0 {
					list = append(list, w)
				}
			}
			front, hole := "", "/"+strings.Join(list, "/")
			if before {
				front, hole = strings.Join(list, " ")+" ", "/7"
			}
			raw := []byte(front + "Get " + hole + " done\n")
			message := raw[len(front) : len(raw)-1]
			of = append(of, tk.Record(raw, message, 7, []pattern.Span{{From: 4, To: int32(4 + len(hole))}}))
			said = append(said, list)
		}
		if n := len(tk.Heads()); n > 1000 {
			t.Errorf("%d heads", n)
		}
		for i, list := range said {
			head := strings.Fields(tk.Heads()[of[i]])
			for _, w := range list {
				if token, _ := index.TokenOf([]byte(w)); !slices.Contains(head, w) && !slices.Contains(tk.List(), token) {
					t.Fatalf("record %d: %q is in no head and no token", i, w)
				}
			}
		}
	}
}
