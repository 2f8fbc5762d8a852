package bundle

import (
	"regexp"
	"strings"
	"time"

	"faultline/analysis"
)

// sosreport is what "sos report" writes: a host's files under their own paths,
// outputs of commands under sos_commands. Its folder is called
// sosreport-HOST-LABEL-DATE-RANDOM, the last three not always. Where the host
// ran Kubernetes, logs of pods stand under cluster-info.
var sosreport = kind{
	name:  "sosreport",
	signs: []string{"sos_commands/", "sos_reports/", "sos_logs/", "sos_strings/"},
	need:  1,
	resource: func(p []string) analysis.Resource {
		var r analysis.Resource
		for i, part := range p[:len(p)-1] {
			if host, ok := strings.CutPrefix(part, "sosreport-"); ok && host != "" && (i+1 == len(p)-1 || !strings.HasPrefix(p[i+1], "sosreport-")) {
				r.Host = sosTail.ReplaceAllString(sosArchive.ReplaceAllString(host, ""), "")
			}
		}
		if rest := after(p, "cluster-info"); len(rest) > 3 && rest[1] == "podlogs" {
			r.Namespace, r.Pod = rest[0], rest[2]
			if _, c, ok := strings.Cut(rest[len(rest)-1], "_-c_"); ok {
				r.Container = c
			}
		}
		return r
	},
	dated: func(name string) bool {
		return strings.HasSuffix(name, "/date") || strings.HasSuffix(name, "/date_--utc")
	},
	collected: func(_ string, head []byte) time.Time {
		line, _, _ := strings.Cut(strings.TrimSpace(string(head)), "\n")
		for _, layout := range []string{time.UnixDate, "Mon 02 Jan 2006 03:04:05 PM MST", "Mon 2 Jan 15:04:05 MST 2006", time.RFC3339} {
			if t, err := time.Parse(layout, strings.Join(strings.Fields(line), " ")); err == nil {
				return t
			}
		}
		return time.Time{}
	},
}

var (
	sosTail    = regexp.MustCompile(`(?:-[0-9]{6,8})?-(?:20\d\d-\d\d-\d\d|20\d{6}|20\d{12})(?:-[a-z]{7})?$`)
	sosArchive = regexp.MustCompile(`\.(?:tar|tgz|txz)(?:\.(?:xz|gz|bz2))?$`)
)
