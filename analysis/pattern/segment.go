package pattern

import (
	"slices"
	"strings"
)

// A segment is a stretch of a skeleton whose number of words may vary without
// making another pattern: the text in quotes or brackets, the value of a field,
// and what can stand behind a number to say it once more ("12 KB", "1190 bytes
// (1.16 KB)").
type segment struct {
	off  int // where it stood, in the skeleton without its segments
	text string
}

// enoughQuoted is how many different texts in one pair of quotes make them a
// variable.
const enoughQuoted = 3

// open returns the rows' skeletons, rewritten where segments vary while all
// else is equal: first what is said again behind numbers, then the other kinds
// one by one, where all else may differ in its own variables. The result depends
// on the set of skeletons only.
func (t *table) open() []string {
	texts := make([]string, len(t.rows))
	groups := map[string][]int32{}
	segs := make([][]segment, len(t.rows))
	stripped := make([]string, len(t.rows))
	sideBySide(len(t.rows), func(from, to int) {
		for r := from; r < to; r++ {
			texts[r] = canonical(t.rows[r].skeleton)
			stripped[r], segs[r] = strip(texts[r], behindNumbers)
		}
	})
	for r := range t.rows {
		if segs[r] != nil {
			groups[stripped[r]] = append(groups[stripped[r]], int32(r))
		}
	}
	for r, text := range texts {
		if g := groups[text]; g != nil && segs[r] == nil {
			groups[text] = append(g, int32(r))
		}
	}
	for stripped, g := range groups {
		if len(g) < 2 {
			continue
		}
		at := map[int][]string{}
		for _, r := range g {
			for _, s := range segs[r] {
				at[s.off] = append(at[s.off], s.text)
			}
		}
		to := map[int]string{}
		var varies [3]bool // units of time, of size
		for off, all := range at {
			if text, ok := together(distinctOf(all), len(all) < len(g)); ok {
				to[off] = text
				varies[unitOf(all[0])] = true
			}
		}
		for off, all := range at {
			// Where one unit varies, those of its kind that did not are no words either.
			if u := unitOf(all[0]); to[off] == "" && u > 0 && varies[u] {
				to[off] = ""
			}
		}
		for _, r := range g {
			texts[r] = fillIn(stripped, segs[r], to)
		}
	}
	t.openEach(texts, segs, inQuotes)
	t.openEach(texts, segs, inBrackets)
	t.openEach(texts, segs, inFields)
	t.openEach(texts, segs, inTails)
	return texts
}

// The kinds of segments.
const (
	behindNumbers = iota // what is said again
	inQuotes
	inBrackets
	inFields // behind "key="
	inTails  // behind "command:" and the like, to the end
)

// openEach makes variables of the segments of a kind that vary, among rows that
// are one template when the segments are empty.
func (t *table) openEach(texts []string, segs [][]segment, kind int) {
	empty := &table{names: t.names}
	empty.reserve()
	stripped := make([]string, len(texts))
	sideBySide(len(texts), func(from, to int) {
		for r := from; r < to; r++ {
			stripped[r], segs[r] = strip(texts[r], kind)
			if kind == inBrackets && constants(stripped[r]) < 2 {
				segs[r] = nil // all that is said stands in the brackets
			}
		}
	})
	for r := range texts {
		if len(segs[r]) > 0 {
			empty.add(stripped[r], int32(r), 1)
		}
	}
	for _, b := range empty.buckets {
		empty.merge(b)
		empty.generalise(b)
		for _, it := range b.items {
			if len(it.rows) < 2 {
				continue
			}
			for k := range segs[it.rows[0]] {
				all := make([]string, 0, len(it.rows))
				for _, r := range it.rows {
					all = append(all, segs[r][k].text)
				}
				if !isText(distinctOf(all), kind) {
					continue
				}
				for _, r := range it.rows {
					segs[r][k].text = "\x01x"
				}
			}
			for _, r := range it.rows {
				texts[r] = fillIn(stripped[r], segs[r], nil)
			}
		}
	}
}

// distinctOf sorts texts and drops those that are there already.
func distinctOf(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}

// isText reports whether the different texts of one pair of quotes or brackets
// are enough for a variable, and of different numbers of words: else they are
// compared word by word. Brackets that are empty in one record hold a list.
func isText(all []string, kind int) bool {
	need := enoughQuoted
	if kind == inBrackets {
		if len(all) > 1 && strings.TrimSpace(all[0]) == "" {
			return len(all[1]) > 1 // else a box that is ticked or not
		}
		if !strings.ContainsAny(all[0], ",=:") {
			need = 5
		}
	}
	if kind == inTails {
		return len(all) > 1
	}
	if kind == inFields {
		return len(all) > 1 && slices.ContainsFunc(all, func(a string) bool { return a == "" || strings.Contains(a, " ") })
	}
	if len(all) < need {
		return false
	}
	for _, a := range all[1:] {
		if strings.Count(a, " ") != strings.Count(all[0], " ") || (a == "") != (all[0] == "") {
			return true
		}
	}
	return false
}

// together returns what to write for a segment behind a number with the given
// different texts; false to leave each as it is.
func together(all []string, missing bool) (string, bool) {
	if len(all) < 2 && !missing {
		return "", false
	}
	if missing {
		return "", true
	}
	first, _, _ := strings.Cut(all[0][1:], " ")
	more := false
	for _, a := range all {
		u, rest, _ := strings.Cut(a[1:], " ")
		if u != first {
			return "", true
		}
		more = more || rest != ""
	}
	if more {
		return " " + first + " \x01x", true
	}
	return "", true
}

// unitOf tells what a segment behind a number is a unit of: 1 time, 2 size; 0
// when it says more.
func unitOf(segment string) int { return unit([]byte(segment[1:])) }

// fillIn writes segments back into a stripped skeleton, those in to as given
// there.
func fillIn(stripped string, segs []segment, to map[int]string) string {
	var b strings.Builder
	last := 0
	offs := make([]int, 0, len(segs)+len(to))
	own := map[int]string{}
	for _, s := range segs {
		own[s.off] = s.text
		offs = append(offs, s.off)
	}
	for off := range to {
		offs = append(offs, off)
	}
	slices.Sort(offs)
	for _, off := range slices.Compact(offs) {
		b.WriteString(stripped[last:off])
		last = off
		if text, ok := to[off]; ok {
			b.WriteString(text)
		} else {
			b.WriteString(own[off])
		}
	}
	b.WriteString(stripped[last:])
	return b.String()
}
