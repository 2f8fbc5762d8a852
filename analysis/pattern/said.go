package pattern

import "strings"

// A variable is known as one by what other messages have in its place. Where
// all messages of one template have the same words there, a reader wants to see
// the words: "state changed from <*> to <*> failed" hides which states they are.

// maxSaid is how long words may be that stand in place of a variable, bytes: a
// longer one is a list or a text, which a reader does not want in a title.
const maxSaid = 60

// agreed holds for a template the words in place of each variable, "" for one
// that varies.
type agreed map[string][]string

// begin takes the values of one skeleton as those that the others must share.
func (w agreed) begin(template string, values []string) {
	alike, some := make([]string, len(values)), false
	for i, v := range values {
		if len(v) <= maxSaid && isWords(v) {
			alike[i], some = v, true
		}
	}
	if some {
		w[template] = alike
	}
}

// add drops the words that a skeleton has others in place of.
func (w agreed) add(template, skeleton string) {
	alike, ok := w[template]
	if !ok {
		return
	}
	some := false
	for i, v := range valuesOf(template, skeleton) {
		if alike[i] != v {
			alike[i] = ""
		}
		some = some || alike[i] != ""
	}
	if !some {
		delete(w, template)
	}
}

// fill returns a template with its words, "" when it has none.
func (w agreed) fill(template string) string {
	alike, ok := w[template]
	if !ok {
		return ""
	}
	var b strings.Builder
	for i, part := range strings.Split(template, hole) {
		if i > 0 {
			if alike[i-1] != "" {
				b.WriteString(alike[i-1])
			} else {
				b.WriteString(hole)
			}
		}
		b.WriteString(part)
	}
	return b.String()
}

// isWords reports whether a value is of words alone.
func isWords(v string) bool {
	letter := false
	for i := range len(v) {
		if v[i] == mark {
			return false
		}
		letter = letter || 'a' <= v[i]|0x20 && v[i]|0x20 <= 'z'
	}
	return letter
}
