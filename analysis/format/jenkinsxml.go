package format

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"io"
	"path"
	"strconv"
	"strings"
	"time"

	"faultline/analysis"
)

// sniffJenkinsXML recognises the build.xml that Jenkins keeps of each build.
func sniffJenkinsXML(s *sample) match {
	root := xmlRoot(s.text)
	named := strings.EqualFold(path.Base(s.path), "build.xml")
	switch {
	case root == "flow-build", root == "matrix-build", root == "matrix-run", root == "build" && named,
		named && (strings.Contains(root, "hudson.") || strings.Contains(root, "jenkins.") || strings.HasSuffix(root, "-build") || strings.HasSuffix(root, "Build") || strings.HasSuffix(root, "-run")):
	default:
		return match{}
	}
	return match{
		confidence: 0.97, kind: analysis.MemberDocument, format: "ci-api", detail: "Jenkins build.xml", reason: "root element <" + root + ">",
		open: func(o Options) Reader { return &jenkinsReader{o: o, path: s.path} },
	}
}

// jenkinsReader reads a build.xml as one run.
type jenkinsReader struct {
	o     Options
	path  string
	notes notes
}

func (r *jenkinsReader) Cut(data []byte, eof bool) int {
	if eof {
		return len(data)
	}
	return 0
}

func (r *jenkinsReader) Problems() []analysis.Problem { return r.notes.problems() }

func (r *jenkinsReader) Records(chunk []byte, emit func(rec *analysis.Record) error) error {
	e := newEmitter(chunk, emit)
	run := r.run(chunk)
	if run == nil {
		return e.lines(len(chunk), r.o.MaxLine)
	}
	fillRun(e.next(len(chunk)), run, analysis.TimeExact)
	return e.send()
}

// run reads the direct children of the root; nil when they do not say when
// and how the build ended.
func (r *jenkinsReader) run(src []byte) *analysis.Run {
	if bytes.Contains(src, []byte("<!ENTITY")) {
		r.notes.add(analysis.ProblemSyntax, "document type declares entities, which are never expanded; the build was kept as text")
		return nil
	}
	d := xml.NewDecoder(bytes.NewReader(cleanXML(src)))
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	fields := map[string]string{}
	cause := ""
	depth := 0
	name, text := "", ""
	for {
		tok, err := d.RawToken()
		if err != nil {
			break
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if depth++; depth > xmlDepth {
				return nil
			}
			name, text = t.Name.Local, ""
			if depth >= 3 && cause == "" && strings.HasSuffix(name, "Cause") {
				_, cause, _ = strings.Cut(name, "_-")
				cause = cmp.Or(cause, name[strings.LastIndexByte(name, '.')+1:])
			}
		case xml.CharData:
			if len(text) < 1000 {
				text += string(t)
			}
		case xml.EndElement:
			if depth == 2 && name == t.Name.Local && fields[name] == "" {
				fields[name] = strings.TrimSpace(text)
			}
			name = ""
			depth--
		}
	}
	job, axes, build := jenkinsPath(r.path)
	run := &analysis.Run{Kind: analysis.RunJob, Job: job, Environment: axes, Runner: fields["builtOn"], Trigger: strings.TrimSuffix(cause, "Cause")}
	run.Queued, run.Start = millis(fields["timestamp"]), millis(fields["startTime"])
	run.Start = cmp.Or(run.Start, run.Queued)
	if run.Start.IsZero() { // builds were named after their start once
		run.Start, _ = time.Parse("2006-01-02_15-04-05", build)
	}
	if n, err := strconv.ParseInt(fields["duration"], 10, 64); err == nil && n > 0 {
		run.Duration, _ = seconds(float64(n) / 1000)
		run.End = run.Start.Add(run.Duration)
	}
	run.Stated = fields["result"]
	if run.Status, _ = runStatus(run.Stated); run.Stated == "" {
		run.Status, run.Stated = analysis.RunRunning, "no result"
	}
	if run.Start.IsZero() || job == "" {
		return nil
	}
	number := cmp.Or(fields["number"], build)
	run.Labels = map[string]string{"number": number}
	run.ID = runID(run, strings.Join([]string{"jenkins", job, axes, number, stamp(run.Start)}, "\x00"))
	return run
}

func millis(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1e11 || n > 4e12 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// jenkinsPath takes job, axes of a matrix and build from a path such as
// jobs/folder/jobs/app/configurations/axis-OS/linux/builds/12/build.xml.
func jenkinsPath(file string) (job, axes, build string) {
	parts := strings.Split(path.Dir(file), "/")
	var jobs, axis []string
	for i := 0; i+1 < len(parts); i++ {
		switch name, ok := strings.CutPrefix(parts[i], "axis-"); {
		case ok:
			axis = append(axis, name+"="+parts[i+1])
			i++
		case parts[i] == "jobs" || parts[i] == "branches":
			jobs = append(jobs, parts[i+1])
			i++
		case parts[i] == "builds":
			build = parts[i+1]
			i++
		}
	}
	if build == "" && len(parts) > 0 {
		build = parts[len(parts)-1]
		if len(jobs) == 0 && len(parts) > 1 {
			jobs = append(jobs, parts[len(parts)-2])
		}
	}
	return strings.Join(jobs, "/"), strings.Join(axis, ","), build
}
