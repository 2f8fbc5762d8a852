package index

import (
	"context"
	"errors"
	"time"

	"faultline/analysis"
)

var errNotYet = errors.New("index: queries are not answered yet")

// Patterns returns the patterns that records of f belong to, heaviest first,
// counted under f.
func (c *Case) Patterns(ctx context.Context, f analysis.Filter) ([]analysis.Pattern, error) {
	return nil, errNotYet
}

// Pattern returns the pattern with that ID, counted over the whole case.
func (c *Case) Pattern(id string) (analysis.Pattern, bool) { return analysis.Pattern{}, false }

// Variables returns the values at each variable of a pattern's template, as a
// sample of the records of f shows them.
func (c *Case) Variables(ctx context.Context, id string, f analysis.Filter) ([]analysis.Variable, error) {
	return nil, errNotYet
}

// Histogram counts the records of f that have a time in about that many
// buckets, stacked by "severity", "pattern", "source" or "" (one series).
func (c *Case) Histogram(ctx context.Context, f analysis.Filter, buckets int, by string) (analysis.Histogram, error) {
	return analysis.Histogram{}, errNotYet
}

// Week counts the records of f by weekday and hour in zone ("" is UTC).
func (c *Case) Week(ctx context.Context, f analysis.Filter, zone string) (analysis.Week, error) {
	return analysis.Week{}, errNotYet
}

// Facets counts the records of f by each of the fields and returns the top
// values of each: "severity", "source", "host", "cluster", "namespace", "pod",
// "container", "unit", "process", "format", "kind", "pattern".
func (c *Case) Facets(ctx context.Context, f analysis.Filter, fields []string, top int) ([]analysis.Facet, error) {
	return nil, errNotYet
}

// Count returns the number of records of f.
func (c *Case) Count(ctx context.Context, f analysis.Filter) (int64, error) { return 0, errNotYet }

// Search returns the first records of f in time order.
func (c *Case) Search(ctx context.Context, f analysis.Filter, o SearchOptions) ([]Hit, error) {
	return nil, errNotYet
}

// Rows returns the records of f in time order for random access.
func (c *Case) Rows(ctx context.Context, f analysis.Filter) (*Rows, error) { return nil, errNotYet }

// Rows are the records of a filter in time order: by time, then member, then
// place in the member; a record without a time stands behind the last record
// of its member that has one.
type Rows struct{ refs []Ref }

// Len returns the number of rows.
func (r *Rows) Len() int { return len(r.refs) }

// Hits reads n rows from row from on; fewer at the end.
func (r *Rows) Hits(ctx context.Context, from, n int) ([]Hit, error) { return nil, errNotYet }

// At returns the first row at or after t, Len when there is none.
func (r *Rows) At(t time.Time) int { return 0 }

// Find returns the row of the record at o.
func (r *Rows) Find(o analysis.Origin) (int, bool) { return 0, false }

// Context returns the record at o with its neighbours in the same member.
func (c *Case) Context(ctx context.Context, o analysis.Origin, before, after int) ([]Hit, error) {
	return nil, errNotYet
}

// Origin returns the record's origin that "path:line" names.
func (c *Case) Origin(s string) (analysis.Origin, error) { return analysis.Origin{}, errNotYet }

// Scan calls visit for every record of f, in the order in which they are
// stored, from one goroutine. An error of visit ends the scan.
func (c *Case) Scan(ctx context.Context, f analysis.Filter, visit func(m *Meta) error) error {
	return errNotYet
}

// PatternIDs returns the IDs of all patterns; Meta.Pattern is an index into it.
func (c *Case) PatternIDs() []string { return nil }

// Hit reads one record.
func (c *Case) Hit(ref Ref) (Hit, error) { return Hit{}, errNotYet }

// Find returns the n patterns, runs, members and causes whose text resembles
// text most, best first.
func (c *Case) Find(ctx context.Context, text string, n int) ([]Match, error) { return nil, errNotYet }
