package screen

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"

	"faultline/app/widget"
	"faultline/index"
)

// maxResembling is how much is offered in place of records that are not there.
const maxResembling = 8

// resembling returns what the case has that resembles the words of a query. An
// error is none: it is asked for beside the answer, not as the answer.
func (s *Session) resembling(ctx context.Context, query string) []index.Match {
	words := strings.Join(searched(query), " ")
	if words == "" {
		return nil
	}
	found, err := s.Case.Find(ctx, words, maxResembling)
	if err != nil {
		return nil
	}
	return found.Matches
}

// offer returns matches to choose from.
func (s *Session) offer(matches []index.Match) fyne.CanvasObject {
	rows := widget.Down(2)
	for i := range matches {
		m := &matches[i]
		line := widget.Down(1, widget.Fitted(widget.Text(m.Kind+"   "+short(m.Title, 200), 13, theme.ColorNameForeground, fyne.TextStyle{})))
		if m.Snippet != m.Title {
			line.Add(widget.Fitted(widget.Text(short(m.Snippet, 200), 11, widget.ColorMuted, fyne.TextStyle{})))
		}
		rows.Add(widget.NewTap(container.New(layout.NewCustomPaddedLayout(4, 4, 8, 8), line), func() { s.openMatch(m) }))
	}
	return widget.Panel("What resembles it", nil, rows)
}

// openMatch shows what was found: a pattern on its page, a passage of free text
// among its neighbours, of everything else the records.
func (s *Session) openMatch(m *index.Match) {
	switch m.Kind {
	case "pattern":
		s.Move(Place{Page: PagePatterns, Arg: m.ID})
		return
	case "text":
		if o, err := s.Case.Origin(m.ID); err == nil {
			s.ShowOrigin(o)
			return
		}
	}
	s.Explore(clone(m.Filter))
}
