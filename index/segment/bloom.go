package segment

import "math/bits"

// A Bloom filter of a block: bitsPerToken bits and probes probes for each
// distinct token.
const (
	bitsPerToken = 10
	probes       = 4
)

// bloom returns the filter of the tokens, nil when there are none.
func (e *encoder) bloom(tokens []uint64) []byte {
	if len(tokens) == 0 {
		return nil
	}
	size := 1 << bits.Len(uint(len(tokens)*3/2))
	if cap(e.set) < size {
		e.set = make([]uint64, size)
	}
	set := e.set[:size]
	clear(set)
	n := 0
	mask := uint64(size - 1)
	for _, t := range tokens {
		i := t & mask
		for set[i] != 0 && set[i] != t {
			i = (i + 1) & mask
		}
		if set[i] == 0 {
			set[i] = t
			n++
		}
	}
	filter := make([]byte, (max(n, 1)*bitsPerToken+63)/64*8)
	for _, t := range set {
		if t != 0 {
			setBits(filter, t)
		}
	}
	setBits(filter, 0) // the one token that the set cannot tell from an empty place
	return filter
}

func setBits(filter []byte, token uint64) {
	n := uint64(len(filter)) * 8
	step := token>>33 | 1
	for range probes {
		at, _ := bits.Mul64(token, n)
		filter[at>>3] |= 1 << (at & 7)
		token = bits.RotateLeft64(token, 21)*0x9E3779B97F4A7C15 + step
	}
}

func hasBits(filter []byte, token uint64) bool {
	n := uint64(len(filter)) * 8
	step := token>>33 | 1
	for range probes {
		at, _ := bits.Mul64(token, n)
		if filter[at>>3]&(1<<(at&7)) == 0 {
			return false
		}
		token = bits.RotateLeft64(token, 21)*0x9E3779B97F4A7C15 + step
	}
	return true
}
