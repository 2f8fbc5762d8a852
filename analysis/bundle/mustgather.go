package bundle

import (
	"path"
	"strings"
	"time"

	"faultline/analysis"
)

// mustGather is what "oc adm must-gather" and "oc adm inspect" write:
// namespaces/NS/pods/POD/CONTAINER/CONTAINER/logs/current.log and objects as
// YAML beside them, journals of services by role in host_service_logs, and a
// file "timestamp" with the start and the end of each step.
var mustGather = kind{
	name:  "must-gather",
	signs: []string{"event-filter.html", "cluster-scoped-resources/", "namespaces/", "host_service_logs/", "must-gather.logs", "must-gather.log", "core/events.yaml"},
	need:  2,
	resource: func(p []string) analysis.Resource {
		var r analysis.Resource
		if rest := after(p, "namespaces"); len(rest) > 1 {
			r.Namespace = rest[0]
			if pod := after(rest, "pods"); len(pod) > 1 {
				r.Pod = pod[0]
				if c := after(pod, "containers"); len(c) > 1 {
					r.Container = c[0]
				} else if len(pod) > 3 {
					r.Container = pod[1]
				}
			}
		}
		if rest := after(p, "host_service_logs"); len(rest) > 1 {
			r.Unit = strings.TrimSuffix(logName(rest[len(rest)-1]), "_service")
		}
		if rest := after(p, "nodes"); len(rest) > 1 {
			r.Host = rest[0]
			if _, unit, ok := strings.Cut(rest[len(rest)-1], "_logs_"); ok {
				r.Unit = logName(unit)
			}
		}
		return r
	},
	dated: func(name string) bool { return path.Base(name) == "timestamp" },
	collected: func(_ string, head []byte) time.Time {
		// 2021-08-03 10:12:00.016988581 +0000 UTC m=+0.380233555
		var latest time.Time
		for line := range strings.Lines(string(head)) {
			f := strings.Fields(line)
			if len(f) < 3 {
				continue
			}
			if t, err := time.Parse("2006-01-02 15:04:05.999999999 -0700", strings.Join(f[:3], " ")); err == nil && t.After(latest) {
				latest = t
			}
		}
		return latest
	},
}
