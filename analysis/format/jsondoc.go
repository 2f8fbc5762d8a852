package format

import (
	"bytes"
	"time"

	"faultline/analysis"
)

// logListing are the keys under which exports list log records.
func logListing(key []byte) bool {
	switch string(key) {
	case "events", "logs", "hits", "logEvents", "entries", "records", "messages", "items", "value", "values", "data", "results", "lines", "logEntries", "resourceLogs", "scopeLogs", "logRecords":
		return true
	}
	return false
}

// sniffJSON recognises other JSON documents: arrays of log objects, which are
// read item by item, and anything else, which is kept line by line.
func sniffJSON(s *sample) match {
	text := bytes.TrimLeft(s.text, " \t\r\n")
	if len(text) < 2 || text[0] != '{' && text[0] != '[' {
		return match{}
	}
	t := &tree{}
	n, ok := t.parseJSON(text, false)
	whole := ok && s.complete && len(bytes.TrimSpace(text[n:])) == 0
	if !ok {
		if n, ok = t.parseJSON(text, true); !ok || n < len(text)*9/10 || t.root().count() == 0 {
			return match{} // no JSON, or broken soon
		}
	}
	if whole && text[0] == '{' && bytes.IndexByte(bytes.TrimSpace(text[:n]), '\n') < 0 && !logItems(text) {
		if t.root().get("resourceLogs").t == nil {
			return match{} // a single line: JSON lines decides
		}
	}
	if !whole && text[0] == '{' && bytes.IndexByte(text[:n], '\n') < 0 && n < len(text) {
		if rest := bytes.TrimLeft(text[n:], " \t"); len(rest) > 0 && rest[0] != '{' {
			return match{} // one object on a line, then something else: JSON lines
		}
	}
	if text[0] == '[' && ok && n < len(text) {
		if rest := bytes.TrimLeft(text[n:], " \t\r"); len(rest) > 0 && rest[0] != '\n' {
			return match{} // a line that begins with something in brackets
		}
	}
	m := match{confidence: 0.91, kind: analysis.MemberDocument, format: "json", reason: "a JSON document"}
	if logItems(text) {
		m.detail = "list of log records"
		m.open = func(o Options) Reader {
			return &jsonLogs{o: o, cutter: jsonCutter{limit: jsonItemLimit, scan: jsonScan{listing: logListing}}}
		}
		return m
	}
	if whole && n <= 64<<10 && answer(text) {
		m.detail = "one log record"
		m.open = func(o Options) Reader { return &jsonLogs{o: o, single: true} }
		return m
	}
	if rest := bytes.TrimSpace(text[n:]); len(rest) > 0 && rest[0] != '{' && rest[0] != '[' {
		return match{} // a text that begins with a JSON value
	}
	m.open = func(o Options) Reader { return &linesReader{limit: o.MaxLine} }
	return m
}

// answer reports whether a document is one short object that says a message:
// what a program printed when a call failed.
func answer(text []byte) bool {
	t := &tree{}
	if _, ok := t.parseJSON(text, false); !ok || !t.root().isMap() || t.root().count() > 30 {
		return false
	}
	for _, key := range []string{"message", "error", "msg", "errorMessage", "error_description", "errors"} {
		if v := t.root().get(key); v.isScalar() && v.ok() && v.str() != "" && v.str() != "false" {
			return true
		}
	}
	return false
}

// logItems reports whether most items of a JSON text are log records: objects
// with a time.
func logItems(text []byte) bool {
	items := jsonItems(text, 0, logListing)
	t := &tree{}
	st := &state{clock: newClockwork(nil, time.Time{})}
	timed, all, top := 0, 0, 0
	for _, it := range items {
		if it.depth == 0 {
			top++
		}
	}
	for _, it := range items[:min(len(items), 100)] {
		if it.lists || it.depth == 0 && top < 2 {
			continue
		}
		n, ok := t.parseJSON(text[it.at:], false)
		if !ok {
			break
		}
		all++
		var h head
		h.time = analysis.NoTime
		if readJSON(st, text[it.at:it.at+n], &h, &st.clock) && h.time != analysis.NoTime {
			timed++
		}
	}
	return all > 0 && timed*5 >= all*4
}

// jsonLogs reads a list of log objects.
type jsonLogs struct {
	o      Options
	single bool // the document itself is the record
	cutter jsonCutter
	notes  notes
}

func (r *jsonLogs) Cut(data []byte, eof bool) int {
	if r.single && !eof {
		return 0
	}
	return r.cutter.cut(data, eof)
}

func (r *jsonLogs) Problems() []analysis.Problem { return r.notes.problems() }

func (r *jsonLogs) Records(chunk []byte, emit func(rec *analysis.Record) error) error {
	e := newEmitter(chunk, emit)
	torn := r.cutter.torn.torn(chunk)
	if torn > 0 {
		r.notes.add(analysis.ProblemLimit, "pieces of items larger than 16 MiB were kept as text")
		if err := e.lines(torn, r.o.MaxLine); err != nil {
			return err
		}
	}
	st := &state{clock: newClockwork(r.o.Zone, r.o.Reference)}
	t := &tree{}
	items := jsonItems(chunk, torn, logListing)
	if r.single {
		items = items[:min(len(items), 1)]
	}
	for i, it := range items {
		end := len(chunk)
		if i+1 < len(items) {
			end = items[i+1].start
		}
		if err := e.document(it.start); err != nil {
			return err
		}
		if it.lists && !r.single {
			if err := e.document(end); err != nil {
				return err
			}
			continue
		}
		h := &st.head
		*h = head{time: analysis.NoTime}
		n, ok := t.parseJSON(chunk[it.at:end], false)
		if !ok || !readJSON(st, chunk[it.at:it.at+n], h, &st.clock) {
			r.notes.add(analysis.ProblemSyntax, "items are not valid JSON and were kept as text")
			if err := e.lines(end, r.o.MaxLine); err != nil {
				return err
			}
			continue
		}
		rec := e.next(end)
		rec.Time, rec.Quality, rec.Severity, rec.Resource = h.time, h.quality, h.severity, h.resource
		rec.Message = h.text
		if err := e.send(); err != nil {
			return err
		}
	}
	return e.document(len(chunk))
}
