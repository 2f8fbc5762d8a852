package bundle

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// The whence of lseek(2) that finds data and holes.
const (
	seekData = 3
	seekHole = 4
)

// extents returns the stretches of a file that hold data; false when the
// system does not tell.
func extents(f *os.File, size int64) ([]extent, bool) {
	var list []extent
	for at := int64(0); at < size; {
		from, err := f.Seek(at, seekData)
		if errors.Is(err, syscall.ENXIO) { // no data behind at
			break
		}
		if err != nil {
			return nil, false
		}
		to, err := f.Seek(from, seekHole)
		if err != nil || to <= from {
			return nil, false
		}
		list = append(list, extent{from, min(to, size)})
		at = to
	}
	_, err := f.Seek(0, io.SeekStart)
	return list, err == nil
}

// mayHang reports whether reading the file may take for ever: it lies on
// another machine, or in a file system that programs make up.
func mayHang(f *os.File, size int64) bool {
	if size == 0 {
		return true
	}
	var s syscall.Statfs_t
	if err := syscall.Fstatfs(int(f.Fd()), &s); err != nil {
		return true
	}
	switch uint32(s.Type) {
	case 0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1, 0xf2f52010, 0x4d44, 0x9660, 0x2011bab0, 0x5346544e, 0x7366746e, 0x73717368, 0x858458f6:
		return false // ext, xfs, btrfs, tmpfs, overlay, zfs, f2fs, fat, iso9660, exfat, ntfs, squashfs, ramfs
	}
	return true
}
