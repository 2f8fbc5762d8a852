package assess

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"faultline/analysis"
	"faultline/analysis/pattern"
)

const patternVersion = pattern.Version

// id is a content hash: equal failures have equal IDs in every case.
func id(parts ...string) string {
	h := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(h[:6])
}

// count prints a whole number with thousands separated.
func count[T ~int | ~int64](n T) string { return analysis.Thousands(int64(n)) }

// many prints a count with its noun, which takes an s for more than one.
func many[T ~int | ~int64](n T, noun string) string {
	if n != 1 {
		if strings.HasSuffix(noun, "y") {
			noun = noun[:len(noun)-1] + "ie"
		}
		noun += "s"
	}
	return count(n) + " " + noun
}

// figure prints a number with as many digits as it deserves.
func figure(f float64) string {
	switch a := max(f, -f); {
	case math.IsInf(f, 0):
		return "infinity"
	case a == 0:
		return "0"
	case a >= 100:
		return count(int64(f + 0.5))
	case a >= 10:
		return strconv.FormatFloat(f, 'f', 1, 64)
	case a >= 0.1:
		return strconv.FormatFloat(f, 'f', 2, 64)
	}
	return strconv.FormatFloat(f, 'g', 2, 64)
}

// percent prints a share 0..1.
func percent(f float64) string { return strconv.FormatFloat(100*f, 'f', 2, 64) + " %" }

// long prints a duration in the unit that people would use.
func long(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return strconv.FormatFloat(d.Hours()/24, 'f', 1, 64) + " days"
	case d >= 2*time.Hour:
		return strconv.FormatFloat(d.Hours(), 'f', 1, 64) + " hours"
	case d >= 2*time.Minute:
		return strconv.FormatFloat(d.Minutes(), 'f', 0, 64) + " minutes"
	case d >= time.Second:
		return many(int(d.Seconds()+0.5), "second")
	}
	return "less than a second"
}

// stamp prints a time in UTC.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "an unknown time"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05Z") }

// list joins names as a sentence does: a, b and c; beyond max the rest is
// counted.
func list(names []string, limit int) string {
	if len(names) > limit {
		names = append(append([]string(nil), names[:limit]...), fmt.Sprintf("%d more", len(names)-limit))
	}
	switch len(names) {
	case 0:
		return "none"
	case 1:
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// upper makes the first letter a capital.
func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// title shortens a text to one line of at most n bytes.
func title(s string, n int) string {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		s = s[:i]
	}
	s = strings.TrimSpace(s)
	if len(s) <= n {
		return s
	}
	n -= 3
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n] + "..."
}
