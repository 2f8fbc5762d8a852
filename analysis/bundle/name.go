package bundle

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"faultline/analysis"
)

// cleaned is a name as it is shown, and what was wrong with the one written.
type cleaned struct {
	path  string
	notes []notice
}

// cleanName turns the name that an archive states into a member's path:
// relative, without "." and "..", printable, valid UTF-8, of at most limit
// bytes. No file is ever written under it; it must only not deceive its
// reader. windows says that a name may use backslashes as separators.
func cleanName(name string, limit int, windows bool) cleaned {
	var c cleaned
	written := name
	hostile := func(why string) {
		shown := escape(written)
		if len(shown) > 200 {
			shown = shown[:200] + "..."
		}
		c.notes = append(c.notes, notice{analysis.ProblemName, fmt.Sprintf("written as %q, which %s; only this name is used", shown, why)})
	}
	if windows && !strings.Contains(name, "/") {
		name = strings.ReplaceAll(name, `\`, "/")
	}
	if len(name) > 2 && name[1] == ':' && (name[2] == '\\' || name[2] == '/') && unicode.IsLetter(rune(name[0])) {
		hostile("names a drive")
		name = name[:1] + "/" + name[3:]
	}
	if strings.HasPrefix(name, "/") {
		hostile("is absolute")
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			hostile("points outside")
			break
		}
	}
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	if e := escape(name); e != name {
		hostile("has bytes that are no printable text")
		name = e
	}
	if len(name) > limit {
		hostile(fmt.Sprintf("is %d bytes long", len(name)))
		name = strings.ToValidUTF8(name[:limit], "")
	}
	if name == "" {
		hostile("is no name")
		name = "unnamed"
	}
	c.path = name
	return c
}

// escape replaces bytes that are not valid UTF-8, control characters and those
// that change the direction of text by their escapes.
func escape(s string) string {
	clean := true
	for _, r := range s {
		if hidden(r) {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1, r < utf8.RuneSelf && hidden(r):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case hidden(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

func hidden(r rune) bool {
	return r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}
