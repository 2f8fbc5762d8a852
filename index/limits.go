package index

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Limits say how long a question may take, and who is told how far it has
// come. The zero value gives it all the time it takes.
type Limits struct {
	Time     time.Duration  // then the answer is what was found so far, with a *PartialError
	Progress func(Progress) // nil or called now and then, ten times a second at most, never twice at once
}

// Progress is how far a question has come.
type Progress struct {
	Done  int64 `json:"done"`  // bytes of records that are answered for
	Total int64 `json:"total"` // bytes of all records
	Hits  int64 `json:"hits"`  // records found so far
}

// Share returns how much is done, 0..1.
func (p Progress) Share() float64 {
	if p.Total <= 0 {
		return 1
	}
	return min(float64(p.Done)/float64(p.Total), 1)
}

// PartialError says that an answer is incomplete: its time was over before all
// records were asked.
type PartialError struct{ Progress }

func (e *PartialError) Error() string {
	return fmt.Sprintf("the time limit came after %d %% of the records' bytes: the answer is incomplete", int(100*e.Share()))
}

// watch keeps the limits of one question. A nil watch has none.
type watch struct {
	Limits
	end        time.Time // zero: none
	total      int64
	done, hits atomic.Int64

	telling sync.Mutex
	told    time.Time
}

// tellEvery is how often progress is told.
const tellEvery = 100 * time.Millisecond

// limit sets the limits of q.
func (q *query) limit(l Limits) {
	if l.Time <= 0 && l.Progress == nil {
		return
	}
	w := &watch{Limits: l, told: time.Now()}
	if l.Time > 0 {
		w.end = w.told.Add(l.Time)
	}
	for _, b := range q.v.blocks {
		w.total += b.length
	}
	q.watch = w
}

// over reports whether the time is over.
func (w *watch) over() bool { return w != nil && !w.end.IsZero() && !time.Now().Before(w.end) }

// found counts hits.
func (w *watch) found(n int64) {
	if w != nil {
		w.hits.Add(n)
	}
}

// asked notes that a block is answered for.
func (w *watch) asked(b *block) {
	if w == nil {
		return
	}
	w.done.Add(b.length)
	if w.Progress == nil || !w.telling.TryLock() {
		return
	}
	defer w.telling.Unlock()
	if now := time.Now(); now.Sub(w.told) >= tellEvery {
		w.told = now
		w.Progress(w.progress())
	}
}

func (w *watch) progress() Progress {
	return Progress{Done: w.done.Load(), Total: w.total, Hits: w.hits.Load()}
}

// partial returns a *PartialError when blocks are left that were not asked.
func (w *watch) partial(left bool) error {
	if w == nil || !left {
		return nil
	}
	return &PartialError{w.progress()}
}
