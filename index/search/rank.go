package search

import (
	"context"
	"math"
	"slices"

	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/search"
	bleveindex "github.com/blevesearch/bleve_index_api"
)

// The fields of a document.
const (
	inTitle = iota
	inText
	inWords
	fields
)

var fieldNames = [fields]string{"title", "text", "words"}

// BM25's k1 and b, and how much a word says in a field. Documents are short,
// and a long template is no worse than a short one: hence b is below the usual
// 0.75. On the queries of analysis/assess/ranked_test.go the ranks stay as they
// are when the weight of the text is 0.4 or 0.8, and get worse with a b of 0.3
// or 0.75.
const (
	saturation  = 1.2
	lengthShare = 0.5
)

var fieldWeights = [fields]float64{inTitle: 1, inText: 0.6}

// wordsScore is what a word says that a block of free text holds, against 1 for
// one that stands in a title of usual length: how often it stands there, and
// beside what, is not known.
const wordsScore = 0.5

// Searcher implements bleve's query.Query. bleve's own queries would score each
// word by itself, square its rarity, divide by the share of alternatives that a
// document lacks, take the mean length of documents for the number of distinct
// words over that of documents, and take how rare a word is from each index
// alone, even with global scoring over an alias. Here the alternatives of a
// word count as one, by the best of them, as BM25F has it over title and text.
func (p *plan) Searcher(ctx context.Context, r bleveindex.IndexReader, _ mapping.IndexMapping, _ search.SearcherOptions) (search.Searcher, error) {
	s := &searcher{plan: p, at: make([][fields]posting, len(p.terms)), best: make([]float64, len(p.atoms)), covered: make([]float64, len(p.atoms))}
	for i, t := range p.terms {
		for f, name := range fieldNames {
			counted := f != inWords
			x, err := r.TermFieldReader(ctx, []byte(t), name, counted, counted, counted)
			if err != nil {
				_ = s.Close() // the error is known
				return nil, err
			}
			if x.Count() == 0 {
				if err := x.Close(); err != nil {
					return nil, err
				}
				continue
			}
			s.cursors = append(s.cursors, &cursor{TermFieldReader: x, term: i, field: f})
		}
	}
	return s, nil
}

// posting is what one document says of a term in one field.
type posting struct {
	freq      float64
	length    float64
	positions []uint64
}

type cursor struct {
	bleveindex.TermFieldReader
	term, field int
	doc         *bleveindex.TermFieldDoc // nil before the first and after the last
	begun       bool
}

func (c *cursor) next() (err error) {
	c.begun = true
	c.doc, err = c.Next(nil)
	return err
}

// searcher goes through the documents that hold any term of the plan.
type searcher struct {
	*plan
	cursors []*cursor
	at      [][fields]posting // by term
	best    []float64         // by atom
	covered []float64         // by atom
}

// Next implements search.Searcher.
func (s *searcher) Next(ctx *search.SearchContext) (*search.DocumentMatch, error) {
	for _, c := range s.cursors {
		if !c.begun {
			if err := c.next(); err != nil {
				return nil, err
			}
		}
	}
	return s.here(ctx)
}

// Advance implements search.Searcher.
func (s *searcher) Advance(ctx *search.SearchContext, id bleveindex.IndexInternalID) (*search.DocumentMatch, error) {
	for _, c := range s.cursors {
		if c.begun && (c.doc == nil || c.doc.ID.Compare(id) >= 0) {
			continue
		}
		c.begun = true
		var err error
		if c.doc, err = c.Advance(id, nil); err != nil {
			return nil, err
		}
	}
	return s.here(ctx)
}

// here returns the first document that cursors stand on, and moves them on.
func (s *searcher) here(ctx *search.SearchContext) (*search.DocumentMatch, error) {
	var id bleveindex.IndexInternalID
	for _, c := range s.cursors {
		if c.doc != nil && (id == nil || c.doc.ID.Compare(id) < 0) {
			id = c.doc.ID
		}
	}
	if id == nil {
		return nil, nil
	}
	m := ctx.DocumentMatchPool.Get()
	m.IndexInternalID = append(m.IndexInternalID[:0], id...)
	clear(s.at)
	for _, c := range s.cursors {
		if c.doc == nil || !c.doc.ID.Equals(m.IndexInternalID) {
			continue
		}
		x := &s.at[c.term][c.field]
		x.freq = 1
		if c.field != inWords {
			x.freq = float64(c.doc.Freq)
			x.length = math.Round(1 / (c.doc.Norm * c.doc.Norm))
			x.positions = x.positions[:0]
			for _, v := range c.doc.Vectors {
				x.positions = append(x.positions, v.Pos)
			}
		}
		if err := c.next(); err != nil {
			return nil, err
		}
	}
	m.Score = s.score()
	return m, nil
}

// score rates the document that s.at tells of.
func (s *searcher) score() float64 {
	clear(s.best)
	clear(s.covered)
	for i := range s.alts {
		a := &s.alts[i]
		v := a.weight * s.says(a)
		if v == 0 {
			continue
		}
		for k := a.from; k < a.to; k++ {
			s.best[k] = max(s.best[k], v)
			s.covered[k] = max(s.covered[k], min(a.weight, 1))
		}
	}
	var sum, covered, all float64
	for i, a := range s.atoms {
		sum += a.idf * s.best[i]
		covered += a.idf * s.covered[i]
		all += a.idf
	}
	// Who asks with several words means all of them.
	return sum * (0.4 + 0.6*covered/all)
}

// says returns how strongly the document says a, from 0 to 1+saturation.
func (s *searcher) says(a *alternative) float64 {
	var tf float64
	for f := range fields - 1 {
		n, length := s.count(a, f)
		if n > 0 {
			tf += fieldWeights[f] * n / (1 - lengthShare + lengthShare*length/max(s.lengths[f], 1))
		}
	}
	v := tf * (saturation + 1) / (tf + saturation)
	if len(a.terms) == 1 && s.at[a.terms[0]][inWords].freq > 0 {
		v = max(v, wordsScore)
	}
	return v
}

// count returns how often a stands in a field, and how long that is.
func (s *searcher) count(a *alternative, field int) (n, length float64) {
	first := &s.at[a.terms[0]][field]
	if first.freq == 0 || len(a.terms) == 1 {
		return first.freq, first.length
	}
	for _, p := range first.positions {
		whole := true
		for k := 1; k < len(a.terms) && whole; k++ {
			whole = slices.Contains(s.at[a.terms[k]][field].positions, p+uint64(k))
		}
		if whole {
			n++
		}
	}
	return n, first.length
}

// Close implements search.Searcher.
func (s *searcher) Close() error {
	var first error
	for _, c := range s.cursors {
		if err := c.Close(); err != nil && first == nil {
			first = err
		}
	}
	s.cursors = nil
	return first
}

// Weight implements search.Searcher; the score needs no norm.
func (s *searcher) Weight() float64 { return 1 }

// SetQueryNorm implements search.Searcher; the score needs no norm.
func (s *searcher) SetQueryNorm(float64) {}

// Count implements search.Searcher: at most so many documents match.
func (s *searcher) Count() uint64 {
	var n uint64
	for _, c := range s.cursors {
		n += c.TermFieldReader.Count()
	}
	return n
}

// Min implements search.Searcher.
func (s *searcher) Min() int { return 0 }

// Size implements search.Searcher: bytes.
func (s *searcher) Size() int {
	n := 0
	for _, c := range s.cursors {
		n += c.TermFieldReader.Size()
	}
	return n
}

// DocumentMatchPoolSize implements search.Searcher.
func (s *searcher) DocumentMatchPoolSize() int { return 1 }
