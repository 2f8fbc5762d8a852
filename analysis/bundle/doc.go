// Package bundle opens what customers send: a folder, a file, an archive, and
// any nesting of them.
//
// It is the first step of the path of data:
//
//	Walk → format.Detect → records → patterns, case
//
// Walk streams: members are handed out one after the other while the archive
// is read, nothing is written beside an unlinked scratch file for large
// archives that cannot be read in order (a zip inside of another archive), and
// nothing is followed: links, devices and names that point elsewhere are
// listed, with what they say.
// What a member is, is told by its first bytes and never by its name: a tar
// inside of an xz is opened whatever it is called.
//
// Whatever the input holds, Walk ends: Limits bound depth, number, expansion
// and sizes, and every limit that was hit is a Problem of the member or of the
// bundle. Bad data is never an error; errors are the operating system's, the
// context's and the caller's own.
//
// Identify gives a bundle its ID before it is walked, and Survey looks at the
// heads and tails of all members. The files named after a kind of bundle
// (mustgather.go, sosreport.go, ...) know its layout: by which names it is
// recognised, whose log a path is, and where it says when it was collected.
package bundle
