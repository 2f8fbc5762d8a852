package pattern

import (
	"strings"

	"faultline/analysis"
)

// FailingVersion is the version of what Failing answers, which cases store with
// their patterns.
const FailingVersion = 1

// Failing reports whether records of a template with the given highest
// severity speak of a failure: by a stated severity of error or above, or by a
// word of failure where the severity is a warning or not stated. What a
// template denies, counts or only provides for is no failure: "no error",
// "<*> errors", "failed=<*>", "restart on failure".
func Failing(template string, sev analysis.Severity) bool {
	if sev >= analysis.SeverityError {
		return true
	}
	if sev != analysis.SeverityNone && sev < analysis.SeverityWarn {
		return false
	}
	tokens := failureTokens(template)
	at := func(i int) string {
		if i < 0 || i >= len(tokens) {
			return ""
		}
		return tokens[i]
	}
	for i, w := range tokens {
		switch {
		case !failureWord(w) && !failurePhrase(w, at(i-1), at(i+1)):
		case denies(at(i - 1)), at(i-1) == "more" && denies(at(i-2)):
		case w == "fail" && conditional(at(i+1)):
		case participle(w) && at(i+1) == ":" && isCount(at(i+2)) && isCount(at(i-1)) && at(i-2) == ":": // "Last_errno: <*> Killed: <*>"
		case isCount(at(i-1)) && (plural(w) || w == "failed" && tallied(at(i+2))),
			(plural(w) || participle(w)) && at(i+1) == "=" && isCount(at(i+2)),
			plural(w) && at(i+1) == ":" && isCount(at(i+2)):
		case at(i+1) == "=" && at(i+2) == "0", at(i+1) == ":" && at(i+2) == "0", at(i+1) == "0":
		default:
			return true
		}
	}
	return false
}

// conditional reports whether a word makes what stands before it a condition:
// "fail if the disk is full" names a check, not its outcome.
func conditional(w string) bool { return w == "if" || w == "when" || w == "unless" }

// failureTokens cuts a template into words, holes, "=" and ":". The words are
// in lower case; names of errors and exceptions become those words.
func failureTokens(template string) []string {
	var out []string
	s := template
	for i := 0; i < len(s); {
		if strings.HasPrefix(s[i:], hole) {
			out = append(out, hole)
			i += len(hole)
			continue
		}
		j := i
		for j < len(s) && (classes[s[j]]&(clLetter|clDigit) != 0 || s[j] == '\'' || s[j] == '/' && j > i) && s[j] != '_' {
			j++
		}
		if j > i {
			w := strings.TrimRight(s[i:j], "'/")
			switch {
			case naming(s, i, j):
				w = "name"
			case strings.HasSuffix(w, "Exception") || strings.HasSuffix(w, "Error"):
				w = "error"
			}
			out = append(out, strings.ToLower(w))
			i = j
			continue
		}
		if s[i] == '=' || s[i] == ':' {
			out = append(out, s[i:i+1])
		}
		i++
	}
	return out
}

// naming reports whether the word s[i:j] is part of the name of an option
// ("--log-error=<*>") or of a file ("mysqld-error.log").
func naming(s string, i, j int) bool {
	if j+4 <= len(s) && s[j] == '.' {
		switch s[j+1 : j+4] {
		case "log", "txt", "htm", "err", "out":
			return true
		}
	}
	if i == 0 || s[i-1] != '-' {
		return false
	}
	from := strings.LastIndexAny(s[:i], " \t\"'`=,:(") + 1
	return j < len(s) && s[j] == '=' || strings.HasPrefix(s[from:], "--")
}

// failureWord reports whether a lower-case word tells of a failure by itself.
func failureWord(w string) bool {
	switch w {
	case "error", "errors", "failed", "failure", "failures", "fail", "fails", "failing", "fatal", "panic", "panicked",
		"exception", "exceptions", "crashed", "crash", "crashes", "aborted", "refused", "unreachable", "oomkilled", "killed",
		"denied", "unable", "cannot", "segfault", "corrupt", "corrupted", "crashloopbackoff":
		return true
	}
	return false
}

// failurePhrase reports whether w tells of a failure together with the word
// before or after it.
func failurePhrase(w, before, after string) bool {
	switch w {
	case "timed":
		return after == "out"
	case "timeout":
		switch before {
		case "i/o", "connection", "connect", "read", "write", "request", "handshake", "gateway", "lock":
			return after != "=" && after != hole && after != ":"
		}
		switch after {
		case "exceeded", "expired", "reached", "occurred", "waiting", "while", "awaiting":
			return true
		}
	case "broken":
		return after == "pipe"
	case "memory":
		return before == "of"
	case "deadline":
		return after == "exceeded"
	}
	return false
}

// denies reports whether the word in front of a word of failure takes it back
// or only provides for it.
func denies(w string) bool {
	switch w {
	case "0", "no", "without", "not", "zero", "non", "never", "nil", "if", "on", "unless", "ignore", "ignoring", "ignored", "any":
		return true
	}
	return false
}

// plural reports whether a word of failure stands with a count: the number
// says whether there was a failure, and a template does not hold it.
func plural(w string) bool {
	switch w {
	case "errors", "failures", "exceptions", "crashes":
		return true
	}
	return false
}

// participle reports whether a word of failure is a count's name in a tally
// such as "ok=3 failed=0".
func participle(w string) bool {
	switch w {
	case "failed", "failing", "unreachable", "aborted", "killed", "corrupted", "crashed", "refused", "denied":
		return true
	}
	return false
}

// tallied reports whether a word is a count's name that goes with failures.
func tallied(w string) bool {
	switch w {
	case "passed", "succeeded", "successful", "ok", "skipped", "total", "errors", "pending", "running", "complete", "completed":
		return true
	}
	return false
}

func isCount(w string) bool {
	return w == hole || w != "" && strings.Trim(w, "0123456789") == ""
}
