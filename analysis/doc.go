// Package analysis is Faultline's vocabulary: the types that pass between the
// packages which open bundles, read records, mine patterns, keep cases, name
// causes and write assessments.
//
// It holds data and the few small operations that belong to the data itself
// (names, parsing of severities, printing of origins). It reads no file, keeps
// no state, and imports nothing but the standard library, so every other
// package may import it.
//
// Units: times are UTC; a time that is unknown is the zero time.Time, or NoTime
// where it is kept as nanoseconds; sizes and offsets are bytes; lines count
// from 1. IDs are short hex hashes of content, equal on every machine.
package analysis
