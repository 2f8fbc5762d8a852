package pattern

import (
	"strings"
)

// word is one distinct word of all skeletons. Word 0 is a variable.
type word struct {
	text    string
	kind    wordKind
	closed  bool
	unit    bool // a unit of size or time
	failure bool // a word that tells of a failure
	kinded  bool // one name with its kind in front, joined by "/"
	name    bool // names joined by "/", or one of several parts joined by "-"

	hash    uint64
	value   *bucket // where it became a variable, nil: nowhere
	often   bool    // in several buckets
	between bool    // between words
	says    bool    // a key whose values are what a record says
	lower   uint64  // hash of the text in lower case
}

// wordKind says how readily a word is taken for the value of a variable.
type wordKind uint8

const (
	wordPlain  wordKind = iota
	wordDotted          // has inner punctuation
	wordPath            // names joined by "/": "kube-system/etcd", "Secret/token-<*>"
	wordSoft            // holds a digit
	wordPart            // holds a variable: "node-<*>"
	wordHole            // is a variable
)

// isName reports whether the skeleton of a name can be told from a word of
// the language: names of a single plain word cannot.
func isName(s string) bool {
	return len(s) > 3 && strings.ContainsAny(s, "-._0123456789")
}

// isNamed reports whether a word is a name that the bundle lists, or several
// joined by "/".
func (t *table) isNamed(text string) bool {
	if len(t.names) == 0 {
		return false
	}
	if t.names[text] {
		return true
	}
	if !strings.Contains(text, "/") {
		return false
	}
	for part := range strings.SplitSeq(text, "/") {
		if !t.names[part] && !(len(part) == 2 && part[0] == mark) {
			return false
		}
	}
	return true
}

// isHole reports whether a word is a variable as a whole. Truth values behind
// colons are no words for the lexer.
func (t *table) isHole(text string) bool {
	return len(text) == 2 && text[0] == mark || len(text) <= 5 && isTruth([]byte(text)) || t.isNamed(text)
}

// word returns the number of a word.
func (t *table) word(text string) int32 {
	if w, ok := t.byWord[text]; ok {
		return w
	}
	w := word{text: text}
	switch {
	case t.isHole(text):
		t.byWord[text] = 0
		return 0
	case isPath(text):
		w.kind, w.name = wordPath, true
		w.kinded = strings.Count(text, "/") == 1 && strings.ContainsAny(text, "-.")
	case strings.IndexByte(text, mark) >= 0:
		w.kind = wordPart
	default:
		for i := 0; i < len(text); i++ {
			switch c := classes[text[i]]; {
			case c == clDigit && !isTechnical([]byte(text)):
				w.kind = wordSoft
			case c&(clLetter|clDigit) == 0 && w.kind == wordPlain:
				w.kind = wordDotted
			}
		}
		w.closed = isClosed(text)
		w.name = isHyphenated(text) || isCompound(text) && !w.closed
		w.failure = failureWord(strings.ToLower(text))
		w.unit = unit([]byte(text)) > 0
	}
	n := int32(len(t.words))
	w.hash = Hash([]byte(text))
	w.says = isTextKey(text)
	w.lower = Hash([]byte(strings.ToLower(text)))
	t.words = append(t.words, w)
	t.byWord[text] = n
	return n
}

// isPath reports whether a word is several names joined by "/", at least one
// of which is more than a word of the language: "read/write" is none.
func isPath(w string) bool {
	if !strings.Contains(w, "/") {
		return false
	}
	if strings.ContainsAny(w, "-.:\x01") {
		return true
	}
	first, _, _ := strings.Cut(w, "/")
	camel := 0
	for i := 1; i < len(first); i++ {
		if classes[first[i]] == clDigit || 'A' <= first[i] && first[i] <= 'Z' && 'a' <= first[i-1] && first[i-1] <= 'z' {
			camel++
		}
	}
	return camel > 0
}

// isHyphenated reports whether a word is a name of several parts in lower case
// joined by "-", as clusters name their objects.
func isHyphenated(w string) bool {
	hyphens := 0
	for i := 0; i < len(w); i++ {
		switch c := w[i]; {
		case c == '-' && i > 0 && i < len(w)-1:
			hyphens++
		case c == '.' || c == ':' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
		default:
			return false
		}
	}
	return hyphens > 0
}

// isClosed reports whether a word looks like one of few that a program
// chooses from: all capitals, or a form of a verb.
func isClosed(w string) bool {
	caps := 0
	for i := 0; i < len(w); i++ {
		switch c := w[i]; {
		case 'A' <= c && c <= 'Z' || c == '_' || c == '-':
			caps++
		}
	}
	if caps == len(w) {
		return true
	}
	return len(w) > 4 && (strings.HasSuffix(w, "ed") || strings.HasSuffix(w, "ing"))
}

// isCamel reports whether a word has a capital inside, behind a small letter.
func isCamel(w string) bool {
	for i := 1; i < len(w); i++ {
		if 'A' <= w[i] && w[i] <= 'Z' && 'a' <= w[i-1] && w[i-1] <= 'z' {
			return true
		}
	}
	return false
}

// isClassKey reports whether a word names what has few values: a state.
func isClassKey(w string) bool {
	switch strings.ToLower(w) {
	case "state", "status", "phase", "mode", "level", "condition":
		return true
	}
	return false
}

// isPlainHyphen reports whether a word is two of the language joined by "-":
// "read-only".
func isPlainHyphen(w string) bool {
	n := 0
	for i := 0; i < len(w); i++ {
		switch c := w[i]; {
		case c == '-':
			n++
		case 'a' <= c && c <= 'z':
		default:
			return false
		}
	}
	return n == 1
}

// isCompound reports whether a word is a name of several parts joined by "-",
// "_" or ".", not all in capitals.
func isCompound(w string) bool {
	joints, lower := 0, false
	for i := 1; i+1 < len(w); i++ {
		switch c := w[i]; {
		case c == '-' || c == '_' || c == '.':
			joints++
		case 'a' <= c && c <= 'z':
			lower = true
		case c == mark:
			lower = true
		}
	}
	return joints > 0 && lower
}
