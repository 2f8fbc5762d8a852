package segment

// ReadColumns reads a block's columns from b as they are stored, all checks
// of stored bytes left out, and returns the number of records read.
func ReadColumns(b []byte, records, size, shapes, resources int) (int, error) {
	var c Columns
	e := Entry{Records: int32(records), Bytes: int64(size), shapes: int32(shapes), resources: int32(resources)}
	err := c.read(b, &e, All)
	return c.Len(), err
}

// StoredColumns returns the stored form of a block's columns.
func StoredColumns(b *Block) []byte { return newEncoder().columns(b, nil) }

// ReadTable reads a block table as it is stored, unpacked, and returns the
// number of blocks.
func ReadTable(table []byte, at, filters int64) (int, error) {
	r := Reader{bloomAt: at, bloomSize: filters}
	err := r.readTable(table)
	return len(r.entries), err
}

// StoredTable returns the unpacked table of a file of these blocks, the place
// of the filters, and their size.
func StoredTable(infos []Info) (table []byte, at, filters int64) {
	at = int64(len(magic))
	w := Writer{infos: infos}
	for i := range infos {
		at += infos[i].parts.size()
		filters += int64(len(infos[i].bloom))
	}
	return w.table(), at, filters
}
