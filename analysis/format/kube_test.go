package format_test

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"faultline/analysis"
	"faultline/analysis/format"
)

// members calls visit for each regular file of a .tar.gz.
func members(t testing.TB, archive []byte, visit func(path string, data []byte)) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
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
		visit(h.Name, data)
	}
}

// The figures are those that scripts over the raw files gave (SOURCE.md of the
// development data), not ours.
func TestMustGatherEvents(t *testing.T) {
	archive := shared(t, "kubernetes/must-gather-aws.tar.gz")
	events := map[string]*analysis.State{}
	members(t, archive, func(path string, data []byte) {
		d, recs, problems := read(t, path, data, 1<<20)
		if d.Format != "kubernetes-yaml" {
			return
		}
		for _, p := range problems {
			t.Errorf("%s: %s", path, p.Detail)
		}
		for _, r := range recs {
			if r.Kind == analysis.KindEvent {
				events[r.State.UID] = r.State
			}
		}
	})
	warnings, occurrences := 0, int64(0)
	last := analysis.Span{}
	for _, s := range events {
		if s.Severity == analysis.SeverityWarn {
			warnings++
			occurrences += max(s.Count, 1)
			last.Add(s.Last)
		}
	}
	if len(events) != 5373 || warnings != 798 || occurrences != 1749 || last.To.Format("15:04:05") != "09:45:28" {
		t.Errorf("%d events, %d warnings, %d occurrences, last %v; want 5373, 798, 1749, 09:45:28", len(events), warnings, occurrences, last.To)
	}
}

func BenchmarkKubeYAML(b *testing.B) {
	archive := shared(b, "kubernetes/must-gather-aws.tar.gz")
	type file struct {
		path string
		data []byte
	}
	var files []file
	size := 0
	members(b, archive, func(path string, data []byte) {
		head := data[:min(len(data), format.HeadSize)]
		if format.Detect(path, head, len(head) == len(data)).Format == "kubernetes-yaml" {
			files = append(files, file{path, data})
			size += len(data)
		}
	})
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, f := range files {
			head := f.data[:min(len(f.data), format.HeadSize)]
			r := format.Detect(f.path, head, len(head) == len(f.data)).Reader(format.Options{})
			n := r.Cut(f.data, true)
			if err := r.Records(f.data[:n], func(*analysis.Record) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// kubeSamples are made up; they hold what real objects hold.
var kubeSamples = map[string]string{
	"list.json": `{
  "kind": "PodList",
  "apiVersion": "v1",
  "metadata": {},
  "items": [
    {
      "metadata": {"name": "a", "namespace": "ns", "uid": "u1"},
      "spec": {"nodeName": "n1", "containers": [{"name": "c", "resources": {"limits": {"memory": "64Mi"}}}]},
      "status": {
        "phase": "Running",
        "startTime": "2026-01-02T03:04:05Z",
        "containerStatuses": [
          {
            "name": "c",
            "restartCount": 3,
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
            "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled", "startedAt": "2026-01-02T04:04:05Z", "finishedAt": "2026-01-02T05:04:05Z"}}
          },
          {"name": "d", "restartCount": 0, "ready": true, "state": {"running": {"startedAt": "2026-01-02T03:04:06Z"}}, "lastState": {}}
        ]
      }
    },
    {"metadata": {"name": "b", "namespace": "ns"}, "spec": {"containers": []}, "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes are available"}]}}
  ]
}
`,
	"compact.json": `{"apiVersion":"v1","items":[{"apiVersion":"v1","kind":"Event","metadata":{"name":"e","uid":"u"},"involvedObject":{"kind":"Node","name":"n1"},"reason":"NodeNotReady","type":"Warning","message":"a } \" {","count":4,"firstTimestamp":null,"lastTimestamp":"2026-01-02T03:04:05Z"},{"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"f"},"regarding":{"kind":"Pod","namespace":"ns","name":"p","fieldPath":"spec.containers{c}"},"reason":"BackOff","type":"Warning","note":"again","eventTime":"2026-01-02T03:04:05.123456Z","series":{"count":7,"lastObservedTime":"2026-01-02T04:04:05.5Z"},"deprecatedFirstTimestamp":null}],"kind":"List","metadata":{"resourceVersion":""}}`,
	"events.yaml": `---
apiVersion: v1
items:
- apiVersion: v1
  count: 2
  eventTime: null
  firstTimestamp: "2026-01-02T03:04:05Z"
  involvedObject:
    kind: Pod
    name: p
    namespace: ns
  kind: Event
  lastTimestamp: "2026-01-02T03:05:05Z"
  message: 'two
    lines'
  metadata:
    name: e
    uid: u
  reason: FailedMount
  type: Warning
- apiVersion: v1
  involvedObject:
    kind: Deployment
    name: d
    namespace: ns
  kind: Event
  message: |-
    block
      text
  metadata:
    creationTimestamp: "2026-01-02T03:04:05Z"
    name: f
  reason: ScalingReplicaSet
  type: Normal
kind: EventList
metadata:
  resourceVersion: "1"
`,
	"docs.yaml": `apiVersion: batch/v1
kind: Job
metadata: {name: j, namespace: ns}
status:
  failed: 3
  startTime: "2026-01-02T03:04:05Z"
  conditions:
  - type: Failed
    status: "True"
    reason: BackoffLimitExceeded
    message: Job has reached the specified backoff limit
    lastTransitionTime: "2026-01-02T03:14:05Z"
---
apiVersion: config.openshift.io/v1
kind: ClusterOperator
metadata:
  name: dns
status:
  conditions:
  - lastTransitionTime: "2026-01-02T03:14:05Z"
    message: no pods
    reason: Unavailable
    status: "False"
    type: Available
---
apiVersion: v1
kind: Node
metadata:
  name: n1
status:
  conditions:
  - type: MemoryPressure
    status: "False"
  - type: Ready
    status: Unknown
    reason: NodeStatusUnknown
    message: Kubelet stopped posting node status.
    lastTransitionTime: "2026-01-02T03:14:05Z"
  nodeInfo:
    kubeletVersion: v1.30.1
`,
}

func summary(recs []analysis.Record) string {
	var b bytes.Buffer
	for _, r := range recs {
		if r.Kind == analysis.KindDocument {
			continue
		}
		fmt.Fprintf(&b, "%d %s %s %s %s", r.Line+1, r.Kind, r.When().Format("15:04:05.999"), r.Severity, r.Message)
		if s := r.State; s != nil {
			fmt.Fprintf(&b, " [%s %s %s n=%d]", s.Kind, cmp.Or(s.Subject, s.Name), s.Health, s.Count)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestKube(t *testing.T) {
	want := map[string]string{
		"list.json": `6 object 00:00:00 none Pod ns/a: Running, 3 restarts [Pod a good n=3]
13 object 05:04:05 error Container c of pod ns/a: CrashLoopBackOff, 3 restarts, ended 2026-01-02T05:04:05Z OOMKilled with exit code 137: back-off [Container c bad n=3]
19 object 00:00:00 none Container d of pod ns/a: Running [Container d good n=0]
23 object 00:00:00 error Pod ns/b: Pending, Unschedulable: 0/3 nodes are available [Pod b bad n=0]
`,
		"compact.json": `1 event 03:04:05 warn NodeNotReady: a } " { [Event Node n1 bad n=4]
1 event 04:04:05.5 warn BackOff: again [Event Pod ns/p bad n=7]
`,
		"events.yaml": `4 event 03:05:05 warn FailedMount: two lines [Event Pod ns/p bad n=2]
21 event 03:04:05 info ScalingReplicaSet: block
  text [Event Deployment ns/d  n=0]
`,
		"docs.yaml": `1 object 03:14:05 error Job ns/j: Failed, BackoffLimitExceeded: Job has reached the specified backoff limit [Job j bad n=0]
13 object 03:14:05 error ClusterOperator dns: NotAvailable, Unavailable: no pods [ClusterOperator dns bad n=0]
25 object 03:14:05 error Node n1: ReadyUnknown, NodeStatusUnknown: Kubelet stopped posting node status. [Node n1 bad n=0]
`,
	}
	for name, data := range kubeSamples {
		t.Run(name, func(t *testing.T) {
			for _, step := range []int{1 << 20, 200, 1} {
				_, recs, problems := read(t, name, []byte(data), step)
				if got := summary(recs); got != want[name] || len(problems) > 0 {
					t.Errorf("step %d: %v\n%s\nwant\n%s", step, problems, got, want[name])
				}
			}
		})
	}
}

// A list cut anywhere keeps the items that are whole, and never fails.
func TestKubeTruncated(t *testing.T) {
	for name, data := range kubeSamples {
		for i := 0; i < len(data); i += 3 {
			read(t, name, []byte(data[:i]), 200)
		}
	}
}

// An item that is too large does not take its neighbours with it.
func TestKubeHugeItem(t *testing.T) {
	event := func(name string) string {
		return `{"apiVersion":"v1","kind":"Event","metadata":{"name":"` + name + `"},"involvedObject":{"kind":"Pod","name":"p"},"type":"Normal","reason":"R","message":"m","lastTimestamp":"2026-01-02T03:04:05Z"}`
	}
	huge := `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"big"},"data":{"x":"` + strings.Repeat("0123456789abcdef", 20<<16) + `"}}`
	data := `{"kind":"List","apiVersion":"v1","items":[` + "\n" + strings.Join([]string{event("a"), huge, event("b"), event("c")}, ",\n") + "]}"
	_, recs, problems := read(t, "list.json", []byte(data), 1<<20)
	var names []string
	for _, r := range recs {
		if r.Kind == analysis.KindEvent {
			names = append(names, r.State.Name)
		}
	}
	if got := strings.Join(names, " "); got != "a b c" || len(problems) == 0 || problems[0].Kind != analysis.ProblemLimit {
		t.Errorf("events %q, %v; want all three and a note of the limit", got, problems)
	}
}

func TestJSONTreeDepth(t *testing.T) {
	deep := strings.Repeat(`{"a":[`, 2500) + strings.Repeat("]}", 2500)
	data := `{"apiVersion":"v1","kind":"X","metadata":{"name":"x"},"status":` + deep + `}`
	read(t, "x.json", []byte(data), 1<<20)
	read(t, "x.yaml", []byte("apiVersion: v1\nkind: X\nmetadata:\n  name: x\nstatus: "+strings.Repeat("[", 200_000)), 1<<20)
}

func FuzzKube(f *testing.F) {
	for name, s := range kubeSamples {
		f.Add(name, []byte(s), 50)
	}
	f.Fuzz(func(t *testing.T, name string, data []byte, step int) {
		if step < 1 || len(data) > 1<<16 {
			return
		}
		read(t, name, data, 1<<20)
		read(t, name, data, step)
	})
}
