package bundle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"faultline/analysis"
)

// idSize is the number of hex digits of a bundle's ID.
const idSize = 16

// Hashes remembers the SHA-256 of the files of a bundle, so that a walk that
// follows Identify need not take them again. The zero value is ready for use,
// for one bundle.
type Hashes struct{ files map[string]fileHash }

type fileHash struct {
	size     int64
	modified time.Time
	sum      string
}

// of returns the SHA-256 of the file with that path on this machine, "" when
// it is not known or when the file was changed since.
func (h *Hashes) of(path string, info fs.FileInfo) string {
	if h == nil {
		return ""
	}
	f := h.files[path]
	if f.size != info.Size() || !f.modified.Equal(info.ModTime()) {
		return ""
	}
	return f.sum
}

// Identify reads a bundle's bytes, without looking into them, and gives its
// ID, Name, Path, Size and, for a file, SHA256. The ID of a file is the
// beginning of the SHA-256 of its bytes; that of a folder is the beginning of
// the SHA-256 of its sorted list of paths, sizes and SHA-256s (of a link, its
// target; of a file of over 1 GiB that is mostly a hole, a hash of what data it
// holds and where). A copy has the ID of the original, wherever it lies and whenever it
// was made.
func Identify(ctx context.Context, path string) (analysis.Bundle, error) {
	return new(Hashes).Identify(ctx, path)
}

// Identify does what the function does, and remembers the hashes.
func (h *Hashes) Identify(ctx context.Context, path string) (analysis.Bundle, error) {
	h.files = map[string]fileHash{}
	b := analysis.Bundle{Name: bundleName(path), Path: path}
	info, err := os.Stat(path)
	if err != nil {
		return b, fmt.Errorf("open bundle: %w", err)
	}
	if info.IsDir() && isCase(path) {
		return b, fmt.Errorf("open bundle %s: it is a Faultline case, not a bundle", path)
	}
	if !info.IsDir() {
		if !info.Mode().IsRegular() {
			return b, fmt.Errorf("open bundle %s: neither a file nor a folder", path)
		}
		b.Size = info.Size()
		sum, whole, err := hashFile(ctx, path, make([]byte, hashBuffer))
		if err != nil {
			return b, fmt.Errorf("open bundle: %w", err)
		}
		b.ID = sum[:idSize]
		if whole {
			b.SHA256 = sum
			h.files[path] = fileHash{info.Size(), info.ModTime(), sum}
		}
		return b, nil
	}
	type file struct {
		rel  string
		name string
		info fs.FileInfo // of regular files
		size int64
		sum  string // SHA-256 in hex, or words
	}
	var files []*file
	err = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if cause := ctx.Err(); cause != nil {
			return cause
		}
		if err == nil && d.IsDir() && name != path && isCase(name) {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() {
			return nil // an unreadable folder is told by Walk
		}
		rel, err := filepath.Rel(path, name)
		if err != nil {
			return err
		}
		f := &file{rel: filepath.ToSlash(rel), name: name}
		files = append(files, f)
		switch info, err := d.Info(); {
		case err != nil:
		case info.Mode().IsRegular():
			f.info, f.size = info, info.Size()
			b.Size += f.size
		case info.Mode()&fs.ModeSymlink != 0:
			if target, err := os.Readlink(name); err == nil {
				f.sum = "-> " + target
			}
		}
		return nil
	})
	if err != nil {
		return b, fmt.Errorf("open bundle: %w", err)
	}
	var wg sync.WaitGroup
	next := make(chan *file)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			buf := make([]byte, hashBuffer)
			for f := range next {
				sum, whole, err := hashFile(ctx, f.name, buf)
				switch {
				case err != nil:
					sum = "unreadable"
				case !whole:
					sum = "sparse " + sum
				}
				f.sum = sum
			}
		})
	}
	for _, f := range files {
		if f.info != nil {
			next <- f
		}
	}
	close(next)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return b, err
	}
	all := sha256.New()
	for _, f := range files {
		if f.info != nil && len(f.sum) == 2*sha256.Size {
			h.files[f.name] = fileHash{f.size, f.info.ModTime(), f.sum}
		}
		fmt.Fprintf(all, "%s\x00%d\x00%s\n", f.rel, f.size, f.sum)
	}
	b.ID = hex.EncodeToString(all.Sum(nil))[:idSize]
	return b, nil
}

const hashBuffer = 256 << 10

// hashFile returns the SHA-256 of a file's bytes, hex, or, with false, a hash
// of what data a large sparse file holds. It reads through buf.
func hashFile(ctx context.Context, path string, buf []byte) (string, bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", false, err
	}
	info, err := f.Stat()
	if err != nil {
		return "", false, errors.Join(err, f.Close())
	}
	if list, ok := sparse(f, info.Size()); ok {
		defer f.Close()
		sum, err := hashExtents(ctx, f, info.Size(), list, buf)
		return sum, false, err
	}
	var o opened = f
	if mayHang(f, info.Size()) {
		o = &patient{f: f, wait: patience}
	}
	defer o.Close()
	sum := sha256.New()
	for {
		if err := ctx.Err(); err != nil {
			return "", false, err
		}
		n, err := o.Read(buf)
		sum.Write(buf[:n])
		if err == io.EOF {
			return hex.EncodeToString(sum.Sum(nil)), true, nil
		}
		if err != nil {
			return "", false, err
		}
	}
}
