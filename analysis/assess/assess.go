package assess

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"faultline/analysis"
	"faultline/analysis/cause"
	"faultline/analysis/history"
	"faultline/index"
)

// Options narrow and extend an assessment.
type Options struct {
	Filter   analysis.Filter // only what passes it is assessed
	Zone     string          // IANA zone that hours and weekdays are shown in, "" for the case's own
	Playbook *Playbook       // what the vendor's product covers; nil for none
	Asked    []string        // the capabilities that the customer asked for, in the customer's order
	Version  string          // of the program
}

// Assess answers when, why and how often for what passes the filter. When
// nothing narrows the view, it also tells the case what the catalogue says of
// each pattern (Case.Label), and by which words causes and episodes are found
// (Case.Describe).
func Assess(ctx context.Context, c *index.Case, cat *cause.Catalogue, o Options) (*analysis.Assessment, error) {
	for try := 0; ; try++ {
		a, err := assess(ctx, c, cat, o)
		// A scan that meets damage ends; the next one leaves the damage out.
		if damaged := (*index.DamagedError)(nil); try == 20 || !errors.As(err, &damaged) {
			return a, err
		}
	}
}

func assess(ctx context.Context, c *index.Case, cat *cause.Catalogue, o Options) (*analysis.Assessment, error) {
	w := &work{ctx: ctx, c: c, cat: cat, o: o, a: &analysis.Assessment{}}
	for _, step := range []struct {
		doing string
		do    func() error
	}{
		{"read case", w.load},
		{"label patterns", w.label},
		{"scan records", w.scan},
		{"keep labels", w.keep},
		{"look for dropped records", w.dropped},
		{"read job logs", w.logs},
		{"judge states", w.stateFailures},
		{"judge patterns", w.patternFailures},
		{"judge events", w.eventFailures},
		{"judge runs", w.runFailures},
		{"answer when", w.when},
		{"account for the material", w.quality},
	} {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := step.do(); err != nil {
			return nil, fmt.Errorf("assess: %s: %w", step.doing, err)
		}
	}
	w.sortFailures()
	w.why()
	w.themes()
	w.howOften()
	w.contrasts()
	w.findings()
	w.coverage()
	w.answer()
	w.about()
	if err := w.describe(); err != nil {
		return nil, fmt.Errorf("assess: %w", err)
	}
	return w.a, nil
}

// work is one assessment in the making.
type work struct {
	ctx context.Context
	c   *index.Case
	cat *cause.Catalogue
	o   Options
	a   *analysis.Assessment

	info     index.Info
	members  *index.Ledger
	rotated  map[string]string // by path of a file: the log that it is a part of
	patterns []analysis.Pattern
	byID     map[string]int // pattern ID to its place in patterns
	ids      []string       // index.PatternIDs
	states   []analysis.State
	events   []analysis.State
	runs     []analysis.Run
	zone     *time.Location
	end      time.Time // end of the observation

	labels map[string]*labelled // by pattern ID
	seen   *scanned
	jobs   []*jobLog

	stops     []history.NodeStop
	lossy     map[int32]int64    // members that say that records were dropped, and how often
	logOf     map[string]*jobLog // the log of a run, by the run's ID, where its name says so
	nodeOf    map[string]string  // node by namespace/pod
	troubles  []history.Trouble
	starts    []int64 // starts of all failure episodes that have a time
	incidents []int64 // starts of stretches in which such episodes begin
	extra     []analysis.Finding
}

func (w *work) load() error {
	w.info = w.c.Info()
	w.members = w.c.Members()
	w.rotated = map[string]string{}
	for _, m := range w.members.All() {
		if m.Source != "" {
			w.rotated[m.Path] = m.Source
		}
	}
	w.ids = w.c.PatternIDs()
	var err error
	if w.patterns, err = w.c.Patterns(w.ctx, w.o.Filter); err != nil {
		return err
	}
	w.byID = make(map[string]int, len(w.patterns))
	for i, p := range w.patterns {
		w.byID[p.ID] = i
	}
	zone := cmp.Or(w.o.Zone, w.info.Zone, "UTC")
	if w.zone, err = time.LoadLocation(zone); err != nil {
		return fmt.Errorf("time zone: %w", err)
	}
	w.a.Zone = w.zone.String()
	w.a.Case, w.a.Name, w.a.Bundles = w.info.Root, w.info.Name, w.info.Bundles
	for _, s := range w.c.States() {
		if w.passes(s.Origin, stateTime(&s)) {
			w.states = append(w.states, s)
		}
	}
	w.events = history.Events(w.states)
	for _, r := range history.DistinctRuns(w.c.Runs()) {
		if w.passes(r.Origin, r.When()) {
			w.runs = append(w.runs, r)
		}
	}
	return nil
}

// passes applies the parts of the filter that states and runs can answer:
// the time and the source.
func (w *work) passes(o analysis.Origin, t time.Time) bool {
	f := &w.o.Filter
	if !t.IsZero() && (!f.From.IsZero() && t.Before(f.From) || !f.To.IsZero() && !t.Before(f.To)) {
		return false
	}
	if len(f.Sources) == 0 {
		return true
	}
	return slices.ContainsFunc(f.Sources, func(s string) bool {
		log := w.rotated[o.Path]
		return matchSource(s, o.Path) || log != "" && matchSource(s, log)
	})
}

func matchSource(pattern, path string) bool {
	if n := len(pattern) - 1; n >= 0 && pattern[n] == '*' {
		return len(path) >= n && path[:n] == pattern[:n]
	}
	return pattern == path
}

func stateTime(s *analysis.State) time.Time {
	for _, t := range []time.Time{s.Last, s.Finished, s.First} {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// narrowed tells that the filter leaves something out.
func (w *work) narrowed() bool {
	f := w.o.Filter
	return !f.From.IsZero() || !f.To.IsZero() || f.Query != "" || f.Severity != 0 || f.Failing ||
		len(f.Patterns)+len(f.Sources)+len(f.Formats)+len(f.Resources)+len(f.Cells) > 0
}

// sortFailures puts the heaviest first: lost time and episodes count before
// records, which only say how loud it was.
func (w *work) sortFailures() {
	slices.SortStableFunc(w.a.Failures, func(a, b analysis.Failure) int {
		return cmp.Or(
			cmp.Compare(b.Episodes, a.Episodes),
			cmp.Compare(b.Lost, a.Lost),
			cmp.Compare(b.Records, a.Records),
			cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(a.Title, b.Title),
			cmp.Compare(a.ID, b.ID))
	})
}

// about names what the assessment was made with.
func (w *work) about() {
	w.a.Versions = map[string]string{
		"program":              cmp.Or(w.o.Version, w.info.Version, "unknown"),
		"catalogue":            w.cat.ID + " " + w.cat.Version,
		"identity of patterns": fmt.Sprint(patternVersion),
	}
	w.a.Hashes = map[string]string{"catalogue": w.cat.Hash}
	for name, sum := range w.cat.Files {
		w.a.Hashes["catalogue/"+name] = sum
	}
	for _, b := range w.a.Bundles {
		if b.SHA256 != "" {
			w.a.Hashes[b.Name] = b.SHA256
		}
	}
	if w.o.Playbook != nil {
		w.a.Hashes["playbook"] = w.o.Playbook.Hash
	}
	w.a.Limits = append(w.a.Limits, w.limits()...)
}
