package screen

import (
	"errors"
	"fmt"
	"image/color"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"faultline/analysis"
	"faultline/analysis/chart"
	"faultline/app/widget"
	"faultline/index"
)

// View is a page on the screen.
type View interface {
	Object() fyne.CanvasObject
	Show(p Place) // brings the page up to date with where the user is
}

// Stepper is a view that goes from hit to hit.
type Stepper interface {
	Step(by int) // 1 to the next, -1 to the previous
}

// New makes the view of a page.
func New(p Page, s *Session) View {
	switch p {
	case PagePatterns:
		return newPatterns(s)
	case PageExplore:
		return newExplore(s)
	case PageRuns:
		return newRuns(s)
	case PageSources:
		return newSources(s)
	case PageFindings:
		return newFindings(s)
	}
	return newOverview(s)
}

// padded returns a page's content with the usual space around it.
func padded(o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedLayout(8, 8, 10, 10), o)
}

// mistake returns what a page shows instead of an answer: what went wrong and
// what to do.
func mistake(s *Session, err error) fyne.CanvasObject {
	var q *index.QueryError
	if errors.As(err, &q) {
		return widget.Empty("The query cannot be read", fmt.Sprintf("Column %d: %s", q.Column, q.Text),
			container.NewVBox(pointed(q.Query, q.Column), container.NewCenter(widget.Across(8,
				fynewidget.NewButton("Clear the query", func() { s.Narrow(func(f *analysis.Filter) { f.Query = "" }) }),
				fynewidget.NewButton("Back", s.Back)))))
	}
	return widget.Empty("This could not be answered", err.Error()+"\nIf it happens again, check the case with Case › Verify the case.",
		fynewidget.NewButton("Go back", s.Back))
}

// pointed returns a query with a mark below the character at column, from 1.
func pointed(query string, column int) fyne.CanvasObject {
	const before, behind = 40, 30
	r := []rune(widget.Clean(query))
	at := min(max(0, column-1), len(r))
	from, to := max(0, at-before), min(len(r), at+behind)
	line := string(r[from:to])
	if at -= from; from > 0 {
		line, at = "…"+line, at+1
	}
	if to < len(r) {
		line += "…"
	}
	mono := fyne.TextStyle{Monospace: true}
	return container.NewCenter(widget.Down(0, widget.Text(line, 13, theme.ColorNameForeground, mono),
		widget.Text(strings.Repeat(" ", at)+"^", 13, theme.ColorNameError, mono)))
}

// scope says on pages of runs and states that a filter does not narrow them by
// all its conditions; nil when it does. passing is the number of records that
// pass.
func (s *Session) scope(f analysis.Filter, passing int64) fyne.CanvasObject {
	info := s.Case.Info()
	rest := clone(f)
	rest.From, rest.To, rest.Sources = time.Time{}, time.Time{}, nil
	if Key(rest) == Key(analysis.Filter{}) || info.Runs+info.States == 0 {
		return nil
	}
	text := "The filter narrows records. Runs and states answer to its time and sources only."
	if passing == 0 {
		text = "No record passes the filter. What stands here comes of runs and states, which answer to its time and sources only."
	}
	return widget.Notice(text, widget.Link("Clear the filter", s.Clear))
}

// per says what a bar of a histogram counts: "records per 30 m".
func per(h *analysis.Histogram, what string) string {
	if h.Width <= 0 {
		return what
	}
	return what + " per " + widget.Duration(h.Width)
}

// nothing returns what a page shows when the filter lets nothing pass.
func nothing(s *Session, what string) fyne.CanvasObject {
	if Key(s.Filter()) == Key(analysis.Filter{}) {
		return widget.Empty("No "+what+" in this case", "The bundle held none. Sources lists what was read and what was skipped.",
			fynewidget.NewButton("See the sources", func() { s.Go(PageSources, "") }))
	}
	return widget.Empty("No "+what+" pass the filter", fmt.Sprintf("0 of %s records of the case.", widget.Count(s.Case.Info().Records)),
		fynewidget.NewButton("Clear the filter", s.Clear), fynewidget.NewButton("Back", s.Back))
}

// narrowTime narrows the filter to a range of time.
func (s *Session) narrowTime(from, to time.Time) {
	s.Narrow(func(f *analysis.Filter) { f.From, f.To = from.UTC(), to.UTC() })
}

// widenTime makes the range of time longer, at its begin when by is below 0,
// but not longer than the case.
func (s *Session) widenTime(by time.Duration) {
	span := s.Case.Info().Span
	s.Narrow(func(f *analysis.Filter) {
		switch {
		case by < 0 && !f.From.IsZero():
			if f.From = f.From.Add(by); f.From.Before(span.From) {
				f.From = time.Time{}
			}
		case by > 0 && !f.To.IsZero():
			if f.To = f.To.Add(by); f.To.After(span.To) {
				f.To = time.Time{}
			}
		}
	})
}

// anyTime takes the range of time away.
func (s *Session) anyTime() {
	s.Narrow(func(f *analysis.Filter) { f.From, f.To = time.Time{}, time.Time{} })
}

// histogramView returns a chart of *h that is brushed and clicked to narrow
// the time.
func (s *Session) histogramView(least fyne.Size, h *analysis.Histogram, marks func() []chart.Mark, unit string) *widget.ChartView {
	v := widget.NewChartView(least, func(w, ht int, st chart.Style) (*chart.Surface, error) {
		st.Zone = s.Zone
		c := chart.Histogram{Data: *h, Style: st}
		if marks != nil {
			c.Marks = marks()
		}
		return c.Draw(w, ht)
	})
	v.OnBrush, v.OnWiden, v.OnReset = s.narrowTime, s.widenTime, s.anyTime
	v.OnTap = func(hit chart.Hit) { s.narrowTime(chart.Bucket(*h, hit.Col)) }
	v.Tip = func(hit chart.Hit) []string {
		from, to := chart.Bucket(*h, hit.Col)
		lines := []string{widget.Range(from, to, s.Zone)}
		var sum int64
		for _, r := range h.Series {
			if hit.Col < len(r.Counts) {
				sum += r.Counts[hit.Col]
			}
		}
		lines = append(lines, widget.Plural(sum, unit))
		if len(h.Series) > 1 {
			for _, r := range h.Series {
				if hit.Col < len(r.Counts) && r.Counts[hit.Col] > 0 {
					lines = append(lines, fmt.Sprintf("%s  %s", widget.Count(r.Counts[hit.Col]), seriesName(r.Name)))
				}
			}
		}
		if hit.Col < len(h.Covered) && h.Covered[hit.Col] <= 0 {
			lines = append(lines, "no source covers this time")
		}
		return lines
	}
	return v
}

func seriesName(s string) string {
	if s == "none" {
		return "without severity"
	}
	return s
}

// names returns the names of a histogram's series that count anything, most
// severe first.
func names(h analysis.Histogram) []string {
	has := map[string]bool{}
	var rest []string
	for _, r := range h.Series {
		for _, n := range r.Counts {
			if n > 0 && !has[r.Name] {
				has[r.Name] = true
				rest = append(rest, r.Name)
			}
		}
	}
	var out []string
	for _, n := range []string{"fatal", "error", "warn", "info", "debug", "trace", "none"} {
		if has[n] {
			out = append(out, n)
			rest = without(rest, n)
		}
	}
	return append(out, rest...)
}

// legend returns the names of a histogram's series and shade.
func legend(h *analysis.Histogram) []string {
	out := names(*h)
	if slices.ContainsFunc(h.Covered, func(v float64) bool { return v <= 0 }) {
		out = append(out, widget.Unseen)
	}
	return out
}

func total(h analysis.Histogram) (sum int64) {
	for _, r := range h.Series {
		for _, n := range r.Counts {
			sum += n
		}
	}
	return sum
}

// choice returns a row of words of which one is chosen.
func choice(words []string, chosen int, pick func(i int)) fyne.CanvasObject {
	box := widget.Across(2)
	for i, w := range words {
		c := widget.ColorMuted
		if i == chosen {
			c = theme.ColorNameForeground
		}
		t := widget.NewTap(container.New(layout.NewCustomPaddedLayout(2, 2, 8, 8),
			widget.Text(w, 12, c, fyne.TextStyle{Bold: i == chosen})), func() { pick(i) })
		if i == chosen {
			t.SetGround(theme.Color(theme.ColorNameButton))
		}
		box.Add(t)
	}
	return box
}

// stateTint returns the colour that marks a pattern's state.
func stateTint(p analysis.PatternState) color.Color {
	switch p {
	case analysis.PatternFailure:
		return theme.Color(theme.ColorNameError)
	case analysis.PatternBenign:
		return theme.Color(theme.ColorNameSuccess)
	}
	return theme.Color(widget.ColorFaint)
}

func stateName(p analysis.PatternState) string {
	switch p {
	case analysis.PatternFailure:
		return "failing"
	case analysis.PatternBenign:
		return "benign"
	}
	return "neutral"
}

// severityCell returns a cell that names a severity.
func severityCell(v analysis.Severity) widget.Cell {
	if v == 0 {
		return widget.Cell{}
	}
	c := widget.SeverityColor(v)
	return widget.Cell{Text: v.String(), Tint: theme.Color(c), Color: c}
}

// causeTitle returns the title of a cause of the catalogue.
func (s *Session) causeTitle(id string) string {
	if id == "" {
		return ""
	}
	if s.Catalogue != nil {
		if c, ok := s.Catalogue.Cause(id); ok {
			return c.Title
		}
	}
	return id
}

// evidenceRow returns a quoted place; a click shows it among its neighbours.
func (s *Session) evidenceRow(e analysis.Evidence) fyne.CanvasObject {
	quote := widget.Text(short(e.Text, 400), 12, theme.ColorNameForeground, fyne.TextStyle{Monospace: true})
	where := tail(e.Origin.String(), 110)
	if !e.Time.IsZero() {
		where = widget.Stamp(e.Time, s.Zone) + "  ·  " + where
	}
	if e.Note != "" {
		where += "  ·  " + e.Note
	}
	return widget.NewTap(container.New(layout.NewCustomPaddedLayout(3, 3, 8, 8), widget.Down(1,
		widget.Fitted(quote),
		widget.Fitted(widget.Text(where, 11, widget.ColorMuted, fyne.TextStyle{})),
	)), func() { s.ShowOrigin(e.Origin) })
}

// ShowOrigin shows a record among the others of its source.
func (s *Session) ShowOrigin(o analysis.Origin) {
	s.Move(Place{Page: PageExplore, Arg: o.String(), Filter: analysis.Filter{Sources: []string{o.Path}}})
}

// interval prints a number's interval, "" when it has none.
func interval(n analysis.Number) string {
	if n.Low == 0 && n.High == 0 {
		return ""
	}
	unit := n.Unit
	if unit != "" {
		unit = " " + unit
	}
	return fmt.Sprintf("95 %%: %.3g – %.3g%s", n.Low, n.High, unit)
}
