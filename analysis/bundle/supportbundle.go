package bundle

import (
	"faultline/analysis"
)

// supportBundle is what Troubleshoot collects:
// cluster-resources/pods/logs/NS/POD/CONTAINER.log (and -previous.log), links
// to them elsewhere, logs of chosen pods as COLLECTOR/POD/CONTAINER.log or
// COLLECTOR/NS/POD/CONTAINER.log, objects as JSON by namespace.
var supportBundle = kind{
	name:  "support-bundle",
	signs: []string{"cluster-resources/", "execution-data/summary.txt"},
	need:  1,
	resource: func(p []string) analysis.Resource {
		var r analysis.Resource
		switch rest := after(p, "cluster-resources", "pods", "logs"); {
		case len(rest) == 3:
			r.Namespace, r.Pod, r.Container = rest[0], rest[1], logName(rest[2])
		case len(rest) == 2:
			r.Namespace, r.Pod = rest[0], logName(rest[1])
		}
		return r
	},
}
