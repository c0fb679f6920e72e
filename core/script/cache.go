package script

import (
	"crypto/sha1" // #nosec G505 -- the protocol's name of a script, not a secret
	"encoding/hex"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/puzpuzpuz/xsync/v3"

	"github.com/sleipnirdb/sleipnir/internal/clock"
	"github.com/sleipnirdb/sleipnir/internal/unsafestr"
)

// maxEvaluated is how many scripts are kept that came by EVAL alone: clients that make up a script for each call would fill the memory. The one that
// wasn't used for longest goes. A script that came by SCRIPT LOAD stays until SCRIPT FLUSH, as its client counts on it.
const maxEvaluated = 500

// HashBytes is the length of a SHA1 in hexadecimal digits.
const HashBytes = 2 * sha1.Size

// scriptOverhead is what a cached script takes beside its text: its names in the maps, the row, a share of its code.
const scriptOverhead = 256

// cache holds the scripts by name and by text. Who looks one up takes no lock; who changes something takes mu.
type cache struct {
	byHash *xsync.MapOf[string, *Script]
	byBody *xsync.MapOf[string, *Script]

	mu        sync.Mutex   // guards changes; a leaf
	evaluated int          // those that may be evicted; guarded by mu
	bytes     atomic.Int64 // that the scripts take
	evicted   atomic.Int64
}

func newCache() cache {
	return cache{byHash: xsync.NewMapOf[string, *Script](), byBody: xsync.NewMapOf[string, *Script]()}
}

// SHA1 returns the name of a script, or of any text.
func SHA1(text []byte) string {
	sum := sha1.Sum(text) // #nosec G401 -- as above
	return hex.EncodeToString(sum[:])
}

// Find returns the script with a name, in any case, or nil.
func (k *cache) Find(hash []byte) *Script {
	if len(hash) != HashBytes {
		return nil
	}
	if s, ok := k.byHash.Load(unsafestr.String(hash)); ok {
		return s
	}
	for _, ch := range hash {
		if ch >= 'A' && ch <= 'Z' {
			s, _ := k.byHash.Load(strings.ToLower(string(hash)))
			return s
		}
	}
	return nil
}

// FindBody returns the script with a text, or nil.
func (k *cache) FindBody(body []byte) *Script {
	s, _ := k.byBody.Load(unsafestr.String(body))
	return s
}

// Len is how many scripts there are.
func (k *cache) Len() int { return k.byHash.Size() }

// Bytes is what they take.
func (k *cache) Bytes() int64 { return k.bytes.Load() }

// Evicted is how many were evicted.
func (k *cache) Evicted() int64 { return k.evicted.Load() }

// add puts a script into the cache, or returns the one that is there. loaded: by SCRIPT LOAD.
func (k *cache) add(s *Script, loaded bool) *Script {
	k.mu.Lock()
	defer k.mu.Unlock()
	if old, _ := k.byHash.Load(s.Hash); old != nil {
		k.keep(old, loaded)
		return old
	}
	s.touch()
	s.evictable.Store(!loaded)
	if !loaded {
		for k.evaluated >= maxEvaluated {
			k.evict()
		}
		k.evaluated++
	}
	k.bytes.Add(s.bytes())
	k.byHash.Store(s.Hash, s)
	k.byBody.Store(s.Body, s)
	return s
}

// keep lets a script stay that came by EVAL first, if it has been loaded now. mu is held.
func (k *cache) keep(s *Script, loaded bool) {
	if loaded && s.evictable.Swap(false) {
		k.evaluated--
	}
}

// Keep is keep for a script that was found.
func (k *cache) Keep(s *Script) {
	if !s.evictable.Load() {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if now, _ := k.byHash.Load(s.Hash); now == s {
		k.keep(s, true)
	}
}

// evict removes the script that wasn't used for longest. mu is held.
func (k *cache) evict() {
	var oldest *Script
	k.byHash.Range(func(_ string, s *Script) bool {
		if s.evictable.Load() && (oldest == nil || s.used.Load() < oldest.used.Load()) {
			oldest = s
		}
		return true
	})
	k.byHash.Delete(oldest.Hash)
	k.byBody.Delete(oldest.Body)
	k.bytes.Add(-oldest.bytes())
	k.evaluated--
	k.evicted.Add(1)
}

// ResetEvicted forgets how many were evicted (CONFIG RESETSTAT).
func (k *cache) ResetEvicted() { k.evicted.Store(0) }

// Flush removes every script. Those that run go on.
func (k *cache) Flush() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.byHash.Clear()
	k.byBody.Clear()
	k.evaluated = 0
	k.bytes.Store(0)
}

// touch says that a script is used now.
func (s *Script) touch() { s.used.Store(clock.Ticks()) }

func (s *Script) bytes() int64 { return int64(len(s.Body)+len(s.Hash)) + scriptOverhead }
