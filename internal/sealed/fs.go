package sealed

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// FS seals the files of another file system. A file that is there keeps its form, sealed or plain; a new or emptied one takes that
// which the keys say. So a change of keys takes hold with the next file.
type FS struct {
	vfs.FS
	keys atomic.Pointer[Keys]
	// Notice is told of what was torn.
	Notice func(text string)
}

// NewFS returns an FS in front of inner, without keys.
func NewFS(inner vfs.FS, notice func(text string)) *FS { return &FS{FS: inner, Notice: notice} }

// SetKeys changes the keys; nil is none. Files that are open keep theirs.
func (x *FS) SetKeys(k *Keys) { x.keys.Store(k) }

// Seals tells whether new files are sealed.
func (x *FS) Seals() bool { return x.keys.Load().forWriting() != nil }

// OpenFile opens a file of either form. Sealed files that are opened to write are read too.
func (x *FS) OpenFile(name string, flag int, perm fs.FileMode) (vfs.File, error) {
	writes := flag&(os.O_WRONLY|os.O_RDWR) != 0
	inner := flag
	if writes {
		inner = flag&^(os.O_WRONLY|os.O_APPEND) | os.O_RDWR
	}
	f, err := x.FS.OpenFile(name, inner, perm)
	if err != nil {
		return nil, err
	}
	keys := x.keys.Load()
	k, size, err := x.form(f, name, keys)
	switch {
	case err != nil:
		_ = f.Close()
		return nil, err
	case k == nil && inner == flag:
		return f, nil
	case k == nil:
		if err := f.Close(); err != nil {
			return nil, err
		}
		return x.FS.OpenFile(name, flag&^(os.O_TRUNC|os.O_EXCL), perm)
	}
	s := &file{inner: f, name: name, key: k, writes: writes, notice: x.Notice}
	if err := s.open(size); err != nil {
		_ = f.Close()
		return nil, err
	}
	return s, nil
}

// form finds out which form a file has or is to have: the key that it is sealed with, nil for a plain one.
func (x *FS) form(f vfs.File, name string, keys *Keys) (*key, int64, error) {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil, 0, err
	}
	size := info.Size()
	var header [headerBytes]byte
	n, err := f.ReadAt(header[:min(size, int64(headerBytes))], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	switch {
	case n == 0:
		return keys.forWriting(), 0, nil
	case n < headerBytes && bytes.HasPrefix([]byte(magic), header[:min(n, len(magic))]) && keys != nil:
		return &keys.list[0], size, nil // its beginning was torn
	case !bytes.HasPrefix(header[:n], []byte(magic)):
		return nil, size, nil
	}
	if k := keys.find(header[len(magic):]); k != nil {
		return k, size, nil
	}
	e := &KeyError{Name: name}
	copy(e.ID[:], header[len(magic):])
	return nil, 0, e
}

// Stat describes a file; its size is that of what it holds.
func (x *FS) Stat(name string) (fs.FileInfo, error) {
	info, err := x.FS.Stat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return info, err
	}
	f, err := x.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	return f.Stat()
}

// plainInfo describes a sealed file by what it holds.
type plainInfo struct {
	fs.FileInfo
	size int64
}

func (i plainInfo) Size() int64 { return i.size }
