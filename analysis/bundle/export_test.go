package bundle

import "os"

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
