package pattern

import (
	"crypto/sha256"
	"encoding/hex"
	"sort"
	"strconv"
)

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
	ID    string   // content hash of Version and Text, 16 hex digits
	Text  string   // variables are "<*>"
	Kinds []string // kind of each variable: "number", "ip", ..., "text"
}

// Result is what Mine returns.
type Result struct {
	Patterns []Template // sorted by Text
	Of       []int32    // index into Patterns of each shape given, in the order given
}

// Mine makes templates of shapes. It is a pure function of the multiset of
// shapes: any order gives the same templates and IDs.
func Mine(shapes []Shape, o Options) Result {
	t := newTable(o)
	rows := make([]int32, len(shapes))
	for i, s := range shapes {
		rows[i] = t.add(s.Skeleton, s.Count)
	}
	texts := t.mine()

	r := Result{Of: make([]int32, len(shapes))}
	at := make(map[string]int32)
	for _, text := range texts {
		if _, ok := at[text]; !ok {
			at[text] = 0
			r.Patterns = append(r.Patterns, Template{ID: ID(text), Text: text})
		}
	}
	sort.Slice(r.Patterns, func(i, j int) bool { return r.Patterns[i].Text < r.Patterns[j].Text })
	for i, p := range r.Patterns {
		at[p.Text] = int32(i)
	}
	// The kinds are those of the most frequent skeleton of a pattern.
	best := make([]int32, len(r.Patterns))
	for i := range best {
		best[i] = -1
	}
	for row := range t.rows {
		p := at[texts[row]]
		if b := best[p]; b < 0 || t.rows[row].before(&t.rows[b]) {
			best[p] = int32(row)
		}
	}
	for i := range r.Patterns {
		r.Patterns[i].Kinds = kinds(r.Patterns[i].Text, t.rows[best[i]].skeleton)
	}
	for i, row := range rows {
		r.Of[i] = at[texts[row]]
	}
	return r
}

// ID returns the ID of the pattern with the given template.
func ID(template string) string {
	sum := sha256.Sum256([]byte("pattern " + strconv.Itoa(Version) + "\n" + template))
	return hex.EncodeToString(sum[:8])
}

// hole is how a variable is written in a template.
const hole = "<*>"
