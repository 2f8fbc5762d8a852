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
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"faultline/analysis"
	"faultline/analysis/bundle"
	"faultline/index"
)

// Options says how bundles are imported.
type Options struct {
	Zone     string // IANA name, assumed for stamps that name no zone; "" is the case's, and UTC where it has none
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

// Result is what an import did. The numbers of members, records and bytes are
// those of the bundles as they stand in the ledger; the tallies say what of it
// is new.
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

	Added     Tally // members that the case did not know
	Known     Tally // members whose content the case had already: it counts once
	Continued Tally // members that had grown since: Records and Bytes are what came to them
	Replaced  Tally // members that were read again, with other options
	Resumed   Tally // members that an import broke off in: Records and Bytes are what was not read again
}

// Tally counts members with their records and bytes.
type Tally struct {
	Members int
	Records int64
	Bytes   int64
}

func (t *Tally) add(o Tally) {
	t.Members += o.Members
	t.Records += o.Records
	t.Bytes += o.Bytes
}

// Run imports the bundles at paths, one after the other, into c. A bundle that
// is in the case already adds nothing, unless the options given would have some
// of its members read in another way: those are read again. An import that
// broke off before is continued: members that are stored whole are not read
// again. Content that the case has from other bundles counts once, and of a
// member that has grown since only the end is read.
//
// Bad data never ends an import; it is in the ledger and in Result.Problems.
// When ctx ends, Run returns its error within half a second; what was imported
// until then stays in the case, and the next Run continues from there.
func Run(ctx context.Context, c *index.Case, paths []string, o Options) (Result, error) {
	start := time.Now()
	res := Result{Already: len(paths) > 0}
	zone := time.UTC
	if name := cmp.Or(o.Zone, c.Info().Zone); name != "" {
		var err error
		if zone, err = time.LoadLocation(name); err != nil {
			return res, fmt.Errorf("zone: %w", err)
		}
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	defer bound()()
	m := newMeter(o.Progress)
	defer m.stop()
	for _, path := range paths {
		if err := one(ctx, c, path, o, zone, m, &res); err != nil {
			return res, err
		}
	}
	res.Elapsed = time.Since(start)
	return res, nil
}

// one imports one bundle.
func one(ctx context.Context, c *index.Case, path string, o Options, zone *time.Location, m *meter, res *Result) error {
	m.begin("reading")
	var hashes bundle.Hashes
	b, err := hashes.Identify(ctx, path)
	if err != nil {
		return err
	}
	im := &importer{
		c: c, o: o, zone: zone, how: howOf(o, zone), meter: m, path: path, bundle: b, hashes: &hashes,
		stored: map[string]bool{}, sources: newSources(), events: map[eventKey]version{},
	}
	for _, x := range c.Info().Bundles {
		if x.ID == b.ID {
			im.again, im.cut, im.before = true, limited(x.Problems), map[string]bool{}
		}
	}
	if im.again {
		for _, m := range c.Members().All() {
			if m.Bundle == b.ID {
				im.before[m.Path] = true
			}
		}
	}
	im.w, err = c.BeginAs(b, im.how.String(), im.stale)
	if errors.Is(err, index.ErrImported) {
		res.Bundles = append(res.Bundles, b)
		return nil
	}
	if err != nil {
		return err
	}
	res.Already = false
	w := im.w
	im.o.Limits = within(o.Limits, b.Size, c.Info().Dir)
	im.recall()
	walked, err := im.run(ctx)
	if err != nil {
		return errors.Join(err, w.Close())
	}
	im.forget()
	m.begin("mining")
	walked.ID = b.ID
	if walked.Collected.IsZero() {
		walked.Collected = im.latest
	}
	if err := w.Finish(ctx, walked); err != nil {
		return errors.Join(err, w.Close())
	}
	res.add(walked, im)
	return nil
}

// spare is what an import leaves free on the disk of the case.
const spare = 2 << 30

// within bounds what is unpacked by the room on the case's disk. What is
// stored takes a sixth of it or less; a bomb could take all.
func within(l bundle.Limits, size int64, dir string) bundle.Limits {
	if l.Total > 0 {
		return l
	}
	if free, ok := freeSpace(dir); ok && size < 1<<40 {
		if room := max(free-spare, 256<<20); room < max(10<<30, 50*size) {
			l.Total = max(room, size)
		}
	}
	return l
}

func (r *Result) add(b analysis.Bundle, im *importer) {
	r.Bundles = append(r.Bundles, b)
	r.Problems = append(r.Problems, b.Problems...)
	r.Added.add(im.added)
	r.Known.add(im.found)
	r.Continued.add(im.continued)
	r.Replaced.add(im.replaced)
	r.Resumed.add(im.resumed)
	r.Problems = append(r.Problems, im.ledger.Problems...)
	r.Members += im.ledger.Members
	r.Records += im.ledger.Records
	r.Bytes += im.ledger.Bytes
	r.Indexed += im.ledger.Indexed
	r.Skipped += im.ledger.Skipped
}

// count adds a row of the ledger.
func (r *Result) count(m *analysis.Member) {
	r.Members++
	r.Records += m.Records
	r.Bytes += m.Bytes
	r.Indexed += m.Indexed
	r.Skipped += m.Skipped
	r.Problems = append(r.Problems, m.Problems...)
}

// importer is the import of one bundle. What the walk fills and what the
// writer fills is touched by one goroutine each.
type importer struct {
	c      *index.Case
	w      *index.Writer
	o      Options
	zone   *time.Location
	how    how
	again  bool            // the bundle is in the case: only what is stale is read
	cut    bool            // and a limit kept members of it out
	before map[string]bool // its members then, by path
	meter  *meter
	path   string
	bundle analysis.Bundle
	hashes *bundle.Hashes
	pool   pool

	// Of the reading goroutine.
	stored  map[string]bool     // members that an earlier import stored whole
	work    chan *pack          // to the workers
	flight  *semaphore.Weighted // bytes that are under way
	ordered chan *pack          // the same, and packs without data, to the writer
	sources *sources            // the members by their content
	held    *index.Known        // what other imports brought
	years   *years              // nil until a member asks

	// Of the writing goroutine.
	events                            map[eventKey]version // that were counted
	ledger                            Result               // what its rows add up to
	added, found, continued, replaced Tally
	resumed                           Tally
	latest                            time.Time   // of all records
	stated                            []time.Time // the members' latest times with a year of their own
}

// forget lets go of what only the reading of members needs: there may be a
// million of them.
func (im *importer) forget() {
	im.pool.forget()
	im.stored, im.before, im.sources, im.held, im.years, im.events = nil, nil, nil, nil, nil, nil
}

// recall takes in what earlier imports stored.
func (im *importer) recall() {
	im.held = im.w.Held()
	im.w.Stored(func(m *analysis.Member, states []analysis.State, r index.Reading) {
		im.stored[m.Path] = true
		im.ledger.count(m)
		im.saw(m, r.Dialect)
		im.stretch(m)
		for i := range states {
			im.happened(&states[i])
		}
		if !im.again {
			im.tell(&im.added, m, m.Records)
		}
	})
	for i, list := 0, im.c.States(); i < len(list); i++ {
		if o := &list[i].Origin; o.Bundle != im.bundle.ID || im.stored[o.Path] {
			im.happened(&list[i])
		}
	}
}

// happened notes an event that is counted already.
func (im *importer) happened(s *analysis.State) {
	if s.Kind == "Event" {
		im.events[keyOf(s)] = versionOf(s)
	}
}

// tell counts a member in what the import did.
func (im *importer) tell(t *Tally, m *analysis.Member, records int64) {
	if m.Indexed > 0 || t == &im.found {
		t.add(Tally{1, records, m.Bytes})
	}
}

// run moves the bundle through the pipeline: one goroutine reads, several
// work, one writes.
func (im *importer) run(ctx context.Context) (analysis.Bundle, error) {
	im.meter.begin("importing")
	g, ctx := errgroup.WithContext(ctx)
	im.flight = semaphore.NewWeighted(inFlight)
	im.work = make(chan *pack, im.o.Workers)
	im.ordered = make(chan *pack, 4*im.o.Workers)
	var walked analysis.Bundle
	g.Go(func() error {
		defer close(im.ordered)
		defer close(im.work)
		r := &reading{importer: im, ctx: ctx}
		info, err := os.Stat(im.path)
		if err == nil && !info.IsDir() {
			r.spool = newSpool(im.c.Info().Dir)
			defer r.spool.close()
		}
		walked, err = bundle.Walk(ctx, im.path, bundle.Options{Limits: im.o.Limits, Progress: im.meter.read, Hashes: im.hashes, Temp: im.c.Info().Dir}, r.visit, r.done)
		if err == nil {
			err = r.release(walked.Collected)
		}
		if err != nil {
			return err
		}
		return r.flush()
	})
	for range im.o.Workers {
		g.Go(func() error {
			w := newWorker(im)
			for p := range im.work {
				p.err = w.pack(ctx, p)
				close(p.ready)
			}
			return nil
		})
	}
	g.Go(func() error { return im.write(ctx) })
	return walked, g.Wait()
}
