// Package search ranks the few texts of a case that stand for all its records:
// patterns, episodes, causes, runs, members and blocks of free text, one
// document each. It never sees a record, let alone an identifier: those are
// searched by package index itself.
//
// It is the only package that names bleve. The index is derived: it is built
// whole under a temporary name and renamed, and whoever finds it missing or
// damaged builds it again from the case. bleve verifies none of its checksums,
// so Build leaves a list of the files with their SHA-256 beside them, and Open
// compares before bleve sees them. What bleve keeps is the inverted text and
// the documents' IDs; titles are shown from the case, never from here.
//
// A query is widened by synonyms, other ends of words, slips of the pen and
// beginnings of words, and scored by BM25 over everything that is asked: see
// plan.go and rank.go.
//
// The calls: Build, Open or Memory, then Find over one index or several.
package search

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"log"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/registry"
	bleveindex "github.com/blevesearch/bleve_index_api"
)

// Document is one text that can be found.
type Document struct {
	Kind  string // "pattern", "episode", "cause", "run", "source", "text"
	ID    string // unique within its kind
	Title string // what it is called
	Text  string // what else is said of it: a word here counts less
	Words string // words that it holds somewhere, in no order: they count least
}

// Hit is a document that resembles what was asked for.
type Hit struct {
	Index    int // of the indexes that were asked
	Kind, ID string
	Score    float64 // comparable within one answer
}

// Errors of Open: the index is not what Build left, or was built for another
// state of the case.
var (
	ErrDamaged = errors.New("the text index is damaged")
	ErrStale   = errors.New("the text index is out of date")
)

const catalogue = "files.json"

// setUp makes our analyzer known to bleve, which keeps one table of them for
// the whole process, and silences bleve's own log.
var setUp = sync.OnceValue(func() error {
	bleve.SetLog(log.New(io.Discard, "", 0))
	// A mapping makes one analyzer of each name: so each field gets its own.
	for _, name := range fieldNames {
		if err := registry.RegisterAnalyzer(analyzerName+"."+name, newAnalyzer); err != nil {
			return err
		}
	}
	return nil
})

func newMapping() (*mapping.IndexMappingImpl, error) {
	if err := setUp(); err != nil {
		return nil, err
	}
	doc := bleve.NewDocumentStaticMapping()
	for f, name := range fieldNames {
		m := bleve.NewTextFieldMapping()
		m.Analyzer = analyzerName + "." + name
		m.Store, m.IncludeInAll, m.DocValues = false, false, false
		m.IncludeTermVectors, m.SkipFreqNorm = f != inWords, f == inWords
		doc.AddFieldMappingsAt(name, m)
	}
	doc.AddSubDocumentMapping("_all", bleve.NewDocumentDisabledMapping())

	m := bleve.NewIndexMapping()
	m.DefaultMapping = doc
	m.StoreDynamic, m.IndexDynamic, m.DocValuesDynamic = false, false, false
	m.ScoringModel = bleveindex.BM25Scoring
	return m, m.Validate()
}

// Build writes the index of docs into the folder dir, replacing what is there.
// A break leaves the old index, or none. The key names the state of the case
// that docs tell of; Open asks for it.
func Build(ctx context.Context, dir, key string, docs iter.Seq[Document]) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("build text index %s: %w", dir, err)
		}
	}()
	tmp := dir + ".tmp"
	if err := os.RemoveAll(tmp); err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := os.MkdirAll(tmp, 0o700); err != nil {
		return err
	}
	if err := reserve(filepath.Join(tmp, "room"), docs); err != nil {
		return err
	}
	whole := filepath.Join(tmp, "whole")
	var n counts
	if err := guard(func() error { n, err = build(ctx, tmp, whole, docs); return err }); err != nil {
		if strings.Contains(err.Error(), syscall.ENOSPC.Error()) { // bleve passes on the words alone
			err = fmt.Errorf("%w (%v)", syscall.ENOSPC, err)
		}
		return err
	}
	if err := writeCatalogue(whole, key, n); err != nil {
		return err
	}
	// The old index goes in one step as well: a break while its files are
	// removed one by one would leave what passes for damage.
	if err := os.Rename(dir, filepath.Join(tmp, "old")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(whole, dir)
}

// reserve fails when the disk has no room for an index of docs: bleve does not
// close its files when a write fails, so that they would keep what space there
// is until the program ends.
func reserve(name string, docs iter.Seq[Document]) error {
	size := 256 << 10
	for d := range docs {
		size += 4*(len(d.Title)+len(d.Text)) + len(d.Words)
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	zeros := make([]byte, 64<<10)
	for ; size > 0 && err == nil; size -= len(zeros) {
		_, err = f.Write(zeros)
	}
	return errors.Join(err, f.Close(), os.Remove(name))
}

// counts are what ranking must know of an index as a whole.
type counts struct {
	Docs  int64         `json:"docs"`
	Terms [fields]int64 `json:"terms"` // of all documents, by field
}

// batch is how many documents are indexed at a time, and batchWords how many
// that hold the words of a whole block.
const (
	batch      = 1000
	batchWords = 32
)

// build writes an index into dir, which must not exist; parts of it lie in tmp
// meanwhile.
func build(ctx context.Context, tmp, dir string, docs iter.Seq[Document]) (n counts, err error) {
	m, err := newMapping()
	if err != nil {
		return n, err
	}
	size := batch
	for d := range docs {
		if d.Words != "" {
			size = batchWords
			break
		}
	}
	x, err := bleve.NewBuilder(dir, m, map[string]any{"batchSize": size, "buildPathPrefix": tmp})
	if err != nil {
		return n, err
	}
	for d := range docs {
		if err = ctx.Err(); err == nil {
			err = x.Index(d.id(), d.fields())
		}
		if err != nil {
			return n, err // what the builder made lies in tmp
		}
		n.Docs++
	}
	if n.Docs == 0 { // on which the builder would panic
		return n, os.MkdirAll(dir, 0o700)
	}
	if err := x.Close(); err != nil {
		return n, err
	}
	n.count(m)
	return n, private(dir)
}

func (d *Document) id() string { return d.Kind + ":" + d.ID }

func (d *Document) fields() map[string]any {
	f := map[string]any{fieldNames[inTitle]: d.Title}
	if d.Text != "" {
		f[fieldNames[inText]] = d.Text
	}
	if d.Words != "" {
		f[fieldNames[inWords]] = d.Words
	}
	return f
}

// count takes the numbers of terms from the analyzers that saw all texts.
func (n *counts) count(m *mapping.IndexMappingImpl) {
	for f, name := range fieldNames {
		if a, ok := m.AnalyzerNamed(analyzerName + "." + name).(*analyzer); ok {
			n.Terms[f] = a.tokens.Load()
		}
	}
}

// private takes the rights of others from the files of dir, which bleve gives
// them.
func private(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Chmod(path, 0o700)
		}
		return os.Chmod(path, 0o600)
	})
}

// guard turns bleve's panics, and faults of its memory maps, into errors.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, r)
		}
	}()
	return f()
}

// Index is an open text index. It is safe for concurrent use.
type Index struct {
	x bleve.Index
	n counts
}

// Open opens the index in dir, built with key, for reading. Errors:
// fs.ErrNotExist when there is none, ErrStale when it was built with another
// key, ErrDamaged when it is not what was built.
func Open(dir, key string) (*Index, error) {
	n, err := verify(dir, key)
	if err != nil {
		return nil, err
	}
	if n.Docs == 0 {
		return Memory(context.Background(), func(func(Document) bool) {})
	}
	if err := setUp(); err != nil {
		return nil, err
	}
	var x bleve.Index
	err = guard(func() (err error) {
		x, err = bleve.OpenUsing(dir, map[string]any{"read_only": true, "bolt_timeout": "1s"})
		return err
	})
	switch {
	case err == nil:
		return &Index{x, n}, nil
	case errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "timeout"):
		return nil, fmt.Errorf("open text index %s: %w", dir, err)
	}
	return nil, fmt.Errorf("open text index %s: %w: %v", dir, ErrDamaged, err)
}

// Memory builds an index that lives in memory, for cases that must not be
// written to.
func Memory(ctx context.Context, docs iter.Seq[Document]) (*Index, error) {
	m, err := newMapping()
	if err != nil {
		return nil, err
	}
	x, err := bleve.NewUsing("", m, scorch.Name, bleve.Config.DefaultMemKVStore, nil)
	if err != nil {
		return nil, fmt.Errorf("build text index: %w", err)
	}
	var n counts
	b, size := x.NewBatch(), batch
	for d := range docs {
		if d.Words != "" {
			size = batchWords
		}
		if err = ctx.Err(); err == nil {
			err = b.Index(d.id(), d.fields())
		}
		if err == nil && b.Size() >= size {
			err = x.Batch(b)
			b = x.NewBatch()
		}
		if err != nil {
			return nil, errors.Join(err, x.Close())
		}
		n.Docs++
	}
	if err := x.Batch(b); err != nil {
		return nil, errors.Join(err, x.Close())
	}
	n.count(m)
	return &Index{x, n}, nil
}

// Close closes the index.
func (i *Index) Close() error { return i.x.Close() }

// Len returns the number of documents.
func (i *Index) Len() (n int, err error) {
	err = guard(func() error {
		c, err := i.x.DocCount()
		n = int(c)
		return err
	})
	return n, err
}

// files is what the catalogue holds, after a line with the SHA-256 of it.
type files struct {
	Key    string            `json:"key"`
	Counts counts            `json:"counts"`
	Sums   map[string]string `json:"sums"` // SHA-256 in hex by name
}

// writeCatalogue lists the files of dir with their sums.
func writeCatalogue(dir, key string, n counts) error {
	sums, err := sumFiles(dir)
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(files{key, n, sums}, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, catalogue), fmt.Appendf(nil, "%x\n%s", sha256.Sum256(data), data), 0o600)
}

// verify compares the files of dir with the list that Build left.
func verify(dir, key string) (counts, error) {
	data, err := os.ReadFile(filepath.Join(dir, catalogue))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(dir); err == nil {
			return counts{}, fmt.Errorf("open text index %s: %w: its list of files is missing", dir, ErrDamaged)
		}
	}
	if err != nil {
		return counts{}, fmt.Errorf("open text index %s: %w", dir, err)
	}
	sum, list, _ := bytes.Cut(data, []byte("\n"))
	var want files
	if fmt.Sprintf("%x", sha256.Sum256(list)) != string(sum) || json.Unmarshal(list, &want) != nil {
		return counts{}, fmt.Errorf("open text index %s: %w: its list of files is not what was written", dir, ErrDamaged)
	}
	if want.Key != key {
		return counts{}, fmt.Errorf("open text index %s: %w", dir, ErrStale)
	}
	have, err := sumFiles(dir)
	if err != nil {
		return counts{}, fmt.Errorf("open text index %s: %w", dir, err)
	}
	if !maps.Equal(want.Sums, have) {
		return counts{}, fmt.Errorf("open text index %s: %w: its files are not those that were built", dir, ErrDamaged)
	}
	return want.Counts, nil
}

func sumFiles(dir string) (map[string]string, error) {
	sums := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == catalogue {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		h := sha256.New()
		if _, err := io.Copy(h, f); err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		sums[filepath.ToSlash(name)] = hex.EncodeToString(h.Sum(nil))
		return err
	})
	return sums, err
}
