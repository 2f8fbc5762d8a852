package app

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"fyne.io/fyne/v2"

	"faultline/app/screen"
)

// The names of preferences.
const (
	prefTheme  = "theme"
	prefScale  = "scale"
	prefZone   = "zone"
	prefRecent = "recent"
)

// Scale returns the preferred scale of the user interface, "" for the
// system's. It has to be known before the window is made.
func Scale(a fyne.App) string { return a.Preferences().String(prefScale) }

// Recent implements screen.Host.
func (p *App) Recent() []screen.Recent {
	var out []screen.Recent
	for _, line := range p.fyne.Preferences().StringList(prefRecent) {
		var r screen.Recent
		if json.Unmarshal([]byte(line), &r) == nil && r.Dir != "" {
			out = append(out, r)
		}
	}
	return out
}

const maxRecent = 20

// remember puts a case at the top of the recent ones.
func (p *App) remember(s *screen.Session) {
	info := s.Case.Info()
	list := slices.DeleteFunc(p.Recent(), func(r screen.Recent) bool { return r.Dir == info.Dir })
	list = slices.Insert(list, 0, screen.Recent{Dir: info.Dir, Name: info.Name, Records: info.Records, Opened: time.Now().Round(time.Second)})
	p.setRecent(list)
}

// forget takes a case from the recent ones.
func (p *App) forget(dir string) {
	p.setRecent(slices.DeleteFunc(p.Recent(), func(r screen.Recent) bool { return r.Dir == dir }))
}

func (p *App) setRecent(list []screen.Recent) {
	var lines []string
	for i, r := range list {
		if i == maxRecent {
			break
		}
		if b, err := json.Marshal(r); err == nil {
			lines = append(lines, string(b))
		}
	}
	p.fyne.Preferences().SetStringList(prefRecent, lines)
}

// dataDir returns the folder that new cases are made in.
func (p *App) dataDir() string {
	if p.o.Data != "" {
		return p.o.Data
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = os.TempDir()
	}
	switch runtime.GOOS {
	case "windows":
		if d := os.Getenv("LOCALAPPDATA"); d != "" {
			return filepath.Join(d, "Faultline", "cases")
		}
		return filepath.Join(home, "AppData", "Local", "Faultline", "cases")
	case "darwin":
		return filepath.Join(home, "Library", "Application Support", "Faultline", "cases")
	}
	if d := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "faultline", "cases")
	}
	return filepath.Join(home, ".local", "share", "faultline", "cases")
}

// zone returns the zone that times are shown in: the preferred one, else the
// case's, else UTC.
func (p *App) zone(ofCase string) *time.Location {
	for _, name := range []string{p.fyne.Preferences().String(prefZone), ofCase} {
		if name == "" {
			continue
		}
		if z, err := time.LoadLocation(name); err == nil {
			return z
		}
	}
	return time.UTC
}
