package analysis_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"faultline/analysis"
)

func TestParseSeverity(t *testing.T) {
	tests := []struct {
		word string
		want analysis.Severity
	}{
		{"ERROR", 17},
		{"err", 17},
		{"Warning", 13},
		{"notice", 10},
		{"CRITICAL", 18},
		{"fatal", 21},
		{"emerg", 24},
		{"log", 9},
		{"trace", 1},
		{"errors", 0},
		{"", 0},
		{"informationally", 0},
	}
	for _, tt := range tests {
		if got := analysis.ParseSeverity(tt.word); got != tt.want {
			t.Errorf("ParseSeverity(%q) = %d, want %d", tt.word, got, tt.want)
		}
	}
}

func TestTextRoundTrip(t *testing.T) {
	for s := analysis.Severity(0); s <= 24; s++ {
		type row struct {
			S analysis.Severity
			Q analysis.TimeQuality
			K analysis.RecordKind
		}
		in := row{s, analysis.TimeQuality(s % 4), analysis.RecordKind(s % 6)}
		b, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var out row
		if err := json.Unmarshal(b, &out); err != nil || out != in {
			t.Errorf("%s came back as %+v (%v), want %+v", b, out, err, in)
		}
	}
	var s analysis.Severity
	if err := s.UnmarshalText([]byte("loud")); err == nil {
		t.Error("UnmarshalText(loud) gave no error")
	}
}

func TestNanos(t *testing.T) {
	at := time.Date(2022, 12, 21, 9, 42, 35, 5, time.UTC)
	if got := analysis.Time(analysis.Nanos(at)); !got.Equal(at) {
		t.Errorf("Time(Nanos(%v)) = %v", at, got)
	}
	for _, out := range []time.Time{{}, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if n := analysis.Nanos(out); n != analysis.NoTime {
			t.Errorf("Nanos(%v) = %d, want NoTime", out, n)
		}
	}
	if !analysis.Time(analysis.NoTime).IsZero() {
		t.Error("Time(NoTime) is not the zero time")
	}
}

func TestResourceOver(t *testing.T) {
	r := analysis.Resource{Pod: "a"}.Over(analysis.Resource{Pod: "b", Namespace: "n"})
	if want := (analysis.Resource{Pod: "a", Namespace: "n"}); r != want {
		t.Errorf("Over = %+v, want %+v", r, want)
	}
	if got := r.String(); got != "n/a" {
		t.Errorf("String() = %q, want n/a", got)
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", -1000: "-1,000", -999: "-999", 1204331: "1,204,331",
		math.MaxInt64: "9,223,372,036,854,775,807", math.MinInt64: "-9,223,372,036,854,775,808",
	} {
		if got := analysis.Thousands(n); got != want {
			t.Errorf("Thousands(%d) = %s, want %s", n, got, want)
		}
	}
}
