package bundle

import (
	"bufio"
	"bytes"
	"cmp"
	stdbzip2 "compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zip"
	"github.com/klauspost/compress/zstd"
	xz "github.com/mikelolasagasti/xz"
	"golang.org/x/text/encoding/charmap"

	"faultline/analysis"
)

// zip walks the members of a zip, or lists it as a document when it is one: a
// spreadsheet, a Java archive.
func (w *walker) zip(e entry, br *bufio.Reader) error {
	at, size := e.at, e.size
	if at != nil {
		at = &sourceAt{w: w, r: at}
	} else {
		if e.raw.sum == nil {
			w.hashRaw(&e, br)
		}
		spool, n, close, err := w.spool(br)
		if err != nil {
			if cause := w.ctx.Err(); cause != nil {
				return cause
			}
			*e.notes = append(*e.notes, noticeOf(err))
		}
		defer close()
		at, size = spool, n
	}
	d, err := openDirectory(at, size)
	var z zipSurvey
	if err == nil {
		z, err = w.surveyZip(d)
	}
	if cause := w.ctx.Err(); cause != nil {
		return cause
	}
	if err != nil {
		return w.archive(e, br, "zip", func() error { return w.zipRest(e, io.NewSectionReader(at, 0, size)) })
	}
	if kind := z.documentKind(); kind != "" {
		return w.document(e, br, kind)
	}
	return w.archive(e, br, "zip", func() error { return w.zipMembers(e, d, z.overlapping()) })
}

// spool makes a stream readable at random: in memory or, when it is larger, in
// a file that has no name. With an error it holds what came before it.
func (w *walker) spool(r io.Reader) (io.ReaderAt, int64, func(), error) {
	var mem bytes.Buffer
	n, err := io.Copy(&mem, io.LimitReader(r, w.lim.Memory))
	if err != nil || n < w.lim.Memory {
		return bytes.NewReader(mem.Bytes()), n, func() {}, err
	}
	f, err := os.CreateTemp(w.o.Temp, "faultline-*")
	if err != nil {
		return bytes.NewReader(mem.Bytes()), n, func() {}, err
	}
	unlinked := os.Remove(f.Name()) == nil
	close := func() {
		f.Close()
		if !unlinked {
			os.Remove(f.Name())
		}
	}
	if _, err = f.Write(mem.Bytes()); err == nil {
		var more int64
		more, err = io.Copy(f, io.LimitReader(r, w.lim.Total))
		n += more
	}
	return f, n, close, err
}

// document lists a zip that is no archive of files to its user.
func (w *walker) document(e entry, br *bufio.Reader, kind string) error {
	e.settle()
	e.m.Kind, e.m.Detail = analysis.MemberBinary, kind
	if ok, err := w.begin(e.m, nil); !ok {
		return err
	}
	if e.raw.sum == nil {
		w.hashRaw(&e, br)
	}
	if _, err := w.drain(e.raw); err != nil && w.ctx.Err() != nil {
		return w.ctx.Err()
	}
	e.m.Bytes = e.raw.n
	if e.raw.sum != nil {
		e.m.SHA256 = fmt.Sprintf("%x", e.raw.sum.Sum(nil))
	}
	return w.end(e.m, *e.notes)
}

// zipSurvey is what is to be known of a zip's members before any is read.
type zipSurvey struct {
	kind   string // of a document, by a member
	office string // the same, of an Office document
	placed []placed
}

// placed is where the packed bytes of a member stand.
type placed struct {
	from int64
	size uint64
	file int // its number
}

func (w *walker) surveyZip(d *directory) (z zipSurvey, err error) {
	err = d.pages(func(first int, files []*zip.File) error {
		for i, f := range files {
			z.see(first+i, f)
			if f.CompressedSize64 == 0 || isFolder(f) {
				continue
			}
			if len(z.placed) == w.lim.Members {
				return errEnough // no others will be read
			}
			if from, err := f.DataOffset(); err == nil {
				z.placed = append(z.placed, placed{from, f.CompressedSize64, first + i})
			}
		}
		return w.ctx.Err()
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return z, err
}

func isFolder(f *zip.File) bool { return f.Mode().IsDir() || strings.HasSuffix(f.Name, "/") }

// see looks whether a member says that the zip is a document or a program.
func (z *zipSurvey) see(i int, f *zip.File) {
	set := func(s *string, kind string) {
		if *s == "" {
			*s = kind
		}
	}
	switch {
	case strings.HasPrefix(f.Name, "xl/"):
		set(&z.office, "Excel workbook")
	case strings.HasPrefix(f.Name, "word/"):
		set(&z.office, "Word document")
	case strings.HasPrefix(f.Name, "ppt/"):
		set(&z.office, "PowerPoint presentation")
	}
	if i > 2000 {
		return
	}
	switch {
	case f.Name == contentTypes:
		set(&z.kind, contentTypes)
	case i == 0 && f.Name == "mimetype" && f.Method == zip.Store:
		set(&z.kind, "OpenDocument or EPUB")
	case f.Name == "AndroidManifest.xml":
		set(&z.kind, "Android package")
	case f.Name == "META-INF/MANIFEST.MF":
		set(&z.kind, "Java archive")
	case strings.HasSuffix(f.Name, ".dist-info/WHEEL"):
		set(&z.kind, "Python wheel")
	}
}

// contentTypes is the member by which an Office document is known.
const contentTypes = "[Content_Types].xml"

// documentKind says what the zip is when it is a document or a program; "" for
// an archive.
func (z *zipSurvey) documentKind() string {
	if z.kind == contentTypes {
		return cmp.Or(z.office, "Office document")
	}
	return z.kind
}

// overlapping returns the numbers of the members whose bytes begin inside of
// those of another one: the trick by which a small zip holds petabytes.
func (z *zipSurvey) overlapping() map[int]bool {
	slices.SortStableFunc(z.placed, func(a, b placed) int { return cmp.Compare(a.from, b.from) })
	bad := map[int]bool{}
	end := uint64(0)
	for _, x := range z.placed {
		if uint64(x.from) < end {
			bad[x.file] = true
			continue
		}
		end = uint64(x.from) + x.size
	}
	return bad
}

func (w *walker) zipMembers(e entry, d *directory, overlaps map[int]bool) (err error) {
	unread := d.pages(func(first int, files []*zip.File) error {
		for i, f := range files {
			if w.bundle.Members >= w.lim.Members {
				return errEnough
			}
			if err = w.zipMember(e, f, d.size, overlaps[first+i]); err != nil {
				return errEnough
			}
		}
		return nil
	})
	if err == nil && unread != nil && !errors.Is(unread, errEnough) {
		*e.notes = append(*e.notes, noticeOf(unread))
	}
	return err
}

var errEnough = errors.New("no more members are wanted")

// zipMethods are the compressions beside "stored".
var zipMethods = map[uint16]zip.Decompressor{
	8:  func(r io.Reader) io.ReadCloser { return flate.NewReader(r) },
	12: func(r io.Reader) io.ReadCloser { return io.NopCloser(stdbzip2.NewReader(r)) },
	93: zstd.ZipDecompressor(zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true), zstd.WithDecoderConcurrency(1)),
	95: func(r io.Reader) io.ReadCloser {
		z, err := xz.NewReader(r, maxWindow)
		if err != nil {
			return failing{err}
		}
		return io.NopCloser(z)
	},
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }
func (f failing) Close() error             { return nil }

func (w *walker) zipMember(e entry, f *zip.File, size int64, overlaps bool) error {
	raw := f.Name
	if f.NonUTF8 && !utf8.ValidString(raw) {
		if s, err := charmap.CodePage437.NewDecoder().String(raw); err == nil {
			raw = s
		}
	}
	if isFolder(f) {
		return nil
	}
	mode := f.Mode()
	name := cleanName(raw, w.lim.Name, true)
	m := &analysis.Member{Path: e.prefix() + name.path}
	if f.Modified.Year() > 1980 {
		m.Modified = f.Modified.UTC()
	}
	m.Problems = problems(m.Path, name.notes)
	refuse := func(kind, detail string) error {
		m.Kind = analysis.MemberUnread
		m.Problems = append(m.Problems, problems(m.Path, []notice{{kind, detail}})...)
		if ok, err := w.begin(m, nil); !ok {
			return err
		}
		m.Bytes = int64(min(f.CompressedSize64, uint64(size)))
		return w.end(m, nil)
	}
	switch {
	case f.Flags&1 != 0:
		return refuse(analysis.ProblemEncrypted, "it is encrypted: unpack it with its password and import the result")
	case overlaps:
		return refuse(analysis.ProblemLimit, "its bytes overlap those of another member: not read")
	case w.full:
		return refuse(analysis.ProblemLimit, "not read: a limit of the bundle was reached before")
	case mode&fs.ModeSymlink == 0 && mode.Type() != 0:
		m.Kind, m.Detail = analysis.MemberSpecial, specialName(mode)
		return w.listed(m)
	}
	rc, err := f.Open()
	if cause := w.ctx.Err(); cause != nil {
		return cause
	}
	if errors.Is(err, zip.ErrAlgorithm) {
		return refuse(analysis.ProblemUnreadable, fmt.Sprintf("it is compressed by method %d, which is not supported", f.Method))
	}
	if err != nil {
		n := noticeOf(err)
		return refuse(n.kind, n.detail)
	}
	defer rc.Close()
	if mode&fs.ModeSymlink != 0 {
		target, _ := io.ReadAll(io.LimitReader(rc, 4<<10))
		m.Kind, m.Detail, m.Link = analysis.MemberLink, "symbolic link", escape(string(target))
		return w.listed(m)
	}
	packed := &counter{n: int64(min(f.CompressedSize64, uint64(size)))}
	return w.entry(entry{m: m, r: w.guard(rc, packed), size: -1, depth: e.depth})
}

// zipRest reads a zip without a directory, because its end is missing or
// damaged, by what stands before each member.
func (w *walker) zipRest(e entry, r io.Reader) error {
	br := w.buffer(r)
	defer w.release(br)
	*e.notes = append(*e.notes, notice{analysis.ProblemTruncated, "the zip has no directory at its end; its members were read in order as far as they go"})
	for !w.full {
		more, err := w.zipLocal(e, br)
		if cause := w.ctx.Err(); cause != nil {
			return cause
		}
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	return nil
}

// zipLocal reads the member at the place that br stands at; it reports false
// when there is none, or when where the next one begins cannot be told.
func (w *walker) zipLocal(e entry, br *bufio.Reader) (bool, error) {
	h, err := br.Peek(30)
	if err != nil || string(h[:4]) != "PK\x03\x04" {
		return false, nil
	}
	le := binary.LittleEndian
	flags, method := le.Uint16(h[6:]), le.Uint16(h[8:])
	packed := int64(le.Uint32(h[18:]))
	nameLen, extraLen := int(le.Uint16(h[26:])), int(le.Uint16(h[28:]))
	br.Discard(30)
	head := make([]byte, nameLen+extraLen)
	if _, err := io.ReadFull(br, head); err != nil {
		return false, nil
	}
	if packed == 0xffffffff {
		packed = zip64Size(head[nameLen:])
	}
	name := cleanName(string(head[:nameLen]), w.lim.Name, true)
	m := &analysis.Member{Path: e.prefix() + name.path}
	m.Problems = problems(m.Path, name.notes)
	later := flags&8 != 0 // the size stands behind the bytes
	if flags&1 != 0 {
		m.Kind = analysis.MemberUnread
		m.Problems = append(m.Problems, problems(m.Path, []notice{{analysis.ProblemEncrypted, "it is encrypted"}})...)
		if err := w.listed(m); err != nil || later {
			return false, err
		}
		_, err := io.CopyN(io.Discard, br, packed)
		return err == nil, nil
	}
	open := zipMethods[method]
	if later && method != 8 || open == nil && method != 0 {
		m.Kind = analysis.MemberUnread
		m.Problems = append(m.Problems, problems(m.Path, []notice{{analysis.ProblemUnreadable, "without the zip's directory it cannot be told where it ends"}})...)
		return false, w.listed(m)
	}
	var stream io.Reader = br // flate takes no byte too many from it
	limited := &io.LimitedReader{R: br, N: packed}
	if !later {
		stream = limited
	}
	in := &byteCounter{br: br}
	if later {
		stream = in
	}
	if open != nil {
		rc := open(stream)
		defer rc.Close()
		stream = rc
	}
	c := &in.counter
	if !later {
		c = &counter{n: packed}
	}
	if !strings.HasSuffix(name.path, "/") && !(nameLen > 0 && head[nameLen-1] == '/') {
		if err := w.entry(entry{m: m, r: w.guard(stream, c), size: -1, depth: e.depth}); err != nil {
			return false, err
		}
	}
	if !later {
		_, err := io.Copy(io.Discard, limited)
		return err == nil, nil
	}
	if _, err := w.drain(stream); err != nil {
		return false, nil
	}
	return skipDescriptor(br), nil
}

// skipDescriptor goes past the sizes that follow a member; they come in four
// lengths, so what follows them decides.
func skipDescriptor(br *bufio.Reader) bool {
	for _, n := range []int{16, 12, 24, 20} {
		b, _ := br.Peek(n + 4)
		if len(b) == n+4 && b[n] == 'P' && b[n+1] == 'K' {
			br.Discard(n)
			return true
		}
	}
	return false
}

// zip64Size returns the packed size from a local header's extra field, 0 when
// it has none.
func zip64Size(extra []byte) int64 {
	le := binary.LittleEndian
	for len(extra) >= 4 {
		id, n := le.Uint16(extra), int(le.Uint16(extra[2:]))
		extra = extra[4:]
		if n > len(extra) {
			break
		}
		if id == 1 && n >= 16 {
			return int64(min(le.Uint64(extra[8:]), 1<<62))
		}
		extra = extra[n:]
	}
	return 0
}

// byteCounter counts what is read of br and leaves it readable by bytes.
type byteCounter struct {
	br *bufio.Reader
	counter
}

func (b *byteCounter) Read(p []byte) (int, error) {
	n, err := b.br.Read(p)
	b.n += int64(n)
	return n, err
}

func (b *byteCounter) ReadByte() (byte, error) {
	c, err := b.br.ReadByte()
	if err == nil {
		b.n++
	}
	return c, err
}
