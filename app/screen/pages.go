package screen

import (
	"context"
	"fmt"

	"faultline/analysis"
	"faultline/index"
)

// Rows are read in pages, of which the last few are kept.
const (
	pageRows = 128
	maxPages = 40
)

// pages holds what was read of a list of records. A page that is asked for and
// not there is read by a question of its own, so that no row waits for a disk
// in Fyne's goroutine.
type pages struct {
	s     *Session
	rows  *index.Rows // nil while only the first records are known
	first []index.Hit // shown until then
	read  map[int][]index.Hit
	asked map[int]bool
	fault map[int]error
	come  func() // a page was read
}

func newPages(s *Session, come func()) *pages {
	return &pages{s: s, read: map[int][]index.Hit{}, asked: map[int]bool{}, fault: map[int]error{}, come: come}
}

// begin takes a new list; first are its first records, when only they are known.
func (p *pages) begin(rows *index.Rows, first []index.Hit) {
	p.rows, p.first = rows, first
	clear(p.read)
	clear(p.asked)
	clear(p.fault)
}

func (p *pages) len() int {
	if p.rows == nil {
		return len(p.first)
	}
	return p.rows.Len()
}

// page reads the page that row i is on.
func page(ctx context.Context, rows *index.Rows, i int) ([]index.Hit, error) {
	return rows.Hits(ctx, i/pageRows*pageRows, pageRows)
}

// keep stores a page that was read.
func (p *pages) keep(i int, hits []index.Hit) {
	if len(p.read) >= maxPages {
		clear(p.read)
	}
	p.read[i/pageRows] = hits
}

// hit returns row i; nil without an error when it is being read.
func (p *pages) hit(i int) (*index.Hit, error) {
	if p.rows == nil {
		if i < 0 || i >= len(p.first) {
			return nil, fmt.Errorf("row %d is not there", i)
		}
		return &p.first[i], nil
	}
	n := i / pageRows
	if hits, ok := p.read[n]; ok {
		if i%pageRows >= len(hits) {
			return nil, fmt.Errorf("row %d is not there", i)
		}
		return &hits[i%pageRows], nil
	}
	if err := p.fault[n]; err != nil {
		return nil, err
	}
	p.ask(i)
	return nil, nil
}

func (p *pages) ask(i int) {
	n, rows := i/pageRows, p.rows
	if p.asked[n] {
		return
	}
	p.asked[n] = true
	var hits []index.Hit
	p.s.Asker().Ask(func(ctx context.Context) (err error) {
		hits, err = page(ctx, rows, i)
		return err
	}, func(err error) {
		if p.rows != rows {
			return // of a list that is gone
		}
		delete(p.asked, n)
		if err != nil {
			p.fault[n] = err
		} else {
			p.keep(i, hits)
		}
		p.come()
	})
}

// wait returns row i and reads it where it must: for what is copied.
func (p *pages) wait(i int) (*index.Hit, error) {
	if h, err := p.hit(i); h != nil || err != nil {
		return h, err
	}
	hits, err := page(p.s.ctx, p.rows, i)
	if err != nil {
		return nil, err
	}
	p.keep(i, hits)
	return p.hit(i)
}

// head reads the first records of a filter, which are there long before all
// are counted.
func (s *Session) head(ctx context.Context, f analysis.Filter) ([]index.Hit, error) {
	return s.Case.Search(ctx, f, index.SearchOptions{Limit: pageRows})
}
