package index

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decode returns text, which is in the named encoding, as UTF-8. Bytes that
// are neither that nor UTF-8 are read as Windows-1252.
func decode(text []byte, encoding string) []byte {
	switch name := strings.ToLower(strings.ReplaceAll(encoding, "_", "-")); {
	case strings.HasPrefix(name, "utf-16be"):
		return decode16(text, binary.BigEndian)
	case strings.HasPrefix(name, "utf-16"):
		return decode16(text, binary.LittleEndian)
	}
	if utf8.Valid(text) {
		return text
	}
	out := make([]byte, 0, len(text)+len(text)/8)
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			r = windows1252(text[i])
		}
		out = utf8.AppendRune(out, r)
		i += n
	}
	return out
}

func decode16(text []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, 0, len(text)/2)
	for i := 0; i+1 < len(text); i += 2 {
		units = append(units, order.Uint16(text[i:]))
	}
	if len(units) > 0 && units[0] == 0xFEFF {
		units = units[1:]
	}
	return []byte(string(utf16.Decode(units)))
}

// windows1252 returns the character that a byte stands for.
func windows1252(c byte) rune {
	const high = "€\uFFFD‚ƒ„…†‡ˆ‰Š‹Œ\uFFFDŽ\uFFFD\uFFFD‘’“”•–—˜™š›œ\uFFFDžŸ"
	if c < 0x80 || c > 0x9f {
		return rune(c)
	}
	n := int(c - 0x80)
	for _, r := range high {
		if n == 0 {
			return r
		}
		n--
	}
	return utf8.RuneError
}
