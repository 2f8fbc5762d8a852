package bundle

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"os"
)

// extent is a stretch of a file that holds data; between extents it is a hole,
// which reads as zeros.
type extent struct{ from, to int64 }

// sparseSize is from where on a file that is mostly a hole is not read through
// for its hash: a hundred GB of zeros would take minutes.
const sparseSize = 1 << 30

// sparse returns the extents of a large file that is mostly a hole.
func sparse(f *os.File, size int64) ([]extent, bool) {
	if size < sparseSize {
		return nil, false
	}
	list, ok := extents(f, size)
	data := int64(0)
	for _, x := range list {
		data += x.to - x.from
	}
	return list, ok && data < size/2
}

// hashExtents returns a hash over the places and bytes of the data and the
// file's size: it tells sparse files apart, and is no SHA-256 of their bytes.
func hashExtents(ctx context.Context, f *os.File, size int64, list []extent, buf []byte) (string, error) {
	sum := sha256.New()
	for _, x := range list {
		sum.Write(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, uint64(x.from)), uint64(x.to)))
		r := io.NewSectionReader(f, x.from, x.to-x.from)
		for {
			if err := ctx.Err(); err != nil {
				return "", err
			}
			n, err := r.Read(buf)
			sum.Write(buf[:n])
			if err == io.EOF {
				break
			}
			if err != nil {
				return "", err
			}
		}
	}
	sum.Write(binary.BigEndian.AppendUint64(nil, uint64(size)))
	return hex.EncodeToString(sum.Sum(nil)), nil
}
