package format

import (
	"bytes"
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"faultline/analysis"
)

// described is one object as kubectl describe prints it.
type described struct {
	fields     map[string]string // at the left margin
	containers []*describedContainer
	conditions []condition
	events     []describedEvent
}

type describedContainer struct {
	from, to int // lines
	init     bool
	name     string
	fields   map[string]string            // "Ready", "Restart Count", "Image"
	states   map[string]map[string]string // "State", "Last State" with their parts; "" is the word itself
	limits   map[string]string
}

type describedEvent struct {
	line                       int
	kind, reason, age, message string
	from                       string
}

// describe reads the lines from..to as one object.
func (k *kubectlParser) describe(from, to int) {
	d := described{fields: map[string]string{}}
	section := ""
	var c *describedContainer
	var header *kubeColumns
	last := "" // field that further lines belong to
	endOf := from + 1
	for i := from; i < to; i++ {
		line := k.lines[i].text
		indent := 0
		for indent < len(line) && line[indent] == ' ' {
			indent++
		}
		text := string(line[indent:])
		if text == "" {
			c, last = nil, ""
			if section == "Events" && header != nil {
				break // what follows is something else
			}
			continue
		}
		name, rest, isField := strings.Cut(text, ":")
		rest = strings.TrimSpace(rest)
		if indent == 0 {
			if !isField || strings.ContainsAny(name, "{\"=") {
				if section == "" {
					continue
				}
				break
			}
			section, c, header = name, nil, nil
			d.fields[name] = rest
			if rest != "" || section != "Events" && section != "Containers" && section != "Init Containers" {
				last = name
			}
			if len(d.containers) == 0 && section != "Containers" && section != "Init Containers" && len(d.conditions) == 0 {
				endOf = i + 1
			}
			continue
		}
		switch section {
		case "Containers", "Init Containers":
			c = k.container(&d, c, i, indent, name, rest, isField, section == "Init Containers", &last)
		case "Conditions", "Events":
			if header == nil {
				header = describeTable(line)
				continue
			}
			if strings.HasPrefix(text, "----") {
				continue
			}
			f := header.fields(line)
			if section == "Events" {
				d.events = append(d.events, describedEvent{line: i, kind: f["Type"], reason: f["Reason"], age: f["Age"], from: f["From"], message: f["Message"]})
			} else {
				since := cmp.Or(f["LastTransitionTime"], f["Last Transition Time"])
				d.conditions = append(d.conditions, condition{kind: f["Type"], status: f["Status"], reason: f["Reason"], message: f["Message"], since: k.when(since)})
			}
		}
	}
	k.finish(&d, from, max(endOf, from+1))
}

// container reads one line of the list of containers.
func (k *kubectlParser) container(d *described, c *describedContainer, i, indent int, name, rest string, isField, init bool, last *string) *describedContainer {
	switch {
	case indent == 2 && isField && rest == "":
		c = &describedContainer{from: i, to: i + 1, init: init, name: name, fields: map[string]string{}, states: map[string]map[string]string{}, limits: map[string]string{}}
		d.containers = append(d.containers, c)
		*last = ""
		return c
	case c == nil:
		return nil
	}
	c.to = i + 1
	switch {
	case indent == 4 && isField:
		*last = name
		if strings.HasSuffix(name, "State") {
			c.states[name] = map[string]string{"": rest}
		} else {
			c.fields[name] = rest
		}
	case indent >= 6 && isField && c.states[*last] != nil:
		c.states[*last][name] = rest
	case indent >= 6 && isField && *last == "Limits":
		c.limits[name] = rest
	}
	return c
}

// describeTable reads the header of a table inside describe.
func describeTable(line []byte) *kubeColumns {
	t := &kubeColumns{}
	for i := 0; i < len(line); {
		if line[i] == ' ' {
			i++
			continue
		}
		j := i
		for j < len(line) && !(line[j] == ' ' && (j+1 == len(line) || line[j+1] == ' ')) {
			j++
		}
		t.names, t.at = append(t.names, string(bytes.TrimSpace(line[i:j]))), append(t.at, i)
		i = j
	}
	if len(t.names) < 2 {
		return nil
	}
	return t
}

func (k *kubectlParser) when(text string) time.Time {
	ns, _ := anyWhen.read([]byte(text), &k.clock)
	return analysis.Time(ns)
}

// finish makes the records of an object whose own lines are from..to.
func (k *kubectlParser) finish(d *described, from, to int) {
	f := d.fields
	s := &analysis.State{Kind: kindOfDescribed(d), Name: f["Name"], Health: analysis.HealthGood}
	s.Resource.Namespace = strings.Trim(f["Namespace"], "<>")
	if s.Resource.Namespace == "none" {
		s.Resource.Namespace = ""
	}
	s.Created = cmp.Or(k.when(f["Start Time"]), k.when(f["CreationTimestamp"]))
	switch s.Kind {
	case "Pod":
		node, _, _ := strings.Cut(f["Node"], "/")
		s.Resource.Pod, s.Resource.Host = s.Name, strings.TrimPrefix(node, "<none>")
		s.Status, s.Reason, s.Message = f["Status"], f["Reason"], f["Message"]
		attribute(s, "owner", f["Controlled By"])
		for _, c := range d.conditions {
			switch {
			case c.kind == "PodScheduled" && c.status == "False":
				s.Reason, s.Health, s.Severity = "Unschedulable", analysis.HealthBad, analysis.SeverityError
			case c.kind == "Ready" && c.status == "False" && s.Status == "Running":
				s.Status, s.Health, s.Severity = "NotReady", analysis.HealthBad, analysis.SeverityWarn
			}
		}
		if s.Status == "Failed" {
			s.Health, s.Severity = analysis.HealthBad, analysis.SeverityError
		} else if s.Status == "Pending" && s.Health == analysis.HealthGood {
			s.Health = analysis.HealthUnknown
		}
		if s.Reason == "Unschedulable" && s.Message == "" {
			for _, e := range d.events {
				if e.reason == "FailedScheduling" {
					s.Message = e.message
				}
			}
		}
	case "Job":
		var active, ok, failed int
		_, _ = fmt.Sscanf(strings.ReplaceAll(f["Pods Statuses"], "Running", "Active"), "%d Active", &active)
		for part := range strings.SplitSeq(f["Pods Statuses"], "/") {
			n, word, _ := strings.Cut(strings.TrimSpace(part), " ")
			v, _ := strconv.Atoi(n)
			switch word {
			case "Succeeded":
				ok = v
			case "Failed":
				failed = v
			}
		}
		s.Status = fmt.Sprintf("%d active, %d succeeded, %d failed", active, ok, failed)
		for _, e := range d.events {
			if e.kind == "Warning" && (e.reason == "BackoffLimitExceeded" || e.reason == "DeadlineExceeded") {
				s.Status, s.Reason, s.Message = "Failed", e.reason, e.message
				s.Health, s.Severity = analysis.HealthBad, analysis.SeverityError
			}
		}
	case "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet":
		k.replicas(d, s)
	case "PersistentVolumeClaim":
		if s.Status = f["Status"]; s.Status != "Bound" {
			s.Health, s.Severity = analysis.HealthBad, analysis.SeverityWarn
		}
	default:
		if s.Kind == "Node" {
			s.Resource.Host = s.Name
		}
		s.Status = f["Status"]
		for _, c := range d.conditions {
			if c.bad() {
				c.take(s)
				s.Health, s.Severity = analysis.HealthBad, analysis.SeverityError
				break
			}
		}
	}
	if s.Kind != "" {
		k.add(from, to, analysis.KindObject, s)
	}
	for _, c := range d.containers {
		k.add(c.from, c.to, analysis.KindObject, k.containerState(c, s))
	}
	for _, e := range d.events {
		ns := s.Resource.Namespace
		if s.Kind == "Node" {
			ns = ""
		}
		if ev := eventRow(e.kind, e.reason, s.Kind+"/"+s.Name, ns, e.message, e.age); ev != nil {
			ev.Resource = s.Resource
			ev.Resource.Process = strings.TrimSpace(e.from)
			k.add(e.line, e.line+1, analysis.KindEvent, ev)
		}
	}
}

// replicas reads "3 desired | 3 updated | 3 total | 2 available" and its kin.
func (k *kubectlParser) replicas(d *described, s *analysis.State) {
	want, ready := int64(0), int64(0)
	for part := range strings.SplitSeq(strings.ReplaceAll(d.fields["Replicas"], "/", "|"), "|") {
		n, word, _ := strings.Cut(strings.TrimSpace(part), " ")
		v, _ := strconv.ParseInt(n, 10, 64)
		switch word {
		case "desired":
			want = v
		case "available", "current":
			ready = v
		}
	}
	if s.Kind == "DaemonSet" {
		want, _ = strconv.ParseInt(d.fields["Desired Number of Nodes Scheduled"], 10, 64)
		ready, _ = strconv.ParseInt(d.fields["Number of Nodes Scheduled with Available Pods"], 10, 64)
	}
	s.Status = fmt.Sprintf("%d of %d ready", ready, want)
	if ready < want {
		s.Health, s.Severity = analysis.HealthBad, analysis.SeverityWarn
	}
	for _, c := range d.conditions {
		if c.bad() || c.kind == "Progressing" && c.status == "False" {
			s.Reason, s.Message = c.reason, c.message
			s.Health, s.Severity = analysis.HealthBad, max(s.Severity, analysis.SeverityWarn)
		}
	}
}

func kindOfDescribed(d *described) string {
	has := func(keys ...string) bool {
		for _, key := range keys {
			if _, ok := d.fields[key]; !ok {
				return false
			}
		}
		return true
	}
	switch {
	case has("Pods Statuses", "Completions"), has("Pods Statuses", "Parallelism"):
		return "Job"
	case has("StrategyType"):
		return "Deployment"
	case has("Desired Number of Nodes Scheduled"):
		return "DaemonSet"
	case has("Replicas", "Update Strategy"), has("Replicas", "Volume Claims"):
		return "StatefulSet"
	case has("Replicas", "Pods Status"):
		return "ReplicaSet"
	case has("Roles", "Addresses"), has("Roles", "Taints"), has("System Info"):
		return "Node"
	case has("Node") && (len(d.containers) > 0 || has("QoS Class")):
		return "Pod"
	case has("StorageClass", "Status"):
		return "PersistentVolumeClaim"
	case len(d.conditions) > 0:
		return "Object"
	}
	return ""
}

// containerState turns a container's lines into a state, as kubePod does.
func (k *kubectlParser) containerState(c *describedContainer, pod *analysis.State) *analysis.State {
	s := &analysis.State{Kind: "Container", Name: c.name, Resource: pod.Resource, Created: pod.Created}
	s.Resource.Container = c.name
	s.Count, _ = strconv.ParseInt(c.fields["Restart Count"], 10, 64)
	if c.init {
		attribute(s, "role", "init")
	}
	now, before := c.states["State"], c.states["Last State"]
	ended := func(t map[string]string) {
		s.Exited = true
		s.Reason = t["Reason"]
		s.ExitCode, _ = strconv.Atoi(t["Exit Code"])
		s.Started, s.Finished = k.when(t["Started"]), k.when(t["Finished"])
		s.Message = t["Message"]
	}
	if before[""] == "Terminated" {
		ended(before)
	}
	switch now[""] {
	case "Waiting":
		s.Status = cmp.Or(now["Reason"], "Waiting")
		s.Message = cmp.Or(now["Message"], s.Message)
		switch s.Status {
		case "ContainerCreating", "PodInitializing", "Waiting":
		default:
			s.Health, s.Severity = analysis.HealthBad, analysis.SeverityError
		}
	case "Terminated":
		ended(now)
		s.Status, s.Health = "Completed", analysis.HealthGood
		if s.ExitCode != 0 {
			s.Status = cmp.Or(s.Reason, "Terminated")
			s.Health, s.Severity = analysis.HealthBad, analysis.SeverityError
		}
	case "Running":
		s.Status, s.Health = "Running", analysis.HealthGood
		attribute(s, runningSince, stamp(k.when(now["Started"])))
		if c.fields["Ready"] == "False" && !c.init {
			s.Status, s.Health, s.Severity = "NotReady", analysis.HealthBad, analysis.SeverityWarn
		} else if s.Exited && s.ExitCode != 0 {
			s.Severity = analysis.SeverityWarn
		}
	}
	if s.Reason == "OOMKilled" {
		s.Health, s.Severity = analysis.HealthBad, analysis.SeverityError
	}
	attribute(s, "memory limit", c.limits["memory"])
	attribute(s, "cpu limit", c.limits["cpu"])
	attribute(s, "image", c.fields["Image"])
	return s
}
