package chart

import (
	"image"
	"io"

	"github.com/wcharczuk/go-chart/v2"
)

// Spark shows counts as small bars without axes. A Hit's Col is the count.
type Spark struct {
	Counts []int64
	Kind   string // picks the colour; "" is the accent
	Style  Style
}

// Draw paints the spark line into an image of w x h pixels.
func (c Spark) Draw(w, h int) (*Surface, error) { return draw(c.Style, w, h, c.paint) }

// SVG writes the spark line as an SVG document of w x h units.
func (c Spark) SVG(w, h int) ([]byte, error) { return svg(c.Style, w, h, c.paint) }

func (c Spark) paint(l look, rp chart.RendererProvider, out io.Writer, w, h int, s *Surface) error {
	r, err := open(l, rp, w, h)
	if err != nil {
		return err
	}
	one := max(1, l.px(1))
	s.Plot = image.Rect(0, one, w, h-one)
	fill(r, image.Rect(0, h-one, w, h), l.Grid)
	counts := c.Counts
	if len(counts) > w { // more counts than pixels: a column shows its largest
		counts = make([]int64, w)
		for i, v := range c.Counts {
			j := i * w / len(c.Counts)
			counts[j] = max(counts[j], v)
		}
	}
	var peak int64
	for _, v := range counts {
		peak = max(peak, v)
	}
	col := l.Accent
	if c.Kind != "" {
		col = l.Of(c.Kind, 0)
	}
	for i, v := range counts {
		x0, x1 := i*w/len(counts), (i+1)*w/len(counts)
		s.hit(image.Rect(x0, 0, x1, h), 0, i)
		if v <= 0 {
			continue
		}
		if x1-x0 > 2*one {
			x1 -= one
		}
		y := s.Plot.Max.Y - max(2*one, int(float64(v)/float64(peak)*float64(s.Plot.Dy())+0.5))
		fill(r, image.Rect(x0, max(0, y), x1, h), col)
	}
	return r.Save(out)
}
