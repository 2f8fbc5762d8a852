package cause

import (
	"cmp"
	"fmt"
	"sort"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"faultline/analysis"
)

// lookBack is how far before a symptom its origin may stand, where the
// catalogue names no other time.
const lookBack = 10 * time.Minute

// maxEvidence is how many lines an attribution quotes.
const maxEvidence = 6

// Line is one line or record of a unit.
type Line struct {
	Item
	Origin    analysis.Origin
	Message   string    // what the text says, where it is an object around it; evidence quotes it
	Time      time.Time // zero when unknown
	Pattern   string    // pattern ID, "" when unknown
	Continued bool      // belongs to the same record as the line before
	Around    bool      // not of the failing thing itself: seen near it

	matched bool  // hits and noise are filled in
	hits    []Hit // see Match
	noise   *Noise
}

// Prepare matches a line once, so that judging it again costs nothing. It
// returns what was found: the hits, or the noise that the line is.
func (c *Catalogue) Prepare(l *Line) ([]Hit, *Noise) {
	if !l.matched {
		l.hits, l.noise = c.find(&l.Item)
		l.matched = true
	}
	return l.hits, l.noise
}

// Unit is one failure, or one group of equal failures, to be judged.
type Unit struct {
	// Lines holds what there is, in order: a run's log line by line, or some
	// records of a failure pattern and of its surroundings.
	Lines []Line
	// Log tells that Lines are the log of one run, so that it has a failing
	// step and its lines share a scope.
	Log bool
	// Cut says in what way the material is incomplete, "" for not: the verdict
	// is at most "likely".
	Cut string
	// Missing says why there is nothing to judge, "" for nothing missing.
	Missing string
	// Confirmed is the cause that a person named, "" for none.
	Confirmed string
}

// candidate is a cause with its best hit.
type candidate struct {
	cause    *Cause
	sig      *Signature
	line     int
	zone     Zone
	weight   int
	around   bool
	hits     int
	folded   string
	explains bool // one of the unit's own was folded under it
}

func (k *candidate) strong() bool { return k.sig.Strength == analysis.Strong }

// Judge gives the verdict on a unit. It is a pure function of catalogue and
// unit.
func (c *Catalogue) Judge(u Unit) analysis.Attribution {
	if u.Confirmed != "" {
		return c.confirmed(u)
	}
	if len(u.Lines) == 0 {
		note := u.Missing
		if note == "" {
			note = "nothing of this failure is in the material"
		}
		return analysis.Attribution{Verdict: analysis.VerdictNotCheckable, Note: note}
	}
	j := judgement{c: c, u: &u, to: len(u.Lines)}
	if u.Log {
		j.from, j.to, j.ended = step(u.Lines)
	}
	j.collect()
	j.refine()
	j.consequences()
	return j.verdict()
}

func (c *Catalogue) confirmed(u Unit) analysis.Attribution {
	a := analysis.Attribution{Verdict: analysis.VerdictConfirmed, Cause: u.Confirmed, Rule: "a person's verdict"}
	u.Confirmed = ""
	if len(u.Lines) > 0 {
		a.Evidence = c.Judge(u).Evidence
	}
	return a
}

type judgement struct {
	c        *Catalogue
	u        *Unit
	from, to int // the failing step
	ended    bool
	cands    []*candidate
	weak     []*candidate
	folded   []string
}

// collect finds the hits of all lines and keeps the best of each cause.
func (j *judgement) collect() {
	best := map[string]*candidate{}
	hints := map[string]*candidate{}
	var order, hintOrder []string
	for i := range j.u.Lines {
		l := &j.u.Lines[i]
		hits, _ := j.c.Prepare(l)
		for _, h := range hits {
			k := &candidate{cause: h.Cause, sig: h.Sig, line: i, around: l.Around, hits: 1, weight: 3}
			if j.u.Log {
				k.zone, k.weight = zoneOf(i, j.from, j.to)
				if h.Sig.Zone != ZoneAny && k.weight < 3 || h.Sig.Zone == ZoneTail && k.zone != ZoneTail {
					continue
				}
			}
			into, ids := best, &order
			if h.Sig.Strength == analysis.Weak {
				into, ids = hints, &hintOrder
			}
			old, ok := into[h.Cause.ID]
			switch {
			case !ok:
				*ids = append(*ids, h.Cause.ID)
				into[h.Cause.ID] = k
			case j.beats(k, old):
				k.hits += old.hits
				into[h.Cause.ID] = k
			default:
				old.hits++
			}
		}
	}
	for _, id := range order {
		j.cands = append(j.cands, best[id])
	}
	for _, id := range hintOrder {
		j.weak = append(j.weak, hints[id])
	}
}

// beats reports whether hit a of a cause is better evidence than hit b of the
// same cause: its own lines before the surroundings, the failing step before
// the rest, strong before medium, and of equals the last repetition of the same
// text, else the first.
func (j *judgement) beats(a, b *candidate) bool {
	if a.around != b.around {
		return b.around
	}
	if a.weight != b.weight {
		return a.weight > b.weight
	}
	if x, y := a.sig.Strength.Rank(), b.sig.Strength.Rank(); x != y {
		return x > y
	}
	return j.u.Log && a.zone == b.zone && j.u.Lines[a.line].Text == j.u.Lines[b.line].Text
}

// refine drops causes of which a special case was found on the same record or
// resource.
func (j *judgement) refine() {
	for _, general := range j.cands {
		for _, special := range j.cands {
			if special == general || special.folded != "" || !j.c.Refines(special.cause.ID, general.cause.ID) {
				continue
			}
			if special.line == general.line || j.u.Log || joined(&j.u.Lines[special.line], &j.u.Lines[general.line]) != "" {
				general.folded = special.cause.ID
				j.folded = append(j.folded, fmt.Sprintf("%s: %s is its special case, found %s", general.cause.ID, special.cause.ID, where(special, general)))
				break
			}
		}
	}
	j.drop()
}

func where(a, b *candidate) string {
	if a.line == b.line {
		return "in the same record"
	}
	return "in the same scope"
}

func (j *judgement) drop() {
	keep := j.cands[:0]
	for _, k := range j.cands {
		if k.folded == "" {
			keep = append(keep, k)
		}
	}
	j.cands = keep
}

// consequences folds candidates that the catalogue knows to follow from
// another one that stands before them and shares a key.
func (j *judgement) consequences() {
	for _, eff := range j.cands {
		for _, org := range j.cands {
			if org == eff || org.folded != "" || org.cause.Role == analysis.RoleSymptom {
				continue
			}
			key, ok := j.follows(org, eff)
			if !ok {
				continue
			}
			if key == "" {
				j.folded = append(j.folded, fmt.Sprintf("%s: possibly a consequence of %s, which stands before it; nothing joins the two", eff.cause.ID, org.cause.ID))
				continue
			}
			eff.folded = org.cause.ID
			org.explains = org.explains || !eff.around || eff.explains
			j.folded = append(j.folded, fmt.Sprintf("%s: consequence of %s%s, joined by %s", eff.cause.ID, org.cause.ID, j.lag(org, eff), key))
			break
		}
	}
	j.drop()
}

// follows reports whether the catalogue has eff as a consequence of org and
// org stands before it within the time; key names what joins the two.
func (j *judgement) follows(org, eff *candidate) (key string, ok bool) {
	within := time.Duration(0)
	if j.c.Leads(org.cause.ID, eff.cause.ID) {
		within = lookBack
	}
	var keys []string
	for _, s := range j.c.Sequences {
		if s.Origin == org.cause.ID && s.Consequence == eff.cause.ID {
			within, keys = max(within, time.Duration(s.Within)*time.Second), s.Join
		}
	}
	if within == 0 {
		return "", false
	}
	a, b := &j.u.Lines[org.line], &j.u.Lines[eff.line]
	if org.line == eff.line {
		return "the same record", true
	}
	if !a.Time.IsZero() && !b.Time.IsZero() {
		if d := b.Time.Sub(a.Time); d < 0 || d > within && !j.u.Log {
			return "", false
		}
	} else if org.line > eff.line {
		return "", false
	}
	if j.u.Log {
		return "the same run", true
	}
	key = joined(a, b)
	// Over several links the cascade passes through other things: that it came
	// back to the same pod, container or unit is no evidence.
	if keys == nil && !j.c.LeadsDirectly(org.cause.ID, eff.cause.ID) && contains([]string{"pod ", "container ", "unit "}, key) {
		key = ""
	}
	if keys != nil && key != "" && !contains(keys, key) {
		key = ""
	}
	return key, true
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if strings.HasPrefix(s, x) {
			return true
		}
	}
	return false
}

func (j *judgement) lag(org, eff *candidate) string {
	a, b := j.u.Lines[org.line].Time, j.u.Lines[eff.line].Time
	if a.IsZero() || b.IsZero() || org.line == eff.line {
		return ""
	}
	return " " + lag(b.Sub(a)) + " later"
}

func lag(d time.Duration) string {
	if d < time.Second {
		return "less than a second"
	}
	return d.Round(time.Second).String()
}

// verdict ranks what is left and names the state.
func (j *judgement) verdict() analysis.Attribution {
	var own []*candidate
	for _, k := range j.cands {
		if !k.around || k.explains {
			own = append(own, k)
		}
	}
	sort.SliceStable(own, func(a, b int) bool { return j.less(own[a], own[b]) })
	general := -1
	if j.u.Log || len(own) == 0 {
		general = j.c.bestLine(j.u.Lines, j.from, j.to, j.ended)
		if general < 0 && j.u.Log {
			general = j.c.bestLine(j.u.Lines, 0, len(j.u.Lines), false)
		}
	}
	own = j.context(own, general)
	own, closing := j.closing(own, general)
	a := analysis.Attribution{Verdict: analysis.VerdictUnexplained, Folded: j.folded}
	switch {
	case len(own) == 0:
		j.unexplained(&a, general)
		return a
	case own[0].cause.Role == analysis.RoleSymptom:
		a.Verdict, a.Cause = analysis.VerdictSymptom, own[0].cause.ID
		a.Note = "the effect is there, no origin of it is in the material looked at"
	case !own[0].strong() || own[0].weight < 3 || own[0].around || own[0].cause.Role == analysis.RoleEither && len(j.rivals(own)) < 2:
		a.Verdict, a.Cause = analysis.VerdictLikely, own[0].cause.ID
	default:
		rivals := j.rivals(own)
		if len(rivals) > 1 {
			a.Verdict = analysis.VerdictSeveral
			for _, k := range rivals[:min(3, len(rivals))] {
				a.Candidates = append(a.Candidates, k.cause.ID)
			}
		} else {
			a.Verdict, a.Cause = analysis.VerdictExplained, own[0].cause.ID
		}
	}
	far := j.u.Log && general >= 0 && apart(own[0].line, general) > tailLines
	if a.Verdict == analysis.VerdictExplained && (j.u.Cut != "" || closing || far) {
		a.Verdict = analysis.VerdictLikely
		switch {
		case j.u.Cut != "":
			a.Note = j.u.Cut
		case closing:
			a.Note = "the line that ended the run names something else, and nothing joins the two"
		default:
			a.Note = "it stands far from the line that the run itself marks as its failure"
		}
	}
	a.Rule = j.c.Rule(own[0].sig)
	j.evidence(&a, own, general)
	return a
}

// rank is role x strength x place.
func rank(k *candidate) int {
	return k.cause.Role.Rank() * k.sig.Strength.Rank() * k.weight
}

func (j *judgement) less(a, b *candidate) bool {
	if x, y := rank(a), rank(b); x != y {
		return x > y
	}
	if a.cause.Priority != b.cause.Priority {
		return a.cause.Priority > b.cause.Priority
	}
	// Of equals, what stands in the tail of the failing step, then what came
	// first.
	if a.zone != b.zone {
		return a.zone > b.zone
	}
	if a.line != b.line {
		return a.line < b.line
	}
	return a.cause.order < b.cause.order
}

// rivals returns the strong origins in the right place, best first.
func (j *judgement) rivals(own []*candidate) []*candidate {
	var out []*candidate
	for _, k := range own {
		if k.strong() && k.weight == 3 && !k.around && k.cause.Role == own[0].cause.Role && k.zone == own[0].zone {
			out = append(out, k)
		}
	}
	return out
}

// contextLines is how far from the line that the general rules choose a
// medium hit may stand in a log to count.
const contextLines = 50

// context drops medium hits of a log that stand far from what the run itself
// shows as its failure: alone they say too little.
func (j *judgement) context(own []*candidate, general int) []*candidate {
	if !j.u.Log || general < 0 {
		return own
	}
	keep := own[:0]
	for _, k := range own {
		if k.strong() || apart(k.line, general) <= contextLines {
			keep = append(keep, k)
			continue
		}
		j.weak = append(j.weak, k)
	}
	return keep
}

func apart(a, b int) int { return max(a-b, b-a) }

// closing gives the line that ended the failing step its say: when it shows a
// symptom, medium origins elsewhere that nothing joins to it do not outrank it,
// and strong ones are no more than likely. The general rules' line stands for
// what the run itself says.
func (j *judgement) closing(own []*candidate, general int) ([]*candidate, bool) {
	if !j.u.Log || general < 0 || !j.ended || len(own) == 0 || own[0].cause.Role == analysis.RoleSymptom || own[0].line == general {
		return own, false
	}
	for i, k := range own {
		if k.line != general || k.cause.Role != analysis.RoleSymptom || !k.strong() {
			continue
		}
		if own[0].strong() && own[0].weight == 3 {
			return own, true
		}
		rest := append(append([]*candidate(nil), own[:i]...), own[i+1:]...)
		return append([]*candidate{k}, rest...), false
	}
	return own, false
}

// unexplained fills in what can be said without a cause: the best line by the
// general rules, and weak hints.
func (j *judgement) unexplained(a *analysis.Attribution, general int) {
	a.Note = "no rule of the catalogue matches; the first line quoted is the best by general rules"
	if general >= 0 {
		a.Evidence = append(a.Evidence, j.quote(general, "best line by general rules", ""))
	}
	for _, k := range j.weak {
		if len(a.Evidence) >= maxEvidence {
			break
		}
		if !k.around && k.line != general {
			a.Evidence = append(a.Evidence, j.quote(k.line, "a hint only: "+k.cause.Title, j.c.Rule(k.sig)))
		}
	}
	if len(a.Evidence) == 0 && !j.u.Log {
		a.Evidence = append(a.Evidence, j.quote(0, "", ""))
	}
	if len(a.Evidence) == 0 {
		a.Note = "no line of the log speaks of a failure"
	}
}

// evidence quotes the lines of the candidates, best first, then the line that
// the general rules choose when it is another one, then the consequences.
func (j *judgement) evidence(a *analysis.Attribution, own []*candidate, general int) {
	seen := map[int]bool{}
	add := func(i int, note, rule string) {
		if !seen[i] && len(a.Evidence) < maxEvidence {
			seen[i] = true
			a.Evidence = append(a.Evidence, j.quote(i, note, rule))
		}
	}
	first := j.u.Lines[own[0].line].Time
	if j.u.Log && general >= 0 && !own[0].strong() {
		add(general, "best line by general rules", "")
	}
	for n, k := range own {
		note := ""
		if n > 0 {
			note = "also: " + k.cause.Title
			if t := j.u.Lines[k.line].Time; !t.IsZero() && !first.IsZero() && k.line != own[0].line {
				note += ", " + relative(t.Sub(first))
			}
		}
		add(k.line, note, j.c.Rule(k.sig))
		if n == 0 && general >= 0 {
			add(general, "best line by general rules", "")
		}
	}
}

func relative(d time.Duration) string {
	switch {
	case d < 0:
		return lag(-d) + " earlier"
	case d < time.Second:
		return "same second"
	}
	return lag(d) + " later"
}

func (j *judgement) quote(i int, note, rule string) analysis.Evidence {
	l := &j.u.Lines[i]
	return analysis.Evidence{Origin: l.Origin, Time: l.Time, Text: Quote(cmp.Or(l.Message, l.Text)), Note: note, Pattern: l.Pattern, Rule: rule}
}

// Quote returns a text as evidence shows it: its first lines, at most 400
// bytes, control characters escaped.
func Quote(text string) string {
	text = strings.TrimRight(text, " \t\r\n")
	if len(text) > 400 {
		n := 396
		for n > 0 && !utf8.RuneStart(text[n]) {
			n--
		}
		text = text[:n] + " ..."
	}
	if strings.IndexFunc(text, odd) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if odd(r) {
			fmt.Fprintf(&b, "\\x%02x", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func odd(r rune) bool {
	return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
}
