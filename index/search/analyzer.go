package search

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/registry"
)

const analyzerName = "faultline"

// analyzer cuts text as people name things in logs: words are runs of letters
// and digits; a word of several humps (OOMKilled, FailedScheduling) also counts
// by each hump; all in lower case.
type analyzer struct{}

func newAnalyzer(map[string]any, *registry.Cache) (analysis.Analyzer, error) { return analyzer{}, nil }

// Analyze implements bleve's analysis.Analyzer.
func (analyzer) Analyze(text []byte) analysis.TokenStream {
	var out analysis.TokenStream
	position := 0
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
		position++
		out = append(out, token(text, start, i, position))
		humps := cut(text[start:i])
		if len(humps) < 2 {
			continue
		}
		at := start
		for _, n := range humps {
			if n > 1 {
				out = append(out, token(text, at, at+n, position))
			}
			at += n
		}
	}
	return out
}

func token(text []byte, start, end, position int) *analysis.Token {
	return &analysis.Token{Start: start, End: end, Term: bytes.ToLower(text[start:end]), Position: position, Type: analysis.AlphaNumeric}
}

// cut returns the lengths of a word's humps: "OOMKilled" gives 3, 6.
func cut(word []byte) []int {
	var humps []int
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

// terms returns the words of text as the analyzer keeps them, without
// repetitions.
func terms(text []byte) []string {
	var list []string
	seen := map[string]bool{}
	for _, t := range (analyzer{}).Analyze(text) {
		if w := string(t.Term); !seen[w] {
			seen[w] = true
			list = append(list, w)
		}
	}
	return list
}
