package cause

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"faultline/analysis"

	"go.yaml.in/yaml/v3"
)

// Item is a text to match with what is known of it. Unknown fields are empty.
type Item struct {
	Text     string // the message: without stamp and level; further lines joined by \n
	Kind     analysis.RecordKind
	Format   string // name of the member's format
	Severity analysis.Severity
	Reason   string // reason of an event or state
	Status   string // status of a state or run
	ExitCode int    // of a termination; 0 unknown
	Resource analysis.Resource
}

// fieldNames are the fields that a condition may name.
var fieldNames = []string{"kind", "format", "level", "reason", "status", "exit", "host", "namespace", "pod", "container", "unit", "process"}

func (it *Item) field(name string) string {
	switch name {
	case "kind":
		return it.Kind.String()
	case "format":
		return it.Format
	case "level":
		if it.Severity == 0 {
			return ""
		}
		return it.Severity.String()
	case "reason":
		return it.Reason
	case "status":
		return it.Status
	case "exit":
		if it.ExitCode == 0 {
			return ""
		}
		return strconv.Itoa(it.ExitCode)
	case "host":
		return it.Resource.Host
	case "namespace":
		return it.Resource.Namespace
	case "pod":
		return it.Resource.Pod
	case "container":
		return it.Resource.Container
	case "unit":
		return it.Resource.Unit
	case "process":
		return it.Resource.Process
	}
	return ""
}

func (it *Item) set(name, value string) error {
	switch name {
	case "kind":
		for k := analysis.KindLog; k <= analysis.KindDocument; k++ {
			if k.String() == value {
				it.Kind = k
				return nil
			}
		}
		return fmt.Errorf("kind %q", value)
	case "format":
		it.Format = value
	case "level":
		it.Severity = analysis.ParseSeverity(value)
	case "reason":
		it.Reason = value
	case "status":
		it.Status = value
	case "exit":
		n, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Errorf("exit %q: %w", value, err)
		}
		it.ExitCode = n
	case "host":
		it.Resource.Host = value
	case "namespace":
		it.Resource.Namespace = value
	case "pod":
		it.Resource.Pod = value
	case "container":
		it.Resource.Container = value
	case "unit":
		it.Resource.Unit = value
	case "process":
		it.Resource.Process = value
	default:
		return fmt.Errorf("field %q is none of %s", name, strings.Join(fieldNames, ", "))
	}
	return nil
}

// condition is one field's part of a signature's where. A field that the item
// does not have fails it, unless it is optional.
type condition struct {
	field    string
	in       []string
	not      []string
	re       *regexp.Regexp
	min      analysis.Severity
	optional bool
}

func newCondition(field string, n *yaml.Node) (condition, error) {
	c := condition{field: field}
	if !slices.Contains(fieldNames, field) {
		return c, fmt.Errorf("field %q is none of %s", field, strings.Join(fieldNames, ", "))
	}
	switch n.Kind {
	case yaml.ScalarNode:
		c.in = []string{n.Value}
		return c, nil
	case yaml.SequenceNode:
		return c, n.Decode(&c.in)
	case yaml.MappingNode:
	default:
		return c, fmt.Errorf("field %s: neither a value, a list nor a map", field)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i].Value, n.Content[i+1]
		var err error
		switch k {
		case "in":
			err = v.Decode(&c.in)
		case "not":
			err = v.Decode(&c.not)
		case "re":
			c.re, err = regexp.Compile(v.Value)
		case "min":
			if c.min = analysis.ParseSeverity(v.Value); c.min == 0 || field != "level" {
				err = fmt.Errorf("min %q is no level", v.Value)
			}
		case "optional":
			err = v.Decode(&c.optional)
		default:
			err = fmt.Errorf("unknown key %q", k)
		}
		if err != nil {
			return c, fmt.Errorf("field %s: %w", field, err)
		}
	}
	return c, nil
}

func (c *condition) holds(it *Item) bool {
	v := it.field(c.field)
	if v == "" {
		return c.optional
	}
	if c.in != nil && !slices.Contains(c.in, v) {
		return false
	}
	if slices.Contains(c.not, v) {
		return false
	}
	if c.re != nil && !c.re.MatchString(v) {
		return false
	}
	return c.min == 0 || it.Severity >= c.min
}
