package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"faultline/analysis/assess"
	"faultline/analysis/ingest"
	"faultline/app/screen"
	"faultline/app/widget"
	"faultline/index"
	"faultline/testdata/sample"
)

// job is what runs in the background: one at a time.
type job struct {
	screen.Job
	cancel context.CancelFunc
	member string
}

// Job implements screen.Host.
func (p *App) Job() (screen.Job, bool) {
	if p.job == nil {
		return screen.Job{}, false
	}
	return p.job.Job, true
}

// Cancel implements screen.Host.
func (p *App) Cancel() {
	if p.job != nil {
		p.job.cancel()
		p.Trace("cancel")
	}
}

// run starts a job: work outside Fyne's goroutine, then done in it.
func (p *App) run(title string, work func(ctx context.Context) error, done func(err error)) {
	if p.job != nil {
		p.Tell("Something is running already", "Wait for it to end, or cancel it first: "+p.job.Title, true)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	j := &job{Job: screen.Job{Title: title, Done: -1}, cancel: cancel}
	p.job = j
	p.progress()
	p.Trace("job %q", title)
	p.jobs.Add(1)
	go func() {
		err := work(ctx)
		p.jobs.Done()
		p.Do(func() {
			cancel()
			p.job = nil
			p.progress()
			done(err)
		})
	}()
}

// report shows an import's progress; it is called from the import's goroutine.
func (p *App) report(g ingest.Progress) {
	p.Do(func() {
		j := p.job
		if j == nil {
			return
		}
		j.Stage, j.Left = stage(g.Stage), g.Left
		j.Done = -1
		if g.Total > 0 {
			j.Done = min(1, float64(g.Done)/float64(g.Total))
		}
		j.Detail = fmt.Sprintf("%s of %s  ·  %s, %s", widget.Bytes(g.Done), widget.Bytes(g.Total), widget.Plural(int64(g.Members), "member"), widget.Plural(g.Records, "record"))
		if g.Rate > 0 {
			j.Detail += "  ·  " + widget.Bytes(int64(g.Rate)) + "/s"
		}
		if g.Member != "" && g.Member != j.member {
			j.member = g.Member
			j.Lines = append(j.Lines, g.Member)
			if len(j.Lines) > 6 {
				j.Lines = j.Lines[1:]
			}
		}
		p.progress()
	})
}

func stage(s string) string {
	switch s {
	case "reading":
		return "Reading the bundle"
	case "surveying":
		return "Looking for years and zones"
	case "importing":
		return "Importing records"
	case "mining":
		return "Finding patterns"
	}
	return s
}

// setStage says what the job does now.
func (p *App) setStage(s string) {
	p.Do(func() {
		if p.job != nil {
			p.job.Stage, p.job.Done, p.job.Left = s, -1, 0
			p.progress()
		}
	})
}

func (p *App) progress() {
	j, running := p.Job()
	p.bar.progress(j, running)
	if p.session == nil {
		p.start.Progress()
	}
}

// Import implements screen.Host: the bundles at paths become a new case, or
// continue the case that they began before.
func (p *App) Import(paths []string) {
	if len(paths) == 0 {
		return
	}
	name := strings.TrimSuffix(filepath.Base(paths[0]), filepath.Ext(paths[0]))
	name = strings.TrimSuffix(name, ".tar")
	if len(paths) > 1 {
		name = fmt.Sprintf("%s and %d more", name, len(paths)-1)
	}
	p.importInto(p.caseDir(name, paths), name, paths)
}

// importInto imports paths into the case in dir, which is made when it is not
// there, assesses it and opens it.
func (p *App) importInto(dir, name string, paths []string) {
	var s *screen.Session
	var res ingest.Result
	p.run("Importing "+name, func(ctx context.Context) (err error) {
		if err := readable(paths); err != nil { // before there is a case
			return err
		}
		c, err := p.openOrCreate(dir, name)
		if err != nil {
			return err
		}
		s, res, err = p.fill(ctx, c, paths)
		return err
	}, func(err error) { p.imported(s, res, name, paths, err) })
}

// openOrCreate opens the case in dir, or makes it. Beside one that is damaged
// it makes another: the bundle that is imported can fill it again.
func (p *App) openOrCreate(dir, name string) (*index.Case, error) {
	for n := 1; ; n++ {
		at := dir
		if n > 1 {
			at = fmt.Sprintf("%s-%d", dir, n)
		}
		c, err := index.Create(at, index.Options{Name: name, Version: p.o.Version})
		if errors.Is(err, index.ErrExists) {
			c, err = index.Open(at, index.Options{Version: p.o.Version})
		}
		var damaged *index.DamagedError
		var foreign *index.ForeignError
		if n == 20 || !errors.As(err, &damaged) && !errors.As(err, &foreign) {
			return c, err
		}
		p.setStage("The case " + filepath.Base(at) + " cannot be read; making another")
	}
}

// fill imports paths into c and assesses it; c is closed when that fails.
func (p *App) fill(ctx context.Context, c *index.Case, paths []string) (*screen.Session, ingest.Result, error) {
	res, err := ingest.Run(ctx, c, paths, ingest.Options{Progress: p.report})
	if err != nil {
		return nil, res, errors.Join(err, c.Close())
	}
	if info := c.Info(); info.Members == 0 && len(info.Bundles) <= len(paths) {
		// A case of nothing is no use to anyone.
		return nil, res, errors.Join(&emptyError{paths, res.Problems}, c.Close(), os.RemoveAll(info.Dir))
	}
	s, err := p.assess(ctx, c)
	if err != nil {
		return nil, res, errors.Join(err, c.Close())
	}
	return s, res, nil
}

// assess makes the session of an open case.
func (p *App) assess(ctx context.Context, c *index.Case) (*screen.Session, error) {
	p.setStage("Answering when, why and how often")
	cat, err := p.catalogue()
	if err != nil {
		return nil, err
	}
	a, err := assess.Assess(ctx, c, cat, assess.Options{Zone: p.zone(c.Info().Zone).String(), Version: p.o.Version})
	if err != nil {
		return nil, err
	}
	return screen.NewSession(c, cat, a, p), nil
}

func (p *App) imported(s *screen.Session, res ingest.Result, name string, paths []string, err error) {
	switch {
	case errors.Is(err, context.Canceled):
		p.start.Refresh()
		p.Tell("Import cancelled", "What was read is kept. Drop "+name+" again to go on where it stopped.", false)
		return
	case err != nil:
		p.start.Refresh()
		p.failed("The import of "+name+" stopped", err)
		return
	}
	p.open(s)
	p.tellImported("Imported "+name, res, paths)
}

// failed tells of an error and what can be done about it.
func (p *App) failed(title string, err error) {
	text := err.Error()
	var locked *index.LockedError
	var damaged *index.DamagedError
	var empty *emptyError
	switch {
	case errors.As(err, &empty):
		text = empty.Error() + " Choose the file or folder that holds the logs."
	case errors.As(err, &locked):
		text = fmt.Sprintf("The case is open in another program (process %d on %s). Close it there and try again.", locked.PID, locked.Host)
	case errors.As(err, &damaged):
		text = "A file of the case is not what was written (" + damaged.File + "). Import the bundle again: it makes a new case."
	case errors.Is(err, index.ErrNoCase):
		text = "There is no case in this folder. Choose the folder that holds a case, or drop a bundle to make one."
	case errors.Is(err, fs.ErrPermission):
		text += ". Check that you may read the bundle and write the case's folder."
	case errors.Is(err, fs.ErrNotExist):
		text += ". It may have been moved or deleted."
	}
	p.Tell(title, text, true)
}

// OpenCase implements screen.Host.
func (p *App) OpenCase(dir string) {
	var s *screen.Session
	p.run("Opening "+filepath.Base(dir), func(ctx context.Context) error {
		c, err := index.Open(dir, index.Options{Version: p.o.Version})
		var locked *index.LockedError
		if errors.As(err, &locked) || errors.Is(err, fs.ErrPermission) {
			if ro, e := index.Open(dir, index.Options{Version: p.o.Version, ReadOnly: true}); e == nil {
				c, err = ro, nil
			}
		}
		if err != nil {
			return err
		}
		if s, err = p.assess(ctx, c); err != nil {
			return errors.Join(err, c.Close())
		}
		return nil
	}, func(err error) {
		switch {
		case errors.Is(err, context.Canceled):
		case err != nil:
			if errors.Is(err, index.ErrNoCase) {
				p.forget(dir)
				p.start.Refresh()
			}
			p.failed("The case could not be opened", err)
		default:
			p.open(s)
		}
	})
}

// OpenSample implements screen.Host: the sample's files are written beside its
// case and imported like any bundle.
func (p *App) OpenSample() {
	dir := filepath.Join(p.dataDir(), "sample")
	files := filepath.Join(dir, "files")
	var s *screen.Session
	var res ingest.Result
	p.run("Opening the sample case", func(ctx context.Context) error {
		paths, err := unpackSample(files)
		if err != nil {
			return err
		}
		c, err := p.openOrCreate(filepath.Join(dir, "case-"+hashOf(paths)), "Sample: a cluster that stops every day")
		if err != nil {
			return err
		}
		s, res, err = p.fill(ctx, c, paths)
		return err
	}, func(err error) {
		if err == nil {
			p.open(s)
			return
		}
		p.imported(s, res, "the sample", nil, err)
	})
}

// unpackSample writes the sample's files to dir and returns their paths.
func unpackSample(dir string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	list, err := sample.Files.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, e := range list {
		b, err := sample.Files.ReadFile(e.Name())
		if err != nil {
			return nil, err
		}
		path := filepath.Join(dir, e.Name())
		if old, err := os.ReadFile(path); err != nil || string(old) != string(b) {
			if err := os.WriteFile(path, b, 0o600); err != nil {
				return nil, err
			}
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// caseDir returns the folder of the case that bundles at paths make: the same
// for the same files, so that a second import continues the first.
func (p *App) caseDir(name string, paths []string) string {
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.' {
			return r
		}
		return '-'
	}, name)
	if clean = strings.Trim(clean, ".-"); clean == "" {
		clean = "case"
	}
	if len(clean) > 60 {
		clean = clean[:60]
	}
	return filepath.Join(p.dataDir(), clean+"-"+hashOf(paths))
}

// hashOf returns a short hash over paths, sizes and times of change.
func hashOf(paths []string) string {
	h := sha256.New()
	for _, path := range paths {
		if abs, err := filepath.Abs(path); err == nil {
			path = abs
		}
		fmt.Fprintln(h, path)
		if st, err := os.Stat(path); err == nil {
			fmt.Fprintln(h, st.Size(), st.ModTime().UnixNano())
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:4])
}

// AddBundles imports more bundles into the open case.
func (p *App) AddBundles(paths []string) {
	s := p.session
	if s == nil || len(paths) == 0 {
		return
	}
	if s.Case.Info().ReadOnly {
		p.Tell("The case is read only", "It is open in another program, or its folder cannot be written.", true)
		return
	}
	var res ingest.Result
	p.run("Adding "+filepath.Base(paths[0]), func(ctx context.Context) (err error) {
		res, err = ingest.Run(ctx, s.Case, paths, ingest.Options{Progress: p.report})
		return err
	}, func(err error) {
		switch {
		case errors.Is(err, context.Canceled):
			p.Tell("Import cancelled", "What was read is kept. Add the bundle again to go on.", false)
		case err != nil:
			p.failed("The import stopped", err)
		default:
			p.tellImported("Added "+filepath.Base(paths[0]), res, paths)
			if !res.Already {
				s.Reassess(p.marks)
			}
		}
	})
}

// Verify reads everything again against its checksums.
func (p *App) Verify() {
	s := p.session
	if s == nil {
		return
	}
	start := time.Now()
	found := 0
	p.run("Verifying the case", func(ctx context.Context) error {
		list, err := s.Case.Verify(ctx, func(done, total int64) {
			p.Do(func() {
				if p.job != nil && total > 0 {
					p.job.Done = float64(done) / float64(total)
					p.job.Detail = widget.Bytes(done) + " of " + widget.Bytes(total)
					p.progress()
				}
			})
		})
		found = len(list)
		return err
	}, func(err error) {
		switch {
		case errors.Is(err, context.Canceled):
		case err != nil:
			p.failed("The case could not be verified", err)
		case found > 0:
			p.Tell("The case is damaged", widget.Plural(int64(found), "fault")+" found. Import the bundle again into a new case.", true)
		default:
			p.Tell("The case is sound", "Everything was read again against its checksums in "+widget.Duration(time.Since(start))+".", false)
		}
	})
}
