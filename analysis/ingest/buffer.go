package ingest

import (
	"sync"
	"sync/atomic"
)

// The sizes of buffers that are kept for reuse; larger ones are not.
var sizes = [...]int{64 << 10, 1<<20 + 256<<10, 9 << 20}

// pool lends out byte buffers.
type pool struct{ free [len(sizes)]sync.Pool }

// buffer is borrowed memory; the last user gives it back.
type buffer struct {
	b     []byte
	pool  *pool
	users atomic.Int32
}

// get returns an empty buffer with room for n bytes and one user.
func (p *pool) get(n int) *buffer {
	for i, size := range sizes {
		if n > size {
			continue
		}
		buf, _ := p.free[i].Get().(*buffer)
		if buf == nil {
			buf = &buffer{b: make([]byte, 0, size), pool: p}
		}
		buf.b = buf.b[:0]
		buf.users.Store(1)
		return buf
	}
	buf := &buffer{b: make([]byte, 0, n), pool: p}
	buf.users.Store(1)
	return buf
}

func (b *buffer) retain() { b.users.Add(1) }

func (b *buffer) release() {
	if b.users.Add(-1) > 0 {
		return
	}
	for i, size := range sizes {
		if cap(b.b) == size {
			b.pool.free[i].Put(b) // from here on it is somebody else's
			return
		}
	}
}

// grow returns a buffer with the same bytes and room for n; b is released.
func (b *buffer) grow(n int) *buffer {
	larger := b.pool.get(n)
	larger.b = append(larger.b, b.b...)
	b.release()
	return larger
}
