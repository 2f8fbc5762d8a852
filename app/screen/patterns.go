package screen

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"faultline/analysis"
	"faultline/analysis/chart"
	"faultline/app/widget"
	"faultline/index"
)

// patterns lists what recurs; one of them has a detail page.
type patterns struct {
	s      *Session
	asker  *Asker
	box    *fyne.Container
	head   *fyne.Container
	table  *widget.Table
	detail *pattern

	shown string
	all   []patternRow
	rows  []patternRow // of the chosen state, sorted
	state int          // 0 failing, 1 benign, 2 all
	sum   int64
}

type patternRow struct {
	analysis.Pattern
	episodes int
	failed   analysis.Failed // the records that it fails by
	trend    []int64
}

// last returns when the pattern was seen last: failing, when it fails.
func (r *patternRow) last() time.Time {
	if r.State == analysis.PatternFailure {
		return r.failed.Last
	}
	return r.Last
}

// The columns of the list.
const (
	colTemplate = iota
	colFailing
	colRecords
	colShare
	colEpisodes
	colTrend
	colSeverity
	colState
	colSources
	colLast
	colCause
)

func newPatterns(s *Session) *patterns {
	v := &patterns{s: s, asker: s.Asker(), box: container.NewStack(), head: container.NewStack()}
	v.table = widget.NewTable([]widget.Column{
		{Title: "Template", Width: 260, Grow: 1, Kind: widget.CellMono, Sort: true},
		{Title: "Failing", Width: 66, Align: fyne.TextAlignTrailing, Sort: true},
		{Title: "Of all alike", Width: 84, Align: fyne.TextAlignTrailing, Sort: true},
		{Title: "Share", Width: 104, Kind: widget.CellBar, Sort: true, Drop: 3},
		{Title: "Episodes", Width: 68, Align: fyne.TextAlignTrailing, Sort: true, Drop: 5},
		{Title: "Over time", Width: 104, Kind: widget.CellSpark},
		{Title: "Severity", Width: 66, Kind: widget.CellTag, Sort: true},
		{Title: "State", Width: 66, Kind: widget.CellTag, Sort: true, Drop: 1},
		{Title: "Sources", Width: 66, Align: fyne.TextAlignTrailing, Sort: true, Drop: 2},
		{Title: "Last", Width: 104, Sort: true, Drop: 4},
		{Title: "Cause", Width: 110, Grow: 0.25, Sort: true},
	}, func() int { return len(v.rows) }, v.cell)
	v.table.SortBy, v.table.SortDown = colFailing, true
	v.table.OnSort = func(int, bool) { v.arrange() }
	v.table.OnOpen = func(i int) { s.Go(PagePatterns, v.rows[i].ID) }
	v.table.OnMenu = func(i int, at fyne.Position) {
		p := v.rows[i].Pattern
		s.Host.Menu(at,
			fyne.NewMenuItem("Open", func() { s.Go(PagePatterns, p.ID) }),
			fyne.NewMenuItem("Show its records", func() { v.records(p.ID) }),
			fyne.NewMenuItem("Leave it out", func() { s.Narrow(func(f *analysis.Filter) { Exclude(f, "pattern", p.ID) }) }),
			fyne.NewMenuItemSeparator(),
			fyne.NewMenuItem("Mark as benign…", func() { s.mark(v.asker, p, analysis.PatternBenign) }),
			fyne.NewMenuItem("Mark as failing…", func() { s.mark(v.asker, p, analysis.PatternFailure) }),
			fyne.NewMenuItem("Take the mark back", func() { s.mark(v.asker, p, "") }))
	}
	return v
}

func (v *patterns) records(id string) {
	f := clone(v.s.Filter())
	f.Patterns = []string{id}
	v.s.Explore(f)
}

// mark records the user's decision about a pattern, with a reason, and assesses
// the case again.
func (s *Session) mark(a *Asker, p analysis.Pattern, state analysis.PatternState) {
	done := func(reason string) {
		if err := s.Case.Mark(p.ID, state, reason, "user of this computer"); err != nil {
			s.Host.Tell("The mark could not be kept", err.Error(), true)
			return
		}
		s.Host.Trace("marked %s %s", p.ID, state)
		s.Host.Tell("Marked as "+stateName(state), short(p.Template, 90), false)
		s.Reassess(a)
	}
	switch state {
	case analysis.PatternBenign:
		s.Host.Ask("Mark as benign", "Why is this harmless? The pattern stays listed and counted, with this reason.", done)
	case analysis.PatternFailure:
		s.Host.Ask("Mark as failing", "Why does this count as a failure?", done)
	default:
		done("")
	}
}

func (v *patterns) Object() fyne.CanvasObject { return v.box }

func (v *patterns) Show(p Place) {
	if p.Arg != "" {
		if v.detail == nil {
			v.detail = newPattern(v.s)
		}
		v.detail.show(p)
		v.set(v.detail.box)
		return
	}
	key := fmt.Sprintf("%p %s", v.s.Whole(), Key(p.Filter))
	if key == v.shown {
		v.build()
		return
	}
	f := clone(p.Filter)
	first := v.shown == ""
	v.shown = key
	var rows []patternRow
	v.asker.Ask(func(ctx context.Context) (err error) {
		rows, err = v.load(ctx, f)
		return err
	}, func(err error) {
		if err != nil {
			v.set(padded(mistake(v.s, err)))
			return
		}
		v.all = rows
		if failing, _ := v.counts(); first && failing == 0 {
			v.state = 2
		}
		v.arrange()
		v.build()
		v.s.Host.Trace("patterns %d", len(rows))
	})
	if first {
		v.set(waiting("Reading patterns…"))
	}
}

func (v *patterns) load(ctx context.Context, f analysis.Filter) ([]patternRow, error) {
	list, err := v.s.Case.Patterns(ctx, f)
	if err != nil {
		return nil, err
	}
	a, err := v.s.Assessment(ctx, f)
	if err != nil {
		return nil, err
	}
	trends, err := v.s.trends(ctx, f, 36)
	if err != nil {
		return nil, err
	}
	var rows []patternRow
	for _, p := range judged(list, a) {
		r := patternRow{Pattern: p, episodes: a.Episodes[p.ID], trend: trends[p.ID]}
		if p.State == analysis.PatternFailure {
			r.failed = a.Failed[p.ID]
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// judged returns patterns in the state that an assessment holds them to be in,
// as the headless command lists them: one that fails by its words alone is
// neutral when the catalogue knows better.
func judged(list []analysis.Pattern, a *analysis.Assessment) []analysis.Pattern {
	at := map[string]*analysis.Pattern{}
	for i := range a.Patterns {
		at[a.Patterns[i].ID] = &a.Patterns[i]
	}
	out := slices.Clone(list)
	for i := range out {
		p := &out[i]
		switch j := at[p.ID]; {
		case j != nil:
			p.State, p.Reason, p.Cause = j.State, j.Reason, j.Cause
		case p.State == analysis.PatternFailure:
			p.State = analysis.PatternNeutral
		}
	}
	return out
}

// trends counts every pattern's records of a filter in n equal buckets.
func (s *Session) trends(ctx context.Context, f analysis.Filter, n int) (map[string][]int64, error) {
	span := s.Case.Info().Span
	from, to := span.From, span.To
	if f.From.After(from) {
		from = f.From
	}
	if !f.To.IsZero() && f.To.Before(to) {
		to = f.To
	}
	width := int64(to.Sub(from))/int64(n) + 1
	ids := s.Case.PatternIDs()
	base := analysis.Nanos(from)
	out := map[string][]int64{}
	if width <= 1 || base == analysis.NoTime {
		return out, nil
	}
	counts := make([][]int64, len(ids))
	err := s.Case.Scan(ctx, f, func(m *index.Meta) error {
		if m.Pattern < 0 || m.Time == analysis.NoTime {
			return nil
		}
		c := counts[m.Pattern]
		if c == nil {
			c = make([]int64, n)
			counts[m.Pattern] = c
		}
		c[min(max(0, (m.Time-base)/width), int64(n)-1)]++
		return nil
	})
	for i, c := range counts {
		if c != nil {
			out[ids[i]] = c
		}
	}
	return out, err
}

func (v *patterns) counts() (failing, benign int) {
	for _, r := range v.all {
		switch r.State {
		case analysis.PatternFailure:
			failing++
		case analysis.PatternBenign:
			benign++
		}
	}
	return failing, benign
}

// arrange fills the rows of the chosen state in the chosen order.
func (v *patterns) arrange() {
	v.rows, v.sum = nil, 0
	for _, r := range v.all {
		v.sum += r.Count
		if v.state == 0 && r.State != analysis.PatternFailure || v.state == 1 && r.State != analysis.PatternBenign {
			continue
		}
		v.rows = append(v.rows, r)
	}
	v.table.Columns[colState].Hide = v.state != 2 // they are all in one state
	v.table.Columns[colFailing].Hide = v.state != 0
	v.table.Columns[colRecords].Title = "Records"
	if v.state == 0 {
		v.table.Columns[colRecords].Title = "Of all alike"
	} else if v.table.SortBy == colFailing {
		v.table.SortBy = colRecords
	}
	by, down := v.table.SortBy, v.table.SortDown
	slices.SortStableFunc(v.rows, func(a, b patternRow) int {
		c := 0
		switch by {
		case colTemplate:
			c = cmp.Compare(a.Template, b.Template)
		case colFailing:
			c = cmp.Or(cmp.Compare(a.failed.Records, b.failed.Records), cmp.Compare(a.Count, b.Count))
		case colEpisodes:
			c = cmp.Compare(a.episodes, b.episodes)
		case colSeverity:
			c = cmp.Compare(a.Severity, b.Severity)
		case colState:
			c = cmp.Compare(a.State, b.State)
		case colSources:
			c = cmp.Compare(a.Sources, b.Sources)
		case colLast:
			c = a.last().Compare(b.last())
		case colCause:
			c = cmp.Compare(v.s.causeTitle(a.Cause), v.s.causeTitle(b.Cause))
		default:
			c = cmp.Compare(a.Count, b.Count)
		}
		if down {
			c = -c
		}
		return c
	})
	v.table.Refresh()
}

func (v *patterns) build() {
	failing, benign := v.counts()
	words := []string{"Failing " + widget.Count(int64(failing)), "Benign " + widget.Count(int64(benign)), "All " + widget.Count(int64(len(v.all)))}
	head := container.NewBorder(nil, nil, choice(words, v.state, func(i int) {
		v.state = i
		v.table.Reset()
		v.arrange()
		v.build()
	}), widget.Muted(fmt.Sprintf("%s in %s", widget.Plural(v.sum, "record"), widget.Plural(int64(len(v.all)), "pattern"))))
	var body fyne.CanvasObject = widget.Flush(v.table)
	if len(v.rows) == 0 {
		body = nothing(v.s, []string{"failing patterns", "benign patterns", "patterns"}[v.state])
	}
	v.set(padded(container.NewBorder(container.NewVBox(head, widget.Gap(1, 4)), nil, nil, nil, body)))
}

func (v *patterns) set(c fyne.CanvasObject) {
	v.box.Objects = []fyne.CanvasObject{c}
	v.box.Refresh()
}

func (v *patterns) cell(i, j int) widget.Cell {
	r := &v.rows[i]
	muted := widget.ColorMuted
	switch j {
	case colTemplate:
		return widget.Cell{Text: widget.Clean(r.Title())}
	case colFailing:
		return widget.Cell{Text: widget.Count(r.failed.Records)}
	case colRecords:
		return widget.Cell{Text: widget.Count(r.Count)}
	case colShare:
		return widget.Cell{Text: chart.Percent(float64(r.Count), float64(v.sum)), Value: float64(r.Count) / float64(max(1, v.sum)), Tint: widget.KindColor(r.Severity.String()), Color: muted}
	case colEpisodes:
		if r.episodes == 0 {
			return widget.Cell{Text: "–", Color: muted}
		}
		return widget.Cell{Text: widget.Count(int64(r.episodes))}
	case colTrend:
		return widget.Cell{Counts: r.trend, Tint: widget.KindColor(r.Severity.String())}
	case colSeverity:
		return severityCell(r.Severity)
	case colState:
		return widget.Cell{Text: stateName(r.State), Tint: stateTint(r.State)}
	case colSources:
		return widget.Cell{Text: widget.Count(int64(r.Sources)), Color: muted}
	case colLast:
		return widget.Cell{Text: v.s.brief(r.last()), Color: muted}
	}
	if r.Cause == "" && r.State == analysis.PatternBenign {
		return widget.Cell{Text: r.Reason, Color: muted}
	}
	return widget.Cell{Text: v.s.causeTitle(r.Cause), Color: theme.ColorNameForeground}
}

// brief prints a time short: without its year in a case of one year, without
// the hour in a case of several.
func (s *Session) brief(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	span := s.Case.Info().Span
	if span.From.In(s.Zone).Year() != span.To.In(s.Zone).Year() {
		return t.In(s.Zone).Format("2 Jan 2006")
	}
	return t.In(s.Zone).Format("2 Jan 15:04")
}
