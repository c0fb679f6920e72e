package vfs

import (
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Memory is a file system in memory, for tests. It keeps beside each file and folder what a disk would have of it if the power
// went now:
//
//   - Of a file, what was there at the last Sync, and of what was written since then any part from the front: its end may be torn.
//   - Of a folder, the names as of the last SyncDir, and of what was done since then the first few steps.
//
// A Sync that fails on the way (see [Faulty]) leaves the bytes in the cache, where they are read but never reach the disk unless
// they are written again, as Linux does it.
type Memory struct {
	mu   sync.Mutex // guards all below, and the nodes
	dirs map[string]*folder
	cut  bool // the power has gone: this one is dead
}

// folder holds files by their names, without the folders in it.
type folder struct {
	names  map[string]*node
	synced map[string]*node
	steps  []func(names map[string]*node) // done since then
}

func (d *folder) do(step func(names map[string]*node)) {
	step(d.names)
	d.steps = append(d.steps, step)
}

// node is a file.
type node struct {
	b      []byte
	synced []byte // on the disk
	// dirty is where b differs from synced, as far as the cache knows.
	dirty   bool
	lo, hi  int
	resized bool
	mode    fs.FileMode
}

// NewMemory returns a file system with the folders "/" and ".".
func NewMemory() *Memory {
	m := &Memory{dirs: make(map[string]*folder)}
	for _, name := range []string{"/", "."} {
		m.dirs[name] = newFolder()
	}
	return m
}

func newFolder() *folder {
	return &folder{names: make(map[string]*node), synced: make(map[string]*node)}
}

// errCut is what calls get after a power cut.
const errCut = syscall.ENODEV

func (m *Memory) find(name string) (*folder, string, *node, error) {
	if m.cut {
		return nil, "", nil, errCut
	}
	d := m.dirs[path.Dir(path.Clean(name))]
	if d == nil {
		return nil, "", nil, syscall.ENOENT
	}
	base := path.Base(name)
	return d, base, d.names[base], nil
}

// OpenFile opens a file.
func (m *Memory) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, base, n, err := m.find(name)
	switch {
	case err != nil:
	case m.dirs[path.Clean(name)] != nil:
		err = syscall.EISDIR
	case n == nil && flag&os.O_CREATE == 0:
		err = syscall.ENOENT
	case n != nil && flag&os.O_EXCL != 0:
		err = syscall.EEXIST
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	if n == nil {
		n = &node{mode: perm}
		d.do(func(names map[string]*node) { names[base] = n })
	} else if flag&os.O_TRUNC != 0 {
		n.truncate(0)
	}
	return &memoryFile{m: m, n: n, name: name, appends: flag&os.O_APPEND != 0}, nil
}

// Stat describes a file or a folder.
func (m *Memory) Stat(name string) (fs.FileInfo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, base, n, err := m.find(name)
	switch {
	case err != nil:
	case m.dirs[path.Clean(name)] != nil:
		return entry{name: base, mode: fs.ModeDir | 0o755}, nil
	case n == nil:
		err = syscall.ENOENT
	}
	if err != nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	return entry{base, int64(len(n.b)), n.mode}, nil
}

// ReadDir lists the files of a folder.
func (m *Memory) ReadDir(name string) ([]fs.DirEntry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.dirs[path.Clean(name)]
	if d == nil || m.cut {
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.ENOENT}
	}
	list := make([]fs.DirEntry, 0, len(d.names))
	for _, base := range slices.Sorted(maps.Keys(d.names)) {
		n := d.names[base]
		list = append(list, entry{base, int64(len(n.b)), n.mode})
	}
	return list, nil
}

// MkdirAll makes a folder. It is there after a power cut, empty at least.
func (m *Memory) MkdirAll(name string, _ fs.FileMode) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cut {
		return &fs.PathError{Op: "mkdir", Path: name, Err: errCut}
	}
	for name = path.Clean(name); m.dirs[name] == nil; name = path.Dir(name) {
		m.dirs[name] = newFolder()
	}
	return nil
}

// Rename gives a file another name in its folder.
func (m *Memory) Rename(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, base, n, err := m.find(from)
	target, toBase, _, err2 := m.find(to)
	switch {
	case err == nil && err2 != nil:
		err = err2
	case err == nil && n == nil:
		err = syscall.ENOENT
	case err == nil && d != target:
		// Both at once, which is what a journaling file system does.
		d.do(func(names map[string]*node) { delete(names, base) })
		target.do(func(names map[string]*node) { names[toBase] = n })
		d.sync()
		target.sync()
		return nil
	}
	if err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	d.do(func(names map[string]*node) {
		delete(names, base)
		names[toBase] = n
	})
	return nil
}

// Remove removes a file.
func (m *Memory) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, base, n, err := m.find(name)
	if err == nil && n == nil {
		err = syscall.ENOENT
	}
	if err != nil {
		return &fs.PathError{Op: "remove", Path: name, Err: err}
	}
	d.do(func(names map[string]*node) { delete(names, base) })
	return nil
}

// SyncDir makes the names in a folder last.
func (m *Memory) SyncDir(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.dirs[path.Clean(name)]
	if d == nil || m.cut {
		return &fs.PathError{Op: "open", Path: name, Err: syscall.ENOENT}
	}
	d.sync()
	return nil
}

func (d *folder) sync() {
	d.synced = maps.Clone(d.names)
	d.steps = nil
}

// PowerCut ends this file system, and returns what is on the disk. What wasn't synced survives as far as random says: nothing of
// it if random is nil.
func (m *Memory) PowerCut(random *rand.Rand) *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cut = true
	after := NewMemory()
	survived := make(map[*node]*node)
	for _, name := range slices.Sorted(maps.Keys(m.dirs)) {
		d, to := m.dirs[name], newFolder()
		names := maps.Clone(d.synced)
		if random != nil {
			for _, step := range d.steps[:random.IntN(len(d.steps)+1)] {
				step(names)
			}
		}
		for _, base := range slices.Sorted(maps.Keys(names)) {
			n := names[base]
			if survived[n] == nil {
				b := n.survivor(random)
				survived[n] = &node{b: b, synced: slices.Clone(b), mode: n.mode}
			}
			to.names[base] = survived[n]
		}
		to.synced = maps.Clone(to.names)
		after.dirs[name] = to
	}
	return after
}

// survivor is what a power cut leaves of a file.
func (n *node) survivor(random *rand.Rand) []byte {
	b := slices.Clone(n.synced)
	if random == nil || !n.dirty {
		return b
	}
	if end := min(n.hi, len(n.b)); end > n.lo {
		end = n.lo + random.IntN(end-n.lo+1)
		if n.resized && random.IntN(2) == 0 {
			b = b[:min(len(b), len(n.b))]
		}
		b = grown(b, end)
		copy(b[n.lo:end], n.b[n.lo:end])
	}
	return b
}

func grown(b []byte, size int) []byte {
	if size > len(b) {
		b = append(b, make([]byte, size-len(b))...)
	}
	return b
}

func (n *node) writeAt(p []byte, at int) {
	n.b = grown(n.b, at+len(p))
	copy(n.b[at:], p)
	n.touch(at, at+len(p))
}

func (n *node) touch(lo, hi int) {
	if !n.dirty {
		n.dirty, n.lo, n.hi = true, lo, hi
		return
	}
	n.lo, n.hi = min(n.lo, lo), max(n.hi, hi)
}

func (n *node) truncate(size int) {
	at := min(size, len(n.b))
	n.b = grown(n.b[:at:at], size)
	n.touch(at, size)
	n.resized = true
}

func (n *node) sync() {
	if !n.dirty {
		return
	}
	if n.resized {
		n.synced = n.synced[:min(len(n.synced), len(n.b))]
	}
	if end := min(n.hi, len(n.b)); end > n.lo {
		n.synced = grown(n.synced, end)
		copy(n.synced[n.lo:end], n.b[n.lo:end])
	}
	n.dirty, n.resized = false, false
}

// memoryFile is an open file of a Memory.
type memoryFile struct {
	m       *Memory
	n       *node
	name    string
	at      int
	appends bool
	closed  bool
}

// do runs f under the lock.
func (f *memoryFile) do(op string, g func() error) error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	err := error(nil)
	switch {
	case f.closed:
		err = fs.ErrClosed
	case f.m.cut:
		err = errCut
	default:
		if err = g(); err == nil || err == io.EOF {
			return err
		}
	}
	return &fs.PathError{Op: op, Path: f.name, Err: err}
}

func (f *memoryFile) Name() string { return f.name }

func (f *memoryFile) Read(p []byte) (n int, err error) {
	err = f.do("read", func() error {
		if f.at >= len(f.n.b) && len(p) > 0 {
			return io.EOF
		}
		n = copy(p, f.n.b[f.at:])
		f.at += n
		return nil
	})
	return n, err
}

func (f *memoryFile) ReadAt(p []byte, at int64) (n int, err error) {
	err = f.do("read", func() error {
		if at < int64(len(f.n.b)) {
			n = copy(p, f.n.b[at:])
		}
		if n < len(p) {
			return io.EOF
		}
		return nil
	})
	return n, err
}

func (f *memoryFile) Write(p []byte) (int, error) {
	err := f.do("write", func() error {
		if f.appends {
			f.at = len(f.n.b)
		}
		f.n.writeAt(p, f.at)
		f.at += len(p)
		return nil
	})
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

func (f *memoryFile) WriteAt(p []byte, at int64) (int, error) {
	err := f.do("write", func() error {
		f.n.writeAt(p, int(at))
		return nil
	})
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

func (f *memoryFile) Truncate(size int64) error {
	return f.do("truncate", func() error {
		f.n.truncate(int(size))
		return nil
	})
}

func (f *memoryFile) Sync() error {
	return f.do("sync", func() error {
		f.n.sync()
		return nil
	})
}

// forget has the disk never get what is in the cache: a Sync has failed.
func (f *memoryFile) forget() {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	f.n.dirty, f.n.resized = false, false
}

func (f *memoryFile) Stat() (info fs.FileInfo, err error) {
	err = f.do("stat", func() error {
		info = entry{path.Base(f.name), int64(len(f.n.b)), f.n.mode}
		return nil
	})
	return info, err
}

func (f *memoryFile) Close() error {
	return f.do("close", func() error {
		f.closed = true
		return nil
	})
}

// entry describes a file.
type entry struct {
	name string
	size int64
	mode fs.FileMode
}

func (e entry) Name() string               { return e.name }
func (e entry) Size() int64                { return e.size }
func (e entry) Mode() fs.FileMode          { return e.mode }
func (e entry) Type() fs.FileMode          { return e.mode.Type() }
func (e entry) ModTime() time.Time         { return time.Time{} }
func (e entry) IsDir() bool                { return e.mode.IsDir() }
func (e entry) Sys() any                   { return nil }
func (e entry) Info() (fs.FileInfo, error) { return e, nil }
