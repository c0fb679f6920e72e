package keyspace

import "sync/atomic"

// Watcher is a session's mark for WATCH: one serves all keys that it watches, in all partitions.
type Watcher struct {
	dirty atomic.Bool
}

// Dirty says whether a watched key was changed. Atomic. EXEC asks while it holds the leases of all watched keys, which makes the
// answer final.
func (w *Watcher) Dirty() bool { return w.dirty.Load() }

// Reset takes the mark away, after the session unwatched all its keys. Atomic.
func (w *Watcher) Reset() { w.dirty.Store(false) }

// Mark sets the mark. Atomic.
func (w *Watcher) Mark() { w.dirty.Store(true) }

// Watch lets each change of key mark w, until Unwatch. To watch a key twice is to watch it once.
func (d *DB) Watch(key []byte, w *Watcher) { panic("not yet") }

// Unwatch undoes Watch; it does nothing if w doesn't watch key.
func (d *DB) Unwatch(key []byte, w *Watcher) { panic("not yet") }

// WatchBroken says at EXEC whether the key's time has come since w began to watch it, though nobody has removed it yet: then the
// transaction fails as if it had been changed.
func (d *DB) WatchBroken(key []byte, w *Watcher) bool { panic("not yet") }

// Touched marks the watchers of key and tells of the change; mutations do it by themselves, so this is for
// a handler that must signal a change without one.
func (d *DB) Touched(key []byte) { panic("not yet") }

type watch struct{}
