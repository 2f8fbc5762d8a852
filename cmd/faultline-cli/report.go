package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"faultline/analysis"
	"faultline/analysis/assess"
	"faultline/analysis/report"
)

func (c *command) report() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "report --case DIR --out FILE.{html,md,json}",
		Short: "Write the assessment",
		Long: `Writes the assessment as one self-contained file; its name's ending chooses the
format. The same case gives the same bytes.`,
		Example: examples("faultline-cli report --case acme.faultline --out assessment.html", "faultline-cli report --case acme.faultline --out assessment.md --playbook ours.yaml --asked dashboards"),
		Args:    cobra.NoArgs,
	}
	filter := filterFlags(cmd)
	out := cmd.Flags().String("out", "", "file to write: .html, .md or .json")
	coverage := coverageFlags(cmd)
	customer := cmd.Flags().String("customer", "", "name printed on the first page")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *out == "" {
			return usagef("report", "where to? name the file with --out FILE.html")
		}
		if _, err := report.Format(*out); err != nil {
			return usageError{"report", err}
		}
		f, err := filter("")
		if err != nil {
			return err
		}
		o, err := coverage()
		if err != nil {
			return err
		}
		o.Filter = f
		k, err := c.open("report")
		if err != nil {
			return err
		}
		defer k.Close()
		a, err := c.assess(cmd.Context(), k, o)
		if err != nil {
			return err
		}
		return c.writeReport(a, *out, *customer)
	}
	return cmd
}

// writeReport writes the report beside its final name first, so that a broken
// write leaves an older report as it was.
func (c *command) writeReport(a *analysis.Assessment, out, customer string) (err error) {
	format, err := report.Format(out)
	if err != nil {
		return usageError{"report", err}
	}
	f, err := os.CreateTemp(filepath.Dir(out), ".faultline-report-*")
	if err != nil {
		return fmt.Errorf("write report %s: %w", out, err)
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := report.Write(f, format, a, report.Options{Customer: customer}); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write report %s: %w", out, err)
	}
	if err := os.Rename(f.Name(), out); err != nil {
		return fmt.Errorf("write report %s: %w", out, err)
	}
	fmt.Fprintf(c.err, "wrote %s\n", out)
	return nil
}

// coverageFlags adds the flags of the coverage table and returns the function
// that reads them.
func coverageFlags(cmd *cobra.Command) func() (assess.Options, error) {
	playbook := cmd.Flags().String("playbook", "", "file of capabilities for the coverage table")
	asked := cmd.Flags().StringArray("asked", nil, "a capability that was asked for, in the customer's words; may be repeated")
	return func() (o assess.Options, err error) {
		o.Asked = *asked
		if *playbook != "" {
			o.Playbook, err = readPlaybook(*playbook)
		}
		return o, err
	}
}

func readPlaybook(name string) (*assess.Playbook, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open playbook: %w", err)
	}
	defer f.Close()
	p, err := assess.ReadPlaybook(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}
