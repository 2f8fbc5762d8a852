package bundle

import (
	"strings"

	"faultline/analysis"
)

// clusterInfo is the folder of "kubectl cluster-info dump": NS/POD/logs.txt
// and NS/pods.json, NS/events.json beside nodes.json.
var clusterInfo = kind{
	name:  "cluster-info-dump",
	signs: []string{"nodes.json", "kube-system/events.json", "kube-system/pods.json"},
	need:  3,
	resource: func(p []string) analysis.Resource {
		var r analysis.Resource
		n := len(p)
		switch {
		case n >= 4 && p[n-1] == "logs.txt":
			r.Namespace, r.Pod = p[n-3], p[n-2]
		case n >= 3 && p[n-1] == "events.json" && strings.HasPrefix(p[n-2], "kube-"):
			r.Namespace = p[n-2]
		}
		return r
	},
}
