package assess

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"faultline/analysis"

	"go.yaml.in/yaml/v3"
)

// PlaybookSchema is the format that ReadPlaybook reads.
const PlaybookSchema = "faultline.playbook/v1"

// The answers to a requested capability, best first.
var answers = []string{"yes", "partly", "no", "unknown"}

// Playbook says what a vendor's product covers, in the words of its team.
type Playbook struct {
	Vendor       string
	Product      string
	Version      string
	ValidUntil   string // a date, as written
	ApprovedBy   string
	ApprovedOn   string
	Capabilities []PlaybookCapability
	Hash         string // SHA-256 of the file, hex
}

// PlaybookCapability is one thing that the product does, does in part or does
// not do.
type PlaybookCapability struct {
	ID          string
	Title       string
	Answer      string // "yes", "partly", "no"
	Note        string
	Proof       string
	Alternative string
	requests    []*regexp.Regexp
}

type playbookDoc struct {
	Schema string `yaml:"schema"`
	Vendor struct {
		Name       string `yaml:"name"`
		Product    string `yaml:"product"`
		Version    string `yaml:"version"`
		ValidUntil string `yaml:"valid_until"`
		ApprovedBy string `yaml:"approved_by"`
		ApprovedOn string `yaml:"approved_on"`
	} `yaml:"vendor"`
	Capabilities []struct {
		ID          string   `yaml:"id"`
		Themes      []string `yaml:"themes"`
		Title       string   `yaml:"title"`
		Answer      string   `yaml:"answer"`
		Note        string   `yaml:"note"`
		Limits      []string `yaml:"limits"`
		Alternative string   `yaml:"alternative"`
		MayMention  *bool    `yaml:"may_mention"`
		Proof       []struct {
			Kind string `yaml:"kind"`
			Ref  string `yaml:"ref"`
		} `yaml:"proof"`
		AnswersRequests []string `yaml:"answers_requests"`
	} `yaml:"capabilities"`
	// The other parts of a playbook serve the framing check.
	Terms           yaml.Node `yaml:"terms"`
	ClaimsForbidden yaml.Node `yaml:"claims_forbidden"`
	Questions       yaml.Node `yaml:"questions"`
	Stakeholders    yaml.Node `yaml:"stakeholders"`
}

// ReadPlaybook reads a playbook file. Unknown keys are errors, and so is a
// "yes" or "partly" without proof. A capability that is only planned
// ("roadmap") answers no.
func ReadPlaybook(r io.Reader) (*Playbook, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read playbook: %w", err)
	}
	var d playbookDoc
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&d); err != nil {
		return nil, fmt.Errorf("read playbook: %w", err)
	}
	if d.Schema != PlaybookSchema {
		return nil, fmt.Errorf("read playbook: schema is %q, want %q", d.Schema, PlaybookSchema)
	}
	sum := sha256.Sum256(data)
	p := &Playbook{
		Vendor: d.Vendor.Name, Product: d.Vendor.Product, Version: d.Vendor.Version, ValidUntil: d.Vendor.ValidUntil,
		ApprovedBy: d.Vendor.ApprovedBy, ApprovedOn: d.Vendor.ApprovedOn, Hash: hex.EncodeToString(sum[:]),
	}
	var faults []error
	for _, x := range d.Capabilities {
		c := PlaybookCapability{ID: x.ID, Title: x.Title, Answer: x.Answer, Note: x.Note, Alternative: x.Alternative}
		if len(x.Limits) > 0 {
			c.Note = strings.TrimSpace(c.Note + " Limits: " + strings.Join(x.Limits, "; ") + ".")
		}
		var proofs []string
		for _, q := range x.Proof {
			proofs = append(proofs, strings.TrimSpace(q.Kind+" "+q.Ref))
		}
		c.Proof = strings.Join(proofs, "; ")
		switch c.Answer {
		case "yes", "partly":
			if c.Proof == "" {
				faults = append(faults, fmt.Errorf("capability %s: %q needs proof", c.ID, c.Answer))
			}
		case "no":
		case "roadmap":
			c.Answer = "no"
			if x.MayMention == nil || *x.MayMention {
				c.Note = strings.TrimSpace("Planned, not committed. " + c.Note)
			}
		default:
			faults = append(faults, fmt.Errorf("capability %s: answer %q is none of yes, partly, no, roadmap", c.ID, c.Answer))
		}
		for _, expr := range x.AnswersRequests {
			re, err := regexp.Compile(expr)
			if err != nil {
				faults = append(faults, fmt.Errorf("capability %s: %w", c.ID, err))
				continue
			}
			c.requests = append(c.requests, re)
		}
		p.Capabilities = append(p.Capabilities, c)
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("read playbook: %w", errors.Join(faults...))
	}
	return p, nil
}

// coverage answers each requested capability in the customer's order: the
// lowest answer of all that match, unknown when none does. Without requests
// the playbook's own list is shown.
func (w *work) coverage() {
	p := w.o.Playbook
	for _, asked := range w.o.Asked {
		w.a.Coverage = append(w.a.Coverage, p.cover(asked))
	}
	if p != nil && len(w.o.Asked) == 0 {
		for _, c := range p.Capabilities {
			w.a.Coverage = append(w.a.Coverage, analysis.Capability{Asked: c.Title, Answer: c.Answer, Note: c.Note, Proof: c.Proof, Alternative: c.Alternative})
		}
	}
}

func (p *Playbook) cover(asked string) analysis.Capability {
	out := analysis.Capability{Asked: asked, Answer: "unknown", Note: "Nothing in the playbook speaks of this request."}
	if p == nil {
		out.Note = "No playbook was given."
		return out
	}
	found := false
	for _, c := range p.Capabilities {
		if !slices.ContainsFunc(c.requests, func(re *regexp.Regexp) bool { return re.MatchString(asked) }) {
			continue
		}
		if found && slices.Index(answers, c.Answer) <= slices.Index(answers, out.Answer) {
			continue
		}
		found = true
		out = analysis.Capability{Asked: asked, Answer: c.Answer, Note: c.Note, Proof: c.Proof, Alternative: c.Alternative}
	}
	return out
}
