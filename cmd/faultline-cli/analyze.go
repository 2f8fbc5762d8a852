package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"faultline/analysis/assess"
	"faultline/analysis/ingest"
	"faultline/index"
)

func (c *command) analyze() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "analyze PATH...",
		Short: "Import into a temporary case and print the summary",
		Long: `Imports each PATH into a case that is thrown away afterwards (keep it with --case
DIR) and prints when, why and how often things fail. --report FILE writes the
assessment as well.`,
		Example: examples("faultline-cli analyze support-bundle.tar.gz", "faultline-cli analyze logs/ --report assessment.html"),
		Args:    cobra.MinimumNArgs(1),
	}
	options := c.importFlags(cmd)
	out := cmd.Flags().String("report", "", "write the assessment to this file (.html, .md or .json)")
	coverage := coverageFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		o, err := options()
		if err != nil {
			return err
		}
		a, err := coverage()
		if err != nil {
			return err
		}
		dir := c.dir
		if dir == "" {
			if dir, err = os.MkdirTemp("", "faultline-*"); err != nil {
				return fmt.Errorf("make a temporary case: %w", err)
			}
			defer os.RemoveAll(dir)
			dir += "/case"
		}
		k, err := c.createOrOpen(dir, args, o.Zone)
		if err != nil {
			return err
		}
		defer func() {
			if cerr := k.Close(); err == nil {
				err = cerr
			}
		}()
		r, err := ingest.Run(cmd.Context(), k, args, o)
		if err != nil {
			return err
		}
		c.problems(r.Problems)
		return c.summarize(cmd, k, a, *out)
	}
	return cmd
}

// summarize prints the summary of an open case and writes the report when a
// file is named.
func (c *command) summarize(cmd *cobra.Command, k *index.Case, o assess.Options, out string) error {
	a, err := c.assess(cmd.Context(), k, o)
	if err != nil {
		return err
	}
	if out != "" {
		if err := c.writeReport(a, out, ""); err != nil {
			return err
		}
	}
	if c.json {
		return c.print(a)
	}
	c.printSummary(a)
	return nil
}
