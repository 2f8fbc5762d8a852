// Package pattern finds what recurs in log text: it turns a message into a
// shape, shapes into templates, and templates into patterns whose IDs are the
// same in every case and on every machine.
//
// It stands behind the readers of package format and before the store. Ingest
// calls Lexer.Shape for every record: one pass over the bytes that recognises
// the variable parts by their form alone (numbers, addresses, paths, times,
// identifiers and so on) and hashes what is left, the skeleton. The table of
// skeletons with their counts is the whole state of mining. Mine turns that
// table into templates; it is a pure function of the multiset of shapes, so
// that shuffled, sharded and merged imports give the same bytes.
//
// The package keeps no table and no files, knows nothing of times and
// resources, and holds no words of any data set: all its rules speak of forms.
package pattern
