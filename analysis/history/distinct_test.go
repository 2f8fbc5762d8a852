package history_test

import (
	"fmt"
	"testing"
	"time"

	"faultline/analysis"
	"faultline/analysis/history"
)

func TestEvents(t *testing.T) {
	at := func(m int) time.Time { return time.Date(2026, 3, 1, 0, m, 0, 0, time.UTC) }
	event := func(uid, subject string, count int64, last int) analysis.State {
		return analysis.State{Kind: "Event", UID: uid, Subject: subject, Reason: "BackOff", Message: "m", Severity: analysis.SeverityWarn, Count: count, First: at(0), Last: at(last)}
	}
	tests := []struct {
		name   string
		states []analysis.State
		want   string
	}{
		{"the same event in two files", []analysis.State{event("u", "Pod ns/a", 3, 5), event("u", "Pod ns/a", 3, 5)}, "1 events, 3 times"},
		{"a later bundle", []analysis.State{event("u", "Pod ns/a", 3, 5), event("u", "Pod ns/a", 8, 9)}, "1 events, 8 times"},
		{"two events", []analysis.State{event("u", "Pod ns/a", 3, 5), event("v", "Pod ns/a", 1, 9)}, "2 events, 4 times"},
		{"without UIDs", []analysis.State{event("", "Pod ns/a", 3, 5), event("", "Pod ns/a", 3, 5), event("", "Pod ns/b", 0, 1)}, "2 events, 4 times"},
		{"one source has no UIDs", []analysis.State{event("u", "Pod ns/a", 3, 5), event("", "Pod ns/a", 3, 0)}, "1 events, 3 times"},
		{"no events", []analysis.State{{Kind: "Pod", Name: "a"}}, "0 events, 0 times"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			events := history.Events(tt.states)
			n := int64(0)
			for _, e := range events {
				n += history.Occurrences(&e)
			}
			if got := fmt.Sprintf("%d events, %d times", len(events), n); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}
