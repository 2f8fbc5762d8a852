package format

import "bytes"

// continuation reports whether a line, by its own look, goes on with the
// record before it: it is empty or indented, or it belongs to a stack trace.
func continuation(line []byte) bool {
	if len(line) == 0 {
		return true
	}
	switch c := line[0]; c {
	case ' ', '\t':
		return true
	case '}', ')', ']':
		return len(bytes.TrimRight(line, "}]),; \t")) == 0
	case 'C':
		return bytes.HasPrefix(line, []byte("Caused by: "))
	case 'S':
		return bytes.HasPrefix(line, []byte("Suppressed: "))
	case '.':
		return bytes.HasPrefix(line, []byte("... ")) && bytes.HasSuffix(line, []byte(" more"))
	case 'a':
		return bytes.HasPrefix(line, []byte("at ")) && bytes.IndexByte(line, '(') > 0
	case 'g':
		if bytes.HasPrefix(line, []byte("goroutine ")) {
			return bytes.HasSuffix(line, []byte("]:"))
		}
	case '-':
		return bytes.HasPrefix(line, []byte("--- End of ")) || bytes.HasPrefix(line, []byte("-->"))
	case 'D':
		return bytes.HasPrefix(line, []byte("During handling of the above exception"))
	case 'T':
		return bytes.HasPrefix(line, []byte("The above exception was the direct cause"))
	}
	if bytes.HasPrefix(line, []byte("created by ")) {
		return bytes.IndexByte(line, '.') > 0
	}
	return goFrame(line)
}

// goFrame reports whether a line is a function of a Go stack trace,
// "net/http.(*conn).serve(0xc000123)".
func goFrame(line []byte) bool {
	n := len(line)
	if n < 6 || line[n-1] != ')' || !letter(line[0]) {
		return false
	}
	open := bytes.LastIndexByte(line, '(')
	if open <= 0 || bytes.IndexByte(line[:open], ' ') >= 0 || bytes.IndexByte(line[:open], '.') <= 0 {
		return false
	}
	args := line[open+1 : n-1]
	return len(args) == 0 || bytes.HasPrefix(args, []byte("0x")) || bytes.HasPrefix(args, []byte("{0x")) || bytes.HasPrefix(args, []byte("..."))
}

var traceback = []byte("Traceback (most recent call last):")

// traceLine is continuation for logs of which every line has its own stamp,
// or none has: it also keeps Python's closing line with its traceback.
func (st *state) traceLine(line []byte) bool {
	if bytes.HasPrefix(line, traceback) {
		st.trace = true
		return false
	}
	if continuation(line) {
		return st.trace || !leveled(line)
	}
	if st.trace {
		st.trace = false
		return true
	}
	return false
}

// leveled reports whether an indented line begins with a level in brackets, as
// kubeadm's checks do: "    [ERROR Port-6443]: Port 6443 is in use". It is an
// entry of its own.
func leveled(line []byte) bool {
	b := bytes.TrimLeft(line, " \t")
	if len(b) < 6 || len(b) == len(line) || b[0] != '[' || b[1] < 'A' || b[1] > 'Z' {
		return false
	}
	s, strong, _ := levelIn(b[:bytes.IndexByte(b, ']')+1])
	return s != 0 && strong
}

// traceSettled is the matching rememberer.settled.
func traceSettled(line []byte) bool {
	return !continuation(line) && !bytes.HasPrefix(line, traceback)
}

// crash reports whether a line without a stamp is the first that a runtime
// writes about the end of its program: it is no part of the record before,
// which may have been of anything.
func crash(line []byte) bool {
	switch line[0] {
	case 'p':
		return bytes.HasPrefix(line, []byte("panic: "))
	case 'f':
		return bytes.HasPrefix(line, []byte("fatal error: "))
	case 't':
		return bytes.HasPrefix(line, []byte("thread '")) && bytes.Contains(line, []byte("' panicked at ")) ||
			bytes.HasPrefix(line, []byte("terminate called after throwing"))
	case 'E':
		return bytes.HasPrefix(line, []byte(`Exception in thread "`))
	case 'U':
		return bytes.HasPrefix(line, []byte("Unhandled exception. "))
	case 'S':
		rest, ok := bytes.CutPrefix(line, []byte("Segmentation fault"))
		return ok && (len(rest) == 0 || bytes.HasPrefix(rest, []byte(" (core")))
	}
	return false
}
