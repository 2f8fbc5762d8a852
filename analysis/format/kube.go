package format

import (
	"bytes"
	"cmp"
	"path"
	"slices"
	"strings"
	"time"

	"faultline/analysis"
)

// Limits of one item of a Kubernetes list. Larger ones are kept as text.
const (
	jsonItemLimit = 16 << 20
	yamlItemLimit = yamlLimit
)

// kubeListing reports whether a key holds the items of a Kubernetes list.
func kubeListing(key []byte) bool { return string(key) == "items" }

// sniffKubeJSON recognises Kubernetes objects in JSON: lists, bare arrays,
// single objects and several one after the other, also behind a few first
// values of other kinds (tools put a line of metadata before a command's
// output).
func sniffKubeJSON(s *sample) match {
	text := bytes.TrimLeft(s.text, " \t\r\n")
	t := &tree{}
	for range 4 {
		if len(text) == 0 || text[0] != '{' && text[0] != '[' {
			return match{}
		}
		n, ok := t.parseJSON(text, true)
		if !ok || n == 0 {
			return match{}
		}
		kind, isList := "", false
		root := t.root()
		if root.isList() {
			for c := range root.each {
				kind, isList = kubeKind(c, ""), true
				break
			}
			if kind == "" && isList && root.count() > 0 && hintKind(s.path) != "" {
				for c := range root.each {
					if c.get("metadata", "name").ok() {
						kind = hintKind(s.path)
					}
					break
				}
			}
		} else {
			kind = kubeKind(root, "")
			if items := root.get("items"); items.isList() {
				isList = true
				if kind == "" {
					for c := range items.each {
						kind = kubeKind(c, "")
						break
					}
				}
			}
		}
		if kind != "" {
			if isList {
				kind = strings.TrimSuffix(kind, "List")
			}
			hint := cmp.Or(kind, hintKind(s.path))
			return match{
				confidence: 0.97, kind: analysis.MemberDocument, format: "kubernetes-json", reason: "objects with apiVersion and kind",
				open: func(o Options) Reader {
					return &kubeJSON{kind: hint, cutter: jsonCutter{limit: jsonItemLimit, scan: jsonScan{listing: kubeListing}}, maxLine: o.MaxLine}
				},
			}
		}
		text = bytes.TrimLeft(text[n:], " \t\r\n")
	}
	return match{}
}

// kubeKind returns the kind of a Kubernetes object: as it states it, by its
// parts when it states none, "" when it is none. Audit records have a kind too
// but are log records.
func kubeKind(v value, listKind string) string {
	if k, api := v.get("kind").str(), v.get("apiVersion").str(); k != "" && api != "" {
		if strings.HasPrefix(api, "audit.k8s.io/") {
			return ""
		}
		return k
	}
	has := func(path ...string) bool { return v.get(path...).ok() }
	if !has("metadata") && !has("involvedObject") {
		return ""
	}
	switch {
	case has("involvedObject"), has("regarding"):
		return "Event"
	case !has("metadata", "name") && !has("metadata", "generateName"):
		return ""
	case has("status", "containerStatuses"), has("spec", "containers"), has("status", "podIP"):
		return "Pod"
	case has("status", "nodeInfo"):
		return "Node"
	case listKind != "":
		return listKind
	case v.get("kind").ok():
		return v.get("kind").str()
	case has("spec", "jobTemplate"):
		return "CronJob"
	case has("spec", "backoffLimit"), has("spec", "completions"):
		return "Job"
	case has("spec", "serviceName") && has("spec", "template"):
		return "StatefulSet"
	case has("status", "desiredNumberScheduled"):
		return "DaemonSet"
	case has("spec", "strategy") && has("spec", "template"):
		return "Deployment"
	case has("spec", "template") && has("spec", "selector"):
		return "ReplicaSet"
	case has("spec", "accessModes"):
		return "PersistentVolumeClaim"
	}
	return ""
}

// hintKind tells from a path such as cluster-resources/pods/default.json which
// kind of objects a file holds.
func hintKind(file string) string {
	plural := map[string]string{
		"pods": "Pod", "events": "Event", "nodes": "Node", "jobs": "Job", "cronjobs": "CronJob", "deployments": "Deployment",
		"statefulsets": "StatefulSet", "daemonsets": "DaemonSet", "replicasets": "ReplicaSet", "namespaces": "Namespace",
		"persistentvolumeclaims": "PersistentVolumeClaim", "pvcs": "PersistentVolumeClaim", "pvs": "PersistentVolume",
		"persistentvolumes": "PersistentVolume", "services": "Service", "configmaps": "ConfigMap",
	}
	file = strings.ToLower(file)
	base := strings.TrimSuffix(path.Base(file), path.Ext(file))
	if k := plural[base]; k != "" {
		return k
	}
	return plural[path.Base(path.Dir(file))]
}

// kubeJSON reads Kubernetes objects in JSON.
type kubeJSON struct {
	kind    string
	cutter  jsonCutter
	maxLine int
	notes   notes
}

func (r *kubeJSON) Cut(data []byte, eof bool) int { return r.cutter.cut(data, eof) }

func (r *kubeJSON) Problems() []analysis.Problem { return r.notes.problems() }

func (r *kubeJSON) Records(chunk []byte, emit func(rec *analysis.Record) error) error {
	e := newEmitter(chunk, emit)
	torn := r.cutter.torn.torn(chunk)
	if torn > 0 {
		r.notes.add(analysis.ProblemLimit, "pieces of items larger than 16 MiB were kept as text")
		if err := e.lines(torn, r.maxLine); err != nil {
			return err
		}
	}
	items := jsonItems(chunk, torn, kubeListing)
	t := &tree{}
	kind := r.kind
	for i, it := range items {
		end := len(chunk)
		if i+1 < len(items) {
			end = items[i+1].start
		}
		if it.lists {
			if t.parseJSON(chunk[it.at:end], true); t.root().get("kind").ok() {
				if k := strings.TrimSuffix(t.root().get("kind").str(), "List"); k != "" {
					kind = k
				}
			}
			continue
		}
		if err := e.document(it.start); err != nil {
			return err
		}
		_, ok := t.parseJSON(chunk[it.at:end], false)
		if !ok {
			r.notes.add(analysis.ProblemSyntax, "items are not valid JSON and were kept as text")
			if err := e.lines(end, r.maxLine); err != nil {
				return err
			}
			continue
		}
		if err := emitKube(e, t, it.at, end, kind, lineStart); err != nil {
			return err
		}
	}
	return e.document(len(chunk))
}

// jsonItem is the place of an item in a chunk: its record's start (the line's
// indent), its brace, and whether it holds a listing.
type jsonItem struct {
	start, at int
	depth     int // brackets around it in the chunk
	lists     bool
}

// jsonItems finds the items of a chunk that start at from or behind it.
func jsonItems(chunk []byte, from int, listing func(key []byte) bool) []jsonItem {
	var items []jsonItem
	scan := jsonScan{listing: listing, pos: from}
	var enclosing [jsonScanDepth + 1]int // index of the item that is open at a depth
	scan.scan(chunk, func(at int) {
		enclosing[len(scan.stack)] = len(items)
		items = append(items, jsonItem{start: lineStart(chunk, at), at: at, depth: len(scan.stack)})
	}, func(key []byte) {
		if key != nil && len(scan.stack) > 0 {
			d := len(scan.stack) - 1
			for d > 0 && scan.stack[d] == scanPart {
				d--
			}
			items[enclosing[d]].lists = true
		}
	})
	return items
}

// part is one record of an object: the object itself, or an element of it
// that has a state of its own (a container of a pod).
type part struct {
	at       int // where it begins, relative to the object's tree
	kind     analysis.RecordKind
	state    *analysis.State
	run      *analysis.Run
	time     time.Time
	severity analysis.Severity
	resource analysis.Resource
	message  string
}

// emitKube emits the records of the object in t, whose tree begins at base of
// the chunk and whose record ends at end. start moves the place of an element
// back to the start of its line.
func emitKube(e *emitter, t *tree, base, end int, listKind string, start func(data []byte, at int) int) error {
	v := t.root()
	kind := kubeKind(v, listKind)
	if kind == "" || strings.HasSuffix(kind, "List") && v.get("items").isList() {
		return e.document(end)
	}
	parts := kubeParts(v, kind)
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(a.at, b.at) })
	for i := range parts {
		p := &parts[i]
		stop := end
		if i+1 < len(parts) {
			stop = start(e.chunk, base+parts[i+1].at)
		}
		if stop <= e.at {
			stop = min(e.at+1, end) // never an empty record
		}
		rec := e.next(stop)
		rec.Kind, rec.State, rec.Run, rec.Severity, rec.Resource = p.kind, p.state, p.run, p.severity, p.resource
		if rec.Message = []byte(p.message); p.kind == analysis.KindDocument {
			rec.Message = bytes.TrimRight(rec.Raw, " \t\r\n")
		}
		if rec.Time = analysis.Nanos(p.time); rec.Time != analysis.NoTime {
			rec.Quality = analysis.TimeExact
		}
		if err := e.send(); err != nil {
			return err
		}
	}
	return nil
}
