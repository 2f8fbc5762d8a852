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
// How a template is found, in the order of the steps:
//
//   - lexer.go, chunk.go, forms.go, dates.go, trace.go: a message becomes a
//     skeleton, the text with blanks folded and each variable part replaced by
//     the byte 0x01 and the letter of its kind.
//   - frames.go: behind the byte 0x02 a skeleton has the program's own frames of
//     a stack trace, without line numbers and generated names. They are not
//     mined: one template at two places is two patterns.
//   - canonical.go, whole.go: what is one value by its form alone becomes one
//     variable: quoted texts, lists of names, objects, empty fields.
//   - segment.go, strip.go: what is said twice behind numbers, texts in quotes and
//     brackets, values of several words behind keys and what somebody wrote become
//     variables where they vary.
//   - table.go, cutter.go, words.go: skeletons are cut into words and the glue
//     between them.
//   - vary.go: those with equal glue are compared: a position becomes a variable
//     when enough different words stand there while all else is equal; two suffice
//     for words with digits and names of several parts, three for plain words,
//     five are needed for words of closed classes, twelve for the first word of a
//     text and for keys.
//   - joint.go: the places of values are compared together, for texts in which
//     several values differ from line to line.
//   - learn.go: what one text alone does not show but all of them together do:
//     words that differ in their digits only, the values of keys, and what is a
//     name by its form.
//   - fold.go: lists of different lengths and missing values.
//   - title.go: values of several words behind a verb, or between other words.
//   - absorb.go: rare templates that a much more frequent one covers, and the
//     bounds on how much is compared.
//
// clause.go mines the innermost clauses of texts that quote errors ("...: rpc
// error: ... desc = ...: not found") by themselves: patterns of different
// components that share one tell of one failure.
//
// The package keeps no table and no files, knows nothing of times and
// resources, and holds no words of any data set: all its rules speak of forms.
package pattern
