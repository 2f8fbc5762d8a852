package widget

import (
	"image/color"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"github.com/golang/freetype/truetype"

	"faultline/analysis"
	"faultline/analysis/chart"
)

// Names of colours that Fyne has no name for.
const (
	ColorPanel    fyne.ThemeColorName = "panel"    // behind charts, tables and tiles
	ColorHairline fyne.ThemeColorName = "hairline" // edges of panels
	ColorMuted    fyne.ThemeColorName = "muted"    // labels, units, what is less important
	ColorFaint    fyne.ThemeColorName = "faint"    // debug records, disabled marks
	ColorStripe   fyne.ThemeColorName = "stripe"   // under the mouse
	ColorMark     fyne.ThemeColorName = "mark"     // behind what a search found
	ColorNav      fyne.ThemeColorName = "nav"      // the navigation's background
	ColorFatal    fyne.ThemeColorName = "fatal"
	ColorInfo     fyne.ThemeColorName = "info"
	ColorVariable fyne.ThemeColorName = "variable" // variable parts of a template
)

// Mode says which of its two looks a Theme shows.
type Mode string

// The modes of a Theme.
const (
	ModeSystem Mode = "system"
	ModeLight  Mode = "light"
	ModeDark   Mode = "dark"
)

// Theme is Faultline's own look: dense, neutral, one accent.
type Theme struct{ Mode Mode }

// Variant returns the variant shown when the system asks for v.
func (t *Theme) Variant(v fyne.ThemeVariant) fyne.ThemeVariant {
	switch t.Mode {
	case ModeLight:
		return theme.VariantLight
	case ModeDark:
		return theme.VariantDark
	}
	return v
}

func rgb(h uint32) color.NRGBA {
	return color.NRGBA{R: uint8(h >> 16), G: uint8(h >> 8), B: uint8(h), A: 255}
}

func rgba(h uint32, a uint8) color.NRGBA {
	c := rgb(h)
	c.A = a
	return c
}

var dark = map[fyne.ThemeColorName]color.Color{
	theme.ColorNameBackground: rgb(0x121419), theme.ColorNameForeground: rgb(0xd7dae1), theme.ColorNameSeparator: rgb(0x262a33),
	theme.ColorNameInputBackground: rgb(0x1c1f27), theme.ColorNameInputBorder: rgb(0x333845), theme.ColorNamePrimary: rgb(0x5b9bf5),
	theme.ColorNameForegroundOnPrimary: rgb(0x0b1220), theme.ColorNameHeaderBackground: rgb(0x1d2129),
	theme.ColorNameButton: rgb(0x252a34), theme.ColorNameDisabledButton: rgb(0x1c2028), theme.ColorNameDisabled: rgb(0x555c6a),
	theme.ColorNameHover: rgba(0xffffff, 0x0d), theme.ColorNamePressed: rgba(0xffffff, 0x1c), theme.ColorNameFocus: rgba(0x5b9bf5, 0x66),
	theme.ColorNameSelection: rgba(0x5b9bf5, 0x40), theme.ColorNamePlaceHolder: rgb(0x7e8594), theme.ColorNameHyperlink: rgb(0x6ea8fb),
	theme.ColorNameError: rgb(0xf0706e), theme.ColorNameWarning: rgb(0xe6ab49), theme.ColorNameSuccess: rgb(0x4fb783),
	theme.ColorNameMenuBackground: rgb(0x1d2029), theme.ColorNameOverlayBackground: rgb(0x1a1d25),
	theme.ColorNameScrollBar: rgb(0x4a5160), theme.ColorNameScrollBarBackground: rgba(0, 0), theme.ColorNameShadow: rgba(0, 0x80),
	ColorPanel: rgb(0x191c23), ColorHairline: rgb(0x272b35), ColorMuted: rgb(0x8f96a5), ColorFaint: rgb(0x6a7180),
	ColorStripe: rgba(0xffffff, 0x0a), ColorMark: rgba(0xe6ab49, 0x55), ColorNav: rgb(0x16181e), ColorFatal: rgb(0xdd72bd),
	ColorInfo: rgb(0xa9bddb), ColorVariable: rgb(0x74b5f0),
}

var light = map[fyne.ThemeColorName]color.Color{
	theme.ColorNameBackground: rgb(0xf5f6f8), theme.ColorNameForeground: rgb(0x1e2330), theme.ColorNameSeparator: rgb(0xdfe2e8),
	theme.ColorNameInputBackground: rgb(0xffffff), theme.ColorNameInputBorder: rgb(0xc9ced8), theme.ColorNamePrimary: rgb(0x2f6fd6),
	theme.ColorNameForegroundOnPrimary: rgb(0xffffff), theme.ColorNameHeaderBackground: rgb(0xf4f5f8),
	theme.ColorNameButton: rgb(0xe8ebf0), theme.ColorNameDisabledButton: rgb(0xf0f1f4), theme.ColorNameDisabled: rgb(0xa3a9b6),
	theme.ColorNameHover: rgba(0x1e2330, 0x0d), theme.ColorNamePressed: rgba(0x1e2330, 0x1c), theme.ColorNameFocus: rgba(0x2f6fd6, 0x55),
	theme.ColorNameSelection: rgba(0x2f6fd6, 0x2e), theme.ColorNamePlaceHolder: rgb(0x858d9c), theme.ColorNameHyperlink: rgb(0x2a62bd),
	theme.ColorNameError: rgb(0xc23434), theme.ColorNameWarning: rgb(0x9a6206), theme.ColorNameSuccess: rgb(0x1f8a56),
	theme.ColorNameMenuBackground: rgb(0xffffff), theme.ColorNameOverlayBackground: rgb(0xffffff),
	theme.ColorNameScrollBar: rgb(0xb4bac6), theme.ColorNameScrollBarBackground: rgba(0, 0), theme.ColorNameShadow: rgba(0, 0x30),
	ColorPanel: rgb(0xffffff), ColorHairline: rgb(0xe1e4ea), ColorMuted: rgb(0x646c7c), ColorFaint: rgb(0x8b92a1),
	ColorStripe: rgba(0x1e2330, 0x08), ColorMark: rgba(0xf5c04a, 0x88), ColorNav: rgb(0xeceef2), ColorFatal: rgb(0x94287a),
	ColorInfo: rgb(0x3d5a83), ColorVariable: rgb(0x1d63b8),
}

// Color implements fyne.Theme.
func (t *Theme) Color(n fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	v = t.Variant(v)
	m := dark
	if v == theme.VariantLight {
		m = light
	}
	if c, ok := m[n]; ok {
		return c
	}
	return theme.DefaultTheme().Color(n, v)
}

// Font implements fyne.Theme.
func (t *Theme) Font(s fyne.TextStyle) fyne.Resource { return theme.DefaultTheme().Font(s) }

// Icon implements fyne.Theme.
func (t *Theme) Icon(n fyne.ThemeIconName) fyne.Resource { return theme.DefaultTheme().Icon(n) }

// Size implements fyne.Theme: smaller text and tighter padding than Fyne's.
func (t *Theme) Size(n fyne.ThemeSizeName) float32 {
	switch n {
	case theme.SizeNameText:
		return 13
	case theme.SizeNameCaptionText:
		return 11
	case theme.SizeNameSubHeadingText:
		return 17
	case theme.SizeNameHeadingText:
		return 20
	case theme.SizeNamePadding:
		return 3
	case theme.SizeNameInnerPadding:
		return 5
	case theme.SizeNameLineSpacing:
		return 3
	case theme.SizeNameInlineIcon:
		return 17
	case theme.SizeNameInputRadius, theme.SizeNameSelectionRadius, theme.SizeNameButtonRadius:
		return 4
	case theme.SizeNameScrollBar:
		return 10
	case theme.SizeNameScrollBarSmall:
		return 3
	}
	return theme.DefaultTheme().Size(n)
}

// col returns a colour of the theme in force.
func col(n fyne.ThemeColorName) color.Color { return theme.Color(n) }

func isLight() bool {
	s := fyne.CurrentApp().Settings()
	if t, ok := s.Theme().(*Theme); ok {
		return t.Variant(s.ThemeVariant()) == theme.VariantLight
	}
	return s.ThemeVariant() == theme.VariantLight
}

var chartFont = sync.OnceValue(func() *truetype.Font {
	f, err := chart.ParseFont(theme.DefaultTextFont().Content())
	if err != nil {
		return nil // go-chart's own
	}
	return f
})

// ChartStyle returns the style of charts under the theme in force, at scale
// device pixels per unit.
func ChartStyle(scale float64) chart.Style {
	p := chart.Dark()
	if isLight() {
		p = chart.Light()
	}
	p.Back = color.NRGBAModel.Convert(col(ColorPanel)).(color.NRGBA)
	return chart.Style{Palette: &p, Scale: scale, Font: chartFont()}
}

// KindColor returns the colour that charts use for a severity, run status or
// verdict.
func KindColor(name string) color.Color { return ChartStyle(1).Palette.Of(name, 0) }

// SeverityColor names the colour that records of a severity are shown in.
func SeverityColor(s analysis.Severity) fyne.ThemeColorName {
	switch s.Range() {
	case analysis.SeverityFatal:
		return ColorFatal
	case analysis.SeverityError:
		return theme.ColorNameError
	case analysis.SeverityWarn:
		return theme.ColorNameWarning
	case analysis.SeverityInfo:
		return ColorInfo
	}
	return ColorFaint
}
