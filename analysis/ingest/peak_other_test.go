//go:build !linux

package ingest_test

func peakMemory() int64 { return 0 } // not known
