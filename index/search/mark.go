package search

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Marker knows what a query was taken to ask for.
type Marker struct {
	p *plan
}

// Span is a stretch of a text, in bytes.
type Span struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// Marks returns the stretches of text that were asked for, in order and apart
// from each other.
func (m *Marker) Marks(text string) []Span {
	if m == nil {
		return nil
	}
	type place struct {
		Span
		terms []int // of the plan
	}
	var places []place
	seen := 0 // position of the last of places
	for _, t := range new(analyzer).Analyze([]byte(text)) {
		i := slices.Index(m.p.terms, string(t.Term))
		for seen < t.Position {
			places = append(places, place{})
			seen++
		}
		if i >= 0 {
			p := &places[t.Position-1]
			p.terms = append(p.terms, i)
			p.From, p.To = t.Start, max(p.To, t.End)
		}
	}
	var marks []Span
	for at := range places {
		for i := range m.p.alts {
			a := &m.p.alts[i]
			if len(a.terms) == 1 && a.to == a.from+1 && fillers[m.p.atoms[a.from].word] && len(m.p.atoms) > 1 {
				continue
			}
			whole := at+len(a.terms) <= len(places)
			for k := 0; whole && k < len(a.terms); k++ {
				whole = slices.Contains(places[at+k].terms, a.terms[k])
			}
			if whole {
				marks = append(marks, Span{places[at].From, max(places[at].To, places[at+len(a.terms)-1].To)})
			}
		}
	}
	return merge(text, marks)
}

// merge puts marks in order and joins those with nothing but a blank between.
func merge(text string, marks []Span) []Span {
	slices.SortFunc(marks, func(a, b Span) int {
		if a.From != b.From {
			return a.From - b.From
		}
		return a.To - b.To
	})
	var out []Span
	for _, m := range marks {
		if n := len(out); n > 0 && (m.From <= out[n-1].To || strings.TrimSpace(text[out[n-1].To:m.From]) == "") {
			out[n-1].To = max(out[n-1].To, m.To)
			continue
		}
		out = append(out, m)
	}
	return out
}

// Snippet returns the part of text, of at most n bytes and without ends of
// lines, that holds most of what was asked for, and the marks in it.
func (m *Marker) Snippet(text string, n int) (string, []Span) {
	text = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' {
			return ' '
		}
		return r
	}, text)
	marks := m.Marks(text)
	if len(text) <= n {
		return text, marks
	}
	from := 0
	if len(marks) > 0 {
		best := 0
		for i := range marks { // the window that begins at a mark and holds most
			held := 0
			for _, k := range marks[i:] {
				if k.To <= marks[i].From+n*3/4 {
					held += k.To - k.From
				}
			}
			if held > best {
				best, from = held, max(0, marks[i].From-n/4)
			}
		}
	}
	from = min(from, len(text)-n)
	from, to := boundary(text, from), boundary(text, from+n)
	head, tail := "", ""
	if from > 0 {
		head = "…"
	}
	if to < len(text) {
		tail = "…"
	}
	var inside []Span
	for _, k := range marks {
		if k.From >= from && k.To <= to {
			inside = append(inside, Span{k.From - from + len(head), k.To - from + len(head)})
		}
	}
	return head + text[from:to] + tail, inside
}

// boundary returns the first place from i on, or just before, where a character
// begins: after a blank when one is near.
func boundary(text string, i int) int {
	if i <= 0 || i >= len(text) {
		return max(0, min(i, len(text)))
	}
	if k := strings.LastIndexByte(text[max(0, i-20):i], ' '); k >= 0 {
		return max(0, i-20) + k + 1
	}
	for i > 0 && !utf8.RuneStart(text[i]) {
		i--
	}
	return i
}
