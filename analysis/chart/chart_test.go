package chart_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"faultline/analysis"
	"faultline/analysis/chart"
)

var t0 = time.Date(2022, 12, 1, 0, 0, 0, 0, time.UTC)

// sample is a histogram of n buckets that rises and falls.
func sample(n int, width time.Duration) analysis.Histogram {
	h := analysis.Histogram{From: t0, Width: width, Covered: make([]float64, n)}
	for _, name := range []string{"info", "warn", "error"} {
		h.Series = append(h.Series, analysis.Series{Name: name, Counts: make([]int64, n)})
	}
	for i := range n {
		h.Covered[i] = 1
		h.Series[0].Counts[i] = int64(40 + i%17*6)
		h.Series[1].Counts[i] = int64(i % 13)
		if i%29 == 3 {
			h.Series[2].Counts[i] = 25
		}
		if i%50 > 44 {
			h.Covered[i] = 0
			for k := range h.Series {
				h.Series[k].Counts[i] = 0
			}
		}
	}
	return h
}

func week() analysis.Week {
	w := analysis.Week{Zone: "UTC", Weeks: 4}
	for d := range 7 {
		for h := range 24 {
			w.Covered[d][h] = 4
			if d > 0 && d < 6 && h > 6 && h < 19 {
				w.Counts[d][h] = int64((d*h*7)%23 + 1)
			}
		}
	}
	w.Counts[3][9] = 96
	w.Covered[0][3] = 0
	return w
}

type drawing interface {
	Draw(w, h int) (*chart.Surface, error)
	SVG(w, h int) ([]byte, error)
}

func all(p chart.Palette, scale float64) map[string]drawing {
	st := chart.Style{Palette: &p, Scale: scale}
	hist := sample(160, 3*time.Hour)
	lanes := chart.Lanes{From: t0, To: t0.AddDate(0, 0, 20), Style: st}
	for i, name := range []string{"build & unit tests", "deploy <staging>", "nightly end-to-end"} {
		l := chart.Lane{Name: name}
		for k := range 60 {
			s := analysis.RunSuccess
			if (k*7+i)%11 == 0 {
				s = analysis.RunFailure
			}
			from := t0.Add(time.Duration(k*8+i) * time.Hour)
			l.Runs = append(l.Runs, chart.Run{From: from, To: from.Add(90 * time.Minute), Status: s})
		}
		lanes.Lanes = append(lanes.Lanes, l)
	}
	var shares []analysis.Share
	for i, v := range analysis.Verdicts {
		shares = append(shares, analysis.Share{Verdict: v, Failures: i * 3})
	}
	return map[string]drawing{
		"histogram": chart.Histogram{Data: hist, Marks: []chart.Mark{{At: t0.AddDate(0, 0, 9), Label: "collected"}}, Style: st},
		"week":      chart.Week{Data: week(), Picks: []analysis.Cell{{Weekday: time.Wednesday, Hour: 9}}, Style: st},
		"shares":    chart.Shares{Parts: chart.Verdicts(shares), Style: st},
		"spark":     chart.Spark{Counts: hist.Series[0].Counts, Kind: "error", Style: st},
		"lanes":     lanes,
	}
}

// show writes a chart to the folder that CHART_SHOTS names, for the eye.
func show(t *testing.T, name string, s *chart.Surface) {
	dir := os.Getenv("CHART_SHOTS")
	if dir == "" {
		return
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(png.Encode(f, s.Image), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestDrawIsExact(t *testing.T) {
	for look, p := range map[string]chart.Palette{"dark": chart.Dark(), "light": chart.Light(), "print": chart.Print()} {
		for name, c := range all(p, 1) {
			for _, size := range [][2]int{{1117, 194}, {640, 240}, {90, 60}, {8, 8}} {
				s, err := c.Draw(size[0], size[1])
				if err != nil {
					t.Fatalf("%s %s at %v: %v", look, name, size, err)
				}
				if b := s.Image.Bounds(); b.Dx() != size[0] || b.Dy() != size[1] {
					t.Errorf("%s %s: image is %v, want %v", look, name, b, size)
				}
				if size[0] == 1117 {
					show(t, look+"-"+name, s)
				}
			}
			if _, err := c.Draw(2, 2); err == nil {
				t.Errorf("%s: drawn at 2x2 pixels", name)
			}
		}
	}
	for name, c := range all(chart.Dark(), 2) {
		s, err := c.Draw(1600, 400)
		if err != nil {
			t.Fatal(err)
		}
		show(t, "hidpi-"+name, s)
	}
}

func TestEmptyIsNoError(t *testing.T) {
	for i, c := range []drawing{
		chart.Histogram{},
		chart.Week{},
		chart.Shares{},
		chart.Spark{},
		chart.Lanes{},
		chart.Histogram{Data: analysis.Histogram{From: t0, Width: time.Hour, Series: []analysis.Series{{Name: "error", Counts: make([]int64, 4)}}}},
		chart.Histogram{Data: analysis.Histogram{Series: []analysis.Series{{Counts: []int64{1}}}}},
		chart.Lanes{Lanes: []chart.Lane{{Name: "x", Runs: []chart.Run{{}}}}},
	} {
		if _, err := c.Draw(300, 120); err != nil {
			t.Errorf("%d: Draw of empty %T: %v", i, c, err)
		}
		if _, err := c.SVG(300, 120); err != nil {
			t.Errorf("%d: SVG of empty %T: %v", i, c, err)
		}
	}
}

func TestGeometry(t *testing.T) {
	hist := sample(160, 3*time.Hour)
	s, err := chart.Histogram{Data: hist}.Draw(1117, 194)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Hits) != 160 {
		t.Fatalf("%d hits, want one per bucket", len(s.Hits))
	}
	for x := s.Plot.Min.X; x < s.Plot.Max.X; x++ {
		if p := s.PixelOf(s.TimeAt(x)); p != x {
			t.Fatalf("PixelOf(TimeAt(%d)) = %d", x, p)
		}
		hit, ok := s.HitAt(x, s.Plot.Max.Y-1)
		if !ok {
			t.Fatalf("nothing at column %d of %v", x, s.Plot)
		}
		from, to := chart.Bucket(hist, hit.Col)
		at := s.TimeAt(x)
		if slack := 2 * s.To.Sub(s.From) / time.Duration(s.Plot.Dx()); at.Before(from.Add(-slack)) || at.After(to.Add(slack)) {
			t.Fatalf("column %d is %v but belongs to the bucket %v..%v", x, at, from, to)
		}
	}
	if got := s.TimeAt(-50); !got.Equal(s.From) {
		t.Errorf("TimeAt left of the plot = %v, want %v", got, s.From)
	}
	if got := s.TimeAt(5000); !got.Equal(s.To) {
		t.Errorf("TimeAt right of the plot = %v, want %v", got, s.To)
	}
	wk, err := chart.Week{Data: week()}.Draw(700, 240)
	if err != nil {
		t.Fatal(err)
	}
	top, ok := wk.HitAt(wk.Plot.Min.X+1, wk.Plot.Min.Y+1)
	if !ok || time.Weekday(top.Row) != time.Monday || top.Col != 0 {
		t.Errorf("first cell is %+v (%v), want Monday 0", top, ok)
	}
	last, ok := wk.HitAt(wk.Plot.Max.X-3, wk.Plot.Max.Y-3)
	if !ok || time.Weekday(last.Row) != time.Sunday || last.Col != 23 {
		t.Errorf("last cell is %+v (%v), want Sunday 23", last, ok)
	}
}

// A bucket with one error among thousands of records must not vanish.
func TestSmallCountsShow(t *testing.T) {
	h := analysis.Histogram{From: t0, Width: time.Hour, Series: []analysis.Series{
		{Name: "info", Counts: []int64{100000, 100000}}, {Name: "error", Counts: []int64{0, 1}},
	}}
	p := chart.Light()
	s, err := chart.Histogram{Data: h, Style: chart.Style{Palette: &p}}.Draw(400, 120)
	if err != nil {
		t.Fatal(err)
	}
	want, found := p.Of("error", 0), false
	x := (s.Hits[1].Rect.Min.X + s.Hits[1].Rect.Max.X) / 2
	for y := s.Plot.Min.Y; y < s.Plot.Max.Y; y++ {
		if c := s.Image.RGBAAt(x, y); c.R == want.R && c.G == want.G && c.B == want.B {
			found = true
		}
	}
	if !found {
		t.Error("the error is not to be seen")
	}
}

func TestSVGIsWellFormed(t *testing.T) {
	for name, c := range all(chart.Print(), 1) {
		b, err := c.SVG(760, 220)
		if err != nil {
			t.Fatal(err)
		}
		if err := wellFormed(b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		again, _ := c.SVG(760, 220)
		if !bytes.Equal(b, again) {
			t.Errorf("%s: two calls gave different bytes", name)
		}
	}
}

func TestSVGEscapes(t *testing.T) {
	hostile := `<script>alert(1)</script> & "x" ' ` + "\x00\x1b[31m\xff"
	b, err := chart.Lanes{
		From: t0, To: t0.AddDate(0, 0, 1), Lanes: []chart.Lane{{Name: hostile, Runs: []chart.Run{{From: t0, To: t0.Add(time.Hour)}}}},
		Style: chart.Style{Title: hostile},
	}.SVG(2000, 120)
	if err != nil {
		t.Fatal(err)
	}
	if err := wellFormed(b); err != nil {
		t.Error(err)
	}
	if bytes.Contains(b, []byte("<script")) {
		t.Error("markup of a label reached the document")
	}
	if !bytes.Contains(b, []byte("&lt;script&gt;")) {
		t.Error("the label is not in the document")
	}
	if !bytes.HasPrefix(b, []byte("<svg ")) || !bytes.Contains(b, []byte("<title>&lt;script")) {
		t.Errorf("no title in %.200s", b)
	}
}

func wellFormed(b []byte) error {
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestCalendarTicks(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("no time zone data here:", err)
	}
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04:05", s, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	tests := []struct {
		name, from, to string
		want           []string
	}{
		{"seconds", "2022-12-21 09:42:30", "2022-12-21 09:43:30", []string{"21 Dec 09:42:30", "09:42:45"}},
		{"hours", "2022-12-21 00:00:00", "2022-12-21 23:00:00", []string{"21 Dec", "03:00", "21:00"}},
		{"days", "2022-12-28 12:00:00", "2023-01-03 12:00:00", []string{"29 Dec", "1 Jan 2023", "2 Jan"}},
		{"months", "2022-09-20 00:00:00", "2023-04-02 00:00:00", []string{"Oct 2022", "Nov", "Jan 2023", "Apr"}},
		{"years", "2009-09-20 00:00:00", "2022-04-02 00:00:00", []string{"2010", "2011"}},
		{"clock put back", "2022-10-29 12:00:00", "2022-10-31 12:00:00", []string{"30 Oct", "12:00", "31 Oct"}},
		{"clock put on", "2022-03-26 12:00:00", "2022-03-28 12:00:00", []string{"27 Mar", "12:00", "28 Mar"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := chart.Histogram{From: at(tt.from), To: at(tt.to), Style: chart.Style{Zone: berlin}}
			b, err := c.SVG(900, 120)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range tt.want {
				if !strings.Contains(string(b), ">"+w+"</text>") {
					t.Errorf("no tick %q", w)
				}
			}
			if n := strings.Count(string(b), "<text"); n > 16 {
				t.Errorf("%d labels on one axis", n)
			}
		})
	}
}

func TestPercent(t *testing.T) {
	for _, tt := range []struct {
		v, sum float64
		want   string
	}{
		{0, 0, "–"},
		{0, 5, "0 %"},
		{5, 5, "100 %"},
		{1, 100000, "<0.1 %"},
		{99999, 100000, ">99.9 %"},
		{356, 7604, "4.7 %"},
		{1, 2, "50 %"},
	} {
		if got := chart.Percent(tt.v, tt.sum); got != tt.want {
			t.Errorf("Percent(%v, %v) = %q, want %q", tt.v, tt.sum, got, tt.want)
		}
	}
}

func BenchmarkHistogram(b *testing.B) {
	for _, n := range []int{200, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			h := chart.Histogram{Data: sample(n, time.Minute)}
			for b.Loop() {
				if _, err := h.Draw(1600, 400); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
