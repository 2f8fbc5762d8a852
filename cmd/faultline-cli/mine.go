package main

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"faultline/analysis"
	"faultline/analysis/format"
	"faultline/analysis/pattern"
	"faultline/analysis/report"
)

func (c *command) mine() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mine FILE...",
		Short: "Patterns of plain files, one message a line (for measuring the miner)",
		Long: `Mines the messages of plain files, one a line; or one column of CSV files; or,
with --detect, the messages of raw logs, whose formats are recognised as an
import does it. Prints the patterns with their counts, or with --csv one row a
line: LineId,EventId,EventTemplate.

LineId counts the lines (with --column the rows) of all files together, from 1,
in the order given. With --detect a record may be of several lines: each of them
has a row, with the record's pattern.

Where more than 2,500 messages of 1 MiB have a shape of their own, these are
free text and have the pattern <*> together, as an import gives them none.

Patterns do not depend on the order of the messages, nor on how they are shared
out: --shuffle mines them in another order, --shards in so many parts whose
shapes are merged; neither changes a byte of what is printed.`,
		Example: examples("faultline-cli mine messages.txt", "faultline-cli mine --csv --column Message messages.csv > mined.csv",
			"faultline-cli mine --detect --csv /var/log/syslog > mined.csv", "faultline-cli mine --csv --shuffle 7 --shards 4 messages.txt"),
		Args: cobra.MinimumNArgs(1),
	}
	asCSV := cmd.Flags().Bool("csv", false, "print LineId,EventId,EventTemplate for every line")
	column := cmd.Flags().String("column", "", "the files are CSV: take the messages from this column")
	detect := cmd.Flags().Bool("detect", false, "the files are raw logs: recognise their formats and take out the messages")
	seed := cmd.Flags().Uint64("shuffle", 0, "mine the messages in the order that this seed draws")
	shards := cmd.Flags().Int("shards", 1, "mine the messages in so many parts and merge these")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		shuffled := cmd.Flags().Changed("shuffle")
		switch {
		case *detect && *column != "":
			return usagef("mine", "--detect and --column exclude each other: a raw log has no columns")
		case *asCSV && c.json:
			return usagef("mine", "--csv and --json exclude each other")
		case *shards < 1:
			return usagef("mine", "--shards %d: must be 1 or more", *shards)
		}
		m := newMiner(*asCSV, shuffled || *shards > 1)
		for _, name := range args {
			var err error
			switch {
			case *detect:
				err = m.readLog(name)
			case *column != "":
				err = m.readColumn(name, *column)
			default:
				err = m.readLines(name)
			}
			if err != nil {
				return err
			}
		}
		var rnd *rand.Rand
		if shuffled {
			rnd = rand.New(rand.NewPCG(*seed, 0))
		}
		r := m.mine(*shards, rnd)
		if *asCSV {
			return m.writeCSV(c.out, r)
		}
		type row struct {
			ID       string `json:"id"`
			Count    int64  `json:"count"`
			Template string `json:"template"`
			At       string `json:"at,omitempty"`
		}
		rows := make([]row, len(r.Patterns))
		for i, p := range r.Patterns {
			rows[i] = row{ID: p.ID, Template: p.Text, At: p.At}
		}
		for i, s := range m.shapes {
			rows[r.Of[i]].Count += s.Count
		}
		slices.SortFunc(rows, func(a, b row) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.ID, b.ID)) })
		if c.json {
			return c.print(rows)
		}
		t := newTable("id", ">count", "template")
		for _, r := range rows {
			p := analysis.Pattern{Template: r.Template, At: r.At}
			t.row(r.ID, report.Count(r.Count), report.Line(p.Title(), 200))
		}
		t.write(c.out)
		return nil
	}
	return cmd
}

// miner collects the shapes of messages, and which shape each message has.
type miner struct {
	lexer   *pattern.Lexer
	shapes  []pattern.Shape
	at      map[uint64]int32
	records []mined
	block   miningBlock

	rows bool // records are kept, for a row each; else free counts those of free text
	free int64
	keep bool     // the messages are kept too, for mineKept
	kept [][]byte // one for each record
}

// mined is a message: its shape and how many lines it has in its file.
type mined struct{ shape, lines int32 }

// miningBlock is the messages read since the last full block of about 1 MiB.
// As in an import, those with a shape of their own have none where they are
// very many: they are free text, which would only fill the table.
type miningBlock struct {
	size   int
	ids    []uint64 // one for each record
	lines  []int32  // likewise
	shapes map[uint64]*pattern.Shape
}

const mineBlock = 1 << 20 // bytes of messages

func newMiner(rows, keep bool) *miner {
	return &miner{lexer: pattern.NewLexer(), at: map[uint64]int32{}, rows: rows || keep, keep: keep, block: miningBlock{shapes: map[uint64]*pattern.Shape{}}}
}

// add takes one message, which stands on so many lines.
func (m *miner) add(msg []byte, lines int) {
	if m.keep {
		m.kept = append(m.kept, slices.Clone(msg))
	}
	id := m.lexer.Shape(msg)
	b := &m.block
	s := b.shapes[id]
	if s == nil {
		s = &pattern.Shape{ID: id, Skeleton: string(m.lexer.Skeleton(nil))}
		b.shapes[id] = s
	}
	s.Count++
	b.ids, b.lines = append(b.ids, id), append(b.lines, int32(lines))
	if b.size += len(msg) + 1; b.size >= mineBlock {
		m.end()
	}
}

// end completes the block: what is no free text is kept or counted.
func (m *miner) end() {
	b := &m.block
	singles := 0
	for _, s := range b.shapes {
		if s.Count == 1 {
			singles++
		}
	}
	for i, id := range b.ids {
		s, shape := b.shapes[id], int32(-1)
		switch {
		case singles > pattern.MaxSingles && s.Count == 1:
			m.free++
		case m.keep:
			shape = 0 // until mineKept
		default:
			shape = m.shape(id, func() string { return s.Skeleton })
		}
		if m.rows {
			m.records = append(m.records, mined{shape, b.lines[i]})
		}
	}
	clear(b.shapes)
	b.ids, b.lines, b.size = b.ids[:0], b.lines[:0], 0
}

// shape counts a message and returns the number of its shape.
func (m *miner) shape(id uint64, skeleton func() string) int32 {
	i, ok := m.at[id]
	if !ok {
		i = int32(len(m.shapes))
		m.at[id] = i
		m.shapes = append(m.shapes, pattern.Shape{ID: id, Skeleton: skeleton()})
	}
	m.shapes[i].Count++
	return i
}

// freeText gives the messages without a shape one in common: a variable.
func (m *miner) freeText() {
	if m.free == 0 {
		return
	}
	n := m.shape(m.lexer.Shape([]byte("0")), func() string { return string(m.lexer.Skeleton(nil)) })
	m.shapes[n].Count += m.free - 1
	for i := range m.records {
		if r := &m.records[i]; r.shape < 0 {
			r.shape = n
		}
	}
}

// mine makes the patterns of all messages, those kept in so many parts and in
// the order that rnd draws (nil: as they stand).
func (m *miner) mine(shards int, rnd *rand.Rand) pattern.Result {
	m.end()
	if m.keep {
		m.mineKept(shards, rnd)
	}
	m.freeText()
	return pattern.Mine(m.shapes, pattern.Options{})
}

// mineKept shares the messages kept out to so many miners, in the order that
// rnd draws (nil: as they stand), and puts their shapes together.
func (m *miner) mineKept(shards int, rnd *rand.Rand) {
	var order []int
	for i := range m.kept {
		if m.records[i].shape >= 0 {
			order = append(order, i)
		}
	}
	parts := make([]int, shards)
	for i := range parts {
		parts[i] = i
	}
	if rnd != nil {
		rnd.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		rnd.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	}
	for _, p := range parts {
		one := newMiner(false, false)
		base := int32(len(m.shapes))
		for _, i := range order[p*len(order)/shards : (p+1)*len(order)/shards] {
			id := one.lexer.Shape(m.kept[i])
			m.records[i].shape = base + one.shape(id, func() string { return string(one.lexer.Skeleton(nil)) })
		}
		m.shapes = append(m.shapes, one.shapes...)
	}
}

// readLines reads a file of one message a line.
func (m *miner) readLines(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	for {
		line, err := r.ReadSlice('\n')
		for errors.Is(err, bufio.ErrBufferFull) { // a long line: its head is its message
			head := slices.Clone(line)
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = r.ReadSlice('\n')
			}
			line = head
		}
		if len(line) > 0 {
			m.add(trimEnd(line), 1)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
	}
}

// trimEnd returns a line without its end.
func trimEnd(line []byte) []byte {
	for n := len(line); n > 0 && (line[n-1] == '\n' || line[n-1] == '\r'); n-- {
		line = line[:n-1]
	}
	return line
}

// readColumn reads one column of a CSV file.
func (m *miner) readColumn(name, column string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(bufio.NewReaderSize(f, 1<<20))
	r.ReuseRecord = true
	r.LazyQuotes = true
	r.FieldsPerRecord = -1
	head, err := r.Read()
	if err != nil {
		return fmt.Errorf("read the header of %s: %w", name, err)
	}
	head[0] = strings.TrimPrefix(head[0], "\ufeff")
	at := slices.Index(head, column)
	if at < 0 {
		return usagef("mine", "%s has no column %q; its columns are %s", name, column, strings.Join(head, ", "))
	}
	for {
		row, err := r.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		if at < len(row) {
			m.add([]byte(row[at]), 1)
		} else {
			m.add(nil, 1) // a short row still has its LineId
		}
	}
}

// readLog reads a raw log through the detection of formats.
func (m *miner) readLog(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	const step = 4 << 20
	data := make([]byte, 0, step)
	eof, before := false, true // before: a line begins here
	fill := func() error {
		for !eof && len(data) < cap(data) {
			n, err := f.Read(data[len(data):cap(data)])
			data = data[:len(data)+n]
			if err == io.EOF {
				eof = true
			} else if err != nil {
				return fmt.Errorf("read %s: %w", name, err)
			}
		}
		return nil
	}
	if err := fill(); err != nil {
		return err
	}
	head := data[:min(len(data), format.HeadSize)]
	d := format.Detect(name, head, eof && len(head) == len(data))
	r := d.Reader(format.Options{})
	if r == nil {
		if d.Kind == analysis.MemberEmpty {
			return nil
		}
		return fmt.Errorf("read %s: %s %s: it holds no text to mine (archives have to be unpacked first)", name, d.Kind, d.Detail)
	}
	emit := func(rec *analysis.Record) error {
		lines := 0
		for _, c := range rec.Raw {
			if before {
				lines++
			}
			before = c == '\n'
		}
		m.add(rec.Message, lines)
		return nil
	}
	for len(data) > 0 {
		n := r.Cut(data, eof)
		if n == 0 { // a record longer than what is in memory
			data = slices.Grow(data, len(data))
		} else {
			if err := r.Records(data[:n], emit); err != nil {
				return fmt.Errorf("read %s: %w", name, err)
			}
			data = data[:copy(data, data[n:])]
		}
		if err := fill(); err != nil {
			return err
		}
	}
	return nil
}

func (m *miner) writeCSV(w io.Writer, r pattern.Result) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"LineId", "EventId", "EventTemplate"}); err != nil {
		return err
	}
	line := 0
	for _, rec := range m.records {
		p := r.Patterns[r.Of[rec.shape]]
		for range rec.lines {
			line++
			if err := out.Write([]string{strconv.Itoa(line), p.ID, p.Text}); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}
