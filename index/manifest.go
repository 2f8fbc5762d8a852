package index

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"faultline/analysis"
)

// layout is the version of all that is stored in a case folder.
const layout = 1

const (
	manifestName = "manifest"
	manifestTemp = "manifest.tmp"
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
	Marks      []mark         `json:"marks,omitempty"` // a person's decisions, oldest first
}

type bundleEntry struct {
	analysis.Bundle
	Complete bool      `json:"complete"`
	Imported time.Time `json:"imported"` // when the import began
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
	Dead   []uint32 `json:"dead,omitempty"` // numbers of members whose blocks in this file do not count: their import broke off
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
	if version > layout {
		return nil, fmt.Errorf("the case was written by a newer program (layout %d, this one knows %d)", version, layout)
	}
	if want := fmt.Sprintf("%d %x", version, sha256.Sum256(body)); want != string(rest) {
		return nil, &DamagedError{File: manifestName, Err: errors.New("its checksum differs")}
	}
	m := &manifest{}
	if err := json.Unmarshal(body, m); err != nil {
		return nil, &DamagedError{File: manifestName, Err: err}
	}
	if m.Layout != version {
		return nil, &DamagedError{File: manifestName, Err: errors.New("its two layout numbers differ")}
	}
	for name := range m.files() {
		if !ourName(name) {
			return nil, &DamagedError{File: manifestName, Err: fmt.Errorf("it lists %q", name)}
		}
	}
	return m, nil
}

func loadManifest(dir fsys) (*manifest, error) {
	b, err := readAll(dir, manifestName, maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoCase
	}
	if err != nil {
		return nil, err
	}
	return readManifest(b)
}

// store replaces the stored manifest by m, all or nothing. What m lists must
// have been synced before.
func (m *manifest) store(dir fsys) error {
	b, err := m.encode()
	if err != nil {
		return err
	}
	if err := dir.Sync(); err != nil {
		return err
	}
	if err := writeFile(dir, manifestTemp, b); err != nil {
		return err
	}
	if err := dir.Rename(manifestTemp, manifestName); err != nil {
		return err
	}
	return dir.Sync()
}

// clone returns a copy that can be changed without changing m.
func (m *manifest) clone() *manifest {
	c := *m
	c.Bundles = slices.Clone(m.Bundles)
	c.Segments = slices.Clone(m.Segments)
	c.Batches = slices.Clone(m.Batches)
	c.Marks = slices.Clone(m.Marks)
	return &c
}

// files returns all files that m lists.
func (m *manifest) files() map[string]fileEntry {
	all := map[string]fileEntry{}
	for _, s := range m.Segments {
		all[s.Name] = s.fileEntry
	}
	for _, b := range m.Batches {
		all[b.Name] = b
	}
	for _, f := range []*fileEntry{m.Derived, m.Labels} {
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

// The kinds of numbered files.
const (
	segmentExt = ".segment"
	batchExt   = ".batch"
	derivedExt = ".derived"
	labelsExt  = ".labels"
)

// ourName reports whether name is one that Case.newName gives.
func ourName(name string) bool {
	digits := 0
	for digits < len(name) && name[digits] >= '0' && name[digits] <= '9' {
		digits++
	}
	return digits >= 6 && slices.Contains([]string{segmentExt, batchExt, derivedExt, labelsExt}, name[digits:])
}

// sweep removes what no manifest lists: files of commits that were not
// completed. It touches no name but those the store gives.
func (m *manifest) sweep(dir fsys) error {
	names, err := dir.List()
	if err != nil {
		return err
	}
	listed := m.files()
	for _, name := range names {
		if _, ok := listed[name]; !ok && (ourName(name) || name == manifestTemp) {
			if err := dir.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// read returns the bytes of a listed file, checked.
func (f *fileEntry) read(dir fsys) ([]byte, error) {
	b, err := readAll(dir, f.Name, max(f.Size, 0))
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(b); int64(len(b)) != f.Size || hex.EncodeToString(sum[:]) != f.SHA256 {
		return nil, &DamagedError{File: f.Name, Err: errors.New("its checksum differs")}
	}
	return b, nil
}

func entryOf(name string, b []byte) fileEntry {
	return fileEntry{Name: name, Size: int64(len(b)), SHA256: fmt.Sprintf("%x", sha256.Sum256(b))}
}
