package bundle

import (
	"strings"

	"faultline/analysis"
)

// insights is an archive of the OpenShift Insights operator:
// config/pod/NS/logs/POD/errors.log, config/node/logs/NODE.log, and pods under
// conditional/namespaces as in a must-gather.
var insights = kind{
	name:  "insights-archive",
	signs: []string{"config/clusteroperator/", "insights-operator/gathers.json", "config/pod/", "config/node/"},
	need:  2,
	resource: func(p []string) analysis.Resource {
		var r analysis.Resource
		if rest := after(p, "config", "pod"); len(rest) > 1 {
			r.Namespace = rest[0]
			switch {
			case len(rest) > 3 && rest[1] == "logs":
				r.Pod = rest[2]
				if c := logName(rest[3]); c != "errors" && c != "messages" {
					r.Container = c
				}
			case len(rest) == 2:
				r.Pod = strings.TrimSuffix(rest[1], ".json")
			}
		}
		if rest := after(p, "config", "node"); len(rest) > 0 {
			r.Host = strings.TrimSuffix(logName(rest[len(rest)-1]), ".json")
		}
		return r
	},
}
