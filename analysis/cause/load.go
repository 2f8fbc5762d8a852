package cause

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"

	"faultline/analysis"

	"go.yaml.in/yaml/v3"
)

// Schema is the format of catalogue files that Load reads.
const Schema = "faultline.causes/v1"

// maxExpr is the longest expression of a signature, bytes.
const maxExpr = 4 << 10

// The shapes of a catalogue file. Keys that are not listed here are errors.
type (
	fileDoc struct {
		Schema    string        `yaml:"schema"`
		Catalogue catalogueDoc  `yaml:"catalogue"`
		Themes    yaml.Node     `yaml:"themes"`
		Noise     []noiseDoc    `yaml:"noise"`
		Causes    []causeDoc    `yaml:"causes"`
		Sequences []sequenceDoc `yaml:"sequences"`
	}
	catalogueDoc struct {
		ID      string `yaml:"id"`
		Version string `yaml:"version"`
	}
	themeDoc struct {
		Title string `yaml:"title"`
		Ask   string `yaml:"ask"`
	}
	noiseDoc struct {
		ID       string               `yaml:"id"`
		Re       string               `yaml:"re"`
		Why      string               `yaml:"why"`
		Benign   bool                 `yaml:"benign"`
		Where    map[string]yaml.Node `yaml:"where"`
		Examples examplesDoc          `yaml:"examples"`
	}
	causeDoc struct {
		ID       string      `yaml:"id"`
		Title    string      `yaml:"title"`
		Status   string      `yaml:"status"`
		Theme    string      `yaml:"theme"`
		Also     []string    `yaml:"also"`
		Role     string      `yaml:"role"`
		Kind     string      `yaml:"kind"` // "derived"
		Rule     string      `yaml:"rule"` // how it is derived
		LeadsTo  []string    `yaml:"leads_to"`
		Refines  []string    `yaml:"refines"`
		Priority int         `yaml:"priority"`
		Sigs     []sigDoc    `yaml:"sigs"`
		Not      []string    `yaml:"not"`
		Confirm  string      `yaml:"confirm"`
		Fix      string      `yaml:"fix"`
		Ask      string      `yaml:"ask"`
		Seen     []string    `yaml:"seen"`
		Examples examplesDoc `yaml:"examples"`
	}
	sigDoc struct {
		ID       string               `yaml:"id"`
		Re       string               `yaml:"re"`
		Strength string               `yaml:"strength"`
		Zone     string               `yaml:"zone"`
		Where    map[string]yaml.Node `yaml:"where"`
	}
	examplesDoc struct {
		Match   []exampleDoc `yaml:"match"`
		NoMatch []exampleDoc `yaml:"no_match"`
	}
	exampleDoc struct {
		Text   string
		Fields map[string]string
	}
	sequenceDoc struct {
		ID     string    `yaml:"id"`
		Steps  []stepDoc `yaml:"steps"`
		Within string    `yaml:"within"`
		Join   []string  `yaml:"join"`
	}
	stepDoc struct {
		Cause string `yaml:"cause"`
	}
	example struct {
		text string
		item Item
	}
)

// UnmarshalYAML reads a text, or a map of text and fields.
func (e *exampleDoc) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		e.Text = n.Value
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch k := n.Content[i].Value; k {
		case "text":
			e.Text = n.Content[i+1].Value
		case "fields":
			if err := n.Content[i+1].Decode(&e.Fields); err != nil {
				return err
			}
		default:
			return fmt.Errorf("line %d: unknown key %q of an example", n.Content[i].Line, k)
		}
	}
	return nil
}

// Load reads all *.yaml files of the layers, in any folder, as one catalogue;
// a file of a later layer replaces one of the same name in an earlier one. It
// checks the whole: known keys only, expressions that compile and hold a literal of
// three characters or more, links that lead somewhere, examples that behave as
// said, and no example that also raises another strong origin without a link
// between the two. The error lists everything that is wrong.
func Load(layers ...fs.FS) (*Catalogue, error) {
	var names []string
	layer := map[string]int{} // by name
	for n, fsys := range layers {
		err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && path.Ext(p) == ".yaml" {
				names = slices.DeleteFunc(names, func(old string) bool { return old == p || layer[old] != n && path.Base(old) == path.Base(p) })
				names = append(names, p)
				layer[p] = n
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("list catalogue: %w", err)
		}
	}
	if len(names) == 0 {
		return nil, errors.New("load catalogue: no *.yaml file")
	}
	sort.Strings(names)
	c := &Catalogue{Files: map[string]string{}, causes: map[string]*Cause{}, themes: map[string]*Theme{}, noise: map[string]*Noise{}}
	l := loader{c: c}
	sum := sha256.New()
	for _, name := range names {
		data, err := fs.ReadFile(layers[layer[name]], name)
		if err != nil {
			return nil, fmt.Errorf("read catalogue file %s: %w", name, err)
		}
		one := sha256.Sum256(data)
		c.Files[path.Base(name)] = hex.EncodeToString(one[:])
		fmt.Fprintf(sum, "%s %x\n", path.Base(name), one)
		l.file(name, data)
	}
	c.Hash = hex.EncodeToString(sum.Sum(nil))
	if c.ID == "" || c.Version == "" {
		l.fault("no file names the catalogue's id and version")
	}
	l.links()
	if len(l.faults) == 0 {
		l.build()
		l.examples()
	}
	if len(l.faults) > 0 {
		return nil, fmt.Errorf("load catalogue: %w", errors.Join(l.faults...))
	}
	return c, nil
}

type loader struct {
	c      *Catalogue
	sigs   []*Signature
	faults []error
}

func (l *loader) fault(format string, args ...any) {
	l.faults = append(l.faults, fmt.Errorf(format, args...))
}

func (l *loader) file(name string, data []byte) {
	var d fileDoc
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&d); err != nil && !errors.Is(err, io.EOF) {
		l.fault("%s: %w", name, err)
		return
	}
	if d.Schema != Schema {
		l.fault("%s: schema is %q, want %q", name, d.Schema, Schema)
	}
	if d.Catalogue.ID != "" {
		if l.c.ID != "" {
			l.fault("%s: a second file names the catalogue", name)
		}
		l.c.ID, l.c.Version = d.Catalogue.ID, d.Catalogue.Version
	}
	l.themes(name, &d.Themes)
	for _, n := range d.Noise {
		l.noise(name, n)
	}
	for _, x := range d.Causes {
		l.cause(name, x)
	}
	for _, s := range d.Sequences {
		l.sequence(name, s)
	}
}

func (l *loader) themes(name string, n *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		id := n.Content[i].Value
		var d themeDoc
		if err := n.Content[i+1].Decode(&d); err != nil {
			l.fault("%s: theme %s: %w", name, id, err)
			continue
		}
		if _, ok := l.c.themes[id]; ok || d.Title == "" {
			l.fault("%s: theme %s is listed twice or has no title", name, id)
			continue
		}
		l.c.Themes = append(l.c.Themes, Theme{ID: id, Title: d.Title, Ask: d.Ask})
		l.c.themes[id] = &Theme{ID: id, Title: d.Title, Ask: d.Ask}
	}
}

func (l *loader) noise(name string, d noiseDoc) {
	at := name + ": noise " + d.ID
	if _, ok := l.c.noise[d.ID]; ok || d.ID == "" {
		l.fault("%s: no id, or listed twice", at)
		return
	}
	if d.Why == "" {
		l.fault("%s: no reason", at)
	}
	n := &Noise{ID: d.ID, Why: d.Why, Benign: d.Benign}
	n.sig = l.signature(at, sigDoc{ID: "1", Re: d.Re, Strength: string(analysis.Strong), Where: d.Where})
	if n.sig == nil {
		return
	}
	n.sig.noise = n
	n.match, n.not = l.exampleList(at, d.Examples.Match), l.exampleList(at, d.Examples.NoMatch)
	l.c.Noise = append(l.c.Noise, n)
	l.c.noise[n.ID] = n
}

func (l *loader) cause(name string, d causeDoc) {
	at := name + ": cause " + d.ID
	if _, ok := l.c.causes[d.ID]; ok || d.ID == "" {
		l.fault("%s: no id, or listed twice", at)
		return
	}
	x := &Cause{
		ID: d.ID, Title: d.Title, Status: d.Status, Theme: d.Theme, Also: d.Also, Role: analysis.Role(d.Role),
		LeadsTo: d.LeadsTo, Refines: d.Refines, Priority: d.Priority,
		Confirm: d.Confirm, Fix: d.Fix, Ask: d.Ask, Seen: d.Seen, order: len(l.c.Causes),
	}
	if x.Status == "" {
		x.Status = "stable"
	}
	if !slices.Contains([]string{"experimental", "test", "stable", "deprecated"}, x.Status) {
		l.fault("%s: status %q", at, x.Status)
	}
	if x.Title == "" || x.Confirm == "" || x.Fix == "" || x.Ask == "" {
		l.fault("%s: title, confirm, fix and ask must all be there", at)
	}
	if !slices.Contains([]analysis.Role{analysis.RoleOrigin, analysis.RoleSymptom, analysis.RoleEither}, x.Role) {
		l.fault("%s: role %q", at, x.Role)
	}
	switch d.Kind {
	case "":
	case "derived":
		x.Derived = d.Rule
		if d.Rule == "" {
			l.fault("%s: a derived cause needs its rule", at)
		}
	default:
		l.fault("%s: kind %q", at, d.Kind)
	}
	for i, s := range d.Sigs {
		if s.ID == "" {
			s.ID = fmt.Sprint(i + 1)
		}
		if sig := l.signature(at, s); sig != nil {
			sig.cause = x
			x.Sigs = append(x.Sigs, sig)
		}
	}
	if len(d.Sigs) == 0 && x.Derived == "" {
		l.fault("%s: no signature", at)
	}
	for _, expr := range d.Not {
		re, err := regexp.Compile(expr)
		if err != nil {
			l.fault("%s: not: %w", at, err)
			continue
		}
		x.not = append(x.not, re)
	}
	x.matchText, x.noMatch = l.exampleList(at, d.Examples.Match), l.exampleList(at, d.Examples.NoMatch)
	if len(d.Sigs) > 0 && (len(x.matchText) == 0 || len(x.noMatch) == 0) {
		l.fault("%s: needs examples of match and no_match", at)
	}
	l.c.Causes = append(l.c.Causes, x)
	l.c.causes[x.ID] = x
}

func (l *loader) signature(at string, d sigDoc) *Signature {
	at += ", signature " + d.ID
	s := &Signature{ID: d.ID, Strength: analysis.Strength(d.Strength)}
	if !slices.Contains([]analysis.Strength{analysis.Strong, analysis.Medium, analysis.Weak}, s.Strength) {
		l.fault("%s: strength %q", at, d.Strength)
	}
	var ok bool
	if s.Zone, ok = parseZone(d.Zone); !ok {
		l.fault("%s: zone %q", at, d.Zone)
	}
	if len(d.Re) > maxExpr {
		l.fault("%s: the expression is longer than %d bytes", at, maxExpr)
		return nil
	}
	re, err := regexp.Compile(d.Re)
	if err != nil {
		l.fault("%s: %w", at, err)
		return nil
	}
	s.re = re
	if s.literals, err = literals(d.Re); err != nil || s.literals == nil {
		l.fault("%s: %q has no literal of %d or more characters that every match holds", at, d.Re, minLiteral)
	}
	for _, field := range sortedKeys(d.Where) {
		n := d.Where[field]
		c, err := newCondition(field, &n)
		if err != nil {
			l.fault("%s: where: %w", at, err)
			continue
		}
		s.where = append(s.where, c)
	}
	l.sigs = append(l.sigs, s)
	return s
}

func (l *loader) exampleList(at string, docs []exampleDoc) []example {
	var out []example
	for _, d := range docs {
		it := Item{Text: d.Text}
		for _, k := range sortedKeys(d.Fields) {
			if err := it.set(k, d.Fields[k]); err != nil {
				l.fault("%s: example: %w", at, err)
			}
		}
		if d.Text == "" {
			l.fault("%s: an empty example", at)
		}
		out = append(out, example{text: d.Text, item: it})
	}
	return out
}

func (l *loader) sequence(name string, d sequenceDoc) {
	at := name + ": sequence " + d.ID
	within, err := time.ParseDuration(d.Within)
	if err != nil || len(d.Steps) != 2 || len(d.Join) == 0 {
		l.fault("%s: needs two steps, a time within which they happen and a key to join them", at)
		return
	}
	for _, k := range d.Join {
		if !slices.Contains(joinKeys, k) {
			l.fault("%s: join key %q is none of %s", at, k, strings.Join(joinKeys, ", "))
		}
	}
	l.c.Sequences = append(l.c.Sequences, Sequence{ID: d.ID, Origin: d.Steps[0].Cause, Consequence: d.Steps[1].Cause, Within: int(within / time.Second), Join: d.Join})
}

// links checks that names lead somewhere and that refines has no circle.
func (l *loader) links() {
	for _, x := range l.c.Causes {
		for _, t := range append([]string{x.Theme}, x.Also...) {
			if _, ok := l.c.themes[t]; !ok {
				l.fault("cause %s: no theme %q", x.ID, t)
			}
		}
		for _, id := range append(append([]string(nil), x.LeadsTo...), x.Refines...) {
			if _, ok := l.c.causes[id]; !ok || id == x.ID {
				l.fault("cause %s: leads_to or refines %q, which is no other cause", x.ID, id)
			}
		}
		for id, n := x, 0; len(id.Refines) > 0; n++ {
			if n > len(l.c.Causes) {
				l.fault("cause %s: refines runs in a circle", x.ID)
				return
			}
			next, ok := l.c.causes[id.Refines[0]]
			if !ok {
				break
			}
			id = next
		}
	}
	for _, s := range l.c.Sequences {
		for _, id := range []string{s.Origin, s.Consequence} {
			if _, ok := l.c.causes[id]; !ok {
				l.fault("sequence %s: no cause %q", s.ID, id)
			}
		}
	}
}

func (l *loader) build() {
	l.c.match = newMatcher(l.sigs)
}

// examples runs every example against the whole catalogue.
func (l *loader) examples() {
	for _, n := range l.c.Noise {
		if len(n.match) == 0 || len(n.not) == 0 {
			l.fault("noise %s: needs examples of match and no_match", n.ID)
		}
		for _, e := range n.match {
			if got, ok := l.c.NoiseOf(&e.item); !ok || got != n {
				l.fault("noise %s does not match its example %q", n.ID, e.text)
			}
		}
		for _, e := range n.not {
			if got, ok := l.c.NoiseOf(&e.item); ok && got == n {
				l.fault("noise %s matches its counter-example %q", n.ID, e.text)
			}
		}
	}
	for _, x := range l.c.Causes {
		for _, e := range x.matchText {
			found := false
			for _, h := range l.c.Match(&e.item) {
				found = found || h.Cause == x
				if y := h.Cause; y != x && h.Sig.Strength == analysis.Strong && y.Role == analysis.RoleOrigin && !l.linked(x.ID, y.ID) {
					l.fault("cause %s: its example %q also raises %s: link them with refines or leads_to, or sharpen one", x.ID, e.text, y.ID)
				}
			}
			if !found {
				l.fault("cause %s does not match its example %q", x.ID, e.text)
			}
		}
		for _, e := range x.noMatch {
			for _, h := range l.c.Match(&e.item) {
				if h.Cause == x {
					l.fault("cause %s matches its counter-example %q by signature %s", x.ID, e.text, h.Sig.ID)
				}
			}
		}
	}
}

func (l *loader) linked(a, b string) bool {
	return l.c.Leads(a, b) || l.c.Leads(b, a) || l.c.Refines(a, b) || l.c.Refines(b, a)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
