package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"faultline/analysis"
	"faultline/analysis/report"
)

func (c *command) sources() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sources --case DIR",
		Short: "The ledger: every member, what it was, what was read of it, what was left out and why",
		Long: `Lists every member of every bundle with its kind, format, records, time span, time
quality, and its bytes: read = indexed + left out with a reason.`,
		Example: examples("faultline-cli sources --case acme.faultline", "faultline-cli sources --case acme.faultline --kind link --json", "faultline-cli sources --case acme.faultline --problems"),
		Args:    cobra.NoArgs,
	}
	kind := cmd.Flags().String("kind", "", "only this kind: text, document, archive, binary, empty, link, special, unread")
	problems := cmd.Flags().Bool("problems", false, "list the problems of the material instead")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		k, err := c.open("sources")
		if err != nil {
			return err
		}
		defer k.Close()
		members := k.Members()
		if *problems {
			var ps []analysis.Problem
			for _, b := range k.Info().Bundles {
				ps = append(ps, b.Problems...)
			}
			for _, m := range members.All() {
				ps = append(ps, m.Problems...)
			}
			for _, p := range k.Info().Problems { // those of files; all others stand in the rows
				if p.Origin.Length == 0 && p.Origin.Path != "" {
					ps = append(ps, p)
				}
			}
			if c.json {
				return c.print(ps)
			}
			t := newTable("kind", "where", "what")
			for _, p := range ps {
				where := p.Origin.Path
				if p.Origin.Line > 0 {
					where = p.Origin.String()
				}
				t.row(p.Kind, report.Line(where, 120), report.Line(p.Detail, 300))
			}
			t.write(c.out)
			return nil
		}
		var rows []analysis.Member
		for _, m := range members.All() {
			if *kind == "" || string(m.Kind) == *kind {
				rows = append(rows, *m)
			}
		}
		if c.json {
			return c.print(rows)
		}
		t := newTable("kind", "format", ">records", ">bytes", ">indexed", ">left out", "first", "last", "time", "member")
		var sum analysis.Member
		kinds := map[analysis.MemberKind]int{}
		for _, m := range rows {
			name := report.Line(m.Path, 140)
			if m.Link != "" {
				name += " -> " + report.Line(m.Link, 80)
			}
			if m.Source != "" && m.Source != m.Path {
				name += "  (of " + report.Line(m.Source, 140) + ")"
			}
			if m.Reason != "" {
				name += "  (" + report.Line(m.Reason, 140) + ")"
			}
			quality := ""
			if m.Timed > 0 {
				quality = m.Quality.String()
			}
			t.row(string(m.Kind), m.Format, report.Count(m.Records), report.Count(m.Bytes), report.Count(m.Indexed), report.Count(m.Skipped), report.Instant(m.Span.From), report.Instant(m.Span.To), quality, name)
			sum.Records += m.Records
			sum.Bytes += m.Bytes
			sum.Indexed += m.Indexed
			sum.Skipped += m.Skipped
			kinds[m.Kind]++
		}
		t.write(c.out)
		fmt.Fprintf(c.out, "\n%s:", plural(len(rows), "member", "members"))
		sep := " "
		for _, k := range []analysis.MemberKind{analysis.MemberText, analysis.MemberDocument, analysis.MemberArchive, analysis.MemberBinary, analysis.MemberEmpty, analysis.MemberLink, analysis.MemberSpecial, analysis.MemberUnread} {
			if kinds[k] > 0 {
				fmt.Fprintf(c.out, "%s%s %s", sep, report.Count(kinds[k]), k)
				sep = ", "
			}
		}
		fmt.Fprintf(c.out, "; %s records; %s bytes = %s indexed + %s left out\n", report.Count(sum.Records), report.Count(sum.Bytes), report.Count(sum.Indexed), report.Count(sum.Skipped))
		return nil
	}
	return cmd
}
