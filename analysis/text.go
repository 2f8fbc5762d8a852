package analysis

import (
	"fmt"
	"strconv"
)

// Thousands prints n with its thousands separated: "1,204,331".
func Thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	first := 1
	if n < 0 {
		first = 2
	}
	for i := len(s) - 3; i >= first; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// MarshalText prints the range's name and, where it is not the first of its
// range, the place in it: "error", "error2".
func (s Severity) MarshalText() ([]byte, error) {
	name := s.String()
	if n := s - s.Range(); s != 0 && n > 0 {
		name += strconv.Itoa(int(n) + 1)
	}
	return []byte(name), nil
}

// UnmarshalText reads what MarshalText prints.
func (s *Severity) UnmarshalText(b []byte) error {
	for n := Severity(0); n <= 24; n++ {
		if t, _ := n.MarshalText(); string(t) == string(b) {
			*s = n
			return nil
		}
	}
	return fmt.Errorf("no such severity as %q", b)
}

// MarshalText prints the quality's name.
func (q TimeQuality) MarshalText() ([]byte, error) { return []byte(q.String()), nil }

// UnmarshalText reads what MarshalText prints.
func (q *TimeQuality) UnmarshalText(b []byte) error {
	for n := TimeNone; n <= TimeExact; n++ {
		if n.String() == string(b) {
			*q = n
			return nil
		}
	}
	return fmt.Errorf("no such quality of time as %q", b)
}

// MarshalText prints the kind's name.
func (k RecordKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText prints.
func (k *RecordKind) UnmarshalText(b []byte) error {
	for n := KindLog; n <= KindDocument; n++ {
		if n.String() == string(b) {
			*k = n
			return nil
		}
	}
	return fmt.Errorf("no such kind of record as %q", b)
}
