package index

import (
	"context"
	"fmt"

	"faultline/analysis"
)

// compact writes segments anew of which more than half counts no more, without
// that half. What is read again, or was continued, leaves them behind. Nothing
// hangs on it: what cannot be done now is left to the end of the next import.
func (c *Case) compact(ctx context.Context) error {
	in, m := c.contents.Load(), c.manifest()
	if len(in.problems) > 0 || m.rowsLost() {
		return nil
	}
	live := map[string]map[int]int64{} // by segment: the bytes of the blocks that count
	for i := range in.blocks {
		b := &in.blocks[i]
		if live[b.file] == nil {
			live[b.file] = map[int]int64{}
		}
		live[b.file][b.at] = b.entry().Bytes
	}
	anew := map[string]segmentEntry{}
	for i := range m.Segments {
		s := &m.Segments[i]
		blocks := live[s.Name]
		if !m.visible(s.Bundle, s.Pass) || len(s.Damaged) > 0 || len(blocks) == 0 {
			continue
		}
		r, err := c.open(s)
		if err != nil {
			return err
		}
		rest := int64(0)
		for at := range r.Blocks() {
			rest += r.Blocks()[at].Bytes - 2*blocks[at]
		}
		if rest <= 0 {
			continue
		}
		if anew[s.Name], err = c.rewrite(s, func(at int) bool { return blocks[at] > 0 }); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if len(anew) == 0 {
		return nil
	}
	err := c.update(func(m *manifest) {
		for i := range m.Segments {
			if s, ok := anew[m.Segments[i].Name]; ok {
				m.Segments[i] = s
			}
		}
	})
	if err != nil {
		return err
	}
	in, d, err := c.gatherWhole(ctx, c.manifest())
	if err != nil {
		return err
	}
	c.contents.Store(in)
	c.adopt(d, in.generation)
	for name := range anew {
		_ = c.fs.Remove(name) // else the next Open removes it
		_ = c.fs.Remove(tableName(name))
	}
	return nil
}

// rewrite writes the wanted blocks of a segment into a new one.
func (c *Case) rewrite(s *segmentEntry, wanted func(at int) bool) (segmentEntry, error) {
	r, err := c.open(s)
	if err != nil {
		return segmentEntry{}, err
	}
	k := &commit{w: &Writer{c: c, bundle: bundleEntry{Bundle: analysis.Bundle{ID: s.Bundle}}, pass: s.Pass}}
	if k.seg, err = k.w.create(); err != nil {
		return segmentEntry{}, err
	}
	if err := k.seg.Copy(r, wanted); err != nil {
		_ = k.seg.file.Close() // incomplete, and listed nowhere
		return segmentEntry{}, fmt.Errorf("write %s: %w", k.seg.name, err)
	}
	if err := k.write(); err != nil {
		return segmentEntry{}, err
	}
	if err := k.sync(); err != nil {
		return segmentEntry{}, err
	}
	anew := k.segments[0]
	anew.Dead = s.Dead
	return anew, nil
}
