package index

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"slices"
	"sync"
	"time"

	"faultline/index/segment"
)

// commit is what one change of the manifest adds: a segment and a batch.
type commit struct {
	w    *Writer
	seg  *segmentFile // nil when no block was appended
	b    batch
	dead map[string][]uint32 // see Writer.dead

	begun *begun // where it ends

	file     file // of the batch
	twin     file // of its mirror
	table    file // copy of the segment's end
	segments []segmentEntry
	batches  []fileEntry
}

// take takes what has gathered in the writer since the last commit.
func (w *Writer) take() *commit {
	w.dictMu.Lock()
	defer w.dictMu.Unlock()
	k := &commit{w: w, seg: w.seg, b: w.fresh, dead: w.dead, begun: cmp.Or(w.mark, w.begun)}
	w.seg, w.fresh, w.dead = nil, batch{}, map[string][]uint32{}
	w.committed = time.Now()
	return k
}

func (k *commit) empty() bool {
	return k.seg == nil && k.b.empty() && len(k.dead) == 0
}

// run makes all of it durable.
func (k *commit) run() error {
	if err := k.write(); err != nil {
		return err
	}
	if err := k.sync(); err != nil {
		return err
	}
	if err := k.w.c.update(k.list); err != nil {
		return err
	}
	k.tidy()
	return nil
}

// write writes the files. They stay open until sync.
func (k *commit) write() error {
	var batch []byte
	encoded := make(chan error, 1)
	go func() { // beside the end of the segment
		var err error
		if !k.b.empty() {
			batch, err = k.b.encode()
		}
		encoded <- err
	}()
	if k.seg != nil {
		if err := k.seg.end(); err != nil {
			return errors.Join(fmt.Errorf("write %s: %w", k.seg.name, err), k.seg.file.Close())
		}
		k.segments = []segmentEntry{{fileEntry: k.seg.entry(), Seal: fmt.Sprintf("%x", sha256.Sum256(k.seg.tail)), Bundle: k.w.bundle.ID, Pass: k.w.pass}}
	}
	err := k.writeTable()
	if err == nil {
		err = <-encoded
	}
	if err == nil && batch != nil {
		err = k.writeBatch(batch)
	}
	if err != nil && k.seg != nil {
		err = errors.Join(err, k.seg.file.Close())
		if k.table != nil {
			err = errors.Join(err, k.table.Close())
		}
	}
	return err
}

// writeTable writes the end of the segment again.
func (k *commit) writeTable() (err error) {
	if k.seg == nil {
		return nil
	}
	e := entryOf(tableName(k.seg.name), k.seg.End())
	if k.table, err = k.w.c.fs.Create(e.Name); err == nil {
		_, err = k.table.Write(k.seg.End())
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", e.Name, err)
	}
	k.segments[0].Table = &e
	return nil
}

func (k *commit) writeBatch(data []byte) (err error) {
	e := entryOf(k.w.c.newName(batchExt), data)
	if k.file, err = k.w.c.fs.Create(e.Name); err != nil {
		return err
	}
	if _, err := k.file.Write(data); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", e.Name, err), k.file.Close())
	}
	if k.twin, err = k.w.c.fs.Create(e.mirror().Name); err == nil {
		_, err = k.twin.Write(data)
	}
	if err != nil {
		err = errors.Join(fmt.Errorf("write %s: %w", e.mirror().Name, err), k.file.Close())
		if k.twin != nil {
			err = errors.Join(err, k.twin.Close())
		}
		return err
	}
	k.batches = []fileEntry{e}
	return nil
}

// sync syncs and closes the files, all at the same time.
func (k *commit) sync() error {
	var files []file
	if k.seg != nil {
		files = append(files, k.seg.file, k.table)
	}
	if k.file != nil {
		files = append(files, k.file, k.twin)
	}
	errs := make([]error, len(files))
	var wg sync.WaitGroup
	for i, f := range files {
		wg.Go(func() { errs[i] = errors.Join(f.Sync(), f.Close()) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// list enters the files in a manifest.
func (k *commit) list(m *manifest) {
	for i := range m.Segments {
		if list, ok := k.dead[m.Segments[i].Name]; ok {
			m.Segments[i].Dead = list
		}
	}
	m.Segments = slices.DeleteFunc(m.Segments, func(s segmentEntry) bool {
		list, ok := k.dead[s.Name]
		return ok && len(list) == 0
	})
	m.Segments = append(m.Segments, k.segments...)
	m.Batches = append(m.Batches, k.batches...)
	if m.bundle(k.w.bundle.ID) == nil {
		m.Bundles = append(m.Bundles, k.w.bundle)
	}
	m.bundle(k.w.bundle.ID).Begun = k.begun
}

// tidy removes segments that the manifest lists no more.
func (k *commit) tidy() {
	for name, list := range k.dead {
		if len(list) == 0 {
			_ = k.w.c.fs.Remove(name) // else the next Open removes it
			_ = k.w.c.fs.Remove(tableName(name))
		}
	}
}

// segmentFile is a segment that is being written.
type segmentFile struct {
	name string
	file file
	buf  *bufio.Writer
	sum  hash.Hash
	tail []byte // the last sealed bytes
	*segment.Writer
}

func (w *Writer) create() (*segmentFile, error) {
	s := &segmentFile{name: w.c.newName(segmentExt), sum: sha256.New()}
	var err error
	if s.file, err = w.c.fs.Create(s.name); err != nil {
		return nil, err
	}
	s.buf = bufio.NewWriterSize(s, 256<<10)
	if s.Writer, err = segment.NewWriter(s.buf); err != nil {
		return nil, errors.Join(err, s.file.Close())
	}
	return s, nil
}

// Write passes what the buffer holds on to the file and its checksum.
func (s *segmentFile) Write(b []byte) (int, error) {
	s.sum.Write(b)
	s.tail = append(s.tail, b[max(0, len(b)-sealed):]...)
	s.tail = s.tail[max(0, len(s.tail)-sealed):]
	return s.file.Write(b)
}

// end writes the end of the segment.
func (s *segmentFile) end() error {
	if err := s.Close(); err != nil {
		return err
	}
	return s.buf.Flush()
}

func (s *segmentFile) entry() fileEntry {
	return fileEntry{Name: s.name, Size: s.Size(), SHA256: fmt.Sprintf("%x", s.sum.Sum(nil))}
}
