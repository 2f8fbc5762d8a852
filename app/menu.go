package app

import (
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/driver/desktop"
	fynewidget "fyne.io/fyne/v2/widget"

	"faultline/analysis"
	"faultline/app/widget"
)

// caseItem is item for what needs an open case. Fyne runs the shortcut of a
// disabled item all the same.
func (p *App) caseItem(label string, key fyne.Shortcut, do func()) *fyne.MenuItem {
	i := item(label, key, func() {
		if p.session != nil {
			do()
		}
	})
	i.Disabled = p.session == nil
	return i
}

// item makes a menu item; its shortcut also works while an entry has the
// keyboard, which a canvas shortcut would not.
func item(label string, key fyne.Shortcut, do func()) *fyne.MenuItem {
	i := fyne.NewMenuItem(label, do)
	i.Shortcut = key
	return i
}

// menu makes the main menu.
func (p *App) menu() *fyne.MainMenu {
	return fyne.NewMainMenu(p.fileMenu(), p.viewMenu(), p.goMenu(), p.caseMenu(), fyne.NewMenu("Help",
		item("Keys and the query language", shortcut(fyne.KeyF1), p.showKeys),
		item("About Faultline", nil, p.showAbout)))
}

func withShift(k fyne.KeyName) fyne.Shortcut {
	return &desktop.CustomShortcut{KeyName: k, Modifier: fyne.KeyModifierShortcutDefault | fyne.KeyModifierShift}
}

func (p *App) fileMenu() *fyne.Menu {
	recent := item("Recent cases", nil, nil)
	recent.ChildMenu = fyne.NewMenu("")
	for i, r := range p.Recent() {
		if i == 10 {
			break
		}
		recent.ChildMenu.Items = append(recent.ChildMenu.Items, item(short(r.Name, 50), nil, func() { p.OpenCase(r.Dir) }))
	}
	recent.Disabled = len(recent.ChildMenu.Items) == 0
	report := p.caseItem("Export report…", shortcut(fyne.KeyE), func() { p.Export("html") })
	md := p.caseItem("Export report as Markdown…", nil, func() { p.Export("md") })
	js := p.caseItem("Export report as JSON…", nil, func() { p.Export("json") })
	end := p.caseItem("Close case", shortcut(fyne.KeyW), p.CloseCase)
	quit := item("Quit", shortcut(fyne.KeyQ), p.Quit)
	quit.IsQuit = true
	return fyne.NewMenu("File",
		item("Import a file…", shortcut(fyne.KeyO), p.ChooseFile),
		item("Import a folder…", withShift(fyne.KeyO), p.ChooseFolder),
		item("Open a case…", withShift(fyne.KeyC), p.chooseCase),
		recent,
		item("Open the sample case", withShift(fyne.KeyS), p.OpenSample),
		fyne.NewMenuItemSeparator(), report, md, js,
		fyne.NewMenuItemSeparator(), end, quit)
}

func (p *App) viewMenu() *fyne.Menu {
	look := item("Theme", nil, nil)
	look.ChildMenu = fyne.NewMenu("")
	for _, m := range []widget.Mode{widget.ModeSystem, widget.ModeLight, widget.ModeDark} {
		i := item(strings.ToUpper(string(m[:1]))+string(m[1:]), nil, func() { p.SetTheme(m) })
		i.Checked = p.theme.Mode == m
		look.ChildMenu.Items = append(look.ChildMenu.Items, i)
	}
	scale := item("Scale", nil, nil)
	scale.ChildMenu = fyne.NewMenu("")
	for _, x := range []struct{ name, value string }{{"As the system", ""}, {"80 %", "0.8"}, {"100 %", "1"}, {"125 %", "1.25"}, {"150 %", "1.5"}, {"200 %", "2"}} {
		i := item(x.name, nil, func() {
			p.fyne.Preferences().SetString(prefScale, x.value)
			p.build()
			p.Tell("Scale: "+x.name, "It takes effect when Faultline is started again.", false)
		})
		i.Checked = p.fyne.Preferences().String(prefScale) == x.value
		scale.ChildMenu.Items = append(scale.ChildMenu.Items, i)
	}
	zone := item("Time zone…", nil, p.askZone)
	toggle := item("Light or dark", shortcut(fyne.KeyD), p.toggleTheme)
	clear := p.caseItem("Clear the filter (Esc)", shortcut(fyne.KeyBackspace), p.escape)
	search := p.caseItem("Search", shortcut(fyne.KeyF), func() {
		p.window.Canvas().Focus(p.frame.query)
		p.Trace("search focused")
	})
	return fyne.NewMenu("View", search, clear, fyne.NewMenuItemSeparator(), look, toggle, scale, zone)
}

func (p *App) goMenu() *fyne.Menu {
	alt := func(k fyne.KeyName) fyne.Shortcut {
		return &desktop.CustomShortcut{KeyName: k, Modifier: fyne.KeyModifierAlt}
	}
	m := fyne.NewMenu("Go",
		p.caseItem("Back", alt(fyne.KeyLeft), func() { p.session.Back() }),
		p.caseItem("Forward", alt(fyne.KeyRight), func() { p.session.Forward() }),
		fyne.NewMenuItemSeparator())
	for i, x := range pages {
		m.Items = append(m.Items, p.caseItem(x.name, shortcut(fyne.KeyName(rune('1'+i))), func() { p.session.Go(x.page, "") }))
	}
	m.Items = append(m.Items, fyne.NewMenuItemSeparator(), p.caseItem("Go to a time…", shortcut(fyne.KeyG), p.askTime),
		p.caseItem("Next hit (F3)", shortcut(fyne.KeyF3), func() { p.step(1) }),
		p.caseItem("Previous hit (Shift+F3)", withShift(fyne.KeyF3), func() { p.step(-1) }))
	return m
}

func (p *App) caseMenu() *fyne.Menu {
	return fyne.NewMenu("Case",
		p.caseItem("Add a file…", nil, func() { p.chooseFile(p.AddBundles) }),
		p.caseItem("Add a folder…", nil, func() { p.chooseFolder(p.AddBundles) }),
		p.caseItem("Open playbook…", nil, func() { p.chooseFile(func(paths []string) { p.OpenPlaybook(paths[0]) }) }),
		p.caseItem("Assess again", shortcut(fyne.KeyR), func() { p.session.Reassess(p.marks) }),
		p.caseItem("Verify the case", nil, p.Verify),
		p.caseItem("About the case", shortcut(fyne.KeyI), p.showCase))
}

// Menu implements screen.Host.
func (p *App) Menu(at fyne.Position, items ...*fyne.MenuItem) {
	fynewidget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), p.window.Canvas(), at)
}

// Ask implements screen.Host.
func (p *App) Ask(title, text string, answer func(string)) {
	entry := fynewidget.NewEntry()
	entry.SetPlaceHolder("Reason")
	var d *dialog.CustomDialog
	ok := fynewidget.NewButton(title, func() {
		d.Hide()
		answer(strings.TrimSpace(entry.Text))
	})
	ok.Importance = fynewidget.HighImportance
	ok.Disable()
	entry.OnChanged = func(s string) { enable(ok, strings.TrimSpace(s) != "") }
	entry.OnSubmitted = func(s string) {
		if strings.TrimSpace(s) != "" {
			ok.OnTapped()
		}
	}
	d = dialog.NewCustomWithoutButtons(title, widget.Least(460, 60, container.NewVBox(widget.Body(text), entry)), p.window)
	d.SetButtons([]fyne.CanvasObject{fynewidget.NewButton("Cancel", func() { d.Hide() }), ok})
	d.Show()
	p.window.Canvas().Focus(entry)
}

// askTime narrows the filter to an hour around a time.
func (p *App) askTime() {
	s := p.session
	entry := fynewidget.NewEntry()
	entry.SetPlaceHolder("2022-12-21 09:42:35")
	d := dialog.NewForm("Go to a time", "Go", "Cancel", []*fynewidget.FormItem{
		{Text: "Time (" + s.Zone.String() + ")", Widget: entry},
	}, func(ok bool) {
		if !ok {
			return
		}
		for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02"} {
			if t, err := time.ParseInLocation(layout, strings.TrimSpace(entry.Text), s.Zone); err == nil {
				s.Narrow(func(f *analysis.Filter) {
					f.From, f.To = t.Add(-30*time.Minute).UTC(), t.Add(30*time.Minute).UTC()
				})
				return
			}
		}
		p.Tell("This is no time", "Write it as 2022-12-21 09:42:35.", true)
	}, p.window)
	d.Resize(fyne.NewSize(420, 120))
	d.Show()
}

// askZone changes the zone that times are shown in.
func (p *App) askZone() {
	entry := fynewidget.NewSelectEntry([]string{"UTC", "Local", "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney"})
	entry.SetText(p.fyne.Preferences().StringWithFallback(prefZone, "UTC"))
	d := dialog.NewForm("Show times in", "Show", "Cancel", []*fynewidget.FormItem{{Text: "Zone", Widget: entry, HintText: "An IANA name; stamps keep the zone they were read with"}}, func(ok bool) {
		if !ok {
			return
		}
		z, err := time.LoadLocation(strings.TrimSpace(entry.Text))
		if err != nil {
			p.Tell("There is no such zone", "Write an IANA name such as Europe/Berlin.", true)
			return
		}
		p.fyne.Preferences().SetString(prefZone, z.String())
		if p.session != nil {
			p.session.Zone = z
			p.session.Reassess(p.marks)
		}
		p.build()
	}, p.window)
	d.Resize(fyne.NewSize(420, 140))
	d.Show()
}
