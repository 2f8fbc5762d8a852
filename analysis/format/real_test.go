package format_test

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"faultline/analysis"
)

// TestRealFiles reads published logs that lie beside the repository and may
// not be copied into it. Counts and spans are those of their inventory, or
// counted by hand where a record has several lines.
func TestRealFiles(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the published logs are not here")
	}
	for _, test := range []struct {
		path, format string
		records      int
		timed        int
		from, to     string
		errors       int // records of severity error and above; -1: not checked
	}{
		{"bundles/web/apache_logs", "access", 10000, 10000, "2015-05-17 10:05:00", "2015-05-20 21:05:59", 3},
		{"bundles/db/postgresql/light.postgres.log.bz2", "text", 630, 630, "2017-09-06 08:40:10", "2017-09-06 09:01:28", 0},
		{"bundles/db/postgresql/pg-syslog.1.bz2", "syslog", 59921, 59921, "", "", -1},
		{"bundles/db/postgresql/cloudsql.log.gz", "json-lines", 1343, 1343, "2020-05-02 13:00:20", "2020-05-02 13:59:50", 4},
		{"bundles/db/postgresql/pgbouncer.log.gz", "text", 127910, 127910, "2018-09-12 16:08:54", "2018-09-12 16:13:54", 0},
		{"bundles/db/mongodb/collscans.log", "text", 1081, 1081, "", "", 0},
		{"bundles/db/mongodb/mongod_4.2.11.log", "text", 503, 503, "2020-03-12 00:00:01", "2020-03-12 00:02:15", 0},
		{"bundles/automation/ansible/ansible.log", "text", 103, 103, "2025-09-17 20:13:48", "2025-09-18 10:39:11", -1},
		{"bundles/automation/terraform-tf_log/terraform.log", "text", 17, 17, "2025-07-23 18:00:41", "2026-01-29 22:21:24", 17},
		{"bundles/ci/gha-pytorch/logs/error_log1.txt", "github-actions", 4529, 4529, "2024-07-08 16:48:09", "2024-07-08 16:59:37", -1},
		{"bundles/ci/taskcluster-firefox/build-fail.log.gz", "text", -1, -1, "", "", -1},
		{"loghub/Apache/Apache_2k.log", "text", 2000, 2000, "2005-12-04 04:47:44", "2005-12-05 19:15:57", 595},
		{"loghub/BGL/BGL_2k.log", "text", 2000, 2000, "2005-06-03 22:42:50", "2006-01-03 15:13:09", 395},
		{"loghub/HDFS/HDFS_2k.log", "text", 2000, 2000, "2008-11-09 20:36:15", "2008-11-11 10:20:17", 0},
		{"loghub/HPC/HPC_2k.log", "text", 2000, 2000, "", "", -1},
		{"loghub/Mac/Mac_2k.log", "syslog", 2000, 2000, "", "", -1},
		{"loghub/OpenSSH/OpenSSH_2k.log", "syslog", 2000, 2000, "", "", -1},
		{"loghub/OpenStack/OpenStack_2k.log", "text", 2000, 2000, "2017-05-16 00:00:00", "2017-05-16 00:14:47", 0},
		{"loghub/Spark/Spark_2k.log", "text", 2000, 2000, "2017-06-09 20:10:40", "2017-06-09 20:11:11", 0},
		{"loghub/Windows/Windows_2k.log", "text", 2000, 2000, "2016-09-28 04:30:30", "2016-09-29 02:04:40", 0},
		{"loghub/Zookeeper/Zookeeper_2k.log", "text", 2000, 2000, "2015-07-29 17:41:44", "2015-08-25 11:26:28", 13},
	} {
		t.Run(test.path, func(t *testing.T) {
			data := realFile(t, filepath.Join(root, test.path))
			d := detect(test.path, data)
			if d.Format != test.format {
				t.Fatalf("format %q (%s), want %q", d.Format, d.Reason, test.format)
			}
			recs := readAll(t, d.Reader(lineOptions), data)
			var span analysis.Span
			timed, errors := 0, 0
			for _, r := range recs {
				if r.Time != analysis.NoTime {
					timed++
					span.Add(r.When())
				}
				if r.Severity >= analysis.SeverityError {
					errors++
				}
			}
			if test.records >= 0 && (len(recs) != test.records || timed != test.timed) {
				t.Errorf("%d records, %d with time, want %d, %d", len(recs), timed, test.records, test.timed)
			}
			if timed*10 < len(recs)*9 {
				t.Errorf("%d of %d records have a time", timed, len(recs))
			}
			if from, to := span.From.Format(time.DateTime), span.To.Format(time.DateTime); test.from != "" && (from != test.from || to != test.to) {
				t.Errorf("from %s to %s, want %s to %s", from, to, test.from, test.to)
			}
			if test.errors >= 0 && errors != test.errors {
				t.Errorf("%d errors, want %d", errors, test.errors)
			}
			if len(data) > 2<<20 {
				return // the suite cuts; here it would only take time
			}
			cut, err := readCut(d.Reader(lineOptions), data, func() int { return 1 << 18 })
			if err != nil || len(cut) != len(recs) {
				t.Errorf("%d records when cut (%v), want %d", len(cut), err, len(recs))
			}
		})
	}
}

func realFile(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Skip(err)
	}
	var r io.Reader = bytes.NewReader(raw)
	switch {
	case strings.HasSuffix(path, ".gz"):
		if r, err = gzip.NewReader(r); err != nil {
			t.Fatal(err)
		}
	case strings.HasSuffix(path, ".bz2"):
		r = bzip2.NewReader(r)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
