// Package search ranks the few texts of a case that stand for all its records:
// patterns, runs, members and causes, one document each. It never sees a
// record, let alone an identifier: those are searched by package index itself.
//
// It is the only package that names bleve. The index is derived: it is built
// whole under a temporary name and renamed, and whoever finds it missing or
// damaged builds it again from the case. bleve verifies none of its checksums,
// so Build leaves a list of the files with their SHA-256 beside them, and Open
// compares before bleve sees them. What bleve keeps is the inverted text and
// the documents' IDs; titles are shown from the case, never from here.
//
// The calls: Build, Open, Index.Find.
package search

import (
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

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/keyword"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/registry"
	query "github.com/blevesearch/bleve/v2/search/query"
	bleveindex "github.com/blevesearch/bleve_index_api"
)

// Document is one text that can be found.
type Document struct {
	Kind string // "pattern", "run", "source", "cause"
	ID   string // unique within its kind
	Text string
}

// Hit is a document that resembles what was asked for.
type Hit struct {
	Kind, ID string
	Score    float64 // BM25, comparable within one answer
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
	return registry.RegisterAnalyzer(analyzerName, newAnalyzer)
})

func newMapping() (mapping.IndexMapping, error) {
	if err := setUp(); err != nil {
		return nil, err
	}
	text := bleve.NewTextFieldMapping()
	text.Analyzer = analyzerName
	text.Store, text.IncludeTermVectors, text.IncludeInAll, text.DocValues = false, false, false, false
	kind := bleve.NewTextFieldMapping()
	kind.Analyzer = keyword.Name
	kind.Store, kind.IncludeTermVectors, kind.IncludeInAll, kind.DocValues = false, false, false, false

	doc := bleve.NewDocumentStaticMapping()
	doc.AddFieldMappingsAt("text", text)
	doc.AddFieldMappingsAt("kind", kind)
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
	if err := guard(func() error { return build(ctx, tmp, docs) }); err != nil {
		return err
	}
	if err := writeCatalogue(tmp, key); err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Rename(tmp, dir)
}

func build(ctx context.Context, dir string, docs iter.Seq[Document]) error {
	m, err := newMapping()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	b, err := bleve.NewBuilder(dir, m, map[string]any{"batchSize": 1000, "buildPathPrefix": filepath.Dir(dir)})
	if err != nil {
		return err
	}
	for d := range docs {
		if err = ctx.Err(); err != nil {
			break
		}
		if err = b.Index(d.Kind+":"+d.ID, map[string]any{"text": d.Text, "kind": d.Kind}); err != nil {
			break
		}
	}
	return errors.Join(err, b.Close())
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
}

// Open opens the index in dir, built with key, for reading. Errors:
// fs.ErrNotExist when there is none, ErrStale when it was built with another
// key, ErrDamaged when it is not what was built.
func Open(dir, key string) (*Index, error) {
	if err := verify(dir, key); err != nil {
		return nil, err
	}
	if err := setUp(); err != nil {
		return nil, err
	}
	var x bleve.Index
	err := guard(func() (err error) {
		x, err = bleve.OpenUsing(dir, map[string]any{"read_only": true, "bolt_timeout": "1s"})
		return err
	})
	switch {
	case err == nil:
		return &Index{x}, nil
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
	b := x.NewBatch()
	for d := range docs {
		if err = ctx.Err(); err == nil {
			err = b.Index(d.Kind+":"+d.ID, map[string]any{"text": d.Text, "kind": d.Kind})
		}
		if err == nil && b.Size() >= 1000 {
			err = x.Batch(b)
			b = x.NewBatch()
		}
		if err != nil {
			return nil, errors.Join(err, x.Close())
		}
	}
	if err := x.Batch(b); err != nil {
		return nil, errors.Join(err, x.Close())
	}
	return &Index{x}, nil
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

// Find returns the n documents that resemble text most, best first. Words
// count as they are, with a slip of the pen, and by their beginning.
func (i *Index) Find(ctx context.Context, text string, n int) (hits []Hit, err error) {
	words := terms([]byte(text))
	if len(words) == 0 || n <= 0 {
		return nil, nil
	}
	if len(words) > 50 {
		words = words[:50]
	}
	var parts []query.Query
	for _, w := range words {
		exact := bleve.NewTermQuery(w)
		exact.SetField("text")
		exact.SetBoost(4)
		parts = append(parts, exact)
		if len(w) < 4 || !alphabetic(w) {
			continue
		}
		near := bleve.NewFuzzyQuery(w)
		near.SetField("text")
		near.SetFuzziness(1)
		near.SetPrefix(1)
		begin := bleve.NewPrefixQuery(w)
		begin.SetField("text")
		parts = append(parts, near, begin)
	}
	req := bleve.NewSearchRequestOptions(bleve.NewDisjunctionQuery(parts...), n, 0, false)
	req.SortBy([]string{"-_score", "_id"})
	err = guard(func() error {
		res, err := i.x.SearchInContext(ctx, req)
		if err != nil {
			return err
		}
		for _, h := range res.Hits {
			kind, id, _ := strings.Cut(h.ID, ":")
			hits = append(hits, Hit{Kind: kind, ID: id, Score: h.Score})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("search %q: %w", text, err)
	}
	return hits, nil
}

func alphabetic(w string) bool {
	for _, r := range w {
		if r >= '0' && r <= '9' {
			return false
		}
	}
	return true
}

// files is what the catalogue holds.
type files struct {
	Key  string            `json:"key"`
	Sums map[string]string `json:"sums"` // SHA-256 in hex by name
}

// writeCatalogue lists the files of dir with their sums.
func writeCatalogue(dir, key string) error {
	sums, err := sumFiles(dir)
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(files{key, sums}, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, catalogue), data, 0o600)
}

// verify compares the files of dir with the list that Build left.
func verify(dir, key string) error {
	data, err := os.ReadFile(filepath.Join(dir, catalogue))
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(dir); err == nil {
			return fmt.Errorf("open text index %s: %w: its list of files is missing", dir, ErrDamaged)
		}
	}
	if err != nil {
		return fmt.Errorf("open text index %s: %w", dir, err)
	}
	var want files
	if err := json.Unmarshal(data, &want); err != nil {
		return fmt.Errorf("open text index %s: %w: %v", dir, ErrDamaged, err)
	}
	have, err := sumFiles(dir)
	if err != nil {
		return fmt.Errorf("open text index %s: %w", dir, err)
	}
	if !maps.Equal(want.Sums, have) {
		return fmt.Errorf("open text index %s: %w: its files are not those that were built", dir, ErrDamaged)
	}
	if want.Key != key {
		return fmt.Errorf("open text index %s: %w", dir, ErrStale)
	}
	return nil
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
