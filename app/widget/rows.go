package widget

import (
	"math"

	"fyne.io/fyne/v2"
)

// rows is where a list of rows stands.
type rows struct {
	lead, top int // the row that moves, -1 for none; the first row in sight
	fit, n    int // rows in sight, rows in all
}

// steer does what a key asks of a list of rows: go to another row or open
// this one. Other keys go to the window.
func steer(o fyne.CanvasObject, e *fyne.KeyEvent, r rows, move, open func(row int)) {
	page := max(1, r.fit-1)
	switch e.Name {
	case fyne.KeyDown:
		move(r.lead + 1)
	case fyne.KeyUp:
		move(r.lead - 1)
	case fyne.KeyPageDown:
		move(max(r.lead, r.top) + page)
	case fyne.KeyPageUp:
		move(max(r.lead, r.top) - page)
	case fyne.KeyHome:
		move(0)
	case fyne.KeyEnd:
		move(r.n - 1)
	case fyne.KeyReturn, fyne.KeyEnter:
		if r.lead >= 0 && open != nil {
			open(r.lead)
		}
	default:
		pass(o, e)
	}
}

// wheelRows returns how many rows a turn of the wheel goes down: at least one,
// whichever way.
func wheelRows(dy, rowH float32) int {
	k := int(math.Round(float64(-dy / rowH)))
	switch {
	case k == 0 && dy > 0:
		return -1
	case k == 0 && dy < 0:
		return 1
	}
	return k
}

// pass hands a key that o has no use for to the window.
func pass(o fyne.CanvasObject, e *fyne.KeyEvent) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil && c.OnTypedKey() != nil {
		c.OnTypedKey()(e)
	}
}

// focus gives o the keyboard where it is on a canvas.
func focus(o fyne.Focusable) {
	co, ok := o.(fyne.CanvasObject)
	if !ok {
		return
	}
	if c := fyne.CurrentApp().Driver().CanvasForObject(co); c != nil {
		c.Focus(o)
	}
}
