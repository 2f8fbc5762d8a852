package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"faultline/analysis"
	"faultline/analysis/assess"
	"faultline/analysis/cause"
	"faultline/analysis/report"
	"faultline/assets"
	"faultline/index"
)

// open opens the case that --case names, for reading.
func (c *command) open(name string) (*index.Case, error) {
	dir := cmp.Or(c.dir, os.Getenv("FAULTLINE_CASE"))
	if dir == "" {
		return nil, usagef(name, "which case? name its folder with --case DIR")
	}
	k, err := index.Open(dir, index.Options{Version: version, ReadOnly: true})
	c.opened = k
	return k, err
}

// filterFlags adds the flags that narrow a command to some records, and returns
// the function that reads them.
func filterFlags(cmd *cobra.Command) func(query string) (analysis.Filter, error) {
	from := cmd.Flags().String("from", "", "only records at or after this time (2006-01-02, 2006-01-02T15:04:05Z)")
	to := cmd.Flags().String("to", "", "only records before this time")
	severity := cmd.Flags().String("severity", "", "only this severity or above (debug, info, warn, error, fatal)")
	source := cmd.Flags().StringArray("source", nil, "only this member; a trailing * matches a prefix; may be repeated")
	return func(query string) (f analysis.Filter, err error) {
		if f.From, err = parseTime(*from); err != nil {
			return f, usagef(cmd.Name(), "--from: %w", err)
		}
		if f.To, err = parseTime(*to); err != nil {
			return f, usagef(cmd.Name(), "--to: %w", err)
		}
		if *severity != "" {
			if f.Severity = analysis.ParseSeverity(*severity); f.Severity == 0 {
				return f, usagef(cmd.Name(), "--severity: no such severity as %q; known are trace, debug, info, warn, error, fatal", *severity)
			}
		}
		f.Sources = *source
		f.Query = query
		return f, nil
	}
}

// parseTime reads a time as people type it; without a zone it is UTC.
func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time; write 2006-01-02 or 2006-01-02T15:04:05Z", s)
}

// assess judges the case with the built-in catalogue and the rules of --rules.
// Nothing is imported again: patterns are labelled anew each time.
func (c *command) assess(ctx context.Context, k *index.Case, o assess.Options) (*analysis.Assessment, error) {
	catalogue, err := c.catalogue()
	if err != nil {
		return nil, err
	}
	return assess.Assess(ctx, k, catalogue, o)
}

func (c *command) catalogue() (*cause.Catalogue, error) {
	if c.rules == "" {
		return cause.Default()
	}
	if _, err := os.ReadDir(c.rules); err != nil {
		return nil, fmt.Errorf("--rules: %w", err)
	}
	catalogue, err := cause.Load(assets.Causes, os.DirFS(c.rules))
	if err != nil {
		return nil, fmt.Errorf("--rules %s: %w", c.rules, err)
	}
	return catalogue, nil
}

// print writes v as JSON.
func (c *command) print(v any) error { return report.JSON(c.out, v) }

// examples joins the examples of a command's help.
func examples(lines ...string) string { return "  " + strings.Join(lines, "\n  ") }
