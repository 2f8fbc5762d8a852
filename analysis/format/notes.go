package format

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"faultline/analysis"
)

// notes counts what a reader of documents noticed; safe for concurrent use.
type notes struct {
	mu     sync.Mutex
	counts map[note]int
}

type note struct{ kind, text string }

// add counts one more of text, which stands after a number: "items are ...".
func (n *notes) add(kind, text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.counts == nil {
		n.counts = map[note]int{}
	}
	n.counts[note{kind, text}]++
}

func (n *notes) problems() []analysis.Problem {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []analysis.Problem
	for k, c := range n.counts {
		out = append(out, analysis.Problem{Kind: k.kind, Detail: fmt.Sprintf("%d %s", c, k.text)})
	}
	slices.SortFunc(out, func(a, b analysis.Problem) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Detail, b.Detail))
	})
	return out
}
