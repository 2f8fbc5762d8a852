package format

import (
	"hash/maphash"
	"sync"
)

// tornPieces remembers the pieces of items that were too large to be read
// whole: Cut adds them, Records asks, possibly at the same time.
type tornPieces struct {
	mu     sync.Mutex
	seed   maphash.Seed
	pieces map[uint64]bool
}

func (t *tornPieces) add(piece []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pieces == nil {
		t.seed = maphash.MakeSeed()
		t.pieces = map[uint64]bool{}
	}
	t.pieces[maphash.Bytes(t.seed, piece)] = true
}

func (t *tornPieces) holds(piece []byte) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.pieces) > 0 && t.pieces[maphash.Bytes(t.seed, piece)]
}

func (t *tornPieces) any() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.pieces) > 0
}
