package index

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"reflect"
	"slices"

	"faultline/analysis"
)

// Verify reads everything that is stored and checks it: every file against
// the SHA-256 that the manifest lists, every block against its checksums and
// its entry in the block table, and the bytes of every member that was stored
// whole against the SHA-256 in the ledger. It returns what it found wrong, in
// the order of the files; the error is of reading the folder, or ctx's.
// progress, which may be nil, is told the bytes that are checked and all that
// are to be.
func (c *Case) Verify(ctx context.Context, progress func(done, total int64)) ([]analysis.Problem, error) {
	v := &verifier{c: c, ctx: ctx, progress: progress}
	if err := v.run(); err != nil {
		return v.problems, fmt.Errorf("verify case %s: %w", c.dir, err)
	}
	return v.problems, nil
}

type verifier struct {
	c           *Case
	ctx         context.Context // of the one call that the verifier lives in
	progress    func(done, total int64)
	done, total int64
	problems    []analysis.Problem
}

func (v *verifier) problem(path, format string, args ...any) {
	v.problems = append(v.problems, analysis.Problem{
		Origin: analysis.Origin{Path: path}, Kind: analysis.ProblemDamage, Detail: fmt.Sprintf(format, args...),
	})
}

func (v *verifier) step(n int64) error {
	v.done += n
	if v.progress != nil {
		v.progress(v.done, v.total)
	}
	return v.ctx.Err()
}

func (v *verifier) run() error {
	m, in := v.c.manifest(), v.c.contents.Load()
	files := m.files()
	for _, f := range files {
		v.total += f.Size
	}
	for i := range in.blocks {
		v.total += in.blocks[i].entry().Bytes
	}
	v.manifest(m)
	v.problems = append(v.problems, v.c.Info().Problems...)
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := v.file(files[name]); err != nil {
			return err
		}
	}
	if err := v.members(in); err != nil {
		return err
	}
	filters := map[string]error{}
	for i := range m.Segments {
		if r, err := v.c.open(&m.Segments[i]); err != nil {
			filters[m.Segments[i].Name] = err
		} else {
			filters[m.Segments[i].Name] = r.VerifyFilters()
		}
	}
	for _, name := range names {
		if err := filters[name]; err != nil {
			v.problem(name, "%v", err)
		}
	}
	return nil
}

// manifest checks that the stored manifest is the one that was opened, or a
// later one.
func (v *verifier) manifest(m *manifest) {
	stored, err := loadOne(v.c.fs, manifestName)
	switch {
	case err != nil:
		v.problem(manifestName, "%v", err)
	case stored.Generation < m.Generation && !v.c.readOnly:
		v.problem(manifestName, "it is older (generation %d) than the one that was opened (%d)", stored.Generation, m.Generation)
	}
	twin, e := loadOne(v.c.fs, manifestCopy)
	switch {
	case errors.Is(e, fs.ErrNotExist):
	case e != nil:
		v.problem(manifestCopy, "%v", e)
	case err == nil && stored.Generation == twin.Generation && !reflect.DeepEqual(stored, twin):
		v.problem(manifestName, "it and its copy say different things: one of them was changed")
	}
}

func (v *verifier) file(f fileEntry) error {
	r, err := v.c.fs.Open(f.Name)
	if err != nil {
		v.problem(f.Name, "cannot be opened: %v", err)
		return v.step(f.Size)
	}
	defer r.Close()
	sum := sha256.New()
	buf := make([]byte, max(1, min(f.Size, 1<<20)))
	var at int64
	for {
		n, err := r.ReadAt(buf, at)
		sum.Write(buf[:n])
		at += int64(n)
		if e := v.step(int64(n)); e != nil {
			return e
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			v.problem(f.Name, "cannot be read at byte %d: %v", at, err)
			return nil
		}
	}
	if at != f.Size {
		v.problem(f.Name, "%d bytes where %d were written", at, f.Size)
	} else if hex.EncodeToString(sum.Sum(nil)) != f.SHA256 {
		v.problem(f.Name, "its SHA-256 differs from the one in the manifest")
	}
	return nil
}

// members checks the blocks of each member, and the member by them.
func (v *verifier) members(in *contents) error {
	next := 0
	var buf []byte
	for i, row := range in.members.All() {
		var sum hash.Hash
		if row.SHA256 != "" && row.Skipped == 0 {
			sum = sha256.New()
		}
		var size int64
		damaged := false
		for ; next < len(in.blocks) && int(in.blocks[next].member) == i; next++ {
			b := &in.blocks[next]
			if b.entry().Offset != size && row.Skipped == 0 && !damaged {
				damaged = true
				v.problem(row.Path, "block %d begins at byte %d where byte %d is next", b.at, b.entry().Offset, size)
			}
			var err error
			if b.lost != nil {
				damaged = true // and told of before
				continue
			}
			if buf, err = b.segment.VerifyBlock(buf[:0], b.at); err != nil {
				damaged = true
				e := b.entry()
				v.problems = append(v.problems, analysis.Problem{
					Origin: analysis.Origin{Bundle: row.Bundle, Path: row.Path, Line: e.Line, Offset: e.Offset, Length: e.Bytes}, Kind: analysis.ProblemDamage,
					Detail: fmt.Sprintf("lines %d to %d, %d bytes from byte %d on: %s: %v", e.Line, e.Line+e.Lines-1, e.Bytes, e.Offset, b.file, err),
				})
			}
			size += b.entry().Bytes
			if sum != nil {
				sum.Write(buf)
			}
			if err := v.step(b.entry().Bytes); err != nil {
				return err
			}
		}
		switch {
		case damaged:
		case size > 0 && size != row.Indexed:
			v.problem(row.Path, "%d bytes are stored where the ledger says %d", size, row.Indexed)
		case size > 0 && sum != nil && hex.EncodeToString(sum.Sum(nil)) != row.SHA256:
			v.problem(row.Path, "its bytes have not the SHA-256 of the ledger")
		}
	}
	if next != len(in.blocks) {
		return errors.New("blocks are out of order")
	}
	return nil
}
