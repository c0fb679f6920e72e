package sealed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

const (
	oneKey   = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	otherKey = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
)

func keysOf(t testing.TB, lines ...string) *Keys {
	t.Helper()
	k, err := parseKeys([]byte(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sealedFS(t testing.TB, inner vfs.FS, lines ...string) *FS {
	x := NewFS(inner, func(string) {})
	if len(lines) > 0 {
		x.SetKeys(keysOf(t, lines...))
	}
	return x
}

// put writes a file.
func put(t testing.TB, x vfs.FS, name string, pieces ...string) {
	t.Helper()
	f, err := x.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pieces {
		if _, err := io.WriteString(f, p); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

func get(x vfs.FS, name string) (string, error) {
	b, err := vfs.ReadFile(x, name, 1<<30)
	return string(b), err
}

func TestKeyFile(t *testing.T) {
	tests := []struct {
		name, text string
		keys       int
		plain      bool
		wrong      string
	}{
		{"one", oneKey, 1, false, ""},
		{"two, with remarks", "# new\n" + oneKey + "\n\n# old\n  " + otherKey + "\r\n", 2, false, ""},
		{"base64", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", 1, false, ""},
		{"plain from now on", "none\n" + oneKey, 1, true, ""},
		{"nothing", "\n# nothing\n", 0, false, "no key"},
		{"none alone", "none", 0, false, "no key"},
		{"short", oneKey[2:], 0, false, "32 bytes"},
		{"words", "correct horse battery staple", 0, false, "32 bytes"},
		{"none in the second place", oneKey + "\nnone", 0, false, "32 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "keys")
			if err := os.WriteFile(name, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			k, err := ReadKeys(name)
			if tt.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wrong) {
					t.Errorf("error %v, want %q", err, tt.wrong)
				}
				return
			}
			if err != nil || len(k.list) != tt.keys || k.plain != tt.plain {
				t.Errorf("%+v, %v", k, err)
			}
		})
	}
	a, b := keysOf(t, oneKey), keysOf(t, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	if a.list[0].id != b.list[0].id {
		t.Error("the same key has two names")
	}
}

// TestForms turns sealing on, changes keys and turns it off.
func TestForms(t *testing.T) {
	disk := vfs.NewMemory()
	want := func(x vfs.FS, name, text, wrong string) {
		t.Helper()
		got, err := get(x, name)
		if wrong == "" && (err != nil || got != text) || wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong)) {
			t.Errorf("%s: %q, %v, want %q %q", name, got, err, text, wrong)
		}
	}
	put(t, disk, "old", "plain")
	x := sealedFS(t, disk, oneKey)
	want(x, "old", "plain", "")
	put(t, x, "old", " text")
	want(disk, "old", "plain text", "")
	put(t, x, "new", "secret", " text")
	want(x, "new", "secret text", "")
	if raw, _ := get(disk, "new"); !strings.HasPrefix(raw, magic) || strings.Contains(raw, "secret") {
		t.Errorf("%q isn't sealed", raw)
	}
	info, err := x.Stat("new")
	if err != nil || info.Size() != int64(len("secret text")) {
		t.Errorf("its size is %v, %v", info, err)
	}
	want(sealedFS(t, disk), "new", "", "is encrypted with the key")
	want(sealedFS(t, disk, otherKey), "new", "", "is encrypted with the key")
	x = sealedFS(t, disk, otherKey, oneKey)
	put(t, x, "new", " more")
	put(t, x, "newer", "other")
	want(sealedFS(t, disk, oneKey), "new", "secret text more", "")
	want(sealedFS(t, disk, oneKey), "newer", "", "is encrypted with the key")
	x = sealedFS(t, disk, "none", oneKey)
	put(t, x, "newest", "plain again")
	want(disk, "newest", "plain again", "")
	want(x, "new", "secret text more", "")
	f, err := x.OpenFile("new", os.O_RDWR|os.O_TRUNC, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.WriteString(f, "plain too")
	if err = errors.Join(err, f.Close()); err != nil {
		t.Error(err)
	}
	want(disk, "new", "plain too", "")
}

// TestTwin does anything to a file and to a slice of bytes, with faults of the disk, and cuts the power at the end.
func TestTwin(t *testing.T) {
	seed := uint64(time.Now().UnixNano()) // #nosec G115 -- positive
	for round := range uint64(60) {
		if err := twin(t, seed+round); err != nil {
			t.Fatalf("seed %d: %v", seed+round, err)
		}
	}
}

type failed string

func (f failed) Error() string { return string(f) }

func twin(t *testing.T, seed uint64) error {
	rnd := rand.New(rand.NewPCG(seed, 0)) // #nosec G404 -- a test
	bytesOf := rand.NewChaCha8([32]byte{byte(seed)})
	disk := vfs.NewMemory()
	var fault vfs.Fault
	x := sealedFS(t, &vfs.Faulty{FS: disk, Decide: func(_ int, c vfs.Call) vfs.Fault {
		if c.Op == vfs.OpWrite {
			return fault
		}
		return vfs.Fault{}
	}}, oneKey)
	var want, safe []byte // now, and at the last sync
	synced := 0           // of both
	open := func() vfs.File {
		f, err := x.OpenFile("f", os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		return f
	}
	f := open()
	if err := x.SyncDir("."); err != nil {
		return err
	}
	for range 40 {
		p := make([]byte, []int{1, 50, 500, 5000, maxChunk + 100}[rnd.IntN(5)]*(1+rnd.IntN(3)))
		_, _ = bytesOf.Read(p) // can't fail
		switch rnd.IntN(8) {
		case 0:
			if f.Sync() == nil {
				safe, synced = bytes.Clone(want), len(want)
			}
		case 1:
			n := rnd.IntN(len(want) + 1)
			if err := f.Truncate(int64(n)); err != nil {
				return err
			}
			want = want[:n:n]
			synced = min(synced, n)
		case 2:
			if err := f.Close(); err != nil {
				return err
			}
			f = open()
		case 3: // the same bytes again
			if len(want) > 0 {
				from := rnd.IntN(len(want))
				part := want[from : from+rnd.IntN(len(want)-from)]
				if n, err := f.WriteAt(part, int64(from)); err != nil || n != len(part) {
					return err
				}
			}
		case 4: // others
			from := rnd.IntN(len(want) + 1)
			if _, err := f.WriteAt(p, int64(from)); err != nil {
				return err
			}
			want = append(want[:from:from], p...)
			synced = min(synced, from)
		case 5: // a write that fails halfway
			fault = vfs.Fault{Err: syscall.ENOSPC, Written: rnd.IntN(min(len(p), maxChunk))}
			n, err := f.WriteAt(p, int64(len(want)))
			fault = vfs.Fault{}
			if err == nil {
				return failed("the write didn't fail")
			}
			want = append(want, p[:n]...)
			if rnd.IntN(2) == 0 {
				if err := f.Truncate(int64(len(want))); err != nil {
					return err
				}
			}
		default:
			if n, err := f.Write(p); err != nil || n != len(p) {
				return err
			}
			want = append(want, p...)
		}
		if err := compare(f, want, rnd); err != nil {
			return err
		}
	}
	return cutPower(t, disk, want, safe, synced, rnd)
}

func compare(f vfs.File, want []byte, rnd *rand.Rand) error {
	info, err := f.Stat()
	if err != nil || info.Size() != int64(len(want)) {
		return failed(fmt.Sprintf("size %d, want %d", info.Size(), len(want)))
	}
	from := rnd.IntN(len(want) + 1)
	p := make([]byte, rnd.IntN(len(want)-from+10))
	n, err := f.ReadAt(p, int64(from))
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !bytes.Equal(p[:n], want[from:min(from+len(p), len(want))]) {
		return failed("other bytes")
	}
	return nil
}

// cutPower says whether what the disk has is a beginning of what was written, with all that was synced.
func cutPower(t *testing.T, disk *vfs.Memory, want, safe []byte, synced int, rnd *rand.Rand) error {
	x := sealedFS(t, disk.PowerCut(rnd), oneKey)
	got, err := get(x, "f")
	if errors.Is(err, fs.ErrNotExist) && synced == 0 {
		return nil
	}
	var bad *Error
	if errors.As(err, &bad) {
		return nil // torn in the middle of what wasn't synced, as the next check would find it
	}
	if err != nil {
		return err
	}
	if len(got) < synced || !bytes.HasPrefix(want, []byte(got)) && !bytes.HasPrefix(safe, []byte(got)) {
		return failed("the power cut took what was synced, or left what wasn't written")
	}
	return nil
}

// TestForged changes sealed files in every way that somebody without the key can think of.
func TestForged(t *testing.T) {
	disk := vfs.NewMemory()
	x := sealedFS(t, disk, oneKey)
	put(t, x, "a", "first ", "second ", "third ")
	put(t, x, "a", "fourth ", "fifth")
	put(t, x, "b", "FIRST ", "SECOND ", "THIRD")
	a, _ := get(disk, "a")
	b, _ := get(disk, "b")
	chunk := func(text string) int { return headBytes + len(text) + tagBytes }
	one := headerBytes + segmentBytes
	two := one + chunk("first ")
	three := two + chunk("second ")
	tests := []struct{ name, bytes, want string }{
		{"nothing", a, "first second third fourth fifth"},
		{"left out", a[:one] + a[two:], ""},
		{"exchanged", a[:one] + a[two:three] + a[one:two] + a[three:], ""},
		{"doubled", a[:two] + a[one:], ""},
		{"of another file", a[:one] + b[one:two] + a[two:], ""},
		{"the beginning of another file", b[:one] + a[one:], ""},
		{"cut between chunks", a[:three], "first second "},
		{"cut within a chunk", a[:three-1], "first "},
		{"cut to the header", a[:headerBytes], ""},
		{"the second part alone", a[:headerBytes] + a[three+chunk("third "):], ""},
	}
	for _, tt := range tests {
		if err := disk.Remove("c"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		put(t, disk, "c", tt.bytes)
		got, err := get(x, "c")
		if tt.want != "" && (err != nil || got != tt.want) || tt.want == "" && err == nil && got != "" {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
	}
	for i := range len(a) {
		c := []byte(a)
		c[i] ^= 1
		if err := disk.Remove("c"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		put(t, disk, "c", string(c))
		got, err := get(x, "c")
		if err == nil && i >= headerBytes && !strings.HasPrefix("first second third fourth ", got) {
			t.Errorf("byte %d: %q, %v", i, got, err)
		}
	}
}
