package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"faultline/analysis"
	"faultline/analysis/report"
	"faultline/index"
)

// pattern prints one pattern: its values, sources and examples.
func (c *command) pattern(cmd *cobra.Command, k *index.Case, id string, f analysis.Filter) error {
	p, ok := k.Pattern(id)
	if !ok {
		return fmt.Errorf("pattern %s: there is none in this case; faultline-cli patterns lists them", id)
	}
	f.Patterns = []string{p.ID}
	vars, err := k.Variables(cmd.Context(), p.ID, f)
	if err != nil {
		return err
	}
	facets, err := k.Facets(cmd.Context(), f, []string{"source", "host", "namespace", "pod", "container", "unit"}, 10)
	if err != nil {
		return err
	}
	hits, err := k.Search(cmd.Context(), f, index.SearchOptions{Limit: 5})
	if err != nil {
		return err
	}
	related, err := k.Related(p.ID)
	if err != nil {
		return err
	}
	var traces index.Traces
	if p.At != "" {
		if traces, err = k.Traces(cmd.Context(), p.ID, f); err != nil {
			return err
		}
	}
	if c.json {
		return c.print(struct {
			analysis.Pattern
			index.Related
			Traces    index.Traces        `json:"traces"`
			Variables []analysis.Variable `json:"variables"`
			Facets    []analysis.Facet    `json:"facets"`
			Hits      []index.Hit         `json:"hits"`
		}{p, related, traces, vars, facets, hits})
	}
	fmt.Fprintf(c.out, "%s  %s\n%s\n", p.ID, report.Clean(p.Template), p.State)
	if p.Reason != "" {
		fmt.Fprintf(c.out, "because: %s\n", report.Clean(p.Reason))
	}
	fmt.Fprintf(c.out, "%s records of severity %s or below, in %s, %s to %s\n", report.Count(p.Count), p.Severity, plural(p.Sources, "source", "sources"), report.Instant(p.First), report.Instant(p.Last))
	if p.At != "" {
		fmt.Fprintf(c.out, "\nat %s\n", report.Line(p.At, 400))
	}
	c.printTraces(traces)
	if len(related.Elsewhere) > 0 {
		fmt.Fprintln(c.out, "\nthe same exception at another place")
		c.printRelated(related.Elsewhere, func(p *analysis.Pattern) string { return "at " + p.At })
	}
	if p.Inner != "" {
		fmt.Fprintf(c.out, "\nthe error it quotes: %s\n", report.Line(p.Inner, 200))
	}
	if len(related.AlsoSaid) > 0 {
		fmt.Fprintln(c.out, "\nalso said by")
		c.printRelated(related.AlsoSaid, (*analysis.Pattern).Title)
	}
	for _, v := range vars {
		fmt.Fprintf(c.out, "\n<*> %d (%s): %s different in %s records looked at\n", v.Index+1, v.Kind, report.Count(v.Distinct), report.Count(v.Sampled))
		for _, x := range v.Values[:min(5, len(v.Values))] {
			fmt.Fprintf(c.out, "  %8s  %s\n", report.Count(x.Count), report.Line(x.Value, 120))
		}
	}
	for _, x := range facets {
		if len(x.Values) == 0 || len(x.Values) == 1 && x.Values[0].Value == "" {
			continue
		}
		fmt.Fprintf(c.out, "\n%s\n", x.Field)
		for _, v := range x.Values {
			fmt.Fprintf(c.out, "  %8s  %s\n", report.Count(v.Count), orUnknown(report.Line(v.Value, 120), "(none)"))
		}
		if x.Other > 0 {
			fmt.Fprintf(c.out, "  %8s  others\n", report.Count(x.Other))
		}
	}
	fmt.Fprintln(c.out)
	c.printHits(hits)
	return nil
}

// printTraces prints by how many ways the failure was reached, and what
// identifies each.
func (c *command) printTraces(t index.Traces) {
	if len(t.Ways) == 0 {
		return
	}
	const most = 5
	fmt.Fprintf(c.out, "%s in %s looked at; the hashes are over all frames (strict), those of the program (app), the place itself (top)\n",
		plural(len(t.Ways), "way here", "ways here"), plural(int(t.Sampled), "trace", "traces"))
	for _, w := range t.Ways[:min(len(t.Ways), most)] {
		fmt.Fprintf(c.out, "  %8s  strict %s  app %s  top %s  %s\n", report.Count(w.Count), w.Strict, w.App, orUnknown(w.Top, "(none)"), report.Line(w.Origin.String(), 140))
	}
	if len(t.Ways) > most {
		fmt.Fprintf(c.out, "  %8s  others (--json lists them)\n", report.Count(len(t.Ways)-most))
	}
}

// printRelated prints the heaviest of related patterns.
func (c *command) printRelated(list []analysis.Pattern, text func(p *analysis.Pattern) string) {
	const most = 10
	for i := range list[:min(len(list), most)] {
		p := &list[i]
		fmt.Fprintf(c.out, "  %8s  %s  %s\n", report.Count(p.Count), p.ID, report.Line(text(p), 140))
	}
	if len(list) > most {
		fmt.Fprintf(c.out, "  %8s  others (--json lists them)\n", report.Count(len(list)-most))
	}
}

// printHits prints records with their origins.
func (c *command) printHits(hits []index.Hit) {
	for _, h := range hits {
		fmt.Fprintf(c.out, "%s\n", report.Line(h.Origin.String(), 200))
		fmt.Fprintf(c.out, "    %s\n", indentLines(report.Clean(h.Text)))
	}
}
