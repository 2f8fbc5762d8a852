package bundle_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"faultline/analysis"
	"faultline/analysis/bundle"
)

// bundles is where public bundles lie on a developer's machine; they are too
// large for this repository.
const bundles = "../../../shared/data/bundles"

func TestRealBundles(t *testing.T) {
	tests := []struct {
		path, kind, collected string
		members               int // without folders
		resources             map[string]analysis.Resource
	}{
		{"kubernetes/must-gather-aws.tar.gz", "must-gather", "2021-08-03T10:14:13", 3467, map[string]analysis.Resource{
			"/openshift-apiserver/pods/apiserver-5647477f76-pvx6b/openshift-apiserver/openshift-apiserver/logs/current.log": {Namespace: "openshift-apiserver", Pod: "apiserver-5647477f76-pvx6b", Container: "openshift-apiserver"},
			"/host_service_logs/masters/kubelet_service.log":                                                                {Unit: "kubelet"},
		}},
		{"kubernetes/troubleshoot/support-bundle.tar.gz", "support-bundle", "", 121, map[string]analysis.Resource{
			"/pods/logs/default/nginx-deployment-7986654d4-ztx2g/nginx-previous.log": {Namespace: "default", Pod: "nginx-deployment-7986654d4-ztx2g", Container: "nginx"},
		}},
		{"kubernetes/sonobuoy/results-quick-no-failures.tar.gz", "sonobuoy", "2021-08-18T16:0", 0, map[string]analysis.Resource{
			"podlogs/sonobuoy/sonobuoy/logs/kube-sonobuoy.txt":             {Namespace: "sonobuoy", Pod: "sonobuoy", Container: "kube-sonobuoy"},
			"plugins/systemd-logs/results/kind-control-plane/systemd_logs": {Host: "kind-control-plane", Process: "systemd-logs"},
		}},
		{"kubernetes/sonobuoy/results-0.10.tar.gz", "sonobuoy", "2017-12-13T17:0", 0, nil},
		{"kubernetes/insights-archive-sample.tar.gz", "insights-archive", "", 222, map[string]analysis.Resource{
			"config/pod/openshift-apiserver-operator/logs/openshift-apiserver-operator-6ddb679b87-4kn55/errors.log": {Namespace: "openshift-apiserver-operator", Pod: "openshift-apiserver-operator-6ddb679b87-4kn55"},
			"config/node/logs/ip-10-0-135-228.us-east-2.compute.internal.log":                                       {Host: "ip-10-0-135-228.us-east-2.compute.internal"},
		}},
		{"sosreport/sosreport-kubernetes.tar.xz", "sosreport", "2022-02-11T19:23:39", 0, map[string]analysis.Resource{
			"sosreport-juju-kubernetes-worker/date": {Host: "juju-kubernetes-worker"},
		}},
		{"sosreport/sosreport-sunbeam.tar.xz", "sosreport", "2025-05-14T14:22:18", 0, map[string]analysis.Resource{
			"k8s_kubectl_--namespace_openstack_logs_cinder-0_-c_charm-init": {Host: "sunbeam", Namespace: "openstack", Pod: "cinder-0", Container: "charm-init"},
		}},
		{"ci/jenkins-home/BackwardsCompatibilityTest/testMatrix120.zip", "jenkins-home", "", 0, nil},
		{"app/kafka-3-brokers-logs.tar.gz", "", "", 0, nil},
	}
	for _, test := range tests {
		t.Run(filepath.Base(test.path), func(t *testing.T) {
			path := filepath.Join(bundles, filepath.FromSlash(test.path))
			if _, err := os.Stat(path); err != nil {
				t.Skip("the public bundle is not here:", err)
			}
			g := walk(t, path, bundle.Options{})
			if g.bundle.Kind != test.kind || !strings.HasPrefix(g.bundle.Collected.Format("2006-01-02T15:04:05"), test.collected) {
				t.Errorf("Kind = %q, Collected = %v, want %q, %s", g.bundle.Kind, g.bundle.Collected, test.kind, test.collected)
			}
			if test.members > 0 && len(g.members) != test.members {
				t.Errorf("%d members, want %d", len(g.members), test.members)
			}
			for suffix, want := range test.resources {
				found := false
				for _, m := range g.members {
					if strings.HasSuffix(m.Path, suffix) {
						found = true
						if m.Resource != want {
							t.Errorf("%s: Resource = %+v, want %+v", m.Path, m.Resource, want)
						}
					}
				}
				if !found {
					t.Errorf("no member ends with %s", suffix)
				}
			}
			for _, m := range g.members {
				if len(m.Problems) > 0 {
					t.Logf("%s: %v", m.Path, m.Problems)
				}
			}
			if len(g.bundle.Problems) > 0 {
				t.Errorf("problems: %v", g.bundle.Problems)
			}
		})
	}
}

func TestTarInsideOfXZ(t *testing.T) {
	path := filepath.Join(bundles, "sosreport", "sosreport-kubernetes.tar.xz")
	if _, err := os.Stat(path); err != nil {
		t.Skip("the public bundle is not here:", err)
	}
	g := walk(t, path, bundle.Options{})
	m := g.member(t, "sosreport-juju-kubernetes-worker/sos_commands/logs.xz")
	if m.Kind != analysis.MemberArchive || m.Detail != "tar, xz" {
		t.Errorf("logs.xz = %+v", m)
	}
	inside := 0
	for _, m := range g.members {
		if strings.HasPrefix(m.Path, "sosreport-juju-kubernetes-worker/sos_commands/logs.xz!/") {
			inside++
		}
	}
	if inside == 0 {
		t.Error("no member of logs.xz was read")
	}
}
