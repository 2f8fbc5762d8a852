// Package index keeps a case on disk and answers every question about it.
//
// A [Case] is one investigation: the bundles that were imported and all that
// was derived from them. [Create] and [Open] give one. A [Writer], from
// [Case.Begin], adds a bundle: it takes encoded blocks of records (package
// segment), the skeletons of their shapes, and a ledger row with runs and
// states for each member. The queries (Patterns, Histogram, Search and so on)
// take an analysis.Filter and answer from the smallest structure that can:
// the table of patterns over time, the counts in the block tables, the
// columns, and only for the records that are shown, or in doubt, their bytes.
//
// # Folder
//
// All files are private to the user (0600 in a 0700 folder) and lie side by
// side:
//
//	case.lock         locked by the process that writes; names it
//	manifest          lists all that belongs to the case
//	manifest.copy     the same, written after it
//	000001.segment    blocks of records: see package segment
//	000001.table      the end of that file again: its block table
//	000002.batch      ledger rows, runs, states, shapes, resources
//	000002.mirror     the same bytes again
//	000003.derived    patterns and their counts over time
//	000004.labels     what the catalogue of causes says of patterns
//	000005.told       causes and episodes as Describe was told, for ranked search
//	text              the ranked text index: see package search
//
// Numbered files never change. The manifest is replaced as a whole: the new
// files are synced, the folder is synced, manifest.tmp is written and synced
// and renamed to manifest, and the folder is synced again. So after a crash
// the manifest is either the old or the new one, and what it lists is whole.
// Numbered files that it does not list are left over from a commit that never
// was; Open removes them.
//
// The manifest is a line "faultline case LAYOUT SHA256" and JSON; the SHA-256
// is of the JSON. It lists name, size and SHA-256 of each file, and of a
// segment the SHA-256 of its end, which ties the file to its entry without a
// reading of all of it; the bundles, each complete or not; the decisions of
// persons about patterns, oldest first; and what was found to be damaged.
//
// Batches and derived files are a magic and parts, each behind its length: the
// unpacked length as a varint and one zstd frame. A batch, "FLBATCH\x02", has
// two: a sheet of ledger rows, the new resources (the distinct texts, then for
// each resource where its seven stand among them) and, if there are any, the
// members' runs and states as values of encoding/gob; and the new shapes (the
// hash in 8 bytes, then the skeleton). A sheet has what many rows share before
// the rows: texts, each behind its length; manners (format, zone and the like)
// and resources, as numbers of texts; then the length and the number of the
// rows. A row is its manner, folder and name, flags, SHA-256, its number and its
// counts as varints, and what its flags say: times, problems, how many runs and
// states are its own, what it continues. Sheets stay in memory as they are: a
// million members take some 70 MB, and a [Ledger] makes the row that is asked
// for. A derived file, "FLDERIV\x03",
// has the patterns and which of them each shape belongs to, the cells of the
// table over time, the examples of each pattern, and then, in parts of about
// 1 MiB, the literal text of each shape, which is what queries for text read in
// place of the skeletons. Labels and what was told are one such frame. What
// those hold can be made again from segments and batches.
//
// # Import
//
// Every 256 MiB, 16,384 members or two seconds the Writer closes its segment and
// commits it with a batch. Blocks name their member by a number, shapes and resources by
// a content hash, so that nothing is ever renumbered. A member counts once its
// ledger row is committed. When an import breaks off, the next Begin lists the
// numbers of members without a row as dead in the segments that hold their
// blocks, and reads those members again; but one member may be inside of the
// commit, and the manifest says how it was being read: if it still is, its
// bytes are compared with what is stored of it, and only what follows is read
// ([Writer.Begun]). A bundle's records are seen by queries once Finish has
// listed it as complete.
//
// Content counts once. A row can continue another one, of a bundle that was
// complete before: it names that row's number and an offset at which a block of
// it ends. Then the other's blocks before that offset, its runs and its states
// are the new member's, and what it has behind them counts no more (they were
// read again, because their last record may have been torn); the other member
// is listed as counted elsewhere. [Known] finds such members by their SHA-256
// and their [Head], and compares their bytes. A row that is dropped has blocks
// that count for nothing: a copy of which only its end told.
//
// Logs that overlap only in the middle, neither beginning as the other does, are
// two logs: nothing but their bytes could tell, and a line that is in both may
// well have been written twice.
//
// [Case.BeginAs] reads members of a complete bundle again, in a further pass:
// its rows take the places of earlier ones of their paths once the pass is
// finished, and its segments are not looked at before. Damaged members are
// always read again. A segment of which nothing counts any more is let go when
// the next import finishes, and one of which more than half does not is written
// anew then, as the rest of it.
//
// What queries read (type contents) is put in an order that follows from the
// bundles alone: members as they were finished, but the files of a rotated log
// together, oldest first; blocks by member and offset, shapes and resources by
// hash. So a case that was killed and resumed at any point
// answers byte for byte as one that was not.
//
// # Trust
//
// Damage is found when the damaged part is read, at the latest: manifest,
// batches and block tables when the case is opened, columns and frames when a
// query wants them. The case opens all the same and answers from what is whole.
//
// A damaged manifest is replaced by its copy, a batch by its mirror, the end of a
// segment by its copy, derived
// files and the text index are made again, and damaged filters rule nothing
// out: nothing is lost. A damaged block is left out; the query that met it has
// the rest of its segment checked and is asked again. Of a segment whose end is
// damaged or cut off, the copy of the end tells which blocks are whole; where the
// copy is damaged too, the segment is left out as a whole. Then records are missing, and every
// answer is one of those that are left: [Info].Problems names the member,
// lines and bytes, which stand in the member's row of the ledger too. Only
// what has begun to deliver (Scan, Rows.Hits) ends with a [DamagedError], and
// is whole again, without the damaged block, when it is asked anew.
//
// A file whose checksum is right and whose form is unknown is not damaged:
// another version wrote it. A case with such a manifest, segment or batch is
// refused ([ForeignError]) before anything in it is changed; all other files
// can be made again.
//
// Nothing damaged is deleted: files that are of no more use get ".damaged"
// behind their names. A case that is open for reading only keeps all this in
// memory. [Case.Verify] reads everything.
//
// [Info].Root is a hash over bundles, ledger (with the SHA-256 of all members),
// runs, states and persons' decisions: who knows it can tell whether a case is
// the one that he saw.
package index
