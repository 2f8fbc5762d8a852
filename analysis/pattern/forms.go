package pattern

// numberForm says how much of w, which begins with a digit or a sign and a
// digit, is a variable, and its kind. It is all of it but for "64-bit".
func numberForm(w []byte) (int, byte) {
	i := 0
	if w[0] == '-' {
		i++
	}
	hex := len(w) > i+2 && w[i] == '0' && w[i+1]|0x20 == 'x'
	if hex {
		return len(w), kindHex
	}
	for i < len(w) && (classes[w[i]] == clDigit || w[i] == '.' && i+1 < len(w) && classes[w[i+1]] == clDigit) {
		i++
	}
	num := i
	if num == len(w) {
		dots := 0
		for _, c := range w {
			if c == '.' {
				dots++
			}
		}
		if dots == 3 {
			return len(w), kindIP
		}
		return len(w), kindNumber
	}
	if w[i] == '%' && i+1 == len(w) {
		return i, kindNumber
	}
	if isUUID(w) {
		return len(w), kindUUID
	}
	if w[i] == '-' || w[i] == '/' {
		// "64-bit", "3-way-merge": the words stay.
		for k := i + 1; ; k++ {
			if k == len(w) {
				if k > i+2 {
					return i, kindNumber
				}
				break
			}
			if c := classes[w[k]]; c != clLetter && w[k] != '-' {
				break
			}
		}
		if w[i] == '/' {
			for _, c := range w[:i] {
				if c == '.' {
					return len(w), kindIP // with its prefix length
				}
			}
			return i, kindNumber
		}
		return len(w), kindID
	}
	switch unit(w[i:]) {
	case 1:
		return len(w), kindSpan
	case 2:
		return len(w), kindSize
	}
	return len(w), kindID
}

// unit tells the unit behind a number: 1 of time, 2 of size, 0 none known.
func unit(u []byte) int {
	switch string(u) {
	case "ns", "us", "µs", "ms", "s", "m", "h", "d", "sec", "secs", "min", "mins", "hrs", "msec", "msecs", "usec",
		"second", "seconds", "minute", "minutes", "hour", "hours", "day", "days", "milliseconds", "microseconds":
		return 1
	case "B", "b", "K", "M", "G", "T", "k", "kB", "KB", "MB", "GB", "TB", "Ki", "Mi", "Gi", "Ti", "KiB", "MiB", "GiB", "TiB", "kb", "mb", "gb", "byte", "bytes":
		return 2
	}
	// "1h2m3.5s"
	if len(u) > 1 && (u[0] == 'h' || u[0] == 'm' || u[0] == 'd') && (u[len(u)-1] == 's' || u[len(u)-1] == 'm' || u[len(u)-1] == 'h') {
		for _, c := range u {
			if classes[c]&(clDigit|clDot) == 0 && c != 'h' && c != 'm' && c != 's' && c != 'd' {
				return 0
			}
		}
		return 1
	}
	return 0
}

func isUUID(w []byte) bool {
	if len(w) != 36 {
		return false
	}
	for i, c := range w {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !isHex(c) {
				return false
			}
		}
	}
	return true
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// colonForm tells the kind of a word with colons that is one variable as a
// whole: IPv6, MAC, IPv4 with port, host with port. 0 when it is none.
func colonForm(w []byte) byte {
	colons, double, hexOnly, dots, digits, last := 0, false, true, 0, 0, -1
	short := 0 // bytes since the last colon
	mac := true
	end := len(w)
	for i, c := range w {
		switch {
		case c == ':':
			if colons++; colons > 1 && !hexOnly {
				return 0
			}
			double = double || i > 0 && w[i-1] == ':'
			mac = mac && short == 2
			short = 0
			last = i
			continue
		case isHex(c):
			short++
		case c == '.':
			dots++
			mac = false
			short++
		case (c == '%' || c == '/') && colons >= 2 && hexOnly:
			end = i // scope or prefix length of an IPv6 address
		default:
			if end == len(w) {
				hexOnly = false
			}
			short++
		}
		if '0' <= c && c <= '9' {
			digits++
		}
	}
	switch {
	case hexOnly && colons >= 3 && mac && short == 2:
		return kindMAC
	case hexOnly && (double && colons >= 2 && colons <= 8 || colons == 7) && digits > 0:
		return kindIP
	case colons == 1 && last < len(w)-1 && (last > 0 && dots > 0 || last == len("localhost") && string(w[:last]) == "localhost"):
		for _, c := range w[last+1:] {
			if c < '0' || c > '9' {
				return 0
			}
		}
		if len(w)-last-1 > 5 {
			return 0
		}
		host := w[:last]
		if sourceFile(host) {
			return 0
		}
		for _, c := range host {
			if classes[c]&(clLetter|clDigit|clDot) == 0 && c != '-' {
				return 0
			}
		}
		if classes[host[0]] == clDigit && dots == 3 {
			return kindIP
		}
		return kindHost
	}
	return 0
}

// sourceFile reports whether a word is the name of a file of source code.
func sourceFile(w []byte) bool {
	i := len(w)
	for i > 0 && w[i-1] != '.' {
		i--
	}
	switch string(w[i:]) {
	case "go", "c", "cc", "cpp", "cxx", "h", "hpp", "java", "py", "rb", "js", "ts", "rs", "cs", "kt", "scala", "php", "pl", "sh", "m", "mm", "swift", "lua", "ex", "erl", "sql", "yaml", "yml":
		return true
	}
	return false
}

// dataFile reports whether a word ends in the suffix of a file of data: such a
// name with a number in it is made by a program.
func dataFile(w []byte) bool {
	i := len(w)
	for i > 0 && w[i-1] != '.' {
		i--
	}
	switch string(w[i:]) {
	case "log", "txt", "xml", "json", "csv", "gz", "tgz", "zip", "tar", "xz", "bz2", "zst", "bak", "tmp", "dat", "bin", "db",
		"html", "pdf", "png", "jpg", "pcap", "pid", "sock", "lock", "out", "err", "conf", "cfg", "ini", "pem", "crt", "key", "rpm", "deb", "whl", "iso", "img":
		return i > 1
	}
	return false
}

func isEmail(w []byte) bool {
	at := -1
	for i, c := range w {
		if c == '@' {
			if at >= 0 {
				return false
			}
			at = i
		} else if classes[c]&(clLetter|clDigit|clDot) == 0 && c != '-' && c != '+' {
			return false
		}
	}
	if at < 1 || at > len(w)-4 {
		return false
	}
	dot := 0
	for i := at + 1; i < len(w); i++ {
		if w[i] == '.' {
			dot = i
		}
	}
	if dot == 0 || len(w)-dot < 3 {
		return false
	}
	for _, c := range w[dot+1:] {
		if classes[c] != clLetter {
			return false
		}
	}
	switch string(w[dot+1:]) {
	case "service", "slice", "scope", "mount", "socket", "timer", "target", "device", "path", "swap":
		return false // an instance of a unit of systemd
	}
	return true
}

// schemeStart returns where in the word from i on a URL begins, -1 when there
// is none.
func schemeStart(m []byte, i int) int {
	for k := i + 1; k+2 < len(m); k++ {
		if m[k] == ':' && m[k+1] == '/' && m[k+2] == '/' {
			s := k
			for s > i && (classes[m[s-1]]&(clLetter|clDigit|clDot) != 0 || m[s-1] == '+' || m[s-1] == '-') {
				s--
			}
			if s < k {
				return s
			}
			return -1
		}
	}
	return -1
}

func urlEnd(m []byte, i int) int {
	j := i
	for j < len(m) && classes[m[j]] != clBlank {
		switch m[j] {
		case '"', '\'', '<', '>', '`', '(', ')', '[', ']', '{', '}', '|', '\\':
			return trimURL(m, i, j)
		}
		j++
	}
	return trimURL(m, i, j)
}

func trimURL(m []byte, i, j int) int {
	for j > i {
		switch m[j-1] {
		case '.', ',', ';', ':', '!', '?':
			j--
			continue
		}
		break
	}
	return j
}

// pathEnd returns the end of the path that begins at i, 0 when there is none.
// A path begins with "/", "./", "../" or "~/". A query belongs to it, and the
// protocol of an HTTP request behind it.
func pathEnd(m []byte, i, j int) int {
	k := i
	if m[k] == '~' {
		k++
	}
	for k < i+2 && m[k] == '.' && k+1 < j {
		k++
	}
	if m[k] != '/' || k+1 >= j {
		return 0
	}
	if c := m[k+1]; classes[c]&(clLetter|clDigit|clDot) == 0 && c != '~' && c != '-' && c != '%' && c != '/' {
		return 0
	}
	e := j
	for e < len(m) && (m[e] == '?' || m[e] == '*') {
		for e < len(m) && classes[m[e]] != clBlank && m[e] != '"' && m[e] != '\'' && m[e] != '>' && m[e] != ')' && m[e] != ']' {
			e++
		}
	}
	for e > k+1 && (m[e-1] == '.' || m[e-1] == ':' || m[e-1] == '-') {
		e--
	}
	if e+8 <= len(m) && string(m[e:e+6]) == " HTTP/" {
		e += 6
		for e < len(m) && classes[m[e]]&(clDigit|clDot) != 0 {
			e++
		}
	}
	return e
}

// inner reports whether a word has at least n backslashes between letters or
// digits that do not look like escapes of a line end or a tab.
func inner(w []byte, n int) bool {
	for k := 1; k < len(w)-2; k++ {
		if w[k] == '\\' && classes[w[k-1]]&(clLetter|clDigit) != 0 && classes[w[k+1]]&(clLetter|clDigit) != 0 {
			if w[k+1] == 'n' || w[k+1] == 't' || w[k+1] == 'r' || w[k+1] == 'u' {
				continue
			}
			n--
		}
	}
	return n <= 0
}

// windowsPathEnd returns the end of a path with backslashes that begins at i:
// with a drive, or with two. Parts that hold a blank belong to it when a
// backslash follows in the next word.
func windowsPathEnd(m []byte, i, j int) int {
	switch {
	case j-i > 2 && classes[m[i]] == clLetter && m[i+1] == ':' && m[i+2] == '\\':
	case j-i == 2 && m[i] == '\\' && m[i+1] == '\\' && j+1 < len(m) && (m[j] == '?' || m[j] == '.') && m[j+1] == '\\':
	case j-i > 4 && m[i] == '\\' && m[i+1] == '\\' && classes[m[i+2]]&(clLetter|clDigit) != 0 && inner(m[i+2:j], 1):
	case j-i > 1 && m[i] == '\\' && classes[m[i+1]] == clDigit, inner(m[i:j], 2):
	default:
		return 0
	}
	e := j
	for e < len(m) && (m[e] == ' ' || m[e] == '{' || m[e] == '}' || m[e] == '*' || m[e] == '?') {
		glued := m[e] == '*' || m[e] == '?'
		k, back := e+1, glued
		for k < len(m) && (classes[m[k]]&clWord != 0 || glued && m[k] == '*') && m[k] != ':' {
			back = back || m[k] == '\\'
			k++
		}
		if !back {
			break
		}
		e = k
	}
	for e > i+1 && (m[e-1] == '.' || m[e-1] == ':') {
		e--
	}
	return e
}
