package index

import (
	"slices"

	"faultline/analysis"
)

// maxExamples is how many of a pattern's records are named as examples: its
// first record in each of the first members that it occurs in.
const maxExamples = 5

// example is where a record stands.
type example struct {
	member               int32
	line, offset, length int64
}

// firstBlocks returns, by block, the patterns of which an example stands in
// it, as the blocks' shapes tell.
func (in *contents) firstBlocks() [][]int32 {
	wanted := make([][]int32, len(in.blocks))
	members, last := make([]int, len(in.patterns)), make([]int32, len(in.patterns))
	for k := range in.blocks {
		b := &in.blocks[k]
		counts := b.entry().ShapeCounts()
		for i, shape := range b.shapes() {
			if shape < 0 || counts[i] == 0 {
				continue
			}
			p := in.shapes[shape].pattern
			if p < 0 || members[p] == maxExamples || members[p] > 0 && last[p] == b.member {
				continue
			}
			members[p]++
			last[p] = b.member
			wanted[k] = append(wanted[k], p)
		}
	}
	return wanted
}

// examples returns the first record of each wanted pattern in the block whose
// columns c has read; of are the patterns of the block's shapes.
func (c *counter) examples(b *storedBlock, of, wanted []int32) []example {
	if len(wanted) == 0 {
		return nil
	}
	at := make([]int, len(of)) // by the block's shape: index into wanted
	for i, p := range of {
		at[i] = slices.Index(wanted, p)
	}
	out := make([]example, len(wanted))
	left := len(wanted)
	for i, shape := range c.cols.Shape {
		k := at[shape]
		if k < 0 || out[k].length > 0 || c.cols.Flags[i].Skip() {
			continue
		}
		start := c.cols.Start[i]
		out[k] = example{b.member, b.entry().Line + int64(c.cols.Line[i]), b.entry().Offset + int64(start), int64(c.cols.Start[i+1] - start)}
		if left--; left == 0 {
			break
		}
	}
	return out
}

// originsOf returns examples as origins.
func (in *contents) originsOf(list [][]example) [][]analysis.Origin {
	out := make([][]analysis.Origin, len(list))
	for p, examples := range list {
		for _, e := range examples {
			path, bundle := in.members.path(e.member)
			out[p] = append(out[p], analysis.Origin{Bundle: bundle, Path: path, Line: e.line, Offset: e.offset, Length: e.length})
		}
	}
	return out
}
