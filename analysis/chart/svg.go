package chart

import (
	"bytes"
	"html"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/golang/freetype/truetype"
	"github.com/wcharczuk/go-chart/v2"
)

// safeSVG is go-chart's SVG renderer with texts escaped, which go-chart's is
// not: a template such as "pull <*>" would break the document, a hostile one
// would inject markup into a report.
func safeSVG(w, h int) (chart.Renderer, error) {
	r, err := chart.SVG(w, h)
	if err != nil {
		return nil, err
	}
	return escaper{r}, nil
}

type escaper struct{ chart.Renderer }

func (e escaper) Text(body string, x, y int) { e.Renderer.Text(escape(body), x, y) }

// escape returns s as XML text: markup escaped, characters that XML forbids
// replaced.
func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) || r == 0xFFFE || r == 0xFFFF {
			return 0xFFFD
		}
		return r
	}, s)
	return html.EscapeString(s)
}

// stack is the list of fonts that an SVG asks for; the font that widths were
// measured with need not be on the reader's machine.
const stack = "Roboto,'Noto Sans','Segoe UI',Helvetica,Arial,sans-serif"

// dress replaces the font family by a list of common ones and adds a title.
// Texts cannot be hit: their quotes are escaped.
func dress(doc []byte, l look) []byte {
	name := l.font.Name(truetype.NameIDFontFamily)
	if name != "" {
		doc = bytes.ReplaceAll(doc, []byte("font-family:'"+name+"',sans-serif"), []byte("font-family:"+stack))
	}
	if l.title == "" {
		return doc
	}
	i := bytes.IndexByte(doc, '>')
	if i < 0 {
		return doc
	}
	head := append([]byte{}, doc[:i]...)
	head = append(head, ` role="img"><title>`+escape(l.title)+`</title>`...)
	return append(head, doc[i+1:]...)
}
