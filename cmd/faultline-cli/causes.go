package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"faultline/analysis"
	"faultline/analysis/assess"
	"faultline/analysis/report"
)

func (c *command) causes() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "causes --case DIR",
		Short:   "Causes and themes with verdicts, evidence and what was folded into them",
		Example: examples("faultline-cli causes --case acme.faultline", "faultline-cli causes --case acme.faultline --from 2022-12-21"),
		Args:    cobra.NoArgs,
	}
	filter := filterFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f, err := filter("")
		if err != nil {
			return err
		}
		k, err := c.open("causes")
		if err != nil {
			return err
		}
		defer k.Close()
		a, err := c.assess(cmd.Context(), k, assess.Options{Filter: f})
		if err != nil {
			return err
		}
		if c.json {
			return c.print(struct {
				Shares   []analysis.Share        `json:"shares"`
				Causes   []analysis.CauseSummary `json:"causes"`
				Themes   []analysis.ThemeSummary `json:"themes"`
				Failures []analysis.Failure      `json:"failures"`
			}{a.Shares, a.Causes, a.Themes, a.Failures})
		}
		t := newTable("verdict", ">failures", ">episodes")
		for _, s := range a.Shares {
			t.row(string(s.Verdict), report.Count(s.Failures), report.Count(s.Episodes))
		}
		t.write(c.out)
		for _, x := range a.Causes {
			fmt.Fprintf(c.out, "\n%s: %s  [%s, %s, %s]\n", x.Verdict, report.Clean(x.Title), x.ID, x.Theme, x.Role)
			end := ""
			if x.AtEnd {
				end = ", still happening at the end"
			}
			fmt.Fprintf(c.out, "  %s, %s, %s, %s to %s%s\n", plural(x.Episodes, "episode", "episodes"), plural(int(x.Records), "record", "records"), plural(x.Sources, "source", "sources"), report.Instant(x.First), report.Instant(x.Last), end)
			c.evidence(x.Evidence, 3)
			for _, s := range []struct{ name, text string }{{"confirm", x.Confirm}, {"fix", x.Fix}, {"ask", x.Ask}, {"rule", x.Rule}} {
				if s.text != "" {
					fmt.Fprintf(c.out, "  %-8s%s\n", s.name, wrap(s.text, 100, "          "))
				}
			}
		}
		fmt.Fprintln(c.out)
		var unseen []string
		for _, x := range a.Themes {
			if x.State == "not seen" {
				unseen = append(unseen, report.Clean(x.Title))
				continue
			}
			fmt.Fprintf(c.out, "theme %s: %s. %s\n", x.State, report.Clean(x.Title), wrap(x.Why, 100, "  "))
		}
		if len(unseen) > 0 {
			fmt.Fprintf(c.out, "themes not seen, which is no proof of absence: %s\n", wrap(strings.Join(unseen, "; "), 100, "  "))
		}
		open := 0
		for _, x := range a.Failures {
			if x.Attribution.Verdict != analysis.VerdictUnexplained {
				continue
			}
			if open++; open == 1 {
				fmt.Fprintln(c.out, "\nunexplained, heaviest first")
			}
			if open <= 20 {
				fmt.Fprintf(c.out, "  %6s episodes %8s records  %s  (%s)\n", report.Count(x.Episodes), report.Count(x.Records), report.Line(x.Title, 110), report.Line(x.Subject, 50))
			}
		}
		if open > 20 {
			fmt.Fprintf(c.out, "  and %s more: --json shows all\n", report.Count(open-20))
		}
		return nil
	}
	return cmd
}

// evidence prints quoted places.
func (c *command) evidence(es []analysis.Evidence, most int) {
	for _, e := range es[:min(most, len(es))] {
		note := ""
		if e.Note != "" {
			note = "  <- " + e.Note
		}
		fmt.Fprintf(c.out, "    %s%s\n      %s\n", report.Line(e.Origin.String(), 150), report.Clean(note), report.Line(e.Text, 180))
	}
}
