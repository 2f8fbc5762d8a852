package ingest

// HoldLess bounds the bytes of members that wait for their years, until the
// function that it returns is called.
func HoldLess(memory, size int64) func() {
	m, s := spoolMemory, spoolSize
	spoolMemory, spoolSize = memory, size
	return func() { spoolMemory, spoolSize = m, s }
}
