// Command faultline-cli reads exported logs and run histories without a window
// and says when, why and how often things fail, with evidence.
//
// It makes the same calls as the window, through the same packages: ingest.Run
// fills a case, index.Case answers queries, assess.Assess judges, report.Write
// writes. Human text goes to standard output (exact data with --json), progress
// to standard error. It opens no network connection and writes nothing outside
// the case and the files it is told to write.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	_ "time/tzdata" // zones by name on machines without a zone database

	"github.com/spf13/cobra"

	"faultline/analysis/ingest"
	"faultline/analysis/report"
	"faultline/index"
)

// version is set by the linker for releases.
var version = "devel"

// Exit codes, as the help of the root command documents them.
const (
	exitDone     = 0
	exitError    = 1
	exitUsage    = 2
	exitProblems = 3 // done, with problems of the data listed
	exitNoCase   = 10
	exitLocked   = 11
)

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(ingest.Memory)
	}
	ingest.LargePages()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	out := &output{w: stdout}
	c := &command{out: out, err: stderr}
	root := c.root()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil && out.err != nil && !errors.Is(out.err, syscall.EPIPE) {
		err = fmt.Errorf("write to standard output: %w", out.err)
	}
	said := "" // an error may quote a member's name or a file's own text
	if err != nil {
		said = report.Clean(err.Error())
	}
	var usage usageError
	var locked *index.LockedError
	switch {
	case err == nil:
		c.damage()
		return c.code
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "faultline-cli: stopped; what was committed is kept, the same command goes on from there")
		return exitError
	case errors.Is(err, index.ErrNoCase):
		fmt.Fprintf(stderr, "faultline-cli: %s\nCreate one with: faultline-cli import PATH --case DIR\n", said)
		return exitNoCase
	case errors.As(err, &locked):
		fmt.Fprintf(stderr, "faultline-cli: %s\n", said)
		return exitLocked
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "faultline-cli: %s\nSee: faultline-cli help %s\n", said, usage.command)
		return exitUsage
	}
	fmt.Fprintf(stderr, "faultline-cli: %s\n", said)
	return exitError
}

// output keeps the first error of writing, so that a full disk behind standard
// output does not pass for success.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(b []byte) (int, error) {
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.w.Write(b)
	o.err = err
	return n, err
}

// command holds what all commands share.
type command struct {
	out, err io.Writer
	code     int // exit code of a run without an error

	dir   string // --case
	json  bool
	quiet bool
	rules string // --rules

	opened *index.Case // that was asked
}

// damage tells, after the answers, that parts of the case are damaged: some
// damage is found only by reading.
func (c *command) damage() {
	if c.opened == nil {
		return
	}
	missing := 0
	for _, p := range c.opened.Info().Problems {
		if p.Origin.Length > 0 || p.Origin.Path == "" {
			missing++
		}
	}
	if missing > 0 {
		fmt.Fprintf(c.err, "faultline-cli: the case is damaged and the answer incomplete: %s missing; see faultline-cli verify, and import the bundle again to bring them back\n", plural(missing, "stretch of records is", "stretches of records are"))
		c.code = exitProblems
	}
}

// usageError is a mistake on the command line.
type usageError struct {
	command string
	err     error
}

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(command, format string, args ...any) error {
	return usageError{command, fmt.Errorf(format, args...)}
}

func (c *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "faultline-cli",
		Short: "Says when, why and how often things fail, from exported logs and run histories",
		Long: `faultline-cli imports what customers export (log bundles, run histories), finds
what recurs, names causes with evidence, and writes the assessment. It works
offline, on one machine.

Start with:  faultline-cli analyze BUNDLE

Output is text for people; --json prints exact data with stable field names.
Progress goes to standard error.

Exit codes: 0 done; 1 error; 2 mistake on the command line; 3 done, with
problems of the data listed; 10 no such case; 11 the case is locked.`,
		Version:       version,
		Args:          cobra.ArbitraryArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().StringVar(&c.dir, "case", "", "folder of the case; commands that only read take FAULTLINE_CASE when it is not given")
	root.PersistentFlags().BoolVar(&c.json, "json", false, "print exact data as JSON")
	root.PersistentFlags().StringVar(&c.rules, "rules", "", "folder of causes of your own (*.yaml as in the built-in catalogue): they are added to it, and a file of the same name replaces the built-in one; nothing is imported again")
	root.PersistentFlags().BoolVarP(&c.quiet, "quiet", "q", false, "no progress on standard error")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usageError{cmd.Name(), err} })
	root.AddCommand(
		c.analyze(), c.importCmd(), c.summary(), c.patterns(), c.causes(), c.runs(), c.search(),
		c.show(), c.sources(), c.report(), c.mark(), c.mine(), c.verify(), c.bench(),
	)
	for _, cmd := range root.Commands() {
		check := cmd.Args
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if check == nil {
				return nil
			}
			if err := check(cmd, args); err != nil {
				return usageError{cmd.Name(), err}
			}
			return nil
		}
	}
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usagef("", "no such command as %q", args[0])
		}
		return cmd.Help()
	}
	return root
}
