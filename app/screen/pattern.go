package screen

import (
	"cmp"
	"context"
	"fmt"
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

// pattern is the detail page of one pattern.
type pattern struct {
	s     *Session
	asker *Asker
	marks *Asker
	box   *fyne.Container
	shown string

	p        analysis.Pattern
	all      int64 // records of all patterns that pass the filter of the page
	f        analysis.Filter
	hist     analysis.Histogram
	vars     []analysis.Variable
	sources  []analysis.ValueCount
	hits     []index.Hit
	related  index.Related
	episodes int
	failure  *analysis.Failure
	failed   *analysis.Failed // the records that it fails by; nil when it does not
}

// examples is how many records a pattern's page shows.
const examples = 50

func newPattern(s *Session) *pattern {
	return &pattern{s: s, asker: s.Asker(), marks: s.Asker(), box: container.NewStack()}
}

func (v *pattern) show(p Place) {
	key := fmt.Sprintf("%p %s %s", v.s.Whole(), p.Arg, Key(p.Filter))
	if key == v.shown {
		return
	}
	v.shown = key
	f := clone(p.Filter)
	f.Patterns = []string{p.Arg}
	next := pattern{s: v.s, f: f}
	v.asker.Ask(func(ctx context.Context) error { return next.load(ctx, p.Arg, p.Filter) }, func(err error) {
		if err != nil {
			v.set(padded(mistake(v.s, err)))
			return
		}
		next.asker, next.marks, next.box, next.shown = v.asker, v.marks, v.box, v.shown
		*v = next
		v.build()
		v.s.Host.Trace("pattern %s records=%d", v.p.ID, v.p.Count)
	})
}

func (v *pattern) load(ctx context.Context, id string, place analysis.Filter) error {
	list, err := v.s.Case.Patterns(ctx, v.f)
	if err != nil {
		return err
	}
	whole, ok := v.s.Case.Pattern(id)
	if !ok {
		return fmt.Errorf("there is no pattern %s in this case", id)
	}
	v.p = whole
	others, err := v.s.Case.Patterns(ctx, place)
	if err != nil {
		return err
	}
	for i := range others {
		v.all += others[i].Count
	}
	if len(list) == 1 {
		v.p = list[0]
	} else {
		v.p.Count, v.p.Sources, v.p.Shapes, v.p.First, v.p.Last = 0, 0, 0, time.Time{}, time.Time{}
	}
	if v.hist, err = v.s.Case.Histogram(ctx, v.f, 140, "severity"); err != nil {
		return err
	}
	if v.vars, err = v.s.Case.Variables(ctx, id, v.f); err != nil {
		return err
	}
	facets, err := v.s.Case.Facets(ctx, v.f, []string{"source"}, 12)
	if err != nil {
		return err
	}
	if len(facets) > 0 {
		v.sources = facets[0].Values
	}
	if v.hits, err = v.s.Case.Search(ctx, v.f, index.SearchOptions{Limit: examples}); err != nil {
		return err
	}
	if v.related, err = v.s.Case.Related(id); err != nil {
		return err
	}
	a, err := v.s.Assessment(ctx, place)
	if err != nil {
		return err
	}
	v.p = judged([]analysis.Pattern{v.p}, a)[0]
	v.episodes = a.Episodes[id]
	if f, ok := a.Failed[id]; ok && v.p.State == analysis.PatternFailure {
		v.failed = &f
	}
	for i := range a.Failures {
		if a.Failures[i].Pattern == id {
			v.failure = &a.Failures[i]
			break
		}
	}
	return nil
}

func (v *pattern) set(c fyne.CanvasObject) {
	v.box.Objects = []fyne.CanvasObject{c}
	v.box.Refresh()
}

func (v *pattern) build() {
	var left fyne.CanvasObject = v.variables()
	page := widget.Down(8, v.head(), v.numbers(), v.when(),
		widget.Split(0.52, left, widget.Down(8, v.cause(), v.where())))
	if len(v.related.AlsoSaid) > 0 {
		page.Add(v.kin("Also said by", "patterns that quote the same error: "+v.p.Inner, v.related.AlsoSaid, (*analysis.Pattern).Title))
	}
	if len(v.related.Elsewhere) > 0 {
		page.Add(v.kin("The same exception at another place", "this one arose at "+v.p.At, v.related.Elsewhere, func(p *analysis.Pattern) string { return "at " + p.At }))
	}
	page.Add(v.records())
	v.set(container.NewVScroll(padded(page)))
}

func (v *pattern) head() fyne.CanvasObject {
	p := v.p
	tags := widget.Across(6)
	if p.Severity > 0 {
		tags.Add(container.NewCenter(widget.Tag(p.Severity.String(), theme.Color(widget.SeverityColor(p.Severity)))))
	}
	tags.Add(container.NewCenter(widget.Tag(stateName(p.State), stateTint(p.State))))
	if v.failure != nil {
		tags.Add(container.NewCenter(widget.Tag(string(v.failure.Attribution.Verdict), widget.KindColor(string(v.failure.Attribution.Verdict)))))
	}
	tags.Add(container.NewCenter(widget.Muted("pattern " + p.ID)))
	if p.Reason != "" {
		tags.Add(container.NewCenter(widget.Muted("·  " + short(p.Reason, 110))))
	}
	benign := fynewidget.NewButtonWithIcon("Mark benign", theme.ConfirmIcon(), func() { v.s.mark(v.marks, p, analysis.PatternBenign) })
	if p.State == analysis.PatternBenign {
		benign = fynewidget.NewButtonWithIcon("Mark failing", theme.WarningIcon(), func() { v.s.mark(v.marks, p, analysis.PatternFailure) })
	}
	open := fynewidget.NewButtonWithIcon("Show records", theme.SearchIcon(), func() { v.s.Explore(v.f) })
	open.Importance = fynewidget.HighImportance
	return widget.Panel("", nil, container.NewBorder(
		container.NewBorder(nil, nil, tags, widget.Across(6, benign, open)), nil, nil, nil, widget.Template(widget.Clean(cmp.Or(p.Template, analysis.NoMessage)), true)))
}

func (v *pattern) numbers() fyne.CanvasObject {
	p := v.p
	eps := "–"
	if v.episodes > 0 {
		eps = widget.Count(int64(v.episodes))
	}
	end := ""
	if v.failure != nil {
		end = "ended before the observation did"
		if v.failure.AtEnd {
			end = "still happening at the end"
		}
	}
	share := chart.Percent(float64(p.Count), float64(v.all)) + " of records with a pattern"
	grid := container.New(layout.NewGridLayoutWithColumns(5))
	records := func() { v.s.Explore(v.f) }
	first, last := p.First, p.Last
	if f := v.failed; f != nil && f.Records < p.Count {
		first, last = f.First, f.Last
		grid.Add(widget.Tile("Failing records", widget.Count(f.Records)+" of "+widget.Count(p.Count), "records alike; "+share, "", records))
	} else {
		grid.Add(widget.Tile("Records", widget.Count(p.Count), share, "", records))
	}
	grid.Add(widget.Tile("Episodes", eps, "hits with no long gap between them", "", records))
	grid.Add(widget.Tile("First seen", day(v.s, first), clock(v.s, first), "", records))
	grid.Add(widget.Tile("Last seen", day(v.s, last), strings.Join(filled(clock(v.s, last), end), "  ·  "), "", records))
	grid.Add(widget.Tile("Sources", widget.Count(int64(p.Sources)), widget.Plural(int64(p.Shapes), "shape"), "", records))
	return grid
}

// noneHere stands in the place of what records would show.
const noneHere = "None of its records passes the filter."

func (v *pattern) when() fyne.CanvasObject {
	if total(v.hist) == 0 {
		text := "None of its records has a usable time."
		if v.p.Count == 0 {
			text = noneHere
		}
		return widget.Panel("When", nil, widget.Least(200, 60, widget.Empty("No times", text)))
	}
	return widget.Panel("When", widget.Across(16, container.NewCenter(widget.Muted(per(&v.hist, "records"))), widget.Legend(legend(&v.hist)...)), v.s.histogramView(fyne.NewSize(300, 116), &v.hist, nil, "record"))
}

func (v *pattern) variables() fyne.CanvasObject {
	box := widget.Down(8)
	shown := 0
	for _, x := range v.vars {
		if len(x.Values) == 0 {
			continue
		}
		if shown++; shown > 8 {
			box.Add(widget.Muted(fmt.Sprintf("%d more variables", len(v.vars)-8)))
			break
		}
		box.Add(v.variable(x))
	}
	switch {
	case shown > 0:
	case v.p.Count == 0:
		box.Add(widget.Muted(noneHere))
	default:
		box.Add(widget.Muted("The template has no variable parts."))
	}
	return widget.Panel("Variables", widget.Muted("values in a sample of the records"), box)
}

// valuesShown is how many values of a variable are listed.
const valuesShown = 5

func (v *pattern) variable(x analysis.Variable) fyne.CanvasObject {
	kind := x.Kind
	if kind == "" {
		kind = "text"
	}
	title := fmt.Sprintf("<%d>  %s", x.Index+1, kind)
	note := fmt.Sprintf("%s in %s", widget.Plural(int64(x.Distinct), "value"), widget.Plural(x.Sampled, "record"))
	box := widget.Down(1, container.NewBorder(nil, nil, widget.Text(title, 12, widget.ColorVariable, fyne.TextStyle{Bold: true}), widget.Muted(note)))
	for i, val := range x.Values {
		if i == valuesShown {
			break
		}
		box.Add(v.value(val, x.Sampled))
	}
	if more := x.Distinct - min(valuesShown, len(x.Values)); more > 0 {
		box.Add(container.New(layout.NewCustomPaddedLayout(1, 1, 8, 8), widget.Muted(fmt.Sprintf("and %s more", widget.Count(int64(more))))))
	}
	return box
}

func (v *pattern) value(val analysis.ValueCount, sampled int64) fyne.CanvasObject {
	text := widget.Clean(val.Value)
	if text == "" {
		text = "(empty)"
	}
	return widget.Ranked(text, val.Count, float32(val.Count)/float32(max(1, sampled)), true, func() {
		f := clone(v.f)
		f.Query = toggleTerm(f.Query, quoted(val.Value))
		v.s.Explore(f)
	})
}

// quoted returns the query that asks for a text.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

func (v *pattern) cause() fyne.CanvasObject {
	if v.p.Cause == "" && (v.failure == nil || v.failure.Attribution.Cause == "") {
		text := "No cause of the catalogue matches this pattern."
		if v.p.State != analysis.PatternFailure {
			text = "Not a failing pattern; no cause is looked for."
		}
		return widget.Panel("Cause", nil, widget.Body(text))
	}
	id := v.p.Cause
	if id == "" {
		id = v.failure.Attribution.Cause
	}
	box := widget.Down(4, widget.Body(v.s.causeTitle(id)))
	if v.s.Catalogue != nil {
		if c, ok := v.s.Catalogue.Cause(id); ok {
			for _, x := range []struct{ name, text string }{{"What would fix it", c.Fix}, {"How to confirm", c.Confirm}, {"To ask", c.Ask}} {
				if x.text != "" {
					box.Add(widget.Text(x.name, 11, widget.ColorMuted, fyne.TextStyle{Bold: true}))
					box.Add(widget.Body(x.text))
				}
			}
		}
	}
	return widget.Panel("Cause", widget.Muted(id), box)
}

func (v *pattern) where() fyne.CanvasObject {
	box := widget.Down(0)
	var most int64
	for _, x := range v.sources {
		most = max(most, x.Count)
	}
	for i, x := range v.sources {
		if i == 8 {
			break
		}
		box.Add(widget.Ranked(tail(x.Value, 70), x.Count, float32(x.Count)/float32(max(1, most)), false, func() {
			f := clone(v.f)
			f.Sources = []string{x.Value}
			v.s.Explore(f)
		}))
	}
	return widget.Panel("Sources", nil, box)
}

// kin lists related patterns, which a click opens.
func (v *pattern) kin(title, note string, list []analysis.Pattern, text func(p *analysis.Pattern) string) fyne.CanvasObject {
	box := widget.Down(0)
	for i := range list[:min(8, len(list))] {
		p := &list[i]
		box.Add(widget.Ranked(short(text(p), 160), p.Count, float32(p.Count)/float32(max(1, list[0].Count)), false, func() { v.s.Move(Place{Page: PagePatterns, Arg: p.ID}) }))
	}
	return widget.Panel(title, widget.Muted(short(note, 120)), box)
}

func (v *pattern) records() fyne.CanvasObject {
	rows := widget.NewLogView(logColumns(), func() int { return len(v.hits) }, func(i int) []widget.LogCell { return v.s.logRow(&v.hits[i]) })
	rows.OnOpen = func(i int) { v.s.ShowOrigin(v.hits[i].Origin) }
	title := "Examples"
	note := "a second click shows a record among its neighbours"
	return widget.Panel(title, widget.Across(10, container.NewCenter(widget.Muted(note)), widget.Link("All "+widget.Plural(v.p.Count, "record"), func() { v.s.Explore(v.f) })),
		widget.Least(300, min(260, 40+18*float32(len(v.hits))), rows))
}
