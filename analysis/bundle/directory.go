package bundle

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/klauspost/compress/zip"
)

// directory is the list of a zip's members at its end. It is read a page at a
// time: of a zip of a million members, package zip alone would keep a quarter
// of a kilobyte for each.
type directory struct {
	at      io.ReaderAt
	size    int64  // of the zip
	from    int64  // where the directory begins
	offset  uint64 // the same as the zip says, which may have something before it
	entries uint64 // as the zip says
}

const (
	entrySize  = 46 // and name, extra field and comment
	endSize    = 22 // and a comment
	end64Size  = 56
	locateSize = 20

	pageEntries = 1024
	pageSize    = 1 << 20 // and what the last entry has beyond it
)

// openDirectory finds the directory of a zip.
func openDirectory(at io.ReaderAt, size int64) (*directory, error) {
	le := binary.LittleEndian
	read := func(off int64, n int) []byte {
		b := make([]byte, n)
		if off < 0 || off+int64(n) > size {
			return nil
		}
		if _, err := at.ReadAt(b, off); err != nil && err != io.EOF {
			return nil
		}
		return b
	}
	near := min(size, 65<<10)
	tail := read(size-near, int(near))
	last := lastEnd(tail)
	if last < 0 {
		return nil, zip.ErrFormat
	}
	end, b := size-near+int64(last), tail[last:]
	entries, length, offset := uint64(le.Uint16(b[10:])), uint64(le.Uint32(b[12:])), uint64(le.Uint32(b[16:]))
	if entries == math.MaxUint16 || length == math.MaxUint16 || length == math.MaxUint32 || offset == math.MaxUint32 {
		if l := read(end-locateSize, locateSize); l != nil && string(l[:4]) == "PK\x06\x07" && le.Uint32(l[4:]) == 0 && le.Uint32(l[16:]) == 1 {
			end = int64(min(le.Uint64(l[8:]), math.MaxInt64>>1))
			if b = read(end, end64Size); b == nil || string(b[:4]) != "PK\x06\x06" {
				return nil, zip.ErrFormat
			}
			entries, length, offset = le.Uint64(b[32:]), le.Uint64(b[40:]), le.Uint64(b[48:])
		}
	}
	if length > math.MaxInt64 || offset > math.MaxInt64 {
		return nil, zip.ErrFormat
	}
	d := &directory{at: at, size: size, from: end - int64(length), offset: offset, entries: entries}
	if d.from < 0 || d.from >= size {
		return nil, zip.ErrFormat
	}
	// Some programs state a wrong length: what stands where the directory
	// should be then decides.
	if b := read(int64(offset), 4); d.from > int64(offset) && string(b) == "PK\x01\x02" {
		d.from = int64(offset)
	}
	return d, nil
}

// lastEnd finds the record at the end of a zip in its last bytes; -1 when there
// is none.
func lastEnd(b []byte) int {
	for at := len(b) - endSize; at >= 0; at-- {
		if string(b[at:at+4]) == "PK\x05\x06" {
			if at+endSize+int(binary.LittleEndian.Uint16(b[at+20:])) > len(b) {
				return -1
			}
			return at
		}
	}
	return -1
}

// pages calls visit for the members, a page of them at a time; first is the
// number of the first one. As package zip does, it takes what is no entry any
// more for the end, and holds only the lowest bits of the number of entries
// against it, since some programs write no more.
func (d *directory) pages(visit func(first int, files []*zip.File) error) error {
	in := bufio.NewReaderSize(io.NewSectionReader(d.at, d.from, d.size-d.from), 64<<10)
	for first := 0; ; {
		page, n, err := readPage(in)
		if err != nil {
			return err
		}
		if n > 0 {
			files, err := d.files(page, n)
			if err != nil {
				return err
			}
			if err := visit(first, files); err != nil {
				return err
			}
		}
		if first += n; n < pageEntries && len(page) < pageSize {
			if uint16(first) != uint16(d.entries) {
				return zip.ErrFormat
			}
			return nil
		}
	}
}

// readPage reads entries. A page that is not full is the last one.
func readPage(in *bufio.Reader) (page []byte, n int, err error) {
	le := binary.LittleEndian
	for n < pageEntries && len(page) < pageSize {
		h, err := in.Peek(entrySize)
		if err != nil && err != io.EOF {
			return nil, 0, err
		}
		if len(h) < entrySize || string(h[:4]) != "PK\x01\x02" {
			break
		}
		size := entrySize + int(le.Uint16(h[28:])) + int(le.Uint16(h[30:])) + int(le.Uint16(h[32:]))
		at := len(page)
		page = append(page, make([]byte, size)...)
		if _, err := io.ReadFull(in, page[at:]); err == io.ErrUnexpectedEOF {
			page = page[:at]
			break
		} else if err != nil {
			return nil, 0, err
		}
		n++
	}
	return page, n, nil
}

// files has package zip read a page: a zip whose directory is this page.
func (d *directory) files(page []byte, n int) ([]*zip.File, error) {
	le := binary.LittleEndian
	end := append([]byte("PK\x06\x06"), make([]byte, 20)...)
	end = le.AppendUint64(end, uint64(n))
	end = le.AppendUint64(end, uint64(n))
	end = le.AppendUint64(end, uint64(len(page)))
	end = le.AppendUint64(end, d.offset)
	end = append(end, "PK\x06\x07\x00\x00\x00\x00"...)
	end = le.AppendUint64(end, uint64(d.from)+uint64(len(page)))
	end = append(end, 1, 0, 0, 0)
	end = append(end, "PK\x05\x06\x00\x00\x00\x00"...)
	end = append(append(end, bytes.Repeat([]byte{0xff}, 12)...), 0, 0)
	v := &instead{ReaderAt: d.at, end: append(page, end...), from: d.from}
	zr, err := zip.NewReader(v, d.from+int64(len(v.end)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, err
	}
	v.end = nil // the members' bytes may lie anywhere
	for method, open := range zipMethods {
		zr.RegisterDecompressor(method, open)
	}
	return zr.File, nil
}

// instead reads other bytes from a place on, unless there are none.
type instead struct {
	io.ReaderAt
	end  []byte
	from int64
}

func (r *instead) ReadAt(p []byte, off int64) (n int, err error) {
	if r.end == nil {
		return r.ReaderAt.ReadAt(p, off)
	}
	if before := min(r.from-off, int64(len(p))); before > 0 {
		if n, err = r.ReaderAt.ReadAt(p[:before], off); err != nil || n == len(p) {
			return n, err
		}
	}
	k, err := bytes.NewReader(r.end).ReadAt(p[n:], off+int64(n)-r.from)
	return n + k, err
}
