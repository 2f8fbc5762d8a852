package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"faultline/analysis"
	"faultline/index/segment"
)

// damage is what was found to be damaged: blocks by segment, and whole
// segments and batches. Entered in a manifest it is left out of contents.
type damage struct {
	blocks map[string][]uint32
	files  []lostFile
}

// lostFile is a segment or a batch that is of no use any more.
type lostFile struct {
	fileEntry
	Bundle string `json:"bundle,omitempty"` // of a segment: ID
	Reason string `json:"reason"`
}

func (d *damage) empty() bool { return len(d.blocks) == 0 && len(d.files) == 0 }

func (d *damage) add(o damage) {
	for name, list := range o.blocks {
		if d.blocks == nil {
			d.blocks = map[string][]uint32{}
		}
		d.blocks[name] = list
	}
	d.files = append(d.files, o.files...)
}

// enter takes the damaged parts out of what m lists.
func (d *damage) enter(m *manifest) {
	lost := func(name string) bool {
		i := slices.IndexFunc(d.files, func(f lostFile) bool { return f.Name == name })
		if i >= 0 && !m.lost(name) {
			m.Lost = append(m.Lost, d.files[i])
		}
		return i >= 0
	}
	m.Segments = slices.DeleteFunc(m.Segments, func(s segmentEntry) bool { return lost(s.Name) })
	m.Batches = slices.DeleteFunc(m.Batches, func(f fileEntry) bool { return lost(f.Name) })
	for i := range m.Segments {
		if list, ok := d.blocks[m.Segments[i].Name]; ok {
			m.Segments[i].Damaged = list
		}
	}
}

func (m *manifest) lost(name string) bool {
	return slices.ContainsFunc(m.Lost, func(f lostFile) bool { return f.Name == name })
}

// damaged makes err a *DamagedError where it says that the listed file is not
// what was written: errors of the machine (no right, no memory) stay.
func damaged(file string, err error) error {
	var corrupt *segment.CorruptError
	var known *DamagedError
	var foreign *ForeignError
	switch {
	case err == nil, errors.As(err, &known), errors.As(err, &foreign):
		return err
	case errors.As(err, &corrupt), errors.Is(err, fs.ErrNotExist), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.EIO):
		return &DamagedError{File: file, Err: err}
	}
	return err
}

// damages returns all damage that err tells of.
func damages(err error) []*DamagedError {
	switch e := err.(type) {
	case *DamagedError:
		return []*DamagedError{e}
	case interface{ Unwrap() []error }:
		var list []*DamagedError
		for _, err := range e.Unwrap() {
			list = append(list, damages(err)...)
		}
		return list
	case interface{ Unwrap() error }:
		return damages(e.Unwrap())
	}
	return nil
}

// errReplaced says that a writer has replaced the manifest meanwhile.
var errReplaced = errors.New("the case was changed by another program while it was opened")

// gatherWhole gathers what is whole of what m lists, and returns what is not.
func (c *Case) gatherWhole(ctx context.Context, m *manifest) (*contents, damage, error) {
	var all damage
	base := m.Generation
	for {
		in, err := c.gather(ctx, m)
		found := damages(err)
		if foreign := (*ForeignError)(nil); len(found) == 0 || errors.As(err, &foreign) {
			return in, all, err
		}
		if c.readOnly {
			if now, e := loadManifest(c.fs); e == nil && now.Generation > base {
				return nil, all, errReplaced
			}
		}
		more, e := c.examine(ctx, m, found)
		if e != nil || !c.look(m, found, &more) && more.empty() {
			return nil, all, errors.Join(err, e)
		}
		all.add(more)
		m = m.clone()
		more.enter(m)
		m.Data = m.Generation + 1
	}
}

// unlooked returns as damage the segments whose ends were read from the copies
// and whose blocks nobody has looked at since: their file is damaged.
func (c *Case) unlooked(list []*segmentEntry) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, s := range list {
		if r := c.readers[s.Name]; r != nil && r.mended != nil && !r.looked {
			errs = append(errs, &DamagedError{File: s.Name, Err: r.mended})
		}
	}
	return errors.Join(errs...)
}

// look notes that segments were examined, and reports whether that is news. Of
// those in which no block is damaged, only the end is, which is written again.
func (c *Case) look(m *manifest, found []*DamagedError, d *damage) (news bool) {
	for _, f := range found {
		c.mu.Lock()
		r := c.readers[f.File]
		unlooked := r != nil && r.mended != nil && !r.looked
		if unlooked {
			r.looked, news = true, true
		}
		c.mu.Unlock()
		i := slices.IndexFunc(m.Segments, func(s segmentEntry) bool { return s.Name == f.File })
		if !unlooked || i < 0 || len(m.Segments[i].Damaged) > 0 || len(d.blocks[f.File]) > 0 {
			continue
		}
		c.note(f.File, "%v; the copy of its end is whole and nothing is lost", damages(r.mended)[0].Err)
		c.mend(&m.Segments[i], r)
	}
	return news
}

// mend writes a segment again of which only the end is damaged, and keeps the
// damaged one. At every moment the segment's name has the one or the other; when
// it fails the next Open finds the copy of the end again.
func (c *Case) mend(s *segmentEntry, r *openSegment) {
	end, err := s.Table.read(c.fs)
	if err != nil || c.readOnly {
		return
	}
	size, err := r.file.Size()
	if err == nil {
		err = c.copyTo(c.asideName(s.Name), io.NewSectionReader(r.file, 0, size))
	}
	if err == nil {
		err = c.copyTo(mendTemp, io.MultiReader(io.NewSectionReader(r.file, 0, s.Size-int64(len(end))), bytes.NewReader(end)))
	}
	if err == nil {
		_ = c.fs.Rename(mendTemp, s.Name)
	}
}

// copyTo writes and syncs a new file.
func (c *Case) copyTo(name string, r io.Reader) error {
	f, err := c.fs.Create(name)
	if err != nil {
		return err
	}
	if _, err = io.Copy(f, r); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// examine finds out how much of the files is damaged: a segment is read whole,
// so that one look finds all that it has lost.
func (c *Case) examine(ctx context.Context, m *manifest, found []*DamagedError) (damage, error) {
	var d damage
	for _, f := range found {
		if slices.ContainsFunc(d.files, func(x lostFile) bool { return x.Name == f.File }) || d.blocks[f.File] != nil {
			continue
		}
		for i := range m.Batches {
			if b := &m.Batches[i]; b.Name == f.File {
				d.files = append(d.files, lostFile{fileEntry: *b, Reason: f.Err.Error()})
			}
		}
		for i := range m.Segments {
			s := &m.Segments[i]
			if s.Name != f.File {
				continue
			}
			blocks, err := c.damagedBlocks(ctx, s)
			if bad := (*DamagedError)(nil); errors.As(err, &bad) {
				d.files = append(d.files, lostFile{fileEntry: s.fileEntry, Bundle: s.Bundle, Reason: bad.Err.Error()})
			} else if err != nil {
				return d, err
			} else if len(blocks) > len(s.Damaged) {
				d.add(damage{blocks: map[string][]uint32{s.Name: blocks}})
			}
		}
	}
	return d, nil
}

// damagedBlocks returns the numbers of the blocks that cannot be read, those
// that are known already among them. Words and filters are no loss: nothing
// but ranked search and speed depends on them.
func (c *Case) damagedBlocks(ctx context.Context, s *segmentEntry) ([]uint32, error) {
	r, err := c.open(s)
	if err != nil {
		return nil, err
	}
	var bad []uint32
	var raw []byte
	var cols segment.Columns
	for i := range r.Blocks() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		raw, err = r.Raw(raw[:0], i, 0, int(r.Blocks()[i].Bytes))
		if err == nil {
			err = r.Columns(i, segment.All, &cols)
		}
		if err = damaged(s.Name, err); err == nil && !slices.Contains(s.Damaged, uint32(i)) {
			continue
		}
		if err != nil && len(damages(err)) == 0 {
			return nil, err
		}
		bad = append(bad, uint32(i))
	}
	return bad, nil
}

// adopt makes d part of what the case knows of itself, on disk where that can
// be written.
func (c *Case) adopt(d damage, generation uint64) {
	if d.empty() {
		return
	}
	change := func(m *manifest) {
		d.enter(m)
		m.Data = generation
	}
	if !c.readOnly && c.update(change) == nil {
		for _, f := range d.files {
			c.setAside(f.Name)
			if strings.HasSuffix(f.Name, segmentExt) {
				c.setAside(tableName(f.Name)) // it may be what is damaged
			}
		}
		return
	}
	c.updating.Lock()
	defer c.updating.Unlock()
	m := c.manifest().clone()
	change(m)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.man = m
}

// heal looks at damage that a query met and leaves the damaged parts out from
// now on. It reports whether the query is worth asking again.
func (c *Case) heal(ctx context.Context, err error) bool {
	found := damages(err)
	if len(found) == 0 {
		return false
	}
	c.healing.Lock()
	defer c.healing.Unlock()
	m := c.manifest()
	if slices.ContainsFunc(found, func(d *DamagedError) bool { return d.known }) {
		return false
	}
	d, e := c.examine(ctx, m, found)
	if e != nil {
		return false
	}
	if d.empty() { // another query was first, or the damage has gone
		return slices.ContainsFunc(found, func(d *DamagedError) bool { return m.lost(d.File) || m.hurt(d.File) })
	}
	m = m.clone()
	d.enter(m)
	m.Data = m.Generation + 1
	in, more, e := c.gatherWhole(ctx, m)
	if e != nil {
		return false
	}
	d.add(more)
	c.adopt(d, in.generation)
	c.contents.Store(in)
	return true
}

// hurt reports whether blocks of the segment are damaged.
func (m *manifest) hurt(name string) bool {
	return slices.ContainsFunc(m.Segments, func(s segmentEntry) bool { return s.Name == name && len(s.Damaged) > 0 })
}

// again asks, and asks once more when the answer met damage that was not known
// before: then of what is whole.
func again[T any](ctx context.Context, c *Case, ask func() (T, error)) (T, error) {
	for try := 0; ; try++ {
		x, err := ask()
		if err == nil || try == 100 || !c.heal(ctx, err) {
			return x, err
		}
	}
}

const asideExt = ".damaged"

// setAside gives a damaged file a name that the store never touches again.
// When that fails the file stays where it is; the manifest has let go of it.
func (c *Case) setAside(name string) { _ = c.fs.Rename(name, c.asideName(name)) }

// asideName returns a name that a damaged file can be kept by.
func (c *Case) asideName(name string) string {
	aside := name + asideExt
	if names, err := c.fs.List(); err == nil {
		for n := 2; slices.Contains(names, aside); n++ {
			aside = fmt.Sprintf("%s-%d%s", name, n, asideExt)
		}
	}
	return aside
}

// restore writes a damaged or missing file again.
func (c *Case) restore(f *fileEntry, b []byte) {
	if c.readOnly {
		return
	}
	c.setAside(f.Name)
	_ = writeFile(c.fs, f.Name, b) // else the next Open finds its mirror
}

// note tells of damage that lost nothing.
func (c *Case) note(file, format string, args ...any) {
	p := analysis.Problem{Origin: analysis.Origin{Path: file}, Kind: analysis.ProblemDamage, Detail: fmt.Sprintf(format, args...)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(c.notes, p) {
		c.notes = append(c.notes, p)
	}
}

// aside returns the names of files that were set aside.
func (c *Case) aside() []string {
	names, err := c.fs.List()
	if err != nil {
		return nil
	}
	names = slices.DeleteFunc(names, func(n string) bool { return !strings.HasSuffix(n, asideExt) })
	slices.Sort(names)
	return names
}

// missing works out what of the members' bytes is lost, and says so in their
// rows and in problems.
func (in *contents) missing(m *manifest) {
	why := map[string][]string{} // by bundle: damaged files
	for _, f := range m.Lost {
		why[f.Bundle] = append(why[f.Bundle], f.Name)
	}
	for i := range m.Segments {
		if s := &m.Segments[i]; len(s.Damaged) > 0 {
			why[s.Bundle] = append(why[s.Bundle], s.Name)
		}
	}
	if len(why) == 0 {
		return
	}
	rows := map[string]int{} // by bundle
	next := 0
	for i, row := range in.members.All() {
		rows[row.Bundle]++
		offset, line := int64(0), int64(1) // where the next byte is expected
		var lost []analysis.Problem
		gap := func(to, toLine int64) {
			if to <= offset {
				return
			}
			lost = append(lost, analysis.Problem{
				Origin: analysis.Origin{Bundle: row.Bundle, Path: row.Path, Line: line, Offset: offset, Length: to - offset},
				Kind:   analysis.ProblemDamage,
				Detail: fmt.Sprintf("lines %d to %d, %d bytes from byte %d on, are lost: %s damaged; import the bundle again to bring them back",
					line, max(line, toLine-1), to-offset, offset, isAre(append(slices.Clone(why[row.Bundle]), why[""]...))),
			})
		}
		for ; next < len(in.blocks) && int(in.blocks[next].member) == i; next++ {
			b := &in.blocks[next]
			if b.lost != nil {
				continue
			}
			e := b.entry()
			gap(e.Offset, e.Line)
			offset, line = e.Offset+e.Bytes, e.Line+e.Lines
		}
		gap(row.Indexed, row.Lines+1)
		if len(lost) > 0 {
			now := *row
			now.Problems = append(slices.Clone(row.Problems), lost...)
			in.members.set(i, &now)
			in.problems = append(in.problems, lost...)
		}
	}
	for i := range in.bundles {
		b := &in.bundles[i]
		if n := b.Members - rows[b.ID]; n > 0 {
			p := analysis.Problem{
				Origin: analysis.Origin{Bundle: b.ID}, Kind: analysis.ProblemDamage,
				Detail: fmt.Sprintf("the ledger rows of %d of %d members are lost: %s damaged; import the bundle again to bring them back", n, b.Members, isAre(why[""])),
			}
			b.Problems = append(slices.Clone(b.Problems), p)
			in.problems = append(in.problems, p)
		}
	}
	if len(in.problems) == 0 {
		return // all that was lost was imported again
	}
	for _, f := range m.Lost {
		in.problems = append(in.problems, analysis.Problem{
			Origin: analysis.Origin{Bundle: f.Bundle, Path: f.Name}, Kind: analysis.ProblemDamage, Detail: "a file of the case is damaged and was left out: " + f.Reason,
		})
	}
}

func isAre(names []string) string {
	if len(names) == 1 {
		return names[0] + " is"
	}
	return strings.Join(names, ", ") + " are"
}
