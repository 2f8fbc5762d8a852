package format

import (
	"bytes"

	"faultline/analysis"
)

// sniffPlain accepts any text, as the last resort: one record per line, no
// times.
func sniffPlain(s *sample) match {
	return match{
		confidence: 0.05, format: "plain", reason: "text without a known form",
		open: func(o Options) Reader { return &plainReader{} },
	}
}

// plainReader reads one record per line.
type plainReader struct{}

func (r *plainReader) Cut(data []byte, eof bool) int {
	if eof {
		return len(data)
	}
	return bytes.LastIndexByte(data, '\n') + 1
}

func (r *plainReader) Records(chunk []byte, emit func(rec *analysis.Record) error) error {
	rec := analysis.Record{Kind: analysis.KindDocument, Time: analysis.NoTime}
	for at := 0; at < len(chunk); {
		end := len(chunk)
		if i := bytes.IndexByte(chunk[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		rec.Start, rec.Raw = at, chunk[at:end]
		rec.Message = bytes.TrimRight(rec.Raw, "\r\n")
		if err := emit(&rec); err != nil {
			return err
		}
		rec.Line++
		at = end
	}
	return nil
}

func (r *plainReader) Problems() []analysis.Problem { return nil }
