package main

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"faultline/analysis/report"
	"faultline/index"
)

func (c *command) search() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "search QUERY --case DIR",
		Short: "Records that match a query, or with --ranked what resembles a text",
		Long: `Prints the records that match QUERY, in time order. The query language:

  word word            both words, anywhere in the record, in any case
  "connection refused" a phrase
  -word  NOT word      without it
  a OR b  (a b) OR c   either
  /regexp?/  /regexp?/i  a regular expression; i for any case
  image*  *timeout     wildcards inside a word
  severity>=warn       severity: also :, =, !=, >, <, <=
  time>=2006-01-02     time in UTC; time:2006-01-02T15 is that hour, time:2006-01
                       that month, and time:2006-01-02..2006-01-05 those four days
  source:path*         a log by its path, with all files of it when it was rotated;
                       file: is one file; also cluster: host: namespace: pod:
                       container: unit: process: bundle: format: kind: pattern:
                       cause:
  run:ID               what belongs to a run: its own record, its log, its pods
  pod:(a OR b)  pod!=a either value; any other

A name before a colon that is no field is part of the word: 10.0.0.1:443. Quotes
take operators as text, a backslash takes the next special character as it is.
A query that begins with "-" stands last, behind "--".

With --timeout the search ends after that time at the latest. What was found until
then is printed, a line on standard error says how much was searched, and the exit
code is 3.

With --ranked QUERY is plain text, and the answer is what the case has that
resembles it, best first: causes, patterns, runs, episodes, members and free
text. Synonyms (OOMKilled, exit code 137, out of memory), other ends of words and
slips of the pen count too. --case may then be repeated: the cases are searched
as one.`,
		Example: examples(`faultline-cli search '"i/o timeout" -probe' --case acme.faultline`, `faultline-cli search 'severity>=error namespace:kube-system' --case acme.faultline --limit 20`,
			`faultline-cli search 'refused' --case acme.faultline --count`, `faultline-cli search --ranked 'out of memory' --case acme.faultline --case globex.faultline`),
		Args: cobra.MinimumNArgs(1),
	}
	filter := filterFlags(cmd)
	limit := cmd.Flags().Int("limit", 100, "at most this many records; 0 for all")
	count := cmd.Flags().Bool("count", false, "print only how many match")
	newest := cmd.Flags().Bool("newest", false, "the latest first")
	timeout := cmd.Flags().Duration("timeout", 0, "end after this time, such as 2s or 1m30s, with what was found; 0 for no limit")
	ranked := cmd.Flags().Bool("ranked", false, "what resembles the text, best first, instead of records")
	dirs := cmd.Flags().StringArray("case", nil, "folder of the case; with --ranked it may be repeated")
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return usagef("search", `%v; a query that begins with "-" stands last, behind "--"`, err)
	})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		query := strings.Join(args, " ")
		if *ranked {
			if cmd.Flags().Changed("count") || cmd.Flags().Changed("newest") || narrowing(cmd) {
				return usagef("search", "--ranked takes no flag but --limit and --case")
			}
			n := 20
			if cmd.Flags().Changed("limit") {
				n = *limit
			}
			return c.ranked(cmd.Context(), query, *dirs, n)
		}
		if len(*dirs) > 1 {
			return usagef("search", "several cases are searched as one with --ranked only")
		}
		c.dir = strings.Join(*dirs, "")
		f, err := filter(query)
		if err != nil {
			return err
		}
		k, err := c.open("search")
		if err != nil {
			return err
		}
		defer k.Close()
		mistake := func(err error) error {
			var q *index.QueryError
			if errors.As(err, &q) {
				shown := func(s string) string { return strings.ReplaceAll(report.Clean(s), "\n", " ") }
				r := []rune(q.Query)
				before := shown(string(r[:min(max(0, q.Column-1), len(r))]))
				return usagef("search", "%s\n  %s\n  %s^", q.Text, shown(q.Query), strings.Repeat(" ", utf8.RuneCountInString(before)))
			}
			return err
		}
		if *timeout < 0 {
			return usagef("search", "--timeout %s is negative", *timeout)
		}
		limits := index.Limits{Time: *timeout}
		if !c.quiet && isTerminal(c.err) {
			limits.Progress = func(p index.Progress) {
				fmt.Fprintf(c.err, "\r\x1b[K%3d %% searched, %s found", int(100*p.Share()), plural(int(p.Hits), "record", "records"))
			}
		}
		ended := func(err error) error {
			if limits.Progress != nil {
				fmt.Fprint(c.err, "\r\x1b[K")
			}
			if partial := (*index.PartialError)(nil); errors.As(err, &partial) {
				c.code = exitProblems
				return nil
			}
			return mistake(err)
		}
		if *count {
			n, err := k.CountWithin(cmd.Context(), f, limits)
			if err := ended(err); err != nil {
				return err
			}
			defer c.partial(err)
			if c.json {
				return c.print(map[string]any{"count": n, "complete": err == nil})
			}
			fmt.Fprintln(c.out, n)
			return nil
		}
		if *limit == 0 {
			*limit = math.MaxInt
		}
		hits, err := k.Search(cmd.Context(), f, index.SearchOptions{Limit: *limit, Newest: *newest, Limits: limits})
		if err := ended(err); err != nil {
			return err
		}
		defer c.partial(err)
		if c.json {
			return c.print(hits)
		}
		c.printHits(hits)
		return nil
	}
	return cmd
}

// partial tells, after the answer, that it is incomplete.
func (c *command) partial(err error) {
	if err != nil {
		fmt.Fprintf(c.err, "faultline-cli: %v\n", err)
	}
}

func (c *command) show() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "show ORIGIN --case DIR",
		Short:   "The exact lines at an origin (path:line) with their surroundings",
		Example: examples("faultline-cli show 'pods/logs/kube-system/coredns.log:12' --case acme.faultline --context 5"),
		Args:    cobra.ExactArgs(1),
	}
	context := cmd.Flags().Int("context", 3, "records before and after")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		k, err := c.open("show")
		if err != nil {
			return err
		}
		defer k.Close()
		o, err := k.Origin(args[0])
		if err != nil {
			return err
		}
		hits, err := k.Context(cmd.Context(), o, *context, *context)
		if err != nil {
			return err
		}
		if c.json {
			return c.print(hits)
		}
		if len(hits) > 0 {
			fmt.Fprintln(c.out, report.Line(hits[0].Origin.Path, 300))
		}
		for _, h := range hits {
			mark := " "
			if h.Origin.Line == o.Line || h.Origin.Offset == o.Offset && o.Length > 0 {
				mark = ">"
			}
			for i, l := range strings.Split(strings.TrimRight(report.Clean(h.Text), "\n"), "\n") {
				fmt.Fprintf(c.out, "%s %7d  %s\n", mark, h.Origin.Line+int64(i), l)
			}
		}
		return nil
	}
	return cmd
}

// indentLines indents all lines but the first.
func indentLines(s string) string {
	return strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n    ")
}

// short prints a duration, nothing for zero.
func short(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return report.Duration(d)
}
