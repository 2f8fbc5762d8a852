// Package ingest drives an import: it walks a bundle, recognises each member,
// cuts it into records and writes them to a case.
//
//	bundle.Walk → format.Detect, Reader → pattern.Lexer → segment.Encode → index.Writer
//
// Run is its one call. It reads in one goroutine, works in as many as there
// are processors, and writes in the order of the members, so that the same
// bundle gives the same case whatever the number of workers.
package ingest

import (
	"time"

	"faultline/analysis"
	"faultline/analysis/bundle"
)

// Options says how bundles are imported.
type Options struct {
	Zone     string // IANA name, assumed for stamps that name no zone; "" is UTC
	Year     int    // of stamps that carry no year; 0: inferred from the bundle
	Limits   bundle.Limits
	Workers  int            // 0: one for each processor
	Progress func(Progress) // called at most ten times a second, from one goroutine at a time; may be nil
}

// Progress is how far an import is.
type Progress struct {
	Stage    string        // "reading", "surveying", "importing", "mining"
	Member   string        // path of the member that is being read
	Done     int64         // bytes of the bundle's own file or files
	Total    int64         // all of them
	Unpacked int64         // bytes of members
	Members  int           // members read
	Records  int64         // records written
	Rate     float64       // unpacked bytes per second
	Left     time.Duration // estimate of the time left; 0 unknown
}

// Result is what an import did.
type Result struct {
	Bundles  []analysis.Bundle
	Members  int
	Records  int64
	Bytes    int64 // of the members; Indexed + Skipped
	Indexed  int64
	Skipped  int64
	Problems []analysis.Problem
	Already  bool // all bundles were in the case before; nothing was added
	Elapsed  time.Duration
}
