package bundle

import (
	"fmt"
	"io"
	"os"
	"time"

	"faultline/analysis"
)

// patience is how long a read may take until the file is given up.
const patience = 60 * time.Second

// opened is a file as the walk reads it.
type opened interface {
	io.Reader
	io.ReaderAt
	io.Closer
}

// patient gives up a file that gives no byte for a long time: one on a dead
// server, or one that its file system makes up and that has no end. A read
// that hangs cannot be ended, so it runs on its own with a buffer of its own,
// and is left behind.
type patient struct {
	f    opened
	wait time.Duration
	buf  []byte
	gone bool
}

// carefully returns f, or a patient f where reading may hang.
func (w *walker) carefully(f *os.File, size int64) opened {
	var o opened = f
	if w.o.slow != nil {
		o = w.o.slow(f)
	} else if !mayHang(f, size) {
		return f
	}
	wait := w.o.Patience
	if wait <= 0 {
		wait = patience
	}
	return &patient{f: o, wait: wait}
}

func (p *patient) Read(b []byte) (int, error) { return p.read(b, p.f.Read) }

func (p *patient) ReadAt(b []byte, off int64) (int, error) {
	return p.read(b, func(b []byte) (int, error) { return p.f.ReadAt(b, off) })
}

func (p *patient) read(b []byte, read func([]byte) (int, error)) (int, error) {
	if p.gone {
		return 0, p.late()
	}
	if len(p.buf) < len(b) {
		p.buf = make([]byte, max(len(b), 64<<10))
	}
	type result struct {
		n   int
		err error
	}
	done := make(chan result, 1)
	buf := p.buf[:len(b)]
	go func() {
		n, err := read(buf)
		done <- result{n, err}
	}()
	timer := time.NewTimer(p.wait)
	defer timer.Stop()
	select {
	case r := <-done:
		return copy(b, buf[:r.n]), r.err
	case <-timer.C:
		p.gone = true
		f := p.f
		go func() {
			<-done
			_ = f.Close() // only read
		}()
		return 0, p.late()
	}
}

func (p *patient) late() error {
	return notice{analysis.ProblemUnreadable, fmt.Sprintf("not read further: no byte came within %v", p.wait)}
}

func (p *patient) Close() error {
	if p.gone {
		return nil
	}
	return p.f.Close()
}
