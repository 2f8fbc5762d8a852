package pattern_test

import (
	"strings"
	"testing"

	"faultline/analysis/pattern"

	"github.com/google/go-cmp/cmp"
)

func TestValues(t *testing.T) {
	for _, c := range []struct {
		name, template, message string
		want                    []string
	}{
		{"blanks are folded", "took <*> seconds of <*>", "took 12  seconds of\t30", []string{"12", "30"}},
		{"no variable", "started", "started", []string{}},
		{"at both ends", "<*> is <*>", "10.0.0.1:80 is 5", []string{"10.0.0.1:80", "5"}},
		{"not inside a variable", "<*>:<*> gone", "10.0.0.1:80:x gone", []string{"10.0.0.1:80", "x"}},
		{"a value with blanks", `checks="<*>" pod="<*>"`, `checks="a b c" pod="d"`, []string{"a b c", "d"}},
		{"missing between blanks", "<*> bytes <*> sent", "12 bytes sent", []string{"12", ""}},
		{"missing at the end", "ask to delete <*>", "ask to delete", []string{""}},
		{"empty", "a=<*> b=<*>", "a= b=2", []string{"", "2"}},
		{"backs off", "<*> to <*> to <*>.", "a to b to c to d.", []string{"a", "b", "c to d"}},
		{
			"a trace", "boom <*> | Caused by: java.io.IOException: no <*>",
			"boom 7\n\tat a.b(C.java:1)\nCaused by: java.io.IOException: no 9\n\tat d.e(F.java:2)\n",
			[]string{"7", "9"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := pattern.Values(c.template, []byte(c.message))
			if d := cmp.Diff(c.want, got); d != "" || !ok {
				t.Errorf("Values(%q, %q): ok=%v -want +got\n%s", c.template, c.message, ok, d)
			}
		})
	}
	if got, ok := pattern.Values("took <*> seconds", []byte("gave 12 seconds")); ok {
		t.Errorf("Values of another template = %q, want none", got)
	}
}

// TestValuesOfEverySet mines each labelled set and wants every message to
// align with its own template, its values between the literal parts.
func TestValuesOfEverySet(t *testing.T) {
	for _, s := range sets(t) {
		for i, template := range mineMessages(s.messages) {
			values, ok := pattern.Values(template, []byte(s.messages[i]))
			if !ok || len(values) != strings.Count(template, "<*>") {
				t.Errorf("%s: Values(%q, %q) = %q, %v", s.name, template, s.messages[i], values, ok)
			}
		}
	}
}

func TestKinds(t *testing.T) {
	r := pattern.Mine(shapes(
		"node 10.1.2.3:443 at 2024-05-06T07:08:09Z took 12ms for /var/log/x.log and 4f5a0b1c-1111-2222-3333-444455556666 of 15 seconds",
	), pattern.Options{})
	want := []string{"ip", "time", "duration", "path", "uuid", "number"}
	if d := cmp.Diff(want, r.Patterns[0].Kinds); d != "" {
		t.Errorf("kinds of %q: -want +got\n%s", r.Patterns[0].Text, d)
	}
}

func TestAppendLiteral(t *testing.T) {
	l := pattern.NewLexer()
	l.Shape([]byte("Dial  TCP 10.0.0.1:443: Connection refused after 3 tries"))
	got := string(pattern.AppendLiteral(nil, string(l.Skeleton(nil)), 0))
	if want := "dial tcp \x00: connection refused after \x00 tries"; got != want {
		t.Errorf("Literal = %q, want %q", got, want)
	}
}
