package analysis

import "time"

// Role says where a cause stands in a chain of failures.
type Role string

// The roles of a cause.
const (
	RoleOrigin  Role = "origin"  // usually the start of a chain
	RoleSymptom Role = "symptom" // usually a consequence; never ranked while an origin is in scope
	RoleEither  Role = "either"  // cannot be told from the text alone
)

// Rank orders roles: an origin before either before a symptom.
func (r Role) Rank() int {
	switch r {
	case RoleOrigin:
		return 3
	case RoleEither:
		return 2
	}
	return 1
}

// Strength says how much a signature's hit proves.
type Strength string

// The strengths of evidence.
const (
	Strong Strength = "strong" // specific text, one meaning
	Medium Strength = "medium" // needs context
	Weak   Strength = "weak"   // a hint only, never a verdict
)

// Rank orders strengths: strong before medium before weak.
func (s Strength) Rank() int {
	switch s {
	case Strong:
		return 3
	case Medium:
		return 2
	}
	return 1
}

// Verdict is the state of an attribution. The shares of all verdicts always
// add up to the whole.
type Verdict string

// The verdicts.
const (
	VerdictConfirmed    Verdict = "confirmed"          // by a person
	VerdictExplained    Verdict = "explained"          // strong evidence in the right place, no competing origin
	VerdictLikely       Verdict = "likely"             // medium evidence, or strong evidence out of place
	VerdictSeveral      Verdict = "several candidates" // unrelated strong origins
	VerdictSymptom      Verdict = "symptom only"       // the effect was found, no origin
	VerdictUnexplained  Verdict = "unexplained"
	VerdictNotCheckable Verdict = "not checkable" // the material needed is missing or cut
)

// Verdicts lists all verdicts in the order in which they are shown.
var Verdicts = []Verdict{VerdictConfirmed, VerdictExplained, VerdictLikely, VerdictSeveral, VerdictSymptom, VerdictUnexplained, VerdictNotCheckable}

// Basis is the evidence word that stands before a statement.
type Basis string

// The five bases of a statement.
const (
	Observed   Basis = "Observed"    // a line or state is quoted
	Derived    Basis = "Derived"     // computed; the formula is shown
	Inferred   Basis = "Inferred"    // by a rule; can be wrong
	Declared   Basis = "Declared"    // the customer said so
	NotVisible Basis = "Not visible" // the data for it is absent
)

// Evidence is a quoted place in a bundle.
type Evidence struct {
	Origin  Origin    `json:"origin"`
	Time    time.Time `json:"time,omitzero"`
	Text    string    `json:"text"`              // the record's first lines, at most 400 bytes, control characters escaped
	Note    string    `json:"note,omitempty"`    // "consequence, 35 s later", "same second"
	Pattern string    `json:"pattern,omitempty"` // pattern ID
	Rule    string    `json:"rule,omitempty"`    // cause ID and signature that matched
}

// Failed sums up the records that a pattern fails by: those of its records that
// went well, such as requests of the same form, are not among them.
type Failed struct {
	Records int64     `json:"records"`
	Sources int       `json:"sources"` // in which they stand
	First   time.Time `json:"first,omitzero"`
	Last    time.Time `json:"last,omitzero"`
}

// Number is a figure with all that is needed to trust it.
type Number struct {
	Label    string  `json:"label"` // "runs that failed"
	Text     string  `json:"text"`  // as printed, with unit: "4.68 %", "96 in 89 days"
	Value    float64 `json:"value"`
	Unit     string  `json:"unit,omitempty"` // "%", "per day", "records"
	Low      float64 `json:"low,omitempty"`  // 95 % interval; both 0 when none applies
	High     float64 `json:"high,omitempty"`
	N        int64   `json:"n"`                  // sample size
	Exposure string  `json:"exposure,omitempty"` // "over 7,604 runs", "over 89.2 days of observed time"
	Method   string  `json:"method,omitempty"`   // "Wilson 95 %", "Garwood 95 %"
	Basis    Basis   `json:"basis"`
	Filter   Filter  `json:"filter"` // shows its records
}

// Attribution says why one failure, or one group of equal failures, happened.
type Attribution struct {
	Verdict    Verdict    `json:"verdict"`
	Cause      string     `json:"cause,omitempty"`      // cause ID
	Candidates []string   `json:"candidates,omitempty"` // competing cause IDs
	Rule       string     `json:"rule,omitempty"`       // catalogue version, cause ID, signature
	Evidence   []Evidence `json:"evidence,omitempty"`   // the first is the best
	Folded     []string   `json:"folded,omitempty"`     // what was taken as a consequence, and why
	Note       string     `json:"note,omitempty"`
}

// Failure is one failure, or one group of equal failures, and its verdict.
type Failure struct {
	ID          string        `json:"id"`
	Kind        string        `json:"kind"` // "pattern", "run", "state", "event"
	Title       string        `json:"title"`
	Subject     string        `json:"subject"` // resource, job or object
	Pattern     string        `json:"pattern,omitempty"`
	Run         string        `json:"run,omitempty"`
	Records     int64         `json:"records"`  // records (or stated occurrences) it stands for
	Episodes    int           `json:"episodes"` // what is counted
	First       time.Time     `json:"first,omitzero"`
	Last        time.Time     `json:"last,omitzero"`
	AtEnd       bool          `json:"atEnd"`          // still happening when the observation ends
	Lost        time.Duration `json:"lost,omitempty"` // run time lost in it
	Attribution Attribution   `json:"attribution"`
}

// CauseSummary is a cause of the catalogue as this case shows it.
type CauseSummary struct {
	ID       string     `json:"id"`
	Title    string     `json:"title"`
	Theme    string     `json:"theme"` // theme ID
	Role     Role       `json:"role"`
	Verdict  Verdict    `json:"verdict"` // the best verdict among its failures
	Failures int        `json:"failures"`
	Records  int64      `json:"records"`
	Episodes int        `json:"episodes"`
	Counted  string     `json:"counted,omitempty"` // what the episodes are, when they are of several kinds
	Sources  int        `json:"sources"`
	First    time.Time  `json:"first,omitzero"`
	Last     time.Time  `json:"last,omitzero"`
	AtEnd    bool       `json:"atEnd"`
	Patterns []string   `json:"patterns,omitempty"`
	Evidence []Evidence `json:"evidence,omitempty"`
	Confirm  string     `json:"confirm,omitempty"`
	Fix      string     `json:"fix,omitempty"`
	Ask      string     `json:"ask,omitempty"`
	Rule     string     `json:"rule,omitempty"`
}

// ThemeSummary is an underlying problem as this case shows it.
type ThemeSummary struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	State    string   `json:"state"` // "supported", "hint", "not seen"
	Why      string   `json:"why"`   // which conditions of a supported theme hold and which do not
	Causes   []string `json:"causes,omitempty"`
	Failures int      `json:"failures"`
	Episodes int      `json:"episodes"`
	Records  int64    `json:"records"`
	Ask      string   `json:"ask,omitempty"`
}

// Finding is a claim with a number and evidence.
type Finding struct {
	ID       string     `json:"id"`
	Question string     `json:"question"` // "when", "how often", "why"
	Title    string     `json:"title"`
	Claim    string     `json:"claim"` // one or two plain sentences
	Basis    Basis      `json:"basis"`
	Numbers  []Number   `json:"numbers,omitempty"`
	Verdict  Verdict    `json:"verdict,omitempty"`
	Cause    string     `json:"cause,omitempty"`
	Theme    string     `json:"theme,omitempty"`
	Evidence []Evidence `json:"evidence,omitempty"`
	Against  []string   `json:"against,omitempty"` // counter-evidence and competing candidates
	Caveats  []string   `json:"caveats,omitempty"`
	Fix      string     `json:"fix,omitempty"`
	Ask      string     `json:"ask,omitempty"`
	Filter   Filter     `json:"filter"` // shows its records
	Weight   float64    `json:"weight"` // the rank; its parts are in Ranking
	Ranking  string     `json:"ranking,omitempty"`
}

// Share is one verdict's part of all failures.
type Share struct {
	Verdict  Verdict       `json:"verdict"`
	Failures int           `json:"failures"`
	Episodes int           `json:"episodes"`
	Lost     time.Duration `json:"lost,omitempty"`
}

// JobSummary is one job or pipeline of a run history.
type JobSummary struct {
	Kind     RunKind           `json:"kind"`
	Pipeline string            `json:"pipeline,omitempty"`
	Job      string            `json:"job,omitempty"` // "" for the sum over the kind
	Runs     int               `json:"runs"`
	Counts   map[RunStatus]int `json:"counts"`
	Failed   int               `json:"failed"`
	Rate     Number            `json:"rate"`   // failure rate over counted runs, Wilson interval
	Flaky    int               `json:"flaky"`  // commits on which the job both failed and passed
	Chains   int               `json:"chains"` // commits with more than one attempt
	Median   time.Duration     `json:"median,omitempty"`
	P95      time.Duration     `json:"p95,omitempty"`
	Lost     time.Duration     `json:"lost,omitempty"` // sum of failed attempts' durations
	First    time.Time         `json:"first,omitzero"`
	Last     time.Time         `json:"last,omitzero"`
	Recent   []RunStatus       `json:"recent,omitempty"` // the last results, oldest first, at most 60
}

// SourceGroup is one class of sources' part of the data quality.
type SourceGroup struct {
	Kind    string `json:"kind"` // a member kind, or a format of read members
	Members int    `json:"members"`
	Bytes   int64  `json:"bytes"`
	Indexed int64  `json:"indexed"`
	Skipped int64  `json:"skipped"`
	Records int64  `json:"records"`
}

// Quality says what the material can carry.
type Quality struct {
	Members  int              `json:"members"`
	Bytes    int64            `json:"bytes"`
	Indexed  int64            `json:"indexed"`
	Skipped  int64            `json:"skipped"`
	Records  int64            `json:"records"`
	Timed    int64            `json:"timed"`
	Untimed  int64            `json:"untimed"` // records of logs and events without a usable time; lines of documents state none
	ByTime   map[string]int64 `json:"byTime"`  // records by time quality
	Groups   []SourceGroup    `json:"groups"`
	Gaps     []Span           `json:"gaps,omitempty"` // spans inside the period that no source covers
	Problems []Problem        `json:"problems,omitempty"`
	Notes    []string         `json:"notes,omitempty"` // sentences: "2 log files hold only ..."
}

// Capability is one row of the coverage table.
type Capability struct {
	Asked       string `json:"asked"`  // the customer's own words
	Answer      string `json:"answer"` // "yes", "partly", "no", "unknown"
	Note        string `json:"note,omitempty"`
	Proof       string `json:"proof,omitempty"`
	Alternative string `json:"alternative,omitempty"`
}

// Assessment is the answer to when, why and how often, as one value: screens,
// the summary command and all report formats show the same one.
type Assessment struct {
	Case    string        `json:"case"`
	Name    string        `json:"name"`
	Bundles []Bundle      `json:"bundles"`
	Period  Span          `json:"period"`  // first to last record or run
	Covered time.Duration `json:"covered"` // observed time within the period
	Zone    string        `json:"zone"`    // zone that hours and weekdays are shown in

	Answer string   `json:"answer"` // one to three sentences
	Key    []Number `json:"key"`    // three to six key numbers

	Timeline Histogram `json:"timeline"`         // failing records by severity over the period
	Week     Week      `json:"week"`             // failure episodes by hour and weekday
	Rhythm   []string  `json:"rhythm,omitempty"` // sentences about bursts, periods, trend, with n and method

	Failures []Failure         `json:"failures"` // every group of failures, heaviest first
	Shares   []Share           `json:"shares"`   // one per verdict, in order of Verdicts
	Causes   []CauseSummary    `json:"causes"`
	Themes   []ThemeSummary    `json:"themes"`
	Patterns []Pattern         `json:"patterns"`       // failing and benign patterns, heaviest first
	Episodes map[string]int    `json:"episodes"`       // by pattern ID
	Failed   map[string]Failed `json:"failed"`         // likewise
	Findings []Finding         `json:"findings"`       // ranked
	Jobs     []JobSummary      `json:"jobs,omitempty"` // sums per kind first, then jobs by failures

	Coverage []Capability      `json:"coverage,omitempty"`
	Quality  Quality           `json:"quality"`
	Limits   []string          `json:"limits"`   // what the method cannot say here
	Versions map[string]string `json:"versions"` // program, catalogue, identity of patterns
	Hashes   map[string]string `json:"hashes"`   // SHA-256 of bundles and rule files
}
