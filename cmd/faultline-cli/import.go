package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"faultline/analysis"
	"faultline/analysis/bundle"
	"faultline/analysis/ingest"
	"faultline/analysis/report"
	"faultline/index"
)

// importFlags adds the flags of an import and returns the function that reads
// them.
func (c *command) importFlags(cmd *cobra.Command) func() (ingest.Options, error) {
	zone := cmd.Flags().String("zone", "", "zone of stamps that state none, such as Europe/Berlin (default UTC)")
	year := cmd.Flags().Int("year", 0, "year of stamps that state none (default: from the bundle's own evidence)")
	depth := cmd.Flags().Int("limit-depth", 0, "how deep archives may be nested (default 6)")
	members := cmd.Flags().Int("limit-members", 0, "how many members a bundle may have (default 1,000,000)")
	ratio := cmd.Flags().Int64("limit-ratio", 0, "how many times larger a stream may become, past 256 MiB (default 200)")
	total := cmd.Flags().Int64("limit-bytes", 0, "how many bytes all members together may have (default the greater of 10 GiB and 50 times the bundle)")
	return func() (ingest.Options, error) {
		if *zone != "" {
			if _, err := time.LoadLocation(*zone); err != nil {
				return ingest.Options{}, usagef(cmd.Name(), "--zone: %w", err)
			}
		}
		if *depth < 0 || *members < 0 || *ratio < 0 || *total < 0 {
			return ingest.Options{}, usagef(cmd.Name(), "a limit is a number above 0")
		}
		if *year != 0 && (*year < 1970 || *year > 2200) {
			return ingest.Options{}, usagef(cmd.Name(), "--year: %d is not a year of logs", *year)
		}
		o := ingest.Options{Zone: *zone, Year: *year, Limits: bundle.Limits{Depth: *depth, Members: *members, Ratio: *ratio, Total: *total}}
		if !c.quiet && isTerminal(c.err) {
			o.Progress = progress(c.err)
		}
		return o, nil
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	s, err := f.Stat()
	return err == nil && s.Mode()&os.ModeCharDevice != 0
}

// progress shows one line that is written over.
func progress(w io.Writer) func(ingest.Progress) {
	return func(p ingest.Progress) {
		share := ""
		if p.Total > 0 {
			share = fmt.Sprintf("%3d %% ", 100*p.Done/p.Total)
		}
		left := ""
		if p.Left > 0 {
			left = ", " + report.Duration(p.Left) + " left"
		}
		fmt.Fprintf(w, "\r\x1b[K%s%s: %s members, %s records, %s at %s/s%s", share, p.Stage, report.Count(p.Members), report.Count(p.Records), report.Bytes(p.Unpacked), report.Bytes(int64(p.Rate)), left)
		if p.Stage == "done" {
			fmt.Fprint(w, "\r\x1b[K")
		}
	}
}

func (c *command) importCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import PATH... --case DIR",
		Short: "Create or extend a case from bundles, folders or files",
		Long: `Reads each PATH (a file, a folder or an archive, archives in archives included)
into the case and prints the ledger's totals. An import that was interrupted goes
on where it stopped; a bundle that is in the case already adds nothing. Content
counts once: members that the case holds already are not stored again, wherever
they stood and whatever they were called, and of files that have grown only what
came to them is read. With another --zone or --year, or other limits, a bundle
can be imported again: only the members that this concerns are read again.`,
		Example: examples("faultline-cli import support-bundle.tar.gz --case acme.faultline", "faultline-cli import must-gather/ ci-runs.csv --case acme.faultline --zone Europe/Berlin"),
		Args:    cobra.MinimumNArgs(1),
	}
	options := c.importFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o, err := options()
		if err != nil {
			return err
		}
		if c.dir == "" {
			return usagef("import", "which case? name its folder with --case DIR")
		}
		k, err := c.createOrOpen(c.dir, args, o.Zone)
		if err != nil {
			return err
		}
		r, err := ingest.Run(cmd.Context(), k, args, o)
		if cerr := k.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return err
		}
		c.problems(r.Problems)
		if c.json {
			return c.print(r)
		}
		c.totals(r)
		return nil
	}
	return cmd
}

// createOrOpen opens the case in dir for writing, and creates it when there is
// none.
func (c *command) createOrOpen(dir string, paths []string, zone string) (*index.Case, error) {
	o := index.Options{Version: version, Zone: zone, Name: caseName(paths)}
	k, err := index.Open(dir, o)
	if errors.Is(err, index.ErrNoCase) {
		return index.Create(dir, o)
	}
	return k, err
}

// caseName makes a case's name from what it is made of.
func caseName(paths []string) string {
	abs, err := filepath.Abs(paths[0])
	if err != nil {
		abs = paths[0]
	}
	name := filepath.Base(abs)
	for _, ext := range []string{".gz", ".xz", ".bz2", ".zst", ".lz4", ".tgz", ".tar", ".zip"} {
		name = strings.TrimSuffix(name, ext)
	}
	if len(paths) > 1 {
		name += fmt.Sprintf(" and %d more", len(paths)-1)
	}
	return name
}

// problems sets the exit code when the material could not be read whole.
func (c *command) problems(ps []analysis.Problem) {
	for _, p := range ps {
		switch p.Kind {
		case analysis.ProblemUnreadable, analysis.ProblemTruncated, analysis.ProblemCorrupt, analysis.ProblemEncrypted, analysis.ProblemLimit:
			c.code = exitProblems
		}
	}
}

func (c *command) totals(r ingest.Result) {
	if r.Already {
		fmt.Fprintln(c.out, "This bundle is in the case already: nothing was added.")
		return
	}
	for _, b := range r.Bundles {
		fmt.Fprintf(c.out, "%s  %s, %s\n", report.Line(b.Name, 80), orUnknown(b.Kind, "no known kind of bundle"), report.Bytes(b.Size))
	}
	fmt.Fprintf(c.out, "%s members, %s records, %s read = %s indexed + %s left out with a reason\n", report.Count(r.Members), report.Count(r.Records), report.Bytes(r.Bytes), report.Bytes(r.Indexed), report.Bytes(r.Skipped))
	if news := r.News(); news != "" {
		fmt.Fprintln(c.out, news)
	}
	if !c.quiet {
		fmt.Fprintf(c.err, "%.2f s, %s/s\n", r.Elapsed.Seconds(), report.Bytes(int64(float64(r.Bytes)/max(r.Elapsed.Seconds(), 1e-3))))
	}
	c.listProblems(r.Problems, 5)
}

// listProblems prints problems by kind, with some examples.
func (c *command) listProblems(ps []analysis.Problem, most int) {
	n := map[string]int{}
	var kinds []string
	for _, p := range ps {
		if n[p.Kind] == 0 {
			kinds = append(kinds, p.Kind)
		}
		n[p.Kind]++
	}
	for _, kind := range kinds {
		fmt.Fprintf(c.out, "%s: %s\n", kind, report.Count(n[kind]))
		shown := 0
		for _, p := range ps {
			if p.Kind == kind && shown < most {
				fmt.Fprintf(c.out, "    %s: %s\n", report.Line(p.Origin.Path, 100), report.Line(p.Detail, 200))
				shown++
			}
		}
		if n[kind] > shown {
			fmt.Fprintf(c.out, "    and %s more: faultline-cli sources --problems\n", report.Count(n[kind]-shown))
		}
	}
}

func orUnknown(s, unknown string) string {
	if s == "" {
		return unknown
	}
	return s
}
