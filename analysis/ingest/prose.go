package ingest

import (
	"bytes"
	"strings"
)

// maxSingles is how many shapes with one record each a block may have, of about
// 1 MiB. A log that recurs stays far below.
const maxSingles = 2500

// prose is the guard against free text. Where very many of a block's records
// have a shape of their own, these recur nowhere, and their shapes would only
// fill the table: those records have no shape then, and all their words are
// kept instead. It looks at nothing but the block, so that the same text always
// gives the same shapes.
func (w *worker) prose() {
	b := w.b
	if len(b.Shapes) <= maxSingles {
		return
	}
	records := make(map[uint64]int, len(b.Shapes))
	for i := range b.Recs {
		records[b.Shapes[b.Recs[i].Shape]]++
	}
	singles := 0
	for id, n := range records {
		if id != 0 && n == 1 {
			singles++
		}
	}
	if singles <= maxSingles {
		return
	}
	single := func(id uint64) bool { return id != 0 && records[id] == 1 }

	// The block's shapes without them. Number 0 is no shape.
	number := make([]uint32, len(b.Shapes))
	shapes, heads := []uint64{0}, []uint32{0}
	for i, id := range b.Shapes {
		if id == 0 || single(id) {
			continue
		}
		number[i] = uint32(len(shapes))
		shapes, heads = append(shapes, id), append(heads, b.Heads[i])
	}
	var text []byte
	for i := range b.Recs {
		r := &b.Recs[i]
		if single(b.Shapes[r.Shape]) {
			end := len(b.Raw)
			if i+1 < len(b.Recs) {
				end = int(b.Recs[i+1].Start)
			}
			raw := b.Raw[r.Start:end]
			w.tokens.Record(raw, nil, 0, nil)
			text = append(text, raw...)
		}
		r.Shape = number[r.Shape]
	}
	b.Shapes, b.Heads = append(b.Shapes[:0], shapes...), append(b.Heads[:0], heads...)
	b.Words = words(text)
	fresh := w.fresh[:0]
	for _, f := range w.fresh {
		if !single(f.id) {
			fresh = append(fresh, f)
		}
	}
	w.fresh = fresh
}

// maxWords is how many distinct words of a block ranked search knows.
const maxWords = 8192

// words returns the distinct words of letters, in lower case, in order of
// their first use.
func words(text []byte) []string {
	seen := map[string]bool{}
	var list []string
	for word := range bytes.FieldsFuncSeq(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= 0x80)
	}) {
		if len(word) < 3 || len(word) > 40 || len(list) == maxWords {
			continue
		}
		if s := strings.ToLower(string(word)); !seen[s] {
			seen[s] = true
			list = append(list, s)
		}
	}
	return list
}
