package main

import (
	"os/user"

	"github.com/spf13/cobra"

	"faultline/analysis"
	"faultline/index"
)

func (c *command) mark() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mark PATTERN {benign|failure|neutral} --case DIR",
		Short: "Say what a pattern is; the mark is kept with its reason and outlives new imports",
		Example: examples("faultline-cli mark 3f2a91c04d5e6f70 benign --case acme.faultline --reason 'optional import, file is not there by design'",
			"faultline-cli mark 3f2a91c04d5e6f70 failure --case acme.faultline"),
		Args: cobra.ExactArgs(2),
	}
	reason := cmd.Flags().String("reason", "", "why; needed for benign")
	author := cmd.Flags().String("author", "", "who says so (default: the user's name)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		state := analysis.PatternState(args[1])
		switch state {
		case analysis.PatternBenign:
			if *reason == "" {
				return usagef("mark", "a pattern is benign for a reason: give it with --reason")
			}
		case analysis.PatternFailure, analysis.PatternNeutral:
		default:
			return usagef("mark", "no such state as %q; known are benign, failure, neutral", args[1])
		}
		if c.dir == "" {
			return usagef("mark", "which case? name its folder with --case DIR")
		}
		if *author == "" {
			if u, err := user.Current(); err == nil {
				*author = u.Username
			}
		}
		k, err := index.Open(c.dir, index.Options{Version: version})
		if err != nil {
			return err
		}
		err = k.Mark(args[0], state, *reason, *author)
		if cerr := k.Close(); err == nil {
			err = cerr
		}
		return err
	}
	return cmd
}
