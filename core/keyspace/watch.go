package keyspace

import (
	"slices"
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

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

// watch is one watcher of one key.
type watch struct {
	watcher *Watcher
	// expired says that the key's time had already come when the watch began, or came to be so by SWAPDB. For the watcher the key doesn't
	// exist, so that its removal changes nothing.
	expired bool
}

// Watch lets each change of key mark w, until Unwatch. To watch a key twice is to watch it once.
func (d *DB) Watch(key []byte, w *Watcher) {
	list := d.watched[string(key)]
	for i := range list {
		if list[i].watcher == w {
			return
		}
	}
	if d.watched == nil {
		d.watched = make(map[string][]watch)
	}
	d.watched[string(key)] = append(list, watch{w, d.Expired(key)})
}

// Unwatch undoes Watch; it does nothing if w doesn't watch key.
func (d *DB) Unwatch(key []byte, w *Watcher) {
	list := d.watched[string(key)]
	i := slices.IndexFunc(list, func(x watch) bool { return x.watcher == w })
	if i < 0 {
		return
	}
	if list = slices.Delete(list, i, i+1); len(list) == 0 {
		delete(d.watched, string(key))
		return
	}
	d.watched[string(key)] = list
}

// WatchBroken says at EXEC whether the key's time has come since w began to watch it, though nobody has removed it yet: then the
// transaction fails as if it had been changed.
func (d *DB) WatchBroken(key []byte, w *Watcher) bool {
	for _, x := range d.watched[string(key)] {
		if x.watcher == w {
			return !x.expired && d.Expired(key)
		}
	}
	return false
}

// WatchedKeys returns the number of keys that are watched.
func (d *DB) WatchedKeys() int { return len(d.watched) }

// Touched marks the watchers of key, makes it ready for who waits for it, and tells of the change. Mutations do it by themselves, after the change: this is for a handler
// that must signal a change without one.
func (d *DB) Touched(key []byte) { d.touched(key, false) }

func (d *DB) touched(key []byte, expired bool) {
	if len(d.watched) != 0 {
		d.markWatchers(key)
	}
	if len(d.waiting) != 0 {
		d.Signal(key)
	}
	if s := d.space; s.follow&FollowModified != 0 && s.events != nil {
		s.events.Modified(d.number, key, expired)
	}
}

func (d *DB) markWatchers(key []byte) {
	list := d.watched[string(key)]
	for i := range list {
		if x := &list[i]; !x.expired {
			x.watcher.Mark()
		} else if !d.has(key) {
			// A key that was expired all along was removed: from now on it's like any other that isn't there.
			x.expired = false
		}
	}
}

// flushed marks the watchers of all keys of d, before it is emptied and gets the keys of with, nil for none.
func (d *DB) flushed(with *DB) {
	d.signalAll()
	for text, list := range d.watched {
		key := []byte(text)
		had := d.has(key)
		gets, getsExpired := false, false
		if with != nil {
			gets, getsExpired = with.has(key), with.Expired(key)
		}
		if !had && !gets {
			continue
		}
		for i := range list {
			switch x := &list[i]; {
			case x.expired && !gets:
				x.expired = false
			case x.expired && getsExpired:
			case !had && getsExpired:
				x.expired = true
			default:
				x.watcher.Mark()
			}
		}
	}
}

// has says whether the key is there, expired or not.
func (d *DB) has(key []byte) bool { return d.find(object.HashOf(d.seed, key), key) != 0 }
