package pattern

import (
	"slices"
	"strings"

	"faultline/analysis"
)

// maxClauses bounds the skeletons whose clauses are looked at, the most
// frequent first.
const maxClauses = 1 << 13

// clauses gives each row the template of its innermost clause, "" where it has
// none. Programs put the error they got behind their own words, so that one
// failure is told by many components, each with more in front: the clauses are
// mined by themselves, whoever says them.
func (o Options) clauses(rows []row) []string {
	out := make([]string, len(rows))
	var list []Shape
	var of []int
	for i := range rows[:min(len(rows), maxClauses)] {
		c := innermost(rows[i].skeleton)
		if c == "" || !Failing(render(rows[i].skeleton), analysis.SeverityNone) {
			continue
		}
		of = append(of, i)
		list = append(list, Shape{Skeleton: c, Count: rows[i].count})
	}
	if len(list) == 0 {
		return out
	}
	found, at := distinct(list)
	t := newTable(o)
	t.rows = found
	texts := t.mine()
	for k, i := range of {
		out[i] = texts[at[k]]
	}
	return out
}

// innermost returns the clause of a skeleton that no other clause explains:
// what stands behind the last ": ", "desc = ", "caused by" or "because" outside
// quotes, and within the quotes that hold an error (err="...", ": \"...\"").
// Quotes and what escapes them are left out: how often an error was quoted
// tells only how far it came. It is "" where a skeleton has but one clause.
func innermost(skeleton string) string {
	// Of a stack trace the exceptions are told apart already; the last line is
	// the one that others quote.
	if i := strings.LastIndex(skeleton, between); i >= 0 {
		skeleton = skeleton[i+len(between):]
	}
	c, ok := clause(skeleton, 0)
	if !ok {
		return ""
	}
	c, _, _ = strings.Cut(c, `\n`)
	c = strings.Map(func(r rune) rune {
		switch r {
		case '"', '\'', '`', '\\':
			return -1
		}
		return r
	}, c)
	c = strings.Trim(c, " .,;:")
	for _, pair := range [...]string{"()", "[]", "{}"} {
		if strings.Count(c, pair[:1]) < strings.Count(c, pair[1:]) {
			c = strings.TrimRight(c, pair[1:]+" .,;:")
		}
	}
	if words(c) < 2 {
		return ""
	}
	return c
}

// clause returns the innermost clause of s; false when s is one clause.
func clause(s string, depth int) (string, bool) {
	from, before := 0, 0 // where the last clause begins, and the one before it
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == mark:
			i += 2
			continue
		case c == '"' || c == '\'' && (i == 0 || s[i-1] == ' ' || s[i-1] == '=' || s[i-1] == '\\'):
			end := closing(s, i)
			if end < 0 {
				break
			}
			in := strings.TrimRight(s[i+1:end], `\`)
			if depth < 8 && words(in) >= 2 && c == '"' {
				held := holdsError(s[:i])
				inner, ok := clause(in, depth+1)
				switch {
				case ok && (held || strings.HasSuffix(strings.TrimRight(s[:i], `\`), "=") && Failing(render(in), analysis.SeverityNone)):
					return inner, true
				case held:
					return in, true
				}
			}
			i = end + 1
			continue
		case c == ':' && i+1 < len(s) && s[i+1] == ' ':
			if words(s[i+2:]) >= 1 {
				before, from = from, i+2
			}
		case c == 'd' && strings.HasPrefix(s[i:], "desc = "):
			before, from = from, i+len("desc = ")
		case (c == 'c' || c == 'C') && strings.HasPrefix(s[i+1:], "aused by ") && words(s[i+10:]) >= 1:
			before, from = from, i+len("caused by ")
		case c == 'b' && i > 0 && s[i-1] == ' ' && strings.HasPrefix(s[i:], "because ") && words(s[i+8:]) >= 2:
			before, from = from, i+len("because ")
		}
		i++
	}
	if from == 0 {
		return "", false
	}
	if words(s[from:]) < 2 && before > 0 { // "EOF" alone says too little
		from = before
	}
	return s[from:], true
}

// closing returns where the quote at s[i] ends: at one of the same kind with as
// many backslashes before it; -1 when it does not.
func closing(s string, i int) int {
	slashes := func(k int) (n int) {
		for k > 0 && s[k-1] == '\\' {
			n++
			k--
		}
		return n
	}
	n := slashes(i)
	for k := i + 1; k < len(s); k++ {
		if s[k] == s[i] && slashes(k) == n && s[k-1] != '=' {
			return k
		}
	}
	return -1
}

// holdsError reports whether a quote behind s holds the error that s is about:
// behind a colon, or as the value of a key for one.
func holdsError(s string) bool {
	s = strings.TrimRight(s, `\`)
	if strings.HasSuffix(s, ": ") || strings.HasSuffix(s, "desc = ") {
		return true
	}
	for _, key := range [...]string{"err", "error", "reason", "cause", "desc", "msg", "message"} {
		if k := strings.TrimRight(strings.TrimSuffix(s, "="), " "); len(k) < len(s) && strings.HasSuffix(k, key) {
			at := len(k) - len(key)
			return at == 0 || classes[k[at-1]]&(clLetter|clDigit) == 0
		}
	}
	return false
}

// words counts the words of letters in a skeleton, up to 3.
func words(s string) (n int) {
	in := false
	for i := 0; i < len(s) && n < 3; i++ {
		if s[i] == mark {
			i++
			in = false
			continue
		}
		c := classes[s[i]]
		if c&clLetter != 0 && !in {
			n++
		}
		in = c&(clLetter|clDigit|clDot|clSlash|clOther) != 0
	}
	return n
}

// inner tells each pattern its innermost clause: that of most of its records.
func (r *Result) inner(clauses []string, rows []row, of []int32) {
	type said struct {
		pattern int32
		row     int32
	}
	count := map[int32]map[string]int64{}
	done := map[said]bool{}
	for i, p := range r.Of {
		row := of[i]
		c := clauses[row]
		if c == "" || done[said{p, row}] {
			continue
		}
		done[said{p, row}] = true
		if count[p] == nil {
			count[p] = map[string]int64{}
		}
		count[p][c] += rows[row].count
	}
	for p, m := range count {
		texts := make([]string, 0, len(m))
		for c := range m {
			texts = append(texts, c)
		}
		slices.Sort(texts)
		best := texts[0]
		for _, c := range texts[1:] {
			if m[c] > m[best] {
				best = c
			}
		}
		r.Patterns[p].Inner, r.Patterns[p].InnerID = best, ID(best)
	}
}
