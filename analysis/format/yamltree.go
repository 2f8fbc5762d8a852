package format

import (
	"bytes"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// yamlDepth is how deep a YAML document may nest, yamlLimit how large one may
// be (bytes).
const (
	yamlDepth = 128
	yamlLimit = 8 << 20
)

// parseYAML reads one YAML document, or one element of a block sequence, into
// the tree. Block style, which the Kubernetes tools write, is read here at
// some hundred MB/s; anchors, tags, flow collections and whatever else it does
// not know go to yaml/v3, which does 5 MB/s and limits aliases.
func (t *tree) parseYAML(src []byte) bool {
	if len(src) > yamlLimit || len(src) == 0 {
		return false
	}
	t.reset(src)
	p := yamlParser{t: t, s: src}
	if p.document() {
		return true
	}
	t.reset(src)
	var doc yaml.Node
	if yaml.Unmarshal(src, &doc) != nil || len(doc.Content) == 0 {
		t.reset(src)
		return false
	}
	c := yamlConverter{t: t, lines: []int32{0}}
	for i, b := range src {
		if b == '\n' {
			c.lines = append(c.lines, int32(i+1))
		}
	}
	_, ok := c.node(nil, doc.Content[0], 0)
	return ok
}

// yamlParser reads block-style YAML. A line is its indent (column of its first
// character) and its content from at to end, without comment-only lines.
type yamlParser struct {
	t      *tree
	s      []byte
	indent int // of the current line; -1 at the end
	at     int // where its content begins
	end    int // where the line ends, without line end and trailing blanks
	next   int // where the next line begins
}

// line moves to the next line that has content.
func (p *yamlParser) line() {
	for p.next < len(p.s) {
		start := p.next
		end := len(p.s)
		if i := bytes.IndexByte(p.s[start:], '\n'); i >= 0 {
			end = start + i
			p.next = end + 1
		} else {
			p.next = len(p.s)
		}
		at := start
		for at < end && p.s[at] == ' ' {
			at++
		}
		for end > at && (p.s[end-1] == '\r' || p.s[end-1] == ' ') {
			end--
		}
		if at == end || p.s[at] == '#' {
			continue
		}
		p.indent, p.at, p.end = at-start, at, end
		return
	}
	p.indent, p.at, p.end = -1, len(p.s), len(p.s)
}

func (p *yamlParser) document() bool {
	p.line()
	if p.indent == 0 && isMarker(p.s[p.at:p.end]) {
		p.line()
	}
	if p.indent < 0 {
		return false
	}
	if _, _, isKey := p.keyEnd(); !isKey && !p.dash() {
		return false // directives, flow style, lone scalars
	}
	_, ok := p.block(nil, p.indent, -1, 0)
	if ok && p.indent >= 0 && isMarker(p.s[p.at:p.end]) {
		p.line()
	}
	return ok && p.indent < 0
}

// isMarker reports whether a line's content is a document marker on its own.
func isMarker(content []byte) bool { return string(content) == "---" || string(content) == "..." }

// block reads the node whose first line is the current one, at column indent,
// inside a parent at column parent.
func (p *yamlParser) block(key []byte, indent, parent, depth int) (int32, bool) {
	if depth > yamlDepth {
		return 0, false
	}
	if p.dash() {
		return p.sequence(key, indent, depth)
	}
	if _, _, ok := p.keyEnd(); ok {
		return p.mapping(key, indent, depth)
	}
	return p.scalar(key, p.at, parent)
}

// dash reports whether the current line is an element of a sequence.
func (p *yamlParser) dash() bool {
	return p.s[p.at] == '-' && (p.at+1 == p.end || p.s[p.at+1] == ' ')
}

func (p *yamlParser) sequence(key []byte, indent, depth int) (int32, bool) {
	self := p.t.add(treeNode{kind: treeList, key: key, at: int32(p.at)})
	last := int32(0)
	for p.indent == indent && p.dash() {
		at := p.at
		p.at++
		for p.at < p.end && p.s[p.at] == ' ' {
			p.at++
		}
		var c int32
		ok := true
		switch {
		case p.at == p.end || p.s[p.at] == '#':
			p.line()
			if p.indent > indent {
				c, ok = p.block(nil, p.indent, indent, depth+1)
			} else {
				c = p.t.add(treeNode{at: int32(at)})
			}
		default:
			p.indent = indent + p.at - at
			c, ok = p.block(nil, p.indent, indent, depth+1)
		}
		if !ok {
			return 0, false
		}
		p.t.nodes[c].at = int32(at)
		p.link(self, &last, c)
	}
	if p.indent > indent {
		return 0, false
	}
	return self, true
}

func (p *yamlParser) link(self int32, last *int32, c int32) {
	if *last == 0 {
		p.t.nodes[self].first = c
	} else {
		p.t.nodes[*last].next = c
	}
	*last = c
	p.t.nodes[self].end = int32(min(p.at, len(p.s)))
}

// keyEnd finds the key that the current line begins with and returns where
// key and colon end.
func (p *yamlParser) keyEnd() (keyEnd, colonEnd int, ok bool) {
	i := p.at
	switch p.s[i] {
	case '"', '\'':
		q := p.s[i]
		i++
		for i < p.end && p.s[i] != q {
			if p.s[i] == '\\' && q == '"' {
				return 0, 0, false // rare enough to leave to yaml/v3
			}
			i++
		}
		if i >= p.end {
			return 0, 0, false
		}
		i++
		if i < p.end && p.s[i] == ':' && (i+1 == p.end || p.s[i+1] == ' ') {
			return i, i + 1, true
		}
		return 0, 0, false
	case '[', '{', '&', '*', '!', '|', '>', '@', '`', '%', '?', ',', ']', '}':
		return 0, 0, false
	}
	for i < p.end {
		j := bytes.IndexByte(p.s[i:p.end], ':')
		if j < 0 {
			return 0, 0, false
		}
		i += j
		if i+1 == p.end || p.s[i+1] == ' ' {
			if i == p.at {
				return 0, 0, false
			}
			if h := bytes.Index(p.s[p.at:i], []byte(" #")); h >= 0 {
				return 0, 0, false
			}
			return i, i + 1, true
		}
		i++
	}
	return 0, 0, false
}

func (p *yamlParser) mapping(key []byte, indent, depth int) (int32, bool) {
	self := p.t.add(treeNode{kind: treeMap, key: key, at: int32(p.at)})
	last := int32(0)
	for p.indent == indent {
		keyEnd, colonEnd, ok := p.keyEnd()
		if !ok || p.dash() {
			return 0, false
		}
		k := p.s[p.at:keyEnd]
		if k[0] == '"' || k[0] == '\'' {
			k = k[1 : len(k)-1]
		} else {
			k = bytes.TrimRight(k, " ")
		}
		at := colonEnd
		for at < p.end && p.s[at] == ' ' {
			at++
		}
		var c int32
		switch {
		case at == p.end || p.s[at] == '#':
			from := p.at
			p.line()
			switch {
			case p.indent > indent:
				c, ok = p.block(k, p.indent, indent, depth+1)
			case p.indent == indent && p.dash():
				c, ok = p.sequence(k, indent, depth+1)
			default:
				c = p.t.add(treeNode{key: k, at: int32(from)})
			}
		default:
			c, ok = p.scalar(k, at, indent)
		}
		if !ok {
			return 0, false
		}
		p.link(self, &last, c)
	}
	if p.indent > indent {
		return 0, false
	}
	return self, true
}

// scalar reads the scalar that begins at at on the current line, whose further
// lines are indented more than parent.
func (p *yamlParser) scalar(key []byte, at, parent int) (int32, bool) {
	n := treeNode{kind: treeText, key: key, at: int32(at)}
	ok := true
	switch p.s[at] {
	case '"':
		n.text, ok = p.quoted(at, '"', parent)
	case '\'':
		n.text, ok = p.quoted(at, '\'', parent)
	case '|', '>':
		n.text, ok = p.literal(at, parent)
	case '{', '[':
		switch string(p.s[at:p.end]) {
		case "{}":
			n.kind = treeMap
		case "[]":
			n.kind = treeList
		default:
			return 0, false
		}
		p.line()
		ok = p.indent <= parent
	case '&', '*', '!', '@', '`', '%', ',', ']', '}':
		return 0, false
	case '?', '-':
		if at+1 == p.end || p.s[at+1] == ' ' {
			return 0, false
		}
		n.text, ok = p.plain(at, parent)
	default:
		n.text, ok = p.plain(at, parent)
	}
	if !ok {
		return 0, false
	}
	if c := p.s[at]; c != '"' && c != '\'' && c != '|' && c != '>' && n.kind == treeText {
		switch string(n.text) {
		case "null", "Null", "NULL", "~":
			n.kind = treeNull
		default:
			n.kind = treeBare
		}
	}
	n.end = int32(min(p.at, len(p.s)))
	return p.t.add(n), true
}

// plain reads a plain scalar, folding further lines.
func (p *yamlParser) plain(at, parent int) ([]byte, bool) {
	text, more := plainEnd(p.s[at:p.end])
	if len(text) == 0 || bytes.Contains(text, []byte(": ")) || text[len(text)-1] == ':' {
		return nil, false
	}
	var out []byte
	for {
		before := p.next
		p.line()
		if p.indent <= parent || p.indent == 0 && isMarker(p.s[p.at:p.end]) {
			break
		}
		if !more {
			return nil, false // text after a comment
		}
		if out == nil {
			out = append(make([]byte, 0, 2*len(text)+128), text...)
		}
		out = fold(out, p.s[before:p.at])
		var line []byte
		line, more = plainEnd(p.s[p.at:p.end])
		if len(line) == 0 || bytes.Contains(line, []byte(": ")) || line[len(line)-1] == ':' {
			return nil, false
		}
		out = append(out, line...)
	}
	if out == nil {
		out = text
	}
	return out, true
}

// plainEnd cuts a comment off a plain scalar's line.
func plainEnd(line []byte) (text []byte, more bool) {
	if i := bytes.Index(line, []byte(" #")); i >= 0 {
		return bytes.TrimRight(line[:i], " \t"), false
	}
	return bytes.TrimRight(line, " \t"), true
}

// fold joins two lines of a flow scalar: one line end is a space, each further
// one a line end. between holds what lies between the lines.
func fold(out, between []byte) []byte {
	n := bytes.Count(between, []byte{'\n'})
	if bytes.IndexByte(between, '#') >= 0 {
		n = 0
	}
	if n == 0 {
		return append(out, ' ')
	}
	for range n {
		out = append(out, '\n')
	}
	return out
}

// quoted reads a quoted scalar, folding further lines.
func (p *yamlParser) quoted(at int, quote byte, parent int) ([]byte, bool) {
	// the quick way: one line, nothing to unescape
	for i := at + 1; i < p.end; i++ {
		c := p.s[i]
		if c == quote {
			if i+1 < p.end && p.s[i+1] == quote && quote == '\'' {
				break
			}
			return p.s[at+1 : i], p.afterQuote(i+1, parent)
		}
		if c == '\\' && quote == '"' {
			break
		}
	}
	out := make([]byte, 0, p.end-at+128)
	i := at + 1
	escaped := 0 // what an escape gave is no blank to trim
	for i < len(p.s) {
		c := p.s[i]
		switch {
		case c == quote && quote == '\'' && i+1 < len(p.s) && p.s[i+1] == quote:
			out = append(out, quote)
			i += 2
		case c == quote:
			p.endLine(i)
			return out, p.afterQuote(i+1, parent)
		case c == '\\' && quote == '"':
			var ok bool
			if out, i, ok = unescapeYAML(out, p.s, i); !ok {
				return nil, false
			}
			escaped = len(out)
		case c == '\n' || c == '\r':
			out = out[:escaped+len(bytes.TrimRight(out[escaped:], " \t"))]
			lines := 0
			for i < len(p.s) && (p.s[i] == '\n' || p.s[i] == '\r' || p.s[i] == ' ' || p.s[i] == '\t') {
				if p.s[i] == '\n' {
					lines++
				}
				i++
			}
			if lines <= 1 {
				out = append(out, ' ')
			}
			for range lines - 1 {
				out = append(out, '\n')
			}
		default:
			out = append(out, c)
			i++
		}
	}
	return nil, false
}

// endLine makes the line that holds position i the current one.
func (p *yamlParser) endLine(i int) {
	end := len(p.s)
	p.next = end
	if j := bytes.IndexByte(p.s[i:], '\n'); j >= 0 {
		end = i + j
		p.next = end + 1
	}
	for end > i+1 && (p.s[end-1] == '\r' || p.s[end-1] == ' ') {
		end--
	}
	p.end = end
}

// afterQuote moves to the next line; only a comment may follow the quote.
func (p *yamlParser) afterQuote(i, parent int) bool {
	rest := bytes.TrimLeft(p.s[min(i, p.end):p.end], " ")
	if len(rest) > 0 && rest[0] != '#' {
		return false
	}
	p.line()
	return p.indent <= parent
}

// unescapeYAML reads the escape at s[i] of a double-quoted scalar.
func unescapeYAML(out, s []byte, i int) ([]byte, int, bool) {
	if i+1 >= len(s) {
		return nil, 0, false
	}
	size := 0
	switch c := s[i+1]; c {
	case 'n':
		return append(out, '\n'), i + 2, true
	case 't', '\t':
		return append(out, '\t'), i + 2, true
	case 'r':
		return append(out, '\r'), i + 2, true
	case '"', '\\', '/', ' ':
		return append(out, c), i + 2, true
	case '0':
		return append(out, 0), i + 2, true
	case 'a':
		return append(out, 7), i + 2, true
	case 'b':
		return append(out, 8), i + 2, true
	case 'e':
		return append(out, 27), i + 2, true
	case 'f':
		return append(out, 12), i + 2, true
	case 'v':
		return append(out, 11), i + 2, true
	case '\r', '\n':
		i++
		for i < len(s) && (s[i] == '\r' || s[i] == '\n') {
			if s[i] == '\n' {
				i++
				break
			}
			i++
		}
		for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
			i++
		}
		return out, i, true
	case 'x':
		size = 2
	case 'u':
		size = 4
	case 'U':
		size = 8
	default:
		return nil, 0, false
	}
	if i+2+size > len(s) {
		return nil, 0, false
	}
	r, err := strconv.ParseUint(string(s[i+2:i+2+size]), 16, 32)
	if err != nil || r > utf8.MaxRune || r >= 0xD800 && r < 0xE000 {
		return nil, 0, false
	}
	return utf8.AppendRune(out, rune(r)), i + 2 + size, true
}

// literal reads a block scalar (| or >).
func (p *yamlParser) literal(at, parent int) ([]byte, bool) {
	folded := p.s[at] == '>'
	chomp, explicit := byte(0), 0
	for _, c := range p.s[at+1 : p.end] {
		switch {
		case c == '-' || c == '+':
			chomp = c
		case c >= '1' && c <= '9':
			explicit = int(c - '0')
		default:
			return nil, false
		}
	}
	indent := 0
	if explicit > 0 {
		indent = max(parent, 0) + explicit
	}
	out := []byte{}
	i := p.next
	blanks := 0                // line ends held back
	first, more := true, false // more: the last line was indented further
	open := false              // the last line has no line end
	for i < len(p.s) {
		end := len(p.s)
		next := end
		if j := bytes.IndexByte(p.s[i:], '\n'); j >= 0 {
			end = i + j
			next = end + 1
		}
		if end > i && p.s[end-1] == '\r' {
			end--
		}
		col := i
		for col < end && p.s[col] == ' ' {
			col++
		}
		width := col - i
		if col == end && (indent == 0 || width <= indent) {
			if end < len(p.s) {
				blanks++
			}
			i = next
			continue
		}
		if indent == 0 {
			if width <= parent {
				break
			}
			indent = width
		}
		if width < indent {
			break
		}
		line := p.s[i+indent : end]
		deeper := line[0] == ' ' || line[0] == '\t'
		switch {
		case first:
			for range blanks {
				out = append(out, '\n')
			}
		case folded && !deeper && !more:
			if blanks == 0 {
				out = append(out, ' ')
			}
			for range blanks {
				out = append(out, '\n')
			}
		default:
			for range blanks + 1 {
				out = append(out, '\n')
			}
		}
		out = append(out, line...)
		first, more, blanks = false, deeper, 0
		open = end == len(p.s)
		i = next
	}
	if !first && !open {
		blanks++
	}
	switch {
	case chomp == '+':
		for range blanks {
			out = append(out, '\n')
		}
	case chomp == 0 && !first && !open:
		out = append(out, '\n')
	}
	p.next = i
	p.line()
	return out, p.indent <= parent
}

// yamlConverter copies yaml/v3's nodes into a tree.
type yamlConverter struct {
	t     *tree
	lines []int32
	count int
}

func (c *yamlConverter) node(key []byte, n *yaml.Node, depth int) (int32, bool) {
	c.count++
	// A node takes a byte at least; a document that says ten times more by its
	// aliases is a bomb.
	if depth > yamlDepth || c.count > min(1<<20, 1000+10*len(c.t.src)) {
		return 0, false
	}
	at := int32(0)
	if n.Line > 0 && n.Line <= len(c.lines) {
		at = min(c.lines[n.Line-1]+int32(max(n.Column-1, 0)), int32(len(c.t.src)))
	}
	switch n.Kind {
	case yaml.AliasNode:
		return c.node(key, n.Alias, depth+1)
	case yaml.ScalarNode:
		k := treeBare
		if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
			k = treeText
		} else if n.ShortTag() == "!!null" {
			k = treeNull
		}
		return c.t.add(treeNode{kind: k, key: key, text: []byte(n.Value), at: at, end: at}), true
	case yaml.MappingNode, yaml.SequenceNode:
		kind, step := treeList, 1
		if n.Kind == yaml.MappingNode {
			kind, step = treeMap, 2
		}
		self := c.t.add(treeNode{kind: kind, key: key, at: at, end: at})
		last := int32(0)
		for i := 0; i+step-1 < len(n.Content); i += step {
			var k []byte
			if step == 2 {
				k = []byte(n.Content[i].Value)
			}
			child, ok := c.node(k, n.Content[i+step-1], depth+1)
			if !ok {
				return 0, false
			}
			if last == 0 {
				c.t.nodes[self].first = child
			} else {
				c.t.nodes[last].next = child
			}
			last = child
		}
		return self, true
	}
	return 0, false
}
