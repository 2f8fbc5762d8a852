package format

import (
	"testing"

	"faultline/analysis"
)

// TestSeverity holds the quick test on two letters against the vocabulary.
func TestSeverity(t *testing.T) {
	for _, w := range []string{
		"trace", "trc", "finest", "finer", "verbose", "debug", "dbg", "debug1", "debug5", "fine", "info", "inf", "information", "informational",
		"log", "normal", "statement", "config", "notice", "note", "hint", "warn", "warning", "wrn", "warnings", "error", "err", "eror", "failure",
		"severe", "crit", "critical", "dpanic", "alert", "fatal", "panic", "ftl", "emerg", "emergency", "ERROR", "Warning", "session", "x", "",
	} {
		if got, want := severity([]byte(w)), analysis.ParseSeverity(w); got != want {
			t.Errorf("severity(%q) = %v, want %v", w, got, want)
		}
	}
}
