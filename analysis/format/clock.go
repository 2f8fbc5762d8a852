package format

// gap skips the blanks (one to three) between date and clock; -1 when there
// is none.
func gap(b []byte, i int) int {
	j := i
	for j < len(b) && j < i+3 && (b[j] == ' ' || b[j] == '\t') {
		j++
	}
	if j == i {
		return -1
	}
	return j
}

// clock reads 15:04:05, 3:04:05, 15.04.05 or 150405 and its fraction at b[i];
// it returns where it ends, -1 when there is none.
func clock(b []byte, i int, c *civil) int {
	n := len(b)
	if i+5 > n {
		return -1
	}
	if b[i] == ' ' && i+1 < n { // a blank-padded hour
		i++
	}
	h := two(b, i)
	switch {
	case h >= 0:
		i += 2
	case digit(b[i]):
		h = int(b[i] - '0')
		i++
	default:
		return -1
	}
	if i+3 > n {
		return -1
	}
	sep := b[i]
	switch {
	case sep == ':' || sep == '.' || sep == '-':
		m := two(b, i+1)
		i += 3
		if m < 0 && sep == ':' && digit(b[i-2]) { // without leading zeros: 0:7:20
			m = int(b[i-2] - '0')
			i--
		}
		if m < 0 || m > 59 || i+2 > n || b[i] != sep {
			return -1
		}
		s := -1
		if i+3 <= n {
			s = two(b, i+1)
		}
		i += 3
		if s < 0 && sep == ':' && digit(b[i-2]) {
			s = int(b[i-2] - '0')
			i--
		}
		if s < 0 {
			return -1
		}
		c.hour, c.min, c.sec = h, m, s
	case digit(sep):
		if i+4 > n {
			return -1
		}
		c.hour, c.min, c.sec = h, two(b, i), two(b, i+2)
		i += 4
		if i < n && digit(b[i]) {
			return -1
		}
	default:
		return -1
	}
	if c.hour > 24 || uint(c.min) > 59 || uint(c.sec) > 60 {
		return -1
	}
	if i+1 < n && (b[i] == '.' || b[i] == ',' || b[i] == ':' && i+3 < n && (i+4 == n || !digit(b[i+4]))) && digit(b[i+1]) {
		if b[i] == ':' && !(digit(b[i+2]) && digit(b[i+3])) { // milliseconds without leading zeros
			j, v := i+1, 0
			for ; digit(b[j]); j++ {
				v = v*10 + int(b[j]-'0')
			}
			if b[j] != '|' && b[j] != ']' && b[j] != '\t' {
				return i
			}
			c.nano = v * 1_000_000
			return j
		}
		j, scale, v := i+1, 100_000_000, 0
		for j < n && digit(b[j]) {
			if j-i <= 9 {
				v += int(b[j]-'0') * scale
				scale /= 10
			}
			j++
		}
		c.nano = v
		i = j
	}
	if i+2 < n && b[i] == ' ' && (b[i+2]|0x20) == 'm' && ((b[i+1]|0x20) == 'a' || (b[i+1]|0x20) == 'p') && (i+3 == n || !letter(b[i+3])) {
		if (b[i+1]|0x20) == 'p' && c.hour < 12 {
			c.hour += 12
		} else if (b[i+1]|0x20) == 'a' && c.hour == 12 {
			c.hour = 0
		}
		i += 3
	}
	return i
}

// zone reads Z, +02:00, -0700, +02 or a zone's name, a blank before it or
// not; it returns where it ends, 0 when there is none.
func zone(b []byte, i int, c *civil) int {
	n := len(b)
	if i >= n {
		return 0
	}
	blank := false
	if b[i] == ' ' {
		blank = true
		i++
		if i >= n {
			return 0
		}
	}
	switch ch := b[i]; {
	case ch == 'Z' || ch == 'z':
		if i+1 < n && (letter(b[i+1]) || digit(b[i+1])) {
			return 0
		}
		c.zoned = true
		return i + 1
	case ch == '+' || ch == '-':
		if i+3 > n {
			return 0
		}
		h := two(b, i+1)
		if h < 0 || h > 15 {
			return 0
		}
		m, j := 0, i+3
		switch {
		case j+3 <= n && b[j] == ':' && two(b, j+1) >= 0:
			m = two(b, j+1)
			j += 3
		case j+2 <= n && two(b, j) >= 0:
			m = two(b, j)
			j += 2
		case blank: // " -07" is more likely a number
			return 0
		}
		if m > 59 || j < n && (digit(b[j]) || letter(b[j])) {
			return 0
		}
		c.offset = (h*60 + m) * 60
		if ch == '-' {
			c.offset = -c.offset
		}
		c.zoned = true
		return j
	case ch >= 'A' && ch <= 'Z':
		j := i
		for j < n && j < i+6 && b[j] >= 'A' && b[j] <= 'Z' {
			j++
		}
		if j < n && (letter(b[j]) || digit(b[j]) || b[j] == '_') || j-i < 2 {
			return 0
		}
		off, ok := abbreviation(b[i:j])
		if !ok {
			return 0
		}
		c.offset, c.zoned = off, true
		return j
	}
	return 0
}

// abbreviation returns the offset of a zone's short name, seconds east of
// UTC. Where a name has several meanings the most common one in logs stands.
func abbreviation(b []byte) (offset int, ok bool) {
	const h = 3600
	switch string(b) {
	case "UTC", "GMT", "UT", "WET":
		return 0, true
	case "BST", "CET", "MET", "WEST", "WAT":
		return h, true
	case "CEST", "MEST", "EET", "SAST", "CAT":
		return 2 * h, true
	case "EEST", "MSK", "EAT", "TRT":
		return 3 * h, true
	case "PKT":
		return 5 * h, true
	case "IST":
		return 5*h + 1800, true
	case "ICT", "WIB":
		return 7 * h, true
	case "HKT", "SGT", "AWST", "PHT":
		return 8 * h, true
	case "JST", "KST":
		return 9 * h, true
	case "ACST":
		return 9*h + 1800, true
	case "AEST":
		return 10 * h, true
	case "ACDT":
		return 10*h + 1800, true
	case "AEDT":
		return 11 * h, true
	case "NZST":
		return 12 * h, true
	case "NZDT":
		return 13 * h, true
	case "BRT", "ART":
		return -3 * h, true
	case "AST", "EDT":
		return -4 * h, true
	case "EST", "CDT":
		return -5 * h, true
	case "CST", "MDT":
		return -6 * h, true
	case "MST", "PDT":
		return -7 * h, true
	case "PST", "AKDT":
		return -8 * h, true
	case "AKST":
		return -9 * h, true
	case "HST":
		return -10 * h, true
	}
	return 0, false
}
