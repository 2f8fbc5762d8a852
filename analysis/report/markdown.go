package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"faultline/analysis"
)

// md escapes text for Markdown, on one line: nothing in it can start a
// heading, a link, a table cell or HTML.
func md(s string) string { return markdownEscaper.Replace(Line(s, 1<<20)) }

var markdownEscaper = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`,
	"<", "&lt;", ">", "&gt;", "|", `\|`, "#", `\#`, "~", `\~`, "!", `\!`, "&", "&amp;")

// code prints s as inline code, whatever it holds.
func code(s string) string {
	s = strings.ReplaceAll(Line(s, 1<<20), "|", `\|`)
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// quote prints s as an indented block.
func quote(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(Clean(s), "\n"), "\n", "\n    ")
}

type markdown struct {
	*bufio.Writer
}

func (m markdown) f(format string, args ...any) { fmt.Fprintf(m, format, args...) }

func writeMarkdown(w io.Writer, d *document) error {
	m := markdown{bufio.NewWriter(w)}
	m.f("# %s\n\n", md(d.Title))
	if d.Options.Customer != "" {
		m.f("%s\n\n", md(d.Options.Customer))
	}
	m.f("%s. %s, %s records in %s, %s read.\n\n", Span(d.Period), plural(len(d.Bundles), "bundle", "bundles"), Count(d.Quality.Records), plural(d.Quality.Members, "member", "members"), Bytes(d.Quality.Bytes))
	m.f("## Answer\n\n%s\n\n", md(d.Answer))
	for _, n := range d.Key {
		m.f("- %s\n", number(n))
	}
	if len(d.Themes) > 0 {
		m.f("\n### Underlying problems\n\n| theme | state | episodes | why this state |\n|---|---|--:|---|\n")
		for _, t := range d.Themes {
			m.f("| %s | %s | %s | %s |\n", md(t.Title), md(t.State), Count(t.Episodes), md(t.Why))
		}
	}
	if d.Failed > 0 {
		m.f("\n### How much of it is explained\n\n| verdict | failures | share | episodes |\n|---|--:|--:|--:|\n")
		for _, s := range d.Shares {
			m.f("| %s | %s | %s | %s |\n", md(string(s.Verdict)), Count(s.Failures), Percent(int64(s.Failures), int64(d.Failed)), Count(s.Episodes))
		}
		m.f("| all | %s | | |\n", Count(d.Failed))
	}

	m.f("\n## When\n\n")
	for _, s := range d.Rhythm {
		m.f("- %s\n", md(s))
	}
	m.timeline(d)

	m.f("\n## How often\n\n")
	m.jobs(d)
	if len(d.Top) > 0 {
		m.f("\n| episodes | failing records | of all alike | pattern | cause | sources | first | last |\n|--:|--:|--:|---|---|--:|---|---|\n")
		for _, p := range first(d.Top, maxTop) {
			m.f("| %s | %s | %s | %s | %s | %d | %s | %s |\n", Count(p.Episodes), Count(p.Failed.Records), Count(p.Count), code(Line(p.Text(), 220)), md(p.Cause), p.Failed.Sources, Instant(p.Failed.First), Instant(p.Failed.Last))
		}
		m.note(beyond(len(d.Top), maxTop, "failing patterns"))
	}
	if len(d.Benign) > 0 {
		m.f("\n### Benign, kept and counted\n\n| records | pattern | why benign |\n|--:|---|---|\n")
		for _, p := range d.Benign {
			m.f("| %s | %s | %s |\n", Count(p.Count), code(Line(p.Text(), 220)), md(p.Reason))
		}
	}

	m.f("\n## Why\n\n")
	if len(d.Causes) == 0 {
		m.f("No cause of the catalogue is visible in the material given. That says nothing about causes it does not know.\n")
	} else {
		m.f("| cause | theme | verdict | role | episodes | records | sources | first | last |\n|---|---|---|---|--:|--:|--:|---|---|\n")
		for _, c := range d.Causes {
			end := ""
			if c.AtEnd {
				end = " (still at the end)"
			}
			episodes := Count(c.Episodes)
			if c.Counted != "" {
				episodes += " (" + md(c.Counted) + ")"
			}
			m.f("| %s (%s) | %s | %s | %s | %s | %s | %d | %s | %s%s |\n", md(c.Title), code(c.ID), md(c.Theme), md(string(c.Verdict)), md(string(c.Role)), episodes, Count(c.Records), c.Sources, Instant(c.First), Instant(c.Last), end)
		}
	}
	if len(d.Open) > 0 {
		m.f("\n### Unexplained, heaviest first\n\n| episodes | records | failure | where | first | last |\n|--:|--:|---|---|---|---|\n")
		for _, f := range first(d.Open, maxOpen) {
			m.f("| %s | %s | %s | %s | %s | %s |\n", Count(f.Episodes), Count(f.Records), code(Line(f.Title, 200)), md(f.Subject), Instant(f.First), Instant(f.Last))
		}
		m.note(beyond(len(d.Open), maxOpen, "unexplained failures"))
	}

	m.f("\n## Findings, ranked\n")
	for i, f := range first(d.Findings, maxFindings) {
		m.finding(i+1, f)
	}
	m.note(beyond(len(d.Findings), maxFindings, "findings"))

	m.f("\n## Underlying themes\n\n")
	for _, t := range d.Themes {
		m.f("- **%s** (%s). Inferred: %s", md(t.Title), md(t.State), md(t.Why))
		if t.Ask != "" {
			m.f(" Question: %s", md(t.Ask))
		}
		m.f("\n")
	}
	if len(d.Unseen) > 0 {
		m.f("- Not seen in this material: %s.\n", md(strings.Join(d.Unseen, "; ")))
	}

	if len(d.Coverage) > 0 {
		m.f("\n## What was asked, and what can be answered\n\n| requested | answer | note | proof | alternative |\n|---|---|---|---|---|\n")
		for _, c := range d.Coverage {
			m.f("| %s | %s | %s | %s | %s |\n", md(c.Asked), md(c.Answer), md(c.Note), md(c.Proof), md(c.Alternative))
		}
		m.f("\nTotals: %s.\n", md(d.Totals))
	}
	m.quality(d)
	m.f("\n## Limits and method\n\n")
	for _, l := range d.Limits {
		m.f("- %s\n", md(l))
	}
	m.f("\n")
	for _, p := range d.Versions {
		m.f("- %s: %s\n", md(p.Name), md(p.Value))
	}
	for _, p := range d.Hashes {
		m.f("- SHA-256 of %s: %s\n", md(p.Name), code(p.Value))
	}
	if err := m.Flush(); err != nil {
		return fmt.Errorf("write report as Markdown: %w", err)
	}
	return nil
}

// interval is Interval for Markdown.
func interval(n analysis.Number) string { return md(Interval(n)) }

// number prints a number with all that is needed to trust it.
func number(n analysis.Number) string {
	s := fmt.Sprintf("%s: **%s**", md(n.Label), md(n.Text))
	if i := interval(n); i != "" {
		s += " (" + i + ")"
	}
	if n.N > 0 {
		s += ", n = " + Count(n.N)
	}
	if n.Exposure != "" {
		s += ", " + md(n.Exposure)
	}
	if n.Method != "" {
		s += ", " + md(n.Method)
	}
	return s + " · " + md(string(n.Basis))
}

func (m markdown) note(s string) {
	if s != "" {
		m.f("\n%s\n", s)
	}
}

// timeline prints the busiest buckets of the timeline, which a picture shows in
// the other forms.
func (m markdown) timeline(d *document) {
	h := d.Timeline
	if len(h.Series) == 0 || h.Width == 0 {
		m.f("\nNo failing record has a time.\n")
		return
	}
	m.f("\n| from (UTC) | failing records | by severity |\n|---|--:|---|\n")
	shown, filled := 0, 0
	for i := range h.Series[0].Counts {
		var sum int64
		var by []string
		for _, s := range h.Series {
			if s.Counts[i] > 0 {
				sum += s.Counts[i]
				by = append(by, s.Name+" "+Count(s.Counts[i]))
			}
		}
		if sum == 0 {
			continue
		}
		if filled++; shown < 40 {
			shown++
			from := h.From.Add(h.Width * time.Duration(i))
			m.f("| %s | %s | %s |\n", Instant(from), Count(sum), md(strings.Join(by, ", ")))
		}
	}
	m.f("\nBuckets of %s; empty ones are left out.\n", Duration(h.Width))
	m.note(beyond(filled, shown, "buckets"))
}

func (m markdown) jobs(d *document) {
	if len(d.Kinds) > 0 {
		m.f("| runs | counted | failed | failure rate | median | p95 | lost in failed runs |\n|---|--:|--:|---|--:|--:|--:|\n")
		for _, j := range d.Kinds {
			m.f("| all of kind %s | %s of %s | %s | %s (%s) | %s | %s | %s |\n", md(string(j.Kind)), Count(j.Rate.N), Count(j.Runs), Count(j.Failed), md(j.Rate.Text), interval(j.Rate), Duration(j.Median), Duration(j.P95), Duration(j.Lost))
		}
	}
	if len(d.Jobs) > 0 {
		m.f("\n| job | runs | failed | rate | flaky commits | last run |\n|---|--:|--:|---|--:|---|\n")
		for _, j := range first(d.Jobs, maxJobs) {
			name := j.Job
			if j.Pipeline != "" {
				name = j.Pipeline + " / " + j.Job
			}
			m.f("| %s | %s | %s | %s (%s) | %d of %d | %s |\n", md(name), Count(j.Runs), Count(j.Failed), md(j.Rate.Text), interval(j.Rate), j.Flaky, j.Chains, Instant(j.Last))
		}
		m.note(beyond(len(d.Jobs), maxJobs, "jobs with failures"))
	}
	if len(d.Kinds) == 0 && len(d.Top) == 0 {
		m.f("No failing pattern and no failed run was found in the material given.\n")
	}
}

func (m markdown) finding(n int, f analysis.Finding) {
	m.f("\n### %d. %s\n\n", n, md(f.Title))
	var tags []string
	for _, t := range []string{string(f.Verdict), f.Question, f.Theme, f.Cause} {
		if t != "" {
			tags = append(tags, md(t))
		}
	}
	m.f("%s\n\n%s: %s\n\n", strings.Join(tags, " · "), md(string(f.Basis)), md(f.Claim))
	for _, n := range f.Numbers {
		m.f("- %s\n", number(n))
	}
	for _, e := range first(f.Evidence, 4) {
		m.f("\n%s", code(e.Origin.String()))
		if !e.Time.IsZero() {
			m.f(" · %s", Instant(e.Time))
		}
		if e.Note != "" {
			m.f(" · %s", md(e.Note))
		}
		m.f("\n\n%s\n", quote(e.Text))
	}
	for _, s := range f.Against {
		m.f("\nAgainst it: %s\n", md(s))
	}
	for _, s := range f.Caveats {
		m.f("\nCaveat: %s\n", md(s))
	}
	if f.Fix != "" {
		m.f("\nDirection of a fix: %s\n", md(f.Fix))
	}
	if f.Ask != "" {
		m.f("\nQuestion: %s\n", md(f.Ask))
	}
}

func (m markdown) quality(d *document) {
	q := d.Quality
	m.f("\n## Scope and data quality\n\n| bundle | kind | collected | members | size |\n|---|---|---|--:|--:|\n")
	for _, b := range d.Bundles {
		m.f("| %s | %s | %s | %s | %s |\n", md(b.Name), md(b.Kind), Instant(b.Collected), Count(b.Members), Bytes(b.Size))
	}
	m.f("\n%s of %s records have a time, %s of logs and events have none; the others are parts of documents, which state none. %s of %s are indexed, %s are left out, each with a reason in the ledger. Observed time: %s within the period.\n\n", Count(q.Timed), Count(q.Records), Count(q.Untimed), Bytes(q.Indexed), Bytes(q.Bytes), Bytes(q.Skipped), Duration(d.Covered))
	for _, p := range d.ByTime {
		m.f("- records with time quality %s: %s\n", md(p.Name), md(p.Value))
	}
	m.f("\n| what it was | members | bytes | indexed | left out | records |\n|---|--:|--:|--:|--:|--:|\n")
	for _, g := range q.Groups {
		m.f("| %s | %s | %s | %s | %s | %s |\n", md(g.Kind), Count(g.Members), Bytes(g.Bytes), Bytes(g.Indexed), Bytes(g.Skipped), Count(g.Records))
	}
	m.f("\n")
	for _, n := range q.Notes {
		m.f("- %s\n", md(n))
	}
	for _, g := range first(q.Gaps, 10) {
		m.f("- No source covers %s (%s).\n", Span(g), Duration(g.Duration()))
	}
	m.note(beyond(len(q.Gaps), 10, "gaps"))
	if len(d.Problems) > 0 {
		m.f("\n| problem | number | examples |\n|---|--:|---|\n")
		for _, p := range d.Problems {
			var ex []string
			for _, e := range p.Examples {
				ex = append(ex, code(Line(e.Origin.Path, 120))+": "+md(Line(e.Detail, 240)))
			}
			m.f("| %s | %s | %s |\n", md(p.Kind), Count(p.Count), strings.Join(ex, "; "))
		}
	}
}
