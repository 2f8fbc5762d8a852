package segment

import "encoding/binary"

func uvarint(dst []byte, v uint64) []byte { return binary.AppendUvarint(dst, v) }
func varint(dst []byte, v int64) []byte   { return binary.AppendVarint(dst, v) }

// cursor reads what was written; after a first mistake it reads zeros.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) uvarint() uint64 {
	if len(c.b) > 0 && c.b[0] < 0x80 { // most are
		v := c.b[0]
		c.b = c.b[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(c.b)
	if n <= 0 {
		c.fail()
		return 0
	}
	c.b = c.b[n:]
	return v
}

func (c *cursor) varint() int64 {
	v, n := binary.Varint(c.b)
	if n <= 0 {
		c.fail()
		return 0
	}
	c.b = c.b[n:]
	return v
}

// count reads a number of things that take at least size bytes each.
func (c *cursor) count(size int) int {
	v := c.uvarint()
	if v > uint64(len(c.b)/size) {
		c.fail()
		return 0
	}
	return int(v)
}

// small reads a number of at most limit.
func (c *cursor) small(limit uint64) uint64 {
	v := c.uvarint()
	if v > limit {
		c.fail()
		return 0
	}
	return v
}

// index reads a place in a list of n.
func (c *cursor) index(n uint64) uint32 {
	v := c.uvarint()
	if v >= n {
		c.fail()
		return 0
	}
	return uint32(v)
}

func (c *cursor) byte() byte {
	if b := c.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (c *cursor) bytes(n int) []byte {
	if n < 0 || n > len(c.b) {
		c.fail()
		return nil
	}
	b := c.b[:n]
	c.b = c.b[n:]
	return b
}

func (c *cursor) u32() uint32 {
	if b := c.bytes(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (c *cursor) u64() uint64 {
	if b := c.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (c *cursor) fail() { c.bad, c.b = true, nil }
