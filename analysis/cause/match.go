package cause

import "slices"

// maxText is how much of a text is looked at, bytes: longer ones are judged by
// their beginning and their end.
const maxText = 8 << 10

// Hit is a signature found in a text.
type Hit struct {
	Cause *Cause
	Sig   *Signature
	Start int // where in the text the match stands
	End   int
}

// matcher gates signatures by the literals that they need.
type matcher struct {
	sigs []*Signature
	auto *automaton
	of   [][]int32 // signatures that a literal opens, by literal
}

func newMatcher(sigs []*Signature) *matcher {
	m := &matcher{sigs: sigs}
	ids := map[string]int{}
	var words []string
	for i, s := range sigs {
		for g, set := range s.literals {
			var gate []int32
			for _, w := range set {
				id, ok := ids[w]
				if !ok {
					id = len(words)
					ids[w] = id
					words = append(words, w)
					m.of = append(m.of, nil)
				}
				gate = append(gate, int32(id))
				if g == 0 && !slices.Contains(m.of[id], int32(i)) {
					m.of[id] = append(m.of[id], int32(i))
				}
			}
			s.gates = append(s.gates, gate)
		}
	}
	m.auto = newAutomaton(words)
	return m
}

// candidates returns the signatures all of whose gates stand open in text, in
// order.
func (m *matcher) candidates(text string) []int32 {
	var out []int32
	var seen []uint64
	m.auto.find(text, func(w int32) {
		if seen == nil {
			seen = make([]uint64, (m.auto.n+63)/64)
		}
		if seen[w/64]&(1<<(w%64)) != 0 {
			return
		}
		seen[w/64] |= 1 << (w % 64)
		out = append(out, m.of[w]...)
	})
	slices.Sort(out)
	out = slices.Compact(out)
	keep := out[:0]
	for _, i := range out {
		if m.sigs[i].open(seen) {
			keep = append(keep, i)
		}
	}
	return keep
}

// open reports whether each gate has a word that was seen.
func (s *Signature) open(seen []uint64) bool {
	for _, gate := range s.gates {
		if !slices.ContainsFunc(gate, func(w int32) bool { return seen[w/64]&(1<<(w%64)) != 0 }) {
			return false
		}
	}
	return true
}

// clip shortens a long text to its beginning and end.
func clip(text string) string {
	if len(text) <= maxText {
		return text
	}
	return text[:maxText/2] + "\n" + text[len(text)-maxText/2:]
}

// NoiseOf returns the noise that the text is, if any.
func (c *Catalogue) NoiseOf(it *Item) (*Noise, bool) {
	text := spoken(clip(it.Text))
	for _, i := range c.match.candidates(text) {
		if s := c.match.sigs[i]; s.noise != nil && s.holds(it) && s.re.MatchString(text) {
			return s.noise, true
		}
	}
	return nil, false
}

// Match returns the causes whose signatures stand in the text: one hit per
// cause, its strongest signature, the first of equals. A text that is noise has
// none. The order is that of the catalogue.
func (c *Catalogue) Match(it *Item) []Hit {
	hits, _ := c.find(it)
	return hits
}

// find is Match that also tells which noise a text without hits is.
func (c *Catalogue) find(it *Item) ([]Hit, *Noise) {
	text := spoken(clip(it.Text))
	var hits []Hit
	for _, i := range c.match.candidates(text) {
		s := c.match.sigs[i]
		if !s.holds(it) {
			continue
		}
		at := s.re.FindStringIndex(text)
		if at == nil {
			continue
		}
		if s.noise != nil {
			return nil, s.noise
		}
		if n := len(hits); n > 0 && hits[n-1].Cause == s.cause {
			if s.Strength.Rank() > hits[n-1].Sig.Strength.Rank() {
				hits[n-1] = Hit{s.cause, s, at[0], at[1]}
			}
			continue
		}
		if s.cause.vetoed(text) {
			continue
		}
		hits = append(hits, Hit{s.cause, s, at[0], at[1]})
	}
	return hits, nil
}

func (s *Signature) holds(it *Item) bool {
	for i := range s.where {
		if !s.where[i].holds(it) {
			return false
		}
	}
	return true
}

func (x *Cause) vetoed(text string) bool {
	for _, re := range x.not {
		if re.MatchString(text) {
			return true
		}
	}
	return false
}

// Candidate reports whether a text holds a literal that some signature needs:
// only then can Match find anything in it or in texts like it.
func (c *Catalogue) Candidate(text string) bool { return len(c.match.candidates(clip(text))) > 0 }
