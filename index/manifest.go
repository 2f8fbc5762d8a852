package index

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"faultline/analysis"
)

// layout is the version of all that is stored in a case folder.
const layout = 1

const (
	manifestName = "manifest"
	manifestTemp = "manifest.tmp"
	manifestCopy = "manifest.copy"
	copyTemp     = "manifest.copy.tmp"
	mendTemp     = "segment.tmp"
	manifestHead = "faultline case "
	maxManifest  = 256 << 20
)

// manifest is the root of a case: a file that it does not list does not
// belong to the case.
type manifest struct {
	Layout     int            `json:"layout"`
	Generation uint64         `json:"generation"` // counts the writes of the manifest
	Data       uint64         `json:"data"`       // the generation in which the visible records last changed
	Created    time.Time      `json:"created"`
	Version    string         `json:"version,omitempty"` // of the program that created the case
	Name       string         `json:"name,omitempty"`
	Customer   string         `json:"customer,omitempty"`
	Zone       string         `json:"zone,omitempty"`
	Next       uint64         `json:"next"` // number of the newest file
	Bundles    []bundleEntry  `json:"bundles,omitempty"`
	Segments   []segmentEntry `json:"segments,omitempty"`
	Batches    []fileEntry    `json:"batches,omitempty"`
	Derived    *fileEntry     `json:"derived,omitempty"`
	Labels     *fileEntry     `json:"labels,omitempty"`
	Told       *fileEntry     `json:"told,omitempty"`
	Marks      []mark         `json:"marks,omitempty"` // a person's decisions, oldest first
	Lost       []lostFile     `json:"lost,omitempty"`  // segments and batches that are damaged

	doubt string // why this is the copy of the manifest and not the manifest
}

type bundleEntry struct {
	analysis.Bundle
	Complete bool      `json:"complete"`
	Imported time.Time `json:"imported"`       // when the import began
	Pass     int       `json:"pass,omitempty"` // the last complete one: 0 is the import, later ones read members again
	How      string    `json:"how,omitempty"`  // Reading.How of that pass
	Begun    *begun    `json:"begun,omitempty"`
}

// fileEntry lists a file that never changes.
type fileEntry struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

type segmentEntry struct {
	fileEntry
	Bundle string   `json:"bundle"`         // ID
	Seal   string   `json:"seal,omitempty"` // SHA-256 of the file's last sealed bytes, which hold checksums of all others
	Pass   int      `json:"pass,omitempty"` // see bundleEntry
	Dead   []uint32 `json:"dead,omitempty"` // numbers of members whose blocks in this file do not count: their import broke off

	Damaged []uint32 `json:"damaged,omitempty"` // numbers of blocks that cannot be read

	Table *fileEntry `json:"table,omitempty"` // copy of the file's end
}

// sealed is how many bytes at a segment's end the manifest has a hash of: they
// tie the file to its entry without a reading of all of it.
const sealed = 64

func (s *segmentEntry) checkSeal(f file) error {
	if s.Seal == "" {
		return nil
	}
	tail := make([]byte, min(sealed, s.Size))
	if _, err := f.ReadAt(tail, s.Size-int64(len(tail))); err != nil && err != io.EOF {
		return err
	}
	if sum := sha256.Sum256(tail); hex.EncodeToString(sum[:]) != s.Seal {
		return &DamagedError{File: s.Name, Err: errors.New("its end is not the one that was written")}
	}
	return nil
}

// encode returns the stored form: a line with layout and SHA-256, then JSON.
func (m *manifest) encode() ([]byte, error) {
	body, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return nil, err
	}
	body = append(body, '\n')
	return append(fmt.Appendf(nil, "%s%d %x\n", manifestHead, m.Layout, sha256.Sum256(body)), body...), nil
}

// readManifest reads the stored form. It fails on any byte that differs from
// what was written.
func readManifest(b []byte) (*manifest, error) {
	line, body, ok := bytes.Cut(b, []byte("\n"))
	rest, isCase := bytes.CutPrefix(line, []byte(manifestHead))
	if !ok || !isCase {
		return nil, &DamagedError{File: manifestName, Err: errors.New("it does not begin as the manifest of a case")}
	}
	var version int
	var sum string
	if n, err := fmt.Sscanf(string(rest), "%d %s", &version, &sum); n != 2 || err != nil {
		return nil, &DamagedError{File: manifestName, Err: errors.New("its first line is not readable")}
	}
	if want := fmt.Sprintf("%d %x", version, sha256.Sum256(body)); want != string(rest) {
		return nil, &DamagedError{File: manifestName, Err: errors.New("its checksum differs")}
	}
	var said struct{ Layout int }
	if err := json.Unmarshal(body, &said); err != nil || said.Layout != version {
		return nil, &DamagedError{File: manifestName, Err: errors.New("its two layout numbers differ")}
	}
	if version != layout {
		return nil, &ForeignError{File: manifestName, Err: fmt.Errorf("its layout is %d, this version knows %d", version, layout)}
	}
	m := &manifest{}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields() // the next change would drop them
	if err := d.Decode(m); err != nil {
		return nil, &ForeignError{File: manifestName, Err: err}
	}
	for name := range m.files() {
		if !ourName(name) {
			return nil, &DamagedError{File: manifestName, Err: fmt.Errorf("it lists %q", name)}
		}
	}
	return m, nil
}

// loadManifest reads the manifest, or the copy of it when the manifest is
// damaged, missing, or older than the copy, which is written after it.
func loadManifest(dir fsys) (*manifest, error) {
	m, err := loadOne(dir, manifestName)
	twin, e := loadOne(dir, manifestCopy)
	var foreign *ForeignError
	switch {
	case errors.As(err, &foreign), errors.As(e, &foreign):
		return nil, foreign
	case err == nil && (e != nil || twin.Generation <= m.Generation):
		return m, nil
	case err == nil:
		twin.doubt = fmt.Sprintf("it is older (generation %d) than its copy (%d), which was taken instead", m.Generation, twin.Generation)
		return twin, nil
	case e == nil && (errors.Is(err, fs.ErrNotExist) || len(damages(err)) > 0):
		twin.doubt = fmt.Sprintf("%v; its copy was taken instead: what the last write changed may be missing", err)
		return twin, nil
	case errors.Is(err, fs.ErrNotExist) && errors.Is(e, fs.ErrNotExist):
		return nil, ErrNoCase
	}
	return nil, damaged(manifestName, err)
}

func loadOne(dir fsys, name string) (*manifest, error) {
	b, err := readAll(dir, name, maxManifest)
	if err != nil {
		return nil, err
	}
	return readManifest(b)
}

// doubted notes that m is not the manifest but its copy.
func (c *Case) doubted(m *manifest) {
	if m.doubt != "" {
		c.note(manifestName, "%s", m.doubt)
	}
}

// store replaces the stored manifest by m, all or nothing. What m lists must
// have been synced before.
func (m *manifest) store(dir fsys) error {
	b, err := m.encode()
	if err != nil {
		return err
	}
	// What is named before, and the new manifest, go to the disk at once.
	if err := beside(dir.Sync, func() error { return writeFile(dir, manifestTemp, b) }); err != nil {
		return err
	}
	if err := dir.Rename(manifestTemp, manifestName); err != nil {
		return err
	}
	// The copy is not worth an error: it is of use only when the manifest is
	// damaged, and the next one replaces it.
	copied := false
	if err := beside(dir.Sync, func() error { copied = writeFile(dir, copyTemp, b) == nil; return nil }); err != nil {
		return err
	}
	if copied {
		_ = dir.Rename(copyTemp, manifestCopy)
	}
	return nil
}

// beside calls a and b at the same time.
func beside(a, b func() error) error {
	done := make(chan error, 1)
	go func() { done <- a() }()
	err := b()
	return errors.Join(<-done, err)
}

// clone returns a copy that can be changed without changing m.
func (m *manifest) clone() *manifest {
	c := *m
	c.Bundles = slices.Clone(m.Bundles)
	c.Segments = slices.Clone(m.Segments)
	c.Batches = slices.Clone(m.Batches)
	c.Marks = slices.Clone(m.Marks)
	c.Lost = slices.Clone(m.Lost)
	c.doubt = ""
	return &c
}

// files returns all files that m lists.
func (m *manifest) files() map[string]fileEntry {
	all := map[string]fileEntry{}
	for _, s := range m.Segments {
		all[s.Name] = s.fileEntry
		if s.Table != nil {
			all[s.Table.Name] = *s.Table
		}
	}
	for _, b := range m.Batches {
		all[b.Name] = b
		all[b.mirror().Name] = b.mirror()
	}
	for _, f := range []*fileEntry{m.Derived, m.Labels, m.Told} {
		if f != nil {
			all[f.Name] = *f
		}
	}
	return all
}

func (m *manifest) bundle(id string) *bundleEntry {
	for i := range m.Bundles {
		if m.Bundles[i].ID == id {
			return &m.Bundles[i]
		}
	}
	return nil
}

// visible reports whether what a pass over a bundle brought counts.
func (m *manifest) visible(bundle string, pass int) bool {
	e := m.bundle(bundle)
	return e != nil && e.Complete && pass <= e.Pass
}

// The kinds of numbered files.
const (
	segmentExt = ".segment"
	tableExt   = ".table" // the end of the segment of that number, again
	batchExt   = ".batch"
	mirrorExt  = ".mirror" // the same bytes as the batch of that number
	derivedExt = ".derived"
	labelsExt  = ".labels"
	toldExt    = ".told"
)

// ourName reports whether name is one that Case.newName gives.
func ourName(name string) bool {
	digits := 0
	for digits < len(name) && name[digits] >= '0' && name[digits] <= '9' {
		digits++
	}
	return digits >= 6 && slices.Contains([]string{segmentExt, tableExt, batchExt, mirrorExt, derivedExt, labelsExt, toldExt}, name[digits:])
}

// sweep removes what no manifest lists: files of commits that were not
// completed. It touches no name but those the store gives. Damaged files are
// set aside, and so is all that is not listed when the manifest itself was
// damaged: it may have listed them.
func (c *Case) sweep() error {
	m := c.manifest()
	names, err := c.fs.List()
	if err != nil {
		return err
	}
	c.doubted(m)
	if _, err := loadOne(c.fs, manifestCopy); len(damages(err)) > 0 {
		c.note(manifestCopy, "%v; the manifest is whole and nothing is lost", damages(err)[0].Err)
		c.setAside(manifestCopy)
	}
	listed := m.files()
	for _, name := range names {
		if _, ok := listed[name]; ok {
			continue
		}
		switch {
		case ourName(name) && (m.lost(name) || m.doubt != ""):
			c.setAside(name)
		case ourName(name), name == manifestTemp, name == copyTemp, name == mendTemp:
			if err := c.fs.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	if m.doubt == "" {
		return nil
	}
	if slices.Contains(names, manifestName) {
		c.setAside(manifestName)
	}
	return c.update(func(*manifest) {})
}

// tableName returns the name of the copy of a segment's end.
func tableName(segment string) string { return strings.TrimSuffix(segment, segmentExt) + tableExt }

var errSum = errors.New("its checksum differs")

// mirror is the entry of the batch's second copy.
func (f *fileEntry) mirror() fileEntry {
	twin := *f
	twin.Name = strings.TrimSuffix(f.Name, batchExt) + mirrorExt
	return twin
}

// read returns the bytes of a listed file, checked.
func (f *fileEntry) read(dir fsys) ([]byte, error) {
	b, err := readAll(dir, f.Name, max(f.Size, 0))
	if err != nil {
		return nil, damaged(f.Name, err)
	}
	if int64(len(b)) != f.Size {
		return nil, &DamagedError{File: f.Name, Err: fmt.Errorf("%d bytes where %d were written", len(b), f.Size)}
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != f.SHA256 {
		return nil, &DamagedError{File: f.Name, Err: errSum}
	}
	return b, nil
}

func entryOf(name string, b []byte) fileEntry {
	return fileEntry{Name: name, Size: int64(len(b)), SHA256: fmt.Sprintf("%x", sha256.Sum256(b))}
}
