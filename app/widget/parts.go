package widget

import (
	"image/color"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Panel returns content on a panel with a hairline edge; a title stands above
// it, and what belongs to the title (a legend, a link) at its right.
func Panel(title string, right, content fyne.CanvasObject) fyne.CanvasObject {
	back := canvas.NewRectangle(col(ColorPanel))
	back.StrokeColor, back.StrokeWidth, back.CornerRadius = col(ColorHairline), 1, 5
	body := container.New(layout.NewCustomPaddedLayout(8, 8, 10, 10), content)
	if title == "" && right == nil {
		return container.NewStack(back, body)
	}
	head := container.NewBorder(nil, nil, Title(title), right)
	body = container.New(layout.NewCustomPaddedLayout(8, 8, 10, 10), container.NewBorder(head, nil, nil, nil, content))
	return container.NewStack(back, body)
}

// Flush is Panel without padding around its content: for tables.
func Flush(content fyne.CanvasObject) fyne.CanvasObject {
	back := canvas.NewRectangle(col(ColorPanel))
	edge := canvas.NewRectangle(color.Transparent)
	edge.StrokeColor, edge.StrokeWidth = col(ColorHairline), 1
	return container.NewStack(back, content, edge)
}

// Title returns the title of a panel.
func Title(s string) fyne.CanvasObject {
	return Text(s, textSize, theme.ColorNameForeground, fyne.TextStyle{Bold: true})
}

// Muted returns a small text for what is less important.
func Muted(s string) *canvas.Text { return Text(s, smallSize+1, ColorMuted, fyne.TextStyle{}) }

// Body returns text that wraps and can be selected.
func Body(s string) *widget.Label {
	l := widget.NewLabel(CleanLines(s))
	l.Wrapping = fyne.TextWrapWord
	l.Selectable = true
	return l
}

// Gap returns an empty space.
func Gap(w, h float32) fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(w, h))
	return r
}

// Pad returns o with n units around it.
func Pad(n float32, o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedLayout(n, n, n, n), o)
}

// Least returns o at least as large as w x h.
func Least(w, h float32, o fyne.CanvasObject) fyne.CanvasObject {
	return container.NewStack(Gap(w, h), o)
}

// Split returns two objects beside each other, the first with that share of
// the width. Unlike a grid it needs no equal parts, unlike a split container
// it has no handle.
func Split(share float32, a, b fyne.CanvasObject) fyne.CanvasObject {
	return container.New(&splitLayout{share: share, gap: 8}, a, b)
}

type splitLayout struct{ share, gap float32 }

func (s *splitLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	a, b := o[0].MinSize(), o[1].MinSize()
	return fyne.NewSize(a.Width+b.Width+s.gap, max(a.Height, b.Height))
}

func (s *splitLayout) Layout(o []fyne.CanvasObject, size fyne.Size) {
	w := (size.Width - s.gap) * s.share
	w = max(o[0].MinSize().Width, min(w, size.Width-s.gap-o[1].MinSize().Width))
	o[0].Move(fyne.NewPos(0, 0))
	o[0].Resize(fyne.NewSize(w, size.Height))
	o[1].Move(fyne.NewPos(w+s.gap, 0))
	o[1].Resize(fyne.NewSize(size.Width-s.gap-w, size.Height))
}

// Down returns objects below each other, spaced.
func Down(gap float32, o ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(gap), o...)
}

// Across returns objects beside each other, spaced.
func Across(gap float32, o ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedHBoxLayout(gap), o...)
}

// Tap is an area that can be clicked: a tile, a chip, a link, an item of a
// list. It shows its content and a tint under the mouse.
type Tap struct {
	widget.BaseWidget
	Content fyne.CanvasObject
	OnTap   func()
	back    *canvas.Rectangle
	ground  color.Color
	hovered bool
	focused bool
}

// NewTap makes an area of content that can be clicked.
func NewTap(content fyne.CanvasObject, onTap func()) *Tap {
	t := &Tap{Content: content, OnTap: onTap, ground: color.Transparent}
	t.back = canvas.NewRectangle(color.Transparent)
	t.back.CornerRadius = 4
	t.ExtendBaseWidget(t)
	return t
}

// SetGround sets the colour behind the content.
func (t *Tap) SetGround(c color.Color) { t.ground = c; t.tint() }

// CreateRenderer implements fyne.Widget.
func (t *Tap) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(t.back, t.Content))
}

func (t *Tap) tint() {
	t.back.FillColor = t.ground
	if t.hovered && t.OnTap != nil {
		t.back.FillColor = over(t.ground, col(theme.ColorNameHover))
	}
	t.back.StrokeWidth = 0
	if t.focused {
		t.back.StrokeWidth, t.back.StrokeColor = 1, col(theme.ColorNameFocus)
	}
	t.back.Refresh()
}

// over returns b laid over a.
func over(a, b color.Color) color.Color {
	x, y := color.NRGBAModel.Convert(a).(color.NRGBA), color.NRGBAModel.Convert(b).(color.NRGBA)
	if x.A == 0 {
		return y
	}
	f := float64(y.A) / 255
	m := func(p, q uint8) uint8 { return uint8(float64(p)*(1-f) + float64(q)*f) }
	return color.NRGBA{R: m(x.R, y.R), G: m(x.G, y.G), B: m(x.B, y.B), A: max(x.A, y.A)}
}

// Tapped implements fyne.Tappable.
func (t *Tap) Tapped(*fyne.PointEvent) {
	if t.OnTap != nil {
		t.OnTap()
	}
}

// MouseIn implements desktop.Hoverable.
func (t *Tap) MouseIn(*desktop.MouseEvent) { t.hovered = true; t.tint() }

// MouseMoved implements desktop.Hoverable.
func (t *Tap) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (t *Tap) MouseOut() { t.hovered = false; t.tint() }

// Cursor implements desktop.Cursorable.
func (t *Tap) Cursor() desktop.Cursor {
	if t.OnTap == nil {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// FocusGained implements fyne.Focusable.
func (t *Tap) FocusGained() { t.focused = true; t.tint() }

// FocusLost implements fyne.Focusable.
func (t *Tap) FocusLost() { t.focused = false; t.tint() }

// TypedRune implements fyne.Focusable.
func (t *Tap) TypedRune(r rune) {
	if r == ' ' {
		t.Tapped(nil)
	}
}

// TypedKey implements fyne.Focusable.
func (t *Tap) TypedKey(e *fyne.KeyEvent) {
	if e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter {
		t.Tapped(nil)
		return
	}
	pass(t, e)
}

// Link returns a text that can be clicked.
func Link(s string, onTap func()) *Tap {
	return NewTap(Text(s, smallSize+1, theme.ColorNameHyperlink, fyne.TextStyle{}), onTap)
}

// Tile returns a key number: a label, the number, what it is taken over. A
// click asks for its records.
func Tile(label, value, note string, c fyne.ThemeColorName, onTap func()) *Tap {
	if c == "" {
		c = theme.ColorNameForeground
	}
	t := NewTap(container.New(layout.NewCustomPaddedLayout(9, 9, 12, 12), Down(1,
		Fitted(Text(label, smallSize+1, ColorMuted, fyne.TextStyle{})),
		shrunk(Text(value, 21, c, fyne.TextStyle{Bold: true})),
		Wrapped(note, smallSize, ColorMuted, 2),
	)), onTap)
	t.back.CornerRadius = 5
	t.SetGround(col(ColorPanel))
	return t
}

// fitText is a text that is shortened to its place.
type fitText struct {
	widget.BaseWidget
	full  string
	text  *canvas.Text
	large float32 // size it may shrink from before it is cut; 0 for none
}

// leastNumber is the size down to which a key number shrinks.
const leastNumber = 13

// shrunk returns a text that is written smaller where it has no room, since a
// number that is cut reads as another one.
func shrunk(t *canvas.Text) fyne.CanvasObject {
	f := &fitText{full: t.Text, text: t, large: t.TextSize}
	f.ExtendBaseWidget(f)
	return f
}

// Fitted returns a text that is shortened to its place.
func Fitted(t *canvas.Text) fyne.CanvasObject {
	f := &fitText{full: t.Text, text: t}
	f.ExtendBaseWidget(f)
	return f
}

// CreateRenderer implements fyne.Widget.
func (f *fitText) CreateRenderer() fyne.WidgetRenderer { return &fitRenderer{f} }

type fitRenderer struct{ f *fitText }

func (r *fitRenderer) Destroy()                     {}
func (r *fitRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.f.text} }
func (r *fitRenderer) Refresh()                     { r.Layout(r.f.Size()); r.f.text.Refresh() }
func (r *fitRenderer) MinSize() fyne.Size {
	return fyne.NewSize(24, fyne.MeasureText("Mg", max(r.f.large, r.f.text.TextSize), r.f.text.TextStyle).Height)
}

func (r *fitRenderer) Layout(s fyne.Size) {
	t := r.f.text
	if r.f.large > 0 {
		for t.TextSize = r.f.large; t.TextSize > leastNumber && fyne.MeasureText(r.f.full, t.TextSize, t.TextStyle).Width > s.Width; {
			t.TextSize--
		}
	}
	t.Text = fit(r.f.full, s.Width, t.TextSize, t.TextStyle)
	t.Resize(fyne.NewSize(s.Width, r.MinSize().Height))
	t.Move(fyne.NewPos(0, (s.Height-r.MinSize().Height)/2))
}

// Wrapped returns a text over at most that many lines, for which it always has
// room.
func Wrapped(s string, size float32, c fyne.ThemeColorName, lines int) fyne.CanvasObject {
	w := &wrapText{full: Clean(s)}
	for range lines {
		w.lines = append(w.lines, Text("", size, c, fyne.TextStyle{}))
	}
	w.ExtendBaseWidget(w)
	return w
}

type wrapText struct {
	widget.BaseWidget
	full  string
	lines []*canvas.Text
}

// CreateRenderer implements fyne.Widget.
func (w *wrapText) CreateRenderer() fyne.WidgetRenderer { return &wrapRenderer{w} }

type wrapRenderer struct{ w *wrapText }

func (r *wrapRenderer) Destroy() {}
func (r *wrapRenderer) Refresh() { r.Layout(r.w.Size()) }
func (r *wrapRenderer) Objects() (out []fyne.CanvasObject) {
	for _, t := range r.w.lines {
		out = append(out, t)
	}
	return out
}

func (r *wrapRenderer) lineHeight() float32 {
	return fyne.MeasureText("Mg", r.w.lines[0].TextSize, fyne.TextStyle{}).Height
}

func (r *wrapRenderer) MinSize() fyne.Size {
	return fyne.NewSize(24, r.lineHeight()*float32(len(r.w.lines)))
}

func (r *wrapRenderer) Layout(s fyne.Size) {
	words, h := strings.Fields(r.w.full), r.lineHeight()
	for i, t := range r.w.lines {
		line := ""
		for len(words) > 0 {
			next := strings.TrimSpace(line + " " + words[0])
			if line != "" && i < len(r.w.lines)-1 && fyne.MeasureText(next, t.TextSize, t.TextStyle).Width > s.Width {
				break
			}
			line, words = next, words[1:]
		}
		t.Text = fit(line, s.Width, t.TextSize, t.TextStyle)
		t.Move(fyne.NewPos(0, h*float32(i)))
		t.Resize(fyne.NewSize(s.Width, h))
		t.Refresh()
	}
}

// Ranked returns one value of a ranking: its name, its share as a bar, its
// count. A click asks for its records.
func Ranked(name string, count int64, share float32, monospace bool, onTap func()) fyne.CanvasObject {
	size := float32(smallSize + 1)
	track, bar := canvas.NewRectangle(col(ColorHairline)), canvas.NewRectangle(col(primary))
	track.CornerRadius, bar.CornerRadius = 2, 2
	meter := container.New(&meterLayout{share: share}, track, bar)
	n := Text(Count(count), smallSize, ColorMuted, fyne.TextStyle{})
	n.Alignment = fyne.TextAlignTrailing
	return NewTap(container.New(layout.NewCustomPaddedLayout(2, 2, 8, 8), container.NewBorder(nil, nil, nil,
		Across(6, container.NewCenter(meter), Least(44, 1, n)),
		Fitted(Text(name, size, theme.ColorNameForeground, fyne.TextStyle{Monospace: monospace})))), onTap)
}

// meterLayout lays a bar of a share over its track.
type meterLayout struct{ share float32 }

func (m *meterLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(72, 5) }
func (m *meterLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Resize(s)
	o[1].Resize(fyne.NewSize(max(2, s.Width*min(1, m.share)), s.Height))
}

// Tag returns a short word on a tinted ground.
func Tag(s string, tint color.Color) fyne.CanvasObject {
	n := color.NRGBAModel.Convert(tint).(color.NRGBA)
	n.A = 0x30
	back := canvas.NewRectangle(n)
	back.CornerRadius = 3
	t := Text(s, smallSize, theme.ColorNameForeground, fyne.TextStyle{})
	return container.NewStack(back, container.New(layout.NewCustomPaddedLayout(1, 1, 6, 6), t))
}

// Chip returns one condition of the filter with a cross that takes it away.
func Chip(s string, onRemove func()) fyne.CanvasObject {
	t := NewTap(container.New(layout.NewCustomPaddedLayout(2, 2, 8, 7), Across(6,
		Text(s, smallSize+1, theme.ColorNameForeground, fyne.TextStyle{}),
		Text("×", smallSize+2, ColorMuted, fyne.TextStyle{Bold: true}),
	)), onRemove)
	n := color.NRGBAModel.Convert(col(primary)).(color.NRGBA)
	n.A = 0x2c
	t.back.CornerRadius = 9
	t.SetGround(n)
	return t
}

// Unseen is the name in a legend of the shade of times that no source covers.
const Unseen = "not observed"

// Legend returns the names of series with their colours.
func Legend(names ...string) fyne.CanvasObject {
	box := Across(12)
	for _, n := range names {
		sw := canvas.NewRectangle(KindColor(n))
		if n == Unseen {
			sw.FillColor = ChartStyle(1).Palette.Blind
			sw.StrokeWidth, sw.StrokeColor = 1, col(ColorFaint)
		}
		sw.CornerRadius = 2
		sw.SetMinSize(fyne.NewSize(9, 9))
		box.Add(Across(5, container.NewCenter(sw), Text(n, smallSize, ColorMuted, fyne.TextStyle{})))
	}
	return box
}

// Notice returns a line on a tinted ground that a reader has to know before
// what stands below it, and what can be done about it.
func Notice(text string, action fyne.CanvasObject) fyne.CanvasObject {
	n := color.NRGBAModel.Convert(col(theme.ColorNameWarning)).(color.NRGBA)
	n.A = 0x26
	back := canvas.NewRectangle(n)
	back.CornerRadius = 5
	return container.NewStack(back, container.New(layout.NewCustomPaddedLayout(0, 0, 5, 10),
		container.NewBorder(nil, nil, nil, container.NewCenter(action), Body(text))))
}

// Empty returns what a page shows when there is nothing: what would be here,
// why there is nothing, and the next action.
func Empty(title, why string, actions ...fyne.CanvasObject) fyne.CanvasObject {
	t := Text(title, 15, theme.ColorNameForeground, fyne.TextStyle{Bold: true})
	t.Alignment = fyne.TextAlignCenter
	box := Down(6, t)
	for _, line := range strings.Split(why, "\n") {
		l := Text(line, textSize, ColorMuted, fyne.TextStyle{})
		l.Alignment = fyne.TextAlignCenter
		box.Add(l)
	}
	if len(actions) > 0 {
		box.Add(Gap(1, 4))
		box.Add(container.NewCenter(Across(8, actions...)))
	}
	return container.NewCenter(box)
}

// Crumb is one part of a Breadcrumb.
type Crumb struct {
	Text  string
	OnTap func()
}

// Breadcrumb returns where a page stands; parts but the last can be clicked.
func Breadcrumb(parts ...Crumb) fyne.CanvasObject {
	box := Across(2)
	for i, p := range parts {
		if i > 0 {
			box.Add(Text("›", textSize+2, ColorMuted, fyne.TextStyle{}))
		}
		c, style := theme.ColorNameHyperlink, fyne.TextStyle{}
		if i == len(parts)-1 {
			c, style = theme.ColorNameForeground, fyne.TextStyle{Bold: true}
		}
		t := NewTap(container.New(layout.NewCustomPaddedLayout(1, 1, 4, 4), Text(p.Text, textSize+1, c, style)), p.OnTap)
		box.Add(t)
	}
	return box
}

// Template returns a template with its variables set apart and, when they are
// numbered, named <1>, <2> and so on; wrapped.
func Template(s string, numbered bool) *widget.RichText {
	s = CleanLines(s)
	n := 0
	var segs []widget.RichTextSegment
	add := func(text string, c fyne.ThemeColorName, bold bool) {
		if text != "" {
			segs = append(segs, &widget.TextSegment{Text: text, Style: widget.RichTextStyle{
				Inline: true, ColorName: c, SizeName: theme.SizeNameText, TextStyle: fyne.TextStyle{Monospace: true, Bold: bold},
			}})
		}
	}
	for {
		i := strings.Index(s, "<*>")
		if i < 0 {
			break
		}
		add(s[:i], theme.ColorNameForeground, false)
		name := "<*>"
		if n++; numbered {
			name = "<" + strconv.Itoa(n) + ">"
		}
		add(name, ColorVariable, true)
		s = s[i+3:]
	}
	add(s, theme.ColorNameForeground, false)
	r := widget.NewRichText(segs...)
	r.Wrapping = fyne.TextWrapWord
	return r
}
