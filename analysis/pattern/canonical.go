package pattern

import (
	"strings"
)

// canonical returns a skeleton with its variables of one kind, and one variable
// for what is one value by its form alone.
func canonical(skeleton string) string {
	s := oneKind(wholeBrackets(wholeAddresses(skeleton)))
	s = strings.ReplaceAll(s, "<none>", "\x01x") // as tables have it where there is no value
	return emptyFields(wholeLists(wholeQuotes(s)))
}

// emptyFields makes variables of the dashes that stand for empty values among
// variables in square brackets: "[<*> <*> - - -]".
func emptyFields(s string) string {
	if !strings.Contains(s, " - -") && !strings.Contains(s, " -]") {
		return s
	}
	for i := 0; i < len(s); i++ {
		if s[i] != '[' {
			continue
		}
		e := bracketEnd(s, i)
		if e < 0 {
			continue
		}
		fields := strings.Split(s[i+1:e], " ")
		empty := 0
		for k, f := range fields {
			switch {
			case f == "-":
				empty++
				fields[k] = "\x01x"
			case strings.IndexByte(f, mark) < 0:
				empty = -len(fields)
			}
		}
		if empty > 0 && empty < len(fields) {
			s = s[:i+1] + strings.Join(fields, " ") + s[e:]
		}
		i = e
	}
	return s
}

// wholeLists makes one variable of every three or more words joined by commas
// of which half at least are names or variables.
func wholeLists(s string) string {
	out, last := "", 0
	for i := 0; i < len(s); {
		j, n, names := i, 0, 0
		for {
			e := memberEnd(s, j)
			if e == j {
				break
			}
			n++
			if w := s[j:e]; strings.IndexByte(w, mark) >= 0 || isCompound(w) {
				names++
			}
			if j = e; j+1 >= len(s) || s[j] != ',' || memberEnd(s, j+1) == j+1 {
				break
			}
			j++
		}
		if n > 2 && 2*names >= n && (j == len(s) || !setsApart(s[j:])) {
			out += s[last:i] + "\x01x"
			last = j
		}
		i = max(i+1, j)
	}
	if last == 0 {
		return s
	}
	return out + s[last:]
}

// memberEnd returns the end of the word at i that may be one of a list.
func memberEnd(s string, i int) int {
	for i < len(s) {
		switch {
		case s[i] == mark:
			i += 2
			continue
		case classes[s[i]]&(clLetter|clDigit|clDot) == 0 && s[i] != '-':
			return i
		}
		i++
	}
	return i
}

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

// oneKind returns a skeleton with all its variables of one kind.
func oneKind(s string) string {
	if strings.IndexByte(s, mark) < 0 {
		return s
	}
	b := []byte(s)
	for i := 0; i+1 < len(b); i++ {
		if b[i] == mark {
			i++
			b[i] = kindID
		}
	}
	return string(b)
}

// wholeQuotes makes one variable of every quoted text without blanks that
// holds one. Quotes that are escaped end at quotes that are escaped.
func wholeQuotes(s string) string {
	out, last := "", 0
	for i := 0; i+1 < len(s); i++ {
		if s[i] == mark {
			i++
			continue
		}
		if s[i] != '"' && s[i] != '\'' || i > 0 && classes[s[i-1]]&(clLetter|clDigit) != 0 {
			continue
		}
		escaped := i > 0 && s[i-1] == '\\'
		j, holes, deep := i+1, 0, false
		for j < len(s) && (s[j] == mark || s[j] != s[i] && classes[s[j]] != clBlank) {
			if s[j] == mark {
				holes++
				j++
			}
			deep = deep || s[j] == '"'
			j++
		}
		if j >= len(s) || s[j] != s[i] || (s[j-1] == '\\') != escaped {
			continue
		}
		e := j
		for s[e-1] == '\\' {
			e--
		}
		if holes > 0 && e > i+3 && !deep {
			out += s[last:i+1] + "\x01x"
			last = e
		}
		i = j
	}
	if last == 0 {
		return s
	}
	return out + s[last:]
}
