package screen

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"faultline/analysis"
	"faultline/analysis/chart"
	"faultline/app/widget"
)

// overview answers when, how often and why on one page.
type overview struct {
	s      *Session
	asker  *Asker
	box    *fyne.Container
	scroll *container.Scroll

	shown string // key of the filter and assessment that were asked for
	built string // key of the filter on the screen
	all   bool   // the histogram shows all records, not only failing ones
	a     *analysis.Assessment
	hist  analysis.Histogram
	n     int64 // records that pass the filter
	week  *widget.ChartView
}

func newOverview(s *Session) *overview {
	o := &overview{s: s, asker: s.Asker(), box: container.NewStack()}
	o.box.Add(waiting("Reading the case…"))
	return o
}

// waiting returns what stands where an answer will be.
func waiting(text string) fyne.CanvasObject {
	return container.NewCenter(widget.Muted(text))
}

func (o *overview) Object() fyne.CanvasObject { return o.box }

func (o *overview) Show(p Place) {
	key := fmt.Sprintf("%p %s", o.s.Whole(), Key(p.Filter))
	if key == o.shown {
		return
	}
	o.shown = key
	f := clone(p.Filter)
	var a *analysis.Assessment
	var hist analysis.Histogram
	all := o.all
	var n int64
	o.asker.Ask(func(ctx context.Context) (err error) {
		if n, err = o.s.Case.Count(ctx, f); err != nil {
			return err
		}
		if a, err = o.s.Assessment(ctx, f); err != nil {
			return err
		}
		hist, err = o.histogram(ctx, a, f, all)
		return err
	}, func(err error) {
		if err != nil {
			o.set(mistake(o.s, err))
			return
		}
		o.a, o.hist, o.n = a, hist, n
		o.build(p.Filter)
		o.s.Host.Trace("overview failures=%d findings=%d", len(a.Failures), len(a.Findings))
	})
}

// histogram counts failing records and failed runs, or all records, over the
// period.
func (o *overview) histogram(ctx context.Context, a *analysis.Assessment, f analysis.Filter, all bool) (analysis.Histogram, error) {
	if all {
		return o.s.Case.Histogram(ctx, f, 160, "severity")
	}
	return withRuns(a.Timeline, o.s.Case.Runs()), nil
}

// failedRuns names the series of runs that failed.
const failedRuns = "failed runs"

// withRuns adds the failed runs to a histogram.
func withRuns(h analysis.Histogram, runs []analysis.Run) analysis.Histogram {
	n := chart.Buckets(h)
	if n == 0 || h.Width <= 0 {
		return h
	}
	counts, any := make([]int64, n), false
	for i := range runs {
		t := runs[i].When()
		if !runs[i].Status.Failed() || t.Before(h.From) {
			continue
		}
		if k := int(t.Sub(h.From) / h.Width); k < n {
			counts[k]++
			any = true
		}
	}
	if any {
		h.Series = append(append([]analysis.Series(nil), h.Series...), analysis.Series{Name: failedRuns, Counts: counts})
	}
	return h
}

func (o *overview) set(c fyne.CanvasObject) {
	o.box.Objects = []fyne.CanvasObject{c}
	o.box.Refresh()
}

func (o *overview) build(f analysis.Filter) {
	if o.n == 0 && len(o.a.Failures) == 0 && Key(f) != Key(analysis.Filter{}) {
		o.scroll = nil
		o.set(padded(nothing(o.s, "records")))
		return
	}
	at := fyne.Position{}
	if o.scroll != nil && o.built == Key(f) {
		at = o.scroll.Offset
	}
	o.built = Key(f)
	page := widget.Down(8)
	if note := o.s.scope(f, o.n); note != nil {
		page.Add(note)
	}
	for _, part := range []fyne.CanvasObject{o.answer(), o.key(), o.when(), widget.Split(0.44, o.howOften(), o.why()), o.findings()} {
		page.Add(part)
	}
	o.scroll = container.NewVScroll(padded(page))
	o.set(o.scroll)
	o.scroll.ScrollToOffset(at)
}

func (o *overview) answer() fyne.CanvasObject {
	text := o.a.Answer
	if text == "" {
		text = "Nothing that failed was found in what the filter lets pass."
	}
	lead, rest := firstSentence(widget.Clean(text))
	l := fynewidget.NewRichText(&fynewidget.TextSegment{Text: lead, Style: fynewidget.RichTextStyle{
		SizeName: theme.SizeNameSubHeadingText, ColorName: theme.ColorNameForeground,
	}})
	l.Wrapping = fyne.TextWrapWord
	said := widget.Down(0, l)
	if rest != "" {
		said.Add(widget.Body(rest))
	}
	period := widget.Range(o.a.Period.From, o.a.Period.To, o.s.Zone) + " " + o.s.Zone.String()
	report := fynewidget.NewButtonWithIcon("Export report", theme.DocumentSaveIcon(), func() { o.s.Host.Export("html") })
	report.Importance = fynewidget.HighImportance
	return widget.Panel("", nil, container.NewBorder(widget.Muted(period), nil, nil,
		container.NewVBox(report), said))
}

// firstSentence parts what a hurried reader sees from the rest. A stop ends a
// sentence when a space and the begin of another follow it; one in "e.g." or
// after an initial ends none.
func firstSentence(s string) (first, rest string) {
	for i := 0; ; i++ {
		n := strings.IndexByte(s[i:], '.')
		if n < 0 {
			return s, ""
		}
		i += n
		after, ok := strings.CutPrefix(s[i+1:], " ")
		r, _ := utf8.DecodeRuneInString(after)
		word := s[strings.LastIndexAny(s[:i], " (")+1 : i]
		short := utf8.RuneCountInString(word) < 2 && strings.ToLower(word) != strings.ToUpper(word) || word == "e.g" || word == "i.e" || strings.EqualFold(word, "no")
		if ok && !short && (unicode.IsUpper(r) || unicode.IsDigit(r) || strings.ContainsRune(`"'“(`, r)) {
			return s[:i+1], after
		}
	}
}

func (o *overview) key() fyne.CanvasObject {
	n := len(o.a.Key)
	if n == 0 {
		return widget.Gap(1, 1)
	}
	grid := container.New(layout.NewGridLayoutWithColumns(min(n, 6)))
	for i, k := range o.a.Key {
		if i == 6 {
			break
		}
		note := k.Exposure
		if t := interval(k); t != "" {
			note = t
		}
		c := theme.ColorNameForeground
		if k.Basis == analysis.NotVisible {
			c = widget.ColorMuted
		}
		label, more, _ := strings.Cut(k.Label, ", ")
		value, rest := headline(k.Text)
		if rest != "" && interval(k) == "" {
			note = rest
		}
		tile := widget.Tile(capital(label), value, strings.TrimSpace(strings.Join(filled(more, days(note)), "; ")), c, func() { o.s.Explore(k.Filter) })
		grid.Add(tile)
	}
	return grid
}

var period = regexp.MustCompile(` from (\d{4}-\d\d-\d\d) (\d\d:\d\d):\d\dZ to (\d{4}-\d\d-\d\d) (\d\d:\d\d):\d\dZ`)

// days shortens the period that a note names to what a tile has room for: its
// days, or the minutes of the only one.
func days(note string) string {
	m := period.FindStringSubmatchIndex(note)
	if m == nil {
		return note
	}
	part := func(k int) string { return note[m[2*k]:m[2*k+1]] }
	text := ", " + part(1) + " to " + part(3)
	if part(1) == part(3) {
		text = ", " + part(1) + " " + part(2) + " to " + part(4)
	}
	return note[:m[0]] + text + note[m[1]:]
}

// headline splits "96 in 89 d (1.1 per day)" into what is printed large and
// the rest.
func headline(s string) (large, rest string) {
	for _, mark := range []string{" (", ", "} {
		if i := strings.Index(s, mark); i > 0 {
			return s[:i], strings.Trim(s[i+len(mark):], "()")
		}
	}
	return s, ""
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func (o *overview) when() fyne.CanvasObject {
	unit := "failure"
	if o.all {
		unit = "record"
	}
	v := o.s.histogramView(fyne.NewSize(300, 150), &o.hist, o.marks, unit)
	mode := 0
	if o.all {
		mode = 1
	}
	counts := "failing records"
	switch {
	case o.all:
		counts = "records"
	case slices.ContainsFunc(o.hist.Series, func(r analysis.Series) bool { return r.Name == failedRuns }):
		counts = "failing records and failed runs"
	}
	right := widget.Across(16, container.NewCenter(widget.Muted(per(&o.hist, counts))), widget.Legend(legend(&o.hist)...), choice([]string{"Failures", "All records"}, mode, func(i int) {
		o.all = i == 1
		o.shown = ""
		o.Show(o.s.Now())
	}))
	if total(o.hist) == 0 {
		return widget.Panel("When", right, widget.Least(300, 150, widget.Empty("No records with a time here", "Failures known from states and runs are listed below.")))
	}
	return widget.Panel("When", right, v)
}

// marks points out when the bundles were collected; bundles of about the same
// time share a mark.
func (o *overview) marks() []chart.Mark {
	var out []chart.Mark
	near := o.a.Period.Duration() / 20
	for _, b := range o.a.Bundles {
		close := b.Collected.IsZero()
		for _, m := range out {
			close = close || b.Collected.Sub(m.At).Abs() < near
		}
		if !close {
			out = append(out, chart.Mark{At: b.Collected, Label: "collected"})
		}
	}
	return out
}

func (o *overview) howOften() fyne.CanvasObject {
	w := &o.a.Week
	v := widget.NewChartView(fyne.NewSize(300, 190), func(px, py int, st chart.Style) (*chart.Surface, error) {
		return chart.Week{Data: *w, Picks: o.s.Filter().Cells, Style: st}.Draw(px, py)
	})
	v.OnTap = func(h chart.Hit) {
		c := analysis.Cell{Weekday: time.Weekday(h.Row), Hour: h.Col}
		o.s.Narrow(func(f *analysis.Filter) {
			f.Cells, f.Zone = toggled(f.Cells, c), ""
			if w.Zone != "UTC" {
				f.Zone = w.Zone
			}
		})
	}
	v.Tip = func(h chart.Hit) []string {
		n, hours := w.Counts[h.Row][h.Col], w.Covered[h.Row][h.Col]
		lines := []string{CellText(analysis.Cell{Weekday: time.Weekday(h.Row), Hour: h.Col}), widget.Plural(n, "episode")}
		switch {
		case hours > 0:
			lines = append(lines, fmt.Sprintf("%.1f hours of it observed", hours))
		case n == 0:
			lines = append(lines, "never observed")
		}
		return lines
	}
	o.week = v
	zone := w.Zone
	if zone == "" {
		zone = "UTC"
	}
	content := container.NewBorder(nil, rhythm(o.a.Rhythm), nil, nil, v)
	return widget.Panel("How often", widget.Muted("episodes by hour and weekday, "+zone+"  ·  – not observed"), content)
}

func rhythm(lines []string) fyne.CanvasObject {
	box := widget.Down(1)
	for i, l := range lines {
		if i == 3 {
			break
		}
		t := fynewidget.NewLabel(l)
		t.Wrapping = fyne.TextWrapWord
		t.SizeName = theme.SizeNameCaptionText
		box.Add(t)
	}
	return box
}

func (o *overview) why() fyne.CanvasObject {
	bar := widget.NewChartView(fyne.NewSize(260, 52), func(w, h int, st chart.Style) (*chart.Surface, error) {
		return chart.Shares{Parts: chart.Verdicts(o.a.Shares), Style: st}.Draw(w, h)
	})
	bar.Tip = func(h chart.Hit) []string {
		sh := o.a.Shares[h.Row]
		return []string{string(sh.Verdict), widget.Plural(int64(sh.Failures), "failure") + " · " + widget.Plural(int64(sh.Episodes), "episode")}
	}
	bar.OnTap = func(chart.Hit) { o.s.Go(PageFindings, "") }
	sum := 0
	for _, x := range o.a.Shares {
		sum += x.Failures
	}
	list := widget.Down(0)
	for i, c := range o.a.Causes {
		if i == 7 {
			list.Add(widget.Link(fmt.Sprintf("%d more…", len(o.a.Causes)-i), func() { o.s.Go(PageFindings, "") }))
			break
		}
		list.Add(o.cause(c))
	}
	if len(o.a.Causes) == 0 {
		list.Add(widget.Pad(6, widget.Muted("No cause of the catalogue was recognised.")))
	}
	o.unexplained(list, 7-len(o.a.Causes))
	var themes fyne.CanvasObject = widget.Gap(1, 1)
	if box := o.themes(); len(box.Objects) > 0 {
		themes = box
	}
	kinds := widget.Count(int64(sum)) + " kinds of failure by verdict"
	if sum == 1 {
		kinds = "1 kind of failure, by verdict"
	}
	return widget.Panel("Why", widget.Muted(kinds),
		widget.Down(4, bar, list, themes))
}

func (o *overview) cause(c analysis.CauseSummary) fyne.CanvasObject {
	n := widget.Text(widget.Plural(int64(c.Episodes), "episode"), 11, widget.ColorMuted, fyne.TextStyle{})
	state := "ended"
	if c.AtEnd {
		state = "still at the end"
	}
	right := widget.Across(8, container.NewCenter(n), container.NewCenter(widget.Muted(state)), container.NewCenter(widget.Tag(string(c.Verdict), widget.KindColor(string(c.Verdict)))))
	var said fyne.CanvasObject = widget.Fitted(widget.Text(c.Title, 13, theme.ColorNameForeground, fyne.TextStyle{}))
	if c.Counted != "" { // of what kinds the episodes are
		said = widget.Down(0, said, widget.Fitted(widget.Muted("episodes: "+c.Counted)))
	}
	return widget.NewTap(container.New(layout.NewCustomPaddedLayout(3, 3, 6, 6), container.NewBorder(nil, nil, nil, right, said)), func() {
		if len(c.Patterns) > 0 {
			f := clone(o.s.Filter())
			f.Patterns = append([]string(nil), c.Patterns...)
			o.s.Explore(f)
			return
		}
		if len(c.Evidence) > 0 {
			o.s.ShowOrigin(c.Evidence[0].Origin)
		}
	})
}

// unexplained adds the heaviest failures without a cause to a list, at most n.
func (o *overview) unexplained(list *fyne.Container, n int) {
	for i := range o.a.Failures {
		f := &o.a.Failures[i]
		if f.Attribution.Cause != "" {
			continue
		}
		if n--; n < 0 {
			return
		}
		state := "ended"
		if f.AtEnd {
			state = "still at the end"
		}
		right := widget.Across(8, container.NewCenter(widget.Muted(widget.Plural(int64(f.Episodes), "episode"))), container.NewCenter(widget.Muted(state)),
			container.NewCenter(widget.Tag(string(f.Attribution.Verdict), widget.KindColor(string(f.Attribution.Verdict)))))
		title := cmp.Or(f.Title, f.Subject, analysis.NoMessage)
		list.Add(widget.NewTap(container.New(layout.NewCustomPaddedLayout(3, 3, 6, 6), container.NewBorder(nil, nil, nil, right,
			widget.Fitted(widget.Text(title, 12, theme.ColorNameForeground, fyne.TextStyle{Monospace: true})))), func() {
			switch {
			case f.Pattern != "":
				o.s.Go(PagePatterns, f.Pattern)
			case len(f.Attribution.Evidence) > 0:
				o.s.ShowOrigin(f.Attribution.Evidence[0].Origin)
			}
		}))
	}
}

func (o *overview) themes() *fyne.Container {
	box := widget.Down(2)
	for _, t := range o.a.Themes {
		if t.State == "not seen" || t.State == "" {
			continue
		}
		if len(box.Objects) == 0 {
			box.Add(container.New(layout.NewCustomPaddedLayout(6, 0, 6, 0), widget.Text("Underlying problems", 11, widget.ColorMuted, fyne.TextStyle{Bold: true})))
		}
		tint := theme.Color(widget.ColorFaint)
		if t.State == "supported" {
			tint = theme.Color(theme.ColorNamePrimary)
		}
		box.Add(container.New(layout.NewCustomPaddedLayout(2, 2, 6, 6), container.NewBorder(nil, nil, nil,
			widget.Across(8, container.NewCenter(widget.Muted(widget.Plural(int64(t.Failures), "failure"))), container.NewCenter(widget.Tag(t.State, tint))),
			widget.Fitted(widget.Text(t.Title, 13, theme.ColorNameForeground, fyne.TextStyle{})))))
	}
	return box
}

func (o *overview) findings() fyne.CanvasObject {
	list := widget.Down(6)
	for i := range o.a.Findings {
		if i == 5 {
			break
		}
		list.Add(findingCard(o.s, &o.a.Findings[i], i+1, 2))
	}
	if len(o.a.Findings) == 0 {
		list.Add(widget.Muted("No findings: nothing here supports a claim."))
	}
	return widget.Panel("Findings", widget.Link("All "+widget.Count(int64(len(o.a.Findings))), func() { o.s.Go(PageFindings, "") }), list)
}

// findingCard returns a finding with at most that many quotes.
func findingCard(s *Session, f *analysis.Finding, rank, quotes int) fyne.CanvasObject {
	head := widget.Across(8,
		container.NewCenter(widget.Text(fmt.Sprintf("%d", rank), 13, widget.ColorMuted, fyne.TextStyle{Bold: true})),
		container.NewCenter(widget.Tag(f.Question, theme.Color(theme.ColorNamePrimary))))
	if f.Verdict != "" {
		head.Add(container.NewCenter(widget.Tag(string(f.Verdict), widget.KindColor(string(f.Verdict)))))
	}
	head.Add(widget.Gap(2, 1))
	links := widget.Link("Records", func() { s.Explore(f.Filter) })
	title := widget.Body(f.Title)
	title.TextStyle.Bold = true
	claim := widget.Body(fmt.Sprintf("%s: %s", f.Basis, f.Claim))
	card := widget.Down(2,
		container.NewBorder(nil, nil, beside(head), beside(links), title),
		claim)
	for i, e := range f.Evidence {
		if i == quotes {
			break
		}
		card.Add(s.evidenceRow(e))
	}
	return card
}

// beside returns what stands beside a text that wraps, on its first line.
func beside(o fyne.CanvasObject) fyne.CanvasObject {
	return container.New(layout.NewCustomPaddedVBoxLayout(0), container.New(layout.NewCustomPaddedLayout(5, 0, 0, 0), o))
}

// filled returns the texts that are not empty.
func filled(list ...string) []string { return without(list, "") }
