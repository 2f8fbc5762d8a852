package index

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"strconv"
	"strings"

	"faultline/analysis"
	"faultline/analysis/pattern"
	"faultline/index/search"
)

// textVersion counts the changes of what documents say, and of how package
// search cuts them into words: an index of another version is built again.
const textVersion = 2

// textKey names the state of the case that the index was built from.
func (v *view) textKey(d *descriptions) string {
	described := "not"
	if d != nil {
		described = d.sum
	}
	return fmt.Sprintf("version %d data %d mining %d patterns %d described %s", textVersion, v.in.generation, pattern.Version, len(v.patternIDs), described)
}

// maxDocuments bounds how many runs and members, each, can be found by their
// text: more than anybody reads, few enough to be indexed in a second. Beyond
// it the answer says how many are left out.
const maxDocuments = 20000

// tooMany returns how many documents of each kind are left out.
func (v *view) tooMany(d *descriptions) map[string]int {
	left := map[string]int{"run": len(v.runs) - maxDocuments, "source": -maxDocuments}
	for _, m := range v.members.All() {
		if m.Records > 0 {
			left["source"]++
		}
	}
	if d != nil {
		left["episode"] = d.Left
	}
	maps.DeleteFunc(left, func(_ string, n int) bool { return n <= 0 })
	return left
}

// documents yields what can be found by its text.
func (v *view) documents(d *descriptions) iter.Seq[search.Document] {
	return func(yield func(search.Document) bool) {
		for i := range v.patterns() {
			doc := search.Document{Kind: "pattern", ID: v.patterns()[i].ID, Title: v.patterns()[i].Text()}
			if x := d.of("pattern", doc.ID); x != nil {
				doc.Text = x.Text
			}
			if !yield(doc) {
				return
			}
		}
		if !d.documents(yield) {
			return
		}
		seen := map[string]bool{}
		for i := range v.runs[:min(len(v.runs), maxDocuments)] {
			r := &v.runs[i]
			if seen[r.ID] {
				continue
			}
			seen[r.ID] = true
			if !yield(search.Document{Kind: "run", ID: r.ID, Title: runTitle(r), Text: runText(r)}) {
				return
			}
		}
		clear(seen)
		for _, m := range v.members.All() {
			if m.Records == 0 || seen[m.Path] {
				continue
			}
			if seen[m.Path] = true; len(seen) > maxDocuments {
				break
			}
			if !yield(search.Document{Kind: "source", ID: m.Path, Title: m.Path}) {
				return
			}
		}
		v.freeTexts(yield)
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

func runText(r *analysis.Run) string {
	parts := []string{string(r.Status), r.Stated, r.Message, r.Environment, r.Branch, r.Trigger, r.Runner}
	for i := range r.Steps {
		if r.Steps[i].Status.Failed() {
			parts = append(parts, r.Steps[i].Name)
		}
	}
	n := 0
	for _, s := range parts {
		if s = strings.TrimSpace(s); s != "" && (n == 0 || s != parts[n-1]) {
			parts[n] = s
			n++
		}
	}
	return strings.Join(parts[:n], ", ")
}

// freeTexts yields the words of the blocks of free text, which belong to no
// pattern.
func (v *view) freeTexts(yield func(search.Document) bool) {
	for _, b := range v.blocks {
		words, err := b.seg.Words(b.i)
		if err != nil || len(words) == 0 { // a damaged list is named by Verify
			continue
		}
		path, _ := v.members.path(b.member)
		doc := search.Document{Kind: "text", ID: strconv.Itoa(b.number), Title: path, Words: strings.Join(words, " ")}
		if !yield(doc) {
			return
		}
	}
}

// freeText returns the block that a document of free text stands for.
func (v *view) freeText(id string) *block {
	n, err := strconv.Atoi(id)
	if err != nil || n < 0 || n >= len(v.blocks) {
		return nil
	}
	return v.blocks[n]
}

// passage returns the line of a block that holds most of what was asked for,
// and its origin as "path:line".
func (v *view) passage(b *block, marker *search.Marker) (origin, text string) {
	path, _ := v.members.path(b.member)
	raw, err := b.raw(nil, 0, b.length)
	if err != nil {
		return path, ""
	}
	if b.encoding != "" {
		raw = decode(raw, b.encoding)
	}
	best, line := -1, b.entry.Line
	for l := range bytes.Lines(raw) {
		if n := length(marker.Marks(string(l[:min(len(l), 4096)]))); n > best {
			best, text, origin = n, strings.TrimSpace(string(l[:min(len(l), 4096)])), fmt.Sprintf("%s:%d", path, line)
		}
		line++
	}
	return origin, text
}
