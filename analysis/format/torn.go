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
	pieces map[uint64]int
}

// add remembers a piece of which the first n bytes are part of a torn item.
func (t *tornPieces) add(piece []byte, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pieces == nil {
		t.seed = maphash.MakeSeed()
		t.pieces = map[uint64]int{}
	}
	t.pieces[maphash.Bytes(t.seed, piece)] = n
}

// torn returns how many bytes at the start of a piece are part of a torn item.
func (t *tornPieces) torn(piece []byte) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.pieces) == 0 {
		return 0
	}
	return min(t.pieces[maphash.Bytes(t.seed, piece)], len(piece))
}
