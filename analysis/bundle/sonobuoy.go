package bundle

import (
	"path"
	"regexp"
	"strings"
	"time"

	"faultline/analysis"
)

// sonobuoy is a tarball of results: podlogs/NS/POD/logs/CONTAINER.txt,
// hosts/NODE, plugins/NAME/results/NODE, objects under resources/ns/NS.
var sonobuoy = kind{
	name:  "sonobuoy",
	signs: []string{"meta/run.log", "meta/config.json", "meta/query-time.json", "plugins/", "podlogs/", "resources/ns/", "resources/cluster/", "servergroups.json", "serverversion.json"},
	need:  4,
	resource: func(p []string) analysis.Resource {
		var r analysis.Resource
		if rest := after(p, "podlogs"); len(rest) == 4 && rest[2] == "logs" {
			r.Namespace, r.Pod, r.Container = rest[0], rest[1], logName(rest[3])
		}
		if rest := after(p, "resources", "ns"); len(rest) > 1 {
			r.Namespace = rest[0]
		}
		if rest := after(p, "hosts"); len(rest) > 1 {
			r.Host = rest[0]
		}
		if rest := after(p, "plugins"); len(rest) > 2 && rest[1] == "results" {
			r.Process = rest[0]
			if node := logName(rest[2]); len(rest) > 3 || path.Ext(rest[2]) != ".xml" && node == rest[2] {
				if node != "global" {
					r.Host = node
				}
			}
		}
		return r
	},
	dated: func(name string) bool { return strings.HasSuffix(name, "meta/run.log") },
	collected: func(_ string, head []byte) time.Time {
		// {"level":"info","msg":"...","time":"2021-08-18T16:01:41Z"}, or logfmt
		var latest time.Time
		for _, m := range sonobuoyTime.FindAllSubmatch(head, -1) {
			if t, err := time.Parse(time.RFC3339, string(m[1])); err == nil && t.After(latest) {
				latest = t
			}
		}
		return latest
	},
}

var sonobuoyTime = regexp.MustCompile(`\btime"?[:=]"([0-9T:.+Z-]+)"`)
