// Package vfs is the seam between the server and its files: the few calls that durability hangs on, behind an interface, so that
// tests can make each of them fail.
//
// [OS] is the system's. [Memory] is a file system in memory that knows what a power cut would leave: of a file, what was there
// at its last Sync, and of a folder, the names as of its last SyncDir. [Faulty] stands in front of any of them, keeps a list of
// the calls, and has chosen ones fail, write short or take their time.
package vfs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// FS is a file system. Errors are those of package os: *fs.PathError or *os.LinkError around a system error.
type FS interface {
	// OpenFile takes the flags of package os.
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	Stat(name string) (fs.FileInfo, error)
	ReadDir(name string) ([]fs.DirEntry, error)
	MkdirAll(name string, perm fs.FileMode) error
	// Rename, Remove and the making of a file last through a power cut once SyncDir has returned for the folder.
	Rename(from, to string) error
	Remove(name string) error
	SyncDir(name string) error
}

// File is an open file.
type File interface {
	io.Reader
	io.ReaderAt
	io.Writer
	io.Closer
	// WriteAt is for files that weren't opened to append.
	io.WriterAt
	// Sync returns when what was written would be there after a power cut, but for the file's times.
	//
	// After an error nobody knows what of it is: the system may take the bytes for written from then on, so another Sync that
	// goes well says nothing of them. Who wants to be sure writes them again.
	Sync() error
	Truncate(size int64) error
	Stat() (fs.FileInfo, error)
	Name() string
}

// OS is the system's file system.
type OS struct{}

// osFile is a file of the system's.
type osFile struct{ *os.File }

// Sync leaves out the file's times.
func (f osFile) Sync() error { return syncData(f.File) }

// OpenFile opens a file.
func (OS) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	f, err := os.OpenFile(name, flag, perm) // #nosec G304 -- the caller's choice
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

// Stat describes a file.
func (OS) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

// ReadDir lists a folder.
func (OS) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }

// MkdirAll makes a folder, and those around it.
func (OS) MkdirAll(name string, perm fs.FileMode) error { return os.MkdirAll(name, perm) }

// Rename gives a file another name, whose file goes.
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// Remove removes a file or an empty folder.
func (OS) Remove(name string) error { return os.Remove(name) }

// SyncDir makes the names in a folder last.
func (OS) SyncDir(name string) error {
	f, err := os.Open(name) // #nosec G304 -- the caller's choice
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	return f.Sync()
}

// ReadFile returns all of a file that has at most limit bytes.
func ReadFile(x FS, name string, limit int64) ([]byte, error) {
	f, err := x.OpenFile(name, os.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = &fs.PathError{Op: "read", Path: name, Err: errLarge}
	}
	return b, err
}

// WriteFile puts a file in place as a whole: whoever opens name finds the old bytes or the new ones, after a power cut too. temp
// is a name in the same folder for the time between.
func WriteFile(x FS, name, temp string, perm fs.FileMode, write func(File) error) (err error) {
	f, err := x.OpenFile(temp, os.O_RDWR|os.O_CREATE|os.O_TRUNC, perm)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = x.Remove(temp)
		}
	}()
	if err = write(f); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = x.Rename(temp, name); err != nil {
		return err
	}
	return x.SyncDir(filepath.Dir(name))
}

// Reason is the system's word for an error, without what was being done, in the form of C's library.
func Reason(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	text := err.Error()
	if _, ok := err.(syscall.Errno); ok && text != "" { //nolint:errorlint // it is unwrapped
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	return text
}

// errLarge is the error for a file that is larger than its reader takes.
const errLarge sizeError = "file too large"

type sizeError string

func (e sizeError) Error() string { return string(e) }
