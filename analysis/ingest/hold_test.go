package ingest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"faultline/analysis/ingest"
)

// TestHeldMembers imports an archive whose members need a year, with more or
// less room for them while they wait: the case is the same.
func TestHeldMembers(t *testing.T) {
	small := klog(900)
	path := makeTar(t,
		item{name: "small.log", text: small},
		item{name: "exact.log", text: isoLog(300, 1)},
		item{name: "large.log", text: strings.Repeat(klog(3000), 39)},
		item{name: "copy.log", text: small},
		item{name: "last.log", text: isoLog(300, 2)},
	)
	want := ""
	for _, room := range []struct {
		name         string
		memory, size int64
	}{
		{"memory", 1 << 30, 1 << 30},
		{"a file", 1 << 10, 1 << 30},
		{"both", 5 << 20, 1 << 30},
		{"none", 0, 0},
		{"the small one", 1 << 10, 1 << 20},
		{"half of the large one", 1 << 20, 5 << 20},
	} {
		t.Run(room.name, func(t *testing.T) {
			defer ingest.HoldLess(room.memory, room.size)()
			c, res := importInto(t, t.TempDir(), ingest.Options{}, path)
			if m := member(t, c, "large.log"); m.Span.From.Year() != 2023 || m.Span.To.Year() != 2024 {
				t.Errorf("large.log spans %v to %v", m.Span.From, m.Span.To)
			}
			if res.Members != 5 || res.Skipped != int64(len(small)) {
				t.Errorf("%d members, %d bytes skipped, want 5 and the copy", res.Members, res.Skipped)
			}
			got := records(t, c)
			if want == "" {
				want = got
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the case differs:\n%.2000s", diff)
			}
		})
	}
}
