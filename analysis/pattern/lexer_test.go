package pattern_test

import (
	"bytes"
	"strings"
	"testing"

	"faultline/analysis/pattern"
)

// TestForms states which parts of a text are variables.
func TestForms(t *testing.T) {
	for _, c := range []struct{ name, message, want string }{
		{"numbers", "5 of -3 and 2.5e-7, 98% (12)", "<*> of <*> and <*>, <*>% (<*>)"},
		{"units stay with their number", "took 12ms, 3.5s, 1h2m3s, 41C, 5.2K, 10GiB", "took <*>, <*>, <*>, <*>, <*>, <*>"},
		{"a number before words", "64-bit, 3-way-merge", "<*>-bit, <*>-way-merge"},
		{"hex", "at 0xdeadbeef and 14ed93111f20027", "at <*> and <*>"},
		{"uuid", "pod 0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d gone", "pod <*> gone"},
		{"ip", "10.0.0.1 10.0.0.1:80 10.0.0.0/8 fe80::1 [2001:db8::1]:443, [::]:80, a[7]:8", "<*> <*> <*> <*> <*>, <*>, a[<*>]:<*>"},
		{"mac", "from 88:75:56:a0:95:ed", "from <*>"},
		{"host and port", "dial kube.example.com:6443: refused, localhost:80", "dial <*>: refused, <*>"},
		{"a file and its line", "main.go:12 Foo.java:7", "main.go:<*> Foo.java:<*>"},
		{"paths", "open /var/log/a.log: no, ~/x ./y/z /", "open <*>: no, <*> <*> /"},
		{"alternatives are no path", "read/write and/or", "read/write and/or"},
		{"a request", `"GET /v2/a?b=c&d=e HTTP/1.1" 200`, `"GET <*>" <*>`},
		{"windows paths", `from C:\Program Files\a\b.txt to \\srv\share\x`, "from <*> to <*>"},
		{"urls", "get https://a.example/x?y=1: EOF (http://b.example)", "get <*>: EOF (<*>)"},
		{"times", "2024-05-06T07:08:09.123Z 2024/05/06 07:08:09 12:34:56,789 06/May/2024:07:08:09 +0000", "<*> <*> <*> <*>"},
		{"spelled dates", "at Fri Jul 01 08:16:53 PDT 2005, Jan  2 15:04:05 and Mon, 02 Jan 2006 15:04:05 GMT", "at <*>, <*> and <*>"},
		{"times with the zone's name", "at 2024-05-06 07:08:09.12 +0000 UTC m=+1.02 and 2024-05-06 07:08:09 +0200 CEST, 2024-05-06 07:08:09 +0000 GET", "at <*> and <*>, <*> GET"},
		{"months that are words", "May fail in March", "May fail in March"},
		{"truth", "ready=true, gone: false, ref null", "ready=<*>, gone: <*>, ref <*>"},
		{"identifiers", "blk_-7000000000000000001 attempt_2017_0024_m_000003 rdd_2_0", "<*> <*> <*>"},
		{"a pod", "pod coredns-5d78c9869d-abcde", "pod <*>"},
		{"numbered names", "node-22 core.1234", "node-<*> core.<*>"},
		{"names of several words and a number", "on pool-1-thread-12 at web-node-07:9000 and node-7/10.0.0.7:80", "on <*> at <*> and node-<*>"},
		{"words with digits stay alone", "ssh2 over ipv6 on x86_64", "ssh2 over ipv6 on x86_64"},
		{"an email", "mail jane.doe@example.com now", "mail <*> now"},
		{"an object's address", "Foo$Bar@33557fe4", "Foo$Bar@<*>"},
		{"rows of dots", "enable.....0", "enable.....<*>"},
		{"less than", "lifetime <1 sec, id <5>", "lifetime <*> sec, id <<*>>"},
		{"escapes", `a\n12 \"x7\" \ttab`, `a\n<*> \"x7\" \ttab`},
		{"blanks", "  a \t b\x00c  ", "a b c"},
		{"letters of all languages", "größe ändern: 5 ☃", "größe ändern: <*> ☃"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := one(t, c.message); got != c.want {
				t.Errorf("template of %q\n got %q\nwant %q", c.message, got, c.want)
			}
		})
	}
}

func TestLongListsAreOne(t *testing.T) {
	l := pattern.NewLexer()
	a := l.Shape([]byte("ids: " + strings.Repeat("1, ", 40) + "1 done"))
	b := l.Shape([]byte("ids: " + strings.Repeat("7, ", 400) + "7 done"))
	if a != b {
		t.Errorf("lists of 41 and 401 numbers have shapes %x and %x, want one", a, b)
	}
}

func TestLongTextIsCut(t *testing.T) {
	l := pattern.NewLexer()
	l.Shape(bytes.Repeat([]byte("word "), 1<<18))
	if n := len(l.Skeleton(nil)); n > 4096 {
		t.Errorf("skeleton of a message of 1.3 MB has %d bytes, want at most 4096", n)
	}
}

func TestShapeDoesNotAllocate(t *testing.T) {
	m := []byte("2024-05-06T07:08:09Z dial tcp 10.0.0.1:443: connect: connection refused after 3 tries of pod coredns-5d78c9869d-abcde")
	trace := []byte("job 12 failed\njava.io.IOException: code 77\n\tat a.B.c(B.java:1)\n")
	l := pattern.NewLexer()
	l.Shape(m)
	l.Shape(trace)
	if n := testing.AllocsPerRun(100, func() { l.Shape(m); l.Shape(trace) }); n != 0 {
		t.Errorf("Shape allocates %v times, want none", n)
	}
}

// FuzzShape wants variables inside the message and in order, a skeleton that
// does not depend on what the lexer saw before, and templates that fit.
func FuzzShape(f *testing.F) {
	for _, s := range []string{
		"a 1 b", "https://", "\\\\?\\C:\\x y\\z", "1:2:3:4", "::1", "a@b.cc", "Jan 1", "<1", "\x01n", "é=\"1\"", "x\n\tat y\nz: Error",
		"(1.2 KB) 5 bytes (1 KB)", "\"\\\"a 1\\\"\"", "....1", "-", "a-_-1", "2024-01-01T", "~/", "0x", "%1", "K\n\nCaused by: 7",
	} {
		f.Add([]byte(s))
	}
	used := pattern.NewLexer()
	f.Fuzz(func(t *testing.T, m []byte) {
		h := used.Shape(m)
		last := 0
		for _, v := range used.Spans() {
			if int(v.From) < last || v.To <= v.From || int(v.To) > len(m) {
				t.Fatalf("variable %d..%d behind %d in %q", v.From, v.To, last, m)
			}
			last = int(v.To)
		}
		fresh := pattern.NewLexer()
		if g := fresh.Shape(m); g != h {
			t.Fatalf("shape of %q = %x, %x from a used lexer", m, g, h)
		}
		s := string(fresh.Skeleton(nil))
		if pattern.Hash([]byte(s)) != h {
			t.Fatalf("shape of %q is not the hash of its skeleton %q", m, s)
		}
		r := pattern.Mine([]pattern.Shape{{ID: h, Skeleton: s, Count: 1}}, pattern.Options{})
		if _, ok := pattern.Values(r.Patterns[0].Text, m); !ok && !bytes.Contains(m, []byte("<*>")) {
			t.Fatalf("%q does not align with its template %q", m, r.Patterns[0].Text)
		}
	})
}
