package pattern_test

import (
	"testing"

	"faultline/analysis/pattern"
)

// one returns the template of the only pattern of messages.
func one(t *testing.T, messages ...string) string {
	t.Helper()
	r := pattern.Mine(shapes(messages...), pattern.Options{})
	if len(r.Patterns) != 1 {
		t.Fatalf("patterns = %+v, want one", r.Patterns)
	}
	return r.Patterns[0].Text
}

func TestTraces(t *testing.T) {
	for _, c := range []struct{ name, message, want string }{
		{
			"java", "ERROR request 17 failed\njava.lang.IllegalStateException: pool 3 closed\n\tat com.acme.Pool.get(Pool.java:17)\n\tat com.acme.Main.run(Main.java:5)\nCaused by: java.net.ConnectException: Connection refused\n\tat java.net.Socket.connect(Socket.java:1)\n\t... 12 more\n",
			"ERROR request <*> failed | java.lang.IllegalStateException: pool <*> closed | Caused by: java.net.ConnectException: Connection refused",
		},
		{
			"python", "task 7 crashed\nTraceback (most recent call last):\n  File \"/srv/a.py\", line 12, in run\n    go(1)\n  File \"/srv/b.py\", line 9, in go\n    raise ValueError(x)\nValueError: bad value 9\n",
			"task <*> crashed | ValueError: bad value <*>",
		},
		{
			"python alone", "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    import x\nModuleNotFoundError: No module named 'x'",
			"Traceback (most recent call last): | ModuleNotFoundError: No module named '<*>'",
		},
		{
			"go panic", "panic: runtime error: index out of range [5] with length 3\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:8 +0x1d\n",
			"panic: runtime error: index out of range [<*>] with length <*>",
		},
		{"continuation", "applying 3 changes:\n  - one\n  - two\n", "applying <*> changes:"},
		{"first line blank", "\n  \nstarted 4 workers\n", "started <*> workers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := one(t, c.message); got != c.want {
				t.Errorf("template of %q = %q, want %q", c.message, got, c.want)
			}
		})
	}
}

func TestVariablesOfATrace(t *testing.T) {
	m := []byte("job 12 failed\njava.io.IOException: code 77\n\tat a.B.c(B.java:1)\n")
	l := pattern.NewLexer()
	l.Shape(m)
	var got []string
	for _, s := range l.Spans() {
		got = append(got, string(m[s.From:s.To]))
	}
	if len(got) != 2 || got[0] != "12" || got[1] != "77" {
		t.Errorf("variables = %q, want 12 and 77", got)
	}
}
