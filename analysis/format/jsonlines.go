package format

import (
	"bytes"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/valyala/fastjson"

	"faultline/analysis"
)

// sniffJSONLines accepts members most of whose lines are one JSON object each.
func sniffJSONLines(s *sample) match {
	eol := s.eol
	n, other, timed, leveled := 0, 0, 0, 0
	var st state
	detail := ""
	var plain, found [][]byte
	for k, line := range s.lines {
		line = bytes.TrimSpace(line[lead(line):])
		if len(line) == 0 {
			continue
		}
		if line[0] != '{' {
			if !continuation(line) {
				other++
				plain = append(plain, line)
			}
			continue
		}
		if !s.complete && k == 0 && len(s.lines) == 1 && line[len(line)-1] != '}' { // longer than the sample
			if bytes.HasPrefix(line, []byte(`{"`)) && bytes.IndexByte(s.text, s.eol) < 0 {
				return match{}
			}
		}
		if n >= 80 { // enough was parsed
			if object0(line) {
				n++
			} else {
				other++
			}
			continue
		}
		v, err := st.json.ParseBytes(line)
		if err != nil || v.Type() != fastjson.TypeObject || len(line) < 3 {
			other++
			continue
		}
		n++
		found = append(found, line)
		var h head
		h.time = analysis.NoTime
		w := clockwork{reference: analysis.NoTime}
		if readJSON(&st, line, &h, &w) && h.time != analysis.NoTime {
			timed++
		}
		if h.severity != 0 {
			leveled++
		}
		if detail == "" {
			detail = dialect(v)
		}
	}
	few := n*2 < n+other
	if n == 0 || n == 1 && s.complete && other == 0 && timed == 0 || few && (n < 2 || n*12 < n+other || !looksLikeLog(s.path)) {
		return match{}
	}
	m := match{
		format: "json-lines", detail: detail, confidence: 0.6 + 0.3*float64(n)/float64(n+other),
		reason: "lines are JSON objects",
	}
	kind := analysis.KindLog
	if timed == 0 && leveled == 0 && !looksLikeLog(s.path) {
		kind = analysis.KindDocument
	}
	if few {
		m.confidence, m.reason = 0.3, "some lines are JSON objects"
	}
	p := &jsonParser{kind: kind, objects: learnObjects(found)}
	if len(plain) > 1 {
		p.inner = learnInner(plain)
	}
	m.open = func(o Options) Reader { return newLineReader(o, eol, p) }
	return m
}

// dialect names the logging library or service whose keys the object has; it
// is shown, and decides nothing.
func dialect(v *fastjson.Value) string {
	has := func(keys ...string) bool {
		for _, k := range keys {
			if !v.Exists(k) {
				return false
			}
		}
		return true
	}
	switch {
	case has("t", "s", "c", "ctx"):
		return "mongod"
	case has("@t"):
		return "CLEF"
	case has("ecs.version") || has("@timestamp", "log.level"):
		return "ECS"
	case has("__REALTIME_TIMESTAMP"):
		return "journald"
	case has("resourceLogs") || has("timeUnixNano"):
		return "OpenTelemetry"
	case has("insertId", "logName"):
		return "Google Cloud"
	case has("eventVersion", "eventSource"):
		return "AWS CloudTrail"
	case has("EventID", "Channel"):
		return "Windows event"
	case has("_index", "_source"):
		return "Elasticsearch"
	case has("@level", "@message"):
		return "hclog"
	case has("short_message", "version"):
		return "GELF"
	case has("v", "pid", "hostname", "level"):
		return "bunyan"
	case has("level", "time", "pid", "hostname"):
		return "pino"
	case has("ts", "level", "msg"), has("ts", "level", "caller"):
		return "zap"
	case has("time", "level", "msg"):
		if b := v.GetStringBytes("level"); len(b) > 0 && upper(b) {
			return "slog"
		}
		return "logrus"
	case has("@timestamp", "logger_name"):
		return "logstash"
	}
	return ""
}

// jsonParser reads lines that are JSON objects. Other lines are records of
// their own without a time; indented and trace lines join.
type jsonParser struct {
	kind    analysis.RecordKind
	inner   inner // of the other lines
	objects objects
}

// objects is what was learned about a member's JSON lines: the stamp that
// begins their messages, where they have no time of their own.
type objects struct{ inner inner }

func learnObjects(lines [][]byte) objects {
	var st state
	var texts [][]byte
	w := newClockwork(nil, time.Time{})
	lines = lines[:min(len(lines), 80)]
	for _, line := range lines {
		h := head{time: analysis.NoTime}
		if readJSON(&st, line, &h, &w) && h.time == analysis.NoTime {
			texts = append(texts, bytes.Clone(h.text))
		}
	}
	if len(texts)*2 < len(lines) {
		return objects{}
	}
	in := learnInner(texts)
	if len(in.places) == 0 {
		return objects{}
	}
	return objects{inner: in}
}

// stamp gives a record the time and level that stand in its message.
func (o *objects) stamp(st *state, h *head) {
	if h.time != analysis.NoTime || len(o.inner.places) == 0 && (len(h.text) < 19 || !digit(h.text[0])) {
		return
	}
	if text := h.text; o.inner.read(st, text, h) {
		h.time, h.quality = st.clock.time(&st.civil)
	}
}

func (p *jsonParser) wholeLines() {}

func (p *jsonParser) line(st *state, line []byte, h *head) verdict {
	h.text = line
	b := line
	if len(b) == 0 {
		return continues
	}
	if b[0] != '{' {
		b = bytes.TrimLeft(b[lead(b):], " \t")
		if len(b) == 0 {
			return continues
		}
		if b[0] == '}' && len(b) <= 2 {
			return continues
		}
	}
	if b[0] == '{' {
		h.time, h.quality, h.severity, h.kind, h.resource = analysis.NoTime, 0, 0, p.kind, analysis.Resource{}
		if readJSON(st, b, h, &st.clock) {
			p.objects.stamp(st, h)
			return starts
		}
		h.problem = analysis.ProblemSyntax
		h.text = line
		return starts
	}
	if st.traceLine(line) {
		return continues
	}
	h.time, h.quality, h.severity, h.kind, h.resource = analysis.NoTime, 0, 0, p.kind, analysis.Resource{}
	if p.inner.read(st, b, h) {
		h.time, h.quality = st.clock.time(&st.civil)
	}
	return starts
}

func (p *jsonParser) settled(line []byte) bool {
	return len(line) > 0 && line[0] == '{' || traceSettled(line)
}
func (p *jsonParser) forward([]byte) bool { return false }

// role is what a key of a log object stands for.
type role uint8

const (
	roleField role = iota
	roleDrop
	roleTime
	roleLevel
	roleSyslogLevel
	roleOtelLevel
	rolePythonLevel
	roleWindowsLevel
	roleMessage
	roleTemplate // a message's template: used when there is no message
	roleLogger
	roleHost
	roleUnit
	roleNamespace
	rolePod
	roleContainer
	roleStatus
	roleOpen // an object whose keys count as the record's own
)

// roleOf returns a key's role and, among keys of one role, its rank: the
// lowest one wins.
func roleOf(key []byte) (role, int) {
	switch string(key) {
	case "@timestamp", "timestamp", "@t", "timeUnixNano", "__REALTIME_TIMESTAMP", "eventTime", "event_time":
		return roleTime, 0
	case "time", "ts", "t", "datetime", "Timestamp", "asctime", "_time", "logtime", "log_time", "start_time", "EventTime", "TimeCreated", "TimeGenerated", "requestReceivedTimestamp", "stageTimestamp", "startTime", "EdgeStartTimestamp", "$date":
		return roleTime, 1
	case "date", "Time", "created_at", "createdAt", "CreationTime", "receiveTimestamp", "eventTimestamp", "observedTimeUnixNano", "__MONOTONIC_TIMESTAMP", "SystemTime", "UtcTime":
		return roleTime, 3
	case "level", "lvl", "severity", "log.level", "loglevel", "level_name", "levelname", "@l", "@level", "severityText", "severity_text", "levelText", "Severity", "severity_label":
		return roleLevel, 0
	case "s", "log_level", "logLevel", "LogLevel", "SeverityText", "status_level":
		return roleLevel, 1
	case "Level":
		return roleWindowsLevel, 1
	case "PRIORITY", "syslog_severity", "priority":
		return roleSyslogLevel, 2
	case "severityNumber", "severity_number", "SeverityNumber":
		return roleOtelLevel, 2
	case "levelno":
		return rolePythonLevel, 2
	case "msg", "message", "@m", "@message", "MESSAGE", "textPayload", "short_message", "Message":
		return roleMessage, 0
	case "body.stringValue", "log", "text", "body", "event", "_raw", "full_message", "Msg", "Output":
		return roleMessage, 2
	case "@mt", "messageTemplate", "MessageTemplate":
		return roleTemplate, 0
	case "logger", "logger_name", "@logger", "SourceContext", "component", "c", "loggerName", "log.logger", "@module", "SourceName", "_COMM":
		return roleLogger, 0
	case "hostname", "host", "Hostname", "_HOSTNAME", "Computer", "host.name", "host.hostname", "node_name", "kubernetes.host", "ComputerName":
		return roleHost, 0
	case "_SYSTEMD_UNIT":
		return roleUnit, 0
	case "SYSLOG_IDENTIFIER", "UNIT":
		return roleUnit, 1
	case "kubernetes.namespace_name", "resource.labels.namespace_name", "namespace_name", "kubernetes.namespace", "k8s.namespace.name":
		return roleNamespace, 0
	case "kubernetes.pod_name", "resource.labels.pod_name", "pod_name", "kubernetes.pod.name", "k8s.pod.name":
		return rolePod, 0
	case "kubernetes.container_name", "resource.labels.container_name", "container_name", "kubernetes.container.name", "k8s.container.name":
		return roleContainer, 0
	case "status", "status_code", "statusCode", "EdgeResponseStatus", "response_code", "http.status_code", "responseStatus.code":
		return roleStatus, 0
	case "@fields", "jsonPayload", "_source", "result":
		return roleOpen, 0
	case "caller", "stack", "stacktrace", "stack_trace", "stackTrace", "func", "function", "lineno", "line_number", "sourceLocation", "logger_line",
		"v", "pid", "ecs.version", "@version", "@i", "@r", "trace_flags", "exc_info", "callerFile", "callerLine", "@caller", "source_location",
		"insertId", "logName", "SYSLOG_FACILITY", "SYSLOG_TIMESTAMP", "SYSLOG_PID", "SYSLOG_RAW", "time_nano", "msecs", "relativeCreated", "process", "thread":
		return roleDrop, 0
	}
	if key[0] == '_' || bytes.HasPrefix(key, []byte("CODE_")) || bytes.HasPrefix(key, []byte("log.origin")) || bytes.HasPrefix(key, []byte("code.")) {
		return roleDrop, 0
	}
	return roleField, 0
}

// object collects what readJSON finds.
type object struct {
	st       *state
	h        *head
	clock    *clockwork // nil: the time is the envelope's
	time     int        // rank of the time found, 9 for none
	level    int
	message  int
	msg      []byte
	template []byte
	status   int
	path     []byte // dotted prefix
	fields   []byte // " k=v" of the rest
}

// readJSON reads one log object. It sets severity, resource, message and,
// with a clock, the time; false when b is no JSON object.
func readJSON(st *state, b []byte, h *head, clock *clockwork) bool {
	v, err := st.json.ParseBytes(b)
	if err != nil {
		return false
	}
	obj, err := v.Object()
	if err != nil {
		return false
	}
	o := object{st: st, h: h, clock: clock, time: 9, level: 9, message: 9, fields: st.key[:0], path: st.path[:0]}
	if batch := v.GetArray("resourceLogs"); batch != nil {
		o.otlp(batch)
	} else {
		o.visit(obj, 0)
	}
	st.key, st.path = o.fields, o.path[:0]
	if o.level == 9 && o.status >= 400 && o.status < 600 {
		h.severity = statusSeverity(o.status)
	}
	msg := o.msg
	if o.message == 9 {
		msg = o.template
	}
	if o.level == 9 && h.severity == 0 && len(msg) > 4 { // "[ERROR] text", as functions of a cloud print it
		h.severity, _ = (&levels{}).find(msg)
	}
	fields := o.fields
	if len(msg) == 0 && len(fields) > 0 {
		fields = fields[1:]
	}
	st.text = append(append(st.text[:0], bytes.TrimRight(msg, "\r\n")...), fields...)
	h.text = st.text
	return true
}

const jsonDepth = 4

func (o *object) visit(obj *fastjson.Object, depth int) {
	base := len(o.path)
	obj.Visit(func(key []byte, v *fastjson.Value) {
		if len(key) == 0 {
			return
		}
		name := key
		if base > 0 {
			o.path = append(append(o.path[:base], '.'), key...)
			name = o.path
		}
		o.value(name, v, depth)
		o.path = o.path[:base]
	})
}

func (o *object) value(name []byte, v *fastjson.Value, depth int) {
	t := v.Type()
	r, rank := roleOf(name)
	if t == fastjson.TypeObject {
		inner, _ := v.Object()
		switch {
		case r == roleOpen && len(o.path) == 0:
			o.visit(inner, depth+1)
		case r == roleTime: // {"$date": ...}
			if d := v.Get("$date"); d != nil {
				o.value([]byte("$date"), d, depth+1)
			}
		case depth < jsonDepth && r != roleDrop:
			if len(o.path) == 0 {
				o.path = append(o.path, name...)
				o.visit(inner, depth+1)
				o.path = o.path[:0]
			} else {
				o.visit(inner, depth+1)
			}
		}
		return
	}
	switch r {
	case roleDrop:
		return
	case roleTime:
		if rank < o.time && depth <= 1 {
			if o.clock == nil {
				o.time = rank
				return
			}
			if t, q := o.when(v, t); q != 0 {
				o.h.time, o.h.quality, o.time = t, q, rank
				return
			}
		} else if depth <= 1 {
			return
		}
	case roleLevel, roleSyslogLevel, roleOtelLevel, rolePythonLevel, roleWindowsLevel:
		if rank >= o.level && r != roleLevel {
			return
		}
		if s := jsonLevel(r, v, t); s != 0 {
			if rank < o.level {
				o.h.severity, o.level = s, rank
			}
			return
		}
		if r != roleLevel {
			return
		}
	case roleMessage:
		if rank < o.message && (t == fastjson.TypeString || t == fastjson.TypeArray && len(name) == 7 && name[0] == 'M') {
			if o.message != 9 && len(o.msg) > 0 {
				o.field([]byte("text"), o.msg)
			}
			o.message = rank
			if t == fastjson.TypeString {
				o.msg = v.GetStringBytes()
			} else {
				o.msg = byteArray(v)
			}
			return
		}
	case roleTemplate:
		if t == fastjson.TypeString {
			o.template = v.GetStringBytes()
			return
		}
	case roleLogger, roleHost, roleUnit, roleNamespace, rolePod, roleContainer:
		if t == fastjson.TypeString {
			if dst := o.slot(r); *dst == "" || rank == 0 {
				*dst = o.st.name(v.GetStringBytes())
			}
			return
		}
	case roleStatus:
		if t == fastjson.TypeNumber {
			o.status = v.GetInt()
		}
	}
	switch t {
	case fastjson.TypeString:
		o.field(name, v.GetStringBytes())
	case fastjson.TypeNumber, fastjson.TypeTrue, fastjson.TypeFalse:
		o.fields = append(append(append(o.fields, ' '), name...), '=')
		o.fields = v.MarshalTo(o.fields)
	case fastjson.TypeArray:
		a := v.GetArray()
		if len(a) > 0 && len(a) <= 16 && a[0].Type() == fastjson.TypeString {
			o.fields = append(append(append(o.fields, ' '), name...), '=')
			o.fields = v.MarshalTo(o.fields)
		}
	}
}

func (o *object) slot(r role) *string {
	res := &o.h.resource
	switch r {
	case roleLogger:
		return &res.Process
	case roleHost:
		return &res.Host
	case roleUnit:
		return &res.Unit
	case roleNamespace:
		return &res.Namespace
	case rolePod:
		return &res.Pod
	}
	return &res.Container
}

// field appends " name=text", quoted where it holds blanks.
func (o *object) field(name, text []byte) {
	o.fields = append(append(append(o.fields, ' '), name...), '=')
	if word(text) {
		o.fields = append(o.fields, text...)
		return
	}
	o.fields = append(o.fields, '"')
	o.fields = append(o.fields, text...)
	o.fields = append(o.fields, '"')
}

// word reports whether text needs no quotes.
func word(text []byte) bool {
	for _, c := range text {
		if c <= ' ' || c == '"' {
			return false
		}
	}
	return len(text) > 0
}

func (o *object) when(v *fastjson.Value, t fastjson.Type) (int64, analysis.TimeQuality) {
	switch t {
	case fastjson.TypeString:
		return anyTime(o.clock, &o.st.civil, bytes.TrimSpace(v.GetStringBytes()))
	case fastjson.TypeNumber:
		var buf [40]byte
		b := v.MarshalTo(buf[:0])
		if bytes.IndexByte(b, 'e') >= 0 || bytes.IndexByte(b, 'E') >= 0 {
			f, err := strconv.ParseFloat(string(b), 64)
			if err != nil || f < 0 || f > 1e19 {
				return analysis.NoTime, 0
			}
			b = strconv.AppendFloat(buf[:0], f, 'f', -1, 64)
		}
		if i := bytes.IndexByte(b, '.'); i > 10 { // milliseconds with a fraction
			b = b[:i]
		}
		if parseEpoch(b, &o.st.civil) > 0 {
			o.st.civil = civil{isEpoch: true, epoch: o.st.civil.epoch}
			return o.clock.time(&o.st.civil)
		}
	}
	return analysis.NoTime, 0
}

// jsonLevel maps a level's value.
func jsonLevel(r role, v *fastjson.Value, t fastjson.Type) analysis.Severity {
	n := 0
	switch t {
	case fastjson.TypeString:
		b := v.GetStringBytes()
		if s := severity(b); s != 0 {
			return s
		}
		if len(b) == 0 || len(b) > 16 {
			return 0
		}
		if (len(b) == 1 || len(b) == 2 && digit(b[1])) && !digit(b[0]) {
			return levelLetter(b[0])
		}
		if i := bytes.LastIndexByte(b, '_'); i > 0 { // SEVERITY_NUMBER_INFO
			if s := severity(b[i+1:]); s != 0 {
				return s
			}
		}
		if i := bytes.IndexAny(b, "+-"); i > 0 { // slog: "ERROR+2"
			return severity(b[:i])
		}
		var err error
		if n, err = strconv.Atoi(string(b)); err != nil {
			return 0
		}
	case fastjson.TypeNumber:
		n = v.GetInt()
	default:
		return 0
	}
	switch r {
	case roleSyslogLevel:
		if n < 0 || n > 7 {
			return 0
		}
		return syslogSeverity(n)
	case roleOtelLevel:
		if n < 1 || n > 24 {
			return 0
		}
		return analysis.Severity(n)
	case rolePythonLevel:
		return scale(n, 10, 20, 30, 40, 50)
	case roleWindowsLevel:
		return windowsLevel(n)
	}
	switch {
	case n >= 10 && n <= 100: // bunyan and pino: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal
		return scale(n, 20, 30, 40, 50, 60)
	case n == -4: // slog as a number
		return analysis.SeverityDebug
	case n == 8:
		return analysis.SeverityError
	}
	return 0 // small numbers: too many scales to tell
}

// scale maps n by the least numbers of debug, info, warn, error and fatal.
func scale(n, debug, info, warn, err, fatal int) analysis.Severity {
	switch {
	case n >= fatal:
		return analysis.SeverityFatal
	case n >= err:
		return analysis.SeverityError
	case n >= warn:
		return analysis.SeverityWarn
	case n >= info:
		return analysis.SeverityInfo
	case n >= debug:
		return analysis.SeverityDebug
	}
	return analysis.SeverityTrace
}

// byteArray returns the bytes of a JSON array of numbers: the journal's way
// to write text that is not UTF-8.
func byteArray(v *fastjson.Value) []byte {
	a := v.GetArray()
	out := make([]byte, 0, len(a))
	for _, x := range a {
		out = append(out, byte(x.GetInt()))
	}
	if !utf8.Valid(out) {
		out = latin1(nil, out)
	}
	return out
}

// otlp reads a batch of OpenTelemetry log records, which the file exporter
// writes as one line: the first one's time, the highest severity, all bodies.
func (o *object) otlp(batch []*fastjson.Value) {
	for _, res := range batch {
		for _, scope := range res.GetArray("scopeLogs") {
			for _, rec := range scope.GetArray("logRecords") {
				for _, key := range []string{"timeUnixNano", "observedTimeUnixNano"} {
					v := rec.Get(key)
					if v == nil || o.time != 9 || o.clock == nil {
						continue
					}
					if t, q := o.when(v, v.Type()); q != 0 {
						o.h.time, o.h.quality, o.time = t, q, 0
					}
				}
				s := analysis.Severity(0)
				if v := rec.Get("severityText"); v != nil {
					s = jsonLevel(roleLevel, v, v.Type())
				}
				if v := rec.Get("severityNumber"); s == 0 && v != nil {
					s = jsonLevel(roleOtelLevel, v, v.Type())
				}
				if s > o.h.severity {
					o.h.severity, o.level = s, 0
				}
				if len(o.msg) > 0 {
					o.msg = append(o.msg, '\n')
				}
				if body := rec.Get("body"); body != nil {
					if b := body.GetStringBytes("stringValue"); b != nil {
						o.msg = append(o.msg, b...)
					} else {
						o.msg = body.MarshalTo(o.msg)
					}
				}
				o.message = 0
			}
		}
	}
}
