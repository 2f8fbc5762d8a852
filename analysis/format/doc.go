// Package format tells what a member of a bundle is and cuts it into log
// records.
//
// It stands between the walk over a bundle, which yields bytes, and the
// import, which mines and stores records:
//
//	bundle.Walk → Detect → Reader.Cut → Reader.Records → pattern, index
//
// Detect looks at the first bytes of a member (content first, the path only
// breaks ties) and returns a Detection that holds what was learned: the
// format, the stamp's layout, the encoding. Its Reader cuts the growing bytes
// at record boundaries (Cut, one goroutine) and reads the pieces (Records,
// many goroutines). Records tile the input: every byte belongs to exactly one
// record, and cutting at any sizes gives the same records.
//
// A format is one row of the slice named formats: a function that sniffs a
// sample and, when it recognises it, returns a match with a confidence and a
// way to open a Reader. See match.
//
// The package opens no files, unpacks nothing and judges nothing: a record's
// severity is the one that is written at its place in the line, never guessed
// from words in the message.
package format
