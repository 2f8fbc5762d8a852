package analysis

import (
	"cmp"
	"strings"
	"time"
)

// PatternState says whether a pattern is counted as failing.
type PatternState string

// The states of a pattern.
const (
	PatternNeutral PatternState = "neutral"
	PatternFailure PatternState = "failure"
	PatternBenign  PatternState = "benign" // with a reason; kept, listed and counted, never hidden
)

// Pattern is a template that recurs, with counts and times.
type Pattern struct {
	ID       string       `json:"id"`             // content hash of the template; equal in every case
	Template string       `json:"template"`       // variables are "<*>"
	Said     string       `json:"said,omitempty"` // the template with the words that all its records have in place of variables
	At       string       `json:"at,omitempty"`   // of a stack trace the program's own frames, " < " between callee and caller
	Severity Severity     `json:"severity"`       // the highest of its records
	Count    int64        `json:"count"`          // records
	Shapes   int          `json:"shapes"`
	First    time.Time    `json:"first,omitzero"`
	Last     time.Time    `json:"last,omitzero"`
	Sources  int          `json:"sources"` // members it occurs in
	State    PatternState `json:"state"`
	Reason   string       `json:"reason,omitempty"` // why it is benign, and who says so
	Cause    string       `json:"cause,omitempty"`  // cause ID, "" when none matches
	Examples []Origin     `json:"examples,omitempty"`

	// The innermost clause of a template that quotes the error it stems from,
	// and its ID: the patterns that share it tell of one failure. Empty where
	// there is but one clause.
	Inner   string `json:"inner,omitempty"`
	InnerID string `json:"inner_id,omitempty"`
}

// NoMessage stands for the template of records that say nothing.
const NoMessage = "(no message)"

// Text returns what the records of a pattern say: the template, with the words
// that all of them have in place of a variable.
func (p *Pattern) Text() string { return cmp.Or(p.Said, p.Template, NoMessage) }

// Title returns the text and, of a stack trace, where the failure arose: one
// exception at two places is two patterns.
func (p *Pattern) Title() string {
	title := p.Text()
	if p.At == "" {
		return title
	}
	at, _, _ := strings.Cut(p.At, " < ")
	return title + " | at " + at
}

// Variable is one variable position of a pattern and the values seen there.
type Variable struct {
	Index    int          `json:"index"` // position among the template's variables, from 0
	Kind     string       `json:"kind"`  // "number", "ip", "path", ..., "text"
	Distinct int          `json:"distinct"`
	Sampled  int64        `json:"sampled"` // records looked at
	Values   []ValueCount `json:"values"`  // most frequent first
}

// ValueCount is a value and how often it was seen.
type ValueCount struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}
