package index

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"runtime"
	"slices"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"

	"faultline/analysis"
	"faultline/index/segment"
)

// batch is what one commit adds beside a segment: the ledger rows of members
// that are complete, with their runs and states, and the shapes and resources
// that were new.
type batch struct {
	members   []memberRow
	shapes    []shapeRow // of a batch that was read: see readShapes
	resources []analysis.Resource

	resourceIDs []uint64 // of a batch that was read
	packed      []byte   // its shapes, as they are stored
}

type memberRow struct {
	Number uint32 // in segment.Block.Member
	Pass   int    // see bundleEntry
	Member analysis.Member
	Runs   []analysis.Run
	States []analysis.State

	// See Reading.
	Head      Head
	Dialect   string
	How       string
	Place     int
	Dropped   bool
	Continues bool   // there is a Prior:
	Base      uint32 // its number
	Until     int64

	at      int32 // among the rows that count: the one for its path; see gathering
	claimed bool  // the rows up to it were looked at
}

type shapeRow struct {
	id       uint64
	skeleton string
}

const (
	batchMagic = "FLBATCH\x02"
	maxBatch   = 4 << 30
)

// rows is the part of a batch that is stored as encoding/gob does, which
// reads six times faster than JSON and likewise lets fields come and go.
type rows struct{ Members []memberRow }

// encode returns the stored form: of the rows and resources and, apart from
// them, of the shapes, which are not read as long as what was derived from
// them is at hand.
func (b *batch) encode() ([]byte, error) {
	var length [binary.MaxVarintLen64]byte
	buf := bytes.NewBuffer(make([]byte, len(length), 64<<10))
	if err := gob.NewEncoder(buf).Encode(rows{b.members}); err != nil {
		return nil, err
	}
	n := binary.PutUvarint(length[:], uint64(buf.Len()-len(length)))
	raw := buf.Bytes()[len(length)-n:]
	copy(raw, length[:n])
	first, err := pack("", appendResources(raw, b.resources))
	if err != nil {
		return nil, err
	}
	room := binary.MaxVarintLen64
	for _, s := range b.shapes {
		room += 8 + binary.MaxVarintLen32 + len(s.skeleton)
	}
	raw = binary.AppendUvarint(make([]byte, 0, room), uint64(len(b.shapes)))
	for _, s := range b.shapes {
		raw = binary.LittleEndian.AppendUint64(raw, s.id)
		raw = appendText(raw, s.skeleton)
	}
	second, err := pack("", raw)
	if err != nil {
		return nil, err
	}
	return sections(batchMagic, first, second), nil
}

// sections returns magic and, each behind its length, the parts of a file that
// are read apart from each other.
func sections(magic string, parts ...[]byte) []byte {
	b := []byte(magic)
	for _, p := range parts {
		b = append(binary.AppendUvarint(b, uint64(len(p))), p...)
	}
	return b
}

// cutSections takes the parts of a file apart, least of them or more.
func cutSections(magic string, b []byte, least int) ([][]byte, error) {
	b, ok := bytes.CutPrefix(b, []byte(magic))
	s := scanner{b: b}
	var parts [][]byte
	for ok && len(s.b) > 0 {
		parts = append(parts, s.text())
	}
	if !ok || s.bad || len(parts) < least {
		return nil, errors.New("not a file of this kind and version")
	}
	return parts, nil
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendResources appends the distinct texts of resources and, for each, where
// its seven stand among them.
func appendResources(b []byte, list []analysis.Resource) []byte {
	at := map[string]uint64{}
	var texts []string
	var rows []byte
	for i := range list {
		for _, s := range partsOf(&list[i]) {
			k, ok := at[*s]
			if !ok {
				k = uint64(len(texts))
				at[*s] = k
				texts = append(texts, *s)
			}
			rows = binary.AppendUvarint(rows, k)
		}
	}
	b = binary.AppendUvarint(b, uint64(len(texts)))
	for _, s := range texts {
		b = appendText(b, s)
	}
	return append(binary.AppendUvarint(b, uint64(len(list))), rows...)
}

// readResources reads what appendResources wrote.
func (s *scanner) readResources() []analysis.Resource {
	texts := make([]string, s.count(1))
	all := string(s.b)
	for i := range texts {
		t := s.text()
		end := len(all) - len(s.b)
		texts[i] = all[end-len(t) : end]
	}
	list := make([]analysis.Resource, s.count(7))
	for i := range list {
		for _, to := range partsOf(&list[i]) {
			k := s.uvarint()
			if k >= uint64(len(texts)) {
				s.fail()
				return nil
			}
			*to = texts[k]
		}
	}
	return list
}

// partsOf returns the parts of a resource, in the order in which they are stored.
func partsOf(r *analysis.Resource) [7]*string {
	return [...]*string{&r.Host, &r.Cluster, &r.Namespace, &r.Pod, &r.Container, &r.Unit, &r.Process}
}

// pack returns magic, the length of raw, and raw as a zstd frame.
func pack(magic string, raw []byte) ([]byte, error) {
	// A window of its usual 4 MiB would be allocated for the smallest file.
	z, err := zstd.NewWriter(nil, zstd.WithWindowSize(512<<10), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithLowerEncoderMem(true),
		zstd.WithEncoderConcurrency(1), zstd.WithSingleSegment(true))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	dst := append(make([]byte, 0, len(magic)+binary.MaxVarintLen64+len(raw)/4), magic...)
	return z.EncodeAll(raw, binary.AppendUvarint(dst, uint64(len(raw)))), nil
}

func unpack(magic string, b []byte, limit uint64) ([]byte, error) {
	b, ok := bytes.CutPrefix(b, []byte(magic))
	size, n := binary.Uvarint(b)
	if !ok || n <= 0 || size > limit {
		return nil, errors.New("not a file of this kind and version")
	}
	var h zstd.Header
	if err := h.Decode(b[n:]); err != nil {
		return nil, err
	}
	if !h.HasFCS || h.FrameContentSize != size {
		return nil, errors.New("its length differs")
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxMemory(limit+1))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	raw, err := z.DecodeAll(b[n:], make([]byte, 0, size))
	if err != nil {
		return nil, err
	}
	if uint64(len(raw)) != size {
		return nil, errors.New("its length differs")
	}
	return raw, nil
}

func decodeBatch(b []byte) (*batch, error) {
	stored, err := cutSections(batchMagic, b, 2)
	if err != nil {
		return nil, err
	}
	raw, err := unpack("", stored[0], maxBatch)
	if err != nil {
		return nil, err
	}
	in := scanner{b: raw}
	var r rows
	if err := gob.NewDecoder(bytes.NewReader(in.text())).Decode(&r); err != nil {
		return nil, err
	}
	share(r.Members)
	out := &batch{members: r.Members, resources: in.readResources(), packed: stored[1]}
	if in.bad || len(in.b) > 0 {
		return nil, errors.New("its rows do not end where they should")
	}
	out.resourceIDs = make([]uint64, len(out.resources))
	for i := range out.resources {
		out.resourceIDs[i] = resourceID(out.resources[i])
	}
	return out, nil
}

// readShapes fills the shapes of a batch that was read.
func (b *batch) readShapes() error {
	raw, err := unpack("", b.packed, maxBatch)
	if err != nil {
		return err
	}
	in := scanner{b: raw}
	b.shapes = make([]shapeRow, in.count(9))
	text := string(in.b) // the skeletons share it
	for i := range b.shapes {
		id, s := in.u64(), in.text()
		end := len(text) - len(in.b)
		b.shapes[i] = shapeRow{id, text[end-len(s) : end]}
	}
	if in.bad || len(in.b) > 0 {
		return errors.New("its shapes do not end where they should")
	}
	b.packed = nil
	return nil
}

// share makes rows that say the same say it with one string: each was read on
// its own.
func share(list []memberRow) {
	seen := map[string]string{}
	one := func(s *string) {
		if *s == "" {
			return
		}
		first, ok := seen[*s]
		if !ok {
			seen[*s], first = *s, *s
		}
		*s = first
	}
	for i := range list {
		r := &list[i]
		m := &r.Member
		x := &m.Resource
		for _, s := range []*string{
			&r.Dialect, &r.How, &m.Bundle, (*string)(&m.Kind), &m.Format, &m.Detail, &m.Encoding, &m.Reason, &m.Zone,
			&x.Host, &x.Cluster, &x.Namespace, &x.Pod, &x.Container, &x.Unit, &x.Process,
		} {
			one(s)
		}
		for k := range m.Problems {
			p := &m.Problems[k]
			one(&p.Kind)
			one(&p.Detail)
			one(&p.Origin.Bundle)
			if p.Origin.Path == m.Path {
				p.Origin.Path = m.Path
			}
		}
	}
}

// readBatches reads all batches, in their order, without their shapes.
func (c *Case) readBatches(m *manifest) ([]*batch, error) {
	list, errs := make([]*batch, len(m.Batches)), make([]error, len(m.Batches))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range m.Batches {
		g.Go(func() error {
			list[i], errs[i] = c.readBatch(&m.Batches[i])
			return nil
		})
	}
	return list, errors.Join(g.Wait(), errors.Join(errs...))
}

// readShapes reads the shapes of batches that m lists and that were read.
func readShapes(m *manifest, list []*batch) error {
	errs := make([]error, len(list))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, b := range list {
		g.Go(func() error {
			if err := b.readShapes(); err != nil { // the bytes are those that were written
				errs[i] = &ForeignError{File: m.Batches[i].Name, Err: err}
			}
			return nil
		})
	}
	return errors.Join(g.Wait(), errors.Join(errs...))
}

// readBatch reads a batch, or its mirror when the batch is damaged.
func (c *Case) readBatch(f *fileEntry) (*batch, error) {
	data, err := f.read(c.fs)
	if err = damaged(f.Name, err); len(damages(err)) > 0 {
		twin := f.mirror()
		if b, e := twin.read(c.fs); e == nil {
			c.note(f.Name, "%v; its mirror is whole and nothing is lost", damages(err)[0].Err)
			c.restore(f, b)
			data, err = b, nil
		}
	}
	if err != nil {
		return nil, err
	}
	b, err := decodeBatch(data)
	if err != nil { // the bytes are those that were written
		return nil, &ForeignError{File: f.Name, Err: err}
	}
	return b, nil
}

// dictionary says what the hashes in segments stand for; both lists are
// ascending.
type dictionary struct {
	shapes    []shapeRow
	resources []resourceRow
}

type resourceRow struct {
	id       uint64
	resource *analysis.Resource
}

func (r *shapeRow) hash() uint64    { return r.id }
func (r *resourceRow) hash() uint64 { return r.id }

// newDictionary makes the dictionary of batches; where what was derived from
// them is known, without reading their shapes again and without skeletons.
func newDictionary(m *manifest, batches []*batch, known *derived) (*dictionary, error) {
	d := &dictionary{}
	if known != nil {
		for _, id := range known.shapes {
			d.shapes = append(d.shapes, shapeRow{id: id})
		}
	} else if err := readShapes(m, batches); err != nil {
		return nil, err
	}
	for _, b := range batches {
		d.shapes = append(d.shapes, b.shapes...)
		for i := range b.resources {
			d.resources = append(d.resources, resourceRow{b.resourceIDs[i], &b.resources[i]})
		}
	}
	if !slices.IsSortedFunc(d.shapes, func(a, b shapeRow) int { return cmp.Compare(a.id, b.id) }) {
		slices.SortFunc(d.shapes, func(a, b shapeRow) int { return cmp.Compare(a.id, b.id) })
	}
	d.shapes = slices.CompactFunc(d.shapes, func(a, b shapeRow) bool { return a.id == b.id })
	slices.SortFunc(d.resources, func(a, b resourceRow) int { return cmp.Compare(a.id, b.id) })
	d.resources = slices.CompactFunc(d.resources, func(a, b resourceRow) bool { return a.id == b.id })
	return d, nil
}

// places returns where the ids, which are ascending as the rows are, stand
// among the rows; -1 where they do not.
func places[R any, P interface {
	*R
	hash() uint64
}](ids []uint64, rows []R) []int32 {
	list := make([]int32, len(ids))
	at := 0
	for i, id := range ids {
		for at < len(rows) && P(&rows[at]).hash() < id {
			at++
		}
		list[i] = -1
		if at < len(rows) && P(&rows[at]).hash() == id {
			list[i] = int32(at)
		}
	}
	return list
}

// describes reports whether all that a block names is known.
func (d *dictionary) describes(r *segment.Reader, e *segment.Entry) bool {
	for _, k := range e.Shapes {
		id := r.Shapes()[k]
		if _, ok := slices.BinarySearchFunc(d.shapes, id, func(s shapeRow, id uint64) int { return cmp.Compare(s.id, id) }); id != 0 && !ok {
			return false
		}
	}
	for _, k := range e.Resources {
		if _, ok := slices.BinarySearchFunc(d.resources, r.Resources()[k], func(s resourceRow, id uint64) int { return cmp.Compare(s.id, id) }); !ok {
			return false
		}
	}
	return true
}

// scanner reads what encoders wrote; after a first mistake it reads zeros.
type scanner struct {
	b   []byte
	bad bool
}

func (s *scanner) fail() { s.bad, s.b = true, nil }

func (s *scanner) uvarint() uint64 {
	v, n := binary.Uvarint(s.b)
	if n <= 0 {
		s.fail()
		return 0
	}
	s.b = s.b[n:]
	return v
}

func (s *scanner) varint() int64 {
	v, n := binary.Varint(s.b)
	if n <= 0 {
		s.fail()
		return 0
	}
	s.b = s.b[n:]
	return v
}

// count reads a number of rows of at least size bytes each.
func (s *scanner) count(size int) int {
	v := s.uvarint()
	if v > uint64(len(s.b)/size) {
		s.fail()
		return 0
	}
	return int(v)
}

func (s *scanner) bytes(n int) []byte {
	if n < 0 || n > len(s.b) {
		s.fail()
		return nil
	}
	b := s.b[:n]
	s.b = s.b[n:]
	return b
}

// text reads a length and so many bytes.
func (s *scanner) text() []byte {
	n := s.uvarint()
	if n > uint64(len(s.b)) {
		s.fail()
		return nil
	}
	return s.bytes(int(n))
}

func (s *scanner) u64() uint64 {
	if b := s.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}
