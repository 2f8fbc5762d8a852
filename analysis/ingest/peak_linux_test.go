package ingest_test

import (
	"fmt"
	"os"
	"strings"
)

// peakMemory returns the most memory that the process had resident, MiB. What
// getrusage says of it begins with what the parent had.
func peakMemory() int64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), "VmHWM:")
	var kib int64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		return 0
	}
	return kib >> 10
}
