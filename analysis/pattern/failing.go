package pattern

import (
	"strings"

	"faultline/analysis"
)

// Failing reports whether records of a template with the given highest
// severity speak of a failure: by severity, or by a word of failure that the
// template does not deny ("0 errors", "failed=0", "no error" do).
func Failing(template string, sev analysis.Severity) bool {
	if sev >= analysis.SeverityError {
		return true
	}
	if sev != 0 && sev < analysis.SeverityInfo {
		return false
	}
	words := strings.FieldsFunc(strings.ToLower(template), func(r rune) bool {
		return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '\'')
	})
	for i, w := range words {
		if !failureWord(w) {
			continue
		}
		if i > 0 && denies(words[i-1]) || i > 1 && words[i-1] == "more" && denies(words[i-2]) || i+1 < len(words) && words[i+1] == "0" {
			continue
		}
		return true
	}
	return false
}

func failureWord(w string) bool {
	switch w {
	case "error", "errors", "failed", "failure", "failures", "fail", "fails", "failing", "fatal", "panic",
		"exception", "crashed", "crash", "aborted", "refused", "unreachable", "oomkilled", "killed",
		"denied", "timeout", "unable", "cannot":
		return true
	}
	return strings.HasSuffix(w, "exception") || strings.HasSuffix(w, "error")
}

func denies(w string) bool {
	switch w {
	case "0", "no", "without", "not", "zero", "non", "never", "nil":
		return true
	}
	return false
}
