package index_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"faultline/analysis"
	"faultline/analysis/pattern"
	"faultline/index"
	"faultline/index/segment"
)

// source is a made-up bundle: members with lines, told from its seed.
type source struct {
	bundle  analysis.Bundle
	members int
	lines   int // of each member
	block   int // lines in a block

	skip int          // lines of each member that the case has already: they are taken over
	held *index.Known // from there

	begun *atomic.Int64 // counts the members of which an import that broke off had stored something; may be nil
}

func newSource(id string, members, lines, block int) source {
	return source{bundle: analysis.Bundle{ID: id, Name: id + ".tar.gz", Members: members}, members: members, lines: lines, block: block}
}

func (s source) line(m, i int) string {
	switch (m*7 + i) % 4 {
	case 0:
		return fmt.Sprintf("connection to 10.0.%d.%d refused after %d ms\n", m%200, i%250, i*13)
	case 1:
		return fmt.Sprintf("mounted volume pvc-%08x on worker-%d\n", i*2654435761, m%3)
	case 2:
		return fmt.Sprintf("retry %d of request %d\n", i%5, i)
	}
	return "heartbeat ok\n"
}

// write imports s into w from where w stands; stop, when not nil, is asked
// before each block and ends the import.
func (s source) write(w *index.Writer, stop func() bool) (stopped bool, err error) {
	for m := range s.members {
		if err := s.member(w, m, stop); err != nil {
			return errors.Is(err, errStopped), ignore(err, errStopped)
		}
	}
	return false, nil
}

var errStopped = errors.New("stopped")

func ignore(err, ignored error) error {
	if errors.Is(err, ignored) {
		return nil
	}
	return err
}

func (s source) path(m int) string { return fmt.Sprintf("logs/member-%03d.log", m) }

// member imports one member, unless it is done.
func (s source) member(w *index.Writer, m int, stop func() bool) error {
	lx, tokens := pattern.NewLexer(), new(index.Tokens)
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	path := s.path(m)
	if w.Done(path) {
		return nil
	}
	var begun *index.Prior
	stored := int64(0)
	if s.skip == 0 {
		var err error
		if begun, err = w.Begun(path, "as ever"); err != nil {
			return err
		}
		if begun != nil {
			stored = begun.Size()
		}
		if begun != nil && s.begun != nil {
			s.begun.Add(1)
		}
	}
	number := w.Member(path)
	resource := analysis.Resource{Host: fmt.Sprintf("worker-%d", m%3)}
	var r index.Reading
	row := analysis.Member{Path: path, Kind: analysis.MemberText, Format: "text", Resource: resource}
	for from := 0; from < s.lines; from += s.block {
		if stop != nil && stop() {
			return errStopped
		}
		b := segment.Block{Member: number, Line: int64(from) + 1, Offset: row.Bytes, Resources: []uint64{w.Resource(resource)}, Complete: true}
		places := map[uint64]uint32{}
		tokens.Reset()
		for i := from; i < min(from+s.block, s.lines); i++ {
			line := s.line(m, i)
			text := []byte(line)
			id := lx.Shape(text)
			tokens.Record(text, text, id, lx.Spans())
			if !w.Known(id) {
				w.Shape(id, string(lx.Skeleton(nil)))
			}
			at, ok := places[id]
			if !ok {
				at = uint32(len(b.Shapes))
				places[id] = at
				b.Shapes = append(b.Shapes, id)
			}
			sev := analysis.SeverityInfo
			if strings.Contains(line, "refused") {
				sev = analysis.SeverityError
			}
			b.Recs = append(b.Recs, segment.Rec{
				Start: uint32(len(b.Raw)), Line: uint32(i - from), Time: start.Add(time.Duration(m*s.lines+i) * time.Second).UnixNano(),
				Shape: at, Severity: sev, Quality: analysis.TimeExact,
			})
			b.Raw = append(b.Raw, line...)
		}
		b.Lines = int64(len(b.Recs))
		b.Tokens = tokens.List()
		data, info, err := segment.Encode(&b, nil)
		if err != nil {
			return err
		}
		switch {
		case row.Bytes < stored:
			if equal, ends, err := begun.Equal(row.Bytes, b.Raw); err != nil || !equal || !ends {
				return fmt.Errorf("%s is not what was stored of it before: %w", path, err)
			}
		case from >= s.skip:
			if err := errors.Join(w.Append(data, info), w.Pause(path, "as ever")); err != nil {
				return err
			}
		default:
			r.Until = row.Bytes + int64(len(b.Raw))
		}
		row.Bytes += int64(len(b.Raw))
		row.Records += int64(len(b.Recs))
		row.Lines += b.Lines
	}
	row.Indexed, row.Timed = row.Bytes, row.Records
	var states []analysis.State
	if m%5 == 0 {
		states = append(states, analysis.State{Kind: "Pod", Name: fmt.Sprintf("pod-%d", m), Count: int64(m), Origin: analysis.Origin{Path: path, Line: 1}})
	}
	if s.skip > 0 {
		r.Prior = s.held.Alike(path, nil)[0]
		s.held.Take(r.Prior)
		states = nil
	}
	if err := w.FinishedAs(row, nil, states, r); err != nil {
		return err
	}
	return nil
}

func importAll(t testing.TB, c *index.Case, s source) {
	t.Helper()
	w, err := c.Begin(s.bundle)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.write(w, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(t.Context(), s.bundle); err != nil {
		t.Fatal(err)
	}
}

func create(t testing.TB, dir string) *index.Case {
	t.Helper()
	c, err := index.Create(dir, index.Options{Name: "test", Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeCase(t, c) })
	return c
}

func reopen(t testing.TB, dir string) *index.Case {
	t.Helper()
	c, err := index.Open(dir, index.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeCase(t, c) })
	return c
}

func closeCase(t testing.TB, c *index.Case) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "case")
	s := newSource("b1", 7, 1000, 300)
	c := create(t, dir)
	importAll(t, c, s)
	info := c.Info()
	if info.Records != 7000 || info.Members != 7 || info.Patterns == 0 || info.States != 2 {
		t.Errorf("after the import: %+v", info)
	}
	want := digest(t, c)
	closeCase(t, c)

	c = reopen(t, dir)
	if got := digest(t, c); got != want {
		t.Errorf("reopened case differs:\n%s", cmp.Diff(want, got))
	}
	if diff := cmp.Diff(info, c.Info()); diff != "" {
		t.Errorf("info (-before +after):\n%s", diff)
	}
	if _, err := c.Begin(s.bundle); !errors.Is(err, index.ErrImported) {
		t.Errorf("second import: %v, want ErrImported", err)
	}
}
