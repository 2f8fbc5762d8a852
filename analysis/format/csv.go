package format

import (
	"bytes"
	"path"
	"strings"

	"faultline/analysis"
)

// csvRows is how many rows of the head are looked at.
const csvRows = 300

// sniffCSV recognises tables with a header: comma, semicolon, tab or bar
// between the columns, quotes as RFC 4180 has them. A table with a column of
// run results is a run history, one with times is a log, others are documents.
func sniffCSV(s *sample) match {
	ext := strings.ToLower(path.Ext(strings.TrimSuffix(s.path, ".gz")))
	named := ext == ".csv" || ext == ".tsv" || ext == ".tab"
	var best *csvTable
	for _, delim := range []byte{',', ';', '\t', '|'} {
		if t := newTable(s, delim); t != nil && (best == nil || len(t.header) > len(best.header)) {
			best = t
		}
	}
	if best == nil {
		return match{}
	}
	n := len(best.header)
	confidence := 0.95
	switch {
	case named && n >= 2:
	case n >= 4 && len(best.rows) >= 2:
		confidence = 0.9
	case n >= 3 && len(best.rows) >= 5:
		confidence = 0.85
	default:
		return match{}
	}
	m := match{confidence: confidence, kind: analysis.MemberDocument, format: "csv", reason: "rows under a header"}
	detail := map[byte]string{',': "comma", ';': "semicolon", '\t': "tab", '|': "bar"}[best.delim] + " separated"
	if runs := learnRuns(best); runs != nil {
		m.format, m.detail = "csv-runs", detail
		m.open = func(o Options) Reader { return newCSVReader(best, o, runs, nil) }
		return m
	}
	logs := learnRows(best)
	m.detail = detail
	m.open = func(o Options) Reader { return newCSVReader(best, o, nil, logs) }
	return m
}

// csvTable is the head of a CSV file.
type csvTable struct {
	delim  byte
	header []string // as written
	names  []string // header in small letters and digits only
	rows   [][][]byte
	width  int // bytes of the header row in the text
}

// newTable reads the head as a table with one delimiter; nil when it is none.
func newTable(s *sample, delim byte) *csvTable {
	t := &csvTable{delim: delim}
	r := rowReader{delim: delim, limit: 1 << 20}
	at, fit, all := 0, 0, 0
	for at < len(s.text) && all < csvRows {
		end := r.end(s.text, at)
		if end < 0 {
			if !s.complete {
				break
			}
			end = len(s.text)
		}
		row := s.text[at:end]
		at = end
		if len(bytes.TrimSpace(row)) == 0 {
			continue
		}
		fields := r.split(row)
		if t.header == nil {
			if len(fields) < 2 {
				return nil
			}
			for _, f := range fields {
				t.header = append(t.header, string(bytes.TrimSpace(f)))
			}
			if !t.headed() {
				return nil
			}
			t.width = end
			continue
		}
		all++
		if len(fields) == len(t.header) {
			fit++
			kept := make([][]byte, len(fields))
			for i, f := range fields {
				kept[i] = bytes.TrimSpace(bytes.Clone(f))
			}
			t.rows = append(t.rows, kept)
		}
	}
	if t.header == nil || all == 0 || fit*20 < all*19 {
		return nil
	}
	return t
}

// headed reports whether the first row looks like a header: short, distinct
// names without values among them.
func (t *csvTable) headed() bool {
	seen := map[string]bool{}
	empty := 0
	for _, h := range t.header {
		name := normal(h)
		t.names = append(t.names, name)
		if h == "" {
			empty++
			continue
		}
		if len(h) > 80 || seen[h] || name == "" || h[0] == '{' || h[0] == '[' || strings.ContainsAny(h, "=;{}<>") {
			return false
		}
		letters := false
		for i := 0; i < len(h); i++ {
			letters = letters || letter(h[i]) || h[i] >= 0x80
		}
		if !letters {
			return false
		}
		var c civil
		for _, f := range dated {
			if f.parse([]byte(h), &c) > 0 {
				return false
			}
		}
		if strings.Count(h, " ") > 5 {
			return false
		}
		seen[h] = true
	}
	return empty <= 1
}

// normal keeps a header's letters and digits, in small letters.
func normal(h string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(h) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 0x80 {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// column returns the first column with one of the names, in order of the
// names; -1 for none.
func (t *csvTable) column(names ...string) int {
	for _, n := range names {
		for i, h := range t.names {
			if h == n {
				return i
			}
		}
	}
	return -1
}

// values returns the non-empty values of a column of the head.
func (t *csvTable) values(col int) [][]byte {
	var out [][]byte
	for _, r := range t.rows {
		if len(r[col]) > 0 {
			out = append(out, r[col])
		}
	}
	return out
}

// rowReader splits rows. Its zero value is not usable.
type rowReader struct {
	delim  byte
	limit  int // longest quoted row, bytes
	fields [][]byte
}

// end returns where the row that starts at at ends, line end included; -1 when
// data stops before. A quote that does not close within the limit is no quote.
func (r *rowReader) end(data []byte, at int) int {
	start, quoted := true, false
	for i := at; i < len(data); i++ {
		c := data[i]
		if quoted {
			if i-at > r.limit {
				break
			}
			j := bytes.IndexByte(data[i:], '"')
			if j < 0 {
				break
			}
			i += j
			if i+1 < len(data) && data[i+1] == '"' {
				i++
				continue
			}
			quoted = false
			continue
		}
		switch c {
		case '"':
			quoted = start
			start = false
		case r.delim:
			start = true
		case '\n':
			return i + 1
		default:
			start = start && c == ' '
		}
	}
	if quoted && len(data)-at > r.limit {
		if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
			return at + i + 1
		}
	}
	return -1
}

// split returns the fields of a row; they are valid until the next call. A
// doubled quote is one, and what stands behind a closing quote is kept.
func (r *rowReader) split(row []byte) [][]byte {
	row = bytes.TrimRight(row, "\r\n")
	row = bytes.TrimPrefix(row, []byte("\xef\xbb\xbf"))
	r.fields = r.fields[:0]
	for {
		i := 0
		for i < len(row) && row[i] == ' ' {
			i++
		}
		if i < len(row) && row[i] == '"' {
			i++
			begin := i
			var out []byte
			for i < len(row) {
				if row[i] != '"' {
					i++
					continue
				}
				if i+1 < len(row) && row[i+1] == '"' {
					out = append(append(out, row[begin:i]...), '"')
					i += 2
					begin = i
					continue
				}
				break
			}
			field := row[begin:min(i, len(row))]
			if out != nil {
				field = append(out, field...)
			}
			i = min(i+1, len(row))
			j := bytes.IndexByte(row[i:], r.delim)
			if j < 0 {
				if i < len(row) {
					field = append(bytes.Clone(field), row[i:]...)
				}
				return append(r.fields, field)
			}
			if j > 0 {
				field = append(bytes.Clone(field), row[i:i+j]...)
			}
			r.fields = append(r.fields, field)
			row = row[i+j+1:]
			continue
		}
		j := bytes.IndexByte(row, r.delim)
		if j < 0 {
			return append(r.fields, row)
		}
		r.fields = append(r.fields, row[:j])
		row = row[j+1:]
	}
}

// csvReader reads tables.
type csvReader struct {
	table *csvTable
	o     Options
	limit int
	runs  *runColumns
	rows  *rowColumns
	notes notes
}

func newCSVReader(t *csvTable, o Options, runs *runColumns, rows *rowColumns) *csvReader {
	return &csvReader{table: t, o: o, limit: 1 << 20, runs: runs, rows: rows}
}

func (r *csvReader) Cut(data []byte, eof bool) int {
	if eof {
		return len(data)
	}
	rows := rowReader{delim: r.table.delim, limit: r.limit}
	at := 0
	for at < len(data) {
		end := rows.end(data, at)
		if end < 0 {
			break
		}
		at = end
	}
	if at == 0 && len(data) > 2*r.limit {
		return len(data) // no line end in sight
	}
	return at
}

func (r *csvReader) Problems() []analysis.Problem {
	out := r.notes.problems()
	guess := ""
	switch {
	case r.runs != nil:
		guess = r.runs.guess()
	case r.rows != nil:
		guess = r.rows.when.guess
	}
	if guess != "" {
		out = append(out, analysis.Problem{Kind: analysis.ProblemTime, Detail: guess})
	}
	return out
}

func (r *csvReader) Records(chunk []byte, emit func(rec *analysis.Record) error) error {
	e := newEmitter(chunk, emit)
	rows := rowReader{delim: r.table.delim, limit: r.limit}
	st := &state{clock: newClockwork(r.o.Zone, r.o.Reference)}
	for e.at < len(chunk) {
		end := rows.end(chunk, e.at)
		if end < 0 {
			end = len(chunk)
		}
		fields := rows.split(chunk[e.at:end])
		switch {
		case len(fields) == 1 && len(bytes.TrimSpace(fields[0])) == 0, r.table.isHeader(fields):
			if err := e.document(end); err != nil {
				return err
			}
			continue
		case len(fields) < len(r.table.header):
			r.notes.add(analysis.ProblemSyntax, "rows have too few columns and were kept as text")
			if err := e.lines(end, r.o.MaxLine); err != nil {
				return err
			}
			continue
		case len(fields) > len(r.table.header):
			r.notes.add(analysis.ProblemSyntax, "rows have more columns than the header; the surplus was read as part of the last one")
		}
		rec := e.next(end)
		switch {
		case r.runs != nil:
			r.runs.fill(rec, r.table, fields, &st.clock)
		case r.rows != nil:
			r.rows.fill(rec, r.table, fields, st)
		default:
			rec.Kind = analysis.KindDocument
			rec.Message = bytes.TrimRight(rec.Raw, "\r\n")
		}
		if err := e.send(); err != nil {
			return err
		}
	}
	return nil
}

// isHeader reports whether a row repeats the header.
func (t *csvTable) isHeader(fields [][]byte) bool {
	if len(fields) != len(t.header) || len(fields[0]) < len(t.header[0]) {
		return false
	}
	for i, f := range fields {
		if string(bytes.TrimSpace(f)) != t.header[i] {
			return false
		}
	}
	return true
}

// rowColumns says what the columns of a table of log records mean.
type rowColumns struct {
	when                                                    whenReader
	time, level, message                                    int
	raw                                                     bool // the message is the whole original record
	inner                                                   inner
	host, namespace, pod, container, unit, process, cluster int
	used                                                    map[int]bool
}

var timeNames = []string{
	"timestamp", "time", "datetime", "_time", "eventtime", "timestamputc", "timegenerated", "timecreated", "logtime", "date", "occurredat", "createdat", "created", "ts",
	"timeunixnano", "starttime", "start", "eventtimestamp", "dateandtime", "datetimeutc", "receivedtime", "messagetime", "openedat", "startedat",
}

// learnRows finds the columns of a table of log records; nil when no column
// holds times.
func learnRows(t *csvTable) *rowColumns {
	c := &rowColumns{time: -1, used: map[int]bool{}}
	c.message = t.column("raw", "message", "msg", "log", "line", "text", "body", "content", "logmessage", "eventmessage", "description", "details", "event", "summary", "shortdescription")
	c.level = t.column("level", "severity", "loglevel", "sev", "severitytext", "leveldisplayname", "priority", "urgency", "status")
	try := func(col int, share float64) bool {
		w, got := learnWhen(t.values(col))
		if got < share {
			return false
		}
		c.time, c.when = col, w
		return true
	}
	for _, name := range timeNames {
		if col := t.column(strings.ReplaceAll(name, "_", "")); col >= 0 && try(col, 0.8) {
			break
		}
	}
	for col := 0; col < len(t.header) && c.time < 0; col++ {
		if vs := t.values(col); len(vs) > 0 && !plainNumber(vs[0]) {
			try(col, 0.9)
		}
	}
	if c.message >= 0 {
		texts := t.values(c.message)
		c.inner = learnInner(texts)
		if c.time < 0 {
			l := learn(texts)
			if l.share < 0.6 || !l.year {
				return nil
			}
		}
		if c.raw = t.names[c.message] == "raw"; c.raw {
			c.inner = learnRaw(texts)
		}
	}
	if c.time < 0 && c.message < 0 {
		return nil
	}
	if c.level >= 0 {
		n := 0
		vs := t.values(c.level)
		for _, v := range vs {
			if analysis.ParseSeverity(string(v)) != 0 {
				n++
			}
		}
		if len(vs) == 0 || n*2 < len(vs) {
			c.level = -1
		}
	}
	c.host = t.column("host", "hostname", "node", "nodename", "computer", "computername", "server", "machine", "instance")
	c.namespace = t.column("namespace", "namespacename", "k8snamespace")
	c.pod = t.column("pod", "podname", "k8spodname")
	c.container = t.column("container", "containername")
	c.unit = t.column("unit", "job", "systemdunit")
	c.process = t.column("service", "servicename", "process", "logger", "component", "app", "application", "program", "sourcetype", "providername", "source")
	c.cluster = t.column("cluster", "clustername")
	for _, col := range []int{c.time, c.level, c.message, c.host, c.namespace, c.pod, c.container, c.unit, c.process, c.cluster} {
		if col >= 0 {
			c.used[col] = true
		}
	}
	for col := range t.header { // a second column that says the same time
		if vs := t.values(col); !c.used[col] && len(vs) > 0 {
			if w, share := learnWhen(vs); share >= 0.95 && c.time >= 0 && len(w.forms) == 0 {
				c.used[col] = true
			}
		}
	}
	return c
}

func plainNumber(b []byte) bool {
	for _, c := range b {
		if !digit(c) && c != '.' && c != '-' {
			return false
		}
	}
	return true
}

// seek reads the stamp of an original record of a log that the first rows did
// not show: exports hold many logs in one table.
func (c *rowColumns) seek(st *state, h *head) {
	b := h.text
	for _, p := range candidates(b) {
		n := p.read(b, &st.civil)
		if n == 0 || st.civil.noDate || st.civil.noYear || st.civil.never {
			continue
		}
		h.time, h.quality = st.clock.time(&st.civil)
		if n = separators(b, n); n < len(b) {
			h.text = b[n:]
		}
		if status := requestStatus(h.text); status > 0 && h.severity == 0 {
			h.severity = statusSeverity(status)
		}
		return
	}
}

func (c *rowColumns) fill(rec *analysis.Record, t *csvTable, fields [][]byte, st *state) {
	h := &st.head
	*h = head{time: analysis.NoTime}
	get := func(col int) string {
		if col < 0 {
			return ""
		}
		return st.name(bytes.TrimSpace(fields[col]))
	}
	rec.Kind = analysis.KindLog
	if c.message >= 0 {
		if c.inner.read(st, bytes.TrimSpace(fields[c.message]), h) {
			h.time, h.quality = st.clock.time(&st.civil)
		} else if c.raw && c.time < 0 {
			c.seek(st, h)
		}
	}
	if c.time >= 0 {
		if ns, q := c.when.read(fields[c.time], &st.clock); ns != analysis.NoTime {
			h.time, h.quality = ns, q
		}
	}
	if c.level >= 0 {
		if s := analysis.ParseSeverity(string(bytes.TrimSpace(fields[c.level]))); s != 0 {
			h.severity = s
		}
	}
	text := append([]byte(nil), bytes.TrimSpace(h.text)...)
	if !c.raw {
		for i, f := range fields {
			if f = bytes.TrimSpace(f); i < len(t.header) && !c.used[i] && len(f) > 0 {
				if len(text) > 0 {
					text = append(text, ' ')
				}
				text = append(append(append(text, t.header[i]...), '='), f...)
			}
		}
	}
	rec.Time, rec.Quality, rec.Severity, rec.Message = h.time, h.quality, h.severity, text
	rec.Resource = analysis.Resource{
		Host: get(c.host), Cluster: get(c.cluster), Namespace: get(c.namespace), Pod: get(c.pod), Container: get(c.container), Unit: get(c.unit), Process: get(c.process),
	}.Over(h.resource)
}
