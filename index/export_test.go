package index

import (
	"crypto/sha256"
	"fmt"
	"strings"

	"faultline/index/segment"
)

// Digest describes all that queries can see: equal digests mean equal
// answers.
func (c *Case) Digest() string {
	in := c.contents.Load()
	var b strings.Builder
	for i := range in.members {
		fmt.Fprintf(&b, "member %d %+v\n", i, in.members[i])
	}
	for i := range in.patterns {
		p := &in.patterns[i]
		fmt.Fprintf(&b, "pattern %s %q count %d shapes %d sources %d severity %v %d..%d\n", p.ID, p.Text, p.count, p.shapes, p.sources, p.severity, p.first, p.last)
	}
	for i := range in.shapes {
		s := &in.shapes[i]
		fmt.Fprintf(&b, "shape %016x %q %d %d\n", s.id, s.skeleton, s.count, s.pattern)
	}
	fmt.Fprintf(&b, "resources %+v\nruns %+v\nstates %+v\nrollup %d %+v\n", in.resources, in.runs, in.states, in.rollup.width, in.rollup.cells)
	var cols segment.Columns
	for i := range in.blocks {
		k := &in.blocks[i]
		e := k.entry()
		raw, err := k.segment.Raw(nil, k.at, 0, int(e.Bytes))
		if err != nil {
			return err.Error()
		}
		if err := k.segment.Columns(k.at, segment.All, &cols); err != nil {
			return err.Error()
		}
		fmt.Fprintf(&b, "block %d line %d offset %d %x shapes %v %v resources %v columns %v %v %v %v\n",
			k.member, e.Line, e.Offset, sha256.Sum256(raw), k.shapes, cols.Shape, k.resources, cols.Start, cols.Time, cols.Severity, cols.Flags)
	}
	return b.String()
}
