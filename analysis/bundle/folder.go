package bundle

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"faultline/analysis"
)

// folder walks a bundle that is a folder.
func (w *walker) folder() error {
	err := filepath.WalkDir(w.path, func(name string, d fs.DirEntry, err error) error {
		if cause := w.ctx.Err(); cause != nil {
			return cause
		}
		if err == nil && d.IsDir() && name != w.path && isCase(name) {
			return fs.SkipDir
		}
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				w.total += info.Size()
			}
		}
		return nil // told when it is read
	})
	if err != nil {
		return err
	}
	w.bundle.Size = w.total
	w.lim = w.o.Limits.orDefaults(w.total)
	return filepath.WalkDir(w.path, func(name string, d fs.DirEntry, err error) error {
		if cause := w.ctx.Err(); cause != nil {
			return cause
		}
		rel, relErr := filepath.Rel(w.path, name)
		if relErr != nil {
			return fmt.Errorf("open bundle: %w", relErr)
		}
		if err != nil {
			if rel == "." {
				return fmt.Errorf("open bundle: %w", err)
			}
			return w.noAccess(rel, err)
		}
		if d.IsDir() {
			if rel == "." {
				return nil
			}
			if isCase(name) {
				w.bundle.Problems = append(w.bundle.Problems, analysis.Problem{Kind: analysis.ProblemLimit, Detail: "the folder " + escape(filepath.ToSlash(rel)) + " is a Faultline case and was left out"})
				return fs.SkipDir
			}
			return nil
		}
		return w.folderFile(name, rel, d)
	})
}

func (w *walker) folderFile(name, rel string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return w.noAccess(rel, err)
	}
	clean := cleanName(filepath.ToSlash(rel), w.lim.Name, false)
	m := &analysis.Member{Path: clean.path, Modified: info.ModTime().UTC(), Problems: problems(clean.path, clean.notes)}
	switch mode := info.Mode(); {
	case mode.IsRegular():
	case mode&fs.ModeSymlink != 0:
		m.Kind, m.Detail = analysis.MemberLink, "symbolic link"
		if target, err := os.Readlink(name); err == nil {
			m.Link = escape(filepath.ToSlash(target))
		}
		return w.listed(m)
	default:
		m.Kind, m.Detail = analysis.MemberSpecial, specialName(mode)
		return w.listed(m)
	}
	f, err := os.Open(name)
	if err != nil {
		return w.noAccess(rel, err)
	}
	now, err := f.Stat()
	if err != nil || !os.SameFile(info, now) {
		return errors.Join(w.noAccess(rel, fmt.Errorf("it was replaced while it was opened")), f.Close())
	}
	o := w.carefully(f, now.Size())
	defer o.Close()
	return w.entry(entry{m: m, r: &source{w: w, r: o}, at: o, size: now.Size(), sum: w.o.Hashes.of(name, now)})
}

func (w *walker) noAccess(rel string, err error) error {
	clean := cleanName(filepath.ToSlash(rel), w.lim.Name, false)
	note := noticeOf(err)
	note.kind = analysis.ProblemUnreadable
	m := &analysis.Member{Path: clean.path, Kind: analysis.MemberUnread, Problems: problems(clean.path, append(clean.notes, note))}
	return w.listed(m)
}

func specialName(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "fifo"
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeCharDevice != 0:
		return "character device"
	case mode&fs.ModeDevice != 0:
		return "block device"
	}
	return "special file"
}

// isCase reports whether a folder is a Faultline case: what we write ourselves,
// perhaps at this moment, is no part of a bundle.
func isCase(dir string) bool {
	const mark = "faultline case "
	f, err := os.Open(filepath.Join(dir, "manifest"))
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, len(mark))
	_, err = io.ReadFull(f, head)
	return err == nil && string(head) == mark
}
