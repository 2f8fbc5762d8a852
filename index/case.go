package index

// Case is one investigation on disk: its bundles and all that was derived from
// them. Its queries may be asked from several goroutines at once.
type Case struct{}
