package format

import (
	"cmp"
	"fmt"
	"strings"

	"faultline/analysis"
)

// runningSince is the attribute that holds the start of a container's present
// run; package history reads it.
const runningSince = "running since"

// kubePod reads a pod: a record for itself and one for each of its containers'
// states, at the place where the pod's status tells it.
func kubePod(v value) []part {
	s := newState(v, "Pod")
	s.Resource.Pod = s.Name
	s.Resource.Host = v.get("spec", "nodeName").str()
	status := v.get("status")
	s.Created = cmp.Or(status.get("startTime").time(), s.Created)
	s.Status = status.get("phase").str()
	s.Reason = status.get("reason").str()
	s.Message = strings.TrimSpace(status.get("message").str())
	attribute(s, "qos", status.get("qosClass").str())
	for o := range v.get("metadata", "ownerReferences").each {
		attribute(s, "owner", o.get("kind").str()+" "+o.get("name").str())
		break
	}
	switch s.Status {
	case "Failed":
		s.Health, s.Severity = analysis.HealthBad, analysis.SeverityError
	case "Succeeded":
		s.Health = analysis.HealthGood
	case "Running":
		s.Health = analysis.HealthGood
	}
	for _, c := range conditions(v) {
		switch {
		case s.Status == "Succeeded" || s.Status == "Failed":
		case c.kind == "PodScheduled" && c.status == "False":
			s.Reason, s.Message, s.Last = c.reason, c.message, c.since
			s.Health, s.Severity = analysis.HealthBad, analysis.SeverityError
		case (c.kind == "Ready" || c.kind == "ContainersReady") && c.status != "True" && s.Status == "Running":
			s.Status, s.Health, s.Severity, s.Last = "NotReady", analysis.HealthBad, analysis.SeverityWarn, c.since
			s.Reason, s.Message = cmp.Or(s.Reason, c.reason), cmp.Or(s.Message, c.message)
		case c.kind == "DisruptionTarget" && c.status == "True":
			attribute(s, "disruption", strings.TrimSpace(c.reason+" "+c.message))
		}
	}
	if t := v.get("metadata", "deletionTimestamp").time(); !t.IsZero() {
		attribute(s, "deletion", stamp(t))
		s.Status, s.Last = "Terminating", t
	}
	pod := part{kind: analysis.KindObject, state: s, severity: s.Severity, resource: s.Resource}
	if s.Health == analysis.HealthBad {
		pod.time = s.Last
	}
	parts := []part{pod}
	restarts, ready, total := int64(0), 0, 0
	for _, list := range []string{"initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"} {
		for c := range status.get(list).each {
			p := kubeContainer(v, c, list, s)
			restarts += p.state.Count
			if list == "containerStatuses" {
				total++
				if c.get("ready").is("true") {
					ready++
				}
			}
			parts = append(parts, p)
		}
	}
	s.Count = restarts
	if total > 0 {
		attribute(s, "ready", fmt.Sprintf("%d of %d", ready, total))
	}
	parts[0].message = inWords(s)
	return parts
}

// kubeContainer reads one container status of a pod.
func kubeContainer(podValue, c value, list string, pod *analysis.State) part {
	s := &analysis.State{Kind: "Container", UID: pod.UID, Name: c.get("name").str(), Resource: pod.Resource, Created: pod.Created, Count: c.get("restartCount").int()}
	s.Resource.Container = s.Name
	role := strings.TrimSuffix(list, "ContainerStatuses")
	if list != "containerStatuses" {
		attribute(s, "role", role)
	}
	now, last := c.get("state"), c.get("lastState", "terminated")
	if last.ok() {
		s.Reason = ended(s, last)
	}
	failedBefore := last.ok() && s.ExitCode != 0
	ready := c.get("ready").is("true")
	switch {
	case now.get("waiting").ok():
		w := now.get("waiting")
		s.Status = cmp.Or(w.get("reason").str(), "Waiting")
		s.Message = w.get("message").str()
		switch s.Status {
		case "ContainerCreating", "PodInitializing", "Waiting":
		default:
			s.Health, s.Severity = analysis.HealthBad, analysis.SeverityError
		}
	case now.get("terminated").ok():
		s.Reason = ended(s, now.get("terminated"))
		if s.Status = s.Reason; s.Status == "" {
			s.Status = "Terminated"
		}
		s.Health = analysis.HealthGood
		if s.ExitCode != 0 {
			s.Health, s.Severity = analysis.HealthBad, analysis.SeverityError
		} else {
			s.Status = "Completed"
		}
	case now.get("running").ok():
		s.Status, s.Health = "Running", analysis.HealthGood
		attribute(s, runningSince, stamp(now.get("running", "startedAt").time()))
		if !ready && list == "containerStatuses" && pod.Status != "Terminating" {
			s.Status, s.Health, s.Severity = "NotReady", analysis.HealthBad, analysis.SeverityWarn
		}
		if failedBefore {
			s.Severity = max(s.Severity, analysis.SeverityWarn)
		}
	default:
		s.Status = "Unknown"
	}
	if s.Reason == "OOMKilled" {
		s.Health, s.Severity = analysis.HealthBad, analysis.SeverityError
	}
	for spec := range podValue.get("spec", strings.TrimSuffix(strings.TrimSuffix(list, "Statuses"), "s")+"s").each {
		if spec.get("name").str() == s.Name {
			attribute(s, "memory limit", spec.get("resources", "limits", "memory").str())
			attribute(s, "cpu limit", spec.get("resources", "limits", "cpu").str())
		}
	}
	attribute(s, "image", c.get("image").str())
	p := part{at: int(c.node().at), kind: analysis.KindObject, state: s, severity: s.Severity, resource: s.Resource}
	if s.Exited && s.ExitCode != 0 {
		p.time = s.Finished
	}
	p.message = inWords(s)
	return p
}

// ended fills the termination and returns its reason.
func ended(s *analysis.State, t value) string {
	s.Exited = true
	s.ExitCode = int(t.get("exitCode").int())
	s.Started, s.Finished = t.get("startedAt").time(), t.get("finishedAt").time()
	s.Message = strings.TrimSpace(t.get("message").str())
	if len(s.Message) > 2000 {
		s.Message = s.Message[:2000]
	}
	return t.get("reason").str()
}
