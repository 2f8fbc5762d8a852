package assess

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"faultline/analysis"
	"faultline/analysis/history"
	"faultline/index"
)

// answer says in one to three sentences when, how often and why, and whether
// things were well at the end.
func (w *work) answer() {
	var s []string
	if t := w.runAnswer(); t != "" {
		s = append(s, t)
	}
	if len(w.stops) > 0 {
		s = append(s, w.stopAnswer(w.worstStop()))
	}
	if len(s) < 2 {
		if t := w.warningAnswer(); t != "" {
			s = append(s, t)
		}
	}
	if len(s) == 0 {
		s = append(s, w.recordAnswer())
	}
	if t := w.whyAnswer(); t != "" && len(s) < 3 {
		s = append(s, t)
	}
	w.a.Answer = strings.Join(s, " ")
}

func (w *work) runAnswer() string {
	for _, j := range w.a.Jobs {
		if j.Job != "" || j.Pipeline != "" || !telling(&j) {
			continue
		}
		if j.Rate.Method == "" {
			return fmt.Sprintf("%s of %s end as failed%s.", count(j.Failed), many(int(j.Rate.N), "job log"), between(j.First, j.Last))
		}
		others := ""
		if n := j.Runs - int(j.Rate.N); n > 0 {
			others = fmt.Sprintf("; %s cancelled, skipped or unfinished and not counted", many(n, "other run"))
			others = strings.Replace(others, "runs cancelled", "runs were cancelled", 1)
			others = strings.Replace(others, "run cancelled", "run was cancelled", 1)
		}
		if j.Failed == 0 && j.Rate.N == 1 {
			return fmt.Sprintf("The only %s that counts succeeded (one says little: upper 95 %% limit of the failure rate %.1f %%)%s.", strings.TrimPrefix(runsWord(j.Kind, 1), "1 "), j.Rate.High, others)
		}
		if j.Failed == 0 {
			return fmt.Sprintf("All %s that count succeeded (upper 95 %% limit of the failure rate %.1f %%)%s.", runsWord(j.Kind, int(j.Rate.N)), j.Rate.High, others)
		}
		return fmt.Sprintf("%s of %s failed (%.2f %%, 95 %% interval %.2f to %.2f %%)%s%s.",
			count(j.Failed), runsWord(j.Kind, int(j.Rate.N)), j.Rate.Value, j.Rate.Low, j.Rate.High, between(j.First, j.Last), others)
	}
	return ""
}

// telling reports whether a kind of runs belongs into the answer: jobs that
// Kubernetes ran on the side only when they failed or are many.
func telling(j *analysis.JobSummary) bool {
	return j.Failed > 0 || j.Rate.N >= 5 || j.Rate.N > 0 && j.Kind != analysis.RunKubeJob
}

func runsWord(k analysis.RunKind, n int) string {
	switch k {
	case analysis.RunTest:
		return many(n, "test")
	case analysis.RunJob:
		return many(n, "job run")
	case analysis.RunPipeline:
		return many(n, "pipeline run")
	}
	return many(n, string(k)+" run")
}

func between(first, last time.Time) string {
	if first.IsZero() {
		return ""
	}
	if d := last.Sub(first); d > 0 {
		return fmt.Sprintf(" in %s from %s", long(d), stamp(first))
	}
	return " at " + stamp(first)
}

// worstStop is the node stop with the most stops behind it.
func (w *work) worstStop() *history.NodeStop {
	worst := &w.stops[0]
	for i := range w.stops {
		if w.stops[i].Stops > worst.Stops {
			worst = &w.stops[i]
		}
	}
	return worst
}

func (w *work) stopAnswer(n *history.NodeStop) string {
	s := fmt.Sprintf("Node %s stopped about %s in %s (%s a day, derived from restart counts), last at %s when %s in %s ended %s",
		n.Node, many(n.Stops, "time"), days(n.Days), figure(n.PerDay), stamp(n.Time), many(len(n.Containers), "container"), many(n.Pods, "pod"), inOne(n))
	var names []string
	for i := range n.Again {
		names = append(names, againName(n, i))
	}
	if len(names) > 0 {
		s += fmt.Sprintf("; %s %s again after each stop, which is one problem of start-up order and not %d", list(names, 3), plural(len(names), "dies", "die"), len(names)+1)
	}
	return s + "."
}

// againName is a container's name, with its pod where several containers of
// that name die again.
func againName(n *history.NodeStop, i int) string {
	c := &n.Again[i].Container
	for k := range n.Again {
		if k != i && n.Again[k].Container.Name == c.Name {
			return c.Resource.Pod + "/" + c.Name
		}
	}
	return c.Name
}

// warningAnswer says when warnings ended and whether things were well at the
// end, by the last warning against the end of observation and by the present
// states.
func (w *work) warningAnswer() string {
	var last, first time.Time
	warnings, occurrences := 0, int64(0)
	for i := range w.events {
		e := &w.events[i]
		if e.Severity < analysis.SeverityWarn {
			continue
		}
		warnings++
		occurrences += history.Occurrences(e)
		for _, t := range []time.Time{e.First, e.Last} {
			if t.After(last) {
				last = t
			}
			if !t.IsZero() && (first.IsZero() || t.Before(first)) {
				first = t
			}
		}
	}
	health, healthy, known := w.healthLine()
	if warnings == 0 {
		if !known {
			return ""
		}
		if healthy {
			return "No warning event is in the material, and at collection " + health + "."
		}
		return "At collection " + health + "."
	}
	s := fmt.Sprintf("%s, standing for %s, ", many(warnings, "warning event"), many(occurrences, "occurrence"))
	end := w.end
	if d := end.Sub(last); d > 5*time.Minute && !w.atEnd(last, 0) {
		s += fmt.Sprintf("ended at %s, %s before the observation ends", clockOrStamp(last, end), long(d))
		switch {
		case known && healthy:
			s += fmt.Sprintf("; at collection %s: the warnings had ended and the system was healthy", health)
			if t := w.installation(first); t != "" {
				s += "; " + t
			}
		case known:
			s += fmt.Sprintf(", but at collection %s", health)
		}
		return upper(s) + "."
	}
	s += fmt.Sprintf("%s until the observation ends (last at %s)", plural(warnings, "goes on", "go on"), stamp(last))
	if known {
		s += "; at collection " + health
	}
	return upper(s) + "."
}

func clockOrStamp(t, end time.Time) string {
	if t.UTC().Format(time.DateOnly) == end.UTC().Format(time.DateOnly) {
		return clock(t) + " on " + t.UTC().Format(time.DateOnly)
	}
	return stamp(t)
}

// installation recognises a system that was set up within the observation:
// its nodes or namespaces are hardly older than its first warning.
func (w *work) installation(firstWarning time.Time) string {
	var oldest time.Time
	n := 0
	for i := range w.states {
		s := &w.states[i]
		if s.Kind != "Node" || s.Created.IsZero() {
			continue
		}
		n++
		if oldest.IsZero() || s.Created.Before(oldest) {
			oldest = s.Created
		}
	}
	if n == 0 || w.end.IsZero() {
		return ""
	}
	if age := w.end.Sub(oldest); age > 0 && age < 24*time.Hour && firstWarning.Sub(oldest).Abs() < time.Hour {
		return fmt.Sprintf("the oldest node was created at %s, %s before the end, so these are the warnings of a fresh installation", clockOrStamp(oldest, w.end), long(age))
	}
	return ""
}

// recordAnswer speaks of failing log records when nothing better is there.
func (w *work) recordAnswer() string {
	episodes, records := 0, int64(0)
	var span analysis.Span
	atEnd := 0
	for i := range w.a.Failures {
		f := &w.a.Failures[i]
		if f.Kind == "state" {
			continue
		}
		episodes += f.Episodes
		records += f.Records
		span.Add(f.First)
		span.Add(f.Last)
		if f.AtEnd {
			atEnd++
		}
	}
	if episodes == 0 {
		if n := len(w.a.Failures); n > 0 {
			return fmt.Sprintf("No log record speaks of a failure, but %s in a bad state at collection: %s.", plural(n, "one object or group is", count(n)+" groups of objects are"), w.a.Failures[0].Title)
		}
		return fmt.Sprintf("No failure is visible in %s from %s.", many(w.seen.records, "record"), w.readSources())
	}
	s := fmt.Sprintf("%s of %s in %s", upper(many(episodes, "failure episode")), many(len(w.a.Failures), "kind"), many(records, "record"))
	if !span.IsZero() {
		s += w.spanWords(span.From, span.To)
	}
	if w.a.Covered > 0 && episodes >= 3 {
		n := w.rate("", int64(episodes), analysis.Filter{})
		s += fmt.Sprintf(" (%s %s, 95 %% interval %s to %s)", figure(n.Value), n.Unit, figure(n.Low), figure(n.High))
	}
	switch {
	case atEnd > 0 && len(w.a.Failures) == 1:
		s += "; it happens still when the observation ends"
	case atEnd > 0:
		s += fmt.Sprintf("; %s still when the observation ends", plural(atEnd, "one of them happens", count(atEnd)+" of them happen"))
	case !span.To.IsZero() && !w.end.IsZero() && w.end.Sub(span.To) > time.Minute:
		s += fmt.Sprintf("; the last was %s before the observation ends", long(w.end.Sub(span.To)))
	}
	return s + "."
}

// whyAnswer names the shares and the leading causes.
func (w *work) whyAnswer() string {
	if len(w.a.Failures) == 0 {
		return ""
	}
	by := map[analysis.Verdict]int{}
	for _, s := range w.a.Shares {
		by[s.Verdict] = s.Failures
	}
	var names []string
	for _, c := range w.leading() {
		names = append(names, "“"+c.Title+"”")
	}
	named := by[analysis.VerdictConfirmed] + by[analysis.VerdictExplained] + by[analysis.VerdictLikely]
	s := fmt.Sprintf("A cause was found for %s of %s", count(named), many(len(w.a.Failures), "kind of failure"))
	s = strings.Replace(s, "kind of failures", "kinds of failure", 1)
	if len(names) > 0 {
		s += ", first of all " + list(names, 2)
	}
	if by[analysis.VerdictUnexplained] > 0 {
		s += fmt.Sprintf("; %s unexplained", count(by[analysis.VerdictUnexplained]))
	}
	if by[analysis.VerdictNotCheckable] > 0 {
		s += fmt.Sprintf("; %s cannot be checked, because the texts that would say why are not in the material", count(by[analysis.VerdictNotCheckable]))
	}
	return s + "."
}

// leading are the origin causes by what they weigh, at most two.
func (w *work) leading() []analysis.CauseSummary {
	weight := map[string]float64{}
	for _, f := range w.a.Findings {
		weight[f.Cause] = max(weight[f.Cause], f.Weight)
	}
	var out []analysis.CauseSummary
	for _, c := range w.a.Causes {
		if counts(c.Verdict) {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b analysis.CauseSummary) int { return cmp.Compare(weight[b.ID], weight[a.ID]) })
	return out[:min(2, len(out))]
}

// readSources counts the sources with records, and says of how many that is
// where others could not be read: what they hold is not known.
func (w *work) readSources() string {
	read, unread := 0, 0
	for i, m := range w.members.All() {
		switch {
		case w.seen.last[i] != index.NoRef:
			read++
		case m.Kind == analysis.MemberBinary || m.Kind == analysis.MemberUnread:
			unread++
		}
	}
	s := many(read, "source")
	if unread > 0 {
		s += fmt.Sprintf("; %s read, so nothing is known of what they hold", plural(unread, "1 more could not be", count(unread)+" more could not be"))
	}
	return s
}

// inOne says how closely together the containers of a stop ended.
func inOne(n *history.NodeStop) string {
	if n.Within == 0 {
		return "in the same second"
	}
	return "within " + long(n.Within)
}
