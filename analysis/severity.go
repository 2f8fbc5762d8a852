package analysis

import "strings"

// Severity is a record's severity by OpenTelemetry's numbers: 1..24, four to a
// range (ERROR is 17..20); 0 when the record states none.
type Severity uint8

// The first number of each of OpenTelemetry's ranges.
const (
	SeverityNone  Severity = 0
	SeverityTrace Severity = 1
	SeverityDebug Severity = 5
	SeverityInfo  Severity = 9
	SeverityWarn  Severity = 13
	SeverityError Severity = 17
	SeverityFatal Severity = 21
)

// String returns the range's name in lower case: "trace", "debug", "info",
// "warn", "error", "fatal"; "none" for 0.
func (s Severity) String() string {
	switch {
	case s == 0:
		return "none"
	case s < SeverityDebug:
		return "trace"
	case s < SeverityInfo:
		return "debug"
	case s < SeverityWarn:
		return "info"
	case s < SeverityError:
		return "warn"
	case s < SeverityFatal:
		return "error"
	}
	return "fatal"
}

// Range returns the first number of the range that s lies in, 0 for none.
func (s Severity) Range() Severity {
	if s == 0 {
		return 0
	}
	if s > 24 {
		return SeverityFatal
	}
	return (s-1)/4*4 + 1
}

// ParseSeverity returns the severity that a level word such as "WARN",
// "err", "notice" or "CRITICAL" stands for, in any case, and its first four
// letters as Erlang's programs write them; 0 when it is no such word.
func ParseSeverity(word string) Severity {
	if len(word) > 13 {
		return 0
	}
	switch strings.ToLower(word) {
	case "trace", "trc", "finest", "finer", "verbose":
		return SeverityTrace
	case "debug", "dbg", "debu", "debug1", "debug2", "debug3", "debug4", "debug5", "fine":
		return SeverityDebug
	case "info", "inf", "information", "informational", "log", "normal", "statement", "config":
		return SeverityInfo
	case "notice", "note", "noti", "hint":
		return SeverityInfo + 1
	case "warn", "warning", "wrn", "warnings":
		return SeverityWarn
	case "error", "err", "erro", "eror", "failure", "severe":
		return SeverityError
	case "crit", "critical", "dpanic":
		return SeverityError + 1
	case "alert", "aler":
		return SeverityError + 2
	case "fatal", "panic", "ftl":
		return SeverityFatal
	case "emerg", "emer", "emergency":
		return SeverityFatal + 3
	}
	return 0
}
