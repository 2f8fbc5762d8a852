package pattern

import (
	"strings"
)

// A cutter holds where the words of a skeleton are.
type cutter struct {
	text   string
	spans  []span
	words  []int32
	hashes []uint64
	key    []byte
}

type span struct{ start, end int }

// cut finds the words of a skeleton.
func (c *cutter) cut(s string) {
	c.text, c.spans = s, c.spans[:0]
	for i := 0; i < len(s); {
		if s[i] != mark && classes[s[i]]&(clLetter|clDigit) == 0 && !opensQuoted(s, i) {
			i++
			continue
		}
		j := i
		if e := quotedEnd(s, i); e > 0 {
			j = e
		}
		for e := j; j < len(s) && e == i; {
			if s[j] == mark {
				j += 2
				continue
			}
			if s[j] == ':' && j+1 < len(s) && strings.IndexByte(s[i:j], '/') > 0 && (s[j+1] == mark || classes[s[j+1]]&(clLetter|clDigit) != 0) {
				j++
				continue
			}
			if c := classes[s[j]]; c&clWord == 0 || c == clColon || c == clDot && j+1 < len(s) && s[j+1] == '.' {
				break
			}
			j++
		}
		for j > i+1 && s[j-2] != mark && quotedEnd(s, i) == 0 && !strings.HasSuffix(s[i+1:j], "++") && classes[s[j-1]]&(clLetter|clDigit) == 0 {
			j--
		}
		c.spans = append(c.spans, span{i, j})
		i = j
	}
}

// between returns the text in front of word p.
func (c *cutter) between(p int) string {
	from, to := 0, len(c.text)
	if p > 0 {
		from = c.spans[p-1].end
	}
	if p < len(c.spans) {
		to = c.spans[p].start
	}
	return c.text[from:to]
}

// place returns the bucket of the skeleton that was cut last; where there is
// none a new one when add is set, else nil.
func (t *table) place(c *cutter, add bool) *bucket {
	c.key = c.key[:0]
	for p := range len(c.spans) + 1 {
		c.key = append(append(c.key, c.between(p)...), 0)
	}
	h := Hash(c.key)
next:
	for ; ; h++ {
		b := t.buckets[h]
		if b == nil {
			break
		}
		if len(b.glue) != len(c.spans)+1 {
			continue
		}
		for p, g := range b.glue {
			if g != c.between(p) {
				continue next
			}
		}
		return b
	}
	if !add {
		return nil
	}
	b := &bucket{glue: make([]string, len(c.spans)+1)}
	for p := range b.glue {
		b.glue[p] = c.between(p)
	}
	t.buckets[h] = b
	return b
}

// word returns word p.
func (c *cutter) word(p int) string { return c.text[c.spans[p].start:c.spans[p].end] }

// number returns the numbers of the words of the skeleton that was cut last.
func (t *table) number(c *cutter) []int32 {
	c.words = c.words[:0]
	for p := range c.spans {
		w := int32(0)
		if !c.isAccount(p) {
			w = t.word(c.word(p))
		}
		c.words = append(c.words, w)
	}
	return c.words
}

// hashes returns the hashes by position of the words of the skeleton that was
// cut last.
func (t *table) hashes(c *cutter) []uint64 {
	c.hashes = c.hashes[:0]
	for p := range c.spans {
		text, h := c.word(p), t.words[0].hash
		if !t.isHole(text) && !c.isAccount(p) {
			h = Hash([]byte(text))
		}
		c.hashes = append(c.hashes, atPlace(p, h))
	}
	return c.hashes
}

// opensQuoted reports whether a text in quotes that begins with punctuation is
// one word: '/', "!root".
func opensQuoted(s string, i int) bool {
	if i == 0 || s[i-1] != '"' && s[i-1] != '\'' || i > 1 && strings.IndexByte(" =:,([{<\\", s[i-2]) < 0 {
		return false
	}
	e := quotedEnd(s, i)
	return e > i && (e+1 == len(s) || strings.IndexByte(" =:,;.)]}>", s[e+1]) >= 0)
}

// quotedEnd returns the end of a text in quotes that begins at i and is one
// word: without blanks, quotes and brackets; 0 when there is none.
func quotedEnd(s string, i int) int {
	if i == 0 || s[i-1] != '"' && s[i-1] != '\'' {
		return 0
	}
	j := i
	for j < len(s) && s[j] != s[i-1] {
		switch c := s[j]; {
		case c == mark:
			j++
		case classes[c] == clBlank, c == '"', c == '\'', c == '{', c == '}', c == '[', c == ']', c == '(', c == ')':
			return 0
		}
		j++
	}
	if j >= len(s) {
		return 0
	}
	for j > i && s[j-1] == '\\' {
		j--
	}
	return j
}

// isAccount reports whether word p is the name of a user: "for user <*>",
// "user <*> from", and the name that every system has where a name can stand.
func (c *cutter) isAccount(p int) bool {
	prev := func(k int) string {
		if p < k {
			return ""
		}
		return c.word(p - k)
	}
	glue, rest := c.between(p), c.text[c.spans[p].end:]
	if c.word(p) == "root" {
		switch {
		case glue == " ":
			switch prev(1) {
			case "user", "for", "by", "as":
				return true
			}
		case glue != "":
			switch glue[len(glue)-1] {
			case '(':
				return strings.HasPrefix(rest, ")")
			case '=':
				return true
			}
		}
		return false
	}
	if glue != " " || prev(1) != "user" {
		return false
	}
	switch prev(2) {
	case "for", "invalid", "of", "by", "as":
	default:
		return false
	}
	for _, b := range []byte(c.word(p)) {
		if classes[b]&clLetter == 0 {
			return false
		}
	}
	if rest == "" || rest[0] != ' ' {
		return true
	}
	for _, p := range [...]string{" from", " by", " on", " at", " to", " in", " port", " via", " [", " ("} {
		if strings.HasPrefix(rest, p) {
			return true
		}
	}
	return false
}
