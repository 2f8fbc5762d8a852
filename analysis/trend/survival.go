package trend

import (
	"math"
	"slices"
	"time"
)

// Recovery is the time that one failure took until the named recovery was
// seen, or, Open, until the observation ended without it.
type Recovery struct {
	After time.Duration
	Open  bool
}

// Step is one step of a survival curve: the share S that lasts longer than
// After, with its 95 % interval.
type Step struct {
	After time.Duration
	S     float64
	Interval
}

// KaplanMeier returns the survival curve of recoveries (JASA 53, 1958) with
// log-log intervals on Greenwood's variance, and the median time to recovery;
// ok is false when fewer than three recoveries were seen or more than half of
// the failures outlast the observation.
func KaplanMeier(r []Recovery) (curve []Step, median time.Duration, ok bool) {
	s := slices.Clone(r)
	slices.SortFunc(s, func(a, b Recovery) int { return cmp(int64(a.After), int64(b.After)) })
	share, sum, seen := 1.0, 0.0, 0
	for i := 0; i < len(s); {
		at, d, j := s[i].After, 0, i
		for j < len(s) && s[j].After == at {
			if !s[j].Open {
				d++
			}
			j++
		}
		risk := float64(len(s) - i)
		i = j
		if d == 0 {
			continue
		}
		seen += d
		share *= 1 - float64(d)/risk
		if risk > float64(d) {
			sum += float64(d) / (risk * (risk - float64(d)))
		}
		st := Step{After: at, S: share, Interval: Interval{0, 0}}
		if share > 0 && share < 1 {
			half := z95 * math.Sqrt(sum) / math.Abs(math.Log(share))
			st.Interval = Interval{math.Pow(share, math.Exp(half)), math.Pow(share, math.Exp(-half))}
		}
		curve = append(curve, st)
		if !ok && share <= 0.5 {
			median, ok = at, true
		}
	}
	return curve, median, ok && seen >= 3
}
