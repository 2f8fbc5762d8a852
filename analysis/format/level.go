package format

import (
	"bytes"

	"faultline/analysis"
)

// severity is analysis.ParseSeverity for bytes, without allocating.
func severity(word []byte) analysis.Severity {
	if len(word) < 3 || len(word) > 13 {
		return 0
	}
	switch string(word) { // as most levels are written
	case "INFO", "info", "Info":
		return analysis.SeverityInfo
	case "WARN", "warn", "WARNING", "Warning", "warning":
		return analysis.SeverityWarn
	case "ERROR", "error", "Error":
		return analysis.SeverityError
	case "DEBUG", "debug", "Debug":
		return analysis.SeverityDebug
	}
	switch uint16(word[0]|0x20)<<8 | uint16(word[1]|0x20) { // most words are none: tell by two letters
	case 't'<<8 | 'r', 'f'<<8 | 'i', 'f'<<8 | 'a', 'f'<<8 | 't', 'v'<<8 | 'e', 'd'<<8 | 'b', 'd'<<8 | 'e', 'd'<<8 | 'p',
		'i'<<8 | 'n', 'l'<<8 | 'o', 'n'<<8 | 'o', 's'<<8 | 't', 's'<<8 | 'e', 'c'<<8 | 'o', 'c'<<8 | 'r', 'h'<<8 | 'i',
		'w'<<8 | 'a', 'w'<<8 | 'r', 'e'<<8 | 'r', 'e'<<8 | 'm', 'a'<<8 | 'l', 'p'<<8 | 'a':
	default:
		return 0
	}
	var low [13]byte
	for i, c := range word {
		switch {
		case c-'A' < 26:
			c |= 0x20
		case c-'a' >= 26 && !digit(c):
			return 0
		}
		low[i] = c
	}
	return analysis.ParseSeverity(string(low[:len(word)])) // lower case already: nothing is allocated
}

func upper(word []byte) bool {
	for _, c := range word {
		if c >= 'a' && c <= 'z' {
			return false
		}
	}
	return true
}

// levels knows where in a member's lines the level stands, learned from the
// first ones.
type levels struct {
	at      uint32 // bit k: the k-th token behind the stamp is the level in a fair part of the lines
	plain   uint32 // bit k: also without capitals, brackets or a colon
	letters int    // 1 + index of the token that is a single letter (mongod 3: the first; Android: the third); 0 for none
	small   byte   // 0x20 where these letters are small ones (SAP HANA)
	symbols bool   // the first token is one of Redis's signs
	slash   bool   // a letter and a slash begin the text ("W/ActivityManager( 1702): ")
}

// maxTokens is how many tokens behind a stamp are looked at.
const maxTokens = 9

// token returns the bounds of the token that starts at or behind b[i]: a
// bracketed group, or a run without blanks.
func token(b []byte, i int) (from, to int) {
	n := len(b)
	for i < n && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	from = i
	if i < n && b[i] == '[' {
		depth := 0
		for j := i; j < n && j < i+200; j++ {
			switch b[j] {
			case '[':
				depth++
			case ']':
				if depth--; depth == 0 {
					j++
					if j < n && b[j] == '@' { // "[unknown]@[unknown]" is one
						for j < n && b[j] != ' ' {
							j++
						}
					}
					for j < n && b[j] == ':' {
						j++
					}
					return from, j
				}
			}
		}
	}
	for i < n && b[i] != ' ' && b[i] != '\t' {
		i++
	}
	return from, i
}

// glue are the characters that separate a level from what is written next to
// it without a blank.
var glue = [256]bool{':': true, ']': true, ')': true, '|': true, '.': true, '[': true}

// levelIn looks for a level in one token. strong reports that it is written
// as one: in capitals, brackets, or with a colon behind it. used is how many
// bytes of the token belong to it; the rest is text.
func levelIn(tok []byte) (s analysis.Severity, strong bool, used int) {
	from, to := 0, len(tok)
	for from < to && (tok[from] == '[' || tok[from] == '(' || tok[from] == '<' || tok[from] == '*' || tok[from] == ':' || tok[from] == '-' || tok[from] == '=' || tok[from] == '|') {
		from++
	}
	end := to
	for end > from && (tok[end-1] == ']' || tok[end-1] == ')' || tok[end-1] == '>' || tok[end-1] == ':' || tok[end-1] == '|' || tok[end-1] == ',' || tok[end-1] == '-' || tok[end-1] == '!' || tok[end-1] == '*' || tok[end-1] == ' ') {
		end--
	}
	for from < end && tok[from] == ' ' {
		from++
	}
	word := tok[from:end]
	if tok[0] == '[' { // "[ERROR Port-6443]:", of which the message keeps the name
		if i := bytes.IndexByte(word, ' '); i > 0 && upper(word[:i]) {
			if s := severity(word[:i]); s != 0 {
				return s, true, 0
			}
		}
	}
	if len(word) < 3 || len(word) > 64 {
		return 0, false, 0
	}
	marked := from > 0 && tok[0] != '-' || end < to && tok[end] != ',' && tok[end] != '-'
	if s := severity(word); s != 0 {
		return s, marked || upper(word), to
	}
	if end < to && tok[end] == ':' && from == 0 { // .NET's console
		switch string(word) {
		case "fail":
			return analysis.SeverityError, true, to
		case "dbug":
			return analysis.SeverityDebug, true, to
		case "trce":
			return analysis.SeverityTrace, true, to
		}
	}
	// Glued forms: "DEBUG:foo", "25376]INFO:module", "laravel.ERROR",
	// "core:error" in brackets.
	start := from
	for i := from; i <= end; i++ {
		if i < end && !glue[tok[i]] && (tok[i] != '/' || start != from) {
			continue
		}
		if w := tok[start:i]; len(w) >= 3 {
			if s := severity(w); s != 0 && (upper(w) || tok[0] == '[' && i == end) {
				if i < end {
					i++
				} else {
					i = to
				}
				return s, true, i
			}
		}
		start = i + 1
	}
	return 0, false, 0
}

// header reports whether a token looks like a field before the message: a
// number, an address, a key=value pair, a bracketed group, a dotted name.
func header(tok []byte) bool {
	c := tok[0]
	if c == '[' || c == '(' || c == '<' || c == '|' || c == '-' || c == '#' || digit(c) {
		return true
	}
	last := tok[len(tok)-1]
	return last == ':' || last == ']' || bytes.IndexByte(tok, '=') > 0 || bytes.IndexByte(tok, '.') > 0 && last != '.' || bytes.IndexByte(tok, '@') > 0
}

// find returns the severity that stands at its place at the start of b, which
// follows the stamp, and where the message begins.
func (l *levels) find(b []byte) (analysis.Severity, int) {
	if l.symbols {
		if from, to := token(b, 0); to-from == 1 {
			switch b[from] {
			case '.':
				return analysis.SeverityDebug, separators(b, to)
			case '-':
				return analysis.SeverityTrace + 3, separators(b, to)
			case '*':
				return analysis.SeverityInfo + 1, separators(b, to)
			case '#':
				return analysis.SeverityWarn, separators(b, to)
			}
		}
	}
	start := separators(b, 0)
	if l.slash && brief(b[start:]) {
		return levelLetter(b[start]), start + 2
	}
	if start < len(b) && (b[start] == '%' || b[start] == 'C') {
		if s := coded(b[start:]); s != 0 {
			return s, start
		}
	}
	if l.letters > 0 {
		from, to := token(b, start)
		for k := 1; k < l.letters; k++ {
			from, to = token(b, to)
		}
		if to-from == 1 || to-from == 2 && digit(b[from+1]) {
			if s := levelLetter(b[from] ^ l.small); s != 0 {
				return s, separators(b, to)
			}
		}
	}
	i, grouped := start, true // grouped: only bracketed groups stand before
	for k := 0; k < maxTokens; {
		from, to := token(b, i)
		if from == to {
			break
		}
		tok := b[from:to]
		if !letter(tok[0]) && !digit(tok[0]) && to-from <= 2 && tok[0] != '[' { // "-", "|", "::"
			i = to
			continue
		}
		bit := uint32(1) << k
		free := l.at == 0 || grouped && (k == 0 || tok[len(tok)-1] == ':')
		if to-from <= 72 && (free || (l.at|l.plain)&bit != 0) { // elsewhere it would not count
			if s, strong, used := levelIn(tok); s != 0 && (strong && (free || l.at&bit != 0) || l.plain&bit != 0) {
				at := separators(b, from+used)
				switch {
				case used == len(tok) && k > 0 && at >= len(b): // "Finished: FAILURE" is a message
					at = start
				case s == analysis.SeverityFatal && bytes.HasPrefix(b[at:], []byte("error:")): // PHP's "Fatal error:"
					at = separators(b, at+6)
				}
				return s, at
			}
		}
		grouped = grouped && tok[0] == '['
		if k == 0 && l.at == 0 && letter(tok[0]) { // "npm ERR! text"
			if f, t := token(b, to); t-f > 3 && b[t-1] == '!' {
				if s, strong, _ := levelIn(b[f:t]); s != 0 && strong {
					return s, separators(b, t)
				}
			}
		}
		if !header(tok) && l.at>>(k+1) == 0 {
			break
		}
		i = to
		k++
	}
	if l.at > 1 { // the level has its place behind others, but is left out here: a process ID does not begin a message
		if from, to := token(b, start); to-from > 2 && b[from] == '[' && digit(b[from+1]) && digit(b[to-2]) {
			start = separators(b, to)
		}
	}
	return 0, start
}

func levelLetter(c byte) analysis.Severity {
	switch c {
	case 'T', 'V':
		return analysis.SeverityTrace
	case 'D':
		return analysis.SeverityDebug
	case 'I':
		return analysis.SeverityInfo
	case 'N':
		return analysis.SeverityInfo + 1
	case 'W':
		return analysis.SeverityWarn
	case 'E':
		return analysis.SeverityError
	case 'C':
		return analysis.SeverityError + 1
	case 'F':
		return analysis.SeverityFatal
	}
	return 0
}

// separators skips blanks and the punctuation that stands between the fields
// of a header.
func separators(b []byte, i int) int {
	n := len(b)
	for i < n {
		switch c := b[i]; {
		case c == ' ' || c == '\t' || c == ']' || c == '|' || c == ',' || c == ':' || c == ')' || c == '"' && i == 0:
			i++
		case (c == '-' || c == '>') && i+1 < n && b[i+1] == ' ':
			i++
		case c == '-' && i+2 < n && b[i+1] == '-' && b[i+2] == ' ', c == '=' && i+2 < n && b[i+1] == '=' && b[i+2] == '=':
			j := i
			for j < n && b[j] == c {
				j++
			}
			if j == n {
				return i
			}
			i = j
		default:
			return i
		}
	}
	return i
}

// learn finds the places of the level in the texts behind the stamps.
func (l *levels) learn(rests [][]byte) {
	if len(rests) == 0 {
		return
	}
	var at, strongAt, fielded [maxTokens]int // fielded: strongAt or at with nothing but fields before it
	var kinds [maxTokens]uint32              // the ranges of severities seen there
	var letters, small [3]int
	var smallKinds [3]uint32
	symbols, slashes, dashed := 0, 0, true
	for _, b := range rests {
		if from, to := token(b, 0); to-from == 1 && (b[from] == '.' || b[from] == '*' || b[from] == '#' || b[from] == '-') {
			symbols++
			dashed = dashed && b[from] == '-' // "- LEVEL" is no sign
		}
		if brief(b) {
			slashes++
		}
		i := separators(b, 0)
		if from, to := token(b, i); to > from {
			for k, f, t := 0, from, to; k < len(letters) && t > f; k++ {
				if (t-f == 1 || t-f == 2 && digit(b[f+1])) && levelLetter(b[f]) != 0 {
					letters[k]++
					break
				}
				if t-f == 1 && levelLetter(b[f]^0x20) != 0 {
					small[k]++
					smallKinds[k] |= 1 << levelLetter(b[f]^0x20)
					break
				}
				f, t = token(b, t)
			}
		}
		fields, word := true, false
		for k := 0; k < maxTokens; {
			from, to := token(b, i)
			if from == to {
				break
			}
			tok := b[from:to]
			if !letter(tok[0]) && !digit(tok[0]) && to-from <= 2 && tok[0] != '[' {
				i, word = to, false // "name - LEVEL": the dash makes a field of the name
				continue
			}
			fields = fields && !word
			if s, strong, _ := levelIn(tok); s != 0 {
				at[k]++
				kinds[k] |= 1 << s.Range()
				if strong {
					strongAt[k]++
				}
				if fields || strong && (k <= 1 || tok[0] == '[' || tok[0] == '<') {
					fielded[k]++
				}
				break
			}
			word = !header(tok)
			i = to
			k++
		}
	}
	for k, n := range letters {
		if n*10 >= len(rests)*9 && len(rests) >= 2 {
			l.letters = k + 1
			break
		}
		if n := small[k]; n*10 >= len(rests)*9 && smallKinds[k]&(smallKinds[k]-1) != 0 { // "a" in every line is an article
			l.letters, l.small = k+1, 0x20
			break
		}
	}
	l.slash = slashes*10 >= len(rests)*9 && len(rests) >= 3
	l.symbols = !dashed && symbols*10 >= len(rests)*8 && len(rests) >= 3
	best := 0
	for k := range at {
		best = max(best, strongAt[k])
	}
	for k := range at {
		// Behind words, a level's place shows by several levels: "handshake
		// error from" in every line is a message.
		if at[k] == 0 || fielded[k]*2 < at[k] && kinds[k]&(kinds[k]-1) == 0 {
			continue
		}
		if k == 0 && strongAt[k]*5 >= len(rests) || k > 0 && strongAt[k] >= 2 && strongAt[k]*10 >= best && strongAt[k]*50 >= len(rests) {
			l.at |= 1 << k
		}
		if at[k]*2 >= len(rests) && at[k] >= 2 && fielded[k]*2 >= at[k] {
			l.at |= 1 << k
			l.plain |= 1 << k
		}
	}
}

// brief reports whether a text begins with a level and a tag as Android's logs
// write them in brief, "W/ActivityManager( 1702): " or "W/zygote: ".
func brief(b []byte) bool {
	if len(b) < 4 || b[1] != '/' || levelLetter(b[0]) == 0 || !letter(b[2]) {
		return false
	}
	for _, c := range b[3:min(len(b), 64)] {
		switch {
		case c == '(' || c == ':':
			return true
		case c == ' ' || c == '\t' || c == '/':
			return false
		}
	}
	return false
}

// coded returns the severity that a message's own code states: network
// devices' "%LINK-3-UPDOWN:", and the header of security devices' events,
// "CEF:0|vendor|product|version|id|name|8|", whose severity goes from 0 to 10.
func coded(b []byte) analysis.Severity {
	if b[0] == '%' {
		for i := 1; i < len(b) && i < 60; i++ {
			switch c := b[i]; {
			case c == '-' && i+2 < len(b) && b[i+2] == '-' && b[i+1] >= '0' && b[i+1] < '8':
				return syslogSeverity(int(b[i+1] - '0'))
			case c != '-' && c != '_' && !digit(c) && (c < 'A' || c > 'Z'):
				return 0
			}
		}
		return 0
	}
	if !bytes.HasPrefix(b, []byte("CEF:")) {
		return 0
	}
	for range 6 {
		i := bytes.IndexByte(b, '|')
		for i > 0 && b[i-1] == '\\' {
			k := bytes.IndexByte(b[i+1:], '|')
			if k < 0 {
				return 0
			}
			i += 1 + k
		}
		if i < 0 {
			return 0
		}
		b = b[i+1:]
	}
	word := b[:max(0, bytes.IndexByte(b, '|'))]
	switch string(word) {
	case "0", "1", "2", "3", "Low":
		return analysis.SeverityInfo
	case "4", "5", "6", "Medium":
		return analysis.SeverityWarn
	case "7", "8", "High":
		return analysis.SeverityError
	case "9", "10", "Very-High":
		return analysis.SeverityError + 2
	}
	return 0
}
