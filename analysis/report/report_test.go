package report_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"faultline/analysis"
	"faultline/analysis/report"
)

// hostile is put into every text of an assessment.
const hostile = "<script>alert(1)</script>\"' onload=x &lt; `a` | b\n# h [l](http://example.org/) =1+1 \x1b[31mred\x1b[0m \u202egnp.exe \x00 \xff"

// fill sets every field that v leads to: texts to s, numbers to small ones, two
// elements to every list.
func fill(v reflect.Value, s string, depth int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt(7)
	case reflect.Uint8:
		v.SetUint(3)
	case reflect.Float64:
		v.SetFloat(0.5)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		if depth > 8 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), s, depth+1)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), s, depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(k, s, depth+1)
		fill(e, s, depth+1)
		v.SetMapIndex(k, e)
	case reflect.Struct:
		if t, ok := v.Addr().Interface().(*time.Time); ok {
			*t = time.Date(2026, 11, 3, 4, 5, 6, 0, time.UTC)
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), s, depth+1)
		}
	}
}

func assessment(s string) *analysis.Assessment {
	a := new(analysis.Assessment)
	fill(reflect.ValueOf(a).Elem(), s, 0)
	a.Timeline.Width = time.Hour
	for i := range a.Patterns {
		a.Patterns[i].State = []analysis.PatternState{analysis.PatternFailure, analysis.PatternBenign}[i]
	}
	a.Failures[0].Attribution.Verdict = analysis.VerdictUnexplained
	a.Jobs[0].Job = ""
	a.Week.Zone = "UTC"
	return a
}

func write(t *testing.T, format string, a *analysis.Assessment) string {
	t.Helper()
	var b bytes.Buffer
	if err := report.Write(&b, format, a, report.Options{Customer: a.Name}); err != nil {
		t.Fatalf("Write(%s): %v", format, err)
	}
	return b.String()
}

func TestHTMLHoldsNothingActive(t *testing.T) {
	page := write(t, "html", assessment(hostile))
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	texts := 0
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode && strings.Contains(n.Data, "<script>alert(1)</script>") {
			texts++
		}
		if n.Type == html.ElementNode {
			switch n.Data {
			case "script", "iframe", "object", "embed", "link", "img", "form", "base", "foreignobject":
				t.Errorf("the page has an element <%s>", n.Data)
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(strings.ToLower(a.Key), "on") {
					t.Errorf("<%s> has an attribute %s", n.Data, a.Key)
				}
				if (a.Key == "href" || a.Key == "src") && !strings.HasPrefix(a.Val, "#") {
					t.Errorf("<%s> refers to %q", n.Data, a.Val)
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	if texts < 30 {
		t.Errorf("the hostile text stands in %d places as text, want it wherever a text was", texts)
	}
	for _, bad := range []string{"\x1b", "\x00", "\u202e", "\xff"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q unescaped", bad)
		}
	}
}

func TestMarkdownHoldsNoMarkupOfTheBundle(t *testing.T) {
	page := write(t, "md", assessment(hostile))
	for n, line := range strings.Split(page, "\n") {
		if strings.HasPrefix(line, "    ") {
			continue // quoted as it is
		}
		outside := stripCode(line)
		for _, bad := range []string{"<script", "[l](http", "\x1b", "\u202e", "\x00"} {
			if strings.Contains(outside, bad) {
				t.Errorf("line %d holds %q outside code: %s", n+1, bad, line)
			}
		}
	}
	if strings.ContainsAny(page, "\x1b\x00\u202e") {
		t.Error("the page holds control characters")
	}
}

// stripCode removes inline code from a line.
func stripCode(line string) string {
	var b strings.Builder
	for i := 0; i < len(line); {
		if line[i] == '\\' && i+1 < len(line) {
			b.WriteString(line[i : i+2])
			i += 2
			continue
		}
		if line[i] != '`' {
			b.WriteByte(line[i])
			i++
			continue
		}
		n := 1
		for i+n < len(line) && line[i+n] == '`' {
			n++
		}
		end := strings.Index(line[i+n:], line[i:i+n])
		if end < 0 {
			b.WriteString(line[i:])
			break
		}
		i += n + end + n
	}
	return b.String()
}

func TestSameAssessmentSameBytes(t *testing.T) {
	for _, f := range report.Formats {
		if a, b := write(t, f, assessment("plain text")), write(t, f, assessment("plain text")); a != b {
			t.Errorf("two %s reports of one assessment differ: %s", f, cmp.Diff(a, b))
		}
	}
}

func TestJSONIsTheModel(t *testing.T) {
	want := assessment("text")
	var got analysis.Assessment
	if err := json.Unmarshal([]byte(write(t, "json", want)), &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, &got); d != "" {
		t.Errorf("the JSON report read back differs (-want +got):\n%s", d)
	}
}

func TestEmptyAssessment(t *testing.T) {
	for _, f := range []string{"html", "md"} {
		page := write(t, f, &analysis.Assessment{Answer: "Nothing was read."})
		for _, want := range []string{"Nothing was read.", "No failing pattern and no failed run was found"} {
			if !strings.Contains(page, want) {
				t.Errorf("the %s report of an empty case does not say %q", f, want)
			}
		}
	}
}

func TestFormat(t *testing.T) {
	for name, want := range map[string]string{"a.html": "html", "a.HTM": "html", "b.md": "md", "c.json": "json"} {
		if got, err := report.Format(name); got != want || err != nil {
			t.Errorf("Format(%q) = %q, %v, want %q", name, got, err, want)
		}
	}
	if _, err := report.Format("a.docx"); err == nil || !strings.Contains(err.Error(), ".html") {
		t.Errorf("Format(a.docx) = %v, want an error that names the known formats", err)
	}
}

func TestTexts(t *testing.T) {
	for _, tt := range []struct{ name, got, want string }{
		{"clean", report.Clean("a\x1b[1mb\u202ec\xffd\te\r\nf\rg"), `a\x1b[1mb\u{202e}c\xffd    e` + "\n" + `f\x0dg`},
		{"clean keeps", report.Clean("Grüße, 東京"), "Grüße, 東京"},
		{"clean keeps a replacement character", report.Clean("a\uFFFDb"), "a\uFFFDb"},
		{"line", report.Line("a  b\nc d", 5), "a b …"},
		{"count", report.Count(1234567), "1,234,567"},
		{"count negative", report.Count(-1234), "-1,234"},
		{"bytes", report.Bytes(66_000_000), "66.0 MB"},
		{"duration", report.Duration(26*time.Hour + 4*time.Minute), "1 d 2 h"},
		{"duration short", report.Duration(35 * time.Second), "35 s"},
		{"percent", report.Percent(356, 7604), "4.7 %"},
		{"percent small", report.Percent(1, 100000), "<0.1 %"},
		{"interval", report.Interval(analysis.Number{Low: 1.234, High: 123.4, Unit: "per day"}), "95 % interval 1.23–123 per day"},
		{"interval of something rare", report.Interval(analysis.Number{Low: 0.00581, High: 0.0095, Unit: "per day"}), "95 % interval 0.0058–0.0095 per day"},
		{"percent of nothing", report.Percent(0, 0), "–"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s = %q, want %q", tt.name, tt.got, tt.want)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add(hostile)
	f.Fuzz(func(t *testing.T, s string) {
		for i, r := range report.Clean(s) {
			if r < 0x20 && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e {
				t.Fatalf("Clean(%q) holds %q at %d", s, r, i)
			}
		}
	})
}
