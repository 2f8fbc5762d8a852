package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/mikelolasagasti/xz"

	"faultline/analysis"
	"faultline/analysis/pattern"
	"faultline/index"
)

// TestPeers measures the engine beside the tools that people use today, in one
// run, and prints one table. It is no part of the tests: `make bench` runs it,
// with
//
//	FAULTLINE_BENCH         a folder of logs, about 1 GB, or "own": 200 MB that
//	                        are made from the lines the miner is tested on
//	FAULTLINE_BENCH_LARGE   another of about 5 GB (optional, takes minutes)
//	FAULTLINE_BENCH_SEEDS   a folder of small different logs (optional)
//	FAULTLINE_BENCH_BUNDLES a folder of real bundles (optional)
//	FAULTLINE_BENCH_ROUNDS  how often ours and the peer take turns (5)
//
// Times are medians of the rounds. Every count is compared with ripgrep's
// count of lines; where a record has several matching lines, these are counted
// in ours too before the comparison.
func TestPeers(t *testing.T) {
	dir := os.Getenv("FAULTLINE_BENCH")
	if dir == "" {
		t.Skip("FAULTLINE_BENCH is not set: nothing is measured (see make bench)")
	}
	if dir == "own" {
		dir = ownCorpus(t)
	}
	p := &peers{t: t, tmp: t.TempDir(), rounds: 5}
	if n, err := strconv.Atoi(os.Getenv("FAULTLINE_BENCH_ROUNDS")); err == nil && n > 0 {
		p.rounds = n
	}
	p.bin = filepath.Join(p.tmp, "faultline-cli")
	if out, err := exec.Command("go", "build", "-o", p.bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	p.corpus(dir, p.rounds, 0.85, true)
	p.cpuOfZstd(dir)
	if large := os.Getenv("FAULTLINE_BENCH_LARGE"); large != "" {
		p.corpus(large, 1, 0.75, false)
	}
	p.archives(dir)
	if seeds := os.Getenv("FAULTLINE_BENCH_SEEDS"); seeds != "" {
		p.alone("seeds", []string{seeds}, 100)
	}
	if bundles := os.Getenv("FAULTLINE_BENCH_BUNDLES"); bundles != "" {
		p.bundles(bundles)
	}
	p.prose()
	p.shapes(dir)
	fmt.Println(p.String())
}

// row is one line of the table.
type row struct {
	what, goal, ours, peer, answer string
	met                            int // 1 yes, -1 no, 0 no goal
}

type peers struct {
	t      *testing.T
	tmp    string
	bin    string
	rounds int
	rows   []row
}

func (p *peers) add(what, goal string, met bool, ours, peer, answer string) {
	r := row{what, goal, ours, peer, answer, -1}
	if met {
		r.met = 1
	}
	if goal == "" {
		r.met = 0
	}
	p.rows = append(p.rows, r)
	p.t.Logf("%s | goal %s | ours %s | peer %s | %s", what, goal, ours, peer, answer)
}

func (p *peers) String() string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d processors, %s, %s/%s; medians of %d rounds, ours and the peer in turn\n\n", runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, p.rounds)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "figure\tgoal\tours\tpeer\tmet\tanswers")
	for _, r := range p.rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.what, r.goal, r.ours, r.peer, [...]string{"no", "", "yes"}[r.met+1], r.answer)
	}
	_ = w.Flush()
	return b.String()
}

// used is what a process took.
type used struct {
	wall, cpu float64
	rss       float64
	out       []byte
}

// run runs a program to its end.
func (p *peers) run(name string, args ...string) (used, error) {
	c := exec.Command(name, args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	c.Env = append(os.Environ(), "HOME="+p.tmp, "XDG_CONFIG_HOME="+p.tmp)
	start := time.Now()
	err := c.Run()
	u := used{wall: time.Since(start).Seconds(), out: out.Bytes()}
	if s := c.ProcessState; s != nil {
		u.cpu = (s.UserTime() + s.SystemTime()).Seconds()
		if r, ok := s.SysUsage().(*syscall.Rusage); ok {
			u.rss = float64(r.Maxrss) * 1024 / (1 << 20)
		}
	}
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(errs.Bytes()))
	}
	return u, err
}

// questions are counted and listed on a corpus. The first words are frequent,
// the last ones cannot be answered from any index. What stands in the corpus
// but once is found first.
func (p *peers) questions(dir string) []question {
	list := []question{
		{`"Failed password"`, `Failed password`, true, 40},
		{`"connection refused"`, `connection refused`, true, 40},
		{`error`, `error`, true, 40},
	}
	if id := p.unique(dir); id != "" {
		list = append(list, question{id, regexp.QuoteMeta(id), true, 15})
	}
	return append(list, question{`/[a-z]xq[0-9]/`, `[a-z]xq[0-9]`, false, 0}, question{`*usedby*`, `usedby`, false, 0})
}

type question struct {
	query, regex string
	words        bool    // of whole words, in any case
	goal         float64 // ms; 0: a scan, compared with ripgrep's time
}

// unique finds a long number that stands in the corpus.
func (p *peers) unique(dir string) string {
	u, _ := p.run("rg", "--no-filename", "--no-line-number", "-o", "-m", "40", `\b[0-9]{15,19}\b`, dir)
	ids := strings.Fields(string(u.out))
	if len(ids) == 0 {
		return ""
	}
	return ids[len(ids)/2]
}

func (p *peers) corpus(dir string, rounds int, goal float64, grouping bool) {
	lnav, _ := exec.LookPath("lnav")
	rg, _ := exec.LookPath("rg")
	var files []string
	var bytesIn float64
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
			if i, err := d.Info(); err == nil {
				bytesIn += float64(i.Size())
			}
		}
		return nil
	})
	label := fmt.Sprintf("%.0f MB", bytesIn/1e6)
	if bytesIn >= 1e9 {
		label = fmt.Sprintf("%.0f GB", bytesIn/1e9)
	}
	ask := p.questions(dir)
	args := []string{"bench", dir, "--json"}
	for _, q := range ask {
		args = append(args, "--query", q.query)
	}
	for _, f := range files { // warm
		if in, err := os.Open(f); err == nil {
			_, _ = io.Copy(io.Discard, in)
			_ = in.Close()
		}
	}

	var ours []benchmark
	var theirs []used
	var kept string
	for i := range rounds {
		if lnav != "" {
			u, err := p.run(lnav, append([]string{"-n", "-c", ";select count(*) from all_logs"}, files...)...)
			if err != nil {
				p.t.Logf("lnav: %v", err)
				lnav = ""
			} else {
				theirs = append(theirs, u)
			}
		}
		kept = filepath.Join(p.tmp, fmt.Sprintf("case-%s-%d", filepath.Base(dir), i))
		u, err := p.run(p.bin, append(slices.Clone(args), "--case", kept)...)
		if err != nil {
			p.t.Fatal(err)
		}
		var b benchmark
		if err := json.Unmarshal(u.out, &b); err != nil {
			p.t.Fatal(err)
		}
		ours = append(ours, b)
		if i < rounds-1 {
			_ = os.RemoveAll(kept)
		}
	}
	wall := median(ours, func(b benchmark) float64 { return b.Wall })
	rss := median(ours, func(b benchmark) float64 { return float64(b.PeakRSS) / (1 << 20) })
	disk := float64(ours[0].Disk) / float64(ours[0].Bytes)
	text := fmt.Sprintf("%d records", ours[0].Records)
	if len(theirs) > 0 {
		load := median(theirs, func(u used) float64 { return u.wall })
		mem := median(theirs, func(u used) float64 { return u.rss })
		p.add(label+" import, wall", fmt.Sprintf("<= %.2fx", goal), wall <= goal*load, fmt.Sprintf("%.2f s (%.2fx)", wall, wall/load), fmt.Sprintf("%.2f s lnav load", load), text)
		if grouping {
			u, err := p.run(lnav, append([]string{"-n", "-c", ";select log_msg_format, count(*) as n from all_logs group by log_msg_format order by n desc limit 20"}, files...)...)
			if err != nil {
				p.t.Logf("lnav: %v", err)
			} else {
				p.add(label+" import with its patterns", ">= 4x faster", 4*wall <= u.wall, fmt.Sprintf("%.2f s (%.1fx)", wall, u.wall/wall), fmt.Sprintf("%.2f s lnav load and group", u.wall), "")
			}
		} else {
			p.add(label+" import, memory", "<= 1/4", 4*rss <= mem, fmt.Sprintf("%.0f MiB (1/%.1f)", rss, mem/rss), fmt.Sprintf("%.0f MiB lnav", mem), "")
		}
	}
	p.add(label+" import, peak memory", "<= 512 MiB", rss <= 512, fmt.Sprintf("%.0f MiB", rss), "", "")
	p.add(label+" import, processor", "", true, fmt.Sprintf("%.2f cpu-s, %.0f MB/s of wall", median(ours, func(b benchmark) float64 { return b.CPU }), bytesIn/1e6/wall), "", "")
	p.add(label+" on disk", "<= 16 %", disk <= 0.16, fmt.Sprintf("%.1f %%", 100*disk), "", "")
	open := median(ours, func(b benchmark) float64 { return b.Open })
	p.add(label+" reopen", "<= 100 ms", open <= 100, fmt.Sprintf("%.0f ms", open), "", "")

	k, err := index.Open(kept, index.Options{Version: version, ReadOnly: true})
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = k.Close(); _ = os.RemoveAll(kept) }()
	for _, name := range timings(ours) {
		first := median(ours, func(b benchmark) float64 { return b.query(name).FirstMS })
		warm := median(ours, func(b benchmark) float64 { return b.query(name).MedianMS })
		shown := fmt.Sprintf("%.1f ms (first %.1f)", warm, first)
		q, counted := asked(ask, name)
		if !counted {
			limit := map[string]float64{"top patterns": 20, "histogram by severity": 20, "facets": 50}[name]
			if strings.HasPrefix(name, "first 100") {
				limit = 10
			}
			p.add(label+" "+name, fmt.Sprintf("<= %.0f ms", limit), warm <= limit, shown, "", "")
			continue
		}
		if rg == "" {
			p.add(label+" "+name, fmt.Sprintf("<= %.0f ms", q.goal), warm <= q.goal, shown, "", "")
			continue
		}
		took, lines := p.ripgrep(rg, q, dir)
		mine, err := linesOf(k, q)
		answer := fmt.Sprintf("%d lines = ripgrep", mine)
		if err != nil {
			answer = err.Error()
		} else if mine != lines {
			answer = fmt.Sprintf("%d lines, ripgrep %d", mine, lines)
			p.t.Errorf("%s: %s", name, answer)
		}
		peer := fmt.Sprintf("%.0f ms ripgrep", took)
		if q.goal > 0 {
			p.add(label+" "+name, fmt.Sprintf("<= %.0f ms", q.goal), warm <= q.goal, shown, peer, answer)
		} else {
			// The first time: later the case remembers what it has scanned.
			p.add(label+" scan "+strings.TrimPrefix(name, "count "), "<= 3.5x", first <= 3.5*took, fmt.Sprintf("%.0f ms (%.1fx)", first, first/took), peer, answer)
		}
	}
}

func timings(list []benchmark) (names []string) {
	for _, q := range list[0].Queries {
		names = append(names, q.Query)
	}
	return names
}

func (b benchmark) query(name string) timing {
	i := slices.IndexFunc(b.Queries, func(t timing) bool { return t.Query == name })
	return b.Queries[i]
}

func asked(list []question, name string) (question, bool) {
	i := slices.IndexFunc(list, func(q question) bool { return "count "+q.query == name })
	if i < 0 {
		return question{}, false
	}
	return list[i], true
}

// ripgrep counts the matching lines, in ms of the median of five.
func (p *peers) ripgrep(rg string, q question, dir string) (ms float64, lines int64) {
	args := []string{"--no-filename", "-c", "-a", "--no-ignore", "--hidden"}
	if q.words {
		args = append(args, "-w", "-i")
	}
	var times []float64
	for range 5 {
		u, _ := p.run(rg, append(slices.Clone(args), "-e", q.regex, dir)...) // 1 when there is none
		times = append(times, u.wall*1000)
		lines = 0
		for n := range strings.FieldsSeq(string(u.out)) {
			i, _ := strconv.ParseInt(n, 10, 64)
			lines += i
		}
	}
	slices.Sort(times)
	return times[2], lines
}

// linesOf counts the matching lines of the records that a query finds.
func linesOf(k *index.Case, q question) (n int64, err error) {
	expr := q.regex
	if q.words {
		expr = `(?i)(?:^|[^0-9A-Za-z_])(?:` + q.regex + `)(?:$|[^0-9A-Za-z_])`
	}
	re := regexp.MustCompile(expr)
	rows, err := k.Rows(context.Background(), analysis.Filter{Query: q.query})
	if err != nil {
		return 0, err
	}
	for from := 0; from < rows.Len(); from += 4096 {
		hits, err := rows.Hits(context.Background(), from, 4096)
		if err != nil {
			return 0, err
		}
		for _, h := range hits {
			for line := range strings.Lines(h.Text) {
				if re.MatchString(strings.TrimRight(line, "\r\n")) {
					n++
				}
			}
		}
	}
	return n, nil
}

// cpuOfZstd compares the processor time of an import with that of only
// compressing the same bytes.
func (p *peers) cpuOfZstd(dir string) {
	var ratio, zs, im []float64
	for range min(p.rounds, 3) {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
		if err != nil {
			p.t.Fatal(err)
		}
		start := cpuTime()
		var out []byte
		_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			buf := make([]byte, 1<<20)
			for {
				n, err := io.ReadFull(f, buf)
				out = e.EncodeAll(buf[:n], out[:0])
				if err != nil {
					return nil //nolint:nilerr // the end of the file
				}
			}
		})
		z := (cpuTime() - start).Seconds()
		b := p.importOf(dir)
		ratio, zs, im = append(ratio, b.CPU/z), append(zs, z), append(im, b.CPU)
	}
	m := func(x []float64) float64 { return median(x, func(f float64) float64 { return f }) }
	p.add("import, processor against zstd-fastest", "<= 2.5x", m(ratio) <= 2.5, fmt.Sprintf("%.2f cpu-s (%.2fx)", m(im), m(ratio)), fmt.Sprintf("%.2f cpu-s zstd", m(zs)), "")
}

func (p *peers) importOf(paths ...string) benchmark {
	p.t.Helper()
	u, err := p.run(p.bin, append([]string{"bench", "--json"}, paths...)...)
	if err != nil {
		p.t.Fatal(err)
	}
	var b benchmark
	if err := json.Unmarshal(u.out, &b); err != nil {
		p.t.Fatal(err)
	}
	return b
}

// alone imports paths and compares the rate with a goal in MB/s.
func (p *peers) alone(what string, paths []string, goal float64) {
	var rates []float64
	var size int64
	for range p.rounds {
		b := p.importOf(paths...)
		rates = append(rates, b.MBPerSec)
		size = b.Bytes
	}
	rate := median(rates, func(f float64) float64 { return f })
	p.add(fmt.Sprintf("%s, %.0f MB", what, float64(size)/1e6), fmt.Sprintf(">= %.0f MB/s", goal), rate >= goal, fmt.Sprintf("%.0f MB/s", rate), "", "")
}

// bundles imports real bundles, the larger ones each on its own.
func (p *peers) bundles(dir string) {
	var text, wall float64
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		if i, err := d.Info(); err != nil || i.Size() < 200<<10 {
			return err
		}
		b := p.importOf(path)
		if b.Bytes >= 10<<20 {
			p.add("bundle "+d.Name(), "", true, fmt.Sprintf("%.0f MB/s of %.0f MB, %.1f %% on disk", b.MBPerSec, float64(b.Bytes)/1e6, 100*float64(b.Disk)/float64(b.Bytes)), "", fmt.Sprintf("%d members", b.Members))
		}
		text += float64(b.Bytes)
		wall += b.Wall
		return nil
	})
	if wall > 0 {
		p.add("real bundles of 200 KiB and more", ">= 40 MB/s", text/1e6/wall >= 40, fmt.Sprintf("%.0f MB/s of %.0f MB", text/1e6/wall, text/1e6), "", "")
	}
}

// archives packs a part of the corpus and compares the import of a lone
// archive with its decompression alone.
func (p *peers) archives(dir string) {
	part := filepath.Join(p.tmp, "part")
	if err := os.MkdirAll(part, 0o700); err != nil {
		p.t.Fatal(err)
	}
	var files []string
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	share := int64(100e6) / int64(max(len(files), 1))
	for i, f := range files { // the beginning of each, whole lines
		b, err := os.ReadFile(f)
		if err != nil {
			p.t.Fatal(err)
		}
		b = b[:min(int64(len(b)), share)]
		b = b[:bytes.LastIndexByte(b, '\n')+1]
		if err := os.WriteFile(filepath.Join(part, fmt.Sprintf("%03d-%s", i, filepath.Base(f))), b, 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
	for _, kind := range []struct{ name, flag string }{{"tar.gz", "-czf"}, {"tar.xz", "-cJf"}} {
		path := filepath.Join(p.tmp, "part."+kind.name)
		if _, err := p.run("tar", "-C", part, kind.flag, path, "."); err != nil {
			p.t.Log(err)
			continue
		}
		var alone, whole []float64
		for range min(p.rounds, 3) {
			n, s, err := decompress(path)
			if err != nil {
				p.t.Fatal(err)
			}
			alone = append(alone, float64(n)/1e6/s)
			b := p.importOf(path)
			whole = append(whole, float64(b.Bytes)/1e6/b.Wall)
		}
		m := func(x []float64) float64 { return median(x, func(f float64) float64 { return f }) }
		p.add("a lone ."+kind.name, ">= 0.8x", m(whole) >= 0.8*m(alone), fmt.Sprintf("%.0f MB/s (%.2fx)", m(whole), m(whole)/m(alone)), fmt.Sprintf("%.0f MB/s to unpack only", m(alone)), "")
	}
}

func decompress(path string) (n int64, seconds float64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	start := time.Now()
	var r io.Reader
	if strings.HasSuffix(path, ".gz") {
		r, err = gzip.NewReader(f)
	} else {
		r, err = xz.NewReader(f, 0)
	}
	if err != nil {
		return 0, 0, err
	}
	n, err = io.Copy(io.Discard, r)
	return n, time.Since(start).Seconds(), err
}

// prose imports text in which nothing recurs.
func (p *peers) prose() {
	path := filepath.Join(p.tmp, "prose.txt")
	var b bytes.Buffer
	seed := uint64(1)
	next := func(n int) int {
		seed ^= seed << 13
		seed ^= seed >> 7
		seed ^= seed << 17
		return int(seed % uint64(n))
	}
	var words []string
	for range 20000 {
		w := make([]byte, 2+next(9))
		for i := range w {
			w[i] = "etaoinshrdlucmfwypvbgkqjxz"[next(1+next(26))]
		}
		words = append(words, string(w))
	}
	for b.Len() < 24e6 {
		for range 8 + next(8) {
			b.WriteString(words[next(1+next(len(words)))])
			b.WriteByte(' ')
		}
		b.WriteByte('\n')
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.alone("prose", []string{path}, 40)
	_ = os.Remove(path)

	// Ten million lines of which no two have the same words.
	path = filepath.Join(p.tmp, "different.log")
	f, err := os.Create(path)
	if err != nil {
		p.t.Fatal(err)
	}
	out := bufio.NewWriterSize(f, 1<<20)
	for i := range 10_000_000 {
		fmt.Fprintf(out, "2026-01-%02dT%02d:%02d:%02dZ INFO ", 1+i/(24*3600*100)%28, i/360000%24, i/6000%60, i/100%60)
		for n, k := i, 0; k < 5; n, k = n/7, k+1 {
			out.WriteString(words[(n*31+k*977)%len(words)])
			out.WriteByte(' ')
		}
		for n := i; n > 0; n /= 26 { // a word of its own
			out.WriteByte('a' + byte(n%26))
		}
		out.WriteByte('\n')
	}
	if err := errors.Join(out.Flush(), f.Close()); err != nil {
		p.t.Fatal(err)
	}
	b2 := p.importOf(path)
	p.add(fmt.Sprintf("10 M different lines, %.0f MB: peak memory", float64(b2.Bytes)/1e6), "<= 200 MiB", b2.PeakRSS <= 200<<20, fmt.Sprintf("%.0f MiB", float64(b2.PeakRSS)/(1<<20)), "", fmt.Sprintf("%.0f MB/s, %.1f %% on disk", b2.MBPerSec, 100*float64(b2.Disk)/float64(b2.Bytes)))
}

// shapes measures the lexer and the table of shapes on one processor: lines of
// each file of the corpus, the geometric mean over the files.
func (p *peers) shapes(dir string) {
	var logs float64
	var n int
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		head := make([]byte, 2<<20)
		k, err := io.ReadFull(f, head)
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil //nolint:nilerr // an empty file has no lines
		}
		lines := bytes.Split(head[:k], []byte("\n"))
		lexer, table := pattern.NewLexer(), map[uint64]int64{}
		for _, l := range lines {
			table[lexer.Shape(l)]++
		}
		best := 0.0 // of some rounds: others on the machine only slow it
		for range 4 {
			start, done := cpuTime(), 0
			for (cpuTime() - start) < 50*time.Millisecond {
				for _, l := range lines {
					table[lexer.Shape(l)]++
				}
				done += len(lines)
			}
			best = max(best, float64(done)/(cpuTime()-start).Seconds())
		}
		logs += math.Log(best)
		n++
		return nil
	})
	if n > 0 {
		rate := math.Exp(logs / float64(n))
		p.add(fmt.Sprintf("mining, geometric mean of %d kinds of log", n), ">= 1.5 M lines/cpu-s", rate >= 1.5e6, fmt.Sprintf("%.2f M lines/cpu-s", rate/1e6), "", "whole lines, header included")
	}
}

func median[T any](list []T, of func(T) float64) float64 {
	var x []float64
	for _, v := range list {
		x = append(x, of(v))
	}
	slices.Sort(x)
	if len(x)%2 == 0 {
		return (x[len(x)/2-1] + x[len(x)/2]) / 2
	}
	return x[len(x)/2]
}

// ownCorpus makes logs of what the repository has: the labelled lines of the
// miner, with other digits each time, behind a time and a level.
func ownCorpus(t *testing.T) string {
	dir := t.TempDir()
	sets, err := filepath.Glob("../../analysis/pattern/testdata/labelled/*.tsv")
	if err != nil || len(sets) == 0 {
		t.Fatalf("the labelled lines are missing: %v", err)
	}
	seed := uint64(1)
	for _, set := range sets {
		text, err := os.ReadFile(set)
		if err != nil {
			t.Fatal(err)
		}
		var messages []string
		_, rest, _ := strings.Cut(string(text), "\n\n") // behind the templates
		for line := range strings.Lines(rest) {
			if _, m, ok := strings.Cut(strings.TrimRight(line, "\n"), "\t"); ok {
				messages = append(messages, m)
			}
		}
		var b bytes.Buffer
		for at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); b.Len() < 40e6; at = at.Add(137 * time.Millisecond) {
			b.WriteString(at.Format("2006-01-02T15:04:05.000Z "))
			b.WriteString([]string{"INFO ", "INFO ", "INFO ", "WARN ", "ERROR "}[seed%5])
			for _, c := range []byte(messages[seed%uint64(len(messages))]) {
				seed ^= seed << 13
				seed ^= seed >> 7
				seed ^= seed << 17
				if c >= '0' && c <= '9' {
					c = '0' + byte(seed%10)
				}
				b.WriteByte(c)
			}
			b.WriteByte('\n')
		}
		name := strings.TrimSuffix(filepath.Base(set), ".tsv") + ".log"
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
