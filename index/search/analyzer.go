package search

import (
	"bytes"
	"sync/atomic"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/registry"
	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
)

const analyzerName = "faultline"

// maxWord is the longest word that is indexed, bytes: what is longer, and what
// holds digits and is longer than maxCode, nobody types.
const (
	maxWord = 64
	maxCode = 24
)

// stemMark begins the terms that are stems, so that no word is taken for one.
const stemMark = '~'

// analyzer cuts text as people name things in logs. Words are runs of letters
// and digits; a word of several humps (OOMKilled, java.lang.OutOfMemoryError,
// x86) also stands by each hump, one after the other, so that "oom killed" is a
// phrase of it. Words of four letters or more stand by their English stem too.
// All is in lower case.
type analyzer struct {
	tokens atomic.Int64 // of all texts
}

func newAnalyzer(map[string]any, *registry.Cache) (analysis.Analyzer, error) { return &analyzer{}, nil }

// Analyze implements bleve's analysis.Analyzer.
func (a *analyzer) Analyze(text []byte) analysis.TokenStream {
	var out analysis.TokenStream
	position := 1
	add := func(term []byte, start, end int) {
		out = append(out, &analysis.Token{Start: start, End: end, Term: term, Position: position, Type: analysis.AlphaNumeric})
	}
	eachWord(text, func(start int, humps []int) {
		end := start
		for _, n := range humps {
			end += n
		}
		if len(humps) > 1 && indexed(text[start:end]) {
			add(bytes.ToLower(text[start:end]), start, end)
		}
		for _, n := range humps {
			if indexed(text[start : start+n]) {
				term := bytes.ToLower(text[start : start+n])
				add(term, start, start+n)
				if s := stem(term); s != "" {
					add([]byte(s), start, start+n)
				}
			}
			position++
			start += n
		}
	})
	a.tokens.Add(int64(len(out)))
	return out
}

// eachWord calls visit for each run of letters and digits, with the lengths of
// its humps.
func eachWord(text []byte, visit func(start int, humps []int)) {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			i += n
			continue
		}
		start := i
		for i < len(text) {
			r, n := utf8.DecodeRune(text[i:])
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
				break
			}
			i += n
		}
		visit(start, cut(text[start:i]))
	}
}

func indexed(word []byte) bool {
	return len(word) <= maxCode || len(word) <= maxWord && !bytes.ContainsAny(word, "0123456789")
}

// stem returns the term for the English stem of a word in lower case, "" when
// the word is too short for one or not made of the letters a to z.
func stem(word []byte) string {
	if len(word) < 4 {
		return ""
	}
	for _, c := range word {
		if c < 'a' || c > 'z' {
			return ""
		}
	}
	env := snowballstem.NewEnv(string(word))
	english.Stem(env)
	return string(stemMark) + env.Current()
}

// isCode reports whether letters and digits of a word take turns, as in
// 7d9f8b6c5: it has no parts.
func isCode(word []byte) bool {
	turns := 0
	for i := 1; i < len(word); i++ {
		if digit(word[i-1]) != digit(word[i]) {
			turns++
		}
	}
	return turns > 3
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

// cut returns the lengths of a word's humps: "OOMKilled" gives 3, 6.
func cut(word []byte) []int {
	var humps []int
	if isCode(word) {
		return append(humps, len(word))
	}
	start := 0
	class := func(i int) (upper, letter bool) {
		if i >= len(word) {
			return false, false
		}
		r, _ := utf8.DecodeRune(word[i:])
		return unicode.IsUpper(r), unicode.IsLetter(r)
	}
	for i := 0; i < len(word); {
		_, n := utf8.DecodeRune(word[i:])
		next := i + n
		u, l := class(i)
		nu, nl := class(next)
		after, afterLetter := false, false
		if next < len(word) {
			_, m := utf8.DecodeRune(word[next:])
			after, afterLetter = class(next + m)
		}
		switch {
		case next >= len(word):
		case !u && l && nu: // dK
			humps = append(humps, next-start)
			start = next
		case u && nu && afterLetter && !after: // MKi: K begins the next
			humps = append(humps, next-start)
			start = next
		case l != nl && next-start > 1: // letters and digits
			humps = append(humps, next-start)
			start = next
		}
		i = next
	}
	return append(humps, len(word)-start)
}
