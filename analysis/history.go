package analysis

import "time"

// RunStatus is how a run ended.
type RunStatus string

// The ends of a run. Success rates are success / (success + failure + timeout
// + infra); the others are counted apart.
const (
	RunSuccess   RunStatus = "success"
	RunFailure   RunStatus = "failure"
	RunTimeout   RunStatus = "timeout"
	RunInfra     RunStatus = "infra-failure"
	RunCancelled RunStatus = "cancelled"
	RunSkipped   RunStatus = "skipped"
	RunRunning   RunStatus = "running"
	RunUnknown   RunStatus = "unknown"
)

// Failed reports whether s counts as a failure.
func (s RunStatus) Failed() bool { return s == RunFailure || s == RunTimeout || s == RunInfra }

// Counted reports whether s counts in success rates.
func (s RunStatus) Counted() bool { return s == RunSuccess || s.Failed() }

// RunKind says what a run is one execution of.
type RunKind string

// The kinds of runs. Rates are never taken over a mixture of kinds.
const (
	RunPipeline RunKind = "pipeline" // a whole CI run
	RunJob      RunKind = "job"      // one job of a CI run
	RunTest     RunKind = "test"     // one test case
	RunKubeJob  RunKind = "kubernetes job"
	RunPlaybook RunKind = "playbook" // one host's result of a playbook
	RunBackup   RunKind = "backup"
)

// Run is one execution of something that is defined once and repeated.
type Run struct {
	ID          string            `json:"id"` // content hash
	Kind        RunKind           `json:"kind"`
	Pipeline    string            `json:"pipeline,omitempty"` // workflow, suite, namespace/name of a CronJob
	Job         string            `json:"job,omitempty"`      // job or test name
	Attempt     int               `json:"attempt,omitempty"`  // from 1; 0 unknown
	Parent      string            `json:"parent,omitempty"`   // ID of the run it belongs to, as the source names it
	Trigger     string            `json:"trigger,omitempty"`
	Commit      string            `json:"commit,omitempty"`
	Branch      string            `json:"branch,omitempty"`
	Environment string            `json:"environment,omitempty"`
	Runner      string            `json:"runner,omitempty"`
	Queued      time.Time         `json:"queued,omitzero"`
	Start       time.Time         `json:"start,omitzero"`
	End         time.Time         `json:"end,omitzero"`
	Duration    time.Duration     `json:"duration,omitempty"` // End-Start, or what the source states
	Status      RunStatus         `json:"status"`
	Stated      string            `json:"stated,omitempty"`  // the source's own word for the status
	Message     string            `json:"message,omitempty"` // the failure text it carries
	Steps       []Step            `json:"steps,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Origin      Origin            `json:"origin"`
}

// When returns the time to place the run at: its start, else its queue time,
// else its end.
func (r *Run) When() time.Time {
	switch {
	case !r.Start.IsZero():
		return r.Start
	case !r.Queued.IsZero():
		return r.Queued
	}
	return r.End
}

// Step is one step of a run.
type Step struct {
	Name   string    `json:"name"`
	Status RunStatus `json:"status"`
	Start  time.Time `json:"start,omitzero"`
	End    time.Time `json:"end,omitzero"`
}

// Health is what a state says of its object.
type Health string

// The healths of a state.
const (
	HealthUnknown Health = ""
	HealthGood    Health = "good"
	HealthBad     Health = "bad"
)

// State is one observed state of an object: a snapshot that carries history
// which no log line does (restart counts, last terminations, event counts).
type State struct {
	Kind     string   `json:"kind"` // "Event", "Pod", "Container", "Node", "Job", "CronJob", "PersistentVolumeClaim", "ClusterOperator", ...
	UID      string   `json:"uid,omitempty"`
	Name     string   `json:"name"`
	Resource Resource `json:"resource"`
	Subject  string   `json:"subject,omitempty"` // for an event, "Pod ns/name" of the object it speaks of
	Status   string   `json:"status,omitempty"`  // phase, waiting reason, condition: "Running", "CrashLoopBackOff", "NotReady"
	Health   Health   `json:"health,omitempty"`
	Severity Severity `json:"severity,omitempty"`
	Reason   string   `json:"reason,omitempty"`
	Message  string   `json:"message,omitempty"`

	Count    int64     `json:"count,omitempty"`  // occurrences that the source states (event count, restartCount)
	Created  time.Time `json:"created,omitzero"` // creation, or start of a pod
	First    time.Time `json:"first,omitzero"`   // first occurrence
	Last     time.Time `json:"last,omitzero"`    // last occurrence
	ExitCode int       `json:"exitCode,omitempty"`
	Exited   bool      `json:"exited,omitempty"` // ExitCode, Started and Finished speak of a termination
	Started  time.Time `json:"started,omitzero"`
	Finished time.Time `json:"finished,omitzero"`

	Attributes []Attribute `json:"attributes,omitempty"`
	Origin     Origin      `json:"origin"`
}

// Episode is a stretch of hits of one fingerprint in one scope with no long
// gap between them: what Faultline counts.
type Episode struct {
	Subject string    `json:"subject"` // pattern ID or cause ID
	Scope   string    `json:"scope,omitempty"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
	Records int64     `json:"records"`
}
