package pattern

import (
	"runtime"
	"sync"
)

// worthwhile is how many things there have to be for several goroutines to do
// them.
const worthwhile = 256

// sideBySide calls do for parts of 0..n at the same time, and returns when all
// are done.
func sideBySide(n int, do func(from, to int)) {
	parts := runtime.GOMAXPROCS(0)
	if n < worthwhile || parts == 1 {
		do(0, n)
		return
	}
	parts *= 4 // some take longer
	var wg sync.WaitGroup
	for i := range parts {
		wg.Go(func() { do(n*i/parts, n*(i+1)/parts) })
	}
	wg.Wait()
}
