// Package history turns observed states and runs into history: what a
// snapshot of a cluster says about the past (restart counts, last
// terminations, event counts) and what a list of runs says about rates,
// retries and flakiness.
//
// It stands between the readers, which fill [analysis.State] and
// [analysis.Run], and the assessment, which asks when, how often and why. All
// functions are pure: they take slices, change none of them, read no clock,
// and give the same answer for any order of their input.
//
// The main calls are [Distinct] and [Events] for snapshots,
// [NodeStops] for what restart counts and terminations prove together,
// [Troubles] for objects that are in a bad state, and [DistinctRuns], [Jobs],
// [Chains] and [Statistics] for runs. It names no causes and computes no
// confidence intervals; packages cause and trend do.
package history
