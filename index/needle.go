package index

import (
	"bytes"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// needle is a text that is looked for in raw bytes, to learn where a match can
// be at all. With fold its letters are in lower case and stand for both cases,
// of ASCII alone.
type needle struct {
	text []byte
	fold bool
	rare int // the place of its rarest byte
}

func newNeedle(text []byte, fold bool) needle {
	n := needle{text: text, fold: fold && bytes.ContainsFunc(text, func(r rune) bool { return r >= 'a' && r <= 'z' })}
	for i, c := range text {
		if commonness(c) < commonness(text[n.rare]) {
			n.rare = i
		}
	}
	return n
}

// commonness ranks bytes by how often they stand in logs; the letters of
// English prose, digits and blanks last.
func commonness(c byte) int {
	const order = "zqxjkvwygbZQXJKVYWHUGPMBFCLRDN@%&$#!~^+*|;?<>{}'\\`\tOSAITEhfmpulcdr_nsiaot,()[]/\"=e-.:9876543210 "
	return strings.IndexByte(order, c)
}

// index returns the first place at or after from where n stands in text, -1
// when there is none.
func (n *needle) index(text []byte, from int) int {
	if !n.fold {
		if i := bytes.Index(text[from:], n.text); i >= 0 {
			return from + i
		}
		return -1
	}
	c := n.text[n.rare]
	if c < 'a' || c > 'z' {
		for at := from + n.rare; ; at++ {
			if at > len(text) {
				return -1
			}
			i := bytes.IndexByte(text[at:], c)
			if i < 0 {
				return -1
			}
			at += i
			if n.at(text, at-n.rare) {
				return at - n.rare
			}
		}
	}
	// Two searches run side by side, one for each case.
	at := [2]int{from + n.rare - 1, from + n.rare - 1}
	letters := [2]byte{c, c - 'a' + 'A'}
	for k, letter := range letters {
		at[k] = after(text, at[k], letter)
	}
	for {
		k := 0
		if at[1] < at[0] {
			k = 1
		}
		if at[k] == len(text) {
			return -1
		}
		if n.at(text, at[k]-n.rare) {
			return at[k] - n.rare
		}
		at[k] = after(text, at[k], letters[k])
	}
}

// after returns the first place behind at where c stands, len(text) when there
// is none.
func after(text []byte, at int, c byte) int {
	if at+1 < len(text) {
		if i := bytes.IndexByte(text[at+1:], c); i >= 0 {
			return at + 1 + i
		}
	}
	return len(text)
}

func (n *needle) at(text []byte, i int) bool {
	if i+len(n.text) > len(text) {
		return false
	}
	for k, c := range n.text {
		if lower(text[i+k]) != c {
			return false
		}
	}
	return true
}

// seeker finds the places of several needles in one text, from front to back.
type seeker struct {
	needles []needle
	at      []int // where each stands next
}

func (s *seeker) reset(list []needle) {
	s.needles, s.at = list, s.at[:0]
	for range list {
		s.at = append(s.at, -1)
	}
}

// next returns the first place at or after from where a needle stands,
// len(text) when there is none. From one call to the next, from only grows.
func (s *seeker) next(text []byte, from int) int {
	first := len(text)
	for k := range s.needles {
		if s.at[k] < from {
			if s.at[k] = s.needles[k].index(text, from); s.at[k] < 0 {
				s.at[k] = len(text)
			}
		}
		first = min(first, s.at[k])
	}
	return first
}

// needles returns texts of which every match of a regular expression holds
// one; nil when nothing useful is known.
func needles(source string) []needle {
	re, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil
	}
	return needlesOf(re.Simplify())
}

// maxNeedles is how many texts are looked for at most, each by itself.
const maxNeedles = 8

func needlesOf(re *syntax.Regexp) []needle {
	switch re.Op {
	case syntax.OpLiteral:
		return literalNeedle(string(re.Rune), re.Flags&syntax.FoldCase != 0)
	case syntax.OpCapture, syntax.OpPlus:
		return needlesOf(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return needlesOf(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []needle
		for _, s := range re.Sub {
			if list := needlesOf(s); worth(list) > worth(best) {
				best = list
			}
		}
		return best
	case syntax.OpAlternate:
		var all []needle
		for _, s := range re.Sub {
			list := needlesOf(s)
			if list == nil || len(all)+len(list) > maxNeedles {
				return nil
			}
			all = append(all, list...)
		}
		return all
	}
	return nil
}

// worth says how much a list spares: that of its shortest text, less the more
// there are.
func worth(list []needle) int {
	if len(list) == 0 {
		return 0
	}
	short := slices.MinFunc(list, func(a, b needle) int { return len(a.text) - len(b.text) })
	return 2*len(short.text)*maxNeedles - len(list)
}

// literalNeedle returns the needle of a literal. Where cases are folded, only
// a part of it counts that folds within ASCII: k and s have siblings beyond.
func literalNeedle(text string, fold bool) []needle {
	if !fold {
		return []needle{newNeedle([]byte(text), false)}
	}
	best := ""
	for part := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return r >= utf8.RuneSelf || r == 'k' || r == 's' }) {
		if len(part) > len(best) {
			best = part
		}
	}
	if best == "" {
		return nil
	}
	return []needle{newNeedle([]byte(best), true)}
}
