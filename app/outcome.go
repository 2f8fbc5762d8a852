package app

import (
	"fmt"
	"os"
	"strings"

	"faultline/analysis"
	"faultline/analysis/ingest"
	"faultline/app/screen"
	"faultline/app/widget"
)

// emptyError says that there is nothing to import.
type emptyError struct {
	paths    []string
	problems []analysis.Problem
}

func (e *emptyError) Error() string {
	text := strings.Join(e.paths, ", ") + " holds nothing that can be imported."
	if len(e.paths) == 1 {
		if list, err := os.ReadDir(e.paths[0]); err == nil && len(list) == 0 {
			text = "The folder " + e.paths[0] + " is empty."
		}
	}
	if len(e.problems) > 0 {
		text += " " + said(e.problems[0])
	}
	return text
}

// readable returns an error that names the first path that cannot be opened.
func readable(paths []string) error {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// said prints a problem as a sentence with its place.
func said(p analysis.Problem) string {
	text := strings.TrimSuffix(p.Detail, ".") + "."
	if p.Origin.Path != "" {
		text = p.Origin.Path + ": " + text
	}
	return text
}

// grave returns the problems by which something of a bundle is missing.
func grave(list []analysis.Problem) (out []analysis.Problem) {
	for _, p := range list {
		switch p.Kind {
		case analysis.ProblemUnreadable, analysis.ProblemTruncated, analysis.ProblemCorrupt, analysis.ProblemEncrypted:
			out = append(out, p)
		}
	}
	return out
}

// again is what to do about a bundle that is damaged.
const again = "Get the bundle again and compare its size or checksum with the original's."

// tellImported says what an import brought and what is missing; it goes to the
// sources when they are all there is to see.
func (p *App) tellImported(title string, res ingest.Result, paths []string) {
	missing := grave(res.Problems)
	where := strings.Join(paths, ", ")
	text := fmt.Sprintf("%s from %s in %s; %s.", widget.Plural(res.Records, "record"), widget.Plural(int64(res.Members), "member"),
		widget.Duration(res.Elapsed), widget.Plural(int64(len(res.Problems)), "problem"))
	if news := res.News(); news != "" {
		text += " " + news
	}
	switch {
	case res.Already:
		p.Tell("Imported before", "The case holds this bundle already; nothing was added.", false)
	case res.Records == 0:
		text = "No record was found in " + where + "."
		if len(missing) > 0 {
			text += " " + said(missing[0]) + " " + again
		} else {
			text += " Sources lists what was found and why it was left out."
		}
		if p.session != nil {
			p.session.Go(screen.PageSources, "")
		}
		p.Tell("Nothing could be read", text, true)
	case len(missing) > 0:
		text += fmt.Sprintf(" %s could not be read whole: %s Sources lists all.", widget.Plural(int64(len(missing)), "part"), said(missing[0]))
		whole := true
		for _, x := range missing {
			whole = whole && x.Origin.Path != ""
		}
		if whole { // some members only
			p.Tell(title, text, false)
			return
		}
		p.Tell(title+", in part", where+": "+text+" "+again, true)
	default:
		p.Tell(title, text, false)
	}
}
