package screen

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"faultline/analysis"
	"faultline/app/widget"
	"faultline/index"
)

// explore shows the records that pass the filter: what fields they have, when
// they came, the records, and one of them in full.
type explore struct {
	s     *Session
	asker *Asker
	aside *Asker // facets and histogram
	early *Asker // the first records
	steps *Asker
	box   *fyne.Container

	shown  string
	arg    string
	pages  *pages
	want   int // row to show in full once it is read, -1 for none
	words  []string
	hist   analysis.Histogram
	facets []analysis.Facet

	view   *widget.LogView
	chart  *widget.ChartView
	left   *container.Scroll
	legend *fyne.Container
	middle *fyne.Container
	detail *record
	split  *container.Split
	main   fyne.CanvasObject
}

// The facets of Explore, and how many values of each are listed.
var facetFields = []string{"severity", "kind", "namespace", "pod", "container", "host", "unit", "process", "format", "source"}

const facetValues = 7 // as many as there are severities, with none

func newExplore(s *Session) *explore {
	e := &explore{s: s, asker: s.Asker(), aside: s.Asker(), steps: s.Asker(), early: s.Asker(), box: container.NewStack(), want: -1}
	e.pages = newPages(s, e.come)
	row := func(h *index.Hit, err error) []widget.LogCell {
		if err != nil {
			return []widget.LogCell{{}, {}, {}, {Text: "cannot be read: " + err.Error(), Color: theme.ColorNameError}}
		}
		if h == nil {
			return []widget.LogCell{{Text: "…", Color: widget.ColorFaint}}
		}
		cells := s.logRow(h)
		cells[3].Text = e.near(cells[3].Text)
		return cells
	}
	e.view = widget.NewLogView(logColumns(), e.pages.len, func(i int) []widget.LogCell { return row(e.pages.hit(i)) })
	e.view.Read = func(i int) []widget.LogCell { return row(e.pages.wait(i)) }
	e.view.Match = e.match
	e.view.OnSelect = e.pick
	e.view.OnOpen = func(i int) {
		if h, err := e.pages.hit(i); err == nil && h != nil {
			s.ShowOrigin(h.Origin)
		}
	}
	e.view.OnMenu = e.menu
	e.chart = s.histogramView(fyne.NewSize(200, 96), &e.hist, nil, "record")
	e.left = container.NewVScroll(container.NewStack())
	e.legend = container.NewStack()
	e.detail = newRecord(s)
	e.middle = container.NewStack(widget.Flush(e.view))
	e.split = container.NewVSplit(e.middle, e.detail.box)
	e.split.Offset = 0.64
	e.main = container.NewBorder(nil, nil, widget.Least(216, 10, widget.Flush(e.left)), nil,
		container.New(layout.NewCustomPaddedLayout(0, 0, 8, 0), container.NewBorder(
			container.NewVBox(widget.Panel("", nil, container.NewBorder(e.legend, nil, nil, nil, e.chart)), widget.Gap(1, 4)),
			nil, nil, nil, e.split)))
	e.box.Add(waiting("Reading records…"))
	return e
}

func (e *explore) Object() fyne.CanvasObject { return e.box }

func (e *explore) Show(p Place) {
	key := fmt.Sprintf("%p %s", e.s.Whole(), Key(p.Filter))
	if key == e.shown {
		e.find(p.Arg)
		return
	}
	e.shown = key
	f := clone(p.Filter)
	var rows *index.Rows
	var near []index.Match
	answered, begun := false, false
	told := func(p index.Progress) {
		e.s.Host.Do(func() {
			if !answered && !begun && e.shown == key {
				e.set(waiting(fmt.Sprintf("Reading records… %d %%, %s found", int(100*p.Share()), widget.Count(p.Hits))))
			}
		})
	}
	var first []index.Hit
	e.early.Ask(func(ctx context.Context) (err error) {
		if p.Arg == "" {
			first, err = e.s.head(ctx, f)
		}
		return err
	}, func(err error) {
		if answered || err != nil || len(first) == 0 {
			return // all of them say it
		}
		begun = true
		e.begin(nil, first, f)
		e.set(padded(e.main))
		e.view.Select(0)
		e.pick(0)
	})
	var at int
	var hits []index.Hit // the page of row at
	e.asker.Ask(func(ctx context.Context) (err error) {
		if rows, err = e.s.Case.RowsWithin(ctx, f, index.Limits{Progress: told}); err != nil {
			return err
		}
		if rows.Len() == 0 {
			near = e.s.resembling(ctx, f.Query)
			return nil
		}
		if o, err := e.s.Case.Origin(p.Arg); p.Arg != "" && err == nil {
			at, _ = rows.Find(o)
		}
		hits, err = page(ctx, rows, at)
		return err
	}, func(err error) {
		answered = true
		if err != nil {
			e.set(padded(mistake(e.s, err)))
			return
		}
		if begun { // the first records stay where they are
			e.pages.begin(rows, nil)
		} else {
			e.begin(rows, nil, f)
		}
		e.pages.keep(at, hits)
		if rows.Len() == 0 {
			page := nothing(e.s, "records")
			if len(near) > 0 {
				page = container.NewBorder(container.NewVBox(widget.Pad(16, page), e.s.offer(near)), nil, nil, nil)
			}
			e.set(padded(page))
		} else {
			e.set(padded(e.main))
		}
		e.find(p.Arg)
		if from, _ := e.view.Selection(); from < 0 && rows.Len() > 0 {
			e.view.Select(0)
			e.pick(0)
		} else if begun && from >= 0 {
			e.view.Refresh()
			e.pick(from)
		}
		e.s.Host.Trace("explore rows=%d", rows.Len())
	})
	var hist analysis.Histogram
	var facets []analysis.Facet
	e.aside.Ask(func(ctx context.Context) (err error) {
		if hist, err = e.s.Case.Histogram(ctx, f, 160, "severity"); err != nil {
			return err
		}
		facets, err = e.s.Case.Facets(ctx, f, facetFields, facetValues)
		return err
	}, func(err error) {
		if err != nil {
			return // the rows say it
		}
		e.hist, e.facets = hist, facets
		e.chart.Redraw()
		e.legend.Objects = []fyne.CanvasObject{container.NewBorder(nil, nil, nil, widget.Legend(names(hist)...), widget.Fitted(widget.Muted(widget.Range(hist.From, hist.From.Add(hist.Width*time.Duration(bucketsOf(hist))), e.s.Zone)+"  ·  "+per(&hist, "records"))))}
		e.legend.Refresh()
		e.left.Content = widget.Facets(facets, func(field, value string) bool { return Chosen(e.s.Filter(), field, value) }, func(field, value string) {
			e.s.Narrow(func(f *analysis.Filter) { Toggle(f, field, value) })
		})
		e.left.Refresh()
	})
}

// begin shows another list from its begin.
func (e *explore) begin(rows *index.Rows, first []index.Hit, f analysis.Filter) {
	e.pages.begin(rows, first)
	e.words, e.arg, e.want = searched(f.Query), "", -1
	e.view.Reset()
	e.detail.clear()
}

// come shows a page that was read.
func (e *explore) come() {
	e.view.Refresh()
	if e.want >= 0 {
		e.pick(e.want)
	}
}

func bucketsOf(h analysis.Histogram) (n int) {
	for _, r := range h.Series {
		n = max(n, len(r.Counts))
	}
	return n
}

func (e *explore) set(c fyne.CanvasObject) {
	if len(e.box.Objects) == 1 && e.box.Objects[0] == c {
		return
	}
	e.box.Objects = []fyne.CanvasObject{c}
	e.box.Refresh()
}

// find selects the record that arg ("path:line") names.
func (e *explore) find(arg string) {
	if arg == "" || arg == e.arg || e.pages.rows == nil {
		return
	}
	e.arg = arg
	o, err := e.s.Case.Origin(arg)
	if err != nil {
		e.s.Host.Tell("The record was not found", err.Error(), true)
		return
	}
	if i, ok := e.pages.rows.Find(o); ok {
		e.view.Select(i)
		e.pick(i)
	}
}

// Step implements Stepper. Among the records of a source it goes to those that
// the last query finds there; under a query every record is a hit.
func (e *explore) Step(by int) {
	if e.pages.len() == 0 {
		return
	}
	at, end := e.view.Selection()
	if by > 0 {
		at = end
	}
	f := clone(e.s.Filter())
	if f.Query != "" || e.s.sought == "" || at < 0 {
		e.step(at+by, by)
		return
	}
	h, err := e.pages.hit(at)
	if err != nil || h == nil || e.pages.rows == nil {
		return
	}
	f.Query = e.s.sought
	list, origin, to := e.pages.rows, h.Origin, -1
	e.steps.Ask(func(ctx context.Context) error {
		hits, err := e.s.Case.Rows(ctx, f)
		if err != nil {
			return err
		}
		k, found := hits.Find(origin) // k is where it would stand
		if by < 0 {
			k--
		} else if found {
			k++
		}
		next, err := hits.Hits(ctx, k, 1)
		if err != nil || len(next) == 0 {
			return err
		}
		if i, ok := list.Find(next[0].Origin); ok {
			to = i
		}
		return nil
	}, func(err error) {
		if err != nil {
			e.s.Host.Tell("The next hit could not be found", err.Error(), true)
			return
		}
		if e.pages.rows == list {
			e.step(to, by)
		}
	})
}

// step selects row i, or says that there is none.
func (e *explore) step(i, by int) {
	if i < 0 || i >= e.pages.len() {
		title := "No further hit"
		if by < 0 {
			title = "No hit before this"
		}
		e.s.Host.Tell(title, "", false)
		return
	}
	e.view.Select(i)
	e.pick(i)
}

func (e *explore) pick(i int) {
	h, err := e.pages.hit(i)
	if e.want = -1; err != nil {
		return
	}
	if h == nil {
		e.want = i
		return
	}
	n := -1
	if e.pages.rows != nil {
		n = e.pages.rows.Len()
	}
	e.detail.show(h, i, n)
	e.s.Host.Trace("record %s", h.Origin)
}

func (e *explore) menu(i int, at fyne.Position) {
	h, err := e.pages.hit(i)
	if err != nil || h == nil {
		return
	}
	s := e.s
	items := []*fyne.MenuItem{
		fyne.NewMenuItem("Show among its neighbours", func() { s.ShowOrigin(h.Origin) }),
		fyne.NewMenuItem("Copy the selected records", func() { fyne.CurrentApp().Clipboard().SetContent(e.view.Selected()) }),
		fyne.NewMenuItem("Copy the origin", func() { fyne.CurrentApp().Clipboard().SetContent(h.Origin.String()) }),
	}
	if !h.Time.IsZero() {
		t := h.Time
		items = append(items, fyne.NewMenuItemSeparator(),
			fyne.NewMenuItem("One minute around it", func() { s.narrowTime(t.Add(-30*time.Second), t.Add(30*time.Second)) }),
			fyne.NewMenuItem("One hour around it", func() { s.narrowTime(t.Add(-30*time.Minute), t.Add(30*time.Minute)) }))
	}
	if h.Pattern != "" {
		items = append(items, fyne.NewMenuItemSeparator(),
			fyne.NewMenuItem("Open its pattern", func() { s.Go(PagePatterns, h.Pattern) }),
			fyne.NewMenuItem("Only its pattern", func() { s.Narrow(func(f *analysis.Filter) { f.Patterns = []string{h.Pattern} }) }),
			fyne.NewMenuItem("Leave its pattern out", func() { s.Narrow(func(f *analysis.Filter) { Exclude(f, "pattern", h.Pattern) }) }))
	}
	s.Host.Menu(at, items...)
}

// searched returns the words and phrases that a query looks for, lower case.
func searched(query string) []string {
	var out []string
	for len(query) > 0 {
		query = strings.TrimLeft(query, " \t()")
		if query == "" {
			break
		}
		if query[0] == '"' {
			end := strings.IndexByte(query[1:], '"')
			if end < 0 {
				break
			}
			out = append(out, strings.ToLower(query[1:1+end]))
			query = query[end+2:]
			continue
		}
		word := query
		if i := strings.IndexAny(query, " \t"); i >= 0 {
			word = query[:i]
		}
		query = query[len(word):]
		word = strings.TrimRight(word, ")")
		if word == "OR" || word == "AND" || word == "NOT" || word == "" || word[0] == '-' || word[0] == '/' || isField(word) {
			continue
		}
		for _, p := range strings.Split(strings.ToLower(word), "*") {
			if p != "" {
				out = append(out, p)
			}
		}
	}
	return out
}

// isField reports whether a word of a query asks for a field.
func isField(word string) bool {
	i := strings.IndexAny(word, ":<>=")
	if i <= 0 {
		return false
	}
	switch strings.ToLower(word[:i]) {
	case "severity", "source", "bundle", "cluster", "host", "namespace", "pod", "container", "unit", "process", "format", "kind", "pattern", "cause", "run", "time":
		return true
	}
	return false
}

// near cuts the begin of a long text whose first match would not be seen.
func (e *explore) near(text string) string {
	const seen = 62 // characters that a small window shows
	spans := e.match(text)
	if len(spans) == 0 || spans[0][1] < seen {
		return text
	}
	return "… " + string([]rune(text)[min(spans[0][0], spans[0][1]-seen+6):])
}

// match returns the rune ranges of text that the query looked for.
func (e *explore) match(text string) [][2]int {
	if len(e.words) == 0 {
		return nil
	}
	lower := []rune(strings.Map(unicode.ToLower, text))
	var out [][2]int
	for _, w := range e.words {
		word := []rune(w)
		for i := 0; i+len(word) <= len(lower); i++ {
			if string(lower[i:i+len(word)]) == w {
				out = append(out, [2]int{i, i + len(word)})
				i += len(word) - 1
			}
		}
	}
	return out
}

// record shows one record in full, its fields and its neighbours.
type record struct {
	s     *Session
	asker *Asker
	box   *fyne.Container
	tab   int

	h     *index.Hit
	place string
	near  []index.Hit
}

func newRecord(s *Session) *record {
	r := &record{s: s, asker: s.Asker(), box: container.NewStack()}
	r.clear()
	return r
}

func (r *record) clear() {
	r.h = nil
	r.box.Objects = []fyne.CanvasObject{widget.Flush(widget.Empty("No record selected", "Click a record to see all of it, its fields and its neighbours."))}
	r.box.Refresh()
}

// show shows row i of n; n is below 0 while they are being counted.
func (r *record) show(h *index.Hit, i, n int) {
	place := fmt.Sprintf("record %s of %s", widget.Count(int64(i+1)), widget.Count(int64(n)))
	if n < 0 {
		place = fmt.Sprintf("record %s, counting the others…", widget.Count(int64(i+1)))
	}
	if r.h != nil && r.h.Origin == h.Origin && r.place == place {
		return
	}
	if r.h == nil || r.h.Origin != h.Origin {
		copied := *h
		r.h, r.near = &copied, nil
	}
	r.place = place
	r.build()
}

// around is how many neighbours are shown on each side.
const around = 50

func (r *record) build() {
	tabs := choice([]string{"Record", "Neighbours"}, r.tab, func(i int) {
		r.tab = i
		r.build()
	})
	head := container.New(layout.NewCustomPaddedLayout(4, 2, 6, 8), container.NewBorder(nil, nil, tabs, widget.Muted(r.place)))
	var body fyne.CanvasObject
	if r.tab == 0 {
		body = r.whole()
	} else {
		body = r.neighbours()
	}
	r.box.Objects = []fyne.CanvasObject{widget.Flush(container.NewBorder(head, nil, nil, nil, body))}
	r.box.Refresh()
}

// maxText bounds what is laid out of one record's text.
const maxText = 64 << 10

func (r *record) whole() fyne.CanvasObject {
	text := r.h.Text
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "\n… cut here: " + widget.Bytes(int64(len(r.h.Text)-maxText)) + " more"
	}
	l := fynewidget.NewLabel(strings.TrimRight(widget.CleanLines(text), "\n"))
	l.TextStyle.Monospace, l.Selectable, l.Wrapping = true, true, fyne.TextWrapBreak
	split := container.NewHSplit(container.NewVScroll(l), container.NewVScroll(r.fields()))
	split.Offset = 0.6
	return split
}

func (r *record) fields() fyne.CanvasObject {
	h, box := r.h, widget.Down(0)
	row := func(name, value string, filter bool) {
		if value == "" {
			return
		}
		buttons := widget.Across(0)
		if filter {
			field := strings.ToLower(name)
			buttons.Add(small("+", func() { r.s.Narrow(func(f *analysis.Filter) { Toggle(f, field, value) }) }))
			buttons.Add(small("−", func() { r.s.Narrow(func(f *analysis.Filter) { Exclude(f, field, value) }) }))
		}
		label := widget.Text(name, 12, widget.ColorMuted, fyne.TextStyle{})
		box.Add(container.New(layout.NewCustomPaddedLayout(1, 1, 8, 8), container.NewBorder(nil, nil, widget.Least(86, 1, label), buttons,
			widget.Fitted(widget.Text(tail(value, 120), 12, theme.ColorNameForeground, fyne.TextStyle{})))))
	}
	stamp := "none"
	if !h.Time.IsZero() {
		stamp = h.Time.In(r.s.Zone).Format("2006-01-02 15:04:05.000000 MST") + " (" + h.Quality.String() + ")"
	}
	row("Time", stamp, false)
	row("Severity", h.Severity.String(), h.Severity > 0)
	row("Source", h.Origin.Path, true)
	row("Line", fmt.Sprintf("%s (byte %s, %s)", widget.Count(h.Origin.Line), widget.Count(h.Origin.Offset), widget.Bytes(h.Origin.Length)), false)
	x := h.Resource
	row("Namespace", x.Namespace, true)
	row("Pod", x.Pod, true)
	row("Container", x.Container, true)
	row("Host", x.Host, true)
	row("Cluster", x.Cluster, true)
	row("Unit", x.Unit, true)
	row("Process", x.Process, true)
	row("Format", h.Format, true)
	row("Kind", h.Kind.String(), true)
	if h.Skip {
		row("Counted", "no: the same record stands elsewhere", false)
	}
	if p, ok := r.s.Case.Pattern(h.Pattern); ok && h.Pattern != "" {
		row("Pattern", h.Pattern, true)
		box.Add(container.New(layout.NewCustomPaddedLayout(0, 4, 4, 4), widget.Template(short(p.Template, 400), false)))
		box.Add(container.NewHBox(widget.Gap(4, 1), widget.Link(fmt.Sprintf("Open the pattern: %s, %s", widget.Plural(p.Count, "record"), stateName(p.State)), func() { r.s.Go(PagePatterns, h.Pattern) })))
	}
	return box
}

// small returns a button as large as a character.
func small(text string, tap func()) fyne.CanvasObject {
	t := canvas.NewText(text, theme.Color(theme.ColorNameHyperlink))
	t.TextStyle.Bold = true
	return widget.NewTap(container.New(layout.NewCustomPaddedLayout(0, 0, 6, 6), t), tap)
}

func (r *record) neighbours() fyne.CanvasObject {
	if r.near == nil {
		h := r.h
		var near []index.Hit
		r.asker.Ask(func(ctx context.Context) (err error) {
			near, err = r.s.Case.Context(ctx, h.Origin, around, around)
			return err
		}, func(err error) {
			if err != nil {
				r.s.Host.Tell("The neighbours could not be read", err.Error(), true)
				return
			}
			if r.h == h && r.tab == 1 {
				r.near = near
				r.build()
			}
		})
		return waiting("Reading…")
	}
	v := widget.NewLogView(logColumns(), func() int { return len(r.near) }, func(i int) []widget.LogCell { return r.s.logRow(&r.near[i]) })
	v.OnOpen = func(i int) { r.s.ShowOrigin(r.near[i].Origin) }
	at := 0
	for i := range r.near {
		if r.near[i].Origin == r.h.Origin {
			at = i
		}
	}
	v.Select(at)
	return v
}
