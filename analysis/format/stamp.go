package format

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
	never                bool  // a form that carries no wall time
	boot                 bool  // the kernel's: epoch counts from its start
	letter               byte  // klog's severity
	week                 uint8 // the weekday, 1 for Monday to 7 for Sunday; 0 when none is written
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

// weekday returns the English weekday whose first three letters stand at the
// start of b, 1 for Monday to 7 for Sunday; 0 for none.
func weekday(b []byte) uint8 {
	if len(b) < 3 {
		return 0
	}
	switch uint32(b[0]|0x20)<<16 | uint32(b[1]|0x20)<<8 | uint32(b[2]|0x20) {
	case 'm'<<16 | 'o'<<8 | 'n':
		return 1
	case 't'<<16 | 'u'<<8 | 'e':
		return 2
	case 'w'<<16 | 'e'<<8 | 'd':
		return 3
	case 't'<<16 | 'h'<<8 | 'u':
		return 4
	case 'f'<<16 | 'r'<<8 | 'i':
		return 5
	case 's'<<16 | 'a'<<8 | 't':
		return 6
	case 's'<<16 | 'u'<<8 | 'n':
		return 7
	}
	return 0
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
		if n < 20 || b[3] != ' ' || b[8] != '-' || b[11] != '-' || b[14] != ' ' {
			return 0
		}
		if c.week = weekday(b); c.week == 0 {
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
			if n < 24 {
				return 0
			}
			if c.week = weekday(b); c.week == 0 {
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
		if n < 18 || b[3] != ' ' || b[7] != ' ' {
			return 0
		}
		if c.week = weekday(b); c.week == 0 {
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
				if !c.zoned { // Oracle's audit trail: the zone comes last
					if j := zone(b, i, c); j > 0 {
						i = j
					}
				}
			}
		}
		return i
	}
	if j := zone(b, i, c); j > 0 {
		i = j
	}
	return i
}
