package bundle

import (
	"archive/tar"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"faultline/analysis"
)

const tarBlock = 512

// isTar recognises a tar by the checksum of its first header, which all
// dialects have. A block of zeros is none.
func isTar(head []byte) bool {
	if len(head) < tarBlock || head[0] == 0 {
		return false
	}
	field := bytes.Trim(head[148:156], " \x00")
	want, err := strconv.ParseInt(string(field), 8, 64)
	if err != nil {
		return false
	}
	var unsigned, signed int64
	for i, c := range head[:tarBlock] {
		if i >= 148 && i < 156 {
			c = ' '
		}
		unsigned += int64(c)
		signed += int64(int8(c))
	}
	return want == unsigned || want == signed
}

// tar walks the members of a tar.
func (w *walker) tar(e entry, br *bufio.Reader) error {
	in := &counter{r: br}
	tr := tar.NewReader(in)
	for n := 0; !w.full; n++ {
		h, err := tr.Next()
		if err == io.EOF {
			break
		}
		if cause := w.ctx.Err(); cause != nil {
			return cause
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			note := noticeOf(err)
			note.detail = fmt.Sprintf("the tar cannot be read further than member %d: %s", n, note.detail)
			*e.notes = append(*e.notes, note)
			return nil
		}
		if err := w.tarMember(e, h, tr, in); err != nil {
			return err
		}
	}
	if w.full {
		return nil
	}
	rest, garbage := int64(0), false
	for {
		k, err := in.Read(w.waste)
		rest += int64(k)
		garbage = garbage || len(bytes.Trim(w.waste[:k], "\x00")) > 0
		if err != nil {
			if cause := w.ctx.Err(); cause != nil {
				return cause
			}
			if err != io.EOF {
				*e.notes = append(*e.notes, noticeOf(err))
			}
			break
		}
	}
	if garbage {
		*e.notes = append(*e.notes, notice{analysis.ProblemCorrupt, fmt.Sprintf("%d bytes after the end of the tar were left out", rest)})
	}
	return nil
}

func (w *walker) tarMember(e entry, h *tar.Header, tr *tar.Reader, in *counter) error {
	name := cleanName(h.Name, w.lim.Name, false)
	m := &analysis.Member{Path: e.prefix() + name.path}
	if h.ModTime.Unix() > 0 {
		m.Modified = h.ModTime.UTC()
	}
	m.Problems = problems(m.Path, name.notes)
	switch h.Typeflag {
	case tar.TypeDir, tar.TypeXGlobalHeader:
		return nil
	case tar.TypeReg, 0, tar.TypeGNUSparse, tar.TypeCont:
		g := w.guard(tr, in)
		g.start = in.n
		return w.entry(entry{m: m, r: g, size: h.Size, depth: e.depth})
	case tar.TypeSymlink, tar.TypeLink:
		m.Kind, m.Link = analysis.MemberLink, escape(h.Linkname)
		m.Detail = "symbolic link"
		if h.Typeflag == tar.TypeLink {
			m.Detail = "hard link"
		}
	case tar.TypeChar:
		m.Kind, m.Detail = analysis.MemberSpecial, "character device"
	case tar.TypeBlock:
		m.Kind, m.Detail = analysis.MemberSpecial, "block device"
	case tar.TypeFifo:
		m.Kind, m.Detail = analysis.MemberSpecial, "fifo"
	default:
		m.Kind, m.Detail = analysis.MemberSpecial, fmt.Sprintf("tar entry of type %q", h.Typeflag)
	}
	return w.listed(m)
}
