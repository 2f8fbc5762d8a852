package pattern_test

import (
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"faultline/analysis/pattern"

	"github.com/google/go-cmp/cmp"
)

// loghub is where the public sets stand; they must not be part of this
// repository.
const loghub = "../../../shared/data/loghub"

type labelled struct {
	name      string
	messages  []string
	templates []string // the true ones
}

func readLoghub(t testing.TB) []labelled {
	files, _ := filepath.Glob(filepath.Join(loghub, "*", "*structured_corrected.csv"))
	if len(files) == 0 {
		t.Skipf("%s is absent: the figures cannot be measured anew", loghub)
	}
	var sets []labelled
	for _, f := range files {
		r, err := os.Open(f)
		if err != nil {
			t.Fatal(err)
		}
		c := csv.NewReader(r)
		c.LazyQuotes = true
		rows, err := c.ReadAll()
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		s := labelled{name: filepath.Base(filepath.Dir(f))}
		content, template := -1, -1
		for i, h := range rows[0] {
			switch strings.TrimSpace(h) {
			case "Content":
				content = i
			case "EventTemplate":
				template = i
			}
		}
		for _, row := range rows[1:] {
			s.messages = append(s.messages, row[content])
			s.templates = append(s.templates, row[template])
		}
		sets = append(sets, s)
	}
	return sets
}

// mineMessages returns the template of each message.
func mineMessages(messages []string) []string {
	l := pattern.NewLexer()
	at := map[uint64]int{}
	var list []pattern.Shape
	of := make([]int, len(messages))
	for i, m := range messages {
		id := l.Shape([]byte(m))
		k, ok := at[id]
		if !ok {
			k = len(list)
			at[id] = k
			list = append(list, pattern.Shape{ID: id, Skeleton: string(l.Skeleton(nil))})
		}
		list[k].Count++
		of[i] = k
	}
	r := pattern.Mine(list, pattern.Options{})
	out := make([]string, len(messages))
	for i, k := range of {
		out[i] = r.Patterns[r.Of[k]].Text
	}
	return out
}

// score returns GA, FGA, PA and FTA as the Loghub-2.0 reference defines them.
func score(truth, got []string) (v [4]float64) {
	true2, got2 := map[string][]int{}, map[string][]int{}
	for i := range truth {
		true2[truth[i]] = append(true2[truth[i]], i)
		got2[got[i]] = append(got2[got[i]], i)
	}
	var lines, groups, equal, right float64
	for text, g := range got2 {
		same := true
		for _, i := range g {
			same = same && truth[i] == truth[g[0]]
		}
		if same && len(true2[truth[g[0]]]) == len(g) {
			lines += float64(len(g))
			groups++
		}
		if same && text == truth[g[0]] {
			right++
		}
	}
	for i := range truth {
		if truth[i] == got[i] {
			equal++
		}
	}
	n, nt, ng := float64(len(truth)), float64(len(true2)), float64(len(got2))
	f1 := func(x float64) float64 { return 2 * x / (nt + ng) }
	return [4]float64{lines / n, f1(groups), equal / n, f1(right)}
}

// TestScores measures the ten public sets with the one configuration there is
// and compares the figures with those kept in testdata.
func TestScores(t *testing.T) {
	text, mean := table(t, readLoghub(t))
	golden(t, "scores.golden", text)
	for i, goal := range [4]float64{.985, .955, .885, .80} {
		if mean[i] < goal {
			t.Errorf("mean figure %d = %.4f, want at least %.3f", i, mean[i], goal)
		}
	}
}

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	t.Logf("%s\n%s", name, got)
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s: -want +got\n%s", name, d)
	}
}

// sets returns the labelled sets at hand: our own, and the public ones where
// they are.
func sets(t testing.TB) []labelled {
	own := append(readOwn(t), readCuts(t, "heldout")...)
	if files, _ := filepath.Glob(filepath.Join(loghub, "*", "*.csv")); len(files) > 0 {
		own = append(own, readLoghub(t)...)
	}
	return own
}

// readOwn reads our own labelled cuts, which rules were made on.
func readOwn(t testing.TB) []labelled { return readCuts(t, "labelled") }

// readCuts reads the labelled cuts in a folder of testdata.
func readCuts(t testing.TB, folder string) []labelled {
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.tsv"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no labelled cuts: %v", err)
	}
	var sets []labelled
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		head, rest, _ := strings.Cut(string(data), "\n\n")
		template := map[string]string{}
		for line := range strings.SplitSeq(head, "\n") {
			n, text, _ := strings.Cut(line, "\t")
			template[n] = text
		}
		s := labelled{name: strings.TrimSuffix(filepath.Base(f), ".tsv")}
		for line := range strings.SplitSeq(strings.TrimSuffix(rest, "\n"), "\n") {
			n, text, _ := strings.Cut(line, "\t")
			if template[n] == "" {
				t.Fatalf("%s: no template %q", f, n)
			}
			s.messages = append(s.messages, text)
			s.templates = append(s.templates, template[n])
		}
		sets = append(sets, s)
	}
	return sets
}

// table scores sets and returns the figures as text, and their means.
func table(t *testing.T, sets []labelled) (string, [4]float64) {
	var b strings.Builder
	var mean [4]float64
	dir := os.Getenv("FAULTLINE_PREDICTIONS") // where to write what was predicted, for the outside scorer
	b.WriteString("set        GA    FGA   PA    FTA\n")
	for _, s := range sets {
		got := mineMessages(s.messages)
		v := score(s.templates, got)
		fmt.Fprintf(&b, "%-10s %.3f %.3f %.3f %.3f\n", s.name, v[0], v[1], v[2], v[3])
		for i := range v {
			mean[i] += v[i] / float64(len(sets))
		}
		if dir == "" {
			continue
		}
		f, err := os.Create(filepath.Join(dir, s.name+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		w := csv.NewWriter(f)
		w.Write([]string{"LineId", "EventTemplate"})
		for i, g := range got {
			w.Write([]string{strconv.Itoa(i + 1), g})
		}
		w.Flush()
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Fprintf(&b, "%-10s %.3f %.3f %.3f %.3f\n", "mean", mean[0], mean[1], mean[2], mean[3])
	return b.String(), mean
}

// TestOwnScores measures our own labelled cuts.
func TestOwnScores(t *testing.T) {
	text, _ := table(t, readOwn(t))
	golden(t, "own_scores.golden", text)
}

// TestHeldOutScores measures the cuts that were labelled before the miner had
// seen them. At first sight the first five gave GA .751, FGA .827, PA .488, FTA
// .557, and the seven that came out of the third cut later .487, .653, .363,
// .411: the held-out figures. What was changed since, was changed for what their
// errors show of logs in general.
func TestHeldOutScores(t *testing.T) {
	text, _ := table(t, readCuts(t, "heldout"))
	golden(t, "heldout_scores.golden", text)
}

// TestUnseenScores measures the cuts that nobody makes rules on: what they
// show stays figures, so that they tell how the miner does on logs it never
// saw. The labels follow the published convention (testdata/SOURCES.md).
func TestUnseenScores(t *testing.T) {
	text, _ := table(t, readCuts(t, "unseen"))
	golden(t, "unseen_scores.golden", text)
}
