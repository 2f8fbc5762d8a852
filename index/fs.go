package index

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// fsys is the folder of a case as the store uses it. Tests put one between
// that fails where they want it to.
type fsys interface {
	Create(name string) (file, error) // empty, for writing, private to the user
	Open(name string) (file, error)   // for reading
	Rename(from, to string) error
	Remove(name string) error
	List() ([]string, error) // plain files
	Sync() error             // the folder's own entries
}

// file is an open file of a case.
type file interface {
	io.Writer
	io.ReaderAt
	Size() (int64, error)
	Sync() error
	Close() error
}

type folder string

func (d folder) path(name string) string { return filepath.Join(string(d), name) }

func (d folder) Create(name string) (file, error) {
	f, err := os.OpenFile(d.path(name), os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (d folder) Open(name string) (file, error) {
	f, err := os.Open(d.path(name))
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (d folder) Rename(from, to string) error { return os.Rename(d.path(from), d.path(to)) }
func (d folder) Remove(name string) error     { return os.Remove(d.path(name)) }

func (d folder) List() ([]string, error) {
	entries, err := os.ReadDir(string(d))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func (d folder) Sync() error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there; NTFS orders its journal
	}
	f, err := os.Open(string(d))
	if err != nil {
		return err
	}
	err = f.Sync()
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

type osFile struct{ *os.File }

func (f osFile) Size() (int64, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return st.Size(), nil
}

// advise adds to an error of a full disk what can be done about it.
func advise(dir string, err error) error {
	const windowsFull = syscall.Errno(112)
	full := errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || runtime.GOOS == "windows" && errors.Is(err, windowsFull)
	if !full || strings.Contains(err.Error(), advice) {
		return err
	}
	return fmt.Errorf("%w; %s on the disk that holds %s and do the same again: what was committed is kept", err, advice, dir)
}

const advice = "free some space"

// readAll returns the bytes of a file that must not be larger than limit.
func readAll(fs fsys, name string, limit int64) ([]byte, error) {
	f, err := fs.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	n, err := f.Size()
	if err != nil {
		return nil, err
	}
	if n > limit {
		return nil, &DamagedError{File: name, Err: fmt.Errorf("%d bytes are too many", n)}
	}
	b := make([]byte, n)
	if _, err := f.ReadAt(b, 0); err != nil && err != io.EOF {
		return nil, err
	}
	return b, nil
}

// writeFile writes and syncs a whole new file.
func writeFile(fs fsys, name string, b []byte) error {
	f, err := fs.Create(name)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
