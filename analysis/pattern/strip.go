package pattern

import (
	"strings"
)

// strip takes the segments of a kind out of a skeleton.
func strip(s string, kind int) (string, []segment) {
	if opening := [...]string{behindNumbers: "\x01", inQuotes: `"'`, inBrackets: "[{(", inFields: "=", inTails: ":="}[kind]; !strings.ContainsAny(s, opening) {
		return s, nil
	}
	var segs []segment
	var b strings.Builder
	last := 0
	for i := 0; i < len(s); {
		switch {
		case s[i] == mark:
			i += 2
			if e := restated(s, i); e > i && kind == behindNumbers {
				b.WriteString(s[last:i])
				segs = append(segs, segment{off: b.Len(), text: s[i:e]})
				last, i = e, e
			}
		case kind == inBrackets && i > 0 && isBracket(s, i):
			e := bracketEnd(s, i)
			if e < 0 {
				i++
				continue
			}
			b.WriteString(s[last : i+1])
			segs = append(segs, segment{off: b.Len(), text: s[i+1 : e]})
			last, i = e, e+1
		case kind == inTails && (s[i] == ':' || s[i] == '='):
			from := tailStart(s, i)
			if from < 0 {
				i++
				continue
			}
			b.WriteString(s[:from])
			return b.String(), []segment{{off: from, text: s[from:]}}
		case kind == inFields && s[i] == '=':
			e := fieldEnd(s, i+1)
			if e < 0 {
				i++
				continue
			}
			b.WriteString(s[last : i+1])
			segs = append(segs, segment{off: b.Len(), text: s[i+1 : e]})
			last, i = e, e
		case kind == inQuotes && (s[i] == '"' || s[i] == '\'') && i > 0 && classes[s[i-1]]&(clLetter|clDigit) == 0:
			e := quoteEnd(s, i)
			if e < 0 || speaks(s[:i]) {
				i++
				if e > 0 {
					i = e + 1
				}
				continue
			}
			q := e - escapes(s, e)
			b.WriteString(s[last : i+1])
			segs = append(segs, segment{off: b.Len(), text: s[i+1 : q]})
			last, i = q, e+1
		default:
			i++
		}
	}
	if segs == nil {
		return s, nil
	}
	b.WriteString(s[last:])
	return b.String(), segs
}

// restated returns the end of a unit and of a second figure in brackets that
// stand at i, behind a number; i when there are none.
func restated(s string, i int) int {
	if e := joinedEnd(s, i); e > i {
		return e
	}
	e := unitEnd(s, i)
	if e+4 < len(s) && s[e] == ' ' && s[e+1] == '(' && s[e+2] == mark {
		if c := unitEnd(s, e+4); c < len(s) && s[c] == ')' && c > e+4 {
			e = c + 1
		}
	}
	return e
}

// joinedEnd returns the end of the words that colons join to a variable that
// ends at i: "<*>:broken:untrusted".
func joinedEnd(s string, i int) int {
	e := i
	for e+1 < len(s) && s[e] == ':' && (s[e+1] == mark || classes[s[e+1]]&(clLetter|clDigit) != 0) {
		e++
		for e < len(s) {
			if s[e] == mark {
				e += 2
			} else if classes[s[e]]&(clLetter|clDigit|clDot|clSlash) != 0 || s[e] == '-' {
				e++
			} else {
				break
			}
		}
	}
	return e
}

// unitEnd returns the end of a blank and a unit at i, i when there is none.
func unitEnd(s string, i int) int {
	if i+1 >= len(s) || s[i] != ' ' {
		return i
	}
	e := i + 1
	for e < len(s) && s[e] != mark && classes[s[e]] == clLetter {
		e++
	}
	if e < len(s) && (s[e] == mark || classes[s[e]]&(clDigit|clSlash|clColon|clOther) != 0) || unit([]byte(s[i+1:e])) == 0 {
		return i
	}
	return e
}

// constants counts the words outside brackets that are no variables.
func constants(s string) (n int) {
	for i := 0; i < len(s); i++ {
		if s[i] == mark {
			i++
		} else if s[i] == '[' || s[i] == '{' {
			i = max(i, bracketEnd(s, i))
		} else if classes[s[i]]&clLetter != 0 && (i == 0 || classes[s[i-1]]&clLetter == 0) {
			n++
		}
	}
	return n
}

// tailStart returns where the text begins to which all that follows the colon or
// "=" at i belongs: its key names what somebody wrote, and it tells of no
// failure. It is -1 when there is none.
func tailStart(s string, i int) int {
	from := i + 1
	if s[i] == ':' {
		if from == len(s) || s[from] != ' ' {
			return -1
		}
		from++
	}
	k := i
	for k > 0 && classes[s[k-1]] == clLetter {
		k--
	}
	if !isWrittenKey(s[k:i]) || from == len(s) || s[from] == ' ' || s[i] == '=' && (s[from] == '"' || strings.IndexByte(s[from:], '=') >= 0) {
		return -1
	}
	if fails(s[from:]) {
		return -1
	}
	return from
}

// fails reports whether a text has a word that tells of a failure.
func fails(s string) bool {
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return r < 0x80 && classes[r]&clLetter == 0 }) {
		if failureWord(strings.ToLower(word)) {
			return true
		}
	}
	return false
}

// isWrittenKey reports whether the value of a key is a text that is passed on:
// written by a user, or by another program.
func isWrittenKey(key string) bool {
	switch strings.ToLower(key) {
	case "statement", "query", "sql", "command", "cmd", "args", "arguments", "output", "input", "response", "request", "reply",
		"options", "parameters", "params", "context":
		return true
	}
	return false
}

// fieldEnd returns the end of the value at i behind "key=": what separates it
// from the next field, or the next key. At the end of a text it is one word. It
// is -1 for what is quoted or in brackets.
func fieldEnd(s string, i int) int {
	if i < 2 || s[i-2] != mark && classes[s[i-2]]&(clLetter|clDigit) == 0 {
		return -1
	}
	blank := -1
	for j := i; j < len(s); j++ {
		switch c := s[j]; c {
		case mark:
			j++
		case '|', ',', ';', ')', ']', '}', '>':
			return j
		case '"', '\'', '[', '{', '(', '<', '=':
			if j == i {
				return -1
			}
			if c != '=' {
				if blank < 0 {
					return -1
				}
				return blank
			}
			// The key of the next field ends here.
			for k := j; k > i; k-- {
				if s[k-1] == ' ' {
					return k - 1
				}
			}
			return -1
		case ' ':
			if blank < 0 {
				blank = j
			}
		}
	}
	if blank >= 0 {
		return blank
	}
	return len(s)
}

// isBracket reports whether a bracket at i opens what may be a list: a round
// one only where it calls something by its name, "Set(".
func isBracket(s string, i int) bool {
	return s[i] == '[' || s[i] == '{' || s[i] == '(' && classes[s[i-1]]&clLetter != 0
}

// bracketEnd returns where the bracket at i is closed, -1 when it is not.
func bracketEnd(s string, i int) int {
	end := byte(')')
	if s[i] != '(' {
		end = s[i] + 2
	}
	depth := 0
	for j := i; j < len(s); j++ {
		switch s[j] {
		case mark:
			j++
		case s[i]:
			depth++
		case end:
			if depth--; depth == 0 {
				return j
			}
		}
	}
	return -1
}

// quoteEnd returns where the quote at i is closed, -1 when it is not. Quotes
// that are escaped are closed by quotes that are escaped as often.
func quoteEnd(s string, i int) int {
	deep := escapes(s, i)
	for j := i + 1; j < len(s); j++ {
		if s[j] == mark {
			j++
			continue
		}
		if s[j] == s[i] && escapes(s, j) <= deep {
			if escapes(s, j) < deep {
				return -1
			}
			if s[j] == '\'' && j+1 < len(s) && (s[j+1] == mark || classes[s[j+1]]&(clLetter|clDigit) != 0) {
				continue // an apostrophe
			}
			return j
		}
	}
	return -1
}

// escapes counts the backslashes in front of byte i.
func escapes(s string, i int) int {
	n := 0
	for i-n > 0 && s[i-n-1] == '\\' {
		n++
	}
	return n
}

// speaks reports whether a quote behind before opens what the record says: the
// first thing in it, or the value of a key that names a text.
func speaks(before string) bool {
	b := strings.TrimRight(before, `\`)
	key := strings.TrimRight(b, `=: "`)
	if key == "" {
		return true
	}
	if key == b || len(b) > 0 && b[len(b)-1] == ' ' && !strings.ContainsAny(b[len(key):], "=:") {
		return false
	}
	i := len(key)
	for i > 0 && classes[key[i-1]] == clLetter {
		i--
	}
	return isTextKey(key[i:])
}

// isTextKey reports whether the values of a key are what a record says, not
// what it says it of.
func isTextKey(key string) bool {
	switch strings.ToLower(key) {
	case "msg", "message", "err", "error", "reason", "desc", "description", "cause", "detail", "details", "exception", "title", "event", "text", "log", "body",
		"level", "severity":
		return true
	}
	return false
}
