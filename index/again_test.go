package index_test

import (
	"errors"
	"testing"

	"faultline/analysis"
	"faultline/index"
)

// TestContinueFaults lets every changing call fail while members are continued
// that an earlier bundle brought, and while they are read again in a further
// pass. Until the end of either the case answers as before; then as if nothing
// had happened.
func TestContinueFaults(t *testing.T) {
	// More than half of the first one's segment counts no more then, so that it
	// is written anew.
	first, grown := newSource("b1", 2, 60, 20), newSource("b2", 2, 80, 20)
	grown.skip = 20
	everything := func(*analysis.Member, string) bool { return true }
	// run imports the second bundle, or reads it again.
	run := func(t *testing.T, c *index.Case, stale func(*analysis.Member, string) bool) error {
		s := grown
		if stale != nil {
			s.skip = 0
		}
		w, err := c.BeginAs(s.bundle, "again", func(m *analysis.Member, how string) bool {
			return stale != nil && how != "again" && m != nil && m.Indexed > 0
		})
		if errors.Is(err, index.ErrImported) {
			return nil
		}
		if err != nil {
			return err
		}
		s.held = w.Held()
		for m := range s.members {
			if err = s.member(w, m, nil); err == nil {
				err = w.Commit()
			}
			if err != nil {
				return errors.Join(err, w.Close())
			}
		}
		return w.Finish(t.Context(), s.bundle)
	}
	for name, stale := range map[string]func(*analysis.Member, string) bool{"continued": nil, "read again": everything} {
		prepare := func(d *index.Disk) *index.Case {
			c, err := openOrCreate(t.TempDir(), d)
			if err != nil {
				t.Fatal(err)
			}
			importAll(t, c, first)
			if stale != nil {
				if err := run(t, c, nil); err != nil {
					t.Fatal(err)
				}
			}
			return c
		}
		probe := index.NewDisk()
		c := prepare(probe)
		before, from := digest(t, c), probe.Calls()
		if err := run(t, c, stale); err != nil {
			t.Fatal(err)
		}
		after, calls := digest(t, c), probe.Calls()
		if info := c.Info(); info.Records != 160 || calls-from < 20 {
			t.Fatalf("%s: %d records after %d calls", name, info.Records, calls-from)
		}
		if stale == nil && before == after {
			t.Fatal("the second import changed nothing")
		}
		for _, name := range probe.Names() {
			if stale == nil && name == "000001.segment" {
				t.Error("the half-dead segment is still there")
			}
		}
		closeCase(t, c)
		for _, mode := range []struct {
			name string
			dead bool
			loss index.Loss
		}{
			{"crash", true, index.LoseNothing},
			{"power loss", true, index.LoseUnsynced},
			{"full disk", false, index.LoseNothing},
		} {
			t.Run(name+", "+mode.name, func(t *testing.T) {
				for n := from + 1; n <= calls && !t.Failed(); n++ {
					d := index.NewDisk()
					c := prepare(d)
					d.FailAt, d.Dead = n, mode.dead
					err := run(t, c, stale)
					if err != nil && !errors.Is(err, index.ErrDisk) {
						t.Errorf("call %d: %v does not lead back to its cause", n, err)
					}
					if mode.dead {
						c.Abandon()
					} else {
						_ = c.Close() // may fail for the same reason
					}
					d.Revive(mode.loss)
					if c, err = openOrCreate(t.TempDir(), d); err != nil {
						t.Fatalf("call %d: open after the fault: %v", n, err)
					}
					if got := digest(t, c); got != before && got != after {
						t.Errorf("call %d: the case answers neither as before nor as after", n)
					}
					if err := run(t, c, stale); err != nil {
						t.Errorf("call %d: go on: %v", n, err)
					}
					if digest(t, c) != after {
						t.Errorf("call %d: the case differs from an undisturbed one", n)
					}
					if problems, err := c.Verify(t.Context(), nil); err != nil || len(problems) > 0 {
						t.Errorf("call %d: verify: %v, %v", n, problems, err)
					}
					closeCase(t, c)
				}
			})
		}
	}
}
