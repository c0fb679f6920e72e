package vfs

import (
	"fmt"
	"io/fs"
	"sync"
)

// Op is a kind of call.
type Op string

// The calls.
const (
	OpOpen     Op = "open"
	OpStat     Op = "stat"
	OpReadDir  Op = "readdir"
	OpMkdir    Op = "mkdir"
	OpRename   Op = "rename"
	OpRemove   Op = "remove"
	OpSyncDir  Op = "syncdir"
	OpRead     Op = "read"
	OpWrite    Op = "write"
	OpSync     Op = "sync"
	OpTruncate Op = "truncate"
	OpClose    Op = "close"
)

// Changes says whether such a call changes what is on disk.
func (op Op) Changes() bool {
	switch op {
	case OpMkdir, OpRename, OpRemove, OpSyncDir, OpWrite, OpSync, OpTruncate, OpOpen:
		return true
	}
	return false
}

// Call is one call that was made.
type Call struct {
	Op    Op
	Name  string // of the file; the old one's for a rename
	Bytes int    // to write
	Flag  int    // to open with
}

func (c Call) String() string {
	if c.Op == OpWrite {
		return fmt.Sprintf("%s %s %d", c.Op, c.Name, c.Bytes)
	}
	return string(c.Op) + " " + c.Name
}

// Fault is what happens to a call: nothing, if it is zero.
type Fault struct {
	Err error // the call fails with it, wrapped as the system's errors are
	// Written is how many bytes a failing write has written, fewer than it was asked to.
	Written int
	// Stall runs before the call.
	Stall func()
}

// Faulty is a file system whose calls fail as a test says.
type Faulty struct {
	FS
	// Decide is asked at each call, with its number from 1. It may be called by several goroutines at once. nil: all go well.
	Decide func(n int, c Call) Fault

	mu    sync.Mutex // guards all below
	calls []Call
}

// Calls returns what was called so far.
func (x *Faulty) Calls() []Call {
	x.mu.Lock()
	defer x.mu.Unlock()
	return append([]Call(nil), x.calls...)
}

func (x *Faulty) call(c Call) Fault {
	x.mu.Lock()
	x.calls = append(x.calls, c)
	n := len(x.calls)
	x.mu.Unlock()
	if x.Decide == nil {
		return Fault{}
	}
	fault := x.Decide(n, c)
	if fault.Stall != nil {
		fault.Stall()
	}
	if fault.Err != nil {
		fault.Err = &fs.PathError{Op: string(c.Op), Path: c.Name, Err: fault.Err}
	}
	return fault
}

// OpenFile opens a file.
func (x *Faulty) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	if fault := x.call(Call{Op: OpOpen, Name: name, Flag: flag}); fault.Err != nil {
		return nil, fault.Err
	}
	f, err := x.FS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &faultyFile{File: f, x: x}, nil
}

// Stat describes a file.
func (x *Faulty) Stat(name string) (fs.FileInfo, error) {
	if fault := x.call(Call{Op: OpStat, Name: name}); fault.Err != nil {
		return nil, fault.Err
	}
	return x.FS.Stat(name)
}

// ReadDir lists a folder.
func (x *Faulty) ReadDir(name string) ([]fs.DirEntry, error) {
	if fault := x.call(Call{Op: OpReadDir, Name: name}); fault.Err != nil {
		return nil, fault.Err
	}
	return x.FS.ReadDir(name)
}

// MkdirAll makes a folder.
func (x *Faulty) MkdirAll(name string, perm fs.FileMode) error {
	if fault := x.call(Call{Op: OpMkdir, Name: name}); fault.Err != nil {
		return fault.Err
	}
	return x.FS.MkdirAll(name, perm)
}

// Rename gives a file another name.
func (x *Faulty) Rename(from, to string) error {
	if fault := x.call(Call{Op: OpRename, Name: from}); fault.Err != nil {
		return fault.Err
	}
	return x.FS.Rename(from, to)
}

// Remove removes a file.
func (x *Faulty) Remove(name string) error {
	if fault := x.call(Call{Op: OpRemove, Name: name}); fault.Err != nil {
		return fault.Err
	}
	return x.FS.Remove(name)
}

// SyncDir makes the names in a folder last.
func (x *Faulty) SyncDir(name string) error {
	if fault := x.call(Call{Op: OpSyncDir, Name: name}); fault.Err != nil {
		return fault.Err
	}
	return x.FS.SyncDir(name)
}

// faultyFile is a file of a Faulty.
type faultyFile struct {
	File
	x *Faulty
}

func (f *faultyFile) call(op Op, bytes int) Fault {
	return f.x.call(Call{Op: op, Name: f.Name(), Bytes: bytes})
}

func (f *faultyFile) Read(p []byte) (int, error) {
	if fault := f.call(OpRead, 0); fault.Err != nil {
		return 0, fault.Err
	}
	return f.File.Read(p)
}

func (f *faultyFile) ReadAt(p []byte, at int64) (int, error) {
	if fault := f.call(OpRead, 0); fault.Err != nil {
		return 0, fault.Err
	}
	return f.File.ReadAt(p, at)
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if fault := f.call(OpWrite, len(p)); fault.Err != nil {
		n, err := f.File.Write(p[:min(fault.Written, len(p))])
		if err == nil {
			err = fault.Err
		}
		return n, err
	}
	return f.File.Write(p)
}

func (f *faultyFile) WriteAt(p []byte, at int64) (int, error) {
	if fault := f.call(OpWrite, len(p)); fault.Err != nil {
		n, err := f.File.WriteAt(p[:min(fault.Written, len(p))], at)
		if err == nil {
			err = fault.Err
		}
		return n, err
	}
	return f.File.WriteAt(p, at)
}

func (f *faultyFile) Sync() error {
	if fault := f.call(OpSync, 0); fault.Err != nil {
		if m, ok := f.File.(*memoryFile); ok {
			m.forget()
		}
		return fault.Err
	}
	return f.File.Sync()
}

func (f *faultyFile) Truncate(size int64) error {
	if fault := f.call(OpTruncate, 0); fault.Err != nil {
		return fault.Err
	}
	return f.File.Truncate(size)
}

func (f *faultyFile) Close() error {
	if fault := f.call(OpClose, 0); fault.Err != nil {
		_ = f.File.Close()
		return fault.Err
	}
	return f.File.Close()
}
