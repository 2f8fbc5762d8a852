package format_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"faultline/analysis/format"
)

// fuzzLines reads any bytes with the reader of one format: records tile the
// input, however it is cut, and nothing panics.
func fuzzLines(f *testing.F, name string) {
	sample, err := os.ReadFile(filepath.Join("testdata", "lines", name))
	if err != nil {
		f.Fatal(err)
	}
	d := detect(name, sample)
	f.Add(sample, 50)
	for _, line := range bytes.SplitAfter(sample, []byte("\n")) {
		f.Add(line, 7)
	}
	o := lineOptions
	o.MaxLine = 64
	f.Fuzz(func(t *testing.T, data []byte, step int) {
		step = min(max(step, 1), 1<<16)
		for _, o := range []format.Options{lineOptions, o} {
			whole, err := readChunk(d.Reader(o), data, 0)
			if err != nil {
				t.Fatal(err)
			}
			cut, err := readCut(d.Reader(o), data, func() int { return step })
			if err != nil {
				t.Fatal(err)
			}
			if len(whole) != len(cut) {
				t.Fatalf("%d records whole, %d in steps of %d", len(whole), len(cut), step)
			}
			for k := range whole {
				if whole[k].Start != cut[k].Start || whole[k].Time != cut[k].Time || !bytes.Equal(whole[k].Message, cut[k].Message) {
					t.Fatalf("record %d: whole %s cut %s", k, dump(&whole[k]), dump(&cut[k]))
				}
			}
		}
	})
}

func FuzzKlog(f *testing.F)          { fuzzLines(f, "klog.log") }
func FuzzCRI(f *testing.F)           { fuzzLines(f, "cri.log") }
func FuzzCRIStamps(f *testing.F)     { fuzzLines(f, "cri-stamps.log") }
func FuzzDockerJSON(f *testing.F)    { fuzzLines(f, "docker-json.log") }
func FuzzSyslog(f *testing.F)        { fuzzLines(f, "syslog.log") }
func FuzzSyslog5424(f *testing.F)    { fuzzLines(f, "syslog-5424.log") }
func FuzzJournal(f *testing.F)       { fuzzLines(f, "journal.log") }
func FuzzJSONLines(f *testing.F)     { fuzzLines(f, "json-lines.log") }
func FuzzLogfmt(f *testing.F)        { fuzzLines(f, "logfmt.log") }
func FuzzAccess(f *testing.F)        { fuzzLines(f, "access.log") }
func FuzzGitHubActions(f *testing.F) { fuzzLines(f, "github-actions.log") }
func FuzzText(f *testing.F)          { fuzzLines(f, "text-java.log") }
func FuzzW3C(f *testing.F)           { fuzzLines(f, "w3c.log") }
func FuzzJournalExport(f *testing.F) { fuzzLines(f, "journal-export.log") }
func FuzzPlain(f *testing.F)         { fuzzLines(f, "plain-build.log") }

// FuzzDetect detects and reads any bytes.
func FuzzDetect(f *testing.F) {
	for name := range lineSamples {
		data, err := os.ReadFile(filepath.Join("testdata", "lines", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(widen(string(data[:200]), true))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := format.Detect("x.log", data, true)
		if r := d.Reader(lineOptions); r != nil {
			if _, err := readChunk(r, data, 0); err != nil {
				t.Fatal(err)
			}
			r.Problems()
		}
		format.FindEvidence(data[:len(data)/2], data[len(data)/2:]).Weekdays(lineOptions.Reference)
	})
}
