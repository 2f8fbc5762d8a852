package index

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// A gram is three characters of a word, of which two or more are letters or
// "_", in lower case; the first or the last may stand for any letter or any
// digit. The grams of the words that a block keeps are among its tokens, so
// that a block can be passed over for parts of words as well: for words with
// stars and for expressions. Words that have no tokens have no grams either.
//
// A gram's token is its number, from 1: tokens that small cost little room and
// say "maybe" often (see segment.Block), so several of them are asked for.

// Characters in grams, beside the letters and digits themselves.
const (
	gramNone   = iota // in no word, or not ASCII
	gramLetter        // any letter, or "_"
	gramDigit         // any digit
	gramAny           // any of these
	gramUnder
	gramDigits                    // the ten digits follow
	gramLetters = gramDigits + 10 // the letters follow
	gramRadix   = gramLetters + 26
)

// gramOf holds what each byte is in grams.
var gramOf = func() (t [256]uint8) {
	for c, w := range wordByte {
		switch {
		case w == 0:
		case w == '_':
			t[c] = gramUnder
		case w <= '9':
			t[c] = gramDigits + w - '0'
		default:
			t[c] = gramLetters + w - 'a'
		}
	}
	return t
}()

// gramSet remembers which grams were seen.
type gramSet [(gramRadix*gramRadix*gramRadix + 63) / 64]uint64

// add adds a gram and reports whether it is new.
func (s *gramSet) add(g int) bool {
	bit := uint64(1) << (g % 64)
	if s[g/64]&bit != 0 {
		return false
	}
	s[g/64] |= bit
	return true
}

func gram(a, b, c uint8) int { return (int(a)*gramRadix+int(b))*gramRadix + int(c) }

// gramClass returns what stands for any character of the same kind.
func gramClass(c uint8) uint8 {
	if c >= gramDigits && c < gramLetters {
		return gramDigit
	}
	return gramLetter
}

// digitIn returns 1 for a digit.
func digitIn(c uint8) int {
	if c == gramDigit || gramClass(c) == gramDigit {
		return 1
	}
	return 0
}

// gather adds the grams of the words of text.
func (t *Tokens) gather(text []byte) {
	var a, b uint8
	digits := 0 // of a and b
	for _, x := range text {
		c := gramOf[x]
		d := 0
		if c >= gramDigits && c < gramLetters {
			d = 1
		}
		if a != gramNone && b != gramNone && c != gramNone && digits+d < 2 {
			if g := gram(a, b, c); t.grams.add(g) {
				t.list = append(t.list, uint64(g)+1)
				for _, g := range [...]int{gram(gramClass(a), b, c), gram(a, b, gramClass(c))} {
					if t.grams.add(g) {
						t.list = append(t.list, uint64(g)+1)
					}
				}
			}
		}
		digits = d
		if b >= gramDigits && b < gramLetters {
			digits++
		}
		a, b = b, c
	}
}

// A fragment is a run of word characters that every match of an expression
// holds, or of one of its branches.
type fragment struct {
	text  []byte   // a part of it that is known, in lower case
	grams []uint64 // tokens of its grams
}

// newFragment returns the fragment of a run, of what each character is in
// grams and is itself; nil when it has no grams.
func newFragment(run []uint8, text []byte) []fragment {
	var f fragment
	for i := 0; i+2 < len(run); i++ {
		a, b, c := run[i], run[i+1], run[i+2]
		if b < gramUnder || a < gramUnder && c < gramUnder || a == gramAny || c == gramAny || digitIn(a)+digitIn(b)+digitIn(c) > 1 {
			continue
		}
		f.grams = append(f.grams, uint64(gram(a, b, c))+1)
	}
	for i := 0; i < len(run); i++ {
		from := i
		for i < len(run) && run[i] >= gramUnder {
			i++
		}
		if i-from > len(f.text) {
			f.text = text[from:i]
		}
	}
	if len(f.grams) == 0 {
		return nil
	}
	return []fragment{f}
}

// fragments returns fragments of which every match of m holds one; nil when
// nothing is known.
func fragments(m matcher) []fragment {
	switch e := m.(type) {
	case *regexExpr:
		re, err := syntax.Parse(e.source, syntax.Perl)
		if err != nil {
			return nil
		}
		return fragmentsOf(re.Simplify())
	case *textExpr:
		var best []fragment
		for _, p := range e.parts {
			run := make([]uint8, len(p)+1) // an end that is in no word
			for i, c := range p {
				run[i] = gramOf[c]
			}
			for from, i := 0, 0; i < len(run); i++ {
				if run[i] == gramNone {
					best = better(best, newFragment(run[from:i], p[from:i]))
					from = i + 1
				}
			}
		}
		return best
	}
	return nil
}

// better returns the fragments that rule out more.
func better(a, b []fragment) []fragment {
	if weight(b) > weight(a) {
		return b
	}
	return a
}

func weight(list []fragment) int {
	if len(list) == 0 {
		return 0
	}
	f := slices.MinFunc(list, func(a, b fragment) int { return len(a.grams) - len(b.grams) })
	return len(f.grams)*maxNeedles - len(list) + 1
}

// fragmentsOf does for an expression what needlesOf does.
func fragmentsOf(re *syntax.Regexp) []fragment {
	w := runs{}
	w.walk(re)
	w.end()
	return w.best
}

// runs gathers the runs of word characters in a sequence.
type runs struct {
	run  []uint8
	text []byte
	best []fragment
}

func (w *runs) end() {
	w.best = better(w.best, newFragment(w.run, w.text))
	w.run, w.text = nil, nil
}

func (w *runs) add(kind uint8, c byte) {
	if kind == gramNone {
		w.end()
		return
	}
	w.run, w.text = append(w.run, kind), append(w.text, c)
}

func (w *runs) walk(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			fold := re.Flags&syntax.FoldCase != 0 && strings.ContainsRune("kKsS", r) // they have siblings beyond ASCII
			if r >= utf8.RuneSelf || fold {
				w.end()
				continue
			}
			w.add(gramOf[r], lower(byte(r)))
		}
	case syntax.OpCharClass:
		w.add(classOf(re.Rune), 0)
	case syntax.OpCapture:
		w.walk(re.Sub[0])
	case syntax.OpConcat:
		for _, s := range re.Sub {
			w.walk(s)
		}
	case syntax.OpPlus: // its first and its last time
		w.walk(re.Sub[0])
		w.end()
		w.walk(re.Sub[0])
	case syntax.OpAlternate:
		w.end()
		var all []fragment
		for _, s := range re.Sub {
			list := fragmentsOf(s)
			if list == nil || len(all)+len(list) > maxNeedles {
				return
			}
			all = append(all, list...)
		}
		w.best = better(w.best, all)
	default:
		w.end()
	}
}

// classOf returns what a class of characters is in grams.
func classOf(ranges []rune) uint8 {
	var kind uint8
	for i := 0; i+1 < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			if r >= utf8.RuneSelf || gramOf[r] == gramNone {
				return gramNone
			}
			switch c := gramClass(gramOf[r]); {
			case kind == gramNone:
				kind = c
			case kind != c:
				kind = gramAny
			}
		}
	}
	return kind
}
