package ingest_test

import "syscall"

// peakMemory returns the most memory that the process had resident, MiB.
func peakMemory() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Maxrss >> 10
}
