package pattern

import (
	"encoding/binary"
	"math/bits"
)

// Hash returns the 64-bit hash of a skeleton's text, as Lexer.Shape gives it.
// It multiplies 16 bytes at a time to 128 bits and folds them, as wyhash does.
func Hash(skeleton []byte) uint64 {
	const k0, k1, k2 = 0xa0761d6478bd642f, 0xe7037ed1a0b428db, 0x8ebc6af09c88c6e3
	h := uint64(len(skeleton)) ^ k2
	s := skeleton
	for len(s) > 16 {
		h = mix(binary.LittleEndian.Uint64(s)^k0, binary.LittleEndian.Uint64(s[8:])^h)
		s = s[16:]
	}
	var a, b uint64
	switch {
	case len(s) >= 8:
		a = binary.LittleEndian.Uint64(s)
		b = binary.LittleEndian.Uint64(s[len(s)-8:])
	case len(s) >= 4:
		a = uint64(binary.LittleEndian.Uint32(s))
		b = uint64(binary.LittleEndian.Uint32(s[len(s)-4:]))
	case len(s) > 0:
		a = uint64(s[0])<<16 | uint64(s[len(s)>>1])<<8 | uint64(s[len(s)-1])
	}
	return mix(k1^uint64(len(s)), mix(a^k1, b^h))
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
