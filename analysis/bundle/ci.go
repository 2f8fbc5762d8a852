package bundle

import (
	"strings"

	"faultline/analysis"
)

// githubActions is the archive of a run's logs: JOB/N_STEP.txt, and N_JOB.txt
// with all steps of a job.
var githubActions = kind{
	name: "github-actions",
	need: 1,
	sign: func(p []string) bool {
		_, step, ok := numbered(p[len(p)-1])
		return ok && (step == "Set up job" || step == "Complete job")
	},
	resource: func(p []string) analysis.Resource {
		if len(p) >= 3 {
			if _, _, ok := numbered(p[len(p)-1]); ok {
				return analysis.Resource{Unit: p[len(p)-2]}
			}
		}
		return analysis.Resource{}
	},
}

// numbered splits "12_Run tests.txt" into its number and its name.
func numbered(base string) (number, name string, ok bool) {
	number, name, ok = strings.Cut(strings.TrimSuffix(base, ".txt"), "_")
	return number, name, ok && isDigits(strings.TrimPrefix(number, "-")) && strings.HasSuffix(base, ".txt")
}

// jenkinsHome is a folder of a Jenkins controller: jobs/JOB/builds/N/log.
var jenkinsHome = kind{
	name: "jenkins-home",
	need: 1,
	sign: func(p []string) bool {
		return len(p) >= 3 && p[len(p)-1] == "build.xml" && p[len(p)-3] == "builds"
	},
	resource: func(p []string) analysis.Resource {
		n := len(p)
		if n < 4 || p[n-3] != "builds" || !isDigits(p[n-2]) {
			return analysis.Resource{}
		}
		job := after(p[:n-3], "jobs")
		if job == nil {
			job = p[n-4 : n-3]
		}
		return analysis.Resource{Unit: strings.Join(job, "/")}
	},
}
