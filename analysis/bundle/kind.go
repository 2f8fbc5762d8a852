package bundle

import (
	"regexp"
	"strings"
	"time"

	"faultline/analysis"
)

// kind knows the layout of one kind of bundle. A new kind is one file with one
// such value and a row in kinds.
type kind struct {
	name string
	// signs are the paths that it is recognised by; need is how many of them
	// must be there. A sign that ends with "/" is a run of folders, any other
	// one is the end of a path; sign, when set, is one more.
	signs []string
	need  int
	sign  func(parts []string) bool
	// resource says whose records a path holds; its first part is the bundle's
	// own name. It is nil when paths do not tell.
	resource func(parts []string) analysis.Resource
	// dated reports whether a member's first bytes state when the bundle was
	// collected, and collected reads that; nil when no member does.
	dated     func(path string) bool
	collected func(path string, head []byte) time.Time
}

// kinds are the known kinds of bundles, the more specific ones first.
var kinds = []kind{
	insights, mustGather, sosreport, supportBundle, sonobuoy, clusterInfo, prow, githubActions, jenkinsHome,
	supportconfig, elasticDiagnostics, hcdiag, gitlabSOS, rancherLogs, cockroachDebug, nodeLogs,
}

// votes collects what the members say about the kind of a bundle and the time
// of its collection.
type votes struct {
	seen      [32]uint32    // per kind, one bit a sign
	collected [32]time.Time // per kind
}

func (v *votes) path(m *analysis.Member) {
	path := "/" + strings.ReplaceAll(m.Path, "!/", "/")
	var parts []string
	for i := range kinds {
		k := &kinds[i]
		for j, sign := range k.signs {
			if v.seen[i]&(1<<j) != 0 {
				continue
			}
			if strings.HasSuffix(sign, "/") && strings.Contains(path, "/"+sign) || strings.HasSuffix(path, "/"+sign) {
				v.seen[i] |= 1 << j
			}
		}
		if k.sign != nil && v.seen[i]&(1<<31) == 0 {
			if parts == nil {
				parts = strings.Split(path[1:], "/")
			}
			if k.sign(parts) {
				v.seen[i] |= 1 << 31
			}
		}
	}
}

// wants reports whether the first bytes of a member are of interest.
func (v *votes) wants(path string) bool {
	for i := range kinds {
		if kinds[i].dated != nil && kinds[i].dated(path) {
			return true
		}
	}
	return false
}

func (v *votes) content(path string, head []byte) {
	if len(head) == 0 {
		return
	}
	for i := range kinds {
		if k := &kinds[i]; k.dated != nil && k.dated(path) {
			if t := k.collected(path, head); plausible(t) && t.After(v.collected[i]) {
				v.collected[i] = t.UTC()
			}
		}
	}
}

// result gives the kind, "" when unknown, and the time of collection: the one
// that the kind states, else the one in the bundle's name, else zero.
func (v *votes) result(name string) (string, time.Time) {
	best, collected := "", time.Time{}
	for i := range kinds {
		n := 0
		for s := v.seen[i]; s != 0; s &= s - 1 {
			n++
		}
		if n >= max(kinds[i].need, 1) {
			best, collected = kinds[i].name, v.collected[i]
			break
		}
	}
	if collected.IsZero() {
		collected = DateInName(name)
	}
	return best, collected
}

// plausible reports whether a time can be that of a log.
func plausible(t time.Time) bool { return t.Year() >= 1990 && t.Year() < 2100 }

var nameDate = regexp.MustCompile(`(?:^|[^0-9])((?:19|20)\d\d)([-_.]?)(0[1-9]|1[0-2])([-_.]?)(0[1-9]|[12]\d|3[01])(?:[-_.T ]?([01]\d|2[0-3])[-_.:]?([0-5]\d)(?:[-_.:]?([0-5]\d))?)?(?:[^0-9]|$)`)

// DateInName returns the date, and the time of day where there is one, that
// the name of a file states ("app.log-20240131", "x-2024-01-31T10_20_30.tar");
// zero when it states none.
func DateInName(name string) time.Time {
	m := nameDate.FindStringSubmatch(name)
	if m == nil || m[2] != m[4] {
		return time.Time{}
	}
	clock := "000000"
	if m[6] != "" {
		clock = m[6] + m[7] + (m[8] + "00")[:2]
	}
	t, err := time.Parse("20060102150405", m[1]+m[3]+m[5]+clock)
	if err != nil || !plausible(t) {
		return time.Time{}
	}
	return t
}

// resourceOf says what a member's path in the bundle of that name tells of
// whose records it holds.
func resourceOf(name, path string) analysis.Resource {
	var r analysis.Resource
	parts := strings.Split(name+"/"+strings.ReplaceAll(path, "!/", "/"), "/")
	for i := range kinds {
		if f := kinds[i].resource; f != nil {
			r = r.Over(f(parts))
		}
	}
	return r
}

// after returns what follows the first run of the given names in parts; "*"
// stands for any name. It is nil when there is no such run.
func after(parts []string, names ...string) []string {
	for i := 0; i+len(names) < len(parts); i++ {
		ok := true
		for j, n := range names {
			if n != "*" && parts[i+j] != n {
				ok = false
				break
			}
		}
		if ok {
			return parts[i+len(names):]
		}
	}
	return nil
}

// logName returns the name of a log file without what rotation, compression
// and the container runtime add.
func logName(base string) string {
	for {
		cut := base
		for _, suffix := range []string{".gz", ".xz", ".bz2", ".zst", ".lz4", ".log", ".txt", ".out", "-previous", "_previous", ".previous", "_current", "-current"} {
			cut = strings.TrimSuffix(cut, suffix)
		}
		if i := strings.LastIndexByte(cut, '.'); i > 0 && isDigits(cut[i+1:]) {
			cut = cut[:i]
		}
		if cut == base || cut == "" {
			return base
		}
		base = cut
	}
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
