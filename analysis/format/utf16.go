package format

import (
	"unicode/utf16"
	"unicode/utf8"

	"faultline/analysis"
)

// wide tells UTF-16 by its mark, or by the zero bytes of its Latin letters.
// name is "" for other encodings.
func wide(head []byte) (name string, big bool) {
	if len(head) < 4 {
		return "", false
	}
	switch {
	case head[0] == 0xff && head[1] == 0xfe && (head[2] != 0 || head[3] != 0):
		return "UTF-16LE", false
	case head[0] == 0xfe && head[1] == 0xff:
		return "UTF-16BE", true
	}
	n := min(len(head), 4096) &^ 1
	var zero [2]int
	for i := 0; i < n; i++ {
		if head[i] == 0 {
			zero[i&1]++
		}
	}
	pairs := n / 2
	if pairs < 8 {
		return "", false
	}
	text := func(lane int) bool { // the other lane must look like text
		bad := 0
		for i := lane; i < n; i += 2 {
			if c := head[i]; c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != 0x1b {
				bad++
			}
		}
		return bad*20 <= pairs
	}
	switch {
	case zero[1]*10 >= pairs*7 && zero[0]*20 <= pairs && text(0):
		return "UTF-16LE without mark", false
	case zero[0]*10 >= pairs*7 && zero[1]*20 <= pairs && text(1):
		return "UTF-16BE without mark", true
	}
	return "", false
}

// unit reads the character at b[i:] and returns it with its length.
func unit(b []byte, i int, big bool) (rune, int) {
	if i+1 >= len(b) {
		return utf8.RuneError, len(b) - i
	}
	get := func(i int) rune {
		if big {
			return rune(b[i])<<8 | rune(b[i+1])
		}
		return rune(b[i+1])<<8 | rune(b[i])
	}
	r := get(i)
	if utf16.IsSurrogate(r) {
		if i+3 < len(b) {
			if p := utf16.DecodeRune(r, get(i+2)); p != utf8.RuneError {
				return p, 4
			}
		}
		return utf8.RuneError, 2
	}
	return r, 2
}

// narrow appends UTF-16 text to out as UTF-8. A mark at the start becomes
// UTF-8's.
func narrow(out, b []byte, big bool) []byte {
	for i := 0; i < len(b); {
		r, n := unit(b, i, big)
		out = utf8.AppendRune(out, r)
		i += n
	}
	return out
}

// wideReader feeds a reader of UTF-8 with UTF-16, and takes offsets back to
// the original bytes.
type wideReader struct {
	Reader
	big bool
}

// back returns how many bytes of b make the first n bytes of its UTF-8 form,
// from a known pair of positions on.
func (r *wideReader) back(b []byte, raw, at, n int) (int, int) {
	for at < n && raw < len(b) {
		c, k := unit(b, raw, r.big)
		raw += k
		at += utf8.RuneLen(c)
	}
	return raw, at
}

// Cut implements Reader.
func (r *wideReader) Cut(data []byte, eof bool) int {
	if eof {
		return len(data)
	}
	whole := data[:len(data)&^1]
	if n := len(whole); n >= 2 { // not between the halves of a pair
		if _, k := unit(whole, n-2, r.big); k == 2 {
			if c, _ := unit(whole, n-2, r.big); c == utf8.RuneError {
				whole = whole[:n-2]
			}
		}
	}
	n := r.Reader.Cut(narrow(nil, whole, r.big), false)
	raw, _ := r.back(whole, 0, 0, n)
	return raw
}

// Records implements Reader.
func (r *wideReader) Records(chunk []byte, emit func(rec *analysis.Record) error) error {
	text := narrow(make([]byte, 0, len(chunk)/2+16), chunk, r.big)
	raw, at := 0, 0
	return r.Reader.Records(text, func(rec *analysis.Record) error {
		end := rec.Start + len(rec.Raw)
		raw, at = r.back(chunk, raw, at, rec.Start)
		rec.Start = raw
		raw, at = r.back(chunk, raw, at, end)
		rec.Raw = chunk[rec.Start:raw]
		return emit(rec)
	})
}
