package widget

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"faultline/analysis"
)

const (
	textSize  = 13
	smallSize = 11
	monoSize  = 12
)

var mono = fyne.TextStyle{Monospace: true}

// Text returns a canvas text in a theme colour, cleaned: it may be a bundle's.
// Its colour is fixed when it is made: widgets that keep one set it again on
// Refresh.
func Text(s string, size float32, c fyne.ThemeColorName, style fyne.TextStyle) *canvas.Text {
	t := canvas.NewText(Clean(s), col(c))
	t.TextSize, t.TextStyle = size, style
	return t
}

// Count prints n with thousands separated: "1,204,331".
func Count(n int64) string { return analysis.Thousands(n) }

// Plural prints n and the word, with an s unless n is 1.
func Plural(n int64, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return Count(n) + " " + word + "s"
}

// Bytes prints a size: "412 MB".
func Bytes(n int64) string {
	const unit = 1000
	if n < unit {
		return strconv.FormatInt(n, 10) + " B"
	}
	v, i := float64(n)/unit, 0
	for v >= unit && i < 4 {
		v /= unit
		i++
	}
	prec := 0
	if v < 10 {
		prec = 1
	}
	return strconv.FormatFloat(v, 'f', prec, 64) + " " + [...]string{"kB", "MB", "GB", "TB", "PB"}[i]
}

// Duration prints d with its two largest units: "3 d 4 h", "1 m 20 s".
func Duration(d time.Duration) string {
	if d < 0 {
		return "-" + Duration(-d)
	}
	part := func(n time.Duration, unit string) string { return strconv.FormatInt(int64(n), 10) + " " + unit }
	pair := func(a time.Duration, au string, b time.Duration, bu string) string {
		if b == 0 {
			return part(a, au)
		}
		return part(a, au) + " " + part(b, bu)
	}
	const day = 24 * time.Hour
	switch {
	case d == 0:
		return "0 s"
	case d < time.Second:
		return part(max(1, d/time.Millisecond), "ms")
	case d < time.Minute:
		if d < 10*time.Second {
			return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
		}
		return part(d/time.Second, "s")
	case d < time.Hour:
		return pair(d/time.Minute, "m", d%time.Minute/time.Second, "s")
	case d < day:
		return pair(d/time.Hour, "h", d%time.Hour/time.Minute, "m")
	case d < 100*day:
		return pair(d/day, "d", d%day/time.Hour, "h")
	}
	return part(d/day, "d")
}

// Stamp prints t in zone to the second; "–" for the zero time.
func Stamp(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return "–"
	}
	return t.In(zone).Format("2006-01-02 15:04:05")
}

// Moment prints t in zone to the minute, short; "–" for the zero time.
func Moment(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return "–"
	}
	return t.In(zone).Format("2 Jan 2006 15:04")
}

// Range prints from and to without repeating what they share.
func Range(from, to time.Time, zone *time.Location) string {
	if from.IsZero() && to.IsZero() {
		return "no times"
	}
	if from.IsZero() || to.IsZero() {
		return Moment(from, zone) + " – " + Moment(to, zone)
	}
	a, b := from.In(zone), to.In(zone)
	switch {
	case to.Sub(from) < time.Second && a.Second() == b.Second():
		return a.Format("2 Jan 2006 15:04:05")
	case to.Sub(from) < 10*time.Minute && a.YearDay() == b.YearDay() && a.Year() == b.Year():
		return a.Format("2 Jan 2006 15:04:05") + " – " + b.Format("15:04:05")
	case a.Year() == b.Year() && a.YearDay() == b.YearDay():
		return a.Format("2 Jan 2006 15:04") + " – " + b.Format("15:04")
	case a.Year() == b.Year() && to.Sub(from) > 7*24*time.Hour:
		return a.Format("2 Jan") + " – " + b.Format("2 Jan 2006")
	case to.Sub(from) > 7*24*time.Hour:
		return a.Format("2 Jan 2006") + " – " + b.Format("2 Jan 2006")
	}
	return a.Format("2 Jan 2006 15:04") + " – " + b.Format("2 Jan 15:04")
}

// Clean returns s on one line: line ends and tabs become spaces, other control
// characters a visible mark, broken UTF-8 the replacement character.
func Clean(s string) string {
	ok := true
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] >= 0x7f {
			ok = false
			break
		}
	}
	if ok {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			b.WriteByte(' ')
		case r < 0x20 || r == 0x7f:
			b.WriteRune(0x2400 + r%0x7f)
		case r >= 0x80 && r < 0xa0, r == utf8.RuneError, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			b.WriteRune(utf8.RuneError) // also marks that would turn the text around
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// CleanLines is Clean for each line.
func CleanLines(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, l := range lines {
		lines[i] = Clean(strings.ReplaceAll(l, "\t", "    "))
	}
	return strings.Join(lines, "\n")
}

// fit shortens s so that it is at most w wide.
func fit(s string, w, size float32, style fyne.TextStyle) string {
	if w <= 0 {
		return ""
	}
	if style.Monospace {
		cell := monoCell(size)
		k := int(w / cell)
		if utf8.RuneCountInString(s) <= k {
			return s
		}
		if k <= 1 {
			return ""
		}
		return string([]rune(s)[:k-1]) + "…"
	}
	if fyne.MeasureText(s, size, style).Width <= w {
		return s
	}
	rs := []rune(s)
	lo, hi := 0, len(rs)
	for lo < hi {
		m := (lo + hi + 1) / 2
		if fyne.MeasureText(string(rs[:m])+"…", size, style).Width <= w {
			lo = m
		} else {
			hi = m - 1
		}
	}
	if lo == 0 {
		return ""
	}
	return strings.TrimRight(string(rs[:lo]), " ") + "…"
}

// fitTail is fit, but keeps the end.
func fitTail(s string, w, size float32, style fyne.TextStyle) string {
	if fyne.MeasureText(s, size, style).Width <= w {
		return s
	}
	rs := []rune(s)
	lo, hi := 0, len(rs)
	for lo < hi {
		m := (lo + hi + 1) / 2
		if fyne.MeasureText("…"+string(rs[len(rs)-m:]), size, style).Width <= w {
			lo = m
		} else {
			hi = m - 1
		}
	}
	if lo == 0 {
		return ""
	}
	return "…" + string(rs[len(rs)-lo:])
}

func monoCell(size float32) float32 { return fyne.MeasureText("M", size, mono).Width }

// primary is the accent's name, short.
const primary = theme.ColorNamePrimary
