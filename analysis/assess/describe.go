package assess

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"faultline/analysis"
	"faultline/analysis/cause"
	"faultline/index"
)

// How many episodes can be found by their words: of one failure, the ones with
// the most records, and of all.
const (
	maxDescribed    = 50
	maxDescribedAll = 20000
)

// described counts the changes of what cases are told.
const described = 2

// Basis names what a case is described by: the catalogue, and how this version
// of the program describes. A case that was described by another basis
// (Case.Described) is better assessed again before it is searched.
func Basis(cat *cause.Catalogue) string { return fmt.Sprintf("%d %s", described, cat.Hash) }

// describe tells the case by which words its causes, its episodes and its
// failing patterns can be found: ranked search knows of templates only what
// they say themselves.
func (w *work) describe() error {
	if w.narrowed() {
		return nil
	}
	failures := map[string]*analysis.Failure{} // by pattern
	for i := range w.a.Failures {
		if f := &w.a.Failures[i]; f.Kind == "pattern" {
			failures[f.Pattern] = f
		}
	}
	var list []index.Description
	for i := range w.patterns {
		p := &w.patterns[i]
		if l := w.labels[p.ID]; l != nil && len(l.lines) > 0 && (l.state == analysis.PatternFailure || l.top != nil) {
			list = append(list, w.describePattern(p, l, failures[p.ID]))
		}
	}
	told, left := 0, 0 // episodes
	for i := range w.a.Failures {
		f := &w.a.Failures[i]
		var eps []index.Description
		if f.Kind == "pattern" {
			eps = w.describeEpisodes(f)
		} else {
			eps = []index.Description{w.describeFailure(f)}
		}
		n := min(len(eps), maxDescribed, maxDescribedAll-told)
		told, left = told+n, left+len(eps)-n
		list = append(list, eps[:n]...)
	}
	for _, s := range w.allCauses() {
		list = append(list, w.describeCause(&s))
	}
	return w.c.Describe(Basis(w.cat), list, left)
}

// describePattern says what records of the pattern hold where the template has
// variables, what causes it, and who says it. f is nil for a pattern whose
// records count for another failure, that of a run.
func (w *work) describePattern(p *analysis.Pattern, l *labelled, f *analysis.Failure) index.Description {
	example := title(l.lines[0].Text, 400)
	parts := []string{example}
	seen := map[string]bool{}
	for _, x := range l.lines {
		for _, m := range numbered.FindAllString(title(x.Text, 400), 8) {
			if !seen[m] && !strings.Contains(example, m) {
				seen[m] = true
				parts = append(parts, m)
			}
		}
	}
	switch {
	case f != nil:
		parts = append(parts, w.causeTitle(f), f.Subject)
	case l.top != nil:
		parts = append(parts, l.top.Title)
	}
	return index.Description{Kind: "pattern", ID: p.ID, Text: told(p.Text(), parts...)}
}

// numbered are short numbers with the word before them, such as an exit code:
// what people remember of a record, and a template leaves blank.
var numbered = regexp.MustCompile(`\b[A-Za-z]{2,20}[ =:]{1,2}\d{1,4}\b`)

// describeEpisodes describes the episodes of a pattern, those with the most
// records first.
func (w *work) describeEpisodes(f *analysis.Failure) []index.Description {
	all, _ := w.episodes(int32(slices.Index(w.ids, f.Pattern)))
	all = slices.DeleteFunc(slices.Clone(all), func(e episode) bool { return w.isJob(e.track.member) })
	slices.SortStableFunc(all, func(a, b episode) int { return cmp.Compare(b.Hits, a.Hits) })
	list := make([]index.Description, 0, min(len(all), maxDescribed))
	for k := range all {
		if k >= maxDescribed {
			list = append(list, make([]index.Description, len(all)-k)...) // counted, not told
			break
		}
		e := &all[k]
		from, to := toTime(e.First), toTime(e.Last)
		d := index.Description{
			Kind: "episode", ID: id("episode", f.Pattern, e.track.scope, fmt.Sprint(e.First)), Of: f.ID, Title: title(f.Title, 120),
			Text: told(f.Title, e.track.scope, period(from, to), many(e.Hits, "record"), w.causeTitle(f)),
		}
		d.Filter = analysis.Filter{Patterns: []string{f.Pattern}, From: from, To: to.Add(time.Second)}
		r := e.track.resource
		if r = (analysis.Resource{Cluster: r.Cluster, Host: r.Host, Namespace: r.Namespace, Pod: r.Pod, Container: r.Container, Unit: r.Unit}); r != (analysis.Resource{}) {
			d.Filter.Resources = []analysis.Resource{r}
		}
		list = append(list, d)
	}
	return list
}

// describeFailure describes a failure that is no pattern's: of a run, of the
// state of an object, of its events.
func (w *work) describeFailure(f *analysis.Failure) index.Description {
	d := index.Description{Kind: "episode", ID: f.ID, Of: f.ID, Title: f.Title}
	parts := []string{f.Subject, period(f.First, f.Last), many(f.Episodes, "episode"), w.causeTitle(f)}
	a := &f.Attribution
	for _, e := range a.Evidence[:min(len(a.Evidence), 2)] {
		parts = append(parts, e.Text)
	}
	d.Text = told(f.Title, parts...)
	switch {
	case f.Pattern != "":
		d.Filter.Patterns = []string{f.Pattern}
	case f.Run != "":
		d.Filter.Query = "run:" + f.Run
	case len(a.Evidence) > 0 && a.Evidence[0].Origin.Path != "":
		d.Filter.Sources = []string{a.Evidence[0].Origin.Path}
	case !f.First.IsZero() && !f.Last.IsZero():
		d.Filter.From, d.Filter.To = f.First, f.Last.Add(time.Second)
	}
	return d
}

// allCauses returns the causes of failures, and those that patterns are labelled
// with whose records count for no failure.
func (w *work) allCauses() []analysis.CauseSummary {
	list := slices.Clone(w.a.Causes)
	at := map[string]int{}
	for i := range list {
		at[list[i].ID] = i
	}
	for i := range w.patterns {
		l := w.labels[w.patterns[i].ID]
		if l == nil || l.top == nil {
			continue
		}
		k, ok := at[l.top.ID]
		if !ok {
			k = len(list)
			at[l.top.ID] = k
			list = append(list, analysis.CauseSummary{ID: l.top.ID, Title: l.top.Title, Theme: l.top.Theme, Confirm: l.top.Confirm, Fix: l.top.Fix})
		}
		if k >= len(w.a.Causes) {
			list[k].Patterns = append(list[k].Patterns, w.patterns[i].ID)
		}
	}
	return list
}

func (w *work) describeCause(s *analysis.CauseSummary) index.Description {
	d := index.Description{Kind: "cause", ID: s.ID, Title: s.Title}
	theme := ""
	for i := range w.cat.Themes {
		if w.cat.Themes[i].ID == s.Theme {
			theme = w.cat.Themes[i].Title
		}
	}
	parts := []string{s.Confirm, s.Fix, theme, s.ID}
	for _, e := range s.Evidence {
		parts = append(parts, e.Text)
	}
	d.Text = told(s.Title, parts...)
	if d.Filter.Patterns = s.Patterns; len(s.Patterns) == 0 {
		d.Filter.Query = "cause:" + s.ID
	}
	return d
}

// causeTitle names the cause that a failure is counted under, "" for none.
func (w *work) causeTitle(f *analysis.Failure) string {
	if ids := causesOf(&f.Attribution); len(ids) > 0 {
		if c, ok := w.cat.Cause(ids[0]); ok {
			return c.Title
		}
	}
	return ""
}

// told joins what is said of one thing, without what is empty or was said in
// its title or before.
func told(title string, parts ...string) string {
	var said []string
	for _, s := range parts {
		s = strings.TrimSpace(s)
		if s != "" && !strings.Contains(title, s) && !slices.ContainsFunc(said, func(x string) bool { return strings.Contains(x, s) }) {
			said = append(said, s)
		}
	}
	return strings.Join(said, "; ")
}

func period(from, to time.Time) string {
	switch {
	case from.IsZero():
		return ""
	case to.Sub(from) < time.Second:
		return stamp(from)
	}
	return stamp(from) + " to " + stamp(to)
}
