package pattern

import "bytes"

// chunk handles the word i..j that holds a digit, a slash or a backslash: it
// tells the variable parts by their form. It returns where to go on, which is
// behind j when a form goes on there (a URL, a path's query, a date's time).
func (l *Lexer) chunk(i, j, n int, mask uint16) int {
	switch mask { // most words are of these
	case clDigit:
		if j-i != 8 { // that may be a date
			l.number(i, j, kindNumber)
			return j
		}
	case clDigit | clLetter:
		l.name(i, j)
		return j
	case clDigit | clDot:
		if l.decimal(i, j) {
			return j
		}
	}
	m := l.msg
	if mask&clDot != 0 && classes[m[i]]&(clLetter|clDigit) != 0 {
		// A row of dots fills up a column: it is no part of a word.
		if k := dotRow(m, i+1, j); k > 0 {
			l.chunk(i, k, k, mask)
			return k
		}
	}
	if mask&clSlash != 0 {
		if mask&clColon != 0 {
			if s := schemeStart(m[:j], i); s >= 0 {
				e := urlEnd(m[:n], s)
				l.piecesBefore(i, s)
				l.variable(s, e, kindURL)
				return e
			}
		}
		if c := m[i]; c == '/' || c == '.' || c == '~' {
			if e := pathEnd(m[:n], i, j); e > 0 {
				l.variable(i, e, kindPath)
				return e
			}
		}
	}
	if mask&clBack != 0 {
		if e := windowsPathEnd(m[:n], i, j); e > 0 {
			l.variable(i, e, kindPath)
			return e
		}
	}
	k := j
	for k > i && (classes[m[k-1]]&(clDot|clColon|clBack) != 0 || m[k-1] == '-' && k-1 > i) {
		k--
	}
	if k == i {
		return j
	}
	if mask&clColon != 0 {
		if kind := colonForm(m[i:k]); kind != 0 {
			l.variable(i, k, kind)
			return j
		}
	}
	if classes[m[i]] == clDigit {
		if e, kind := timeEnd(m[:n], i, j); e > 0 {
			l.variable(i, e, kind)
			return e
		}
	}
	if mask&clColon != 0 {
		for a := i; a < k; {
			if a > i {
				if kind := colonForm(m[a:k]); kind != 0 && kind != kindHost {
					l.variable(a, k, kind)
					return j
				}
			}
			b := a
			for b < k && m[b] != ':' {
				b++
			}
			if b > a {
				l.piece(a, b)
			}
			a = b + 1
		}
		return j
	}
	l.piece(i, k)
	return j
}

// number adds the number i..j, to which a sign in front of it may belong:
// "<1 s".
func (l *Lexer) number(i, j int, kind byte) {
	if m := l.msg; i > 1 && m[i-1] == '<' && m[i-2] == ' ' && l.lit < i && !(j < len(m) && m[j] == '>') {
		i--
	}
	l.variable(i, j, kind)
}

// name handles a word of letters and digits only.
func (l *Lexer) name(i, j int) {
	w := l.msg[i:j]
	if classes[w[0]] == clDigit {
		_, kind := numberForm(w)
		l.number(i, j, kind)
		return
	}
	d := 0
	for _, c := range w {
		d += int(classes[c] & clDigit)
	}
	if mixed(w, d/clDigit) == 2 {
		l.variable(i, j, kindID)
	}
}

// decimal handles a number with dots, or an IPv4 address; it reports false for
// what may be something else: a row of dots or a date.
func (l *Lexer) decimal(i, j int) bool {
	m := l.msg
	if m[j-1] == '.' {
		j--
	}
	dots, part, years := 0, i, false
	for k := i; k < j; k++ {
		if m[k] == '.' {
			if k == part {
				return false
			}
			years = years || k-part == 4
			dots, part = dots+1, k+1
		}
	}
	if years = years || j-part == 4; part == j || years && dots >= 2 {
		return false
	}
	kind := byte(kindNumber)
	if dots == 3 {
		kind = kindIP
	}
	l.number(i, j, kind)
	return true
}

// dotRow returns where in m[i:j] the first of two dots in a row stands, 0 for
// none.
func dotRow(m []byte, i, j int) int {
	for k := i + 1; k < j; k += 2 {
		if m[k] != '.' {
			continue
		}
		if m[k-1] == '.' {
			return k - 1
		}
		if k+1 < j && m[k+1] == '.' {
			return k
		}
	}
	return 0
}

// piecesBefore handles what stands in a word before a URL.
func (l *Lexer) piecesBefore(i, s int) {
	if s > i+1 {
		l.piece(i, s-1)
	}
}

// piece handles a part of a word without colons.
func (l *Lexer) piece(i, j int) {
	m := l.msg
	for i < j && (m[i] == '.' || classes[m[i]]&clOther != 0 && !(m[i] == '-' && i+1 < j && classes[m[i+1]] == clDigit && (i == 0 || classes[m[i-1]]&(clLetter|clDigit) == 0))) {
		i++
	}
	if i == j {
		return
	}
	if c := m[i]; (c == '-' || '0' <= c && c <= '9') && bytes.IndexByte(m[i:j], '\\') < 0 {
		e, kind := numberForm(m[i:j])
		l.number(i, i+e, kind)
		if i+e < j && m[i+e] == '/' {
			l.piece(i+e+1, j)
		}
		return
	}
	switch s := survey(m[i:j]); {
	case s.backs > 0:
		// Not a path: escapes, which stand between words.
		for a := i; a < j; {
			b := a
			for b < j && m[b] != '\\' {
				b++
			}
			if b > a {
				l.piece(a, b)
			}
			a = b + 1
			if a < j && (m[a] == 'n' || m[a] == 't' || m[a] == 'r') {
				a++
			}
		}
	case s.digits == 0:
		if s.slashes >= 2 && s.dots > 0 {
			l.variable(i, j, kindPath)
		} else if s.at > 0 && s.dots > 0 && isEmail(m[i:j]) {
			l.variable(i, j, kindEmail)
		}
	case s.at > 0 && isEmail(m[i:j]):
		l.variable(i, j, kindEmail)
	case s.at == 1 && s.slashes == 0:
		a := i
		for m[a] != '@' {
			a++
		}
		if a > i {
			l.piece(i, a)
		}
		if a+1 < j {
			l.piece(a+1, j)
		}
	case s.slashes >= 2 || s.dots > 0 && dataFile(m[i:j]):
		l.variable(i, j, kindPath)
	case s.hard > 0 || s.soft > 1 || s.soft == 1 && s.whole > 0,
		s.whole > 0 && s.alpha > 1 && s.dots == 0 && s.slashes == 0: // "pool-1-thread-12"
		l.variable(i, j, kindID)
	case s.slashes == 1 && s.whole >= 4 && s.dots >= 3: // "node-7/10.0.0.7"
		a := i
		for m[a] != '/' {
			a++
		}
		l.piece(i, a)
		l.piece(a+1, j)
	case s.whole > 0:
		l.numbers(i, j)
	}
}

// numbers makes variables of the parts of m[i:j] that are all digits.
func (l *Lexer) numbers(i, j int) {
	m := l.msg
	for a := i; a < j; {
		b := a
		for b < j && classes[m[b]]&(clLetter|clDigit) != 0 {
			b++
		}
		if b > a && classes[m[a]] == clDigit {
			l.variable(a, b, kindNumber)
		}
		a = b + 1
	}
}

// parts is what a word is made of, cut at all bytes that are neither letters
// nor digits.
type parts struct {
	digits                   int // bytes
	whole, soft, hard, alpha int // parts: digits only, perhaps variable, surely variable, constant
	dots, slashes, backs, at int
}

func survey(w []byte) (s parts) {
	for i := 0; i < len(w); {
		j, d := i, 0
		for j < len(w) {
			c := classes[w[j]]
			if c&(clLetter|clDigit) == 0 {
				// "x_-12" is one identifier.
				if !(w[j] == '-' && j > i && w[j-1] == '_') {
					break
				}
			}
			d += int(c & clDigit)
			j++
		}
		d /= clDigit
		if j > i {
			s.digits += d
			switch {
			case d == 0:
				s.alpha++
			case d == j-i:
				s.whole++
			default:
				switch mixed(w[i:j], d) {
				case 0:
					s.alpha++
				case 1:
					s.soft++
				default:
					s.hard++
				}
			}
		}
		if j < len(w) {
			switch w[j] {
			case '.':
				s.dots++
			case '/':
				s.slashes++
			case '\\':
				s.backs++
			case '@':
				s.at++
			}
		}
		i = j + 1
	}
	return s
}

// mixed judges a part that has d digits and something else: 0 it is a word, 1
// it may be a variable, 2 it is one.
func mixed(w []byte, d int) int {
	if d <= 4 && isTechnical(w) {
		return 0
	}
	if d >= 4 {
		return 2
	}
	hex, turns, under := true, 0, false
	for i, c := range w {
		k := classes[c]
		if k != clDigit && !('a' <= c|0x20 && c|0x20 <= 'f') {
			hex = false
		}
		if i > 0 && (k == clDigit) != (classes[w[i-1]] == clDigit) {
			turns++
		}
		if k == clDigit && (i == 0 || w[i-1] == '_' || w[i-1] == '-') {
			e := i
			for e < len(w) && classes[w[e]] == clDigit {
				e++
			}
			under = under || e == len(w) || w[e] == '_'
		}
	}
	letters := len(w) - d
	switch {
	case under,
		hex && len(w) >= 6 && d >= 2,
		turns >= 3 && d >= 2,
		letters <= 2 && d >= 3:
		return 2
	}
	return 1
}

// isTechnical reports whether w is one of the words of computing that hold
// digits, four at most, and mean one thing.
func isTechnical(w []byte) bool {
	if len(w) > 8 {
		return false
	}
	var low [8]byte
	for i, c := range w {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		low[i] = c
	}
	switch string(low[:len(w)]) {
	case "x86_64", "x86", "x64", "aarch64", "arm64", "amd64", "armv7l",
		"i386", "i686", "ppc64le", "s390x", "win32", "win64",
		"base64", "utf8", "utf16", "iso8859", "int32", "int64", "uint32",
		"uint64", "float64", "sha1", "sha256", "sha512", "md5", "x509",
		"ipv4", "ipv6", "inet6", "tcp4", "tcp6", "udp4", "udp6",
		"http2", "oauth2", "ssh2", "log4j", "k8s", "e2e", "i18n",
		"p2p", "ext4", "nfs4", "vp8", "mp4", "mp3", "h264", "crc32":
		return true
	}
	return false
}

func isTruth(w []byte) bool {
	switch string(w) {
	case "true", "false", "True", "False", "TRUE", "FALSE", "null", "NULL", "nil", "NaN":
		return true
	}
	return false
}
