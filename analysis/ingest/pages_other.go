//go:build !linux

package ingest

// LargePages does nothing here.
func LargePages() {}
