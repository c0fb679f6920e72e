package vfs

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// write puts text at the end of a file, and syncs it if asked to.
func write(t *testing.T, f File, text string, sync bool) {
	t.Helper()
	if _, err := f.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if sync {
		if err := f.Sync(); err != nil {
			t.Fatal(err)
		}
	}
}

func open(t *testing.T, x FS, name string, flag int) File {
	t.Helper()
	f, err := x.OpenFile(name, flag, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestSameAnswers(t *testing.T) {
	for name, x := range map[string]FS{"os": OS{}, "memory": NewMemory(), "faulty": &Faulty{FS: NewMemory()}} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "a", "b")
			if err := x.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			at := func(base string) string { return filepath.Join(dir, base) }
			if _, err := x.OpenFile(at("none"), os.O_RDONLY, 0); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("open of nothing: %v", err)
			}
			f := open(t, x, at("one"), os.O_CREATE|os.O_WRONLY|os.O_APPEND)
			write(t, f, "hello ", true)
			write(t, f, "world!!", false)
			if err := f.Truncate(11); err != nil {
				t.Fatal(err)
			}
			write(t, f, ".", true)
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if err := x.Rename(at("one"), at("two")); err != nil {
				t.Fatal(err)
			}
			if err := x.SyncDir(dir); err != nil {
				t.Fatal(err)
			}
			f = open(t, x, at("two"), os.O_RDWR)
			if _, err := f.WriteAt([]byte("W"), 6); err != nil {
				t.Fatal(err)
			}
			p := make([]byte, 5)
			if n, err := f.ReadAt(p, 8); n != 4 || err != io.EOF {
				t.Errorf("read at the end: %d, %v", n, err)
			}
			_ = f.Close()
			if b, err := ReadFile(x, at("two"), 12); string(b) != "hello World." || err != nil {
				t.Errorf("read: %q, %v", b, err)
			}
			if _, err := ReadFile(x, at("two"), 11); err == nil {
				t.Error("a file over the limit was read")
			}
			list, err := x.ReadDir(dir)
			if err != nil || len(list) != 1 || list[0].Name() != "two" {
				t.Errorf("list: %v, %v", list, err)
			}
			info, err := x.Stat(at("two"))
			if err != nil || info.Size() != 12 || info.IsDir() {
				t.Errorf("stat: %v, %v", info, err)
			}
			if info, err = x.Stat(dir); err != nil || !info.IsDir() {
				t.Errorf("stat of a folder: %v, %v", info, err)
			}
			if err := x.Remove(at("two")); err != nil {
				t.Fatal(err)
			}
			if err := x.Remove(at("two")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("remove of nothing: %v", err)
			}
			if err := x.Rename(at("two"), at("one")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("rename of nothing: %v", err)
			}
		})
	}
}

func content(t *testing.T, x FS, name string) string {
	t.Helper()
	b, err := ReadFile(x, name, 1<<20)
	if errors.Is(err, fs.ErrNotExist) {
		return "none"
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPowerCut(t *testing.T) {
	m := NewMemory()
	f := open(t, m, "log", os.O_CREATE|os.O_WRONLY|os.O_APPEND)
	write(t, f, "safe", true)
	g := open(t, m, "unnamed", os.O_CREATE|os.O_WRONLY)
	if got := content(t, m.fork(t).PowerCut(nil), "log"); got != "none" {
		t.Errorf("a file without SyncDir: %q", got)
	}
	if err := m.SyncDir("."); err != nil {
		t.Fatal(err)
	}
	write(t, g, "lost", false)
	write(t, f, "loose", false)
	if err := m.Rename("log", "renamed"); err != nil {
		t.Fatal(err)
	}
	after := m.PowerCut(nil)
	for name, want := range map[string]string{"log": "safe", "renamed": "none", "unnamed": ""} {
		if got := content(t, after, name); got != want {
			t.Errorf("%s after the cut: %q, want %q", name, got, want)
		}
	}
	if _, err := f.Write([]byte("x")); err == nil {
		t.Error("a file of before the cut takes a write")
	}
}

// fork copies a file system, for several ends of one beginning.
func (m *Memory) fork(*testing.T) *Memory {
	c := NewMemory()
	for name, d := range m.dirs {
		to := newFolder()
		for base, n := range d.names {
			to.names[base] = n
		}
		for base, n := range d.synced {
			to.synced[base] = n
		}
		to.steps = d.steps
		c.dirs[name] = to
	}
	return c
}

func TestTornWrites(t *testing.T) {
	seen := make(map[string]bool)
	for seed := range uint64(200) {
		m := NewMemory()
		f := open(t, m, "log", os.O_CREATE|os.O_WRONLY|os.O_APPEND)
		if err := m.SyncDir("."); err != nil {
			t.Fatal(err)
		}
		write(t, f, "safe", true)
		write(t, f, "xyz", false)
		got := content(t, m.PowerCut(rand.New(rand.NewPCG(seed, 1))), "log")
		if !strings.HasPrefix("safexyz", got) || len(got) < 4 {
			t.Fatalf("seed %d: %q", seed, got)
		}
		seen[got] = true
	}
	if len(seen) != 4 {
		t.Errorf("ends seen: %v", seen)
	}
}

func TestFailedSyncLosesBytes(t *testing.T) {
	m := NewMemory()
	syncs := 0
	x := &Faulty{FS: m, Decide: func(_ int, c Call) Fault {
		if c.Op == OpSync {
			if syncs++; syncs == 2 {
				return Fault{Err: syscall.EIO}
			}
		}
		return Fault{}
	}}
	f := open(t, x, "log", os.O_CREATE|os.O_RDWR)
	if err := x.SyncDir("."); err != nil {
		t.Fatal(err)
	}
	write(t, f, "one", true)
	write(t, f, "two", false)
	if err := f.Sync(); !errors.Is(err, syscall.EIO) {
		t.Fatalf("sync: %v", err)
	}
	write(t, f, "three", true)
	if got, want := content(t, m.fork(t).PowerCut(nil), "log"), "one\x00\x00\x00three"; got != want {
		t.Errorf("the disk has %q, want %q", got, want)
	}
	if _, err := f.WriteAt([]byte("two"), 3); err != nil {
		t.Fatal(err)
	}
	write(t, f, "", true)
	if got, want := content(t, m.PowerCut(nil), "log"), "onetwothree"; got != want {
		t.Errorf("written again, the disk has %q, want %q", got, want)
	}
}

func TestWriteFile(t *testing.T) {
	put := func(x FS, text string) error {
		return WriteFile(x, "dir/name", "dir/temp", 0o600, func(f File) error {
			_, err := f.Write([]byte(text))
			return err
		})
	}
	for fail := 1; ; fail++ {
		m := NewMemory()
		if err := m.MkdirAll("dir", 0o700); err != nil {
			t.Fatal(err)
		}
		if err := put(m, "old"); err != nil {
			t.Fatal(err)
		}
		x := &Faulty{FS: m, Decide: func(n int, c Call) Fault {
			if n == fail {
				return Fault{Err: syscall.ENOSPC, Written: c.Bytes / 2}
			}
			return Fault{}
		}}
		err := put(x, "newer")
		if got := content(t, m, "dir/name"); got != "old" && got != "newer" {
			t.Errorf("call %d fails: %q", fail, got)
		}
		if got := content(t, m, "dir/temp"); got != "none" {
			t.Errorf("call %d fails: the temporary file stays: %q", fail, got)
		}
		if got := content(t, m.PowerCut(nil), "dir/name"); (err == nil && got != "newer") || (got != "old" && got != "newer") {
			t.Errorf("call %d fails with %v, then the power: %q", fail, err, got)
		}
		if err == nil {
			if fail != 7 {
				t.Errorf("%d calls: %v", fail-1, x.Calls())
			}
			return
		}
	}
}
