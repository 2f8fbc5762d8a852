package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"faultline/analysis"
	"faultline/analysis/assess"
	"faultline/analysis/report"
)

func (c *command) runs() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "runs --case DIR",
		Short:   "Pipelines, jobs and tests: success rates with intervals, flaky ones, durations, lost time",
		Example: examples("faultline-cli runs --case ci.faultline", "faultline-cli runs --case ci.faultline --failed --limit 20"),
		Args:    cobra.NoArgs,
	}
	filter := filterFlags(cmd)
	failed := cmd.Flags().Bool("failed", false, "list the failed runs with their evidence instead of the jobs")
	limit := cmd.Flags().Int("limit", 30, "at most this many rows; 0 for all")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		f, err := filter("")
		if err != nil {
			return err
		}
		k, err := c.open("runs")
		if err != nil {
			return err
		}
		defer k.Close()
		a, err := c.assess(cmd.Context(), k, assess.Options{Filter: f})
		if err != nil {
			return err
		}
		if *failed {
			var rows []analysis.Failure
			for _, x := range a.Failures {
				if x.Kind == "run" {
					rows = append(rows, x)
				}
			}
			if c.json {
				return c.print(rows)
			}
			for i, x := range rows {
				if *limit > 0 && i == *limit {
					fmt.Fprintf(c.out, "%s of %s; --limit 0 shows all\n", report.Count(i), report.Count(len(rows)))
					break
				}
				fmt.Fprintf(c.out, "%s  %s  %s: %s %s\n", report.Instant(x.First), report.Line(x.Title, 100), x.Attribution.Verdict, x.Attribution.Cause, strings.Join(x.Attribution.Candidates, ", "))
				c.evidence(x.Attribution.Evidence, 2)
			}
			return nil
		}
		if c.json {
			return c.print(a.Jobs)
		}
		if len(a.Jobs) == 0 {
			fmt.Fprintln(c.out, "This case holds no run history. Import one: CI job history (CSV or JSON), JUnit XML, job logs, Kubernetes jobs.")
			return nil
		}
		c.printJobs(a, *limit)
		return nil
	}
	return cmd
}

// printJobs prints sums per kind of run and the jobs with failures.
func (c *command) printJobs(a *analysis.Assessment, limit int) {
	if len(a.Jobs) == 0 {
		return
	}
	t := newTable("runs", ">counted", ">failed", ">rate", "95 % interval", ">flaky", ">median", ">p95", ">lost", "job")
	n, all := 0, 0
	for _, j := range a.Jobs {
		name := j.Job
		if name == "" {
			name = "(all of this kind)"
		} else {
			if j.Failed == 0 {
				continue
			}
			if all++; limit > 0 && n >= limit {
				continue
			}
			n++
			if j.Pipeline != "" {
				name = j.Pipeline + " / " + j.Job
			}
		}
		flaky, iv := "", ""
		if j.Chains > 0 {
			flaky = fmt.Sprintf("%d of %d", j.Flaky, j.Chains)
		}
		if j.Rate.N > 0 {
			iv = strings.TrimPrefix(report.Interval(j.Rate), "95 % interval ")
		}
		t.row(string(j.Kind), report.Count(j.Rate.N), report.Count(j.Failed), j.Rate.Text, iv, flaky, short(j.Median), short(j.P95), short(j.Lost), report.Line(name, 100))
	}
	fmt.Fprintf(c.out, "%-10sruns and jobs with failures; counted are successes and failures\n", "RUNS")
	t.write(c.out)
	if all > n {
		fmt.Fprintf(c.out, "          and %s more: faultline-cli runs --limit 0\n", report.Count(all-n))
	}
	fmt.Fprintln(c.out)
}
