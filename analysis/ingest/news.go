package ingest

import (
	"strconv"
	"strings"
)

// News says in a sentence what an import added to a case that knew a part of
// it already; it is empty when all was new.
func (r *Result) News() string {
	if r.Known.Members+r.Continued.Members+r.Replaced.Members == 0 {
		return ""
	}
	var parts []string
	add := func(t Tally, before, after string) {
		if t.Members > 0 {
			parts = append(parts, before+plural(int64(t.Members), "member")+after)
		}
	}
	add(r.Added, "new are ", " with "+plural(r.Added.Records, "record"))
	add(r.Continued, "", " had grown by "+plural(r.Continued.Records, "record"))
	add(r.Replaced, "", " read again with "+plural(r.Replaced.Records, "record")+", which take the place of the earlier ones")
	add(r.Known, "", " known already, counted once")
	s := strings.Join(parts, "; ")
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

func plural(n int64, word string) string {
	if n != 1 {
		word += "s"
	}
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && n >= 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s + " " + word
}
