package format_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"faultline/analysis"
	"faultline/analysis/format"
)

// runsOf returns the runs among records.
func runsOf(recs []analysis.Record) []analysis.Run {
	var out []analysis.Run
	for _, r := range recs {
		if r.Run != nil {
			out = append(out, *r.Run)
		}
	}
	return out
}

func TestJobHistory(t *testing.T) {
	data := shared(t, "ci/gha-pytorch/job-history-20240814-2000-2238.csv")
	for _, step := range []int{1 << 20, 100_003} {
		d, recs, problems := read(t, "job-history.csv", data, step)
		runs := runsOf(recs)
		failed, span := 0, analysis.Span{}
		ids := map[string]bool{}
		for _, r := range runs {
			if r.Status.Failed() {
				failed++
			}
			span.Add(r.When())
			ids[r.ID] = true
		}
		got := fmt.Sprintf("%s %d %d %d %s %s", d.Format, len(runs), len(ids), failed, span.From.Format(time.DateTime), span.To.Format(time.DateTime))
		if want := "csv-runs 7604 7604 356 2024-08-14 20:00:01 2024-08-14 22:38:01"; got != want || len(problems) > 0 {
			t.Errorf("step %d: %s %v, want %s", step, got, problems, want)
		}
	}
}

func TestCSVRuns(t *testing.T) {
	tests := []struct{ name, data, want string }{
		{
			"GitHub's two status columns", "name,status,conclusion,createdAt,updatedAt,headSha,attempt\n" +
				"build,completed,success,2026-01-02T03:04:05Z,2026-01-02T03:14:05Z,abc,1\n" +
				"build,completed,failure,2026-01-02T04:04:05Z,2026-01-02T04:05:05Z,abd,2\n" +
				"lint,in_progress,,2026-01-02T05:04:05Z,2026-01-02T05:04:06Z,abe,1\n",
			"build success abc 1; build failure abd 2; lint running abe 1",
		},
		{
			"semicolons, quoted newline, mark, decimal comma", "\xef\xbb\xbfJob Name;Result;Start Time;Duration (s);Message\r\n" +
				"nightly;FAILED;02.03.2026 01:00:00;12,5;\"two\r\nlines\"\r\nnightly;SUCCESS;03.03.2026 01:00:00;9;\"say \"\"hi\"\"\"\r\n",
			"nightly failure 12.5s \"two\\r\\nlines\" 2026-03-02; nightly success 9s \"say \\\"hi\\\"\" 2026-03-03",
		},
		{
			"sacct", "JobID|JobName|State|ExitCode|Start|End|Elapsed|NodeList\n" +
				"1|train|COMPLETED|0:0|2026-01-02T03:04:05|2026-01-03T04:04:05|1-01:00:00|n1\n2|train|TIMEOUT|0:15|2026-01-04T03:04:05|2026-01-04T04:04:05|01:00:00|n2\n3|train|NODE_FAIL|1:0|2026-01-05T03:04:05|2026-01-05T03:04:15|00:00:10|n2\n4|train|CANCELLED|0:0|2026-01-06T03:04:05|2026-01-06T03:04:15|00:00:10|n2\n",
			"train success 25h0m0s n1; train timeout 1h0m0s n2; train infra-failure 10s n2; train cancelled 10s n2",
		},
		{
			"results without a known name", "TEST\tKIND\tROUND\nt1\ta\tNO_FAILURE\nt2\ta\tFAILURE\nt3\ta\tNO_FAILURE\nt4\ta\tNO_FAILURE\nt5\ta\tNO_FAILURE\n",
			"t1 success; t2 failure; t3 success; t4 success; t5 success",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, recs, _ := read(t, "history.csv", []byte(tt.data), 1<<20)
			var got []string
			for _, r := range runsOf(recs) {
				s := r.Job + " " + string(r.Status)
				for _, x := range []string{r.Commit, r.Runner} {
					if x != "" {
						s += " " + x
					}
				}
				if strings.Contains(tt.want, " 1;") && r.Attempt > 0 {
					s += fmt.Sprint(" ", r.Attempt)
				}
				if r.Duration > 0 && r.Commit == "" {
					if r.Runner != "" {
						s = strings.TrimSuffix(s, " "+r.Runner) + " " + r.Duration.String() + " " + r.Runner
					} else {
						s += " " + r.Duration.String()
					}
				}
				if r.Message != "" {
					s += fmt.Sprintf(" %q %s", r.Message, r.Start.Format(time.DateOnly))
				}
				got = append(got, s)
			}
			if g := strings.Join(got, "; "); d.Format != "csv-runs" || g != tt.want {
				t.Errorf("%s: %s\nwant %s", d.Format, g, tt.want)
			}
		})
	}
}

func TestCSVLogs(t *testing.T) {
	tests := []struct{ name, data, want string }{
		{
			"time, level, message", "timestamp,severity,host,message,code\n2026-01-02T03:04:05.678Z,ERROR,h1,disk full,28\n2026-01-02T03:04:06Z,INFO,h1,\"a, b\",0\n",
			"2026-01-02T03:04:05.678 error h1 disk full code=28|2026-01-02T03:04:06.000 info h1 a, b code=0",
		},
		{
			"raw record only", "host,sourcetype,_raw\nh,x,2026-01-02 03:04:05.678 ERROR disk full\nh,x,2026-01-02 03:04:06.678 INFO fine\n",
			"2026-01-02T03:04:05.678 error h disk full|2026-01-02T03:04:06.678 info h fine",
		},
		{
			"day first by evidence", "date;computer;event;code\n03/04/2026 10:00:00;h;one;1\n13/04/2026 10:00:00;h;two;2\n",
			"2026-04-03T10:00:00.000 none h one code=1|2026-04-13T10:00:00.000 none h two code=2",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, recs, _ := read(t, "export.csv", []byte(tt.data), 1<<20)
			var got []string
			for _, r := range recs {
				if r.Kind == analysis.KindLog {
					got = append(got, fmt.Sprintf("%s %s %s %s", r.When().Format("2006-01-02T15:04:05.000"), r.Severity, r.Resource.Host, r.Message))
				}
			}
			if g := strings.Join(got, "|"); g != tt.want {
				t.Errorf("got %s\nwant %s", g, tt.want)
			}
		})
	}
}

// Text with commas is no table.
func TestNotCSV(t *testing.T) {
	for _, data := range []string{
		"2026-01-02 03:04:05,678 INFO a, b, c\n2026-01-02 03:04:06,678 INFO a, b, c\n",
		"Hello, world, again, and more\nNo commas here\nOne, two\n",
		"1,2,3,4\n5,6,7,8\n9,10,11,12\n",
		"{\"a\":1,\"b\":2,\"c\":3,\"d\":4}\n{\"a\":1,\"b\":2,\"c\":3,\"d\":4}\n",
	} {
		if d := format.Detect("x.log", []byte(data), true); strings.HasPrefix(d.Format, "csv") {
			t.Errorf("Detect(%q) = %s", data, d.Format)
		}
	}
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("name,status,start\nx,success,2026-01-02T03:04:05Z\ny,failure,2026-01-02T03:04:05Z\n"), 7)
	f.Add([]byte("a;b;c;d\n\"x\ny\";1;2;3\n1;\"\"\"q\"\"\";3;4\n"), 3)
	f.Add([]byte("a,b\n\"unclosed,1\n2,3\n"), 5)
	f.Fuzz(func(t *testing.T, data []byte, step int) {
		if step < 1 || len(data) > 1<<16 {
			return
		}
		read(t, "x.csv", data, step)
	})
}

// TestCSVExports reads rows that hold whole lines of other logs.
func TestCSVExports(t *testing.T) {
	var raw strings.Builder
	raw.WriteString("host,sourcetype,_raw\n")
	for i := range 300 {
		fmt.Fprintf(&raw, "h1,app,\"09-15-2012 22:22:%02d.226 -0700 INFO Metrics - group=mpool, used=%d\"\n", i%60, i)
	}
	raw.WriteString(`h1,access,"127.0.0.1 - - [15/Sep/2012:22:30:29.494 -0700] ""POST /services HTTP/1.1"" 503 235 - - - 3ms"` + "\n")
	for _, x := range []struct{ name, data, want string }{
		{"lines of two logs", raw.String(), `2012-09-16T05:30:29.494Z (exact) error log h1/access "\"POST /services HTTP/1.1\" 503 235 - - - 3ms"` + "\n"},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, recs, _ := read(t, "export.csv", []byte(x.data), 1<<20)
			if got := dump(&recs[len(recs)-1]); got != x.want {
				t.Errorf("last record\n%s, want\n%s", got, x.want)
			}
		})
	}
}
