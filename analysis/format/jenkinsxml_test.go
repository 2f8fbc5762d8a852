package format_test

import (
	"fmt"
	"testing"
	"time"
)

func TestJenkinsBuild(t *testing.T) {
	const data = `<?xml version='1.1' encoding='UTF-8'?>
<flow-build plugin="workflow-job@2.40">
  <actions>
    <hudson.model.CauseAction><causeBag class="linked-hash-map"><entry><hudson.triggers.TimerTrigger_-TimerTriggerCause/><int>1</int></entry></causeBag></hudson.model.CauseAction>
    <x><result>SUCCESS</result><duration>1</duration></x>
  </actions>
  <queueId>5</queueId>
  <timestamp>1767323045000</timestamp>
  <startTime>1767323046500</startTime>
  <result>FAILURE</result>
  <duration>61000</duration>
</flow-build>
`
	d, recs, _ := read(t, "jobs/team/jobs/app/configurations/axis-OS/linux/builds/12/build.xml", []byte(data), 1<<20)
	runs := runsOf(recs)
	if len(runs) != 1 {
		t.Fatalf("%s: %d runs, want 1", d.Format, len(runs))
	}
	r := runs[0]
	got := fmt.Sprintf("%s %s #%s %s %s %s %s %s", r.Job, r.Environment, r.Labels["number"], r.Trigger, r.Status, r.Duration, r.Start.Sub(r.Queued), r.Start.Format(time.RFC3339))
	if want := "team/app OS=linux #12 TimerTrigger failure 1m1s 1.5s 2026-01-02T03:04:06Z"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
