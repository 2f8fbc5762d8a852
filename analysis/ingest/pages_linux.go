package ingest

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// firstMemory is how much of the process's memory LargePages concerns, bytes:
// most imports and questions need less.
const firstMemory = 256 << 20

// LargePages asks the system to back the memory that the process takes first
// by pages of 2 MiB, as it does unasked where transparent huge pages are set to
// "always". Short imports and first questions mostly write to fresh memory, of
// which the system otherwise hands out, and clears, 4 KiB at a time. It is
// called once, at the start of a process.
func LargePages() {
	b := make([]byte, firstMemory)
	_ = unix.Madvise(b, unix.MADV_HUGEPAGE) // else it stays as it was
	runtime.KeepAlive(b)
	b = nil
	runtime.GC() // what it gets back, to which nothing was written, serves all that follows
}
