package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"faultline/analysis"
)

// Clean returns s with every character that could move a cursor, hide text or
// turn its direction made visible as \xNN or \u{NNNN}; tabs become blanks and
// line ends stay. Text from a bundle goes through it before it is shown.
func Clean(s string) string {
	bad := func(r rune) bool {
		return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar || r == '\u2028' || r == '\u2029')
	}
	if strings.IndexFunc(s, bad) < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\t':
			b.WriteString("    ")
		case r == '\r' && i+1 < len(s) && s[i+1] == '\n':
		case r == unicode.ReplacementChar && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case bad(r) && r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case bad(r) && r != unicode.ReplacementChar:
			fmt.Fprintf(&b, `\u{%04x}`, r)
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

// Line returns s on one line, cut to at most n characters.
func Line(s string, n int) string {
	s = strings.Join(strings.Fields(Clean(s)), " ")
	r := []rune(s)
	if len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// Count prints n with thousands separators.
func Count[T ~int | ~int64](n T) string { return analysis.Thousands(int64(n)) }

// Bytes prints n bytes with a decimal unit.
func Bytes(n int64) string {
	switch {
	case n < 1000:
		return strconv.FormatInt(n, 10) + " B"
	case n < 1e6:
		return strconv.FormatFloat(float64(n)/1e3, 'f', 1, 64) + " kB"
	case n < 1e9:
		return strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64) + " MB"
	}
	return strconv.FormatFloat(float64(n)/1e9, 'f', 2, 64) + " GB"
}

// Instant prints t in UTC to the second, "–" when unknown.
func Instant(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// Day prints t's date in UTC, "–" when unknown.
func Day(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2006-01-02")
}

// Span prints a range of time, the date once where both ends share it.
func Span(s analysis.Span) string {
	if s.IsZero() {
		return "no record has a time"
	}
	if Day(s.From) == Day(s.To) {
		return s.From.UTC().Format("2006-01-02 15:04:05") + " to " + s.To.UTC().Format("15:04:05 UTC")
	}
	return s.From.UTC().Format("2006-01-02 15:04:05") + " to " + s.To.UTC().Format("2006-01-02 15:04:05 UTC")
}

// Duration prints d in the two largest of days, hours, minutes and seconds.
func Duration(d time.Duration) string {
	if d < 0 {
		return "-" + Duration(-d)
	}
	if d < time.Second {
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	}
	units := []struct {
		d time.Duration
		n string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}}
	for i, u := range units {
		if d < u.d {
			continue
		}
		s := fmt.Sprintf("%d %s", d/u.d, u.n)
		if i+1 < len(units) {
			if rest := d % u.d / units[i+1].d; rest > 0 {
				s += fmt.Sprintf(" %d %s", rest, units[i+1].n)
			}
		}
		return s
	}
	return "0 s"
}

// Percent prints a share of a whole, "–" when the whole is 0.
func Percent(part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	p := 100 * float64(part) / float64(whole)
	if p > 0 && p < 0.1 {
		return "<0.1 %"
	}
	return strconv.FormatFloat(p, 'f', 1, 64) + " %"
}

// Interval prints a number's 95 % interval, "" when it has none.
func Interval(n analysis.Number) string {
	if n.Low == 0 && n.High == 0 {
		return ""
	}
	unit := ""
	if n.Unit != "" {
		unit = " " + n.Unit
	}
	return fmt.Sprintf("95 %% interval %s–%s%s", figure(n.Low), figure(n.High), unit)
}

// figure prints a number to three significant digits, without exponent.
func figure(f float64) string {
	switch {
	case f == 0:
		return "0"
	case f >= 100 || f <= -100:
		return Count(int64(f + 0.5))
	case f >= 10:
		return strconv.FormatFloat(f, 'f', 1, 64)
	case f >= 0.1 || f <= -0.1:
		return strconv.FormatFloat(f, 'f', 2, 64)
	}
	return strconv.FormatFloat(f, 'g', 2, 64) // 0.01–0.01 would not hold the 0.0075 between
}

// plural prints n and the noun in its right number.
func plural[T ~int | ~int64](n T, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}
