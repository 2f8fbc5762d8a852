package ingest

import (
	"sync"
	"sync/atomic"

	"faultline/analysis/format"
)

// The sizes of buffers that are kept for reuse; larger ones are not. The first
// takes what a format is detected by.
var sizes = [...]int{format.HeadSize, 256 << 10, 1<<20 + 256<<10, 4 << 20, 9 << 20}

// keptBuffers is how many bytes of buffers are kept. What the garbage
// collector takes would have to be cleared anew, which costs more than filling
// it.
const keptBuffers = inFlight

// pool lends out byte buffers.
type pool struct {
	mu   sync.Mutex
	free [len(sizes)][]*buffer
	kept int // bytes
}

// buffer is borrowed memory; the last user gives it back.
type buffer struct {
	b     []byte
	pool  *pool
	users atomic.Int32
}

// get returns an empty buffer with room for n bytes and one user.
func (p *pool) get(n int) *buffer {
	buf := p.take(&n)
	if buf == nil {
		buf = &buffer{b: make([]byte, 0, n), pool: p}
	}
	buf.b = buf.b[:0]
	buf.users.Store(1)
	return buf
}

// take returns a kept buffer with room for n bytes, or nil; then n is how
// large a new one should be.
func (p *pool) take(n *int) *buffer {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, size := range sizes {
		if *n > size {
			continue
		}
		*n = size
		last := len(p.free[i]) - 1
		if last < 0 {
			return nil
		}
		buf := p.free[i][last]
		p.free[i] = p.free[i][:last]
		p.kept -= size
		return buf
	}
	return nil
}

func (b *buffer) retain() { b.users.Add(1) }

func (b *buffer) release() {
	if b.users.Add(-1) == 0 {
		b.pool.put(b)
	}
}

func (p *pool) put(b *buffer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, size := range sizes {
		if cap(b.b) == size && p.kept+size <= keptBuffers {
			p.free[i] = append(p.free[i], b)
			p.kept += size
		}
	}
}

// forget lets go of all that is kept.
func (p *pool) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free, p.kept = [len(sizes)][]*buffer{}, 0
}

// grow returns a buffer with the same bytes and room for n; b is released.
func (b *buffer) grow(n int) *buffer {
	larger := b.pool.get(n)
	larger.b = append(larger.b, b.b...)
	b.release()
	return larger
}
