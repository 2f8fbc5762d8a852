package format_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"faultline/analysis"
	"faultline/analysis/format"
)

// said are messages that begin in different ways.
var said = []string{
	"Starting version 3.1", "connection refused by 10.0.0.7:443", "took 17 ms", "Closing socket 5", "user anna logged in",
	"disk /dev/sda1 is full", "retry 3 of 5", "Received SIGTERM", "took 3 ms", "nothing to do", "10.0.0.9 left the cluster", "loaded 12 rules",
}

// TestLayout takes the messages out of layouts that nothing is known about.
func TestLayout(t *testing.T) {
	threads := []string{"main", "pool-1-thread-2", "Server handler 13 on 62270", "io[id=1]/0:0:0:0:0:0:0:0:2181"}
	names := []string{"org.acme.store.Block$Reader", "org.acme.net.Client", "org.acme.Main"}
	words := []string{"Display", "PowerService", "Radio"}
	pick := func(list []string, i int) string { return list[i%len(list)] }
	for _, c := range []struct {
		name    string
		line    func(i int, message string) string
		process func(i int) string // nil: none
	}{
		{"logger", func(i int, m string) string {
			return fmt.Sprintf("2024-03-01 10:00:%02d,123 INFO %s: %s", i, pick(names, i), m)
		}, func(i int) string { return pick(names, i) }},
		{"thread and logger", func(i int, m string) string {
			return fmt.Sprintf("2024-03-01 10:00:%02d,123 WARN [%s] %s: %s", i, pick(threads, i), pick(names, i), m)
		}, func(i int) string { return pick(names, i) }},
		{"thread and dash", func(i int, m string) string {
			return fmt.Sprintf("2024-03-01 10:00:%02d,123 - INFO  [%s:Cnx@%d] - %s", i, pick(threads, i), i*7, m)
		}, nil},
		{"logger and request", func(i int, m string) string {
			return fmt.Sprintf("a-api.log.1 2024-03-01 10:00:%02d.123 25746 INFO %s [req-%04x-%d - - -] %s", i, strings.ToLower(pick(names, i)), i*7919, i, m)
		}, func(i int) string { return strings.ToLower(pick(names, i)) }},
		{"process, thread, letter and tag", func(i int, m string) string {
			return fmt.Sprintf("03-17 16:13:%02d.811  %4d  %4d D %s: %s", i, 1702+i, 20395+i, pick(words, i), m)
		}, func(i int) string { return pick(words, i) }},
		{"bars", func(i int, m string) string {
			return fmt.Sprintf("20240301-22:15:%d:%d|%s|30002312|%s", i, i*3, pick(words, i), m)
		}, func(i int) string { return pick(words, i) }},
		{"program and dash", func(i int, m string) string {
			return fmt.Sprintf("[10.30 16:49:%02d] %s - %s", i, pick([]string{"chrome.exe", "mail.exe *64"}, i), m)
		}, func(i int) string { return pick([]string{"chrome.exe", "mail.exe *64"}, i) }},
		{"two stamps, host and program", func(i int, m string) string {
			return fmt.Sprintf("- %d 2024.03.01 dn%d Mar 1 12:01:%02d dn%d/dn%d %s: %s", 1709294461+i, i, i, i, i, pick([]string{"cron(pam_unix)[2915]", "kernel", "/usr/sbin/ntpd[77]"}, i), m)
		}, func(i int) string { return pick([]string{"cron(pam_unix)", "kernel", "/usr/sbin/ntpd"}, i) }},
		{"flag behind the time", func(i int, m string) string {
			return fmt.Sprintf("%d node-%d unix.hw state.change %d %d %s", 134681+i, i, 1709294461+i, i%2*2-1, m)
		}, nil},
		{"file and line", func(i int, m string) string {
			return fmt.Sprintf("2024-03-01 10:00:%02d.123 [DEBUG][%d] felix/%s.go %d: %s", i, 60+i%2, strings.ToLower(pick(words, i)), i*31, m)
		}, func(i int) string { return "felix/" + strings.ToLower(pick(words, i)) + ".go" }},
		{"tabs", func(i int, m string) string {
			return fmt.Sprintf("2024-03-01T10:00:%02d.123Z\tINFO\toperator.%s\tcontroller/start.go:%d\t%s", i, strings.ToLower(pick(words, i)), i, m)
		}, func(i int) string { return "operator." + strings.ToLower(pick(words, i)) }},
		{"filled up", func(i int, m string) string {
			return fmt.Sprintf("2024-03-01 10:00:%02d, Info                  %-8s%s", i, pick([]string{"CBS", "Agent"}, i), m)
		}, func(i int) string { return pick([]string{"CBS", "Agent"}, i) }},
		{"without times", func(i int, m string) string {
			return fmt.Sprintf("WARN  [%s] %s - %s", pick(threads[:2], i), pick(names, i), m)
		}, func(i int) string { return pick(names, i) }},
		{"container's", func(i int, m string) string {
			return fmt.Sprintf("2024-03-01T10:00:%02d.123456789Z stdout F INFO [%s] %s: %s", i, pick(threads, i), pick(names, i), m)
		}, func(i int) string { return pick(names, i) }},
		// What must stay.
		{"verdicts", func(i int, m string) string {
			return fmt.Sprintf("2024-03-01 10:00:%02d %s", i, m)
		}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			messages := said
			if c.name == "verdicts" {
				messages = nil
				for i, m := range said {
					messages = append(messages, pick([]string{"PASS: ", "FAIL: ", "SKIP: "}, i)+m)
				}
			}
			const rounds = 3
			for i := range rounds * len(messages) {
				b.WriteString(c.line(i, messages[i%len(messages)]) + "\n")
			}
			data := []byte(b.String())
			d := format.Detect("var/log/app.log", data, true)
			n := 0
			err := d.Reader(lineOptions).Records(data, func(rec *analysis.Record) error {
				if want := messages[n%len(messages)]; string(rec.Message) != want {
					t.Errorf("%s: message %d = %q, want %q", d.Format, n, rec.Message, want)
				}
				want := ""
				if c.process != nil {
					want = c.process(n)
				}
				if rec.Resource.Process != want {
					t.Errorf("%s: process %d = %q, want %q", d.Format, n, rec.Resource.Process, want)
				}
				n++
				return nil
			})
			if err != nil || n != rounds*len(messages) {
				t.Errorf("%d records (%v), want %d", n, err, rounds*len(messages))
			}
		})
	}
}

// TestNoLayout wants messages whole that only look alike at their heads.
func TestNoLayout(t *testing.T) {
	for name, lines := range map[string][]string{
		"one message":   repeat(20, "2024-03-01 10:00:%02d INFO lease: renewed"),
		"few lines":     {"2024-03-01 10:00:01 INFO [main] started", "2024-03-01 10:00:02 INFO [main] took 5 ms", "2024-03-01 10:00:03 INFO [main] stopped"},
		"numbers first": repeat(20, "2024-03-01 10:00:%02d INFO 12.5 s passed", "2024-03-01 10:00:%02d INFO nothing passed", "2024-03-01 10:00:%02d INFO all passed"),
		"prose":         repeat(20, "2024-03-01 10:00:%02d INFO Connection opened: a", "2024-03-01 10:00:%02d INFO Connection closed: b", "2024-03-01 10:00:%02d INFO Lease lost: c"),
	} {
		t.Run(name, func(t *testing.T) {
			data := []byte(strings.Join(lines, "\n"))
			d := format.Detect("var/log/app.log", data, true)
			n := 0
			err := d.Reader(lineOptions).Records(data, func(rec *analysis.Record) error {
				if _, want, _ := strings.Cut(lines[n], " INFO "); string(rec.Message) != want {
					t.Errorf("message %d = %q, want %q", n, rec.Message, want)
				}
				n++
				return nil
			})
			if err != nil || n != len(lines) {
				t.Errorf("%d records (%v), want %d", n, err, len(lines))
			}
		})
	}
}

func repeat(n int, forms ...string) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf(forms[i%len(forms)], i))
	}
	return out
}

// TestCallerLine reads java.util.logging's two lines as one message.
func TestCallerLine(t *testing.T) {
	data := []byte("Mar 05, 2024 5:14:24 PM org.example.Main main\nINFO: started with 5 workers\n" +
		"Mar 05, 2024 5:14:25 PM org.example.Main run\nSEVERE: cannot open /tmp/x\njava.io.IOException: no\n\tat a.B.c(B.java:1)\n")
	var got []string
	for _, rec := range readAll(t, format.Detect("x.log", data, true).Reader(lineOptions), data) {
		got = append(got, rec.Severity.String()+" "+rec.Resource.Process+" "+string(rec.Message))
	}
	want := []string{"info org.example.Main started with 5 workers", "error org.example.Main cannot open /tmp/x\njava.io.IOException: no\n\tat a.B.c(B.java:1)"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}
