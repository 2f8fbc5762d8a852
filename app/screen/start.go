package screen

import (
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"faultline/app/widget"
)

// Start is the page without a case: the place to drop a bundle on, cases that
// were opened before, and the progress of an import.
type Start struct {
	host Host
	icon fyne.Resource
	box  *fyne.Container

	running *fyne.Container
	title   *canvas.Text
	stage   *canvas.Text
	detail  *canvas.Text
	bar     *fynewidget.ProgressBar
	lines   *fyne.Container
}

// NewStart makes the start page; icon is the program's.
func NewStart(h Host, icon fyne.Resource) *Start {
	s := &Start{host: h, icon: icon, box: container.NewStack()}
	s.Refresh()
	return s
}

// Object returns what is shown.
func (s *Start) Object() fyne.CanvasObject { return s.box }

// Refresh builds the page again: the recent cases or the theme changed.
func (s *Start) Refresh() {
	head := widget.Down(2, s.logo(), center(widget.Text("When, why and how often do things fail?", 14, widget.ColorMuted, fyne.TextStyle{})))
	s.progress()
	page := widget.Down(16, widget.Gap(1, 10), head, s.target(), s.running, s.recent(),
		center(widget.Text("Offline and private: nothing leaves this computer; only your cases, preferences and reports are written.", 12, widget.ColorMuted, fyne.TextStyle{})))
	s.box.Objects = []fyne.CanvasObject{container.NewVScroll(container.New(&narrow{width: 820}, page))}
	s.box.Refresh()
	s.Progress()
}

func (s *Start) logo() fyne.CanvasObject {
	img := canvas.NewImageFromResource(s.icon)
	img.FillMode = canvas.ImageFillContain
	img.SetMinSize(fyne.NewSize(40, 40))
	return center(widget.Across(10, img, container.NewCenter(widget.Text("Faultline", 28, theme.ColorNameForeground, fyne.TextStyle{Bold: true}))))
}

func center(o fyne.CanvasObject) fyne.CanvasObject { return container.NewCenter(o) }

func (s *Start) target() fyne.CanvasObject {
	back := canvas.NewRectangle(theme.Color(widget.ColorPanel))
	back.CornerRadius, back.StrokeWidth, back.StrokeColor = 10, 1.5, theme.Color(theme.ColorNameInputBorder)
	file := fynewidget.NewButtonWithIcon("Choose a file", theme.FileIcon(), s.host.ChooseFile)
	file.Importance = fynewidget.HighImportance
	folder := fynewidget.NewButtonWithIcon("Choose a folder", theme.FolderOpenIcon(), s.host.ChooseFolder)
	sample := fynewidget.NewButtonWithIcon("Open the sample case", theme.MediaPlayIcon(), s.host.OpenSample)
	down := fynewidget.NewIcon(theme.DownloadIcon())
	return container.NewStack(back, widget.Pad(26, widget.Down(10,
		center(widget.Least(36, 36, down)),
		center(widget.Text("Drop a bundle, a folder or a log file here", 19, theme.ColorNameForeground, fyne.TextStyle{Bold: true})),
		center(widget.Text("zip, tar, gz, xz, zst, nested · must-gather, sosreport, support bundles · klog, CRI, syslog, journal, JSON lines", 12, widget.ColorMuted, fyne.TextStyle{})),
		center(widget.Text("JUnit, CI job histories, Kubernetes objects and events", 12, widget.ColorMuted, fyne.TextStyle{})),
		widget.Gap(1, 2),
		center(widget.Across(8, file, folder, sample)),
	)))
}

func (s *Start) progress() {
	s.title = widget.Text("", 14, theme.ColorNameForeground, fyne.TextStyle{Bold: true})
	s.stage = widget.Text("", 12, widget.ColorMuted, fyne.TextStyle{})
	s.detail = widget.Text("", 12, widget.ColorMuted, fyne.TextStyle{})
	s.bar = fynewidget.NewProgressBar()
	s.lines = widget.Down(1)
	cancel := fynewidget.NewButtonWithIcon("Cancel", theme.CancelIcon(), s.host.Cancel)
	s.running = container.NewStack(widget.Panel("", nil, widget.Down(5,
		container.NewBorder(nil, nil, nil, cancel, s.title), s.bar,
		container.NewBorder(nil, nil, s.stage, s.detail), s.lines)))
	s.running.Hide()
}

// Progress shows how far the running job is.
func (s *Start) Progress() {
	j, ok := s.host.Job()
	if !ok {
		if s.running.Visible() {
			s.running.Hide()
			s.box.Refresh()
		}
		return
	}
	s.title.Text, s.stage.Text, s.detail.Text = j.Title, j.Stage, detailOf(j)
	s.bar.SetValue(max(0, j.Done))
	s.lines.Objects = nil
	for _, l := range j.Lines {
		s.lines.Add(widget.Text(tail(l, 110), 11, widget.ColorMuted, fyne.TextStyle{Monospace: true}))
	}
	if !s.running.Visible() {
		s.running.Show()
		s.box.Refresh()
	}
	s.running.Refresh()
}

func detailOf(j Job) string {
	text := j.Detail
	if j.Left > 0 {
		text += "  ·  " + widget.Duration(j.Left) + " left"
	}
	return text
}

func (s *Start) recent() fyne.CanvasObject {
	list := s.host.Recent()
	if len(list) == 0 {
		return widget.Panel("Recent cases", nil, widget.Muted("Cases that you open are listed here."))
	}
	box := widget.Down(0)
	for i, r := range list {
		if i == 8 {
			break
		}
		right := widget.Muted(fmt.Sprintf("%s  ·  %s", widget.Plural(r.Records, "record"), r.Opened.Local().Format("2 Jan 2006 15:04")))
		box.Add(widget.NewTap(container.New(layout.NewCustomPaddedLayout(4, 4, 6, 6), container.NewBorder(nil, nil,
			widget.Text(short(r.Name, 60), 13, theme.ColorNameForeground, fyne.TextStyle{Bold: true}), right,
			widget.Fitted(widget.Text("  "+tail(r.Dir, 90), 11, widget.ColorFaint, fyne.TextStyle{})))), func() { s.host.OpenCase(r.Dir) }))
	}
	return widget.Panel("Recent cases", nil, box)
}

// narrow keeps a page readable on a wide window.
type narrow struct{ width float32 }

func (n *narrow) MinSize(o []fyne.CanvasObject) fyne.Size { return o[0].MinSize() }
func (n *narrow) Layout(o []fyne.CanvasObject, s fyne.Size) {
	w := min(n.width, s.Width-24)
	h := o[0].MinSize().Height
	o[0].Resize(fyne.NewSize(w, h))
	o[0].Move(fyne.NewPos((s.Width-w)/2, max(0, (s.Height-h)/3)))
}
