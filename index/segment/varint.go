package segment

import "encoding/binary"

func uvarint(dst []byte, v uint64) []byte { return binary.AppendUvarint(dst, v) }
func varint(dst []byte, v int64) []byte   { return binary.AppendVarint(dst, v) }

// Cursor reads numbers and texts as this package and the other files of a case
// store them, from B, which grows shorter; after a first mistake it reads zeros.
type Cursor struct {
	B   []byte
	Bad bool
}

// Uvarint reads a number.
func (c *Cursor) Uvarint() uint64 {
	if len(c.B) > 0 && c.B[0] < 0x80 { // most are
		v := c.B[0]
		c.B = c.B[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(c.B)
	if n <= 0 {
		c.Fail()
		return 0
	}
	c.B = c.B[n:]
	return v
}

// Varint reads a signed number.
func (c *Cursor) Varint() int64 {
	v, n := binary.Varint(c.B)
	if n <= 0 {
		c.Fail()
		return 0
	}
	c.B = c.B[n:]
	return v
}

// Count reads a number of things that take at least size bytes each.
func (c *Cursor) Count(size int) int {
	v := c.Uvarint()
	if v > uint64(len(c.B)/size) {
		c.Fail()
		return 0
	}
	return int(v)
}

// small reads a number of at most limit.
func (c *Cursor) small(limit uint64) uint64 {
	v := c.Uvarint()
	if v > limit {
		c.Fail()
		return 0
	}
	return v
}

// index reads a place in a list of n.
func (c *Cursor) index(n uint64) uint32 {
	v := c.Uvarint()
	if v >= n {
		c.Fail()
		return 0
	}
	return uint32(v)
}

// Byte reads a byte.
func (c *Cursor) Byte() byte {
	if b := c.Bytes(1); b != nil {
		return b[0]
	}
	return 0
}

// Bytes reads n bytes. They are a part of B.
func (c *Cursor) Bytes(n int) []byte {
	if n < 0 || n > len(c.B) {
		c.Fail()
		return nil
	}
	b := c.B[:n]
	c.B = c.B[n:]
	return b
}

// Text reads a length and so many bytes. They are a part of B.
func (c *Cursor) Text() []byte { return c.Bytes(c.Count(1)) }

// U32 reads a number of four bytes.
func (c *Cursor) U32() uint32 {
	if b := c.Bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// U64 reads a number of eight bytes.
func (c *Cursor) U64() uint64 {
	if b := c.Bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// Fail makes the rest read as zeros.
func (c *Cursor) Fail() { c.Bad, c.B = true, nil }
