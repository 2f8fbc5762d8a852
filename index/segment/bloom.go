package segment

import "math/bits"

// A Bloom filter of a block: bitsPerToken bits and probes probes for each
// distinct token. Tokens below light are asked for several at a time, so that
// they need not be told apart as well: they have one bit and one probe.
const (
	bitsPerToken = 10
	probes       = 4
	light        = 1 << 32
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
	room := 0
	mask := uint64(size - 1)
	for _, t := range tokens {
		i := t & mask
		for set[i] != 0 && set[i] != t {
			i = (i + 1) & mask
		}
		if set[i] == 0 {
			set[i] = t
			if t < light {
				room++
			} else {
				room += bitsPerToken
			}
		}
	}
	filter := make([]byte, (max(room, bitsPerToken)+63)/64*8)
	for _, t := range set {
		if t != 0 {
			setBits(filter, t)
		}
	}
	setBits(filter, 0) // the one token that the set cannot tell from an empty place
	return filter
}

// start returns where the probes of a token begin, the step between them, and
// how many there are.
func start(token uint64) (from, step uint64, n int) {
	if token < light {
		return token * 0x9E3779B97F4A7C15, 0, 1
	}
	return token, token>>33 | 1, probes
}

func setBits(filter []byte, token uint64) {
	size := uint64(len(filter)) * 8
	token, step, n := start(token)
	for range n {
		at, _ := bits.Mul64(token, size)
		filter[at>>3] |= 1 << (at & 7)
		token = bits.RotateLeft64(token, 21)*0x9E3779B97F4A7C15 + step
	}
}

func hasBits(filter []byte, token uint64) bool {
	size := uint64(len(filter)) * 8
	token, step, n := start(token)
	for range n {
		at, _ := bits.Mul64(token, size)
		if filter[at>>3]&(1<<(at&7)) == 0 {
			return false
		}
		token = bits.RotateLeft64(token, 21)*0x9E3779B97F4A7C15 + step
	}
	return true
}
