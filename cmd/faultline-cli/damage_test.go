package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDamagedCase overwrites a part of a segment: each command
// answers from the rest, says that something is missing, and verify says what.
func TestDamagedCase(t *testing.T) {
	dir := t.TempDir()
	var log strings.Builder
	for i := range 60000 {
		fmt.Fprintf(&log, "2026-03-01T%02d:%02d:%02d.%03dZ ERROR request %x of client-%d failed: connection refused\n", i/3600%24, i/60%60, i%60, i*7%1000, i*2654435761, i%7)
	}
	path := filepath.Join(dir, "app.log")
	if err := os.WriteFile(path, []byte(log.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(dir, "case")
	faultline := func(args ...string) (code int, out, said string) {
		var stdout, stderr bytes.Buffer
		code = run(t.Context(), append(args, "--case", at), &stdout, &stderr)
		return code, stdout.String(), stderr.String()
	}
	if code, _, said := faultline("import", path); code != exitDone {
		t.Fatalf("import: %d, %s", code, said)
	}
	count := []string{"search", "refused", "--count"}
	if code, out, said := faultline(count...); code != exitDone || said != "" || !strings.Contains(out, "60,000") && !strings.Contains(out, "60000") {
		t.Fatalf("%v: %d, %q, %q", count, code, out, said)
	}
	segments, err := filepath.Glob(filepath.Join(at, "*.segment"))
	if err != nil || len(segments) == 0 {
		t.Fatal("no segments", err)
	}
	b, err := os.ReadFile(segments[0])
	if err != nil {
		t.Fatal(err)
	}
	clear(b[len(b)/5 : len(b)/2]) // a block with its columns
	if err := os.WriteFile(segments[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, said := faultline("verify")
	name := filepath.Base(segments[0])
	if code != exitProblems || !strings.Contains(out, name) || !strings.Contains(out, "app.log: lines ") || said != "" {
		t.Errorf("verify: %d\n%s%s", code, out, said)
	}
	for _, args := range [][]string{{"summary"}, {"search", "client-3", "--limit", "0"}, {"patterns"}} {
		code, out, said := faultline(args...)
		if code != exitProblems || !strings.Contains(said, "missing") || out == "" {
			t.Errorf("%v: %d\n%.300s\n%s", args, code, out, said)
		}
		if args[0] == "summary" && !strings.Contains(out, "Missing: ") {
			t.Errorf("summary says nothing of damage:\n%s%s", out, said)
		}
	}
}
