package history_test

import (
	"testing"

	"faultline/analysis/history"
)

// Each file of the Troubleshoot analysers' inputs holds the one trouble that
// its name says.
func TestTroubles(t *testing.T) {
	tests := []struct{ name, files, want string }{
		{"out of memory", "kubernetes/troubleshoot/pods/message-oomkill-pod.json", history.TroubleMemory},
		{"crash loop", "kubernetes/troubleshoot/pods/message-pod-crashloop-backoff.json", history.TroubleCrashLoop},
		{"crash loop of an init container", "kubernetes/troubleshoot/pods/message-pod-init-crashloop-backoff.json", history.TroubleCrashLoop},
		{"node affinity", "kubernetes/troubleshoot/pods/message-pending-node-affinity.json", history.TroubleScheduling},
		{"resources", "kubernetes/troubleshoot/pods/message-pending-pod-resources.json", history.TroubleScheduling},
		{"image pull", "kubernetes/troubleshoot/*/message-image-pull-fail.json", history.TroubleImage},
		{"mount", "kubernetes/troubleshoot/*/message-container-creating-failed-mount.json", history.TroubleMount},
		{"job", "kubernetes/troubleshoot/support-bundle/cluster-resources/jobs/test.json", history.TroubleJob},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			states, _ := observed(t, tt.files)
			troubles := history.Troubles(states)
			for _, x := range troubles {
				t.Logf("%s: %s %s: %s, %s, %s (%d warnings), line %d", x.Class, x.Object, x.State.Name, x.State.Status, x.State.Reason, x.State.Message, len(x.Warnings), x.State.Origin.Line)
			}
			if len(troubles) == 0 || troubles[0].Class != tt.want {
				t.Errorf("%d troubles, want the first to be %q", len(troubles), tt.want)
			}
		})
	}
}
