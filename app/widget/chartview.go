package widget

import (
	"image"
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"faultline/analysis/chart"
)

// ChartView shows a chart at the exact pixel size of its place on the screen.
// Hovering shows a tip, a click reports what is there, a drag over a time axis
// brushes a range, with Shift it adds to the range, a double click takes the
// range away. Hovering and brushing never draw the chart again.
type ChartView struct {
	widget.BaseWidget

	Draw    func(w, h int, style chart.Style) (*chart.Surface, error)
	Tip     func(h chart.Hit) []string // lines; none for no tip
	OnTap   func(h chart.Hit)
	OnBrush func(from, to time.Time) // nil: no brush
	OnWiden func(by time.Duration)   // brushed with Shift; below 0 when to the left
	OnReset func()                   // a double click

	least   fyne.Size
	surface *chart.Surface
	w, h    int
	light   bool
	dirty   bool
	raster  *canvas.Raster
	brush   *canvas.Rectangle
	cross   *canvas.Line
	tipBox  *canvas.Rectangle
	tipText []*canvas.Text
	start   float32
	end     float32
	shift   bool
	drag    bool
}

const tipLines = 9

// NewChartView makes a chart view of at least that size.
func NewChartView(least fyne.Size, draw func(w, h int, style chart.Style) (*chart.Surface, error)) *ChartView {
	v := &ChartView{Draw: draw, dirty: true, least: least}
	v.raster = canvas.NewRaster(v.generate)
	v.raster.ScaleMode = canvas.ImageScalePixels
	v.brush = canvas.NewRectangle(color.Transparent)
	v.brush.StrokeWidth = 1
	v.cross = canvas.NewLine(color.Transparent)
	v.tipBox = canvas.NewRectangle(color.Transparent)
	v.tipBox.CornerRadius, v.tipBox.StrokeWidth = 4, 1
	for range tipLines {
		t := canvas.NewText("", color.Transparent)
		t.TextSize = smallSize + 1
		t.Hide()
		v.tipText = append(v.tipText, t)
	}
	v.brush.Hide()
	v.cross.Hide()
	v.tipBox.Hide()
	v.ExtendBaseWidget(v)
	return v
}

// SetLeast changes the least size.
func (v *ChartView) SetLeast(s fyne.Size) { v.least = s; v.Refresh() }

func (v *ChartView) generate(w, h int) image.Image {
	if w < 8 || h < 8 || v.Draw == nil {
		return image.NewRGBA(image.Rect(0, 0, max(1, w), max(1, h)))
	}
	if v.surface != nil && !v.dirty && v.w == w && v.h == h && v.light == isLight() {
		return v.surface.Image
	}
	scale := 1.0
	if s := v.Size().Width; s > 0 {
		scale = float64(w) / float64(s)
	}
	s, err := v.Draw(w, h, ChartStyle(scale))
	if err != nil {
		fyne.LogError("draw a chart", err)
		return image.NewRGBA(image.Rect(0, 0, w, h))
	}
	v.surface, v.w, v.h, v.dirty, v.light = s, w, h, false, isLight()
	return s.Image
}

// Surface returns what was drawn last, nil before the first time.
func (v *ChartView) Surface() *chart.Surface { return v.surface }

// Redraw draws the chart again: its data changed.
func (v *ChartView) Redraw() {
	v.dirty = true
	v.brush.Hide()
	v.hideTip()
	v.raster.Refresh()
	canvas.Refresh(v)
}

// CreateRenderer implements fyne.Widget.
func (v *ChartView) CreateRenderer() fyne.WidgetRenderer { return &chartRenderer{v} }

type chartRenderer struct{ v *ChartView }

func (r *chartRenderer) Destroy()           {}
func (r *chartRenderer) MinSize() fyne.Size { return r.v.least }
func (r *chartRenderer) Refresh()           { r.v.Redraw() }
func (r *chartRenderer) Layout(s fyne.Size) {
	if r.v.raster.Size() != s {
		r.v.raster.Resize(s)
		r.v.hideTip()
		r.v.brush.Hide()
	}
}

func (r *chartRenderer) Objects() []fyne.CanvasObject {
	out := []fyne.CanvasObject{r.v.raster, r.v.brush, r.v.cross, r.v.tipBox}
	for _, t := range r.v.tipText {
		out = append(out, t)
	}
	return out
}

// pixel and unit turn units into pixels of the drawn image and back.
func (v *ChartView) pixel(p fyne.Position) (x, y int) {
	k := float32(v.w) / max(1, v.Size().Width)
	return int(p.X * k), int(p.Y * k)
}

func (v *ChartView) unit(px int) float32 {
	return float32(px) * v.Size().Width / float32(max(1, v.w))
}

// At returns where the middle of a hit is drawn, in units.
func (v *ChartView) At(h chart.Hit) fyne.Position {
	return fyne.NewPos(v.unit((h.Rect.Min.X+h.Rect.Max.X)/2), v.unit((h.Rect.Min.Y+h.Rect.Max.Y)/2))
}

// MouseIn implements desktop.Hoverable.
func (v *ChartView) MouseIn(e *desktop.MouseEvent) { v.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable: it moves the tip.
func (v *ChartView) MouseMoved(e *desktop.MouseEvent) {
	if v.surface == nil || v.drag || v.Tip == nil {
		return
	}
	hit, ok := v.surface.HitAt(v.pixel(e.Position))
	var lines []string
	if ok {
		lines = v.Tip(hit)
	}
	if len(lines) == 0 {
		v.MouseOut()
		return
	}
	v.showTip(e.Position, lines)
}

func (v *ChartView) showTip(at fyne.Position, lines []string) {
	if !v.surface.From.IsZero() {
		v.cross.StrokeColor = col(theme.ColorNamePlaceHolder)
		v.cross.Position1 = fyne.NewPos(at.X, v.unit(v.surface.Plot.Min.Y))
		v.cross.Position2 = fyne.NewPos(at.X, v.unit(v.surface.Plot.Max.Y))
		v.cross.Show()
	}
	var size fyne.Size
	for i, t := range v.tipText {
		if i >= len(lines) {
			t.Hide()
			continue
		}
		t.Text = Clean(lines[i])
		t.Color = col(theme.ColorNameForeground)
		t.TextStyle.Bold = i == 0
		if i > 0 {
			t.Color = col(ColorMuted)
		}
		m := t.MinSize()
		size = fyne.NewSize(max(size.Width, m.Width), size.Height+m.Height)
	}
	box := fyne.NewSize(size.Width+16, size.Height+10)
	x, y := at.X+14, at.Y+10
	if x+box.Width > v.Size().Width {
		x = max(0, at.X-14-box.Width)
	}
	y = max(0, min(y, v.Size().Height-box.Height))
	v.tipBox.FillColor, v.tipBox.StrokeColor = col(theme.ColorNameMenuBackground), col(theme.ColorNameInputBorder)
	v.tipBox.Move(fyne.NewPos(x, y))
	v.tipBox.Resize(box)
	v.tipBox.Show()
	y += 5
	for i := range lines {
		if i == len(v.tipText) {
			break
		}
		t := v.tipText[i]
		t.Move(fyne.NewPos(x+8, y))
		t.Resize(t.MinSize())
		y += t.MinSize().Height
		t.Show()
		t.Refresh()
	}
	canvas.Refresh(v) // objects that were never painted know no canvas: refresh the whole
}

func (v *ChartView) hideTip() {
	v.cross.Hide()
	v.tipBox.Hide()
	for _, t := range v.tipText {
		t.Hide()
	}
}

// MouseOut implements desktop.Hoverable.
func (v *ChartView) MouseOut() {
	if v.tipBox.Visible() {
		v.hideTip()
		canvas.Refresh(v)
	}
}

// Cursor implements desktop.Cursorable.
func (v *ChartView) Cursor() desktop.Cursor {
	switch {
	case v.OnBrush != nil:
		return desktop.CrosshairCursor
	case v.OnTap != nil:
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}

// MouseDown implements desktop.Mouseable.
func (v *ChartView) MouseDown(e *desktop.MouseEvent) {
	v.start, v.end = e.Position.X, e.Position.X
	v.shift = e.Modifier&fyne.KeyModifierShift != 0
}

// MouseUp implements desktop.Mouseable.
func (v *ChartView) MouseUp(*desktop.MouseEvent) {}

// Dragged implements fyne.Draggable: the brush.
func (v *ChartView) Dragged(e *fyne.DragEvent) {
	if v.surface == nil || v.OnBrush == nil {
		return
	}
	v.drag, v.end = true, e.Position.X
	v.hideTip()
	a, b := min(v.start, e.Position.X), max(v.start, e.Position.X)
	a, b = max(a, v.unit(v.surface.Plot.Min.X)), min(b, v.unit(v.surface.Plot.Max.X))
	v.brush.FillColor, v.brush.StrokeColor = col(theme.ColorNameSelection), col(primary)
	v.brush.Move(fyne.NewPos(a, v.unit(v.surface.Plot.Min.Y)))
	v.brush.Resize(fyne.NewSize(max(0, b-a), v.unit(v.surface.Plot.Dy())))
	v.brush.Show()
	canvas.Refresh(v)
}

// DragEnd implements fyne.Draggable: it reports the brushed range.
func (v *ChartView) DragEnd() {
	if !v.drag {
		return
	}
	v.drag = false
	v.brush.Hide()
	canvas.Refresh(v)
	if v.brush.Size().Width < 3 {
		return
	}
	a, _ := v.pixel(v.brush.Position())
	b, _ := v.pixel(v.brush.Position().AddXY(v.brush.Size().Width, 0))
	from, to := v.surface.TimeAt(a), v.surface.TimeAt(b)
	switch {
	case !to.After(from):
	case v.shift && v.OnWiden != nil && v.end < v.start:
		v.OnWiden(from.Sub(to))
	case v.shift && v.OnWiden != nil:
		v.OnWiden(to.Sub(from))
	default:
		v.OnBrush(from, to)
	}
}

// DoubleTapped implements fyne.DoubleTappable: it zooms out.
func (v *ChartView) DoubleTapped(*fyne.PointEvent) {
	if v.OnReset != nil {
		v.OnReset()
	}
}

// Tapped implements fyne.Tappable.
func (v *ChartView) Tapped(e *fyne.PointEvent) {
	if v.surface == nil || v.OnTap == nil {
		return
	}
	if h, ok := v.surface.HitAt(v.pixel(e.Position)); ok {
		v.OnTap(h)
	}
}
