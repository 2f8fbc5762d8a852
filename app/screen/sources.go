package screen

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"

	"faultline/analysis"
	"faultline/analysis/chart"
	"faultline/app/widget"
)

// sources shows the ledger: every member of every bundle, and what was read of
// it.
type sources struct {
	s      *Session
	box    *fyne.Container
	table  *widget.Table
	detail *fyne.Container
	shown  string

	all  []analysis.Member
	rows []analysis.Member
	kind int
	pick string // path
}

var sourceKinds = []struct {
	name string
	is   func(m *analysis.Member) bool
}{
	{"All", func(*analysis.Member) bool { return true }},
	{"Read", func(m *analysis.Member) bool { return m.Records > 0 }},
	{"Failing", func(m *analysis.Member) bool { return m.Failing > 0 }},
	{"Links", func(m *analysis.Member) bool { return m.Kind == analysis.MemberLink }},
	{"Left out", func(m *analysis.Member) bool { return m.Skipped > 0 || m.Kind == analysis.MemberUnread }},
	{"Problems", func(m *analysis.Member) bool { return len(m.Problems) > 0 }},
}

func newSources(s *Session) *sources {
	v := &sources{s: s, box: container.NewStack(), detail: container.NewStack()}
	v.table = widget.NewTable([]widget.Column{
		{Title: "Path", Width: 250, Grow: 1, Sort: true, Tail: true},
		{Title: "Kind", Width: 86, Kind: widget.CellTag, Sort: true, Drop: 3},
		{Title: "Format", Width: 122, Sort: true, Drop: 4},
		{Title: "Records", Width: 76, Align: fyne.TextAlignTrailing, Sort: true},
		{Title: "Errors", Width: 62, Align: fyne.TextAlignTrailing, Sort: true},
		{Title: "Time", Width: 190, Sort: true},
		{Title: "Times are", Width: 108, Sort: true, Drop: 2},
		{Title: "Bytes", Width: 70, Align: fyne.TextAlignTrailing, Sort: true},
		{Title: "Indexed", Width: 108, Kind: widget.CellBar, Sort: true, Drop: 1},
		{Title: "Problems", Width: 110, Grow: 0.2},
	}, func() int { return len(v.rows) }, v.cell)
	v.table.SortBy, v.table.SortDown = 3, true
	v.table.OnSort = func(int, bool) { v.arrange() }
	v.table.OnSelect = func(i int) {
		v.pick = v.rows[i].Path
		v.show(&v.rows[i])
	}
	v.table.OnOpen = func(i int) { v.open(v.rows[i].Path) }
	v.table.OnMenu = func(i int, at fyne.Position) {
		path := v.rows[i].Path
		s.Host.Menu(at,
			fyne.NewMenuItem("Show its records", func() { v.open(path) }),
			fyne.NewMenuItem("Only this source", func() { s.Narrow(func(f *analysis.Filter) { f.Sources = []string{path} }) }),
			fyne.NewMenuItem("Leave this source out", func() { s.Narrow(func(f *analysis.Filter) { Exclude(f, "source", path) }) }),
			fyne.NewMenuItem("Copy the path", func() { fyne.CurrentApp().Clipboard().SetContent(path) }))
	}
	return v
}

func (v *sources) open(path string) { v.s.Explore(analysis.Filter{Sources: []string{path}}) }

func (v *sources) Object() fyne.CanvasObject { return v.box }

func (v *sources) Show(p Place) {
	key := fmt.Sprintf("%p", v.s.Whole())
	if key != v.shown {
		v.shown = key
		v.all = v.all[:0]
		for _, m := range v.s.Case.Members().All() {
			v.all = append(v.all, *m)
		}
		v.arrange()
		v.build()
		v.s.Host.Trace("sources %d", len(v.all))
	}
	if p.Arg != "" {
		for i := range v.rows {
			if v.rows[i].Path == p.Arg {
				v.table.Select(i)
				v.show(&v.rows[i])
			}
		}
	}
}

func (v *sources) arrange() {
	v.rows = v.rows[:0]
	for i := range v.all {
		if sourceKinds[v.kind].is(&v.all[i]) {
			v.rows = append(v.rows, v.all[i])
		}
	}
	by, down := v.table.SortBy, v.table.SortDown
	slices.SortStableFunc(v.rows, func(a, b analysis.Member) int {
		c := 0
		switch by {
		case 1:
			c = cmp.Compare(a.Kind, b.Kind)
		case 2:
			c = cmp.Compare(a.Format, b.Format)
		case 3:
			c = cmp.Compare(a.Records, b.Records)
		case 4:
			c = cmp.Compare(a.Failing, b.Failing)
		case 5:
			c = a.Span.From.Compare(b.Span.From)
		case 6:
			c = cmp.Compare(a.Quality, b.Quality)
		case 7:
			c = cmp.Compare(a.Bytes, b.Bytes)
		case 8:
			c = cmp.Compare(indexed(&a), indexed(&b))
		default:
			c = cmp.Compare(a.Path, b.Path)
		}
		if down {
			c = -c
		}
		return c
	})
	v.table.Select(slices.IndexFunc(v.rows, func(m analysis.Member) bool { return m.Path == v.pick && m.Path != "" }))
}

// briefRange prints a span, without its year in a case of one year.
func (s *Session) briefRange(p analysis.Span) string {
	text := widget.Range(p.From, p.To, s.Zone)
	all := s.Case.Info().Span
	if y := all.From.In(s.Zone).Year(); y == all.To.In(s.Zone).Year() {
		text = strings.ReplaceAll(text, fmt.Sprintf(" %d", y), "")
	}
	return text
}

func indexed(m *analysis.Member) float64 {
	if m.Bytes == 0 {
		return 0
	}
	return float64(m.Indexed) / float64(m.Bytes)
}

func (v *sources) build() {
	var words []string
	for _, k := range sourceKinds {
		n := 0
		for i := range v.all {
			if k.is(&v.all[i]) {
				n++
			}
		}
		words = append(words, fmt.Sprintf("%s %s", k.name, widget.Count(int64(n))))
	}
	head := choice(words, v.kind, func(i int) {
		v.kind = i
		v.table.Reset()
		v.arrange()
		v.build()
	})
	top := widget.Down(8, v.tiles(), container.NewHBox(head))
	var body fyne.CanvasObject = widget.Flush(v.table)
	if len(v.rows) == 0 {
		body = widget.Empty("No such sources", "None of the case's "+widget.Plural(int64(len(v.all)), "member")+" is of this kind.")
	}
	v.box.Objects = []fyne.CanvasObject{padded(container.NewBorder(container.NewVBox(top, widget.Gap(1, 4)), v.detail, nil, nil, body))}
	v.box.Refresh()
}

func (v *sources) tiles() fyne.CanvasObject {
	var bytes, in, out, records, timed int64
	kinds := map[analysis.MemberKind]int64{}
	problems := int64(0)
	for i := range v.all {
		m := &v.all[i]
		bytes, in, out = bytes+m.Bytes, in+m.Indexed, out+m.Skipped
		records, timed = records+m.Records, timed+m.Timed
		kinds[m.Kind]++
		problems += int64(len(m.Problems))
	}
	grid := container.New(layout.NewGridLayoutWithColumns(5))
	var kindWords []string
	for _, k := range []analysis.MemberKind{analysis.MemberText, analysis.MemberDocument, analysis.MemberArchive, analysis.MemberLink, analysis.MemberBinary, analysis.MemberEmpty, analysis.MemberSpecial, analysis.MemberUnread} {
		if kinds[k] > 0 {
			kindWords = append(kindWords, memberWord(kinds[k], k))
		}
	}
	show := func(kind int) func() {
		return func() {
			v.kind = kind
			v.table.Reset()
			v.arrange()
			v.build()
		}
	}
	grid.Add(widget.Tile("Members", widget.Count(int64(len(v.all))), strings.Join(kindWords, ", "), "", show(0)))
	grid.Add(widget.Tile("Bytes", widget.Bytes(bytes), fmt.Sprintf("%s indexed + %s left out with a reason", widget.Bytes(in), widget.Bytes(out)), "", show(4)))
	grid.Add(widget.Tile("Indexed", chart.Percent(float64(in), float64(bytes)), "of all bytes", "", show(1)))
	grid.Add(widget.Tile("Records", widget.Count(records), widget.Count(timed)+" have a time", "", func() { v.s.Explore(analysis.Filter{}) }))
	c := theme.ColorNameForeground
	if problems > 0 {
		c = theme.ColorNameWarning
	}
	grid.Add(widget.Tile("Problems", widget.Count(problems), "faults of the data, none stopped the import", c, show(5)))
	return grid
}

// memberWord counts members of a kind: "19 text files", "871 empty".
func memberWord(n int64, k analysis.MemberKind) string {
	switch k {
	case analysis.MemberText:
		return widget.Plural(n, "text file")
	case analysis.MemberDocument, analysis.MemberArchive, analysis.MemberLink:
		return widget.Plural(n, string(k))
	}
	return widget.Count(n) + " " + string(k)
}

func kindTint(k analysis.MemberKind) fyne.ThemeColorName {
	switch k {
	case analysis.MemberText:
		return theme.ColorNamePrimary
	case analysis.MemberDocument:
		return theme.ColorNameSuccess
	case analysis.MemberUnread:
		return theme.ColorNameError
	}
	return widget.ColorFaint
}

func (v *sources) cell(i, j int) widget.Cell {
	m := &v.rows[i]
	muted := widget.ColorMuted
	number := func(n int64) widget.Cell {
		if n == 0 {
			return widget.Cell{Text: "–", Color: widget.ColorFaint}
		}
		return widget.Cell{Text: widget.Count(n)}
	}
	switch j {
	case 0:
		return widget.Cell{Text: widget.Clean(m.Path)}
	case 1:
		return widget.Cell{Text: string(m.Kind), Tint: theme.Color(kindTint(m.Kind))}
	case 2:
		return widget.Cell{Text: m.Format, Color: muted}
	case 3:
		return number(m.Records)
	case 4:
		c := number(m.Failing)
		if m.Failing > 0 {
			c.Color = theme.ColorNameError
		}
		return c
	case 5:
		if m.Span.IsZero() {
			return widget.Cell{Text: "–", Color: widget.ColorFaint}
		}
		return widget.Cell{Text: v.s.briefRange(m.Span), Color: muted}
	case 6:
		switch {
		case m.Records == 0:
			return widget.Cell{}
		case m.Timed == 0 && m.Kind == analysis.MemberDocument:
			return widget.Cell{Text: "–", Color: widget.ColorFaint}
		case m.Timed == 0:
			return widget.Cell{Text: "none", Color: theme.ColorNameWarning}
		}
		return widget.Cell{Text: m.Quality.String(), Color: muted}
	case 7:
		return widget.Cell{Text: widget.Bytes(m.Bytes)}
	case 8:
		if m.Bytes == 0 {
			return widget.Cell{Color: muted}
		}
		return widget.Cell{Text: chart.Percent(float64(m.Indexed), float64(m.Bytes)), Value: indexed(m), Tint: theme.Color(theme.ColorNameSuccess), Color: muted}
	}
	switch {
	case len(m.Problems) > 0:
		return widget.Cell{Text: fmt.Sprintf("%d: %s", len(m.Problems), m.Problems[0].Kind), Color: theme.ColorNameWarning}
	case m.Link != "":
		return widget.Cell{Text: "to " + widget.Clean(m.Link), Color: muted}
	}
	return widget.Cell{Text: m.Reason, Color: muted}
}

// show says everything about a member below the table.
func (v *sources) show(m *analysis.Member) {
	facts := []string{string(m.Kind)}
	for _, x := range []string{m.Format, m.Detail, m.Encoding} {
		if x != "" {
			facts = append(facts, x)
		}
	}
	facts = append(facts, fmt.Sprintf("%s = %s indexed + %s left out", widget.Bytes(m.Bytes), widget.Bytes(m.Indexed), widget.Bytes(m.Skipped)))
	if m.Lines > 0 {
		facts = append(facts, widget.Plural(m.Lines, "line"))
	}
	if m.Timed > 0 {
		facts = append(facts, fmt.Sprintf("%s of %s records have a time", widget.Count(m.Timed), widget.Count(m.Records)))
	}
	if m.Zone != "" {
		facts = append(facts, "zone assumed: "+m.Zone)
	}
	box := widget.Down(2,
		container.NewBorder(nil, nil, nil, widget.Link("Show its records", func() { v.open(m.Path) }), widget.Body(widget.Clean(m.Path))),
		widget.Fitted(widget.Muted(strings.Join(facts, "  ·  "))))
	if m.SHA256 != "" {
		box.Add(widget.Fitted(widget.Muted("SHA-256 " + m.SHA256)))
	}
	if m.Reason != "" {
		box.Add(widget.Body("Left out: " + m.Reason))
	}
	for i, p := range m.Problems {
		if i == 4 {
			box.Add(widget.Muted(fmt.Sprintf("%d more problems", len(m.Problems)-i)))
			break
		}
		box.Add(widget.Body(fmt.Sprintf("%s: %s", capital(p.Kind), widget.Clean(p.Detail))))
	}
	v.detail.Objects = []fyne.CanvasObject{container.New(layout.NewCustomPaddedLayout(8, 0, 0, 0), widget.Panel("", nil, box))}
	v.detail.Refresh()
	v.s.Host.Trace("source %s", m.Path)
}
