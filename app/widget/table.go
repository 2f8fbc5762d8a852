package widget

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"faultline/analysis/chart"
)

// CellKind says how a column's cells are drawn.
type CellKind int

// The kinds of cells.
const (
	CellText  CellKind = iota
	CellMono           // text in a monospaced font
	CellTag            // a short word on a tinted ground
	CellBar            // a bar with its value
	CellSpark          // counts over time
	CellDots           // results in a row, oldest first
)

// Column is a column of a Table.
type Column struct {
	Title string
	Width float32 // least width
	Grow  float32 // share of the width that is left over
	Kind  CellKind
	Align fyne.TextAlign
	Sort  bool // clicking the title sorts
	Tail  bool // keeps the end of a text that is too long, not its begin
	Drop  int  // where the width does not suffice columns are left out, 1 first; 0 never is
	Hide  bool // left out at any width
}

// Cell is what a table shows in one place.
type Cell struct {
	Text  string // shown on one line, cleaned
	Color fyne.ThemeColorName
	Bold  bool
	Tint  color.Color // of a tag, bar or spark line
	Value float64     // 0..1, the length of a bar

	Counts []int64  // of a spark line
	Kinds  []string // of dots: names that charts have colours for
}

// Table shows rows of cells: dense, virtual, sortable, with a selected row
// that keys move. Its position is a row number, so it is exact at any length.
type Table struct {
	widget.BaseWidget

	Columns  []Column
	Len      func() int
	Cell     func(row, col int) Cell
	OnSelect func(row int)
	OnOpen   func(row int) // Enter, or a click on the selected row
	OnMenu   func(row int, at fyne.Position)
	OnSort   func(col int, down bool)
	Indent   func(row int) int // depth in a tree; may be nil

	SortBy   int // column whose title shows an arrow, -1 for none
	SortDown bool

	top, selected, hover int
	focused, dragBar     bool
	grab                 float32
	rows                 []*tableRow
	heads                []*canvas.Text
	headBack, line, bar  *canvas.Rectangle
	ring                 *canvas.Rectangle
	objs                 []fyne.CanvasObject
}

type tableRow struct {
	back, line *canvas.Rectangle
	cells      []*tableCell
	objs       []fyne.CanvasObject
}

type tableCell struct {
	cell   Cell
	kind   CellKind
	text   *canvas.Text
	ground *canvas.Rectangle // of a tag; the track of a bar
	fill   *canvas.Rectangle // of a bar
	raster *canvas.Raster
	objs   []fyne.CanvasObject
}

const (
	tableRowH  = 24
	tableHeadH = 26
	cellPad    = 8
)

// NewTable makes a table.
func NewTable(columns []Column, length func() int, cell func(row, col int) Cell) *Table {
	t := &Table{Columns: columns, Len: length, Cell: cell, selected: -1, hover: -1, SortBy: -1}
	t.headBack = canvas.NewRectangle(color.Transparent)
	t.line = canvas.NewRectangle(color.Transparent)
	t.bar = canvas.NewRectangle(color.Transparent)
	t.bar.CornerRadius = 3
	t.ring = canvas.NewRectangle(color.Transparent)
	t.ring.StrokeWidth = 1
	t.ExtendBaseWidget(t)
	return t
}

// CreateRenderer implements fyne.Widget.
func (t *Table) CreateRenderer() fyne.WidgetRenderer { return &tableRenderer{t} }

type tableRenderer struct{ t *Table }

func (r *tableRenderer) Destroy()                     {}
func (r *tableRenderer) MinSize() fyne.Size           { return fyne.NewSize(160, tableHeadH+tableRowH) }
func (r *tableRenderer) Objects() []fyne.CanvasObject { return r.t.objs }
func (r *tableRenderer) Layout(fyne.Size)             { r.t.fill() }
func (r *tableRenderer) Refresh()                     { r.t.fill(); canvas.Refresh(r.t) }

// TableHeight returns the height that a table of n rows needs.
func TableHeight(n int) float32 { return tableHeadH + tableRowH*float32(n) + 2 }

func (t *Table) fitRows() int { return max(1, int((t.Size().Height-tableHeadH)/tableRowH)) }

func (t *Table) clamp() {
	t.top = max(0, min(t.top, t.Len()-t.fitRows()))
	if t.selected >= t.Len() {
		t.selected = -1
	}
}

// leastGrown is how narrow a column that grows may become.
const leastGrown = 110

// widths returns where columns begin and how wide they are, 0 for those left
// out. Where the width does not suffice columns are left out rather than
// shrunk, since a number that is cut reads as another one; then those that
// grow become narrower.
func (t *Table) widths() (xs, ws []float32) {
	var least, grow float32
	last := 0
	ws = make([]float32, len(t.Columns))
	for i, c := range t.Columns {
		last = max(last, c.Drop)
		if !c.Hide {
			ws[i] = c.Width
			least += c.Width
		}
	}
	room := t.Size().Width - 12
	for drop := 1; drop <= last && least > room; drop++ {
		for i, c := range t.Columns {
			if c.Drop == drop {
				least -= ws[i]
				ws[i] = 0
			}
		}
	}
	for i, c := range t.Columns {
		if ws[i] == 0 {
			continue
		}
		if c.Grow > 0 && least > room {
			w := max(min(leastGrown, ws[i]), ws[i]-(least-room))
			least -= ws[i] - w
			ws[i] = w
		}
		grow += c.Grow
	}
	x := float32(0)
	for i, c := range t.Columns {
		if left := room - least; ws[i] > 0 && grow > 0 && left > 0 {
			ws[i] += left * c.Grow / grow
		}
		xs = append(xs, x)
		x += ws[i]
	}
	return xs, ws
}

func newTableCell(k CellKind) *tableCell {
	c := &tableCell{kind: k}
	c.text = canvas.NewText("", color.Transparent)
	c.text.TextSize = textSize
	switch k {
	case CellMono:
		c.text.TextSize, c.text.TextStyle = monoSize, mono
	case CellTag:
		c.text.TextSize = smallSize
		c.ground = canvas.NewRectangle(color.Transparent)
		c.ground.CornerRadius = 3
		c.objs = append(c.objs, c.ground)
	case CellBar:
		c.ground, c.fill = canvas.NewRectangle(color.Transparent), canvas.NewRectangle(color.Transparent)
		c.ground.CornerRadius, c.fill.CornerRadius = 2, 2
		c.objs = append(c.objs, c.ground, c.fill)
	case CellSpark, CellDots:
		c.raster = canvas.NewRaster(c.paint)
		c.objs = append(c.objs, c.raster)
	}
	c.objs = append(c.objs, c.text)
	return c
}

// paint draws a spark line or dots.
func (c *tableCell) paint(w, h int) image.Image {
	if c.kind == CellSpark && w >= 8 && h >= 8 {
		st := ChartStyle(1)
		st.Palette.Back = color.NRGBA{}
		if c.cell.Tint != nil {
			st.Palette.Accent = color.NRGBAModel.Convert(c.cell.Tint).(color.NRGBA)
		}
		if s, err := (chart.Spark{Counts: c.cell.Counts, Style: st}).Draw(w, h); err == nil {
			return s.Image
		}
	}
	img := image.NewRGBA(image.Rect(0, 0, max(1, w), max(1, h)))
	if c.kind != CellDots || h < 8 {
		return img
	}
	p := ChartStyle(1).Palette
	pitch := max(3, h*2/5)
	kinds := c.cell.Kinds
	if n := w / pitch; len(kinds) > n {
		kinds = kinds[len(kinds)-n:]
	}
	for i, k := range kinds {
		top := h / 4
		if k != "success" { // colour is not the only sign
			top = 0
		}
		draw.Draw(img, image.Rect(i*pitch, top, (i+1)*pitch-max(1, pitch/4), h-top), image.NewUniform(p.Of(k, 0)), image.Point{}, draw.Src)
	}
	return img
}

func (t *Table) grow(need int) {
	if len(t.heads) != len(t.Columns) {
		t.heads, t.rows, t.objs = nil, nil, nil
		for range t.Columns {
			t.heads = append(t.heads, Text("", smallSize, ColorMuted, fyne.TextStyle{Bold: true}))
		}
	}
	for len(t.rows) < need {
		r := &tableRow{back: canvas.NewRectangle(color.Transparent), line: canvas.NewRectangle(color.Transparent)}
		r.objs = append(r.objs, r.back, r.line)
		for _, c := range t.Columns {
			cell := newTableCell(c.Kind)
			r.cells = append(r.cells, cell)
			r.objs = append(r.objs, cell.objs...)
		}
		t.rows = append(t.rows, r)
		t.objs = nil
	}
	if t.objs == nil {
		for _, r := range t.rows {
			t.objs = append(t.objs, r.objs...)
		}
		t.objs = append(t.objs, t.headBack, t.line)
		for _, h := range t.heads {
			t.objs = append(t.objs, h)
		}
		t.objs = append(t.objs, t.bar, t.ring)
	}
}

func (t *Table) fill() {
	if t.Len == nil || t.Size().Height <= 0 {
		return
	}
	t.clamp()
	size := t.Size()
	need := int((size.Height-tableHeadH)/tableRowH) + 1
	t.grow(need)
	xs, ws := t.widths()
	t.headBack.FillColor = col(theme.ColorNameHeaderBackground)
	t.headBack.Resize(fyne.NewSize(size.Width, tableHeadH))
	t.line.FillColor = col(ColorHairline)
	t.line.Move(fyne.NewPos(0, tableHeadH-1))
	t.line.Resize(fyne.NewSize(size.Width, 1))
	for i, h := range t.heads {
		s := t.Columns[i].Title
		h.Color = col(ColorMuted)
		if i == t.SortBy {
			h.Color = col(theme.ColorNameForeground)
			if t.SortDown {
				s += " ↓"
			} else {
				s += " ↑"
			}
		}
		h.Text = fit(s, ws[i]-cellPad, smallSize, h.TextStyle)
		if ws[i] == 0 {
			h.Text = ""
		}
		t.align(h, i, xs[i], ws[i], (tableHeadH-h.MinSize().Height)/2)
	}
	n := t.Len()
	for i, r := range t.rows {
		at, y := t.top+i, tableHeadH+float32(i)*tableRowH
		if i >= need || at >= n || y+tableRowH/2 > size.Height {
			for _, o := range r.objs {
				o.Hide()
			}
			continue
		}
		t.show(r, at, y, xs, ws)
	}
	t.scrollBar(n)
	t.ring.Hide()
	if t.focused {
		t.ring.StrokeColor = col(theme.ColorNameFocus)
		t.ring.Resize(size)
		t.ring.Show()
	}
}

func (t *Table) align(x *canvas.Text, i int, left, w, y float32) {
	m := x.MinSize()
	switch t.Columns[i].Align {
	case fyne.TextAlignTrailing:
		x.Move(fyne.NewPos(left+w-cellPad-m.Width, y))
	case fyne.TextAlignCenter:
		x.Move(fyne.NewPos(left+(w-m.Width)/2, y))
	default:
		x.Move(fyne.NewPos(left+cellPad, y))
	}
	x.Resize(m)
}

func (t *Table) show(r *tableRow, at int, y float32, xs, ws []float32) {
	switch at {
	case t.selected:
		r.back.FillColor = col(theme.ColorNameSelection)
	case t.hover:
		r.back.FillColor = col(ColorStripe)
	default:
		r.back.FillColor = color.Transparent
	}
	r.back.Move(fyne.NewPos(0, y))
	r.back.Resize(fyne.NewSize(t.Size().Width, tableRowH))
	r.line.FillColor = col(ColorHairline)
	r.line.Move(fyne.NewPos(0, y+tableRowH-1))
	r.line.Resize(fyne.NewSize(t.Size().Width, 1))
	for _, o := range r.objs {
		o.Show()
	}
	for j, c := range r.cells {
		x, w := xs[j], ws[j]
		if j == 0 && t.Indent != nil {
			in := float32(t.Indent(at)) * 14
			x, w = x+in, w-in
		}
		if ws[j] == 0 {
			for _, o := range c.objs {
				o.Hide()
			}
			continue
		}
		t.cell(c, t.Cell(at, j), j, x, w, y)
	}
}

func (t *Table) cell(c *tableCell, v Cell, j int, x, w, y float32) {
	c.cell = v
	v.Text = Clean(v.Text)
	room := w - cellPad*1.5
	if v.Color == "" {
		v.Color = theme.ColorNameForeground
	}
	c.text.Color, c.text.TextStyle.Bold = col(v.Color), v.Bold
	tint := v.Tint
	if tint == nil {
		tint = col(primary)
	}
	switch c.kind {
	case CellTag:
		c.text.Text = fit(v.Text, room-10, smallSize, c.text.TextStyle)
		m := c.text.MinSize()
		if c.text.Text == "" {
			c.ground.Hide()
			break
		}
		n := color.NRGBAModel.Convert(tint).(color.NRGBA)
		n.A = 0x30
		c.ground.FillColor = n
		c.ground.Move(fyne.NewPos(x+cellPad, y+4))
		c.ground.Resize(fyne.NewSize(m.Width+12, tableRowH-9))
		c.text.Move(fyne.NewPos(x+cellPad+6, y+(tableRowH-1-m.Height)/2))
		c.text.Resize(m)
		c.text.Refresh()
		return
	case CellBar:
		c.text.Text, c.text.TextSize = v.Text, smallSize+1
		m := c.text.MinSize()
		left := float32(54)
		c.ground.FillColor, c.fill.FillColor = col(ColorHairline), tint
		bw := max(0, room-left)
		c.ground.Move(fyne.NewPos(x+cellPad+left, y+9))
		c.ground.Resize(fyne.NewSize(bw, 6))
		fw := bw * float32(math.Max(0, math.Min(1, v.Value)))
		if v.Value > 0 {
			fw = max(fw, 2)
		}
		c.fill.Move(fyne.NewPos(x+cellPad+left, y+9))
		c.fill.Resize(fyne.NewSize(fw, 6))
		c.text.Move(fyne.NewPos(x+cellPad+left-8-m.Width, y+(tableRowH-1-m.Height)/2))
		c.text.Resize(m)
		c.text.Refresh()
		return
	case CellSpark, CellDots:
		c.raster.Move(fyne.NewPos(x+cellPad, y+4))
		c.raster.Resize(fyne.NewSize(max(1, room), tableRowH-9))
		c.raster.Refresh()
		c.text.Text = ""
		return
	}
	cut := fit
	if t.Columns[j].Tail {
		cut = fitTail
	}
	c.text.Text = cut(v.Text, room, c.text.TextSize, c.text.TextStyle)
	t.align(c.text, j, x, w, y+(tableRowH-1-c.text.MinSize().Height)/2)
	c.text.Refresh()
}

func (t *Table) scrollBar(n int) {
	rows := t.fitRows()
	if n <= rows {
		t.bar.Hide()
		return
	}
	room := t.Size().Height - tableHeadH
	h := max(28, room*float32(rows)/float32(n))
	f := float64(t.top) / float64(n-rows)
	t.bar.FillColor = col(theme.ColorNameScrollBar)
	t.bar.Move(fyne.NewPos(t.Size().Width-9, tableHeadH+float32(f*float64(room-h))))
	t.bar.Resize(fyne.NewSize(7, h))
	t.bar.Show()
}

// Selected returns the selected row, -1 for none.
func (t *Table) Selected() int { return t.selected }

// Select selects row i, -1 for none, and brings it into view; it reports
// nothing.
func (t *Table) Select(i int) {
	t.selected = i
	t.reveal(i)
	t.Refresh()
}

// Reset goes to the top without a selection.
func (t *Table) Reset() { t.top, t.selected, t.hover = 0, -1, -1; t.Refresh() }

func (t *Table) reveal(i int) {
	if i < 0 {
		return
	}
	if i < t.top {
		t.top = i
	}
	if i >= t.top+t.fitRows() {
		t.top = i - t.fitRows() + 1
	}
}

func (t *Table) pick(i int) {
	if t.Len() == 0 {
		return
	}
	i = min(max(0, i), t.Len()-1)
	t.selected = i
	t.reveal(i)
	t.Refresh()
	if t.OnSelect != nil {
		t.OnSelect(i)
	}
}

// Scrolled implements fyne.Scrollable.
func (t *Table) Scrolled(e *fyne.ScrollEvent) {
	t.top += wheelRows(e.Scrolled.DY, tableRowH)
	t.Refresh()
}

// TypedKey implements fyne.Focusable.
func (t *Table) TypedKey(e *fyne.KeyEvent) {
	steer(t, e, rows{lead: t.selected, top: t.top, fit: t.fitRows(), n: t.Len()}, t.pick, t.OnOpen)
}

// TypedRune implements fyne.Focusable.
func (t *Table) TypedRune(rune) {}

// FocusGained implements fyne.Focusable.
func (t *Table) FocusGained() { t.focused = true; t.Refresh() }

// FocusLost implements fyne.Focusable.
func (t *Table) FocusLost() { t.focused = false; t.Refresh() }

func (t *Table) rowAt(y float32) int {
	if y < tableHeadH {
		return -1
	}
	i := t.top + int((y-tableHeadH)/tableRowH)
	if i >= t.Len() {
		return -1
	}
	return i
}

// RowAt returns the row at height y of the widget, -1 for none.
func (t *Table) RowAt(y float32) int { return t.rowAt(y) }

// MouseDown implements desktop.Mouseable.
func (t *Table) MouseDown(e *desktop.MouseEvent) {
	focus(t)
	if e.Position.X > t.Size().Width-12 && t.bar.Visible() {
		t.dragBar = true
		t.grab = e.Position.Y - t.bar.Position().Y
		if h := t.bar.Size().Height; t.grab < 0 || t.grab > h {
			t.grab = h / 2
			t.drag(e.Position.Y)
		}
		return
	}
	if e.Position.Y < tableHeadH {
		t.sort(e.Position.X)
		return
	}
	i := t.rowAt(e.Position.Y)
	if i < 0 {
		return
	}
	if e.Button == desktop.MouseButtonSecondary {
		t.pick(i)
		if t.OnMenu != nil {
			t.OnMenu(i, e.AbsolutePosition)
		}
		return
	}
	again := i == t.selected
	if !again {
		t.pick(i)
	}
	if t.OnOpen != nil && (again || t.OnSelect == nil) {
		t.OnOpen(i)
	}
}

func (t *Table) sort(x float32) {
	xs, ws := t.widths()
	for i, c := range t.Columns {
		if c.Sort && x >= xs[i] && x < xs[i]+ws[i] && t.OnSort != nil {
			if t.SortBy == i {
				t.SortDown = !t.SortDown
			} else { // numbers from the largest, words from A
				t.SortBy, t.SortDown = i, c.Align == fyne.TextAlignTrailing || c.Kind == CellBar
			}
			t.OnSort(t.SortBy, t.SortDown)
			t.Refresh()
		}
	}
}

// MouseUp implements desktop.Mouseable.
func (t *Table) MouseUp(*desktop.MouseEvent) { t.dragBar = false }

func (t *Table) drag(y float32) {
	room := float64(t.Size().Height - tableHeadH - t.bar.Size().Height)
	f := math.Min(1, math.Max(0, float64(y-t.grab-tableHeadH)/math.Max(1, room)))
	t.top = int(math.Round(f * float64(max(0, t.Len()-t.fitRows()))))
	t.Refresh()
}

// Dragged implements fyne.Draggable.
func (t *Table) Dragged(e *fyne.DragEvent) {
	if t.dragBar {
		t.drag(e.Position.Y)
	}
}

// DragEnd implements fyne.Draggable.
func (t *Table) DragEnd() { t.dragBar = false }

// MouseIn implements desktop.Hoverable.
func (t *Table) MouseIn(e *desktop.MouseEvent) { t.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (t *Table) MouseMoved(e *desktop.MouseEvent) {
	if i := t.rowAt(e.Position.Y); i != t.hover {
		t.hover = i
		t.Refresh()
	}
}

// MouseOut implements desktop.Hoverable.
func (t *Table) MouseOut() {
	if t.hover >= 0 {
		t.hover = -1
		t.Refresh()
	}
}

// Cursor implements desktop.Cursorable.
func (t *Table) Cursor() desktop.Cursor {
	if t.OnOpen != nil && t.hover >= 0 {
		return desktop.PointerCursor
	}
	return desktop.DefaultCursor
}
