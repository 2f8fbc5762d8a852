package assess

import (
	"fmt"
	"strings"
	"time"

	"faultline/analysis"
)

// The states of a theme.
const (
	themeSupported = "supported"
	themeHint      = "hint"
	themeNotSeen   = "not seen"
)

// themes says of each underlying problem whether the failures support it: two
// origin causes or two independent sources, three episodes, and a tenth of
// what the explained failures cost (lost time where it is known, else
// episodes). Otherwise it is a hint. A theme stands one step of inference above
// its causes, so the conditions are named one by one.
func (w *work) themes() {
	var lost time.Duration
	episodes := 0
	for i := range w.a.Failures {
		f := &w.a.Failures[i]
		if counts(f.Attribution.Verdict) {
			lost += f.Lost
			episodes += f.Episodes
		}
	}
	for _, t := range w.cat.Themes {
		s := analysis.ThemeSummary{ID: t.ID, Title: t.Title, Ask: t.Ask, State: themeNotSeen}
		origins := 0
		sources := map[string]bool{}
		own, ownEpisodes := time.Duration(0), 0
		for _, c := range w.a.Causes {
			if c.Theme != t.ID {
				continue
			}
			s.Causes = append(s.Causes, c.ID)
			if c.Role == analysis.RoleOrigin && counts(c.Verdict) {
				origins++
			}
		}
		for i := range w.a.Failures {
			f := &w.a.Failures[i]
			if w.themeOf(&f.Attribution) != t.ID {
				continue
			}
			s.Failures++
			s.Episodes += f.Episodes
			s.Records += f.Records
			if counts(f.Attribution.Verdict) {
				sources[f.Subject] = true
				own += f.Lost
				ownEpisodes += f.Episodes
			}
		}
		s.State, s.Why = themeState(origins, len(sources), ownEpisodes, s.Failures, own, lost, episodes)
		w.a.Themes = append(w.a.Themes, s)
	}
}

// counts reports whether a verdict names a cause well enough for a theme.
func counts(v analysis.Verdict) bool {
	return v == analysis.VerdictConfirmed || v == analysis.VerdictExplained || v == analysis.VerdictLikely
}

// themeOf is the primary theme of the cause that a failure is counted under.
func (w *work) themeOf(a *analysis.Attribution) string {
	id := a.Cause
	if id == "" && len(a.Candidates) > 0 {
		id = a.Candidates[0]
	}
	if c, ok := w.cat.Cause(id); ok {
		return c.Theme
	}
	return ""
}

func themeState(origins, sources, episodes, failures int, own, lost time.Duration, all int) (state, why string) {
	if failures == 0 {
		return themeNotSeen, "No failure with a cause of this theme is in the material given; that is no proof of absence."
	}
	share, of := 0.0, ""
	switch {
	case lost > 0 && own > 0:
		share, of = float64(own)/float64(lost), "of the explained lost time"
	case all > 0:
		share, of = float64(episodes)/float64(all), "of the explained episodes"
	}
	conditions := []struct {
		holds bool
		text  string
	}{
		{origins >= 2 || sources >= 2, fmt.Sprintf("%s and %s (two of either are needed)", many(origins, "origin cause"), many(sources, "independent source"))},
		{episodes >= 3, fmt.Sprintf("%s (three are needed)", many(episodes, "episode"))},
		{share >= 0.1, strings.TrimSpace(fmt.Sprintf("%.0f %% %s (10 %% are needed)", 100*share, of))},
	}
	state = themeSupported
	var yes, no []string
	for _, c := range conditions {
		if c.holds {
			yes = append(yes, c.text)
		} else {
			no = append(no, c.text)
			state = themeHint
		}
	}
	if len(yes) > 0 {
		why = "Inferred: holds: " + strings.Join(yes, "; ") + "."
	}
	if len(no) > 0 {
		why = strings.TrimSpace(why + " Does not hold: " + strings.Join(no, "; ") + ".")
	}
	return state, why
}
