package bundle

import (
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zip"
)

// Stuck makes files of that name stop giving bytes after the first n, until
// free is closed.
func Stuck(o Options, name string, n int, free chan struct{}) Options {
	o.slow = func(f *os.File) opened {
		if f.Name() != name {
			return f
		}
		return &stuck{File: f, left: n, free: free}
	}
	return o
}

type stuck struct {
	*os.File
	left int
	free chan struct{}
}

func (s *stuck) Read(b []byte) (int, error) {
	if s.left == 0 {
		<-s.free
	}
	n, err := s.File.Read(b[:min(len(b), s.left)])
	s.left -= n
	return n, err
}

// ZipDirectory reads the members of a zip page by page.
func ZipDirectory(at io.ReaderAt, size int64) (list []string, err error) {
	d, err := openDirectory(at, size)
	if err != nil {
		return nil, err
	}
	err = d.pages(func(first int, files []*zip.File) error {
		if first != len(list) {
			return fmt.Errorf("page of %d after %d", first, len(list))
		}
		for _, f := range files {
			from, err := f.DataOffset()
			list = append(list, fmt.Sprint(f.FileHeader, from, err))
		}
		return nil
	})
	return list, err
}
