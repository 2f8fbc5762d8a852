package analysis

import "time"

// Filter is the one value that narrows everything: screens, commands and the
// report's counts all ask through it. The zero Filter lets everything pass.
// It is plain data: two filters with equal fields ask for the same records.
type Filter struct {
	From  time.Time `json:"from,omitzero"`   // inclusive
	To    time.Time `json:"to,omitzero"`     // exclusive
	Query string    `json:"query,omitempty"` // the query language: words, "phrases", -not, OR, field:value, severity>=warn, /regex/

	Severity  Severity   `json:"severity,omitempty"`  // this or above
	Patterns  []string   `json:"patterns,omitempty"`  // any of these pattern IDs
	Sources   []string   `json:"sources,omitempty"`   // any of these member paths; a trailing * matches a prefix
	Formats   []string   `json:"formats,omitempty"`   // any of these
	Resources []Resource `json:"resources,omitempty"` // any of these; empty fields match everything
	Cells     []Cell     `json:"cells,omitempty"`     // any of these cells of the week
	Zone      string     `json:"zone,omitempty"`      // IANA zone that Cells are meant in; "" is UTC
	Failing   bool       `json:"failing,omitempty"`   // only records of failure patterns
}

// Cell is an hour of the week.
type Cell struct {
	Weekday time.Weekday `json:"weekday"`
	Hour    int          `json:"hour"` // 0..23
}

// Histogram counts records over time, stacked by series.
type Histogram struct {
	From    time.Time     `json:"from"`
	Width   time.Duration `json:"width"`             // of a bucket
	Series  []Series      `json:"series"`            // all of equal length
	Covered []float64     `json:"covered,omitempty"` // per bucket, the share 0..1 of the bucket that some source covers
}

// Series is one named row of counts.
type Series struct {
	Name   string  `json:"name"`
	Counts []int64 `json:"counts"`
}

// Week counts by hour and weekday.
type Week struct {
	Zone    string         `json:"zone"`
	Counts  [7][24]int64   `json:"counts"`  // [time.Weekday][hour]
	Covered [7][24]float64 `json:"covered"` // hours of observed time that fell into the cell
	Weeks   float64        `json:"weeks"`   // length of the whole span in weeks
}

// Facet is a field and its values' counts, most frequent first.
type Facet struct {
	Field  string       `json:"field"` // "severity", "source", "host", "namespace", "pod", "container", "unit", "format"
	Values []ValueCount `json:"values"`
	Other  int64        `json:"other"` // records with values beyond those listed
}
