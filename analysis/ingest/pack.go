package ingest

import (
	"fmt"

	"faultline/index/segment"
)

const (
	// smallSize is how large a chunk may be to go together with others: less
	// than a frame of a segment, so that it would pack badly on its own.
	smallSize = segment.FrameSize / 2
	// packSize is how many bytes of small chunks go together.
	packSize = 2 * segment.FrameSize
	// packJobs is how many jobs go together when they have few bytes or none.
	packJobs = 1024
)

// pack is what goes from the reader to a worker and to the writer at once: a
// chunk of a large member, or many small members with their ends, whose blocks
// share their frames.
type pack struct {
	jobs   []*job
	shared bool
	buffer *buffer // the jobs' data is in it
	weight int64   // what it takes of importer.flight until it is written
	ready  chan struct{}
	err    error // of the worker
}

// send passes a job on. Small ones wait until there are enough of them, or a
// large one follows.
func (r *reading) send(j *job) error {
	if len(j.data) > smallSize {
		if err := r.flush(); err != nil {
			return err
		}
		return r.dispatch(&pack{jobs: []*job{j}, buffer: j.buffer, weight: min(int64(len(j.data)), inFlight)})
	}
	if r.pack != nil && (r.pack.weight+int64(len(j.data)) > packSize || len(r.pack.jobs) == packJobs) {
		if err := r.flush(); err != nil {
			return err
		}
	}
	if r.pack == nil {
		r.pack = &pack{shared: true}
	}
	p := r.pack
	if len(j.data) > 0 {
		if p.buffer == nil {
			p.buffer = r.pool.get(packSize)
		}
		from := len(p.buffer.b)
		p.buffer.b = append(p.buffer.b, j.data...)
		j.data = p.buffer.b[from:len(p.buffer.b):len(p.buffer.b)]
		j.buffer.release()
		p.weight += int64(len(j.data))
	}
	p.jobs = append(p.jobs, j)
	return nil
}

// flush passes the small jobs on that have gathered.
func (r *reading) flush() error {
	p := r.pack
	if p == nil {
		return nil
	}
	r.pack = nil
	return r.dispatch(p)
}

func (r *reading) dispatch(p *pack) error {
	if err := r.flight.Acquire(r.ctx, p.weight); err != nil {
		return err
	}
	p.ready = make(chan struct{})
	if p.buffer == nil {
		close(p.ready) // there is nothing to work on
	}
	select {
	case r.ordered <- p:
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
	if p.buffer == nil {
		return nil
	}
	select {
	case r.work <- p:
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
	return nil
}

// hasEvents reports whether the writer has a say in what is counted.
func (p *pack) hasEvents() bool {
	for _, j := range p.jobs {
		if len(j.events) > 0 {
			return true
		}
	}
	return false
}

// encode encodes the blocks that are open, and gives the jobs' data back.
func (p *pack) encode(pool *pool) error {
	var open []*block
	var size int
	for _, j := range p.jobs {
		for i := range j.blocks {
			if b := &j.blocks[i]; b.open != nil {
				open = append(open, b)
				size += len(b.open.Raw)
			}
		}
	}
	if !p.shared {
		for _, b := range open {
			if err := b.encode(pool); err != nil {
				return fmt.Errorf("import %s: %w", p.jobs[0].member.path, err)
			}
		}
	} else if len(open) > 0 {
		if err := encodeTogether(pool, open, size); err != nil {
			return fmt.Errorf("import %s and more: %w", p.jobs[0].member.path, err)
		}
	}
	if p.buffer != nil {
		p.buffer.release()
		p.buffer = nil
	}
	return nil
}

// block is a block of a job: open, as the worker made it, or encoded.
type block struct {
	open    *segment.Block
	encoded []byte
	buffer  *buffer // encoded is in it
	info    segment.Info
}

func (b *block) encode(pool *pool) error {
	buf := pool.get(len(b.open.Raw) / 4)
	var err error
	if buf.b, b.info, err = segment.Encode(b.open, buf.b); err != nil {
		return err
	}
	b.open, b.encoded, b.buffer = nil, buf.b, buf
	return nil
}

// encodeTogether encodes blocks of size bytes that share their frames.
func encodeTogether(pool *pool, blocks []*block, size int) error {
	open := make([]*segment.Block, len(blocks))
	for i, b := range blocks {
		open[i] = b.open
	}
	buf := pool.get(size / 2)
	data, infos, err := segment.EncodeTogether(open, buf.b)
	if err != nil {
		return err
	}
	buf.b = data
	for i, b := range blocks {
		n := infos[i].Size()
		b.open, b.encoded, b.buffer, b.info = nil, data[:n], buf, infos[i]
		data = data[n:]
		if i > 0 {
			buf.retain()
		}
	}
	return nil
}
