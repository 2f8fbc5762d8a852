package index_test

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"faultline/analysis"
	"faultline/index"
)

// disk mounts a file system in memory of so many KiB; only root can.
func disk(t *testing.T, kib int) (dir string, remount func(options string)) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can mount a disk")
	}
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dk", kib)); err != nil {
		t.Skip("no disk can be mounted here:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error("a file was left open: unmount:", err, syscall.Unmount(dir, syscall.MNT_DETACH))
		}
	})
	return dir, func(options string) {
		t.Helper()
		flags := uintptr(syscall.MS_REMOUNT)
		if options == "ro" {
			flags, options = flags|syscall.MS_RDONLY, ""
		}
		if err := syscall.Mount("tmpfs", dir, "tmpfs", flags, options); err != nil {
			t.Fatal("remount:", err)
		}
	}
}

var errNotStored = errors.New("the text index was not stored")

// TestFullDisk imports onto disks that are too small at different moments: a
// clear message, and with more space the import goes on and nothing is missing.
// Where only the text index has no room, it is made in memory.
func TestFullDisk(t *testing.T) {
	disk(t, 64) // or skip
	s := newSource("b1", 8, 2500, 500)
	calm := create(t, filepath.Join(t.TempDir(), "case"))
	importAll(t, calm, s)
	want := ask(t, calm)
	found, err := calm.Find(t.Context(), "connection refused", 20)
	if err != nil {
		t.Fatal(err)
	}
	full := map[string]int{} // by what was being done
	enough := false
	for kib := 16; !enough; kib += max(16, kib/7) {
		t.Run(fmt.Sprintf("%d KiB", kib), func(t *testing.T) {
			dir, remount := disk(t, kib)
			dir = filepath.Join(dir, "case")
			doing := "create"
			c, err := index.Create(dir, index.Options{Name: "test"})
			if err == nil {
				doing = "import"
				_, err = importSome(t, c, s)
				if err == nil {
					doing = "find"
					hits, ferr := c.Find(t.Context(), "connection refused", 20)
					if ferr != nil || fmt.Sprintf("%+v", hits) != fmt.Sprintf("%+v", found) {
						t.Errorf("without a place for the text index, Find = %v, %v, want %v", hits, ferr, found)
					}
					if _, serr := os.Stat(filepath.Join(dir, "text")); serr != nil {
						full[doing]++ // it was made in memory
						err = errNotStored
					}
				}
				if e := c.Close(); err == nil {
					err = e
				}
			}
			enough = err == nil || t.Failed()
			if err != nil && !errors.Is(err, errNotStored) {
				full[doing]++
				if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "free some space") {
					t.Errorf("error %v: not that the disk is full and what to do", err)
				}
			}
			remount("size=64m")
			c, err = index.Open(dir, index.Options{})
			if errors.Is(err, index.ErrNoCase) {
				c, err = index.Create(dir, index.Options{Name: "test"})
			}
			if err != nil {
				t.Fatal(err)
			}
			defer closeCase(t, c)
			if w, err := c.Begin(s.bundle); err == nil {
				if _, err := s.write(w, nil); err != nil {
					t.Fatal(err)
				}
				if err := w.Finish(t.Context(), s.bundle); err != nil {
					t.Fatal(err)
				}
			} else if !errors.Is(err, index.ErrImported) {
				t.Fatal(err)
			}
			got := ask(t, c)
			if !slices.EqualFunc(got.hits, want.hits, func(a, b index.Hit) bool { return shown(a) == shown(b) }) || c.Info().Records != 20000 {
				t.Errorf("after it was full, the case has %d records of %d", len(got.hits), len(want.hits))
			}
			if hits, err := c.Find(t.Context(), "connection refused", 20); err != nil || fmt.Sprintf("%+v", hits) != fmt.Sprintf("%+v", found) {
				t.Errorf("Find = %v, %v, want %v", hits, err, found)
			}
			if problems, err := c.Verify(t.Context(), nil); err != nil || len(problems) > 0 {
				t.Errorf("verify: %v, %v", problems, err)
			}
		})
	}
	if t.Logf("too small, by what was done: %v", full); full["import"] < 3 || full["find"] == 0 {
		t.Error("the disks were not too small at every stage")
	}
}

// TestReadOnlyDisk opens a case on a disk that cannot be written to, whole and
// damaged.
func TestReadOnlyDisk(t *testing.T) {
	for _, hurt := range []bool{false, true} {
		at, remount := disk(t, 64<<10)
		dir := filepath.Join(at, "case")
		c, err := index.Create(dir, index.Options{})
		if err != nil {
			t.Fatal(err)
		}
		importAll(t, c, newSource("b1", 3, 300, 100))
		closeCase(t, c)
		if hurt {
			name := filepath.Join(dir, "000001.segment")
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			b[100] ^= 1
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		remount("ro")
		if c, err = index.Open(dir, index.Options{}); err != nil {
			t.Fatal(err)
		}
		info := c.Info()
		if !info.ReadOnly {
			t.Error("Info does not say that the case is open for reading only")
		}
		a := ask(t, c)
		if lost := 900 - len(a.hits); (lost > 0) != hurt {
			t.Errorf("damaged %v: %d records are lost", hurt, lost)
		}
		if _, err := c.Find(t.Context(), "connection refused", 5); err != nil {
			t.Error(err)
		}
		if err := c.Mark("0123", analysis.PatternBenign, "", ""); !errors.Is(err, index.ErrReadOnly) {
			t.Errorf("mark: %v, want ErrReadOnly", err)
		}
		if (len(c.Info().Problems) > 0) != hurt {
			t.Errorf("damaged %v: problems %v", hurt, c.Info().Problems)
		}
		closeCase(t, c)
		if _, err := index.Create(filepath.Join(at, "other"), index.Options{}); !errors.Is(err, syscall.EROFS) {
			t.Errorf("create: %v", err)
		}
	}
}

// TestNoRight opens a case in a folder that the user may only read.
func TestNoRight(t *testing.T) {
	base := t.TempDir()
	dir := filepath.Join(base, "case")
	c := create(t, dir)
	importAll(t, c, newSource("b1", 3, 300, 100))
	closeCase(t, c)
	program := filepath.Join(base, "program")
	b, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, b, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "FAULTLINE_TEST_READING="+dir)
	cmd.Dir = "/"
	const nobody = 65534
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		for up := base; up != os.TempDir() && up != "/"; up = filepath.Dir(up) {
			if err := os.Chmod(up, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if os.Getuid() == 0 {
			err = os.Chown(name, nobody, nobody)
		}
		if d.IsDir() {
			return errors.Join(err, os.Chmod(name, 0o500))
		}
		return errors.Join(err, os.Chmod(name, 0o400))
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Chmod(dir, 0o700) }() // so that it can be removed
	out, err := cmd.CombinedOutput()
	if string(out) != "true 900\n" {
		t.Errorf("%q, %v; want it open for reading only", out, err)
	}
}

// TestTwoProcesses opens a case that another process writes to: at once it
// says which one.
func TestTwoProcesses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "case")
	closeCase(t, create(t, dir))
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), killed+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	if !bufio.NewScanner(out).Scan() {
		t.Fatal("the other process does nothing")
	}
	best := time.Hour
	for range 5 { // a busy machine may hold up one of them
		start := time.Now()
		_, err = index.Open(dir, index.Options{})
		best = min(best, time.Since(start))
		var locked *index.LockedError
		if !errors.As(err, &locked) || locked.PID != cmd.Process.Pid || !strings.Contains(err.Error(), fmt.Sprint(cmd.Process.Pid)) {
			t.Errorf("open: %v, want that process %d has it", err, cmd.Process.Pid)
		}
	}
	if best > time.Second {
		t.Errorf("it took %v to say so", best)
	}
	c, err := index.Open(dir, index.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Count(t.Context(), analysis.Filter{}); err != nil {
		t.Error(err)
	}
	closeCase(t, c)
}
