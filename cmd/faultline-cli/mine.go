package main

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"faultline/analysis/pattern"
	"faultline/analysis/report"
)

func (c *command) mine() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mine FILE...",
		Short: "Patterns of plain files, one message a line (for measuring the miner)",
		Long: `Mines the messages of plain files, one a line, or one column of CSV files. Prints
the patterns with their counts, or with --csv one row a line:
LineId,EventId,EventTemplate.`,
		Example: examples("faultline-cli mine messages.txt", "faultline-cli mine --csv --column Message messages.csv > mined.csv"),
		Args:    cobra.MinimumNArgs(1),
	}
	asCSV := cmd.Flags().Bool("csv", false, "print LineId,EventId,EventTemplate for every message")
	column := cmd.Flags().String("column", "", "the files are CSV: take the messages from this column")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		m := newMiner()
		for _, name := range args {
			if err := m.read(name, *column); err != nil {
				return err
			}
		}
		r := pattern.Mine(m.shapes, pattern.Options{})
		if *asCSV {
			return m.writeCSV(c.out, r)
		}
		type row struct {
			ID       string `json:"id"`
			Count    int64  `json:"count"`
			Template string `json:"template"`
		}
		rows := make([]row, len(r.Patterns))
		for i, p := range r.Patterns {
			rows[i] = row{ID: p.ID, Template: p.Text}
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
			t.row(r.ID, report.Count(r.Count), report.Line(r.Template, 200))
		}
		t.write(c.out)
		return nil
	}
	return cmd
}

// miner collects the shapes of messages, and which shape each message has.
type miner struct {
	lexer  *pattern.Lexer
	shapes []pattern.Shape
	at     map[uint64]int32
	lines  []int32
}

func newMiner() *miner {
	return &miner{lexer: pattern.NewLexer(), at: map[uint64]int32{}}
}

func (m *miner) add(msg []byte) {
	id := m.lexer.Shape(msg)
	i, ok := m.at[id]
	if !ok {
		i = int32(len(m.shapes))
		m.at[id] = i
		m.shapes = append(m.shapes, pattern.Shape{ID: id, Skeleton: string(m.lexer.Skeleton(nil))})
	}
	m.shapes[i].Count++
	m.lines = append(m.lines, i)
}

func (m *miner) read(name, column string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if column != "" {
		return m.readColumn(name, f, column)
	}
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
			m.add([]byte(strings.TrimRight(string(line), "\r\n")))
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
	}
}

func (m *miner) readColumn(name string, f io.Reader, column string) error {
	r := csv.NewReader(bufio.NewReaderSize(f, 1<<20))
	r.ReuseRecord = true
	r.LazyQuotes = true
	head, err := r.Read()
	if err != nil {
		return fmt.Errorf("read the header of %s: %w", name, err)
	}
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
			m.add([]byte(row[at]))
		}
	}
}

func (m *miner) writeCSV(w io.Writer, r pattern.Result) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"LineId", "EventId", "EventTemplate"}); err != nil {
		return err
	}
	for i, s := range m.lines {
		p := r.Patterns[r.Of[s]]
		if err := out.Write([]string{strconv.Itoa(i + 1), p.ID, p.Text}); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
