package main

import (
	"encoding/csv"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestRawScores measures the public sets as raw logs, through the detection of
// formats: how well lines are grouped when nobody takes the header off. The
// figures stand beside those of the messages alone.
func TestRawScores(t *testing.T) {
	logs, _ := filepath.Glob("../../../shared/data/loghub/*/*.log")
	if len(logs) == 0 {
		t.Skip("../shared/data/loghub is absent: the figures cannot be measured anew")
	}
	var b strings.Builder
	var mean [2]float64
	b.WriteString("set        GA    FGA\n")
	for _, log := range logs {
		m := newMiner(true, false)
		if err := m.readLog(log); err != nil {
			t.Fatal(err)
		}
		r := m.mine(1, nil)
		var got []string
		for _, rec := range m.records {
			for range rec.lines {
				got = append(got, r.Patterns[r.Of[rec.shape]].ID)
			}
		}
		truth := readTruth(t, log+"_structured_corrected.csv")
		if len(got) != len(truth) {
			t.Fatalf("%s: %d lines, want %d", log, len(got), len(truth))
		}
		ga, fga := grouping(truth, got)
		fmt.Fprintf(&b, "%-10s %.3f %.3f\n", filepath.Base(filepath.Dir(log)), ga, fga)
		mean[0] += ga / float64(len(logs))
		mean[1] += fga / float64(len(logs))
	}
	fmt.Fprintf(&b, "%-10s %.3f %.3f\n", "mean", mean[0], mean[1])
	const golden = "../../analysis/pattern/testdata/raw_scores.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Errorf("%s: -want +got\n%s", golden, d)
	}
}

// TestMineFreeText mines lines that are all different, of which the table holds
// none, among others that recur: in any order and any number of parts.
func TestMineFreeText(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	var text []string
	for i := range 12_000 {
		if i%4 == 0 {
			text = append(text, fmt.Sprintf("the door was opened %d times today", i))
			continue
		}
		var b strings.Builder
		for range 40 {
			fmt.Fprintf(&b, "%c%c%c ", 'a'+rnd.IntN(26), 'a'+rnd.IntN(26), 'a'+rnd.IntN(26))
		}
		text = append(text, b.String())
	}
	for _, shards := range []int{1, 3} {
		m := newMiner(true, shards > 1)
		for _, line := range text {
			m.add([]byte(line), 1)
			if n := len(m.block.shapes) + len(m.shapes); n > 10_000 {
				t.Fatalf("%d shapes are held", n)
			}
		}
		r := m.mine(shards, rnd)
		for i := range text {
			want := "<*>"
			if i%4 == 0 {
				want = "the door was opened <*> times today"
			}
			if got := r.Patterns[r.Of[m.records[i].shape]].Text; got != want {
				t.Fatalf("%d parts: pattern of %q = %q, want %q", shards, text[i], got, want)
			}
		}
	}
}

// readTruth returns the true template of each line.
func readTruth(t *testing.T, name string) []string {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.LazyQuotes = true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for i, h := range rows[0] {
		if h == "EventTemplate" {
			at = i
		}
	}
	var out []string
	for _, row := range rows[1:] {
		out = append(out, row[at])
	}
	return out
}

// grouping returns the share of lines in groups that hold exactly the lines of
// one true group, and the harmonic mean of the shares of right groups.
func grouping(truth, got []string) (ga, fga float64) {
	trueSize, groups := map[string]int{}, map[string][]int{}
	for i := range truth {
		trueSize[truth[i]]++
		groups[got[i]] = append(groups[got[i]], i)
	}
	lines, right := 0, 0
	for _, g := range groups {
		same := trueSize[truth[g[0]]] == len(g)
		for _, i := range g {
			same = same && truth[i] == truth[g[0]]
		}
		if same {
			lines += len(g)
			right++
		}
	}
	return float64(lines) / float64(len(truth)), 2 * float64(right) / float64(len(groups)+len(trueSize))
}
