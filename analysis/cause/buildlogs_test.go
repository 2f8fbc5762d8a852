package cause_test

import (
	"strings"
	"testing"
)

// Logs as common build tools print them, made up in their form: the first
// evidence must be the line that says why, not the one that says that.
func TestBuildTools(t *testing.T) {
	c := catalogue(t)
	for _, x := range []struct{ name, log, want string }{
		{"maven", `[INFO] Scanning for projects...
[INFO] --- maven-compiler-plugin:3.8.1:compile (default-compile) @ shop ---
[INFO] -------------------------------------------------------------
[ERROR] COMPILATION ERROR : 
[INFO] -------------------------------------------------------------
[ERROR] /src/main/java/shop/Cart.java:[42,17] cannot find symbol
  symbol:   method total()
[INFO] 1 error
[INFO] BUILD FAILURE
[INFO] Total time:  3.1 s
[ERROR] Failed to execute goal org.apache.maven.plugins:maven-compiler-plugin:3.8.1:compile (default-compile) on project shop: Compilation failure
[ERROR] -> [Help 1]
Build step 'Invoke top-level Maven targets' marked build as failure
Finished: FAILURE`, "COMPILATION ERROR|cannot find symbol"},
		{"gradle", `> Task :compileJava
> Task :test
shop.CartTest > total() FAILED
    org.opentest4j.AssertionFailedError at CartTest.java:12
3 tests completed, 1 failed
> Task :test FAILED
FAILURE: Build failed with an exception.
* What went wrong:
Execution failed for task ':test'.
> There were failing tests. See the report at: file:///x/index.html
BUILD FAILED in 5s
##[error]Process completed with exit code 1.`, "CartTest > total|AssertionFailedError"},
		{"npm", `> shop@1.0.0 build
> webpack
ERROR in ./src/cart.js 7:2
Module not found: Error: Can't resolve './price' in '/app/src'
webpack 5.88.2 compiled with 1 error in 812 ms
npm ERR! code ELIFECYCLE
npm ERR! errno 1
npm ERR! shop@1.0.0 build: webpack
npm ERR! Exit status 1
ERROR: Job failed: exit code 1`, "ERROR in ./src/cart.js|Can't resolve"},
		{"go test", `=== RUN   TestCart
    cart_test.go:14: total = 3, want 4
--- FAIL: TestCart (0.00s)
FAIL
FAIL	example.com/shop	0.004s
make: *** [Makefile:12: test] Error 1
##[error]Process completed with exit code 2.`, "--- FAIL: TestCart|cart_test.go:14"},
		{"cargo", `   Compiling shop v0.1.0 (/app)
error[E0425]: cannot find value ` + "`price`" + ` in this scope
 --> src/main.rs:3:5
error: could not compile ` + "`shop`" + ` (bin "shop") due to 1 previous error
##[error]Process completed with exit code 101.`, "error[E0425]"},
		{"msbuild", `  Determining projects to restore...
/app/Cart.cs(12,9): error CS0103: The name 'price' does not exist in the current context [/app/shop.csproj]
Build FAILED.
    0 Warning(s)
    1 Error(s)
##[error]Process completed with exit code 1.`, "error CS0103"},
		{"gcc", `cc -c -o cart.o cart.c
cart.c: In function 'total':
cart.c:7:10: error: 'price' undeclared (first use in this function)
make[1]: *** [Makefile:3: cart.o] Error 1
make: *** [Makefile:9: all] Error 2
The command "make" exited with 2.`, "cart.c:7:10"},
		{"pip", `Collecting shop==9.9
ERROR: Could not find a version that satisfies the requirement shop==9.9 (from versions: 1.0)
ERROR: No matching distribution found for shop==9.9
Cleaning up project directory and file based variables
ERROR: Job failed: exit code 1`, "Could not find a version|No matching distribution"},
		{"docker", `Step 4/9 : RUN apt-get install -y frob
E: Unable to locate package frob
The command '/bin/sh -c apt-get install -y frob' returned a non-zero code: 100
##[error]Process completed with exit code 100.`, "Unable to locate package"},
		{"shell", `+ ./deploy.sh staging
./deploy.sh: line 12: REGION: unbound variable
##[error]Process completed with exit code 1.`, "unbound variable"},
		{"git", `[command]/usr/bin/git fetch origin
fatal: unable to access 'https://git.example/x.git/': Could not resolve host: git.example
##[error]The process '/usr/bin/git' failed with exit code 128`, "Could not resolve host"},
		{"jest", `FAIL src/cart.test.js
  ● total › adds prices
    expect(received).toBe(expected) // Object.is equality
    Expected: 4
    Received: 3
Tests:       1 failed, 3 passed, 4 total
npm ERR! Test failed.  See above for more details.
##[error]Process completed with exit code 1.`, "FAIL src/cart.test.js|adds prices"},
		{"terraform", `Terraform will perform the following actions:
╷
│ Error: creating EC2 Instance: VcpuLimitExceeded: You have requested more vCPU capacity than your current limit
│   with aws_instance.web,
╵
##[error]Terraform exited with code 1.`, "VcpuLimitExceeded"},
		{"ansible", `TASK [install] ****
ok: [web01]
fatal: [web02]: FAILED! => {"changed": false, "msg": "No package matching 'frob' found available"}
PLAY RECAP ****
web02 : ok=1 changed=0 unreachable=0 failed=1
##[error]Process completed with exit code 2.`, "fatal: [web02]"},
		{"azure", `##[section]Starting: Run tests
Running 12 tests
##[error]Frobnication of part 7 is not allowed
##[error]Bash exited with code '1'.
##[section]Finishing: Run tests`, "Frobnication of part 7"},
	} {
		t.Run(x.name, func(t *testing.T) {
			u := unit(x.log)
			a := c.Judge(u)
			if len(a.Evidence) == 0 {
				t.Fatalf("no evidence, verdict %s", a.Verdict)
			}
			for _, want := range strings.Split(x.want, "|") {
				if strings.Contains(a.Evidence[0].Text, want) {
					return
				}
			}
			t.Errorf("first evidence is %q (%s %s), want one with %s", a.Evidence[0].Text, a.Verdict, a.Cause, x.want)
		})
	}
}
