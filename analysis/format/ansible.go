package format

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"time"

	"faultline/analysis"
)

// ansibleRecap is a host's line of a playbook's recap.
var ansibleRecap = regexp.MustCompile(`^(\S+)\s+: ok=(\d+)\s+changed=(\d+)\s+unreachable=(\d+)\s+failed=(\d+)`)

// sniffAnsible recognises the output of playbooks, with or without stamps. It
// is read as the text that it is; the hosts' lines of a recap become runs.
func sniffAnsible(s *sample) match {
	plays := 0
	for _, line := range s.lines {
		if bytes.Contains(line, []byte("PLAY [")) || bytes.Contains(line, []byte("PLAY RECAP ***")) {
			if t := ansibleText(line); bytes.HasPrefix(t, []byte("PLAY ")) {
				plays++
			}
		}
	}
	if plays == 0 {
		return match{}
	}
	best := sniffPlain(s)
	if m := sniffText(s); m.confidence > best.confidence {
		best = m
	}
	inner := best.open
	best.confidence = min(best.confidence+0.05, 0.99)
	best.detail = "ansible"
	best.open = func(o Options) Reader { return &ansibleReader{Reader: inner(o)} }
	return best
}

// ansibleText returns what Ansible itself wrote: a log file has process, user
// and program before it, and a stamp before those.
func ansibleText(line []byte) []byte {
	if i := bytes.Index(line[:min(len(line), 200)], []byte(" n=ansible | ")); i >= 0 {
		return line[i+len(" n=ansible | "):]
	}
	for _, mark := range []string{"PLAY [", "PLAY RECAP", "TASK [", "RUNNING HANDLER [", "fatal: [", "failed: ["} { // behind a stamp
		if i := bytes.Index(line[:min(len(line), 60)], []byte(mark)); i >= 0 {
			return line[i:]
		}
	}
	return line
}

// ansibleReader adds runs to the records of a text reader.
type ansibleReader struct{ Reader }

// ansibleWhole is how much is kept together, so that a recap sees the play
// before it.
const ansibleWhole = 16 << 20

func (r *ansibleReader) Cut(data []byte, eof bool) int {
	if !eof && len(data) < ansibleWhole {
		return 0
	}
	return r.Reader.Cut(data, eof)
}

func (r *ansibleReader) Records(chunk []byte, emit func(rec *analysis.Record) error) error {
	var (
		play, task string
		pending    string // host whose failure has not said its message yet
		start      time.Time
		recap      bool
		failures   = map[string]string{}
	)
	return r.Reader.Records(chunk, func(rec *analysis.Record) error {
		rec.Run = nil                // the record is reused
		text := ansibleText(rec.Raw) // in the message, "fatal" has become the severity
		line, _, _ := bytes.Cut(text, []byte{'\n'})
		switch {
		case bytes.HasPrefix(line, []byte("PLAY RECAP")):
			recap = true
		case bytes.HasPrefix(line, []byte("PLAY [")):
			play = bracketed(line)
			if recap || start.IsZero() {
				start, recap = rec.When(), false
				clear(failures)
			}
		case bytes.HasPrefix(line, []byte("TASK [")), bytes.HasPrefix(line, []byte("RUNNING HANDLER [")):
			task = bracketed(line)
		case bytes.HasPrefix(line, []byte("fatal: [")), bytes.HasPrefix(line, []byte("failed: [")):
			host, _, _ := bytes.Cut(line[bytes.IndexByte(line, '[')+1:], []byte("]"))
			msg := ansibleMessage(text)
			failures[string(host)] = clip(task+": "+msg, 2000)
			if pending = ""; msg == "" { // in YAML style, on the lines that follow
				pending = string(host)
			}
		case pending != "" && bytes.HasPrefix(bytes.TrimLeft(line, " "), []byte("msg: ")):
			failures[pending] += string(bytes.TrimSpace(line)[len("msg: "):])
			pending = ""
		case recap:
			if own, _, _ := bytes.Cut(ansibleText(rec.Message), []byte{'\n'}); len(own) > 0 {
				line = own
			}
			if m := ansibleRecap.FindSubmatch(line); m != nil {
				run := &analysis.Run{
					Kind: analysis.RunPlaybook, Pipeline: play, Job: string(m[1]), Start: start, End: rec.When(), Status: analysis.RunSuccess, Runner: string(m[1]),
					Stated: string(bytes.TrimSpace(line[len(m[1]):])), Message: failures[string(m[1])],
				}
				run.Stated = string(bytes.TrimLeft([]byte(run.Stated), ": "))
				unreachable, _ := strconv.Atoi(string(m[4]))
				failed, _ := strconv.Atoi(string(m[5]))
				switch {
				case unreachable > 0:
					run.Status = analysis.RunInfra
				case failed > 0:
					run.Status = analysis.RunFailure
				default:
					run.Message = ""
				}
				run.Duration = span(run.Start, run.End)
				if !run.When().IsZero() {
					run.ID = runID(run, "")
				}
				ns, base := rec.Time, rec.Resource
				fillRun(rec, run, rec.Quality)
				rec.Time, rec.Resource = ns, rec.Resource.Over(base)
			}
		}
		return emit(rec)
	})
}

// bracketed returns what stands in the first brackets of a line.
func bracketed(line []byte) string {
	i := bytes.IndexByte(line, '[')
	if i < 0 {
		return ""
	}
	line = line[i+1:]
	if j := bytes.LastIndexByte(line, ']'); j >= 0 {
		return string(line[:j])
	}
	return ""
}

// ansibleMessage returns the message of a failed task: its msg in JSON or
// YAML, else what it says instead.
func ansibleMessage(text []byte) string {
	i := bytes.Index(text, []byte("=> "))
	if i < 0 {
		return ""
	}
	body := text[i+3:]
	t := &tree{}
	if len(body) > 0 && body[0] == '{' {
		if _, ok := t.parseJSON(body, true); !ok {
			return string(body)
		}
	} else {
		_, lines, _ := bytes.Cut(body, []byte{'\n'})
		if !t.parseYAML(lines) {
			return string(bytes.TrimSpace(lines))
		}
	}
	msg := ""
	for _, key := range []string{"msg", "module_stderr", "stderr", "reason"} {
		if msg = strings.TrimSpace(t.root().get(key).str()); msg != "" {
			break
		}
	}
	for c := range t.root().get("failed_modules").each { // fact gathering fails module by module
		if s := strings.TrimSpace(first(c.get("module_stderr"), c.get("msg"))); s != "" {
			msg = strings.TrimPrefix(msg+": "+s, ": ")
			break
		}
	}
	if msg != "" {
		return msg
	}
	return string(bytes.TrimSpace(body))
}
