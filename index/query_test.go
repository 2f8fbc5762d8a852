package index_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	gocmp "github.com/google/go-cmp/cmp"

	"faultline/analysis"
	"faultline/index"
)

// term is a part of a query and what it means, told without the index.
type term struct {
	query string
	holds func(r *record) bool
}

const edge = `[^\pL\pN\pM_]`

// plain returns the term of a word or phrase.
func plain(text string) term {
	re := ""
	for i, f := range strings.Fields(text) {
		if i > 0 {
			re += `[\x00-\x20\x7f]+`
		}
		re += regexp.QuoteMeta(f)
	}
	isWord := regexp.MustCompile(`^[\pL\pN\pM_]`)
	if isWord.MatchString(text) {
		re = "(?:^|" + edge + ")" + re
	}
	if last := []rune(text); isWord.MatchString(string(last[len(last)-1])) {
		re += "(?:$|" + edge + ")"
	}
	x := regexp.MustCompile("(?i)" + re)
	return term{`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`, func(r *record) bool { return x.MatchString(r.text) }}
}

// randomTerm returns a leaf of a query; its text comes from the world as often
// as from elsewhere.
func randomTerm(r *rand.Rand, w *world) term {
	rec := &w.records[r.IntN(len(w.records))]
	switch r.IntN(18) {
	case 0, 1: // a stretch of a record, cut anywhere
		text := []rune(strings.TrimSpace(rec.text))
		at := r.IntN(len(text))
		s := strings.TrimSpace(string(text[at:min(len(text), at+1+r.IntN(25))]))
		if s != "" && !strings.ContainsAny(s, "\t") {
			return plain(s)
		}
	case 2, 3, 4: // some words of a record
		f := strings.Fields(rec.text)
		at := r.IntN(len(f))
		return plain(strings.Join(f[at:min(len(f), at+1+r.IntN(4))], " "))
	case 5:
		s := values[r.IntN(len(values))]
		if s != "" {
			return plain(s)
		}
	case 6:
		words := []string{"connection refused", "error", "timeout", "pull", "image", "absent", "gerät", "verfügbar", "Fehler", "json", "INFO", "none", "level", "at"}
		return plain(words[r.IntN(len(words))])
	case 7:
		words := []string{"conn*", "*fused", "*ull*age", "ngin*:1.*", "n*y", "node*"}
		s := words[r.IntN(len(words))]
		re := strings.ReplaceAll(regexp.QuoteMeta(s), `\*`, `\S*`)
		if s[0] != '*' {
			re = "(?:^|" + edge + ")" + re
		}
		if s[len(s)-1] != '*' {
			re += "(?:$|" + edge + ")"
		}
		x := regexp.MustCompile("(?i)" + re)
		return term{s, func(r *record) bool { return x.MatchString(r.text) }}
	case 8:
		exprs := []string{`i/o t\w+`, `took \d+ ms`, `^\d{4}`, `refused$`, `[Ee]rror`, `zzz`, `(?i)ERR`}
		s := exprs[r.IntN(len(exprs))]
		x := regexp.MustCompile("(?m)" + s)
		return term{"/" + strings.ReplaceAll(s, "/", `\/`) + "/", func(r *record) bool { return x.MatchString(r.text) }}
	case 9:
		op, s := []string{">=", "<=", ">", "<", ":"}[r.IntN(5)], []analysis.Severity{0, 5, 9, 13, 17, 21}[r.IntN(6)]
		return term{"severity" + op + s.String(), func(r *record) bool {
			c := cmp.Compare(r.severity.Range(), s)
			return map[string]bool{">=": c >= 0, "<=": c <= 0, ">": c > 0, "<": c < 0, ":": c == 0}[op]
		}}
	case 10:
		return term{"host:" + rec.resource.Host, func(r *record) bool { return r.resource.Host == rec.resource.Host }}
	case 11:
		return term{"source:logs/*", func(r *record) bool { return strings.HasPrefix(r.path, "logs/") }}
	case 12:
		return term{"kind:document", func(r *record) bool { return r.kind == analysis.KindDocument }}
	case 14: // an expression made of a record, some of its characters open
		text := []rune(strings.TrimSpace(rec.text))
		at := r.IntN(len(text))
		return expression(r, string(text[at:min(len(text), at+2+r.IntN(12))]))
	case 15: // either of two, in any case
		f := strings.Fields(rec.text + " absent")
		a, b := f[r.IntN(len(f))], values[r.IntN(len(values))]
		s := "(?i)(?:" + regexp.QuoteMeta(a) + "|" + regexp.QuoteMeta(b) + "x)"
		x := regexp.MustCompile("(?m)" + s)
		return term{"/" + strings.ReplaceAll(s, "/", `\/`) + "/", func(r *record) bool { return x.MatchString(r.text) }}
	case 16: // a word of a record, cut
		f := strings.Fields(rec.text)
		word := []rune(f[r.IntN(len(f))])
		if from := r.IntN(len(word)); !strings.ContainsAny(string(word), `*"()\/`) {
			return term{"*" + string(word[from:]) + "*", containing(string(word[from:]))}
		}
	case 17:
		from := w.start.Add(time.Duration(r.IntN(9000)) * time.Second).Truncate(time.Second)
		to := from.Add(time.Duration(r.IntN(4000)) * time.Second)
		return term{"time:" + from.Format(time.RFC3339) + ".." + to.Format(time.RFC3339), func(r *record) bool {
			return r.time != analysis.NoTime && r.time >= from.UnixNano() && r.time < to.Add(time.Second).UnixNano()
		}}
	case 13:
		t := w.start.Add(time.Duration(r.IntN(14000)) * time.Second).Truncate(time.Second)
		return term{"time>=" + t.Format(time.RFC3339), func(r *record) bool { return r.time != analysis.NoTime && r.time >= t.UnixNano() }}
	}
	return term{"namespace:kube-*", func(r *record) bool { return strings.HasPrefix(r.resource.Namespace, "kube-") }}
}

// expression returns a regular expression that text matches.
func expression(r *rand.Rand, text string) term {
	var b strings.Builder
	for _, c := range text {
		switch {
		case r.IntN(6) == 0:
			b.WriteString(".")
		case r.IntN(6) == 0 && (unicode.IsLetter(c) || unicode.IsDigit(c)):
			class := []string{`\w`, `[^ ]`, `[a-zäöü]`, `[a-z]`}[r.IntN(4)]
			if unicode.IsDigit(c) {
				class = []string{`\d`, `[0-9a-f]`, `\d+`}[r.IntN(3)]
			} else if !strings.Contains("abcdefghijklmnopqrstuvwxyz", string(c)) {
				class = `\pL`
			}
			b.WriteString(class)
		case r.IntN(6) == 0:
			b.WriteString("[" + regexp.QuoteMeta(string(c)) + "%]")
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	s := strings.NewReplacer("[-%]", "[%-]", "[\\^%]", "\\^").Replace(b.String())
	x, err := regexp.Compile("(?m)" + s)
	if err != nil || strings.ContainsAny(s, "\n") {
		return plain("error")
	}
	return term{"/" + strings.ReplaceAll(s, "/", `\/`) + "/", func(r *record) bool { return x.MatchString(r.text) }}
}

// containing holds for records that have text, in any case, within a word.
func containing(text string) func(r *record) bool {
	low := strings.ToLower(text)
	return func(r *record) bool { return strings.Contains(strings.ToLower(r.text), low) }
}

func randomQuery(r *rand.Rand, w *world, depth int) term {
	if depth == 0 || r.IntN(3) == 0 {
		return randomTerm(r, w)
	}
	a, b := randomQuery(r, w, depth-1), randomQuery(r, w, depth-1)
	switch r.IntN(4) {
	case 0:
		return term{"(" + a.query + " OR " + b.query + ")", func(r *record) bool { return a.holds(r) || b.holds(r) }}
	case 1:
		return term{"-(" + a.query + ")", func(r *record) bool { return !a.holds(r) }}
	case 2:
		return term{a.query + " NOT (" + b.query + ")", func(r *record) bool { return a.holds(r) && !b.holds(r) }}
	}
	return term{"(" + a.query + " " + b.query + ")", func(r *record) bool { return a.holds(r) && b.holds(r) }}
}

// origins names records in an order.
func origins(hits []index.Hit) []string {
	var list []string
	for _, h := range hits {
		list = append(list, fmt.Sprintf("%s:%d", h.Origin.Path, h.Origin.Offset))
	}
	return list
}

// want returns what a filter should find, in time order.
func (w *world) want(holds func(r *record) bool) []*record {
	var list []*record
	for i := range w.records {
		if r := &w.records[i]; !r.skip && holds(r) {
			list = append(list, r)
		}
	}
	slices.SortStableFunc(list, func(a, b *record) int { return cmp.Compare(a.placed, b.placed) })
	return list
}

func names(list []*record) []string {
	var out []string
	for _, r := range list {
		out = append(out, fmt.Sprintf("%s:%d", r.path, r.offset))
	}
	return out
}

// Every answer must equal that of a reader who looks at every record.
func TestAnswersEqualNaiveScan(t *testing.T) {
	queries := 60
	if testing.Short() {
		queries = 20
	}
	for seed := range uint64(3) {
		w := newWorld(seed, 100)
		c := create(t, filepath.Join(t.TempDir(), "case"))
		w.store(t, c, "bundle", []int{9, 40, 1000}[seed])
		r := rand.New(rand.NewPCG(seed, 1))
		for range queries {
			q := randomQuery(r, w, r.IntN(4))
			f := analysis.Filter{Query: q.query}
			holds := q.holds
			if r.IntN(3) == 0 {
				f.From = w.start.Add(time.Duration(r.IntN(9000)) * time.Second)
				f.To = f.From.Add(time.Duration(r.IntN(9000)) * time.Second)
				holds = func(r *record) bool {
					return r.time != analysis.NoTime && r.time >= f.From.UnixNano() && r.time < f.To.UnixNano() && q.holds(r)
				}
			}
			w.compare(t, c, f, w.want(holds))
			if t.Failed() {
				t.Fatalf("seed %d, filter %+v", seed, f)
			}
		}
	}
}

func (w *world) compare(t *testing.T, c *index.Case, f analysis.Filter, want []*record) {
	t.Helper()
	ctx := t.Context()
	if n, err := c.Count(ctx, f); err != nil || n != int64(len(want)) {
		t.Errorf("Count(%q) = %d, %v, want %d", f.Query, n, err, len(want))
	}
	rows, err := c.Rows(ctx, f)
	if err != nil {
		t.Fatal(err)
	}
	hits, err := rows.Hits(ctx, 0, rows.Len())
	if err != nil {
		t.Fatal(err)
	}
	if d := gocmp.Diff(names(want), origins(hits)); d != "" {
		t.Errorf("Rows(%q): (-want +got)\n%s", f.Query, d)
		return
	}
	for i, h := range hits {
		if r := want[i]; h.Text != r.text || h.Severity != r.severity || h.Resource != r.resource || h.Origin.Line != r.line || h.Kind != r.kind {
			t.Errorf("Rows(%q), row %d: %+v, want %+v", f.Query, i, h, r)
		}
	}
	n := min(len(want), 10)
	if hits, err = c.Search(ctx, f, index.SearchOptions{Limit: 10}); err != nil || !slices.Equal(origins(hits), names(want[:n])) {
		t.Errorf("Search(%q) = %q, %v, want %q", f.Query, origins(hits), err, names(want[:n]))
	}
	last := slices.Clone(want[len(want)-n:])
	slices.Reverse(last)
	if hits, err = c.Search(ctx, f, index.SearchOptions{Limit: 10, Newest: true}); err != nil || !slices.Equal(origins(hits), names(last)) {
		t.Errorf("Search(%q), newest = %q, %v, want %q", f.Query, origins(hits), err, names(last))
	}
	var scanned, timed int64
	byPattern := map[string]int64{}
	ids := c.PatternIDs()
	err = c.Scan(ctx, f, func(m *index.Meta) error {
		scanned++
		if m.Time != analysis.NoTime {
			timed++
		}
		if m.Pattern >= 0 {
			byPattern[ids[m.Pattern]]++
		}
		return nil
	})
	if err != nil || scanned != int64(len(want)) {
		t.Errorf("Scan(%q) saw %d, %v, want %d", f.Query, scanned, err, len(want))
	}
	patterns, err := c.Patterns(ctx, f)
	if err != nil {
		t.Error(err)
	}
	for _, p := range patterns {
		w.comparePattern(t, c, p, want)
		if p.Count != byPattern[p.ID] {
			t.Errorf("Patterns(%q): %s %d, want %d", f.Query, p.ID, p.Count, byPattern[p.ID])
		}
		delete(byPattern, p.ID)
	}
	if len(byPattern) > 0 {
		t.Errorf("Patterns(%q) misses %v", f.Query, byPattern)
	}
	for _, by := range []string{"", "severity", "pattern", "source"} {
		h, err := c.Histogram(ctx, f, 50, by)
		if err != nil {
			t.Error(err)
		}
		var sum int64
		for _, s := range h.Series {
			for _, n := range s.Counts {
				sum += n
			}
		}
		if sum != timed {
			t.Errorf("Histogram(%q, %q) sums to %d, want %d", f.Query, by, sum, timed)
		}
		if by == "severity" {
			compareBuckets(t, f, h, want)
		}
	}
	week, err := c.Week(ctx, f, "Europe/Berlin")
	if err != nil {
		t.Error(err)
	}
	berlin, _ := time.LoadLocation("Europe/Berlin")
	for _, r := range want {
		if r.time != analysis.NoTime {
			at := analysis.Time(r.time).In(berlin)
			week.Counts[at.Weekday()][at.Hour()]--
		}
	}
	if week.Counts != [7][24]int64{} {
		t.Errorf("Week(%q): differs by %v", f.Query, week.Counts)
	}
	w.compareFacets(t, c, f, want)
}

// comparePattern checks what is told of a pattern beside its count, by the
// records that its examples lead to and by all of its times.
func (w *world) comparePattern(t *testing.T, c *index.Case, p analysis.Pattern, want []*record) {
	t.Helper()
	members := map[string]bool{}
	for _, o := range p.Examples {
		ref, err := c.Context(t.Context(), o, 0, 0)
		if err != nil || len(ref) != 1 || ref[0].Pattern != p.ID || members[o.Path] {
			t.Errorf("example %v of %s: %+v, %v", o, p.ID, ref, err)
		}
		members[o.Path] = true
		if !slices.ContainsFunc(want, func(r *record) bool { return r.path == o.Path && r.offset == o.Offset }) {
			t.Errorf("example %v of %s is not among the records of the filter", o, p.ID)
		}
	}
	if len(p.Examples) != min(p.Sources, 5) {
		t.Errorf("%s has %d examples in %d sources", p.ID, len(p.Examples), p.Sources)
	}
	if p.First.After(p.Last) {
		t.Errorf("%s: first %v, last %v", p.ID, p.First, p.Last)
	}
}

func compareBuckets(t *testing.T, f analysis.Filter, h analysis.Histogram, want []*record) {
	t.Helper()
	for _, s := range h.Series {
		counts := make([]int64, len(s.Counts))
		for _, r := range want {
			if r.time != analysis.NoTime && r.severity.String() == s.Name {
				counts[(r.time-h.From.UnixNano())/int64(h.Width)]++
			}
		}
		if d := gocmp.Diff(counts, s.Counts); d != "" {
			t.Errorf("Histogram(%q), %s: (-want +got)\n%s", f.Query, s.Name, d)
		}
	}
}

func (w *world) compareFacets(t *testing.T, c *index.Case, f analysis.Filter, want []*record) {
	t.Helper()
	fields := map[string]func(r *record) string{
		"severity": func(r *record) string { return r.severity.Range().String() }, "source": func(r *record) string { return r.path },
		"host": func(r *record) string { return r.resource.Host }, "namespace": func(r *record) string { return r.resource.Namespace },
		"format": func(r *record) string { return r.format }, "kind": func(r *record) string { return r.kind.String() },
	}
	list := []string{"severity", "source", "host", "namespace", "format", "kind"}
	facets, err := c.Facets(t.Context(), f, list, 0)
	if err != nil {
		t.Fatal(err)
	}
	one, err := c.Facets(t.Context(), f, []string{"source"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range list {
		counts := map[string]int64{}
		for _, r := range want {
			counts[fields[name](r)]++
		}
		for _, v := range facets[i].Values {
			if counts[v.Value] != v.Count {
				t.Errorf("Facets(%q): %s %q %d, want %d", f.Query, name, v.Value, v.Count, counts[v.Value])
			}
			delete(counts, v.Value)
		}
		if len(counts) > 0 {
			t.Errorf("Facets(%q): %s misses %v", f.Query, name, counts)
		}
		if name == "source" && len(want) > 0 && (len(one[0].Values) != 1 || one[0].Values[0] != facets[i].Values[0] || one[0].Other+one[0].Values[0].Count != int64(len(want))) {
			t.Errorf("Facets(%q), top 1: %+v, want the first of %+v", f.Query, one[0], facets[i])
		}
	}
}

func TestFilterFields(t *testing.T) {
	w := newWorld(9, 120)
	c := create(t, filepath.Join(t.TempDir(), "case"))
	w.store(t, c, "bundle", 25)
	all, err := c.Patterns(t.Context(), analysis.Filter{})
	if err != nil || len(all) < 3 {
		t.Fatalf("Patterns: %d, %v", len(all), err)
	}
	inPattern := func(id string) map[string]bool {
		set := map[string]bool{}
		rows, err := c.Rows(t.Context(), analysis.Filter{Query: "pattern:" + id})
		if err != nil {
			t.Fatal(err)
		}
		hits, err := rows.Hits(t.Context(), 0, rows.Len())
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range hits {
			if h.Pattern != id {
				t.Errorf("pattern:%s finds a record of %s", id, h.Pattern)
			}
			set[fmt.Sprintf("%s:%d", h.Origin.Path, h.Origin.Offset)] = true
		}
		return set
	}
	first := inPattern(all[0].ID)
	if len(first) != int(all[0].Count) {
		t.Errorf("pattern %s: %d rows, counted %d", all[0].ID, len(first), all[0].Count)
	}
	berlin, _ := time.LoadLocation("Europe/Berlin")
	for name, x := range map[string]struct {
		f     analysis.Filter
		holds func(r *record) bool
	}{
		"severity": {analysis.Filter{Severity: analysis.SeverityInfo + 1}, func(r *record) bool { return r.severity >= 10 }},
		"sources":  {analysis.Filter{Sources: []string{"pods/*", "logs/free-4.log"}}, func(r *record) bool { return r.path[0] == 'p' || r.path == "logs/free-4.log" }},
		"formats":  {analysis.Filter{Formats: []string{"json-lines", "kubernetes-yaml"}}, func(r *record) bool { return r.format == "json-lines" || r.format == "kubernetes-yaml" }},
		"resources": {analysis.Filter{Resources: []analysis.Resource{{Host: "node-1", Namespace: "default"}, {Host: "node-2"}}}, func(r *record) bool {
			h := r.resource
			return h.Host == "node-1" && h.Namespace == "default" || h.Host == "node-2"
		}},
		"patterns": {analysis.Filter{Patterns: []string{all[0].ID}}, func(r *record) bool { return first[fmt.Sprintf("%s:%d", r.path, r.offset)] }},
		"cells": {analysis.Filter{Cells: []analysis.Cell{{Weekday: time.Monday, Hour: 9}, {Weekday: time.Tuesday, Hour: 1}}, Zone: "Europe/Berlin"}, func(r *record) bool {
			at := analysis.Time(r.time).In(berlin)
			return r.time != analysis.NoTime && at.Hour() == 9
		}},
		"severity in a period": {analysis.Filter{Severity: 17, From: w.start.Add(1000 * time.Second), To: w.start.Add(1234500 * time.Millisecond)}, func(r *record) bool {
			return r.severity >= 17 && r.time != analysis.NoTime && r.time >= w.start.Add(1000*time.Second).UnixNano() && r.time < w.start.Add(1234500*time.Millisecond).UnixNano()
		}},
		"with query":  {analysis.Filter{Severity: analysis.SeverityError, Query: "refused"}, func(r *record) bool { return r.severity >= 17 && plain("refused").holds(r) }},
		"nothing":     {analysis.Filter{Sources: []string{"absent"}}, func(r *record) bool { return false }},
		"everything":  {analysis.Filter{}, func(r *record) bool { return true }},
		"empty range": {analysis.Filter{From: w.start.Add(time.Hour), To: w.start.Add(time.Hour)}, func(r *record) bool { return false }},
	} {
		t.Run(name, func(t *testing.T) { w.compare(t, c, x.f, w.want(x.holds)) })
	}
}

// Answers to one filter stay right when other questions and judgements come
// between.
func TestAnswersAfterJudgement(t *testing.T) {
	w := newWorld(11, 150)
	c := create(t, filepath.Join(t.TempDir(), "case"))
	w.store(t, c, "bundle", 20)
	f := analysis.Filter{Query: `"i/o timeout" OR "10.43.0.1:443"`}
	holds := func(r *record) bool { return plain("i/o timeout").holds(r) || plain("10.43.0.1:443").holds(r) }
	list, err := c.Patterns(t.Context(), analysis.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list {
		if _, err := c.Variables(t.Context(), p.ID, f); err != nil {
			t.Fatal(err)
		}
	}
	w.compare(t, c, f, w.want(holds))
	failing := f
	failing.Failing = true
	for i, p := range list[:5] {
		state := analysis.PatternFailure
		if i%2 == 1 {
			state = analysis.PatternBenign
		}
		if err := c.Mark(p.ID, state, "seen before", "me"); err != nil {
			t.Fatal(err)
		}
		var want int64
		err := c.Scan(t.Context(), analysis.Filter{Failing: true}, func(m *index.Meta) error {
			h, err := c.Hit(m.Ref)
			if err == nil && holds(&record{text: h.Text}) {
				want++
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := c.Count(t.Context(), failing); err != nil || n != want {
			t.Errorf("after %d marks: Count = %d, %v, want %d", i+1, n, err, want)
		}
		if got, _ := c.Pattern(p.ID); got.State != state || !strings.Contains(got.Reason, "seen before") {
			t.Errorf("Pattern(%s) = %v %q after Mark", p.ID, got.State, got.Reason)
		}
	}
}

// A run is asked for by its ID: its own record, the logs that hold its number
// in their path, the pods of a Kubernetes job, and what ran within it.
func TestRunRecords(t *testing.T) {
	w := newWorld(3, 40)
	c := create(t, filepath.Join(t.TempDir(), "case"))
	w.members[0].Path, w.members[4].Path, w.members[6].Path = "ci/run-7712345678/build.log", "ci/8899001/log.txt", "ci/20240501/88990011.log"
	for i := range w.records {
		r := &w.records[i]
		r.path = w.members[r.member].Path
		if r.member == 2 {
			r.resource.Namespace, r.resource.Pod = "batch", []string{"nightly-28-x7k2p", "nightly-28-0-abcde", "nightly-28-other-x7k2p", "nightly-2"}[i%4]
		}
	}
	at := func(i int) analysis.Origin {
		r := &w.records[i]
		return analysis.Origin{Path: r.path, Line: r.line, Offset: r.offset, Length: int64(len(r.raw))}
	}
	own := 3*40 + 5 // in the member of UTF-16
	w.runs = []analysis.Run{
		{ID: "aaaa000011112222", Kind: analysis.RunPipeline, Labels: map[string]string{"id": "7712345678"}, Origin: at(own)},
		{ID: "bbbb000011112222", Kind: analysis.RunJob, Parent: "7712345678", Labels: map[string]string{"id": "8899001"}, Origin: at(own + 2)},
		{ID: "cccc000011112222", Kind: analysis.RunKubeJob, Labels: map[string]string{"namespace": "batch", "name": "nightly-28"}, Origin: at(own + 4)},
		{ID: "dddd000011112222", Kind: analysis.RunJob, Labels: map[string]string{"id": "40"}, Origin: at(own + 6)},
	}
	w.store(t, c, "bundle", 9)
	is := func(i int) func(r *record) bool {
		return func(r *record) bool { return r.path == w.records[i].path && r.offset == w.records[i].offset }
	}
	for query, holds := range map[string]func(r *record) bool{
		"run:aaaa000011112222": func(r *record) bool {
			return is(own)(r) || is(own+2)(r) || r.member == 0 || r.member == 4
		},
		"run:bbbb0000": func(r *record) bool { return is(own+2)(r) || r.member == 4 },
		"run:cccc*": func(r *record) bool {
			return is(own+4)(r) || r.resource.Pod == "nightly-28-x7k2p" || r.resource.Pod == "nightly-28-0-abcde"
		},
		"run:dddd000011112222":         is(own + 6),
		"run:none":                     func(r *record) bool { return false },
		"run:bbbb0000 -severity>=info": func(r *record) bool { return (is(own+2)(r) || r.member == 4) && r.severity < 9 },
		"bundle:bun*":                  func(r *record) bool { return true },
		"bundle:other":                 func(r *record) bool { return false },
	} {
		t.Run(query, func(t *testing.T) { w.compare(t, c, analysis.Filter{Query: query}, w.want(holds)) })
	}
}

func TestQueryErrors(t *testing.T) {
	c := create(t, filepath.Join(t.TempDir(), "case"))
	for query, column := range map[string]int{
		`foo "bar`: 5, `(a b`: 1, `a )`: 3, `a OR`: 3, `OR a`: 1, `severity:high`: 10, `a severty:warn`: 3, `host>=x`: 5, `host:`: 6, `()`: 1,
		`ä /(/`: 3, `time>yesterday`: 6, `kind:pod`: 6, `a AND`: 3, `NOT`: 1, `host:/x/`: 0, `""`: 1, `-`: 0, `severity>=warn*`: 11,
		`a severty>=warn`: 3, `nmespace:x`: 1, `time:2024-01-01..x`: 18, `time:..`: 6, `time:2024-02-01..2024-01-01`: 6, `bundle>3`: 7,
		`a pods:x`: 3, `a /[x]+/g`: 9, `pods: a`: 0, `a/b /c/g`: 0, `host!=`: 7, `severity!=loud`: 11, `file://a`: 0,
	} {
		_, err := c.Count(t.Context(), analysis.Filter{Query: query})
		var q *index.QueryError
		switch {
		case column == 0 && err != nil:
			t.Errorf("Count(%q): %v, want no error", query, err)
		case column > 0 && !errors.As(err, &q):
			t.Errorf("Count(%q): %v, want a QueryError", query, err)
		case column > 0 && (q.Column != column || q.Text == ""):
			t.Errorf("Count(%q): %v, want column %d", query, err, column)
		}
	}
}

func TestRowsFind(t *testing.T) {
	w := newWorld(4, 200)
	c := create(t, filepath.Join(t.TempDir(), "case"))
	w.store(t, c, "bundle", 33)
	ctx := t.Context()
	rows, err := c.Rows(ctx, analysis.Filter{Query: "-error"})
	if err != nil {
		t.Fatal(err)
	}
	want := w.want(func(r *record) bool { return !plain("error").holds(r) })
	if rows.Len() != len(want) {
		t.Fatalf("Len() = %d, want %d", rows.Len(), len(want))
	}
	for i, r := range want {
		o := analysis.Origin{Path: r.path, Line: r.line, Offset: r.offset}
		if k, ok := rows.Find(o); !ok || k != i {
			t.Fatalf("Find(%v) = %d, %v, want %d", o, k, ok, i)
		}
		if r.time == analysis.NoTime {
			continue
		}
		first := slices.IndexFunc(want, func(x *record) bool { return x.placed >= r.time })
		if k := rows.At(analysis.Time(r.time)); k != first {
			t.Fatalf("At(%v) = %d, want %d", analysis.Time(r.time), k, first)
		}
		if h, err := c.Hit(rows.Ref(i)); err != nil || h.Text != r.text {
			t.Fatalf("Hit of row %d: %q, %v, want %q", i, h.Text, err, r.text)
		}
	}
	if k := rows.At(w.start.Add(24 * time.Hour * 365)); k != slices.IndexFunc(want, func(x *record) bool { return x.placed == 1<<63-1 }) {
		t.Errorf("At beyond the end = %d", k)
	}
	if _, ok := rows.Find(analysis.Origin{Path: "absent", Line: 1}); ok {
		t.Error("Find of an absent member succeeds")
	}
}

func TestContextAndOrigin(t *testing.T) {
	w := newWorld(5, 60)
	c := create(t, filepath.Join(t.TempDir(), "case"))
	w.store(t, c, "bundle", 8)
	for i, r := range w.records {
		o, err := c.Origin(fmt.Sprintf("%s:%d", r.path, r.line))
		if err != nil || o.Line != r.line || o.Offset != r.offset || o.Length != int64(len(r.raw)) {
			t.Fatalf("Origin(%s:%d) = %+v, %v, want offset %d", r.path, r.line, o, err, r.offset)
		}
		hits, err := c.Context(t.Context(), o, 10, 5)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for k := max(i-10, 0); k < min(i+6, len(w.records)); k++ {
			if w.records[k].member == r.member {
				want = append(want, fmt.Sprintf("%s:%d", r.path, w.records[k].offset))
			}
		}
		if d := gocmp.Diff(want, origins(hits)); d != "" {
			t.Fatalf("Context(%v): (-want +got)\n%s", o, d)
		}
	}
	// A line within a record names the record; a path may be cut in front.
	for _, r := range w.records {
		if strings.Count(r.text, "\n") > 1 {
			if o, err := c.Origin(fmt.Sprintf("%s:%d", strings.TrimPrefix(r.path, "logs/"), r.line+1)); err != nil || o.Offset != r.offset {
				t.Errorf("Origin of the second line of %s:%d = %v, %v", r.path, r.line, o, err)
			}
		}
	}
	for _, bad := range []string{"", "logs", "logs/text-0.log", "logs/text-0.log:0", "logs/text-0.log:x", "absent:1", "logs/text-0.log:99999"} {
		if o, err := c.Origin(bad); err == nil {
			t.Errorf("Origin(%q) = %v, want an error", bad, o)
		}
	}
}

func TestCancel(t *testing.T) {
	w := newWorld(6, 100)
	c := create(t, filepath.Join(t.TempDir(), "case"))
	w.store(t, c, "bundle", 5)
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	err := c.Scan(ctx, analysis.Filter{}, func(*index.Meta) error {
		if n++; n == 3 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || n > 100 {
		t.Errorf("Scan after cancel: %v after %d records", err, n)
	}
	if _, err := c.Count(ctx, analysis.Filter{Query: "/x/"}); !errors.Is(err, context.Canceled) {
		t.Errorf("Count after cancel: %v", err)
	}
	stop := errors.New("enough")
	if err := c.Scan(t.Context(), analysis.Filter{}, func(*index.Meta) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("Scan = %v, want visit's error", err)
	}
}
