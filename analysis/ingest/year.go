package ingest

import (
	"context"
	"os"
	"path"
	"time"

	"faultline/analysis"
	"faultline/analysis/bundle"
	"faultline/analysis/format"
)

// years knows, from the whole bundle, when its members end. It is made once,
// before the first year is needed, so that no order of members matters.
type years struct {
	collected time.Time            // the latest time that the bundle can speak of
	own       map[string]time.Time // by path: the latest complete stamp in the member itself
	sameTime  bool                 // all members state one time of modification: it is that of packing
}

// slack is how far a time may lie after what should be the latest one.
const slack = 48 * time.Hour

// survey looks at the heads and tails of all members.
func survey(ctx context.Context, file string, o bundle.Options) (*years, error) {
	y := &years{own: map[string]time.Time{}, sameTime: true}
	var modified time.Time
	var first time.Time
	b, err := bundle.Survey(ctx, file, o, func(m *analysis.Member, head, tail []byte) error {
		if t, ok := format.Evidence(head, tail); ok {
			y.own[m.Path] = t
		}
		if m.Modified.After(modified) {
			modified = m.Modified
		}
		if first.IsZero() {
			first = m.Modified
		}
		if !m.Modified.Equal(first) {
			y.sameTime = false
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(file); err == nil && modified.IsZero() {
		modified = info.ModTime().UTC()
	}
	y.collected = b.Collected
	if y.collected.IsZero() {
		for _, t := range y.own {
			if t.After(y.collected) && !t.After(modified.Add(slack)) {
				y.collected = t
			}
		}
	}
	if y.collected.IsZero() {
		y.collected = modified
	}
	return y, nil
}

// of returns about when the member's last record was written: by its own
// complete stamps, by the date in its name, by its time of modification, by
// the bundle's end; the first of them that does not lie after the bundle.
func (y *years) of(m *analysis.Member) time.Time {
	limit := y.collected.Add(slack)
	if t, ok := y.own[m.Path]; ok && !t.After(limit) {
		return t
	}
	if t := bundle.DateInName(path.Base(m.Path)); !t.IsZero() && !t.After(limit) {
		return t.Add(24 * time.Hour)
	}
	if t := m.Modified; !y.sameTime && t.Year() >= 2000 && !t.After(limit) {
		return t
	}
	return y.collected
}
