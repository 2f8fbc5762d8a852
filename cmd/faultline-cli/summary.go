package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"faultline/analysis"
	"faultline/analysis/report"
)

func (c *command) summary() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "summary --case DIR",
		Short:   "When, why and how often, on one screen",
		Example: examples("faultline-cli summary --case acme.faultline", "faultline-cli summary --case acme.faultline --json"),
		Args:    cobra.NoArgs,
	}
	coverage := coverageFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a, err := coverage()
		if err != nil {
			return err
		}
		k, err := c.open("summary")
		if err != nil {
			return err
		}
		defer k.Close()
		return c.summarize(cmd, k, a, "")
	}
	return cmd
}

// wrap breaks text at blanks into lines of at most width characters.
func wrap(text string, width int, indent string) string {
	var b strings.Builder
	n := 0
	for _, w := range strings.Fields(report.Clean(text)) {
		l := len([]rune(w))
		if n > 0 && n+1+l > width {
			b.WriteString("\n" + indent)
			n = 0
		} else if n > 0 {
			b.WriteByte(' ')
			n++
		}
		b.WriteString(w)
		n += l
	}
	return b.String()
}

func (c *command) printSummary(a *analysis.Assessment) {
	p := func(format string, args ...any) { fmt.Fprintf(c.out, format, args...) }
	label := func(s string) { p("%-10s", s) }
	const indent = "          "

	label("CASE")
	p("%s\n", report.Line(a.Name, 90))
	for _, b := range a.Bundles {
		p("%s%s: %s, %s members, %s", indent, report.Line(b.Name, 60), orUnknown(b.Kind, "no known kind of bundle"), report.Count(b.Members), report.Bytes(b.Size))
		if !b.Collected.IsZero() {
			p(", collected %s", report.Instant(b.Collected))
		}
		p("\n")
	}
	q := a.Quality
	p("%s%s records: %s with a time, %s of logs and events without, %s of documents; %s read, %s left out\n", indent, report.Count(q.Records), report.Count(q.Timed), report.Count(q.Untimed), report.Count(q.Records-q.Timed-q.Untimed), report.Bytes(q.Bytes), report.Bytes(q.Skipped))
	p("%s%s\n\n", indent, report.Span(a.Period))

	label("ANSWER")
	p("%s\n\n", wrap(a.Answer, 100, indent))

	if len(a.Key) > 0 {
		label("NUMBERS")
		for i, n := range a.Key {
			if i > 0 {
				p("%s", indent)
			}
			s := fmt.Sprintf("%s: %s", n.Label, n.Text)
			if iv := report.Interval(n); iv != "" {
				s += " (" + iv + ")"
			}
			if n.Exposure != "" {
				s += ", " + n.Exposure
			}
			p("%s [%s]\n", wrap(s, 100, indent+"  "), n.Basis)
		}
		p("\n")
	}

	c.when(a, indent)

	if tops := topPatterns(a); len(tops) > 0 {
		label("HOW OFTEN")
		p("failing patterns by episodes\n")
		t := newTable(">episodes", ">failing records", ">of all alike", "last", "pattern")
		for _, x := range tops[:min(8, len(tops))] {
			f := a.Failed[x.ID]
			t.row(report.Count(a.Episodes[x.ID]), report.Count(f.Records), report.Count(x.Count), report.Instant(f.Last), report.Line(x.Text(), 110))
		}
		t.write(c.out)
		if len(tops) > 8 {
			p("%sand %s more: faultline-cli patterns --failures\n", indent, report.Count(len(tops)-8))
		}
		p("\n")
	}
	c.printJobs(a, 5)

	label("WHY")
	var shares []string
	total := 0
	for _, s := range a.Shares {
		total += s.Failures
		shares = append(shares, fmt.Sprintf("%s %d", s.Verdict, s.Failures))
	}
	if total == 0 {
		p("no failure found\n")
	} else {
		p("%d failures: %s\n", total, wrap(strings.Join(shares, ", "), 90, indent))
	}
	for _, x := range a.Causes[:min(6, len(a.Causes))] {
		episodes := plural(x.Episodes, "episode", "episodes")
		if x.Counted != "" {
			episodes += ": " + x.Counted
		}
		p("%s%s: %s (%s, %s; %s)\n", indent, x.Verdict, report.Line(x.Title, 80), x.Theme, x.Role, episodes)
	}
	for _, t := range a.Themes {
		if t.State != "not seen" {
			p("%stheme %s: %s\n", indent, t.State, report.Line(t.Title, 80))
		}
	}
	if len(a.Findings) > 0 {
		p("\n")
		label("FINDINGS")
		for i, f := range a.Findings[:min(5, len(a.Findings))] {
			if i > 0 {
				p("%s", indent)
			}
			p("%d. %s\n", i+1, wrap(f.Title, 96, indent+"   "))
			p("%s   %s: %s\n", indent, f.Basis, wrap(f.Claim, 96, indent+"   "))
			for _, e := range f.Evidence[:min(2, len(f.Evidence))] {
				p("%s     %s\n%s       %s\n", indent, report.Line(e.Origin.String(), 110), indent, report.Line(e.Text, 130))
			}
		}
	}
	if len(q.Notes) > 0 {
		p("\n")
		label("QUALITY")
		for i, n := range q.Notes {
			if i > 0 {
				p("%s", indent)
			}
			p("%s\n", wrap(n, 100, indent+"  "))
		}
	}
	for _, x := range a.Coverage {
		p("asked: %s → %s. %s\n", report.Line(x.Asked, 60), x.Answer, report.Line(x.Note, 100))
	}
}

// when draws the timeline as one line of blocks.
func (c *command) when(a *analysis.Assessment, indent string) {
	h := a.Timeline
	if len(h.Series) == 0 || len(h.Series[0].Counts) == 0 {
		return
	}
	sums := make([]int64, len(h.Series[0].Counts))
	for _, s := range h.Series {
		for i, n := range s.Counts {
			sums[i] += n
		}
	}
	const width = 96
	per := (len(sums) + width - 1) / width
	var cells []int64
	for i := 0; i < len(sums); i += per {
		var n int64
		for _, v := range sums[i:min(i+per, len(sums))] {
			n += v
		}
		cells = append(cells, n)
	}
	top := slices.Max(cells)
	if top == 0 {
		return
	}
	blocks := []rune("▁▂▃▄▅▆▇█")
	var b strings.Builder
	for _, n := range cells {
		if n == 0 {
			b.WriteByte(' ')
			continue
		}
		b.WriteRune(blocks[min(7, n*8/(top+1))])
	}
	fmt.Fprintf(c.out, "%-10s%s\n", "WHEN", b.String())
	end := h.From.Add(h.Width * time.Duration(len(sums)))
	fmt.Fprintf(c.out, "%s%s to %s, one block is %s; the highest holds %s failing records\n", indent, report.Instant(h.From), report.Instant(end), report.Duration(h.Width*time.Duration(per)), report.Count(top))
	for _, r := range a.Rhythm {
		fmt.Fprintf(c.out, "%s%s\n", indent, wrap(r, 100, indent+"  "))
	}
	fmt.Fprintln(c.out)
}

// topPatterns returns the failing patterns by episodes, without those whose
// records are all lines of a trace that counts for another.
func topPatterns(a *analysis.Assessment) []analysis.Pattern {
	var out []analysis.Pattern
	for _, p := range a.Patterns {
		if p.State == analysis.PatternFailure && a.Episodes[p.ID] > 0 {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(x, y analysis.Pattern) int {
		return cmp.Or(cmp.Compare(a.Episodes[y.ID], a.Episodes[x.ID]), cmp.Compare(a.Failed[y.ID].Records, a.Failed[x.ID].Records))
	})
	return out
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return report.Count(n) + " " + many
}
