package aof

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"

	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// put writes a file.
func put(t *testing.T, x vfs.FS, name, text string) {
	t.Helper()
	f, err := x.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
}

// rdbOf is a snapshot of one string.
func rdbOf(key, value string) string {
	return "REDIS0011\xfe\x00\x00" + string(rune(len(key))) + key + string(rune(len(value))) + value + "\xff\x00\x00\x00\x00\x00\x00\x00\x00"
}

func TestLoad(t *testing.T) {
	set := func(key string) string { return command("SET", key, "v") }
	const baseLine, incrLine = "file b seq 1 type b\n", "file i seq 1 type i\nfile j seq 2 type i\nfile k seq 3 type i\n"
	tests := []struct {
		name       string
		manifest   string
		b, i, j, k string // the files
		off        bool   // aof-load-truncated
		want       string // the keys, or the error
		left       string // of the file that was cut
	}{
		{name: "all kinds", manifest: baseLine + incrLine, b: rdbOf("a", "v"), i: set("b"), j: "#TS:1\r\n" + set("c"), k: set("d"), want: "abcd"},
		{name: "base of commands", manifest: baseLine + incrLine, b: set("a"), k: set("d"), want: "ad"},
		{name: "snapshot and commands in one", manifest: baseLine, b: rdbOf("a", "v") + set("b"), want: "ab"},
		{name: "no base", manifest: incrLine, i: set("b"), j: set("c"), want: "bc"},
		{name: "all empty", manifest: incrLine, want: ""},
		{name: "torn end", manifest: baseLine + incrLine, b: set("a"), k: set("d") + set("e")[:9], want: "ad", left: set("d")},
		{name: "torn before empty files", manifest: incrLine, i: set("b") + "*3\r\n", want: "b", left: set("b")},
		{name: "torn, off", manifest: incrLine, k: set("d") + "*", off: true, want: "damaged"},
		{name: "torn in the middle", manifest: incrLine, i: set("b") + "*", j: set("c"), want: "damaged"},
		{name: "open transaction", manifest: incrLine, k: set("d") + command("MULTI") + set("e"), want: "d", left: set("d")},
		{name: "transaction", manifest: incrLine, k: command("MULTI") + set("d") + set("e") + command("EXEC"), want: "de"},
		{name: "damage", manifest: incrLine, k: set("d") + "!" + set("e"), want: "damaged"},
		{name: "unknown command", manifest: incrLine, k: set("d") + command("NOTHING"), want: "damaged"},
		{name: "damaged snapshot", manifest: baseLine + incrLine, b: rdbOf("a", "v")[:15], want: "damaged"},
		{name: "missing file", manifest: baseLine + incrLine + "file l seq 9 type i\n", b: set("a"), want: "damaged"},
		{name: "manifest", manifest: "file", want: "manifest"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			x := vfs.NewMemory()
			_ = x.MkdirAll("appendonlydir", 0o700)
			put(t, x, "appendonlydir/appendonly.aof.manifest", test.manifest)
			last := "b"
			for name, text := range map[string]string{"b": test.b, "i": test.i, "j": test.j, "k": test.k} {
				put(t, x, "appendonlydir/"+name, text)
				if text != "" {
					last = max(last, name)
				}
			}
			settings := []string{}
			if test.off {
				settings = append(settings, "aof-load-truncated no")
			}
			b := tryBed(t, x, settings...)
			err := b.log.ReadManifest()
			if wrong := (*ManifestError)(nil); errors.As(err, &wrong) {
				if test.want != "manifest" {
					t.Errorf("got %v", err)
				}
				return
			}
			_, err = b.log.Load(b)
			if errors.Is(err, ErrDamaged) {
				if test.want != "damaged" {
					t.Errorf("got %v", err)
				}
				return
			}
			want := make(map[string]string)
			for _, k := range test.want {
				want[string(k)] = "v"
			}
			sameData(t, "loaded", b.keys, want)
			if test.left != "" {
				if text, err := vfs.ReadFile(x, "appendonlydir/"+last, 1000); string(text) != test.left || err != nil {
					t.Errorf("left %q, want %q: %v", text, test.left, err)
				}
			}
		})
	}
}

// TestTakeOver breaks off the taking over of a single file at each of its calls, with the power.
func TestTakeOver(t *testing.T) {
	for fail := 0; ; fail++ {
		m := vfs.NewMemory()
		put(t, m, "appendonly.aof", rdbOf("a", "v")+command("SET", "b", "v"))
		f, _ := m.OpenFile("appendonly.aof", os.O_RDWR, 0)
		if err := errors.Join(f.Sync(), m.SyncDir(".")); err != nil {
			t.Fatal(err)
		}
		x := &vfs.Faulty{FS: m}
		x.Decide = func(n int, _ vfs.Call) vfs.Fault {
			if n == fail {
				return vfs.Fault{Err: fs.ErrPermission}
			}
			return vfs.Fault{}
		}
		b := tryBed(t, x)
		err := b.start()
		calls := len(x.Calls())
		var y vfs.FS = m
		if err == nil {
			_ = b.log.Close(false)
		} else {
			y = m.PowerCut(nil)
		}
		b = newBed(t, y)
		sameData(t, fmt.Sprintf("call %d failed", fail), b.keys, map[string]string{"a": "v", "b": "v"})
		b.stop()
		if got := names(t, y); got != "appendonly.aof 1.incr.aof manifest" {
			t.Errorf("call %d failed: files %s", fail, got)
		}
		if fail > calls {
			return
		}
	}
}

func TestTempsGo(t *testing.T) {
	x := vfs.NewMemory()
	_ = x.MkdirAll("appendonlydir", 0o700)
	for _, name := range []string{"temp-rewriteaof-bg-17.aof", "temp-appendonly.aof.incr", "temp-appendonly.aof.manifest", "temp-mine", "appendonly.aof.7.incr.aof"} {
		put(t, x, "appendonlydir/"+name, "x")
	}
	b := newBed(t, x)
	if got := names(t, x); got != "1.base.rdb 1.incr.aof 7.incr.aof manifest temp-mine" {
		t.Errorf("files %s", got)
	}
	b.stop()
}
