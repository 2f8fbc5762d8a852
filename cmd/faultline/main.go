// Command faultline opens the window.
//
//	faultline [flags] [PATH...]
//
// PATH is a case, or a bundle, folder or log file that is imported. Without
// one the start page is shown. The headless twin is faultline-cli.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	fyneapp "fyne.io/fyne/v2/app"

	"faultline/analysis/ingest"
	"faultline/app"
)

// The exit codes; 0 is a window that was closed.
const (
	exitUsage     = 2
	exitNoDisplay = 12
)

// id names the program to the desktop and its preferences.
const id = "faultline.desktop"

func main() {
	ingest.LargePages()
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	flags := flag.NewFlagSet("faultline", flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "Usage: faultline [flags] [CASE | PATH...]\n\nOpens the window with a case, or imports a bundle, folder or log file first.\nWithout a display use faultline-cli.\n\nFlags:\n")
		flags.PrintDefaults()
	}
	sample := flags.Bool("sample", false, "open the sample case")
	theme := flags.String("theme", "", "`light`, dark or system")
	scale := flags.String("scale", "", "scale of the user interface, such as `1.25`")
	data := flags.String("data", "", "`folder` that new cases are made in")
	version := flags.Bool("version", false, "print the version and exit")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return exitUsage
	}
	switch *theme {
	case "", "light", "dark", "system":
	default:
		fmt.Fprintf(os.Stderr, "faultline: no such theme as %q; there are light, dark and system\n", *theme)
		return exitUsage
	}
	if *scale != "" {
		if f, err := strconv.ParseFloat(*scale, 64); err != nil || f < 0.5 || f > 4 {
			fmt.Fprintf(os.Stderr, "faultline: the scale is a number from 0.5 to 4, not %q\n", *scale)
			return exitUsage
		}
	}
	if *version {
		fmt.Println("faultline", programVersion())
		return 0
	}
	if !display() {
		fmt.Fprintln(os.Stderr, "faultline: there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set), so the window cannot open.\nUse the headless command instead: faultline-cli analyze PATH")
		return exitNoDisplay
	}
	a := fyneapp.NewWithID(id)
	if *scale == "" {
		*scale = app.Scale(a)
	}
	if *scale != "" && os.Getenv("FYNE_SCALE") == "" {
		if err := os.Setenv("FYNE_SCALE", *scale); err != nil {
			fmt.Fprintln(os.Stderr, "faultline: set the scale:", err)
		}
	}
	p := app.New(a, app.Options{Data: *data, Theme: *theme, Version: programVersion(), Trace: tracer()})
	switch {
	case flags.NArg() > 0:
		p.Open(flags.Args())
	case *sample:
		p.OpenSample()
	}
	p.Run()
	return 0
}

// display reports whether there is something to open a window on.
func display() bool {
	if runtime.GOOS != "linux" && runtime.GOOS != "freebsd" && runtime.GOOS != "openbsd" && runtime.GOOS != "netbsd" {
		return true
	}
	return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}

// tracer prints a line for every state of the window when FAULTLINE_TRACE is
// set, for tests of the whole program.
func tracer() func(format string, args ...any) {
	if os.Getenv("FAULTLINE_TRACE") == "" {
		return nil
	}
	start := time.Now()
	return func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "trace %8.3f "+format+"\n", append([]any{time.Since(start).Seconds()}, args...)...)
	}
}

// programVersion returns the version that the program was built as.
func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(unknown)"
	}
	return info.Main.Version
}
