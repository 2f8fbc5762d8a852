package history

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"faultline/analysis"
)

// NodeStop is a moment at which a node itself stopped, derived from the last
// terminations of its containers; usually no log line says so.
//
// The argument: containers of different pods do not end in the same second by
// themselves, and when no container of the node has been running since before
// that second, what ended was the node. Every container that ended then has
// been restarted once per stop, so its restart count, over the time since its
// pod started, tells how often the node stops. Containers with a higher count
// that ended once more soon after the stop die again after it.
type NodeStop struct {
	Node       string
	Time       time.Time        // the second in which the first containers ended
	Within     time.Duration    // from there to the last of them, 0 for the same second
	Containers []analysis.State // those containers, sorted
	Pods       int              // distinct pods among them

	Stops      int64     // restart count that most of their pods share, including this stop
	Since      time.Time // start of the oldest pod with that count
	Until      time.Time // end of the observation: collection, or the newest time any state tells
	Days       float64   // from Since to Until
	PerDay     float64   // Stops / Days
	Agreeing   int       // containers whose count is Stops
	AgreePods  int       // pods of those
	Rhythms    []Rhythm  // one per distinct restart count among Containers, the most shared first
	Again      []Again   // containers that end more often than the node stops
	SameReason string    // the reason and exit code all Containers share, "" when they differ
	Formula    string    // how Stops, Days and PerDay were found, for "Derived"
}

// Rhythm is what one restart count tells about the rate of stops.
type Rhythm struct {
	Stops      int64
	Since      time.Time
	Days       float64
	PerDay     float64
	Containers []string // namespace/pod/container, sorted
	Formula    string
}

// Again is a container that ends once more after the node's stop, and has
// been restarted more often than the node has stopped.
type Again struct {
	Container analysis.State
	Delay     time.Duration // from the stop to its own end
	Expected  int64         // stops of the node since its pod started
	Extra     int64         // restarts beyond those
	Share     float64       // Extra / Expected: the part of the stops after which it died once more
	Formula   string
}

// againWithin is how long after a stop an end counts as a consequence: longer
// than a client's usual time-outs, shorter than a usual back-off limit.
const againWithin = 10 * time.Minute

// oneStop is how long a node takes to end its containers when it stops: an end
// within that time is the stop's own, not one after it.
const oneStop = 5 * time.Second

// sameStart is how far apart two pods may have started to be taken as having
// seen the same stops.
const sameStart = time.Hour

// RunningSince is the attribute of a container's state that holds the start of
// its present run, RFC 3339.
const RunningSince = "running since"

// NodeStops returns the node stops that the containers among the states prove,
// in order of time. collected is when the snapshot was taken; when it is zero
// the newest time that any state tells stands for it.
func NodeStops(states []analysis.State, collected time.Time) []NodeStop {
	until := collected
	nodes := map[string][]analysis.State{}
	for _, s := range Distinct(states) {
		if collected.IsZero() {
			if t := newest(&s); t.After(until) {
				until = t
			}
			if t := runningSince(&s); t.After(until) {
				until = t
			}
		}
		if s.Kind == "Container" && s.Resource.Host != "" {
			k := s.Resource.Cluster + "\x00" + s.Resource.Host
			nodes[k] = append(nodes[k], s)
		}
	}
	var out []NodeStop
	for _, containers := range nodes {
		out = append(out, stopsOfNode(containers, until)...)
	}
	slices.SortFunc(out, func(a, b NodeStop) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Node, b.Node)) })
	return out
}

// stopsOfNode looks at the containers of one node.
func stopsOfNode(containers []analysis.State, until time.Time) []NodeStop {
	bySecond := map[int64][]analysis.State{}
	for _, c := range containers {
		if c.Exited && c.Count > 0 && !c.Finished.IsZero() && c.Status != "Completed" {
			t := c.Finished.Unix()
			bySecond[t] = append(bySecond[t], c)
		}
	}
	var out []NodeStop
	last := int64(math.MinInt64)
	for _, sec := range slices.Sorted(maps.Keys(bySecond)) {
		at, ended := time.Unix(sec, 0).UTC(), bySecond[sec]
		if sec <= last || podsOf(ended) < 2 || survived(containers, at) {
			continue
		}
		for next := sec + 1; next <= sec+int64(oneStop/time.Second); next++ {
			if more := bySecond[next]; len(more) > 0 {
				ended, last = slices.Concat(ended, more), next
			}
		}
		slices.SortFunc(ended, compareStates)
		if until.Before(at) {
			until = at
		}
		n := NodeStop{Node: ended[0].Resource.Host, Time: at, Within: max(0, time.Duration(last-sec)*time.Second), Containers: ended, Pods: podsOf(ended), Until: until}
		n.rhythms()
		n.again(containers)
		n.SameReason = sameReason(ended)
		out = append(out, n)
	}
	return out
}

// survived reports whether a container of the node has been running since
// before at, which proves that the node did not stop then.
func survived(containers []analysis.State, at time.Time) bool {
	for _, c := range containers {
		if t := runningSince(&c); !t.IsZero() && t.Before(at) {
			return true
		}
	}
	return false
}

// rhythms groups the ended containers by restart count and takes the count
// that most pods share as the number of stops.
func (n *NodeStop) rhythms() {
	byCount := map[int64][]analysis.State{}
	for _, c := range n.Containers {
		byCount[c.Count] = append(byCount[c.Count], c)
	}
	type ranked struct {
		Rhythm
		pods, size int
	}
	var all []ranked
	for count, group := range byCount {
		r := ranked{pods: podsOf(group), size: len(group)}
		r.Stops = count
		for _, c := range group {
			if !c.Created.IsZero() && (r.Since.IsZero() || c.Created.Before(r.Since)) {
				r.Since = c.Created
			}
			r.Rhythm.Containers = append(r.Rhythm.Containers, containerName(&c))
		}
		slices.Sort(r.Rhythm.Containers)
		if !r.Since.IsZero() && n.Until.After(r.Since) {
			r.Days = n.Until.Sub(r.Since).Hours() / 24
			r.PerDay = float64(count) / r.Days
		}
		r.Formula = rateFormula(count, r.Since, n.Until, r.Days, r.PerDay)
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(b.pods, a.pods), cmp.Compare(b.size, a.size), cmp.Compare(b.Days, a.Days), cmp.Compare(b.Stops, a.Stops))
	})
	for _, r := range all {
		n.Rhythms = append(n.Rhythms, r.Rhythm)
	}
	top := all[0]
	n.Stops, n.Since, n.Days, n.PerDay = top.Stops, top.Since, top.Days, top.PerDay
	n.Agreeing, n.AgreePods = top.size, top.pods
	n.Formula = fmt.Sprintf("restart count %d, shared by %d of %d containers that ended at %s; %s",
		n.Stops, n.Agreeing, len(n.Containers), n.Time.Format("15:04:05Z"), top.Formula)
}

// again finds the containers that ended once more after the stop and have been
// restarted more often than the node stopped.
func (n *NodeStop) again(containers []analysis.State) {
	for _, c := range containers {
		delay := c.Finished.Sub(n.Time)
		if !c.Exited || delay < n.Within+time.Second || delay > againWithin || c.Created.IsZero() || n.Days == 0 {
			continue
		}
		a := Again{Container: c, Delay: delay, Expected: n.Stops}
		how := fmt.Sprintf("%d restarts - %d stops", c.Count, n.Stops)
		if d := c.Created.Sub(n.Since).Abs(); d > sameStart {
			days := n.Until.Sub(c.Created).Hours() / 24
			a.Expected = int64(math.Round(n.PerDay * days))
			how = fmt.Sprintf("%d restarts - %.2f stops a day × %.1f days", c.Count, n.PerDay, days)
		}
		a.Extra = c.Count - a.Expected
		if a.Extra <= 0 || a.Expected == 0 {
			continue
		}
		a.Share = float64(a.Extra) / float64(a.Expected)
		a.Formula = fmt.Sprintf("%s = %d more; %d / %d = %.0f %%", how, a.Extra, a.Extra, a.Expected, 100*a.Share)
		n.Again = append(n.Again, a)
	}
	slices.SortFunc(n.Again, func(a, b Again) int {
		return cmp.Or(cmp.Compare(b.Extra, a.Extra), compareStates(a.Container, b.Container))
	})
}

func rateFormula(count int64, since, until time.Time, days, perDay float64) string {
	if days == 0 {
		return "start of the pod unknown, no rate"
	}
	return fmt.Sprintf("%d restarts / %.1f days (%s to %s) = %.2f a day",
		count, days, since.UTC().Format("2006-01-02 15:04Z"), until.UTC().Format("2006-01-02 15:04Z"), perDay)
}

func runningSince(s *analysis.State) time.Time {
	for _, a := range s.Attributes {
		if a.Name == RunningSince {
			t, err := time.Parse(time.RFC3339Nano, a.Value)
			if err == nil {
				return t.UTC()
			}
		}
	}
	return time.Time{}
}

func podsOf(containers []analysis.State) int {
	pods := map[string]bool{}
	for _, c := range containers {
		pods[c.Resource.Namespace+"/"+c.Resource.Pod] = true
	}
	return len(pods)
}

func containerName(c *analysis.State) string {
	var parts []string
	for _, p := range []string{c.Resource.Namespace, c.Resource.Pod, c.Name} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, "/")
}

func sameReason(containers []analysis.State) string {
	c := containers[0]
	for _, d := range containers[1:] {
		if d.Reason != c.Reason || d.ExitCode != c.ExitCode {
			return ""
		}
	}
	if c.Reason == "" {
		return fmt.Sprintf("exit code %d", c.ExitCode)
	}
	return fmt.Sprintf("%s, exit code %d", c.Reason, c.ExitCode)
}
