package index_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"faultline/index"
)

// TestDamagedEnd damages the end of a segment, with its block table: the copy of
// it keeps all blocks that are whole. Without the copy the segment is lost.
func TestDamagedEnd(t *testing.T) {
	dir, d := t.TempDir(), index.NewDisk()
	c, err := index.Create(dir, d.Use(index.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	s := newSource("b1", 5, 60, 20)
	importAll(t, c, s)
	want := ask(t, c)
	closeCase(t, c)
	stored := d.Files()
	name := d.Names()[slices.IndexFunc(d.Names(), func(n string) bool { return strings.HasSuffix(n, ".segment") })]
	table := strings.TrimSuffix(name, ".segment") + ".table"
	whole, end := stored[name], len(stored[table])
	if !bytes.HasSuffix(whole, stored[table]) {
		t.Fatal("the copy is not the end of the segment")
	}
	flipped := func(at int) []byte {
		b := bytes.Clone(whole)
		b[at] ^= 4
		return b
	}
	for what, x := range map[string]struct {
		bad   []byte
		copy  []byte
		least int // records that are left
		most  int
	}{
		"a bit of the table":           {flipped(len(whole) - end + 20), stored[table], 300, 300},
		"a bit of the trailer":         {flipped(len(whole) - 20), stored[table], 300, 300},
		"without its end":              {whole[:len(whole)-end], stored[table], 300, 300},
		"without its second half":      {whole[:len(whole)/2], stored[table], 60, 240},
		"the copy":                     {whole, []byte("nothing"), 300, 300},
		"a bit of both":                {flipped(len(whole) - 20), stored[table][1:], 0, 0},
		"all of it, gone":              {nil, stored[table], 0, 0},
		"a block and a bit of the end": {append(append(bytes.Clone(whole[:20]), whole[30:]...), make([]byte, 10)...), stored[table], 0, 299},
	} {
		for _, o := range []index.Options{{}, {ReadOnly: true}} {
			t.Run(fmt.Sprintf("%s, read only %v", what, o.ReadOnly), func(t *testing.T) {
				d.SetFiles(stored)
				d.SetFile(name, x.bad)
				d.SetFile(table, x.copy)
				c, err := index.Open(dir, d.Use(o))
				if err != nil {
					t.Fatal(err)
				}
				got := ask(t, c)
				lost := checkWhole(t, what, c.Info(), got, want)
				if n := len(want.hits) - lost; n < x.least || n > x.most {
					t.Errorf("%d of %d records are left, want %d to %d: %v", n, len(want.hits), x.least, x.most, c.Info().Problems)
				}
				if problems, err := c.Verify(t.Context(), nil); err != nil || len(problems) == 0 {
					t.Errorf("verify: %v, %v", problems, err)
				}
				if !o.ReadOnly {
					c = repair(t, what, dir, d, c, []source{s}, got, want)
					if lost == 0 && x.copy != nil && !bytes.Equal(d.File(name), whole) {
						t.Error("the segment was not written again")
					}
				}
				closeCase(t, c)
			})
		}
	}
}

// TestMendFaults lets every changing call fail while a segment whose end is
// damaged is written again: nothing is lost by it, and the next who opens the
// case has a whole one.
func TestMendFaults(t *testing.T) {
	s := newSource("b1", 3, 40, 20)
	for _, mode := range faults {
		t.Run(mode.name, func(t *testing.T) {
			for n := 1; ; n++ {
				dir, d := t.TempDir(), index.NewDisk()
				c, err := openOrCreate(dir, d)
				if err != nil {
					t.Fatal(err)
				}
				importAll(t, c, s)
				want := ask(t, c)
				closeCase(t, c)
				for _, name := range d.Names() {
					if b := d.File(name); strings.HasSuffix(name, ".segment") {
						d.SetSynced(name, append(bytes.Clone(b[:len(b)-9]), 'x'))
					}
				}
				before := d.Calls()
				d.FailAt, d.Dead = before+n, mode.dead
				if c, err = openOrCreate(dir, d); err != nil && !errors.Is(err, index.ErrDisk) {
					t.Fatalf("call %d: %v", n, err)
				}
				ended := d.Calls()-before < n // nothing has failed
				c.Abandon()
				d.Revive(mode.loss)
				if c, err = openOrCreate(dir, d); err != nil {
					t.Fatalf("call %d, afterwards: %v", n, err)
				}
				if lost := checkWhole(t, mode.name, c.Info(), ask(t, c), want); lost > 0 {
					t.Errorf("call %d: %d records are lost: %v", n, lost, c.Info().Problems)
				}
				closeCase(t, c)
				if c, err = openOrCreate(dir, d); err != nil {
					t.Fatal(err)
				}
				if problems, err := c.Verify(t.Context(), nil); err != nil || len(problems) > 0 {
					t.Errorf("call %d: verify: %v, %v", n, problems, err)
				}
				closeCase(t, c)
				if ended || t.Failed() {
					break
				}
			}
		})
	}
}
