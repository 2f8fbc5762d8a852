package screen

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"

	"faultline/analysis"
	"faultline/analysis/chart"
	"faultline/app/widget"
)

// runs shows run histories: rates, lanes, and every run that failed.
type runs struct {
	s     *Session
	asker *Asker
	box   *fyne.Container
	shown string

	a      *analysis.Assessment
	runs   []analysis.Run // of the filter's time, oldest first
	sums   []analysis.JobSummary
	jobs   []analysis.JobSummary
	failed []analysis.Run // newest first
	table  *widget.Table
	list   *widget.Table
	lanes  []chart.Lane
	lane   [][]int // index into runs, by lane and place
	detail *fyne.Container
	kind   analysis.RunKind
}

func newRuns(s *Session) *runs {
	v := &runs{s: s, asker: s.Asker(), box: container.NewStack(waiting("Reading runs…"))}
	v.table = widget.NewTable([]widget.Column{
		{Title: "Job", Width: 150, Grow: 1, Sort: true},
		{Title: "Pipeline", Width: 110, Grow: 0.5, Sort: true, Drop: 4},
		{Title: "Runs", Width: 62, Align: fyne.TextAlignTrailing, Sort: true},
		{Title: "Failed", Width: 62, Align: fyne.TextAlignTrailing, Sort: true},
		{Title: "Failure rate", Width: 150, Kind: widget.CellBar, Sort: true},
		{Title: "95 % interval", Width: 112, Align: fyne.TextAlignTrailing},
		{Title: "Flaky", Width: 54, Align: fyne.TextAlignTrailing, Sort: true, Drop: 3},
		{Title: "Median", Width: 78, Align: fyne.TextAlignTrailing, Sort: true, Drop: 5},
		{Title: "p95", Width: 78, Align: fyne.TextAlignTrailing, Sort: true, Drop: 2},
		{Title: "Lost", Width: 82, Align: fyne.TextAlignTrailing, Sort: true, Drop: 1},
		{Title: "Last results", Width: 190, Kind: widget.CellDots},
	}, func() int { return len(v.jobs) }, v.jobCell)
	v.table.SortBy, v.table.SortDown = 3, true
	v.table.OnSort = func(int, bool) { v.sort(); v.table.Refresh() }
	v.table.OnOpen = func(i int) { v.s.Go(PageRuns, jobName(v.jobs[i].Pipeline, v.jobs[i].Job)) }
	v.list = widget.NewTable([]widget.Column{
		{Title: "Started", Width: 150},
		{Title: "Job", Width: 130, Grow: 0.4},
		{Title: "Result", Width: 84, Kind: widget.CellTag},
		{Title: "Try", Width: 40, Align: fyne.TextAlignTrailing, Drop: 2},
		{Title: "Duration", Width: 76, Align: fyne.TextAlignTrailing},
		{Title: "Branch", Width: 104, Drop: 1},
		{Title: "Commit", Width: 80, Kind: widget.CellMono},
		{Title: "Message", Width: 200, Grow: 1},
	}, func() int { return len(v.failed) }, v.failedCell)
	v.list.OnSelect = func(i int) { v.pick(&v.failed[i]) }
	v.list.OnOpen = func(i int) { v.s.ShowOrigin(v.failed[i].Origin) }
	v.detail = container.NewStack()
	return v
}

func (v *runs) Object() fyne.CanvasObject { return v.box }

func (v *runs) Show(p Place) {
	key := fmt.Sprintf("%p %s %s", v.s.Whole(), Key(p.Filter), p.Arg)
	if key == v.shown {
		return
	}
	v.shown = key
	f := clone(p.Filter)
	var a *analysis.Assessment
	v.asker.Ask(func(ctx context.Context) (err error) {
		a, err = v.s.Assessment(ctx, f)
		return err
	}, func(err error) {
		if err != nil {
			v.set(padded(mistake(v.s, err)))
			return
		}
		v.a = a
		v.take(p)
		v.build(p)
		v.s.Host.Trace("runs %d failed=%d jobs=%d", len(v.runs), len(v.failed), len(v.jobs))
	})
}

// take sorts the case's runs and the assessment's jobs for the page.
func (v *runs) take(p Place) {
	v.sums, v.jobs, v.runs, v.failed = nil, nil, nil, nil
	most, there := 0, false
	for _, j := range v.a.Jobs {
		if j.Job == "" && j.Pipeline == "" {
			v.sums = append(v.sums, j)
			there = there || j.Kind == v.kind
		}
	}
	for _, j := range v.sums {
		if !there && j.Runs > most {
			most, v.kind = j.Runs, j.Kind
		}
	}
	for _, j := range v.a.Jobs {
		if (j.Job != "" || j.Pipeline != "") && j.Kind == v.kind && (p.Arg == "" || jobName(j.Pipeline, j.Job) == p.Arg) {
			v.jobs = append(v.jobs, j)
		}
	}
	f := p.Filter
	for _, r := range v.s.Case.Runs() {
		t := r.When()
		if !f.From.IsZero() && t.Before(f.From) || !f.To.IsZero() && !t.Before(f.To) || p.Arg != "" && jobName(r.Pipeline, r.Job) != p.Arg || r.Kind != v.kind {
			continue
		}
		if len(f.Sources) > 0 && !contains(f.Sources, r.Origin.Path) {
			continue
		}
		v.runs = append(v.runs, r)
	}
	slices.SortStableFunc(v.runs, func(a, b analysis.Run) int { return a.When().Compare(b.When()) })
	for _, r := range slices.Backward(v.runs) {
		if r.Status.Failed() {
			v.failed = append(v.failed, r)
		}
	}
	v.bare()
	v.sort()
	v.laneRuns()
}

// bare hides the columns that no row has anything for.
func (v *runs) bare() {
	v.table.Columns[1].Hide = !slices.ContainsFunc(v.jobs, func(j analysis.JobSummary) bool { return j.Pipeline != "" })
	for col, said := range map[int]func(r analysis.Run) bool{
		3: func(r analysis.Run) bool { return r.Attempt > 0 },
		5: func(r analysis.Run) bool { return r.Branch != "" },
		6: func(r analysis.Run) bool { return r.Commit != "" },
		7: func(r analysis.Run) bool { return r.Message != "" },
	} {
		v.list.Columns[col].Hide = !slices.ContainsFunc(v.failed, said)
	}
}

func (v *runs) sort() {
	by, down := v.table.SortBy, v.table.SortDown
	slices.SortStableFunc(v.jobs, func(a, b analysis.JobSummary) int {
		c := 0
		switch by {
		case 0:
			c = cmp.Compare(a.Job, b.Job)
		case 1:
			c = cmp.Compare(a.Pipeline, b.Pipeline)
		case 2:
			c = cmp.Compare(a.Runs, b.Runs)
		case 4:
			c = cmp.Compare(a.Rate.Value, b.Rate.Value)
		case 6:
			c = cmp.Compare(a.Flaky, b.Flaky)
		case 7:
			c = cmp.Compare(a.Median, b.Median)
		case 8:
			c = cmp.Compare(a.P95, b.P95)
		case 9:
			c = cmp.Compare(a.Lost, b.Lost)
		default:
			c = cmp.Or(cmp.Compare(a.Failed, b.Failed), cmp.Compare(a.Runs, b.Runs))
		}
		if down {
			c = -c
		}
		return c
	})
}

// maxLanes is how many jobs have a lane: those that fail most.
const maxLanes = 8

func (v *runs) laneRuns() {
	type job struct{ pipeline, job string }
	at := map[job]int{}
	v.lanes, v.lane = nil, nil
	jobs := slices.Clone(v.jobs)
	slices.SortStableFunc(jobs, func(a, b analysis.JobSummary) int {
		return cmp.Or(-cmp.Compare(a.Failed, b.Failed), -cmp.Compare(a.Runs, b.Runs))
	})
	for _, j := range jobs {
		if len(v.lanes) == maxLanes {
			break
		}
		at[job{j.Pipeline, j.Job}] = len(v.lanes)
		v.lanes = append(v.lanes, chart.Lane{Name: short(shortJob(j.Pipeline, j.Job), 34)})
		v.lane = append(v.lane, nil)
	}
	for k, r := range v.runs {
		i, ok := at[job{r.Pipeline, r.Job}]
		if !ok || r.When().IsZero() {
			continue
		}
		end := r.End
		if end.IsZero() {
			end = r.When().Add(r.Duration)
		}
		v.lanes[i].Runs = append(v.lanes[i].Runs, chart.Run{From: r.When(), To: end, Status: r.Status})
		v.lane[i] = append(v.lane[i], k)
	}
}

func jobName(pipeline, job string) string {
	if job == "" {
		return pipeline
	}
	return job
}

// shortJob is a job's name without its pipeline's, which many repeat once or
// twice: what tells jobs apart would stand behind a column's edge.
func shortJob(pipeline, job string) string {
	for pipeline != "" {
		rest, ok := strings.CutPrefix(job, pipeline)
		if !ok || len(rest) < 2 || !strings.ContainsRune(".-/: ", rune(rest[0])) {
			break
		}
		job = rest[1:]
	}
	return jobName(pipeline, job)
}

func (v *runs) set(c fyne.CanvasObject) {
	v.box.Objects = []fyne.CanvasObject{c}
	v.box.Refresh()
}

func (v *runs) build(p Place) {
	if len(v.runs) == 0 {
		if Key(p.Filter) == Key(analysis.Filter{}) && p.Arg == "" {
			v.set(padded(widget.Empty("No run history in this case", "Runs come from CI job histories (CSV, GitHub, GitLab), JUnit reports and Kubernetes jobs.\nDrop such a file on the window to add it to the case.")))
			return
		}
		v.set(padded(nothing(v.s, "runs")))
		return
	}
	v.table.Reset()
	v.list.Reset()
	v.pick(nil)
	top := widget.Down(8, v.tiles(), v.lanesPanel())
	if len(v.sums) > 1 {
		top = widget.Down(8, v.kinds(p), v.tiles(), v.lanesPanel())
	}
	failedTitle := fmt.Sprintf("Failed runs, newest first (%s)", widget.Count(int64(len(v.failed))))
	jobs := widget.Panel("Jobs", widget.Muted("rates are over runs that succeeded, failed, timed out or lost their infrastructure; others are not counted"),
		widget.Least(300, widget.TableHeight(max(1, min(8, len(v.jobs))))+4, v.table))
	failures := widget.Panel(failedTitle, nil, container.NewBorder(nil, v.detail, nil, nil, widget.Least(300, 250, v.list)))
	page := widget.Down(8, top, jobs, failures)
	if note := v.s.scope(p.Filter, -1); note != nil {
		page = widget.Down(8, note, top, jobs, failures)
	}
	v.set(container.NewVScroll(padded(page)))
}

// kinds returns the choice between the kinds of runs; rates are never taken
// over a mixture of them.
func (v *runs) kinds(p Place) fyne.CanvasObject {
	var words []string
	at := 0
	for i, j := range v.sums {
		words = append(words, fmt.Sprintf("%s runs %s", capital(string(j.Kind)), widget.Count(int64(j.Runs))))
		if j.Kind == v.kind {
			at = i
		}
	}
	return container.NewHBox(choice(words, at, func(i int) {
		v.kind = v.sums[i].Kind
		v.take(p)
		v.build(p)
	}))
}

func (v *runs) tiles() fyne.CanvasObject {
	grid := container.New(layout.NewGridLayoutWithColumns(5))
	show := func() { v.s.Explore(analysis.Filter{Query: "kind:run"}) }
	for _, j := range v.sums {
		if j.Kind != v.kind {
			continue
		}
		iv := ""
		if j.Rate.High > 0 {
			iv = fmt.Sprintf("95 %%: %.3g – %.3g %%", j.Rate.Low, j.Rate.High)
		}
		grid.Add(widget.Tile("Runs", widget.Count(int64(j.Runs)), statuses(j.Counts), "", show))
		c := theme.ColorNameForeground
		if j.Failed > 0 {
			c = theme.ColorNameError
		}
		grid.Add(widget.Tile("Failed", widget.Count(int64(j.Failed)), "of "+widget.Plural(int64(countable(j.Counts)), "counted run"), c, show))
		grid.Add(widget.Tile("Failure rate", rateText(j), iv, "", show))
		grid.Add(widget.Tile("Flaky", widget.Plural(int64(j.Flaky), "commit"), "failed and passed without a change", "", show))
		grid.Add(widget.Tile("Time lost", widget.Duration(j.Lost), "in attempts that failed", "", show))
	}
	return grid
}

// rateText is the failure rate, a dash where no run counts.
func rateText(j analysis.JobSummary) string {
	if countable(j.Counts) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f %%", percentOf(j))
}

func percentOf(j analysis.JobSummary) float64 {
	if n := countable(j.Counts); n > 0 {
		return 100 * float64(j.Failed) / float64(n)
	}
	return 0
}

func countable(c map[analysis.RunStatus]int) (n int) {
	for s, k := range c {
		if s.Counted() {
			n += k
		}
	}
	return n
}

func statuses(c map[analysis.RunStatus]int) string {
	var out []string
	for _, s := range []analysis.RunStatus{analysis.RunCancelled, analysis.RunSkipped, analysis.RunRunning, analysis.RunUnknown} {
		if c[s] > 0 {
			out = append(out, fmt.Sprintf("%s %s", widget.Count(int64(c[s])), s))
		}
	}
	if len(out) == 0 {
		return "all counted"
	}
	return strings.Join(out, ", ")
}

func (v *runs) span() (from, to time.Time) {
	for _, r := range v.runs {
		t := r.When()
		if t.IsZero() {
			continue
		}
		if from.IsZero() || t.Before(from) {
			from = t
		}
		if t.After(to) {
			to = t
		}
		if r.End.After(to) {
			to = r.End
		}
	}
	return from, to
}

func (v *runs) lanesPanel() fyne.CanvasObject {
	from, to := v.span()
	if !slices.ContainsFunc(v.lanes, func(l chart.Lane) bool { return len(l.Runs) > 0 }) {
		return widget.Panel("When", nil, widget.Muted("No run of these jobs states when it began."))
	}
	c := widget.NewChartView(fyne.NewSize(300, float32(chart.LanesHeight(len(v.lanes)))), func(w, h int, st chart.Style) (*chart.Surface, error) {
		st.Zone = v.s.Zone
		return chart.Lanes{Lanes: v.lanes, From: from, To: to, Style: st}.Draw(w, h)
	})
	at := func(h chart.Hit) *analysis.Run { return &v.runs[v.lane[h.Row][h.Col]] }
	c.Tip = func(h chart.Hit) []string {
		r := at(h)
		lines := []string{jobName(r.Pipeline, r.Job) + ": " + string(r.Status), widget.Stamp(r.When(), v.s.Zone) + " · " + widget.Duration(r.Duration)}
		if r.Commit != "" {
			lines = append(lines, fmt.Sprintf("commit %s, attempt %d", short(r.Commit, 10), r.Attempt))
		}
		if r.Message != "" {
			lines = append(lines, short(r.Message, 90))
		}
		return lines
	}
	c.OnTap = func(h chart.Hit) { v.pick(at(h)) }
	c.OnBrush = v.s.narrowTime
	return widget.Panel("When", widget.Legend(v.results()...), c)
}

func (v *runs) jobCell(i, j int) widget.Cell {
	x := &v.jobs[i]
	muted := widget.ColorMuted
	switch j {
	case 0:
		return widget.Cell{Text: shortJob(x.Pipeline, x.Job)}
	case 1:
		return widget.Cell{Text: x.Pipeline, Color: muted}
	case 2:
		return widget.Cell{Text: widget.Count(int64(x.Runs))}
	case 3:
		return widget.Cell{Text: widget.Count(int64(x.Failed)), Bold: x.Failed > 0}
	case 4:
		return widget.Cell{Text: rateText(*x), Value: percentOf(*x) / 100, Tint: widget.KindColor("failure")}
	case 5:
		if x.Rate.High == 0 {
			return widget.Cell{Text: "–", Color: muted}
		}
		return widget.Cell{Text: fmt.Sprintf("%.3g – %.3g %%", x.Rate.Low, x.Rate.High), Color: muted}
	case 6:
		return widget.Cell{Text: widget.Count(int64(x.Flaky)), Color: muted}
	case 7:
		return widget.Cell{Text: widget.Duration(x.Median)}
	case 8:
		return widget.Cell{Text: widget.Duration(x.P95), Color: muted}
	case 9:
		return widget.Cell{Text: widget.Duration(x.Lost), Color: muted}
	}
	var kinds []string
	for _, s := range x.Recent {
		kinds = append(kinds, string(s))
	}
	return widget.Cell{Kinds: kinds}
}

func (v *runs) failedCell(i, j int) widget.Cell {
	r := &v.failed[i]
	muted := widget.ColorMuted
	switch j {
	case 0:
		return widget.Cell{Text: widget.Stamp(r.When(), v.s.Zone), Color: muted}
	case 1:
		return widget.Cell{Text: shortJob(r.Pipeline, r.Job)}
	case 2:
		return widget.Cell{Text: string(r.Status), Tint: widget.KindColor(string(r.Status))}
	case 3:
		if r.Attempt == 0 {
			return widget.Cell{}
		}
		return widget.Cell{Text: fmt.Sprint(r.Attempt), Color: muted}
	case 4:
		return widget.Cell{Text: widget.Duration(r.Duration)}
	case 5:
		return widget.Cell{Text: r.Branch, Color: muted}
	case 6:
		return widget.Cell{Text: short(r.Commit, 8), Color: muted}
	}
	return widget.Cell{Text: widget.Clean(r.Message)}
}

// results names the results that the lanes show, best first.
func (v *runs) results() (out []string) {
	has := map[analysis.RunStatus]bool{}
	for _, l := range v.lanes {
		for _, r := range l.Runs {
			has[r.Status] = true
		}
	}
	for _, s := range []analysis.RunStatus{analysis.RunSuccess, analysis.RunFailure, analysis.RunTimeout, analysis.RunInfra, analysis.RunCancelled, analysis.RunSkipped, analysis.RunRunning, analysis.RunUnknown} {
		if has[s] {
			out = append(out, string(s))
		}
	}
	return out
}

// pick shows a run below the list; nil shows none.
func (v *runs) pick(r *analysis.Run) {
	v.detail.Objects = nil
	if r != nil {
		run := *r
		facts := []string{string(run.Status), widget.Stamp(run.When(), v.s.Zone), widget.Duration(run.Duration)}
		for _, x := range []struct{ name, value string }{{"branch", run.Branch}, {"commit", short(run.Commit, 12)}, {"trigger", run.Trigger}, {"runner", run.Runner}} {
			if x.value != "" {
				facts = append(facts, x.name+" "+x.value)
			}
		}
		box := widget.Down(2, widget.Title(jobName(run.Pipeline, run.Job)), widget.Muted(strings.Join(facts, "  ·  ")))
		if run.Message != "" {
			box.Add(widget.Body(widget.CleanLines(run.Message)))
		}
		if a := v.attribution(&run); a != "" {
			box.Add(widget.Muted(a))
		}
		from := run.When().Add(-2 * time.Minute)
		to := run.When().Add(run.Duration + 2*time.Minute)
		box.Add(widget.Across(4,
			widget.Link("Show its record", func() { v.s.ShowOrigin(run.Origin) }),
			widget.Link("All records of that time", func() { v.s.Explore(analysis.Filter{From: from, To: to}) })))
		v.detail.Objects = []fyne.CanvasObject{container.New(layout.NewCustomPaddedLayout(8, 0, 2, 2), box)}
		v.s.Host.Trace("run %s %s", run.ID, run.Status)
	}
	v.detail.Refresh()
}

// attribution says what the assessment holds for the reason of a run's failure.
func (v *runs) attribution(r *analysis.Run) string {
	for i := range v.a.Failures {
		f := &v.a.Failures[i]
		if f.Run != "" && f.Run == r.ID {
			text := string(f.Attribution.Verdict)
			if f.Attribution.Cause != "" {
				text += ": " + v.s.causeTitle(f.Attribution.Cause)
			}
			return text
		}
	}
	return ""
}
