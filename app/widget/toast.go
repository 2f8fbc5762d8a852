package widget

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Toasts is a layer that shows short messages at the bottom right of a window,
// newest last. It takes no clicks but on its messages.
type Toasts struct {
	box   *fyne.Container
	layer *fyne.Container
}

// NewToasts makes an empty layer.
func NewToasts() *Toasts {
	t := &Toasts{box: Down(6)}
	t.layer = container.NewVBox(layout.NewSpacer(), container.NewHBox(layout.NewSpacer(), t.box, Gap(12, 1)), Gap(1, 40))
	return t
}

// Layer returns what lies above the window's content.
func (t *Toasts) Layer() fyne.CanvasObject { return t.layer }

// Show adds a message; failed ones are marked. It returns a function that
// takes it away. A click takes it away too.
func (t *Toasts) Show(title, text string, failed bool) (dismiss func()) {
	edge := canvas.NewRectangle(col(theme.ColorNameSuccess))
	if failed {
		edge.FillColor = col(theme.ColorNameError)
	}
	edge.SetMinSize(fyne.NewSize(4, 4))
	back := canvas.NewRectangle(col(theme.ColorNameMenuBackground))
	back.StrokeColor, back.StrokeWidth, back.CornerRadius = col(theme.ColorNameInputBorder), 1, 4
	body := Down(2, Title(title))
	if text != "" {
		l := widget.NewLabel(CleanLines(text))
		l.Wrapping = fyne.TextWrapWord
		body.Add(l)
	}
	var item fyne.CanvasObject
	dismiss = func() { t.box.Remove(item); t.layer.Refresh() }
	item = NewTap(container.NewStack(back, container.NewBorder(nil, nil, edge, nil,
		container.New(layout.NewCustomPaddedLayout(8, 8, 10, 14), Least(300, 1, body)))), dismiss)
	t.box.Add(item)
	t.layer.Refresh()
	return dismiss
}

// Len returns the number of messages shown.
func (t *Toasts) Len() int { return len(t.box.Objects) }
