package chart

import (
	"image"
	"image/color"
	"strconv"

	"github.com/wcharczuk/go-chart/v2"
)

// fill paints a rectangle with sharp edges.
func fill(r chart.Renderer, b image.Rectangle, c color.NRGBA) {
	if b.Empty() {
		return
	}
	r.ResetStyle()
	r.SetFillColor(dc(c))
	r.SetStrokeColor(clear)
	r.MoveTo(b.Min.X, b.Min.Y)
	r.LineTo(b.Max.X, b.Min.Y)
	r.LineTo(b.Max.X, b.Max.Y)
	r.LineTo(b.Min.X, b.Max.Y)
	r.Close()
	r.Fill()
}

// outline paints the edge of a rectangle, t pixels thick, inside it.
func outline(r chart.Renderer, b image.Rectangle, t int, c color.NRGBA) {
	fill(r, image.Rect(b.Min.X, b.Min.Y, b.Max.X, b.Min.Y+t), c)
	fill(r, image.Rect(b.Min.X, b.Max.Y-t, b.Max.X, b.Max.Y), c)
	fill(r, image.Rect(b.Min.X, b.Min.Y+t, b.Min.X+t, b.Max.Y-t), c)
	fill(r, image.Rect(b.Max.X-t, b.Min.Y+t, b.Max.X, b.Max.Y-t), c)
}

// write paints text with its base line at y and returns its width.
func write(r chart.Renderer, l look, s string, x, y int, c color.NRGBA) int {
	l.text(c).GetTextOptions().WriteTextOptionsToRenderer(r)
	r.Text(s, x, y)
	return r.MeasureText(s).Width()
}

// width returns the width of text in pixels.
func width(r chart.Renderer, l look, s string) int {
	l.text(l.Text).GetTextOptions().WriteTextOptionsToRenderer(r)
	return r.MeasureText(s).Width()
}

// shorten cuts s so that it is at most w pixels wide.
func shorten(r chart.Renderer, l look, s string, w int) string {
	if width(r, l, s) <= w {
		return s
	}
	rs := []rune(s)
	lo, hi := 0, len(rs)
	for lo < hi {
		m := (lo + hi + 1) / 2
		if width(r, l, string(rs[:m])+"…") <= w {
			lo = m
		} else {
			hi = m - 1
		}
	}
	if lo == 0 {
		return ""
	}
	return string(rs[:lo]) + "…"
}

// open makes the renderer of a chart without go-chart's axes.
func open(l look, rp chart.RendererProvider, w, h int) (chart.Renderer, error) {
	r, err := rp(w, h)
	if err != nil {
		return nil, err
	}
	r.SetDPI(l.dpi())
	r.SetFont(l.font)
	fill(r, image.Rect(0, 0, w, h), l.Back)
	return r, nil
}

// compact prints a count for an axis: 950, 1.5k, 20k, 3M.
func compact(v float64) string {
	f := func(v float64, unit string) string { return strconv.FormatFloat(v, 'g', 4, 64) + unit }
	switch {
	case v >= 1e9:
		return f(v/1e9, "G")
	case v >= 1e6:
		return f(v/1e6, "M")
	case v >= 1e4:
		return f(v/1e3, "k")
	}
	return f(v, "")
}
