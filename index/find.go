package index

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"faultline/analysis"
	"faultline/index/search"
)

// textFolder is the folder of the ranked text index within a case.
const textFolder = "text"

// Match is one result of Find: something of a case whose text resembles what
// was asked for.
type Match struct {
	Kind    string          `json:"kind"`  // "cause", "pattern", "run", "episode", "source" or "text", a block of free text
	ID      string          `json:"id"`    // cause ID, pattern ID, run ID, member path; of an episode what Describe was told; of a text its origin
	Title   string          `json:"title"` // what it is called
	Snippet string          `json:"snippet,omitempty"`
	Marks   []search.Span   `json:"marks,omitempty"`   // the stretches of Snippet that were asked for
	Score   float64         `json:"score"`             // by BM25; comparable within one answer
	Filter  analysis.Filter `json:"filter"`            // shows its records
	Records int64           `json:"records,omitempty"` // of a pattern or member, how many it has
	Cases   []int           `json:"cases"`             // which of the cases asked have it, ascending; the rest is of the first
	More    int             `json:"more,omitempty"`    // further episodes of the same, or runs that ended in the same way
}

// Found is the answer of Find.
type Found struct {
	Matches []Match        `json:"matches"`
	Left    map[string]int `json:"left,omitempty"` // by kind: how many there are too many to be looked at
}

// quiet is what the score of a pattern is worth that does not tell of a failure:
// who searches is after one.
const quiet = 0.85

// snippetSize is how much of a text is shown, bytes.
const snippetSize = 160

// Find returns the n causes, patterns, runs, episodes, members and blocks of
// free text that resemble text most, best first. Causes and episodes are found
// once Describe has told of them.
func (c *Case) Find(ctx context.Context, text string, n int) (Found, error) {
	return FindAcross(ctx, text, n, c)
}

// FindAcross searches several cases as one: a match has the score that it would
// have if all were one case. Patterns and causes that several cases have are
// one match.
func FindAcross(ctx context.Context, text string, n int, cases ...*Case) (Found, error) {
	if n <= 0 {
		n = 20
	}
	found, err := findAcross(ctx, text, n, cases)
	if errors.Is(err, search.ErrDamaged) {
		// Something happened to an index since it was opened. Opening it again
		// finds which one, and builds that anew.
		for _, c := range cases {
			if err := c.ranked.drop(); err != nil {
				return found, err
			}
		}
		found, err = findAcross(ctx, text, n, cases)
	}
	return found, err
}

func findAcross(ctx context.Context, text string, n int, cases []*Case) (Found, error) {
	var found Found
	views := make([]*view, len(cases))
	indexes := make([]*search.Index, len(cases))
	held := map[*Case]int{}
	for i, c := range cases {
		if first, ok := held[c]; ok { // twice the same case
			views[i], indexes[i] = views[first], indexes[first]
			continue
		}
		held[c] = i
		v, err := c.view()
		if err != nil {
			return found, err
		}
		x, release, err := c.text(ctx, v)
		if err != nil {
			return found, err
		}
		defer release()
		views[i], indexes[i] = v, x
		for kind, n := range v.tooMany(c.descriptions(v)) {
			if found.Left == nil {
				found.Left = map[string]int{}
			}
			found.Left[kind] += n
		}
	}
	// Several of the hits may become one match.
	hits, marker, err := search.Find(ctx, text, 3*n+20, indexes...)
	if err != nil {
		return found, err
	}
	at := map[string]int{} // places in found.Matches, by what is shown once
	for _, h := range hits {
		m, once, ok := views[h.Index].match(cases[h.Index], &h, marker)
		if !ok {
			continue // gone from the case while the index still has it
		}
		if k, ok := at[once]; ok && once != "" {
			first := &found.Matches[k]
			if m.Kind == "episode" || m.Kind == "run" {
				first.More++
			} else if !slices.Contains(first.Cases, h.Index) {
				first.Cases = append(first.Cases, h.Index)
				slices.Sort(first.Cases)
			}
			continue
		}
		at[once] = len(found.Matches)
		m.Cases = []int{h.Index}
		found.Matches = append(found.Matches, m)
	}
	slices.SortStableFunc(found.Matches, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Records, a.Records)) // else as search left them
	})
	found.Matches = found.Matches[:min(n, len(found.Matches))]
	return found, nil
}

// match makes a match of a hit. Those with an equal once, if it is not empty,
// are shown as one.
func (v *view) match(c *Case, h *search.Hit, marker *search.Marker) (m Match, once string, ok bool) {
	m = Match{Kind: h.Kind, ID: h.ID, Score: h.Score}
	text := ""
	switch h.Kind {
	case "pattern":
		i, ok := v.byID[h.ID]
		if !ok {
			return m, "", false
		}
		p := &v.patterns()[i]
		m.Title, m.Filter.Patterns, m.Records = p.Text(), []string{p.ID}, p.Count
		if p.State != analysis.PatternFailure {
			m.Score *= quiet
		}
		if d := c.description(v, h.Kind, h.ID); d != nil {
			text = d.Text
		}
		once = h.Kind + ":" + h.ID
	case "run":
		r := v.run(h.ID)
		if r == nil {
			return m, "", false
		}
		m.Title, m.Filter.Query, text = runTitle(r), "run:"+quoted(r.ID), runText(r)
		once = fmt.Sprintf("%s:%d:%s:%s:%s", h.Kind, h.Index, m.Title, r.Status, r.Message)
	case "source":
		if len(v.paths()[h.ID]) == 0 {
			return m, "", false
		}
		m.Title, m.Filter.Sources = h.ID, []string{h.ID}
		for _, i := range v.paths()[h.ID] {
			m.Records += v.members.At(int(i)).Records
		}
	case "text":
		b := v.freeText(h.ID)
		if b == nil {
			return m, "", false
		}
		path, _ := v.members.path(b.member)
		m.Title, m.Filter.Sources = path, []string{path}
		m.ID, text = v.passage(b, marker)
	default:
		d := c.description(v, h.Kind, h.ID)
		if d == nil {
			return m, "", false
		}
		m.Title, m.Filter, text = d.Title, d.Filter, d.Text
		if once = h.Kind + ":" + h.ID; h.Kind == "episode" {
			once = fmt.Sprintf("%s:%d:%s", h.Kind, h.Index, d.Of)
		}
	}
	m.Snippet, m.Marks = marker.Snippet(m.Title, snippetSize)
	if text == "" {
		return m, once, true
	}
	if s, marks := marker.Snippet(text, snippetSize); length(marks) > length(m.Marks) {
		m.Snippet, m.Marks = s, marks
	}
	return m, once, true
}

func length(marks []search.Span) (n int) {
	for _, s := range marks {
		n += s.To - s.From
	}
	return n
}

func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

// run returns a run by its ID, nil when there is none.
func (v *view) run(id string) *analysis.Run {
	if i := slices.IndexFunc(v.runs, func(r analysis.Run) bool { return r.ID == id }); i >= 0 {
		return &v.runs[i]
	}
	return nil
}

// ranked is the open text index of a case. It is derived: whatever is wrong
// with it, it is built again from what the case contains.
type ranked struct {
	mu     sync.Mutex
	now    *openText // nil when none is open
	closed bool
}

// openText is a text index that is closed when it is no longer the case's and
// nobody searches it.
type openText struct {
	*search.Index
	key   string
	users int
}

// text returns the text index that fits v, building it where it is missing,
// damaged or of another state of the case. It stays open until release.
func (c *Case) text(ctx context.Context, v *view) (x *search.Index, release func(), err error) {
	d := c.descriptions(v)
	key := v.textKey(d)
	r := &c.ranked
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, nil, ErrClosed
	}
	if r.now == nil || r.now.key != key {
		if err := r.retire(); err != nil {
			return nil, nil, fmt.Errorf("close text index: %w", err)
		}
		x, err := c.openText(ctx, v, d, key)
		if err != nil {
			return nil, nil, err
		}
		r.now = &openText{Index: x, key: key}
	}
	t := r.now
	t.users++
	return t.Index, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if t.users--; t.users == 0 && t != r.now {
			_ = t.Close() // it was only read
		}
	}, nil
}

// openText opens the stored text index, or builds it: in memory where it cannot
// be stored, because the case is read only, the disk is full, or whatever else.
func (c *Case) openText(ctx context.Context, v *view, d *descriptions, key string) (*search.Index, error) {
	dir := filepath.Join(c.dir, textFolder)
	x, err := search.Open(dir, key)
	if err == nil {
		return x, nil
	}
	if errors.Is(err, search.ErrDamaged) && !c.readOnly {
		// Kept for whoever wants to know why; never opened again.
		bad := dir + asideExt
		for n := 2; exists(bad); n++ {
			bad = fmt.Sprintf("%s-%d%s", dir, n, asideExt)
		}
		if err = os.Rename(dir, bad); err == nil {
			c.note(textFolder, "the text index is not what was built; it was built again and nothing is lost")
		}
	}
	if !c.readOnly && (err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, search.ErrStale)) {
		if err = search.Build(ctx, dir, key, v.documents(d)); err == nil {
			x, err = search.Open(dir, key)
		}
		if err == nil || ctx.Err() != nil {
			return x, err
		}
	}
	return search.Memory(ctx, v.documents(d))
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// retire closes the index once nobody searches it.
func (r *ranked) retire() error {
	t := r.now
	r.now = nil
	if t == nil || t.users > 0 {
		return nil
	}
	return t.Close()
}

// drop makes the next search open the index again.
func (r *ranked) drop() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.retire()
}

// close closes the index for good.
func (r *ranked) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	return r.retire()
}
