package search

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strings"

	bleveindex "github.com/blevesearch/bleve_index_api"
)

// How much the ways to name what was asked for are worth, against its own
// word: by judgement, checked on the queries of analysis/assess/ranked_test.go.
const (
	weightWord    = 1.0
	weightStem    = 0.95 // times for timed
	weightJoined  = 0.95 // "time out" for timeout, and the other way round
	weightSynonym = 0.85
	weightTypo    = 0.6 // one letter off
	weightTypos   = 0.45
	weightPrefix  = 0.4
	weightPair    = 1.3 // two words one after the other
	weightPhrase  = 1.5 // all of them
)

// Bounds of a query: what is beyond them adds nothing that is seen.
const (
	maxAtoms      = 40
	maxExpansions = 24 // words that one word is the beginning of, or a misspelling of
)

// plan is a query made ready for some indexes, which count as one: how often
// words occur, and how long documents are, is summed over all of them. So a
// document has the score that it would have in one index over everything.
type plan struct {
	atoms []atom
	alts  []alternative
	terms []string // that alternatives are made of

	docs    float64
	lengths [fields]float64 // mean number of terms
}

// atom is a word of the query: what a word of several humps is made of.
type atom struct {
	word, stem string  // stem is the word where it has none
	idf        float64 // how much a document says by holding it
}

// alternative is one way to say some of the atoms.
type alternative struct {
	terms    []int // of plan.terms, one after the other
	from, to int   // the atoms that it stands for
	weight   float64
	df       float64
}

// frequencies tell how many documents hold a term.
type frequencies struct {
	readers []bleveindex.IndexReader
	known   map[string]float64
}

// of returns the number of documents that hold a term, taking the field that
// has it most often.
func (f *frequencies) of(term string) (float64, error) {
	if n, ok := f.known[term]; ok {
		return n, nil
	}
	var most float64
	for _, name := range fieldNames {
		var sum float64
		for _, r := range f.readers {
			p, err := r.TermFieldReader(context.Background(), []byte(term), name, false, false, false)
			if err != nil {
				return 0, err
			}
			sum += float64(p.Count())
			if err := p.Close(); err != nil {
				return 0, err
			}
		}
		most = max(most, sum)
	}
	f.known[term] = most
	return most, nil
}

// expand returns the words that open gives from the dictionaries, most
// frequent first, with the number of letters that they are off.
func (f *frequencies) expand(open func(r bleveindex.IndexReader, field string) (bleveindex.FieldDict, error)) ([]bleveindex.DictEntry, error) {
	all := map[string]bleveindex.DictEntry{}
	for _, name := range fieldNames {
		for _, r := range f.readers {
			d, err := open(r, name)
			if err != nil {
				return nil, err
			}
			for {
				e, err := d.Next()
				if err != nil {
					_ = d.Close() // the error is known
					return nil, err
				}
				if e == nil {
					break
				}
				if e.Term[0] == stemMark {
					continue
				}
				sum := all[e.Term]
				all[e.Term] = bleveindex.DictEntry{Term: e.Term, Count: sum.Count + e.Count, EditDistance: e.EditDistance}
			}
			if err := d.Close(); err != nil {
				return nil, err
			}
		}
	}
	list := slices.SortedFunc(maps.Values(all), func(a, b bleveindex.DictEntry) int {
		return cmp.Or(cmp.Compare(a.EditDistance, b.EditDistance), cmp.Compare(b.Count, a.Count), strings.Compare(a.Term, b.Term))
	})
	return list[:min(len(list), maxExpansions)], nil
}

// fillers are words that say nothing beside others.
var fillers = map[string]bool{
	"a": true, "an": true, "and": true, "are": true, "as": true, "at": true, "be": true, "by": true, "can": true, "could": true, "did": true, "do": true, "does": true,
	"for": true, "from": true, "has": true, "have": true, "how": true, "i": true, "in": true, "is": true, "it": true, "of": true, "on": true,
	"or": true, "our": true, "that": true, "the": true, "there": true, "this": true, "to": true, "was": true, "we": true, "were": true,
	"what": true, "when": true, "which": true, "why": true, "with": true,
}

// newPlan makes a query ready. It is nil when text holds no word, or none that
// any index knows.
func newPlan(text string, known *frequencies, docs float64, lengths [fields]float64) (*plan, error) {
	p := &plan{docs: docs, lengths: lengths}
	b := []byte(text)
	type run struct{ from, to int }
	var runs []run
	eachWord(b, func(start int, humps []int) {
		from := len(p.atoms)
		for _, n := range humps {
			if w := strings.ToLower(text[start : start+n]); len(p.atoms) < maxAtoms {
				p.atoms = append(p.atoms, atom{word: w, stem: stemOrWord(w)})
			}
			start += n
		}
		runs = append(runs, run{from, len(p.atoms)})
	})
	stems := make(term, len(p.atoms))
	for i := range p.atoms {
		stems[i] = p.atoms[i].stem
	}
	add := func(from, to int, weight float64, terms ...string) error {
		a := alternative{from: from, to: to, weight: weight, df: math.Inf(1)}
		for _, t := range terms {
			n, err := known.of(t)
			if err != nil || n == 0 {
				return err
			}
			a.df = min(a.df, n)
			i := slices.Index(p.terms, t)
			if i < 0 {
				i = len(p.terms)
				p.terms = append(p.terms, t)
			}
			a.terms = append(a.terms, i)
		}
		p.alts = append(p.alts, a)
		return nil
	}
	for _, r := range runs {
		if r.to-r.from > 1 {
			if err := add(r.from, r.to, weightWord, joinAtoms(p.atoms[r.from:r.to])); err != nil {
				return nil, err
			}
		}
	}
	if n := len(stems); n > 2 {
		if err := add(0, n, weightPhrase, stems...); err != nil {
			return nil, err
		}
	}
	for i := range p.atoms {
		if err := p.widen(i, stems, known, add); err != nil {
			return nil, err
		}
	}
	p.weigh()
	if len(p.alts) == 0 {
		return nil, nil
	}
	return p, nil
}

func joinAtoms(atoms []atom) string {
	var b strings.Builder
	for _, a := range atoms {
		b.WriteString(a.word)
	}
	return b.String()
}

// widen adds the ways to say atom i, and what begins with it.
func (p *plan) widen(i int, stems term, known *frequencies, add func(from, to int, weight float64, terms ...string) error) (err error) {
	also := func(from, to int, weight float64, terms ...string) {
		if err == nil {
			err = add(from, to, weight, terms...)
		}
	}
	a := &p.atoms[i]
	also(i, i+1, weightWord, a.word)
	if a.stem != a.word {
		also(i, i+1, weightStem, a.stem)
	}
	if i+1 < len(p.atoms) {
		also(i, i+2, weightPair, stems[i:i+2]...)
		one := joinAtoms(p.atoms[i : i+2])
		also(i, i+2, weightJoined, one)
		also(i, i+2, weightJoined, stemOrWord(one))
	}
	synonyms().at(stems, i, func(g *group, n int) {
		for _, t := range g.to {
			also(i, i+n, weightSynonym, t...)
		}
	})
	if err != nil || len(a.word) < 3 || !alphabetic(a.word) {
		return err
	}
	exact, err := known.of(a.word)
	if err != nil {
		return err
	}
	stem, err := known.of(a.stem)
	if err != nil {
		return err
	}
	begin, err := known.expand(func(r bleveindex.IndexReader, field string) (bleveindex.FieldDict, error) {
		return r.FieldDictPrefix(field, []byte(a.word))
	})
	if err != nil {
		return err
	}
	for _, e := range begin {
		if e.Term != a.word {
			also(i, i+1, weightPrefix, e.Term)
		}
	}
	if err != nil || exact+stem > 0 {
		return err
	}
	for k := 3; k <= len(a.word)-3; k++ { // loadbalancer
		also(i, i+1, weightJoined, stemOrWord(a.word[:k]), stemOrWord(a.word[k:]))
	}
	if off := typos(a.word); off > 0 && err == nil {
		near, err := known.expand(func(r bleveindex.IndexReader, field string) (bleveindex.FieldDict, error) {
			return r.(bleveindex.IndexReaderFuzzy).FieldDictFuzzy(field, a.word, off, a.word[:1])
		})
		if err != nil {
			return err
		}
		for _, e := range near {
			weight := weightTypo
			if e.EditDistance > 1 {
				weight = weightTypos
			}
			if !alphabetic(e.Term) {
				continue
			}
			also(i, i+1, weight, e.Term)
			if s := stem2(e.Term); s != "" {
				also(i, i+1, weight*weightStem, s)
			}
		}
	}
	return err
}

func stem2(word string) string { return stem([]byte(word)) }

// typos returns how many letters of a word may be off: in a short word one is
// another word (pod, pid).
func typos(word string) int {
	switch {
	case len(word) < 5:
		return 0
	case len(word) < 9:
		return 1
	}
	return 2
}

func alphabetic(w string) bool {
	for _, r := range w {
		if r >= '0' && r <= '9' {
			return false
		}
	}
	return true
}

// weigh gives each atom its weight: the rarer its word, the more it says. A
// word that nothing holds counts as rare as what stands for it.
func (p *plan) weigh() {
	only := true // fillers
	for _, a := range p.atoms {
		only = only && fillers[a.word]
	}
	for i := range p.atoms {
		a := &p.atoms[i]
		own, others := 0.0, 0.0
		for _, alt := range p.alts {
			if alt.from > i || alt.to <= i {
				continue
			}
			if alt.to == i+1 && len(alt.terms) == 1 && alt.weight >= weightStem && (p.terms[alt.terms[0]] == a.word || p.terms[alt.terms[0]] == a.stem) {
				own = max(own, alt.df)
			}
			others = max(others, alt.df)
		}
		df := own
		if df == 0 {
			df = others
		}
		if df > 0 {
			a.idf = math.Log(1 + (p.docs-df+0.5)/(df+0.5))
		} else {
			a.idf = math.Log(1+(p.docs+0.5)/0.5) / 2 // of no use, but it was asked for
		}
		if fillers[a.word] && !only {
			a.idf /= 10
		}
	}
}
