package index

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"faultline/analysis"
	"faultline/analysis/pattern"
	"faultline/index/search"
)

// textFolder is the folder of the ranked text index within a case.
const textFolder = "text"

// ranked is the open text index of a case. It is derived: whatever is wrong
// with it, it is built again from what the case contains.
type ranked struct {
	mu    sync.Mutex
	index *search.Index
	key   string
}

// Find returns the n patterns, runs, members and causes whose text resembles
// text most, best first.
func (c *Case) Find(ctx context.Context, text string, n int) ([]Match, error) {
	v, err := c.view()
	if err != nil {
		return nil, err
	}
	if n <= 0 {
		n = 20
	}
	if len(v.patterns)+len(v.runs)+len(v.members) == 0 {
		return nil, nil
	}
	// An entry can be gone from the case while the index still has it.
	x, err := c.text(ctx, v)
	if err != nil {
		return nil, err
	}
	hits, err := x.Find(ctx, text, n)
	if err != nil {
		return nil, err
	}
	out := make([]Match, 0, len(hits))
	for _, h := range hits {
		if title, ok := v.title(h.Kind, h.ID); ok {
			out = append(out, Match{Kind: h.Kind, ID: h.ID, Title: title, Score: h.Score})
		}
	}
	return out, nil
}

// text returns the text index that fits v, building it where it is missing,
// damaged or of another state of the case.
func (c *Case) text(ctx context.Context, v *view) (*search.Index, error) {
	r := &c.ranked
	r.mu.Lock()
	defer r.mu.Unlock()
	key := v.textKey()
	if r.index != nil && r.key == key {
		return r.index, nil
	}
	if r.index != nil {
		err := r.index.Close()
		r.index = nil
		if err != nil {
			return nil, fmt.Errorf("close text index: %w", err)
		}
	}
	dir := filepath.Join(c.dir, textFolder)
	x, err := search.Open(dir, key)
	switch {
	case err == nil:
	case c.readOnly:
		if x, err = search.Memory(ctx, v.documents()); err != nil {
			return nil, err
		}
	default:
		if errors.Is(err, search.ErrDamaged) {
			// Kept for whoever wants to know why; never opened again.
			bad := fmt.Sprintf("%s.bad-%s", dir, c.now().Format("20060102T150405.000"))
			if err := os.Rename(dir, bad); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("put damaged text index aside: %w", err)
			}
		} else if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, search.ErrStale) {
			return nil, err
		}
		if err := search.Build(ctx, dir, key, v.documents()); err != nil {
			return nil, err
		}
		if x, err = search.Open(dir, key); err != nil {
			return nil, err
		}
	}
	r.index, r.key = x, key
	return x, nil
}

// close closes the index, if it is open.
func (r *ranked) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.index == nil {
		return nil
	}
	err := r.index.Close()
	r.index = nil
	return err
}

// textKey names the state of the case that the index was built from.
func (v *view) textKey() string {
	return fmt.Sprintf("%d mining %d patterns %d causes %s", v.in.generation, pattern.Version, len(v.patternIDs), strings.Join(v.causes(), " "))
}

// causes returns the IDs of the causes that patterns are labelled with.
func (v *view) causes() []string {
	set := map[string]bool{}
	for i := range v.patterns {
		if id := v.patterns[i].Cause; id != "" {
			set[id] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// maxDocuments bounds how many runs and members, each, can be found by their
// text: more than anybody reads, few enough to be indexed in a second.
const maxDocuments = 20000

// documents yields what can be found by its text.
func (v *view) documents() iter.Seq[search.Document] {
	return func(yield func(search.Document) bool) {
		for i := range v.patterns {
			if !yield(search.Document{Kind: "pattern", ID: v.patterns[i].ID, Text: v.patterns[i].Template}) {
				return
			}
		}
		for _, id := range v.causes() {
			if !yield(search.Document{Kind: "cause", ID: id, Text: id}) {
				return
			}
		}
		for i := range v.runs[:min(len(v.runs), maxDocuments)] {
			r := &v.runs[i]
			if !yield(search.Document{Kind: "run", ID: r.ID, Text: strings.Join([]string{runTitle(r), r.Stated, r.Branch, r.Runner, r.Message}, "\n")}) {
				return
			}
		}
		n := 0
		for i := range v.members {
			if v.members[i].Records == 0 {
				continue
			}
			if n++; n > maxDocuments || !yield(search.Document{Kind: "source", ID: v.members[i].Path, Text: v.members[i].Path}) {
				return
			}
		}
	}
}

func runTitle(r *analysis.Run) string {
	title := r.Pipeline
	if r.Job != "" {
		if title != "" {
			title += " / "
		}
		title += r.Job
	}
	if title == "" {
		title = r.ID
	}
	return title
}

// title returns what a found document is called now; false when the case has
// it no more.
func (v *view) title(kind, id string) (string, bool) {
	switch kind {
	case "pattern":
		i, ok := v.byID[id]
		if !ok {
			return "", false
		}
		return v.patterns[i].Template, true
	case "run":
		i := slices.IndexFunc(v.runs, func(r analysis.Run) bool { return r.ID == id })
		if i < 0 {
			return "", false
		}
		return runTitle(&v.runs[i]), true
	case "source":
		return id, len(v.paths[id]) > 0
	}
	return id, slices.Contains(v.causes(), id)
}
