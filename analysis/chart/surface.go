package chart

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"math"
	"time"

	"github.com/wcharczuk/go-chart/v2"
)

// Hit is something that was drawn: its box in pixels and which datum it is.
type Hit struct {
	Rect image.Rectangle
	Row  int // row of a week, lane, bar or share; 0 elsewhere
	Col  int // bucket, hour or run; 0 elsewhere
}

// Surface is a drawn chart and its geometry, in pixels of its image.
type Surface struct {
	Image    *image.RGBA
	Plot     image.Rectangle // the area inside the axes
	From, To time.Time       // the time axis over Plot; zero when there is none
	Hits     []Hit           // in the order drawn; later ones lie on top
}

// TimeAt returns the time at pixel column x, the nearest end outside Plot.
func (s *Surface) TimeAt(x int) time.Time {
	f := float64(x-s.Plot.Min.X) / float64(max(1, s.Plot.Dx()))
	f = min(1, max(0, f))
	return s.From.Add(time.Duration(math.Round(f * float64(s.To.Sub(s.From)))))
}

// PixelOf returns the pixel column of t.
func (s *Surface) PixelOf(t time.Time) int {
	d := s.To.Sub(s.From)
	if d <= 0 {
		return s.Plot.Min.X
	}
	return s.Plot.Min.X + int(math.Round(float64(t.Sub(s.From))/float64(d)*float64(s.Plot.Dx())))
}

// HitAt returns what was drawn at a pixel, the topmost if several.
func (s *Surface) HitAt(x, y int) (Hit, bool) {
	p := image.Pt(x, y)
	for i := len(s.Hits) - 1; i >= 0; i-- {
		if p.In(s.Hits[i].Rect) {
			return s.Hits[i], true
		}
	}
	return Hit{}, false
}

func (s *Surface) hit(r image.Rectangle, row, col int) {
	s.Hits = append(s.Hits, Hit{Rect: r, Row: row, Col: col})
}

// painter draws a chart through a renderer of rp, notes its geometry in s and
// saves it to out.
type painter func(l look, rp chart.RendererProvider, out io.Writer, w, h int, s *Surface) error

// smallest is the least width and height of a chart in pixels; go-chart's
// axes have no room below.
const smallest = 8

// level is go-chart's raster renderer whose texts are all as high as a digit:
// axes place a label by its height, and one with a descender ("Apr") would
// stand below its neighbours.
func level(w, h int) (chart.Renderer, error) {
	r, err := chart.PNG(w, h)
	if err != nil {
		return nil, err
	}
	return leveller{r}, nil
}

type leveller struct{ chart.Renderer }

func (e leveller) MeasureText(body string) chart.Box {
	b := e.Renderer.MeasureText(body)
	digit := e.Renderer.MeasureText("0")
	b.Top, b.Bottom = digit.Top, digit.Bottom
	return b
}

func draw(st Style, w, h int, paint painter) (*Surface, error) {
	if w < smallest || h < smallest {
		return nil, fmt.Errorf("chart of %dx%d pixels: too small", w, h)
	}
	l, err := st.look()
	if err != nil {
		return nil, err
	}
	var iw chart.ImageWriter
	s := &Surface{Plot: image.Rect(0, 0, w, h)}
	if err := paint(l, level, &iw, w, h, s); err != nil {
		return nil, err
	}
	img, err := iw.Image()
	if err != nil {
		return nil, err
	}
	rgba, ok := img.(*image.RGBA)
	if !ok {
		return nil, fmt.Errorf("chart: renderer gave %T", img)
	}
	s.Image = rgba
	return s, nil
}

func svg(st Style, w, h int, paint painter) ([]byte, error) {
	if w < smallest || h < smallest {
		return nil, fmt.Errorf("chart of %dx%d pixels: too small", w, h)
	}
	l, err := st.look()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := paint(l, safeSVG, &b, w, h, &Surface{Plot: image.Rect(0, 0, w, h)}); err != nil {
		return nil, err
	}
	return dress(b.Bytes(), l), nil
}
