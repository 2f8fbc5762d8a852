package history

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"faultline/analysis"
)

// The classes of troubles, most severe first.
const (
	TroubleNode         = "node not ready"
	TroubleOperator     = "operator degraded"
	TroubleMemory       = "out of memory"
	TroubleCrashLoop    = "crash loop"
	TroubleExit         = "container failed"
	TroubleImage        = "image not pulled"
	TroubleMount        = "volume not mounted"
	TroubleConfig       = "container not configured"
	TroubleScheduling   = "not scheduled"
	TroubleVolume       = "volume claim not bound"
	TroubleJob          = "job failed"
	TroubleReplicas     = "replicas missing"
	TroubleTerminating  = "stuck in deletion"
	TroublePressure     = "node under pressure"
	TroubleUnready      = "not ready"
	TroubleAvailability = "not available"
	TroubleOther        = "bad state"
)

var troubleClasses = []string{
	TroubleNode, TroubleOperator, TroubleMemory, TroubleCrashLoop, TroubleExit, TroubleImage, TroubleMount, TroubleConfig,
	TroubleScheduling, TroubleVolume, TroubleJob, TroubleAvailability, TroubleReplicas, TroubleTerminating, TroublePressure, TroubleUnready, TroubleOther,
}

// Trouble is an object whose observed state is bad.
type Trouble struct {
	Class    string // one of the Trouble constants
	State    analysis.State
	Object   string           // "Pod namespace/name", as events name it
	Since    time.Time        // since when, as far as the state tells
	Warnings []analysis.State // warning events that speak of the object, the latest first
}

// Troubles returns the objects whose state is bad, by class and then by
// object. A pod is left out when one of its containers says more, and a
// workload with missing replicas stays, because it says how many.
func Troubles(states []analysis.State) []Trouble {
	distinct := Distinct(states)
	warnings := map[string][]analysis.State{}
	told := map[string]bool{} // pods of which a container is bad
	for _, s := range distinct {
		switch {
		case s.Kind == "Event" && s.Severity >= analysis.SeverityWarn:
			warnings[s.Subject] = append(warnings[s.Subject], s)
		case s.Kind == "Container" && s.Health == analysis.HealthBad:
			told[object(&s)] = true
		}
	}
	for _, s := range distinct {
		if o := object(&s); s.Kind == "Container" && waits(&s, warnings[o]) {
			told[o] = true
		}
	}
	for _, w := range warnings {
		slices.SortStableFunc(w, func(a, b analysis.State) int { return b.Last.Compare(a.Last) })
	}
	var out []Trouble
	for _, s := range distinct {
		t := Trouble{State: s, Object: object(&s)}
		if s.Kind == "Event" || s.Health != analysis.HealthBad && !waits(&s, warnings[t.Object]) {
			continue
		}
		if s.Kind == "Pod" && told[t.Object] {
			continue
		}
		t.Warnings = warnings[t.Object]
		t.Class = classOf(&s, t.Warnings)
		for _, u := range []time.Time{s.Last, s.Finished, s.First, s.Created} {
			if !u.IsZero() {
				t.Since = u
				break
			}
		}
		out = append(out, t)
	}
	rank := map[string]int{}
	for i, c := range troubleClasses {
		rank[c] = i
	}
	slices.SortStableFunc(out, func(a, b Trouble) int {
		return cmp.Or(cmp.Compare(rank[a.Class], rank[b.Class]), cmp.Compare(a.Object, b.Object), cmp.Compare(a.State.Name, b.State.Name))
	})
	return out
}

// waits reports whether a container or pod that has not started yet is held up:
// warnings speak of it. Without them it may just be starting.
func waits(s *analysis.State, warnings []analysis.State) bool {
	switch s.Status {
	case "ContainerCreating", "PodInitializing", "Pending":
		return (s.Kind == "Container" || s.Kind == "Pod") && len(warnings) > 0
	}
	return false
}

// object names the object as the subject of an event would.
func object(s *analysis.State) string {
	kind, name := s.Kind, s.Name
	if kind == "Container" {
		kind, name = "Pod", s.Resource.Pod
	}
	if s.Resource.Namespace != "" && kind != "Namespace" && kind != "Node" {
		name = s.Resource.Namespace + "/" + name
	}
	return kind + " " + name
}

// classOf names the trouble by the words that Kubernetes itself uses for
// states, reasons and conditions.
func classOf(s *analysis.State, warnings []analysis.State) string {
	switch s.Kind {
	case "Node":
		if strings.Contains(s.Status, "NotReady") || strings.Contains(s.Status, "Unknown") {
			return TroubleNode
		}
		return TroublePressure
	case "ClusterOperator":
		return TroubleOperator
	case "Job", "CronJob":
		return TroubleJob
	case "PersistentVolumeClaim", "PersistentVolume":
		return TroubleVolume
	case "APIService":
		return TroubleAvailability
	case "Namespace":
		return TroubleTerminating
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController":
		return TroubleReplicas
	}
	for _, word := range []string{s.Status, s.Reason} {
		switch word {
		case "OOMKilled":
			return TroubleMemory
		case "ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable":
			return TroubleImage
		case "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "PreCreateHookError", "PostStartHookError":
			if s.Exited && s.Count > 0 { // started before, and failed before
				return TroubleCrashLoop
			}
			return TroubleConfig
		case "Unschedulable", "SchedulingGated":
			return TroubleScheduling
		case "Terminating":
			return TroubleTerminating
		}
	}
	switch s.Status {
	case "CrashLoopBackOff":
		return TroubleCrashLoop
	case "Error", "ContainerCannotRun", "DeadlineExceeded", "Failed", "Evicted", "StartError", "ContainerStatusUnknown":
		return TroubleExit
	case "ContainerCreating", "PodInitializing", "Pending":
		for _, w := range warnings {
			if strings.Contains(w.Reason, "Mount") || strings.Contains(w.Reason, "AttachVolume") {
				return TroubleMount
			}
		}
	case "NotReady", "Unready":
		return TroubleUnready
	}
	if s.Exited && s.ExitCode != 0 {
		return TroubleExit
	}
	return TroubleOther
}
