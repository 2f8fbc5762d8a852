package bundle_test

import (
	"testing"

	"faultline/analysis/bundle"
)

func TestRotation(t *testing.T) {
	// Each line is one log, oldest file first.
	for source, files := range map[string][]string{
		"var/log/app.log":        {"var/log/app.log.10", "var/log/app.log.2.gz", "var/log/app.log.1", "var/log/app.log"},
		"var/log/messages":       {"var/log/messages-20240101.gz", "var/log/messages-20240108", "var/log/messages"},
		"app.log":                {"app-2024-01-02.log", "app-2024-01-03.log", "app.log"},
		"pods/a/0.log":           {"pods/a/0.log.20240101-120000.gz", "pods/a/0.log.20240102-130000", "pods/a/0.log"},
		"web/logs/current.log":   {"web/logs/previous.log", "web/logs/current.log"},
		"log":                    {"log.old", "log"},
		"kube/audit.log":         {"kube/audit-2024-01-02T10-00-00.000.log", "kube/audit-2024-01-02T11-30-00.000.log.gz", "kube/audit.log"},
		"catalina.out":           {"catalina.2024-01-02.out", "catalina.out"},
		"pod/app.log":            {"pod/app-previous.log", "pod/app.log"},
		"a.tar.gz!/var/log/auth": {"a.tar.gz!/var/log/auth.1", "a.tar.gz!/var/log/auth"},
		"server.log":             {"server.log.2024-01-02.2.gz", "server.log.2024-01-02.1", "server.log.2024-01-03", "server.log"},
	} {
		for i, file := range files {
			r := bundle.RotationOf(file)
			if r.Source != source {
				t.Errorf("RotationOf(%q) = %+v, want the source %q", file, r, source)
			}
			for k, other := range files {
				if got, want := r.Before(bundle.RotationOf(other)), i < k; got != want {
					t.Errorf("%q before %q: %v, want %v", file, other, got, want)
				}
			}
		}
	}
	for _, name := range []string{"worker-1.log", "node-10.0.0.1", "1.log", "0.log", "20240102", "20240102.log", "app.log #2", "config.yaml", "build-1755155.txt", "version-1.2.3.txt", "release-4.14.2", "a.b.c.1234", "threshold.log", "log.gold"} {
		if r := bundle.RotationOf(name); r != (bundle.Rotation{Source: name}) {
			t.Errorf("RotationOf(%q) = %+v, want no rotation", name, r)
		}
	}
}
