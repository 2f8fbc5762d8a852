package pattern

import "bytes"

// between stands in a skeleton and a template between the first line of a
// stack trace and each line that names an exception.
const between = " | "

// maxChain is how many exceptions of one record are looked at.
const maxChain = 6

// maxFrames is how many frames of one record are looked at.
const maxFrames = 1000

// text returns what of a message is looked at: its first line that is not
// blank; of a stack trace also the lines that say which exceptions there were
// ("Caused by" of Java, the last line of Python), without the frames, which are
// kept in l.frames.
func (l *Lexer) text(msg []byte) []byte {
	l.runs, l.frames = l.runs[:0], l.frames[:0]
	nl := bytes.IndexByte(msg, '\n')
	if nl < 0 {
		return msg
	}
	start := 0
	for nl >= 0 && blank(msg[start:nl]) {
		start = nl + 1
		nl = bytes.IndexByte(msg[start:], '\n')
		if nl >= 0 {
			nl += start
		}
	}
	if nl < 0 {
		nl = len(msg)
	}
	l.trace = msg
	l.view = append(l.view[:0], cut(msg[start:nl])...)
	l.runs = append(l.runs, run{0, int32(start)})
	lang := frameOf(msg[start:nl], msg[min(nl+1, len(msg)):])
	l.frame(start, nl, 0, lang)
	frames, held, heldEnd, chain, part := lang != noFrame || isFrame(msg[start:nl]), 0, 0, 0, 0
	told, dumped := panicked(msg[start:nl]), false // the next line has the message; the failing thread is behind us
	for at := nl + 1; at < len(msg); {
		end := bytes.IndexByte(msg[at:], '\n')
		if end < 0 {
			end = len(msg)
		} else {
			end += at
		}
		line := msg[at:end]
		lang := frameOf(line, msg[min(end+1, len(msg)):])
		switch more := chain < maxChain && len(l.view) < maxText; {
		case lang != noFrame || isFrame(line):
			if lang == noFrame && len(l.frames) > 0 && bytes.HasPrefix(line, []byte("goroutine ")) {
				dumped = true // the other goroutines'
			}
			if !dumped {
				l.frame(at, end, part, lang)
			}
			frames = true
			if heldEnd > 0 && more {
				l.also(msg, held, heldEnd)
				heldEnd = 0
				chain++
			}
		case !more:
		case told || isException(line):
			if heldEnd > 0 && frames {
				l.also(msg, held, heldEnd)
				chain++
			}
			held, heldEnd = at, end
			if len(l.frames) > 0 {
				part++
			}
			told = panicked(line)
		}
		at = end + 1
	}
	if heldEnd > 0 && frames && chain < maxChain {
		l.also(msg, held, heldEnd)
	}
	return l.view
}

// frame keeps a frame. The first tells the language: the lines that other ones
// would take for frames say where the frame before them is.
func (l *Lexer) frame(start, end, part int, lang language) {
	if lang != noFrame && len(l.frames) < maxFrames && (len(l.frames) == 0 || lang == l.frames[0].lang) {
		l.frames = append(l.frames, traceFrame{int32(start), int32(end), int32(part), lang})
	}
}

// panicked reports whether a line of Rust says that the message follows.
func panicked(line []byte) bool {
	return bytes.HasPrefix(line, []byte("thread '")) && bytes.Contains(line, []byte("' panicked at ")) && bytes.HasSuffix(bytes.TrimRight(line, "\r"), []byte(":"))
}

// also adds the line start..end of msg to the text looked at.
func (l *Lexer) also(msg []byte, start, end int) {
	for start < end && classes[msg[start]] == clBlank {
		start++
	}
	l.view = append(l.view, between...)
	l.runs = append(l.runs, run{int32(len(l.view)), int32(start)})
	l.view = append(l.view, cut(msg[start:end])...)
}

func cut(line []byte) []byte {
	if len(line) > maxText {
		return line[:maxText]
	}
	return line
}

func blank(line []byte) bool {
	for _, c := range line {
		if classes[c] != clBlank {
			return false
		}
	}
	return true
}

// isFrame reports whether a line is a frame of a stack trace, or a line that
// only stands among them.
func isFrame(line []byte) bool {
	t := bytes.TrimLeft(line, " \t")
	if len(t) == len(line) {
		return bytes.HasPrefix(line, []byte("Traceback (most recent call last)")) ||
			bytes.HasPrefix(line, []byte("goroutine ")) && bytes.HasSuffix(line, []byte("]:"))
	}
	return bytes.HasPrefix(t, []byte("at ")) || bytes.HasPrefix(t, []byte(`File "`)) ||
		bytes.HasPrefix(t, []byte("... ")) && bytes.HasSuffix(bytes.TrimRight(t, "\r"), []byte("more"))
}

// isException reports whether a line names an exception: a type that ends in
// a word for it, or a cause, perhaps with a message behind a colon.
func isException(line []byte) bool {
	t := bytes.TrimLeft(line, " \t")
	for _, p := range [...]string{"Caused by: ", "Suppressed: ", "---> ", "panic: ", "fatal error: ", "what(): "} {
		if bytes.HasPrefix(t, []byte(p)) {
			return true
		}
	}
	if len(t) != len(line) || len(t) == 0 || classes[t[0]] != clLetter {
		return false
	}
	e, dots := 0, 0
	for e < len(t) && classes[t[e]]&(clLetter|clDigit|clDot) != 0 {
		if t[e] == '.' {
			dots++
		}
		e++
	}
	if e < len(t) && t[e] != ':' && t[e] != '\r' {
		return false
	}
	name := t[:e]
	for _, s := range [...]string{"Exception", "Error", "Throwable", "Failure", "Fault", "Exit", "Interrupt", "Warning", "Timeout"} {
		if bytes.HasSuffix(name, []byte(s)) {
			return true
		}
	}
	return dots >= 2 && e < len(t) && t[e] == ':'
}
