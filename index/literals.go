package index

import (
	"bytes"
	"errors"
	"slices"
	"sort"
	"sync"
	"sync/atomic"

	"faultline/analysis/pattern"
)

// hole stands in literal text for a variable part: a byte that no text in
// UTF-8 holds, neither part of a word nor a blank.
const hole = 0xFF

// literals are the literal texts of all shapes in lower case, in their order
// and in parts, so that a pass over few long texts finds a word in all of them.
type literals []literalPart

type literalPart struct {
	first int32  // its first shape
	text  []byte // each literal text is followed by a line feed
	ends  []int  // of each, the line feed excluded
}

// literalSize is about how much text a part holds.
const literalSize = 1 << 20

// makeLiterals returns the literal texts of skeletons.
func makeLiterals(skeletons []string) literals {
	var list literals
	var bounds []int
	size := literalSize
	for i, s := range skeletons {
		if size >= literalSize {
			bounds, size = append(bounds, i), 0
		}
		size += len(s) + 1
	}
	list = make(literals, len(bounds))
	bounds = append(bounds, len(skeletons))
	inParallel(len(list), func(k int) {
		p := &list[k]
		p.first = int32(bounds[k])
		for _, s := range skeletons[bounds[k]:bounds[k+1]] {
			p.add(s)
		}
	})
	return list
}

// add adds the literal text of a skeleton.
func (p *literalPart) add(skeleton string) {
	start := len(p.text)
	p.text = pattern.AppendLiteral(p.text, skeleton, hole)
	// A line feed within a skeleton stands for lines that it leaves out: a
	// hole as good as any. So is a NUL.
	for _, c := range "\n\x00" {
		for text := p.text[start:]; ; {
			i := bytes.IndexByte(text, byte(c))
			if i < 0 {
				break
			}
			text[i] = hole
			text = text[i:]
		}
	}
	p.ends = append(p.ends, len(p.text))
	p.text = append(p.text, '\n')
}

// encode returns the stored form of each part.
func (l literals) encode() ([][]byte, error) {
	out, errs := make([][]byte, len(l)), make([]error, len(l))
	inParallel(len(l), func(i int) { out[i], errs[i] = pack("", l[i].text) })
	return out, errors.Join(errs...)
}

// decodeLiterals reads the parts of literals of so many shapes.
func decodeLiterals(parts [][]byte, shapes int) (literals, error) {
	l, errs := make(literals, len(parts)), make([]error, len(parts))
	inParallel(len(l), func(i int) {
		p := &l[i]
		if p.text, errs[i] = unpack("", parts[i], maxDerived); errs[i] != nil {
			return
		}
		p.ends = make([]int, 0, bytes.Count(p.text, []byte{'\n'}))
		for at := 0; at < len(p.text); at++ {
			end := bytes.IndexByte(p.text[at:], '\n')
			if end < 0 {
				errs[i] = errors.New("a text does not end")
				return
			}
			at += end
			p.ends = append(p.ends, at)
		}
	})
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	n := 0
	for i := range l {
		l[i].first = int32(n)
		n += len(l[i].ends)
	}
	if n != shapes {
		return nil, errors.New("it has not as many texts as shapes")
	}
	return l, nil
}

// of returns the literal text of a shape.
func (l literals) of(shape int32) []byte {
	p := &l[sort.Search(len(l), func(i int) bool { return l[i].first > shape })-1]
	return p.of(int(shape - p.first))
}

func (p *literalPart) of(i int) []byte { return p.text[p.start(i):p.ends[i]] }

func (p *literalPart) start(i int) int {
	if i == 0 {
		return 0
	}
	return p.ends[i-1] + 1
}

// holding returns the shapes, ascending, whose literal text holds a text in
// lower case at a place that fits.
func (l literals) holding(text []byte, fits func(literal []byte, at int) bool) []int32 {
	lists := make([][]int32, len(l))
	inParallel(len(l), func(i int) { lists[i] = l[i].holding(text, fits) })
	return slices.Concat(lists...)
}

func (p *literalPart) holding(text []byte, fits func(literal []byte, at int) bool) []int32 {
	var list []int32
	if len(text) == 0 {
		return nil
	}
	at := 0 // the place in ends of the text that is looked into
	for from := 0; ; {
		i := bytes.Index(p.text[from:], text)
		if i < 0 {
			return list
		}
		i += from
		from = i + 1
		if p.ends[at] < i {
			at += sort.SearchInts(p.ends[at:], i)
		}
		if i+len(text) > p.ends[at] || !fits(p.of(at), i-p.start(at)) {
			continue
		}
		list = append(list, p.first+int32(at))
		from = p.ends[at]
	}
}

// inParallel calls do for 0 to n-1, on all processors.
func inParallel(n int, do func(i int)) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(workers(), n) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	wg.Wait()
}
