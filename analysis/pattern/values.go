package pattern

import (
	"bytes"
	"strings"
)

// Literal returns what phrase search looks into: the lower-cased literal text
// of a skeleton with one NUL byte for each variable part.
func Literal(skeleton string) string {
	b := make([]byte, 0, len(skeleton))
	for i := 0; i < len(skeleton); i++ {
		if skeleton[i] == mark {
			b = append(b, 0)
			i++
			continue
		}
		b = append(b, skeleton[i])
	}
	return strings.ToLower(string(b))
}

// Values aligns a message with its template and returns the text of each
// variable in order; false when the message is not of that template. A run of
// blanks in either stands for one blank.
func Values(template string, message []byte) ([]string, bool) {
	if i := bytes.IndexByte(message, '\n'); i >= 0 {
		message = message[:i]
	}
	rest := strings.Join(strings.Fields(string(message)), " ")
	parts := strings.Split(template, hole)
	if !strings.HasPrefix(rest, parts[0]) {
		return nil, false
	}
	rest = rest[len(parts[0]):]
	if len(parts) == 1 {
		return nil, rest == ""
	}
	values := make([]string, 0, len(parts)-1)
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, p)
		if i < 0 {
			return nil, false
		}
		values = append(values, rest[:i])
		rest = rest[i+len(p):]
	}
	last := parts[len(parts)-1]
	if !strings.HasSuffix(rest, last) {
		return nil, false
	}
	return append(values, rest[:len(rest)-len(last)]), true
}
