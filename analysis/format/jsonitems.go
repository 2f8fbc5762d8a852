package format

import "bytes"

// jsonScan finds the items of a JSON stream while it grows: top-level
// objects, the elements of a top-level array, and the elements of an array
// that is the value of a listing key (such as "items") of an item. It tracks
// brackets and strings only and survives any nesting and any bytes.
//
// The rule does not depend on where a chunk begins, as long as it begins where
// an item does: closers without an opener are passed over, and what follows a
// colon there is a value of the enclosing object, no item.
type jsonScan struct {
	listing func(key []byte) bool // is asked for "key{" too: may the object hold a listing?

	pos     int    // bytes of data already seen
	stack   []byte // open brackets, at most jsonScanDepth; the kinds below
	deeper  int    // brackets open beyond those
	str     bool   // inside a string
	esc     bool   // after a backslash in it
	strAt   int    // where that string began
	key     []byte // last string at the level of an item, candidate for a key
	isKey   bool   // key is followed by a colon, and nothing else since
	isValue bool   // a colon came last, apart from space
}

const jsonScanDepth = 64

const (
	scanOther byte = iota // an array or object inside an item
	scanItem              // an object that is an item
	scanArray             // an array whose elements are items
	scanPart              // an object inside an item that may hold a listing
)

// scan looks at the bytes of data behind pos. It calls item with the place of
// the brace of each item that starts there, and list when an item turns out to
// hold a listing (with the listing's key; nil for a top-level array).
func (s *jsonScan) scan(data []byte, item func(at int), list func(key []byte)) {
	i := s.pos
	for i < len(data) {
		if s.str {
			if s.esc {
				s.esc = false
				i++
				continue
			}
			j := i
			for j < len(data) && data[j] != '"' && data[j] != '\\' {
				j++
			}
			if j == len(data) {
				i = j
				break
			}
			i = j + 1
			if data[j] == '\\' {
				s.esc = true
				continue
			}
			s.str = false
			if s.atItem() {
				s.key = s.key[:0]
				if s.strAt >= 0 && j-s.strAt <= 40 {
					s.key = append(s.key, data[s.strAt:j]...)
				}
				s.isKey = false
			}
			continue
		}
		c := data[i]
		switch c {
		case '"':
			s.str, s.strAt = true, i+1
			if s.isValue {
				s.isValue = false
				s.isKey = false
			}
		case '{', '[':
			s.open(c, i, item, list)
			s.isValue, s.isKey = false, false
		case '}', ']':
			switch {
			case s.deeper > 0:
				s.deeper--
			case len(s.stack) > 0:
				s.stack = s.stack[:len(s.stack)-1]
			}
			s.isValue, s.isKey = false, false
		case ':':
			s.isValue, s.isKey = true, true
		case ' ', '\t', '\n', '\r':
		default:
			s.isValue, s.isKey = false, false
		}
		i++
	}
	s.pos = i
}

// atItem reports whether the cursor is directly inside an item, or inside an
// object that opened before the chunk.
func (s *jsonScan) atItem() bool {
	if s.deeper > 0 {
		return false
	}
	return len(s.stack) == 0 || s.stack[len(s.stack)-1] == scanItem || s.stack[len(s.stack)-1] == scanPart
}

func (s *jsonScan) open(c byte, at int, item func(at int), list func(key []byte)) {
	if s.deeper > 0 || len(s.stack) == jsonScanDepth {
		s.deeper++
		return
	}
	kind := scanOther
	top := scanArray // at the top every object is an item
	if len(s.stack) > 0 {
		top = s.stack[len(s.stack)-1]
	} else if s.isValue {
		top = scanItem // a value of an object that opened before the chunk
	}
	switch {
	case c == '{' && top == scanArray:
		kind = scanItem
		item(at)
	case c == '{' && top == scanItem && s.isKey && len(s.stack) > 0 && s.listing(append(s.key, '{')):
		kind = scanPart
	case c == '[' && len(s.stack) == 0 && !s.isValue:
		kind = scanArray
		list(nil)
	case c == '[' && (top == scanItem || top == scanPart) && s.isKey && s.listing(s.key):
		kind = scanArray
		list(s.key)
	}
	s.stack = append(s.stack, kind)
}

// forget drops the first n bytes of the data, which have been cut off.
func (s *jsonScan) forget(n int) {
	s.pos -= n
	s.strAt -= n
}

// lineStart returns where the line's blank beginning before at starts: the
// place itself unless only blanks stand between it and a line end before it.
func lineStart(data []byte, at int) int {
	i := at
	for i > 0 && (data[i-1] == ' ' || data[i-1] == '\t') {
		i--
	}
	if i == 0 || data[i-1] == '\n' {
		return i
	}
	return at
}

// jsonCutter is Cut for readers of JSON items: it cuts before the start of an
// item. An item over the limit is cut at any line end, or anywhere, and its
// pieces are remembered, so that Records does not take them for JSON.
type jsonCutter struct {
	scan  jsonScan
	limit int
	torn  tornPieces
	mid   bool // data starts inside an item that was torn
	known int  // a boundary that was found and not yet cut at
}

func (c *jsonCutter) cut(data []byte, eof bool) int {
	last, first := c.known, c.known
	if eof && !c.mid {
		return len(data)
	}
	c.scan.scan(data, func(at int) {
		if at = lineStart(data, at); at > 0 {
			if first == 0 {
				first = at
			}
			last = at
		}
	}, func([]byte) {})
	if eof {
		if first == 0 {
			first = len(data)
		}
		c.torn.add(data, first)
		return len(data)
	}
	n := last
	if c.mid && first > 0 {
		n = first // the torn item's rest alone
	}
	if n == 0 {
		if len(data) < c.limit {
			return 0
		}
		if n = bytes.LastIndexByte(data, '\n') + 1; n == 0 {
			n = len(data)
		}
		c.torn.add(data[:n], n)
		c.mid = true
	} else if c.mid {
		c.torn.add(data[:n], n)
		c.mid = false
	}
	c.known = max(last-n, 0)
	c.scan.forget(n)
	return n
}
