package assess

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"faultline/analysis"
	"faultline/analysis/trend"
	"faultline/index"
)

// maxProblems is how many problems are listed one by one.
const maxProblems = 200

// quality says what the material can carry: what was read and what was not,
// how far times can be trusted, what no source covers.
func (w *work) quality() error {
	q := &w.a.Quality
	q.ByTime = w.seen.byTime
	q.Records, q.Timed, q.Untimed = w.seen.records, w.seen.timed, w.seen.untimed
	groups := map[string]*analysis.SourceGroup{}
	problems := map[string]int{}
	total := 0
	for _, m := range w.members.All() {
		q.Members++
		q.Bytes += m.Bytes
		q.Indexed += m.Indexed
		q.Skipped += m.Skipped
		kind := string(m.Kind)
		if m.Records > 0 && m.Format != "" {
			kind = m.Format
		}
		g := groups[kind]
		if g == nil {
			g = &analysis.SourceGroup{Kind: kind}
			groups[kind] = g
		}
		g.Members++
		g.Bytes += m.Bytes
		g.Indexed += m.Indexed
		g.Skipped += m.Skipped
		g.Records += m.Records
		for _, p := range m.Problems {
			total++
			problems[p.Kind]++
			if len(q.Problems) < maxProblems {
				q.Problems = append(q.Problems, p)
			}
		}
	}
	for _, b := range w.a.Bundles {
		for _, p := range b.Problems {
			total++
			problems[p.Kind]++
			if len(q.Problems) < maxProblems {
				q.Problems = append(q.Problems, p)
			}
		}
	}
	for _, g := range groups {
		q.Groups = append(q.Groups, *g)
	}
	slices.SortFunc(q.Groups, func(a, b analysis.SourceGroup) int {
		return cmp.Or(cmp.Compare(b.Records, a.Records), cmp.Compare(b.Bytes, a.Bytes), strings.Compare(a.Kind, b.Kind))
	})
	slices.SortStableFunc(q.Problems, func(a, b analysis.Problem) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Origin.Path, b.Origin.Path), cmp.Compare(a.Origin.Line, b.Origin.Line))
	})
	for _, h := range trend.Holes(w.coveredSpans()) {
		q.Gaps = append(q.Gaps, analysis.Span{From: toTime(h.From), To: toTime(h.To)})
	}
	if len(q.Gaps) > 100 {
		slices.SortStableFunc(q.Gaps, func(a, b analysis.Span) int { return cmp.Compare(b.Duration(), a.Duration()) })
		q.Gaps = q.Gaps[:100]
		slices.SortFunc(q.Gaps, func(a, b analysis.Span) int { return a.From.Compare(b.From) })
	}
	w.notes(total, problems)
	return w.emptyLogs()
}

// notes are the sentences of the data quality.
func (w *work) notes(total int, problems map[string]int) {
	q := &w.a.Quality
	say := func(format string, args ...any) { q.Notes = append(q.Notes, fmt.Sprintf(format, args...)) }
	kinds := map[analysis.MemberKind]int{}
	inferred, assumed := 0, 0
	events := analysis.Span{}
	logs := 0
	for _, m := range w.members.All() {
		kinds[m.Kind]++
		if m.Timed > 0 {
			switch m.Quality {
			case analysis.TimeInferredYear:
				inferred++
			case analysis.TimeAssumedZone:
				assumed++
			}
			if m.Kind == analysis.MemberText {
				logs++
			}
		}
	}
	if n := problems[analysis.ProblemDamage]; n > 0 {
		say("Missing: %s of the stored case damaged and counted nowhere; import the bundle again to bring them back.", plural(n, "1 part is", count(n)+" parts are"))
	}
	if n := kinds[analysis.MemberLink]; n > 0 {
		say("Observed: %s; what they point to was counted once.", plural(n, "1 path is a link and was not followed", count(n)+" paths are links and were not followed"))
	}
	if n := kinds[analysis.MemberUnread]; n > 0 {
		say("Not visible: %s could not be read.", many(n, "member"))
	}
	if n := kinds[analysis.MemberBinary]; n > 0 {
		say("Not visible: %s listed and not read.", plural(n, "1 binary member is", count(n)+" binary members are"))
	}
	if n := kinds[analysis.MemberEmpty]; n > 0 {
		say("Observed: %s.", plural(n, "1 member is empty", count(n)+" members are empty"))
	}
	if inferred > 0 {
		say("Inferred: in %s the stamps carry no year; it was taken from the bundle's own evidence.", many(inferred, "source"))
	}
	if assumed > 0 {
		say("Inferred: in %s the stamps carry no zone; it was assumed.", many(assumed, "source"))
	}
	if n := w.seen.untimed; n > 0 {
		say("Not visible: %s of logs and events %s no usable time and %s outside of every rate over time.", many(n, "record"), plural(int(n), "has", "have"), plural(int(n), "stands", "stand"))
	}
	if n := w.seen.astray; n > 0 {
		say("Inferred: the times of %s lie months or years from all others of their logs and were left out of the period: entries of long ago, wrong clocks, or numbers that were taken for times.", many(n, "record"))
	}
	for i := range w.events {
		events.Add(w.events[i].First)
		events.Add(w.events[i].Last)
	}
	if p := w.a.Period.Duration(); !events.IsZero() && events.Duration()*2 < p {
		say("Not visible: the events cover %s of %s; earlier ones are gone.", long(events.Duration()), long(p))
	}
	if n := len(q.Gaps); n > 0 {
		say("Not visible: %s within the period that no source covers, %s in all.", many(n, "span"), long(sum(q.Gaps)))
	}
	if n := len(w.lossy); n > 0 {
		notices := int64(0)
		for _, k := range w.lossy {
			notices += k
		}
		say("Observed: %s in %s that records were dropped there; verdicts that rest on them are at most likely, and counts are lower bounds.", plural(int(notices), "a notice says", count(notices)+" notices say"), many(n, "source"))
	}
	if n := problems[analysis.ProblemDropped]; n > 0 {
		say("Observed: %s that records were dropped there; verdicts that rest on them are at most likely, and counts are lower bounds.", plural(n, "1 source says", count(n)+" sources say"))
	}
	if total > len(q.Problems) {
		say("Observed: %s in all; the first %s are listed.", many(total, "problem"), count(len(q.Problems)))
	}
}

func sum(spans []analysis.Span) time.Duration {
	var d time.Duration
	for _, s := range spans {
		d += s.Duration()
	}
	return d
}

// droppedWords are the words with which loggers say that they left records out.
var droppedWords = regexp.MustCompile(`(?i)\bsuppressed \S+ messages? from\b|\bmessages? lost due to rate[- ]?limiting|\bbegin to drop messages\b|\b(?:dropped|dropping|discarded|missed|lost) (?:\S+ )?(?:log )?(?:messages?|lines?|records?|log entries)\b(?: from| due to| because|,|\.|$)|\baudit_lost=<?[*1-9]|\brate limit(?:ing)? (?:reached|exceeded)[^.]{0,40}\blog|\bforwarding to syslog missed\b`)

// mayTellOfLoss is a cheap test that every text which droppedWords matches
// passes.
func mayTellOfLoss(t string) bool {
	t = strings.ToLower(t)
	for _, w := range []string{"message", "line", "record", "entries", "audit_lost", "rate", "syslog missed"} {
		if strings.Contains(t, w) {
			return true
		}
	}
	return false
}

// dropped finds the sources that say so themselves: what depends on them is
// at most likely.
func (w *work) dropped() error {
	f := w.o.Filter
	f.Patterns = nil
	for i := range w.patterns {
		if p := &w.patterns[i]; mayTellOfLoss(p.Template) && droppedWords.MatchString(p.Template) {
			f.Patterns = append(f.Patterns, p.ID)
		}
	}
	w.lossy = map[int32]int64{}
	if len(f.Patterns) == 0 {
		return nil
	}
	return w.c.Scan(w.ctx, f, func(m *index.Meta) error {
		// Where the reader noticed it, the member's problems say it already.
		if m.Kind == analysis.KindLog && int(m.Member) < w.members.Len() && w.cut(w.members.At(int(m.Member))) == "" {
			w.lossy[m.Member]++
		}
		return nil
	})
}

// noLog are the words of collectors that could not get a log.
var noLog = regexp.MustCompile(`(?i)unable to retrieve container logs|failed to (?:get|retrieve|fetch) (?:container |pod )?logs?\b|no logs? (?:available|found)|previous terminated container .* not found|container .* is waiting to start|log file .* does not exist`)

// emptyLogs finds log members that hold nothing but the collector's excuse.
func (w *work) emptyLogs() error {
	n := 0
	example := ""
	for i, m := range w.members.All() {
		ref := w.seen.last[i]
		if m.Kind != analysis.MemberText || m.Records == 0 || m.Records > 2 || m.Bytes > 1000 || ref == index.NoRef {
			continue
		}
		h, err := w.c.Hit(ref)
		if err != nil {
			return err
		}
		if noLog.MatchString(h.Text) {
			n++
			if example == "" {
				example = title(h.Text, 80)
			}
		}
	}
	if n > 0 {
		w.a.Quality.Notes = append(w.a.Quality.Notes, fmt.Sprintf("Not visible: %s hold only that the log could not be had (%q).", many(n, "log file"), example))
	}
	return nil
}

// limits says what the method cannot say here.
func (w *work) limits() []string {
	out := []string{
		"A cause is named by rules over texts and states: it can be wrong where a text means something else here. Every verdict names its rule and its lines.",
		"What is unexplained is unexplained: the catalogue does not know it. Absence in the material is no proof of absence.",
	}
	if w.a.Covered > 0 {
		out = append(out, "Observed time is what the sources cover from their first to their last record; that a source was silent because it was not running cannot be told from its log alone.")
	}
	if d := w.a.Period.Duration(); d > 0 && d < 7*24*time.Hour {
		out = append(out, fmt.Sprintf("The period is %s: what recurs by the week cannot be seen in it.", long(d)))
	}
	if w.seen.byTime[analysis.TimeInferredYear.String()]+w.seen.byTime[analysis.TimeAssumedZone.String()] > 0 {
		out = append(out, "Some times carry an inferred year or an assumed zone; the order of records from different sources is only as good as that.")
	}
	if len(w.stops) > 0 {
		out = append(out, "Node stops are derived from one snapshot: when the earlier ones were cannot be told.")
	}
	for i := range w.a.Failures {
		if w.a.Failures[i].Attribution.Verdict == analysis.VerdictNotCheckable {
			out = append(out, "Some failures cannot be checked, because the logs that would say why are not in the material.")
			break
		}
	}
	return out
}
