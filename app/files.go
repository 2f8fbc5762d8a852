package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	fynewidget "fyne.io/fyne/v2/widget"

	"faultline/analysis/report"
	"faultline/app/widget"
	"faultline/index"
)

// dropped takes files and folders that were dropped on the window.
func (p *App) dropped(uris []fyne.URI) {
	var paths []string
	for _, u := range uris {
		if u.Scheme() == "file" {
			paths = append(paths, u.Path())
		}
	}
	p.Trace("dropped %d", len(paths))
	p.Open(paths)
}

// Open takes paths from the command line or a drop: a case is opened, all
// else is imported, after asking where to when a case is open.
func (p *App) Open(paths []string) {
	if len(paths) == 0 {
		return
	}
	if len(paths) == 1 && isCase(paths[0]) {
		p.OpenCase(paths[0])
		return
	}
	if p.session == nil {
		p.Import(paths)
		return
	}
	name := filepath.Base(paths[0])
	if len(paths) > 1 {
		name = fmt.Sprintf("%s and %d more", name, len(paths)-1)
	}
	var d *dialog.CustomDialog
	fresh := fynewidget.NewButton("Make a new case", func() { d.Hide(); p.Import(paths) })
	fresh.Importance = fynewidget.HighImportance
	add := fynewidget.NewButton("Add to this case", func() { d.Hide(); p.AddBundles(paths) })
	d = dialog.NewCustomWithoutButtons("Import "+name, widget.Body("A case holds what belongs to one investigation: add another bundle of the same customer and time, or begin a new case."), p.window)
	d.SetButtons([]fyne.CanvasObject{fynewidget.NewButton("Cancel", func() { d.Hide() }), add, fresh})
	d.Resize(fyne.NewSize(460, 140))
	d.Show()
}

// isCase reports whether there is a case in a folder.
func isCase(dir string) bool {
	c, err := index.Open(dir, index.Options{ReadOnly: true})
	if err != nil {
		return false
	}
	return c.Close() == nil
}

// ChooseFile implements screen.Host.
func (p *App) ChooseFile() { p.chooseFile(p.Open) }

// ChooseFolder implements screen.Host.
func (p *App) ChooseFolder() { p.chooseFolder(p.Open) }

func (p *App) chooseCase() {
	p.chooseFolder(func(paths []string) { p.OpenCase(paths[0]) })
}

// showFiles shows a file dialog large; Fyne's cannot be resized before.
func showFiles(d *dialog.FileDialog) {
	d.Show()
	d.Resize(fyne.NewSize(900, 620))
}

func (p *App) chooseFile(then func(paths []string)) {
	d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if err != nil {
			p.failed("The file could not be opened", err)
			return
		}
		if r == nil {
			return
		}
		path := r.URI().Path()
		if err := r.Close(); err != nil {
			p.Trace("close %s: %v", path, err)
		}
		then([]string{path})
	}, p.window)
	showFiles(d)
}

func (p *App) chooseFolder(then func(paths []string)) {
	d := dialog.NewFolderOpen(func(u fyne.ListableURI, err error) {
		if err != nil {
			p.failed("The folder could not be opened", err)
			return
		}
		if u != nil {
			then([]string{u.Path()})
		}
	}, p.window)
	showFiles(d)
}

// Export implements screen.Host: the report of what passes the filter.
func (p *App) Export(format string) {
	if p.session == nil {
		return
	}
	d := dialog.NewFileSave(func(w fyne.URIWriteCloser, err error) {
		if err != nil {
			p.notWritten("", err)
			return
		}
		if w != nil {
			p.WriteReport(format, w)
		}
	}, p.window)
	d.SetFileName("faultline-report." + format)
	showFiles(d)
}

// WriteReport writes the report of what passes the filter to w and closes it.
func (p *App) WriteReport(format string, w fyne.URIWriteCloser) {
	s, path := p.session, w.URI().Path()
	if s == nil { // closed while the dialog was open
		if err := w.Close(); err != nil {
			p.Trace("close %s: %v", path, err)
		}
		return
	}
	f := s.Filter()
	p.run("Writing the report", func(ctx context.Context) error {
		a, err := s.Assessment(ctx, f)
		if err == nil {
			var b bytes.Buffer
			if err = report.Write(&b, format, a, report.Options{Customer: s.Case.Info().Customer}); err == nil {
				_, err = w.Write(b.Bytes())
			}
		}
		if e := w.Close(); err == nil {
			err = e
		}
		return err
	}, func(err error) {
		if err != nil {
			p.notWritten(path, err)
			return
		}
		p.Trace("report %s", path)
		scope := "It covers the whole case."
		if len(s.Conditions(f)) > 0 || f.Query != "" {
			scope = "It covers what passes the filter in force, and says so."
		}
		p.Tell("Report written", path+"\n"+scope, false)
	})
}

// notWritten tells that a report was not written, and what to do; path is that
// of the file which was begun, "" for none.
func (p *App) notWritten(path string, err error) {
	text := err.Error() + ". Export it again to a folder that you may write and that has room."
	if errors.Is(err, context.Canceled) {
		text = "It was cancelled. Export it again when you need it."
	}
	if path != "" {
		text += " What stands in " + path + " is no whole report: delete it."
	}
	p.Tell("The report could not be written", text, true)
}

// showCase says what the open case holds.
func (p *App) showCase() {
	if p.session == nil {
		return
	}
	info := p.session.Case.Info()
	var lines []string
	add := func(name, value string) { lines = append(lines, fmt.Sprintf("%-12s %s", name, value)) }
	add("Case", info.Name)
	add("Folder", info.Dir)
	for _, b := range info.Bundles {
		add("Bundle", fmt.Sprintf("%s  %s  %s  %s", b.Name, b.Kind, widget.Bytes(b.Size), widget.Plural(int64(b.Members), "member")))
		if b.SHA256 != "" {
			add("SHA-256", b.SHA256)
		}
		if !b.Collected.IsZero() {
			add("Collected", widget.Stamp(b.Collected, p.session.Zone)+" "+p.session.Zone.String())
		}
	}
	add("Period", widget.Range(info.Span.From, info.Span.To, p.session.Zone))
	add("Records", fmt.Sprintf("%s, %s with a time", widget.Count(info.Records), widget.Count(info.Timed)))
	add("Indexed", widget.Bytes(info.Bytes)+" of text, "+widget.Bytes(info.Disk)+" on disk")
	add("Patterns", widget.Count(int64(info.Patterns)))
	add("Runs", widget.Count(int64(info.Runs)))
	add("States", widget.Count(int64(info.States)))
	add("Root hash", info.Root)
	p.show("About the case", strings.Join(lines, "\n"))
}

// show opens a dialog with text that can be selected.
func (p *App) show(title, text string) {
	l := fynewidget.NewLabel(widget.CleanLines(text))
	l.TextStyle.Monospace, l.Selectable = true, true
	scroll := container.NewScroll(l)
	scroll.SetMinSize(fyne.NewSize(min(860, p.window.Canvas().Size().Width-80), min(460, p.window.Canvas().Size().Height-160)))
	dialog.NewCustom(title, "Close", scroll, p.window).Show()
}

const keys = `Ctrl+O          import a file            Ctrl+Shift+O   import a folder
Ctrl+F          search                   Enter          ask
Ctrl+1 … 6      Overview … Findings      Ctrl+G         go to a time
Alt+Left/Right  back, forward (also undoes the filter)
Esc             close, or clear filter   Ctrl+E         export the report
Ctrl+D          light or dark            Ctrl+R         assess again
F3, Shift+F3    next, previous hit: of the search, among a record's neighbours
Ctrl+Shift+S    open the sample case     Ctrl+I         about the case
Ctrl+W          close the case           Ctrl+Q         quit
In lists: arrows, Page Up/Down, Home, End, Enter opens, Ctrl+C copies.
In charts: click a bar or cell, drag over a range of time, drag with Shift to
make the range longer on that side, double click to see all time again.

The query language
  etcd timeout            records that hold both words
  "i/o timeout"           a phrase
  -probe   NOT probe      without a word
  a OR b   ( … )          either
  severity>=warn          also severity:error, severity<info
  namespace:kube-system   host: pod: container: unit: process: cluster:
  source:*/kubelet.log    with its rotated files; file: is one of them
  bundle:my.tar.gz        format:klog  kind:event  pattern:ID  cause:ID
  run:ID                  what belongs to a run: its record, its log, its pods
  time>=2022-12-21        time<"2022-12-21 10:00"
  /time(d)? ?out/         a regular expression
  10.43.*                 * stands for any run of characters`

func (p *App) showKeys() { p.show("Keys and the query language", keys) }

func (p *App) showAbout() {
	p.show("About Faultline", "Faultline "+p.o.Version+`

Drop a customer's bundle on the window; a minute later know when, why and
how often things fail.

Offline and private. Network connections made: none; the program holds no
code that opens one. Cases are kept in
  `+p.dataDir()+`

Licence: Apache-2.0
Charts are drawn with go-chart, windows with Fyne, search ranks with bleve.`)
}
