package assess

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"faultline/analysis"
	"faultline/analysis/cause"
	"faultline/analysis/history"
	"faultline/index"
)

// lookBack is how far before a symptom its origin is looked for.
const lookBack = 10 * time.Minute

// maxPairs is how many episodes of a symptom are looked at for an origin.
const maxPairs = 200

// origins are the episodes of patterns that name an origin, in time.
type originEpisode struct {
	at       int64
	cause    *cause.Cause
	resource analysis.Resource
	member   int32
	ref      index.Ref
}

// patternFailures makes one failure of each failing pattern, without the
// records that belong to the logs of CI jobs or are events.
func (w *work) patternFailures() error {
	origins := w.origins()
	for i, pid := range w.ids {
		l := w.labels[pid]
		p := w.seen.patterns[int32(i)]
		if l == nil || p == nil || l.state != analysis.PatternFailure || w.toldByRun(l) {
			continue
		}
		f, ok, err := w.patternFailure(int32(i), pid, l, origins)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		w.a.Failures = append(w.a.Failures, f)
	}
	w.jobFailures()
	return nil
}

func (w *work) patternFailure(i int32, pid string, l *labelled, origins []originEpisode) (analysis.Failure, bool, error) {
	pat := &w.patterns[w.byID[pid]]
	eps, untimed := w.episodes(i)
	f := analysis.Failure{ID: id("pattern", pid), Kind: "pattern", Title: title(pat.Text(), 200), Pattern: pid, Episodes: untimed}
	var own []episode
	scopes := map[string]bool{}
	cut := ""
	for _, t := range w.seen.patterns[i].tracks {
		if w.isJob(t.member) {
			continue
		}
		f.Records += t.untimed
		for _, h := range t.hits {
			f.Records += h.n
		}
		scopes[t.scope] = true
		if int(t.member) < w.members.Len() && cut == "" {
			cut = w.cut(w.members.At(int(t.member)))
			if w.lossy[t.member] > 0 {
				cut = "the source says that records were dropped"
			}
		}
	}
	if f.Records == 0 {
		return f, false, nil
	}
	for _, e := range eps {
		if w.isJob(e.track.member) {
			continue
		}
		own = append(own, e)
		w.starts = append(w.starts, e.First)
		if f.First.IsZero() {
			f.First = toTime(e.First)
		}
		if t := toTime(e.Last); t.After(f.Last) {
			f.Last = t
		}
	}
	f.Episodes += len(own)
	f.Episodes = max(f.Episodes, 1)
	f.Subject = subjects(scopes)
	f.AtEnd = w.atEnd(f.Last, w.gap(i))
	a, err := w.judgePattern(l, own, origins, cut)
	f.Attribution = a
	return f, true, err
}

func subjects(scopes map[string]bool) string {
	names := make([]string, 0, len(scopes))
	for s := range scopes {
		if s != "" {
			names = append(names, s)
		}
	}
	sort.Strings(names)
	if len(names) == 0 {
		return ""
	}
	return list(names, 3)
}

// judgePattern judges a pattern by its records; for a symptom it first looks
// for origins that stand before its episodes and share a key with them.
func (w *work) judgePattern(l *labelled, eps []episode, origins []originEpisode, cut string) (analysis.Attribution, error) {
	u := cause.Unit{Cut: cut}
	for _, x := range l.lines {
		if !w.isJobPath(x.Origin.Path) {
			u.Lines = append(u.Lines, x)
		}
	}
	note := ""
	if l.top != nil && l.top.Role != analysis.RoleOrigin {
		before, after, n, looked := w.precedents(l.top, eps, origins)
		if n > 0 {
			var pair []cause.Line
			for _, ref := range []index.Ref{before, after} {
				h, err := w.c.Hit(ref)
				if err != nil {
					return analysis.Attribution{}, err
				}
				pair = append(pair, line(&h))
			}
			pair[0].Around = true
			u.Lines = append(pair, u.Lines...)
			note = fmt.Sprintf("%s of %s stand within %s after such a record with the same %s",
				count(n), many(looked, "episode"), long(lookBack), "pod, unit, host or source")
		}
	}
	if len(u.Lines) == 0 {
		u.Missing = "no record of this pattern could be read"
	}
	a := w.cat.Judge(u)
	if note != "" && a.Verdict == analysis.VerdictLikely {
		a.Note = note
	}
	if a.Verdict == analysis.VerdictSymptom {
		w.afterStop(&a, eps, l.resource())
	}
	return a, nil
}

// afterStop folds a symptom that follows a stop of the node that its pod runs
// on: no log line names that origin, the states of the containers do.
func (w *work) afterStop(a *analysis.Attribution, eps []episode, resource analysis.Resource) {
	if !w.cat.Leads(causeNodeStops, a.Cause) {
		return
	}
	n := 0
	var lag time.Duration
	var stop *history.NodeStop
	for i := range eps {
		r := &eps[i].track.resource
		for k := range w.stops {
			s := &w.stops[k]
			d := toTime(eps[i].First).Sub(s.Time)
			if d >= 0 && d <= lookBack && (r.Host == s.Node || r.Pod != "" && w.nodeOf[r.Namespace+"/"+r.Pod] == s.Node) {
				n++
				resource = *r
				if stop == nil || d < lag {
					lag, stop = d, s
				}
			}
		}
	}
	if n == 0 && len(eps) > 0 {
		return
	}
	if w.ofAgain(a, resource) || n == 0 {
		return
	}
	a.Folded = append(a.Folded, fmt.Sprintf("%s: consequence of %s %s later, joined by node %s", a.Cause, causeNodeStops, long(lag), stop.Node))
	a.Verdict, a.Cause, a.Rule = analysis.VerdictLikely, causeNodeStops, w.derivedRule(causeNodeStops)
	a.Note = fmt.Sprintf("%s of %s begin within %s after the stop of node %s that the states show; earlier stops are not dated", count(n), many(len(eps), "episode"), long(lookBack), stop.Node)
	a.Evidence = append(a.Evidence, w.containerEvidence(&stop.Containers[0], fmt.Sprintf("the stop, %s earlier", long(lag))))
}

func (w *work) isJobPath(path string) bool {
	for _, j := range w.jobs {
		if j.path == path {
			return true
		}
	}
	return false
}

// ofAgain folds a symptom in the log of a container that dies again after its
// node's stops: it is the last thing that such an instance says.
func (w *work) ofAgain(a *analysis.Attribution, r analysis.Resource) bool {
	for i := range w.stops {
		for k := range w.stops[i].Again {
			x := &w.stops[i].Again[k]
			c := &x.Container
			if r.Pod == "" || r.Pod != c.Resource.Pod || r.Namespace != c.Resource.Namespace || r.Container != "" && r.Container != c.Name {
				continue
			}
			a.Folded = append(a.Folded, fmt.Sprintf("%s: consequence of %s, joined by container %s", a.Cause, causeStartupOrder, c.Name))
			a.Verdict, a.Cause, a.Rule = analysis.VerdictLikely, causeStartupOrder, w.derivedRule(causeStartupOrder)
			a.Note = fmt.Sprintf("the container dies again %s after its node's stop: %s", long(x.Delay), x.Formula)
			a.Evidence = append(a.Evidence, w.containerEvidence(c, ""))
			return true
		}
	}
	return false
}

// resource is what the pattern's first example speaks for.
func (l *labelled) resource() analysis.Resource {
	if len(l.lines) == 0 {
		return analysis.Resource{}
	}
	return l.lines[0].Resource
}

// origins gathers the episodes of all patterns whose text names an origin.
func (w *work) origins() []originEpisode {
	var out []originEpisode
	for i, pid := range w.ids {
		l := w.labels[pid]
		if l == nil || l.top == nil || l.top.Role == analysis.RoleSymptom || l.state == analysis.PatternBenign {
			continue
		}
		eps, _ := w.episodes(int32(i))
		for _, e := range eps {
			if !w.isJob(e.track.member) {
				out = append(out, originEpisode{at: e.First, cause: l.top, resource: e.track.resource, member: e.track.member, ref: e.ref})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b originEpisode) int { return cmp.Compare(a.at, b.at) })
	return out
}

// precedents counts the episodes before which an origin that leads to the
// symptom stands, joined by a resource, and returns the last such pair.
func (w *work) precedents(symptom *cause.Cause, eps []episode, origins []originEpisode) (before, after index.Ref, n, looked int) {
	if len(eps) > maxPairs {
		eps = eps[len(eps)-maxPairs:]
	}
	for _, e := range eps {
		looked++
		i, _ := slices.BinarySearchFunc(origins, e.First, func(o originEpisode, t int64) int { return cmp.Compare(o.at, t+1) })
		for i--; i >= 0 && e.First-origins[i].at <= int64(lookBack); i-- {
			o := &origins[i]
			if o.cause == symptom || !w.cat.Leads(o.cause.ID, symptom.ID) || !w.near(o, &e, symptom) {
				continue
			}
			before, after = o.ref, e.ref
			n++
			break
		}
	}
	return before, after, n, looked
}

// near reports whether an origin and an episode share a key. An origin that
// leads to the symptom over other things must at least be on the same host.
func (w *work) near(o *originEpisode, e *episode, symptom *cause.Cause) bool {
	x, y := o.resource, e.track.resource
	if !w.cat.LeadsDirectly(o.cause.ID, symptom.ID) {
		return x.Host != "" && x.Host == y.Host
	}
	switch {
	case x.Pod != "" && y.Pod != "":
		return x.Pod == y.Pod && x.Namespace == y.Namespace
	case x.Host != "" && y.Host != "":
		return x.Host == y.Host
	case x.Unit != "" && y.Unit != "":
		return x.Unit == y.Unit
	}
	return o.member == e.track.member
}

// why sums the failures up by verdict and by cause.
func (w *work) why() {
	shares := map[analysis.Verdict]*analysis.Share{}
	for _, v := range analysis.Verdicts {
		shares[v] = &analysis.Share{Verdict: v}
	}
	sums := map[string]*causeSum{}
	for i := range w.a.Failures {
		f := &w.a.Failures[i]
		s := shares[f.Attribution.Verdict]
		s.Failures++
		s.Episodes += f.Episodes
		s.Lost += f.Lost
		for _, cid := range causesOf(&f.Attribution) {
			x, ok := w.cat.Cause(cid)
			if !ok {
				continue
			}
			c := sums[cid]
			if c == nil {
				c = &causeSum{sources: map[string]bool{}, patterns: map[string]bool{}, kinds: map[string]int{}}
				c.ID, c.Title, c.Theme, c.Role = x.ID, x.Title, x.Theme, x.Role
				c.Confirm, c.Fix, c.Ask = x.Confirm, x.Fix, x.Ask
				c.Verdict, c.Rule = f.Attribution.Verdict, f.Attribution.Rule
				sums[cid] = c
			}
			c.add(f)
		}
	}
	for _, v := range analysis.Verdicts {
		w.a.Shares = append(w.a.Shares, *shares[v])
	}
	for _, c := range sums {
		c.Sources, c.Counted = len(c.sources), countedWords(c.kinds)
		for p := range c.patterns {
			c.Patterns = append(c.Patterns, p)
		}
		sort.Strings(c.Patterns)
		w.a.Causes = append(w.a.Causes, c.CauseSummary)
	}
	slices.SortFunc(w.a.Causes, func(a, b analysis.CauseSummary) int {
		return cmp.Or(
			cmp.Compare(verdictRank(a.Verdict), verdictRank(b.Verdict)),
			cmp.Compare(b.Role.Rank(), a.Role.Rank()),
			cmp.Compare(b.Episodes, a.Episodes),
			cmp.Compare(b.Records, a.Records),
			strings.Compare(a.ID, b.ID))
	})
}

// causesOf returns the causes that an attribution counts for.
func causesOf(a *analysis.Attribution) []string {
	if a.Cause != "" {
		return []string{a.Cause}
	}
	return a.Candidates
}

// verdictRank is a verdict's place in the order in which they are shown.
func verdictRank(v analysis.Verdict) int { return slices.Index(analysis.Verdicts, v) }

type causeSum struct {
	analysis.CauseSummary
	sources  map[string]bool
	patterns map[string]bool
	kinds    map[string]int // episodes by kind of failure
}

// countedWords says of what kinds of failure the episodes are; nothing when
// they are of one kind.
func countedWords(kinds map[string]int) string {
	if len(kinds) < 2 {
		return ""
	}
	var list []string
	for _, k := range []struct{ kind, words string }{{"state", "derived from states"}, {"run", "failed runs"}, {"event", "in events"}, {"pattern", "in logs"}} {
		if n := kinds[k.kind]; n > 0 {
			list = append(list, fmt.Sprintf("%s %s", count(n), k.words))
		}
	}
	return strings.Join(list, ", ")
}

func (c *causeSum) add(f *analysis.Failure) {
	c.Failures++
	c.kinds[f.Kind] += f.Episodes
	c.Records += f.Records
	c.Episodes += f.Episodes
	c.AtEnd = c.AtEnd || f.AtEnd
	if !f.First.IsZero() && (c.First.IsZero() || f.First.Before(c.First)) {
		c.First = f.First
	}
	if f.Last.After(c.Last) {
		c.Last = f.Last
	}
	if f.Pattern != "" {
		c.patterns[f.Pattern] = true
	}
	c.sources[f.Subject] = true
	better := verdictRank(f.Attribution.Verdict) < verdictRank(c.Verdict)
	if better {
		c.Verdict, c.Rule = f.Attribution.Verdict, f.Attribution.Rule
	}
	for _, e := range f.Attribution.Evidence {
		if len(c.Evidence) < 3 && e.Rule != "" && strings.Contains(e.Rule, " "+c.ID+"/") {
			c.Evidence = append(c.Evidence, e)
			break
		}
	}
}
