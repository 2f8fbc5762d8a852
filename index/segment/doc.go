// Package segment reads and writes the immutable block files of a case: the
// bytes of every record exactly as they stood in the bundle, and beside them
// what the queries need to answer without reading those bytes.
//
// [Encode] turns a [Block] (some consecutive records of one member, at most
// about 1 MiB of text) into bytes and an [Info]; it is the costly part and is
// called by as many goroutines as there are processors. A [Writer] strings
// encoded blocks together to a file, one goroutine at a time. A [Reader] opens
// a finished file. Nothing in it is ever changed; whoever wants to forget a
// block leaves it out of what he reads.
//
// # File
//
//	magic     8 bytes "FLSEG\x00\x00\x03": the last byte is the version
//	blocks    one after the other, each: frames, columns, words
//	filters   the Bloom filters of all blocks, one after the other
//	table     the block table, one zstd frame
//	trailer   56 bytes: offset and length of the filters; offset, length,
//	          unpacked length and CRC-32C of the table; CRC-32C of the trailer
//	          before it; magic again
//
// All fixed numbers are little-endian, all others are varints as in
// encoding/binary. Every part has a CRC-32C (Castagnoli) over its stored
// bytes, which is checked whenever the part is read: frames, columns, words
// and trailer each time, each filter and the table once.
//
// # Block
//
// A frame is 128 KiB of the block's raw bytes (the last one is shorter),
// compressed with zstd on its own, so that showing one record costs one frame.
// Blocks of small members share frames: the first of them has the frames of
// all their bytes, one block's after the other's, and the next ones, which
// stand right behind it, have none.
//
// The columns hold one value for each record, in this order: start, line,
// time, shape, resource, severity, flags. A column has its first value as a
// varint where it counts in differences (start, line, time), a byte for the
// number of bytes a value takes, and the planes of bytes: the lowest bytes of
// all values, then all second bytes, and so on, each behind its stored length
// and packed by itself with zstd, unless it has as many bytes as there are
// values. In place of the number of bytes, 0 says that all values are the varint
// that follows. Times are divided by the largest of 1 s, 1 ms, 1 µs and 1 ns
// that divides all of them. Shapes and resources are numbers in the block's own
// lists.
//
// The Bloom filter of a block has 10 bits and 4 probes for each of its tokens:
// about one in a hundred lookups of an absent token says "maybe". Tokens below
// 1<<32 have one bit and one probe: about one in three says so.
//
// # Table
//
// The table begins with the sorted distinct shapes and resources of the file,
// 8 bytes each, and heads, each its length and text, and goes on with the
// blocks in their order: place in the member, times, counts, sizes and
// checksums of the parts, and for the block's shapes, resources, severities
// and kinds how many records have each. A block's own shape number stands for
// a shape and a head, the words of letters before the message and some of those
// in its variable parts: so a block
// tells of each record, without its text, that it has them.
// Counts leave out the records that are marked [Rec.Skip].
package segment
