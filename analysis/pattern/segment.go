package pattern

import (
	"slices"
	"strings"
)

// A segment is a stretch of a skeleton whose number of words may vary without
// making another pattern: the text in quotes, and what can stand behind a
// number to say it once more ("12 KB", "1190 bytes (1.16 KB)").
type segment struct {
	off  int // where it stood, in the skeleton without its segments
	text string
}

// enoughQuoted is how many different texts in one pair of quotes make them a
// variable.
const enoughQuoted = 3

// open returns the rows' skeletons, rewritten where segments vary while all
// else is equal: first what is said again behind numbers, then the texts in
// quotes, where all else may differ in its own variables. The result depends on
// the set of skeletons only.
func (t *table) open() []string {
	texts := make([]string, len(t.rows))
	groups := map[string][]int32{}
	segs := make([][]segment, len(t.rows))
	stripped := make([]string, len(t.rows))
	sideBySide(len(t.rows), func(from, to int) {
		for r := from; r < to; r++ {
			texts[r] = canonical(t.rows[r].skeleton)
			stripped[r], segs[r] = strip(texts[r], behindNumbers)
		}
	})
	for r := range t.rows {
		if segs[r] != nil {
			groups[stripped[r]] = append(groups[stripped[r]], int32(r))
		}
	}
	for r, text := range texts {
		if g := groups[text]; g != nil && segs[r] == nil {
			groups[text] = append(g, int32(r))
		}
	}
	for stripped, g := range groups {
		if len(g) < 2 {
			continue
		}
		at := map[int][]string{}
		for _, r := range g {
			for _, s := range segs[r] {
				at[s.off] = append(at[s.off], s.text)
			}
		}
		to := map[int]string{}
		var varies [3]bool // units of time, of size
		for off, all := range at {
			if text, ok := together(distinctOf(all), len(all) < len(g)); ok {
				to[off] = text
				varies[unitOf(all[0])] = true
			}
		}
		for off, all := range at {
			// Where one unit varies, those of its kind that did not are no words either.
			if u := unitOf(all[0]); to[off] == "" && u > 0 && varies[u] {
				to[off] = ""
			}
		}
		for _, r := range g {
			texts[r] = fillIn(stripped, segs[r], to)
		}
	}
	t.openEach(texts, segs, inQuotes)
	t.openEach(texts, segs, inBrackets)
	t.openEach(texts, segs, inFields)
	t.openEach(texts, segs, inTails)
	return texts
}

// The kinds of segments.
const (
	behindNumbers = iota // what is said again
	inQuotes
	inBrackets
	inFields // behind "key="
	inTails  // behind "command:" and the like, to the end
)

// canonical returns a skeleton with its variables of one kind, and one variable
// for what is one value by its form alone.
func canonical(skeleton string) string {
	return emptyFields(wholeLists(wholeQuotes(oneKind(skeleton))))
}

// emptyFields makes variables of the dashes that stand for empty values among
// variables in square brackets: "[<*> <*> - - -]".
func emptyFields(s string) string {
	if !strings.Contains(s, " - -") && !strings.Contains(s, " -]") {
		return s
	}
	for i := 0; i < len(s); i++ {
		if s[i] != '[' {
			continue
		}
		e := bracketEnd(s, i)
		if e < 0 {
			continue
		}
		fields := strings.Split(s[i+1:e], " ")
		empty := 0
		for k, f := range fields {
			switch {
			case f == "-":
				empty++
				fields[k] = "\x01x"
			case strings.IndexByte(f, mark) < 0:
				empty = -len(fields)
			}
		}
		if empty > 0 && empty < len(fields) {
			s = s[:i+1] + strings.Join(fields, " ") + s[e:]
		}
		i = e
	}
	return s
}

// wholeLists makes one variable of every three or more words joined by commas
// of which half at least are names or variables.
func wholeLists(s string) string {
	out, last := "", 0
	for i := 0; i < len(s); {
		j, n, names := i, 0, 0
		for {
			e := memberEnd(s, j)
			if e == j {
				break
			}
			n++
			if w := s[j:e]; strings.IndexByte(w, mark) >= 0 || isCompound(w) {
				names++
			}
			if j = e; j+1 >= len(s) || s[j] != ',' || memberEnd(s, j+1) == j+1 {
				break
			}
			j++
		}
		if n > 2 && 2*names >= n && (j == len(s) || !setsApart(s[j:])) {
			out += s[last:i] + "\x01x"
			last = j
		}
		i = max(i+1, j)
	}
	if last == 0 {
		return s
	}
	return out + s[last:]
}

// memberEnd returns the end of the word at i that may be one of a list.
func memberEnd(s string, i int) int {
	for i < len(s) {
		switch {
		case s[i] == mark:
			i += 2
			continue
		case classes[s[i]]&(clLetter|clDigit|clDot) == 0 && s[i] != '-':
			return i
		}
		i++
	}
	return i
}

// openEach makes variables of the segments of a kind that vary, among rows that
// are one template when the segments are empty.
func (t *table) openEach(texts []string, segs [][]segment, kind int) {
	empty := &table{names: t.names}
	empty.reserve()
	stripped := make([]string, len(texts))
	sideBySide(len(texts), func(from, to int) {
		for r := from; r < to; r++ {
			stripped[r], segs[r] = strip(texts[r], kind)
			if kind == inBrackets && constants(stripped[r]) < 2 {
				segs[r] = nil // all that is said stands in the brackets
			}
		}
	})
	for r := range texts {
		if len(segs[r]) > 0 {
			empty.add(stripped[r], int32(r), 1)
		}
	}
	for _, b := range empty.buckets {
		empty.merge(b)
		empty.generalise(b)
		for _, it := range b.items {
			if len(it.rows) < 2 {
				continue
			}
			for k := range segs[it.rows[0]] {
				all := make([]string, 0, len(it.rows))
				for _, r := range it.rows {
					all = append(all, segs[r][k].text)
				}
				if !isText(distinctOf(all), kind) {
					continue
				}
				for _, r := range it.rows {
					segs[r][k].text = "\x01x"
				}
			}
			for _, r := range it.rows {
				texts[r] = fillIn(stripped[r], segs[r], nil)
			}
		}
	}
}

// distinctOf sorts texts and drops those that are there already.
func distinctOf(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}

// isText reports whether the different texts of one pair of quotes or brackets
// are enough for a variable, and of different numbers of words: else they are
// compared word by word. Brackets that are empty in one record hold a list.
func isText(all []string, kind int) bool {
	need := enoughQuoted
	if kind == inBrackets {
		if len(all) > 1 && strings.TrimSpace(all[0]) == "" {
			return len(all[1]) > 1 // else a box that is ticked or not
		}
		if !strings.ContainsAny(all[0], ",=:") {
			need = 5
		}
	}
	if kind == inTails {
		return len(all) > 1
	}
	if kind == inFields {
		return len(all) > 1 && slices.ContainsFunc(all, func(a string) bool { return a == "" || strings.Contains(a, " ") })
	}
	if len(all) < need {
		return false
	}
	for _, a := range all[1:] {
		if strings.Count(a, " ") != strings.Count(all[0], " ") || (a == "") != (all[0] == "") {
			return true
		}
	}
	return false
}

// oneKind returns a skeleton with all its variables of one kind.
func oneKind(s string) string {
	if strings.IndexByte(s, mark) < 0 {
		return s
	}
	b := []byte(s)
	for i := 0; i+1 < len(b); i++ {
		if b[i] == mark {
			i++
			b[i] = kindID
		}
	}
	return string(b)
}

// together returns what to write for a segment behind a number with the given
// different texts; false to leave each as it is.
func together(all []string, missing bool) (string, bool) {
	if len(all) < 2 && !missing {
		return "", false
	}
	if missing {
		return "", true
	}
	first, _, _ := strings.Cut(all[0][1:], " ")
	more := false
	for _, a := range all {
		u, rest, _ := strings.Cut(a[1:], " ")
		if u != first {
			return "", true
		}
		more = more || rest != ""
	}
	if more {
		return " " + first + " \x01x", true
	}
	return "", true
}

// unitOf tells what a segment behind a number is a unit of: 1 time, 2 size; 0
// when it says more.
func unitOf(segment string) int { return unit([]byte(segment[1:])) }

// fillIn writes segments back into a stripped skeleton, those in to as given
// there.
func fillIn(stripped string, segs []segment, to map[int]string) string {
	var b strings.Builder
	last := 0
	offs := make([]int, 0, len(segs)+len(to))
	own := map[int]string{}
	for _, s := range segs {
		own[s.off] = s.text
		offs = append(offs, s.off)
	}
	for off := range to {
		offs = append(offs, off)
	}
	slices.Sort(offs)
	for _, off := range slices.Compact(offs) {
		b.WriteString(stripped[last:off])
		last = off
		if text, ok := to[off]; ok {
			b.WriteString(text)
		} else {
			b.WriteString(own[off])
		}
	}
	b.WriteString(stripped[last:])
	return b.String()
}

// strip takes the segments of a kind out of a skeleton.
func strip(s string, kind int) (string, []segment) {
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
	e := unitEnd(s, i)
	if e+4 < len(s) && s[e] == ' ' && s[e+1] == '(' && s[e+2] == mark {
		if c := unitEnd(s, e+4); c < len(s) && s[c] == ')' && c > e+4 {
			e = c + 1
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
	for word := range strings.FieldsFuncSeq(s[from:], func(r rune) bool { return r < 0x80 && classes[r]&clLetter == 0 }) {
		if failureWord(strings.ToLower(word)) {
			return -1
		}
	}
	return from
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
		"level", "severity", "type":
		return true
	}
	return false
}
