package analysis

import (
	"math"
	"strconv"
	"time"
)

// NoTime is the time in nanoseconds of a record that has none.
const NoTime int64 = math.MinInt64

// TimeQuality says how far a record's time can be trusted.
type TimeQuality uint8

// The qualities of a time, from none to exact.
const (
	TimeNone         TimeQuality = iota // the record has no usable time
	TimeInferredYear                    // the year (or the date) was inferred from the bundle's own evidence
	TimeAssumedZone                     // the zone was not stated and was assumed
	TimeExact                           // date, time and zone as written
)

// String returns "none", "inferred year", "assumed zone" or "exact".
func (q TimeQuality) String() string {
	switch q {
	case TimeInferredYear:
		return "inferred year"
	case TimeAssumedZone:
		return "assumed zone"
	case TimeExact:
		return "exact"
	}
	return "none"
}

// Origin is the place a record was read from: every number Faultline prints
// leads back to one.
type Origin struct {
	Bundle string `json:"bundle,omitempty"` // bundle ID
	Path   string `json:"path"`             // member path; the members of an archive inside stand behind "!/"
	Line   int64  `json:"line"`             // first line, from 1
	Offset int64  `json:"offset"`           // first byte, in the member's own (decompressed) bytes
	Length int64  `json:"length"`           // bytes, line end included
}

// String returns path:line.
func (o Origin) String() string { return o.Path + ":" + strconv.FormatInt(o.Line, 10) }

// Resource is what a record speaks for, as far as path and record tell. It is
// comparable; few distinct values stand for many records.
type Resource struct {
	Host      string `json:"host,omitempty"`
	Cluster   string `json:"cluster,omitempty"`
	Namespace string `json:"namespace,omitempty"`
	Pod       string `json:"pod,omitempty"`
	Container string `json:"container,omitempty"`
	Unit      string `json:"unit,omitempty"`    // systemd unit, syslog program or CI job
	Process   string `json:"process,omitempty"` // program, logger or component
}

// Over returns r with the fields that r leaves empty taken from base.
func (r Resource) Over(base Resource) Resource {
	pick := func(a *string, b string) {
		if *a == "" {
			*a = b
		}
	}
	pick(&r.Host, base.Host)
	pick(&r.Cluster, base.Cluster)
	pick(&r.Namespace, base.Namespace)
	pick(&r.Pod, base.Pod)
	pick(&r.Container, base.Container)
	pick(&r.Unit, base.Unit)
	pick(&r.Process, base.Process)
	return r
}

// String returns the parts that are set, widest first, joined by "/".
func (r Resource) String() string {
	s := ""
	for _, p := range []string{r.Cluster, r.Host, r.Namespace, r.Pod, r.Container, r.Unit, r.Process} {
		if p != "" {
			if s != "" {
				s += "/"
			}
			s += p
		}
	}
	return s
}

// RecordKind says what a record is an entry of.
type RecordKind uint8

// The kinds of records. Log and Event records are mined and counted as
// patterns; the others are kept, shown and searched.
const (
	KindLog      RecordKind = iota // an entry of a log
	KindEvent                      // an event object (Kubernetes)
	KindObject                     // another object with a state (pod, node, job, ...)
	KindRun                        // one run or job of a run history
	KindTest                       // one test case
	KindDocument                   // part of a document: configuration, command output, prose
)

// String returns "log", "event", "object", "run", "test" or "document".
func (k RecordKind) String() string {
	return [...]string{"log", "event", "object", "run", "test", "document"}[min(int(k), 5)]
}

// Attribute is one named value of a record.
type Attribute struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Record is one entry of a log, possibly of many lines, or one item of a
// document. While a reader emits it, its byte slices are valid for the call
// only.
type Record struct {
	Kind     RecordKind
	Time     int64 // UTC nanoseconds since 1970, or NoTime
	Quality  TimeQuality
	Severity Severity
	Resource Resource // what the record itself states; the member's resource fills the rest
	Raw      []byte   // the record's bytes, line ends included
	Message  []byte   // the text body: Raw without stamp, level and origin fields; unescaped
	Start    int      // where Raw begins in the chunk it was read from, bytes
	Line     int      // its first line in the chunk, from 0

	Run   *Run   // set for KindRun and KindTest, and where a document states one
	State *State // set for KindEvent and KindObject
}

// When returns the record's time, the zero time when it has none.
func (r *Record) When() time.Time { return Time(r.Time) }

// Time returns nanoseconds as a UTC time; NoTime gives the zero time.
func Time(ns int64) time.Time {
	if ns == NoTime {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}

// Nanos returns t as UTC nanoseconds; NoTime for the zero time and for times
// outside the years 1678..2261.
func Nanos(t time.Time) int64 {
	if t.IsZero() || t.Year() < 1678 || t.Year() > 2261 {
		return NoTime
	}
	return t.UnixNano()
}

// Span is a closed range of time; zero where unknown.
type Span struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Add widens s so that it holds t; a zero t changes nothing.
func (s *Span) Add(t time.Time) {
	if t.IsZero() {
		return
	}
	if s.From.IsZero() || t.Before(s.From) {
		s.From = t
	}
	if s.To.IsZero() || t.After(s.To) {
		s.To = t
	}
}

// IsZero reports whether s holds no time.
func (s Span) IsZero() bool { return s.From.IsZero() && s.To.IsZero() }

// Duration returns the length of s.
func (s Span) Duration() time.Duration { return s.To.Sub(s.From) }
