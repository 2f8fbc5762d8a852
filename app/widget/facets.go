package widget

import (
	"cmp"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	"fyne.io/fyne/v2/theme"

	"faultline/analysis"
)

// Facets returns a list of fields with their most frequent values; a click on
// a value reports it. Values in on are shown as chosen.
func Facets(list []analysis.Facet, on func(field, value string) bool, onTap func(field, value string)) fyne.CanvasObject {
	box := Down(1)
	for _, f := range list {
		if len(f.Values) == 0 || len(f.Values) == 1 && f.Values[0].Value == "" {
			continue
		}
		box.Add(container.New(layout.NewCustomPaddedLayout(8, 3, 8, 8), Text(FieldName(f.Field), smallSize, ColorMuted, fyne.TextStyle{Bold: true})))
		var peak int64
		for _, v := range f.Values {
			peak = max(peak, v.Count)
		}
		for _, v := range ordered(f) {
			box.Add(facetRow(f.Field, v, peak, on, onTap))
		}
		if f.Other > 0 {
			box.Add(container.New(layout.NewCustomPaddedLayout(1, 1, 8, 10),
				container.NewBorder(nil, nil, nil, Text(Count(f.Other), smallSize, ColorFaint, fyne.TextStyle{}), Text("others", smallSize+1, ColorFaint, fyne.TextStyle{Italic: true}))))
		}
	}
	return box
}

// ordered returns a facet's values as they are shown: severities from the worst
// down, the others by count, those without a value last.
func ordered(f analysis.Facet) []analysis.ValueCount {
	out := slices.Clone(f.Values)
	rank := func(v analysis.ValueCount) int {
		var s analysis.Severity
		if f.Field == "severity" && s.UnmarshalText([]byte(v.Value)) == nil {
			return -int(s)
		}
		if v.Value == "" {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(out, func(a, b analysis.ValueCount) int { return cmp.Compare(rank(a), rank(b)) })
	return out
}

func facetRow(field string, v analysis.ValueCount, peak int64, on func(field, value string) bool, onTap func(field, value string)) fyne.CanvasObject {
	name := Clean(v.Value)
	c := theme.ColorNameForeground
	if name == "" {
		name, c = "(none)", ColorFaint
	}
	if field == "severity" {
		var s analysis.Severity
		if s.UnmarshalText([]byte(v.Value)) == nil {
			c = SeverityColor(s)
		}
	}
	count := Text(Count(v.Count), smallSize, ColorMuted, fyne.TextStyle{})
	bar := canvas.NewRectangle(col(theme.ColorNameHover))
	bar.CornerRadius = 2
	label := Fitted(Text(name, smallSize+1, c, fyne.TextStyle{}))
	row := NewTap(container.NewStack(
		container.New(&shareLayout{share: float32(v.Count) / float32(max(1, peak))}, bar),
		container.New(layout.NewCustomPaddedLayout(2, 2, 8, 10), container.NewBorder(nil, nil, nil, count, label)),
	), func() { onTap(field, v.Value) })
	if on != nil && on(field, v.Value) {
		row.SetGround(col(theme.ColorNameSelection))
	}
	return row
}

// shareLayout gives its object a share of the width.
type shareLayout struct{ share float32 }

func (l *shareLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(0, 0) }
func (l *shareLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Move(fyne.NewPos(4, 1))
	o[0].Resize(fyne.NewSize(max(2, (s.Width-8)*l.share), s.Height-2))
}

// FieldName returns the title of a field.
func FieldName(f string) string {
	if f == "" {
		return ""
	}
	return string(f[0]-'a'+'A') + f[1:]
}
