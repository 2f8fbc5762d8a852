package ingest

import (
	"runtime"
	"runtime/debug"
)

// Memory is what an import may take beyond what the process has when it
// begins, garbage included. Little of it is in use at any time but with a
// bundle of a million members, of which some 350 MiB are; from here on garbage
// is collected more often. It is a good limit for a program that does nothing
// but import and ask, too.
const Memory = 432 << 20

// bound keeps the process's garbage within Memory until the function that it
// returns is called. A limit that is lower already stays.
func bound() (release func()) {
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	old := debug.SetMemoryLimit(-1)
	if limit := int64(now.HeapAlloc) + Memory; limit < old {
		debug.SetMemoryLimit(limit)
	}
	return func() { debug.SetMemoryLimit(old) }
}
