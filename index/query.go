package index

import (
	"fmt"
	"time"

	"faultline/analysis"
)

// Ref names a record of a case: the number of its block and its place in that
// block. It is small, comparable and valid for as long as the Case is open.
type Ref uint64

// NoRef is the Ref of no record.
const NoRef = ^Ref(0)

func makeRef(block, record int) Ref { return Ref(block)<<32 | Ref(uint32(record)) }

func (r Ref) block() int  { return int(r >> 32) }
func (r Ref) record() int { return int(uint32(r)) }

// Hit is one record as it is shown: where it stands, what it says.
type Hit struct {
	Ref      Ref                  `json:"-"`
	Origin   analysis.Origin      `json:"origin"`
	Time     time.Time            `json:"time,omitzero"` // UTC; zero when the record has none
	Quality  analysis.TimeQuality `json:"quality"`
	Severity analysis.Severity    `json:"severity"`
	Kind     analysis.RecordKind  `json:"kind"`
	Resource analysis.Resource    `json:"resource"`
	Format   string               `json:"format,omitempty"`  // of its member
	Pattern  string               `json:"pattern,omitempty"` // ID, "" when it belongs to none
	Skip     bool                 `json:"skip,omitempty"`    // a duplicate: shown as a neighbour, never counted
	Text     string               `json:"text"`              // the record's own bytes, decoded to UTF-8
	Message  string               `json:"message,omitempty"` // of a log's record that is a JSON object: what it says
}

// Meta is what a Scan says of a record without reading its text. Resource
// points into the case; the Meta itself is valid for the call only.
type Meta struct {
	Time     int64 // UTC nanoseconds, or analysis.NoTime
	Severity analysis.Severity
	Quality  analysis.TimeQuality
	Kind     analysis.RecordKind
	Pattern  int32 // index into PatternIDs, -1 for none
	Member   int32 // index into Members
	Resource *analysis.Resource
	Ref      Ref
}

// SearchOptions bound a Search.
type SearchOptions struct {
	Limit  int  // hits wanted; 0 means 100
	Newest bool // the last ones, newest first, instead of the first ones
	Limits
}

// QueryError is a mistake in the text of a query.
type QueryError struct {
	Query  string
	Column int    // where, in characters from 1
	Text   string // what is wrong and what would be right
}

func (e *QueryError) Error() string {
	return fmt.Sprintf("query, column %d: %s", e.Column, e.Text)
}
