package format

import (
	"math"
	"strconv"
	"time"

	"faultline/analysis"
)

// tree is a parsed JSON value or YAML document: nodes in one slice that is
// reused from item to item. Texts point into the input where they can.
type tree struct {
	nodes []treeNode
	src   []byte
}

type treeKind uint8

const (
	treeNull treeKind = iota
	treeText          // a string, or a plain YAML scalar
	treeBare          // a JSON number, true or false
	treeMap
	treeList
)

type treeNode struct {
	kind        treeKind
	key, text   []byte
	at, end     int32 // where the value stands in the input
	first, next int32 // child and sibling, 0 for none (node 0 is a root)
}

func (t *tree) reset(src []byte) {
	t.nodes = t.nodes[:0]
	t.src = src
}

func (t *tree) add(n treeNode) int32 {
	t.nodes = append(t.nodes, n)
	return int32(len(t.nodes) - 1)
}

// value is a node of a tree, or nothing (zero value): all questions to nothing
// have empty answers, so that paths need no checks.
type value struct {
	t *tree
	i int32
}

func (t *tree) root() value { return value{t, 0} }

func (v value) node() *treeNode {
	if v.t == nil || int(v.i) >= len(v.t.nodes) {
		return &treeNode{}
	}
	return &v.t.nodes[v.i]
}

// ok reports whether the value is there and not null.
func (v value) ok() bool { return v.t != nil && v.node().kind != treeNull }

func (v value) isMap() bool  { return v.node().kind == treeMap }
func (v value) isList() bool { return v.node().kind == treeList }
func (v value) isScalar() bool {
	k := v.node().kind
	return k == treeText || k == treeBare
}

// get follows map keys.
func (v value) get(path ...string) value {
	for _, key := range path {
		n := v.node()
		if n.kind != treeMap {
			return value{}
		}
		next := value{}
		for c := n.first; c != 0; c = v.t.nodes[c].next {
			if string(v.t.nodes[c].key) == key {
				next = value{v.t, c}
				break
			}
		}
		if next.t == nil {
			return value{}
		}
		v = next
	}
	return v
}

// each yields the elements of a list or the values of a map.
func (v value) each(yield func(c value) bool) {
	n := v.node()
	if n.kind != treeMap && n.kind != treeList {
		return
	}
	for c := n.first; c != 0; c = v.t.nodes[c].next {
		if !yield(value{v.t, c}) {
			return
		}
	}
}

func (v value) count() int {
	n := 0
	for range v.each {
		n++
	}
	return n
}

func (v value) key() string { return string(v.node().key) }

// str returns a scalar's text, "" for anything else.
func (v value) str() string {
	if v.isScalar() {
		return string(v.node().text)
	}
	return ""
}

func (v value) is(s string) bool { return v.isScalar() && string(v.node().text) == s }

// int returns a whole number, 0 when it is none.
func (v value) int() int64 {
	s := v.str()
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(f) < 1<<53 {
		return int64(f)
	}
	return 0
}

// time returns a scalar's time in UTC; zero for null, for Go's zero time, and
// for what is no RFC 3339 stamp.
func (v value) time() time.Time {
	if !v.isScalar() || len(v.node().text) < len("2006-01-02T15:04:05Z") {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, v.str())
	if err != nil || t.Year() < 1971 || analysis.Nanos(t) == analysis.NoTime {
		return time.Time{}
	}
	return t.UTC()
}
