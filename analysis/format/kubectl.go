package format

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"faultline/analysis"
)

// kubectlWhole is how much of kubectl's text output is read together.
const kubectlWhole = 16 << 20

var (
	describeName = regexp.MustCompile(`(?m)^Name: {2,}\S`)
	describeMore = regexp.MustCompile(`(?m)^(?:Labels|Namespace|Annotations|Roles): {2,}\S`)
	describeEnd  = regexp.MustCompile(`(?m)^(?:Events|Conditions|Containers|Pods Statuses|Replicas|Pods Status|Used By|Node-Selectors|Allocated resources): *`)
	eventTimes   = regexp.MustCompile(`\(x(\d+)`)
)

// sniffKubectl recognises what kubectl prints for people: describe, and the
// tables of get and events.
func sniffKubectl(s *sample) match {
	m := match{confidence: 0.93, kind: analysis.MemberDocument, format: "kubectl"}
	switch {
	case bytes.Contains(s.text, []byte("Name:  ")) && describeName.Match(s.text) && describeMore.Match(s.text) && describeEnd.Match(s.text):
		m.detail, m.reason = "describe", "objects as kubectl describe prints them"
	default:
		found := false
		for i, line := range s.lines {
			if i == 8 || found {
				break
			}
			found = kubeTable(line) != nil && i+1 < len(s.lines)
		}
		if !found {
			return match{}
		}
		m.detail, m.reason = "table", "a table as kubectl get prints it"
	}
	m.open = func(o Options) Reader { return &kubectlReader{o: o} }
	return m
}

// kubectlReader reads kubectl's text output.
type kubectlReader struct{ o Options }

func (r *kubectlReader) Cut(data []byte, eof bool) int {
	if eof {
		return len(data)
	}
	if len(data) < kubectlWhole {
		return 0
	}
	if i := bytes.LastIndex(data, []byte("\n\n")); i > 0 {
		return i + 2
	}
	return bytes.LastIndexByte(data, '\n') + 1
}

func (r *kubectlReader) Problems() []analysis.Problem { return nil }

func (r *kubectlReader) Records(chunk []byte, emit func(rec *analysis.Record) error) error {
	k := kubectlParser{src: chunk, clock: newClockwork(r.o.Zone, r.o.Reference)}
	k.split()
	k.parse()
	slices.SortStableFunc(k.parts, func(a, b kubectlPart) int { return cmp.Compare(a.at, b.at) })
	e := newEmitter(chunk, emit)
	for i, p := range k.parts {
		if p.at < e.at {
			continue
		}
		if i+1 < len(k.parts) {
			p.end = min(p.end, max(k.parts[i+1].at, p.at))
		}
		if p.end <= p.at {
			continue
		}
		if err := e.lines(p.at, r.o.MaxLine); err != nil {
			return err
		}
		rec := e.next(p.end)
		rec.Kind, rec.State, rec.Severity, rec.Resource, rec.Run = p.kind, p.state, p.state.Severity, p.state.Resource, p.run
		rec.Message = []byte(p.message)
		if rec.Time = analysis.Nanos(p.time); rec.Time != analysis.NoTime {
			rec.Quality = analysis.TimeExact
		}
		if err := e.send(); err != nil {
			return err
		}
	}
	return e.lines(len(chunk), r.o.MaxLine)
}

type kubectlPart struct {
	part
	end int
}

// textLine is a line's place in the chunk and its text without line end.
type textLine struct {
	at, end int // line end included
	text    []byte
}

type kubectlParser struct {
	src   []byte
	lines []textLine
	clock clockwork
	parts []kubectlPart
}

func (k *kubectlParser) split() {
	for at := 0; at < len(k.src); {
		end := len(k.src)
		if i := bytes.IndexByte(k.src[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		k.lines = append(k.lines, textLine{at: at, end: end, text: bytes.TrimRight(k.src[at:end], " \r\n")})
		at = end
	}
}

func (k *kubectlParser) add(from, to int, kind analysis.RecordKind, s *analysis.State) {
	p := part{at: k.lines[from].at, kind: kind, state: s, message: inWords(s)}
	if kind == analysis.KindEvent {
		p.message = strings.TrimPrefix(s.Reason+": "+s.Message, ": ")
	} else if s.Exited && s.ExitCode != 0 {
		p.time = s.Finished
	}
	k.parts = append(k.parts, kubectlPart{part: p, end: k.lines[to-1].end})
}

func (k *kubectlParser) parse() {
	for i := 0; i < len(k.lines); {
		line := k.lines[i].text
		if t := kubeTable(line); t != nil {
			i++
			for i < len(k.lines) && len(k.lines[i].text) > 0 && kubeTable(k.lines[i].text) == nil && k.lines[i].text[0] != ' ' {
				if s, kind := t.row(k.lines[i].text); s != nil {
					k.add(i, i+1, kind, s)
				}
				i++
			}
			continue
		}
		if bytes.HasPrefix(line, []byte("Name:  ")) {
			j := i + 1
			for j < len(k.lines) && !bytes.HasPrefix(k.lines[j].text, []byte("Name:  ")) {
				j++
			}
			k.describe(i, j)
			i = j
			continue
		}
		i++
	}
}

// kubeColumns is a table's header: its names and where they begin.
type kubeColumns struct {
	kind  string
	names []string
	at    []int
}

// kubeTable reads a header that kubectl prints; nil for other lines.
func kubeTable(line []byte) *kubeColumns {
	if len(line) < 8 || line[0] != 'N' && line[0] != 'L' {
		return nil
	}
	t := &kubeColumns{}
	for i := 0; i < len(line); {
		j := i
		for j < len(line) && !(line[j] == ' ' && (j+1 == len(line) || line[j+1] == ' ')) {
			if c := line[j]; c >= 'a' && c <= 'z' || c >= 0x80 || c == '\t' {
				return nil
			}
			j++
		}
		t.names, t.at = append(t.names, string(line[i:j])), append(t.at, i)
		for j < len(line) && line[j] == ' ' {
			j++
		}
		i = j
	}
	has := func(names ...string) bool {
		for _, n := range names {
			if !slices.Contains(t.names, n) {
				return false
			}
		}
		return true
	}
	switch {
	case has("TYPE", "REASON", "OBJECT", "MESSAGE"):
		t.kind = "Event"
	case !has("NAME"):
		return nil
	case has("READY", "STATUS", "RESTARTS"):
		t.kind = "Pod"
	case has("STATUS", "ROLES"):
		t.kind = "Node"
	case has("COMPLETIONS"):
		t.kind = "Job"
	case has("READY", "UP-TO-DATE"):
		t.kind = "Deployment"
	case has("DESIRED", "CURRENT", "READY"):
		t.kind = "ReplicaSet"
		if has("NODE SELECTOR") || has("UP-TO-DATE") {
			t.kind = "DaemonSet"
		}
	case has("VERSION", "AVAILABLE", "PROGRESSING", "DEGRADED"):
		t.kind = "ClusterOperator"
	case has("STATUS", "VOLUME", "CAPACITY"):
		t.kind = "PersistentVolumeClaim"
	case has("READY", "AGE") && len(t.names) >= 3 && !has("STATUS"):
		t.kind = "StatefulSet"
	default:
		return nil
	}
	if t.kind == "DaemonSet" || t.kind == "ReplicaSet" && has("UP-TO-DATE") {
		t.kind = "DaemonSet"
	}
	return t
}

// fields cuts a row at the header's columns, or where blanks are when the row
// does not stand under its header.
func (t *kubeColumns) fields(line []byte) map[string]string {
	out := map[string]string{}
	fits := true
	for i, at := range t.at {
		if i > 0 && at <= len(line) && line[at-1] != ' ' {
			fits = false
		}
	}
	if !fits {
		parts := regexp.MustCompile(` {2,}`).Split(string(line), len(t.names))
		for i, p := range parts {
			out[t.names[i]] = strings.TrimSpace(p)
		}
		return out
	}
	for i, at := range t.at {
		end := len(line)
		if i+1 < len(t.at) {
			end = min(end, t.at[i+1])
		}
		if at < end {
			out[t.names[i]] = strings.TrimSpace(string(line[at:end]))
		}
	}
	return out
}

// ratio reads "1/2".
func ratio(s string) (ready, want int64, ok bool) {
	a, b, ok := strings.Cut(s, "/")
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	return x, y, ok && errX == nil && errY == nil
}

// row reads one row as a state; nil when it is none.
func (t *kubeColumns) row(line []byte) (*analysis.State, analysis.RecordKind) {
	f := t.fields(line)
	name := f["NAME"]
	if _, bare, ok := strings.Cut(name, "/"); ok {
		name = bare
	}
	if t.kind == "Event" {
		return eventRow(f["TYPE"], f["REASON"], f["OBJECT"], f["NAMESPACE"], f["MESSAGE"], f["LAST SEEN"]), analysis.KindEvent
	}
	if name == "" || strings.ContainsAny(name, " {}") {
		return nil, 0
	}
	s := &analysis.State{Kind: t.kind, Name: name, Health: analysis.HealthGood, Status: f["STATUS"]}
	s.Resource.Namespace = f["NAMESPACE"]
	bad := func(severity analysis.Severity) { s.Health, s.Severity = analysis.HealthBad, severity }
	switch t.kind {
	case "Pod":
		s.Resource.Pod = name
		if s.Resource.Host = f["NODE"]; s.Resource.Host == "<none>" {
			s.Resource.Host = ""
		}
		count, ago, _ := strings.Cut(f["RESTARTS"], " ")
		s.Count, _ = strconv.ParseInt(count, 10, 64)
		attribute(s, "last restart", strings.Trim(ago, "()"))
		attribute(s, "ready", f["READY"])
		podStatus(s, f["READY"])
	case "Node":
		s.Resource.Host = name
		attribute(s, "kubelet", f["VERSION"])
		if !strings.HasPrefix(s.Status, "Ready") {
			bad(analysis.SeverityError)
		}
	case "Job":
		done, want, _ := ratio(f["COMPLETIONS"])
		if s.Status == "" {
			s.Status = f["COMPLETIONS"] + " completed"
		}
		switch {
		case strings.EqualFold(f["STATUS"], "Failed"):
			bad(analysis.SeverityError)
		case done < want:
			s.Health = analysis.HealthUnknown
		}
	case "ClusterOperator":
		s.Status = "Available"
		switch {
		case f["AVAILABLE"] == "False":
			s.Status = "NotAvailable"
			bad(analysis.SeverityError)
		case f["DEGRADED"] == "True":
			s.Status = "Degraded"
			bad(analysis.SeverityError)
		}
		s.Message = f["MESSAGE"]
	case "PersistentVolumeClaim":
		if s.Status != "Bound" {
			bad(analysis.SeverityWarn)
		}
	default:
		ready, want, ok := ratio(f["READY"])
		if !ok {
			ready, _ = strconv.ParseInt(f["READY"], 10, 64)
			want, _ = strconv.ParseInt(f["DESIRED"], 10, 64)
		}
		s.Status = fmt.Sprintf("%d of %d ready", ready, want)
		if ready < want {
			bad(analysis.SeverityWarn)
		}
	}
	return s, analysis.KindObject
}

// podStatus judges the word that kubectl shows as a pod's status.
func podStatus(s *analysis.State, readyOf string) {
	ready, want, _ := ratio(readyOf)
	switch s.Status {
	case "Completed", "Succeeded":
	case "Running":
		if ready < want {
			s.Status, s.Health, s.Severity = "NotReady", analysis.HealthBad, analysis.SeverityWarn
		}
	case "Pending", "ContainerCreating", "PodInitializing", "Terminating", "Init:0/1", "":
		s.Health = analysis.HealthUnknown
	default:
		if init, ok := strings.CutPrefix(s.Status, "Init:"); ok {
			if _, _, progress := ratio(init); progress {
				s.Health = analysis.HealthUnknown
				return
			}
			s.Status = init
		}
		s.Health, s.Severity = analysis.HealthBad, analysis.SeverityError
	}
}

// eventRow makes an event of a row; the time of an age is not known.
func eventRow(kind, reason, object, namespace, message, age string) *analysis.State {
	if reason == "" || kind != "Normal" && kind != "Warning" {
		return nil
	}
	s := &analysis.State{Kind: "Event", Status: kind, Reason: reason, Message: message, Severity: analysis.SeverityInfo}
	if kind == "Warning" {
		s.Severity, s.Health = analysis.SeverityWarn, analysis.HealthBad
	}
	s.Resource.Namespace = namespace
	k, name, ok := strings.Cut(object, "/")
	if !ok {
		k, name = "", object
	}
	if k != "" {
		k = strings.ToUpper(k[:1]) + k[1:]
	}
	s.Subject = objectName(k, namespace, name)
	switch k {
	case "Pod":
		s.Resource.Pod = name
	case "Node":
		s.Resource.Host = name
		s.Subject = objectName(k, "", name)
	}
	if m := eventTimes.FindStringSubmatch(age); m != nil {
		s.Count, _ = strconv.ParseInt(m[1], 10, 64)
	}
	attribute(s, "age", age)
	return s
}
