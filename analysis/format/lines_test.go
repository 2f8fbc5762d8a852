package format_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"faultline/analysis"
	"faultline/analysis/format"
)

var updateLines = flag.Bool("update-lines", false, "rewrite testdata/lines/*.golden")

// lineOptions are the options that the samples are read with: stamps without
// a year lie before this day.
var lineOptions = format.Options{Reference: time.Date(2024, 4, 20, 12, 0, 0, 0, time.UTC)}

// lineSamples are the samples in testdata/lines and the formats that they are
// to be detected as.
var lineSamples = map[string]string{
	"klog.log": "klog", "cri.log": "cri", "cri-stamps.log": "cri", "docker-json.log": "docker-json",
	"syslog.log": "syslog", "syslog-pri.log": "syslog", "rsyslog.log": "syslog", "syslog-5424.log": "syslog-5424",
	"journal.log": "journal", "json-lines.log": "json-lines", "logfmt.log": "logfmt", "access.log": "access",
	"github-actions.log": "github-actions", "text-java.log": "text", "text-python.log": "text", "text-oslo.log": "text",
	"plain-build.log": "plain", "w3c.log": "w3c", "journal-export.log": "journal", "haproxy.log": "syslog",
}

// readAll reads data whole and checks that the records tile it.
func readAll(t testing.TB, r format.Reader, data []byte) []analysis.Record {
	t.Helper()
	if r == nil {
		return nil
	}
	out, err := readChunk(r, data, 0)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func readChunk(r format.Reader, chunk []byte, base int) ([]analysis.Record, error) {
	var out []analysis.Record
	at, line := 0, 0
	err := r.Records(chunk, func(rec *analysis.Record) error {
		if rec.Start != at || len(rec.Raw) == 0 || at+len(rec.Raw) > len(chunk) || !bytes.Equal(rec.Raw, chunk[at:at+len(rec.Raw)]) {
			return fmt.Errorf("record at %d: starts at %d with %d bytes, want the next bytes of the chunk", at, rec.Start, len(rec.Raw))
		}
		if rec.Line < line {
			return fmt.Errorf("record at %d: line %d after line %d", at, rec.Line, line)
		}
		if !utf8.Valid(rec.Message) {
			return fmt.Errorf("record at %d: message %q is not UTF-8", at, rec.Message)
		}
		at += len(rec.Raw)
		line = rec.Line
		c := *rec
		c.Start += base
		c.Line = 0
		c.Raw, c.Message = bytes.Clone(rec.Raw), bytes.Clone(rec.Message)
		out = append(out, c)
		return nil
	})
	if err == nil && at != len(chunk) {
		err = fmt.Errorf("records end at %d of %d bytes", at, len(chunk))
	}
	return out, err
}

// readCut reads data in the pieces that Cut allows when it comes in steps.
func readCut(r format.Reader, data []byte, step func() int) ([]analysis.Record, error) {
	var out []analysis.Record
	at, have := 0, 0
	for at < len(data) {
		have = min(len(data), have+step())
		n := r.Cut(data[at:have], have == len(data))
		if n < 0 || n > have-at {
			return nil, fmt.Errorf("Cut of %d bytes at %d = %d", have-at, at, n)
		}
		if n == 0 {
			continue
		}
		recs, err := readChunk(r, data[at:at+n], at)
		if err != nil {
			return nil, err
		}
		out = append(out, recs...)
		at += n
	}
	return out, nil
}

func detect(name string, data []byte) format.Detection {
	head := data[:min(len(data), format.HeadSize)]
	return format.Detect(name, head, len(head) == len(data))
}

func TestLineSamples(t *testing.T) {
	for name, want := range lineSamples {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", "lines", name))
			if err != nil {
				t.Fatal(err)
			}
			d := detect(name, data)
			if d.Kind != analysis.MemberText || d.Format != want {
				t.Fatalf("Detect(%s) = %s %q (%s), want text %q", name, d.Kind, d.Format, d.Reason, want)
			}
			r := d.Reader(lineOptions)
			recs := readAll(t, r, data)
			got := fmt.Sprintf("%s %s, needs a year: %v\n", d.Format, d.Detail, d.NeedsYear())
			for _, rec := range recs {
				got += dump(&rec)
			}
			for _, p := range r.Problems() {
				got += p.Kind + ": " + p.Detail + "\n"
			}
			golden := filepath.Join("testdata", "lines", name+".golden")
			if *updateLines {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			wantText, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(wantText), got); diff != "" {
				t.Errorf("records of %s (-want +got):\n%s", name, diff)
			}
		})
	}
}

func dump(rec *analysis.Record) string {
	at := "-"
	if rec.Time != analysis.NoTime {
		at = rec.When().Format("2006-01-02T15:04:05.999999999Z")
	}
	res := rec.Resource.String()
	if res == "" {
		res = "-"
	}
	return fmt.Sprintf("%s (%s) %s %s %s %q\n", at, rec.Quality, rec.Severity, rec.Kind, res, rec.Message)
}

// suite is what every line format has to stand, whatever the sample.
func suite(t *testing.T, name string, data []byte) {
	d := detect(name, data)
	want := readAll(t, d.Reader(lineOptions), data)
	t.Run("cut anywhere", func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, uint64(len(data))))
		for _, most := range []int{1, 7, 64, 1000, len(data)} {
			got, err := readCut(d.Reader(lineOptions), data, func() int { return 1 + rng.IntN(max(most, 1)) })
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("steps of up to %d (-whole +cut):\n%s", most, diff)
			}
		}
	})
	t.Run("every beginning", func(t *testing.T) {
		for n := 0; n < len(data); n += 1 + len(data)/400 {
			readAll(t, detect(name, data[:n]).Reader(lineOptions), data[:n])
			readAll(t, d.Reader(lineOptions), data[n:])
		}
	})
	t.Run("CRLF", func(t *testing.T) {
		crlf := bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
		same(t, want, readAll(t, detect(name, crlf).Reader(lineOptions), crlf))
	})
	t.Run("no last line end", func(t *testing.T) {
		cut := bytes.TrimRight(data, "\n")
		same(t, want, readAll(t, detect(name, cut).Reader(lineOptions), cut))
	})
	t.Run("UTF-16", func(t *testing.T) {
		for _, big := range []bool{false, true} {
			for _, mark := range []string{"", "\ufeff"} {
				text := mark + strings.TrimPrefix(string(data), "\ufeff")
				wide := widen(text, big)
				wd := detect(name, wide)
				if wd.Format != d.Format {
					t.Fatalf("UTF-16 (big %v, mark %q) is %q, want %q", big, mark, wd.Format, d.Format)
				}
				same(t, want, readAll(t, wd.Reader(lineOptions), wide))
				if _, err := readCut(wd.Reader(lineOptions), wide, func() int { return 37 }); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
	t.Run("wrong encoding", func(t *testing.T) {
		bad := bytes.ReplaceAll(data, []byte("e"), []byte{0xe9})
		readAll(t, d.Reader(lineOptions), bad)
	})
	t.Run("huge line", func(t *testing.T) {
		o := lineOptions
		o.MaxLine = 256
		at := bytes.IndexByte(data, '\n')
		var huge []byte
		huge = append(huge, data[:at]...)
		huge = append(huge, bytes.Repeat([]byte("x y "), 3000)...)
		huge = append(huge, data[at:]...)
		whole := readAll(t, d.Reader(o), huge)
		for _, rec := range whole {
			if len(rec.Message) > 256 {
				t.Fatalf("message of %d bytes, want at most 256", len(rec.Message))
			}
		}
		got, err := readCut(d.Reader(o), huge, func() int { return 100 })
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(whole, got); diff != "" {
			t.Fatalf("huge line (-whole +cut):\n%s", diff)
		}
	})
	t.Run("emit's error", func(t *testing.T) {
		stop := errors.New("stop")
		if err := d.Reader(lineOptions).Records(data, func(*analysis.Record) error { return stop }); err != stop {
			t.Errorf("Records = %v, want the error of emit", err)
		}
	})
}

// same compares records but for their raw bytes and places.
func same(t *testing.T, want, got []analysis.Record) {
	t.Helper()
	strip := func(in []analysis.Record) []string {
		var out []string
		for _, r := range in {
			out = append(out, dump(&r))
		}
		return out
	}
	if diff := cmp.Diff(strip(want), strip(got)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
}

func widen(s string, big bool) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return out
}

func TestLineSuite(t *testing.T) {
	for name := range lineSamples {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", "lines", name))
			if err != nil {
				t.Fatal(err)
			}
			suite(t, name, data)
		})
	}
}

func sampleBytes(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "lines", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestContainersApart reads what Compose prints: a trace of one container is no
// part of another one's record.
func TestContainersApart(t *testing.T) {
	data := []byte("Attaching to db-1, web-1\ndb-1   | 2024-03-05 17:14:24.310 UTC [1] LOG:  ready\ndb-1   | 2024-03-05 17:14:24.410 UTC [9] FATAL:  no such role\nweb-1  | Traceback (most recent call last):\nweb-1  |   File \"main.py\", line 3\nweb-1  | OperationalError: no such role\nweb-1 exited with code 1\n")
	var got []string
	for _, r := range readAll(t, format.Detect("compose.log", data, true).Reader(format.Options{}), data) {
		got = append(got, r.Resource.Container+": "+string(r.Message))
	}
	want := []string{": Attaching to db-1, web-1", "db-1: ready", "db-1: no such role", "web-1: Traceback (most recent call last):\n  File \"main.py\", line 3\nOperationalError: no such role\nweb-1 exited with code 1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
