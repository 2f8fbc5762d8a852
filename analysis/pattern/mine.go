package pattern

import (
	"crypto/sha256"
	"encoding/hex"
	"sort"
	"strconv"
	"strings"
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
	r := Result{Of: make([]int32, len(shapes))}
	texts := make([]string, len(shapes))
	seen := map[string]int32{}
	for i, s := range shapes {
		texts[i] = render(s.Skeleton)
		if _, ok := seen[texts[i]]; !ok {
			seen[texts[i]] = 0
			r.Patterns = append(r.Patterns, Template{ID: ID(texts[i]), Text: texts[i]})
		}
	}
	sort.Slice(r.Patterns, func(i, j int) bool { return r.Patterns[i].Text < r.Patterns[j].Text })
	for i, t := range r.Patterns {
		seen[t.Text] = int32(i)
	}
	for i, t := range texts {
		r.Of[i] = seen[t]
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

func render(skeleton string) string {
	var b strings.Builder
	for i := 0; i < len(skeleton); i++ {
		if skeleton[i] == mark {
			b.WriteString(hole)
			i++
			continue
		}
		b.WriteByte(skeleton[i])
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
