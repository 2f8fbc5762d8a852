package screen

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"

	"faultline/analysis"
	"faultline/analysis/assess"
	"faultline/analysis/cause"
	"faultline/index"
)

// Page names a screen.
type Page string

// The pages.
const (
	PageStart    Page = "start"
	PageOverview Page = "overview"
	PagePatterns Page = "patterns"
	PageExplore  Page = "explore"
	PageRuns     Page = "runs"
	PageSources  Page = "sources"
	PageFindings Page = "findings"
)

// Place is where the user is: a page, what it is about, and the filter.
type Place struct {
	Page   Page
	Arg    string // pattern ID, run ID, member path or finding ID; "" for the page as such
	Filter analysis.Filter
}

func (p Place) equal(o Place) bool {
	return p.Page == o.Page && p.Arg == o.Arg && Key(p.Filter) == Key(o.Filter)
}

// Key returns a text that is equal for equal filters.
func Key(f analysis.Filter) string {
	b, err := json.Marshal(f)
	if err != nil {
		return err.Error() // times beyond the year 9999 only
	}
	return string(b)
}

// Host is what screens ask of the program around them.
type Host interface {
	Do(func())                                          // runs in Fyne's goroutine, soon
	Import(paths []string)                              // into the open case, or a new one
	ChooseFile()                                        // a file to import
	ChooseFolder()                                      // a folder to import
	OpenCase(dir string)                                // an existing case
	OpenSample()                                        // the sample case
	Recent() []Recent                                   // cases opened before
	Export(format string)                               // the report, after asking where to
	Ask(title, text string, answer func(reason string)) // one line from the user
	Tell(title, text string, failed bool)               // a short message
	Menu(at fyne.Position, items ...*fyne.MenuItem)
	Job() (Job, bool)                 // the running job
	Cancel()                          // ends it
	Trace(format string, args ...any) // for tests of the whole program
}

// Recent is a case opened before.
type Recent struct {
	Dir     string
	Name    string
	Records int64
	Opened  time.Time
}

// Job is a job that runs in the background.
type Job struct {
	Title  string        // "Importing bundle.tar.gz"
	Stage  string        // what it does now
	Done   float64       // 0..1, below 0 when unknown
	Detail string        // "12 of 48 MB · 1,204 records"
	Left   time.Duration // 0 when unknown
	Lines  []string      // the last members read, newest last
}

// Session is an open case and where the user is in it. Its methods are called
// from Fyne's goroutine, except where they say otherwise.
type Session struct {
	Case      *index.Case
	Catalogue *cause.Catalogue
	Host      Host
	Zone      *time.Location // that times are shown in
	Version   string

	now          Place
	sought       string // the last query
	past, future []Place
	watchers     []func()

	mu       sync.Mutex // guards what follows; Assessment is called from askers
	whole    *analysis.Assessment
	narrowed map[string]*analysis.Assessment
	playbook *assess.Playbook // of this session; nil for none

	ctx     context.Context
	end     context.CancelFunc
	pending atomic.Int64
	running sync.WaitGroup
}

// NewSession starts a session over an open case, which Close closes. The
// assessment is of the whole case.
func NewSession(c *index.Case, cat *cause.Catalogue, a *analysis.Assessment, h Host) *Session {
	s := &Session{Case: c, Catalogue: cat, Host: h, Zone: time.UTC, whole: a, narrowed: map[string]*analysis.Assessment{}, now: Place{Page: PageOverview}}
	s.ctx, s.end = context.WithCancel(context.Background())
	return s
}

// Close ends all questions and closes the case.
func (s *Session) Close() error {
	s.end()
	s.running.Wait()
	return s.Case.Close()
}

// Pending returns the number of questions that are not answered yet. It may be
// called from any goroutine.
func (s *Session) Pending() int { return int(s.pending.Load()) }

// Now returns where the user is.
func (s *Session) Now() Place { return s.now }

// Filter returns the filter in force.
func (s *Session) Filter() analysis.Filter { return s.now.Filter }

// Watch calls f whenever the place or the assessment changes.
func (s *Session) Watch(f func()) { s.watchers = append(s.watchers, f) }

func (s *Session) tell() {
	if q := s.now.Filter.Query; q != "" {
		s.sought = q
	}
	s.Host.Trace("place page=%s arg=%q filter=%s", s.now.Page, s.now.Arg, Key(s.now.Filter))
	for _, f := range s.watchers {
		f()
	}
}

// maxPast bounds the history.
const maxPast = 200

// Move goes to another place; Back returns.
func (s *Session) Move(p Place) {
	if p.equal(s.now) {
		return
	}
	s.past = append(s.past, s.now)
	if len(s.past) > maxPast {
		s.past = s.past[1:]
	}
	s.future = nil
	s.now = p
	s.tell()
}

// Go shows a page under the same filter.
func (s *Session) Go(page Page, arg string) {
	s.Move(Place{Page: page, Arg: arg, Filter: s.now.Filter})
}

// Narrow changes the filter and stays on the page.
func (s *Session) Narrow(change func(f *analysis.Filter)) {
	p := s.now
	p.Filter = clone(p.Filter)
	change(&p.Filter)
	s.Move(p)
}

// Explore shows the records of a filter.
func (s *Session) Explore(f analysis.Filter) {
	s.Move(Place{Page: PageExplore, Filter: f})
}

// Clear lets everything pass again.
func (s *Session) Clear() { s.Narrow(func(f *analysis.Filter) { *f = analysis.Filter{} }) }

// CanBack and CanForward report whether there is somewhere to go.
func (s *Session) CanBack() bool    { return len(s.past) > 0 }
func (s *Session) CanForward() bool { return len(s.future) > 0 }

// Back undoes the last move.
func (s *Session) Back() {
	if n := len(s.past); n > 0 {
		s.future = append(s.future, s.now)
		s.now, s.past = s.past[n-1], s.past[:n-1]
		s.tell()
	}
}

// Forward undoes Back.
func (s *Session) Forward() {
	if n := len(s.future); n > 0 {
		s.past = append(s.past, s.now)
		s.now, s.future = s.future[n-1], s.future[:n-1]
		s.tell()
	}
}

// clone copies a filter so that changes of one do not show in the other.
func clone(f analysis.Filter) analysis.Filter {
	f.Patterns = append([]string(nil), f.Patterns...)
	f.Sources = append([]string(nil), f.Sources...)
	f.Formats = append([]string(nil), f.Formats...)
	f.Resources = append([]analysis.Resource(nil), f.Resources...)
	f.Cells = append([]analysis.Cell(nil), f.Cells...)
	return f
}

// Whole returns the assessment of the whole case.
func (s *Session) Whole() *analysis.Assessment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.whole
}

// Assessment returns the assessment of what passes f. It may take a while and
// is called from askers.
func (s *Session) Assessment(ctx context.Context, f analysis.Filter) (*analysis.Assessment, error) {
	key := Key(f)
	s.mu.Lock()
	a := s.whole
	if key != Key(analysis.Filter{}) {
		a = s.narrowed[key]
	}
	s.mu.Unlock()
	if a != nil {
		return a, nil
	}
	a, err := assess.Assess(ctx, s.Case, s.Catalogue, s.options(f))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.narrowed) > 50 {
		clear(s.narrowed)
	}
	s.narrowed[key] = a
	return a, nil
}

// options returns what assessments of this session are made with.
func (s *Session) options(f analysis.Filter) assess.Options {
	return assess.Options{Filter: f, Zone: s.Zone.String(), Version: s.Version, Playbook: s.Playbook()}
}

// Playbook returns the playbook that requests are answered with, nil for none.
func (s *Session) Playbook() *assess.Playbook {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.playbook
}

// UsePlaybook answers everything again with a playbook, or with none. It is
// kept until the case is closed.
func (s *Session) UsePlaybook(p *assess.Playbook, a *Asker) {
	s.mu.Lock()
	s.playbook = p
	s.mu.Unlock()
	s.Reassess(a)
}

// Reassess answers all questions again, since marks or material changed.
func (s *Session) Reassess(a *Asker) {
	var whole *analysis.Assessment
	a.Ask(func(ctx context.Context) (err error) {
		whole, err = assess.Assess(ctx, s.Case, s.Catalogue, s.options(analysis.Filter{}))
		return err
	}, func(err error) {
		if err != nil {
			s.Host.Tell("The assessment could not be renewed", err.Error(), true)
			return
		}
		s.mu.Lock()
		s.whole = whole
		clear(s.narrowed)
		s.mu.Unlock()
		s.Host.Trace("assessed findings=%d", len(whole.Findings))
		s.tell()
	})
}

// Asker asks one question at a time for one part of a screen; a newer question
// takes the place of one that is not answered yet.
type Asker struct {
	s      *Session
	cancel context.CancelFunc
	number int
}

// Asker returns a new asker of the session.
func (s *Session) Asker() *Asker { return &Asker{s: s} }

// Ask runs work in a goroutine of its own, then show in Fyne's, unless a newer
// question came or the session ended.
func (a *Asker) Ask(work func(ctx context.Context) error, show func(err error)) {
	if a.cancel != nil {
		a.cancel()
	}
	s := a.s
	ctx, cancel := context.WithCancel(s.ctx)
	a.cancel = cancel
	a.number++
	number := a.number
	s.pending.Add(1)
	s.running.Add(1)
	go func() {
		defer s.running.Done()
		err := work(ctx)
		s.Host.Do(func() {
			defer s.pending.Add(-1)
			defer cancel()
			if number != a.number || s.ctx.Err() != nil || errors.Is(err, context.Canceled) {
				return
			}
			show(err)
		})
	}()
}
