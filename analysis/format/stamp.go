package format

import (
	"time"

	"faultline/analysis"
)

// form is the way in which a stamp writes its date. The clock, the fraction
// and the zone behind it are read as they come: that is as fast, and one
// member often holds several of them.
type form uint8

const (
	formNone      form = iota
	formISO            // 2006-01-02, 2006/01/02, 2006.01.02, one sort of separator
	formWeekISO        // Mon 2006-01-02
	formCompact        // 20060102
	formShort          // 06/01/02, 06-01-02
	formShortest       // 060102 150405
	formDayMonth       // 02/01/2006 or 02.01.2006, day first
	formMonthDay       // 01/02/2006, month first
	formDMonY          // 02/Jan/2006, 02-Jan-2006, 02 Jan 2006
	formWeekDMonY      // Mon, 02 Jan 2006
	formMonDY          // Jan _2 2006, Jan 2, 2006
	formMonD           // Jan _2, no year
	formWeekMonD       // Mon Jan _2 15:04:05 2006; the year can be missing
	formYMonD          // 2006 Jan _2, 2006-Jan-02
	formYearDay        // 2006-002
	formMD             // 01-02 15:04:05, 01/02 15:04:05, no year
	formEpoch          // 1136214245 with a fraction, or 13, 16, 19 digits
	formBoot           // 12345.678901 seconds since boot: no time
	formClock          // 15:04:05 alone
	formGlog           // L20060102 15:04:05.000000: glog's header with a year
	formKlog           // L0102 15:04:05.000000, L the severity's letter
)

// civil is a stamp as written.
type civil struct {
	year, month, day     int
	hour, min, sec, nano int
	offset               int   // seconds east of UTC
	epoch                int64 // nanoseconds: of isEpoch since 1970, of never since boot
	zoned                bool  // a zone is written
	noYear, noDate       bool
	yearDay              bool // day counts from 1 January
	isEpoch              bool
	never                bool // a form that carries no wall time
	boot                 bool // the kernel's: epoch counts from its start
	letter               byte // klog's severity
}

// two returns the number that two digits at b[i] make, -1 when they are none.
func two(b []byte, i int) int {
	x, y := b[i]-'0', b[i+1]-'0'
	if x > 9 || y > 9 {
		return -1
	}
	return int(x)*10 + int(y)
}

func four(b []byte, i int) int {
	x, y := two(b, i), two(b, i+2)
	if x < 0 || y < 0 {
		return -1
	}
	return x*100 + y
}

func digit(c byte) bool  { return c-'0' <= 9 }
func letter(c byte) bool { return (c|0x20)-'a' < 26 }

// month returns the month whose first three letters stand at b[i], 0 for none.
func month(b []byte, i int) int {
	if i+3 > len(b) {
		return 0
	}
	switch uint32(b[i]|0x20)<<16 | uint32(b[i+1]|0x20)<<8 | uint32(b[i+2]|0x20) {
	case 'j'<<16 | 'a'<<8 | 'n':
		return 1
	case 'f'<<16 | 'e'<<8 | 'b':
		return 2
	case 'm'<<16 | 'a'<<8 | 'r':
		return 3
	case 'a'<<16 | 'p'<<8 | 'r':
		return 4
	case 'm'<<16 | 'a'<<8 | 'y':
		return 5
	case 'j'<<16 | 'u'<<8 | 'n':
		return 6
	case 'j'<<16 | 'u'<<8 | 'l':
		return 7
	case 'a'<<16 | 'u'<<8 | 'g':
		return 8
	case 's'<<16 | 'e'<<8 | 'p':
		return 9
	case 'o'<<16 | 'c'<<8 | 't':
		return 10
	case 'n'<<16 | 'o'<<8 | 'v':
		return 11
	case 'd'<<16 | 'e'<<8 | 'c':
		return 12
	}
	return 0
}

// weekday reports whether an English weekday's first three letters stand at
// b[i].
func weekday(b []byte, i int) bool {
	if i+3 > len(b) {
		return false
	}
	switch uint32(b[i]|0x20)<<16 | uint32(b[i+1]|0x20)<<8 | uint32(b[i+2]|0x20) {
	case 'm'<<16 | 'o'<<8 | 'n', 't'<<16 | 'u'<<8 | 'e', 'w'<<16 | 'e'<<8 | 'd', 't'<<16 | 'h'<<8 | 'u',
		'f'<<16 | 'r'<<8 | 'i', 's'<<16 | 'a'<<8 | 't', 's'<<16 | 'u'<<8 | 'n':
		return true
	}
	return false
}

// dayNumber reads a day of one or two digits, blank-padded or not, at b[i].
func dayNumber(b []byte, i int) (day, next int) {
	if i < len(b) && b[i] == ' ' {
		i++
	}
	if i >= len(b) || !digit(b[i]) {
		return -1, i
	}
	if i+1 < len(b) && digit(b[i+1]) {
		return two(b, i), i + 2
	}
	return int(b[i] - '0'), i + 1
}

// parse reads a stamp of the form f at the start of b and returns its length,
// 0 when there is none.
func (f form) parse(b []byte, c *civil) int {
	*c = civil{}
	n := len(b)
	i := 0
	switch f {
	case formISO:
		if n < 16 || (b[4] != '-' && b[4] != '/' && b[4] != '.') || b[7] != b[4] {
			return 0
		}
		c.year, c.month, c.day = four(b, 0), two(b, 5), two(b, 8)
		if c.year < 0 || c.month < 0 || c.day < 0 {
			return 0
		}
		i = 10
		if b[i] == 'T' || b[i] == 't' || b[i] == '_' || b[i] == '-' || b[i] == ':' {
			i++
			break
		}
		if b[i] == ',' {
			i++
		}
		if i = gap(b, i); i < 0 {
			return 0
		}
	case formKlog:
		if n < 20 || b[5] != ' ' {
			return 0
		}
		switch b[0] {
		case 'I', 'W', 'E', 'F', 'D':
		default:
			return 0
		}
		c.letter, c.month, c.day, c.noYear = b[0], two(b, 1), two(b, 3), true
		if c.month < 1 || c.month > 12 || c.day < 1 {
			return 0
		}
		i = 6
	case formGlog:
		if n < 24 || b[9] != ' ' {
			return 0
		}
		switch b[0] {
		case 'I', 'W', 'E', 'F':
		default:
			return 0
		}
		c.letter, c.year, c.month, c.day = b[0], four(b, 1), two(b, 5), two(b, 7)
		if c.year < 1980 || c.month < 1 || c.month > 12 || c.day < 1 {
			return 0
		}
		i = 10
	case formMonD, formMonDY:
		if n < 14 || b[0] < 'A' {
			return 0
		}
		if c.month = month(b, 0); c.month == 0 || (b[3] != ' ' && b[3] != '-') {
			return 0
		}
		c.day, i = dayNumber(b, 4)
		if c.day < 0 {
			return 0
		}
		if f == formMonDY {
			if i < n && b[i] == ',' {
				i++
			}
			if i+5 >= n || b[i] != ' ' && b[i] != '-' {
				return 0
			}
			if c.year = four(b, i+1); c.year < 0 {
				return 0
			}
			i += 5
			if i < n && b[i] == ',' {
				i++
			}
		} else {
			c.noYear = true
		}
		if i = gap(b, i); i < 0 {
			return 0
		}
	case formWeekISO:
		if n < 20 || !weekday(b, 0) || b[3] != ' ' || b[8] != '-' || b[11] != '-' || b[14] != ' ' {
			return 0
		}
		c.year, c.month, c.day = four(b, 4), two(b, 9), two(b, 12)
		if c.year < 0 || c.month < 0 || c.day < 0 {
			return 0
		}
		i = 15
	case formCompact:
		if n < 15 {
			return 0
		}
		c.year, c.month, c.day = four(b, 0), two(b, 4), two(b, 6)
		if c.year < 1980 || c.year > 2100 || c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31 {
			return 0
		}
		i = 8
		switch b[i] {
		case 'T', '-', '_', '.', ':', ' ':
			i++
		default:
			if !digit(b[i]) {
				return 0
			}
		}
	case formShort:
		if n < 17 || (b[2] != '/' && b[2] != '-' && b[2] != '.') || b[5] != b[2] || digit(b[8]) {
			return 0
		}
		c.year, c.month, c.day = two(b, 0), two(b, 3), two(b, 6)
		if c.year < 0 || c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31 {
			return 0
		}
		if c.year += 2000; c.year < 2005 { // then it is rather a month or a day
			return 0
		}
		if i = gap(b, 8); i < 0 {
			return 0
		}
	case formShortest:
		if n < 13 || b[6] != ' ' {
			return 0
		}
		c.year, c.month, c.day = two(b, 0), two(b, 2), two(b, 4)
		if c.year < 0 || c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31 {
			return 0
		}
		c.year += 2000
		i = 7
	case formDayMonth, formMonthDay:
		first, j := dayNumber(b, 0)
		if first < 0 || j+3 >= n || (b[j] != '/' && b[j] != '-' && b[j] != '.') {
			return 0
		}
		sep := b[j]
		second, k := dayNumber(b, j+1)
		if second < 0 || b[j+1] == ' ' || k+5 >= n || b[k] != sep {
			return 0
		}
		i = k + 5
		if c.year = four(b, k+1); c.year < 0 {
			if c.year = two(b, k+1); c.year < 0 || sep == '-' {
				return 0
			}
			c.year += 2000
			i = k + 3
		}
		c.day, c.month = first, second
		if f == formMonthDay {
			c.day, c.month = second, first
		}
		if b[i] == ',' {
			i++
		}
		if i < n && (b[i] == 'T' || b[i] == '-' || b[i] == ':') {
			i++
		} else if i = gap(b, i); i < 0 {
			return 0
		}
	case formDMonY, formWeekDMonY:
		if f == formWeekDMonY {
			if n < 24 || !weekday(b, 0) {
				return 0
			}
			i = 3
			if b[i] == ',' {
				i++
			}
			if b[i] != ' ' {
				return 0
			}
			i++
		}
		c.day, i = dayNumber(b, i)
		if c.day < 0 || i+9 >= n || (b[i] != '/' && b[i] != '-' && b[i] != ' ') || b[i+4] != b[i] {
			return 0
		}
		if c.month = month(b, i+1); c.month == 0 {
			return 0
		}
		if c.year = four(b, i+5); c.year < 0 {
			return 0
		}
		i += 9
		switch b[i] {
		case ':':
			i++
			if i < n && b[i] == ':' {
				i++
			}
		case 'T', '-', '_':
			i++
		case ',':
			i = gap(b, i+1)
		default:
			i = gap(b, i)
		}
		if i < 0 {
			return 0
		}
	case formWeekMonD:
		if n < 18 || !weekday(b, 0) || b[3] != ' ' || b[7] != ' ' {
			return 0
		}
		if c.month = month(b, 4); c.month == 0 {
			return 0
		}
		c.day, i = dayNumber(b, 8)
		if c.day < 0 {
			return 0
		}
		if i = gap(b, i); i < 0 {
			return 0
		}
		c.noYear = true
	case formYMonD:
		if n < 19 || (b[4] != ' ' && b[4] != '-' && b[4] != '/') || b[8] != b[4] {
			return 0
		}
		if c.year = four(b, 0); c.year < 0 {
			return 0
		}
		if c.month = month(b, 5); c.month == 0 {
			return 0
		}
		c.day, i = dayNumber(b, 9)
		if c.day < 0 {
			return 0
		}
		if i = gap(b, i); i < 0 {
			return 0
		}
	case formYearDay:
		if n < 17 || b[4] != '-' || b[8] != 'T' && b[8] != ' ' || !digit(b[7]) {
			return 0
		}
		c.year, c.day = four(b, 0), two(b, 5)
		if c.year < 1980 || c.day < 0 {
			return 0
		}
		c.day = c.day*10 + int(b[7]-'0')
		if c.day < 1 || c.day > 366 {
			return 0
		}
		c.month, c.yearDay = 1, true
		i = 9
	case formMD:
		if n < 14 || (b[2] != '-' && b[2] != '/' && b[2] != '.') || b[5] != ' ' {
			return 0
		}
		c.month, c.day, c.noYear = two(b, 0), two(b, 3), true
		if c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31 {
			return 0
		}
		i = 6
	case formEpoch:
		return parseEpoch(b, c)
	case formBoot:
		return parseBoot(b, c)
	case formClock:
		c.noDate, c.noYear = true, true
		if n < 8 || b[2] != ':' {
			return 0
		}
	default:
		return 0
	}
	if i = clock(b, i, c); i < 0 {
		return 0
	}
	if f == formWeekMonD { // zone and year follow the clock
		if j := zone(b, i, c); j > 0 {
			i = j
		}
		if i+4 < n && b[i] == ' ' {
			if y := four(b, i+1); y > 0 && (i+5 == n || !digit(b[i+5])) {
				c.year, c.noYear = y, false
				i += 5
			}
		}
		return i
	}
	if j := zone(b, i, c); j > 0 {
		i = j
	}
	return i
}

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

// parseEpoch reads seconds (10 digits, a fraction or not), milliseconds,
// microseconds or nanoseconds since 1970.
func parseEpoch(b []byte, c *civil) int {
	i, v := 0, int64(0)
	for i < len(b) && i < 20 && digit(b[i]) {
		v = v*10 + int64(b[i]-'0')
		i++
	}
	switch i {
	case 10:
		v *= 1e9
		if i+1 < len(b) && (b[i] == '.' || b[i] == ',') && digit(b[i+1]) {
			scale := int64(100_000_000)
			for i++; i < len(b) && digit(b[i]); i++ {
				v += int64(b[i]-'0') * scale
				scale /= 10
			}
		}
	case 13:
		v *= 1e6
	case 16:
		v *= 1e3
	case 19:
	default:
		return 0
	}
	if i < len(b) && (letter(b[i]) || digit(b[i]) || b[i] == '-' || b[i] == '.' && i+1 < len(b) && digit(b[i+1])) {
		return 0
	}
	if v < 946684800e9 || v > 2208988800e9 { // 2000..2040: anything else is some other number
		return 0
	}
	c.isEpoch, c.epoch, c.zoned = true, v, true
	return i
}

// parseBoot reads the kernel's seconds since boot, "   12.345678".
func parseBoot(b []byte, c *civil) int {
	i := 0
	for i < len(b) && b[i] == ' ' {
		i++
	}
	j, sec := i, int64(0)
	for i < len(b) && i < j+10 && digit(b[i]) {
		sec = sec*10 + int64(b[i]-'0')
		i++
	}
	if i == j || i-j > 9 || i+7 >= len(b) || b[i] != '.' {
		return 0
	}
	micro := int64(0)
	for k := 1; k <= 6; k++ {
		if !digit(b[i+k]) {
			return 0
		}
		micro = micro*10 + int64(b[i+k]-'0')
	}
	if b[i+7] != ']' {
		return 0
	}
	c.never, c.boot, c.epoch = true, true, (sec*1e6+micro)*1e3
	return i + 7
}

// days returns the days from 1970-01-01 to a date of the Gregorian calendar
// (Howard Hinnant, "chrono-compatible low-level date algorithms").
func days(y, m, d int) int64 {
	if m <= 2 {
		y--
	}
	era := y / 400
	yoe := y - era*400
	mp := m - 3
	if m <= 2 {
		mp = m + 9
	}
	doy := (153*mp+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return int64(era)*146097 + int64(doe) - 719468
}

func leap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

// monthDays returns the length of month m.
func monthDays(y, m int) int {
	if m == 2 && leap(y) {
		return 29
	}
	return [...]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[m]
}

// clockwork turns stamps into times. It remembers the last day and a zone's
// offset, so every goroutine needs its own.
type clockwork struct {
	zone      *time.Location // for stamps without one; nil is UTC
	reference int64          // nanoseconds, NoTime when unknown
	refYear   int
	boot      int64 // when the kernel started, for its stamps; 0 when unknown
	sure      bool  // reference comes from the member itself, with its zone: stamps count as exact
	hour      int64
	offset    int
	cached    bool
	date      int   // the last stamp's year, month and day
	days      int64 // from 1970 to it
}

func newClockwork(zone *time.Location, reference time.Time) clockwork {
	w := clockwork{zone: zone, reference: analysis.Nanos(reference), refYear: reference.UTC().Year()}
	if zone == time.UTC {
		w.zone = nil
	}
	return w
}

// A stamp without a year that lies after the reference by more than
// aheadLimit belongs to an earlier year: logs end when they are collected,
// and reach back further than they run ahead.
const aheadLimit = int64(60 * 24 * time.Hour)

// time returns a stamp's instant and quality; NoTime where it is none that
// exists or can be told.
func (w *clockwork) time(c *civil) (int64, analysis.TimeQuality) {
	if c.isEpoch {
		return c.epoch, analysis.TimeExact
	}
	if c.never {
		if w.boot == 0 || !c.boot {
			return analysis.NoTime, analysis.TimeNone
		}
		return w.boot + c.epoch, analysis.TimeInferredYear
	}
	quality := analysis.TimeExact
	if c.noYear {
		if w.reference == analysis.NoTime {
			return analysis.NoTime, analysis.TimeNone
		}
		quality = analysis.TimeInferredYear
		if c.noDate {
			return w.nearestDay(c), quality
		}
		if c.month < 1 || c.month > 12 || c.day < 1 || c.day > 31 {
			return analysis.NoTime, analysis.TimeNone
		}
		c.year = w.refYear
		t := w.instant(c)
		switch {
		case t > w.reference+aheadLimit:
			c.year--
		case t < w.reference+aheadLimit-365*24*int64(time.Hour):
			c.year++
		}
		if c.day > monthDays(c.year, c.month) {
			if c.month != 2 || c.day != 29 {
				return analysis.NoTime, analysis.TimeNone
			}
			for c.year--; !leap(c.year); c.year-- { // 29 February: the last leap year before
			}
		}
		if w.sure {
			quality = analysis.TimeExact
		}
		return w.instant(c), quality
	}
	if c.year < 1981 || c.year > 2100 || c.month < 1 || c.month > 12 || c.day < 1 || c.day > 28 && !c.yearDay && c.day > monthDays(c.year, c.month) {
		return analysis.NoTime, analysis.TimeNone
	}
	if !c.zoned {
		quality = analysis.TimeAssumedZone
	}
	return w.instant(c), quality
}

func (w *clockwork) instant(c *civil) int64 {
	if date := (c.year*16+c.month)*512 + c.day; date != w.date {
		w.date, w.days = date, days(c.year, c.month, c.day)
	}
	sec := w.days*86400 + int64(c.hour*3600+c.min*60+min(c.sec, 59))
	switch {
	case c.zoned:
		sec -= int64(c.offset)
	case w.zone != nil:
		sec -= int64(w.offsetAt(sec))
	}
	return sec*1e9 + int64(c.nano)
}

// offsetAt returns the zone's offset at a local time given as seconds.
func (w *clockwork) offsetAt(local int64) int {
	if hour := local / 3600; !w.cached || hour != w.hour {
		t := time.Unix(local, 0).UTC()
		_, w.offset = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, w.zone).Zone()
		w.hour, w.cached = hour, true
	}
	return w.offset
}

// nearestDay puts a clock without a date on the day that brings it closest to
// the reference.
func (w *clockwork) nearestDay(c *civil) int64 {
	const day = 24 * int64(time.Hour)
	t := time.Unix(0, w.reference).UTC()
	c.year, c.month, c.day = t.Year(), int(t.Month()), t.Day()
	at := w.instant(c)
	switch {
	case at-w.reference > day/2:
		at -= day
	case w.reference-at > day/2:
		at += day
	}
	return at
}
