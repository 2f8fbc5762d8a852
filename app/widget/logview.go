package widget

import (
	"image/color"
	"math"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// LogCell is one cell of a log row.
type LogCell struct {
	Text  string // shown on one line, cleaned
	Color fyne.ThemeColorName
}

// LogColumn is a column of a LogView.
type LogColumn struct {
	Title string
	Width float32 // 0: the rest of the width; the last column only
}

// LogView shows any number of log rows in a monospaced font. Its position is a
// row number, never an offset over all rows, so the last of a million rows is
// exact. Rows can be selected with mouse and keys and copied.
type LogView struct {
	widget.BaseWidget

	Columns  []LogColumn
	Len      func() int
	Row      func(i int) []LogCell      // may say that a row is still being read
	Read     func(i int) []LogCell      // Row for copying, which waits; nil is Row
	Match    func(text string) [][2]int // rune ranges of the last column to mark; may be nil
	OnSelect func(i int)                // the row that was moved to
	OnOpen   func(i int)                // Enter or a second click
	OnMenu   func(i int, at fyne.Position)
	OnScroll func(top int)

	top           int
	lead, anchor  int // selection: both -1 for none
	rowH, cell    float32
	focused       bool
	shift         bool
	dragBar       bool
	grab          float32
	hover         int
	objs          []fyne.CanvasObject
	rows          []*logRow
	heads         []*canvas.Text
	headBack, bar *canvas.Rectangle
	ring          *canvas.Rectangle
}

type logRow struct {
	back  *canvas.Rectangle
	marks []*canvas.Rectangle
	cells []*canvas.Text
}

const marksPerRow = 6

// NewLogView makes a log view of columns.
func NewLogView(columns []LogColumn, length func() int, row func(i int) []LogCell) *LogView {
	l := &LogView{Columns: columns, Len: length, Row: row, lead: -1, anchor: -1, hover: -1}
	s := fyne.MeasureText("M", monoSize, mono)
	l.rowH, l.cell = float32(math.Ceil(float64(s.Height)))+3, s.Width
	l.headBack = canvas.NewRectangle(color.Transparent)
	l.bar = canvas.NewRectangle(color.Transparent)
	l.bar.CornerRadius = 3
	l.ring = canvas.NewRectangle(color.Transparent)
	l.ring.StrokeWidth = 1
	l.ExtendBaseWidget(l)
	return l
}

// CreateRenderer implements fyne.Widget.
func (l *LogView) CreateRenderer() fyne.WidgetRenderer { return &logRenderer{l} }

type logRenderer struct{ l *LogView }

func (r *logRenderer) Destroy()                     {}
func (r *logRenderer) MinSize() fyne.Size           { return fyne.NewSize(160, 4*r.l.rowH) }
func (r *logRenderer) Objects() []fyne.CanvasObject { return r.l.objs }
func (r *logRenderer) Layout(fyne.Size)             { r.l.fill() }
func (r *logRenderer) Refresh()                     { r.l.fill(); canvas.Refresh(r.l) }

func (l *LogView) headH() float32 {
	for _, c := range l.Columns {
		if c.Title != "" {
			return l.rowH + 6
		}
	}
	return 0
}

// Fit returns the number of whole rows that can be seen.
func (l *LogView) Fit() int { return max(1, int((l.Size().Height-l.headH())/l.rowH)) }

// Top returns the row at the top.
func (l *LogView) Top() int { return l.top }

func (l *LogView) clamp() {
	l.top = max(0, min(l.top, l.Len()-l.Fit()))
	if n := l.Len(); l.lead >= n || l.anchor >= n {
		l.lead, l.anchor = min(l.lead, n-1), min(l.anchor, n-1)
	}
}

func (l *LogView) grow(need int) {
	if len(l.heads) != len(l.Columns) {
		l.heads = nil
		for _, c := range l.Columns {
			t := Text(c.Title, smallSize, ColorMuted, fyne.TextStyle{Bold: true})
			l.heads = append(l.heads, t)
		}
		l.rows = nil
	}
	for len(l.rows) < need {
		r := &logRow{back: canvas.NewRectangle(color.Transparent)}
		for range marksPerRow {
			m := canvas.NewRectangle(color.Transparent)
			m.CornerRadius = 2
			m.Hide()
			r.marks = append(r.marks, m)
		}
		for range l.Columns {
			t := canvas.NewText("", color.Transparent)
			t.TextStyle, t.TextSize = mono, monoSize
			r.cells = append(r.cells, t)
		}
		l.rows = append(l.rows, r)
		l.objs = nil
	}
	if l.objs == nil {
		for _, r := range l.rows {
			l.objs = append(l.objs, r.back)
			for _, m := range r.marks {
				l.objs = append(l.objs, m)
			}
			for _, t := range r.cells {
				l.objs = append(l.objs, t)
			}
		}
		l.objs = append(l.objs, l.headBack)
		for _, h := range l.heads {
			l.objs = append(l.objs, h)
		}
		l.objs = append(l.objs, l.bar, l.ring)
	}
}

// at returns where column j begins and how wide it is.
func (l *LogView) at(j int) (x, w float32) {
	x = 8
	for _, c := range l.Columns[:j] {
		x += c.Width
	}
	w = l.Columns[j].Width
	if w == 0 || j == len(l.Columns)-1 {
		w = l.Size().Width - x - 14
	}
	return x, w
}

func (l *LogView) fill() {
	if l.Len == nil || l.Size().Height <= 0 {
		return
	}
	l.clamp()
	size, head := l.Size(), l.headH()
	need := int((size.Height-head)/l.rowH) + 1
	l.grow(need)
	l.headBack.FillColor = col(theme.ColorNameHeaderBackground)
	l.headBack.Resize(fyne.NewSize(size.Width, head))
	for j, h := range l.heads {
		x, w := l.at(j)
		h.Text, h.Color = fit(l.Columns[j].Title, w-6, smallSize, h.TextStyle), col(ColorMuted)
		h.Move(fyne.NewPos(x, 4))
		h.Resize(fyne.NewSize(w, l.rowH))
	}
	n := l.Len()
	for i, r := range l.rows {
		at, y := l.top+i, head+float32(i)*l.rowH
		if i >= need || at >= n || y+l.rowH > size.Height+1 {
			r.hide()
			continue
		}
		l.show(r, at, y)
	}
	l.scrollBar(n)
	l.ring.Hide()
	if l.focused {
		l.ring.StrokeColor = col(theme.ColorNameFocus)
		l.ring.Resize(size)
		l.ring.Show()
	}
}

func (r *logRow) hide() {
	r.back.Hide()
	for _, m := range r.marks {
		m.Hide()
	}
	for _, t := range r.cells {
		t.Hide()
	}
}

func (l *LogView) show(r *logRow, at int, y float32) {
	r.back.FillColor = color.Transparent
	if lo, hi := l.Selection(); lo >= 0 && at >= lo && at <= hi {
		r.back.FillColor = col(theme.ColorNameSelection)
	} else if at == l.hover {
		r.back.FillColor = col(ColorStripe)
	}
	r.back.Move(fyne.NewPos(0, y))
	r.back.Resize(fyne.NewSize(l.Size().Width, l.rowH))
	r.back.Show()
	cells := l.Row(at)
	for j, t := range r.cells {
		if j >= len(cells) {
			t.Hide()
			continue
		}
		x, w := l.at(j)
		s := Clean(cells[j].Text)
		if j < len(l.Columns)-1 {
			w -= l.cell
		}
		s = fit(s, w, monoSize, mono)
		if c := col(cells[j].Color); t.Text != s || t.Color != c {
			t.Text, t.Color = s, c
			t.Refresh()
		}
		t.Move(fyne.NewPos(x, y+1))
		t.Resize(fyne.NewSize(w, l.rowH))
		t.Show()
		if j == len(l.Columns)-1 {
			l.mark(r, s, x, y)
		}
	}
}

func (l *LogView) mark(r *logRow, s string, x, y float32) {
	var spans [][2]int
	if l.Match != nil {
		spans = l.Match(s)
	}
	for i, m := range r.marks {
		if i >= len(spans) {
			m.Hide()
			continue
		}
		m.FillColor = col(ColorMark)
		m.Move(fyne.NewPos(x+float32(spans[i][0])*l.cell-1, y+1))
		m.Resize(fyne.NewSize(float32(spans[i][1]-spans[i][0])*l.cell+2, l.rowH-2))
		m.Show()
	}
}

func (l *LogView) scrollBar(n int) {
	fit, head := l.Fit(), l.headH()
	if n <= fit {
		l.bar.Hide()
		return
	}
	room := l.Size().Height - head
	h := max(28, room*float32(fit)/float32(n))
	f := float64(l.top) / float64(n-fit)
	l.bar.FillColor = col(theme.ColorNameScrollBar)
	l.bar.Move(fyne.NewPos(l.Size().Width-9, head+float32(f*float64(room-h))))
	l.bar.Resize(fyne.NewSize(7, h))
	l.bar.Show()
}

// ScrollTo puts row i at the top, or as near to it as there are rows.
func (l *LogView) ScrollTo(i int) {
	l.top = i
	l.moved()
}

// Select selects row i and brings it into view.
func (l *LogView) Select(i int) {
	l.lead, l.anchor = i, i
	if i >= 0 && (i < l.top || i >= l.top+l.Fit()) {
		l.top = i - l.Fit()/2
	}
	l.moved()
}

// Reset goes to the top without a selection.
func (l *LogView) Reset() {
	l.top, l.lead, l.anchor, l.hover = 0, -1, -1, -1
	l.Refresh()
}

func (l *LogView) moved() {
	l.clamp()
	if l.OnScroll != nil {
		l.OnScroll(l.top)
	}
	l.Refresh()
}

// Selection returns the first and last selected row, -1 for none.
func (l *LogView) Selection() (from, to int) {
	return min(l.lead, l.anchor), max(l.lead, l.anchor)
}

// maxCopy bounds the rows that go to the clipboard at once.
const maxCopy = 100_000

// Selected returns the text of the selected rows, cells separated by tabs.
func (l *LogView) Selected() string {
	from, to := l.Selection()
	if from < 0 {
		return ""
	}
	read := l.Read
	if read == nil {
		read = l.Row
	}
	var b strings.Builder
	for i := from; i <= to && i-from < maxCopy; i++ {
		for j, c := range read(i) {
			if j > 0 {
				b.WriteByte('\t')
			}
			b.WriteString(c.Text)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Scrolled implements fyne.Scrollable; whole rows keep the text crisp.
func (l *LogView) Scrolled(e *fyne.ScrollEvent) {
	l.top += wheelRows(e.Scrolled.DY, l.rowH)
	l.moved()
}

// TypedKey implements fyne.Focusable.
func (l *LogView) TypedKey(e *fyne.KeyEvent) {
	steer(l, e, rows{lead: l.lead, top: l.top, fit: l.Fit(), n: l.Len()}, l.move, l.OnOpen)
}

// move goes to row i and selects it, or extends the selection with Shift.
func (l *LogView) move(i int) {
	if l.Len() == 0 {
		return
	}
	i = min(max(0, i), l.Len()-1)
	l.lead = i
	if !l.shift || l.anchor < 0 {
		l.anchor = i
	}
	if i < l.top {
		l.top = i
	}
	if i >= l.top+l.Fit() {
		l.top = i - l.Fit() + 1
	}
	if l.OnSelect != nil {
		l.OnSelect(i)
	}
	l.moved()
}

// TypedRune implements fyne.Focusable.
func (l *LogView) TypedRune(rune) {}

// FocusGained implements fyne.Focusable.
func (l *LogView) FocusGained() { l.focused = true; l.Refresh() }

// FocusLost implements fyne.Focusable.
func (l *LogView) FocusLost() { l.focused, l.shift = false, false; l.Refresh() }

// KeyDown implements desktop.Keyable.
func (l *LogView) KeyDown(e *fyne.KeyEvent) {
	if e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight {
		l.shift = true
	}
}

// KeyUp implements desktop.Keyable.
func (l *LogView) KeyUp(e *fyne.KeyEvent) {
	if e.Name == desktop.KeyShiftLeft || e.Name == desktop.KeyShiftRight {
		l.shift = false
	}
}

// TypedShortcut implements fyne.Shortcutable: copy, and select all.
func (l *LogView) TypedShortcut(s fyne.Shortcut) {
	switch s.(type) {
	case *fyne.ShortcutCopy:
		fyne.CurrentApp().Clipboard().SetContent(l.Selected())
	case *fyne.ShortcutSelectAll:
		l.anchor, l.lead = 0, l.Len()-1
		l.Refresh()
	}
}

// rowAt returns the row at height y; it can lie behind the last one.
func (l *LogView) rowAt(y float32) int {
	return l.top + int(math.Floor(float64((y-l.headH())/l.rowH)))
}

// MouseDown implements desktop.Mouseable.
func (l *LogView) MouseDown(e *desktop.MouseEvent) {
	focus(l)
	if e.Position.X > l.Size().Width-14 && l.bar.Visible() {
		l.dragBar = true
		top, h := l.bar.Position().Y, l.bar.Size().Height
		l.grab = e.Position.Y - top
		if l.grab < 0 || l.grab > h {
			l.grab = h / 2
			l.drag(e.Position.Y)
		}
		return
	}
	i := l.rowAt(e.Position.Y)
	if i < 0 || i >= l.Len() || e.Position.Y < l.headH() {
		return
	}
	l.shift = e.Modifier&fyne.KeyModifierShift != 0
	if e.Button == desktop.MouseButtonSecondary {
		if lo, hi := l.Selection(); i < lo || i > hi {
			l.move(i)
		}
		if l.OnMenu != nil {
			l.OnMenu(i, e.AbsolutePosition)
		}
		return
	}
	again := i == l.lead && l.lead == l.anchor && !l.shift
	l.move(i)
	l.shift = false
	if again && l.OnOpen != nil {
		l.OnOpen(i)
	}
}

// MouseUp implements desktop.Mouseable.
func (l *LogView) MouseUp(*desktop.MouseEvent) { l.dragBar = false }

func (l *LogView) drag(y float32) {
	head := l.headH()
	room := float64(l.Size().Height - head - l.bar.Size().Height)
	f := math.Min(1, math.Max(0, float64(y-l.grab-head)/math.Max(1, room)))
	l.top = int(math.Round(f * float64(max(0, l.Len()-l.Fit()))))
	l.moved()
}

// Dragged implements fyne.Draggable: the bar, or a selection of rows.
func (l *LogView) Dragged(e *fyne.DragEvent) {
	if l.dragBar {
		l.drag(e.Position.Y)
		return
	}
	if l.anchor < 0 {
		return
	}
	i := min(max(0, l.rowAt(e.Position.Y)), l.Len()-1)
	l.lead = i
	if i < l.top {
		l.top = i
	}
	if i >= l.top+l.Fit() {
		l.top = i - l.Fit() + 1
	}
	l.moved()
}

// DragEnd implements fyne.Draggable.
func (l *LogView) DragEnd() { l.dragBar = false }

// MouseIn implements desktop.Hoverable.
func (l *LogView) MouseIn(e *desktop.MouseEvent) { l.MouseMoved(e) }

// MouseMoved implements desktop.Hoverable.
func (l *LogView) MouseMoved(e *desktop.MouseEvent) {
	i := l.rowAt(e.Position.Y)
	if e.Position.Y < l.headH() || i >= l.Len() {
		i = -1
	}
	if i != l.hover {
		l.hover = i
		l.Refresh()
	}
}

// MouseOut implements desktop.Hoverable.
func (l *LogView) MouseOut() {
	if l.hover >= 0 {
		l.hover = -1
		l.Refresh()
	}
}
