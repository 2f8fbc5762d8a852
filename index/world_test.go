package index_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"faultline/analysis"
	"faultline/analysis/pattern"
	"faultline/index"
	"faultline/index/segment"
)

// record is a record of a world: what a query of it should see.
type record struct {
	member   int
	path     string
	line     int64
	offset   int64
	raw      string // as stored
	text     string // as read
	time     int64
	severity analysis.Severity
	kind     analysis.RecordKind
	resource analysis.Resource
	format   string
	skip     bool
	placed   int64 // the time that places it
}

// world is a made-up bundle whose every record is known.
type world struct {
	members []analysis.Member
	records []record // in storage order
	runs    []analysis.Run
	start   time.Time
}

// newWorld makes members of several forms from a seed: text whose messages
// stand in the raw text, JSON whose messages do not, lines that belong
// together, UTF-16, free text without shapes, documents without times.
func newWorld(seed uint64, lines int) *world {
	r := rand.New(rand.NewPCG(seed, 7))
	w := &world{start: time.Date(2024, 5, 6, 7, 0, 0, 0, time.UTC)}
	for i, form := range []string{"text", "json", "trace", "utf-16le", "free", "yaml", "text", "mixed"} {
		m := analysis.Member{Path: fmt.Sprintf("logs/%s-%d.log", form, i), Kind: analysis.MemberText, Format: form}
		switch form {
		case "json":
			m.Path, m.Format = fmt.Sprintf("pods/app-%d/current.json", i), "json-lines"
		case "utf-16le":
			m.Encoding, m.Format = "UTF-16LE", "text"
		case "yaml":
			m.Kind, m.Format = analysis.MemberDocument, "kubernetes-yaml"
		case "mixed", "trace", "free":
			m.Format = "text"
		}
		at := w.start.Add(time.Duration(r.IntN(7200)) * time.Second)
		line, last, lead := int64(1), analysis.NoTime, len(w.records)
		for range lines {
			rec := record{member: i, path: m.Path, line: line, offset: m.Bytes, format: m.Format, time: at.UnixNano()}
			rec.resource = analysis.Resource{Host: fmt.Sprintf("node-%d", r.IntN(3)), Namespace: []string{"", "kube-system", "default"}[r.IntN(3)], Process: form}
			rec.severity = []analysis.Severity{0, 5, 9, 9, 9, 10, 13, 17, 21}[r.IntN(9)]
			message := saying(r)
			stamp := at.Format("2006-01-02T15:04:05.000Z")
			switch form {
			case "text", "mixed":
				rec.text = fmt.Sprintf("%s %s %s\n", stamp, strings.ToUpper(rec.severity.String()), message)
			case "json":
				rec.text = fmt.Sprintf("{\"time\":%q,\"level\":%q,\"msg\":%q,\"n\":%d}\n", stamp, rec.severity, message, r.IntN(1000))
			case "trace":
				rec.text = stamp + " " + message + "\n"
				for range r.IntN(3) {
					rec.text += "\tat " + saying(r) + "\n"
				}
			case "utf-16le":
				rec.text = stamp + " " + message + "\n"
			case "free":
				rec.text = message + " " + saying(r) + "\n"
			case "yaml":
				rec.text, rec.time, rec.severity, rec.kind = "- name: "+message+"\n", analysis.NoTime, 0, analysis.KindDocument
			}
			if form == "mixed" && r.IntN(4) == 0 {
				rec.time = analysis.NoTime
			}
			rec.skip = r.IntN(20) == 0
			rec.raw = rec.text
			if form == "utf-16le" {
				var b []byte
				for _, u := range utf16.Encode([]rune(rec.text)) {
					b = append(b, byte(u), byte(u>>8))
				}
				rec.raw = string(b)
			}
			if rec.time != analysis.NoTime {
				last = rec.time
			}
			rec.placed = last
			line += int64(strings.Count(rec.text, "\n"))
			m.Bytes += int64(len(rec.raw))
			w.records = append(w.records, rec)
			at = at.Add(time.Duration(r.IntN(20000)-2000) * time.Millisecond)
		}
		// Those before the first time get it; members without any come last.
		first := int64(1<<63 - 1)
		for _, rec := range w.records[lead:] {
			if rec.time != analysis.NoTime {
				first = rec.time
				break
			}
		}
		for k := lead; k < len(w.records); k++ {
			rec := &w.records[k]
			if rec.placed == analysis.NoTime {
				rec.placed = first
			}
			m.Span.Add(analysis.Time(rec.time))
			if rec.time != analysis.NoTime {
				m.Timed++
			}
			m.Records++
		}
		m.Lines, m.Indexed = line-1, m.Bytes
		w.members = append(w.members, m)
	}
	return w
}

var sayings = []string{
	"connection refused by %s", "Failed to pull image %s: rpc error", "dial tcp %s: i/o timeout", "request %s took %s ms",
	"Fehler: Gerät %s nicht verfügbar", "error", "no error, retry=%s done", "pull_image %s ok", "ERROR: connection  refused", "node%s-x is NotReady",
	`cannot open "/etc/%s/config.yaml" twice`, "OOMKilled container=%s exit_code=137", "réseau coupé – %s", "a|b %s | c",
}

var values = []string{"10.43.0.1:443", "nginx:1.25", "abc-7f9d4", "42", "", "error", "connection refused", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "node7", "x_y", "-", "12345"}

// saying returns a message: often of a known form, sometimes odd.
func saying(r *rand.Rand) string {
	s := sayings[r.IntN(len(sayings))]
	for strings.Contains(s, "%s") {
		s = strings.Replace(s, "%s", values[r.IntN(len(values))], 1)
	}
	switch r.IntN(12) {
	case 0:
		s += " " + values[r.IntN(len(values))]
	case 1:
		s = values[r.IntN(len(values))] + "." + s
	}
	return s
}

// store imports w into c.
func (w *world) store(t testing.TB, c *index.Case, id string, perBlock int) {
	t.Helper()
	b := analysis.Bundle{ID: id, Name: id, Members: len(w.members)}
	wr, err := c.Begin(b)
	if err != nil {
		t.Fatal(err)
	}
	lx := pattern.NewLexer()
	for i, m := range w.members {
		var mine []record
		for _, r := range w.records {
			if r.member == i {
				mine = append(mine, r)
			}
		}
		number := wr.Member(m.Path)
		var blocks []*segment.Block
		for part := range slices.Chunk(mine, perBlock) {
			blocks = append(blocks, w.block(wr, lx, number, m, part))
		}
		for some := range slices.Chunk(blocks, 1+i%3) { // some share their frames
			data, infos, err := segment.EncodeTogether(some, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, info := range infos {
				if err := wr.Append(data[:info.Size()], info); err != nil {
					t.Fatal(err)
				}
				data = data[info.Size():]
			}
		}
		var runs []analysis.Run
		if i == 0 {
			runs = w.runs
		}
		if err := wr.Finished(m, runs, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := wr.Finish(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

func (w *world) block(wr *index.Writer, lx *pattern.Lexer, number uint32, m analysis.Member, part []record) *segment.Block {
	b := &segment.Block{Member: number, Line: part[0].line, Offset: part[0].offset, Complete: true}
	var tokens index.Tokens
	type form struct {
		id   uint64
		head uint32
	}
	shapes, resources := map[form]uint32{}, map[uint64]uint32{}
	place := func(m map[uint64]uint32, list *[]uint64, id uint64) uint32 {
		at, ok := m[id]
		if !ok {
			at = uint32(len(*list))
			m[id] = at
			*list = append(*list, id)
		}
		return at
	}
	for _, r := range part {
		raw := []byte(r.raw)
		message := raw
		switch {
		case m.Format == "json-lines":
			_, s, _ := strings.Cut(r.text, `"msg":`)
			s = s[:strings.LastIndex(s, `,"n":`)]
			fmt.Sscanf(s, "%q", &s)
			message = []byte(s)
		case m.Encoding != "":
			message = []byte(strings.TrimSpace(r.text))
		case strings.Contains(m.Path, "free"), m.Kind == analysis.MemberDocument:
		default:
			at := bytes.IndexByte(raw, ' ') + 1
			if strings.Contains(m.Path, "text") || strings.Contains(m.Path, "mixed") {
				at += bytes.IndexByte(raw[at:], ' ') + 1
			}
			message = raw[at : len(raw)-1]
		}
		var id uint64
		var head uint32
		if strings.Contains(m.Path, "free") {
			tokens.Record(raw, message, 0, nil)
		} else {
			id = lx.Shape(message)
			wr.Shape(id, string(lx.Skeleton(nil)))
			head = tokens.Record(raw, message, id, lx.Spans())
		}
		shape, ok := shapes[form{id, head}]
		if !ok {
			shape = uint32(len(b.Shapes))
			shapes[form{id, head}] = shape
			b.Shapes, b.Heads = append(b.Shapes, id), append(b.Heads, head)
		}
		b.Recs = append(b.Recs, segment.Rec{
			Start: uint32(len(b.Raw)), Line: uint32(r.line - b.Line), Time: r.time, Severity: r.severity, Quality: analysis.TimeExact, Kind: r.kind, Skip: r.skip,
			Shape: shape, Resource: place(resources, &b.Resources, wr.Resource(r.resource)),
		})
		b.Raw = append(b.Raw, r.raw...)
		b.Lines += int64(strings.Count(r.text, "\n"))
	}
	b.Tokens, b.HeadTexts = slices.Clone(tokens.List()), slices.Clone(tokens.Heads())
	return b
}
