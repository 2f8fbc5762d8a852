package format

import (
	"bytes"
	"slices"
	"time"
	"unicode/utf8"

	"faultline/analysis"
)

// HeadSize is the number of first bytes that Detect wants to see; fewer are
// enough only when the member has no more.
const HeadSize = 64 << 10

// Detection is what Detect found out about a member.
type Detection struct {
	Kind       analysis.MemberKind // MemberText, MemberDocument, MemberBinary or MemberEmpty
	Format     string              // "klog", "cri", ...; "plain" for text without times; "" for binary and empty members
	Detail     string              // dialect, or what kind of binary it is
	Encoding   string              // "" for UTF-8 and ASCII
	Reason     string              // why: one phrase
	Confidence float64             // 0..1

	needsYear bool
	open      func(o Options) Reader
	wrap      func(r Reader) Reader // decodes other encodings; nil for none
}

// Options says how the records of a member are to be read.
type Options struct {
	Zone      *time.Location    // of stamps that name no zone; nil means UTC
	Reference time.Time         // stamps without a year (or date) get the one that brings them closest to it; zero: they have no time
	FixedYear bool              // the year that Reference gives stands, whatever weekday a stamp names
	Resource  analysis.Resource // what the member's path says; readers may use it, ingest merges it
	MaxLine   int               // longest line kept in a message, bytes; 0 means 1 MiB
}

// Reader cuts a member into records. Cut is called in order from one
// goroutine; Records may be called for different chunks at the same time.
type Reader interface {
	// Cut returns the length of the longest prefix of data that ends at a
	// record boundary, 0 when there is none yet. data starts where the last
	// cut ended. At the end of the member (eof) it returns len(data).
	Cut(data []byte, eof bool) int
	// Records calls emit for each record of a chunk that Cut delimited, in
	// order; the records tile the chunk. rec and its slices are reused after
	// emit returns. It stops with emit's first error.
	Records(chunk []byte, emit func(rec *analysis.Record) error) error
	// Problems returns what was noticed, sorted; to be called after the last
	// Records.
	Problems() []analysis.Problem
}

// NeedsYear reports whether stamps lack a year or a whole date, so that
// Options.Reference decides about their times.
func (d Detection) NeedsYear() bool { return d.needsYear }

// Reader returns a reader for the member. It is nil for members that hold no
// text (binary, empty).
func (d Detection) Reader(o Options) Reader {
	if d.open == nil {
		return nil
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.MaxLine <= 0 {
		o.MaxLine = 1 << 20
	}
	r := d.open(o)
	if d.wrap != nil {
		r = d.wrap(r)
	}
	return r
}

// sample is what a format sees of a member when it sniffs.
type sample struct {
	path     string
	text     []byte   // first bytes, decoded to UTF-8, without byte order mark
	complete bool     // text is all there is
	lines    [][]byte // its first lines (at most sampleLines) without line ends; a cut last line is left out
	eol      byte     // '\n', or '\r' where lines end with it alone
}

const sampleLines = 250

// match is a format's answer to a sample.
type match struct {
	confidence float64             // 0: not this format; the highest wins, the earlier row on a tie
	kind       analysis.MemberKind // "" means MemberText
	format     string
	detail     string
	reason     string
	needsYear  bool
	open       func(o Options) Reader
}

// formats are the known formats, one function each. A new format is one file
// with one such function and a row here. Rough confidences: 0.9 and above for
// an unmistakable mark (a header, a root element), 0.5..0.9 by the share of
// lines that fit, 0.05 for plain text.
//
// The documents stand first: their marks are the most specific.
var formats = []func(s *sample) match{
	sniffDocument,
	sniffW3C,
	sniffJournalExport,
	sniffEventText,
	sniffPrefixed,
	sniffCRI,
	sniffDocker,
	sniffSyslog5424,
	sniffSyslog,
	sniffAccess,
	sniffJSONLines,
	sniffLogfmt,
	sniffText,
	sniffPlain,
}

// Detect tells what a member is by its first bytes: head, which is all of it
// when complete is set. It never fails: what is not recognised is plain text
// or binary.
func Detect(path string, head []byte, complete bool) Detection {
	if complete && len(bytes.TrimSpace(head)) == 0 {
		d := Detection{Kind: analysis.MemberEmpty, Reason: "white space only", Confidence: 1}
		if len(head) == 0 {
			d.Reason = "no bytes"
		}
		return d
	}
	var d Detection
	text := head
	if name, big := wide(head); name != "" {
		d.Encoding = name
		d.wrap = func(r Reader) Reader { return &wideReader{Reader: r, big: big} }
		text = narrow(nil, head, big)
	} else if name, ok := binary(head); ok {
		return Detection{Kind: analysis.MemberBinary, Detail: name, Reason: "not text", Confidence: 1}
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if d.Encoding == "" {
		d.Encoding = encoding(head, complete)
	}
	s := newSample(path, text, complete)
	var best match
	for _, sniff := range formats {
		if m := sniff(s); m.confidence > best.confidence {
			best = m
		}
		if best.confidence >= 0.9 {
			break
		}
	}
	if best.format == "plain" && looksLikeLog(path) && s.more(6000) { // the log proper may begin late
		for _, sniff := range formats[1:] {
			if m := sniff(s); m.confidence > best.confidence {
				best = m
			}
		}
	}
	if best.kind == "" {
		best.kind = analysis.MemberText
	}
	d.Kind, d.Format, d.Detail, d.Reason, d.Confidence = best.kind, best.format, best.detail, best.reason, best.confidence
	d.needsYear, d.open = best.needsYear, best.open
	return d
}

// encoding names an encoding that is not plain UTF-8; "" for UTF-8 and ASCII.
func encoding(head []byte, complete bool) string {
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		return "UTF-8 with mark"
	}
	if !complete { // the last character may be cut
		for k := 0; k < utf8.UTFMax && len(head) > 0 && !utf8.Valid(head[max(0, len(head)-utf8.UTFMax):]); k++ {
			head = head[:len(head)-1]
		}
	}
	if utf8.Valid(head) {
		return ""
	}
	for i := 0; i < len(head); { // any sequence of several bytes that is UTF-8?
		if head[i] >= utf8.RuneSelf {
			if _, n := utf8.DecodeRune(head[i:]); n > 1 {
				return "UTF-8, in part Windows-1252 (guessed)"
			}
		}
		i++
	}
	return "Windows-1252 (guessed)"
}

func newSample(path string, text []byte, complete bool) *sample {
	s := &sample{path: path, text: text, complete: complete, eol: '\n'}
	if bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') >= 0 {
		s.eol = '\r'
	}
	s.more(sampleLines)
	return s
}

// more takes up to n lines into the sample; it reports whether they are more
// than before.
func (s *sample) more(n int) bool {
	before := len(s.lines)
	s.lines = slices.Grow(s.lines[:0], min(n, bytes.Count(s.text, []byte{s.eol})+1))
	rest := s.text
	for len(rest) > 0 && len(s.lines) < n {
		i := bytes.IndexByte(rest, s.eol)
		if i < 0 {
			if s.complete || len(s.lines) == 0 {
				s.lines = append(s.lines, rest)
			}
			break
		}
		s.lines = append(s.lines, bytes.TrimRight(rest[:i], "\r"))
		rest = rest[i+1:]
	}
	return len(s.lines) > before
}
