package format

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"faultline/analysis"
)

// kubeParts turns an object into its records: one, and for a pod one more per
// container status.
func kubeParts(v value, kind string) []part {
	switch kind {
	case "Event":
		return []part{kubeEvent(v)}
	case "Pod":
		if v.get("status").isMap() {
			return kubePod(v)
		}
	}
	if !v.get("status").isMap() { // a manifest: nothing was observed
		return []part{{kind: analysis.KindDocument}}
	}
	s := newState(v, kind)
	p := part{kind: analysis.KindObject, state: s}
	switch kind {
	case "Node":
		kubeNode(v, s)
	case "Job":
		p.run = kubeJob(v, s)
	case "CronJob":
		kubeCronJob(v, s)
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "DeploymentConfig":
		kubeWorkload(v, s)
	case "PersistentVolumeClaim", "PersistentVolume":
		kubeVolume(v, s)
	case "Namespace":
		kubeNamespace(v, s)
	case "Workflow", "PipelineRun", "TaskRun", "Backup", "Restore":
		p.run = kubeRun(v, s)
	default:
		if !kubeConditions(v, s) && !kubePhase(v, s) {
			p.kind, p.state = analysis.KindDocument, nil
		}
	}
	p.resource = s.Resource
	p.severity = s.Severity
	if s.Health == analysis.HealthBad {
		p.time = cmp.Or(s.Last, s.Finished)
	}
	p.message = inWords(s)
	return []part{p}
}

// newState fills what all objects share.
func newState(v value, kind string) *analysis.State {
	meta := v.get("metadata")
	s := &analysis.State{Kind: kind, UID: meta.get("uid").str(), Name: cmp.Or(meta.get("name").str(), meta.get("generateName").str()), Created: meta.get("creationTimestamp").time()}
	s.Resource.Namespace = meta.get("namespace").str()
	return s
}

func attribute(s *analysis.State, name, text string) {
	if text != "" {
		s.Attributes = append(s.Attributes, analysis.Attribute{Name: name, Value: text})
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// objectName is "Kind namespace/name", as the subject of an event is written.
func objectName(kind, namespace, name string) string {
	if namespace != "" {
		name = namespace + "/" + name
	}
	if kind == "" {
		return name
	}
	return kind + " " + name
}

// inWords says a state in one sentence.
func inWords(s *analysis.State) string {
	var b strings.Builder
	if s.Kind == "Container" {
		fmt.Fprintf(&b, "Container %s of pod %s", s.Name, objectName("", s.Resource.Namespace, s.Resource.Pod))
	} else {
		ns := s.Resource.Namespace
		if s.Kind == "Namespace" {
			ns = ""
		}
		b.WriteString(objectName(s.Kind, ns, s.Name))
	}
	if s.Status != "" {
		b.WriteString(": " + s.Status)
	}
	if (s.Kind == "Container" || s.Kind == "Pod") && s.Count > 0 {
		fmt.Fprintf(&b, ", %d restarts", s.Count)
	}
	if s.Exited {
		b.WriteString(", ended")
		if t := stamp(s.Finished); t != "" {
			b.WriteString(" " + t)
		}
		if s.Reason != "" && s.Reason != s.Status {
			b.WriteString(" " + s.Reason)
		}
		fmt.Fprintf(&b, " with exit code %d", s.ExitCode)
	} else if s.Reason != "" && s.Reason != s.Status {
		b.WriteString(", " + s.Reason)
	}
	if s.Message != "" {
		b.WriteString(": " + s.Message)
	}
	return b.String()
}

// kubeEvent reads an event of core/v1 or events.k8s.io.
func kubeEvent(v value) part {
	s := newState(v, "Event")
	object := v.get("involvedObject")
	if !object.ok() {
		object = v.get("regarding")
	}
	ns := object.get("namespace").str()
	s.Resource.Namespace = cmp.Or(ns, s.Resource.Namespace)
	kind, name := object.get("kind").str(), object.get("name").str()
	s.Subject = objectName(kind, ns, name)
	switch kind {
	case "Pod":
		s.Resource.Pod = name
		if _, c, ok := strings.Cut(object.get("fieldPath").str(), "{"); ok {
			s.Resource.Container = strings.TrimSuffix(c, "}")
		}
	case "Node":
		s.Resource.Host = name
	}
	source := v.get("source")
	if !source.ok() {
		source = v.get("deprecatedSource")
	}
	if host := source.get("host").str(); host != "" {
		s.Resource.Host = host
	}
	s.Resource.Process = first(source.get("component"), v.get("reportingComponent"), v.get("reportingController"))
	s.Reason = v.get("reason").str()
	s.Message = strings.TrimSpace(first(v.get("message"), v.get("note")))
	// An event whose reporter does not say that it is normal is not passed
	// over: it gets the severity of a warning, but is not called bad.
	switch s.Status = v.get("type").str(); s.Status {
	case "Normal":
		s.Severity = analysis.SeverityInfo
	case "Warning":
		s.Severity, s.Health = analysis.SeverityWarn, analysis.HealthBad
	default:
		s.Severity = analysis.SeverityWarn
		s.Status = cmp.Or(s.Status, "no type stated")
	}
	series := v.get("series")
	s.Count = max(series.get("count").int(), v.get("count").int(), v.get("deprecatedCount").int(), 0)
	last := firstTime(series.get("lastObservedTime"), v.get("lastTimestamp"), v.get("deprecatedLastTimestamp"), v.get("eventTime"))
	start := firstTime(v.get("firstTimestamp"), v.get("deprecatedFirstTimestamp"), v.get("eventTime"))
	s.Last = cmp.Or(last, start, s.Created)
	s.First = cmp.Or(start, s.Created, s.Last)
	if s.Last.Before(s.First) {
		s.First = s.Last
	}
	attribute(s, "action", v.get("action").str())
	attribute(s, "reporting instance", v.get("reportingInstance").str())
	message := s.Message
	if s.Reason != "" && message != "" {
		message = s.Reason + ": " + message
	} else {
		message = cmp.Or(message, s.Reason)
	}
	return part{kind: analysis.KindEvent, state: s, time: s.Last, severity: s.Severity, resource: s.Resource, message: message}
}

func first(values ...value) string {
	for _, v := range values {
		if s := v.str(); s != "" {
			return s
		}
	}
	return ""
}

func firstTime(values ...value) time.Time {
	for _, v := range values {
		if t := v.time(); !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// condition is one of an object's conditions.
type condition struct {
	kind, status, reason, message string
	since                         time.Time
}

func conditions(v value) []condition {
	var out []condition
	for c := range v.get("status", "conditions").each {
		out = append(out, condition{
			kind: c.get("type").str(), status: c.get("status").str(), reason: c.get("reason").str(), message: strings.TrimSpace(c.get("message").str()),
			since: firstTime(c.get("lastTransitionTime"), c.get("lastUpdateTime")),
		})
	}
	return out
}

// bad reports whether the condition says that something is wrong. The words
// are those of Kubernetes' API conventions: a condition is named either after
// what should be or after what should not.
func (c *condition) bad() bool {
	has := func(suffixes ...string) bool {
		for _, s := range suffixes {
			if strings.HasSuffix(c.kind, s) {
				return true
			}
		}
		return false
	}
	switch {
	case c.status == "True":
		return has("Degraded", "Failed", "Failing", "Failure", "Pressure", "NetworkUnavailable", "Stalled", "Error", "OutOfDisk", "Conflict", "Violation")
	case c.status == "False":
		return has("Ready", "Available", "Established", "Succeeded", "Healthy", "Synced", "Accepted", "Reconciled", "Bound", "Admitted", "Schedulable", "Scheduled") &&
			c.reason != "PodCompleted" && c.reason != "Completed"
	case c.status == "Unknown":
		return c.kind == "Ready" || c.kind == "Available"
	}
	return false
}

// take makes a condition the state's status.
func (c *condition) take(s *analysis.State) {
	name := c.kind
	if c.status == "False" {
		name = "Not" + c.kind
	} else if c.status == "Unknown" {
		name = c.kind + "Unknown"
	}
	s.Status, s.Reason, s.Message, s.Last = name, c.reason, c.message, c.since
}

// kubeConditions fills the state from conditions: the bad ones, else the good
// one that matters. It reports whether there are any.
func kubeConditions(v value, s *analysis.State) bool {
	all := conditions(v)
	if len(all) == 0 {
		return false
	}
	var bad []condition
	for _, c := range all {
		if c.bad() {
			bad = append(bad, c)
		}
	}
	s.Health = analysis.HealthGood
	if len(bad) > 0 {
		bad[0].take(s)
		for _, c := range bad[1:] {
			var more analysis.State
			c.take(&more)
			attribute(s, more.Status, strings.TrimSpace(c.reason+" "+c.message))
			if s.Last.IsZero() || c.since.After(s.Last) {
				s.Last = c.since
			}
		}
		s.Health, s.Severity = analysis.HealthBad, analysis.SeverityError
		return true
	}
	for _, want := range []string{"Ready", "Available", "Complete", "Succeeded", "Established"} {
		for _, c := range all {
			if c.kind == want && c.status == "True" {
				c.take(s)
				s.Message = ""
				return true
			}
		}
	}
	for _, c := range all {
		if c.kind == "Progressing" && c.status == "True" {
			c.take(s)
		}
	}
	return true
}

// kubePhase fills the state of an object that has a phase only.
func kubePhase(v value, s *analysis.State) bool {
	phase := first(v.get("status", "phase"), v.get("status", "state"))
	if phase == "" {
		return false
	}
	s.Status = phase
	s.Reason = first(v.get("status", "reason"), v.get("status", "errorReason"))
	s.Message = strings.TrimSpace(first(v.get("status", "message"), v.get("status", "errorMessage")))
	switch phase {
	case "Failed", "Error", "Degraded", "Lost", "PartiallyFailed":
		s.Health, s.Severity = analysis.HealthBad, analysis.SeverityError
	case "Pending":
	default:
		s.Health = analysis.HealthGood
	}
	return true
}

func kubeNode(v value, s *analysis.State) {
	s.Resource.Host = s.Name
	kubeConditions(v, s)
	for _, c := range conditions(v) {
		if c.kind == "Ready" && c.bad() { // outranks pressures
			s.Attributes = nil
			c.take(s)
		}
	}
	info := v.get("status", "nodeInfo")
	attribute(s, "kubelet", info.get("kubeletVersion").str())
	attribute(s, "os", info.get("osImage").str())
	attribute(s, "kernel", info.get("kernelVersion").str())
	attribute(s, "runtime", info.get("containerRuntimeVersion").str())
	attribute(s, "cpu", v.get("status", "capacity", "cpu").str())
	attribute(s, "memory", v.get("status", "capacity", "memory").str())
	attribute(s, "pods", v.get("status", "capacity", "pods").str())
	var heartbeat time.Time
	for c := range v.get("status", "conditions").each {
		if t := c.get("lastHeartbeatTime").time(); t.After(heartbeat) {
			heartbeat = t
		}
	}
	attribute(s, "heartbeat", stamp(heartbeat))
	if v.get("spec", "unschedulable").is("true") {
		attribute(s, "unschedulable", "true")
	}
}

func kubeWorkload(v value, s *analysis.State) {
	status := v.get("status")
	want, ready := int64(1), status.get("readyReplicas").int()
	if n := v.get("spec", "replicas"); n.ok() {
		want = n.int()
	}
	if s.Kind == "DaemonSet" {
		want, ready = status.get("desiredNumberScheduled").int(), status.get("numberReady").int()
	}
	s.Status = fmt.Sprintf("%d of %d ready", ready, want)
	s.Count = 0
	attribute(s, "desired", fmt.Sprint(want))
	attribute(s, "ready", fmt.Sprint(ready))
	s.Health = analysis.HealthGood
	if ready < want {
		s.Health, s.Severity = analysis.HealthBad, analysis.SeverityWarn
	}
	for _, c := range conditions(v) {
		if c.bad() || c.kind == "Progressing" && c.status == "False" && c.reason != "NewReplicaSetAvailable" {
			s.Health = analysis.HealthBad
			if s.Severity = analysis.SeverityWarn; c.kind != "Available" {
				s.Severity = analysis.SeverityError
			}
			s.Reason, s.Message, s.Last = c.reason, c.message, c.since
		}
	}
}

func kubeVolume(v value, s *analysis.State) {
	kubePhase(v, s)
	attribute(s, "storage class", v.get("spec", "storageClassName").str())
	attribute(s, "size", first(v.get("spec", "resources", "requests", "storage"), v.get("spec", "capacity", "storage")))
	attribute(s, "volume", v.get("spec", "volumeName").str())
	if s.Kind == "PersistentVolumeClaim" && s.Status == "Pending" {
		s.Health, s.Severity = analysis.HealthBad, analysis.SeverityWarn
	}
}

func kubeNamespace(v value, s *analysis.State) {
	s.Resource.Namespace = s.Name
	kubePhase(v, s)
	s.Status = cmp.Or(s.Status, "Active")
	if t := v.get("metadata", "deletionTimestamp").time(); !t.IsZero() || s.Status == "Terminating" {
		s.Status, s.Health, s.Severity, s.Last = "Terminating", analysis.HealthBad, analysis.SeverityWarn, t
		for _, c := range conditions(v) {
			if c.status == "True" {
				s.Reason, s.Message = c.reason, c.message
			}
		}
	}
}

// kubeJob fills the state of a Job and returns it as a run.
func kubeJob(v value, s *analysis.State) *analysis.Run {
	status := v.get("status")
	r := &analysis.Run{
		Kind: analysis.RunKubeJob, Pipeline: s.Resource.Namespace, Job: s.Name,
		Queued: s.Created, Start: status.get("startTime").time(), End: status.get("completionTime").time(), Status: analysis.RunUnknown,
	}
	for o := range v.get("metadata", "ownerReferences").each {
		if o.get("kind").is("CronJob") {
			r.Job = o.get("name").str()
			r.Pipeline = objectName("", s.Resource.Namespace, r.Job)
			r.Trigger = "CronJob"
			attribute(s, "cron job", r.Job)
		}
	}
	active, failed, succeeded := status.get("active").int(), status.get("failed").int(), status.get("succeeded").int()
	attribute(s, "active", fmt.Sprint(active))
	attribute(s, "failed", fmt.Sprint(failed))
	attribute(s, "succeeded", fmt.Sprint(succeeded))
	if active > 0 {
		r.Status, s.Status = analysis.RunRunning, "Running"
	}
	for _, c := range conditions(v) {
		if c.status != "True" {
			continue
		}
		switch c.kind {
		case "Complete", "SuccessCriteriaMet":
			r.Status, s.Status, s.Health = analysis.RunSuccess, "Complete", analysis.HealthGood
			r.End = cmp.Or(r.End, c.since)
		case "Failed", "FailureTarget":
			r.Status, s.Status = analysis.RunFailure, "Failed"
			if c.reason == "DeadlineExceeded" {
				r.Status = analysis.RunTimeout
			}
			s.Health, s.Severity = analysis.HealthBad, analysis.SeverityError
			s.Reason, s.Message = c.reason, c.message
			r.End = cmp.Or(r.End, c.since)
		case "Suspended":
			s.Status = "Suspended"
		}
		s.Last = c.since
	}
	if s.Health == analysis.HealthUnknown && failed > 0 {
		s.Message = fmt.Sprintf("%d pods of the job failed", failed)
		s.Severity = analysis.SeverityWarn
	}
	s.Started, s.Finished = r.Start, r.End
	r.Stated, r.Message = s.Status, strings.TrimSpace(s.Reason+" "+s.Message)
	r.Duration = span(r.Start, r.End)
	r.Labels = map[string]string{"namespace": s.Resource.Namespace, "name": s.Name}
	if failed > 0 {
		r.Labels["failed pods"] = fmt.Sprint(failed)
	}
	r.ID = runID(r, s.UID)
	return r
}

func span(from, to time.Time) time.Duration {
	if from.IsZero() || to.Before(from) {
		return 0
	}
	return to.Sub(from)
}

func kubeCronJob(v value, s *analysis.State) {
	s.Status = "Scheduled"
	if v.get("spec", "suspend").is("true") {
		s.Status = "Suspended"
	}
	s.Last = v.get("status", "lastScheduleTime").time()
	attribute(s, "schedule", v.get("spec", "schedule").str())
	attribute(s, "last success", stamp(v.get("status", "lastSuccessfulTime").time()))
	attribute(s, "active", fmt.Sprint(v.get("status", "active").count()))
}

// kubeRun reads objects that are runs themselves: Argo workflows, Tekton runs,
// Velero backups.
func kubeRun(v value, s *analysis.State) *analysis.Run {
	if !kubePhase(v, s) {
		kubeConditions(v, s)
	}
	status := v.get("status")
	r := &analysis.Run{
		Kind: analysis.RunPipeline, Pipeline: s.Resource.Namespace, Job: s.Name, Queued: s.Created,
		Start: firstTime(status.get("startedAt"), status.get("startTime"), status.get("startTimestamp")),
		End:   firstTime(status.get("finishedAt"), status.get("completionTime"), status.get("completionTimestamp")),
	}
	labels := v.get("metadata", "labels")
	switch s.Kind {
	case "Backup", "Restore":
		r.Kind = analysis.RunBackup
		r.Job = cmp.Or(labels.get("velero.io/schedule-name").str(), r.Job)
	case "TaskRun":
		r.Kind = analysis.RunJob
		r.Pipeline = cmp.Or(labels.get("tekton.dev/pipeline").str(), r.Pipeline)
		r.Job = cmp.Or(labels.get("tekton.dev/pipelineTask").str(), labels.get("tekton.dev/task").str(), r.Job)
		r.Parent = labels.get("tekton.dev/pipelineRun").str()
	default:
		r.Pipeline = first(labels.get("tekton.dev/pipeline"), labels.get("workflows.argoproj.io/workflow-template"), labels.get("workflows.argoproj.io/cron-workflow"), v.get("spec", "workflowTemplateRef", "name"), v.get("metadata", "namespace"))
		r.Job = ""
	}
	r.Stated = cmp.Or(s.Status, s.Reason)
	r.Status, _ = runStatus(r.Stated)
	for _, c := range conditions(v) {
		if c.kind != "Succeeded" {
			continue
		}
		r.Stated = c.reason
		switch c.status {
		case "True":
			r.Status = analysis.RunSuccess
		case "Unknown":
			r.Status = analysis.RunRunning
		default:
			r.Status = analysis.RunFailure
			switch {
			case strings.Contains(c.reason, "Timeout"):
				r.Status = analysis.RunTimeout
			case strings.Contains(c.reason, "Cancel"):
				r.Status = analysis.RunCancelled
			}
		}
	}
	if r.Status == analysis.RunUnknown && s.Status == "PartiallyFailed" {
		r.Status = analysis.RunFailure
	}
	r.Message = s.Message
	r.Duration = span(r.Start, r.End)
	r.ID = runID(r, s.UID)
	return r
}
