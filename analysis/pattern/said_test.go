package pattern_test

import (
	"fmt"
	"maps"
	"testing"

	"faultline/analysis/pattern"
)

// What all messages of a pattern have in place of a variable is said with it;
// what differs is not, nor is a number.
func TestSaid(t *testing.T) {
	var m []string
	for i, to := range []string{"OnlineState", "OfflineState", "RemovedState", "SleepingState", "WakingState", "RestingState"} {
		for n := range 3 {
			m = append(m, fmt.Sprintf("switch of port %d from ReadyState to %s was asked by the planner", 7*i+n, to))
			m = append(m, fmt.Sprintf("switch of port %d from %s to ReadyState was asked by the planner", 7*i+n, to))
		}
	}
	m = append(m, "board 17 went from ReadyState to SleepingState and did not answer", "board 18 went from ReadyState to SleepingState and did not answer")
	said := map[string]string{}
	for _, p := range pattern.Mine(shapes(m...), pattern.Options{}).Patterns {
		said[p.Text] = p.Said
	}
	want := map[string]string{
		"switch of port <*> from ReadyState to <*> was asked by the planner": "",
		"switch of port <*> from <*> to ReadyState was asked by the planner": "",
		"board <*> went from ReadyState to <*> and did not answer":           "board <*> went from ReadyState to SleepingState and did not answer",
	}
	if !maps.Equal(said, want) {
		t.Errorf("said %q, want %q", said, want)
	}
}
