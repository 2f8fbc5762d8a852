package format

import (
	"bytes"
	"unicode/utf8"

	"faultline/analysis"
)

// emitter hands out the records of one chunk in order: each begins where the
// last one ended, so they tile the chunk.
type emitter struct {
	chunk []byte
	at    int // where the next record begins
	line  int // its line
	emit  func(rec *analysis.Record) error
	rec   analysis.Record
}

func newEmitter(chunk []byte, emit func(rec *analysis.Record) error) *emitter {
	return &emitter{chunk: chunk, emit: emit}
}

// next prepares the record that ends before end; the caller fills it and calls
// send.
func (e *emitter) next(end int) *analysis.Record {
	e.rec = analysis.Record{Time: analysis.NoTime, Raw: e.chunk[e.at:end], Start: e.at, Line: e.line}
	return &e.rec
}

func (e *emitter) send() error {
	e.at += len(e.rec.Raw)
	e.line += bytes.Count(e.rec.Raw, []byte{'\n'})
	return e.emit(&e.rec)
}

// document emits what stands before end as one document record, if anything
// does.
func (e *emitter) document(end int) error {
	if end <= e.at {
		return nil
	}
	rec := e.next(end)
	rec.Kind = analysis.KindDocument
	rec.Message = bytes.TrimRight(rec.Raw, " \t\r\n")
	if !utf8.Valid(rec.Message) {
		rec.Message = latin1(nil, rec.Message)
	}
	return e.send()
}

// lines emits what stands before end line by line, as document records of at
// most limit bytes each.
func (e *emitter) lines(end, limit int) error {
	for e.at < end {
		stop := end
		if i := bytes.IndexByte(e.chunk[e.at:end], '\n'); i >= 0 {
			stop = e.at + i + 1
		}
		if err := e.document(min(stop, e.at+limit)); err != nil {
			return err
		}
	}
	return nil
}
