package pattern

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// MaxSingles is how many shapes of one record each 1 MiB of a log may have. A
// log that recurs stays far below; above it is free text, which would only fill
// the table of shapes.
const MaxSingles = 2500

// Shape is one skeleton and how many records have it.
type Shape struct {
	ID       uint64 // Lexer.Shape's hash
	Skeleton string // Lexer.Skeleton's text
	Count    int64
}

// Options are what mining is told beside the shapes.
type Options struct {
	Names []string // nodes, pods, namespaces, hosts that the bundle lists: variables
}

// Template is a message with its variable parts replaced by "<*>".
type Template struct {
	ID    string   // content hash of Version, Text and At, 16 hex digits
	Text  string   // variables are "<*>"
	At    string   // of a stack trace the program's own frames, " < " between callee and caller
	Kinds []string // kind of each variable: "number", "ip", ..., "text"
	Said  string   // Text with the words that all its messages have in place of variables, empty where there are none

	// The innermost clause of a text that quotes the errors it stems from, as a
	// template of its own, and its ID: components that tell of one failure
	// share it. Empty where there is one clause only.
	Inner, InnerID string
}

// Result is what Mine returns.
type Result struct {
	Patterns []Template // sorted by Text, then At
	Of       []int32    // index into Patterns of each shape given, in the order given
}

// Mine makes templates of shapes. It is a pure function of the multiset of
// shapes: any order gives the same templates and IDs.
func Mine(shapes []Shape, o Options) Result {
	rows, of := distinct(shapes)
	clauses := make(chan []string, 1)
	go func() { clauses <- o.clauses(rows) }()
	t := newTable(o)
	t.rows = rows[:min(len(rows), maxRows)]
	texts := append(t.mine(), make([]string, len(rows)-len(t.rows))...)
	t.rest(rows[len(t.rows):], texts[len(t.rows):])

	r := Result{Of: make([]int32, len(shapes))}
	type place struct{ text, at string }
	at := make(map[place]int32)
	for i, row := range of {
		_, frames := cutSigned(shapes[i].Skeleton)
		p := place{texts[row], frames}
		if _, ok := at[p]; !ok {
			at[p] = 0
			r.Patterns = append(r.Patterns, Template{ID: templateID(p.text, p.at), Text: p.text, At: p.at})
		}
	}
	slices.SortFunc(r.Patterns, func(x, y Template) int { return cmp.Or(cmp.Compare(x.Text, y.Text), cmp.Compare(x.At, y.At)) })
	for i, p := range r.Patterns {
		at[place{p.Text, p.At}] = int32(i)
	}
	// The kinds are those of the most frequent skeleton of a pattern.
	best := make(map[string]int32, len(r.Patterns))
	for row := range rows {
		if b, ok := best[texts[row]]; !ok || row >= maxRows && rows[row].compare(&rows[b]) < 0 {
			best[texts[row]] = int32(row)
		}
	}
	said := agreed{}
	for i := range r.Patterns {
		p := &r.Patterns[i]
		values := valuesOf(p.Text, rows[best[p.Text]].skeleton)
		p.Kinds = kinds(values)
		said.begin(p.Text, values)
	}
	for row := range rows {
		said.add(texts[row], rows[row].skeleton)
	}
	for i := range r.Patterns {
		r.Patterns[i].Said = said.fill(r.Patterns[i].Text)
	}
	for i, row := range of {
		_, frames := cutSigned(shapes[i].Skeleton)
		r.Of[i] = at[place{texts[row], frames}]
	}
	r.inner(<-clauses, rows, of)
	return r
}

// maxRows bounds the distinct skeletons that are compared with each other. The
// most frequent are; the others find their template among those.
const maxRows = 1 << 16

// distinct returns the distinct skeletons without frames, the most frequent first as far as
// they are compared, and for each shape which it has. Of equally frequent ones
// the hash decides, so that those compared are a fair choice.
func distinct(shapes []Shape) (rows []row, of []int32) {
	of = make([]int32, len(shapes))
	at := make(map[uint64]int32, len(shapes))
	rows = make([]row, 0, len(shapes))
next:
	for i := range shapes {
		skeleton, _ := cutSigned(shapes[i].Skeleton)
		hash := Hash([]byte(skeleton))
		for h := hash; ; h++ {
			r, ok := at[h]
			if ok && rows[r].skeleton != skeleton {
				continue
			}
			if !ok {
				r = int32(len(rows))
				at[h] = r
				rows = append(rows, row{skeleton: skeleton, hash: hash})
			}
			rows[r].count += shapes[i].Count
			of[i] = r
			continue next
		}
	}
	rank := make([]int32, len(rows))
	for i := range rank {
		rank[i] = int32(i)
	}
	order := func(x, y int32) int { return rows[x].compare(&rows[y]) }
	choose(rank, maxRows, order)
	slices.SortFunc(rank[:min(len(rank), maxRows)], order)
	sorted := make([]row, len(rows))
	to := make([]int32, len(rows))
	for i, r := range rank {
		sorted[i] = rows[r]
		to[r] = int32(i)
	}
	for i := range of {
		of[i] = to[of[i]]
	}
	return sorted, of
}

// choose puts the n least of a in front.
func choose(a []int32, n int, compare func(x, y int32) int) {
	for len(a) > n && n > 0 {
		pivot := a[len(a)/2]
		i, j := 0, len(a)-1
		for i <= j {
			for compare(a[i], pivot) < 0 {
				i++
			}
			for compare(pivot, a[j]) < 0 {
				j--
			}
			if i <= j {
				a[i], a[j] = a[j], a[i]
				i++
				j--
			}
		}
		switch {
		case n <= j+1:
			a = a[:j+1]
		case n > i:
			a, n = a[i:], n-i
		default:
			return
		}
	}
}

// compare orders rows by their frequency.
func (r *row) compare(o *row) int {
	if r.count != o.count {
		return cmp.Compare(o.count, r.count)
	}
	if r.hash != o.hash {
		return cmp.Compare(r.hash, o.hash)
	}
	return strings.Compare(r.skeleton, o.skeleton)
}

// ID returns the ID of the pattern with the given template, of messages without
// a stack trace.
func ID(template string) string { return templateID(template, "") }

func templateID(text, at string) string {
	if at != "" {
		text += "\n" + at
	}
	sum := sha256.Sum256([]byte("pattern " + strconv.Itoa(Version) + "\n" + text))
	return hex.EncodeToString(sum[:8])
}

// hole is how a variable is written in a template.
const hole = "<*>"
