// Package trend holds the statistics behind "when" and "how often": intervals
// for rates and shares, episodes, exposure, bursts, rhythm, change and
// co-occurrence. It knows numbers and times only, reads nothing and keeps no
// state; every result is a pure function of its arguments.
//
// What is counted is the episode, never the line (see Episodes): a test for
// rhythm on raw lines finds one in almost any burst. Rates are taken over
// observed time (see Merge) and always come with an interval. With few
// episodes the functions abstain: their ok result is false below the smallest
// n that their method carries, and the Min constants say which that is.
package trend

// The fewest episodes (or values) from which a method says anything.
const (
	MinMTBF   = 3  // episodes for a mean time between failures
	MinRhythm = 8  // episodes for a rhythm at known periods, and for a change point
	MinAll    = 20 // episodes for everything else
	MinGaps   = 10 // gaps for burstiness
	MinWeeks  = 8  // values for a trend
)
