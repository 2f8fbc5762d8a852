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
	"faultline/analysis/history"
	"faultline/analysis/trend"
	"faultline/index"
)

// The derived causes that states name; the catalogue holds their texts.
const (
	causeNodeStops    = "node-stops"
	causeStartupOrder = "startup-order"
)

// stateFailures derives failures from snapshots of objects: nodes that stop,
// the containers that die again after each stop, and objects in a bad state.
func (w *work) stateFailures() error {
	w.stops = history.NodeStops(w.states, w.collected())
	w.nodeOf = map[string]string{}
	for i := range w.states {
		if r := &w.states[i].Resource; r.Pod != "" && r.Host != "" {
			w.nodeOf[r.Namespace+"/"+r.Pod] = r.Host
		}
	}
	for i := range w.stops {
		if err := w.nodeStop(&w.stops[i]); err != nil {
			return err
		}
	}
	w.troubles = history.Troubles(w.states)
	w.troubleFailures()
	return nil
}

// collected is when the latest bundle was collected, zero when unknown.
func (w *work) collected() time.Time {
	var t time.Time
	for _, b := range w.a.Bundles {
		if b.Collected.After(t) {
			t = b.Collected
		}
	}
	return t
}

func (w *work) derivedRule(id string) string {
	return w.cat.ID + "@" + w.cat.Version + " " + id + "/derived"
}

// nodeStop makes a failure and a finding of a node that stops again and again.
func (w *work) nodeStop(n *history.NodeStop) error {
	f := analysis.Failure{
		ID: id("state", causeNodeStops, n.Node), Kind: "state", Subject: "Node " + n.Node,
		Title:   fmt.Sprintf("Node %s stopped about %s in %s", n.Node, many(n.Stops, "time"), days(n.Days)),
		Records: int64(len(n.Containers)), Episodes: int(n.Stops),
		First: n.Since, Last: n.Time, AtEnd: w.atEnd(n.Time, trend.DefaultGap),
	}
	f.Attribution = analysis.Attribution{
		Verdict: analysis.VerdictLikely, Cause: causeNodeStops, Rule: w.derivedRule(causeNodeStops),
		Note: "derived from the states of containers; no log line says so. " + n.Formula,
	}
	for i := range n.Containers {
		if len(f.Attribution.Evidence) < 6 {
			f.Attribution.Evidence = append(f.Attribution.Evidence, w.containerEvidence(&n.Containers[i], "ended "+inOne(n)))
		}
	}
	w.addFailure(f, []int64{n.Time.UnixNano()})
	rate := trend.Garwood(n.Stops, n.Days)
	claim := fmt.Sprintf("At %s %s in %s on node %s ended %s (%s), and no container of the node ran on: the node itself stopped. Their restart counts say that this happened about %s in %s, %s a day.",
		stamp(n.Time), many(len(n.Containers), "container"), many(n.Pods, "pod"), n.Node, inOne(n), cmp.Or(n.SameReason, "for different reasons"),
		many(n.Stops, "time"), days(n.Days), figure(n.PerDay))
	finding := analysis.Finding{
		ID: id("finding", causeNodeStops, n.Node), Question: "how often", Title: f.Title, Claim: claim, Basis: analysis.Derived,
		Verdict: f.Attribution.Verdict, Cause: causeNodeStops, Evidence: f.Attribution.Evidence,
		Numbers: []analysis.Number{{
			Label: "node stops", Text: fmt.Sprintf("%s in %s", count(n.Stops), days(n.Days)), Value: n.PerDay, Unit: "per day",
			Low: rate.Low, High: rate.High, N: n.Stops, Exposure: "over " + days(n.Days) + " since the oldest of the pods started",
			Method: "restart count over the age of the pod; Garwood 95 %", Basis: analysis.Derived,
			Filter: analysis.Filter{Resources: []analysis.Resource{{Host: n.Node}}},
		}},
		Caveats: []string{
			"A restart count does not say when the earlier stops were, nor that each was a stop of the node: " + n.Formula + ".",
		},
	}
	for _, r := range n.Rhythms[min(1, len(n.Rhythms)):] {
		if r.Days > 0 {
			finding.Caveats = append(finding.Caveats, fmt.Sprintf("A second witness: %s: %s.", list(r.Containers, 2), r.Formula))
		}
	}
	w.extra = append(w.extra, finding)
	return w.dieAgain(n)
}

func days(d float64) string {
	if d < 2 {
		return long(time.Duration(d * 24 * float64(time.Hour)))
	}
	if d >= 20 {
		return fmt.Sprintf("%.0f days", d)
	}
	return fmt.Sprintf("%.1f days", d)
}

func containerName(s *analysis.State) string {
	return strings.Trim(s.Resource.Namespace+"/"+s.Resource.Pod+"/"+s.Name, "/")
}

// containerEvidence quotes a container's state in words: the object itself has
// dozens of lines.
func (w *work) containerEvidence(s *analysis.State, note string) analysis.Evidence {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", containerName(s), cmp.Or(s.Status, "no status"))
	if s.Exited {
		fmt.Fprintf(&b, ", last ended %s with exit code %d", stamp(s.Finished), s.ExitCode)
		if s.Reason != "" {
			fmt.Fprintf(&b, " (%s)", s.Reason)
		}
	}
	if s.Count > 0 {
		fmt.Fprintf(&b, ", %s", many(s.Count, "restart"))
	}
	if !s.Created.IsZero() {
		fmt.Fprintf(&b, " since %s", stamp(s.Created))
	}
	return analysis.Evidence{Origin: s.Origin, Time: s.Finished, Text: b.String(), Note: note}
}

// dieAgain makes failures of the containers that end once more after a stop,
// and says what their logs share.
func (w *work) dieAgain(n *history.NodeStop) error {
	if len(n.Again) == 0 {
		return nil
	}
	shared, err := w.sharedError(n.Again)
	if err != nil {
		return err
	}
	var parts []string
	for i := range n.Again {
		a := &n.Again[i]
		s := &a.Container
		f := analysis.Failure{
			ID: id("state", causeStartupOrder, containerName(s)), Kind: "state", Subject: containerName(s),
			Title:   fmt.Sprintf("%s dies again after its node has stopped: %s", againName(n, i), many(a.Extra, "more end")),
			Records: a.Extra, Episodes: int(a.Extra), First: s.Created, Last: s.Finished,
			AtEnd: w.atEnd(s.Finished, trend.DefaultGap),
		}
		f.Attribution = analysis.Attribution{
			Verdict: analysis.VerdictLikely, Cause: causeStartupOrder, Rule: w.derivedRule(causeStartupOrder),
			Folded:   []string{fmt.Sprintf("%s later than the stop of node %s at %s", long(a.Delay), n.Node, stamp(n.Time))},
			Evidence: append([]analysis.Evidence{w.containerEvidence(s, fmt.Sprintf("consequence, %s later", long(a.Delay)))}, shared.of(i)...),
			Note:     a.Formula,
		}
		w.addFailure(f, []int64{s.Finished.UnixNano()})
		parts = append(parts, fmt.Sprintf("%s (%s, exit code %d, %s restarts: %s more than the stops, that is after about %.0f %% of them)",
			againName(n, i), long(a.Delay), s.ExitCode, count(s.Count), count(a.Extra), 100*min(1, a.Share)))
	}
	text := fmt.Sprintf("Soon after the stop %s again: %s.", plural(len(parts), "this container ends", "these containers end"), list(parts, 6))
	if shared.text != "" {
		text += " " + shared.text
	}
	evidence := []analysis.Evidence{w.containerEvidence(&n.Containers[0], "the stop")}
	for i := range n.Again {
		evidence = append(evidence, w.containerEvidence(&n.Again[i].Container, fmt.Sprintf("%s later", long(n.Again[i].Delay))))
		evidence = append(evidence, shared.of(i)...)
	}
	x, _ := w.cat.Cause(causeStartupOrder)
	finding := analysis.Finding{
		ID: id("finding", causeStartupOrder, n.Node), Question: "why", Basis: analysis.Inferred,
		Title:   fmt.Sprintf("%s die again after each stop of node %s", upper(plural(len(n.Again), "one component", count(len(n.Again))+" components")), n.Node),
		Claim:   text + " This is one problem of start-up order that follows each node stop, not " + fmt.Sprint(len(n.Again)+1) + " problems.",
		Verdict: analysis.VerdictLikely, Cause: causeStartupOrder, Evidence: evidence[:min(len(evidence), 8)],
		Caveats: []string{"The states show one stop in time; that it happens after the other stops is taken from the restart counts."},
	}
	if x != nil {
		finding.Theme, finding.Fix, finding.Ask = x.Theme, x.Fix, x.Ask
	}
	for i := range n.Again {
		a := &n.Again[i]
		finding.Numbers = append(finding.Numbers, analysis.Number{
			Label: againName(n, i) + " ends beyond the node's stops", Text: fmt.Sprintf("%s of %s", count(a.Extra), many(a.Expected, "stop")),
			Value: 100 * a.Share, Unit: "%", N: a.Expected, Exposure: "over " + many(a.Expected, "stop"), Method: a.Formula, Basis: analysis.Derived,
			Filter: analysis.Filter{Resources: []analysis.Resource{{Namespace: a.Container.Resource.Namespace, Pod: a.Container.Resource.Pod, Container: a.Container.Name}}},
		})
	}
	w.extra = append(w.extra, finding)
	return nil
}

func plural(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

// sharedErrors is what the logs of several containers have in common.
type sharedErrors struct {
	text     string
	evidence [][]analysis.Evidence
}

func (s *sharedErrors) of(i int) []analysis.Evidence {
	if i < len(s.evidence) {
		return s.evidence[i]
	}
	return nil
}

// endpoint is an address with a port.
var endpoint = regexp.MustCompile(`(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:]+\]):\d{1,5}\b`)

// errorTail is the error at the end of a message: what stands behind the last
// operation on an endpoint.
func errorTail(text, at string) string {
	i := strings.LastIndex(text, at)
	if i < 0 {
		return ""
	}
	rest := text[i+len(at):]
	if j := strings.IndexAny(rest, "\n\"',;"); j >= 0 {
		rest = rest[:j]
	}
	rest = strings.TrimLeft(rest, `: "`)
	return title(strings.TrimSpace(rest), 80)
}

// sharedError looks in the failing records of the containers' logs for an
// endpoint that all of them could not reach.
func (w *work) sharedError(again []history.Again) (*sharedErrors, error) {
	out := &sharedErrors{}
	seen := map[string]map[int]*index.Hit{}
	for i := range again {
		c := &again[i].Container
		hits, err := w.containerRecords(c)
		if err != nil {
			return nil, err
		}
		for k := range hits {
			h := &hits[k]
			for _, at := range endpoint.FindAllString(h.Text, 8) {
				tail := errorTail(h.Text, at)
				if tail == "" {
					continue
				}
				key := at + "\x00" + tail
				if seen[key] == nil {
					seen[key] = map[int]*index.Hit{}
				}
				if old := seen[key][i]; old == nil || h.Time.After(old.Time) {
					seen[key][i] = h
				}
			}
		}
	}
	keys := make([]string, 0, len(seen))
	for k, by := range seen {
		if len(by) == len(again) {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return out, nil
	}
	// The one that stands last in the logs ended them.
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(latest(seen[b]).Compare(latest(seen[a])), cmp.Compare(a, b))
	})
	at, tail, _ := strings.Cut(keys[0], "\x00")
	n, pods, err := w.mentions(at)
	if err != nil {
		return nil, err
	}
	out.text = fmt.Sprintf("%s logs show the same error: %s %s. That address stands in %s of %s.",
		plural(len(again), "Its", "Their"), at, tail, many(n, "record"), many(pods, "pod"))
	for i := range again {
		h := seen[keys[0]][i]
		out.evidence = append(out.evidence, []analysis.Evidence{{Origin: h.Origin, Time: h.Time, Text: cause.Quote(cmp.Or(h.Message, h.Text)), Pattern: h.Pattern}})
	}
	return out, nil
}

func latest(by map[int]*index.Hit) time.Time {
	var t time.Time
	for _, h := range by {
		if h.Time.After(t) {
			t = h.Time
		}
	}
	return t
}

// containerRecords returns the records of a container's log that have an
// endpoint's error: those of failing patterns, and the last ones.
func (w *work) containerRecords(c *analysis.State) ([]index.Hit, error) {
	f := w.o.Filter
	f.Resources = []analysis.Resource{{Namespace: c.Resource.Namespace, Pod: c.Resource.Pod, Container: c.Name}}
	last, err := w.c.Search(w.ctx, f, index.SearchOptions{Limit: 100, Newest: true})
	if err != nil {
		return nil, err
	}
	f.Failing = true
	failing, err := w.c.Search(w.ctx, f, index.SearchOptions{Limit: 200, Newest: true})
	if err != nil {
		return nil, err
	}
	hits := slices.DeleteFunc(append(failing, last...), func(h index.Hit) bool { return h.Kind != analysis.KindLog })
	return hits, nil
}

// mentions counts the log records that hold a text, and the pods they are of.
func (w *work) mentions(text string) (records int64, pods int, err error) {
	f := w.o.Filter
	f.Query = strings.TrimSpace(f.Query + ` "` + text + `"`)
	names := map[string]bool{}
	err = w.c.Scan(w.ctx, f, func(m *index.Meta) error {
		if m.Kind == analysis.KindLog {
			records++
			if m.Resource != nil {
				names[m.Resource.Namespace+"/"+m.Resource.Pod] = true
			}
		}
		return nil
	})
	return records, len(names), err
}

// troubleFailures makes one failure of each class of bad states and the cause
// that they name.
func (w *work) troubleFailures() {
	type key struct{ class, cause string }
	groups := map[key][]*history.Trouble{}
	var order []key
	for i := range w.troubles {
		t := &w.troubles[i]
		if w.toldByStop(&t.State) {
			continue
		}
		k := key{class: t.Class}
		for _, l := range troubleLines(t) {
			if c := w.topCause(&l.Item); c != nil {
				if old, ok := w.cat.Cause(k.cause); !ok || w.outranks(c, old) {
					k.cause = c.ID
				}
			}
		}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], t)
	}
	for _, k := range order {
		g := groups[k]
		f := analysis.Failure{ID: id("state", k.class, k.cause), Kind: "state", Episodes: len(g), AtEnd: true}
		objects := map[string]bool{}
		var u cause.Unit
		for i, t := range g {
			objects[t.Object] = true
			f.Records += max(1, t.State.Count)
			s := analysis.Span{From: f.First, To: f.Last}
			s.Add(t.Since)
			f.First, f.Last = s.From, s.To
			if i < maxExamples {
				u.Lines = append(u.Lines, troubleLines(t)...)
			}
		}
		names := make([]string, 0, len(objects))
		for o := range objects {
			names = append(names, o)
		}
		slices.Sort(names)
		f.Subject = list(names, 3)
		f.Title = fmt.Sprintf("%s: %s", upper(k.class), f.Subject)
		f.Attribution = w.cat.Judge(u)
		w.addFailure(f, nil)
	}
}

// toldByStop tells that a container's bad state is no more than the trace of a
// node stop that was counted already.
func (w *work) toldByStop(s *analysis.State) bool {
	for _, n := range w.stops {
		for i := range n.Containers {
			if c := &n.Containers[i]; c.Kind == s.Kind && c.Name == s.Name && c.Resource == s.Resource {
				return true
			}
		}
	}
	return false
}

// troubleLines are the texts of a bad state, the oldest first: the warnings
// about the object, then the state itself.
func troubleLines(t *history.Trouble) []cause.Line {
	var out []cause.Line
	for i := min(len(t.Warnings), maxExamples) - 1; i >= 0; i-- {
		l := eventLine(&t.Warnings[i])
		// The warning and the state speak of the same object.
		l.Resource = l.Resource.Over(t.State.Resource)
		out = append(out, l)
	}
	s := &t.State
	var parts []string
	for _, p := range []string{s.Status, s.Reason, s.Message} {
		if p != "" && !slices.Contains(parts, p) {
			parts = append(parts, p)
		}
	}
	for _, a := range s.Attributes {
		if strings.HasPrefix(a.Name, "last") {
			parts = append(parts, a.Name+" "+a.Value)
		}
	}
	text := strings.Join(parts, ": ")
	if s.Exited && s.ExitCode != 0 {
		text += fmt.Sprintf(" (exit code %d)", s.ExitCode)
	}
	return append(out, cause.Line{
		Item:   cause.Item{Text: text, Kind: analysis.KindObject, Severity: s.Severity, Reason: s.Reason, Status: s.Status, ExitCode: s.ExitCode, Resource: s.Resource},
		Origin: s.Origin, Time: t.Since,
	})
}

// healthLine says what the snapshot shows of the present state, "" when it
// shows nothing.
func (w *work) healthLine() (text string, healthy, known bool) {
	kinds := []struct{ kind, noun string }{{"ClusterOperator", "cluster operator"}, {"Node", "node"}, {"Pod", "pod"}}
	good, all := map[string]int{}, map[string]int{}
	for _, s := range history.Distinct(w.states) {
		if s.Health == analysis.HealthUnknown {
			continue
		}
		all[s.Kind]++
		if s.Health == analysis.HealthGood {
			good[s.Kind]++
		}
	}
	var parts []string
	healthy = true
	for _, k := range kinds {
		if all[k.kind] == 0 {
			continue
		}
		known = true
		parts = append(parts, fmt.Sprintf("%s of %s", count(good[k.kind]), many(all[k.kind], k.noun)))
		// A pod or two on the way is no sick cluster; nodes and operators are.
		bad := all[k.kind] - good[k.kind]
		if bad > 0 && (k.kind != "Pod" || bad*50 > all[k.kind]) {
			healthy = false
		}
	}
	if !known {
		return "", false, false
	}
	return list(parts, 3) + " were in a good state", healthy, true
}
