package index

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"faultline/analysis"
	"faultline/index/search"
)

// Description tells of something that a case is found to hold when it is
// judged, and by which words it can be found: an episode, a cause, or what the
// template of a pattern does not say of it.
type Description struct {
	Kind   string          `json:"kind"`  // "episode", "cause" or "pattern"
	ID     string          `json:"id"`    // unique within its kind; of a pattern its own
	Of     string          `json:"of"`    // of an episode, what it is an episode of: in an answer one stands for all
	Title  string          `json:"title"` // what it is called; a pattern's is its template
	Text   string          `json:"text"`  // what else is said of it
	Filter analysis.Filter `json:"filter"`
}

// descriptions are what a case was last told by Describe.
type descriptions struct {
	Generation uint64        `json:"generation"` // of the contents that they tell of
	By         string        `json:"by"`         // what the case was judged by
	List       []Description `json:"list"`       // ascending by kind and ID
	Left       int           `json:"left"`       // episodes that are too many to be told of

	sum string // SHA-256 of the JSON
}

func compareDescriptions(a, b Description) int {
	return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.ID, b.ID))
}

// of returns what is told of one thing, nil for nothing.
func (d *descriptions) of(kind, id string) *Description {
	if d == nil {
		return nil
	}
	i, ok := slices.BinarySearchFunc(d.List, Description{Kind: kind, ID: id}, compareDescriptions)
	if !ok {
		return nil
	}
	return &d.List[i]
}

// documents yields what can be found and is not a pattern.
func (d *descriptions) documents(yield func(search.Document) bool) bool {
	if d == nil {
		return true
	}
	for i := range d.List {
		x := &d.List[i]
		if x.Kind != "pattern" && !yield(search.Document{Kind: x.Kind, ID: x.ID, Title: x.Title, Text: x.Text}) {
			return false
		}
	}
	return true
}

// Describe replaces what Find knows of causes, episodes and patterns beside
// their templates. It holds until an import changes the records that it tells
// of: whoever judges the case then tells it again. In a case that is open for
// reading only it lasts until it is closed. Telling the same again changes
// nothing. by names what the case was judged by, and left is how
// many episodes are too many to be told of.
func (c *Case) Describe(by string, list []Description, left int) error {
	in := c.contents.Load()
	if in == nil {
		return ErrClosed
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, compareDescriptions)
	list = slices.CompactFunc(list, func(a, b Description) bool { return compareDescriptions(a, b) == 0 })
	d := &descriptions{Generation: in.generation, By: by, List: list, Left: left}
	raw, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("describe case: %w", err)
	}
	d.sum = sumOf(raw)
	if old := c.told(); old.Generation == d.Generation && old.sum == d.sum {
		return nil
	}
	if !c.readOnly {
		if err := c.storeTold(raw); err != nil {
			return fmt.Errorf("describe case: %w", err)
		}
	}
	c.texts.Store(d)
	return nil
}

// Described reports whether the case was told by Describe of the records that
// it has now, as they were judged by the same.
func (c *Case) Described(by string) bool {
	in := c.contents.Load()
	d := c.told()
	return in != nil && d.sum != "" && d.Generation == in.generation && d.By == by
}

func sumOf(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

const (
	toldMagic = "FLTOLD\x00\x01"
	maxTold   = 1 << 30
)

func (c *Case) storeTold(raw []byte) error {
	b, err := pack(toldMagic, raw)
	if err != nil {
		return err
	}
	name := c.newName(toldExt)
	if err := writeFile(c.fs, name, b); err != nil {
		return err
	}
	entry := entryOf(name, b)
	var old *fileEntry
	if err := c.update(func(m *manifest) { old, m.Told = m.Told, &entry }); err != nil {
		return err
	}
	if old != nil {
		_ = c.fs.Remove(old.Name) // else the next Open removes it
	}
	return nil
}

// told returns what the case was last told. It is read when it is first asked
// for, not when the case is opened. A file that is damaged or gone counts as
// none: Verify names it, and the next who judges the case writes it again.
func (c *Case) told() *descriptions {
	if d := c.texts.Load(); d != nil {
		return d
	}
	d := &descriptions{}
	if m := c.manifest(); m.Told != nil {
		if x, err := loadTold(c.fs, m.Told); err == nil {
			d = x
		} else {
			c.note(m.Told.Name, "%v; causes and episodes are not found by words until the case is assessed again", err)
		}
	}
	if !c.texts.CompareAndSwap(nil, d) {
		return c.texts.Load()
	}
	return d
}

func loadTold(dir fsys, f *fileEntry) (*descriptions, error) {
	b, err := f.read(dir)
	if err != nil {
		return nil, err
	}
	raw, err := unpack(toldMagic, b, maxTold)
	if err != nil {
		return nil, err
	}
	return decodeTold(raw)
}

func decodeTold(raw []byte) (*descriptions, error) {
	d := &descriptions{sum: sumOf(raw)}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if err := dec.Decode(d); err != nil {
		return nil, err
	}
	if !slices.IsSortedFunc(d.List, compareDescriptions) {
		return nil, fmt.Errorf("descriptions are out of order")
	}
	return d, nil
}

// descriptions returns what is told of the contents that v shows, nil when that
// is nothing.
func (c *Case) descriptions(v *view) *descriptions {
	if d := c.told(); d.sum != "" && d.Generation == v.in.generation {
		return d
	}
	return nil
}

func (c *Case) description(v *view, kind, id string) *Description {
	return c.descriptions(v).of(kind, id)
}
