package bundle

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zip"
	"github.com/klauspost/compress/zstd"
	xz "github.com/mikelolasagasti/xz"
	"github.com/pierrec/lz4/v4"

	"faultline/analysis"
)

// compressed is a way to compress one stream.
type compressed struct {
	name string
	is   func(head []byte) bool
	open func(br *bufio.Reader, notes *[]notice) (io.ReadCloser, error)
}

var compressions = []compressed{
	{"gzip", magic("\x1f\x8b\x08"), openGzip},
	{"xz", magic("\xfd7zXZ\x00"), openXZ},
	{"bzip2", isBzip2, openBzip2},
	{"zstd", isZstd, openZstd},
	{"lz4", magic("\x04\x22\x4d\x18"), openLZ4},
}

func compressionOf(head []byte) *compressed {
	for i := range compressions {
		if compressions[i].is(head) {
			return &compressions[i]
		}
	}
	return nil
}

func magic(s string) func(head []byte) bool {
	return func(head []byte) bool { return len(head) >= len(s) && string(head[:len(s)]) == s }
}

// isBzip2 wants the mark of the first block or of the end as well: "BZh" could
// begin a text.
func isBzip2(head []byte) bool {
	if len(head) < 10 || string(head[:3]) != "BZh" || head[3] < '1' || head[3] > '9' {
		return false
	}
	mark := string(head[4:10])
	return mark == "1AY&SY" || mark == "\x17rE8P\x90"
}

// isZstd accepts a frame, or a skippable frame followed by one.
func isZstd(head []byte) bool {
	if magic("\x28\xb5\x2f\xfd")(head) {
		return true
	}
	if len(head) < 12 || head[0]&0xf0 != 0x50 || string(head[1:4]) != "\x2a\x4d\x18" {
		return false
	}
	skip := 8 + int64(head[4]) + int64(head[5])<<8 + int64(head[6])<<16 + int64(head[7])<<24
	return skip < int64(len(head))-4 && magic("\x28\xb5\x2f\xfd")(head[skip:])
}

func trailing(kind string) notice {
	return notice{analysis.ProblemCorrupt, "bytes after the end of the " + kind + " data are not part of it and were left out"}
}

// openGzip follows concatenated members, as gzip does, keeps the bytes of a
// member with a wrong checksum, and accepts padding of zeros.
func openGzip(br *bufio.Reader, notes *[]notice) (io.ReadCloser, error) {
	z, err := gzip.NewReader(br)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return &gzipReader{br: br, z: z, notes: notes}, nil
}

type gzipReader struct {
	br    *bufio.Reader
	z     *gzip.Reader
	notes *[]notice
	err   error
}

func (g *gzipReader) Close() error { return g.z.Close() }

func (g *gzipReader) Read(p []byte) (int, error) {
	for g.err == nil {
		n, err := g.z.Read(p)
		if errors.Is(err, gzip.ErrChecksum) {
			*g.notes = append(*g.notes, notice{analysis.ProblemCorrupt, "the gzip checksum does not fit; the bytes are kept"})
			err = io.EOF
		}
		if err == io.EOF {
			err = g.next()
		}
		g.err = err
		if n > 0 {
			return n, nil
		}
	}
	return 0, g.err
}

// next goes to the next gzip member; io.EOF when there is none.
func (g *gzipReader) next() error {
	for {
		head, err := g.br.Peek(3)
		switch {
		case len(head) == 0:
			return err
		case magic("\x1f\x8b\x08")(head):
			err := g.z.Reset(g.br)
			g.z.Multistream(false)
			return err
		case head[0] == 0:
			g.br.Discard(1)
		default:
			*g.notes = append(*g.notes, trailing("gzip"))
			return io.EOF
		}
	}
}

// maxWindow is the most memory that one stream's window may take, bytes.
const maxWindow = 128 << 20

// openXZ follows concatenated streams and their padding.
func openXZ(br *bufio.Reader, notes *[]notice) (io.ReadCloser, error) {
	z, err := xz.NewReader(br, maxWindow)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return io.NopCloser(&xzReader{z: z, notes: notes}), nil
}

type xzReader struct {
	z     *xz.Reader
	notes *[]notice
	err   error
}

func (x *xzReader) Read(p []byte) (int, error) {
	for x.err == nil {
		n, err := x.z.Read(p)
		if err == io.EOF {
			switch err = x.z.Reset(nil); {
			case err == nil:
				x.z.Multistream(false)
			case err != io.EOF:
				*x.notes = append(*x.notes, trailing("xz"))
				err = io.EOF
			}
		}
		x.err = err
		if n > 0 {
			return n, nil
		}
	}
	return 0, x.err
}

func openBzip2(br *bufio.Reader, notes *[]notice) (io.ReadCloser, error) {
	return io.NopCloser(&tailReader{r: bzip2.NewReader(br), name: "bzip2", notes: notes, tail: func(err error) bool {
		return strings.Contains(err.Error(), "continuation file")
	}}), nil
}

func openZstd(br *bufio.Reader, notes *[]notice) (io.ReadCloser, error) {
	z, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	rc := z.IOReadCloser()
	return &tailReader{r: rc, close: rc.Close, name: "zstd", notes: notes, tail: func(err error) bool {
		return errors.Is(err, zstd.ErrMagicMismatch)
	}}, nil
}

func openLZ4(br *bufio.Reader, notes *[]notice) (io.ReadCloser, error) {
	z := lz4.NewReader(br)
	if err := z.Apply(lz4.ConcurrencyOption(1)); err != nil {
		return nil, err
	}
	return io.NopCloser(&tailReader{r: z, name: "lz4", notes: notes, tail: func(err error) bool {
		return errors.Is(err, lz4.ErrInvalidFrame)
	}}), nil
}

// tailReader takes one kind of error after good data as the end of it.
type tailReader struct {
	r     io.Reader
	close func() error
	name  string
	notes *[]notice
	tail  func(err error) bool
	some  bool
}

func (t *tailReader) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.some = t.some || n > 0
	if err != nil && err != io.EOF && t.some && t.tail(err) {
		*t.notes = append(*t.notes, trailing(t.name))
		err = io.EOF
	}
	return n, err
}

func (t *tailReader) Close() error {
	if t.close != nil {
		return t.close()
	}
	return nil
}

// guard ends a stream that expands too much, and turns a decoder's panic into
// an error.
type guard struct {
	w     *walker
	r     io.Reader
	in    *counter // what the stream is read from
	start int64    // in.n when it began
	out   int64
	from  int64
	err   error
}

// guard watches over r, which is unpacked from in.
func (w *walker) guard(r io.Reader, in *counter) *guard {
	return &guard{w: w, r: r, in: in, from: max(w.lim.RatioFrom>>w.cut, 1)}
}

func (g *guard) Read(p []byte) (n int, err error) {
	if g.err != nil {
		return 0, g.err
	}
	defer func() {
		if x := recover(); x != nil {
			n, err = 0, notice{analysis.ProblemCorrupt, fmt.Sprintf("the data makes its decoder fail: %v", x)}
		}
		g.err = err
	}()
	n, err = g.r.Read(p)
	g.out += int64(n)
	if in := max(g.in.n-g.start, 1); g.out > g.from && g.out/in >= g.w.lim.Ratio {
		g.w.cut = min(g.w.cut+1, 8)
		return n, notice{analysis.ProblemLimit, fmt.Sprintf("cut after %d bytes: the data expands more than %d to 1", g.out, g.w.lim.Ratio)}
	}
	return n, err
}

// noticeOf says in words of the ledger what an error of a reader means.
func noticeOf(err error) notice {
	var n notice
	var pathError *fs.PathError
	switch {
	case errors.As(err, &n):
		return n
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, xz.ErrBuf):
		return notice{analysis.ProblemTruncated, "the data stops in the middle; what came before is kept"}
	case errors.Is(err, xz.ErrMemlimit), errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return notice{analysis.ProblemLimit, fmt.Sprintf("the data needs more than %d MiB of memory to unpack", maxWindow>>20)}
	case errors.As(err, &pathError):
		return notice{analysis.ProblemUnreadable, "cannot be read: " + pathError.Err.Error()}
	case errors.Is(err, zip.ErrChecksum):
		return notice{analysis.ProblemCorrupt, "the zip checksum does not fit; the bytes are kept"}
	}
	return notice{analysis.ProblemCorrupt, "the data is damaged: " + err.Error()}
}

// isZip recognises a zip by its first entry, or an empty one by its end.
func isZip(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}
