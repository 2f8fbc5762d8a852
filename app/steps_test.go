package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"faultline/analysis"
	"faultline/app/screen"
	"faultline/app/widget"
	"faultline/index"
)

// stepped is the window over a log whose every tenth line is a hit.
func stepped(t *testing.T) *program {
	t.Helper()
	var b strings.Builder
	begin := time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)
	for i := range 100 {
		what := "request served"
		if i%10 == 5 {
			what = "connection refused"
		}
		fmt.Fprintf(&b, "%s INFO worker %s\n", begin.Add(time.Duration(i)*time.Minute).Format(time.RFC3339), what)
	}
	p := start(t)
	p.Open([]string{write(t, "app.log", b.String())})
	p.settle()
	if p.Session() == nil {
		t.Fatalf("nothing was opened: %v", p.trace)
	}
	return p
}

// row returns the selected row of Explore.
func (p *program) row() int {
	p.t.Helper()
	at, _ := find[*widget.LogView](p, 0).Selection()
	return at
}

func (p *program) key(k fyne.KeyName) {
	p.t.Helper()
	p.Window().Canvas().OnTypedKey()(&fyne.KeyEvent{Name: k})
	p.settle()
}

func TestStepsFromHitToHit(t *testing.T) {
	p := stepped(t)
	p.ask("refused")
	p.key(fyne.KeyF3) // to Explore, where every record is a hit
	if p.place() != "explore" || p.row() != 0 {
		t.Fatalf("F3 went to row %d of %s, want the first hit", p.row(), p.place())
	}
	p.key(fyne.KeyF3)
	if p.row() != 1 {
		t.Errorf("F3 went to row %d, want 1", p.row())
	}
	// Among the neighbours, the next hit is ten lines away.
	var o analysis.Origin
	hits, err := p.Session().Case.Rows(t.Context(), p.Session().Filter())
	if err != nil {
		t.Fatal(err)
	}
	if list, err := hits.Hits(t.Context(), 1, 1); err != nil || len(list) != 1 {
		t.Fatal(err)
	} else {
		o = list[0].Origin
	}
	p.Session().ShowOrigin(o)
	p.settle()
	for _, x := range []struct {
		item string
		want int
	}{{"Next hit (F3)", 25}, {"Next hit (F3)", 35}, {"Previous hit (Shift+F3)", 25}, {"Previous hit (Shift+F3)", 15}, {"Previous hit (Shift+F3)", 5}, {"Previous hit (Shift+F3)", 5}} {
		p.press("Go", x.item)
		if p.row() != x.want {
			t.Errorf("%s went to row %d, want %d", x.item, p.row(), x.want)
		}
	}
	p.reads("No hit before this")
	v := find[*widget.LogView](p, 0)
	v.Select(42) // no hit itself
	p.press("Go", "Next hit (F3)")
	if p.row() != 45 {
		t.Errorf("from row 42 the next hit is row %d, want 45", p.row())
	}
}

// brush drags over a chart, from and to being parts of its width.
func brush(v *widget.ChartView, from, to float32, m fyne.KeyModifier) {
	s := v.Surface()
	k := v.Size().Width / float32(s.Image.Bounds().Dx())
	at := func(f float32) fyne.PointEvent {
		return fyne.PointEvent{Position: fyne.NewPos((float32(s.Plot.Min.X)+f*float32(s.Plot.Dx()))*k, 40)}
	}
	v.MouseDown(&desktop.MouseEvent{PointEvent: at(from), Modifier: m})
	v.Dragged(&fyne.DragEvent{PointEvent: at((from + to) / 2)})
	v.Dragged(&fyne.DragEvent{PointEvent: at(to)})
	v.DragEnd()
}

func TestTheTimelineIsNarrowedWidenedAndZoomedOut(t *testing.T) {
	p := stepped(t)
	p.goTo("Explore")
	chart := func() *widget.ChartView { t.Helper(); return find[*widget.ChartView](p, 0) }
	brush(chart(), 0.4, 0.6, 0)
	p.settle()
	f := p.Session().Filter()
	width := f.To.Sub(f.From)
	if f.From.IsZero() || width < 10*time.Minute || width > 30*time.Minute {
		t.Fatalf("the brush made %v - %v", f.From, f.To)
	}
	brush(chart(), 0.2, 0.7, fyne.KeyModifierShift) // half of what is shown, to the right
	p.settle()
	g := p.Session().Filter()
	if d := g.To.Sub(f.To); !g.From.Equal(f.From) || d < width/3 || d > width {
		t.Errorf("with Shift to the right: %v - %v became %v - %v", f.From, f.To, g.From, g.To)
	}
	brush(chart(), 0.7, 0.2, fyne.KeyModifierShift) // and to the left
	p.settle()
	h := p.Session().Filter()
	if !h.To.Equal(g.To) || !h.From.Before(f.From) {
		t.Errorf("with Shift to the left: %v - %v became %v - %v", g.From, g.To, h.From, h.To)
	}
	chart().DoubleTapped(&fyne.PointEvent{})
	p.settle()
	if screen.Key(p.Session().Filter()) != screen.Key(analysis.Filter{}) {
		t.Errorf("a double click left the filter %s", screen.Key(p.Session().Filter()))
	}
	if n := find[*widget.LogView](p, 0).Len(); n != 100 {
		t.Errorf("%d records are listed, want all 100", n)
	}
}

// What no record holds as it was typed is offered by what it resembles.
func TestOffersWhatResembles(t *testing.T) {
	p := stepped(t)
	p.ask("ECONNREFUSED")
	p.goTo("Explore")
	p.reads("No records pass the filter", "What resembles it")
	tapText(p, "pattern   worker connection refused")
	if p.place() != "patterns" {
		t.Errorf("the match leads to %s, want the pattern", p.place())
	}
}

// TestRowsOfAnyPageAreRead goes to the last of many records: its page is read
// aside, then its row and the record are shown.
func TestRowsOfAnyPageAreRead(t *testing.T) {
	p := sample(t)
	p.goTo("Explore")
	v := find[*widget.LogView](p, 0)
	n := v.Len()
	rows, err := p.Session().Case.Rows(t.Context(), analysis.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if rows.Len() != n {
		t.Fatalf("%d rows are listed, want %d", n, rows.Len())
	}
	first, err := rows.Hits(t.Context(), 0, 128)
	if err != nil {
		t.Fatal(err)
	}
	early, err := p.Session().Case.Search(t.Context(), analysis.Filter{}, index.SearchOptions{Limit: 128})
	if err != nil {
		t.Fatal(err)
	}
	for i := range first { // what is shown first stays where it is
		if i >= len(early) || early[i].Origin != first[i].Origin {
			t.Fatalf("row %d of the first records is not that of the whole list", i)
		}
	}
	for _, i := range []int{n - 1, n / 2, 0} {
		want, err := rows.Hits(t.Context(), i, 1)
		if err != nil || len(want) != 1 {
			t.Fatalf("row %d: %v", i, err)
		}
		v.Select(i)
		v.OnSelect(i)
		p.settle()
		p.reads(fmt.Sprintf("record %s of %s", widget.Count(int64(i+1)), widget.Count(int64(n))))
		if row := v.Row(i); len(row) != 4 || row[3].Text == "" {
			t.Errorf("row %d is shown as %v", i, row)
		}
		if last := p.trace[len(p.trace)-1]; last != "record "+want[0].Origin.String() {
			t.Errorf("row %d shows %q, want %s", i, last, want[0].Origin)
		}
	}
}

func TestEscapeClosesADialogBeforeItClearsTheFilter(t *testing.T) {
	p := stepped(t)
	p.ask("refused")
	p.press("Help", "Keys and the query language")
	if p.Window().Canvas().Overlays().Top() == nil {
		t.Fatal("no dialog opened")
	}
	p.key(fyne.KeyEscape)
	if p.Window().Canvas().Overlays().Top() != nil {
		t.Error("Escape leaves the dialog open")
	}
	if q := p.Session().Filter().Query; q != "refused" {
		t.Errorf("Escape left the query %q behind the dialog", q)
	}
	p.key(fyne.KeyEscape)
	if q := p.Session().Filter().Query; q != "" {
		t.Errorf("a second Escape left the query %q", q)
	}
}
