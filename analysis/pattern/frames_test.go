package pattern_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"faultline/analysis/pattern"
)

// traces are stack traces as programs of each language write them, made up,
// and what they are told by.
var traces = []struct {
	name, message string
	chain, own    []string
}{
	{
		"java with a cause",
		"request 17 failed\njava.lang.IllegalStateException: pool 3 closed\n" +
			"\tat com.acme.Pool.get(Pool.java:17)\n\tat com.acme.Main$$Lambda$14/0x0000000800c03000.run(Unknown Source)\n\tat java.base/java.lang.Thread.run(Thread.java:829)\n" +
			"Caused by: java.net.ConnectException: Connection refused\n\tat java.base/sun.nio.ch.Net.connect0(Native Method)\n\tat com.acme.net.Client.lambda$dial$0(Client.java:5)\n\t... 12 more",
		[]string{"Caused by: java.net.ConnectException: Connection refused", "java.lang.IllegalStateException: pool <*> closed", "request <*> failed"},
		[]string{"com.acme.net.Client.dial", "com.acme.Pool.get", "com.acme.Main.run"},
	},
	{
		"java proxies and accessors",
		"java.lang.NullPointerException: order 5\n\tat com.acme.Orders$$EnhancerBySpringCGLIB$$1a2b3c4d.find(<generated>)\n\tat com.acme.Orders$1.call(Orders.java:9)\n" +
			"\tat jdk.internal.reflect.GeneratedMethodAccessor73.invoke(Unknown Source)\n\tat com.acme.Api.get(Api.java:2)",
		[]string{"java.lang.NullPointerException: order <*>"},
		[]string{"com.acme.Orders.find", "com.acme.Orders.call", "com.acme.Api.get"},
	},
	{
		"python chained",
		"job 7 crashed\nTraceback (most recent call last):\n  File \"/srv/app/store.py\", line 12, in load\n    return open(p)\nFileNotFoundError: [Errno 2] No such file or directory: '/tmp/a7'\n\n" +
			"During handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"/srv/app/main.py\", line 3, in <module>\n    run()\n" +
			"  File \"/usr/lib/python3.11/site-packages/click/core.py\", line 1130, in __call__\n    x()\n  File \"/srv/app/main.py\", line 40, in run\n    raise Failed(3)\nacme.errors.FailedError: task 3",
		[]string{"job <*> crashed", "FileNotFoundError: [Errno <*>] No such file or directory: '<*>'", "acme.errors.FailedError: task <*>"},
		[]string{"store.load", "main.run", "main.module"},
	},
	{
		"javascript",
		"TypeError: Cannot read properties of undefined (reading 'id')\n    at Pool.get [as fetch] (/srv/app/dist/pool.3f2a1b.js:17:5)\n    at async Object.handle (/srv/app/api.js:40:12)\n" +
			"    at /srv/app/api.js:9:1\n    at Layer.handle (/srv/node_modules/express/lib/router/layer.js:95:5)\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
		[]string{"TypeError: Cannot read properties of undefined (reading 'id')"},
		[]string{"pool.Pool.get", "api.handle", "api"},
	},
	{
		"go panic",
		"panic: runtime error: index out of range [5] with length 3\n\ngoroutine 17 [running]:\nruntime.gopanic({0x4a, 0x12})\n\t/usr/local/go/src/runtime/panic.go:884 +0x212\n" +
			"github.com/acme/pool.(*Pool).Get(0xc000012340, 0x5)\n\t/src/pool/pool.go:17 +0x1d\ngithub.com/acme/pool.Run.func1.2()\n\t/src/pool/run.go:8 +0x25\nmain.main()\n\t/src/main.go:8 +0x1d\n" +
			"\ngoroutine 5 [select]:\ngithub.com/acme/other.Wait()\n\t/src/other.go:2 +0x1",
		[]string{"panic: runtime error: index out of range [<*>] with length <*>"},
		[]string{"github.com/acme/pool.(*Pool).Get", "github.com/acme/pool.Run", "main.main"},
	},
	{
		".net with an inner exception",
		"Unhandled exception. System.InvalidOperationException: order 5\n ---> System.IO.IOException: disk full\n   at Acme.Store.<Save>d__5.MoveNext() in C:\\src\\Store.cs:line 17\n" +
			"   at Acme.Store.<>c__DisplayClass3_0.<Flush>b__0()\n   --- End of inner exception stack trace ---\n   at System.Threading.Tasks.Task.Wait()\n   at Acme.Program.Main(String[] args) in C:\\src\\Program.cs:line 3",
		[]string{"---> System.IO.IOException: disk full", "Unhandled exception. System.InvalidOperationException: order <*>"},
		[]string{"Acme.Store.Save", "Acme.Store.Flush", "Acme.Program.Main"},
	},
	{
		"ruby",
		"/srv/app/pool.rb:17:in `get': pool 3 closed (PoolError)\n\tfrom /srv/app/run.rb:5:in `block (2 levels) in work'\n\tfrom /usr/lib/ruby/gems/3.1.0/gems/rack-2.2/lib/rack.rb:9:in `call'\n\tfrom /srv/app/main.rb:2:in `<main>'",
		[]string{"<*> `get': pool <*> closed (PoolError)"},
		[]string{"pool.get", "run.work", "main.<main>"},
	},
	{
		"rust",
		"thread 'main' panicked at src/pool.rs:17:5:\nindex out of bounds: the len is 3 but the index is 5\nstack backtrace:\n   0: rust_begin_unwind\n             at /rustc/82e1608/library/std/src/panicking.rs:645:5\n" +
			"   1: core::panicking::panic_fmt\n   2: acme::pool::get::{{closure}}\n             at ./src/pool.rs:17:5\n   3: acme::pool::run::h0123456789abcdef\n   4: acme::main",
		[]string{"index out of bounds: the len is <*> but the index is <*>", "thread 'main' panicked at src/pool.rs:<*>:"},
		[]string{"acme::pool::get", "acme::pool::run", "acme::main"},
	},
	{
		"c++ in a debugger",
		"terminate called after throwing an instance of 'std::runtime_error'\n  what():  pool 3 closed\n#0  0x00007f3c1a2b in raise () from /lib/x86_64-linux-gnu/libc.so.6\n#1  0x00007f3c1a2c in abort () from /lib/x86_64-linux-gnu/libc.so.6\n" +
			"#2  0x000055d01234 in acme::Pool::get (this=0x7ffe, n=3) at src/pool.cc:17\n#3  0x00007f3c1a2d in ?? () from /opt/acme/libworker.so.2\n#4  0x000055d05678 in main (argc=1) at src/main.cc:3",
		[]string{"what(): pool <*> closed", "terminate called after throwing an instance of 'std::runtime_error'"},
		[]string{"acme::Pool::get", "libworker", "main"},
	},
	{
		"sanitizer",
		"==123==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010\n    #0 0x4f1234 in acme::Pool::get(int) /src/pool.cc:17:3\n    #1 0x4f5678 in main /src/main.cc:3\n    #2 0x7f12 (/lib/libc.so.6+0x2724)",
		[]string{"==<*>==ERROR: AddressSanitizer: heap-use-after-free on address <*>"},
		[]string{"acme::Pool::get", "main"},
	},
	{
		"kernel oops",
		"BUG: kernel NULL pointer dereference, address: 0000000000000008\nRIP: 0010:acme_get+0x1f/0x30 [acme]\nCall Trace:\n <TASK>\n ? __die+0x20/0x70\n acme_open.isra.0+0x1f/0x30 [acme]\n do_sys_open+0x57/0x80\n </TASK>",
		[]string{"BUG: kernel <*> pointer dereference, address: <*>"},
		[]string{"acme_get", "acme_open", "do_sys_open"},
	},
}

func TestSignature(t *testing.T) {
	l := pattern.NewLexer()
	for _, c := range traces {
		t.Run(c.name, func(t *testing.T) {
			s, ok := l.Signature([]byte(c.message), "")
			if !ok {
				t.Fatalf("Signature(%q) finds no trace", c.message)
			}
			if d := cmp.Diff(c.chain, s.Chain); d != "" {
				t.Errorf("chain: -want +got\n%s", d)
			}
			if d := cmp.Diff(c.own, s.Own); d != "" {
				t.Errorf("own frames: -want +got\n%s", d)
			}
			if s.Strict == "" || s.App == "" || s.Top == "" || s.Strict == s.Top {
				t.Errorf("hashes %q, %q, %q: want three", s.Strict, s.App, s.Top)
			}
		})
	}
	for _, m := range []string{
		"", "all is well", "first\nsecond", "config:\n  at: 5\n  from: here\n", "a list\n 1: one two\n 2: three four\n", "look at this\nat noon\n",
	} {
		if s, ok := l.Signature([]byte(m), ""); ok {
			t.Errorf("Signature(%q) = %+v, want none", m, s)
		}
	}
}

// TestSignatureHashes says which hashes survive what.
func TestSignatureHashes(t *testing.T) {
	const head = "job 5 failed\njava.io.IOException: disk full\n"
	first := head + "\tat java.io.File.write(File.java:1)\n\tat a.B.c(B.java:1)\n\tat a.B.d(B.java:2)\n\tat a.B.d(B.java:2)\n\tat java.lang.Thread.run(Thread.java:3)\n"
	l := pattern.NewLexer()
	want, _ := l.Signature([]byte(first), "")
	for _, c := range []struct {
		name, message    string
		strict, app, top bool // equal to the first's
	}{
		{"other numbers", strings.NewReplacer("job 5", "job 6", "java:1)", "java:77)").Replace(first), true, true, true},
		{"deeper recursion", strings.Replace(first, "\tat a.B.d(B.java:2)\n", strings.Repeat("\tat a.B.d(B.java:2)\n", 40), 1), true, true, true},
		{"another way through a library", strings.Replace(first, "java.io.File.write", "java.nio.Channel.write", 1), false, true, true},
		{"another caller", strings.ReplaceAll(first, "a.B.d", "a.B.e"), false, false, true},
		{"another place", strings.Replace(first, "a.B.c", "a.X.c", 1), false, false, false},
		{"another exception", strings.Replace(first, "disk full", "broken pipe", 1), false, false, false},
	} {
		s, ok := l.Signature([]byte(c.message), "")
		if got := [3]bool{s.Strict == want.Strict, s.App == want.App, s.Top == want.Top}; !ok || got != [3]bool{c.strict, c.app, c.top} {
			t.Errorf("%s: strict, app and top equal: %v, want %v", c.name, got, [3]bool{c.strict, c.app, c.top})
		}
	}
}

// TestSignatureOfPattern wants traces of one pattern told apart by their frames
// alone, not by what varies in the text.
func TestSignatureOfPattern(t *testing.T) {
	const text = "job <*> failed for <*> | java.io.IOException: disk full"
	l := pattern.NewLexer()
	var got []pattern.Signature
	for _, who := range []string{"alice", "bob"} {
		s, ok := l.Signature([]byte("job 5 failed for "+who+"\njava.io.IOException: disk full\n\tat a.B.c(B.java:1)\n"), text)
		if !ok || s.Chain[1] != "job <*> failed for <*>" {
			t.Fatalf("Signature for %s = %+v, %v", who, s, ok)
		}
		got = append(got, s)
	}
	if d := cmp.Diff(got[0], got[1]); d != "" {
		t.Errorf("-first +second\n%s", d)
	}
}

// TestOwnFramesTellPatternsApart wants one pattern for one failure, whatever
// library frames and line numbers, and another for the same exception at
// another place.
func TestOwnFramesTellPatternsApart(t *testing.T) {
	a := "job 3 failed\njava.io.IOException: disk full\n\tat java.io.F.w(F.java:9)\n\tat a.B.c(B.java:1)\n\tat a.B.d(B.java:2)\n"
	b := "job 7 failed\njava.io.IOException: disk full\n\tat a.B.c(B.java:5)\n\tat a.B.d(B.java:2)\n\tat java.lang.Thread.run(Thread.java:1)\n"
	c := "job 9 failed\njava.io.IOException: disk full\n\tat x.Y.z(Y.java:31)\n"
	list := shapes(a, b, c)
	r := pattern.Mine(list, pattern.Options{})
	if len(list) != 2 || len(r.Patterns) != 2 {
		t.Fatalf("%d shapes, patterns %+v: want two", len(list), r.Patterns)
	}
	for i, want := range []string{"a.B.c < a.B.d", "x.Y.z"} {
		if p := r.Patterns[i]; p.Text != "job <*> failed | java.io.IOException: disk full" || p.At != want || p.ID == r.Patterns[1-i].ID {
			t.Errorf("pattern %d = %+v, want the one at %q", i, p, want)
		}
	}
}

func FuzzSignature(f *testing.F) {
	for _, c := range traces {
		f.Add([]byte(c.message))
	}
	l := pattern.NewLexer()
	f.Fuzz(func(t *testing.T, msg []byte) {
		s, ok := l.Signature(msg, "")
		again, _ := pattern.NewLexer().Signature(msg, "")
		if d := cmp.Diff(s, again); d != "" {
			t.Errorf("Signature(%q) differs the second time: %s", msg, d)
		}
		if ok && (s.Strict == "" || len(s.Own) > 5) {
			t.Errorf("Signature(%q) = %+v", msg, s)
		}
		for _, name := range s.Own {
			if name == "" || strings.ContainsAny(name, " \n\x01\x02") {
				t.Errorf("Signature(%q) has the frame %q", msg, name)
			}
		}
	})
}
