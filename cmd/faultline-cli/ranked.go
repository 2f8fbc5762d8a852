package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"faultline/analysis/assess"
	"faultline/analysis/report"
	"faultline/index"
)

// narrowing reports whether a flag of filterFlags was given.
func narrowing(cmd *cobra.Command) bool {
	return slices.ContainsFunc([]string{"from", "to", "severity", "source"}, cmd.Flags().Changed)
}

// ranked prints what the cases in dirs have that resembles text.
func (c *command) ranked(ctx context.Context, text string, dirs []string, n int) (err error) {
	if dir := os.Getenv("FAULTLINE_CASE"); len(dirs) == 0 && dir != "" {
		dirs = []string{dir}
	}
	if len(dirs) == 0 {
		return usagef("search", "which case? name its folder with --case DIR")
	}
	if n <= 0 {
		return usagef("search", "--limit: with --ranked it is a number above 0")
	}
	var cases []*index.Case
	var names []string
	for _, dir := range dirs {
		k, err := c.openJudged(ctx, dir)
		if err != nil {
			return err
		}
		defer k.Close()
		cases = append(cases, k)
		names = append(names, k.Info().Name)
	}
	found, err := index.FindAcross(ctx, text, n, cases...)
	if err != nil {
		return err
	}
	if c.json {
		return c.print(struct {
			Cases []string `json:"cases"` // folders, as matches number them
			index.Found
		}{dirs, found})
	}
	c.printFound(&found, names)
	return nil
}

// openJudged opens a case and judges it, unless that was done: causes and
// episodes are found once it is. What is made for it is kept in the case, where
// it can be written to.
func (c *command) openJudged(ctx context.Context, dir string) (*index.Case, error) {
	k, err := index.Open(dir, index.Options{Version: version})
	var locked *index.LockedError
	if errors.As(err, &locked) {
		k, err = index.Open(dir, index.Options{Version: version, ReadOnly: true})
	}
	if err != nil {
		return nil, err
	}
	catalogue, err := c.catalogue()
	if err == nil && !k.Described(assess.Basis(catalogue)) {
		_, err = assess.Assess(ctx, k, catalogue, assess.Options{Version: version})
	}
	if err != nil {
		return nil, errors.Join(err, k.Close())
	}
	return k, nil
}

func (c *command) printFound(found *index.Found, names []string) {
	if len(found.Matches) == 0 {
		fmt.Fprintln(c.out, "Nothing resembles that.")
	}
	for i, m := range found.Matches {
		fmt.Fprintf(c.out, "%2d. %-8s %s\n", i+1, m.Kind, report.Line(m.Title, 150))
		if m.Snippet != m.Title && !strings.HasPrefix(m.Title, m.Snippet) {
			fmt.Fprintf(c.out, "             %s\n", report.Line(m.Snippet, 200))
		}
		var notes []string
		if m.Records > 0 {
			notes = append(notes, plural(int(m.Records), "record", "records"))
		}
		if m.More > 0 {
			notes = append(notes, fmt.Sprintf("and %s more like it", plural(m.More, m.Kind, m.Kind+"s")))
		}
		if len(names) > 1 {
			var in []string
			for _, k := range m.Cases {
				in = append(in, report.Line(names[k], 60))
			}
			notes = append(notes, "in "+strings.Join(in, ", "))
		}
		if m.Kind != "source" {
			notes = append([]string{m.Kind + " " + report.Line(m.ID, 150)}, notes...)
		}
		if len(notes) > 0 {
			fmt.Fprintf(c.out, "             %s\n", strings.Join(notes, "; "))
		}
	}
	for _, left := range []struct{ kind, which string }{
		{"run", "beyond the first"}, {"source", "beyond the first"}, {"episode", "of failures that have very many"},
	} {
		if n := found.Left[left.kind]; n > 0 {
			fmt.Fprintf(c.out, "Not searched: %s %s.\n", plural(n, left.kind, left.kind+"s"), left.which)
		}
	}
}
