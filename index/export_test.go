package index

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"faultline/analysis"
	"faultline/index/segment"
)

// TokenOf returns the token that stands for a word in blocks whatever the
// shape; ok is false for words that no block keeps.
func TokenOf(word []byte) (token uint64, ok bool) { return hashFold(word), indexed(word) }

// Digest describes all that queries can see: equal digests mean equal
// answers.
func (c *Case) Digest() (string, error) {
	in := c.contents.Load()
	var b strings.Builder
	for i, m := range in.members.All() {
		fmt.Fprintf(&b, "member %d %+v\n", i, *m)
	}
	for i := range in.patterns {
		p := &in.patterns[i]
		fmt.Fprintf(&b, "pattern %s %q at %q count %d shapes %d sources %d severity %v %d..%d\n", p.ID, p.Text, p.At, p.count, p.shapes, p.sources, p.severity, p.first, p.last)
	}
	lits, err := in.literals()
	if err != nil {
		return "", err
	}
	for i := range in.shapes {
		s := &in.shapes[i]
		fmt.Fprintf(&b, "shape %016x %q %d %d\n", s.id, lits.of(int32(i)), s.count, s.pattern)
	}
	origins, err := in.origins()
	if err != nil {
		return "", err
	}
	fmt.Fprintf(&b, "examples %+v\n", origins)
	for _, r := range in.resources {
		fmt.Fprintf(&b, "resource %+v\n", *r)
	}
	fmt.Fprintf(&b, "runs %+v\nstates %+v\nrollup %d %+v\n", in.runs, in.states, in.rollup.width, cellsOf(in))
	j := c.judgement.Load()
	for _, list := range []any{j.marks, j.labels} {
		fmt.Fprintf(&b, "judged %+v\n", list) // fmt sorts maps
	}
	var cols segment.Columns
	for i := range in.blocks {
		k := &in.blocks[i]
		e := k.entry()
		for _, h := range k.heads() {
			fmt.Fprintf(&b, "head %q ", in.heads[h])
		}
		raw, err := k.segment.Raw(nil, k.at, 0, int(e.Bytes))
		if err != nil {
			return "", err
		}
		if err := k.segment.Columns(k.at, segment.All, &cols); err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "block %d line %d offset %d %x shapes %v %v resources %v columns %v %v %v %v filter",
			k.member, e.Line, e.Offset, sha256.Sum256(raw), k.shapes(), cols.Shape, k.resources(), cols.Start, cols.Time, cols.Severity, cols.Flags)
		r := rand.New(rand.NewPCG(1, 1))
		for range 200 {
			may, err := k.segment.MayHold(k.at, r.Uint64())
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&b, " %v", may)
		}
		b.WriteByte('\n')
	}
	return b.String(), nil
}

func cellsOf(in *contents) []cell {
	cells, err := in.rollup.cells()
	if err != nil {
		panic(err)
	}
	return cells
}

// AgeDerived stores the derived data as an earlier version of mining left it:
// without patterns.
func (c *Case) AgeDerived() error {
	old := *c.contents.Load()
	old.patterns, old.examples, old.rollup = nil, nil, newRollup(widths[0], nil)
	old.shapes = slices.Clone(old.shapes)
	for i := range old.shapes {
		old.shapes[i].pattern = -1
	}
	b, err := old.encodeDerived()
	if err != nil {
		return err
	}
	parts, err := cutSections(derivedMagic, b, derivedLiterals)
	if err != nil {
		return err
	}
	raw, err := unpack("", parts[derivedPatterns], maxDerived)
	if err != nil {
		return err
	}
	at := len(binary.AppendUvarint(nil, old.generation))
	raw[at]--
	if parts[derivedPatterns], err = pack("", raw); err != nil {
		return err
	}
	return c.storeDerived(sections(derivedMagic, parts...))
}

// DerivedFile returns the name of the file with the derived data.
func (c *Case) DerivedFile() string { return c.manifest().Derived.Name }

// Marked returns the patterns that a person marked.
func (c *Case) Marked() map[string]bool {
	set := map[string]bool{}
	for _, k := range c.manifest().Marks {
		set[k.Pattern] = true
	}
	return set
}

// Abandon lets go of a case as a process that dies does: nothing more is
// written.
func (c *Case) Abandon() {
	if c == nil {
		return
	}
	c.mu.Lock()
	w := c.writer
	c.mu.Unlock()
	if w != nil {
		_ = w.settle() // its file system is dead already
	}
	_ = c.shut()
}

// Disk is a case folder in memory that fails where it is told to and forgets
// what was not synced when the power goes.
type Disk struct {
	mu      sync.Mutex
	now     map[string]*diskFile // as programs see the folder
	durable map[string]*diskFile // as it is after the power went
	renamed map[string]*diskFile // since the folder was synced
	calls   int                  // that change something

	FailAt int  // the call that fails; 0 none
	Dead   bool // all calls after the failing one fail too
}

type diskFile struct{ data, synced []byte }

// ErrDisk is what a failing call returns.
var ErrDisk = errors.New("no space left on device")

func NewDisk() *Disk {
	return &Disk{now: map[string]*diskFile{}, durable: map[string]*diskFile{}, renamed: map[string]*diskFile{}}
}

// Use puts the disk in the place of the real folder.
func (d *Disk) Use(o Options) Options {
	o.fs = func(string) fsys { return d }
	return o
}

// Calls returns the number of changing calls so far.
func (d *Disk) Calls() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.calls
}

// Loss is what a crash takes with it.
type Loss int

// The kinds of loss.
const (
	LoseNothing  Loss = iota // the kernel had written everything
	LoseUnsynced             // all that was not synced is lost
	LoseCreated              // the same, but renames came through
)

// Revive ends a failure.
func (d *Disk) Revive(loss Loss) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.FailAt = 0
	if loss != LoseNothing {
		d.now = maps.Clone(d.durable)
		if loss == LoseCreated {
			maps.Copy(d.now, d.renamed)
		}
		for _, f := range d.now {
			f.data = bytes.Clone(f.synced)
		}
	}
}

// Names returns the names of all files.
func (d *Disk) Names() []string { return slices.Sorted(maps.Keys(d.now)) }

// File returns the bytes of a file; SetFile replaces them, or removes the
// file when b is nil.
func (d *Disk) File(name string) []byte {
	if f := d.now[name]; f != nil {
		return f.data
	}
	return nil
}

// Files returns the bytes of all files by name; SetFiles replaces them all.
func (d *Disk) Files() map[string][]byte {
	all := map[string][]byte{}
	for name, f := range d.now {
		all[name] = bytes.Clone(f.data)
	}
	return all
}

func (d *Disk) SetFiles(all map[string][]byte) {
	clear(d.now)
	for name, b := range all {
		d.now[name] = &diskFile{data: bytes.Clone(b)}
	}
}

func (d *Disk) SetFile(name string, b []byte) {
	if b == nil {
		delete(d.now, name)
		return
	}
	d.now[name] = &diskFile{data: b}
}

// Forge replaces a file that the manifest lists by other bytes, as if they had
// been written: the manifest lists their checksum. A manifest is changed by
// edit, of its JSON, and gets the checksum of that and the layout given.
func (d *Disk) Forge(name string, layout int, edit func(b []byte) []byte) error {
	m, err := loadManifest(d)
	if err != nil {
		return err
	}
	if name != manifestName {
		b := edit(bytes.Clone(d.File(name)))
		d.SetFile(name, b)
		e := entryOf(name, b)
		for i := range m.Batches {
			if m.Batches[i].Name == name {
				m.Batches[i] = e
				d.SetFile(e.mirror().Name, b)
			}
		}
		for i := range m.Segments {
			if s := &m.Segments[i]; s.Name == name {
				s.fileEntry, s.Seal = e, fmt.Sprintf("%x", sha256.Sum256(b[len(b)-sealed:]))
			}
		}
		return m.store(d)
	}
	b, err := m.encode()
	if err != nil {
		return err
	}
	_, body, _ := bytes.Cut(b, []byte("\n"))
	body = edit(body)
	b = append(fmt.Appendf(nil, "%s%d %x\n", manifestHead, layout, sha256.Sum256(body)), body...)
	d.SetFile(manifestName, b)
	d.SetFile(manifestCopy, bytes.Clone(b))
	return nil
}

// SetSynced is SetFile that outlasts a power loss.
func (d *Disk) SetSynced(name string, b []byte) {
	d.SetFile(name, b)
	d.now[name].synced = bytes.Clone(b)
	d.durable[name] = d.now[name]
}

// change counts a changing call and says whether it fails.
func (d *Disk) change() error {
	d.calls++
	if d.FailAt > 0 && (d.calls == d.FailAt || d.Dead && d.calls > d.FailAt) {
		return ErrDisk
	}
	return nil
}

func (d *Disk) Create(name string) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.change(); err != nil {
		return nil, err
	}
	f := &diskFile{}
	d.now[name] = f
	return &diskHandle{d, f}, nil
}

func (d *Disk) Open(name string) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f, ok := d.now[name]
	if !ok {
		return nil, fmt.Errorf("open %s: %w", name, fs.ErrNotExist)
	}
	return &diskHandle{d, f}, nil
}

func (d *Disk) Rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.change(); err != nil {
		return err
	}
	d.now[to], d.renamed[to] = d.now[from], d.now[from]
	delete(d.now, from)
	return nil
}

func (d *Disk) Remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.change(); err != nil {
		return err
	}
	delete(d.now, name)
	return nil
}

func (d *Disk) List() ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Keys(d.now)), nil
}

func (d *Disk) Sync() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.change(); err != nil {
		return err
	}
	d.durable = maps.Clone(d.now)
	clear(d.renamed)
	return nil
}

type diskHandle struct {
	d *Disk
	f *diskFile
}

// Write writes half of b when it fails, as full disks do.
func (h *diskHandle) Write(b []byte) (int, error) {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	n := len(b)
	err := h.d.change()
	if err != nil {
		n /= 2
	}
	h.f.data = append(h.f.data, b[:n]...)
	return n, err
}

func (h *diskHandle) ReadAt(b []byte, at int64) (int, error) {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	return bytes.NewReader(h.f.data).ReadAt(b, at)
}

func (h *diskHandle) Size() (int64, error) {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	return int64(len(h.f.data)), nil
}

func (h *diskHandle) Sync() error {
	h.d.mu.Lock()
	defer h.d.mu.Unlock()
	err := h.d.change()
	if err == nil {
		h.f.synced = bytes.Clone(h.f.data)
	}
	return err
}

func (h *diskHandle) Close() error { return nil }

// ReadManifest and DecodeBatch read stored files for the fuzz targets; the
// results are the stored forms again.
func ReadManifest(b []byte) ([]byte, error) {
	m, err := readManifest(b)
	if err != nil {
		return nil, err
	}
	return m.encode()
}

func DecodeBatch(b []byte) ([]byte, error) {
	x, err := decodeBatch(b)
	if err == nil {
		err = x.readShapes()
	}
	if err != nil {
		return nil, err
	}
	again := batch{resources: x.resources, shapes: x.shapes}
	for _, p := range x.rows {
		row := p.row()
		if p.history != nil {
			row.Runs, row.States = p.history.runs, p.history.states
		}
		if err := again.add(&row); err != nil {
			return nil, err
		}
	}
	return again.encode()
}

// SampleBatch returns the parts of a batch as Pack wants them.
func SampleBatch() (rows, shapes []byte) {
	b := batch{resources: []analysis.Resource{{Host: "h"}}, shapes: []shapeRow{{7, "text"}}}
	row := memberRow{
		Number: 1, Continues: true, Until: 7, Runs: make([]analysis.Run, 1), States: make([]analysis.State, 2),
		Member: analysis.Member{Path: "a/b", Bytes: 5, Problems: make([]analysis.Problem, 1), SHA256: sumOf(nil), Modified: time.Unix(1, 0)},
	}
	if err := b.add(&row); err != nil {
		panic(err)
	}
	stored, err := b.encode()
	if err != nil {
		panic(err)
	}
	parts, err := cutSections(batchMagic, stored, 2)
	if err == nil {
		rows, err = unpack("", parts[0], maxBatch)
	}
	if err == nil {
		shapes, err = unpack("", parts[1], maxBatch)
	}
	if err != nil {
		panic(err)
	}
	return rows, shapes
}

// DecodeDerived reads all parts of a derived file.
func DecodeDerived(b []byte) error {
	d, _, err := decodeDerived(b, 0)
	if err != nil {
		return err
	}
	_, cells := d.rollup.cells()
	_, examples := decodeExamples(d.parts[derivedExamples], len(d.patterns), 1)
	_, lits := decodeLiterals(d.parts[derivedLiterals:], len(d.shapes))
	return errors.Join(cells, examples, lits)
}

// Pack packs the parts of a file as they are stored, so that a fuzz target gets
// past the compression.
func Pack(magic string, raw ...[]byte) ([]byte, error) {
	for i, part := range raw {
		packed, err := pack("", part)
		if err != nil {
			return nil, err
		}
		raw[i] = packed
	}
	return sections(magic, raw...), nil
}

// RollupBuckets returns the width of the roll-up's buckets, their number, and
// the records in all cells.
func (c *Case) RollupBuckets() (width int64, buckets int, records int64) {
	in := c.contents.Load()
	seen := map[int64]bool{}
	for _, x := range cellsOf(in) {
		if x.bucket != noBucket {
			seen[x.bucket] = true
		}
		records += x.n
	}
	return in.rollup.width, len(seen), records
}

// DecodeTold reads the JSON of a told file and finds everything in it.
func DecodeTold(raw []byte) error {
	d, err := decodeTold(raw)
	if err != nil {
		return err
	}
	for i := range d.List {
		if x := d.of(d.List[i].Kind, d.List[i].ID); x == nil || compareDescriptions(*x, d.List[i]) != 0 {
			return fmt.Errorf("%q cannot be found", d.List[i].ID)
		}
	}
	return nil
}

// GramsOf returns the grams that every record with a word has, wherever the
// word stands in tokens.
func GramsOf(word string) (list []uint64) {
	for _, f := range fragments(&textExpr{parts: [][]byte{[]byte(word)}}) {
		list = append(list, f.grams...)
	}
	return list
}

// Fragments returns the fragments of an expression, each its text and the
// number of its grams.
func Fragments(expr string) (list []string) {
	for _, f := range fragments(&regexExpr{source: expr}) {
		list = append(list, fmt.Sprint(string(f.text), " ", len(f.grams)))
	}
	return list
}
