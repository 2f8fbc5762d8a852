package assess

import (
	"errors"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"faultline/analysis"
	"faultline/analysis/cause"
	"faultline/analysis/pattern"
	"faultline/index"

	"golang.org/x/sync/errgroup"
)

// maxExamples is how many records of a pattern are read to judge it.
const maxExamples = 4

// labelled is what the catalogue and a few records say of a pattern.
type labelled struct {
	state   analysis.PatternState
	reason  string
	lines   []cause.Line // its examples
	hits    []cause.Hit  // over template and examples, best per cause
	top     *cause.Cause // the cause it is labelled with; nil for none
	person  bool         // a person marked it
	failing bool
	words   bool              // failing by its words, whatever the severity
	least   analysis.Severity // see index.Label
}

// fails reports whether a record of the severity is one that the pattern fails
// by, or would if it were failing.
func (l *labelled) fails(s analysis.Severity) bool { return index.Label{Least: l.least}.Fails(s) }

// label decides for each pattern whether it is failing, benign or neutral and
// which cause its text names. A person's mark wins, then noise of the
// catalogue, then severity and words of failure.
func (w *work) label() error {
	all := make([]*labelled, len(w.patterns))
	g, ctx := errgroup.WithContext(w.ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range w.patterns {
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			var err error
			all[i], err = w.labelOne(&w.patterns[i])
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	w.labels = make(map[string]*labelled, len(w.patterns))
	for i, l := range all {
		p := &w.patterns[i]
		w.labels[p.ID] = l
		p.State, p.Reason, p.Cause = l.state, l.reason, ""
		if l.top != nil {
			p.Cause = l.top.ID
		}
	}
	return nil
}

// keep tells the index what it does not find out by itself.
func (w *work) keep() error {
	for i := range w.seen.traced {
		if l := w.labels[w.ids[i]]; l != nil && w.seen.patterns[i] == nil && l.state == analysis.PatternFailure && !l.person {
			p := &w.patterns[w.byID[w.ids[i]]]
			l.state, l.reason = analysis.PatternNeutral, "lines of stack traces, each of which counts once"
			p.State, p.Reason = l.state, l.reason
		}
	}
	if w.narrowed() {
		return nil
	}
	store := map[string]index.Label{}
	for i, id := range w.ids {
		k, ok := w.byID[id]
		if !ok || w.labels[id].person {
			continue
		}
		p, x := &w.patterns[k], index.Label{}
		if w.seen.spared[int32(i)] {
			x.Least = w.labels[id].least
		}
		own := analysis.PatternNeutral
		if pattern.Failing(p.Template, p.Severity) {
			own = analysis.PatternFailure
		}
		if p.State != own || p.Cause != "" || x.Least > 0 {
			x.State, x.Reason, x.Cause = p.State, p.Reason, p.Cause
			store[id] = x
		}
	}
	return w.c.Label(store)
}

func (w *work) labelOne(p *analysis.Pattern) (*labelled, error) {
	l := &labelled{state: p.State, reason: p.Reason, person: byPerson(p)}
	l.failing = failing(p.Template, p.Severity)
	l.words = l.failing && (p.Severity < analysis.SeverityError || failing(p.Template, 0)) || l.person
	item := cause.Item{Text: holes(p.Template), Severity: p.Severity}
	if !l.failing && p.Severity < analysis.SeverityWarn && len(w.cat.Match(&item)) == 0 {
		if n, ok := w.cat.NoiseOf(&item); ok {
			l.settle(n)
		} else {
			l.settle(nil)
		}
		return l, nil
	}
	l.least = w.least(p, l)
	if err := w.examples(p, l); err != nil {
		return nil, err
	}
	noise := w.judgeText(l, item)
	// A text that names an origin beyond doubt tells of a failure, though it
	// has neither severity nor a word of failure ("no space left on device"); a
	// record that calls itself information does not.
	if !l.failing && (p.Severity == 0 || p.Severity >= analysis.SeverityWarn) {
		l.failing = slices.ContainsFunc(l.hits, func(h cause.Hit) bool {
			return h.Sig.Strength == analysis.Strong && h.Cause.Role == analysis.RoleOrigin
		})
		l.words = l.failing
	}
	l.least = w.least(p, l)
	l.settle(noise)
	return l, nil
}

// nouns are words of failure that name a thing and tell of no failure.
var nouns = regexp.MustCompile(`(?i)\b(?:crash|error|failure|exception)[ -](?:dumps?|reports?|reporting|forwarding|collector|handl(?:er|ing)|rates?|pages?|logs?|counts?|counters?|levels?|budgets?|correction|detection|callbacks?|domains?)\b|\bcrash[ -]recovery\b|\b\w+_\w+\b|\b\w+-crash\b|\bpipefail\b|\b(?:startup|start-up|idle|read|write|session|default|request|connection|lease|probe|wait|stop)?[ _-]?timeout(?:[ _](?:of|set|is|by|to|value|seconds|settings?)\b|s?[=:]|<?\*|s? <\*>)|\bfail[- ]?(?:fast|over|safe|back)\w*|\bon this error\b`)

// code is a line of a program that was quoted without the rest of its trace.
var code = regexp.MustCompile(`^\W*(?:except\b.*:|raise \w.*|catch \(.*\) ?\{?)$`)

// failing reports whether a pattern speaks of a failure: by severity, or by
// words of failure that stand for more than a name. A shell's trace of its
// commands and a line of code speak of none, nor does a request that a server answered: the status
// says how it went, whatever the words of its URL.
func failing(template string, sev analysis.Severity) bool {
	if !pattern.Failing(template, sev) {
		return false
	}
	if sev >= analysis.SeverityError {
		return true
	}
	if strings.HasPrefix(template, "+ ") || cause.Served(template) || code.MatchString(template) {
		return false
	}
	return pattern.Failing(nouns.ReplaceAllString(template, " "), sev)
}

// byPerson reports whether a pattern's state was marked by a person: the
// reason then carries an author.
func byPerson(p *analysis.Pattern) bool {
	return p.State != analysis.PatternNeutral && p.Reason != "" && !strings.HasPrefix(p.Reason, catalogueSays)
}

// catalogueSays begins the reasons that come from the catalogue.
const catalogueSays = "catalogue: "

// least is the severity from which on records of a pattern are failures: words
// tell of one where a record does not call itself information, and where there
// are none, only its severity does.
func (w *work) least(p *analysis.Pattern, l *labelled) analysis.Severity {
	switch {
	case l.person || p.Severity < analysis.SeverityWarn:
		return 0
	case l.failing && !l.words && l.top == nil:
		return analysis.SeverityError
	}
	return analysis.SeverityWarn
}

// holes makes a template readable for expressions: its variables become a word.
func holes(template string) string { return strings.ReplaceAll(template, "<*>", "0") }

// examples reads a few records of a pattern.
func (w *work) examples(p *analysis.Pattern, l *labelled) error {
	for _, o := range p.Examples[:min(len(p.Examples), maxExamples)] {
		hits, err := w.c.Context(w.ctx, o, 0, 0)
		if err != nil {
			if w.ctx.Err() != nil {
				return w.ctx.Err()
			}
			var q *index.QueryError
			if errors.As(err, &q) {
				continue
			}
			return err
		}
		for _, h := range hits {
			l.lines = append(l.lines, line(&h))
		}
	}
	// Records of one pattern may differ in what they say of themselves, such as
	// requests by their status: those that fail are what it fails by.
	spared := func(x cause.Line) bool { return !l.fails(x.Item.Severity) }
	if !slices.ContainsFunc(l.lines, spared) {
		return nil
	}
	if l.lines = slices.DeleteFunc(l.lines, spared); len(l.lines) > 0 {
		return nil
	}
	f := w.o.Filter
	f.Patterns, f.Severity = []string{p.ID}, max(f.Severity, l.least)
	hits, err := w.c.Search(w.ctx, f, index.SearchOptions{Limit: maxExamples})
	if err != nil {
		return err
	}
	for i := range hits {
		l.lines = append(l.lines, line(&hits[i]))
	}
	return nil
}

// line makes a record ready to be judged.
func line(h *index.Hit) cause.Line {
	text, sev := cause.Message(h.Text)
	if h.Severity != 0 {
		sev = h.Severity
	}
	return cause.Line{
		Item:    cause.Item{Text: text, Kind: h.Kind, Format: h.Format, Severity: sev, Resource: h.Resource},
		Origin:  h.Origin,
		Message: h.Message,
		Time:    h.Time,
		Pattern: h.Pattern,
	}
}

// judgeText matches template and examples; the cause that the pattern is
// labelled with must be strong or medium.
func (w *work) judgeText(l *labelled, template cause.Item) *cause.Noise {
	best := map[string]cause.Hit{}
	var order []string
	add := func(hits []cause.Hit) {
		for _, h := range hits {
			old, ok := best[h.Cause.ID]
			if !ok {
				order = append(order, h.Cause.ID)
			}
			if !ok || h.Sig.Strength.Rank() > old.Sig.Strength.Rank() {
				best[h.Cause.ID] = h
			}
		}
	}
	noisy := 0
	var noise *cause.Noise
	for i := range l.lines {
		hits, n := w.cat.Prepare(&l.lines[i])
		if n != nil {
			noise = n
			noisy++
			continue
		}
		add(hits)
	}
	if len(l.lines) == 0 {
		if n, ok := w.cat.NoiseOf(&template); ok {
			return n
		}
		add(w.cat.Match(&template))
	}
	if noisy > 0 && noisy == len(l.lines) {
		return noise
	}
	for _, id := range order {
		h := best[id]
		l.hits = append(l.hits, h)
		if h.Sig.Strength == analysis.Weak {
			continue
		}
		if l.top == nil || w.outranks(h.Cause, l.top) {
			l.top = h.Cause
		}
	}
	return nil
}

// outranks orders the causes of one text: a special case before the general
// one, an origin before a symptom, then priority.
func (w *work) outranks(a, b *cause.Cause) bool {
	if w.cat.Refines(a.ID, b.ID) != w.cat.Refines(b.ID, a.ID) {
		return w.cat.Refines(a.ID, b.ID)
	}
	if x, y := a.Role.Rank(), b.Role.Rank(); x != y {
		return x > y
	}
	return a.Priority > b.Priority
}

// settle decides the state.
func (l *labelled) settle(noise *cause.Noise) {
	switch {
	case l.person:
	case noise != nil && noise.Benign:
		l.state, l.reason = analysis.PatternBenign, catalogueSays+noise.Why
	case noise != nil:
		l.state, l.reason = analysis.PatternNeutral, catalogueSays+noise.Why
	case l.failing:
		l.state, l.reason = analysis.PatternFailure, ""
	default:
		l.state, l.reason = analysis.PatternNeutral, ""
	}
}
