package format_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"faultline/analysis"
	"faultline/analysis/format"
)

// TestStamps reads one line per way of writing a time. All say 5 March 2024,
// 17:14:24 (some with .619), shown as UTC under Europe/Berlin where no zone is
// written: 16:14:24.
func TestStamps(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no zone data")
	}
	o := format.Options{Zone: berlin, Reference: time.Date(2024, 3, 20, 0, 0, 0, 0, time.UTC)}
	const (
		exact, assumed, inferred = analysis.TimeExact, analysis.TimeAssumedZone, analysis.TimeInferredYear
	)
	for _, test := range []struct {
		line     string
		want     string
		quality  analysis.TimeQuality
		severity string
		message  string
	}{
		{"2024-03-05T17:14:24.619Z hello", "2024-03-05T17:14:24.619Z", exact, "none", "hello"},
		{"2024-03-05T17:14:24.619123456+02:00 hello", "2024-03-05T15:14:24.619123456Z", exact, "none", "hello"},
		{"2024-03-05T17:14:24-0700 hello", "2024-03-06T00:14:24Z", exact, "none", "hello"},
		{"2024-03-05 17:14:24,619 INFO hello", "2024-03-05T16:14:24.619Z", assumed, "info", "hello"},
		{"2024-03-05 17:14:24.619 CET [12345] ERROR:  hello", "2024-03-05T16:14:24.619Z", exact, "error", "hello"},
		{"2024-03-05 17:14:24 UTC [1]: [1-1] hello", "2024-03-05T17:14:24Z", exact, "none", ""},
		{"2024-03-05 17:14:24 -0500 WARN hello", "2024-03-05T22:14:24Z", exact, "warn", "hello"},
		{"2024/03/05 17:14:24 [error] 12#12: *1 hello", "2024-03-05T16:14:24Z", assumed, "error", "12#12: *1 hello"},
		{"2024.03.05 17:14:24.619 hello", "2024-03-05T16:14:24.619Z", assumed, "none", "hello"},
		{"[2024-03-05 17:14:24,619] WARN hello (kafka.Log)", "2024-03-05T16:14:24.619Z", assumed, "warn", "hello (kafka.Log)"},
		{"[2024-03-05T17:14:24.619Z] hello", "2024-03-05T17:14:24.619Z", exact, "none", "hello"},
		{"[05/Mar/2024:17:14:24 +0100] hello", "2024-03-05T16:14:24Z", exact, "none", "hello"},
		{"05-Mar-2024 17:14:24.619 SEVERE [main] hello", "2024-03-05T16:14:24.619Z", assumed, "error", "[main] hello"},
		{"05-Mar-2024::17:14:24 === hello", "2024-03-05T16:14:24Z", assumed, "none", ""},
		{"05 Mar 2024 17:14:24,619 hello", "2024-03-05T16:14:24.619Z", assumed, "none", "hello"},
		{"Tue, 05 Mar 2024 17:14:24 GMT hello", "2024-03-05T17:14:24Z", exact, "none", "hello"},
		{"Tue Mar  5 17:14:24.619 [initandlisten] hello", "2024-03-05T16:14:24.619Z", inferred, "none", "[initandlisten] hello"},
		{"Tue Mar  5 17:14:24 2024 [pid 2] hello", "2024-03-05T16:14:24Z", assumed, "none", ""},
		{"[Tue Mar 05 17:14:24.619123 2024] [core:error] [pid 1] hello", "2024-03-05T16:14:24.619123Z", assumed, "error", "[pid 1] hello"},
		{"Tue Mar  5 17:14:24 EST 2024 hello", "2024-03-05T22:14:24Z", exact, "none", "hello"},
		{"Tue 2024-03-05 17:14:24 UTC hello", "2024-03-05T17:14:24Z", exact, "none", "hello"},
		{"Mar 05, 2024 5:14:24 PM org.example.Main main", "2024-03-05T16:14:24Z", assumed, "none", "org.example.Main main"},
		{"Mar 5 2024 17:14:24.619: %SYS-5: hello", "2024-03-05T16:14:24.619Z", assumed, "none", ""},
		{"2024 Mar  5 17:14:24 hello", "2024-03-05T16:14:24Z", assumed, "none", "hello"},
		{"2024-Mar-05 17:14:24.619 hello", "2024-03-05T16:14:24.619Z", assumed, "none", "hello"},
		{"2024-065T17:14:24,619:DEBUG:hello", "2024-03-05T16:14:24.619Z", assumed, "debug", "hello"},
		{"20240305-17:14:24:619|Step|hello", "2024-03-05T16:14:24.619Z", assumed, "none", ""},
		{"20240305 17:14:24 hello", "2024-03-05T16:14:24Z", assumed, "none", "hello"},
		{"20240305T171424Z hello", "2024-03-05T17:14:24Z", exact, "none", "hello"},
		{"20240305.171424,619:WARN:hello", "2024-03-05T16:14:24.619Z", assumed, "warn", "hello"},
		{"20240305171424 hello", "2024-03-05T16:14:24Z", assumed, "none", "hello"},
		{"24/03/05 17:14:24 INFO hello", "2024-03-05T16:14:24Z", assumed, "info", "hello"},
		{"240305 171424 148 INFO hello", "2024-03-05T16:14:24Z", assumed, "info", "hello"},
		{"240305 17:14:24 [Warning] hello", "2024-03-05T16:14:24Z", assumed, "warn", "hello"},
		{"25.03.2024 17:14:24 hello", "2024-03-25T16:14:24Z", assumed, "none", "hello"},
		{"25/03/2024 17:14:24 hello", "2024-03-25T16:14:24Z", assumed, "none", "hello"},
		{"3/25/2024 5:14:24 PM hello", "2024-03-25T16:14:24Z", assumed, "none", "hello"},
		{"Mar  5 17:14:24 no tag here", "2024-03-05T16:14:24Z", inferred, "none", ""},
		{"1709658864 hello", "2024-03-05T17:14:24Z", exact, "none", "hello"},
		{"1709658864.619 hello", "2024-03-05T17:14:24.619Z", exact, "none", "hello"},
		{"1709658864619 hello", "2024-03-05T17:14:24.619Z", exact, "none", "hello"},
		{"1709658864619123 hello", "2024-03-05T17:14:24.619123Z", exact, "none", "hello"},
		{"1709658864619123456 hello", "2024-03-05T17:14:24.619123456Z", exact, "none", "hello"},
		{"- 1709658864 2024.03.05 R02 2024-03-05-09.14.24.675872 R02 RAS KERNEL INFO hello", "2024-03-05T17:14:24Z", exact, "none", ""},
		{"2024-03-05-17.14.24.675872 hello", "2024-03-05T16:14:24.675872Z", assumed, "none", "hello"},
		{"2024-03-05 17:14:24.619+0000 D [conn1] hello", "2024-03-05T17:14:24.619Z", exact, "debug", "[conn1] hello"},
		{"1:M 05 Mar 2024 17:14:24.619 * hello", "2024-03-05T16:14:24.619Z", assumed, "info", "hello"},
		{"MainThread::ERROR::2024-03-05 17:14:24,619::vdsm::71 hello", "2024-03-05T16:14:24.619Z", assumed, "error", ""},
		{"INFO [main] 2024-03-05 17:14:24,619 hello", "2024-03-05T16:14:24.619Z", assumed, "info", "hello"},
		{"[taskcluster 2024-03-05 17:14:24.619Z] hello", "2024-03-05T17:14:24.619Z", exact, "none", "hello"},
		{"nova.log.1 2024-03-05 17:14:24.619 25746 INFO hello", "2024-03-05T16:14:24.619Z", assumed, "info", "hello"},
		{"2024-03-05 17:14:24,619 p=1 u=user n=ansible | fatal: [host]: FAILED! => {}", "2024-03-05T16:14:24.619Z", assumed, "fatal", "[host]: FAILED! => {}"},
		{"2024-03-05T17:14:24.618-0700 [ERROR] vertex: hello", "2024-03-06T00:14:24.618Z", exact, "error", "vertex: hello"},
		{"03-05 17:14:24.619  1702  2395 E WindowManager: hello", "2024-03-05T16:14:24.619Z", inferred, "error", "WindowManager: hello"},
		{"[03.05 17:14:24] chrome.exe - proxy open", "2024-03-05T16:14:24Z", inferred, "none", "chrome.exe - proxy open"},
		{"[2024-03-05, 17:14:24 UTC] {taskinstance.py:1165} ERROR - hello", "2024-03-05T17:14:24Z", exact, "error", "hello"},
		{"[2024-03-05 17:14:24,619: WARNING/MainProcess] hello", "2024-03-05T16:14:24.619Z", assumed, "warn", ""},
		{"2024-03-05T17:14:24.619Z cpu0:2097)WARNING: hello", "2024-03-05T17:14:24.619Z", exact, "warn", "hello"},
		{"2024-03-05T17:14:24.619Z|00001|vlog|INFO|hello", "2024-03-05T17:14:24.619Z", exact, "info", "hello"},
		{"2024-03-05 17:14:24.619+0000: 12345: error : virNetSocket: hello", "2024-03-05T17:14:24.619Z", exact, "error", "virNetSocket: hello"},
		{"=ERROR REPORT==== 5-Mar-2024::17:14:24 ===", "2024-03-05T16:14:24Z", assumed, "error", ""},
		{"[2024-03-05T17:14:24,619][WARN ][o.e.n.Node] [node] hello", "2024-03-05T16:14:24.619Z", assumed, "warn", "[o.e.n.Node] [node] hello"},
		{"2024-03-05 17:14:24.619123 I | etcdserver: hello", "2024-03-05T16:14:24.619123Z", assumed, "info", "etcdserver: hello"},
		{"2024-03-05 17:14:24.619 [INFO][1] main.go 92: hello", "2024-03-05T16:14:24.619Z", assumed, "info", ""},
		{"[2024-03-05 17:14:24 +0000] [7] [ERROR] hello", "2024-03-05T17:14:24Z", exact, "error", "hello"},
		{"[pod/web-0/web] I0305 17:14:24.619000       1 main.go:1] hello", "2024-03-05T16:14:24.619Z", inferred, "info", "hello"},
		{"web-1  | 2024-03-05T17:14:24.619Z ERROR hello", "2024-03-05T17:14:24.619Z", exact, "error", "hello"},
		{`caddy  | {"level":"warn","ts":1709658864.619,"msg":"hello"}`, "2024-03-05T17:14:24.619Z", exact, "warn", "hello"},
		{"2024-03-05T17:14:24.619123Z 00O ERROR: hello", "2024-03-05T17:14:24.619123Z", exact, "error", "hello"},
		{"2024/03/05 17:14:24 http: TLS handshake error from 10.1.0.207:52276: EOF", "2024-03-05T16:14:24Z", assumed, "none", "http: TLS handshake error from 10.1.0.207:52276: EOF"},
		{"2024/03/05 17:14:24 worker reports ERROR while it runs", "2024-03-05T16:14:24Z", assumed, "none", "worker reports ERROR while it runs"},
		{"2024-03-05 17:14:24 info vpxd[45715] hello", "2024-03-05T16:14:24Z", assumed, "info", "vpxd[45715] hello"},
		{"E20240305 17:14:24.619123  1234 file.cc:12] hello", "2024-03-05T16:14:24.619123Z", assumed, "error", "hello"},
		{"[3/25/24 17:14:24:619 CET] 00000001 SystemOut     O hello", "2024-03-25T16:14:24.619Z", exact, "none", ""},
		{"[2024-03-05T17:14:24+00:00] INFO: hello", "2024-03-05T17:14:24Z", exact, "info", "hello"},
		{"2024-03-05 17:14:24,619 [salt.minion :123 ][WARNING ][1234] hello", "2024-03-05T16:14:24.619Z", assumed, "warn", ""},
		{"05-Mar-2024 17:14:24.619 queries: info: hello", "2024-03-05T16:14:24.619Z", assumed, "info", "hello"},
		{"[2024-03-05T17:14:24Z INFO  crate] hello", "2024-03-05T17:14:24Z", exact, "info", ""},
		{"2024-03-05 17:14:24 [info     ] hello", "2024-03-05T16:14:24Z", assumed, "info", "hello"},
		{"[2024-03-05 17:14:24.619] [logger] [error] hello", "2024-03-05T16:14:24.619Z", assumed, "error", "hello"},
		{"2024-03-05T17:14:24.619Z\tERROR\thello", "2024-03-05T17:14:24.619Z", exact, "error", "hello"},
		{"2024-03-05 17:14:24.619 +01:00 [ERR] hello", "2024-03-05T16:14:24.619Z", exact, "error", "hello"},
		{"Tue Mar 5 17:14:24 2024 +00:00", "2024-03-05T17:14:24Z", exact, "none", ""},
		{"[part:error,2024-03-05T17:14:24.619Z,node@10.0.0.1:tls]hello", "2024-03-05T17:14:24.619Z", exact, "error", ""},
		{"2024-03-05 17:14:24.619 [erro] <0.1.0> hello", "2024-03-05T16:14:24.619Z", assumed, "error", "<0.1.0> hello"},
		{"[77]{5}[6/7] 2024-03-05 17:14:24.619000 hello", "2024-03-05T16:14:24.619Z", assumed, "none", "hello"},
		{`[2024-03-05T17:14:24.619Z] "GET /reviews/0 HTTP/1.1" 503 UH no_healthy_upstream - "-" 0 19 0 -`, "2024-03-05T17:14:24.619Z", exact, "error", ""},
		{`[2024-03-05T17:14:24.619Z] "POST /api HTTP/2" 204 - 154 0 226 100`, "2024-03-05T17:14:24.619Z", exact, "info", ""},
		{`{"timestamp":1709658864619,"message":"[ERROR] KeyError: 'id'"}`, "2024-03-05T17:14:24.619Z", exact, "error", "[ERROR] KeyError: 'id'"},
		{`{"timestamp":1709658864619,"message":"an ERROR in the text"}`, "2024-03-05T17:14:24.619Z", exact, "none", ""},
		{"<13>2024-03-05 17:14:24 hello", "", 0, "", ""},
	} {
		if test.want == "" {
			continue
		}
		t.Run(test.line, func(t *testing.T) {
			// Three lines of the same form, the way a log has them.
			data := []byte(strings.Repeat(test.line+"\n", 3))
			d := format.Detect("app.log", data, true)
			recs := readAll(t, d.Reader(o), data)
			if len(recs) != 3 {
				t.Fatalf("%d records of format %q, want 3", len(recs), d.Format)
			}
			got := recs[0].When().Format(time.RFC3339Nano)
			if got != test.want || recs[0].Quality != test.quality || recs[0].Severity.String() != test.severity {
				t.Errorf("= %s (%s) %s, want %s (%s) %s; format %s", got, recs[0].Quality, recs[0].Severity, test.want, test.quality, test.severity, d.Format)
			}
			if test.message != "" && string(recs[0].Message) != test.message {
				t.Errorf("message %q, want %q", recs[0].Message, test.message)
			}
			if d.NeedsYear() != (test.quality == inferred) {
				t.Errorf("NeedsYear() = %v", d.NeedsYear())
			}
		})
	}
}

// TestW3CFields reads lines by the fields that their log names.
func TestW3CFields(t *testing.T) {
	for data, want := range map[string]string{
		"#GMT-Offset: -0800\n#Fields:  c-ip  date  time  cs-uri  sc-status\n10.1.2.3   2024-03-05   09:14:24   /a   404\n":                 "2024-03-05T17:14:24Z exact warn",
		"#Fields: date-local time-local cs(User-Agent) sc-status\n2024-03-05 17:14:24.619 \"a \"\"b\"\" c\" 503\n":                         "2024-03-05T17:14:24.619Z assumed zone error",
		"#Fields: time date sc-status\n17:14:24 2024-03-05 200\n":                                                                          "2024-03-05T17:14:24Z exact info",
		"#Version: 1.0\n#Fields: date\ttime\tx-edge-location\tsc-status\tcs(User-Agent)\n2024-03-05\t17:14:24\t\t502\tMozilla/5.0 (X11)\n": "2024-03-05T17:14:24Z exact error",
	} {
		d := format.Detect("u_ex.log", []byte(data), true)
		recs := readAll(t, d.Reader(format.Options{}), []byte(data))
		last := recs[len(recs)-1]
		if got := fmt.Sprintf("%s %s %s", last.When().Format(time.RFC3339Nano), last.Quality, last.Severity); got != want || d.Format != "w3c" {
			t.Errorf("%q: %s, want %s; format %s", data, got, want, d.Format)
		}
	}
}

// TestJournalBinaryField reads a message of several lines, which the journal
// exports behind its length.
func TestJournalBinaryField(t *testing.T) {
	message := "first line\nsecond line\n\nlast line"
	entry := "__CURSOR=s=1;i=1\n__REALTIME_TIMESTAMP=1709658864619000\nMESSAGE\n" + string(rune(len(message))) + "\x00\x00\x00\x00\x00\x00\x00" + message + "\nPRIORITY=4\nSYSLOG_IDENTIFIER=app\n\n"
	data := []byte(entry + entry)
	recs := readAll(t, format.Detect("journal.export", data, true).Reader(format.Options{}), data)
	if len(recs) != 2 || string(recs[1].Message) != message || recs[1].Severity != analysis.SeverityWarn || recs[1].Resource.Unit != "app" {
		t.Fatalf("records %+v", recs)
	}
	cut := data[:len(entry)-30] // within the second half of the message
	if recs = readAll(t, format.Detect("journal.export", cut, true).Reader(format.Options{}), cut); len(recs) != 1 {
		t.Fatalf("of a cut entry %d records, want 1", len(recs))
	}
}

// TestSmallLetters takes single small letters for levels where they differ.
func TestSmallLetters(t *testing.T) {
	for data, want := range map[string]string{
		"[1]{2}[3/4] 2024-03-05 17:14:24.1 i main started\n[1]{2}[3/4] 2024-03-05 17:14:25.1 e main broke\n": "info error",
		"2024-03-05 17:14:24.1 a main started\n2024-03-05 17:14:25.1 a main broke\n":                         "none none",
		"2024-03-05 17:14:24.1 d main started\n2024-03-05 17:14:25.1 d main broke\n":                         "none none",
	} {
		var got []string
		for _, r := range readAll(t, format.Detect("x.log", []byte(data), true).Reader(format.Options{}), []byte(data)) {
			got = append(got, r.Severity.String())
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%q: severities %s, want %s", data, g, want)
		}
	}
}

func TestNonsenseTimes(t *testing.T) {
	for _, stamp := range []string{
		"1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2024-02-30 10:00:00", "2023-02-29 10:00:00",
		"0001-01-01 00:00:00", "2024-13-01 10:00:00", "2024-00-10 10:00:00", "2024-04-31 10:00:00",
	} {
		line := stamp + " hello\n"
		data := []byte("2024-01-01 10:00:00 first\n2024-01-01 10:00:01 second\n" + line + "2024-01-01 10:00:02 last\n")
		recs := readAll(t, format.Detect("x.log", data, true).Reader(format.Options{}), data)
		if len(recs) != 4 {
			t.Errorf("%s: %d records, want 4", stamp, len(recs))
			continue
		}
		if recs[2].Time != analysis.NoTime || recs[2].Quality != analysis.TimeNone {
			t.Errorf("%s: time %v (%s), want none", stamp, recs[2].When(), recs[2].Quality)
		}
	}
}

func TestYearOverNewYear(t *testing.T) {
	var b strings.Builder
	at := time.Date(2022, 12, 30, 0, 0, 0, 0, time.UTC)
	for i := range 100 {
		fmt.Fprintf(&b, "%s host app[1]: message %d\n", at.Add(time.Duration(i)*time.Hour).Format(time.Stamp), i)
	}
	data := []byte(b.String())
	d := format.Detect("syslog", data, true)
	if !d.NeedsYear() {
		t.Fatal("NeedsYear() = false")
	}
	for _, ref := range []time.Time{time.Date(2023, 1, 3, 4, 0, 0, 0, time.UTC), time.Date(2023, 8, 1, 0, 0, 0, 0, time.UTC), time.Date(2022, 12, 31, 0, 0, 0, 0, time.UTC)} {
		recs := readAll(t, d.Reader(format.Options{Reference: ref}), data)
		for i, r := range recs {
			if want := at.Add(time.Duration(i) * time.Hour); !r.When().Equal(want) {
				t.Fatalf("reference %s, record %d: %s, want %s", ref.Format(time.DateOnly), i, r.When(), want)
			}
		}
	}
	recs := readAll(t, d.Reader(format.Options{}), data)
	if recs[0].Time != analysis.NoTime {
		t.Errorf("without a reference the time is %v, want none", recs[0].When())
	}
}

func TestSummerTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no zone data")
	}
	data := []byte("2024-03-31 01:59:59 a\n2024-03-31 02:30:00 in the gap\n2024-03-31 03:00:00 b\n2024-10-27 02:30:00 twice\n2024-10-27 03:00:00 c\n")
	var got []string
	for _, r := range readAll(t, format.Detect("x.log", data, true).Reader(format.Options{Zone: berlin}), data) {
		got = append(got, r.When().Format("15:04:05"))
	}
	want := "00:59:59 01:30:00 01:00:00"
	if g := strings.Join(got[:3], " "); g != want && g != "00:59:59 00:30:00 01:00:00" {
		t.Errorf("around the gap %s, want %s", g, want)
	}
	if got[4] != "02:00:00" {
		t.Errorf("after summer time %s, want 02:00:00", got[4])
	}
}

func TestDayAndMonth(t *testing.T) {
	for _, test := range []struct {
		name, data, want string
		guess            bool
	}{
		{"day first", "03/04/2024 10:00:00 a\n13/04/2024 10:00:00 b\n", "2024-04-03 2024-04-13", false},
		{"month first", "03/04/2024 10:00:00 a\n03/14/2024 10:00:00 b\n", "2024-03-04 2024-03-14", false},
		{"by sequence", "01/05/2024 10:00:00 a\n02/05/2024 10:00:00 b\n03/05/2024 10:00:00 c\n01/06/2024 10:00:00 d\n", "2024-05-01 2024-05-02 2024-05-03 2024-06-01", true},
		{"unknown", "03/04/2024 10:00:00 a\n03/04/2024 10:00:01 b\n", "2024-03-04 2024-03-04", true},
		{"dots", "03.04.2024 10:00:00 a\n03.04.2024 10:00:01 b\n", "2024-04-03 2024-04-03", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := format.Detect("x.log", []byte(test.data), true).Reader(format.Options{})
			var got []string
			for _, rec := range readAll(t, r, []byte(test.data)) {
				got = append(got, rec.When().Format(time.DateOnly))
			}
			if g := strings.Join(got, " "); g != test.want {
				t.Errorf("= %s, want %s", g, test.want)
			}
			guessed := false
			for _, p := range r.Problems() {
				guessed = guessed || p.Kind == analysis.ProblemTime
			}
			if guessed != test.guess {
				t.Errorf("problems %v, want a stated guess: %v", r.Problems(), test.guess)
			}
		})
	}
}

func TestClockOnly(t *testing.T) {
	data := []byte("[taskcluster 2026-01-02 21:39:55.060Z] Task ID: x\n21:40:01     INFO - building\n21:40:02    ERROR - failed\n00:10:00     INFO - after midnight\n")
	recs := readAll(t, format.Detect("build.log", data, true).Reader(format.Options{}), data)
	if len(recs) != 4 || recs[2].When().Format(time.DateTime) != "2026-01-02 21:40:02" || recs[2].Severity != analysis.SeverityError || recs[2].Quality != analysis.TimeInferredYear {
		t.Fatalf("records %v", recs)
	}
	if got := recs[3].When().Format(time.DateTime); got != "2026-01-03 00:10:00" {
		t.Errorf("after midnight %s, want 2026-01-03", got)
	}
}

func TestNotStamps(t *testing.T) {
	for name, data := range map[string]string{
		"only in messages":  "the job of 2024-01-01 10:00:00 is done\nnext one planned for Tuesday 2024-01-02 10:00:00, if any\nno\nwill run again, at the latest on 2024-01-03 10:00:00\nyes\n",
		"a listing":         "total 12\n-rw-r--r-- 1 root root 12 2024-05-01 10:00:00.000000000 +0000 b\n-rw-r--r-- 1 root root 12 2022-05-01 10:00:00.000000000 +0000 a\n-rw-r--r-- 1 root root 12 2023-05-01 10:00:00.000000000 +0000 c\n",
		"a table of timers": "NEXT LEFT LAST PASSED UNIT ACTIVATES\nThu 2024-02-10 10:00:00 UTC 20min left n/a n/a a.timer a.service\nFri 2024-02-11 10:00:00 UTC 1 day left n/a n/a b.timer b.service\n",
		"numbers":           "1000000001 items\n2000000002 items\n5 items\n",
	} {
		d := format.Detect("sos_commands/x/output.txt", []byte(data), true)
		for _, r := range readAll(t, d.Reader(format.Options{}), []byte(data)) {
			if r.Time != analysis.NoTime && name != "numbers" {
				t.Errorf("%s: %q has the time %s (format %s)", name, r.Raw, r.When(), d.Format)
				break
			}
		}
	}
}

func TestEvidence(t *testing.T) {
	for _, test := range []struct{ name, head, tail, want string }{
		{"stamps", "2024-03-05 17:14:24 a\n2024-03-05 17:14:25 b\n", "cut line\n2024-03-06 01:00:00 c\n", "2024-03-06T01:00:00Z"},
		{"journal", "-- Logs begin at Fri 2022-02-04 09:42:52 UTC, end at Thu 2022-02-10 09:39:55 UTC. --\nFeb 04 09:42:52 h kernel: x\n", "", "2022-02-10T09:39:55Z"},
		{"date", "Thu Feb 10 09:47:16 UTC 2022\n", "", "2022-02-10T09:47:16Z"},
		{"access", `1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1` + "\n", "", "2015-05-17T10:05:03Z"},
		{"a request behind syslog's stamp", "Feb  6 12:14:14 lb haproxy[77]: 10.1.2.3:40000 [06/Feb/2009:12:14:14.655] shop shop/a 1/2/3/4/10 200 512\n", "", "2009-02-06T12:14:14.655Z"},
		{"JSON", `{"ts":1694000000.5,"msg":"x"}` + "\n", "", "2023-09-06T11:33:20.5Z"},
		{"in a message", "user wrote 2030-01-01 10:00:00 in a text\nand nothing else\nreally not\n", "", ""},
		{"no year", "Feb 04 09:42:52 h kernel: x\n", "", ""},
		{"a document", "metadata:\n  creationTimestamp: 2021-08-03T09:14:02Z\nlastSeen: 2029-08-03T09:14:02Z\n", "", ""},
	} {
		e := format.FindEvidence([]byte(test.head), []byte(test.tail))
		text := ""
		if e.Any() {
			text = e.Latest.Format(time.RFC3339Nano)
		}
		if text != test.want {
			t.Errorf("%s: FindEvidence = %q, want %q", test.name, text, test.want)
		}
	}
}

func TestKernelClock(t *testing.T) {
	data := []byte("[    0.000000] Linux version 5.4.0\n[    1.500000] rtc_cmos rtc_cmos: setting system clock to 2022-02-09T22:38:31 UTC (1644446311)\n[   98.588963] audit: type=1400 audit(1644446408.088:298): apparmor=\"DENIED\"\n  continued\n")
	recs := readAll(t, format.Detect("dmesg", data, true).Reader(format.Options{}), data)
	if len(recs) != 3 || recs[2].When().Format("15:04:05.000") != "22:40:08.088" || recs[2].Quality != analysis.TimeInferredYear {
		t.Fatalf("records %+v", recs)
	}
	data = data[:bytes.IndexByte(data, '\n')+1]
	data = append(data, "[    1.000000] no wall clock here\n"...)
	recs = readAll(t, format.Detect("dmesg", data, true).Reader(format.Options{}), data)
	if len(recs) != 2 || recs[1].Time != analysis.NoTime || string(recs[1].Message) != "no wall clock here" {
		t.Fatalf("records %+v", recs)
	}
}

func TestStampAlone(t *testing.T) {
	data := []byte("Tue Mar 05 17:14:24 2024\nThread 1 advanced\n  Current log\nTue Mar 05 17:14:25 2024\nORA-00600: internal error\n")
	recs := readAll(t, format.Detect("alert.log", data, true).Reader(format.Options{}), data)
	if len(recs) != 2 || string(recs[0].Message) != "Thread 1 advanced\n  Current log" || string(recs[1].Message) != "ORA-00600: internal error" {
		t.Fatalf("records %+v", recs)
	}
}
