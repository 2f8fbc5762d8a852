package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"

	"faultline/analysis/cause"
	"faultline/app/screen"
	"faultline/app/widget"
)

// Options say how the program starts.
type Options struct {
	Data    string                           // folder that new cases are made in; "" is the user's own
	Theme   string                           // "light", "dark", "system"; "" is the preference
	Version string                           // of the program
	Trace   func(format string, args ...any) // told of every state, for tests; may be nil
	Do      func(func())                     // runs a function in Fyne's goroutine; nil is fyne.Do
}

// App is the program: one window, at most one open case.
type App struct {
	o      Options
	fyne   fyne.App
	window fyne.Window
	theme  *widget.Theme
	icons  icons

	catalogue func() (*cause.Catalogue, error)
	session   *screen.Session
	status    *screen.Asker // counts the records of the filter
	marks     *screen.Asker
	start     *screen.Start
	views     map[screen.Page]screen.View

	body   *fyne.Container // start page, or the frame of a case
	frame  *frame
	toasts *widget.Toasts
	bar    *statusBar

	job  *job
	jobs sync.WaitGroup
}

// New makes the program's window, without showing it.
func New(a fyne.App, o Options) *App {
	if o.Do == nil {
		o.Do = fyne.Do
	}
	if o.Trace == nil {
		o.Trace = func(string, ...any) {}
	}
	p := &App{o: o, fyne: a, theme: &widget.Theme{}, icons: loadIcons(), catalogue: sync.OnceValues(cause.Default)}
	p.theme.Mode = widget.Mode(a.Preferences().StringWithFallback(prefTheme, string(widget.ModeSystem)))
	if o.Theme != "" {
		p.theme.Mode = widget.Mode(o.Theme)
	}
	a.Settings().SetTheme(p.theme)
	a.SetIcon(p.icons.program)
	p.window = a.NewWindow("Faultline")
	p.window.SetMaster()
	p.window.SetIcon(p.icons.program)
	p.window.SetPadded(false)
	p.build()
	p.window.Resize(fyne.NewSize(1360, 860))
	p.window.SetOnDropped(func(_ fyne.Position, uris []fyne.URI) { p.dropped(uris) })
	p.window.SetCloseIntercept(p.Quit)
	p.window.Canvas().SetOnTypedKey(p.typedKey)
	return p
}

// build makes everything in the window again, for a new theme or case.
func (p *App) build() {
	p.views = map[screen.Page]screen.View{}
	p.start = screen.NewStart(p, p.icons.program)
	p.bar = newStatusBar(p)
	p.toasts = widget.NewToasts()
	p.body = container.NewStack()
	p.frame = nil
	if p.session == nil {
		p.body.Add(p.start.Object())
	} else {
		p.frame = newFrame(p)
		p.body.Add(p.frame.object)
	}
	p.window.SetContent(container.NewStack(container.NewBorder(nil, p.bar.object, nil, nil, p.body), p.toasts.Layer()))
	p.window.SetMainMenu(p.menu())
	p.moved()
	p.progress()
}

// Window returns the program's window.
func (p *App) Window() fyne.Window { return p.window }

// Session returns the open case, nil when there is none.
func (p *App) Session() *screen.Session { return p.session }

// Run shows the window and returns when it is closed.
func (p *App) Run() {
	p.Trace("started")
	p.window.ShowAndRun()
}

// Quit ends the running job, closes the case and the window.
func (p *App) Quit() {
	p.Cancel()
	p.window.Hide()
	go func() {
		p.jobs.Wait() // the case stays open until its import has stopped
		p.o.Do(func() {
			p.closeCase()
			p.fyne.Quit()
		})
	}()
}

func (p *App) closeCase() {
	if p.session == nil {
		return
	}
	if err := p.session.Close(); err != nil {
		p.Trace("close: %v", err)
	}
	p.session = nil
}

// open makes s the open case.
func (p *App) open(s *screen.Session) {
	p.closeCase()
	p.session = s
	s.Version = p.o.Version
	s.Zone = p.zone(s.Case.Info().Zone)
	p.status, p.marks = s.Asker(), s.Asker()
	s.Watch(p.moved)
	p.remember(s)
	p.build()
	info := s.Case.Info()
	p.Trace("case %q records=%d members=%d patterns=%d runs=%d", info.Name, info.Records, info.Members, info.Patterns, info.Runs)
}

// CloseCase returns to the start page, unless a job needs the case.
func (p *App) CloseCase() {
	if p.session != nil && p.job != nil {
		p.Tell("The case is in use", "Wait for the job to end, or cancel it first: "+p.job.Title, true)
		return
	}
	p.closeCase()
	p.build()
	p.Trace("case closed")
}

// moved brings the window up to date with where the user is.
func (p *App) moved() {
	p.title()
	if p.session == nil || p.frame == nil {
		p.bar.records("")
		return
	}
	now := p.session.Now()
	v, ok := p.views[now.Page]
	if !ok {
		v = screen.New(now.Page, p.session)
		p.views[now.Page] = v
	}
	p.frame.show(now, v)
	v.Show(now)
	p.count(now)
}

func (p *App) title() {
	if p.session == nil {
		p.window.SetTitle("Faultline")
		return
	}
	p.window.SetTitle(widget.Clean(p.session.Case.Info().Name) + " – Faultline")
}

// count shows in the status bar how many records pass the filter.
func (p *App) count(now screen.Place) {
	s := p.session
	all := s.Case.Info().Records
	var n int64
	p.status.Ask(func(ctx context.Context) (err error) {
		n, err = s.Case.Count(ctx, now.Filter)
		return err
	}, func(err error) {
		if err != nil {
			p.bar.records("the filter cannot be read")
			return
		}
		text := fmt.Sprintf("%s of %s", widget.Count(n), widget.Plural(all, "record"))
		if n == all {
			text = widget.Plural(all, "record")
		}
		p.bar.records(text)
		p.Trace("count %d of %d", n, all)
	})
}

// SetTheme changes the look and remembers it.
func (p *App) SetTheme(m widget.Mode) {
	p.theme.Mode = m
	p.fyne.Preferences().SetString(prefTheme, string(m))
	p.fyne.Settings().SetTheme(p.theme)
	p.build()
	p.Trace("theme %s", m)
}

// toggleTheme goes to the other look.
func (p *App) toggleTheme() {
	if p.theme.Variant(p.fyne.Settings().ThemeVariant()) == theme.VariantDark {
		p.SetTheme(widget.ModeLight)
	} else {
		p.SetTheme(widget.ModeDark)
	}
}

// typedKey takes keys that no widget took.
func (p *App) typedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyEscape:
		p.escape()
	case fyne.KeyF1:
		p.showKeys()
	case fyne.KeyF3:
		by := 1
		if d, ok := p.fyne.Driver().(desktop.Driver); ok && d.CurrentKeyModifiers()&fyne.KeyModifierShift != 0 {
			by = -1
		}
		p.step(by)
	}
}

// step goes to the next or previous hit in Explore; from another page it goes
// to Explore.
func (p *App) step(by int) {
	if p.session == nil {
		return
	}
	if p.session.Now().Page != screen.PageExplore {
		p.session.Go(screen.PageExplore, "")
		return
	}
	if v, ok := p.views[screen.PageExplore].(screen.Stepper); ok {
		v.Step(by)
	}
}

// escape closes the dialog or menu on top, or clears the filter.
func (p *App) escape() {
	if list := p.window.Canvas().Overlays(); list.Top() != nil {
		list.Remove(list.Top())
		return
	}
	if p.session != nil {
		p.session.Clear()
	}
}

// Tell implements screen.Host.
func (p *App) Tell(title, text string, failed bool) {
	dismiss := p.toasts.Show(title, text, failed)
	p.Trace("told %q %q", title, text)
	if failed {
		return // stays until it is clicked
	}
	time.AfterFunc(6*time.Second, func() { p.o.Do(dismiss) })
}

// Do implements screen.Host.
func (p *App) Do(f func()) { p.o.Do(f) }

// Trace implements screen.Host.
func (p *App) Trace(format string, args ...any) { p.o.Trace(format, args...) }
