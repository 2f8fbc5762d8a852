package chart

import (
	"fmt"
	"image"
	"io"
	"math"
	"time"

	"github.com/wcharczuk/go-chart/v2"

	"faultline/analysis"
)

// Week shows counts by hour and weekday, Monday first. Cells that no source
// covers are struck through. A Hit's Row is the time.Weekday, its Col the hour.
type Week struct {
	Data  analysis.Week
	Picks []analysis.Cell // cells to point out
	Style Style
}

// Draw paints the week into an image of w x h pixels.
func (c Week) Draw(w, h int) (*Surface, error) { return draw(c.Style, w, h, c.paint) }

// SVG writes the week as an SVG document of w x h units.
func (c Week) SVG(w, h int) ([]byte, error) { return svg(c.Style, w, h, c.paint) }

func (c Week) paint(l look, rp chart.RendererProvider, out io.Writer, w, h int, s *Surface) error {
	var peak int64
	covered := false
	for d := range 7 {
		for hr := range 24 {
			peak = max(peak, c.Data.Counts[d][hr])
			covered = covered || c.Data.Covered[d][hr] > 0
		}
	}
	f := frame{top: 7}
	for row := range 7 {
		f.y = append(f.y, chart.Tick{Value: 6.5 - float64(row), Label: day(row).String()[:3]})
	}
	f.x = func(r chart.Renderer, domain int) []chart.Tick {
		every := 1
		for _, every = range []int{1, 2, 3, 6} {
			if domain/24*every > r.MeasureText("00").Width()*2 {
				break
			}
		}
		var out []chart.Tick
		for hr := 0; hr < 24; hr += every {
			out = append(out, chart.Tick{Value: (float64(hr) + 0.5) / 24, Label: fmt.Sprintf("%02d", hr)})
		}
		return out
	}
	f.body = func(r chart.Renderer, plot image.Rectangle) {
		gap := max(1, l.px(2))
		for row := range 7 {
			d := int(day(row))
			y0, y1 := plot.Min.Y+row*plot.Dy()/7, plot.Min.Y+(row+1)*plot.Dy()/7
			for hr := range 24 {
				x0, x1 := plot.Min.X+hr*plot.Dx()/24, plot.Min.X+(hr+1)*plot.Dx()/24
				n := c.Data.Counts[d][hr]
				box := image.Rect(x0, y0, x1-gap, y1-gap)
				shade := l.Ramp[0]
				if n > 0 {
					shade = l.ramp(0.12 + 0.88*math.Sqrt(float64(n)/float64(peak)))
				}
				blind := covered && n == 0 && c.Data.Covered[d][hr] <= 0
				if blind {
					shade = mix(l.Back, l.Blind, 0.5)
				}
				fill(r, box, shade)
				if blind {
					m := (box.Min.Y + box.Max.Y) / 2
					fill(r, image.Rect(box.Min.X+box.Dx()/3, m, box.Max.X-box.Dx()/3, m+max(1, l.px(1))), l.Axis)
				}
				for _, p := range c.Picks {
					if int(p.Weekday) == d && p.Hour == hr {
						outline(r, box, max(1, l.px(2)), l.Accent)
					}
				}
				s.hit(image.Rect(x0, y0, x1, y1), d, hr)
			}
		}
	}
	return f.render(l, rp, out, w, h, s)
}

// day returns the weekday of a row: Monday is the first.
func day(row int) time.Weekday { return time.Weekday((row + 1) % 7) }
