package cause

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// minLiteral is the shortest literal that a signature may be gated by.
const minLiteral = 3

// maxGates is how many sets a signature is gated by.
const maxGates = 3

// literals returns the gates of an expression: sets of lower-case texts, of
// each of which at least one stands (in any case) in every match. The first is
// the sharpest; nil when its members are not all minLiteral bytes long.
func literals(expr string) ([][]string, error) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, err
	}
	sets := required(re.Simplify())
	slices.SortStableFunc(sets, func(a, b []string) int {
		switch {
		case better(a, b):
			return -1
		case better(b, a):
			return 1
		}
		return 0
	})
	if len(sets) == 0 || shortest(sets[0]) < minLiteral {
		return nil, nil
	}
	sets = slices.DeleteFunc(sets, func(set []string) bool { return shortest(set) < 2 })
	return sets[:min(len(sets), maxGates)], nil
}

// required returns sets of texts; every match of re holds a member of each.
func required(re *syntax.Regexp) [][]string {
	switch re.Op {
	case syntax.OpLiteral:
		if lit := longestASCII(re.Rune); lit != "" {
			return [][]string{{lit}}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpAlternate:
		var all []string
		for _, s := range re.Sub {
			var best []string
			for _, set := range required(s) {
				if best == nil || better(set, best) {
					best = set
				}
			}
			if best == nil {
				return nil
			}
			all = append(all, best...)
		}
		return [][]string{all}
	case syntax.OpConcat:
		var sets [][]string
		for _, s := range join(re.Sub) {
			sets = append(sets, required(s)...)
		}
		return sets
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
func longestASCII(runes []rune) string {
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
	return best
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
