package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2"
)

// kinds are the kinds of documents in the order in which those of equal score
// are shown, and how much a score of each is worth: a cause explains what a
// pattern only says, and a path says little.
var kinds = []struct {
	name   string
	weight float64
}{{"cause", 1.1}, {"pattern", 1}, {"run", 0.9}, {"episode", 0.85}, {"source", 0.8}, {"text", 0.7}}

// noise is the share of the best score below which a document holds but some
// common word of the query.
const noise = 0.2

func kindOf(name string) (rank int, weight float64) {
	for i, k := range kinds {
		if k.name == name {
			return i, k.weight
		}
	}
	return len(kinds), 1
}

// Find returns the n documents of the indexes that resemble text most, best
// first: as if all documents were in one index. Documents of equal score come
// in the order of their kinds, then IDs, then indexes. The Marker shows what of
// a text was found; it is nil when nothing was.
func Find(ctx context.Context, text string, n int, indexes ...*Index) (hits []Hit, m *Marker, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("search %q: %w", text, err)
		}
	}()
	if n <= 0 || len(indexes) == 0 {
		return nil, nil, nil
	}
	var p *plan
	if err := guard(func() error { p, err = prepare(text, indexes); return err }); err != nil || p == nil {
		return nil, nil, err
	}
	// One that leads by its score may fall behind by its kind.
	hits, err = ask(ctx, p, 4*n+50, indexes)
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(hits, func(x, y Hit) int {
		a, _ := kindOf(x.Kind)
		b, _ := kindOf(y.Kind)
		return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(a, b), strings.Compare(x.ID, y.ID), cmp.Compare(x.Index, y.Index))
	})
	for i := range hits[:min(n, len(hits))] {
		if hits[i].Score < noise*hits[0].Score {
			n = i
			break
		}
	}
	return hits[:min(n, len(hits))], &Marker{p}, nil
}

// prepare makes the plan of a query over all indexes.
func prepare(text string, indexes []*Index) (p *plan, err error) {
	known := &frequencies{known: map[string]float64{}}
	defer func() {
		for _, r := range known.readers {
			err = errors.Join(err, r.Close())
		}
	}()
	var sum counts
	for _, i := range indexes {
		x, err := i.x.Advanced()
		if err != nil {
			return nil, err
		}
		r, err := x.Reader()
		if err != nil {
			return nil, err
		}
		known.readers = append(known.readers, r)
		sum.Docs += i.n.Docs
		for f, n := range i.n.Terms {
			sum.Terms[f] += n
		}
	}
	if sum.Docs == 0 {
		return nil, nil
	}
	var lengths [fields]float64
	for f, n := range sum.Terms {
		lengths[f] = float64(n) / float64(sum.Docs)
	}
	return newPlan(text, known, float64(sum.Docs), lengths)
}

// ask puts the plan to an alias of the indexes.
func ask(ctx context.Context, p *plan, n int, indexes []*Index) ([]Hit, error) {
	alias := bleve.NewIndexAlias()
	for i, x := range indexes {
		alias.Add(member{x.x, strconv.Itoa(i)})
	}
	req := bleve.NewSearchRequestOptions(p, n, 0, false)
	req.SortBy([]string{"-_score", "_id"})
	var res *bleve.SearchResult
	err := guard(func() (err error) {
		res, err = alias.SearchInContext(ctx, req)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, err := range res.Status.Errors { // an alias gives what its other indexes found
		return nil, err
	}
	hits := make([]Hit, len(res.Hits))
	for i, h := range res.Hits {
		kind, id, _ := strings.Cut(h.ID, ":")
		at, err := strconv.Atoi(h.Index)
		if err != nil {
			return nil, fmt.Errorf("hit of index %q: %w", h.Index, err)
		}
		_, weight := kindOf(kind)
		hits[i] = Hit{Index: at, Kind: kind, ID: id, Score: weight * h.Score}
	}
	return hits, nil
}

// member is an index under an alias: the alias asks it in a goroutine of its
// own, where a panic would be nobody's.
type member struct {
	anyIndex
	name string
}

type anyIndex = bleve.Index // which has a method Index, too

func (m member) Name() string { return m.name }

func (m member) SearchInContext(ctx context.Context, req *bleve.SearchRequest) (res *bleve.SearchResult, err error) {
	err = guard(func() (err error) {
		res, err = m.anyIndex.SearchInContext(ctx, req)
		return err
	})
	if res != nil {
		for _, h := range res.Hits {
			h.Index = m.name
		}
	}
	return res, err
}
