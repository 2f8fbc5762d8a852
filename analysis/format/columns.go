package format

import (
	"bytes"

	"faultline/analysis"
)

// A layout is what was learned about the fields that stand between a line's
// stamp and level and its message: a thread in brackets, a process ID, a
// logger's name, a file and line. Nothing is known about the program; a field
// is a place at the head of nearly all lines that has one form in all of them,
// with texts behind it that begin in different ways. What has been learned is
// cut off the messages, so that one message said by two threads is one.
type layout []column

// column is one field of a layout.
type column struct {
	kind columnKind
	skip uint8 // words before it that belong to the header, too
	form form  // of columnStamp

	process bool // it names the program or its part: the names recur as they stand
}

type columnKind uint8

const (
	columnStamp   columnKind = iota // a further stamp
	columnBracket                   // "[main]"
	columnParen                     // "(main)"
	columnNumber                    // a process or thread ID, a flag
	columnBar                       // "name|", "p=1 u=user |"
	columnDash                      // "name - "
	columnName                      // "name:", "name[12]:", "file.go:12:", "file.go 12:"
	columnDotted                    // "nova.compute.manager"
	columnWide                      // a word with a tab or several blanks behind it
	columnKinds
)

const (
	maxColumns   = 6
	columnShare  = 95 // percent of the lines that a column stands in
	columnLines  = 8  // below so many lines only a logger's name is known
	columnFew    = 3  // and below so many not even that
	columnHead   = 64 // longest name
	columnNames  = 3  // lines per distinct name of a name column
	columnTails  = 3  // different beginnings behind a column
	columnSkip   = 8  // words before a further stamp
	columnBehind = 2  // words before a name
)

// learnLayout finds the columns of texts, which stand behind stamp and level.
func learnLayout(texts [][]byte) layout {
	texts = append([][]byte(nil), texts...)
	var out layout
	for len(out) < maxColumns {
		c, ok := nextColumn(texts, len(out) == 0)
		if !ok {
			break
		}
		out = append(out, c)
		rest := texts[:0]
		for _, t := range texts {
			if _, end := c.match(t); end < len(t) {
				rest = append(rest, t[end:])
			}
		}
		texts = rest
	}
	return out
}

// nextColumn returns the first column that the texts have.
func nextColumn(texts [][]byte, first bool) (column, bool) {
	if first {
		for skip := uint8(0); skip <= columnSkip; skip++ {
			for _, f := range dated {
				if c := (column{kind: columnStamp, skip: skip, form: f}); c.fits(texts, !first) {
					return c, true
				}
			}
		}
	}
	for kind := columnStamp + 1; kind < columnKinds; kind++ {
		if c := (column{kind: kind}); c.fits(texts, !first) {
			return c, true
		}
	}
	for skip := uint8(1); skip <= columnBehind; skip++ {
		if c := (column{kind: columnName, skip: skip}); c.fits(texts, !first) {
			return c, true
		}
	}
	return column{}, false
}

// stands reports whether nearly all texts have the column.
func (c *column) stands(texts [][]byte) bool {
	most := len(texts) * (100 - columnShare) / 100 // texts without it
	for _, t := range texts {
		if _, end := c.match(t); end == 0 {
			if most--; most < 0 {
				return false
			}
		}
	}
	return true
}

// fits reports whether the texts show the column, and learns whose name it is.
// behind: it would stand behind another.
func (c *column) fits(texts [][]byte, behind bool) bool {
	all, found, verdicts, bare, single := len(texts), 0, 0, 0, 0
	if all == 0 || !c.stands(texts) {
		return false
	}
	names, plain, tails := map[string]bool{}, map[string]bool{}, map[string]bool{}
	code := 0    // names that no prose has
	ids := 0     // names with so many digits that they are none
	loggers := 0 // those of a class or module in its package
	aligned := 0 // names with the text behind at one place
	ends, widths := map[int]int{}, map[int]bool{}
	for _, t := range texts {
		name, end := c.match(t)
		if end == 0 {
			continue
		}
		found++
		if end >= len(t) {
			bare++
		} else if bytes.IndexByte(t[end:], ' ') < 0 {
			single++
		}
		ends[end]++
		aligned = max(aligned, ends[end])
		widths[len(name)] = true
		if outcome(name) {
			verdicts++
		}
		if codeLike(name) {
			code++
		}
		if len(name) > len(masked(name))+3 {
			ids++
		}
		if bytes.Count(name, point) >= 2 && dotted(name) {
			loggers++
		}
		names[masked(name)] = true
		plain[string(name)] = true
		tails[masked(opening(t[end:]))] = true
	}
	if verdicts*50 > found || bare*10 > found ||
		c.kind == columnDotted && single*10 > found*9 { // a class and its method
		return false
	}
	if loggers == all && all >= columnFew && (c.kind == columnName || c.kind == columnDotted) && c.skip == 0 {
		c.process = true
		return true
	}
	if all < columnLines && !behind {
		return false
	}
	if len(tails) < columnTails && c.kind != columnStamp && !(behind && len(plain) > 1 && c.kind < columnBar) {
		return false
	}
	switch c.kind {
	case columnStamp, columnBracket, columnParen, columnNumber:
		return true
	}
	// Names recur. One single name tells no more than its absence, unless it
	// is a program's; words before a name are prose, unless the names are not.
	recur := aligned*100 >= found*columnShare && len(widths) > 1 // filled up to one width: a column, whatever stands there
	c.process = len(plain)*2 <= found && ids*2 < found
	return (recur || len(names)*columnNames <= found) && (len(names) > 1 || code == found) && (c.skip == 0 || code*4 >= found)
}

// match returns the name that the column holds at the start of b, and where
// the text behind it begins, 0 where b has no such column.
func (c column) match(b []byte) (name []byte, end int) {
	i := blanks(b, 0)
	for k := uint8(0); k < c.skip; k++ {
		from := i
		for i < len(b) && b[i] != ' ' && b[i] != '\t' {
			i++
		}
		if i == from || i-from > columnHead || i == len(b) {
			return nil, 0
		}
		i = blanks(b, i)
	}
	from, to := i, i
	switch t := b[i:]; c.kind {
	case columnStamp:
		var v civil
		for i < len(b) && (b[i] == '[' || b[i] == '(') {
			i++
		}
		n := c.form.parse(b[i:], &v)
		if n == 0 || i+n < len(b) && (digit(b[i+n]) || letter(b[i+n])) {
			return nil, 0
		}
		i += n
		from, to = i, i
	case columnBracket:
		if len(t) < 3 || t[0] != '[' {
			return nil, 0
		}
		_, n := token(t, 0)
		if n < 3 || t[n-1] != ']' && t[n-1] != ':' {
			return nil, 0
		}
		i += n
		from, to = from+1, i-1
	case columnParen:
		n := bytes.IndexByte(t[:min(len(t), columnHead)], ')')
		if n < 2 || t[0] != '(' {
			return nil, 0
		}
		i += n + 1
		from, to = from+1, i-1
	case columnNumber:
		n := number(t)
		if n == 0 {
			return nil, 0
		}
		i += n
		to = from // numbers are no names
	case columnName:
		n, m := nameEnd(t)
		if m == 0 {
			return nil, 0
		}
		to, i = from+n, i+m
	case columnDotted:
		n := 0
		for n < len(t) && n <= columnHead*2 && nameByte(t[n]) {
			n++
		}
		if n == len(t) || t[n] != ' ' && t[n] != '\t' || !dotted(t[:n]) {
			return nil, 0
		}
		i += n
		to = i
	case columnBar:
		n := bytes.IndexByte(t[:min(len(t), columnHead)], '|')
		if n < 1 || t[0] == '[' || bytes.Count(t[:n], space) > 3 {
			return nil, 0
		}
		i += n
		to = i
		for to > from && b[to-1] == ' ' {
			to--
		}
	case columnDash:
		n := bytes.Index(t[:min(len(t), columnHead)], dash)
		if n < 1 || t[0] == '[' || bytes.Count(t[:n], space) > 2 {
			return nil, 0
		}
		i += n
		to = i
	case columnWide:
		n := 0
		for n < len(t) && n <= columnHead && t[n] != ' ' && t[n] != '\t' {
			n++
		}
		if n == 0 || n > columnHead || n+1 >= len(t) || t[n] == ' ' && t[n+1] != ' ' || quoted(t[0]) {
			return nil, 0
		}
		i += n
		to = i
	}
	if i < len(b) && c.kind != columnName && c.kind != columnStamp {
		switch b[i] {
		case ' ', '\t', ':', '|', '[', '-', ',':
		default:
			return nil, 0
		}
	}
	return b[from:to], afterField(b, i)
}

// afterField skips what stands between two fields: blanks, and one sign.
func afterField(b []byte, i int) int {
	i = blanks(b, i)
	n := len(b)
	switch {
	case i >= n:
	case b[i] == ':' && (i+1 == n || b[i+1] == ' ' || b[i+1] == '\t'), b[i] == '|', b[i] == ',':
		i = blanks(b, i+1)
	case (b[i] == '-' || b[i] == '>') && i+1 < n && b[i+1] == ' ':
		i = blanks(b, i+1)
	}
	return i
}

func blanks(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	return i
}

// number returns the length of a number at the start of b that stands alone:
// "17", "-1", "0x7f3c", "25376/25380", "17:". A point makes it a measured value.
func number(b []byte) int {
	n, digits := 0, 0
	if len(b) > 1 && b[0] == '-' && digit(b[1]) {
		n++
	}
	for n < len(b) && (digit(b[n]) || 'a' <= b[n]|0x20 && b[n]|0x20 <= 'f' || n == 1 && b[0] == '0' && b[1] == 'x' || n > 0 && (b[n] == '/' || b[n] == '-' || b[n] == '#')) {
		if digit(b[n]) {
			digits++
		}
		n++
	}
	if digits == 0 || !digit(b[0]) && b[0] != '-' || n > 24 || n == len(b) {
		return 0
	}
	if b[n] != ' ' && b[n] != '\t' && b[n] != '|' && (b[n] != ':' || n+1 < len(b) && b[n+1] != ' ') {
		return 0
	}
	return n
}

// nameEnd finds a name with a colon behind it at the start of b: it is b[:n],
// and the text goes on at b[m]. A line number may stand behind the name, after
// a colon, a blank or in brackets.
func nameEnd(b []byte) (n, m int) {
	i := 0
	for i < len(b) && i <= columnHead*2 && (nameByte(b[i]) || b[i] == '(' && i > 0 || b[i] == ')') {
		i++
	}
	if i == 0 || i > columnHead*2 || !letter(b[0]) && b[0] != '_' && b[0] != '/' && b[0] != '<' {
		return 0, 0
	}
	n = i
	if i < len(b) && b[i] == '[' {
		for i++; i < len(b) && b[i] != ']' && i-n < 32; i++ {
		}
		if i >= len(b) || b[i] != ']' {
			return 0, 0
		}
		i++
	} else if i+1 < len(b) && (b[i] == ':' || b[i] == ' ') && digit(b[i+1]) && bytes.IndexByte(b[:n], '.') > 0 {
		for i++; i < len(b) && digit(b[i]); i++ {
		}
	}
	i = blanks(b, i)
	if i >= len(b) || b[i] != ':' || i+1 < len(b) && b[i+1] != ' ' && b[i+1] != '\t' {
		return 0, 0
	}
	return n, i + 1
}

func nameByte(c byte) bool {
	return letter(c) || digit(c) || c == '.' || c == '_' || c == '-' || c == '/' || c == '$' || c == '<' || c == '>' || c == '#' || c == '*' || c == '@' || c == '+' || c == '~'
}

// dotted reports whether a name is made of words joined by points.
func dotted(name []byte) bool {
	i := bytes.IndexByte(name, '.')
	return i > 0 && i+1 < len(name) && letter(name[i-1]) && (letter(name[i+1]) || name[i+1] == '_') && letter(name[0])
}

// codeLike reports whether a name is one of programs rather than a word.
func codeLike(name []byte) bool {
	if dotted(name) {
		return true
	}
	for i, c := range name {
		if c == '_' || c == '/' || c == '$' || c == '(' || digit(c) && i > 0 || c-'A' < 26 && i > 0 && name[i-1]-'a' < 26 {
			return true
		}
	}
	return false
}

func quoted(c byte) bool { return c == '"' || c == '\'' || c == '{' || c == '*' || c == '=' }

// outcome reports whether a name is a verdict, which is the message's most
// important part where tests or tasks are told of.
func outcome(name []byte) bool {
	if len(name) > 12 {
		return false
	}
	var low [12]byte
	for i, c := range name {
		if c-'A' < 26 {
			c |= 0x20
		}
		low[i] = c
	}
	switch string(low[:len(name)]) {
	case "ok", "not ok", "pass", "passed", "fail", "failed", "failure", "error", "errors", "fatal", "skip", "skipped", "skipping", "changed", "success",
		"succeeded", "unreachable", "warning", "warn", "note", "done", "abort", "aborted", "timeout", "rescued", "ignored", "started", "stopped", "killed", "true", "false":
		return true
	}
	return false
}

// masked returns a name with its digits taken out.
func masked(name []byte) string {
	out := make([]byte, 0, len(name))
	for _, c := range name {
		if !digit(c) {
			out = append(out, c)
		}
	}
	return string(out)
}

// opening returns the first word of b that could be a message's: behind what is
// in brackets, and behind numbers and names of programs.
func opening(b []byte) []byte {
	var word []byte
	for k, i := 0, 0; k <= 3 && i < len(b); k++ {
		from, to := token(b, blanks(b, i))
		word = b[from:to]
		if len(word) > 1 && word[0] != '[' && !digit(word[0]) && !codeLike(word) {
			break
		}
		i = to
	}
	return word
}

var (
	point = []byte(".")
	space = []byte(" ")
	dash  = []byte(" - ")
)

// cut takes the columns off the message; the name of the logger becomes the
// record's process.
func (l layout) cut(st *state, h *head) {
	for _, c := range l {
		name, end := c.match(h.text)
		if end == 0 || end >= len(h.text) {
			// An empty line of a trace is the logger's name alone.
			if c.process && end > 0 && dotted(name) && h.resource.Process == "" {
				h.resource.Process = st.name(name)
			}
			continue
		}
		if c.process && len(name) > 0 && h.resource.Process == "" {
			h.resource.Process = st.name(name)
		}
		h.text = h.text[end:]
	}
}

// behind returns the texts behind the level, where a fair part of them has one;
// otherwise all of them.
func (l *levels) behind(texts [][]byte) [][]byte {
	var found, all [][]byte
	for _, t := range texts {
		s, from := l.find(t)
		if from < len(t) && t[from] != '{' {
			all = append(all, t[from:])
			if s != analysis.SeverityNone {
				found = append(found, t[from:])
			}
		}
	}
	if len(found)*2 >= len(all) {
		return found
	}
	return all
}
