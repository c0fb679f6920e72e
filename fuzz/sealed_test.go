package fuzz

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sleipnirdb/sleipnir/internal/sealed"
	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// FuzzSealed changes a sealed file: what is read then, before an error or the end, is the beginning of what was written.
func FuzzSealed(f *testing.F) {
	keyFile := filepath.Join(f.TempDir(), "key")
	if err := os.WriteFile(keyFile, []byte(strings.Repeat("5a", 32)), 0o600); err != nil {
		f.Fatal(err)
	}
	keys, err := sealed.ReadKeys(keyFile)
	if err != nil {
		f.Fatal(err)
	}
	write := func(pieces ...string) (states [][]byte, raw []byte) {
		disk := vfs.NewMemory()
		x := sealed.NewFS(disk, nil)
		x.SetKeys(keys)
		var plain []byte
		for range 2 {
			file, err := x.OpenFile("f", os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
			if err != nil {
				f.Fatal(err)
			}
			for _, p := range pieces {
				if _, err := io.WriteString(file, p); err != nil {
					f.Fatal(err)
				}
				plain = append(plain, p...)
			}
			states = append(states, bytes.Clone(plain))
			cut := int64(len(plain) - 3)
			plain = plain[:cut]
			if err := file.Truncate(cut); err != nil {
				f.Fatal(err)
			}
			_ = file.Close()
		}
		raw, err := vfs.ReadFile(disk, "f", 1<<20)
		if err != nil {
			f.Fatal(err)
		}
		return states, raw
	}
	states, raw := write("one ", "two ", strings.Repeat("three ", 100))
	f.Add(0, 0, []byte{}, 0)
	f.Add(20, 1, []byte{1}, 0)
	f.Add(76, 40, []byte{}, 10)
	f.Add(0, 1000, []byte("SLPSEAL1 and more"), 0)
	f.Fuzz(func(t *testing.T, at, drop int, insert []byte, cut int) {
		at = min(max(at, 0), len(raw))
		drop = min(max(drop, 0), len(raw)-at)
		changed := append(append(bytes.Clone(raw[:at]), insert...), raw[at+drop:]...)
		changed = changed[:len(changed)-min(max(cut, 0), len(changed))]
		disk := vfs.NewMemory()
		file, err := disk.OpenFile("f", os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write(changed); err != nil {
			t.Fatal(err)
		}
		x := sealed.NewFS(disk, nil)
		x.SetKeys(keys)
		in, err := x.OpenFile("f", os.O_RDWR, 0)
		if err != nil || !bytes.HasPrefix(changed, []byte("SLPSEAL1")) {
			return // without its beginning it is a plain file
		}
		got, err := io.ReadAll(in)
		for _, plain := range states { // a cut may be cut off: then what it took away is there again
			if bytes.HasPrefix(plain, got) {
				return
			}
		}
		t.Fatalf("read %q, %v", got, err)
	})
}
