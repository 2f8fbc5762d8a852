package chart

import (
	"image"
	"io"
	"math"
	"time"

	"github.com/wcharczuk/go-chart/v2"
)

// series is a chart.Series whose drawing is a function: go-chart gives it the
// plot area and both ranges, which is all that a new kind of chart needs.
type series struct {
	draw func(r chart.Renderer, b chart.Box)
}

func (s series) GetName() string           { return "" }
func (s series) GetYAxis() chart.YAxisType { return chart.YAxisSecondary } // the left one
func (s series) GetStyle() chart.Style     { return chart.Style{} }
func (s series) Validate() error           { return nil }
func (s series) Render(r chart.Renderer, b chart.Box, _, _ chart.Range, _ chart.Style) {
	s.draw(r, b)
}

// ticked is a range with ticks of its own: Axis.Ticks would clamp the range to
// the first and the last tick (and go-chart reads those of the wrong y axis),
// a TicksProvider does not.
type ticked struct {
	chart.ContinuousRange
	text  chart.Style
	ticks func(r chart.Renderer, domain int) []chart.Tick
}

// GetTicks implements chart.TicksProvider.
func (t *ticked) GetTicks(r chart.Renderer, _ chart.Style, _ chart.ValueFormatter) []chart.Tick {
	t.text.GetTextOptions().WriteTextOptionsToRenderer(r)
	return t.ticks(r, t.Domain)
}

// frame draws go-chart's axes around what body draws. The x range is 0..1 with
// ticks at fractions, the y range 0..top.
type frame struct {
	x     func(r chart.Renderer, domain int) []chart.Tick
	y     []chart.Tick
	top   float64
	right float64 // padding, units
	body  func(r chart.Renderer, plot image.Rectangle)
}

func (f frame) render(l look, rp chart.RendererProvider, out io.Writer, w, h int, s *Surface) error {
	axis := l.text(l.Muted)
	c := chart.Chart{
		Width: w, Height: h, DPI: l.dpi(), Font: l.font,
		Background: chart.Style{
			FillColor: dc(l.Back), StrokeColor: clear, StrokeWidth: 1,
			Padding: chart.Box{Top: l.px(8), Left: l.px(6), Right: l.px(8 + f.right), Bottom: l.px(6)},
		},
		Canvas: chart.Style{FillColor: dc(l.Back), StrokeColor: clear, StrokeWidth: 1},
		XAxis: chart.XAxis{
			Style: axis, GridMajorStyle: chart.Hidden(), GridMinorStyle: chart.Hidden(),
			Range: &ticked{ContinuousRange: chart.ContinuousRange{Min: 0, Max: 1}, text: axis, ticks: f.x},
		},
		YAxis: chart.YAxis{Style: chart.Hidden(), Range: &chart.ContinuousRange{Min: 0, Max: 1}},
		YAxisSecondary: chart.YAxis{
			Style: axis, GridMajorStyle: chart.Hidden(), GridMinorStyle: chart.Hidden(),
			Range: &ticked{
				ContinuousRange: chart.ContinuousRange{Min: 0, Max: f.top},
				text:            axis,
				ticks:           func(chart.Renderer, int) []chart.Tick { return f.y },
			},
		},
		Series: []chart.Series{series{func(r chart.Renderer, b chart.Box) {
			s.Plot = image.Rect(b.Left, b.Top, b.Right, b.Bottom)
			s.Hits = nil
			f.body(r, s.Plot)
		}}},
	}
	return c.Render(rp, out)
}

// scaleY returns the top of a count axis and its ticks at whole numbers.
func scaleY(peak int64, most int) (float64, []chart.Tick) {
	step := 1.0
	for k := 1.0; ; k *= 10 {
		done := false
		for _, m := range []float64{1, 2, 5} {
			if step = k * m; float64(peak) <= step*float64(most) {
				done = true
				break
			}
		}
		if done {
			break
		}
	}
	n := max(1, int(math.Ceil(float64(peak)/step)))
	var ticks []chart.Tick
	for i := 0; i <= n; i++ {
		ticks = append(ticks, chart.Tick{Value: step * float64(i), Label: compact(step * float64(i))})
	}
	return step * float64(n), ticks
}

// A step of a time axis: a duration below a day, whole days, or months.
type step struct {
	every  time.Duration
	days   int
	months int
	first  string // layout of the first label
	layout string
}

var steps = []step{
	{every: time.Millisecond, layout: "05.000", first: "15:04:05.000"},
	{every: 10 * time.Millisecond, layout: "05.000", first: "15:04:05.000"},
	{every: 100 * time.Millisecond, layout: "05.0", first: "15:04:05.0"},
	{every: time.Second, layout: "15:04:05"},
	{every: 5 * time.Second, layout: "15:04:05"},
	{every: 15 * time.Second, layout: "15:04:05"},
	{every: 30 * time.Second, layout: "15:04:05"},
	{every: time.Minute, layout: "15:04"},
	{every: 5 * time.Minute, layout: "15:04"},
	{every: 15 * time.Minute, layout: "15:04"},
	{every: 30 * time.Minute, layout: "15:04"},
	{every: time.Hour, layout: "15:04"},
	{every: 3 * time.Hour, layout: "15:04"},
	{every: 6 * time.Hour, layout: "15:04"},
	{every: 12 * time.Hour, layout: "15:04"},
	{days: 1, layout: "2 Jan"},
	{days: 2, layout: "2 Jan"},
	{days: 7, layout: "2 Jan"},
	{months: 1, layout: "Jan", first: "Jan 2006"},
	{months: 3, layout: "Jan", first: "Jan 2006"},
	{months: 12, layout: "2006"},
	{months: 60, layout: "2006"},
	{months: 240, layout: "2006"},
	{months: 1200, layout: "2006"},
}

func (s step) length() time.Duration {
	const day = 24 * time.Hour
	return s.every + time.Duration(s.days)*day + time.Duration(s.months)*30*day
}

// start returns the last calendar place of the step at or before t.
func (s step) start(t time.Time) time.Time {
	y, m, d := t.Date()
	switch {
	case s.months > 0:
		k := y*12 + int(m) - 1
		k -= k % s.months
		return time.Date(k/12, time.Month(k%12+1), 1, 0, 0, 0, 0, t.Location())
	case s.days > 1: // weeks begin on a Monday
		n := int(time.Date(y, m, d, 12, 0, 0, 0, time.UTC).Unix() / 86400)
		return time.Date(y, m, d-(n+3)%s.days, 0, 0, 0, 0, t.Location())
	case s.days == 1:
		return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
	}
	midnight := time.Date(y, m, d, 0, 0, 0, 0, t.Location())
	return midnight.Add(t.Sub(midnight).Truncate(s.every))
}

func (s step) next(t time.Time) time.Time {
	if s.every > 0 {
		n := t.Add(s.every)
		if s.every >= time.Hour { // the hours of the clock, also where it was put on or back
			return s.start(n.Add(s.every / 2))
		}
		return n
	}
	return t.AddDate(0, s.months, s.days)
}

// timeTicks places calendar ticks over from..to at fractions of the span.
func timeTicks(from, to time.Time, zone *time.Location) func(r chart.Renderer, domain int) []chart.Tick {
	return func(r chart.Renderer, domain int) []chart.Tick {
		span := to.Sub(from)
		if span <= 0 {
			return nil
		}
		s := steps[len(steps)-1]
		for _, c := range steps {
			w := r.MeasureText(c.layout).Width() * 9 / 5
			if int(span/c.length()) <= min(14, max(1, domain/max(1, w))) {
				s = c
				break
			}
		}
		var out []chart.Tick
		var last time.Time
		for t := s.start(from.In(zone)); !t.After(to); {
			if !t.Before(from) {
				out = append(out, chart.Tick{Value: float64(t.Sub(from)) / float64(span), Label: s.label(t, last)})
				last = t
			}
			n := s.next(t)
			if !n.After(t) {
				n = t.Add(s.length())
			}
			t = n
		}
		return out
	}
}

// label names t so that day and year are said where they change.
func (s step) label(t, last time.Time) string {
	layout := s.layout
	switch {
	case last.IsZero() && s.first != "":
		layout = s.first
	case s.every >= time.Minute && t.Hour() == 0 && t.Minute() == 0:
		layout = "2 Jan"
		if !last.IsZero() && last.Year() != t.Year() {
			layout = "2 Jan 2006"
		}
	case s.every > 0 && (last.IsZero() || last.YearDay() != t.YearDay()):
		layout = "2 Jan " + s.layout
	case s.months > 0 && s.months < 12 && last.Year() != t.Year():
		layout = "Jan 2006"
	case s.days > 0 && !last.IsZero() && last.Year() != t.Year():
		layout = "2 Jan 2006"
	}
	return t.Format(layout)
}
