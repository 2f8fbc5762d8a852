package index

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"

	"faultline/analysis"
	"faultline/index/segment"
)

// ErrNoRecord is returned for a place at which the case holds no record.
var ErrNoRecord = errors.New("no record stands there")

// Hit reads one record.
func (c *Case) Hit(ref Ref) (Hit, error) {
	return again(context.Background(), c, func() (Hit, error) { return c.askHit(ref) })
}

func (c *Case) askHit(ref Ref) (Hit, error) {
	v, err := c.view()
	if err != nil {
		return Hit{}, err
	}
	list, err := v.hits(context.Background(), []Ref{ref})
	if err != nil {
		return Hit{}, err
	}
	return list[0], nil
}

// Context returns the record at o, and up to before and after neighbours of it
// in the same log, in the log's order, from one of its files to the next;
// skipped duplicates are among them.
func (c *Case) Context(ctx context.Context, o analysis.Origin, before, after int) ([]Hit, error) {
	return again(ctx, c, func() ([]Hit, error) { return c.askContext(ctx, o, before, after) })
}

func (c *Case) askContext(ctx context.Context, o analysis.Origin, before, after int) ([]Hit, error) {
	v, err := c.view()
	if err != nil {
		return nil, err
	}
	ref, err := v.locate(o)
	if err != nil {
		return nil, err
	}
	list := v.log(v.blocks[ref.block()])
	k := slices.Index(list, v.blocks[ref.block()])
	refs := []Ref{ref}
	for b, i := k, ref.record(); len(refs) <= before; {
		if i--; i < 0 {
			if b--; b < 0 {
				break
			}
			i = int(list[b].entry.Records) - 1
		}
		refs = append(refs, makeRef(list[b].number, i))
	}
	slices.Reverse(refs)
	for b, i, n := k, ref.record(), 0; n < after; n++ {
		if i++; i >= int(list[b].entry.Records) {
			if b++; b >= len(list) {
				break
			}
			i = 0
		}
		refs = append(refs, makeRef(list[b].number, i))
	}
	return v.hits(ctx, refs)
}

// Origin returns the origin of the record that "path:line" names: the record
// that holds this line. The path may be cut short at the front, at a "/", as
// long as only one member ends so.
func (c *Case) Origin(s string) (analysis.Origin, error) {
	return again(context.Background(), c, func() (analysis.Origin, error) { return c.askOrigin(s) })
}

func (c *Case) askOrigin(s string) (analysis.Origin, error) {
	v, err := c.view()
	if err != nil {
		return analysis.Origin{}, err
	}
	i := strings.LastIndexByte(s, ':')
	line, err := strconv.ParseInt(s[i+1:], 10, 64)
	if i <= 0 || err != nil || line < 1 {
		return analysis.Origin{}, fmt.Errorf("%q is no origin: write path:line", s)
	}
	path := s[:i]
	if len(v.paths()[path]) == 0 {
		var full []string
		for p := range v.paths() {
			if strings.HasSuffix(p, "/"+path) {
				full = append(full, p)
			}
		}
		switch slices.Sort(full); len(full) {
		case 0:
			return analysis.Origin{}, fmt.Errorf("%s: the case has no member of this path", path)
		case 1:
			path = full[0]
		default:
			return analysis.Origin{}, fmt.Errorf("%s: %d members end so, %s and %s among them", path, len(full), full[0], full[1])
		}
	}
	ref, err := v.locate(analysis.Origin{Path: path, Line: line, Offset: -1})
	if err != nil {
		return analysis.Origin{}, fmt.Errorf("%s: %w", s, err)
	}
	list, err := v.hits(context.Background(), []Ref{ref})
	if err != nil {
		return analysis.Origin{}, err
	}
	return list[0].Origin, nil
}

// locate returns the record that holds the origin's line; where several begin
// on that line, the one at its offset, the first when there is none.
func (v *view) locate(o analysis.Origin) (Ref, error) {
	var found error = ErrNoRecord
	for _, m := range v.paths()[o.Path] {
		if _, bundle := v.members.path(m); o.Bundle != "" && bundle != o.Bundle {
			continue
		}
		list := v.byMember[m]
		byOffset := o.Line < 1
		after := sort.Search(len(list), func(i int) bool {
			if byOffset {
				return list[i].offset > o.Offset
			}
			return list[i].entry.Line > o.Line
		})
		if after == 0 {
			continue
		}
		// Blocks may begin in the middle of a line; the offset tells which.
		b := list[after-1]
		for k := after - 1; k > 0 && !byOffset && o.Offset < b.offset; k-- {
			before := list[k-1].entry
			if before.Line+before.Lines <= o.Line {
				break
			}
			b = list[k-1]
		}
		c, err := v.columnsOf(b)
		if err != nil {
			found = err
			continue
		}
		n := len(c.Shape)
		if byOffset {
			if o.Offset >= b.offset+b.length {
				continue
			}
			i := sort.Search(n, func(i int) bool { return b.offset+int64(c.Start[i]) > o.Offset })
			return makeRef(b.number, max(i-1, 0)), nil
		}
		if o.Line >= b.entry.Line+max(b.entry.Lines, 1) {
			continue
		}
		line := uint32(o.Line - b.entry.Line)
		i := max(sort.Search(n, func(i int) bool { return c.Line[i] > line })-1, 0)
		for i > 0 && c.Line[i-1] == c.Line[i] && c.Line[i] == line && b.offset+int64(c.Start[i]) > o.Offset {
			i--
		}
		return makeRef(b.number, i), nil
	}
	return 0, found
}

// hits reads records, in the given order.
func (v *view) hits(ctx context.Context, refs []Ref) ([]Hit, error) {
	out, errs := make([]Hit, len(refs)), make([]error, workers())
	size := (len(refs) + len(errs) - 1) / len(errs) // neighbours share columns and frames
	inParallel(len(errs), func(w int) {
		for i := w * size; i < min((w+1)*size, len(refs)); i++ {
			if errs[w] = ctx.Err(); errs[w] == nil {
				out[i], errs[w] = v.hit(refs[i])
			}
			if errs[w] != nil {
				return
			}
		}
	})
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return nil, errs[i]
	}
	return out, nil
}

func (v *view) hit(ref Ref) (Hit, error) {
	if ref.block() >= len(v.blocks) {
		return Hit{}, ErrNoRecord
	}
	b, i := v.blocks[ref.block()], ref.record()
	c, err := v.columnsOf(b)
	if err != nil {
		return Hit{}, err
	}
	if i >= len(c.Shape) {
		return Hit{}, ErrNoRecord
	}
	m := v.members.At(int(b.member))
	from, to := int64(c.Start[i]), int64(c.Start[i+1])
	raw, err := v.bytesOf(b, from, to)
	if err != nil {
		return Hit{}, err
	}
	h := Hit{
		Ref:      ref,
		Origin:   v.originOf(b, c, i),
		Time:     analysis.Time(c.Time[i]),
		Quality:  c.Flags[i].Quality(),
		Severity: c.Severity[i],
		Kind:     c.Flags[i].Kind(),
		Resource: *v.resources[b.resources[c.Resource[i]]],
		Format:   m.Format,
		Skip:     c.Flags[i].Skip(),
		Text:     string(decode(raw, b.encoding)),
	}
	if p := b.pattern(v, c.Shape[i]); p >= 0 {
		h.Pattern = v.patternIDs[p]
	}
	if h.Kind == analysis.KindLog && strings.HasPrefix(h.Text, "{") {
		message, err := v.message(ref)
		if err != nil {
			return Hit{}, err
		}
		if h.Message = string(message); h.Message == h.Text {
			h.Message = "" // of a log whose records are read as text
		}
	}
	return h, nil
}

// recent keeps the values used last. It is safe for concurrent use.
type recent[K comparable, V any] struct {
	mu    sync.Mutex
	limit int
	tick  int64
	m     map[K]*kept[V]
}

type kept[V any] struct {
	value V
	used  int64
}

func (r *recent[K, V]) get(k K, load func() (V, error)) (V, error) {
	r.mu.Lock()
	r.tick++
	if e, ok := r.m[k]; ok {
		e.used = r.tick
		r.mu.Unlock()
		return e.value, nil
	}
	r.mu.Unlock()
	v, err := load()
	if err != nil {
		return v, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.m == nil {
		r.m = map[K]*kept[V]{}
	}
	if len(r.m) >= r.limit {
		var oldest K
		used := r.tick + 1
		for k, e := range r.m {
			if e.used < used {
				oldest, used = k, e.used
			}
		}
		delete(r.m, oldest)
	}
	r.m[k] = &kept[V]{v, r.tick}
	return v, nil
}

// The cache of a view keeps the columns of 64 blocks (about 150 KiB each) and
// 128 frames (16 MiB): what a screen of rows needs many times over. Of eight
// filters it keeps which records' text matched, a bit for each record of the
// blocks that had to be read.
const (
	keptColumns = 64
	keptFrames  = 128
	keptSettled = 8
)

// columnsOf returns all columns of b; they must not be changed.
func (v *view) columnsOf(b *block) (*segment.Columns, error) {
	return v.cache.columns.get(b.number, func() (*segment.Columns, error) {
		c := &segment.Columns{}
		return c, b.columns(segment.All, c)
	})
}

type frameKey struct{ block, frame int }

// bytesOf returns the bytes [from, to) of b; they must not be changed.
func (v *view) bytesOf(b *block, from, to int64) ([]byte, error) {
	if from >= to {
		return nil, nil
	}
	first, last := from/segment.FrameSize, (to-1)/segment.FrameSize
	if last-first > keptFrames/4 {
		return b.raw(nil, from, to)
	}
	var out []byte
	for f := first; f <= last; f++ {
		base := f * segment.FrameSize
		frame, err := v.cache.frames.get(frameKey{b.number, int(f)}, func() ([]byte, error) {
			return b.raw(nil, base, min(base+segment.FrameSize, b.length))
		})
		if err != nil {
			return nil, err
		}
		part := frame[max(from-base, 0):min(to-base, int64(len(frame)))]
		if first == last {
			return part, nil
		}
		out = append(out, part...)
	}
	return out, nil
}
