package bundle

import "io"

const (
	// aheadFrom is how much of a stream is read as it is asked for: most
	// members are shorter, and not worth a goroutine.
	aheadFrom   = 256 << 10
	aheadSize   = 256 << 10
	aheadBlocks = 8
)

// ahead unpacks a long stream in a goroutine of its own, up to aheadBlocks of
// aheadSize bytes ahead of who reads it: a lone archive has but one stream, and
// hashing and parsing it must not hold up its decoder.
type ahead struct {
	r     io.Reader // the goroutine's, once there is one
	notes []notice  // likewise: what the decoders noticed

	direct int             // bytes that were read without the goroutine
	full   chan aheadBlock // nil before the goroutine; closed by it
	free   chan []byte     // blocks that were read
	quit   chan struct{}   // closed to end the goroutine
	block  aheadBlock      // being read
	rest   []byte          // of it
}

type aheadBlock struct {
	b   []byte
	err error // after b
}

func (a *ahead) Read(p []byte) (int, error) {
	if a.full == nil {
		if a.direct < aheadFrom {
			n, err := a.r.Read(p)
			a.direct += n
			return n, err
		}
		a.full, a.free, a.quit = make(chan aheadBlock, aheadBlocks), make(chan []byte, aheadBlocks), make(chan struct{})
		go a.run()
	}
	for len(a.rest) == 0 {
		if a.block.err != nil {
			return 0, a.block.err
		}
		if a.block.b != nil {
			a.free <- a.block.b[:aheadSize] // it has room for all there are
		}
		a.block = <-a.full
		a.rest = a.block.b
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// run reads until the stream ends or nobody wants more of it.
func (a *ahead) run() {
	defer close(a.full)
	for made := 0; ; {
		var b []byte
		select {
		case b = <-a.free:
		case <-a.quit:
			return
		default:
			if made < aheadBlocks {
				b = make([]byte, aheadSize)
				made++
				break
			}
			select {
			case b = <-a.free:
			case <-a.quit:
				return
			}
		}
		n := 0
		var err error
		for n < len(b) && err == nil {
			var k int
			k, err = a.r.Read(b[n:])
			n += k
		}
		a.full <- aheadBlock{b[:n], err} // it has room for all there are
		if err != nil {
			return
		}
	}
}

// stop ends the goroutine, so that what the stream is read from is the
// caller's again, and returns what the decoders noticed since the last stop.
func (a *ahead) stop() (notes []notice) {
	if a.quit != nil {
		close(a.quit)
		for range a.full {
		}
		a.quit = nil
	}
	notes, a.notes = a.notes, nil
	return notes
}
