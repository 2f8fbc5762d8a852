//go:build !linux && !darwin

package ingest

// freeSpace is not asked for on this system.
func freeSpace(string) (int64, bool) { return 0, false }
