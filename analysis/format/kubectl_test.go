package format_test

import (
	"testing"
)

const describeSample = `Name:             api-5d
Namespace:        shop
Priority:         0
Node:             n1/10.0.0.1
Start Time:       Thu, 27 Feb 2025 07:30:28 +0100
Labels:           app=api
Status:           Running
Controlled By:  ReplicaSet/api
Init Containers:
  wait:
    Image:         busybox
    State:          Terminated
      Reason:       Completed
      Exit Code:    0
      Started:      Thu, 27 Feb 2025 07:30:29 +0100
      Finished:     Thu, 27 Feb 2025 07:30:30 +0100
    Ready:          True
    Restart Count:  0
Containers:
  api:
    Image:         api:1
    Args:
      --reason
    State:          Waiting
      Reason:       CrashLoopBackOff
    Last State:     Terminated
      Reason:       OOMKilled
      Exit Code:    137
      Started:      Thu, 27 Feb 2025 07:36:21 +0100
      Finished:     Thu, 27 Feb 2025 07:36:22 +0100
    Ready:          False
    Restart Count:  6
    Limits:
      memory:  100Mi
    Environment:  <none>
Conditions:
  Type                        Status
  Ready                       False
  PodScheduled                True
QoS Class:                   Burstable
Events:
  Type     Reason     Age                    From               Message
  ----     ------     ----                   ----               -------
  Normal   Scheduled  6m40s                  default-scheduler  Successfully assigned shop/api-5d to n1
  Warning  BackOff    87s (x23 over 6m33s)   kubelet            Back-off restarting failed container api
`

const tableSample = `NAMESPACE   NAME     READY   STATUS             RESTARTS        AGE   NODE
shop        api-5d   0/1     CrashLoopBackOff   6 (2m ago)      10m   node-one
shop        web-1    1/1     Running            0               10d   n1
shop        web-2    1/2     Running            1               10d   <none>
shop        mig-x    0/1     Init:Error         4               10d   n1

NAME   STATUS     ROLES    AGE   VERSION
n1     Ready      worker   10d   v1.30.1
n2     NotReady   worker   10d   v1.30.1

LAST SEEN   TYPE      REASON        OBJECT       MESSAGE
5m (x3)     Warning   FailedMount   pod/api-5d   MountVolume.SetUp failed for volume "x"
`

func TestKubectl(t *testing.T) {
	tests := []struct{ name, data, want string }{
		{"describe", describeSample, `1 object 00:00:00 warn Pod shop/api-5d: NotReady [Pod api-5d bad n=0]
10 object 00:00:00 none Container wait of pod shop/api-5d: Completed, ended 2025-02-27T06:30:30Z with exit code 0 [Container wait good n=0]
20 object 06:36:22 error Container api of pod shop/api-5d: CrashLoopBackOff, 6 restarts, ended 2025-02-27T06:36:22Z OOMKilled with exit code 137 [Container api bad n=6]
44 event 00:00:00 info Scheduled: Successfully assigned shop/api-5d to n1 [Event Pod shop/api-5d  n=0]
45 event 00:00:00 warn BackOff: Back-off restarting failed container api [Event Pod shop/api-5d bad n=23]
`},
		{"tables", tableSample, `2 object 00:00:00 error Pod shop/api-5d: CrashLoopBackOff, 6 restarts [Pod api-5d bad n=6]
3 object 00:00:00 none Pod shop/web-1: Running [Pod web-1 good n=0]
4 object 00:00:00 warn Pod shop/web-2: NotReady, 1 restarts [Pod web-2 bad n=1]
5 object 00:00:00 error Pod shop/mig-x: Error, 4 restarts [Pod mig-x bad n=4]
8 object 00:00:00 none Node n1: Ready [Node n1 good n=0]
9 object 00:00:00 error Node n2: NotReady [Node n2 bad n=0]
12 event 00:00:00 warn FailedMount: MountVolume.SetUp failed for volume "x" [Event Pod api-5d bad n=3]
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, recs, _ := read(t, "out.txt", []byte(tt.data), 100)
			if got := summary(recs); d.Format != "kubectl" || got != tt.want {
				t.Errorf("%s:\n%s\nwant\n%s", d.Format, got, tt.want)
			}
		})
	}
}

func FuzzKubectl(f *testing.F) {
	f.Add([]byte(describeSample))
	f.Add([]byte(tableSample))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		read(t, "out.txt", data, 1<<20)
	})
}
