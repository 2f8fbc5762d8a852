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
	shapes    []shapeRow
	resources []analysis.Resource

	resourceIDs []uint64 // of a batch that was read
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
	batchMagic = "FLBATCH\x01"
	maxBatch   = 4 << 30
)

// rows is the part of a batch that is stored as encoding/gob does, which
// reads six times faster than JSON and likewise lets fields come and go.
type rows struct {
	Members   []memberRow
	Resources []analysis.Resource
}

// encode returns the stored form: magic, unpacked length, and one zstd frame
// of the length of the rows, the rows, the number of shapes, and for each its
// hash, the length of its skeleton, and the skeleton.
func (b *batch) encode() ([]byte, error) {
	var length [binary.MaxVarintLen64]byte
	buf := bytes.NewBuffer(make([]byte, len(length), 64<<10))
	if err := gob.NewEncoder(buf).Encode(rows{b.members, b.resources}); err != nil {
		return nil, err
	}
	n := binary.PutUvarint(length[:], uint64(buf.Len()-len(length)))
	room := binary.MaxVarintLen64
	for _, s := range b.shapes {
		room += 8 + binary.MaxVarintLen32 + len(s.skeleton)
	}
	buf.Grow(room)
	raw := buf.Bytes()[len(length)-n:]
	copy(raw, length[:n])
	raw = binary.AppendUvarint(raw, uint64(len(b.shapes)))
	for _, s := range b.shapes {
		raw = binary.LittleEndian.AppendUint64(raw, s.id)
		raw = binary.AppendUvarint(raw, uint64(len(s.skeleton)))
		raw = append(raw, s.skeleton...)
	}
	return pack(batchMagic, raw)
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
	raw, err := unpack(batchMagic, b, maxBatch)
	if err != nil {
		return nil, err
	}
	in := scanner{b: raw}
	var r rows
	if err := gob.NewDecoder(bytes.NewReader(in.bytes(int(in.uvarint())))).Decode(&r); err != nil {
		return nil, err
	}
	share(r.Members)
	out := &batch{members: r.Members, resources: r.Resources, resourceIDs: make([]uint64, len(r.Resources))}
	for i := range r.Resources {
		out.resourceIDs[i] = resourceID(r.Resources[i])
	}
	out.shapes = make([]shapeRow, in.count(9))
	text := string(in.b) // the skeletons share it
	for i := range out.shapes {
		id, n := in.u64(), in.uvarint()
		from := len(text) - len(in.b)
		out.shapes[i] = shapeRow{id, text[from : from+len(in.bytes(int(n)))]}
	}
	if in.bad || len(in.b) > 0 {
		return nil, errors.New("its rows do not end where they should")
	}
	return out, nil
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

// readBatches reads all batches, in their order.
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

func newDictionary(batches []*batch) *dictionary {
	d := &dictionary{}
	for _, b := range batches {
		d.shapes = append(d.shapes, b.shapes...)
		for i := range b.resources {
			d.resources = append(d.resources, resourceRow{b.resourceIDs[i], &b.resources[i]})
		}
	}
	slices.SortFunc(d.shapes, func(a, b shapeRow) int { return cmp.Compare(a.id, b.id) })
	d.shapes = slices.CompactFunc(d.shapes, func(a, b shapeRow) bool { return a.id == b.id })
	slices.SortFunc(d.resources, func(a, b resourceRow) int { return cmp.Compare(a.id, b.id) })
	d.resources = slices.CompactFunc(d.resources, func(a, b resourceRow) bool { return a.id == b.id })
	return d
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

func (s *scanner) u64() uint64 {
	if b := s.bytes(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}
