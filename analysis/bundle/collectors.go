package bundle

import (
	"regexp"
	"strings"
	"time"

	"faultline/analysis"
)

// supportconfig is SUSE's collection: scc_HOST_DATE_TIME/basic-environment.txt
// and one text for each subject.
var supportconfig = kind{
	name:  "supportconfig",
	signs: []string{"basic-environment.txt", "supportconfig.txt", "basic-health-check.txt"},
	need:  2,
	resource: func(p []string) analysis.Resource {
		for _, part := range p[:len(p)-1] {
			if m := sccFolder.FindStringSubmatch(part); m != nil {
				return analysis.Resource{Host: m[1]}
			}
		}
		return analysis.Resource{}
	},
	dated: func(name string) bool { return strings.HasSuffix(name, "basic-environment.txt") },
	collected: func(_ string, head []byte) time.Time {
		for line := range strings.Lines(string(head)) {
			if t, err := time.Parse(time.UnixDate, strings.Join(strings.Fields(line), " ")); err == nil {
				return t
			}
		}
		return time.Time{}
	},
}

var sccFolder = regexp.MustCompile(`^(?:scc|nts)_(.+)_\d{6}_\d{4}$`)

// elasticDiagnostics is what Elastic's support-diagnostics writes.
var elasticDiagnostics = kind{
	name:  "elastic-diagnostics",
	signs: []string{"diagnostic_manifest.json", "cluster_health.json", "nodes_stats.json", "cluster_state.json"},
	need:  2,
}

// hcdiag is HashiCorp's collection.
var hcdiag = kind{
	name: "hcdiag",
	need: 1,
	sign: func(p []string) bool {
		return len(p) >= 2 && strings.HasPrefix(p[len(p)-2], "hcdiag-") && (p[len(p)-1] == "manifest.json" || p[len(p)-1] == "results.json")
	},
}

// gitlabSOS is what gitlabsos writes on a GitLab host.
var gitlabSOS = kind{
	name:  "gitlabsos",
	signs: []string{"gitlab_status", "gitlabsos.log", "var/log/gitlab/"},
	need:  2,
}

// rancherLogs is what Rancher's collector writes on a node.
var rancherLogs = kind{
	name:  "rancher-logs",
	signs: []string{"systeminfo/", "systemlogs/", "networking/", "journald/", "rke2/", "k3s/", "rancher/", "collector-output.log"},
	need:  3,
}

// cockroachDebug is the archive of "cockroach debug zip".
var cockroachDebug = kind{
	name:  "cockroach-debug",
	signs: []string{"debug/crdb_internal.cluster_settings.txt", "debug/nodes/", "debug/cluster/", "debug/events.json"},
	need:  2,
	resource: func(p []string) analysis.Resource {
		if rest := after(p, "debug", "nodes"); len(rest) > 1 {
			return analysis.Resource{Host: "node " + rest[0]}
		}
		return analysis.Resource{}
	},
}
