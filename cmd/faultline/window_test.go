package main_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The end-to-end test drives the real program by mouse and keys under a
// virtual display. FAULTLINE_WINDOW names the program; make test sets it.
// WINDOW_SHOTS names a folder for pictures of what it saw.

func program(t *testing.T) string {
	t.Helper()
	path := os.Getenv("FAULTLINE_WINDOW")
	if path == "" {
		t.Skip("FAULTLINE_WINDOW does not name the program; run make test")
	}
	return path
}

func TestWithoutADisplayItSaysSo(t *testing.T) {
	c := exec.Command(program(t), "--sample")
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "DISPLAY=") && !strings.HasPrefix(e, "WAYLAND_DISPLAY=") {
			c.Env = append(c.Env, e)
		}
	}
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 12 {
		t.Errorf("ended with %v, want exit code 12", err)
	}
	if !strings.Contains(string(out), "there is no display") || !strings.Contains(string(out), "faultline-cli") {
		t.Errorf("it says %q", out)
	}
}

// display is a virtual one, and the program on it.
type display struct {
	t      *testing.T
	name   string
	frames string // file that holds the screen
	home   string
	cmd    *exec.Cmd
	ended  chan error

	mu    sync.Mutex
	lines []string
	more  chan struct{}
	read  int // lines that await has passed
}

func newDisplay(t *testing.T) *display {
	t.Helper()
	for _, tool := range []string{"Xvfb", "xdotool"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed", tool)
		}
	}
	d := &display{t: t, home: t.TempDir(), more: make(chan struct{}, 1)}
	frames := t.TempDir()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "1400x900x24", "-fbdir", frames, "-nolisten", "tcp")
	x.ExtraFiles = []*os.File{w}
	if err := x.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = x.Process.Kill()
		_ = x.Wait()
	})
	_ = w.Close()
	number, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb did not start: %v", err)
	}
	d.name = ":" + strings.TrimSpace(number)
	d.frames = filepath.Join(frames, "Xvfb_screen0")
	return d
}

// start runs the program.
func (d *display) start(args ...string) {
	d.t.Helper()
	d.cmd = exec.Command(program(d.t), append([]string{"--data", filepath.Join(d.home, "cases")}, args...)...)
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "DISPLAY=") && !strings.HasPrefix(e, "WAYLAND_DISPLAY=") && !strings.HasPrefix(e, "FYNE_") {
			d.cmd.Env = append(d.cmd.Env, e)
		}
	}
	d.cmd.Env = append(d.cmd.Env, "DISPLAY="+d.name, "HOME="+d.home, "XDG_CONFIG_HOME="+filepath.Join(d.home, "config"), "FAULTLINE_TRACE=1", "LANG=en_US.UTF-8")
	out, err := d.cmd.StderrPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.ended = make(chan error, 1)
	d.t.Cleanup(func() { _ = d.cmd.Process.Kill() })
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			d.mu.Lock()
			d.lines = append(d.lines, lines.Text())
			d.mu.Unlock()
			select {
			case d.more <- struct{}{}:
			default:
			}
		}
		_, _ = io.Copy(io.Discard, out)
		d.ended <- d.cmd.Wait()
	}()
}

// await waits for a line that matches, behind the ones awaited before.
func (d *display) await(pattern string) { d.t.Helper(); d.awaitAll(pattern) }

// awaitAll waits until every pattern has its line behind the ones awaited
// before: what the program counts side by side comes in any order.
func (d *display) awaitAll(patterns ...string) {
	d.t.Helper()
	end := time.After(60 * time.Second)
	for {
		d.mu.Lock()
		lines, missing, read := d.lines[d.read:], "", 0
		for _, p := range patterns {
			i := slices.IndexFunc(lines, regexp.MustCompile(p).MatchString)
			if i < 0 {
				missing = p
				break
			}
			read = max(read, i+1)
		}
		if missing == "" {
			d.read += read
			d.mu.Unlock()
			return
		}
		all := strings.Join(d.lines[max(0, len(d.lines)-15):], "\n")
		d.mu.Unlock()
		select {
		case <-d.more:
		case <-end:
			d.t.Fatalf("no line matches %q; the last ones are\n%s", missing, all)
		}
	}
}

// do runs xdotool.
func (d *display) do(args ...string) string {
	d.t.Helper()
	c := exec.Command("xdotool", args...)
	c.Env = append(os.Environ(), "DISPLAY="+d.name)
	out, err := c.CombinedOutput()
	if err != nil {
		d.t.Fatalf("xdotool %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (d *display) key(k string) { d.t.Helper(); d.do("key", "--clearmodifiers", k) }

func (d *display) click(x, y int) {
	d.t.Helper()
	d.do("mousemove", fmt.Sprint(x), fmt.Sprint(y), "click", "1")
}

// window returns the program's window and gives it the keyboard.
func (d *display) window() string {
	d.t.Helper()
	id := strings.Fields(d.do("search", "--sync", "--onlyvisible", "--name", "Faultline"))[0]
	d.do("windowfocus", "--sync", id)
	return id
}

// screen returns what is on the display, once two looks at it agree.
func (d *display) screen() *image.RGBA {
	d.t.Helper()
	last := ""
	for range 100 {
		b, err := os.ReadFile(d.frames)
		if err != nil {
			d.t.Fatal(err)
		}
		if string(b) == last {
			return decode(b)
		}
		last = string(b)
		time.Sleep(400 * time.Millisecond) // the program says what it shows, not when it is painted
	}
	d.t.Fatal("the screen does not come to rest")
	return nil
}

// decode reads the X window dump that Xvfb keeps.
func decode(b []byte) *image.RGBA {
	u := func(i int) int { return int(binary.BigEndian.Uint32(b[i*4:])) }
	off, w, h, stride := u(0)+u(19)*12, u(4), u(5), u(12)
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			p, i := b[off+y*stride+x*4:], img.PixOffset(x, y)
			img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3] = p[2], p[1], p[0], 255
		}
	}
	return img
}

// shot checks that something is on the screen, and keeps a picture of the
// window where WINDOW_SHOTS says.
func (d *display) shot(name string) {
	d.t.Helper()
	img := d.screen()
	colours := map[[3]byte]bool{}
	for i := 0; i < len(img.Pix); i += 4 {
		colours[[3]byte(img.Pix[i:i+3])] = true
	}
	if len(colours) < 100 {
		d.t.Errorf("%s: only %d colours are on the screen", name, len(colours))
	}
	dir := os.Getenv("WINDOW_SHOTS")
	if dir == "" {
		return
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		d.t.Fatal(err)
	}
	e := png.Encoder{CompressionLevel: png.BestCompression}
	if err := errors.Join(e.Encode(f, img.SubImage(image.Rect(0, 0, 1360, 860))), f.Close()); err != nil {
		d.t.Fatal(err)
	}
}

func TestWindowFromEndToEnd(t *testing.T) {
	d := newDisplay(t)
	d.start("--theme", "dark")
	d.await("started")
	id := d.window()
	d.shot("start")

	// A dropped bundle is imported and answered.
	bundle, err := filepath.Abs("../../testdata/sample/support-bundle.tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	spaced := filepath.Join(d.home, "support bundle.tar.gz")
	if err := os.Link(bundle, spaced); err != nil {
		b, err := os.ReadFile(bundle)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(spaced, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if d.drop(id, spaced) {
		d.await(`case "support bundle" records=\d+ members=\d+`)
		d.await(`overview failures=\d+`)
		d.key("ctrl+w")
		d.await("case closed")
	}

	// The sample case, with the mouse and with keys.
	d.key("ctrl+shift+s")
	d.await(`case "Sample.*" records=\d+`)
	d.awaitAll(`overview failures=\d+ findings=\d+`, `count \d+ of \d+`)
	d.shot("overview-dark")
	d.key("ctrl+d")
	d.await("theme light")
	d.await("overview")
	d.shot("overview-light")
	d.key("ctrl+d")
	d.await("theme dark")

	d.key("ctrl+2")
	d.await("page=patterns")
	d.await(`patterns \d+`)
	d.click(500, 194)
	d.await(`pattern [0-9a-f]+ records=\d+`)
	d.shot("pattern")

	// A query narrows; the last of its records is reached by a key and copied.
	d.key("ctrl+f")
	d.await("search focused")
	d.do("type", "--delay", "5", "timeout")
	d.key("Return")
	d.await(`filter=.*timeout`)
	d.key("ctrl+3")
	d.await("page=explore")
	d.await(`explore rows=\d+`)
	d.click(800, 330)
	d.await(`record \S+:\d+`)
	d.key("End")
	d.await(`record \S+:\d+`)
	d.key("ctrl+c")
	d.clipboard()
	d.shot("explore")
	d.key("Escape")
	d.await(`filter=\{\}`)
	d.key("alt+Left")
	d.await(`filter=.*timeout`)
	d.key("alt+Right")
	d.await(`filter=\{\}`)

	d.key("ctrl+4")
	d.await(`runs \d+ failed=\d+`)
	d.shot("runs")
	d.key("ctrl+5")
	d.await(`sources \d+`)
	d.shot("sources")
	d.key("ctrl+6")
	d.await("page=findings")
	d.shot("findings")

	// A brush over the timeline.
	d.key("ctrl+1")
	d.await("page=overview")
	d.screen()
	d.do("mousemove", "500", "450", "mousedown", "1", "mousemove", "600", "460", "mousemove", "800", "460", "mouseup", "1")
	d.await(`filter=.*"from"`)
	d.await(`count \d+ of \d+`)

	d.key("ctrl+q")
	select {
	case err := <-d.ended:
		if err != nil {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(30 * time.Second):
		t.Error("it does not quit")
	}
}

// drop drops a file on a window; it needs a C compiler and Xlib, and reports
// whether they are there.
func (d *display) drop(window, path string) bool {
	d.t.Helper()
	tool := filepath.Join(d.home, "xdnd")
	if out, err := exec.Command("cc", "-o", tool, "testdata/xdnd.c", "-lX11").CombinedOutput(); err != nil {
		d.t.Logf("no drop is tried: %v: %s", err, out)
		return false
	}
	u := url.URL{Scheme: "file", Path: path}
	c := exec.Command(tool, window, "500", "400", u.String())
	c.Env = append(os.Environ(), "DISPLAY="+d.name)
	if err := c.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.await("dropped 1")
	if err := c.Wait(); err != nil {
		d.t.Errorf("drop: %v", err)
	}
	return true
}

// clipboard checks that a record was copied.
func (d *display) clipboard() {
	d.t.Helper()
	if _, err := exec.LookPath("xclip"); err != nil {
		d.t.Log("xclip is not installed; the clipboard is not looked at")
		return
	}
	for range 30 {
		c := exec.Command("xclip", "-o", "-selection", "clipboard")
		c.Env = append(os.Environ(), "DISPLAY="+d.name)
		if out, err := c.Output(); err == nil && strings.Contains(string(out), "timeout") {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	d.t.Error("the copied record is not in the clipboard")
}
