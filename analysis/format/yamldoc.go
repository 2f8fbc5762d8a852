package format

import (
	"bytes"
	"path"
	"strings"

	"faultline/analysis"
)

// sniffYAML recognises other YAML documents by their name and form; they are
// kept line by line.
func sniffYAML(s *sample) match {
	ext := strings.ToLower(path.Ext(s.path))
	if ext != ".yaml" && ext != ".yml" {
		return match{}
	}
	keys, all := 0, 0
	for _, line := range s.lines {
		line = bytes.TrimLeft(line, " -")
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		all++
		if i := bytes.IndexByte(line, ':'); i > 0 && (i+1 == len(line) || line[i+1] == ' ') {
			keys++
		}
	}
	if all == 0 || keys*2 < all {
		return match{}
	}
	return match{
		confidence: 0.9, kind: analysis.MemberDocument, format: "yaml", reason: "a YAML document",
		open: func(o Options) Reader { return &linesReader{limit: o.MaxLine} },
	}
}
