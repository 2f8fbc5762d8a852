package segment_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"faultline/analysis"
	"faultline/index/segment"
)

// block makes a block of n records, the same for the same seed.
func block(seed uint64, n int) *segment.Block {
	r := rand.New(rand.NewPCG(seed, 1))
	b := &segment.Block{Member: uint32(seed), Line: 1 + int64(seed), Offset: 100 * int64(seed), Complete: true}
	for i := range 1 + r.IntN(40) {
		b.Shapes = append(b.Shapes, r.Uint64()>>1|uint64(i&1)<<63)
	}
	if r.IntN(4) > 0 {
		b.HeadTexts = []string{"", "kernel error", fmt.Sprint("unit ", r.IntN(9))}
		for range b.Shapes {
			b.Heads = append(b.Heads, uint32(r.IntN(len(b.HeadTexts))))
		}
	}
	for range 1 + r.IntN(5) {
		b.Resources = append(b.Resources, r.Uint64())
	}
	t := int64(1_700_000_000_000_000_000)
	unit := []int64{1, 1e3, 1e6, 1e9}[r.IntN(4)]
	line := uint32(0)
	for i := range n {
		rec := segment.Rec{
			Start: uint32(len(b.Raw)), Line: line, Time: t / unit * unit,
			Shape: uint32(r.IntN(len(b.Shapes))), Resource: uint32(r.IntN(len(b.Resources))),
			Severity: analysis.Severity(r.IntN(25)), Quality: analysis.TimeExact,
			Kind: analysis.RecordKind(r.IntN(6)), Skip: r.IntN(20) == 0,
		}
		if r.IntN(10) == 0 {
			rec.Time, rec.Quality = analysis.NoTime, analysis.TimeNone
		}
		b.Recs = append(b.Recs, rec)
		t += r.Int64N(3e9) - 5e8
		b.Raw = fmt.Appendf(b.Raw, "record %d of %d says %x\n", i, n, r.Uint32())
		b.Tokens = append(b.Tokens, r.Uint64(), uint64(r.Uint32()))
		line++
		if r.IntN(30) == 0 {
			b.Raw = append(b.Raw, "  continued\n"...)
			line++
		}
	}
	b.Lines = int64(line)
	return b
}

func write(t testing.TB, blocks ...*segment.Block) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := segment.NewWriter(&buf)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		data, info, err := segment.Encode(b, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Append(data, info); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func open(t testing.TB, file []byte) *segment.Reader {
	t.Helper()
	r, err := segment.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRoundTrip(t *testing.T) {
	blocks := []*segment.Block{block(1, 1), block(2, 3), block(3, 30000), block(4, 2), block(5, 4000)}
	blocks[1].Words = []string{"alpha", "beta", "größe"}
	r := open(t, write(t, blocks...))
	if got, want := len(r.Blocks()), len(blocks); got != want {
		t.Fatalf("%d blocks, want %d", got, want)
	}
	var c segment.Columns
	for i, b := range blocks {
		raw, err := r.Raw([]byte("before"), i, 0, len(b.Raw))
		if err != nil {
			t.Fatal(err)
		}
		if string(raw) != "before"+string(b.Raw) {
			t.Errorf("block %d: raw bytes differ", i)
		}
		if err := r.Columns(i, segment.All, &c); err != nil {
			t.Fatal(err)
		}
		e := &r.Blocks()[i]
		if c.Len() != len(b.Recs) || int(c.Start[c.Len()]) != len(b.Raw) {
			t.Fatalf("block %d: %d records to %d, want %d to %d", i, c.Len(), c.Start[c.Len()], len(b.Recs), len(b.Raw))
		}
		counted, shapes := 0, map[uint64]uint32{}
		for k, want := range b.Recs {
			got := segment.Rec{
				Start: c.Start[k], Line: c.Line[k], Time: c.Time[k], Shape: c.Shape[k], Resource: c.Resource[k],
				Severity: c.Severity[k], Quality: c.Flags[k].Quality(), Kind: c.Flags[k].Kind(), Skip: c.Flags[k].Skip(),
			}
			if got != want {
				t.Fatalf("block %d, record %d = %+v, want %+v", i, k, got, want)
			}
			if !want.Skip {
				counted++
				shapes[b.Shapes[want.Shape]]++
			}
		}
		if int(e.Counted) != counted || int(e.Records) != len(b.Recs) || e.Member != b.Member || e.Line != b.Line || e.Offset != b.Offset || e.Lines != b.Lines {
			t.Errorf("block %d: %+v", i, e)
		}
		for k, h := range e.Heads() {
			want := ""
			if b.Heads != nil {
				want = b.HeadTexts[b.Heads[k]]
			}
			if got := r.Heads()[h]; got != want {
				t.Errorf("block %d: head %d is %q, want %q", i, k, got, want)
			}
		}
		for k, s := range e.Shapes() {
			if id := r.Shapes()[s]; id != b.Shapes[k] || e.ShapeCounts()[k] != shapes[id] {
				t.Errorf("block %d: shape %d is %x with %d records, want %x with %d", i, k, id, e.ShapeCounts()[k], b.Shapes[k], shapes[id])
			}
		}
		for _, tok := range b.Tokens {
			if ok, err := r.MayHold(i, tok); err != nil || !ok {
				t.Fatalf("block %d: MayHold(%x) = %v, %v for a token it has", i, tok, ok, err)
			}
		}
		words, err := r.Words(i)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b.Words, words); diff != "" {
			t.Errorf("block %d: words (-want +got):\n%s", i, diff)
		}
	}
	if err := r.Verify(); err != nil {
		t.Error(err)
	}
}

// TestColumnSubsets reads each column on its own: passing over one must not
// move the next.
func TestColumnSubsets(t *testing.T) {
	r := open(t, write(t, block(7, 5000)))
	var all, c segment.Columns
	if err := r.Columns(0, segment.All, &all); err != nil {
		t.Fatal(err)
	}
	for want := segment.Column(1); want <= segment.All; want++ {
		if err := r.Columns(0, want, &c); err != nil {
			t.Fatalf("columns %b: %v", want, err)
		}
		if want&segment.Place != 0 && !cmp.Equal(c.Start, all.Start) || want&segment.Place != 0 && !cmp.Equal(c.Line, all.Line) ||
			want&segment.Time != 0 && !cmp.Equal(c.Time, all.Time) || want&segment.Shape != 0 && !cmp.Equal(c.Shape, all.Shape) ||
			want&segment.Resource != 0 && !cmp.Equal(c.Resource, all.Resource) || want&segment.Severity != 0 && !cmp.Equal(c.Severity, all.Severity) ||
			want&(segment.Time|segment.Flag) != 0 && !cmp.Equal(c.Flags, all.Flags) {
			t.Errorf("columns %b differ from the same columns read together", want)
		}
	}
}

func TestRawRanges(t *testing.T) {
	b := block(9, 12000)
	r := open(t, write(t, b))
	rnd := rand.New(rand.NewPCG(2, 2))
	for range 300 {
		from := rnd.IntN(len(b.Raw) + 1)
		to := from + rnd.IntN(len(b.Raw)-from+1)
		got, err := r.Raw(nil, 0, from, to)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, b.Raw[from:to]) {
			t.Fatalf("Raw(%d, %d) differs", from, to)
		}
	}
	if _, err := r.Raw(nil, 0, 0, len(b.Raw)+1); err == nil {
		t.Error("Raw beyond the end gave no error")
	}
}

// TestMayHold holds the filter to its promise of few false alarms.
func TestMayHold(t *testing.T) {
	r := open(t, write(t, block(3, 20000)))
	rnd := rand.New(rand.NewPCG(77, 77))
	wrong := 0
	for range 20000 {
		if ok, _ := r.MayHold(0, rnd.Uint64()); ok {
			wrong++
		}
	}
	if wrong > 20000*2/100 {
		t.Errorf("%d of 20000 absent tokens may be there, want at most 2 %%", wrong)
	}
	wrong = 0
	for range 20000 {
		if ok, _ := r.MayHold(0, uint64(rnd.Uint32())); ok {
			wrong++
		}
	}
	if wrong > 20000*4/10 {
		t.Errorf("%d of 20000 absent small tokens may be there, want at most 40 %%", wrong)
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, b := range map[string]*segment.Block{
		"no records":     {Raw: []byte("x")},
		"late start":     {Raw: []byte("x"), Recs: []segment.Rec{{Start: 1}}, Shapes: []uint64{0}, Resources: []uint64{0}},
		"order":          {Raw: []byte("xyz"), Recs: []segment.Rec{{}, {Start: 2}, {Start: 1}}, Shapes: []uint64{0}, Resources: []uint64{0}},
		"unlisted shape": {Raw: []byte("x"), Recs: []segment.Rec{{Shape: 1}}, Shapes: []uint64{0}, Resources: []uint64{0}},
		"unlisted head":  {Raw: []byte("x"), Recs: []segment.Rec{{}}, Shapes: []uint64{0}, Heads: []uint32{1}, HeadTexts: []string{""}, Resources: []uint64{0}},
		"missing head":   {Raw: []byte("x"), Recs: []segment.Rec{{}}, Shapes: []uint64{0}, Heads: []uint32{}, HeadTexts: []string{""}, Resources: []uint64{0}},
		"beyond the end": {Raw: []byte("x"), Recs: []segment.Rec{{}, {Start: 2}}, Shapes: []uint64{0}, Resources: []uint64{0}},
	} {
		if _, _, err := segment.Encode(b, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestDamage changes stored bytes one at a time: each change must be noticed,
// by opening or by Verify.
func TestDamage(t *testing.T) {
	file := writeTogether(t, []*segment.Block{block(1, 40)}, []*segment.Block{block(2, 400), block(3, 7)})
	rnd := rand.New(rand.NewPCG(5, 5))
	for range 2000 {
		bad := bytes.Clone(file)
		what := ""
		switch rnd.IntN(4) {
		case 0, 1:
			at, bit := rnd.IntN(len(bad)), rnd.IntN(8)
			bad[at] ^= 1 << bit
			what = fmt.Sprintf("bit %d of byte %d flipped", bit, at)
		case 2:
			at := rnd.IntN(len(bad))
			clear(bad[at:min(len(bad), at+64)])
			what = fmt.Sprintf("64 bytes from %d on zeroed", at)
		case 3:
			bad = bad[:rnd.IntN(len(bad))]
			what = fmt.Sprintf("cut to %d bytes", len(bad))
		}
		if bytes.Equal(bad, file) {
			continue
		}
		r, err := segment.NewReader(bytes.NewReader(bad), int64(len(bad)))
		if err == nil {
			err = r.Verify()
		}
		var damaged *segment.CorruptError
		if !errors.As(err, &damaged) {
			t.Fatalf("%s: error %v, want a CorruptError", what, err)
		}
	}
}

// failing is a writer on which the n-th write fails after half its bytes.
type failing struct{ n int }

func (f *failing) Write(b []byte) (int, error) {
	if f.n--; f.n == 0 {
		return len(b) / 2, errors.New("no space left on device")
	}
	return len(b), nil
}

func TestWriterStaysBroken(t *testing.T) {
	w, err := segment.NewWriter(&failing{n: 3})
	if err != nil {
		t.Fatal(err)
	}
	data, info, err := segment.Encode(block(1, 100), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Append(data, info); err != nil {
		t.Fatal(err)
	}
	if err := w.Append(data, info); err == nil {
		t.Fatal("Append on a full disk gave no error")
	}
	if err := w.Append(data, info); err == nil {
		t.Error("Append after a failed one gave no error")
	}
	if err := w.Close(); err == nil {
		t.Error("Close after a failed Append gave no error")
	}
}

// writeTogether makes a file of blocks that share their frames.
func writeTogether(t testing.TB, groups ...[]*segment.Block) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := segment.NewWriter(&buf)
	if err != nil {
		t.Fatal(err)
	}
	for _, blocks := range groups {
		data, infos, err := segment.EncodeTogether(blocks, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, info := range infos {
			if err := w.Append(data[:info.Size()], info); err != nil {
				t.Fatal(err)
			}
			data = data[info.Size():]
			if w.Open() != (i < len(infos)-1) {
				t.Errorf("after block %d of %d, Open is %v", i, len(infos), w.Open())
			}
		}
		if len(data) > 0 {
			t.Errorf("%d bytes belong to no block", len(data))
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestSharedFrames(t *testing.T) {
	large := block(9, 9000)
	groups := [][]*segment.Block{{block(1, 5)}, {block(2, 3), block(3, 40), large, block(4, 1), block(5, 700)}, {block(6, 2), block(7, 90)}, {block(8, 4)}}
	file := writeTogether(t, groups...)
	r := open(t, file)
	if err := r.Verify(); err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(5, 6))
	i := 0
	for _, blocks := range groups {
		for _, b := range blocks {
			for range 20 {
				from := rnd.IntN(len(b.Raw))
				to := from + rnd.IntN(len(b.Raw)-from+1)
				raw, err := r.Raw([]byte("before"), i, from, to)
				if err != nil || string(raw) != "before"+string(b.Raw[from:to]) {
					t.Fatalf("block %d, bytes %d to %d: %d bytes, %v", i, from, to, len(raw), err)
				}
			}
			i++
		}
	}
	if i != len(r.Blocks()) {
		t.Errorf("%d blocks, want %d", len(r.Blocks()), i)
	}
	var small []*segment.Block
	for n := range 50 {
		small = append(small, block(uint64(n), 10))
	}
	if together, alone := len(writeTogether(t, small)), len(write(t, small...)); together >= alone {
		t.Errorf("%d bytes, where blocks with frames of their own take %d", together, alone)
	}

	// A block without the one before it has no frames.
	data, infos, err := segment.EncodeTogether(groups[1], nil)
	if err != nil {
		t.Fatal(err)
	}
	w, err := segment.NewWriter(new(bytes.Buffer))
	if err != nil {
		t.Fatal(err)
	}
	at := infos[0].Size()
	if err := w.Append(data[at:at+infos[1].Size()], infos[1]); err == nil {
		t.Error("a block was appended without its frames")
	}
	// The last blocks may be missing: an import was stopped.
	var buf bytes.Buffer
	if w, err = segment.NewWriter(&buf); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Append(data[:at], infos[0]), w.Close()); err != nil {
		t.Fatal(err)
	}
	r = open(t, buf.Bytes())
	if raw, err := r.Raw(nil, 0, 0, len(groups[1][0].Raw)); err != nil || string(raw) != string(groups[1][0].Raw) {
		t.Errorf("the first of several blocks: %d bytes, %v", len(raw), err)
	}
	if err := r.Verify(); err != nil {
		t.Error(err)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(write(f, block(1, 3)))
	f.Add(write(f, block(2, 200), block(3, 1)))
	f.Add(write(f))
	f.Add(writeTogether(f, []*segment.Block{block(4, 20), block(5, 1)}))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := segment.NewReader(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return
		}
		var c segment.Columns
		for i := range r.Blocks() {
			e := &r.Blocks()[i]
			if e.Records > 1<<20 || e.Bytes > 1<<24 {
				return // checked by no stored byte; allowed, only slow
			}
			if err := r.Columns(i, segment.All, &c); err == nil && c.Len() != int(e.Records) {
				t.Errorf("%d records, the table says %d", c.Len(), e.Records)
			}
			if raw, err := r.Raw(nil, i, 0, int(e.Bytes)); err == nil && len(raw) != int(e.Bytes) {
				t.Errorf("%d bytes, the table says %d", len(raw), e.Bytes)
			}
			_, _ = r.MayHold(i, 1)
			_, _ = r.Words(i)
		}
		_ = r.Verify()
	})
}

func FuzzColumns(f *testing.F) {
	for _, n := range []int{1, 2, 60} {
		b := block(uint64(n), n)
		f.Add(segment.StoredColumns(b), n, len(b.Raw), len(b.Shapes), len(b.Resources))
	}
	f.Fuzz(func(t *testing.T, b []byte, records, size, shapes, resources int) {
		if min(size, shapes, resources) < 0 || max(records, size, shapes, resources) > 1<<16 {
			return // no table says so
		}
		if n, err := segment.ReadColumns(b, max(records, 0), size, shapes, resources); err == nil && n != records {
			t.Errorf("%d records, want %d", n, records)
		}
	})
}

func FuzzTable(f *testing.F) {
	var infos []segment.Info
	for _, n := range []int{1, 5, 700} {
		_, info, err := segment.Encode(block(uint64(n), n), nil)
		if err != nil {
			f.Fatal(err)
		}
		infos = append(infos, info)
		_, together, err := segment.EncodeTogether([]*segment.Block{block(1, n), block(2, n)}, nil)
		if err != nil {
			f.Fatal(err)
		}
		infos = append(infos, together...)
		table, at, filters := segment.StoredTable(infos)
		if got, err := segment.ReadTable(table, at, filters); err != nil || got != len(infos) {
			f.Fatalf("the table of %d blocks reads as %d, %v", len(infos), got, err)
		}
		f.Add(table, at, filters)
	}
	f.Fuzz(func(t *testing.T, table []byte, at, filters int64) {
		_, _ = segment.ReadTable(table, at, filters)
	})
}

// TestCopy copies some blocks of a file: they say what they said, and all of
// those go along that their frames are shared with.
func TestCopy(t *testing.T) {
	groups := [][]*segment.Block{{block(1, 5)}, {block(2, 3), block(3, 40), block(4, 9000)}, {block(6, 2), block(7, 90)}, {block(8, 4)}}
	r := open(t, writeTogether(t, groups...))
	copied := func(r *segment.Reader, wanted func(i int) bool) []byte {
		var buf bytes.Buffer
		w, err := segment.NewWriter(&buf)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Copy(r, wanted), w.Close()); err != nil {
			t.Fatal(err)
		}
		return buf.Bytes()
	}
	file := copied(r, func(i int) bool { return i == 2 || i == 6 })
	c := open(t, file)
	if err := c.Verify(); err != nil {
		t.Fatal(err)
	}
	var got, want segment.Columns
	for i, from := range []int{1, 2, 3, 6} {
		a, b := &c.Blocks()[i], &r.Blocks()[from]
		if a.Member != b.Member || a.Line != b.Line || a.Offset != b.Offset || a.Lines != b.Lines || a.Complete != b.Complete || a.From != b.From || a.To != b.To || a.Kinds() != b.Kinds() {
			t.Errorf("block %d is not block %d of the other file", i, from)
		}
		raw, err := c.Raw(nil, i, 0, int(a.Bytes))
		raw2, err2 := r.Raw(nil, from, 0, int(b.Bytes))
		err = errors.Join(err, err2, c.Columns(i, segment.All, &got), r.Columns(from, segment.All, &want))
		if err != nil || !bytes.Equal(raw, raw2) || !slices.Equal(got.Time, want.Time) || !slices.Equal(got.Shape, want.Shape) {
			t.Errorf("block %d: %v, or its bytes or columns differ", i, err)
		}
		for k, s := range a.Shapes() {
			if of := b.Shapes()[k]; c.Shapes()[s] != r.Shapes()[of] || c.Heads()[a.Heads()[k]] != r.Heads()[b.Heads()[k]] || a.ShapeCounts()[k] != b.ShapeCounts()[k] {
				t.Errorf("block %d: its shape %d differs", i, k)
			}
		}
		for k, s := range a.Resources() {
			if c.Resources()[s] != r.Resources()[b.Resources()[k]] {
				t.Errorf("block %d: its resource %d differs", i, k)
			}
		}
		for token := range uint64(2000) {
			x, err := c.MayHold(i, token<<40)
			y, err2 := r.MayHold(from, token<<40)
			if x != y || err != nil || err2 != nil {
				t.Fatalf("block %d: its filter differs: %v, %v", i, err, err2)
			}
		}
	}
	if len(c.Blocks()) != 4 {
		t.Errorf("%d blocks, want 4", len(c.Blocks()))
	}
	if !bytes.Equal(copied(c, func(int) bool { return true }), file) {
		t.Error("a copy of all blocks is another file")
	}
}
