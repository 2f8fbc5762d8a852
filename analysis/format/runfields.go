package format

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"faultline/analysis"
)

// runID returns the content hash of a run: of the identity that its source
// gives it, or of its own fields when it has none.
func runID(r *analysis.Run, identity string) string {
	parts := []string{string(r.Kind), identity}
	if identity == "" {
		parts = append(parts, r.Pipeline, r.Job, strconv.Itoa(r.Attempt), r.Parent, r.Commit, r.Branch, r.Environment,
			stamp(r.Queued), stamp(r.Start), stamp(r.End), r.Duration.String(), string(r.Status), r.Message)
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// runStatus translates the words that CI systems and schedulers use for the
// end of a run. ok is false for words it does not know.
func runStatus(word string) (status analysis.RunStatus, ok bool) {
	if len(word) > 60 {
		return analysis.RunUnknown, false
	}
	var small [60]byte
	w := small[:0]
	for i := 0; i < len(word); i++ {
		switch c := word[i]; {
		case c == ' ' || c == '_' || c == '-' || c == '\t':
		case c >= 'A' && c <= 'Z':
			w = append(w, c+'a'-'A')
		default:
			w = append(w, c)
		}
	}
	switch string(w) {
	case "success", "succeeded", "successful", "passed", "pass", "ok", "completed", "complete", "done", "green", "fixed", "finished", "completedwithwarnings", "succeededwithissues", "nofailure", "noerror":
		return analysis.RunSuccess, true
	case "failure", "failed", "fail", "error", "errored", "failing", "red", "unstable", "broken", "brokentests", "partiallyfailed", "partiallysucceeded", "crashed", "testfailed", "buildfailed", "actionrequired", "scriptfailure", "unsuccessful", "outofmemory", "exited", "regression", "nosuccess":
		return analysis.RunFailure, true
	case "timeout", "timedout", "deadlineexceeded", "jobexecutiontimeout":
		return analysis.RunTimeout, true
	case "infra", "infrafailure", "infrastructurefailure", "infrastructurefail", "infrafail", "startupfailure", "runnersystemfailure", "nodefail", "nodefailure", "bootfail", "systemfailure", "stuckortimeoutfailure", "unmetprerequisites", "exception", "setupfailed", "internalerror":
		return analysis.RunInfra, true
	case "cancelled", "canceled", "aborted", "abort", "stopped", "killed", "cancel", "superseded", "preempted", "terminated", "revoked", "interrupted", "cancelling", "canceling":
		return analysis.RunCancelled, true
	case "skipped", "skip", "neutral", "stale", "notbuilt", "notrun", "disabled", "ignored", "excluded", "upstreamfailed", "manual", "notexecuted", "inconclusive", "removed", "expired":
		return analysis.RunSkipped, true
	case "running", "inprogress", "pending", "queued", "waiting", "created", "started", "scheduled", "building", "requested", "preparing", "upforretry", "waitingforresource", "onhold", "new", "triggered", "retry", "completing":
		return analysis.RunRunning, true
	case "unknown", "none", "":
		return analysis.RunUnknown, len(w) > 0
	}
	return analysis.RunUnknown, false
}
