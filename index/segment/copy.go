package segment

// Copy appends the blocks of another file that are wanted, and those that share
// their frames. It reads all of each before.
func (w *Writer) Copy(r *Reader, wanted func(i int) bool) error {
	for first := 0; first < len(r.entries); {
		end, some := first+1, wanted(first)
		for end < len(r.entries) && r.entries[end].before > 0 {
			some = wanted(end) || some
			end++
		}
		for i := first; some && i < end; i++ {
			if err := w.copy(r, i); err != nil {
				return err
			}
		}
		first = end
	}
	return nil
}

func (w *Writer) copy(r *Reader, i int) error {
	if _, err := r.VerifyBlock(nil, i); err != nil {
		return err
	}
	e := &r.entries[i]
	info := Info{
		Stats: Stats{
			Member: e.Member, Line: e.Line, Offset: e.Offset, Lines: e.Lines, Bytes: e.Bytes,
			Records: int(e.Records), Counted: int(e.Counted), Timed: int(e.Timed), From: e.From, To: e.To,
			Kinds: e.Kinds(), Complete: e.Complete,
		},
		ShapeCounts: e.ShapeCounts(), ResourceCounts: e.ResourceCounts(),
		parts: parts{before: int64(e.before), total: int64(e.total), frames: r.framesOf(e), columns: e.columns, words: e.words},
	}
	for severity, n := range e.Severities() {
		info.Severities = append(info.Severities, SeverityCount{severity, n})
	}
	for k, s := range e.Shapes() {
		info.Shapes = append(info.Shapes, r.shapes[s])
		info.Heads = append(info.Heads, uint32(k))
		info.HeadTexts = append(info.HeadTexts, r.heads[e.Heads()[k]])
	}
	for _, s := range e.Resources() {
		info.Resources = append(info.Resources, r.resources[s])
	}
	var err error
	if info.bloom, err = r.filter(i); err != nil {
		return err
	}
	b := make([]byte, r.stored(e))
	if _, err := r.r.ReadAt(b, e.at); err != nil {
		return err
	}
	return w.Append(b, info)
}
