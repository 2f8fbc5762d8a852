package app_test

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
	fynewidget "fyne.io/fyne/v2/widget"

	"faultline/analysis"
	"faultline/analysis/chart"
	"faultline/app"
	"faultline/app/screen"
	"faultline/app/widget"
)

// program is the whole window under Fyne's test driver. What the program does
// in Fyne's goroutine runs in the test's, in settle.
type program struct {
	*app.App
	t     *testing.T
	do    chan func()
	trace []string
	data  string
}

func start(t *testing.T) *program {
	return startIn(t, t.TempDir())
}

func startIn(t *testing.T, data string) *program {
	t.Helper()
	p := &program{t: t, do: make(chan func(), 10000), data: data}
	p.App = app.New(test.NewTempApp(t), app.Options{
		Data: data, Theme: "dark", Version: "test",
		Do:    func(f func()) { p.do <- f },
		Trace: func(format string, args ...any) { p.trace = append(p.trace, fmt.Sprintf(format, args...)) },
	})
	p.Window().Resize(fyne.NewSize(1360, 860))
	t.Cleanup(func() {
		p.Cancel()
		p.settle()
		if p.Session() != nil {
			p.CloseCase()
		}
	})
	return p
}

// settle runs what is due until nothing is asked or runs any more.
func (p *program) settle() {
	p.t.Helper()
	end := time.After(2 * time.Minute)
	for {
		select {
		case f := <-p.do:
			f()
			continue
		default:
		}
		_, running := p.Job()
		if s := p.Session(); !running && (s == nil || s.Pending() == 0) {
			return
		}
		select {
		case f := <-p.do:
			f()
		case <-end:
			p.t.Fatalf("the window does not come to rest; traces: %s", strings.Join(p.trace, "\n"))
		}
	}
}

func sample(t *testing.T) *program {
	t.Helper()
	p := start(t)
	p.OpenSample()
	p.settle()
	if p.Session() == nil {
		t.Fatalf("the sample case did not open: %v", p.trace)
	}
	return p
}

// texts returns what can be read in the window.
func (p *program) texts() []string {
	p.Window().Canvas().Capture()
	var out []string
	add := func(s string) {
		if s != "" {
			out = append(out, s)
		}
	}
	var walk func(o fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		if !o.Visible() {
			return
		}
		switch x := o.(type) {
		case *canvas.Text:
			add(x.Text)
		case *fynewidget.Label:
			add(x.Text)
		case *fynewidget.RichText:
			add(x.String())
		case *fynewidget.Button:
			add(x.Text)
		case *fyne.Container:
			for _, c := range x.Objects {
				walk(c)
			}
		case fyne.Widget:
			for _, c := range test.WidgetRenderer(x).Objects() {
				walk(c)
			}
		}
	}
	walk(p.Window().Content())
	if top := p.Window().Canvas().Overlays().Top(); top != nil {
		walk(top)
	}
	return out
}

func (p *program) reads(want ...string) {
	p.t.Helper()
	all := strings.Join(p.texts(), "\n")
	for _, w := range want {
		if !strings.Contains(all, w) {
			p.t.Errorf("%q is not to be read on %s:\n%s", w, p.place(), all)
		}
	}
}

func (p *program) place() string {
	if p.Session() == nil {
		return "the start page"
	}
	return string(p.Session().Now().Page)
}

// each calls visit for every object in the window.
func (p *program) each(visit func(o fyne.CanvasObject)) {
	var walk func(o fyne.CanvasObject)
	walk = func(o fyne.CanvasObject) {
		if !o.Visible() {
			return
		}
		visit(o)
		switch x := o.(type) {
		case *fyne.Container:
			for _, c := range x.Objects {
				walk(c)
			}
		case fyne.Widget:
			for _, c := range test.WidgetRenderer(x).Objects() {
				walk(c)
			}
		}
	}
	p.Window().Canvas().Capture()
	walk(p.Window().Content())
	if top := p.Window().Canvas().Overlays().Top(); top != nil {
		walk(top)
	}
}

// find returns the n-th object of type T in the window.
func find[T fyne.CanvasObject](p *program, n int) T {
	p.t.Helper()
	var out []T
	p.each(func(o fyne.CanvasObject) {
		if x, ok := o.(T); ok {
			out = append(out, x)
		}
	})
	if n >= len(out) {
		var zero T
		p.t.Fatalf("there are %d of %T on %s, want more than %d", len(out), zero, p.place(), n)
	}
	return out[n]
}

// press runs a menu item.
func (p *program) press(menu, label string) {
	p.t.Helper()
	for _, m := range p.Window().MainMenu().Items {
		for _, i := range m.Items {
			if m.Label == menu && i.Label == label {
				i.Action()
				p.settle()
				return
			}
		}
	}
	p.t.Fatalf("there is no menu item %s › %s", menu, label)
}

func (p *program) goTo(page string) { p.t.Helper(); p.press("Go", page) }

func TestStartPageSaysWhatToDo(t *testing.T) {
	p := start(t)
	p.reads("Drop a bundle, a folder or a log file here", "Open the sample case", "Cases that you open are listed here.")
	for _, m := range p.Window().MainMenu().Items { // nothing may fail without a case
		for _, i := range m.Items {
			if i.Disabled && i.Action != nil {
				i.Action()
			}
		}
	}
}

func TestSampleShowsWhenHowOftenAndWhy(t *testing.T) {
	p := sample(t)
	p.reads("When", "How often", "Why", "Findings", "Node k3d-mycluster-server-0 stopped about 96 times", "96 in 89 days", "job runs failed",
		"of 31.6 days, 2022-11-20 to", "episodes: 96 derived from states, 2 in logs")
	all, err := p.Session().Case.Count(t.Context(), analysis.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	p.reads(widget.Plural(all, "record"))
	for _, page := range []string{"Patterns", "Explore", "Runs", "Sources", "Findings", "Overview"} {
		p.goTo(page)
		if strings.ToLower(page) != p.place() {
			t.Errorf("the menu went to %s, want %s", p.place(), page)
		}
		p.reads(page)
	}
}

func TestOneFilterNarrowsEverythingAndBackUndoesIt(t *testing.T) {
	p := sample(t)
	s := p.Session()
	p.ask(`"i/o timeout"`)
	f := s.Filter()
	n, err := s.Case.Count(t.Context(), f)
	if err != nil || n == 0 {
		t.Fatalf("Count = %d, %v", n, err)
	}
	p.reads(fmt.Sprintf("%s of %s", widget.Count(n), widget.Plural(s.Case.Info().Records, "record")))
	p.goTo("Explore")
	if got := find[*widget.LogView](p, 0).Len(); int64(got) != n {
		t.Errorf("Explore lists %d records, want %d", got, n)
	}
	// A click on a facet narrows further; a chip says so and takes it back.
	tapText(p, "local-path-provisioner")
	if r := s.Filter().Resources; len(r) != 1 {
		t.Fatalf("the filter's resources are %+v", r)
	}
	p.reads("container: local-path-provisioner")
	tapText(p, "×")
	if r := s.Filter().Resources; len(r) != 0 {
		t.Errorf("the chip left %+v", r)
	}
	p.press("Go", "Back")
	p.press("Go", "Back")
	if r := s.Filter().Resources; len(r) != 0 {
		t.Errorf("back left %+v", r)
	}
	p.press("View", "Clear the filter (Esc)")
	if screen.Key(s.Filter()) != screen.Key(analysis.Filter{}) {
		t.Errorf("cleared, but the filter is %s", screen.Key(s.Filter()))
	}
}

// ask types a query and presses Enter.
func (p *program) ask(query string) {
	p.t.Helper()
	p.press("View", "Search")
	e := p.Window().Canvas().Focused()
	if e == nil {
		p.t.Fatal("the search has not the keyboard")
	}
	test.Type(e, query)
	e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	p.settle()
}

// tapText taps the area that holds a text.
func tapText(p *program, text string) {
	p.t.Helper()
	var hit *widget.Tap
	p.each(func(o fyne.CanvasObject) {
		tap, ok := o.(*widget.Tap)
		if !ok {
			return
		}
		var found bool
		var walk func(o fyne.CanvasObject)
		walk = func(o fyne.CanvasObject) {
			switch x := o.(type) {
			case *canvas.Text:
				found = found || x.Text == text
			case *fyne.Container:
				for _, c := range x.Objects {
					walk(c)
				}
			case fyne.Widget:
				for _, c := range test.WidgetRenderer(x).Objects() {
					walk(c)
				}
			}
		}
		walk(tap)
		if found && hit == nil {
			hit = tap
		}
	})
	if hit == nil {
		p.t.Fatalf("nothing with the text %q can be tapped on %s", text, p.place())
	}
	test.Tap(hit)
	p.settle()
}

func TestBrushOnTheTimeline(t *testing.T) {
	p := sample(t)
	v := find[*widget.ChartView](p, 0)
	s := v.Surface()
	k := v.Size().Width / float32(s.Image.Bounds().Dx())
	x := func(f float32) float32 { return (float32(s.Plot.Min.X) + f*float32(s.Plot.Dx())) * k }
	ev := func(f float32) fyne.PointEvent { return fyne.PointEvent{Position: fyne.NewPos(x(f), 60)} }
	v.MouseDown(&desktop.MouseEvent{PointEvent: ev(0.25)})
	v.Dragged(&fyne.DragEvent{PointEvent: ev(0.5)})
	v.DragEnd()
	p.settle()
	f := p.Session().Filter()
	if f.From.IsZero() || !f.To.After(f.From) {
		t.Fatalf("the brush made the filter %s", screen.Key(f))
	}
	p.goTo("Runs")
	for _, r := range p.Session().Case.Runs() {
		if r.Status.Failed() && r.When().Before(f.From) {
			p.reads("Failed runs, newest first")
			break
		}
	}
	p.press("Go", "Back")
	p.press("Go", "Back")
	if !p.Session().Filter().From.IsZero() {
		t.Error("back does not undo the brush")
	}
}

func TestMistakeInAQueryNamesThePlace(t *testing.T) {
	p := sample(t)
	p.goTo("Explore")
	p.Session().Narrow(func(f *analysis.Filter) { f.Query = "severity>=loud" })
	p.settle()
	p.reads("The query cannot be read", "Column 11", "severity>=loud", "\n          ^\n")
	p.Session().Narrow(func(f *analysis.Filter) { f.Query = "nothingholdsthisword" })
	p.settle()
	p.reads("No records pass the filter", "Clear the filter")
}

func TestPatternPageAndBenignMark(t *testing.T) {
	p := sample(t)
	list, err := p.Session().Case.Patterns(t.Context(), analysis.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(x analysis.Pattern) bool {
		return strings.Contains(x.Template, "No files matching import glob pattern")
	})
	if i < 0 {
		t.Fatal("the loudest pattern of the sample is not there")
	}
	if list[i].Count != 982 {
		t.Errorf("the harmless warning has %d records, want 982", list[i].Count)
	}
	p.Session().Go(screen.PagePatterns, list[i].ID)
	p.settle()
	p.reads("982", "Variables", "Examples", "Sources")
	tapButton(p, "Mark benign")
	find[*fynewidget.Entry](p, 0).SetText("the folder is empty by design")
	tapButton(p, "Mark as benign")
	got, ok := p.Session().Case.Pattern(list[i].ID)
	if !ok || got.State != analysis.PatternBenign || !strings.Contains(got.Reason, "empty by design") {
		t.Errorf("the pattern is %s because %q", got.State, got.Reason)
	}
	p.reads("benign")
}

// TestPatternOutsideTheFilter opens a pattern of which the filter lets no
// record through: what is not shown is not said to be missing.
func TestPatternOutsideTheFilter(t *testing.T) {
	p := sample(t)
	list, err := p.Session().Case.Patterns(t.Context(), analysis.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(x analysis.Pattern) bool { return strings.Contains(x.Template, "Failed to watch") })
	if i < 0 {
		t.Fatal("the pattern is not in the sample")
	}
	p.ask("nosuchwordanywhere")
	p.Session().Go(screen.PagePatterns, list[i].ID)
	p.settle()
	p.reads("None of its records passes the filter.", "Also said by")
	for _, text := range p.texts() {
		if strings.Contains(text, "no variable parts") || strings.Contains(text, "usable time") {
			t.Errorf("the page says %q", text)
		}
	}
}

// TestAFilterThatRunsCannotAnswer asks for words: pages that show runs and
// states say that these are not narrowed by them.
func TestAFilterThatRunsCannotAnswer(t *testing.T) {
	p := sample(t)
	p.ask("nosuchwordanywhere")
	for _, page := range []string{"Overview", "Findings"} {
		p.goTo(page)
		p.reads("No record passes the filter.", "runs and states")
	}
	p.goTo("Runs")
	p.reads("Runs and states answer to its time and sources only.")
	p.Session().Clear()
	p.settle()
	for _, page := range []string{"Overview", "Findings", "Runs"} {
		p.goTo(page)
		if all := strings.Join(p.texts(), "\n"); strings.Contains(all, "and states answer") {
			t.Errorf("%s says so without a filter", page)
		}
	}
}

// TestSharesOfAPatternAgree compares the share in the list with the one on the
// pattern's page.
func TestSharesOfAPatternAgree(t *testing.T) {
	p := sample(t)
	p.goTo("Patterns")
	list, err := p.Session().Case.Patterns(t.Context(), analysis.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	var all int64
	for _, x := range list {
		all += x.Count
	}
	i := slices.IndexFunc(list, func(x analysis.Pattern) bool { return strings.Contains(x.Template, "Failed to watch") })
	if i < 0 {
		t.Fatal("the pattern is not in the sample")
	}
	share := chart.Percent(float64(list[i].Count), float64(all))
	p.reads(share)
	p.Session().Go(screen.PagePatterns, list[i].ID)
	p.settle()
	p.reads(share+" of records with a pattern", "<1>: Failed to watch *<2>", "and 7 more")
}

func tapButton(p *program, label string) {
	p.t.Helper()
	var hit *fynewidget.Button
	p.each(func(o fyne.CanvasObject) {
		if b, ok := o.(*fynewidget.Button); ok && b.Text == label {
			hit = b
		}
	})
	if hit == nil {
		p.t.Fatalf("there is no button %q on %s: %v", label, p.place(), p.texts())
	}
	if hit.Disabled() {
		p.t.Fatalf("the button %q is disabled", label)
	}
	test.Tap(hit)
	p.settle()
}

func TestRunsCountTheMadeUpHistory(t *testing.T) {
	p := sample(t)
	p.goTo("Runs")
	runs, failed := 0, 0
	for _, r := range p.Session().Case.Runs() {
		if r.Kind == analysis.RunJob {
			runs++
			if r.Status.Failed() {
				failed++
			}
		}
	}
	p.reads(widget.Count(int64(runs)), fmt.Sprintf("Failed runs, newest first (%d)", failed), "integration-tests", "e2e-nightly")
	tb := find[*widget.Table](p, 1)
	tb.TypedKey(&fyne.KeyEvent{Name: fyne.KeyHome})
	p.settle()
	p.reads("Show its record", "All records of that time")
}

func TestSourcesAccountForEveryMember(t *testing.T) {
	p := sample(t)
	p.goTo("Sources")
	links := 0
	for _, m := range p.Session().Case.Members().All() {
		if m.Bytes != m.Indexed+m.Skipped {
			t.Errorf("%s: %d bytes, but %d indexed and %d left out", m.Path, m.Bytes, m.Indexed, m.Skipped)
		}
		if m.Kind == analysis.MemberLink {
			links++
		}
	}
	if links != 19 {
		t.Errorf("%d links, want 19", links)
	}
	p.reads("Links 19")
	tapText(p, "Links 19")
	if n := find[*widget.Table](p, 0).Len(); n != 19 {
		t.Errorf("%d rows are listed as links, want 19", n)
	}
}

func TestEvidenceLeadsToItsRecord(t *testing.T) {
	p := sample(t)
	var o analysis.Origin
	for _, f := range p.Session().Whole().Findings {
		if len(f.Evidence) > 0 {
			o = f.Evidence[0].Origin
			break
		}
	}
	if o.Path == "" {
		t.Fatal("no finding has evidence")
	}
	p.Session().ShowOrigin(o)
	p.settle()
	want := fmt.Sprintf("record %s", o)
	if !slices.ContainsFunc(p.trace, func(s string) bool { return strings.HasPrefix(s, want) }) {
		t.Errorf("the record at %s was not selected: %v", o, p.trace[max(0, len(p.trace)-8):])
	}
}

func TestDropImportsAndASecondDropAddsNothing(t *testing.T) {
	data := t.TempDir()
	path := filepath.Join(t.TempDir(), "web 1.log")
	var b bytes.Buffer
	for i := range 3000 {
		level := "INFO"
		if i%100 == 7 {
			level = "ERROR"
		}
		fmt.Fprintf(&b, "2024-05-01T10:%02d:%02dZ %s worker %d: request took %d ms\n", i/60%60, i%60, level, i%7, i%250)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	p := startIn(t, data)
	drop := func() {
		p.Open([]string{storage.NewFileURI(path).Path()})
		p.settle()
	}
	drop()
	if p.Session() == nil {
		t.Fatalf("nothing was opened: %v", p.trace)
	}
	if n := p.Session().Case.Info().Records; n != 3000 {
		t.Errorf("%d records, want 3000", n)
	}
	dir := p.Session().Case.Info().Dir
	if st, err := os.Stat(dir); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("the case's folder: %v, %v", st.Mode(), err)
	}
	p.CloseCase()
	p.reads("Recent cases", "web 1")
	drop()
	if got := p.Session().Case.Info(); got.Dir != dir || got.Records != 3000 {
		t.Errorf("the second drop opened %s with %d records", got.Dir, got.Records)
	}
	p.reads("Imported before")
	// A third file while a case is open asks where it belongs.
	p.Open([]string{path})
	p.reads("Add to this case", "Make a new case")
}

func TestErrorsSayWhatToDo(t *testing.T) {
	p := start(t)
	p.Open([]string{filepath.Join(p.data, "gone.tar.gz")})
	p.settle()
	p.reads("The import of gone stopped", "It may have been moved or deleted.")
	p.OpenCase(t.TempDir())
	p.settle()
	p.reads("The case could not be opened", "drop a bundle to make one")
}

func TestCancelKeepsTheStartPage(t *testing.T) {
	p := start(t)
	dir := t.TempDir()
	line := []byte(strings.Repeat("2024-05-01T10:00:00Z INFO nothing happens here but a long line of a log\n", 20000))
	for i := range 12 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("app-%02d.log", i)), line, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p.Open([]string{dir})
	if _, running := p.Job(); !running {
		t.Fatal("no import runs")
	}
	p.Cancel()
	begin := time.Now()
	p.settle()
	if p.Session() != nil {
		t.Skip("the import was faster than the hand")
	}
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("the import went on for %v", d)
	}
	p.reads("Import cancelled", "Drop a bundle, a folder or a log file here")
}

func TestTheAnswersFirstSentenceStandsOut(t *testing.T) {
	p := sample(t)
	var lead *fynewidget.RichText
	p.each(func(o fyne.CanvasObject) {
		if x, ok := o.(*fynewidget.RichText); ok && lead == nil {
			lead = x
		}
	})
	answer := p.Session().Whole().Answer
	if lead == nil || lead.String() == "" || !strings.HasPrefix(answer, lead.String()) {
		t.Fatalf("the page does not begin with the answer %q", answer)
	}
	rest := strings.TrimSpace(strings.TrimPrefix(answer, lead.String()))
	if rest == "" || !strings.HasSuffix(lead.String(), ".") {
		t.Errorf("the first sentence is %q, the rest %q", lead.String(), rest)
	}
	p.reads(rest)
}

func TestBothLooksAreDrawn(t *testing.T) {
	p := sample(t)
	for _, m := range []widget.Mode{widget.ModeLight, widget.ModeDark} {
		p.SetTheme(m)
		p.settle()
		p.reads("When", "How often", "Why")
		shot(t, p, "overview-"+string(m))
	}
}

// shot writes a picture of the window to the folder that APP_SHOTS names, for
// the eye.
func shot(t *testing.T, p *program, name string) {
	dir := os.Getenv("APP_SHOTS")
	if dir == "" {
		return
	}
	img := p.Window().Canvas().Capture()
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(png.Encode(f, img), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestEventsAreListedByWhatTheySay(t *testing.T) {
	p := sample(t)
	p.Session().Explore(analysis.Filter{Query: "kind:event"})
	p.settle()
	p.reads("BackOff: Back-off restarting failed container")
}

func TestADamagedCaseIsMadeAnew(t *testing.T) {
	p := sample(t)
	dir := p.Session().Case.Info().Dir
	records := p.Session().Case.Info().Records
	p.CloseCase()
	list, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range list { // cut every file to its first half
		if b, err := os.ReadFile(path); err == nil && filepath.Base(path) != "lock" {
			if err := os.WriteFile(path, b[:len(b)/2], 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	p.OpenCase(dir)
	p.settle()
	p.reads("The case could not be opened")
	p.OpenSample()
	p.settle()
	if p.Session() == nil {
		t.Fatalf("the sample was not made anew: %v", p.trace)
	}
	if got := p.Session().Case.Info(); got.Records != records || got.Dir == dir {
		t.Errorf("opened %s with %d records, want another case with %d", got.Dir, got.Records, records)
	}
}
