package index

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// show prints an expression with all its parentheses.
func show(e expr) string {
	list := func(op string, l []expr) string {
		var parts []string
		for _, e := range l {
			parts = append(parts, show(e))
		}
		return "(" + strings.Join(parts, op) + ")"
	}
	switch e := e.(type) {
	case nil:
		return ""
	case allExpr:
		return "*"
	case notExpr:
		return "-" + show(e.x)
	case andExpr:
		return list(" ", e)
	case orExpr:
		return list(" | ", e)
	case severityExpr:
		return fmt.Sprintf("severity%s%v", e.op, e.severity)
	case timeExpr:
		return fmt.Sprintf("time[%d,%d)", e.from/1e9, e.to/1e9)
	case *fieldExpr:
		return fmt.Sprintf("%s=%q", e.name, e.glob.parts)
	case *regexExpr:
		text := "/" + e.source + "/~"
		for i, n := range e.needs {
			if i > 0 {
				text += "|"
			}
			text += string(n.text)
		}
		return text
	case *textExpr:
		if e.re != nil {
			return "~" + e.re.String()
		}
		if e.parts != nil {
			return fmt.Sprintf("~%q", e.parts)
		}
		var parts []string
		for _, c := range e.chunks {
			parts = append(parts, string(c))
		}
		return fmt.Sprintf("%q", strings.Join(parts, " "))
	}
	return fmt.Sprintf("%T", e)
}

func TestParse(t *testing.T) {
	for query, want := range map[string]string{
		"":                                 ``,
		"  ":                               ``,
		"a b":                              `("a" "b")`,
		"a AND b":                          `("a" "b")`,
		"a OR b c":                         `("a" | ("b" "c"))`,
		"(a OR b) c":                       `(("a" | "b") "c")`,
		"-a":                               `-"a"`,
		"NOT a":                            `-"a"`,
		"NOT (a OR -b)":                    `-("a" | -"b")`,
		`"Failed to  pull" image`:          `("failed to pull" "image")`,
		"10.43.0.1:443":                    `"10.43.0.1:443"`,
		"error: timeout":                   `("error:" "timeout")`,
		"http://x/y?a=b":                   `"http://x/y?a=b"`,
		"--flag - x-y":                     `("--flag" "-" "x-y")`,
		"main() f(a,b)":                    `("main()" "f(a,b)")`,
		"(main())":                         `"main()"`,
		"severity>=warn":                   `severity>=warn`,
		"level:ERR":                        `severity:error`,
		"severity=none":                    `severity=none`,
		"host:node-1*":                     `host=["node-1" ""]`,
		`source:"a b*"`:                    `source=["a b*"]`,
		"pod:(a OR -b c)":                  `(pod=["a"] | (-pod=["b"] pod=["c"]))`,
		"host:*":                           `host=["" ""]`,
		"/a b\\/c/":                        `/a b/c/~a b/c`,
		"/Err(or)?s+/i":                    `/(?i)Err(or)?s+/~err`,
		"/etc/hosts /var/":                 `("/etc/hosts" /var/~var)`,
		"/usr/bin/":                        `"/usr/bin/"`,
		"*":                                `*`,
		"conn*ed":                          `~["conn" "ed"]`,
		`x="a b*c"`:                        `"x=\"a b*c\""`,
		`x="a b"*c`:                        "~(?s)(?:^|[^\\pL\\pN\\pM_])x=\"a[\\x00-\\x20\\x7f\\s]+b\"[^\\x00-\\x20\\x7f\\s]*c(?:$|[^\\pL\\pN\\pM_])",
		`a\*b \"x\"`:                       `("a*b" "\"x\"")`,
		`msg="two words" x`:                `("msg=\"two words\"" "x")`,
		"time:2024-05-01":                  `time[1714521600,1714608000)`,
		"time>=2024-05-01T10:00":           `time[1714557600,9223372036)`,
		"time:2024-05-01..2024-05-02":      `time[1714521600,1714694400)`,
		"time:2024-05-01T10..":             `time[1714557600,9223372036)`,
		"severty=warn note:x":              `("severty=warn" "note:x")`,
		"pods=3 hosts: file:///x":          `("pods=3" "hosts:" "file:///x")`,
		"host!=a severity!=warn":           `(-host=["a"] -severity=warn)`,
		"time:2024-02":                     `time[1706745600,1709251200)`,
		"time<2024 time>2023":              `(time[-9223372036,1704067200) time[1704067200,9223372036))`,
		"/a(b|cd)[0-9]ef|gh/":              "/a(b|cd)[0-9]ef|gh/~ef|gh",
		"ÄRGER":                            `"ärger"`,
		"ORDER ANDROID NOTHING":            `("order" "android" "nothing")`,
		"a OR b OR c":                      `("a" | "b" | "c")`,
		"kind:event -format:kubernetes-*":  `(kind=["event"] -format=["kubernetes-" ""])`,
		"pattern:abc123 cause:k8s.* run:7": `(pattern=["abc123"] cause=["k8s." ""] run=["7"])`,
	} {
		e, err := parse(query)
		if err != nil || show(e) != want {
			t.Errorf("parse(%q) = %s, %v, want %s", query, show(e), err, want)
		}
	}
	deep := strings.Repeat("(", 5000) + "a" + strings.Repeat(")", 5000)
	if _, err := parse(deep); err == nil {
		t.Error("parse takes 5,000 parentheses")
	}
	if _, err := parse(strings.Repeat("a ", 5000)); err == nil {
		t.Error("parse takes 5,000 terms")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`a "b c" -d OR (e f) host:x* severity>=warn /re\/g/i *`, `time>=2024-01-01 kind:(log OR event)`, `msg="x y" a\*b NOT -"`, `(((`, "x\x00\xff*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		e, err := parse(query)
		if err != nil {
			var q *QueryError
			if !errors.As(err, &q) || q.Column < 1 || q.Column > utf8.RuneCountInString(query)+1 || q.Text == "" {
				t.Fatalf("parse(%q): %v", query, err)
			}
			return
		}
		walk(e, func(m matcher) {
			text := []byte("time=1 Failed to pull image\x00 \xff ärger\n" + query)
			folded := fold(nil, text, true)
			if x, ok := m.(*textExpr); ok && !x.ascii {
				text = fold(nil, text, false)
				folded = text
			}
			if s, e := m.find(text, folded, 0); s >= 0 && (e < s || e > len(folded)) {
				t.Fatalf("parse(%q): a match at %d..%d of %d bytes", query, s, e, len(folded))
			}
		})
	})
}

func walk(e expr, visit func(m matcher)) {
	switch e := e.(type) {
	case notExpr:
		walk(e.x, visit)
	case andExpr:
		for _, x := range e {
			walk(x, visit)
		}
	case orExpr:
		for _, x := range e {
			walk(x, visit)
		}
	case matcher:
		visit(e)
	}
}

func TestLowerASCII(t *testing.T) {
	for n := range 40 {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(i*37 + n*11)
		}
		want := make([]byte, n)
		for i, c := range b {
			want[i] = lower(c)
		}
		lowerASCII(b)
		if string(b) != string(want) {
			t.Fatalf("lowerASCII of %d bytes: %q, want %q", n, b, want)
		}
	}
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	lowerASCII(all)
	for i, c := range all {
		if c != lower(byte(i)) {
			t.Errorf("lowerASCII(%#x) = %#x", i, c)
		}
	}
}
