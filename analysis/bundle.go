package analysis

import "time"

// MemberKind says what a member of a bundle turned out to be.
type MemberKind string

// The kinds of members. Only text and document members are indexed.
const (
	MemberText     MemberKind = "text"     // records line by line
	MemberDocument MemberKind = "document" // JSON, YAML, XML, CSV read as a whole or item by item
	MemberArchive  MemberKind = "archive"  // opened; its members follow
	MemberBinary   MemberKind = "binary"
	MemberEmpty    MemberKind = "empty"
	MemberLink     MemberKind = "link"    // symbolic or hard link; listed, never followed
	MemberSpecial  MemberKind = "special" // device, fifo, socket; listed, never opened
	MemberUnread   MemberKind = "unread"  // could not be read: see Problems
)

// Member is one row of the ledger: what a member was, what was read of it,
// what was skipped and why. Bytes = Indexed + Skipped, always.
type Member struct {
	Bundle   string     `json:"bundle"` // bundle ID
	Path     string     `json:"path"`   // "/" separated; "!/" stands between an archive and its members
	Kind     MemberKind `json:"kind"`
	Format   string     `json:"format,omitempty"`   // name of the format: "klog", "cri", "kubernetes-json", ...
	Detail   string     `json:"detail,omitempty"`   // kind of binary ("ELF", "EVTX"), compression, dialect
	Encoding string     `json:"encoding,omitempty"` // "" for UTF-8 and ASCII
	Source   string     `json:"source,omitempty"`   // of a file of a rotated log: the path of the log, which all its files share
	Link     string     `json:"link,omitempty"`     // target of a link, as written
	SHA256   string     `json:"sha256,omitempty"`   // of the member's decompressed bytes, hex
	Modified time.Time  `json:"modified,omitzero"`  // as the archive or file system states it
	Resource Resource   `json:"resource"`           // what the path says

	Bytes   int64  `json:"bytes"`   // decompressed
	Indexed int64  `json:"indexed"` // bytes that belong to records
	Skipped int64  `json:"skipped"` // bytes left out; Reason says why
	Reason  string `json:"reason,omitempty"`
	Lines   int64  `json:"lines"`
	Records int64  `json:"records"`
	Failing int64  `json:"failing"` // records of severity error or above

	Span    Span        `json:"span"`           // first and last record's time
	Timed   int64       `json:"timed"`          // records that have a time
	Quality TimeQuality `json:"quality"`        // the lowest quality of its timed records
	Zone    string      `json:"zone,omitempty"` // zone assumed for stamps without one

	Problems []Problem `json:"problems,omitempty"`
}

// Problem is a fault of the data, not of the program: collected, counted,
// shown, never a stop.
type Problem struct {
	Origin Origin `json:"origin"`
	Kind   string `json:"kind"`   // one of the Problem constants
	Detail string `json:"detail"` // one sentence: what was found and what was done about it
}

// The kinds of problems.
const (
	ProblemUnreadable    = "unreadable"     // the bytes could not be had
	ProblemTruncated     = "truncated"      // the data stops in the middle
	ProblemCorrupt       = "corrupt"        // a checksum or structure is wrong
	ProblemEncrypted     = "encrypted"      // needs a password
	ProblemUnknownFormat = "unknown format" // text, but nothing we know
	ProblemEncoding      = "encoding"       // guessed or repaired
	ProblemNoTime        = "no time"        // records without a usable time
	ProblemTime          = "time"           // a doubt about times: skew, year, zone
	ProblemLimit         = "limit reached"  // an import limit stopped the reading
	ProblemName          = "hostile name"   // a name that points elsewhere or hides itself
	ProblemLink          = "link"           // a link that was not followed
	ProblemDuplicate     = "duplicate"      // the same content as another member
	ProblemSyntax        = "syntax"         // not what the format promises
	ProblemDropped       = "dropped"        // the source itself says that it dropped records
	ProblemDamage        = "damaged case"   // a stored file is not what was written: part of the case may be missing
)

// Bundle is one delivery of a customer: an archive, a folder or a file.
type Bundle struct {
	ID        string    `json:"id"`   // hash of its content
	Name      string    `json:"name"` // file or folder name
	Path      string    `json:"path"` // where it was imported from
	Kind      string    `json:"kind"` // "must-gather", "sosreport", "support-bundle", "sonobuoy", ..., "" when unknown
	SHA256    string    `json:"sha256,omitempty"`
	Size      int64     `json:"size"`               // bytes of the file, or the sum over the folder
	Collected time.Time `json:"collected,omitzero"` // when it was collected, by its own evidence; zero when unknown
	Members   int       `json:"members"`
	Problems  []Problem `json:"problems,omitempty"`
}
