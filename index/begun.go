package index

import (
	"slices"

	"faultline/analysis"
)

// begun is the member that a commit ends in: some of it is stored, and it has
// no row yet.
type begun struct {
	Path   string `json:"path"`
	Number uint32 `json:"number"`
	Pass   int    `json:"pass,omitempty"` // see bundleEntry
	State  string `json:"state"`          // see Writer.Pause
}

// Pause says that what was appended of a member ends where a reading of it can
// go on. state stands for all that this reading hangs on beside the member's
// bytes: after a crash, [Writer.Begun] wants the same. With an empty state the
// member is read from its beginning then. From time to time Pause commits.
func (w *Writer) Pause(path, state string) error {
	if err := w.ready(); err != nil {
		return err
	}
	w.dictMu.Lock()
	if w.mark = nil; state != "" {
		w.mark = &begun{Path: path, Number: w.members[path].number, Pass: w.pass, State: state}
	}
	w.dictMu.Unlock()
	return w.perhapsCommit()
}

// Begun returns what is stored of a member, from its beginning on, by an import
// that broke off inside of it, nil when there is nothing or the state is another
// one. From then on that is the member's: only what follows may be appended, and
// when the member turns out to be another one, [Writer.GiveUp] must be called.
// Safe for use beside the other methods.
func (w *Writer) Begun(path, state string) (*Prior, error) {
	w.dictMu.Lock()
	defer w.dictMu.Unlock()
	b := w.begun
	if b == nil || b.Path != path || b.State != state {
		return nil, nil
	}
	p := &Prior{Member: &analysis.Member{Path: path, Bytes: -1}, number: b.Number, member: -1}
	m := w.c.manifest()
	for i := range m.Segments {
		s := &m.Segments[i]
		if s.Bundle != w.bundle.ID || s.Pass != b.Pass {
			continue
		}
		r, err := w.c.open(s)
		if err != nil {
			return nil, err
		}
		from := &storedSegment{r, s.Name}
		for at := range r.Blocks() {
			e := &r.Blocks()[at]
			if e.Member != b.Number {
				continue
			}
			if slices.Contains(s.Damaged, uint32(at)) || len(p.blocks) == 0 && e.Offset > 0 || len(p.blocks) > 0 && e.Offset != p.Size() {
				return nil, nil
			}
			p.blocks = append(p.blocks, storedBlock{storedSegment: from, at: at})
		}
	}
	if !p.whole() {
		return nil, nil // it is read again
	}
	w.begun = nil
	w.members[path] = numbered{number: b.Number, given: true}
	return p, nil
}

// whole reports whether all of p can be read.
func (p *Prior) whole() bool {
	var raw []byte
	for i := range p.blocks {
		b := &p.blocks[i]
		var err error
		if raw, err = b.segment.Raw(raw[:0], b.at, 0, int(b.entry().Bytes)); err != nil {
			return false
		}
	}
	if len(p.blocks) == 0 {
		return false
	}
	_, err := p.Until(p.Size())
	return err == nil
}

// GiveUp takes back what [Writer.Begun] returned: the next import reads the
// member from its beginning.
func (w *Writer) GiveUp(path string) error {
	w.dictMu.Lock()
	defer w.dictMu.Unlock()
	w.mark = nil
	delete(w.members, path)
	return w.bury(w.c.manifest())
}
