package cause

import (
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// minLiteral is the shortest literal that a signature may be gated by.
const minLiteral = 3

// literals returns lower-case texts of which at least one stands (in any case)
// in every match of the expression; nil when no such set with members of at
// least minLiteral bytes is found.
func literals(expr string) ([]string, error) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, err
	}
	set := required(re.Simplify())
	if shortest(set) < minLiteral {
		return nil, nil
	}
	return set, nil
}

// required returns the best set of texts of which every match of re has one.
func required(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		return longestASCII(re.Rune)
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpAlternate:
		var all []string
		for _, s := range re.Sub {
			set := required(s)
			if set == nil {
				return nil
			}
			all = append(all, set...)
		}
		return all
	case syntax.OpConcat:
		var best []string
		for _, s := range join(re.Sub) {
			if set := required(s); better(set, best) {
				best = set
			}
		}
		return best
	}
	return nil
}

// join melts neighbouring literals of a concatenation into one: the parser
// splits a literal where its flags change or a common prefix ends.
func join(subs []*syntax.Regexp) []*syntax.Regexp {
	out := make([]*syntax.Regexp, 0, len(subs))
	for _, s := range subs {
		if n := len(out); n > 0 && s.Op == syntax.OpLiteral && out[n-1].Op == syntax.OpLiteral {
			out[n-1] = &syntax.Regexp{Op: syntax.OpLiteral, Rune: append(append([]rune(nil), out[n-1].Rune...), s.Rune...)}
			continue
		}
		out = append(out, s)
	}
	return out
}

// longestASCII returns the longest run of ASCII runes, lower case.
func longestASCII(runes []rune) []string {
	best, from := "", 0
	for i := 0; i <= len(runes); i++ {
		if i < len(runes) && runes[i] < utf8.RuneSelf {
			continue
		}
		if i-from > len(best) {
			best = strings.ToLower(string(runes[from:i]))
		}
		from = i + 1
	}
	if best == "" {
		return nil
	}
	return []string{best}
}

func shortest(set []string) int {
	n := 0
	for i, s := range set {
		if i == 0 || len(s) < n {
			n = len(s)
		}
	}
	return n
}

// better reports whether a selects more sharply than b: the longer shortest
// member wins, then the smaller set.
func better(a, b []string) bool {
	la, lb := min(shortest(a), 12), min(shortest(b), 12)
	if la != lb {
		return la > lb
	}
	return len(a) < len(b)
}
