package format

import (
	"bytes"
	"regexp"
	"strings"

	"faultline/analysis"
)

// kubeYAMLHead matches the two keys that every Kubernetes object has, at the
// left margin or in the first element of a list.
var (
	yamlAPIVersion = regexp.MustCompile(`(?m)^(?:- |  )?apiVersion: *["']?[a-zA-Z0-9.\-]+(?:/[a-z0-9]+)?["']? *\r?$`)
	yamlKind       = regexp.MustCompile(`(?m)^(?:  )?(?:- )?kind: *["']?[A-Z][A-Za-z0-9]+["']? *\r?$`)
	yamlItems      = regexp.MustCompile(`(?m)^items: *(?:\[\])? *\r?$`)
)

// sniffKubeYAML recognises Kubernetes objects in YAML: single objects,
// documents one after the other, and lists.
func sniffKubeYAML(s *sample) match {
	first := false
	for i, line := range s.lines {
		if i > 20 || len(line) > 0 && line[0] != '#' && line[0] != '{' && string(line) != "---" {
			first = bytes.IndexByte(line, ':') > 0
			break
		}
	}
	if !first {
		return match{}
	}
	// The plain searches come first: they are a hundred times faster.
	api := bytes.Contains(s.text, []byte("apiVersion:")) && yamlAPIVersion.Match(s.text)
	kind := bytes.Contains(s.text, []byte("kind:")) && yamlKind.Match(s.text)
	switch {
	case api && kind:
	case api && yamlItems.Match(s.text):
	case (api || kind) && !s.complete: // the other one stands behind a large map
	default:
		return match{}
	}
	return match{
		confidence: 0.96, kind: analysis.MemberDocument, format: "kubernetes-yaml", reason: "objects with apiVersion and kind",
		open: func(o Options) Reader {
			return &kubeYAML{hint: hintKind(s.path), maxLine: o.MaxLine}
		},
	}
}

// yamlScan finds the items of a YAML stream line by line: documents, and the
// elements of a top-level list named items. A chunk may begin at any item.
type yamlScan struct {
	started bool // a line with content was seen
	inItems bool // inside items:
	known   bool // the indent of its elements is known
	indent  int
}

// yamlStep says what a line is to the division into items.
type yamlStep int

const (
	yamlInside   yamlStep = iota
	yamlDocument          // a --- line
	yamlElement           // first line of an element of items
	yamlList              // the line items:
	yamlMeta              // a JSON value on a line of its own, before a document
)

// step takes one line without its line end.
func (y *yamlScan) step(line []byte) yamlStep {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	if len(line) >= 3 && string(line[:3]) == "---" && (len(line) == 3 || line[3] == ' ') {
		*y = yamlScan{}
		return yamlDocument
	}
	at := 0
	for at < len(line) && line[at] == ' ' {
		at++
	}
	if at == len(line) || line[at] == '#' {
		return yamlInside
	}
	dash := line[at] == '-' && (at+1 == len(line) || line[at+1] == ' ')
	if !y.started {
		if at == 0 && line[0] == '{' && line[len(line)-1] == '}' {
			return yamlMeta
		}
		y.started = true
		if dash { // a chunk that was cut before an element
			y.inItems, y.known, y.indent = true, true, at
			return yamlElement
		}
	}
	if y.inItems {
		switch {
		case dash && (!y.known || at == y.indent):
			y.known, y.indent = true, at
			return yamlElement
		case at > 0:
			return yamlInside
		}
		y.inItems = false
	}
	if at == 0 && string(bytes.TrimRight(line, " ")) == "items:" {
		y.inItems, y.known = true, false
		return yamlList
	}
	return yamlInside
}

// kubeYAML reads Kubernetes objects in YAML.
type kubeYAML struct {
	hint    string
	maxLine int
	scan    yamlScan // of Cut
	pos     int      // bytes of data that Cut has seen
	known   int      // a boundary that was found and not yet cut at
	mid     bool     // data starts inside an item that was torn
	torn    tornPieces
	notes   notes
}

func (r *kubeYAML) Problems() []analysis.Problem { return r.notes.problems() }

func (r *kubeYAML) Cut(data []byte, eof bool) int {
	if eof && !r.mid {
		return len(data)
	}
	first, last := r.known, r.known
	for {
		i := bytes.IndexByte(data[r.pos:], '\n')
		if i < 0 {
			break
		}
		switch r.scan.step(data[r.pos : r.pos+i]) {
		case yamlDocument, yamlElement:
			if r.pos > 0 {
				if first == 0 {
					first = r.pos
				}
				last = r.pos
			}
		}
		r.pos += i + 1
	}
	if eof {
		if first == 0 {
			first = len(data)
		}
		r.torn.add(data, first)
		return len(data)
	}
	n := last
	if r.mid && first > 0 {
		n = first
	}
	switch {
	case n == 0 && len(data) < yamlItemLimit:
		return 0
	case n == 0:
		if n = bytes.LastIndexByte(data, '\n') + 1; n == 0 {
			n = len(data)
		}
		r.torn.add(data[:n], n)
		r.mid = true
	case r.mid:
		r.torn.add(data[:n], n)
		r.mid = false
	}
	r.known = max(last-n, 0)
	r.pos = max(r.pos-n, 0)
	return n
}

func (r *kubeYAML) Records(chunk []byte, emit func(rec *analysis.Record) error) error {
	e := newEmitter(chunk, emit)
	if n := r.torn.torn(chunk); n > 0 {
		r.notes.add(analysis.ProblemLimit, "pieces of documents larger than 8 MiB were kept as text")
		if err := e.lines(n, r.maxLine); err != nil {
			return err
		}
	}
	var scan yamlScan
	t := &tree{}
	kind := r.hint
	inList := false
	// flush reads the item or text that ends at end.
	flush := func(end int) error {
		if end <= e.at {
			return nil
		}
		item := chunk[e.at:end]
		if inList {
			item = item[:yamlItemEnd(item)]
		}
		if !t.parseYAML(item) {
			if len(bytes.TrimSpace(bytes.TrimPrefix(item, []byte("---")))) > 0 {
				r.notes.add(analysis.ProblemSyntax, "documents are not valid YAML, or too large, and were kept as text")
			}
			return e.lines(end, r.maxLine)
		}
		if inList {
			if v := t.root(); v.isList() { // the element itself
				for c := range v.each {
					t.nodes[0] = treeNode{kind: c.node().kind, first: c.node().first, at: c.node().at, end: c.node().end}
					break
				}
			}
		}
		if !t.root().isMap() {
			return e.lines(end, r.maxLine)
		}
		return emitKube(e, t, e.at, end, kind, lineStart)
	}
	for at := e.at; at < len(chunk); {
		end := len(chunk)
		line := chunk[at:]
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line = line[:i]
			end = at + i + 1
		}
		switch scan.step(line) {
		case yamlDocument:
			if err := flush(at); err != nil {
				return err
			}
			inList = false
		case yamlMeta:
			if err := flush(at); err != nil {
				return err
			}
			if err := e.document(end); err != nil {
				return err
			}
		case yamlList:
			if k := listKind(chunk[e.at:at]); k != "" {
				kind = k
			}
		case yamlElement:
			if inList {
				if err := flush(at); err != nil {
					return err
				}
			} else if err := e.document(at); err != nil {
				return err
			}
			inList = true
		}
		at = end
	}
	return flush(len(chunk))
}

// yamlItemEnd returns where an element of a list ends: before the first line
// at the left margin that belongs to the list itself.
func yamlItemEnd(item []byte) int {
	indent := 0
	for indent < len(item) && item[indent] == ' ' {
		indent++
	}
	at := 0
	for at < len(item) {
		i := bytes.IndexByte(item[at:], '\n')
		if at > 0 {
			col := at
			for col < len(item) && item[col] == ' ' {
				col++
			}
			if col-at <= indent && col < len(item) && item[col] != '\n' && item[col] != '\r' && item[col] != '#' {
				return at
			}
		}
		if i < 0 {
			break
		}
		at += i + 1
	}
	return len(item)
}

// listKind returns the kind of the items of a list whose head says
// "kind: PodList".
func listKind(head []byte) string {
	for line := range bytes.Lines(head) {
		if rest, ok := bytes.CutPrefix(line, []byte("kind:")); ok {
			return strings.TrimSuffix(strings.Trim(string(bytes.TrimSpace(rest)), `"'`), "List")
		}
	}
	return ""
}
