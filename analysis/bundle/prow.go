package bundle

import (
	"encoding/json"
	"path"
	"time"

	"faultline/analysis"
)

// prow is the folder of artifacts of one run of a Prow job.
var prow = kind{
	name:  "prow",
	signs: []string{"started.json", "finished.json", "prowjob.json", "build-log.txt", "podinfo.json"},
	need:  2,
	resource: func(p []string) analysis.Resource {
		// artifacts/JOB/STEP/build-log.txt
		if rest := after(p, "artifacts"); len(rest) >= 3 && p[len(p)-1] == "build-log.txt" {
			return analysis.Resource{Unit: rest[0], Process: rest[len(rest)-2]}
		}
		return analysis.Resource{}
	},
	dated: func(name string) bool { return path.Base(name) == "finished.json" },
	collected: func(_ string, head []byte) time.Time {
		var f struct {
			Timestamp int64 `json:"timestamp"`
		}
		if json.Unmarshal(head, &f) != nil || f.Timestamp <= 0 {
			return time.Time{}
		}
		return time.Unix(f.Timestamp, 0)
	},
}
