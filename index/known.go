package index

import (
	"bytes"
	"cmp"
	"slices"

	"faultline/analysis"
	"faultline/index/segment"
)

// Head tells members apart by their first bytes: two members that begin alike
// have equal heads, and others nearly never.
type Head struct {
	Size int    // bytes that were looked at: all of a small member
	Sum  uint64 // FNV-1a of them
}

const headSize = 4 << 10

// HeadOf returns the head of a member from its first bytes: all of it or 4 KiB
// at least.
func HeadOf(first []byte) Head {
	var h Head
	eachHead(first, func(x Head) { h = x })
	return h
}

// eachHead calls visit for the head of every beginning of first.
func eachHead(first []byte, visit func(h Head)) {
	sum := uint64(14695981039346656037)
	for i, c := range first[:min(len(first), headSize)] {
		sum = (sum ^ uint64(c)) * 1099511628211
		visit(Head{i + 1, sum})
	}
}

// Reading says how a member was read, beyond its ledger row.
type Reading struct {
	Head    Head
	Dialect string // what its format was found to be, beside the format's name
	How     string // the options that it was read with, in the words of the importer
	Place   int    // where it stands among the members of its bundle, however late it was Finished
	Dropped bool   // what was appended of it does not count: it turned out to be a copy

	// The member holds all bytes of Prior, if that is not nil, which counts no
	// more from then on. The first Until of them, which end where a block
	// does, were not appended again: the member takes over Prior's blocks,
	// runs and states. Its ledger row is that of all its bytes.
	Prior *Prior
	Until int64
}

// Known finds the content of complete bundles again: in another bundle, or in
// a later state of the same files. It is for one import, and used by one
// goroutine.
type Known struct {
	in    *contents
	start []int // by member: its first block
	same  map[string][]int32
	paths map[string][]int32
	heads map[Head][]int32
	sizes [headSize + 1]bool // of heads
	taken map[int32]bool     // Prior of a member already
}

// Held returns what complete bundles brought.
func (w *Writer) Held() *Known {
	in := w.c.contents.Load()
	k := &Known{in: in, start: make([]int, in.members.Len()+1), same: map[string][]int32{}, paths: map[string][]int32{}, heads: map[Head][]int32{}, taken: map[int32]bool{}}
	at := 0
	for i := range in.members.Len() {
		k.start[i] = at
		for at < len(in.blocks) && int(in.blocks[at].member) == i {
			at++
		}
		if k.start[i] == at {
			continue
		}
		p := k.prior(int32(i), at)
		if p.Damaged {
			k.same[p.Member.SHA256] = append(k.same[p.Member.SHA256], int32(i))
			continue
		}
		k.paths[p.Member.Path] = append(k.paths[p.Member.Path], int32(i))
		k.same[p.Member.SHA256] = append(k.same[p.Member.SHA256], int32(i))
		if h := p.Head; h.Size > 0 {
			k.heads[h] = append(k.heads[h], int32(i))
			k.sizes[h.Size] = true
		}
		if w.claimed[p.number] {
			k.taken[int32(i)] = true
		}
	}
	k.start[in.members.Len()] = at
	return k
}

// Prior is a member of a complete bundle whose records count.
type Prior struct {
	Member  *analysis.Member
	Reading      // how it was read
	Damaged bool // some of its bytes are lost: it can only be read again

	number uint32
	member int32
	blocks []storedBlock
	buf    []byte
	next   int // the block at which the last comparison ended
}

// prior returns member i, whose blocks end at end.
func (k *Known) prior(i int32, end int) *Prior {
	row := k.in.members.stored(int(i))
	p := &Prior{
		Member: k.in.members.At(int(i)), Reading: Reading{Head: row.Head, Dialect: row.Dialect, How: row.How},
		number: row.Number, member: i, blocks: k.in.blocks[k.start[i]:end],
	}
	next := int64(0)
	for j := range p.blocks {
		e := p.blocks[j].entry()
		p.Damaged = p.Damaged || p.blocks[j].lost != nil || e.Offset != next
		next = e.Offset + e.Bytes
	}
	p.Damaged = p.Damaged || next != p.Member.Indexed
	return p
}

// Empty reports whether nothing can be found.
func (k *Known) Empty() bool { return len(k.in.blocks) == 0 }

// Same returns the members with these bytes that no member of the import has
// taken over, those of the same path first.
func (k *Known) Same(sha256, path string) []*Prior {
	if sha256 == "" {
		return nil
	}
	return k.priors(k.same[sha256], path)
}

// Alike returns the members that may be the beginning of a member that begins
// with first, or have it as their own beginning: those of the same path first,
// then the longest.
func (k *Known) Alike(path string, first []byte) []*Prior {
	if k.Empty() {
		return nil
	}
	list := slices.Clone(k.paths[path])
	eachHead(first, func(h Head) {
		if k.sizes[h.Size] {
			list = append(list, k.heads[h]...)
		}
	})
	slices.Sort(list)
	list = slices.Compact(list)
	return k.priors(list, path)
}

func (k *Known) priors(list []int32, path string) []*Prior {
	var out []*Prior
	for _, i := range list {
		if !k.taken[i] {
			out = append(out, k.prior(i, k.start[i+1]))
		}
	}
	other := func(p *Prior) int {
		if p.Member.Path == path {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(out, func(a, b *Prior) int {
		return cmp.Or(cmp.Compare(other(a), other(b)), cmp.Compare(b.Size(), a.Size()))
	})
	return out
}

// Take keeps p from being found again: a member holds its bytes.
func (k *Known) Take(p *Prior) { k.taken[p.member] = true }

// Size returns the number of bytes that p's blocks hold, from its beginning
// without a gap unless it is damaged.
func (p *Prior) Size() int64 {
	last := p.blocks[len(p.blocks)-1].entry()
	return last.Offset + last.Bytes
}

// Equal compares data with p's bytes from offset on, as far as both reach.
// Offsets must not descend. ends reports that p has a boundary between blocks,
// or its end, where data ends.
func (p *Prior) Equal(offset int64, data []byte) (equal, ends bool, err error) {
	end := offset + int64(len(data))
	for p.next > 0 && p.blocks[p.next].entry().Offset > offset {
		p.next--
	}
	for ; p.next < len(p.blocks); p.next++ {
		b := &p.blocks[p.next]
		e := b.entry()
		from, to := max(offset, e.Offset), min(end, e.Offset+e.Bytes)
		if from >= to {
			if e.Offset >= end {
				break
			}
			continue
		}
		p.buf, err = b.segment.Raw(p.buf[:0], b.at, int(from-e.Offset), int(to-e.Offset))
		if err != nil {
			return false, false, err
		}
		if !bytes.Equal(p.buf, data[from-offset:to-offset]) {
			return false, false, nil
		}
		if to == end {
			break
		}
	}
	p.next = min(p.next, len(p.blocks)-1)
	e := p.blocks[p.next].entry()
	return true, e.Offset+e.Bytes == end || e.Offset == end, nil
}

// Part is what the first blocks of a Prior hold.
type Part struct {
	Bytes, Lines, Records, Failing, Timed int64
	Span                                  analysis.Span
	Quality                               analysis.TimeQuality // the lowest of the timed records
	Assumed                               bool                 // some times have an assumed zone
}

// Until returns what p's blocks before offset hold.
func (p *Prior) Until(offset int64) (Part, error) {
	var s Part
	var c segment.Columns
	timed := false
	for i := range p.blocks {
		b := &p.blocks[i]
		e := b.entry()
		if e.Offset >= offset {
			break
		}
		s.Bytes += e.Bytes
		s.Lines += e.Lines
		s.Records += int64(e.Counted)
		s.Timed += int64(e.Timed)
		for severity, n := range e.Severities() {
			if severity >= analysis.SeverityError {
				s.Failing += int64(n)
			}
		}
		if e.From == analysis.NoTime {
			continue
		}
		s.Span.Add(analysis.Time(e.From))
		s.Span.Add(analysis.Time(e.To))
		if err := b.segment.Columns(b.at, segment.Time|segment.Flag, &c); err != nil {
			return s, err
		}
		for k, t := range c.Time {
			if t == analysis.NoTime {
				continue
			}
			q := c.Flags[k].Quality()
			if !timed || q < s.Quality {
				s.Quality, timed = q, true
			}
			s.Assumed = s.Assumed || q == analysis.TimeAssumedZone
		}
	}
	return s, nil
}
