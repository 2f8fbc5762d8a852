package format_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"faultline/analysis"
	"faultline/analysis/format"
)

// stampedLines returns n lines of a plain log.
func stampedLines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "2024-03-05 17:%02d:%02d INFO message number %d\n", i/60%60, i%60, i)
	}
	return b.String()
}

// TestSpecimens reads broken and odd input as it should be read.
func TestSpecimens(t *testing.T) {
	log := stampedLines(200)
	for _, test := range []struct {
		name     string
		data     []byte
		records  int
		timed    int
		encoding string
		problem  string // kind of a problem that is stated, "" for none
		contains string // of some message
	}{
		{"UTF-16LE with mark", widen("\ufeff"+log, false), 200, 200, "UTF-16LE", "", "message number 199"},
		{"UTF-16BE without mark", widen(log, true), 200, 200, "UTF-16BE without mark", "", "message number 199"},
		{"UTF-16LE with an emoji", widen(log+"2024-03-05 18:00:00 WARN \U0001F525 fire\n", false), 201, 201, "UTF-16LE without mark", "", "\U0001F525 fire"},
		{"UTF-8 mark", []byte("\ufeff" + log), 200, 200, "UTF-8 with mark", "", ""},
		{"Latin-1", []byte(log + "2024-03-05 18:00:00 WARN Stra\xdfe f\xfcr\n"), 201, 201, "Windows-1252 (guessed)", analysis.ProblemEncoding, "Straße für"},
		{"mixed encodings", []byte(log + "2024-03-05 18:00:00 WARN Straße \x80\n2024-03-05 18:00:01 WARN Stra\xdfe\n"), 202, 202, "UTF-8, in part Windows-1252 (guessed)", analysis.ProblemEncoding, "Straße €"},
		{"CRLF", []byte(strings.ReplaceAll(log, "\n", "\r\n")), 200, 200, "", "", "message number 199"},
		{"CR only", []byte(strings.ReplaceAll(log, "\n", "\r")), 200, 200, "", "", "message number 199"},
		{"mixed line ends", []byte(strings.ReplaceAll(log, "9\n", "9\r\n")), 200, 200, "", "", "message number 199"},
		{"no last line end", []byte(strings.TrimSuffix(log, "\n")), 200, 200, "", "", "message number 199"},
		{"NULs after a crash", []byte(log + strings.Repeat("\x00", 64<<10) + log), 400, 400, "", "", "message number 199"},
		{"colours", []byte(strings.ReplaceAll(log, "INFO", "\x1b[32mINFO\x1b[0m")), 200, 200, "", "", "message number 199"},
		{"coloured stamps", []byte(strings.ReplaceAll(log, "2024", "\x1b[2m2024")), 200, 200, "", "", "message number 199"},
		{"a progress bar", []byte(log + "2024-03-05 18:00:00 INFO load 0%" + bar(100) + "\n"), 201, 201, "", "", "load 100%"},
		{"SQL and JSON over lines", []byte(log + "2024-03-05 18:00:00 DEBUG select\n  *\nfrom t\n\nwhere x\n2024-03-05 18:00:01 DEBUG {\n  \"a\": 1\n}\n"), 202, 202, "", "", "{\n  \"a\": 1\n}"},
		{"a line of 10 MB", []byte(log + "2024-03-05 18:00:00 INFO " + strings.Repeat("x", 10<<20) + "\n2024-03-05 18:00:01 INFO last\n"), 203, 202, "", analysis.ProblemLimit, "last"},
		{"JSON lines with mark and CRLF", []byte("\ufeff{\"time\":\"2024-03-05T18:00:00Z\",\"level\":\"info\",\"msg\":\"a\"}\r\n{\"time\":\"2024-03-05T18:00:01Z\",\"level\":\"info\",\"msg\":\"b\"}\r\n"), 2, 2, "UTF-8 with mark", "", "b"},
		{"deep JSON", []byte("{\"time\":\"2024-03-05T18:00:00Z\",\"msg\":\"a\"}\n{\"time\":\"2024-03-05T18:00:00Z\",\"msg\":\"b\"}\n{\"x\":" + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}\n{\"time\":1e400,\"msg\":\"c\"}\n"), 4, 2, "", analysis.ProblemSyntax, "c"},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := detect("app.log", test.data)
			if d.Kind != analysis.MemberText || d.Encoding != test.encoding {
				t.Errorf("Detect = %s, encoding %q, want text, %q", d.Kind, d.Encoding, test.encoding)
			}
			r := d.Reader(lineOptions)
			timed, found := 0, test.contains == ""
			recs := readAll(t, r, test.data)
			for _, rec := range recs {
				if rec.Time != analysis.NoTime {
					timed++
				}
				found = found || strings.Contains(string(rec.Message), test.contains)
				if bytes.ContainsAny(rec.Message, "\x00\x1b\r") || !utf8.Valid(rec.Message) {
					t.Fatalf("message %.80q is not clean", rec.Message)
				}
			}
			if len(recs) != test.records || timed != test.timed {
				t.Errorf("%d records, %d with time, want %d, %d", len(recs), timed, test.records, test.timed)
			}
			if !found {
				t.Errorf("no message has %q", test.contains)
			}
			problem := test.problem == ""
			for _, p := range r.Problems() {
				problem = problem || p.Kind == test.problem
			}
			if !problem {
				t.Errorf("problems %v, want one of kind %q", r.Problems(), test.problem)
			}
			cut, err := readCut(d.Reader(lineOptions), test.data, func() int { return 100_000 })
			if err != nil || len(cut) != len(recs) {
				t.Errorf("%d records when cut (%v), want %d", len(cut), err, len(recs))
			}
		})
	}
}

func bar(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "\r2024-03-05 18:00:00 INFO load %d%%", i+1)
	}
	return b.String()
}

func TestNoText(t *testing.T) {
	noise := make([]byte, 100_000)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	for _, test := range []struct {
		name   string
		data   []byte
		kind   analysis.MemberKind
		detail string
	}{
		{"empty", nil, analysis.MemberEmpty, ""},
		{"one line end", []byte("\n"), analysis.MemberEmpty, ""},
		{"white space", []byte(" \t\r\n \n"), analysis.MemberEmpty, ""},
		{"ELF", []byte("\x7fELF\x02\x01\x01\x00text follows\n"), analysis.MemberBinary, "ELF"},
		{"SQLite", []byte("SQLite format 3\x00\x10\x00"), analysis.MemberBinary, "SQLite"},
		{"journal", []byte("LPKSHHRH\x00\x00\x00\x00"), analysis.MemberBinary, "systemd journal"},
		{"EVTX", []byte("ElfFile\x00\x00\x00\x00\x00"), analysis.MemberBinary, "EVTX"},
		{"gzip", []byte("\x1f\x8b\x08\x00"), analysis.MemberBinary, "gzip"},
		{"PNG", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), analysis.MemberBinary, "PNG"},
		{"noise", noise, analysis.MemberBinary, "unknown"},
		{"zero bytes", make([]byte, 5000), analysis.MemberBinary, "zero bytes"},
		{"counters", bytes.Repeat([]byte("\x01\x00\x00\x00\x05\x00\x00\x00ab"), 200), analysis.MemberBinary, "unknown"},
	} {
		d := format.Detect("x.log", test.data, true)
		if d.Kind != test.kind || d.Detail != test.detail || d.Reader(lineOptions) != nil {
			t.Errorf("%s: Detect = %s %q, want %s %q and no reader", test.name, d.Kind, d.Detail, test.kind, test.detail)
		}
	}
}

// TestNoFailureByWords: only a level at its place makes an error.
func TestNoFailureByWords(t *testing.T) {
	var b strings.Builder
	for i := range 100 {
		level := "INFO"
		if i%4 == 0 {
			level = "ERROR"
		}
		fmt.Fprintf(&b, "2024-03-05 17:00:%02d %-5s [worker] step %d done, 0 errors, failed=0, should_fail PASSED, ERROR count 0\n", i%60, level, i)
	}
	errors := 0
	for _, rec := range readAll(t, detect("x.log", []byte(b.String())).Reader(lineOptions), []byte(b.String())) {
		if rec.Severity >= analysis.SeverityError {
			errors++
		}
	}
	if errors != 25 {
		t.Errorf("%d errors, want 25", errors)
	}
}

// TestRecordLimit: lines without stamps after the last stamp do not make one
// endless record.
func TestRecordLimit(t *testing.T) {
	data := []byte(stampedLines(100) + strings.Repeat("no stamp on this line\n", 50_000))
	d := detect("x.log", data)
	recs := readAll(t, d.Reader(lineOptions), data)
	if len(recs) < 104 || len(recs) > 106 {
		t.Errorf("%d records, want 100 and the rest in pieces of 10,000 lines", len(recs))
	}
	cut, err := readCut(d.Reader(lineOptions), data, func() int { return 1 << 16 })
	if err != nil || len(cut) != len(recs) {
		t.Errorf("%d records when cut (%v), want %d", len(cut), err, len(recs))
	}
}

// TestConcurrent reads chunks of one member at the same time.
func TestConcurrent(t *testing.T) {
	for name := range lineSamples {
		data := bytes.Repeat(sampleBytes(t, name), 20)
		r := detect(name, data).Reader(lineOptions)
		want, err := readChunk(r, data, 0)
		if err != nil {
			t.Fatal(err)
		}
		results := make(chan error, 8)
		for range cap(results) {
			go func() {
				got, err := readChunk(r, data, 0)
				if err == nil && len(got) != len(want) {
					err = fmt.Errorf("%d records, want %d", len(got), len(want))
				}
				results <- err
			}()
		}
		for range cap(results) {
			if err := <-results; err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
