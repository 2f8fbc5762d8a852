package app

import (
	"fmt"
	"os"
	"path/filepath"

	"faultline/analysis/assess"
	"faultline/app/screen"
	"faultline/app/widget"
)

// OpenPlaybook answers the open case again with the playbook in a file, and
// shows what it covers.
func (p *App) OpenPlaybook(path string) {
	s := p.session
	if s == nil {
		return
	}
	b, err := readPlaybook(path)
	if err != nil {
		p.Tell("The playbook was not opened", fmt.Sprintf("%s: %v\nCorrect the file and open it again. The findings are as before.", path, err), true)
		return
	}
	s.UsePlaybook(b, p.marks)
	s.Go(screen.PageFindings, "")
	p.Trace("playbook %s capabilities=%d", b.Hash, len(b.Capabilities))
	p.Tell("Playbook opened", fmt.Sprintf("%s: %s, valid until %s. It is used until the case is closed, in the report too.",
		filepath.Base(path), plural(len(b.Capabilities), "capability", "capabilities"), or(b.ValidUntil, "no date that it names")), false)
}

func readPlaybook(path string) (*assess.Playbook, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return assess.ReadPlaybook(f)
}

func plural(n int, one, more string) string {
	if n != 1 {
		one = more
	}
	return widget.Count(int64(n)) + " " + one
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
