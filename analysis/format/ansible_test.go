package format_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestAnsible(t *testing.T) {
	const out = `
PLAY [web] *********************************************************************

TASK [Gathering Facts] *********************************************************
ok: [a]
fatal: [b]: UNREACHABLE! => {"changed": false, "msg": "Failed to connect to the host via ssh", "unreachable": true}

TASK [deploy : copy [x]] *******************************************************
fatal: [c]: FAILED! => {"changed": false, "msg": "no space left"}

PLAY RECAP *********************************************************************
a                          : ok=2    changed=1    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
b                          : ok=0    changed=0    unreachable=1    failed=0    skipped=0    rescued=0    ignored=0
c                          : ok=1    changed=0    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0
`
	for _, prefix := range []string{"", "2026-01-02 03:04:05,678 p=12 u=me n=ansible | "} {
		data := strings.ReplaceAll(strings.TrimSpace(out), "\n", "\n"+prefix)
		_, recs, _ := read(t, "ansible.log", []byte(prefix+data+"\n"), 1<<20)
		got := ""
		for _, r := range runsOf(recs) {
			got += fmt.Sprintf("%s/%s %s %q; ", r.Pipeline, r.Job, r.Status, r.Message)
		}
		if want := `web/a success ""; web/b infra-failure "Gathering Facts: Failed to connect to the host via ssh"; web/c failure "deploy : copy [x]: no space left"; `; got != want {
			t.Errorf("%q: %s\nwant %s", prefix, got, want)
		}
	}
}

func TestAnsibleLog(t *testing.T) {
	_, recs, _ := read(t, "ansible.log", shared(t, "automation/ansible/ansible.log"), 1<<20)
	failed := 0
	for _, r := range runsOf(recs) {
		t.Logf("%s %s %s %s %s", r.End.Format("15:04:05"), r.Pipeline, r.Job, r.Status, r.Message)
		if r.Status.Failed() {
			failed++
		}
	}
	if failed != 7 {
		t.Errorf("%d failed host results, want 7", failed)
	}
}
