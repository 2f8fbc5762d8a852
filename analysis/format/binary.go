package format

import (
	"bytes"
	"unicode/utf8"
)

// magics are the first bytes of files that are not text.
var magics = []struct {
	at    int
	bytes string
	name  string
}{
	{0, "\x7fELF", "ELF"},
	{0, "ElfFile\x00", "EVTX"},
	{0, "SQLite format 3\x00", "SQLite"},
	{0, "LPKSHHRH", "systemd journal"},
	{0, "\x1f\x8b", "gzip"},
	{0, "BZh", "bzip2"},
	{0, "\xfd7zXZ\x00", "xz"},
	{0, "\x28\xb5\x2f\xfd", "zstd"},
	{0, "\x04\x22\x4d\x18", "lz4"},
	{0, "PK\x03\x04", "zip"},
	{0, "PK\x05\x06", "zip"},
	{0, "7z\xbc\xaf\x27\x1c", "7-Zip"},
	{0, "Rar!\x1a\x07", "RAR"},
	{257, "ustar", "tar"},
	{0, "!<arch>\n", "ar"},
	{0, "\xed\xab\xee\xdb", "RPM"},
	{0, "\x89PNG\r\n\x1a\n", "PNG"},
	{0, "\xff\xd8\xff", "JPEG"},
	{0, "GIF8", "GIF"},
	{0, "RIFF", "RIFF"},
	{0, "%PDF-", "PDF"},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "OLE document"},
	{0, "\xca\xfe\xba\xbe", "Java class"},
	{0, "\xcf\xfa\xed\xfe", "Mach-O"},
	{0, "\x00asm", "WebAssembly"},
	{0, "\xd4\xc3\xb2\xa1", "pcap"},
	{0, "\xa1\xb2\xc3\xd4", "pcap"},
	{0, "\x0a\x0d\x0d\x0a", "pcapng"},
	{0, "regf", "Windows registry"},
	{0, "RRD\x00", "RRD"},
	{16, "\xed\xda\x0c\xed", "bbolt"},
	{0, "JAVA PROFILE ", "Java heap dump"},
	{0, "MDMP", "minidump"},
	{0, "PAGEDU", "Windows memory dump"},
	{0, "PACK\x00", "git pack"},
	{0, "\x00\x00\x00\x0cjP  ", "JPEG 2000"},
	{0, "PAR1", "Parquet"},
	{0, "Obj\x01", "Avro"},
	{0, "wOF2", "font"},
	{0, "wOFF", "font"},
	{0, "OggS", "Ogg"},
	{0, "\xac\xed\x00\x05", "Java serialization"},
	{0, "\x1bLua", "Lua bytecode"},
}

// binary reports whether head is no text, and what it is.
func binary(head []byte) (name string, ok bool) {
	for _, m := range magics {
		if len(head) >= m.at+len(m.bytes) && string(head[m.at:m.at+len(m.bytes)]) == m.bytes {
			return m.name, true
		}
	}
	if len(head) > 64 && head[0] == 'M' && head[1] == 'Z' && bytes.IndexByte(head[:64], 0) > 0 {
		return "PE", true
	}
	nul, runs, control := 0, 0, 0
	for i, c := range head {
		if c >= ' ' && c != 0x7f {
			continue
		}
		switch {
		case c == 0:
			nul++
			if i == 0 || head[i-1] != 0 {
				runs++
			}
		case c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != 0x1b && c != '\b' && c != 7 && c != '\f' && c != '\v', c == 0x7f:
			control++
		}
	}
	text := len(head) - nul
	switch {
	case text == 0:
		return "zero bytes", true
	case control*50 > text && control > 1:
		return "unknown", true
	case runs > 2 && nul < runs*32 && runs*40 > text:
		return "unknown", true
	case runs > 20 && nul*2 > len(head):
		return "unknown", true // records of fixed length: wtmp and the like
	}
	if control == 0 {
		return "", false
	}
	bad := 0
	for i := 0; i < len(head); {
		if head[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(head[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		}
		i += n
	}
	if bad*5 > text {
		return "unknown", true
	}
	return "", false
}
