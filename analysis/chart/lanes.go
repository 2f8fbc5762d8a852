package chart

import (
	"image"
	"io"
	"time"

	"github.com/wcharczuk/go-chart/v2"

	"faultline/analysis"
)

// Lane is the row of one job.
type Lane struct {
	Name string
	Runs []Run
}

// Run is one run on a lane.
type Run struct {
	From, To time.Time
	Status   analysis.RunStatus
}

// Lanes shows runs over time, a row per job, coloured by result. Failures lie
// on top and are drawn the full height, others lower, so that colour is not
// the only sign. A Hit's Row is the lane, its Col the run in it.
type Lanes struct {
	Lanes    []Lane
	From, To time.Time // ends of the axis
	Style    Style
}

// LanesHeight returns the height in units that n lanes need.
func LanesHeight(n int) int { return 38 + 20*n }

// Draw paints the lanes into an image of w x h pixels.
func (c Lanes) Draw(w, h int) (*Surface, error) { return draw(c.Style, w, h, c.paint) }

// SVG writes the lanes as an SVG document of w x h units.
func (c Lanes) SVG(w, h int) ([]byte, error) { return svg(c.Style, w, h, c.paint) }

func (c Lanes) paint(l look, rp chart.RendererProvider, out io.Writer, w, h int, s *Surface) error {
	s.From, s.To = c.From, c.To
	n := max(1, len(c.Lanes))
	f := frame{top: float64(n), right: 6, x: timeTicks(c.From, c.To, l.zone)}
	m, err := open(l, rp, w, h) // measures names before go-chart's own renderer is there
	if err != nil {
		return err
	}
	for i, lane := range c.Lanes {
		f.y = append(f.y, chart.Tick{Value: float64(n-i) - 0.5, Label: shorten(m, l, lane.Name, w*30/100)})
	}
	f.body = func(r chart.Renderer, plot image.Rectangle) {
		one := max(1, l.px(1))
		for i, lane := range c.Lanes {
			y0, y1 := plot.Min.Y+i*plot.Dy()/n, plot.Min.Y+(i+1)*plot.Dy()/n
			fill(r, image.Rect(plot.Min.X, y1-one, plot.Max.X, y1), l.Grid)
			for pass := range 2 {
				for k, run := range lane.Runs {
					if run.Status.Failed() != (pass == 1) || !c.To.After(c.From) {
						continue
					}
					c.run(r, l, s, image.Rect(plot.Min.X, y0, plot.Max.X, y1-one), run, i, k)
				}
			}
		}
	}
	return f.render(l, rp, out, w, h, s)
}

func (c Lanes) run(r chart.Renderer, l look, s *Surface, row image.Rectangle, run Run, i, k int) {
	if run.From.Before(c.From) || run.From.After(c.To) {
		return
	}
	x0 := s.PixelOf(run.From)
	x1 := x0
	if run.To.After(run.From) {
		x1 = s.PixelOf(run.To)
	}
	x1 = min(max(x1, x0+max(2, l.px(2))), row.Max.X)
	inset := row.Dy() / 3
	if run.Status.Failed() {
		inset = row.Dy() / 8
	}
	box := image.Rect(x0, row.Min.Y+inset, x1, row.Max.Y-inset)
	fill(r, box, l.Of(string(run.Status), 0))
	s.hit(image.Rect(x0-l.px(1), row.Min.Y, x1+l.px(1), row.Max.Y), i, k)
}
