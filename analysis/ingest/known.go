package ingest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"faultline/analysis"
	"faultline/analysis/bundle"
	"faultline/analysis/format"
	"faultline/index"
)

// how is what of the options a member's row depends on, as the case keeps it.
type how struct {
	Zone   string        `json:"zone,omitempty"` // "" for UTC
	Year   int           `json:"year,omitempty"`
	Limits bundle.Limits `json:"limits,omitzero"`
}

func howOf(o Options, zone *time.Location) how {
	h := how{Year: o.Year, Limits: o.Limits}
	if zone != time.UTC && zone.String() != "UTC" {
		h.Zone = zone.String()
	}
	return h
}

func (h how) String() string {
	if h == (how{}) {
		return ""
	}
	b, err := json.Marshal(h)
	if err != nil {
		panic(err) // plain numbers
	}
	return string(b)
}

func parseHow(s string) (h how) {
	_ = json.Unmarshal([]byte(s), &h) // what cannot be read is like no options
	return h
}

// stale reports whether the options would have a member that was read before
// read in another way: its zone was assumed, its years were given or inferred,
// or a limit kept some of it out. An option that is not given wants nothing.
func (im *importer) stale(m *analysis.Member, was string) bool {
	h := parseHow(was)
	limits := h.Limits != im.how.Limits
	if m == nil {
		return limits && im.cut
	}
	assumed := m.Zone != "" || m.Quality == analysis.TimeInferredYear // such stamps state no zone either
	return im.o.Zone != "" && h.Zone != im.how.Zone && assumed ||
		im.o.Year != 0 && h.Year != im.o.Year && m.Quality == analysis.TimeInferredYear ||
		limits && limited(m.Problems)
}

func limited(list []analysis.Problem) bool {
	for i := range list {
		if list[i].Kind == analysis.ProblemLimit {
			return true
		}
	}
	return false
}

// enough is how many bytes cannot be equal by chance. With fewer, two members
// are only the same log when their names say so.
const enough = 4 << 10

// may reports whether a member of that path may be a later state of p, or a
// copy, when so many of its bytes are equal.
func may(p *index.Prior, m *analysis.Member, equal int64) bool {
	if !agree(p.Member.Resource, m.Resource) {
		return false
	}
	return equal >= enough || p.Member.Path == m.Path || bundle.Source(p.Member.Path) == bundle.Source(m.Path)
}

// fate is how a member's bytes stand to those that the case holds already.
type fate struct {
	prior  *index.Prior // the member that is compared with; nil for none
	part   index.Part   // what is taken over of it
	until  int64        // bytes of it that are not read again
	taking bool         // all bytes so far are equal, and its blocks can be taken over
	equal  bool         // all bytes so far are equal
	sent   bool         // some of the member's own bytes were sent on
	whole  bool         // the member holds all bytes of prior
	within bool         // prior holds all bytes of the member
	begun  bool         // prior is the member's own beginning, stored before the import broke off
}

// same looks for the bytes of a member, whose SHA-256 is known, in the case.
func (r *reading) same(m *analysis.Member) (f fate) {
	for _, p := range r.held.Same(m.SHA256, m.Path) {
		if p.Member.Bytes != m.Bytes || !may(p, m, m.Bytes) && !(agree(p.Member.Resource, m.Resource) && tells(p.Member.Format, int(m.Bytes))) {
			continue
		}
		switch {
		case p.Member.Resource != m.Resource && !p.Damaged:
			return fate{prior: p, within: true}
		case r.stale(p.Member, p.How), p.Damaged:
			return fate{prior: p, whole: true}
		}
		return fate{prior: p, whole: true, until: p.Size()}
	}
	return fate{}
}

// alike looks for a member of the case that the bytes of m, which begin with
// first, may be a later or an earlier state of. all says that first is all of
// it.
func (r *reading) alike(m *analysis.Member, d format.Detection, ref time.Time, first []byte, all bool) fate {
	for _, p := range r.held.Alike(m.Path, first) {
		n := min(p.Size(), int64(len(first)))
		if !may(p, m, n) || p.Member.Skipped > 0 {
			continue
		}
		if equal, _, err := p.Equal(0, first); err != nil || !equal {
			continue // what cannot be read cannot be recognised
		}
		f := fate{prior: p, equal: true, taking: r.continues(p, m, d, ref)}
		if all && p.Size() >= int64(len(first)) {
			f.within, f.whole = true, p.Size() == int64(len(first))
		}
		return f
	}
	return fate{}
}

// continues reports whether p's blocks are what reading m would give.
func (r *reading) continues(p *index.Prior, m *analysis.Member, d format.Detection, ref time.Time) bool {
	was := p.Member
	if d.Kind != analysis.MemberText || was.Kind != d.Kind || was.Format != d.Format || was.Encoding != d.Encoding || p.Dialect != d.Detail ||
		was.Resource != m.Resource || r.stale(was, p.How) || parseHow(p.How).Year != r.how.Year || parseHow(p.How).Zone != r.how.Zone {
		return false
	}
	for i := range was.Problems {
		if x := &was.Problems[i]; x.Kind != analysis.ProblemNoTime || !strings.Contains(x.Detail, noOwnTime) {
			return false // what a reader noticed, and where, is not known
		}
	}
	// Stamps without a year get the one that brings them near the end of the
	// member, which has moved.
	return !d.NeedsYear() || was.Span.IsZero() || ref.Sub(was.Span.From) < 300*24*time.Hour && was.Span.To.Sub(ref) < 50*24*time.Hour
}

// compare decides about the next bytes of the member: skip says that they are
// not to be read again.
func (f *fate) compare(offset int64, data []byte, last bool) (skip bool, err error) {
	if f.prior == nil || !f.equal {
		return false, nil
	}
	size, end := f.prior.Size(), offset+int64(len(data))
	if offset >= size {
		return false, f.stop(offset)
	}
	equal, ends, err := f.prior.Equal(offset, data)
	if err != nil || !equal {
		f.equal = false
		return false, f.stop(offset)
	}
	if end >= size {
		f.whole = true
	}
	f.within = last && end <= size
	if f.within && !f.whole && !f.sent {
		return true, nil
	}
	if f.taking && ends {
		f.until = end
		return true, nil
	}
	return false, f.stop(offset)
}

// stop ends the taking over before offset.
func (f *fate) stop(offset int64) (err error) {
	if f.taking {
		f.taking, f.until = false, offset
		if offset > 0 {
			f.part, err = f.prior.Until(offset)
		}
	}
	return err
}

// instead returns the prior whose records are read again.
func (f *fate) instead() *index.Prior {
	if f.prior != nil && !f.taking {
		return f.prior
	}
	return nil
}

// sources are the members of a bundle by their content. There may be a million
// of them.
type sources struct {
	list   []source
	by     map[[sha256.Size]byte]ends
	traits map[traits]*traits // each once
}

// source is a member as others may be duplicates of it.
type source struct {
	path string
	*traits
	next int32 // the next one with the same bytes; 0 for none
}

// traits are what members have in common.
type traits struct {
	resource analysis.Resource
	kind     analysis.MemberKind
	format   string
	dialect  string
	encoding string
}

// ends are the first and the last source with the same bytes: indexes into
// sources.list.
type ends struct{ first, last int32 }

func newSources() *sources {
	return &sources{by: map[[sha256.Size]byte]ends{}, traits: map[traits]*traits{}}
}

// digest returns the hash that a row writes in hex.
func digest(m *analysis.Member) (d [sha256.Size]byte) {
	if len(m.SHA256) == 2*len(d) {
		_, _ = hex.Decode(d[:], []byte(m.SHA256)) // our own rows
	}
	return d
}

// find returns the first member with the bytes of m that does not speak for
// something else, or nil.
func (s *sources) find(m *analysis.Member) *source {
	e, ok := s.by[digest(m)]
	for at := e.first; ok; at = s.list[at].next {
		if agree(s.list[at].resource, m.Resource) {
			return &s.list[at]
		}
		ok = at != e.last
	}
	return nil
}

func (s *sources) add(m *analysis.Member, dialect string) {
	t := traits{m.Resource, m.Kind, m.Format, dialect, m.Encoding}
	if s.traits[t] == nil {
		s.traits[t] = &t
	}
	at := int32(len(s.list))
	s.list = append(s.list, source{path: m.Path, traits: s.traits[t]})
	d := digest(m)
	e, ok := s.by[d]
	if ok {
		s.list[e.last].next = at
	} else {
		e.first = at
	}
	e.last = at
	s.by[d] = e
}

// describe fills in the row of a copy.
func (s *source) describe(row *analysis.Member) {
	if s.format != "" {
		row.Kind, row.Format, row.Encoding, row.Detail = s.kind, s.format, s.encoding, join(row.Detail, s.dialect)
	}
}
