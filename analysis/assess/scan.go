package assess

import (
	"math"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"faultline/analysis"
	"faultline/analysis/trend"
	"faultline/index"
)

// stampedHit is one hit of a pattern in time.
type stampedHit struct {
	at  int64
	ref index.Ref
	n   int64 // records in the same second
}

// track is what the scan keeps of one pattern in one scope.
type track struct {
	pattern  int32
	scope    string
	resource analysis.Resource
	member   int32
	hits     []stampedHit
	untimed  int64
	first    index.Ref // first record in storage order
}

// patternScan is what the scan keeps of one pattern.
type patternScan struct {
	records int64
	events  int64 // of kind event
	members map[int32]bool
	first   int64 // of the records that have a time; first > last for none
	last    int64
	tracks  []*track
}

// scanned is the result of the one pass over all records.
type scanned struct {
	records  int64
	timed    int64
	untimed  int64 // records of logs and event objects that have no time
	astray   int64 // records of logs whose time lies far from all others
	byTime   map[string]int64
	span     analysis.Span
	patterns map[int32]*patternScan
	spared   map[int32]bool // patterns with records that they do not fail by
	traced   map[int32]bool // patterns with records that are lines of a stack trace
	last     []index.Ref    // last record of each member, NoRef for none
	logs     []trend.Span   // from the first to the last log record of each member; From above To for none
	gaps     map[int32]time.Duration
	alarm    map[int32]int64 // records of a pattern that are a warning or worse, or speak of failure
}

// oneDay is what the log records of a member in one day (UTC) span.
type oneDay struct {
	n        int64
	from, to int64
}

// memberDays are the days of a member; most records are of the day of the one
// before.
type memberDays struct {
	days map[int64]*oneDay
	last *oneDay
	day  int64
}

func (d *memberDays) add(at int64) {
	day := at / int64(24*time.Hour)
	if d.last == nil || day != d.day {
		if d.days == nil {
			d.days = map[int64]*oneDay{}
		}
		if d.last = d.days[day]; d.last == nil {
			d.last = &oneDay{from: at, to: at}
			d.days[day] = d.last
		}
		d.day = day
	}
	d.last.n++
	d.last.from, d.last.to = min(d.last.from, at), max(d.last.to, at)
}

// A record of a log lies astray when it stands further than strayFar, and than
// twice the length of the stretch that holds all but one in strayShare of the
// log's records, from that stretch: an entry of long ago, a wrong clock, or a
// number that was taken for a time. It must not stretch the period over years.
const (
	strayFar   = 92 // days
	strayShare = 50
	strayLeast = 50 // records below which none is taken as astray
)

// settle finds from when to when each member observed, and how many records
// lie astray.
func (s *scanned) settle(members []memberDays) {
	for i := range members {
		l := &s.logs[i]
		from, to := members[i].stretch()
		for day, d := range members[i].days {
			if day < from || day > to {
				s.astray += d.n
				continue
			}
			l.From, l.To = min(l.From, d.from), max(l.To, d.to)
		}
	}
}

// stretch returns the first and last day that count.
func (d *memberDays) stretch() (from, to int64) {
	days := make([]int64, 0, len(d.days))
	all := int64(0)
	for day, x := range d.days {
		days = append(days, day)
		all += x.n
	}
	if len(days) == 0 {
		return 0, 0
	}
	slices.Sort(days)
	if all < strayLeast {
		return days[0], days[len(days)-1]
	}
	out := max(1, all/strayShare/2) // on each side
	lo, hi := 0, len(days)-1
	for n := d.days[days[lo]].n; lo < hi && n <= out; n += d.days[days[lo]].n {
		lo++
	}
	for n := d.days[days[hi]].n; hi > lo && n <= out; n += d.days[days[hi]].n {
		hi--
	}
	far := max(strayFar, 2*(days[hi]-days[lo]))
	return days[lo] - far, days[hi] + far
}

type trackKey struct {
	pattern int32
	scope   string
}

type scopeKey struct {
	member int32
	res    *analysis.Resource
}

// scan reads the columns of all records once: the times of failing patterns by
// scope, the period, the qualities of time.
func (w *work) scan() error {
	s := &scanned{byTime: map[string]int64{}, patterns: map[int32]*patternScan{}, spared: map[int32]bool{}, traced: map[int32]bool{}, last: make([]index.Ref, w.members.Len()), logs: make([]trend.Span, w.members.Len()), gaps: map[int32]time.Duration{}, alarm: map[int32]int64{}}
	w.seen = s
	for i := range w.members.Len() {
		s.last[i], s.logs[i] = index.NoRef, trend.Span{From: math.MaxInt64, To: math.MinInt64}
	}
	var byTime [analysis.TimeExact + 1]int64
	members := make([]memberDays, w.members.Len())
	failing, labels := make([]bool, len(w.ids)), make([]*labelled, len(w.ids))
	for i, id := range w.ids {
		if l, ok := w.labels[id]; ok {
			labels[i] = l
			failing[i] = l.state == analysis.PatternFailure || l.top != nil && l.state != analysis.PatternBenign
		}
	}
	trace, head := w.traces()
	open := map[int32]traceAt{} // the stack trace that a member is in
	tracks := map[trackKey]*track{}
	scopes := map[scopeKey]string{}
	err := w.c.Scan(w.ctx, w.o.Filter, func(m *index.Meta) error {
		s.records++
		s.last[m.Member] = m.Ref
		byTime[min(m.Quality, analysis.TimeExact)]++
		if m.Time != analysis.NoTime {
			s.timed++
			if m.Kind == analysis.KindLog {
				members[m.Member].add(m.Time)
			}
		} else if m.Kind == analysis.KindLog || m.Kind == analysis.KindEvent {
			s.untimed++
		}
		if m.Pattern < 0 || int(m.Pattern) >= len(failing) {
			delete(open, m.Member)
			return nil
		}
		fails := failing[m.Pattern] && (m.Kind == analysis.KindEvent || labels[m.Pattern].fails(m.Severity))
		if m.Severity >= analysis.SeverityWarn || fails {
			s.alarm[m.Pattern]++
		}
		if failing[m.Pattern] && !fails {
			s.spared[m.Pattern] = true
		}
		if at := (traceAt{m.Time, m.Resource}); head[m.Pattern] {
			open[m.Member] = at
			s.traced[m.Pattern] = true
			return nil // what it is a trace of stands before or after it
		} else if open[m.Member] != at {
			delete(open, m.Member)
		} else if m.Time != analysis.NoTime && !trace[m.Pattern] {
			s.traced[m.Pattern] = true
			return nil // a line of the trace
		}
		if !fails {
			return nil
		}
		p := s.patterns[m.Pattern]
		if p == nil {
			p = &patternScan{members: map[int32]bool{}, first: math.MaxInt64, last: math.MinInt64}
			s.patterns[m.Pattern] = p
		}
		p.records++
		p.members[m.Member] = true
		if m.Time != analysis.NoTime {
			p.first, p.last = min(p.first, m.Time), max(p.last, m.Time)
		}
		if m.Kind == analysis.KindEvent {
			p.events++
			return nil
		}
		sk := scopeKey{m.Member, m.Resource}
		scope, ok := scopes[sk]
		if !ok {
			scope = w.scope(m.Member, m.Resource)
			scopes[sk] = scope
		}
		tk := trackKey{m.Pattern, scope}
		t := tracks[tk]
		if t == nil {
			t = &track{pattern: m.Pattern, scope: scope, member: m.Member, first: m.Ref}
			if m.Resource != nil {
				t.resource = *m.Resource
			}
			tracks[tk] = t
			p.tracks = append(p.tracks, t)
		}
		if m.Time == analysis.NoTime {
			t.untimed++
			return nil
		}
		if n := len(t.hits); n > 0 && t.hits[n-1].at/1e9 == m.Time/1e9 {
			t.hits[n-1].n++
			return nil
		}
		t.hits = append(t.hits, stampedHit{at: m.Time, ref: m.Ref, n: 1})
		return nil
	})
	if err != nil {
		return err
	}
	for q, n := range byTime {
		if n > 0 {
			s.byTime[analysis.TimeQuality(q).String()] = n
		}
	}
	for _, p := range s.patterns {
		slices.SortFunc(p.tracks, func(a, b *track) int { return strings.Compare(a.scope, b.scope) })
		for _, t := range p.tracks {
			slices.SortStableFunc(t.hits, func(a, b stampedHit) int {
				switch {
				case a.at < b.at:
					return -1
				case a.at > b.at:
					return 1
				}
				return 0
			})
		}
	}
	for _, e := range w.events {
		s.span.Add(e.First)
		s.span.Add(e.Last)
	}
	for _, r := range w.runs {
		if r.Kind != analysis.RunKubeJob {
			s.span.Add(r.When())
			s.span.Add(r.End)
		}
	}
	s.settle(members)
	for _, l := range s.logs {
		if l.From <= l.To {
			s.span.Add(toTime(l.From))
			s.span.Add(toTime(l.To))
		}
	}
	w.period()
	return nil
}

// traceAt is the moment and the speaker of a stack trace that a logger writes
// line by line, each with its own stamp.
type traceAt struct {
	time int64
	res  *analysis.Resource
}

var (
	traceHead = regexp.MustCompile(`Traceback \(most recent call last\):\s*$|^Traceback |(?:^|\s)(?:Call Trace|Stack ?trace|Backtrace):\s*$`)
	traceEnd  = regexp.MustCompile(`\b[A-Z]\w*(?:Error|Exception|Failure|Interrupt|Exit|Timeout|Fault|NotFound|Conflict|Invalid|Failed|Refused|Denied)\b`)
)

// traces tells of each pattern whether it is the head of a stack trace, and
// whether it names the exception that one ends with.
func (w *work) traces() (end, head []bool) {
	end, head = make([]bool, len(w.ids)), make([]bool, len(w.ids))
	some := false
	for i, id := range w.ids {
		if k, ok := w.byID[id]; ok {
			t := w.patterns[k].Template
			head[i] = strings.Contains(t, "race") && traceHead.MatchString(t)
			some = some || head[i]
		}
	}
	if !some {
		return end, head
	}
	for i, id := range w.ids {
		if k, ok := w.byID[id]; ok {
			end[i] = traceEnd.MatchString(w.patterns[k].Template)
		}
	}
	return end, head
}

// rotation is what rotated logs have behind their common name.
var rotation = regexp.MustCompile(`(?:[.-](?:\d{1,3}|\d{4}-?\d\d-?\d\d(?:[-T_]?\d{1,6})?)|\.(?:gz|bz2|xz|zst|old)|-previous|_previous)+(\.(?:log|txt|out))?$`)

// scope names what a record speaks for: container or pod, else unit and host,
// else the source, rotated files of one log together.
func (w *work) scope(member int32, r *analysis.Resource) string {
	if r != nil {
		switch {
		case r.Pod != "":
			return analysis.Resource{Cluster: r.Cluster, Namespace: r.Namespace, Pod: r.Pod, Container: r.Container}.String()
		case r.Unit != "" || r.Container != "":
			return analysis.Resource{Cluster: r.Cluster, Host: r.Host, Container: r.Container, Unit: r.Unit}.String()
		case r.Host != "" && r.Process != "":
			return analysis.Resource{Host: r.Host, Process: r.Process}.String()
		}
	}
	if int(member) < w.members.Len() {
		p := w.members.At(int(member)).Path
		return rotation.ReplaceAllString(p, "$1")
	}
	return ""
}

// times returns the sorted times of hits.
func (t *track) times() []int64 {
	out := make([]int64, len(t.hits))
	for i, h := range t.hits {
		out[i] = h.at
	}
	return out
}

// episode is a stretch of hits of one pattern in one scope.
type episode struct {
	trend.Episode
	track *track
	ref   index.Ref // its first record
}

// episodes cuts the hits of a pattern into episodes, scope by scope; records
// without a time are one episode of their scope.
func (w *work) episodes(id int32) (out []episode, untimed int) {
	p := w.seen.patterns[id]
	if p == nil {
		return nil, 0
	}
	g := w.gap(id)
	for _, t := range p.tracks {
		if len(t.hits) == 0 && t.untimed > 0 {
			untimed++
		}
		i := 0
		for _, e := range trend.Episodes(t.times(), g) {
			x := episode{Episode: e, track: t, ref: t.hits[i].ref}
			x.Hits = 0
			for ; i < len(t.hits) && t.hits[i].at <= e.Last; i++ {
				x.Hits += t.hits[i].n
			}
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(a, b episode) int {
		switch {
		case a.First < b.First:
			return -1
		case a.First > b.First:
			return 1
		}
		return 0
	})
	return out, untimed
}

// gap is what separates two episodes of a pattern, learned over its scopes.
func (w *work) gap(id int32) time.Duration {
	if g, ok := w.seen.gaps[id]; ok {
		return g
	}
	var all []int64
	n := 0
	for _, t := range w.seen.patterns[id].tracks {
		ts := t.times()
		if len(ts) > n {
			all, n = ts, len(ts)
		}
	}
	g := trend.Gap(all)
	w.seen.gaps[id] = g
	return g
}

func base(p string) string { return path.Base(p) }
