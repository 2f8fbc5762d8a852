package bundle

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"faultline/analysis"
)

// Options says how a bundle is read.
type Options struct {
	Limits Limits
	// Progress is called with the bytes of the outermost file (or of the
	// folder's files) that were read so far and their total; at most a few
	// hundred times for each GiB. It may be nil.
	Progress func(read, total int64)
	// Hashes, as Identify left them for the same path, save the hashing of
	// files that are members themselves. It may be nil.
	Hashes *Hashes
	// Temp is the folder for the file that an archive inside an archive is
	// spooled to when it must be read at random and is too large for memory;
	// the file is unlinked at once. "" means the system's folder.
	Temp string
	// Patience is how long a file may give no byte until the rest of it is left
	// out; 0 means a minute.
	Patience time.Duration

	slow func(f *os.File) opened // stands for a file that may hang
}

// Limits bounds what is read. A zero field means its default.
type Limits struct {
	Depth     int   // archives inside of archives; default 6
	Members   int   // members of a bundle; default 1,000,000
	Ratio     int64 // a stream that expands by more is cut, once it gave RatioFrom bytes; default 200
	RatioFrom int64 // default 256 MiB; less after the first that was cut, so that many do not use up Total
	Total     int64 // bytes of all members together; default the greater of 10 GiB and 50 times the bundle
	Name      int   // bytes of a member's name; default 4,096
	Memory    int64 // an archive that must be read at random is kept in memory up to here, else in an unlinked file; default 64 MiB
}

// ErrSkip is returned by a visit function that wants no more of the member.
// What is left of it is not hashed and, where that is possible, not read.
var ErrSkip = errors.New("skip the rest of the member")

// Visit is called for each member, from one goroutine, in the order of the
// archive (a folder's members are sorted by path). r gives the member's
// decompressed bytes; it is nil when there are none to read: links, devices,
// archives (whose members follow), empty and unreadable members. r is valid
// until Visit returns, and so is m, whose Path, Kind, Link, Modified, Resource
// and Problems are set, and SHA256 and Bytes where Hashes know them. r has a
// method Size() int64 that tells how many bytes there should be, -1 where that
// is not known, and Direct() bool that tells whether they are a file's as they
// are.
//
// What Visit leaves unread is read and hashed, unless it returns ErrSkip.
// Other errors end the walk.
type Visit func(m *analysis.Member, r io.Reader) error

// Done is called when a member was read to its end: SHA256 and Bytes are set
// and Problems are complete. The members of an archive are done before the
// archive is.
type Done func(m *analysis.Member) error

// Walk reads a file, folder or archive, visits all members, and returns what
// is known of the bundle afterwards: Kind, Collected, SHA256, Size, Members
// and Problems (ID is left to Identify). done may be nil.
//
// Paths are those of an archive's entries, without a leading "./" or "/", or
// relative to the folder; "!/" stands between an archive and its members; the
// outermost archive's own name is no part of them, and a lone file's path is
// its name. A compressed file that holds no archive is one member, its bytes
// are the decompressed ones, and Detail names the compression. Of two members
// with one path the second is called "path #2".
//
// MemberText stands for any regular file that can be read; what it really is,
// is for others to say.
func Walk(ctx context.Context, path string, o Options, visit Visit, done Done) (analysis.Bundle, error) {
	w := newWalker(ctx, path, o, visit, done)
	err := w.run()
	return w.bundle, err
}

const surveySize = 4 << 10

// Survey walks the bundle and calls look with the first and the last bytes, at
// most 4 KiB each, of every member that can be read. They are valid during the
// call and may overlap. It returns the bundle as Walk does, without SHA256.
func Survey(ctx context.Context, path string, o Options, look func(m *analysis.Member, head, tail []byte) error) (analysis.Bundle, error) {
	buf := make([]byte, 64<<10)
	head, tail := make([]byte, 0, surveySize), make([]byte, 0, surveySize+len(buf))
	w := newWalker(ctx, path, o, func(m *analysis.Member, r io.Reader) error {
		if r == nil {
			return nil
		}
		head, tail = head[:0], tail[:0]
		if b := r.(*body); b.at != nil && b.size > 2*surveySize {
			head, tail = head[:surveySize], tail[:surveySize]
			_, err := b.at.ReadAt(head, 0)
			if _, err2 := b.at.ReadAt(tail, b.size-surveySize); err == nil && err2 == nil {
				if err := look(m, head, tail); err != nil {
					return err
				}
				return ErrSkip
			}
			head, tail = head[:0], tail[:0]
		}
		for {
			n, err := r.Read(buf)
			if k := min(n, surveySize-len(head)); k > 0 {
				head = append(head, buf[:k]...)
			}
			tail = append(tail, buf[max(0, n-surveySize):n]...)
			if over := len(tail) - surveySize; over > 0 {
				tail = append(tail[:0], tail[over:]...)
			}
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
		}
		return look(m, head, tail)
	}, nil)
	w.survey = true
	err := w.run()
	return w.bundle, err
}
