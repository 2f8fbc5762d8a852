package chart

import (
	"image/color"
	"time"

	"github.com/golang/freetype/truetype"
	"github.com/wcharczuk/go-chart/v2"
	"github.com/wcharczuk/go-chart/v2/drawing"

	"faultline/analysis"
)

// Palette is the set of colours that charts are drawn in.
type Palette struct {
	Back   color.NRGBA    // behind the chart
	Text   color.NRGBA    // names and values
	Muted  color.NRGBA    // labels of axes
	Grid   color.NRGBA    // grid lines
	Axis   color.NRGBA    // the base line
	Blind  color.NRGBA    // spans that no source covers
	Accent color.NRGBA    // what is selected; series without a colour of their own
	Track  color.NRGBA    // the empty part of a bar
	Ramp   [3]color.NRGBA // least, middle and most of a heat map

	named map[string]color.NRGBA
	spare []color.NRGBA
}

// Of returns the colour that stands for a series, severity, run status or
// verdict of that name; names without one share a few colours by index i.
func (p Palette) Of(name string, i int) color.NRGBA {
	if c, ok := p.named[name]; ok {
		return c
	}
	if len(p.spare) == 0 {
		return p.Accent
	}
	return p.spare[i%len(p.spare)]
}

func rgb(h uint32) color.NRGBA {
	return color.NRGBA{R: uint8(h >> 16), G: uint8(h >> 8), B: uint8(h), A: 255}
}

// Dark returns the palette for dark screens.
func Dark() Palette {
	return Palette{
		Back: rgb(0x191c23), Text: rgb(0xd7dae1), Muted: rgb(0x8a91a0), Grid: rgb(0x272b35), Axis: rgb(0x3a404d),
		Blind: rgb(0x21252e), Accent: rgb(0x5b9bf5), Track: rgb(0x242833),
		Ramp: [3]color.NRGBA{rgb(0x22262f), rgb(0x9a4d26), rgb(0xffb057)},
		named: map[string]color.NRGBA{
			"none": rgb(0x4a5160), "trace": rgb(0x434b5c), "debug": rgb(0x4b566b), "info": rgb(0x4f719c),
			"warn": rgb(0xe0a33c), "error": rgb(0xe5605e), "fatal": rgb(0xc24fa3), "failed runs": rgb(0xe58a3c),

			string(analysis.RunSuccess): rgb(0x3f9a6c), string(analysis.RunFailure): rgb(0xe5605e),
			string(analysis.RunTimeout): rgb(0xe58a3c), string(analysis.RunInfra): rgb(0xa974d6),
			string(analysis.RunCancelled): rgb(0x6b7280), string(analysis.RunSkipped): rgb(0x434957),
			string(analysis.RunRunning): rgb(0x5b9bf5), string(analysis.RunUnknown): rgb(0x565d6c),

			string(analysis.VerdictConfirmed): rgb(0x35a37a), string(analysis.VerdictExplained): rgb(0x46b3a5),
			string(analysis.VerdictLikely): rgb(0x5b9bf5), string(analysis.VerdictSeveral): rgb(0x9a7ee0),
			string(analysis.VerdictSymptom): rgb(0xe0a33c), string(analysis.VerdictUnexplained): rgb(0xe5605e),
			string(analysis.VerdictNotCheckable): rgb(0x5a6170),
		},
		spare: []color.NRGBA{rgb(0x5b9bf5), rgb(0x46b3a5), rgb(0xe0a33c), rgb(0x9a7ee0), rgb(0xd96aa0), rgb(0x8db255), rgb(0x58b7d6), rgb(0xc98a5b)},
	}
}

// Light returns the palette for light screens.
func Light() Palette {
	return Palette{
		Back: rgb(0xffffff), Text: rgb(0x1f2430), Muted: rgb(0x667085), Grid: rgb(0xeceef2), Axis: rgb(0xc5cad4),
		Blind: rgb(0xf1f2f5), Accent: rgb(0x2f6fd6), Track: rgb(0xeef0f4),
		Ramp: [3]color.NRGBA{rgb(0xf3f4f7), rgb(0xf6b26b), rgb(0xb83216)},
		named: map[string]color.NRGBA{
			"none": rgb(0xc3c9d4), "trace": rgb(0xcdd3dd), "debug": rgb(0xb7c1d0), "info": rgb(0x8fb0d9),
			"warn": rgb(0xe0a030), "error": rgb(0xd14a47), "fatal": rgb(0x9c2f83), "failed runs": rgb(0xdf7d28),

			string(analysis.RunSuccess): rgb(0x5fb58a), string(analysis.RunFailure): rgb(0xd14a47),
			string(analysis.RunTimeout): rgb(0xdf7d28), string(analysis.RunInfra): rgb(0x8f57c2),
			string(analysis.RunCancelled): rgb(0x9aa1ae), string(analysis.RunSkipped): rgb(0xcfd4dd),
			string(analysis.RunRunning): rgb(0x2f6fd6), string(analysis.RunUnknown): rgb(0xb4bac5),

			string(analysis.VerdictConfirmed): rgb(0x1f8a62), string(analysis.VerdictExplained): rgb(0x2b9c8e),
			string(analysis.VerdictLikely): rgb(0x3d7fe0), string(analysis.VerdictSeveral): rgb(0x7d5fd0),
			string(analysis.VerdictSymptom): rgb(0xdb9a2c), string(analysis.VerdictUnexplained): rgb(0xd14a47),
			string(analysis.VerdictNotCheckable): rgb(0xaab1bd),
		},
		spare: []color.NRGBA{rgb(0x2f6fd6), rgb(0x2b9c8e), rgb(0xdb9a2c), rgb(0x7d5fd0), rgb(0xc24f8a), rgb(0x6f9a3a), rgb(0x2b93b8), rgb(0xa86a3c)},
	}
}

// Print returns the palette for paper: the light one on pure white with
// darker text and lines.
func Print() Palette {
	p := Light()
	p.Text, p.Muted, p.Grid, p.Axis = rgb(0x111318), rgb(0x454b57), rgb(0xe2e4e9), rgb(0x8b919c)
	p.Blind = rgb(0xe9ebef)
	return p
}

// Style says how a chart looks. The zero Style is the print palette at scale 1
// in UTC.
type Style struct {
	Palette *Palette       // nil is Print
	Scale   float64        // device pixels per unit; 0 is 1
	Zone    *time.Location // of time axes; nil is UTC
	Font    *truetype.Font // nil is go-chart's own; see ParseFont
	Title   string         // the SVG's title, for screen readers
}

// ParseFont reads a TrueType font for Style.Font.
func ParseFont(ttf []byte) (*truetype.Font, error) { return truetype.Parse(ttf) }

// look is a Style with its defaults filled in.
type look struct {
	Palette
	scale float64
	zone  *time.Location
	font  *truetype.Font
	title string
}

func (s Style) look() (look, error) {
	l := look{scale: s.Scale, zone: s.Zone, font: s.Font, title: s.Title}
	if s.Palette != nil {
		l.Palette = *s.Palette
	} else {
		l.Palette = Print()
	}
	if l.scale <= 0 {
		l.scale = 1
	}
	if l.zone == nil {
		l.zone = time.UTC
	}
	if l.font == nil {
		f, err := chart.GetDefaultFont()
		if err != nil {
			return l, err
		}
		l.font = f
	}
	return l, nil
}

// px returns v units as device pixels.
func (l look) px(v float64) int { return int(v*l.scale + 0.5) }

const fontSize = 8.25 // points at 96 dots per inch: 11 units

func (l look) dpi() float64 { return 96 * l.scale }

func (l look) text(c color.NRGBA) chart.Style {
	return chart.Style{Font: l.font, FontSize: fontSize, FontColor: dc(c), StrokeColor: clear, StrokeWidth: 1}
}

// clear is a colour that paints nothing; the zero Color would mean "default".
var clear = drawing.Color{R: 1}

func dc(c color.NRGBA) drawing.Color { return drawing.Color{R: c.R, G: c.G, B: c.B, A: c.A} }

// mix returns the colour at f (0..1) of the way from a to b.
func mix(a, b color.NRGBA, f float64) color.NRGBA {
	m := func(x, y uint8) uint8 { return uint8(float64(x) + f*(float64(y)-float64(x)) + 0.5) }
	return color.NRGBA{R: m(a.R, b.R), G: m(a.G, b.G), B: m(a.B, b.B), A: 255}
}

// ramp returns the colour of a heat map at f (0..1).
func (p Palette) ramp(f float64) color.NRGBA {
	if f < 0.5 {
		return mix(p.Ramp[0], p.Ramp[1], f*2)
	}
	return mix(p.Ramp[1], p.Ramp[2], min(1, f*2-1))
}
