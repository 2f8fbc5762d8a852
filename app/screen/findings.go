package screen

import (
	"context"
	"fmt"
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"
	fynewidget "fyne.io/fyne/v2/widget"

	"faultline/analysis"
	"faultline/app/widget"
)

// findings shows the ranked claims as the report will print them, the causes
// and themes behind them, and exports the report.
type findings struct {
	s     *Session
	asker *Asker
	box   *fyne.Container
	shown string
	a     *analysis.Assessment
	n     int64 // records that pass the filter
}

func newFindings(s *Session) *findings {
	return &findings{s: s, asker: s.Asker(), box: container.NewStack(waiting("Reading findings…"))}
}

func (v *findings) Object() fyne.CanvasObject { return v.box }

func (v *findings) Show(p Place) {
	key := fmt.Sprintf("%p %s", v.s.Whole(), Key(p.Filter))
	if key == v.shown {
		return
	}
	v.shown = key
	f := clone(p.Filter)
	var a *analysis.Assessment
	var n int64
	v.asker.Ask(func(ctx context.Context) (err error) {
		if n, err = v.s.Case.Count(ctx, f); err != nil {
			return err
		}
		a, err = v.s.Assessment(ctx, f)
		return err
	}, func(err error) {
		v.box.Objects = []fyne.CanvasObject{padded(widget.Gap(1, 1))}
		if err != nil {
			v.box.Objects[0] = padded(mistake(v.s, err))
		} else {
			v.a, v.n = a, n
			v.box.Objects[0] = v.build(f)
		}
		v.box.Refresh()
	})
}

func (v *findings) build(f analysis.Filter) fyne.CanvasObject {
	html := fynewidget.NewButtonWithIcon("Export HTML", theme.DocumentSaveIcon(), func() { v.s.Host.Export("html") })
	html.Importance = fynewidget.HighImportance
	md := fynewidget.NewButton("Markdown", func() { v.s.Host.Export("md") })
	js := fynewidget.NewButton("JSON", func() { v.s.Host.Export("json") })
	head := widget.Panel("Report", widget.Across(6, md, js, html),
		widget.Body("One file without scripts that can be printed and handed over: the answer, scope and data quality, when, how often and why, the findings below with their quoted lines, limits, versions and hashes. The same case gives the same bytes."))
	list := widget.Down(8)
	for i := range v.a.Findings {
		list.Add(widget.Panel("", nil, v.finding(&v.a.Findings[i], i+1)))
	}
	if len(v.a.Findings) == 0 {
		list.Add(widget.Panel("", nil, widget.Least(200, 120, nothing(v.s, "findings"))))
	}
	right := widget.Down(8)
	if len(v.a.Coverage) > 0 {
		right.Add(v.coverage())
	}
	for _, o := range []fyne.CanvasObject{v.causes(), v.themes(), v.limits()} {
		right.Add(o)
	}
	page := widget.Down(8, head, widget.Split(0.58, list, right))
	if note := v.s.scope(f, v.n); note != nil {
		page = widget.Down(8, note, head, widget.Split(0.58, list, right))
	}
	return container.NewVScroll(padded(page))
}

func (v *findings) finding(f *analysis.Finding, rank int) fyne.CanvasObject {
	card := findingCard(v.s, f, rank, 4).(*fyne.Container)
	if len(f.Numbers) > 0 {
		var parts []string
		for _, n := range f.Numbers {
			t := n.Label + " " + n.Text
			if iv := interval(n); iv != "" {
				t += " (" + iv + ")"
			}
			parts = append(parts, t)
		}
		l := widget.Body(strings.Join(parts, "  ·  "))
		l.SizeName = theme.SizeNameCaptionText
		card.Add(l)
	}
	for _, x := range []struct {
		name string
		list []string
	}{{"Against it", f.Against}, {"Mind", f.Caveats}, {"Would help", filled(f.Fix)}, {"To ask", filled(f.Ask)}} {
		for _, t := range counted(x.list) {
			if !strings.HasPrefix(t, "To confirm: ") {
				t = x.name + ": " + t
			}
			card.Add(widget.Body(t))
		}
	}
	return card
}

// counted says sentences that are said more than once but once, with how often.
func counted(list []string) (out []string) {
	n := map[string]int{}
	for _, s := range list {
		n[s]++
	}
	for _, s := range list {
		switch k := n[s]; {
		case k == 1:
			out = append(out, s)
		case k > 1:
			out = append(out, fmt.Sprintf("%s (%d times)", strings.TrimSuffix(s, "."), k))
		}
		n[s] = 0
	}
	return out
}

func (v *findings) causes() fyne.CanvasObject {
	box := widget.Down(4)
	for _, c := range v.a.Causes {
		episodes := widget.Plural(int64(c.Episodes), "episode")
		if c.Counted != "" {
			episodes += " (" + c.Counted + ")"
		}
		row := widget.Down(0, container.NewBorder(nil, nil, nil, container.NewCenter(widget.Tag(string(c.Verdict), widget.KindColor(string(c.Verdict)))),
			widget.Fitted(widget.Text(c.Title, 13, theme.ColorNameForeground, fyne.TextStyle{Bold: true}))),
			widget.Fitted(widget.Muted(fmt.Sprintf("%s, %s, %s", widget.Plural(int64(c.Failures), "failure"), episodes, widget.Plural(c.Records, "record")))))
		for i, e := range c.Evidence {
			if i == 1 {
				break
			}
			row.Add(v.s.evidenceRow(e))
		}
		box.Add(row)
	}
	if len(box.Objects) == 0 {
		box.Add(widget.Muted("No cause of the catalogue was recognised."))
	}
	return widget.Panel("Causes", nil, box)
}

func (v *findings) themes() fyne.CanvasObject {
	box := widget.Down(6)
	for _, t := range v.a.Themes {
		tint := theme.Color(widget.ColorFaint)
		switch t.State {
		case "supported":
			tint = theme.Color(theme.ColorNamePrimary)
		case "hint":
			tint = theme.Color(theme.ColorNameWarning)
		}
		why := widget.Body(t.Why)
		why.SizeName = theme.SizeNameCaptionText
		row := widget.Down(0, container.NewBorder(nil, nil, nil, container.NewCenter(widget.Tag(t.State, tint)),
			widget.Fitted(widget.Text(t.Title, 13, theme.ColorNameForeground, fyne.TextStyle{Bold: true}))))
		if t.Why != "" && t.State != "not seen" {
			row.Add(why)
		}
		box.Add(row)
	}
	return widget.Panel("Underlying problems", nil, box)
}

// coverage lists what the playbook answers to each request.
func (v *findings) coverage() fyne.CanvasObject {
	box := widget.Down(6)
	for _, c := range v.a.Coverage {
		var tint color.Color = theme.Color(widget.ColorFaint)
		switch c.Answer {
		case "yes":
			tint = theme.Color(theme.ColorNameSuccess)
		case "partly":
			tint = theme.Color(theme.ColorNameWarning)
		case "no":
			tint = theme.Color(theme.ColorNameError)
		}
		row := widget.Down(0, container.NewBorder(nil, nil, nil, container.NewCenter(widget.Tag(c.Answer, tint)),
			widget.Fitted(widget.Text(c.Asked, 13, theme.ColorNameForeground, fyne.TextStyle{Bold: true}))))
		lines := filled(c.Note)
		if c.Alternative != "" {
			lines = append(lines, "Instead: "+c.Alternative)
		}
		if c.Proof != "" {
			lines = append(lines, "Proof: "+c.Proof)
		}
		if len(lines) > 0 {
			l := widget.Body(strings.Join(lines, "\n"))
			l.SizeName = theme.SizeNameCaptionText
			row.Add(l)
		}
		box.Add(row)
	}
	p := v.s.Playbook()
	if p == nil {
		return widget.Panel("What was asked for", nil, box)
	}
	about := strings.Join(filled(p.Vendor, p.Product, p.Version), " ")
	if p.ValidUntil != "" {
		about = strings.Join(filled(about, "valid until "+p.ValidUntil), ", ")
	}
	marks := v.s.Asker()
	return widget.Panel("What was asked for", widget.Link("Close the playbook", func() { v.s.UsePlaybook(nil, marks) }),
		widget.Down(4, widget.Fitted(widget.Muted("Playbook: "+about)), box))
}

func (v *findings) limits() fyne.CanvasObject {
	box := container.New(layout.NewCustomPaddedVBoxLayout(0))
	for _, l := range append(append([]string(nil), v.a.Quality.Notes...), v.a.Limits...) {
		b := widget.Body("·  " + l)
		b.SizeName = theme.SizeNameCaptionText
		box.Add(b)
	}
	return widget.Panel("Limits", nil, box)
}
