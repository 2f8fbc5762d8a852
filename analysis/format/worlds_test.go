package format_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"faultline/analysis"
	"faultline/analysis/format"

	"github.com/google/go-cmp/cmp"
)

// worlds are small logs of many makes, made up after their documentation, and
// what is to be read from each: time of day, severity, resource and the
// message's first line, a record a line.
var worlds = []struct{ name, log, want string }{
	{"kubeadm", `[init] Using Kubernetes version: v1.29.0
[preflight] Running pre-flight checks
	[WARNING Swap]: swap is supported for cgroup v2 only
error execution phase preflight: [preflight] Some fatal errors occurred:
	[ERROR Port-6443]: Port 6443 is in use
	[ERROR FileAvailable--etc-kubernetes-manifests-kube-apiserver.yaml]: the file exists already
[preflight] If you know what you are doing, you can make a check non-fatal
`, `- none | [init] Using Kubernetes version: v1.29.0
- none | [preflight] Running pre-flight checks
- warn | [WARNING Swap]: swap is supported for cgroup v2 only
- none | error execution phase preflight: [preflight] Some fatal errors occurred:
- error | [ERROR Port-6443]: Port 6443 is in use
- error | [ERROR FileAvailable--etc-kubernetes-manifests-kube-apiserver.yaml]: the file exists already
- none | [preflight] If you know what you are doing, you can make a check non-fatal`},
	{"threads with blanks before the stamp", `INFO  [main] 2024-05-02 10:11:12,345 Storage.java:617 - version: 3.11.4
INFO  [main] 2024-05-02 10:11:12,545 Storage.java:617 - started
INFO  [main] 2024-05-02 10:11:12,645 Storage.java:617 - ready
ERROR [ReadStage-3] 2024-05-02 10:11:13,345 Daemon.java:228 - Exception in thread Thread[ReadStage-3,5,main]
java.lang.RuntimeException: x
	at org.acme.X.y(X.java:1)
WARN  [Service Thread] 2024-05-02 10:11:14,345 Inspector.java:282 - collection took 4012ms
`, `10:11:12.345 info | Storage.java:617 - version: 3.11.4
10:11:12.545 info | Storage.java:617 - started
10:11:12.645 info | Storage.java:617 - ready
10:11:13.345 error | Daemon.java:228 - Exception in thread Thread[ReadStage-3,5,main]
10:11:14.345 warn | Inspector.java:282 - collection took 4012ms`},
	{"sentences with a time behind such a record", `INFO  [main] 2024-05-02 10:11:12,345 Storage.java:617 - started
ERROR [main] 2024-05-02 10:11:13,345 Backup.java:228 - job failed
ERROR last run 2024-05-01 03:00:00,000 was fine
WARN  [Service Thread] 2024-05-02 10:11:14,345 Inspector.java:282 - slow
Warning: the certificate expires 2025-01-01 00:00:00,000
INFO  [main] 2024-05-02 10:11:15,345 Storage.java:617 - ready
`, `10:11:12.345 info | Storage.java:617 - started
10:11:13.345 error | Backup.java:228 - job failed
10:11:14.345 warn | Inspector.java:282 - slow
10:11:15.345 info | Storage.java:617 - ready`},
	{"threads before levels of one width", `2024-05-02T10:11:12.345Z [main]  INFO a.b.C - started
2024-05-02T10:11:13.345Z [pool-1-thread-2]  WARN a.b.C - slow
2024-05-02T10:11:14.345Z [main] ERROR a.b.C - failed
2024-05-02T10:11:15.345Z [main]  INFO a.b.C - ready
`, `10:11:12.345 info | a.b.C - started
10:11:13.345 warn | a.b.C - slow
10:11:14.345 error | a.b.C - failed
10:11:15.345 info | a.b.C - ready`},
	{"switch without a clock", `May  2 10:11:12.345: %LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to down
May  2 10:11:13.345: %SYS-5-CONFIG_I: Configured from console by admin
*May  2 10:11:14.345: %LINEPROTO-5-UPDOWN: Line protocol on Interface Vlan1, changed state to up
`, `10:11:12.345 error | %LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to down
10:11:13.345 info | %SYS-5-CONFIG_I: Configured from console by admin
10:11:14.345 info | %LINEPROTO-5-UPDOWN: Line protocol on Interface Vlan1, changed state to up`},
	{"switch by syslog", `May  2 10:11:12 sw1 4711: May  2 08:11:12.345: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down
May  2 10:11:13 sw1 4712: May  2 08:11:13.345: %SYS-6-CONFIG_I: Configured from console by admin
`, `10:11:12 error sw1/4711 | %LINK-3-UPDOWN: Interface Gi0/1, changed state to down
10:11:13 info sw1/4712 | %SYS-6-CONFIG_I: Configured from console by admin`},
	{"common event format", `May  2 10:11:12 fw1 CEF:0|Acme|Fire\|wall|1.0|100|Connection blocked|8|src=10.0.0.1 msg=denied by rule 7
May  2 10:11:13 fw1 CEF:0|Acme|Firewall|1.0|101|Connection allowed|Low|src=10.0.0.1
`, `10:11:12 error fw1/CEF | CEF:0|Acme|Fire\|wall|1.0|100|Connection blocked|8|src=10.0.0.1 msg=denied by rule 7
10:11:13 info fw1/CEF | CEF:0|Acme|Firewall|1.0|101|Connection allowed|Low|src=10.0.0.1`},
	{"console of .NET", `info: Acme.Hosting.Lifetime[14]
      Now listening on: http://[::]:80
fail: Acme.Server[13]
      Connection id "0HN1": An unhandled exception was thrown by the application.
dbug: Acme.X[0]
      slow
crit: Acme.X[0]
      dead
`, `- info | Acme.Hosting.Lifetime[14]
- error | Acme.Server[13]
- debug | Acme.X[0]
- error | Acme.X[0]`},
	{"brief logcat", `D/WindowManager( 1702): freezing
E/AndroidRuntime( 5551): FATAL EXCEPTION: main
E/AndroidRuntime( 5551): java.lang.NullPointerException
I/ActivityManager( 1702): Process died
`, `- debug | WindowManager( 1702): freezing
- error | AndroidRuntime( 5551): FATAL EXCEPTION: main
- error | AndroidRuntime( 5551): java.lang.NullPointerException
- info | ActivityManager( 1702): Process died`},
	{"letters and a slash that are no level", `I/O error, dev sda, sector 1
I/O error, dev sda, sector 2
I/O error, dev sda, sector 3
E/A ratio out of range
`, `- none | I/O error, dev sda, sector 1
- none | I/O error, dev sda, sector 2
- none | I/O error, dev sda, sector 3
- none | E/A ratio out of range`},
	{"a text that names a crash", `2024-05-02T10:11:12Z INFO settings
Segmentation fault handling is on
2024-05-02T10:11:13Z INFO started
Segmentation fault (core dumped)
`, `10:11:12 info | settings
10:11:13 info | started
- fatal | Segmentation fault (core dumped)`},
	{"signs for levels", `4711:C 02 May 2024 10:11:12.345 # Redis is starting
4711:M 02 May 2024 10:11:13.345 * Ready to accept connections
4711:M 02 May 2024 10:11:14.345 # Can't save in background: fork: Cannot allocate memory
4711:S 02 May 2024 10:11:15.345 - DB 0: 1 keys
`, `10:11:12.345 warn | Redis is starting
10:11:13.345 info | Ready to accept connections
10:11:14.345 warn | Can't save in background: fork: Cannot allocate memory
10:11:15.345 trace | DB 0: 1 keys`},
	{"unknown user and database", `2024-05-02 10:11:12.345 UTC [4711] user@shop LOG:  ready
2024-05-02 10:11:13.345 UTC [4712] user@shop ERROR:  deadlock detected
2024-05-02 10:11:14.345 UTC [4713] [unknown]@[unknown] FATAL:  sorry, too many clients already
`, `10:11:12.345 info | ready
10:11:13.345 error | deadlock detected
10:11:14.345 fatal | sorry, too many clients already`},
	{"PHP", `[02-May-2024 10:11:13 UTC] PHP Warning:  slow in /a.php on line 3
[02-May-2024 10:11:14 UTC] PHP Fatal error:  Uncaught Error: Call to undefined function x() in /a.php:3
`, `10:11:13 warn | slow in /a.php on line 3
10:11:14 fatal | Uncaught Error: Call to undefined function x() in /a.php:3`},
	{"Ruby's logger", `I, [2024-05-02T10:11:12.345678 #4711]  INFO -- : started
E, [2024-05-02T10:11:13.545678 #4711] ERROR -- : no connection
`, `10:11:12.345678 info | started
10:11:13.545678 error | no connection`},
	{"brackets before the level", `[2024-05-02T10:11:12.345] error: Node node17 not responding
[2024-05-02T10:11:15.345] debug:  backfill: beginning
[2024-05-02T10:11:16.345] error: slurmdbd: cannot connect
[2024-05-02T10:11:17.345] [4711.batch] error: Detected 1 oom-kill event in StepId=4711.batch
`, `10:11:12.345 error | Node node17 not responding
10:11:15.345 debug | backfill: beginning
10:11:16.345 error | slurmdbd: cannot connect
10:11:17.345 error | Detected 1 oom-kill event in StepId=4711.batch`},
	{
		"seconds with an exponent", "1.7146446723456E+09\tINFO\tsetup\tstarting manager\n1.7146446733456e+09\tERROR\tcontroller.shop\tReconciler error\n",
		"10:11:12.3456 info | setup\tstarting manager\n10:11:13.3456 error | controller.shop\tReconciler error",
	},
	{"end of a build", `[INFO] Scanning for projects...
[ERROR] COMPILATION ERROR :
[ERROR] Failed to execute goal
Finished: FAILURE
`, `- info | Scanning for projects...
- error | COMPILATION ERROR :
- error | Failed to execute goal
- error | Finished: FAILURE`},
	{"a second clock behind the level", `Aug 03 09:01:01.123456 host1 NetworkManager[1354]: <info>  [1627982101.5001] manager: now CONNECTED
Aug 03 09:02:02.123456 host1 NetworkManager[1354]: <warn>  [1627982102.5002] dhcp4 (eth0): no answer
`, `09:01:01.123456 info host1/NetworkManager | manager: now CONNECTED
09:02:02.123456 warn host1/NetworkManager | dhcp4 (eth0): no answer`},
	{"output of services", `2024-05-02T10:11:12.345Z [pebble] Started default service "agent".
2024-05-02T10:11:13.345Z [agent] 2024-05-02 10:11:13 INFO juju.worker starting up
2024-05-02T10:11:14.345Z [agent] 2024-05-02 10:11:14 ERROR juju-log hook failed
2024-05-02T10:11:14.345Z [agent] Traceback (most recent call last):
2024-05-02T10:11:14.345Z [agent]   File "/charm/rock.py", line 245, in run
2024-05-02T10:11:14.346Z [agent]     raise ExecError(self)
2024-05-02T10:11:14.346Z [agent] ops.ExecError: non-zero exit code 1
2024-05-02T10:11:15.345Z [agent] 2024-05-02 10:11:15 INFO juju.worker stopped
`, `10:11:12.345 none pebble | Started default service "agent".
10:11:13.345 info agent | juju.worker starting up
10:11:14.345 error agent | juju-log hook failed
10:11:14.345 none agent | Traceback (most recent call last):
10:11:15.345 info agent | juju.worker stopped`},
	{"services that speak at once", `2024-05-02T10:11:12.345Z [agent] Traceback (most recent call last):
2024-05-02T10:11:12.345Z [agent]   File "/charm/rock.py", line 245, in run
2024-05-02T10:11:12.346Z [store] 2024-05-02 10:11:12 ERROR disk full
2024-05-02T10:11:12.347Z [agent]   File "/charm/rock.py", line 246, in run
2024-05-02T10:11:12.347Z [agent] ops.ExecError: non-zero exit code 1
2024-05-02T10:11:13.345Z [store] 2024-05-02 10:11:13 INFO ready
`, `10:11:12.345 none agent | Traceback (most recent call last):
10:11:12.346 error store | disk full
10:11:12.347 none agent | File "/charm/rock.py", line 246, in run
10:11:12.347 none agent | ops.ExecError: non-zero exit code 1
10:11:13.345 info store | ready`},
	{"originators", `2024-05-02T10:11:12.345Z info vpxd[04711] [Originator@6876 sub=vpxLro opID=1f] BEGIN lro-1
2024-05-02T10:11:13.345Z error vpxd[04712] [Originator@6876 sub=Default] Failed to connect to host host-7
2024-05-02T10:11:14.345Z warning vpxd[0471A] [Originator@6876 sub=x] list [a] is empty
`, `10:11:12.345 info vpxd | BEGIN lro-1
10:11:13.345 error vpxd | Failed to connect to host host-7
10:11:14.345 warn vpxd | list [a] is empty`},
	{"requests of an application server", `[pid: 101|app: 0|req: 1/1] 10.0.0.1 () {40 vars in 600 bytes} [Thu May  2 10:11:12 2024] GET /orders/7 => generated 31 bytes in 3 msecs (HTTP/1.1 200) 3 headers in 100 bytes
[pid: 101|app: 0|req: 2/2] 10.0.0.1 () {40 vars in 600 bytes} [Thu May  2 10:11:13 2024] GET /failed/8 => generated 62 bytes in 6 msecs (HTTP/1.1 500) 3 headers in 100 bytes
[pid: 102|app: 0|req: 3/3] 10.0.0.2 () {40 vars in 600 bytes} [Thu May  2 10:11:14 2024] GET /orders/9 => generated 62 bytes in 6 msecs (HTTP/1.1 404) 3 headers in 100 bytes
`, `10:11:12 info | GET /orders/7 => generated 31 bytes in 3 msecs (HTTP/1.1 200) 3 headers in 100 bytes
10:11:13 error | GET /failed/8 => generated 62 bytes in 6 msecs (HTTP/1.1 500) 3 headers in 100 bytes
10:11:14 warn | GET /orders/9 => generated 62 bytes in 6 msecs (HTTP/1.1 404) 3 headers in 100 bytes`},
	{"a crash behind a record of another thing", `2024-05-02T10:11:12Z INFO listening on :80
2024-05-02T10:11:13Z INFO request 7
panic: runtime error: invalid memory address or nil pointer dereference

goroutine 17 [running]:
main.handler(...)
	/src/main.go:33
2024-05-02T10:11:20Z INFO listening on :80
`, `10:11:12 info | listening on :80
10:11:13 info | request 7
- fatal | panic: runtime error: invalid memory address or nil pointer dereference
10:11:20 info | listening on :80`},
}

func TestWorlds(t *testing.T) {
	for _, w := range worlds {
		t.Run(w.name, func(t *testing.T) {
			data := []byte(w.log)
			recs := readAll(t, detect("app.log", data).Reader(format.Options{Reference: time.Date(2024, 5, 3, 0, 0, 0, 0, time.UTC)}), data)
			var got []string
			for i := range recs {
				rec := &recs[i]
				at := "-"
				if rec.Time != analysis.NoTime {
					at = rec.When().Format("15:04:05.999999")
				}
				if s := rec.Resource.String(); s != "" {
					s = " " + s
					at += " " + rec.Severity.String() + s
				} else {
					at += " " + rec.Severity.String()
				}
				first, _, _ := strings.Cut(strings.TrimSpace(string(rec.Message)), "\n")
				got = append(got, fmt.Sprintf("%s | %s", at, first))
			}
			if diff := cmp.Diff(strings.Split(w.want, "\n"), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestWorldsCut wants the same records of a log in pieces as of all of it.
func TestWorldsCut(t *testing.T) {
	for _, w := range worlds {
		data := []byte(strings.Repeat(w.log, 4))
		o := format.Options{Reference: time.Date(2024, 5, 3, 0, 0, 0, 0, time.UTC)}
		d := detect("app.log", data)
		whole := readAll(t, d.Reader(o), data)
		for step := 61; step < 700; step += 101 {
			got, err := readCut(d.Reader(o), data, func() int { return step })
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(whole, got); diff != "" {
				t.Errorf("%s in pieces of %d bytes, -whole +pieces:\n%s", w.name, step, diff)
			}
		}
	}
}
