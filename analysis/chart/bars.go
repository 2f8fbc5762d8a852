package chart

import (
	"image"
	"image/color"
	"io"

	"github.com/wcharczuk/go-chart/v2"
)

// Bar is one bar of a Bars chart.
type Bar struct {
	Name  string  // left of the bar
	Value float64 // its length; not below 0
	Low   float64 // an interval, drawn when High is above Low
	High  float64
	Text  string // right of the bar, "4.68 %"
	Kind  string // picks the colour: a severity, run status or verdict; "" is the accent
}

// Bars shows horizontal bars from top to bottom in the order given. A Hit's
// Row is the bar. Bars that have no room are left out.
type Bars struct {
	Items []Bar
	Most  float64 // the value at full length; 0: the largest
	Style Style
}

// BarsHeight returns the height in units that n bars need.
func BarsHeight(n int) int { return 8 + 22*n }

// Draw paints the bars into an image of w x h pixels.
func (c Bars) Draw(w, h int) (*Surface, error) { return draw(c.Style, w, h, c.paint) }

// SVG writes the bars as an SVG document of w x h units.
func (c Bars) SVG(w, h int) ([]byte, error) { return svg(c.Style, w, h, c.paint) }

func (c Bars) paint(l look, rp chart.RendererProvider, out io.Writer, w, h int, s *Surface) error {
	r, err := open(l, rp, w, h)
	if err != nil {
		return err
	}
	most := c.Most
	names, texts := 0, 0
	for _, b := range c.Items {
		if c.Most <= 0 {
			most = max(most, b.Value, b.High)
		}
		names, texts = max(names, width(r, l, b.Name)), max(texts, width(r, l, b.Text))
	}
	pad, row := l.px(6), l.px(22)
	names = min(names, w*45/100)
	x0 := pad + names + pad
	x1 := max(x0+1, w-pad-texts-pad)
	s.Plot = image.Rect(x0, 0, x1, h)
	for i, b := range c.Items {
		y := l.px(4) + i*row
		if y+row > h {
			break
		}
		base := y + l.px(15)
		write(r, l, shorten(r, l, b.Name, names), pad, base, l.Text)
		track := image.Rect(x0, y+l.px(5), x1, y+l.px(17))
		fill(r, track, l.Track)
		place := func(v float64) int {
			if most <= 0 {
				return x0
			}
			return x0 + int(max(0, min(1, v/most))*float64(x1-x0)+0.5)
		}
		col := l.Accent
		if b.Kind != "" {
			col = l.Of(b.Kind, i)
		}
		end := place(b.Value)
		if b.Value > 0 {
			end = max(end, x0+max(1, l.px(2)))
		}
		fill(r, image.Rect(x0, track.Min.Y, end, track.Max.Y), col)
		if b.High > b.Low {
			whisker(r, l, place(b.Low), place(b.High), (track.Min.Y+track.Max.Y)/2, l.Text)
		}
		write(r, l, b.Text, w-pad-width(r, l, b.Text), base, l.Muted)
		s.hit(image.Rect(0, y, w, y+row), i, 0)
	}
	return r.Save(out)
}

// whisker paints an interval from x0 to x1 at height y.
func whisker(r chart.Renderer, l look, x0, x1, y int, c color.NRGBA) {
	t, d := max(1, l.px(1)), l.px(3)
	fill(r, image.Rect(x0, y, x1, y+t), c)
	fill(r, image.Rect(x0, y-d, x0+t, y+d+t), c)
	fill(r, image.Rect(x1-t, y-d, x1, y+d+t), c)
}
