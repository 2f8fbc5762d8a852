package pattern

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// AppendLiteral appends what phrase search looks into: the literal text of a
// skeleton in lower case, with one byte hole for each variable part. A phrase
// without variable parts, lower-cased and with its blanks folded, stands in a
// message outside its variables exactly when it is a substring of this.
func AppendLiteral(dst []byte, skeleton string, hole byte) []byte {
	skeleton, _ = cutSigned(skeleton) // frames are not written as they stand there
	start := len(dst)
	ascii := true
	for i := 0; i < len(skeleton); i++ {
		c := skeleton[i]
		switch {
		case c == mark:
			c = hole
			i++
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c >= utf8.RuneSelf:
			ascii = false
		}
		dst = append(dst, c)
	}
	if !ascii {
		// Letters beyond ASCII are rare; the hole may be a byte of none.
		text := dst[start:]
		dst = dst[:start]
		for part := range bytes.SplitAfterSeq(bytes.Clone(text), []byte{hole}) {
			part, cut := bytes.CutSuffix(part, []byte{hole})
			dst = append(dst, bytes.ToLower(part)...)
			if cut {
				dst = append(dst, hole)
			}
		}
	}
	return dst
}

// Values aligns a message with its template and returns the text of each
// variable in order; false when the message is not of that template. Blanks
// are folded as in templates. A variable that is missing in the message has
// the value "". Where more than one alignment is possible, variables end where
// the lexer ends them, and are short.
func Values(template string, message []byte) ([]string, bool) {
	l := NewLexer()
	text := foldBlanks(l.text(message))
	l.runs = l.runs[:0]
	l.msg = text
	l.lex()
	a := aligner{text: string(text), parts: strings.Split(template, hole), inside: make([]bool, len(text)+1), steps: maxSteps}
	for _, v := range l.vars {
		for i := v.start + 1; i < v.end; i++ {
			a.inside[i] = true
		}
	}
	if values, ok := a.all(); ok || !strings.HasSuffix(template, " "+hole) {
		return values, ok
	}
	// A template that ends in a variable that is missing has a blank more.
	a.text, a.inside = a.text+" ", append(a.inside, false)
	return a.all()
}

// all returns the values of all variables: first as the lexer would have them,
// then anyhow.
func (a *aligner) all() ([]string, bool) {
	if !strings.HasPrefix(a.text, a.parts[0]) {
		return nil, false
	}
	a.values = make([]string, len(a.parts)-1)
	a.steps = maxSteps
	if a.align(len(a.parts[0]), 1) {
		return a.values, true
	}
	free := aligner{text: a.text, parts: a.parts, inside: make([]bool, len(a.inside)), values: a.values, steps: maxSteps}
	return a.values, free.align(len(a.parts[0]), 1)
}

// maxSteps bounds the search for an alignment.
const maxSteps = 20000

// aligner searches how the literal parts of a template lie in a text.
type aligner struct {
	text   string
	parts  []string
	inside []bool // byte i is inside a variable of the lexer, not its first
	values []string
	steps  int
}

// align places the parts from k on into the text from at on, where part k-1
// ends, and sets the values between.
func (a *aligner) align(at, k int) bool {
	if k == len(a.parts) {
		return at == len(a.text)
	}
	part := a.parts[k]
	if k == len(a.parts)-1 {
		end := len(a.text) - len(part)
		if end >= at && a.text[end:] == part && !a.inside[end] {
			a.values[k-1] = a.text[at:end]
			return true
		}
	} else {
		for end := at; end+len(part) <= len(a.text); end++ {
			if a.steps--; a.steps < 0 {
				return false
			}
			if part == "" {
				// Two variables side by side: the first takes one byte.
				end = min(at+1, len(a.text))
			} else if i := strings.Index(a.text[end:], part); i < 0 {
				break
			} else {
				end += i
			}
			if a.inside[end] {
				continue
			}
			a.values[k-1] = a.text[at:end]
			if a.align(end+len(part), k+1) {
				return true
			}
			if part == "" {
				break
			}
		}
	}
	// The variable is missing together with one of the blanks around it.
	if at > 0 && a.text[at-1] == ' ' && strings.HasPrefix(part, " ") && strings.HasPrefix(a.text[at:], part[1:]) {
		a.values[k-1] = ""
		return a.align(at+len(part)-1, k+1)
	}
	return false
}

// foldBlanks returns text with runs of blanks and control bytes as one blank,
// and none at its ends, as skeletons have it.
func foldBlanks(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i, c := range text {
		if classes[c] != clBlank {
			if i > 0 && classes[text[i-1]] == clBlank && len(out) > 0 {
				out = append(out, ' ')
			}
			out = append(out, c)
		}
	}
	return out
}

// kindName is the name of a kind in Template.Kinds and in analysis.Variable.
func kindName(k byte) string {
	switch k {
	case kindNumber:
		return "number"
	case kindHex:
		return "hex"
	case kindUUID:
		return "uuid"
	case kindIP:
		return "ip"
	case kindMAC:
		return "mac"
	case kindHost:
		return "host"
	case kindPath:
		return "path"
	case kindURL:
		return "url"
	case kindTime:
		return "time"
	case kindSpan:
		return "duration"
	case kindSize:
		return "size"
	case kindBool:
		return "truth"
	case kindEmail:
		return "email"
	case kindID:
		return "id"
	case kindList:
		return "list"
	}
	return "text"
}

// valuesOf returns what stands in a skeleton in place of each variable of its
// template, empty texts where it does not fit.
func valuesOf(template, skeleton string) []string {
	n := strings.Count(template, hole)
	if n == 0 {
		return nil
	}
	a := aligner{text: skeleton, parts: strings.Split(template, hole), inside: make([]bool, len(skeleton)+1), values: make([]string, n), steps: maxSteps}
	for i := 0; i+1 < len(skeleton); i++ {
		if skeleton[i] == mark {
			a.inside[i+1] = true
			i++
		}
	}
	if !strings.HasPrefix(skeleton, a.parts[0]) || !a.align(len(a.parts[0]), 1) {
		clear(a.values)
	}
	return a.values
}

// kinds returns the kinds of a template's variables, as the values in a
// skeleton of that template have them.
func kinds(values []string) []string {
	if values == nil {
		return nil
	}
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = "text"
		if len(v) >= 2 && v[0] == mark {
			if rest := v[2:]; rest == "" || strings.IndexByte(rest, mark) < 0 && unit([]byte(strings.TrimSpace(rest))) > 0 {
				out[i] = kindName(v[1])
				if rest != "" {
					out[i] = [...]string{"text", "duration", "size"}[unit([]byte(strings.TrimSpace(rest)))]
				}
			}
		}
	}
	return out
}
