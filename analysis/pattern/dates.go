package pattern

// timeEnd returns the end of the date, the time or both that begin at i, and
// the kind; 0 when there is none. Forms: 2006-01-02, 2006/01/02, 02/Jan/2006,
// 20060102-15:04:05, 15:04:05[.,]000, joined by "T", ":", "-" or a blank, with
// zone.
func timeEnd(m []byte, i, j int) (int, byte) {
	if classes[m[i]] != clDigit {
		return 0, 0
	}
	k := dateEnd(m, i)
	if k == 0 {
		k = clockEnd(m, i)
		if k == 0 || k < len(m) && classes[m[k]]&(clLetter|clDigit) != 0 && m[k] != 'Z' {
			return 0, 0
		}
		return zoneEnd(m, k), kindTime
	}
	if k < len(m) && (m[k] == 'T' || m[k] == ' ' || m[k] == ':' || m[k] == '-' || m[k] == '_') {
		if t := clockEnd(m, k+1); t > 0 {
			return zoneEnd(m, t), kindTime
		}
	}
	if k < len(m) && classes[m[k]]&(clLetter|clDigit|clSlash|clOther) != 0 {
		return 0, 0
	}
	return k, kindTime
}

// dateEnd returns the end of a date with a four-digit year at i, 0 for none.
func dateEnd(m []byte, i int) int {
	a := digits(m, i)
	switch {
	case a-i == 4 && a+1 < len(m) && (m[a] == '-' || m[a] == '/' || m[a] == '.'):
		b := digits(m, a+1)
		if d := b - a - 1; d < 1 || d > 2 || b >= len(m) || m[b] != m[a] {
			return 0
		}
		c := digits(m, b+1)
		if d := c - b - 1; d < 1 || d > 2 {
			return 0
		}
		return c
	case a-i == 8 && a < len(m) && m[i] <= '2' && (m[a] == '-' || m[a] == 'T' || m[a] == ' ') && clockEnd(m, a+1) > 0:
		return a
	case a-i >= 1 && a-i <= 2 && a < len(m) && (m[a] == '/' || m[a] == '-' || m[a] == '.'):
		b := a + 1
		if b+3 < len(m) && isMonth(m[b:b+3]) {
			b += 3
		} else {
			b = digits(m, a+1)
			if d := b - a - 1; d < 1 || d > 2 {
				return 0
			}
		}
		if b >= len(m) || m[b] != m[a] {
			return 0
		}
		c := digits(m, b+1)
		if c-b-1 != 4 {
			return 0
		}
		return c
	}
	return 0
}

// clockEnd returns the end of hours:minutes[:seconds[fraction]] at i, 0 for
// none.
func clockEnd(m []byte, i int) int {
	a := digits(m, i)
	if d := a - i; d < 1 || d > 2 || a >= len(m) || m[a] != ':' {
		return 0
	}
	b := digits(m, a+1)
	if b-a-1 != 2 {
		return 0
	}
	if b >= len(m) || m[b] != ':' {
		return b
	}
	c := digits(m, b+1)
	if d := c - b - 1; d < 1 || d > 2 {
		return 0
	}
	if c+1 < len(m) && (m[c] == '.' || m[c] == ',' || m[c] == ':') {
		if d := digits(m, c+1); d-c-1 <= 9 && (d-c-1 >= 3 || d > c+1 && m[c] == '.') {
			return d
		}
	}
	return c
}

// zoneEnd returns the end of the zone that follows a time at k.
func zoneEnd(m []byte, k int) int {
	if k < len(m) && m[k] == 'Z' {
		return k + 1
	}
	a := k
	if a < len(m) && m[a] == ' ' {
		a++
	}
	if a < len(m) && (m[a] == '+' || m[a] == '-') {
		b := digits(m, a+1)
		if b-a-1 == 4 && (b == len(m) || classes[m[b]]&clWord == 0) {
			return zoneName(m, b)
		}
		if b-a-1 == 2 && b < len(m) && m[b] == ':' {
			if c := digits(m, b+1); c-b-1 == 2 {
				return c
			}
		}
	}
	return zoneName(m, k)
}

// zoneName returns the end of the zone's name and of the reading of the clock
// that never goes back that follow an offset at k, as Go prints times: " UTC",
// " UTC m=+0.017".
func zoneName(m []byte, k int) int {
	if k+4 > len(m) || m[k] != ' ' {
		return k
	}
	e := wordEnd(m, k+1)
	if !isZone(m[k+1:e]) || e < len(m) && classes[m[e]]&clWord != 0 {
		return k
	}
	if e+5 <= len(m) && string(m[e:e+3]) == " m=" && (m[e+3] == '+' || m[e+3] == '-') {
		c := digits(m, e+4)
		if c > e+4 && c+1 < len(m) && m[c] == '.' {
			c = digits(m, c+1)
		}
		if c > e+4 {
			return c
		}
	}
	return e
}

func isZone(w []byte) bool {
	switch string(w) {
	case "UTC", "GMT", "WET", "WEST", "CET", "CEST", "EET", "EEST", "MSK", "BST", "IST", "JST", "KST", "HKT", "SGT",
		"EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "AEST", "AEDT":
		return true
	}
	return false
}

// digits returns where the digits that begin at i end.
func digits(m []byte, i int) int {
	for i < len(m) && '0' <= m[i] && m[i] <= '9' {
		i++
	}
	return i
}

// dateWords returns the end of a date that begins with the word i..j, the
// name of a weekday or month; 0 when no number follows it.
func dateWords(m []byte, i, j int) int {
	if isWeekday(m[i:j]) {
		k := j
		if k < len(m) && m[k] == ',' {
			k++
		}
		k = blanks(m, k)
		if k == j {
			return 0
		}
		if e := dateEnd(m, k); e > 0 {
			return dayTime(m, e)
		}
		e := digits(m, k)
		if e > k && e-k <= 2 {
			if b := blanks(m, e); b > e && b+3 <= len(m) && isMonth(m[b:wordEnd(m, b)]) {
				return yearTime(m, wordEnd(m, b))
			}
			return 0
		}
		if w := wordEnd(m, k); w > k && isMonth(m[k:w]) {
			return monthDay(m, w)
		}
		return 0
	}
	if isMonth(m[i:j]) {
		return monthDay(m, j)
	}
	return 0
}

// monthDay returns the end of a date whose month's name ends at j, 0 when no
// day follows.
func monthDay(m []byte, j int) int {
	k := blanks(m, j)
	e := digits(m, k)
	if k == j || e == k || e-k > 2 && e-k != 4 || e < len(m) && classes[m[e]]&clWord&^(clDot|clColon) != 0 {
		return 0
	}
	if e-k == 4 {
		return e
	}
	if e < len(m) && m[e] == ',' {
		if b := blanks(m, e+1); digits(m, b)-b == 4 {
			return dayTime(m, b+4)
		}
	}
	return yearTime(m, e)
}

// yearTime returns the end of the time, year and zone that may follow a day
// and month at e.
func yearTime(m []byte, e int) int {
	if b := blanks(m, e); b > e && digits(m, b)-b == 4 {
		return dayTime(m, b+4)
	}
	t := dayTime(m, e)
	if t > e {
		b := blanks(m, t)
		if w := wordEnd(m, b); b > t && w-b >= 3 && w-b <= 4 && upper(m[b:w]) {
			if y := blanks(m, w); y > w && digits(m, y)-y == 4 {
				return y + 4
			}
		}
		if b > t && digits(m, b)-b == 4 {
			return b + 4
		}
	}
	return t
}

// dayTime returns the end of the time of day that may follow at e.
func dayTime(m []byte, e int) int {
	b := blanks(m, e)
	if b > e {
		if t := clockEnd(m, b); t > 0 {
			return zoneEnd(m, t)
		}
	}
	return e
}

func blanks(m []byte, i int) int {
	for i < len(m) && m[i] == ' ' {
		i++
	}
	return i
}

func wordEnd(m []byte, i int) int {
	for i < len(m) && classes[m[i]] == clLetter {
		i++
	}
	return i
}

func upper(w []byte) bool {
	for _, c := range w {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return true
}

func isMonth(w []byte) bool {
	switch string(w) {
	case "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
		"January", "February", "March", "April", "June", "July", "August", "September", "October", "November", "December":
		return true
	}
	return false
}

func isWeekday(w []byte) bool {
	switch string(w) {
	case "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun",
		"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday":
		return true
	}
	return false
}
