package ingest

import (
	"context"
	"strconv"
	"time"

	"faultline/analysis"
	"faultline/index"
)

// account gathers what the chunks of a member gave.
type account struct {
	indexed, lines, records, failing, timed int64
	repeated                                int64 // events that were counted elsewhere
	span                                    analysis.Span
	quality                                 analysis.TimeQuality
	assumed                                 bool
	runs                                    []analysis.Run
	states                                  []analysis.State
	faults                                  []string
}

// add adds what a member takes over; its lines are counted already.
func (a *account) add(p *index.Part) {
	if p.Timed > 0 {
		if a.timed == 0 || p.Quality < a.quality {
			a.quality = p.Quality
		}
		a.span.Add(p.Span.From)
		a.span.Add(p.Span.To)
	}
	a.indexed += p.Bytes
	a.records += p.Records
	a.failing += p.Failing
	a.timed += p.Timed
	a.assumed = a.assumed || p.Assumed
}

// eventKey tells events apart: by UID, or by what they say where they have
// none.
type eventKey struct{ uid, subject, reason, message string }

func keyOf(s *analysis.State) eventKey {
	if s.UID != "" {
		return eventKey{uid: s.UID}
	}
	return eventKey{subject: s.Subject + "\x00" + s.Resource.Namespace, reason: s.Reason, message: s.Message}
}

// version says how much of an event a copy knows.
type version struct {
	count  int64
	last   time.Time
	bundle string // where it is counted
	path   string
}

func versionOf(s *analysis.State) version {
	return version{s.Count, s.Last, s.Origin.Bundle, s.Origin.Path}
}

// write appends what the workers made, in the order of the bundle.
func (im *importer) write(ctx context.Context) error {
	var a account
	for p := range im.ordered {
		select {
		case <-p.ready:
		case <-ctx.Done():
			return ctx.Err()
		}
		if p.err != nil {
			return p.err
		}
		for _, j := range p.jobs {
			im.repeat(j)
		}
		if err := p.encode(&im.pool); err != nil {
			return err
		}
		for _, j := range p.jobs {
			var err error
			switch {
			case j.reached != nil:
				close(j.reached)
			case j.end != nil:
				err = im.finish(j, &a)
				a = account{}
			case j.before > 0:
				a.lines = j.before
			default:
				err = im.chunk(j, &a)
			}
			if err != nil {
				return err
			}
		}
		im.flight.Release(p.weight)
	}
	return ctx.Err()
}

// chunk appends the blocks of a chunk.
func (im *importer) chunk(j *job, a *account) error {
	for i := range j.blocks {
		out := &j.blocks[i]
		out.info.Line += a.lines
		a.indexed += out.info.Bytes
		if err := im.w.Append(out.encoded, out.info); err != nil {
			return err
		}
		out.buffer.release()
	}
	for i := range j.runs {
		j.runs[i].Origin.Line += a.lines
	}
	for i := range j.states {
		j.states[i].Origin.Line += a.lines
	}
	a.runs = append(a.runs, j.runs...)
	a.states = append(a.states, j.states...)
	a.lines += j.lines
	a.records += j.records
	a.failing += j.failing
	if j.timed > 0 {
		if a.timed == 0 || j.quality < a.quality {
			a.quality = j.quality
		}
		a.span.Add(analysis.Time(j.span[0]))
		a.span.Add(analysis.Time(j.span[1]))
		a.timed += j.timed
	}
	a.assumed = a.assumed || j.assumed
	if j.fault != "" {
		a.faults = append(a.faults, j.fault)
	}
	im.meter.recorded(j.records)
	a.repeated += j.repeated
	j.blocks = nil
	return im.w.Pause(j.member.path, a.state(j.member))
}

// state returns what it takes to go on with a member behind its chunks so far,
// "" when those gave what is in no block.
func (a *account) state(m *member) string {
	if m.state == "" || m.instead != nil || len(a.runs)+len(a.states)+len(a.faults) > 0 || a.repeated > 0 || len(m.reader.Problems()) > m.noticed {
		return ""
	}
	return m.state
}

// repeat marks the records of events that an earlier record stands for, and
// drops their states, unless they know more than the earlier one.
func (im *importer) repeat(j *job) {
	drop := map[int]bool{}
	for _, e := range j.events {
		state := &j.states[e.state]
		key, v := keyOf(state), versionOf(state)
		first, ok := im.events[key]
		if p := j.member.instead; p != nil && ok && first.bundle == p.Member.Bundle && first.path == p.Member.Path {
			ok = false // it will not be counted there any more
		}
		if !ok {
			im.events[key] = v
			continue
		}
		rec := &j.blocks[e.block].open.Recs[e.rec]
		rec.Skip = true
		j.repeated++
		j.records--
		if rec.Severity >= analysis.SeverityError {
			j.failing--
		}
		if rec.Time != analysis.NoTime {
			j.timed--
		}
		if v.count > first.count || v.last.After(first.last) {
			im.events[key] = v
		} else {
			drop[e.state] = true
		}
	}
	if len(drop) == 0 {
		return
	}
	kept := j.states[:0]
	for i := range j.states {
		if !drop[i] {
			kept = append(kept, j.states[i])
		}
	}
	j.states = kept
}

// finish writes the ledger row of a member.
func (im *importer) finish(j *job, a *account) error {
	m := j.end
	m.Bundle = im.bundle.ID
	if j.reading.Dropped {
		*a = account{}
	}
	if !j.taken {
		im.complete(j, a)
	}
	for i := range m.Problems {
		m.Problems[i].Origin.Bundle, m.Problems[i].Origin.Path = m.Bundle, m.Path
	}
	im.stretch(m)
	im.ledger.count(m)
	if j.begun {
		im.resumed.add(Tally{1, j.part.Records, j.part.Bytes})
	}
	switch {
	case j.reading.Prior == nil && m.Reason != "" && j.known, j.taken:
		im.tell(&im.found, m, m.Records)
	case j.reading.Prior != nil && j.reading.Prior.Member.Bytes < m.Bytes:
		old := j.reading.Prior.Member
		im.continued.add(Tally{1, m.Records - old.Records, m.Bytes - old.Bytes})
	case j.reading.Prior != nil || im.again && im.before[m.Path]:
		im.tell(&im.replaced, m, m.Records)
	default:
		im.tell(&im.added, m, m.Records)
	}
	return im.w.FinishedAs(*m, a.runs, a.states, j.reading)
}

// complete fills in what the chunks of a member gave.
func (im *importer) complete(j *job, a *account) {
	m := j.end
	a.add(&j.part)
	m.Indexed, m.Lines, m.Records, m.Failing, m.Timed = a.indexed, a.lines, a.records, a.failing, a.timed
	m.Span, m.Quality = a.span, a.quality
	m.Skipped = m.Bytes - m.Indexed
	if m.Skipped > 0 && m.Reason == "" {
		m.Reason = reasonOf(m)
	}
	if a.assumed {
		m.Zone = im.zone.String()
	}
	problem := func(kind, detail string) {
		m.Problems = append(m.Problems, analysis.Problem{Kind: kind, Detail: detail})
	}
	if r := j.member.reader; r != nil && a.indexed > 0 {
		m.Problems = append(m.Problems, r.Problems()...)
		if note := j.member.reference.note; note != "" {
			m.Problems = append(m.Problems, analysis.Problem{Kind: analysis.ProblemTime, Detail: note})
		}
	}
	for _, f := range a.faults {
		problem(analysis.ProblemSyntax, "a part could not be read and was kept as text: "+f)
	}
	if a.repeated > 0 {
		problem(analysis.ProblemDuplicate, strconv.FormatInt(a.repeated, 10)+" events also stand in members before this one and are counted there")
	}
	if n := a.records - a.timed; n > 0 && m.Kind == analysis.MemberText && m.Format != "plain" && a.timed > 0 {
		problem(analysis.ProblemNoTime, strconv.FormatInt(n, 10)+" of "+strconv.FormatInt(a.records, 10)+noOwnTime)
	}
}

// stretch notes how late a member reaches.
func (im *importer) stretch(m *analysis.Member) {
	if m.Kind == analysis.MemberText && m.Quality > analysis.TimeInferredYear {
		im.stated = append(im.stated, m.Span.To)
	}
	if t := m.Span.To; t.After(im.latest) && (m.Modified.IsZero() || !t.After(m.Modified.Add(slack))) {
		im.latest = t
	}
}

const noOwnTime = " records have no usable time of their own"

// reasonOf says why bytes of a member are left out, where nothing more
// special is known.
func reasonOf(m *analysis.Member) string {
	if len(m.Problems) > 0 {
		return m.Problems[0].Detail
	}
	return "a " + string(m.Kind) + " is not indexed"
}
