package app

import (
	"cmp"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"faultline/app/screen"
	"faultline/app/widget"
)

// pages lists the navigation from top to bottom; Ctrl and a number go there.
var pages = []struct {
	page screen.Page
	name string
}{
	{screen.PageOverview, "Overview"},
	{screen.PagePatterns, "Patterns"},
	{screen.PageExplore, "Explore"},
	{screen.PageRuns, "Runs"},
	{screen.PageSources, "Sources"},
	{screen.PageFindings, "Findings"},
}

// frame is what stands around the page of an open case.
type frame struct {
	p             *App
	object        fyne.CanvasObject
	query         *queryEntry
	back, forward *fynewidget.Button
	nav           *fyne.Container
	crumbs        *fyne.Container
	page          *fyne.Container
	shown         screen.View
}

func newFrame(p *App) *frame {
	f := &frame{p: p, nav: widget.Down(2), crumbs: container.NewStack(), page: container.NewStack()}
	f.back = fynewidget.NewButtonWithIcon("", p.icons.back, p.session.Back)
	f.forward = fynewidget.NewButtonWithIcon("", p.icons.forward, p.session.Forward)
	f.back.Importance, f.forward.Importance = fynewidget.LowImportance, fynewidget.LowImportance
	f.query = newQueryEntry(p)
	look := fynewidget.NewButtonWithIcon("", p.icons.light, p.toggleTheme)
	look.Importance = fynewidget.LowImportance
	top := container.New(layout.NewCustomPaddedLayout(6, 6, 8, 10), container.NewBorder(nil, nil, widget.Across(2, f.back, f.forward, widget.Gap(6, 1)), look, f.query))
	line := func() fyne.CanvasObject {
		r := canvas.NewRectangle(theme.Color(widget.ColorHairline))
		r.SetMinSize(fyne.NewSize(1, 1))
		return r
	}
	right := container.NewBorder(container.NewVBox(top, line(), container.New(layout.NewCustomPaddedLayout(4, 0, 8, 10), f.crumbs)), nil, nil, nil, f.page)
	ground := canvas.NewRectangle(theme.Color(widget.ColorNav))
	side := container.NewStack(ground, widget.Least(178, 10, container.NewBorder(f.logo(), nil, nil, line(),
		container.New(layout.NewCustomPaddedLayout(6, 6, 8, 8), container.NewBorder(nil, f.foot(), nil, nil, f.nav)))))
	f.object = container.NewBorder(nil, nil, side, nil, right)
	return f
}

func (f *frame) logo() fyne.CanvasObject {
	img := canvas.NewImageFromResource(f.p.icons.program)
	img.FillMode = canvas.ImageFillContain
	img.SetMinSize(fyne.NewSize(22, 22))
	return container.New(layout.NewCustomPaddedLayout(9, 6, 12, 6), container.NewHBox(widget.Across(9, img,
		container.NewCenter(widget.Text("Faultline", 15, theme.ColorNameForeground, fyne.TextStyle{Bold: true})))))
}

// foot names the case.
func (f *frame) foot() fyne.CanvasObject {
	info := f.p.session.Case.Info()
	lines := widget.Down(1,
		widget.Fitted(widget.Text(info.Name, 12, theme.ColorNameForeground, fyne.TextStyle{Bold: true})),
		widget.Wrapped(widget.Range(info.Span.From, info.Span.To, f.p.session.Zone)+" "+f.p.session.Zone.String(), 12, widget.ColorMuted, 2))
	if info.ReadOnly {
		lines.Add(widget.Fitted(widget.Text("read only", 11, theme.ColorNameWarning, fyne.TextStyle{})))
	}
	return widget.NewTap(widget.Pad(8, lines), f.p.showCase)
}

func (f *frame) show(now screen.Place, v screen.View) {
	s := f.p.session
	enable(f.back, s.CanBack())
	enable(f.forward, s.CanForward())
	if f.query.Text != now.Filter.Query {
		f.query.SetText(now.Filter.Query)
	}
	f.items(now)
	f.crumbs.Objects = []fyne.CanvasObject{f.breadcrumb(now)}
	f.crumbs.Refresh()
	if f.shown != v {
		f.shown = v
		f.page.Objects = []fyne.CanvasObject{v.Object()}
		f.page.Refresh()
	}
}

func enable(b *fynewidget.Button, on bool) {
	if on {
		b.Enable()
	} else {
		b.Disable()
	}
}

func (f *frame) items(now screen.Place) {
	s := f.p.session
	info := s.Case.Info()
	counts := map[screen.Page]int64{
		screen.PagePatterns: int64(info.Patterns), screen.PageRuns: int64(info.Runs),
		screen.PageSources: int64(info.Members), screen.PageFindings: int64(len(s.Whole().Findings)),
	}
	f.nav.Objects = nil
	for i, x := range pages {
		img := fynewidget.NewIcon(f.p.icons.page[x.page])
		c := widget.ColorMuted
		if x.page == now.Page {
			c = theme.ColorNameForeground
		}
		var n fyne.CanvasObject
		if counts[x.page] > 0 {
			n = widget.Text(widget.Count(counts[x.page]), 11, widget.ColorMuted, fyne.TextStyle{})
		}
		row := widget.NewTap(container.New(layout.NewCustomPaddedLayout(5, 5, 8, 8), container.NewBorder(nil, nil,
			widget.Across(9, widget.Least(18, 18, img)), n,
			widget.Text("  "+x.name, 13, c, fyne.TextStyle{Bold: x.page == now.Page}))), func() { s.Go(pages[i].page, "") })
		if x.page == now.Page {
			row.SetGround(theme.Color(theme.ColorNameSelection))
		}
		f.nav.Add(row)
	}
	f.nav.Refresh()
}

func (f *frame) breadcrumb(now screen.Place) fyne.CanvasObject {
	s := f.p.session
	parts := []widget.Crumb{}
	for _, x := range pages {
		if x.page == now.Page {
			parts = append(parts, widget.Crumb{Text: x.name, OnTap: func() { s.Go(x.page, "") }})
		}
	}
	if now.Arg != "" {
		switch now.Page {
		case screen.PagePatterns:
			text := now.Arg
			if p, ok := s.Case.Pattern(now.Arg); ok {
				text = short(cmp.Or(p.Title(), now.Arg), 50)
			}
			parts = append(parts, widget.Crumb{Text: text})
		case screen.PageRuns:
			parts = append(parts, widget.Crumb{Text: short(now.Arg, 50)})
		}
	}
	chips := widget.Across(5)
	conditions := s.Conditions(now.Filter)
	for _, c := range conditions {
		chips.Add(widget.Chip(c.Text, func() { s.Narrow(c.Without) }))
	}
	if len(conditions) > 0 || now.Filter.Query != "" {
		chips.Add(widget.Link("Clear", s.Clear))
	}
	return container.NewBorder(nil, nil, widget.Breadcrumb(parts...), nil, container.NewHScroll(container.New(layout.NewCustomPaddedLayout(1, 1, 10, 0), chips)))
}

func short(s string, n int) string {
	r := []rune(widget.Clean(s))
	if len(r) <= n {
		return string(r)
	}
	return string(r[:n-1]) + "…"
}

// queryEntry is the entry of the query language. Enter asks, Escape takes back
// what was typed, a second Escape clears the filter.
type queryEntry struct {
	fynewidget.Entry
	p *App
}

func newQueryEntry(p *App) *queryEntry {
	q := &queryEntry{p: p}
	q.ExtendBaseWidget(q)
	q.SetPlaceHolder(`Search: words  "a phrase"  -not  severity>=warn  namespace:kube-system  source:*/coredns*  /regex/`)
	q.SetIcon(theme.SearchIcon())
	q.OnSubmitted = q.ask
	return q
}

// ask narrows to the typed query; away from pages that list records it also
// goes to them.
func (q *queryEntry) ask(text string) {
	s := q.p.session
	now := s.Now()
	now.Filter.Query = text
	if now.Page == screen.PageSources || now.Page == screen.PageFindings || now.Page == screen.PageRuns {
		now.Page, now.Arg = screen.PageExplore, ""
	}
	s.Move(now)
}

// TypedKey implements fyne.Focusable.
func (q *queryEntry) TypedKey(e *fyne.KeyEvent) {
	switch {
	case e.Name == fyne.KeyEscape && q.Text != q.p.session.Filter().Query:
		q.SetText(q.p.session.Filter().Query)
	case e.Name == fyne.KeyEscape:
		q.p.window.Canvas().Unfocus()
		q.p.escape()
	case e.Name == fyne.KeyF1, e.Name == fyne.KeyF3:
		q.p.typedKey(e)
	default:
		q.Entry.TypedKey(e)
	}
}

// statusBar is the line at the bottom of the window.
type statusBar struct {
	p       *App
	object  fyne.CanvasObject
	left    *canvas.Text
	right   *canvas.Text
	stage   *canvas.Text
	bar     *fynewidget.ProgressBar
	running *fyne.Container
}

func newStatusBar(p *App) *statusBar {
	b := &statusBar{p: p, bar: fynewidget.NewProgressBar()}
	b.left = widget.Text("", 12, widget.ColorMuted, fyne.TextStyle{})
	b.stage = widget.Text("", 12, widget.ColorMuted, fyne.TextStyle{})
	b.right = widget.Text("offline · no network is used", 12, widget.ColorFaint, fyne.TextStyle{})
	if p.session != nil {
		b.right.Text = "case " + widget.Bytes(p.session.Case.Info().Disk) + " on disk  ·  " + b.right.Text
	}
	cancel := fynewidget.NewButtonWithIcon("Cancel", theme.CancelIcon(), p.Cancel)
	cancel.Importance = fynewidget.LowImportance
	b.running = widget.Across(8, container.NewCenter(b.stage), container.NewCenter(widget.Least(200, 16, b.bar)), cancel)
	b.running.Hide()
	ground := canvas.NewRectangle(theme.Color(widget.ColorNav))
	line := canvas.NewRectangle(theme.Color(widget.ColorHairline))
	line.SetMinSize(fyne.NewSize(1, 1))
	b.object = container.NewStack(ground, container.NewBorder(line, nil, nil, nil, container.New(layout.NewCustomPaddedLayout(3, 3, 12, 12),
		widget.Least(10, 20, container.NewBorder(nil, nil, container.NewCenter(b.left), container.NewCenter(b.right), container.NewCenter(b.running))))))
	return b
}

func (b *statusBar) records(text string) {
	b.left.Text = text
	b.left.Refresh()
	b.object.Refresh()
}

func (b *statusBar) progress(j screen.Job, running bool) {
	if !running || b.p.session == nil { // the start page shows it itself
		if b.running.Visible() {
			b.running.Hide()
			b.object.Refresh()
		}
		return
	}
	b.stage.Text = fmt.Sprintf("%s  %s", j.Title, j.Detail)
	b.bar.SetValue(max(0, j.Done))
	b.running.Show()
	b.object.Refresh()
}

// shortcut returns a key with the platform's usual modifier.
func shortcut(k fyne.KeyName) fyne.Shortcut {
	return &desktop.CustomShortcut{KeyName: k, Modifier: fyne.KeyModifierShortcutDefault}
}
