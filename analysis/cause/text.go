package cause

import (
	"regexp"
	"strings"

	"faultline/analysis"
)

// The heads of lines that are no part of the message: stamps, levels and
// where the line was written.
var (
	ansi   = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]|\x1b\\][^\x07]*\x07")
	heads  = regexp.MustCompile(`^(?:\[?(?:\d{4}[-/.]\d\d[-/.]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?|\d\d:\d\d:\d\d(?:[.,]\d+)?|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)\]?(?:[ \t]+|$)|(?:stdout|stderr) [FP] |\[\w+ \d{4}-\d\d-\d\dT[\d:.]+Z\] ?)`)
	klog   = regexp.MustCompile(`^([IWEF])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ [^\]\s]+:\d+\] `)
	levels = regexp.MustCompile(`^\[?(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|PANIC|SEVERE|error|warning|info|debug|fatal|critical)\]?(?:\s+-\s+|:\s+|\s{1,8}|$)`)
	syslog = regexp.MustCompile(`^[\w.-]+ [\w./@-]+(?:\[\d+\])?: `)
)

// Body returns a line's message without colours and without the stamps and
// the level that stand before it, and the severity that its head states (0 for
// none). It is for lines whose format is not at hand any more; what it does not
// recognise stays.
func Body(line string) (string, analysis.Severity) {
	line = strings.TrimRight(line, " \t\r\n")
	if strings.IndexByte(line, 0x1b) >= 0 {
		line = ansi.ReplaceAllString(line, "")
	}
	var sev analysis.Severity
	for range 3 {
		at := heads.FindStringIndex(line)
		if at == nil {
			break
		}
		stamp := line[:at[1]]
		line = line[at[1]:]
		if c := stamp[0]; c >= 'A' && c <= 'Z' && len(stamp) >= 15 {
			if at := syslog.FindStringIndex(line); at != nil {
				line = line[at[1]:]
			}
		}
	}
	if m := klog.FindStringSubmatch(line); m != nil {
		line = line[len(m[0]):]
		sev = map[string]analysis.Severity{"I": analysis.SeverityInfo, "W": analysis.SeverityWarn, "E": analysis.SeverityError, "F": analysis.SeverityFatal}[m[1]]
	}
	if m := levels.FindStringSubmatch(strings.TrimLeft(line, " \t")); m != nil && sev == 0 {
		sev = analysis.ParseSeverity(m[1])
		// "error: x" stays whole: the word is part of what people quote.
		if strings.Contains(m[0], " - ") {
			line = strings.TrimLeft(line, " \t")[len(m[0]):]
		}
	}
	return line, sev
}

// Message is Body for a record of several lines: each line loses its head,
// and the severity is that of the first line.
func Message(text string) (string, analysis.Severity) {
	text = strings.TrimRight(text, "\r\n")
	if !strings.Contains(text, "\n") {
		return Body(text)
	}
	lines := strings.Split(text, "\n")
	var sev analysis.Severity
	for i, l := range lines {
		b, s := Body(l)
		if i == 0 {
			sev = s
		}
		lines[i] = b
	}
	return strings.Join(lines, "\n"), sev
}

// served is a request as servers log it: the quoted request line and the status
// of the answer, or its variable in a template. What is quoted behind them is
// the client's as well.
var (
	served = regexp.MustCompile(`"[A-Z]{3,16} (?:[/*<]|\w+://|[^" ]+ HTTP/)[^"]*"[ ,|]+(?:status[=:] ?)?(?:[1-5]\d\d|<\*>)(?:[ ,|]|$)|^\W*[A-Z]{3,16} \S+ => generated `)
	quoted = regexp.MustCompile(`"[^"]*"|[A-Z]{3,16} \S+ => generated`)
)

// Served reports whether a text is a server's record of a request and of how it
// was answered: the status tells of failure or success, and what the request
// says, such as its URL, is the client's word and evidence of nothing.
func Served(text string) bool {
	return (strings.IndexByte(text, '"') >= 0 || strings.Contains(text, " => generated ")) && served.MatchString(text)
}

// spoken is a text without the words of clients, which become blanks.
func spoken(text string) string {
	if !Served(text) {
		return text
	}
	return quoted.ReplaceAllStringFunc(text, func(s string) string { return strings.Repeat(" ", len(s)) })
}
