package history_test

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"faultline/analysis"
	"faultline/analysis/history"
)

// bundleStates reads all states of a .tar.gz of the development data.
func bundleStates(t *testing.T, path string) []analysis.State {
	t.Helper()
	file, err := os.Open("../../../shared/data/bundles/" + path)
	if err != nil {
		t.Skipf("the development data is not here: %v", err)
	}
	defer func() { _ = file.Close() }()
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var states []analysis.State
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return states
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) || bytes.Contains(data[:min(len(data), 4096)], []byte("apiVersion:")) {
			s, _ := statesOf(t, h.Name, data)
			states = append(states, s...)
		}
	}
}

func TestNodeStopsOfSupportBundle(t *testing.T) {
	stops := history.NodeStops(bundleStates(t, "kubernetes/troubleshoot/support-bundle.tar.gz"), time.Time{})
	if len(stops) != 1 {
		t.Fatalf("%d node stops, want 1: %+v", len(stops), stops)
	}
	n := stops[0]
	if got := n.Time.Format(time.RFC3339); got != "2022-12-21T09:42:35Z" || len(n.Containers) != 6 || n.Pods != 4 {
		t.Errorf("%d containers of %d pods at %s, want 6 of 4 at 2022-12-21T09:42:35Z", len(n.Containers), n.Pods, got)
	}
	if got := fmt.Sprintf("%d since %s, %.0f days, %.1f a day", n.Stops, n.Since.Format("2006-01-02 15:04"), n.Days, n.PerDay); got != "96 since 2022-09-23 13:46, 89 days, 1.1 a day" {
		t.Errorf("stops: %s", got)
	}
	if len(n.Rhythms) != 2 || n.Rhythms[1].Stops != 25 || n.Rhythms[1].Since.Format("2006-01-02") != "2022-12-01" {
		t.Errorf("rhythms: %+v", n.Rhythms)
	}
	var again []string
	for _, a := range n.Again {
		again = append(again, fmt.Sprintf("%s exit %d after %s: %d more, %.0f %%", a.Container.Name, a.Container.ExitCode, a.Delay, a.Extra, 100*a.Share))
	}
	want := []string{"local-path-provisioner exit 1 after 35s: 93 more, 97 %", "metrics-server exit 2 after 35s: 86 more, 90 %"}
	if fmt.Sprint(again) != fmt.Sprint(want) {
		t.Errorf("again: %q, want %q", again, want)
	}
	t.Log(n.Formula)
	for _, a := range n.Again {
		t.Log(a.Formula)
	}
}

// container makes a container's state: made up.
func container(node, pod, name string, restarts int64, started, ended time.Time, code int) analysis.State {
	return analysis.State{
		Kind: "Container", UID: pod, Name: name, Count: restarts, Created: started, Exited: true, ExitCode: code, Finished: ended, Reason: "Error", Status: "Running",
		Resource:   analysis.Resource{Host: node, Namespace: "ns", Pod: pod, Container: name},
		Attributes: []analysis.Attribute{{Name: history.RunningSince, Value: ended.Add(5 * time.Second).Format(time.RFC3339)}},
	}
}

func TestNodeStops(t *testing.T) {
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	at := start.Add(10 * 24 * time.Hour)
	both := []analysis.State{container("n1", "a", "x", 10, start, at, 255), container("n1", "b", "y", 10, start, at, 255)}
	tests := []struct {
		name   string
		states []analysis.State
		want   int
	}{
		{"two pods in one second", both, 1},
		{"listed twice", append(both[:2:2], both...), 1},
		{"two containers of one pod", []analysis.State{container("n1", "a", "x", 3, start, at, 1), container("n1", "a", "y", 3, start, at, 1)}, 0},
		{"two nodes", []analysis.State{container("n1", "a", "x", 3, start, at, 1), container("n2", "b", "y", 3, start, at, 1)}, 0},
		{"another container ran through", append(both[:2:2], container("n1", "c", "z", 1, start, at.Add(-time.Hour), 1)), 0},
		{"a second apart", []analysis.State{container("n1", "a", "x", 3, start, at, 1), container("n1", "b", "y", 3, start, at.Add(time.Second), 1)}, 0},
		{"over a change of the second", []analysis.State{both[0], both[1], container("n1", "c", "z", 10, start, at.Add(time.Second), 255), container("n1", "d", "z", 10, start, at.Add(1900*time.Millisecond), 255)}, 1},
		{"nothing", nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := history.NodeStops(tt.states, at.Add(time.Hour)); len(got) != tt.want {
				t.Errorf("NodeStops = %d stops, want %d: %+v", len(got), tt.want, got)
			}
		})
	}
}

// TestNodeStopOwnEnds wants what ended in the course of a stop not to be told
// as ending again after it.
func TestNodeStopOwnEnds(t *testing.T) {
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	start := at.Add(-100 * 24 * time.Hour)
	var states []analysis.State
	for _, x := range []struct {
		pod   string
		count int64
		after time.Duration
	}{{"a", 10, 0}, {"b", 10, 0}, {"c", 10, time.Second}, {"d", 18, 1500 * time.Millisecond}, {"e", 19, time.Minute}} {
		states = append(states, container("n1", x.pod, "x", x.count, start, at.Add(x.after), 255))
	}
	stops := history.NodeStops(states, at.Add(time.Hour))
	if len(stops) != 1 || len(stops[0].Containers) != 4 || stops[0].Within != time.Second || len(stops[0].Again) != 1 || stops[0].Again[0].Container.Resource.Pod != "e" {
		t.Errorf("NodeStops = %+v, want one with 4 containers within a second, after which only pod e ended again", stops)
	}
}

func TestNodeStopsOfHealthyCluster(t *testing.T) {
	states := bundleStates(t, "kubernetes/must-gather-aws.tar.gz")
	for _, n := range history.NodeStops(states, time.Time{}) {
		t.Logf("%s %s: %d containers of %d pods, %s", n.Node, n.Time, len(n.Containers), n.Pods, n.SameReason)
	}
	events := history.Events(states)
	warnings := map[string]int64{}
	for _, e := range events {
		if e.Severity >= analysis.SeverityWarn {
			warnings[e.Reason] += history.Occurrences(&e)
		}
	}
	got := ""
	for _, reason := range slices.SortedFunc(maps.Keys(warnings), func(a, b string) int { return cmp.Compare(warnings[b], warnings[a]) }) {
		if warnings[reason] >= 129 {
			got += fmt.Sprintf("%s %d ", reason, warnings[reason])
		}
	}
	const want = "FastControllerResync 257 FailedScheduling 241 FailedMount 211 RequiredInstallerResourcesMissing 174 Unhealthy 166 NetworkNotReady 150 OpenShiftAPICheckFailed 129 "
	if len(events) != 5373 || got != want {
		t.Errorf("%d events; %s; want 5373; %s", len(events), got, want)
	}
	for _, x := range history.Troubles(states) {
		t.Logf("%s: %s %s: %s %s %s", x.Class, x.Object, x.State.Name, x.State.Status, x.State.Reason, x.State.Message)
	}
}
