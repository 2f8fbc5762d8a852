package bundle

import (
	"strings"

	"faultline/analysis"
)

// nodeLogs is a tree of /var/log of a Kubernetes node, as many collectors copy
// it: pods/NS_POD_UID/CONTAINER/0.log (and the older pods/UID/CONTAINER_0.log),
// containers/POD_NS_CONTAINER-ID.log.
var nodeLogs = kind{
	name:  "node-logs",
	signs: []string{"var/log/pods/", "var/log/containers/"},
	need:  1,
	resource: func(p []string) analysis.Resource {
		var r analysis.Resource
		if rest := after(p, "pods"); len(rest) >= 3 {
			if f := strings.Split(rest[0], "_"); len(f) == 3 && len(f[2]) >= 32 {
				r.Namespace, r.Pod, r.Container = f[0], f[1], rest[1]
			}
		}
		if rest := after(p, "containers"); len(rest) == 1 {
			name := logName(rest[0])
			f := strings.Split(name, "_")
			if i := strings.LastIndexByte(name, '-'); len(f) == 3 && i > 0 && len(name)-i-1 == 64 {
				r.Pod, r.Namespace, r.Container = f[0], f[1], f[2][:len(f[2])-65]
			}
		}
		return r
	},
}
