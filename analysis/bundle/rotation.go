package bundle

import (
	"path"
	"regexp"
	"strconv"
	"strings"
)

// Rotation says where a file stands among those that one log was written to in
// turn. Date orders the files that state one, then Turn: the higher, the
// older. The file that is written to states neither.
type Rotation struct {
	Source string // path of the log: that of the file that is written to, whether or not it is there
	Date   string // digits of the date and time in the name, "" for none
	Turn   int    // number in the name, 0 for none; "old" and "previous" are 1
}

var (
	packed = regexp.MustCompile(`\.(?:gz|xz|bz2|zst|lz4|Z)$`)
	// app.log-20240102, app-2024-01-02.log, 0.log.20240101-120000, app_2024-01-02T10-00-00.000.log
	dated = regexp.MustCompile(`^(.*?)[-._]?((?:19|20)\d\d([-_.]?)(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12]\d|3[01])(?:[-_.T]?\d\d(?:[-_.]?\d\d){0,2})?(?:[.,]\d{3,9})?Z?)((?:[.-]\d{1,3})?)((?:\.[A-Za-z]\w*)*)$`)
	// app.log.1, messages.12; no version, no address
	turned = regexp.MustCompile(`^(.*[^\d.])\.(\d{1,3})$`)
	// app.log.old, app-previous.log, previous.log, previous.insecure.log
	former   = regexp.MustCompile(`^(.+?)[-._](?:old|prev|previous)((?:\.[A-Za-z]\w*)*)$`)
	previous = regexp.MustCompile(`^previous((?:\.\w+)+)$`)
)

// RotationOf takes the name of a file apart. A file that is not rotated is its
// own source.
func RotationOf(p string) Rotation {
	dir, name := path.Split(p)
	name, number, _ := strings.Cut(name, " #") // Walk numbers equal paths
	if number != "" {
		return Rotation{Source: p}
	}
	bare := packed.ReplaceAllString(name, "")
	r := Rotation{}
	source := bare
	if m := dated.FindStringSubmatch(bare); m != nil && m[1] != "" {
		r.Date = strings.Map(func(c rune) rune {
			if c < '0' || c > '9' {
				return -1
			}
			return c
		}, m[2])
		if m[4] != "" {
			r.Turn, _ = strconv.Atoi(m[4][1:])
		}
		source = m[1] + m[5]
	} else if m := turned.FindStringSubmatch(bare); m != nil {
		r.Turn, _ = strconv.Atoi(m[2])
		source = m[1]
	} else if m := former.FindStringSubmatch(bare); m != nil {
		r.Turn = 1
		source = m[1] + m[2]
	} else if m := previous.FindStringSubmatch(bare); m != nil {
		r.Turn = 1
		source = "current" + m[1]
	}
	r.Source = dir + source
	return r
}

// Source returns the path of the log that a file belongs to.
func Source(p string) string { return RotationOf(p).Source }

// Before reports whether a was written before b, by their names.
func (a Rotation) Before(b Rotation) bool {
	switch {
	case a.Date == b.Date:
		return a.Turn > b.Turn
	case a.Date == "" || b.Date == "":
		return a.Date != "" && (b.Turn == 0 || a.Turn > 0)
	}
	return a.Date < b.Date
}
