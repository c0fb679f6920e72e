package aof

import (
	"sync"
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/core/journal"
	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// nextFile is the file that the stream goes to from a cut on.
type nextFile struct {
	from journal.Offset
	f    vfs.File
	// based: what was before the cut is in a base that counts. Atomic.
	based atomic.Bool
}

// cuts are the files that the stream is to go to, one after the other. There are several where rewrites end sooner than the writer, whom a slow
// disk keeps, comes to the first one's cut. None may be left out: what belongs into it has been journalled.
type cuts struct {
	mu   sync.Mutex // guards list; a leaf
	list []*nextFile
}

// add is called under all leases, so that the list is in the stream's order.
func (c *cuts) add(n *nextFile) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, n)
}

// first is the next one, nil if there is none.
func (c *cuts) first() *nextFile {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.list) == 0 {
		return nil
	}
	return c.list[0]
}

// drop takes the first one away.
func (c *cuts) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = c.list[1:]
}

// inBase says whether all that is before a place in the stream is in a base that counts.
func (c *cuts) inBase(at journal.Offset) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.list {
		if at <= n.from && n.based.Load() {
			return true
		}
	}
	return false
}
