package ingest

import (
	"bytes"
	"strings"

	"faultline/analysis"
	"faultline/analysis/pattern"
	"faultline/index/segment"
)

// maxFailing is how many of the records whose shape nothing else has keep it
// in free text: the first that tell of a failure.
const maxFailing = 128

// prose is the guard against free text. Where very many of a block's records
// have a shape of their own, these recur nowhere, and their shapes would only
// fill the table: those records have no shape then, and all their words are
// kept instead. Failures among them keep theirs within a bound: they are what
// is looked for. It looks at nothing but the block, so that the same text
// always gives the same shapes.
func (w *worker) prose() {
	b := w.b
	if len(b.Shapes) <= pattern.MaxSingles {
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
	if singles <= pattern.MaxSingles {
		return
	}
	failures := 0
	for i := range b.Recs {
		if id := b.Shapes[b.Recs[i].Shape]; id != 0 && records[id] == 1 && failures < maxFailing && fails(b, i) {
			records[id]++ // as if it recurred
			failures++
		}
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
			raw := rawOf(b, i)
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

// rawOf returns the bytes of record i of a block.
func rawOf(b *segment.Block, i int) []byte {
	end := len(b.Raw)
	if i+1 < len(b.Recs) {
		end = int(b.Recs[i+1].Start)
	}
	return b.Raw[b.Recs[i].Start:end]
}

// maxTold is how far into a record without a severity words of failure are
// looked for.
const maxTold = 300

// fails reports whether record i of a block tells of a failure: by its severity
// or, where none is stated, by its words.
func fails(b *segment.Block, i int) bool {
	sev := b.Recs[i].Severity
	if sev != analysis.SeverityNone {
		return sev >= analysis.SeverityError
	}
	raw := rawOf(b, i)
	raw = raw[:min(len(raw), maxTold)]
	for _, part := range [...]string{"rror", "RROR", "xception", "ail", "AIL", "anic", "atal", "ATAL"} {
		if bytes.Contains(raw, []byte(part)) {
			return pattern.Failing(string(raw), sev)
		}
	}
	return false
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
