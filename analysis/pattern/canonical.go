package pattern

import (
	"strings"
)

// canonical returns a skeleton with its variables of one kind, and one variable
// for what is one value by its form alone.
func canonical(skeleton string) string {
	s := oneKind(wholeBrackets(wholeAddresses(skeleton)))
	for _, whole := range [...]func(string) string{wholeObjects, wholeStructs, noValues, wholePhrases, wholeQuotes, wholeLists} {
		s = whole(s)
	}
	return emptyFields(s)
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
