package pattern

import "strings"

// wholeAddresses makes one variable of every IPv6 address in brackets and the
// port behind it: "[fe80::1]:443", "[::]:80".
func wholeAddresses(s string) string {
	const address, port = "\x01i", "]:\x01n"
	for from := 0; ; {
		i := strings.Index(s[from:], port)
		if i < 0 {
			return s
		}
		i += from
		from = i + len(port)
		for _, host := range [...]string{address, "::"} {
			if at := i - len(host) - 1; at >= 0 && s[at:i] == "["+host && (at == 0 || classes[s[at-1]]&(clLetter|clDigit) == 0) {
				s = s[:at] + address + s[from:]
				from = at + len(address)
				break
			}
		}
	}
}

// wholeBrackets makes one variable of the list in every pair of square brackets
// that holds quoted texts only, or two or more words set apart by commas and
// blanks of which half at least are names or identifiers.
func wholeBrackets(s string) string {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case mark:
			i++
		case '[':
			if e := listEnd(s, i+1); e > 0 {
				s = s[:i+1] + "\x01x" + s[e:]
				i += 3
			}
		}
	}
	return s
}

// listEnd returns where the bracket ends that the list at i stands in, 0 when
// there is none.
func listEnd(s string, i int) int {
	n, quoted, names := 0, 0, 0
	for {
		e := i
		if i < len(s) && (s[i] == '\'' || s[i] == '"') {
			if e = quoteEnd(s, i) + 1; e == 0 {
				return 0
			}
			quoted++
		} else {
			number := true
			for e < len(s) && (s[e] == mark || classes[s[e]]&clWord != 0) {
				if s[e] == mark {
					e++
					number = number && s[e] == kindNumber
				} else if classes[s[e]]&clLetter != 0 {
					number = false
				}
				e++
			}
			if w := s[i:e]; !number && (strings.IndexByte(w, mark) >= 0 || isCompound(w) || isCamel(w)) {
				names++
			}
		}
		if e == i || e >= len(s) {
			return 0
		}
		n++
		if s[e] == ']' {
			i = e
			break
		}
		if s[e] != ',' || e+1 >= len(s) || s[e+1] != ' ' {
			return 0
		}
		i = e + 2
	}
	if quoted == n || n >= 2 && 2*(names+quoted) >= n {
		return i
	}
	return 0
}

// wholeObjects makes one variable of every object as Python prints it: "<class
// 'int'>", "<Lock object at 0x7f>".
func wholeObjects(s string) string {
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '<')
		if i < 0 {
			return s
		}
		i += from
		from = i + 1
		e := angleEnd(s, i)
		if e < 0 {
			continue
		}
		in := s[i+1 : e]
		if name, ok := strings.CutPrefix(in, "class '"); ok && strings.IndexByte(name, '\'') == len(name)-1 || strings.HasSuffix(in, " at \x01x") && len(in) > 6 {
			s = s[:i] + "\x01x" + s[e+1:]
		}
	}
}

// maxObject bounds the text of an object.
const maxObject = 256

// angleEnd returns where the angle bracket at i is closed, -1 when it is not.
func angleEnd(s string, i int) int {
	depth := 0
	for j := i; j < min(len(s), i+maxObject); j++ {
		switch s[j] {
		case mark:
			j++
		case '<':
			depth++
		case '>':
			if depth--; depth == 0 {
				return j
			}
		}
	}
	return -1
}

// noValues makes variables of what stands for no value: Python's None in the
// place of one, and <none> as tables have it.
func noValues(s string) string {
	const none = "None"
	s = strings.ReplaceAll(s, "<none>", "\x01x")
	var out strings.Builder
	last := 0
	for from := 0; ; {
		i := strings.Index(s[from:], none)
		if i < 0 {
			if last == 0 {
				return s
			}
			out.WriteString(s[last:])
			return out.String()
		}
		i += from
		from = i + len(none)
		before := strings.TrimSuffix(s[:i], " ")
		if before == "" || strings.IndexByte("=:,(['\"", before[len(before)-1]) < 0 || from < len(s) && strings.IndexByte(" ,;)]}'\"", s[from]) < 0 {
			continue
		}
		out.WriteString(s[last:i])
		out.WriteString("\x01x")
		last = from
	}
}

// wholeStructs makes one variable of what stands in the braces of a structure as Go
// prints it: "config.Config{Level:\"info\", Workers:1}".
func wholeStructs(s string) string {
	for i := 1; i+1 < len(s); i++ {
		if s[i] != '{' || !isType(s[:i]) || !capital(s[i+1:]) {
			continue
		}
		k := i + 1
		for k < len(s) && classes[s[k]]&(clLetter|clDigit) != 0 {
			k++
		}
		if e := bracketEnd(s, i); e > 0 && k < e && s[k] == ':' {
			s = s[:i+1] + "\x01x" + s[e:]
			i += 3
		}
	}
	return s
}

// isType reports whether s ends in the name of a type and that of its package.
func isType(s string) bool {
	i := len(s)
	for i > 0 && classes[s[i-1]]&(clLetter|clDigit) != 0 {
		i--
	}
	return i > 1 && i < len(s) && capital(s[i:]) && s[i-1] == '.' && classes[s[i-2]]&(clLetter|clDigit) != 0
}

// wholePhrases makes one variable of every text of several words in single quotes
// that tells of no failure, or of none that the rest does not tell of.
func wholePhrases(s string) string {
	for i := 1; i < len(s); i++ {
		c := s[i]
		if c == mark {
			i++
			continue
		}
		if c != '\'' || classes[s[i-1]]&(clLetter|clDigit|clBack) != 0 {
			continue
		}
		e := quoteEnd(s, i)
		if e < 0 {
			continue
		}
		in, before, after := s[i+1:e], s[:i], s[e+1:]
		ends := after == "" || classes[after[0]]&(clLetter|clDigit) == 0
		if ends && !speaks(before) && strings.IndexByte(in, ' ') > 0 && words(in) > 0 && words(before) > 0 && (!fails(in) || fails(before) || fails(after)) {
			s = before + "'\x01x" + s[e:]
			e = i + 3
		}
		i = e
	}
	return s
}
