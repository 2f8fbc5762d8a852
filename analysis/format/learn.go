package format

import (
	"bytes"
	"sort"
	"time"
)

// place is where a stamp stands in a line: behind the count-th run of the
// byte delim (0: at the start), in a form.
type place struct {
	form  form
	delim byte
	count uint8
}

// stamps is what was learned about the stamps of a member.
type stamps struct {
	places   []place
	levels   levels
	share    float64 // of the lines that could start a record
	found    int     // lines that carry one of the stamps
	lines    int     // lines that could start a record
	guess    string  // doubt about the order of day and month
	year     bool    // all stamps of the first place carry a year and a date
	zoned    bool    // and a zone
	digits   int     // most common number of fraction digits of the first place
	inOrder  float64 // share of neighbours in one order of time
	samples  [][]byte
	rests    [][]byte // texts behind the stamps
	bare     int      // found lines that end with the stamp, behind a colon
	clockDay bool     // the first place is a clock without a date
}

// dated are the forms that are tried at a place, by likelihood; a longer one
// before one that is its beginning.
var dated = []form{
	formKlog, formGlog, formISO, formWeekISO, formWeekMonD, formWeekDMonY, formMonDY, formMonD, formDMonY, formYMonD, formYearDay,
	formShort, formDayMonth, formCompact, formShortest, formMD,
}

// searchLimit is how far into a line its stamp is looked for.
const searchLimit = 160

// skip returns where the place begins in line, -1 when line is too short.
func (p place) skip(line []byte) int {
	i := 0
	if p.count > 0 {
		n := min(len(line), searchLimit+20)
		for k := uint8(0); k < p.count; k++ {
			for i < n && line[i] != p.delim {
				i++
			}
			for i < n && line[i] == p.delim {
				i++
			}
			if i >= n {
				return -1
			}
		}
	}
	for i < len(line) && (line[i] == '[' || line[i] == '(' || line[i] == '<' || line[i] == '"' || line[i] == '{') {
		i++
	}
	if p.count == 0 && i+1 < len(line) && line[i] == '*' && letter(line[i+1]) { // Cisco's mark of a clock that is not set
		i++
	}
	return i
}

// seek looks for the stamp of a line that has none at the place: the number of
// words before it may vary where they are fields, a level among them
// ("WARN  [Service Thread] 2024-05-02 10:11:14,345"). It returns where the stamp
// stands and ends, 0 for none.
func (p place) seek(line []byte, c *civil) (from, end int) {
	if p.count == 0 || len(line) == 0 || line[0] != '[' && (line[0] < 'A' || line[0] > 'Z') {
		return 0, 0
	}
	for i := 4; i < len(line) && i < searchLimit; i++ {
		if line[i-1] != ' ' && line[i-1] != '[' || !digit(line[i]) && !letter(line[i]) {
			continue
		}
		if n := p.form.parse(line[i:], c); n > 0 {
			if levelBefore(line[:i]) == 0 || !p.fields(line[:i]) {
				break
			}
			return i, i + n
		}
	}
	return 0, 0
}

// fields reports whether what stands before a stamp are no more fields than
// elsewhere, and nothing but a level and brackets: other words are a sentence
// that names a time.
func (p place) fields(line []byte) bool {
	for i, k := 0, 0; ; k++ {
		from, to := token(line, i)
		if from == to {
			return true
		}
		if s, strong, _ := levelIn(line[from:to]); k == int(p.count) || line[from] != '[' && (s == 0 || !strong) {
			return false
		}
		i = to
	}
}

// read parses the stamp of line at the place and returns where it ends, 0
// when it has none.
func (p place) read(line []byte, c *civil) int {
	i := p.skip(line)
	if i < 0 || i >= len(line) {
		return 0
	}
	n := p.form.parse(line[i:], c)
	if n == 0 {
		return 0
	}
	return i + n
}

// learn finds the stamps of the given lines.
func learn(lines [][]byte) *stamps {
	l := &stamps{}
	type hit struct {
		place place
		at    int
	}
	hits := make([][]hit, 0, len(lines))
	var starters [][]byte
	for _, line := range lines {
		line = line[lead(line):]
		if len(line) == 0 || line[0] == ' ' || line[0] == '\t' || object0(line) {
			continue
		}
		var found []hit
		for _, p := range candidates(line) {
			var c civil
			if n := p.read(line, &c); n > 0 && !keyed(line, p.skip(line), n) {
				found = append(found, hit{place: p, at: p.skip(line)})
			}
		}
		if len(found) == 0 && continuation(line) {
			continue
		}
		starters = append(starters, line)
		hits = append(hits, found)
	}
	l.lines = len(starters)
	if l.lines == 0 {
		return l
	}
	covered := make([]bool, len(hits))
	for len(l.places) < 4 {
		type vote struct {
			place  place
			n      int
			offset int
		}
		votes := map[place]*vote{}
		for i, hs := range hits {
			if covered[i] {
				continue
			}
			for _, h := range hs {
				v := votes[h.place]
				if v == nil {
					v = &vote{place: h.place}
					votes[h.place] = v
				}
				v.n++
				v.offset += h.at
			}
		}
		var best *vote
		for _, v := range votes {
			if best == nil || better(v.n, v.offset, v.place, best.n, best.offset, best.place) {
				best = v
			}
		}
		if best == nil || len(l.places) > 0 && (best.n < 2 || best.n*50 < l.lines) {
			break
		}
		if weak := best.place.form == formEpoch || best.place.form == formClock || best.place.count > 0; weak && best.n*2 < l.lines && (best.n < 3 || best.place.form == formEpoch && best.place.count > 0) {
			break
		}
		l.places = append(l.places, best.place)
		for i, hs := range hits {
			for _, h := range hs {
				if h.place == best.place {
					covered[i] = true
				}
			}
		}
	}
	if len(l.places) == 0 {
		return l
	}
	l.order(starters)
	l.measure(starters)
	l.levels.learn(l.rests)
	return l
}

// object0 reports whether a line is a whole JSON object: its times are not
// stamps.
func object0(line []byte) bool {
	return len(line) > 4 && line[0] == '{' && line[1] == '"' && line[len(line)-1] == '}'
}

// keyed reports whether the stamp at line[at:end] is the value of a key
// ("creationTimestamp: 2021-08-03T09:14:02Z") and not the stamp of a record.
func keyed(line []byte, at, end int) bool {
	before := bytes.TrimRight(line[:at], " \t\"'")
	if n := len(before); n == 0 || before[n-1] != ':' && before[n-1] != '=' || n > 1 && before[n-2] == ':' || line[0] == '#' {
		return false
	}
	before = bytes.TrimLeft(before, "- ")
	if len(before) > 60 || bytes.IndexByte(bytes.Trim(before, "\"' "), ' ') >= 0 { // words before a colon are no key
		return false
	}
	return len(bytes.Trim(line[end:], " \t\"',;}])")) == 0
}

// better orders candidates: more lines, then an earlier place, then by value
// so that the result does not depend on the order of a map.
func better(n, offset int, p place, m, moffset int, q place) bool {
	switch {
	case n*20 > m*21 || m*20 > n*21:
		return n > m
	case offset*m != moffset*n:
		return offset*m < moffset*n
	case p.count != q.count:
		return p.count < q.count
	case p.delim != q.delim:
		return p.delim < q.delim
	}
	return p.form < q.form
}

// candidates returns the places in line where a stamp stands, the first of
// each delimiter.
func candidates(line []byte) []place {
	var out []place
	var c civil
	try := func(i int, delim byte, count uint8) bool {
		if i >= len(line) {
			return false
		}
		b := line[i:]
		if b[0] == '[' || b[0] == '(' || b[0] == '<' || b[0] == '"' || b[0] == '{' {
			return false
		}
		for _, f := range dated {
			if f.parse(b, &c) > 0 {
				out = append(out, place{form: f, delim: delim, count: count})
				return true
			}
		}
		if n := formEpoch.parse(b, &c); n > 0 && count <= 4 && (i > 0 || n < len(b)) {
			out = append(out, place{form: formEpoch, delim: delim, count: count})
			return true
		}
		if count == 0 {
			if formClock.parse(b, &c) > 0 {
				out = append(out, place{form: formClock})
				return true
			}
			if i > 0 && line[0] == '[' && formBoot.parse(b, &c) > 0 {
				out = append(out, place{form: formBoot})
				return true
			}
		}
		return false
	}
	p := place{}
	if try(p.skip(line), 0, 0) {
		return out
	}
	var runs [9]uint8
	delims := [9]byte{' ', '[', '|', ':', '\t', '"', '(', ';', ','}
	for i := 0; i < len(line) && i < searchLimit; i++ {
		for d, delim := range delims {
			if line[i] != delim {
				continue
			}
			if i+1 < len(line) && line[i+1] == delim {
				break
			}
			runs[d]++
			j := i + 1
			for j < len(line) && (line[j] == '[' || line[j] == '(' || line[j] == '<' || line[j] == '"' || line[j] == '{') {
				j++
			}
			if runs[d] < 16 && try(j, delim, runs[d]) && len(out) >= 6 {
				return out
			}
			break
		}
	}
	return out
}

// order decides between day/month and month/day by evidence of the sample.
func (l *stamps) order(lines [][]byte) {
	for k, p := range l.places {
		if p.form != formDayMonth {
			continue
		}
		big, small, ampm := 0, 0, false
		var first, second []int64
		w := clockwork{}
		for _, line := range lines {
			var c civil
			if p.read(line, &c) == 0 {
				continue
			}
			if c.day > 12 {
				big++
			}
			if c.month > 12 {
				small++
			}
			if i := p.skip(line); bytes.Contains(line[i:min(len(line), i+26)], []byte("M")) {
				ampm = true
			}
			if t, q := w.time(&c); q > 0 {
				first = append(first, t)
			}
			c.day, c.month = c.month, c.day
			if t, q := w.time(&c); q > 0 {
				second = append(second, t)
			}
		}
		monthFirst := false
		switch {
		case big != small:
			monthFirst = small > big
		case inOrder(first) != inOrder(second):
			monthFirst = inOrder(second) > inOrder(first)
			l.guess = "day and month cannot be told apart by their values; the order that keeps the times in sequence was taken"
		default:
			sep := byte('/')
			if i := p.skip(lines[0]); i >= 0 && i+2 < len(lines[0]) {
				for _, c := range lines[0][i:min(len(lines[0]), i+3)] {
					if !digit(c) {
						sep = c
						break
					}
				}
			}
			monthFirst = sep == '/' || ampm
			l.guess = "day and month cannot be told apart; day/month was assumed"
			if monthFirst {
				l.guess = "day and month cannot be told apart; month/day was assumed"
			}
		}
		if monthFirst {
			l.places[k].form = formMonthDay
		}
	}
}

// inOrder returns the share of neighbours that do not step backwards, or do
// not step forwards, whichever is larger.
func inOrder(ts []int64) float64 {
	if len(ts) < 2 {
		return 1
	}
	up, down := 0, 0
	for i := 1; i < len(ts); i++ {
		if ts[i] >= ts[i-1] {
			up++
		}
		if ts[i] <= ts[i-1] {
			down++
		}
	}
	return float64(max(up, down)) / float64(len(ts)-1)
}

// measure takes the figures that decide what the member is.
func (l *stamps) measure(lines [][]byte) {
	l.year, l.zoned = true, true
	digits := map[int]int{}
	var times []int64
	w := newClockwork(nil, time.Date(2020, 7, 1, 0, 0, 0, 0, time.UTC)) // any year will do for the order
	w.fixed = true
	for _, line := range lines {
		for k, p := range l.places {
			var c civil
			n := p.read(line, &c)
			if n == 0 {
				continue
			}
			l.found++
			if c.noYear {
				l.year = false
			}
			l.samples = append(l.samples, line)
			l.rests = append(l.rests, line[n:])
			if before := bytes.TrimRight(line[:max(0, p.skip(line))], " \t"); len(bytes.TrimSpace(line[n:])) == 0 && len(before) > 0 && before[len(before)-1] == ':' && before[0] != '#' {
				l.bare++
			}
			if k == 0 {
				if !c.zoned {
					l.zoned = false
				}
				digits[fractionDigits(line[:n])]++
				if t, q := w.time(&c); q > 0 {
					times = append(times, t)
				}
			}
			break
		}
	}
	keys := make([]int, 0, len(digits))
	for d := range digits {
		keys = append(keys, d)
	}
	sort.Ints(keys)
	for _, d := range keys {
		if l.digits == 0 || digits[d] > digits[l.digits] {
			l.digits = d
		}
	}
	l.share = float64(l.found) / float64(l.lines)
	l.inOrder = inOrder(times)
	l.clockDay = l.places[0].form == formClock
}

// fractionDigits counts the digits of the fraction in a stamp.
func fractionDigits(stamp []byte) int {
	i := bytes.LastIndexAny(stamp, ".,")
	if i < 0 {
		return 0
	}
	n := 0
	for i++; i < len(stamp) && digit(stamp[i]); i++ {
		n++
	}
	return n
}
