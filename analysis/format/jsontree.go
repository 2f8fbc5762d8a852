package format

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// treeDepth is how deep a JSON value may nest.
const treeDepth = 128

// parseJSON reads the JSON value that src starts with into the tree and
// returns the bytes it takes. Other than fastjson it keeps the place of every
// value, which evidence needs. partial accepts an input that stops in the
// middle and keeps what came before.
func (t *tree) parseJSON(src []byte, partial bool) (n int, ok bool) {
	t.reset(src)
	p := treeParser{t: t, s: src, partial: partial}
	p.space()
	_, ok = p.value(nil, 0)
	return p.i, ok
}

type treeParser struct {
	t       *tree
	s       []byte
	i       int
	partial bool
}

func (p *treeParser) space() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

func (p *treeParser) value(key []byte, depth int) (int32, bool) {
	if p.i >= len(p.s) || depth > treeDepth {
		return 0, false
	}
	at := int32(p.i)
	switch c := p.s[p.i]; c {
	case '{', '[':
		return p.container(key, depth, c == '{')
	case '"':
		text, ok := p.text()
		if !ok {
			return 0, false
		}
		return p.t.add(treeNode{kind: treeText, key: key, text: text, at: at, end: int32(p.i)}), true
	default:
		for p.i < len(p.s) {
			c := p.s[p.i]
			if c == ',' || c == '}' || c == ']' || c == ':' || c <= ' ' || c == '"' || c == '{' || c == '[' {
				break
			}
			p.i++
		}
		word := p.s[at:p.i]
		if !jsonWord(word) {
			return 0, false
		}
		k := treeBare
		if word[0] == 'n' {
			k = treeNull
		}
		return p.t.add(treeNode{kind: k, key: key, text: word, at: at, end: int32(p.i)}), true
	}
}

// jsonWord reports whether a bare word is a JSON literal.
func jsonWord(w []byte) bool {
	switch string(w) {
	case "null", "true", "false":
		return true
	}
	i := 0
	digits := func() bool {
		at := i
		for i < len(w) && w[i] >= '0' && w[i] <= '9' {
			i++
		}
		return i > at
	}
	if i < len(w) && w[i] == '-' {
		i++
	}
	at := i
	if !digits() || w[at] == '0' && i > at+1 {
		return false
	}
	if i < len(w) && w[i] == '.' {
		i++
		if !digits() {
			return false
		}
	}
	if i < len(w) && (w[i] == 'e' || w[i] == 'E') {
		i++
		if i < len(w) && (w[i] == '+' || w[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(w)
}

func (p *treeParser) container(key []byte, depth int, object bool) (int32, bool) {
	kind, closer := treeList, byte(']')
	if object {
		kind, closer = treeMap, '}'
	}
	self := p.t.add(treeNode{kind: kind, key: key, at: int32(p.i)})
	p.i++
	last := int32(0)
	done := func(ok bool) (int32, bool) {
		p.t.nodes[self].end = int32(p.i)
		return self, ok || p.partial
	}
	p.space()
	if p.i < len(p.s) && p.s[p.i] == closer {
		p.i++
		return done(true)
	}
	for {
		var k []byte
		p.space()
		if object {
			if p.i >= len(p.s) || p.s[p.i] != '"' {
				return done(false)
			}
			var ok bool
			if k, ok = p.text(); !ok {
				return done(false)
			}
			p.space()
			if p.i >= len(p.s) || p.s[p.i] != ':' {
				return done(false)
			}
			p.i++
			p.space()
		}
		c, ok := p.value(k, depth+1)
		if !ok {
			return done(false)
		}
		if last == 0 {
			p.t.nodes[self].first = c
		} else {
			p.t.nodes[last].next = c
		}
		last = c
		p.space()
		if p.i >= len(p.s) {
			return done(false)
		}
		switch p.s[p.i] {
		case ',':
			p.i++
		case closer:
			p.i++
			return done(true)
		default:
			return done(false)
		}
	}
}

// text reads the string that starts at the cursor, without copying unless it
// holds escapes. Like encoding/json it refuses raw control characters.
func (p *treeParser) text() ([]byte, bool) {
	at := p.i + 1
	i := at
	for i < len(p.s) && p.s[i] != '"' && p.s[i] != '\\' && p.s[i] >= ' ' {
		i++
	}
	if i >= len(p.s) || p.s[i] < ' ' {
		return nil, false
	}
	if p.s[i] == '"' {
		p.i = i + 1
		return p.s[at:i], true
	}
	out := append(make([]byte, 0, i-at+64), p.s[at:i]...)
	for i < len(p.s) {
		c := p.s[i]
		switch {
		case c == '"':
			p.i = i + 1
			return out, true
		case c < ' ':
			return nil, false
		case c != '\\':
			j := i + 1
			for j < len(p.s) && p.s[j] != '"' && p.s[j] != '\\' && p.s[j] >= ' ' {
				j++
			}
			out = append(out, p.s[i:j]...)
			i = j
			continue
		}
		if i+1 >= len(p.s) {
			return nil, false
		}
		switch e := p.s[i+1]; e {
		case '"', '\\', '/':
			out = append(out, e)
		case 'n':
			out = append(out, '\n')
		case 't':
			out = append(out, '\t')
		case 'r':
			out = append(out, '\r')
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'u':
			r, ok := hex4(p.s[i+2:])
			if !ok {
				return nil, false
			}
			i += 4
			if utf16.IsSurrogate(r) {
				if low, ok := hex4(bytes.TrimPrefix(p.s[min(i+2, len(p.s)):], []byte(`\u`))); ok && bytes.HasPrefix(p.s[i+2:], []byte(`\u`)) {
					if full := utf16.DecodeRune(r, low); full != utf8.RuneError {
						r = full
						i += 6
					} else {
						r = utf8.RuneError
					}
				} else {
					r = utf8.RuneError
				}
			}
			out = utf8.AppendRune(out, r)
		default:
			return nil, false
		}
		i += 2
	}
	return nil, false
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		r <<= 4
		switch {
		case c >= '0' && c <= '9':
			r |= rune(c - '0')
		case c >= 'a' && c <= 'f':
			r |= rune(c-'a') + 10
		case c >= 'A' && c <= 'F':
			r |= rune(c-'A') + 10
		default:
			return 0, false
		}
	}
	return r, true
}
