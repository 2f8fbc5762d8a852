package search

import (
	"strings"
	"sync"

	"faultline/assets"
)

// term is a name as it is looked for: the words that must stand one after the
// other.
type term []string

// group is a set of terms that mean the same. Asking for one of from finds all
// of to.
type group struct {
	from, to []term
}

// thesaurus finds groups by the first word of a term, and by a whole term
// written as one word.
type thesaurus map[string][]entry

type entry struct {
	rest  term // what follows the first word
	group *group
}

// synonyms are those that are built in.
//
// bleve has synonyms of its own. They are kept in the index, so that a better
// list would ask for every index to be built again; its offline builder does
// not take them; and a term of several words counts as one that no text holds,
// since it goes through the analyzer as one: "exit code 137" finds nothing.
// Hence queries are widened here, before bleve sees them.
var synonyms = sync.OnceValue(func() thesaurus { return parseSynonyms(assets.Synonyms) })

func parseSynonyms(text string) thesaurus {
	t := thesaurus{}
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		from, to, oneWay := strings.Cut(line, "=>")
		g := &group{from: parseTerms(from)}
		if g.to = g.from; oneWay {
			g.to = parseTerms(to)
		}
		for _, f := range g.from {
			t[f[0]] = append(t[f[0]], entry{f[1:], g})
		}
	}
	return t
}

// parseTerms returns the terms of a list, each also written as one word.
func parseTerms(list string) []term {
	var terms []term
	for s := range strings.SplitSeq(list, ",") {
		f := words(s)
		if len(f) == 0 {
			continue
		}
		terms = append(terms, f)
		if len(f) > 1 {
			terms = append(terms, term{stemOrWord(joined(s))})
		}
	}
	return terms
}

// joined returns the words of a text written as one.
func joined(text string) string {
	var b strings.Builder
	eachWord([]byte(text), func(start int, humps []int) {
		for _, n := range humps {
			b.WriteString(strings.ToLower(text[start : start+n]))
			start += n
		}
	})
	return b.String()
}

// words returns the words of a text as the index keeps them at each place: the
// stem where there is one.
func words(text string) term {
	var t term
	b := []byte(text)
	eachWord(b, func(start int, humps []int) {
		for _, n := range humps {
			t = append(t, stemOrWord(strings.ToLower(text[start:start+n])))
			start += n
		}
	})
	return t
}

func stemOrWord(word string) string {
	if s := stem([]byte(word)); s != "" {
		return s
	}
	return word
}

// at returns the groups that a term of at words[i:] belongs to, and how many
// words that term has.
func (t thesaurus) at(words term, i int, visit func(g *group, n int)) {
	for _, e := range t[words[i]] {
		if n := len(e.rest); len(words)-i > n && equal(words[i+1:i+1+n], e.rest) {
			visit(e.group, n+1)
		}
	}
}

func equal(a, b term) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
