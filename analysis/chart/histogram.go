package chart

import (
	"image"
	"io"
	"time"

	"github.com/wcharczuk/go-chart/v2"

	"faultline/analysis"
)

// Histogram shows counts over time, one stacked bar per bucket. Spans that no
// source covers are shaded. A Hit's Col is the bucket.
type Histogram struct {
	Data  analysis.Histogram
	Marks []Mark    // vertical lines
	Picks []int     // buckets to point out
	From  time.Time // ends of the axis; zero: those of Data
	To    time.Time
	Style Style
}

// Mark is a moment pointed out on a time axis.
type Mark struct {
	At    time.Time
	Label string
}

// severest lists the names of severities from the one that is stacked lowest;
// series of other names keep their order.
var severest = []string{"fatal", "error", "warn", "info", "debug", "trace", "none"}

// stacked returns the order in which series are stacked, lowest first.
func stacked(list []analysis.Series) []int {
	var out []int
	used := make([]bool, len(list))
	for _, name := range severest {
		for i, s := range list {
			if s.Name == name && !used[i] {
				out, used[i] = append(out, i), true
			}
		}
	}
	for i := range list {
		if !used[i] {
			out = append(out, i)
		}
	}
	return out
}

// Buckets returns the number of buckets of h.
func Buckets(h analysis.Histogram) int {
	n := len(h.Covered)
	for _, s := range h.Series {
		n = max(n, len(s.Counts))
	}
	return n
}

// Bucket returns the ends of bucket i of h.
func Bucket(h analysis.Histogram, i int) (from, to time.Time) {
	from = h.From.Add(time.Duration(i) * h.Width)
	return from, from.Add(h.Width)
}

// Draw paints the histogram into an image of w x h pixels.
func (c Histogram) Draw(w, h int) (*Surface, error) { return draw(c.Style, w, h, c.paint) }

// SVG writes the histogram as an SVG document of w x h units.
func (c Histogram) SVG(w, h int) ([]byte, error) { return svg(c.Style, w, h, c.paint) }

func (c Histogram) paint(l look, rp chart.RendererProvider, out io.Writer, w, h int, s *Surface) error {
	d, n := c.Data, Buckets(c.Data)
	s.From, s.To = c.From, c.To
	if s.From.IsZero() {
		s.From = d.From
	}
	if s.To.IsZero() {
		_, s.To = Bucket(d, n-1)
	}
	if n == 0 || d.Width <= 0 || !s.To.After(s.From) {
		n = 0
	}
	var peak int64
	for i := range n {
		var sum int64
		for _, r := range d.Series {
			if i < len(r.Counts) {
				sum += r.Counts[i]
			}
		}
		peak = max(peak, sum)
	}
	top, ticks := scaleY(peak, max(1, min(4, h/l.px(36))))
	f := frame{y: ticks, top: top, right: 6, x: timeTicks(s.From, s.To, l.zone)}
	f.body = func(r chart.Renderer, plot image.Rectangle) {
		s.Plot = plot
		c.blind(r, l, s, n)
		line := max(1, l.px(1))
		for _, t := range ticks[1:] {
			y := plot.Max.Y - int(t.Value/top*float64(plot.Dy()))
			fill(r, image.Rect(plot.Min.X, y, plot.Max.X, y+line), l.Grid)
		}
		c.bars(r, l, s, n, top)
		fill(r, image.Rect(plot.Min.X, plot.Max.Y, plot.Max.X, plot.Max.Y+line), l.Axis)
		for _, m := range c.Marks {
			c.mark(r, l, s, m)
		}
	}
	return f.render(l, rp, out, w, h, s)
}

// column returns the pixel columns of bucket i, within the plot.
func (c Histogram) column(s *Surface, i int) (x0, x1 int) {
	from, to := Bucket(c.Data, i)
	x0, x1 = s.PixelOf(from), s.PixelOf(to)
	return max(x0, s.Plot.Min.X), min(max(x1, x0+1), s.Plot.Max.X)
}

func (c Histogram) blind(r chart.Renderer, l look, s *Surface, n int) {
	for i := 0; i < min(n, len(c.Data.Covered)); i++ {
		j := i
		for j < min(n, len(c.Data.Covered)) && c.Data.Covered[j] <= 0 {
			j++
		}
		if j == i {
			continue
		}
		x0, _ := c.column(s, i)
		_, x1 := c.column(s, j-1)
		fill(r, image.Rect(x0, s.Plot.Min.Y, x1, s.Plot.Max.Y), l.Blind)
		i = j
	}
}

func (c Histogram) bars(r chart.Renderer, l look, s *Surface, n int, top float64) {
	order := stacked(c.Data.Series)
	plot, one := s.Plot, max(1, l.px(1))
	picked := map[int]bool{}
	for _, i := range c.Picks {
		picked[i] = true
	}
	for i := range n {
		x0, x1 := c.column(s, i)
		if x1 <= x0 {
			continue
		}
		s.hit(image.Rect(x0, plot.Min.Y, x1, plot.Max.Y), 0, i)
		if picked[i] {
			fill(r, image.Rect(x0, plot.Min.Y, x1, plot.Max.Y), mix(l.Back, l.Accent, 0.25))
		}
		if x1-x0 > 3*one {
			x1 -= one
		}
		var sum int64
		y := plot.Max.Y
		for _, k := range order {
			row := c.Data.Series[k]
			if i >= len(row.Counts) || row.Counts[i] <= 0 {
				continue
			}
			sum += row.Counts[i]
			next := plot.Max.Y - int(float64(sum)/top*float64(plot.Dy())+0.5)
			next = max(plot.Min.Y, min(next, y-one)) // every count shows, however small
			fill(r, image.Rect(x0, next, x1, y), l.Of(row.Name, k))
			y = next
		}
	}
}

func (c Histogram) mark(r chart.Renderer, l look, s *Surface, m Mark) {
	if m.At.Before(s.From) || m.At.After(s.To) {
		return
	}
	x := s.PixelOf(m.At)
	fill(r, image.Rect(x, s.Plot.Min.Y, x+max(1, l.px(1)), s.Plot.Max.Y), l.Accent)
	if m.Label == "" {
		return
	}
	tw := width(r, l, m.Label)
	tx := x + l.px(4)
	if tx+tw > s.Plot.Max.X {
		tx = x - l.px(4) - tw
	}
	write(r, l, m.Label, tx, s.Plot.Min.Y+l.px(10), l.Accent)
}
