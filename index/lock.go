package index

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// LockedError says that another process has the case open for writing.
type LockedError struct {
	PID   int // 0 when unknown
	Host  string
	Since time.Time
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return "the case is open in another program"
	}
	return fmt.Sprintf("the case is open in another program (process %d on %s, since %s)", e.PID, e.Host, e.Since.Format("2006-01-02 15:04"))
}

const lockName = "case.lock"

// takeLock locks the case folder for one writer. The file names the holder;
// what counts is the lock on it, which ends with the process.
func takeLock(dir string, now time.Time) (*flock.Flock, error) {
	name := filepath.Join(dir, lockName)
	l := flock.New(name, flock.SetPermissions(0o600))
	ok, err := l.TryLock()
	if err != nil {
		return nil, err
	}
	if !ok {
		e := &LockedError{}
		if b, err := os.ReadFile(name); err == nil {
			_ = json.Unmarshal(b, e) // an unreadable note leaves the holder unknown
		}
		return nil, e
	}
	host, _ := os.Hostname()
	note, err := json.Marshal(LockedError{PID: os.Getpid(), Host: host, Since: now.UTC()})
	if err == nil {
		err = os.WriteFile(name, append(note, '\n'), 0o600)
	}
	if err != nil {
		return nil, errors.Join(err, l.Unlock())
	}
	return l, nil
}
