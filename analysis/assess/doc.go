// Package assess answers when, why and how often things fail in a case: it
// puts the questions to the index, lets packages cause, history and trend
// judge, derive and count, and returns one analysis.Assessment that screens,
// the summary command and every format of the report show.
//
// Each question has its file: when, howoften, why (patterns and verdicts),
// events, states, runs and logs (CI logs as runs), themes, findings, answer,
// quality, coverage. A failure is counted once: a record of a CI job's log
// belongs to that run's failure, an event to the failure of its reason, every
// other failing record to its pattern's.
//
// What is stated is observed, derived, inferred or not visible, and says so;
// the shares of the verdicts always add up to all failures. The result depends
// on the case, the catalogue and the options alone: the same in, the same out.
package assess
