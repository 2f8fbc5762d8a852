package format

import "unicode/utf8"

// cp1252 holds the characters of Windows-1252 for the bytes 0x80..0x9f; the
// others stand for themselves (ISO 8859-1).
var cp1252 = [32]rune{
	0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD,
	0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178,
}

// latin1 appends b, which is not UTF-8, to out in UTF-8: valid sequences
// stay, other bytes are read as Windows-1252.
func latin1(out, b []byte) []byte {
	for i := 0; i < len(b); {
		c := b[i]
		if c < utf8.RuneSelf {
			out = append(out, c)
			i++
			continue
		}
		if _, n := utf8.DecodeRune(b[i:]); n > 1 {
			out = append(out, b[i:i+n]...)
			i += n
			continue
		}
		r := rune(c)
		if c >= 0x80 && c < 0xa0 {
			r = cp1252[c-0x80]
		}
		out = utf8.AppendRune(out, r)
		i++
	}
	return out
}
