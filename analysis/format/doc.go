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
// What a reader of these records should know:
//
//   - Times. A stamp with a zone is exact; one without has the zone of
//     Options.Zone (assumed zone); one without a year, or without a date, is
//     placed by Options.Reference (inferred year): at most two months behind
//     it, else in the year before. A weekday written with such a date tells
//     the year (see Evidence): the last one, not after the reference, that has
//     the date on that weekday. Times before 1981 and after 2100, and days
//     that no calendar has, are no times. Inside an envelope (a container
//     runtime's line, syslog, the journal) the envelope's stamp counts.
//   - Severity. It is the level at its place in the line, klog's letter,
//     syslog's priority, a JSON level or a web server's status (500 and above
//     is an error, 400 and above a warning). Words in a message make none.
//   - Lines. What carries no stamp belongs to the record before. Where every
//     line has the envelope's stamp, indented lines and lines of a stack trace
//     join the record before all the same, except in CI logs, whose lines stay
//     single. Ten thousand lines or eight times Options.MaxLine end a record.
//   - Messages are UTF-8, without stamp, level and origin, without terminal
//     control sequences and NULs; of a line that was overwritten by carriage
//     returns the last state stays. JSON and logfmt give the message and then
//     the other scalar fields as k=v, nested keys joined by dots.
//
// The package opens no files, unpacks nothing and judges nothing: a record's
// severity is the one that is written at its place in the line, never guessed
// from words in the message.
package format
