package chart

import (
	"fmt"
	"image"
	"io"

	"github.com/wcharczuk/go-chart/v2"

	"faultline/analysis"
)

// Part is one part of a whole.
type Part struct {
	Name  string // picks the colour too
	Value float64
}

// Shares shows parts of a whole as one bar and, where there is room, a line of
// names and percentages below. A Hit's Row is the part.
type Shares struct {
	Parts []Part
	Style Style
}

// Verdicts returns the verdicts' shares of all failures as parts, in order.
func Verdicts(list []analysis.Share) []Part {
	out := make([]Part, len(list))
	for i, s := range list {
		out[i] = Part{Name: string(s.Verdict), Value: float64(s.Failures)}
	}
	return out
}

// Draw paints the shares into an image of w x h pixels.
func (c Shares) Draw(w, h int) (*Surface, error) { return draw(c.Style, w, h, c.paint) }

// SVG writes the shares as an SVG document of w x h units.
func (c Shares) SVG(w, h int) ([]byte, error) { return svg(c.Style, w, h, c.paint) }

func (c Shares) paint(l look, rp chart.RendererProvider, out io.Writer, w, h int, s *Surface) error {
	r, err := open(l, rp, w, h)
	if err != nil {
		return err
	}
	sum := 0.0
	for _, p := range c.Parts {
		sum += max(0, p.Value)
	}
	legend := h >= l.px(34)
	bar := image.Rect(0, 0, w, h)
	if legend {
		bar.Max.Y = l.px(16)
	}
	s.Plot = bar
	fill(r, bar, l.Track)
	at, gap := 0.0, max(1, l.px(1))
	for i, p := range c.Parts {
		if p.Value <= 0 || sum <= 0 {
			continue
		}
		x0 := bar.Min.X + int(at/sum*float64(bar.Dx())+0.5)
		at += p.Value
		x1 := bar.Min.X + int(at/sum*float64(bar.Dx())+0.5)
		box := image.Rect(x0, bar.Min.Y, max(x1-gap, x0+1), bar.Max.Y)
		fill(r, box, l.Of(p.Name, i))
		s.hit(image.Rect(x0, bar.Min.Y, x1, bar.Max.Y), i, 0)
	}
	if legend {
		c.legend(r, l, w, h, sum, s)
	}
	return r.Save(out)
}

func (c Shares) legend(r chart.Renderer, l look, w, h int, sum float64, s *Surface) {
	x, y := 0, l.px(32)
	for i, p := range c.Parts {
		if p.Value <= 0 {
			continue
		}
		text := fmt.Sprintf("%s %s", p.Name, Percent(p.Value, sum))
		tw := width(r, l, text)
		if x > 0 && x+l.px(14)+tw > w {
			x, y = 0, y+l.px(18)
		}
		if y > h {
			return
		}
		fill(r, image.Rect(x, y-l.px(8), x+l.px(8), y), l.Of(p.Name, i))
		write(r, l, text, x+l.px(13), y, l.Muted)
		s.hit(image.Rect(x, y-l.px(12), x+l.px(13)+tw, y+l.px(4)), i, 0)
		x += l.px(13) + tw + l.px(16)
	}
}

// Percent prints v as a share of sum with a sensible number of digits; shares
// that are neither none nor all never print as 0 % or 100 %.
func Percent(v, sum float64) string {
	if sum <= 0 {
		return "–"
	}
	p := 100 * v / sum
	switch {
	case p == 0 || p == 100:
		return fmt.Sprintf("%.0f %%", p)
	case p < 0.1:
		return "<0.1 %"
	case p > 99.9:
		return ">99.9 %"
	case p < 10 || p > 99:
		return fmt.Sprintf("%.1f %%", p)
	}
	return fmt.Sprintf("%.0f %%", p)
}
