package index

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"time"

	"faultline/analysis"
)

// mark is a person's decision about a pattern.
type mark struct {
	Pattern string                `json:"pattern"`         // ID
	State   analysis.PatternState `json:"state,omitempty"` // "" takes earlier marks back
	Reason  string                `json:"reason,omitempty"`
	Author  string                `json:"author,omitempty"`
	Time    time.Time             `json:"time"`
}

// Label is what the catalogue of causes says of a pattern.
type Label struct {
	State  analysis.PatternState `json:"state,omitempty"` // "" says nothing
	Reason string                `json:"reason,omitempty"`
	Cause  string                `json:"cause,omitempty"` // cause ID

	// Least is the severity from which on records of a failing pattern fail, 0
	// where all do: requests of one form are one pattern, whatever their status.
	// Records that state no severity fail by a Least of up to a warning.
	Least analysis.Severity `json:"least,omitempty"`
}

// Fails reports whether a record of the severity is one that the pattern fails by.
func (l Label) Fails(s analysis.Severity) bool {
	return l.Least == 0 || s >= l.Least || s == 0 && l.Least <= analysis.SeverityWarn
}

// judgement is what persons and catalogue say of patterns, by pattern ID.
// Marks win over labels, and labels over what the text of a pattern says.
type judgement struct {
	marks  map[string]mark
	labels map[string]Label
}

// Mark records a person's decision about a pattern: it is a failure, benign
// (with a reason), or neither; the empty state takes earlier decisions back.
// Marks win over labels, are never removed from the case's records, and hold
// for the pattern wherever later imports bring it.
func (c *Case) Mark(id string, s analysis.PatternState, reason, author string) error {
	k := mark{Pattern: id, State: s, Reason: reason, Author: author, Time: c.now()}
	if err := c.update(func(m *manifest) { m.Marks = append(m.Marks, k) }); err != nil {
		return err
	}
	c.judge(func(j *judgement) { j.marks = marksOf(c.manifest().Marks) })
	return nil
}

func marksOf(list []mark) map[string]mark {
	marks := map[string]mark{}
	for _, k := range list {
		if k.State == "" {
			delete(marks, k.Pattern)
			continue
		}
		marks[k.Pattern] = k
	}
	return marks
}

// judge replaces the judgement by one that change has changed.
func (c *Case) judge(change func(j *judgement)) {
	for {
		old := c.judgement.Load()
		j := *old
		change(&j)
		if c.judgement.CompareAndSwap(old, &j) {
			return
		}
	}
}

// Label replaces all labels by those given, by pattern ID. In a case that is
// open for reading only they last until it is closed.
func (c *Case) Label(labels map[string]Label) error {
	if reflect.DeepEqual(labels, c.judgement.Load().labels) {
		return nil
	}
	labels = maps.Clone(labels)
	if !c.readOnly {
		if err := c.storeLabels(labels); err != nil {
			return err
		}
	}
	c.judge(func(j *judgement) { j.labels = labels })
	return nil
}

func (c *Case) storeLabels(labels map[string]Label) error {
	raw, err := json.Marshal(labels)
	if err != nil {
		return err
	}
	b, err := pack(labelsMagic, raw)
	if err != nil {
		return err
	}
	name := c.newName(labelsExt)
	if err := writeFile(c.fs, name, b); err != nil {
		return advise(c.dir, fmt.Errorf("write %s: %w", name, err))
	}
	entry := entryOf(name, b)
	var old *fileEntry
	if err := c.update(func(m *manifest) { old, m.Labels = m.Labels, &entry }); err != nil {
		return err
	}
	if old != nil {
		_ = c.fs.Remove(old.Name) // else the next Open removes it
	}
	return nil
}

const (
	labelsMagic = "FLLABEL\x01"
	maxLabels   = 1 << 30
)

func (c *Case) loadJudgement(m *manifest) (*judgement, error) {
	j := &judgement{marks: marksOf(m.Marks), labels: map[string]Label{}}
	if m.Labels == nil {
		return j, nil
	}
	b, err := m.Labels.read(c.fs)
	if err == nil {
		b, err = unpack(labelsMagic, b, maxLabels)
	}
	if err == nil {
		err = json.Unmarshal(b, &j.labels)
	}
	switch {
	case err == nil:
		return j, nil
	case errors.Is(err, fs.ErrPermission):
		return nil, err
	}
	// The next assessment makes them again.
	j.labels = map[string]Label{}
	c.note(m.Labels.Name, "%v; what the catalogue of causes says of patterns is not known until the case is assessed again", err)
	if !c.readOnly {
		c.setAside(m.Labels.Name)
		return j, c.update(func(m *manifest) { m.Labels = nil })
	}
	return j, nil
}
