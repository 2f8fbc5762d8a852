package format

import (
	"fmt"
	"testing"
	"time"

	"faultline/analysis"
)

// TestSeverity holds the quick test on two letters against the vocabulary.
func TestSeverity(t *testing.T) {
	for _, w := range []string{
		"trace", "trc", "finest", "finer", "verbose", "debug", "dbg", "debug1", "debug5", "fine", "info", "inf", "information", "informational",
		"log", "normal", "statement", "config", "notice", "note", "hint", "warn", "warning", "wrn", "warnings", "error", "err", "eror", "failure",
		"severe", "erro", "noti", "debu", "aler", "emer", "crit", "critical", "dpanic", "alert", "fatal", "panic", "ftl", "emerg", "emergency", "ERROR", "INFO", "Info", "WARN", "WARNING", "Error", "DEBUG", "Debug", "Warning", "session", "x", "",
	} {
		if got, want := severity([]byte(w)), analysis.ParseSeverity(w); got != want {
			t.Errorf("severity(%q) = %v, want %v", w, got, want)
		}
	}
}

func BenchmarkTime(b *testing.B) {
	var stamps [][]byte
	n := 0
	for i := range 1000 {
		stamps = append(stamps, fmt.Appendf(nil, "2026-03-%02d 10:%02d:%02d,%03d INFO text", 1+i/400, i/60%60, i%60, i))
		n += len("2026-03-01 10:00:00,000")
	}
	w := newClockwork(time.UTC, time.Time{})
	var c civil
	b.SetBytes(int64(n))
	b.ReportAllocs()
	for b.Loop() {
		for _, s := range stamps {
			if formISO.parse(s, &c) == 0 {
				b.Fatalf("%s is no stamp", s)
			}
			w.time(&c)
		}
	}
}

func BenchmarkSeverity(b *testing.B) {
	var texts [][]byte
	n := 0
	for i := range 1000 {
		t := fmt.Appendf(nil, " [worker-%d] %s store.Replica: received block %d", i%16, []string{"INFO", "WARN", "ERROR", "debug"}[i%4], i)
		texts = append(texts, t)
		n += len(t)
	}
	var l levels
	l.learn(texts)
	b.SetBytes(int64(n))
	b.ReportAllocs()
	for b.Loop() {
		for _, t := range texts {
			if s, _ := l.find(t); s == 0 {
				b.Fatalf("no level in %s", t)
			}
		}
	}
}
