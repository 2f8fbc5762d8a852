package cause

import (
	"regexp"
	"slices"
	"sync"

	"faultline/analysis"
	"faultline/assets"
)

// Catalogue is a loaded catalogue of causes. It does not change after Load and
// is safe for concurrent use.
type Catalogue struct {
	ID      string
	Version string
	Hash    string            // SHA-256 over all files, hex
	Files   map[string]string // SHA-256 of each file, hex, by name

	Themes    []Theme    // in the order of the catalogue
	Causes    []*Cause   // in the order of files and of the file
	Noise     []*Noise   // texts that are never evidence
	Sequences []Sequence // known cascades that leads_to does not cover

	causes map[string]*Cause
	themes map[string]*Theme
	noise  map[string]*Noise
	match  *matcher
}

// Theme is an underlying problem that causes belong to.
type Theme struct {
	ID    string
	Title string
	Ask   string // a question to the customer
}

// Cause is a named reason for failures.
type Cause struct {
	ID        string
	Title     string
	Status    string // "experimental", "test", "stable", "deprecated"
	Theme     string // ID of its primary theme
	Also      []string
	Role      analysis.Role
	Derived   string   // how it is derived, when one text cannot show it; "" otherwise
	LeadsTo   []string // IDs of its usual consequences
	Refines   []string // IDs of the causes it is a special case of
	Priority  int      // higher wins between equally strong candidates
	Sigs      []*Signature
	Confirm   string // what a person looks at
	Fix       string
	Ask       string // a question to the customer
	Seen      []string
	order     int
	not       []*regexp.Regexp
	matchText []example
	noMatch   []example
}

// Signature is a text that speaks for a cause.
type Signature struct {
	ID       string // within the cause
	Strength analysis.Strength
	Zone     Zone // where in a run's log it must stand; ZoneAny for anywhere
	re       *regexp.Regexp
	literals [][]string // lower case; a match holds at least one of each set
	gates    [][]int32  // the same, as words of the matcher
	where    []condition
	cause    *Cause
	noise    *Noise
}

// Regexp returns the expression as written.
func (s *Signature) Regexp() string { return s.re.String() }

// Noise is a text that looks like a failure and is none, or that follows one
// without meaning. It is never evidence, but kept, counted and searched.
type Noise struct {
	ID     string
	Why    string
	Benign bool // patterns of this text are labelled benign; otherwise it only is no evidence
	sig    *Signature
	match  []example
	not    []example
}

// Sequence is a known cascade: a hit of Origin explains hits of Consequence
// that follow Within it and share one of the keys in Join.
type Sequence struct {
	ID          string
	Origin      string
	Consequence string
	Within      int // seconds
	Join        []string
}

// Cause returns the cause with an ID.
func (c *Catalogue) Cause(id string) (*Cause, bool) { x, ok := c.causes[id]; return x, ok }

// Theme returns the theme with an ID.
func (c *Catalogue) Theme(id string) (*Theme, bool) { x, ok := c.themes[id]; return x, ok }

// Leads reports whether the catalogue knows to as a consequence of from, over
// any number of links.
func (c *Catalogue) Leads(from, to string) bool { return c.reach(from, to, map[string]bool{}) }

// LeadsDirectly reports whether the catalogue knows to as a consequence of from
// without anything between them.
func (c *Catalogue) LeadsDirectly(from, to string) bool {
	x, ok := c.causes[from]
	return ok && slices.Contains(x.LeadsTo, to)
}

func (c *Catalogue) reach(from, to string, seen map[string]bool) bool {
	x, ok := c.causes[from]
	if !ok || seen[from] {
		return false
	}
	seen[from] = true
	for _, id := range x.LeadsTo {
		if id == to || c.reach(id, to, seen) {
			return true
		}
	}
	return false
}

// Refines reports whether the cause special is a special case of general.
func (c *Catalogue) Refines(special, general string) bool {
	x, ok := c.causes[special]
	if !ok {
		return false
	}
	for _, id := range x.Refines {
		if id == general || c.Refines(id, general) {
			return true
		}
	}
	return false
}

// Rule returns the name that evidence and reports give to a signature:
// catalogue, version, cause and signature.
func (c *Catalogue) Rule(s *Signature) string {
	of := ""
	if s.cause != nil {
		of = s.cause.ID
	} else if s.noise != nil {
		of = "noise:" + s.noise.ID
	}
	return c.ID + "@" + c.Version + " " + of + "/" + s.ID
}

var shipped = sync.OnceValues(func() (*Catalogue, error) { return Load(assets.Causes) })

// Default returns the catalogue that is built in. It is loaded once.
func Default() (*Catalogue, error) { return shipped() }

// Find reports whether the expression stands in a text, without its gate and
// conditions.
func (s *Signature) Find(text string) bool { return s.re.MatchString(text) }
