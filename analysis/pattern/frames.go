package pattern

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// signed stands in a skeleton before the names of a stack trace's own frames.
// No other byte below the blank but mark reaches a skeleton.
const signed = 0x02

// maxOwn is how many own frames, from where the failure arose, tell one
// failure from another.
const maxOwn = 5

// under stands between a frame and the one that called it.
const under = " < "

// The languages of stack traces, by the form of their frames.
type language uint8

const (
	noFrame    language = iota
	langJVM             // at com.acme.Pool.get(Pool.java:17)
	langNet             // at Acme.Pool.Get(String name) in C:\src\Pool.cs:line 17
	langJS              // at Pool.get (/srv/pool.js:17:5)
	langPython          // File "/srv/pool.py", line 17, in get
	langGo              // main.(*Pool).get(0xc000), the place on the next line
	langRuby            // from /srv/pool.rb:17:in `get'
	langRust            // 3: acme::pool::get
	langC               // #3 0x00007f3c in get (p=0x0) at pool.c:17
	langKernel          // get_pool+0x1f/0x30 [acme]
)

// traceFrame is one frame of a stack trace: a line of the message.
type traceFrame struct {
	start, end int32
	part       int32 // counts the exceptions before it
	lang       language
}

// frameOf returns the language in whose form a line is a frame; after is the
// text behind the line.
func frameOf(line, after []byte) language {
	t := bytes.TrimRight(bytes.TrimLeft(line, " \t"), " \t\r")
	if len(t) < 6 {
		return noFrame
	}
	indented := len(line) > 0 && (line[0] == ' ' || line[0] == '\t')
	switch c := t[0]; {
	case c == 'a' && t[1] == 't' && t[2] == ' ':
		return atFrame(t[3:])
	case c == 'F' && indented && bytes.HasPrefix(t, []byte(`File "`)):
		if bytes.Contains(t, []byte(`", line `)) {
			return langPython
		}
	case c == '#' && classes[t[1]]&clDigit != 0:
		i := 1
		for i < len(t) && classes[t[i]]&clDigit != 0 {
			i++
		}
		if i < 5 && i+2 < len(t) && t[i] == ' ' && (t[i+1] == ' ' || bytes.HasPrefix(t[i+1:], []byte("0x"))) {
			return langC
		}
	case classes[c]&clDigit != 0 && indented:
		i := 0
		for i < len(t) && classes[t[i]]&clDigit != 0 {
			i++
		}
		if i < 5 && i+2 < len(t) && t[i] == ':' && t[i+1] == ' ' && (bytes.Contains(t, []byte("::")) || bytes.IndexByte(t[i+2:], ' ') < 0) {
			return langRust
		}
	case indented && bytes.HasPrefix(t, []byte("from ")), c == '/':
		if rubyName(t) != nil {
			return langRuby
		}
	case kernelName(t) != nil:
		return langKernel
	}
	if t[len(t)-1] == ')' && !indented && classes[t[0]] == clLetter { // Go names the place on the next line
		if nl := bytes.IndexByte(after, '\n'); nl >= 0 {
			after = after[:nl]
		}
		if len(after) > 0 && (after[0] == '\t' || after[0] == ' ') && bytes.Contains(after, []byte(".go:")) && bytes.IndexByte(t, '.') > 0 {
			return langGo
		}
	}
	return noFrame
}

// atFrame tells apart the languages whose frames begin with "at".
func atFrame(t []byte) language {
	open := bytes.LastIndexByte(t, '(')
	if open > 0 && t[open-1] == ' ' || bytes.HasPrefix(t, []byte("async ")) || open < 0 && placed(t) {
		return langJS
	}
	if open <= 0 {
		return noFrame
	}
	in := t[open+1:]
	if end := bytes.IndexByte(in, ')'); end >= 0 {
		in = in[:end]
	}
	switch {
	case bytes.IndexByte(t[:open], ' ') >= 0:
		if i := bytes.IndexByte(t, '('); i > 0 && bytes.IndexByte(t[:i], ' ') < 0 {
			return langNet // parameters of types with their own brackets
		}
		return noFrame
	case string(in) == "Unknown Source", string(in) == "Native Method", string(in) == "<generated>":
		return langJVM
	case bytes.Contains(t[open:], []byte(") in ")), len(in) == 0, bytes.IndexByte(in, ' ') > 0:
		return langNet
	case bytes.IndexByte(in, '.') > 0 && bytes.IndexByte(t[:open], '.') > 0:
		return langJVM
	}
	return langNet
}

// placed reports whether a text ends in ":line:column".
func placed(t []byte) bool {
	n := 0
	for i := len(t) - 1; i > 0; i-- {
		if t[i] == ':' && i+1 < len(t) && classes[t[i+1]]&clDigit != 0 {
			if n++; n == 2 {
				return true
			}
		} else if classes[t[i]]&clDigit == 0 {
			return false
		}
	}
	return false
}

// name appends the name of a frame to dst, without line numbers, addresses and
// what compilers generated; own reports that it is of the program, not of the
// language's runtime or of a library. A frame that says nothing has no name.
func (f language) name(dst, line []byte) (out []byte, own bool) {
	t := bytes.TrimRight(bytes.TrimLeft(line, " \t"), " \t\r")
	switch f {
	case langJVM:
		t = t[3:bytes.IndexByte(t, '(')]
		if i := bytes.LastIndexByte(t, '/'); i >= 0 && bytes.IndexByte(t[:i], '$') < 0 { // the module or the loader
			t = t[i+1:]
		}
		return appendJVM(dst, t), !anyPrefix(t, jvmRuntime[:])
	case langNet:
		t = t[3:bytes.IndexByte(t, '(')]
		return appendNet(dst, t), !anyPrefix(t, netRuntime[:])
	case langJS:
		return appendJS(dst, t[3:])
	case langPython:
		t = t[len(`File "`):]
		i := bytes.IndexByte(t, '"')
		if i < 0 {
			return dst, false
		}
		file, name := t[:i], []byte(nil)
		if k := bytes.Index(t, []byte(", in ")); k > 0 {
			name = t[k+len(", in "):]
		}
		dst = append(dst, bytes.TrimSuffix(base(file), []byte(".py"))...)
		if name = bytes.Trim(name, "<>"); len(name) > 0 {
			dst = append(append(dst, '.'), name...)
		}
		return dst, !bytes.HasPrefix(file, []byte("<")) && !contains(file, "site-packages/", "dist-packages/", "/lib/python", `\lib\`)
	case langGo:
		t = t[:goArgs(t)]
		return appendGo(dst, t), goOwn(t)
	case langRuby:
		name, path := rubyName(t), t
		if i := bytes.Index(path, []byte(".rb:")); i > 0 {
			path = path[:i]
		}
		dst = append(append(dst, base(path)...), '.')
		return append(dst, name...), !contains(path, "/gems/", "/lib/ruby/", "<internal:")
	case langRust:
		t = t[bytes.IndexByte(t, ':')+2:]
		if bytes.HasPrefix(t, []byte("0x")) {
			if i := bytes.Index(t, []byte(" - ")); i > 0 {
				t = t[i+3:]
			}
		}
		return appendRust(dst, t), !anyPrefix(t, rustRuntime[:])
	case langC:
		return appendC(dst, t)
	case langKernel:
		name := kernelName(t)
		return append(dst, name...), len(name) > 0
	}
	return dst, false
}

var (
	jvmRuntime  = [...]string{"java.", "javax.", "jakarta.", "jdk.", "sun.", "com.sun.", "kotlin.", "kotlinx.", "scala.", "groovy.", "clojure.", "android.", "dalvik.", "org.springframework.cglib.", "net.sf.cglib."}
	netRuntime  = [...]string{"System.", "Microsoft.", "Interop.", "<"}
	goRuntime   = [...]string{"runtime.", "runtime/", "panic(", "net/", "net.", "sync.", "reflect.", "testing.", "syscall.", "internal/", "os.", "io.", "fmt.", "strconv.", "strings.", "bytes.", "encoding/", "database/", "context.", "time.", "bufio.", "crypto/", "log.", "errors.", "sort.", "math/", "html/", "text/", "regexp.", "archive/", "compress/"}
	rustRuntime = [...]string{"std::", "core::", "alloc::", "rust_", "__rust", "<alloc::", "<core::", "<std::", "_start", "__libc", "main"}
	cRuntime    = [...]string{"__", "_start", "abort", "raise", "gsignal", "std::", "start_thread", "clone", "pthread_", "_IO_", "operator new"}
)

// appendJVM appends a method's name: proxies, accessors, lambdas and inner
// classes without their numbers.
func appendJVM(dst, t []byte) []byte {
	for len(t) > 0 {
		part := t
		if i := bytes.IndexByte(t, '.'); i >= 0 {
			part, t = t[:i], t[i+1:]
		} else {
			t = nil
		}
		if len(part) == 0 {
			continue
		}
		if i := bytes.Index(part, []byte("$$")); i > 0 { // Service$$EnhancerByCGLIB$$1a2b, Main$$Lambda/0x12
			part = part[:i]
		}
		if bytes.HasPrefix(part, []byte("lambda$")) {
			part = bytes.TrimSuffix(part[len("lambda$"):], []byte("$"))
		}
		generated := bytes.IndexByte(part, '$') >= 0 || bytes.HasPrefix(part, []byte("Generated"))
		for i, c := range part {
			switch {
			case generated && classes[c]&clDigit != 0: // numbers of generated names
			case c == '$' && (i+1 == len(part) || classes[part[i+1]]&clDigit != 0):
			default:
				dst = append(dst, c)
			}
		}
		if len(t) > 0 {
			dst = append(dst, '.')
		}
	}
	return dst
}

// appendNet appends a method's name: state machines and closures become the
// methods they were written in.
func appendNet(dst, t []byte) []byte {
	from := len(dst)
	for len(t) > 0 {
		part := t
		depth, i := 0, 0
		for ; i < len(t) && (t[i] != '.' || depth > 0); i++ {
			switch t[i] {
			case '<', '[':
				depth++
			case '>', ']':
				depth--
			}
		}
		part, t = t[:i], t[min(i+1, len(t)):]
		if k := bytes.IndexByte(part, '+'); k >= 0 && k+1 < len(part) {
			part = part[k+1:]
		}
		if len(part) > 0 && part[0] == '<' {
			end := bytes.IndexByte(part, '>')
			if end <= 1 {
				continue // <>c__DisplayClass3_0
			}
			part = part[1:end]
		}
		if i := bytes.IndexAny(part, "`["); i > 0 {
			part = part[:i]
		}
		if string(part) == "MoveNext" && len(dst) > from || len(part) == 0 {
			continue
		}
		if len(dst) > from {
			dst = append(dst, '.')
		}
		dst = append(dst, part...)
	}
	return dst
}

// appendJS appends the name of a function and of its file, whose name may have
// the hash of its contents in it.
func appendJS(dst, t []byte) ([]byte, bool) {
	t = bytes.TrimPrefix(t, []byte("async "))
	t = bytes.TrimPrefix(t, []byte("new "))
	name, path := []byte(nil), t
	if i := bytes.LastIndex(t, []byte(" (")); i > 0 {
		name, path = t[:i], bytes.TrimSuffix(t[i+2:], []byte(")"))
	}
	if i := bytes.Index(name, []byte(" [as ")); i > 0 {
		name = name[:i]
	}
	own := !contains(path, "node_modules/", "node:", "internal/", "<anonymous>", "native", "[native code]")
	for range 2 { // ":line:column"
		if i := bytes.LastIndexByte(path, ':'); i > 0 && i+1 < len(path) && classes[path[i+1]]&clDigit != 0 {
			path = path[:i]
		}
	}
	file := base(path)
	if i := bytes.IndexByte(file, '.'); i > 0 {
		file = file[:i]
	}
	dst = append(dst, file...)
	for _, p := range [...]string{"Object.", "Module.", "Function.", "exports."} {
		name = bytes.TrimPrefix(name, []byte(p))
	}
	if len(name) > 0 && !bytes.Contains(name, []byte("<anonymous>")) {
		dst = append(append(dst, '.'), name...)
	}
	return dst, own
}

// goArgs returns where the arguments of a Go frame begin.
func goArgs(t []byte) int {
	if i := bytes.LastIndexByte(t, '('); i > 0 {
		return i
	}
	return len(t)
}

// appendGo appends a function's name; closures lose their numbers.
func appendGo(dst, t []byte) []byte {
	t = bytes.TrimPrefix(t, []byte("created by "))
	if i := bytes.IndexByte(t, '['); i > 0 { // [...] of a generic function
		t = t[:i]
	}
	t = bytes.TrimSuffix(t, []byte("-fm"))
	for {
		i := bytes.LastIndexByte(t, '.')
		if i < 0 {
			break
		}
		last := t[i+1:]
		if k := bytes.TrimLeft(last, "funcgowrapdefer"); len(last) > 0 && len(bytes.Trim(k, "0123456789")) == 0 && len(k) > 0 {
			t = t[:i]
			continue
		}
		break
	}
	return append(dst, t...)
}

func goOwn(t []byte) bool {
	return !anyPrefix(t, goRuntime[:]) && !contains(t, "/vendor/") && string(t) != "panic"
}

// rubyName returns the method of a Ruby frame, nil when t is none.
func rubyName(t []byte) []byte {
	i := bytes.Index(t, []byte(":in "))
	if i < 0 || i+5 >= len(t) || t[i+4] != '`' && t[i+4] != '\'' || classes[t[i-1]]&clDigit == 0 {
		return nil
	}
	name := t[i+5:]
	if k := bytes.IndexByte(name, '\''); k > 0 {
		name = name[:k]
	}
	if k := bytes.LastIndex(name, []byte(" in ")); k > 0 { // block (2 levels) in get
		name = name[k+4:]
	}
	return name
}

// appendRust appends a symbol without its hash and closures.
func appendRust(dst, t []byte) []byte {
	if i := bytes.LastIndex(t, []byte("::h")); i > 0 && len(t)-i == 19 {
		t = t[:i]
	}
	for bytes.HasSuffix(t, []byte("::{{closure}}")) {
		t = t[:len(t)-len("::{{closure}}")]
	}
	return append(dst, t...)
}

// appendC appends a symbol of a debugger's or a sanitizer's trace, or the
// module where the symbol is unknown.
func appendC(dst, t []byte) ([]byte, bool) {
	i := bytes.IndexByte(t, ' ')
	t = bytes.TrimLeft(t[i:], " ")
	if bytes.HasPrefix(t, []byte("0x")) {
		if i = bytes.IndexByte(t, ' '); i < 0 {
			return dst, false
		}
		t = bytes.TrimLeft(t[i:], " ")
		t = bytes.TrimPrefix(t, []byte("in "))
	}
	module := []byte(nil)
	if i = bytes.Index(t, []byte(" from ")); i > 0 {
		module = base(t[i+6:])
	} else if i = bytes.LastIndexByte(t, '('); i >= 0 && bytes.HasPrefix(t[i:], []byte("(/")) { // (/usr/lib/libc.so.6+0x27)
		module = base(t[i+1:])
	}
	if i = bytes.IndexAny(module, ".+"); i > 0 {
		module = module[:i]
	}
	own := !contains(module, "libc", "libpthread", "libstdc", "ld-linux", "libasan") && !anyPrefix(t, cRuntime[:])
	if i = bytes.IndexByte(t, '('); i > 0 {
		t = t[:i]
	}
	t = bytes.TrimRight(t, " ")
	if i = bytes.IndexByte(t, ' '); i > 0 && bytes.IndexByte(t[:i], '<') < 0 {
		t = t[:i]
	}
	if len(t) == 0 || t[0] == '?' || t[0] == '(' {
		t, own = module, own && len(module) > 0
	} else if len(module) > 0 {
		dst = append(append(dst, module...), '!')
	}
	return append(dst, t...), own
}

// kernelName returns the function of a line of a kernel's call trace, nil when
// t is none; what the unwinder doubts ("? name+0x1/0x2") is none.
func kernelName(t []byte) []byte {
	if i := bytes.LastIndexByte(t, ']'); i > 0 && t[0] == '[' && i+2 < len(t) { // "[  12.3] ", "[<ffffffff>] "
		t = bytes.TrimLeft(t[bytes.Index(t, []byte("]"))+1:], " ")
	}
	t = bytes.TrimPrefix(t, []byte("RIP: 0010:"))
	i := bytes.Index(t, []byte("+0x"))
	if i <= 0 || bytes.IndexByte(t[i:], '/') < 0 || classes[t[0]] != clLetter || bytes.IndexByte(t[:i], ' ') >= 0 || bytes.IndexByte(t[:i], '/') >= 0 {
		return nil
	}
	name := t[:i]
	if i := bytes.IndexByte(name, '.'); i > 0 { // .isra.0, .constprop.0, .cold
		name = name[:i]
	}
	return name
}

// base returns the last element of a path of either kind.
func base(path []byte) []byte {
	if i := bytes.LastIndexAny(path, `/\`); i >= 0 {
		return path[i+1:]
	}
	return path
}

func anyPrefix(t []byte, list []string) bool {
	for _, p := range list {
		if len(t) >= len(p) && string(t[:len(p)]) == p {
			return true
		}
	}
	return false
}

func contains(t []byte, list ...string) bool {
	for _, p := range list {
		if bytes.Contains(t, []byte(p)) {
			return true
		}
	}
	return false
}

// eachFrame calls yield with the frames of the last message that have a name,
// from where the failure arose: the root cause's first, in each the innermost
// first. Recursion is folded: a name that follows itself counts once.
func (l *Lexer) eachFrame(yield func(name []byte, own bool) bool) {
	if len(l.frames) == 0 {
		return
	}
	// Java and .NET write the cause last; where exceptions follow each other
	// with frames between, the last is the root. Python writes it first, and
	// the innermost frame last.
	python := l.frames[0].lang == langPython
	first := l.frames[0].part
	last := l.frames[len(l.frames)-1].part
	l.last = l.last[:0]
	for k := first; k <= last; k++ {
		part := k
		if !python {
			part = last - (k - first)
		}
		for i := range l.frames {
			f := &l.frames[i]
			if python {
				f = &l.frames[len(l.frames)-1-i]
			}
			if f.part != part {
				continue
			}
			n := len(l.last)
			var own bool
			l.last, own = f.lang.name(l.last, l.trace[f.start:f.end])
			name := l.last[n:n]
			for _, c := range l.last[n:] {
				if c > ' ' {
					name = append(name, c)
				}
			}
			if len(name) == 0 || bytes.Equal(name, l.last[:n]) {
				l.last = l.last[:n]
				continue
			}
			if !yield(name, own) {
				return
			}
			l.last = l.last[:copy(l.last, name)]
		}
	}
}

// sign appends the own frames of the last message to its skeleton; those of
// libraries where there are no others.
func (l *Lexer) sign() {
	if len(l.frames) == 0 {
		return
	}
	from := len(l.skel)
	for _, wanted := range [...]bool{true, false} {
		n := 0
		l.eachFrame(func(name []byte, own bool) bool {
			if own != wanted || listed(l.skel[from:], name) {
				return true
			}
			if n == 0 {
				l.skel = append(l.skel, signed)
			} else {
				l.skel = append(l.skel, under...)
			}
			l.skel = append(l.skel, name...)
			n++
			return n < maxOwn
		})
		if len(l.skel) > from {
			return
		}
	}
}

// listed reports whether a name is one of the frames, so that recursion counts
// once.
func listed(frames, name []byte) bool {
	for len(frames) > 0 {
		frames = bytes.TrimLeft(frames, " <"+"\x02")
		end := bytes.IndexByte(frames, ' ')
		if end < 0 {
			end = len(frames)
		}
		if bytes.Equal(frames[:end], name) {
			return true
		}
		frames = frames[end:]
	}
	return false
}

// cutSigned splits a skeleton into that of the text and the own frames.
func cutSigned(skeleton string) (text, frames string) {
	text, frames, _ = strings.Cut(skeleton, "\x02")
	return text, frames
}

// Signature identifies the failure that a stack trace tells of.
type Signature struct {
	Chain []string `json:"chain"`         // the exceptions with their messages as templates, the root cause first
	Own   []string `json:"own,omitempty"` // frames of the program, from where the failure arose; those of libraries where there are no others

	// Hashes over the chain and: all frames; the own frames; the first own
	// frame. Traces with an equal Strict took the same way, with an equal App
	// they are of one pattern, with an equal Top they failed at the same place.
	Strict string `json:"strict"`
	App    string `json:"app"`
	Top    string `json:"top,omitempty"`
}

// Signature returns the signature of a message's stack trace; false when it
// has none. The template is that of the message's pattern; "" where none is
// known, and what varies in the text is then told from the message alone.
func (l *Lexer) Signature(msg []byte, template string) (Signature, bool) {
	l.Shape(msg)
	if len(l.frames) == 0 {
		return Signature{}, false
	}
	text, frames := cutSigned(string(l.skel))
	if text = render(text); template != "" {
		text = template
	}
	var s Signature
	s.Chain = strings.Split(text, between)
	if l.frames[0].lang != langPython {
		for i, j := 0, len(s.Chain)-1; i < j; i, j = i+1, j-1 {
			s.Chain[i], s.Chain[j] = s.Chain[j], s.Chain[i]
		}
	}
	if frames != "" {
		s.Own = strings.Split(frames, under)
	}
	var all []string
	seen := map[string]bool{}
	l.eachFrame(func(name []byte, _ bool) bool {
		if !seen[string(name)] {
			all = append(all, string(name))
			seen[string(name)] = true
		}
		return true
	})
	s.Strict, s.App = signature(text, strings.Join(all, under)), signature(text, frames)
	if len(s.Own) > 0 {
		s.Top = signature(text, s.Own[0])
	}
	return s, true
}

func signature(text, frames string) string {
	sum := sha256.Sum256([]byte(text + "\n" + frames))
	return hex.EncodeToString(sum[:8])
}

// render returns a skeleton as people read it.
func render(skeleton string) string {
	var b strings.Builder
	for i := 0; i < len(skeleton); i++ {
		if skeleton[i] == mark {
			b.WriteString(hole)
			i++
			continue
		}
		b.WriteByte(skeleton[i])
	}
	return b.String()
}
