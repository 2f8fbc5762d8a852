package widget_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"faultline/analysis"
	"faultline/analysis/chart"
	"faultline/app/widget"
)

// app starts a test program with Faultline's theme.
func app(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(&widget.Theme{Mode: widget.ModeDark})
}

// show puts o in a window.
func show(t *testing.T, o fyne.CanvasObject, w, h float32) fyne.Window {
	t.Helper()
	win := fyne.CurrentApp().NewWindow("test")
	win.SetPadded(false)
	win.SetContent(o)
	win.Resize(fyne.NewSize(w, h))
	win.Canvas().Capture() // paints, so that charts are drawn
	return win
}

// texts returns what can be read on o.
func texts(o fyne.CanvasObject) []string {
	var out []string
	for _, x := range test.LaidOutObjects(o) {
		if t, ok := x.(*canvas.Text); ok && t.Visible() && t.Text != "" {
			out = append(out, t.Text)
		}
	}
	return out
}

func has(o fyne.CanvasObject, want string) bool {
	for _, s := range texts(o) {
		if strings.Contains(s, want) {
			return true
		}
	}
	return false
}

func at(x, y float32) *desktop.MouseEvent {
	return &desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}, Button: desktop.MouseButtonPrimary}
}

func million() *widget.LogView {
	return widget.NewLogView([]widget.LogColumn{{Title: "Time", Width: 100}, {Title: "Record"}}, func() int { return 1_000_000 },
		func(i int) []widget.LogCell {
			return []widget.LogCell{{Text: "12:00", Color: widget.ColorMuted}, {Text: fmt.Sprintf("record number %d", i), Color: theme.ColorNameForeground}}
		})
}

func TestLogViewIsExactAtTheLastRow(t *testing.T) {
	app(t)
	l := million()
	show(t, l, 600, 400)
	l.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	if !has(l, "record number 999999") {
		t.Fatalf("the last row is not shown: %v", texts(l))
	}
	if want := 1_000_000 - l.Fit(); l.Top() != want {
		t.Errorf("Top() = %d, want %d", l.Top(), want)
	}
	if from, to := l.Selection(); from != 999_999 || to != 999_999 {
		t.Errorf("selected %d..%d, want the last row", from, to)
	}
	// A click on a row selects that row, there too.
	opened := -1
	l.OnOpen = func(i int) { opened = i }
	rowH := (l.Size().Height - 30) / float32(l.Fit())
	l.MouseDown(at(50, l.Size().Height-rowH*2.5))
	from, _ := l.Selection()
	if from < 999_995 || from > 999_998 {
		t.Errorf("a click near the end selected row %d", from)
	}
	l.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	if up, _ := l.Selection(); up != from-1 {
		t.Errorf("Up went from %d to %d", from, up)
	}
	l.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if opened != from-1 {
		t.Errorf("Enter opened %d, want %d", opened, from-1)
	}
}

func TestLogViewScrolls(t *testing.T) {
	app(t)
	l := million()
	show(t, l, 600, 400)
	l.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -60)})
	if l.Top() < 2 || l.Top() > 5 {
		t.Errorf("Top() after a wheel tick = %d", l.Top())
	}
	l.ScrollTo(500_000)
	if !has(l, "record number 500000") {
		t.Errorf("row 500000 is not shown: %v", texts(l))
	}
	// Dragging the bar to the bottom shows the last row.
	l.ScrollTo(0)
	l.MouseDown(at(l.Size().Width-4, 34))
	l.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(l.Size().Width-4, 900)}})
	l.DragEnd()
	if !has(l, "record number 999999") {
		t.Errorf("the bar at its end shows %v", texts(l))
	}
}

func TestLogViewCopies(t *testing.T) {
	app(t)
	l := million()
	show(t, l, 600, 400)
	l.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	l.KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	l.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	l.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	l.KeyUp(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	l.TypedShortcut(&fyne.ShortcutCopy{})
	want := "12:00\trecord number 0\n12:00\trecord number 1\n12:00\trecord number 2\n"
	if got := fyne.CurrentApp().Clipboard().Content(); got != want {
		t.Errorf("copied %q, want %q", got, want)
	}
}

func TestLogViewOfFewAndNoRows(t *testing.T) {
	app(t)
	n := 3
	l := widget.NewLogView([]widget.LogColumn{{Title: "Record"}}, func() int { return n }, func(i int) []widget.LogCell {
		return []widget.LogCell{{Text: fmt.Sprintf("row %d", i), Color: theme.ColorNameForeground}}
	})
	show(t, l, 300, 200)
	l.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	n = 1 // the filter narrowed
	l.Refresh()
	if from, to := l.Selection(); from != 0 || to != 0 {
		t.Errorf("selection is %d..%d of one row", from, to)
	}
	n = 0
	l.Refresh()
	for _, k := range []fyne.KeyName{fyne.KeyDown, fyne.KeyEnd, fyne.KeyPageUp, fyne.KeyReturn} {
		l.TypedKey(&fyne.KeyEvent{Name: k})
	}
	l.MouseDown(at(20, 100))
	if l.Selected() != "" || has(l, "row") {
		t.Errorf("an empty view shows %v", texts(l))
	}
}

func histogram() analysis.Histogram {
	h := analysis.Histogram{From: time.Date(2022, 12, 1, 0, 0, 0, 0, time.UTC), Width: time.Hour, Series: []analysis.Series{{Name: "error", Counts: make([]int64, 48)}}}
	for i := range h.Series[0].Counts {
		h.Series[0].Counts[i] = int64(i%7 + 1)
	}
	return h
}

func TestChartViewBrushesClicksAndTells(t *testing.T) {
	app(t)
	h := histogram()
	v := widget.NewChartView(fyne.NewSize(200, 80), func(w, ht int, st chart.Style) (*chart.Surface, error) {
		return chart.Histogram{Data: h, Style: st}.Draw(w, ht)
	})
	var from, to time.Time
	tapped := -1
	v.OnBrush = func(a, b time.Time) { from, to = a, b }
	v.OnTap = func(hit chart.Hit) { tapped = hit.Col }
	v.Tip = func(hit chart.Hit) []string {
		return []string{"bucket", fmt.Sprintf("%d records", h.Series[0].Counts[hit.Col])}
	}
	show(t, v, 600, 200)
	s := v.Surface()
	if s == nil {
		t.Fatal("the chart was not drawn")
	}
	x := func(hour int) float32 {
		return float32(s.PixelOf(h.From.Add(time.Duration(hour)*time.Hour))) * v.Size().Width / float32(s.Image.Bounds().Dx())
	}
	v.MouseDown(at(x(12), 50))
	v.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x(24), 60)}})
	v.DragEnd()
	if d := from.Sub(h.From.Add(12 * time.Hour)).Abs(); d > 20*time.Minute {
		t.Errorf("brushed from %v", from)
	}
	if d := to.Sub(h.From.Add(24 * time.Hour)).Abs(); d > 20*time.Minute {
		t.Errorf("brushed to %v", to)
	}
	v.Tapped(&fyne.PointEvent{Position: fyne.NewPos((x(30)+x(31))/2, 100)})
	if tapped != 30 {
		t.Errorf("tapped bucket %d, want 30", tapped)
	}
	v.MouseMoved(at((x(5)+x(6))/2, 100))
	if !has(v, "6 records") {
		t.Errorf("the tip says %v", texts(v))
	}
	v.MouseOut()
	if has(v, "6 records") {
		t.Error("the tip stays")
	}
	// A click without a move is no brush.
	from = time.Time{}
	v.MouseDown(at(x(12), 50))
	v.DragEnd()
	if !from.IsZero() {
		t.Error("a click brushed")
	}
}

func TestChartIsDrawnAtExactPixels(t *testing.T) {
	app(t)
	calls := 0
	v := widget.NewChartView(fyne.NewSize(100, 50), func(w, h int, st chart.Style) (*chart.Surface, error) {
		calls++
		return chart.Histogram{Data: histogram(), Style: st}.Draw(w, h)
	})
	win := show(t, v, 500, 150)
	if b := v.Surface().Image.Bounds(); b.Dx() != 500 || b.Dy() != 150 {
		t.Errorf("drawn at %v, want 500x150", b)
	}
	before := calls
	v.Tip = func(chart.Hit) []string { return []string{"x"} }
	v.MouseMoved(at(250, 70))
	win.Canvas().Capture()
	if calls != before {
		t.Error("hovering drew the chart again")
	}
}

func TestTable(t *testing.T) {
	app(t)
	const n = 1_000_000
	opened, sorted, down := -1, -1, false
	tb := widget.NewTable([]widget.Column{
		{Title: "Name", Width: 200, Sort: true},
		{Title: "Count", Width: 80, Align: fyne.TextAlignTrailing, Sort: true},
		{Title: "Share", Width: 100, Kind: widget.CellBar},
		{Title: "Trend", Width: 90, Kind: widget.CellSpark},
		{Title: "State", Width: 80, Kind: widget.CellTag},
		{Title: "Runs", Width: 80, Kind: widget.CellDots},
	}, func() int { return n }, func(r, c int) widget.Cell {
		switch c {
		case 0:
			return widget.Cell{Text: fmt.Sprintf("row %d", r)}
		case 3:
			return widget.Cell{Counts: []int64{1, 2, 3}}
		case 5:
			return widget.Cell{Kinds: []string{"success", "failure"}}
		}
		return widget.Cell{Text: fmt.Sprint(c), Value: 0.5}
	})
	tb.OnOpen = func(i int) { opened = i }
	tb.OnSort = func(c int, d bool) { sorted, down = c, d }
	show(t, tb, 700, 300)
	tb.MouseDown(at(250, 8)) // the title of Count
	if sorted != 1 || !down {
		t.Errorf("sorted by %d down %v, want the count from the largest", sorted, down)
	}
	tb.MouseDown(at(30, 26+24*2+4))
	if opened != 2 {
		t.Errorf("a click opened row %d, want 2", opened)
	}
	tb.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
	if !has(tb, "row 999999") {
		t.Errorf("End shows %v", texts(tb))
	}
	tb.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	tb.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if opened != n-2 {
		t.Errorf("Enter opened row %d, want %d", opened, n-2)
	}
}

// TestTableLeavesColumnsOutRatherThanCuttingNumbers shows a table in windows
// of several widths: what is shown of a number is the whole number.
func TestTableLeavesColumnsOutRatherThanCuttingNumbers(t *testing.T) {
	app(t)
	tb := widget.NewTable([]widget.Column{
		{Title: "Path", Width: 230, Grow: 1, Kind: widget.CellMono},
		{Title: "Records", Width: 76, Align: fyne.TextAlignTrailing},
		{Title: "Indexed", Width: 100, Align: fyne.TextAlignTrailing, Drop: 2},
		{Title: "Bytes", Width: 70, Align: fyne.TextAlignTrailing, Drop: 1},
		{Title: "State", Width: 70, Kind: widget.CellTag, Hide: true},
	}, func() int { return 1 }, func(_, c int) widget.Cell {
		return widget.Cell{Text: []string{"a/path/of/some/length.log", "1,048,576", "99.9 %", "863 kB", "failing"}[c]}
	})
	show(t, tb, 900, 200)
	for _, tt := range []struct {
		width     float32
		want, not []string
	}{
		{900, []string{"1,048,576", "99.9 %", "863 kB", "Bytes"}, []string{"failing", "State"}},
		{440, []string{"1,048,576", "99.9 %", "Indexed"}, []string{"863 kB", "Bytes"}},
		{340, []string{"1,048,576", "a/path/of/some/length.log"}, []string{"863 kB", "99.9 %", "Indexed"}},
		{240, []string{"1,048,576"}, []string{"863 kB", "99.9 %"}},
		{900, []string{"1,048,576", "99.9 %", "863 kB", "Bytes"}, []string{"failing", "State"}},
	} {
		tb.Resize(fyne.NewSize(tt.width, 200))
		for _, w := range tt.want {
			if !has(tb, w) {
				t.Errorf("at %v wide %q is not to be read: %v", tt.width, w, texts(tb))
			}
		}
		for _, w := range tt.not {
			if has(tb, w) {
				t.Errorf("at %v wide %q is shown: %v", tt.width, w, texts(tb))
			}
		}
	}
}

func TestTileShrinksItsNumber(t *testing.T) {
	app(t)
	tile := widget.Tile("Failure episodes", "713 in 60 minutes", "", "", nil)
	show(t, tile, 400, 90)
	for _, w := range []float32{400, 160, 400} {
		tile.Resize(fyne.NewSize(w, 90))
		if !has(tile, "713 in 60 minutes") {
			t.Errorf("at %v wide it reads %v", w, texts(tile))
		}
	}
}

func TestFacetsReportTheirValues(t *testing.T) {
	app(t)
	got := ""
	o := widget.Facets([]analysis.Facet{
		{Field: "severity", Values: []analysis.ValueCount{{Value: "info", Count: 900}, {Value: "error", Count: 3}}},
		{Field: "pod", Values: []analysis.ValueCount{{Value: "", Count: 7}, {Value: "web-0", Count: 5}}, Other: 4},
		{Field: "host", Values: []analysis.ValueCount{{Value: "", Count: 12}}},
	}, nil, func(f, v string) { got = f + "=" + v })
	show(t, o, 220, 400)
	list := strings.Join(texts(o), "|")
	if want := "Severity|error|3|info|900|Pod|web-0|5|(none)|7|others|4"; list != want {
		t.Errorf("facets read\n%s, want\n%s", list, want)
	}
	for _, x := range test.LaidOutObjects(o) {
		if tap, ok := x.(*widget.Tap); ok && has(tap, "web-0") {
			test.Tap(tap)
		}
	}
	if got != "pod=web-0" {
		t.Errorf("tapped %q", got)
	}
}

func TestToastsComeAndGo(t *testing.T) {
	app(t)
	l := widget.NewToasts()
	show(t, l.Layer(), 500, 300)
	dismiss := l.Show("Import stopped", "The disk is full. Free some space and drop the bundle again.", true)
	if l.Len() != 1 || !has(l.Layer(), "Import stopped") {
		t.Errorf("shown: %v", texts(l.Layer()))
	}
	dismiss()
	if l.Len() != 0 {
		t.Error("it stays")
	}
}

func TestThemeHasBothLooks(t *testing.T) {
	a := test.NewTempApp(t)
	for _, n := range []fyne.ThemeColorName{theme.ColorNameBackground, theme.ColorNameForeground, widget.ColorPanel, widget.ColorMuted} {
		d := (&widget.Theme{Mode: widget.ModeDark}).Color(n, theme.VariantLight)
		l := (&widget.Theme{Mode: widget.ModeLight}).Color(n, theme.VariantDark)
		if d == l {
			t.Errorf("%s is the same in both looks", n)
		}
	}
	a.Settings().SetTheme(&widget.Theme{Mode: widget.ModeLight})
	light := widget.ChartStyle(1).Palette.Back
	a.Settings().SetTheme(&widget.Theme{Mode: widget.ModeDark})
	if widget.ChartStyle(1).Palette.Back == light {
		t.Error("charts do not follow the theme")
	}
}

func TestWords(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse("2006-01-02 15:04:05", s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, tt := range []struct{ got, want string }{
		{widget.Count(1204331), "1,204,331"},
		{widget.Count(-999), "-999"},
		{widget.Plural(1, "record"), "1 record"},
		{widget.Plural(2000, "record"), "2,000 records"},
		{widget.Bytes(999), "999 B"},
		{widget.Bytes(1_400_000), "1.4 MB"},
		{widget.Bytes(412_000_000), "412 MB"},
		{widget.Duration(0), "0 s"},
		{widget.Duration(35 * time.Second), "35 s"},
		{widget.Duration(80 * time.Second), "1 m 20 s"},
		{widget.Duration(89 * 24 * time.Hour), "89 d"},
		{widget.Range(time.Time{}, time.Time{}, time.UTC), "no times"},
		{widget.Range(at("2022-12-21 09:42:35"), at("2022-12-21 09:43:10"), time.UTC), "21 Dec 2022 09:42:35 – 09:43:10"},
		{widget.Range(at("2022-12-21 09:42:35"), at("2022-12-21 16:43:10"), time.UTC), "21 Dec 2022 09:42 – 16:43"},
		{widget.Range(at("2022-11-20 02:00:00"), at("2022-12-21 16:43:10"), time.UTC), "20 Nov – 21 Dec 2022"},
		{widget.Range(at("2021-11-20 02:00:00"), at("2022-12-21 16:43:10"), time.UTC), "20 Nov 2021 – 21 Dec 2022"},
		{widget.Clean("a\tb\x1b[31m\xff\u202ec"), "a b\u241b[31m\ufffd\ufffdc"},
		{widget.CleanLines("a\r\n\tb"), "a\n    b"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
