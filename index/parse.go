package index

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"faultline/analysis"
)

// The query language:
//
//	query  = or
//	or     = and { "OR" and }
//	and    = unary { ["AND"] unary }
//	unary  = [ "-" | "NOT" ] term
//	term   = "(" or ")" | field op value | "\"" phrase "\"" | "/" regex "/" ["i"] | word
//	op     = ":" | "=" | "!=" | ">=" | "<=" | ">" | "<" (the last four: severity and time)
//	value  = word | "\"" phrase "\"" | "(" or ")" | time ".." time
//
// A word ends at a blank, or at a closing parenthesis that it did not open
// itself. A name before ":" that is no field is part of the word, so pasted
// text such as 10.43.0.1:443 or error:foo needs no quotes. "*" in a word stands
// for any run of characters without blanks; a backslash takes "*", quotes,
// slash, parentheses and itself as they are.

// The limits of a query: far beyond what a person types, small enough that no
// pasted text can exhaust the stack or the planner.
const (
	maxQueryBytes = 64 << 10
	maxQueryTerms = 1000
	maxQueryDepth = 100
)

// parse returns the expression that query stands for, nil when it is blank.
// The error is a *QueryError.
func parse(query string) (expr, error) {
	if len(query) > maxQueryBytes {
		return nil, &QueryError{Query: query[:200], Column: 1, Text: "the query is too long"}
	}
	p := &parser{text: strings.ToValidUTF8(query, string(utf8.RuneError))}
	p.blanks()
	if p.at == len(p.text) {
		return nil, nil
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.at < len(p.text) { // only a closing parenthesis stops or() early
		return nil, p.errorf(p.at, "this parenthesis closes nothing; put it in quotes to search for it")
	}
	return e, nil
}

type parser struct {
	text  string
	at    int
	depth int
	terms int
	field string // inside field:( ... ), the field that words are values of
}

func (p *parser) errorf(at int, format string, args ...any) error {
	return &QueryError{Query: p.text, Column: utf8.RuneCountInString(p.text[:min(at, len(p.text))]) + 1, Text: fmt.Sprintf(format, args...)}
}

func (p *parser) blanks() {
	for p.at < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.at:])
		if !unicode.IsSpace(r) {
			return
		}
		p.at += n
	}
}

// blankAt reports whether a token ends at i: at a blank or at the text's end.
func (p *parser) blankAt(i int) bool {
	if i >= len(p.text) {
		return true
	}
	r, _ := utf8.DecodeRuneInString(p.text[i:])
	return unicode.IsSpace(r)
}

// keyword reports whether the upper-case word w stands next, and takes it.
func (p *parser) keyword(w string) bool {
	if !strings.HasPrefix(p.text[p.at:], w) {
		return false
	}
	end := p.at + len(w)
	if !p.blankAt(end) && p.text[end] != '(' && p.text[end] != ')' {
		return false
	}
	p.at = end
	p.blanks()
	return true
}

func (p *parser) or() (expr, error) {
	left, err := p.and()
	if err != nil {
		return nil, err
	}
	list := []expr{left}
	for {
		at := p.at
		if !p.keyword("OR") {
			break
		}
		if p.at == len(p.text) || p.text[p.at] == ')' {
			return nil, p.errorf(at, "OR needs a term on both sides")
		}
		right, err := p.and()
		if err != nil {
			return nil, err
		}
		list = append(list, right)
	}
	if len(list) == 1 {
		return left, nil
	}
	return orExpr(list), nil
}

func (p *parser) and() (expr, error) {
	var list []expr
	for p.at < len(p.text) && p.text[p.at] != ')' {
		at := p.at
		if p.peekOr() {
			if len(list) == 0 {
				return nil, p.errorf(at, "OR needs a term on both sides")
			}
			break
		}
		if p.keyword("AND") {
			if len(list) == 0 || p.at == len(p.text) || p.text[p.at] == ')' || p.peekOr() {
				return nil, p.errorf(at, "AND needs a term on both sides")
			}
			continue
		}
		e, err := p.unary()
		if err != nil {
			return nil, err
		}
		list = append(list, e)
		p.blanks()
	}
	switch len(list) {
	case 0:
		return nil, p.errorf(p.at, "a term is missing here")
	case 1:
		return list[0], nil
	}
	return andExpr(list), nil
}

func (p *parser) peekOr() bool {
	at := p.at
	ok := p.keyword("OR")
	p.at = at
	return ok
}

func (p *parser) unary() (expr, error) {
	at := p.at
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxQueryDepth {
		return nil, p.errorf(at, "the query is nested too deeply")
	}
	negated := false
	if p.keyword("NOT") {
		if p.at == len(p.text) || p.text[p.at] == ')' {
			return nil, p.errorf(at, "NOT needs a term after it")
		}
		e, err := p.unary()
		if err != nil {
			return nil, err
		}
		return notExpr{e}, nil
	}
	// "-" negates what follows at once; "--flag" and a lone "-" are words.
	if p.text[p.at] == '-' && !p.blankAt(p.at+1) && p.text[p.at+1] != '-' && p.text[p.at+1] != ')' {
		negated = true
		p.at++
	}
	e, err := p.term()
	if err != nil {
		return nil, err
	}
	if negated {
		return notExpr{e}, nil
	}
	return e, nil
}

func (p *parser) term() (expr, error) {
	if p.terms++; p.terms > maxQueryTerms {
		return nil, p.errorf(p.at, "the query has too many terms")
	}
	start := p.at
	switch p.text[p.at] {
	case '(':
		return p.group(start)
	case '"':
		s, err := p.quoted()
		if err != nil {
			return nil, err
		}
		if p.field != "" {
			return p.fieldExpr(start, p.field, ":", value{text: s, quoted: true}, start)
		}
		return newText(s, nil), nil
	case '/':
		if re, ok, err := p.regex(); err != nil || ok {
			if err == nil && p.field != "" {
				return nil, p.errorf(start, "a field takes words and phrases, no /regex/")
			}
			return re, err
		}
	}
	if p.field == "" {
		if name, op, ok := p.fieldName(); ok {
			return p.fieldTerm(start, name, op)
		}
	}
	v, err := p.word()
	if err != nil {
		return nil, err
	}
	if p.field != "" {
		return p.fieldExpr(start, p.field, ":", v, start)
	}
	if v.all() {
		return allExpr{}, nil
	}
	return newText(v.text, v.stars), nil
}

func (p *parser) group(start int) (expr, error) {
	p.at++
	p.blanks()
	if p.at < len(p.text) && p.text[p.at] == ')' {
		return nil, p.errorf(start, "there is nothing between these parentheses")
	}
	if p.at == len(p.text) {
		return nil, p.errorf(start, "the closing parenthesis is missing")
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.at == len(p.text) {
		return nil, p.errorf(start, "the closing parenthesis is missing")
	}
	p.at++
	return e, nil
}

// fieldName takes "name:" or "name>=" when name is a field. A name that is near
// one is taken for a slip of the finger only when a value stands right behind
// its ":", or it is compared as its field can be.
func (p *parser) fieldName() (name, op string, ok bool) {
	i := p.at
	for i < len(p.text) && (p.text[i] >= 'a' && p.text[i] <= 'z' || p.text[i] >= 'A' && p.text[i] <= 'Z') {
		i++
	}
	if i == p.at || i == len(p.text) {
		return "", "", false
	}
	for _, o := range []string{":", ">=", "<=", "!=", ">", "<", "="} {
		if strings.HasPrefix(p.text[i:], o) {
			op = o
			break
		}
	}
	if op == "" || strings.HasPrefix(p.text[i:], "://") {
		return "", "", false
	}
	name = strings.ToLower(p.text[p.at:i])
	near := nearField(name)
	if fields[name] == fieldNone && (near == "" || op == "=" || op != ":" && fields[near] != fieldSeverity || p.blankAt(i+len(op))) {
		return "", "", false
	}
	p.at = i + len(op)
	return name, op, true
}

func (p *parser) fieldTerm(start int, name, op string) (expr, error) {
	if fields[name] == fieldNone {
		return nil, p.errorf(start, "there is no field %q; did you mean %q? Put the text in quotes to search for it as it is", name, nearField(name))
	}
	at := p.at
	if p.blankAt(at) || p.text[at] == ')' {
		return nil, p.errorf(at, "a value is missing after %s%s", name, op)
	}
	if p.text[at] == '(' && op == ":" {
		p.field = name
		e, err := p.group(at)
		p.field = ""
		return e, err
	}
	var v value
	var err error
	if p.text[at] == '"' {
		v.quoted = true
		v.text, err = p.quoted()
	} else {
		v, err = p.word()
	}
	if err != nil {
		return nil, err
	}
	return p.fieldExpr(start, name, op, v, at)
}

// value is a word or phrase with the places of its stars.
type value struct {
	text   string // stars taken out
	stars  []int  // byte offsets in text at which a star stands
	quoted bool
}

// all reports whether v is nothing but stars.
func (v value) all() bool { return v.text == "" && len(v.stars) > 0 }

// quoted takes a phrase in quotes.
func (p *parser) quoted() (string, error) {
	start := p.at
	p.at++
	var b strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		if c == '"' {
			p.at++
			if strings.TrimSpace(b.String()) == "" {
				return "", p.errorf(start, "there is nothing between these quotes")
			}
			return b.String(), nil
		}
		if c == '\\' && p.at+1 < len(p.text) && (p.text[p.at+1] == '"' || p.text[p.at+1] == '\\') {
			p.at++
			c = p.text[p.at]
		}
		b.WriteByte(c)
		p.at++
	}
	return "", p.errorf(start, "the closing quote is missing")
}

// word takes a word up to a blank or to a parenthesis that it did not open.
func (p *parser) word() (value, error) {
	var v value
	var b strings.Builder
	start, open := p.at, 0
	for !p.blankAt(p.at) {
		c := p.text[p.at]
		switch {
		case c == '(':
			open++
		case c == ')':
			if open == 0 {
				goto done
			}
			open--
		case c == '"': // key="value with blanks"
			at := p.at
			s, err := p.quoted()
			if err != nil {
				return v, p.errorf(at, "the closing quote is missing")
			}
			b.WriteString(`"` + s + `"`)
			continue
		case c == '*':
			if n := len(v.stars); n == 0 || v.stars[n-1] != b.Len() {
				v.stars = append(v.stars, b.Len())
			}
			p.at++
			continue
		case c == '\\' && p.at+1 < len(p.text) && strings.IndexByte(`\*"/()`, p.text[p.at+1]) >= 0:
			p.at++
			c = p.text[p.at]
		}
		b.WriteByte(c)
		p.at++
	}
done:
	if p.at == start {
		return v, p.errorf(start, "a term is missing here")
	}
	v.text = b.String()
	return v, nil
}

// regex takes /.../ or /.../i. A slash whose next unescaped slash is followed
// by more text begins a path, not an expression.
func (p *parser) regex() (expr, bool, error) {
	for i := p.at + 1; i < len(p.text); i++ {
		switch p.text[i] {
		case '\\':
			i++
		case '/':
			end, flags := i+1, ""
			if end < len(p.text) && p.text[end] == 'i' {
				end, flags = end+1, "(?i)"
			}
			if !p.blankAt(end) && p.text[end] != ')' || i == p.at+1 {
				if rest, _, _ := strings.Cut(p.text[i+1:], " "); strings.ContainsAny(p.text[p.at:i], `[]^$+?|{}`) && rest != "" && strings.Trim(rest, "gimsuxy") == "" {
					return nil, false, p.errorf(i+1, "an expression takes no %q behind it, only i for any case", rest)
				}
				return nil, false, nil
			}
			source := strings.ReplaceAll(p.text[p.at+1:i], `\/`, "/")
			re, err := regexp.Compile(flags + "(?m)" + source)
			if err != nil {
				return nil, false, p.errorf(p.at, "this is no regular expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
			}
			p.at = end
			return &regexExpr{source: flags + source, re: re, needs: needles(flags + source)}, true, nil
		}
	}
	return nil, false, nil
}

// field is one thing that field:value may ask for.
type field int

const (
	fieldNone field = iota
	fieldSeverity
	fieldSource // a log: all of its files, or one of them
	fieldFile   // one file
	fieldCluster
	fieldHost
	fieldNamespace
	fieldPod
	fieldContainer
	fieldUnit
	fieldProcess
	fieldBundle
	fieldFormat
	fieldKind
	fieldPattern
	fieldCause
	fieldRun
	fieldTime
)

var fields = map[string]field{
	"severity": fieldSeverity, "level": fieldSeverity,
	"source": fieldSource, "file": fieldFile, "path": fieldFile,
	"cluster": fieldCluster, "host": fieldHost, "node": fieldHost,
	"namespace": fieldNamespace, "ns": fieldNamespace,
	"pod": fieldPod, "container": fieldContainer,
	"unit": fieldUnit, "process": fieldProcess,
	"bundle": fieldBundle, "format": fieldFormat, "kind": fieldKind,
	"pattern": fieldPattern, "cause": fieldCause, "run": fieldRun,
	"time": fieldTime,
}

// nearField returns the field of at least six letters that name misses by one
// letter, or that it is the plural of, "" when there is none.
func nearField(name string) string {
	if one := strings.TrimSuffix(name, "s"); fields[one] != fieldNone && len(one) > 2 {
		return one
	}
	var near []string
	for f := range fields {
		if len(f) >= 6 && oneEdit(name, f) {
			near = append(near, f)
		}
	}
	if len(near) == 0 {
		return ""
	}
	return slices.Min(near)
}

// oneEdit reports whether a and b differ by one letter changed, added, left
// out, or exchanged with its neighbour.
func oneEdit(a, b string) bool {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	a, b = a[i:], b[i:]
	switch len(a) - len(b) {
	case 1:
		return a[1:] == b
	case -1:
		return a == b[1:]
	case 0:
		return len(a) > 0 && (a[1:] == b[1:] || len(a) > 1 && a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:])
	}
	return false
}

func (p *parser) fieldExpr(start int, name, op string, v value, at int) (expr, error) {
	if op == "!=" {
		e, err := p.fieldExpr(start, name, "=", v, at)
		return notExpr{e}, err
	}
	f := fields[name]
	if f != fieldSeverity && f != fieldTime && op != ":" && op != "=" {
		return nil, p.errorf(start+len(name), "%s takes %q; only severity and time can be compared with %s", name, name+":value", op)
	}
	switch f {
	case fieldSeverity:
		if v.all() {
			return allExpr{}, nil
		}
		s := analysis.ParseSeverity(v.text)
		if s == 0 && !strings.EqualFold(v.text, "none") || len(v.stars) > 0 {
			return nil, p.errorf(at, "%q is no severity; use trace, debug, info, warn, error, fatal or none", v.text)
		}
		return severityExpr{op: op, severity: s.Range()}, nil
	case fieldTime:
		if from, to, ok := strings.Cut(v.text, ".."); ok && op == ":" && len(v.stars) == 0 {
			return p.timeRange(from, to, at)
		}
		t, to, ok := parseTime(v.text)
		if !ok || len(v.stars) > 0 {
			return nil, p.errorf(at, noTime+", or two of them with .. between", v.text)
		}
		return newTimeExpr(op, t, to), nil
	case fieldKind:
		if !v.all() && len(v.stars) == 0 && !slices.Contains(kindNames, strings.ToLower(v.text)) {
			return nil, p.errorf(at, "%q is no kind of record; use %s", v.text, strings.Join(kindNames, ", "))
		}
	}
	if v.all() && f != fieldRun && f != fieldCause && f != fieldPattern {
		v = value{stars: []int{0}}
	}
	return &fieldExpr{field: f, name: name, glob: newGlob(v)}, nil
}

// timeRange returns the expression of time:from..to, the last unit of to
// included; either may be left out.
func (p *parser) timeRange(from, to string, at int) (expr, error) {
	e := timeExpr{from: minTime, to: maxTime}
	for i, s := range []string{from, to} {
		if s == "" {
			continue
		}
		t, end, ok := parseTime(s)
		if !ok {
			if i == 1 {
				at += utf8.RuneCountInString(from) + len("..")
			}
			return nil, p.errorf(at, noTime, s)
		}
		if i == 0 {
			e.from = t.UnixNano()
		} else {
			e.to = clampNanos(end)
		}
	}
	if from == "" && to == "" || e.from >= e.to {
		return nil, p.errorf(at, "the range of time is empty")
	}
	return e, nil
}

var kindNames = []string{"log", "event", "object", "run", "test", "document"}

const noTime = "%q is no time; write 2026-01-31, 2026-01-31T15:04 or 2026-01-31T15:04:05Z (UTC)"

// parseTime reads a UTC time and says where the stretch ends that its last
// written unit stands for.
func parseTime(s string) (from, to time.Time, ok bool) {
	for _, l := range []struct {
		layout        string
		years, months int
		width         time.Duration
	}{
		{"2006", 1, 0, 0},
		{"2006-01", 0, 1, 0},
		{"2006-01-02", 0, 0, 24 * time.Hour},
		{"2006-01-02T15", 0, 0, time.Hour},
		{"2006-01-02T15:04", 0, 0, time.Minute},
		{"2006-01-02T15:04:05", 0, 0, time.Second},
		{"2006-01-02 15:04", 0, 0, time.Minute},
		{"2006-01-02 15:04:05", 0, 0, time.Second},
		{time.RFC3339, 0, 0, time.Second},
		{time.RFC3339Nano, 0, 0, time.Nanosecond},
	} {
		if t, err := time.Parse(l.layout, s); err == nil && t.Year() >= 1678 && t.Year() <= 2261 {
			if t.Nanosecond() != 0 {
				l.width = time.Nanosecond
			}
			t = t.UTC()
			return t, t.AddDate(l.years, l.months, 0).Add(l.width), true
		}
	}
	return from, to, false
}
