package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"faultline/analysis/report"
)

func (c *command) verify() *cobra.Command {
	return &cobra.Command{
		Use:   "verify --case DIR",
		Short: "Re-read everything against its checksums",
		Long: `Reads every stored byte and names what is not as it was written: the file, and of
what member which lines and bytes. Until the bundle is imported again, all other
commands answer from what is whole, say so, and exit with 3.`,
		Example: examples("faultline-cli verify --case acme.faultline"),
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			k, err := c.open("verify")
			if err != nil {
				return err
			}
			defer k.Close()
			ps, err := k.Verify(cmd.Context(), nil)
			if err != nil {
				return err
			}
			if len(ps) > 0 {
				c.code = exitProblems
			}
			if c.json {
				return c.print(ps)
			}
			if len(ps) == 0 {
				i := k.Info()
				fmt.Fprintf(c.out, "Everything is as it was written: %s records in %s on disk.\n", report.Count(i.Records), report.Bytes(i.Disk))
				return nil
			}
			for _, p := range ps {
				fmt.Fprintf(c.out, "%s: %s: %s\n", p.Kind, report.Line(p.Origin.Path, 200), report.Line(p.Detail, 300))
			}
			for _, name := range k.Info().Aside {
				fmt.Fprintf(c.out, "%s: set aside when it was found to be damaged\n", report.Line(name, 200))
			}
			return nil
		},
	}
}
