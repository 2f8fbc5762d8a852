package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"faultline/analysis"
	"faultline/analysis/assess"
	"faultline/analysis/report"
)

func (c *command) patterns() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "patterns [ID] --case DIR",
		Short: "Recurring patterns with counts, episodes, times, sources and causes; with an ID, one in detail",
		Example: examples("faultline-cli patterns --case acme.faultline --failures", "faultline-cli patterns --case acme.faultline --sort last --limit 20",
			"faultline-cli patterns 3f2a91c04d5e6f70 --case acme.faultline"),
		Args: cobra.MaximumNArgs(1),
	}
	filter := filterFlags(cmd)
	failures := cmd.Flags().Bool("failures", false, "only failing patterns")
	sort := cmd.Flags().String("sort", "episodes", "order: episodes, count, first, last, sources")
	limit := cmd.Flags().Int("limit", 50, "at most this many; 0 for all")
	query := cmd.Flags().String("query", "", "only records that this query matches")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f, err := filter(*query)
		if err != nil {
			return err
		}
		k, err := c.open("patterns")
		if err != nil {
			return err
		}
		defer k.Close()
		if len(args) == 1 {
			return c.pattern(cmd, k, args[0], f)
		}
		ps, err := k.Patterns(cmd.Context(), f)
		if err != nil {
			return err
		}
		a, err := c.assess(cmd.Context(), k, assess.Options{Filter: f})
		if err != nil {
			return err
		}
		judged := map[string]analysis.Pattern{}
		for _, p := range a.Patterns {
			judged[p.ID] = p
		}
		type row struct {
			analysis.Pattern
			Episodes int              `json:"episodes"`
			Failed   *analysis.Failed `json:"failed,omitempty"` // the records that it fails by
		}
		var rows []row
		for _, p := range ps {
			j, ok := judged[p.ID]
			switch {
			case ok:
				p.State, p.Reason, p.Cause = j.State, j.Reason, j.Cause
			case p.State == analysis.PatternFailure:
				p.State = analysis.PatternNeutral // failing by its words alone; the catalogue knows better
			}
			if *failures && p.State != analysis.PatternFailure {
				continue
			}
			r := row{Pattern: p, Episodes: a.Episodes[p.ID]}
			if f, ok := a.Failed[p.ID]; ok && p.State == analysis.PatternFailure {
				r.Failed = &f
			}
			rows = append(rows, r)
		}
		var by func(x, y row) int
		switch *sort {
		case "episodes":
			by = func(x, y row) int { return cmp.Compare(y.Episodes, x.Episodes) }
		case "count":
			by = func(x, y row) int { return cmp.Compare(y.Count, x.Count) }
		case "first":
			by = func(x, y row) int { return x.First.Compare(y.First) }
		case "last":
			by = func(x, y row) int { return y.Last.Compare(x.Last) }
		case "sources":
			by = func(x, y row) int { return cmp.Compare(y.Sources, x.Sources) }
		default:
			return usagef("patterns", "--sort: no such order as %q; known are episodes, count, first, last, sources", *sort)
		}
		slices.SortStableFunc(rows, func(x, y row) int {
			return cmp.Or(by(x, y), cmp.Compare(y.Count, x.Count), cmp.Compare(x.ID, y.ID))
		})
		all := len(rows)
		if *limit > 0 && all > *limit {
			rows = rows[:*limit]
		}
		if c.json {
			return c.print(rows)
		}
		t := newTable("id", ">episodes", ">failing", ">count", ">sources", "severity", "state", "first", "last", "cause", "template")
		for _, r := range rows {
			episodes, failing, first, last := "", "", r.First, r.Last
			if r.State == analysis.PatternFailure {
				episodes = report.Count(r.Episodes)
			}
			if r.Failed != nil {
				failing, first, last = report.Count(r.Failed.Records), r.Failed.First, r.Failed.Last
			}
			t.row(r.ID, episodes, failing, report.Count(r.Count), report.Count(r.Sources), r.Severity.String(), string(r.State), report.Instant(first), report.Instant(last), r.Cause, report.Line(r.Title(), 160))
		}
		t.write(c.out)
		if all > len(rows) {
			fmt.Fprintf(c.out, "%s of %s patterns; --limit 0 shows all\n", report.Count(len(rows)), report.Count(all))
		}
		return nil
	}
	return cmd
}
