// Package journal is the one order in which changes of the data happened, as bytes that repeat them: what the append-only file and
// replicas read.
package journal

import (
	"sync"
	"sync/atomic"
)

// Position is the place in the journal behind a record: what "my last write" means. It grows with every record. 0 is before all of them.
type Position uint64

// Offset counts the bytes of the stream.
type Offset uint64

// Mark is a place between two records.
type Mark struct {
	Offset   Offset   // in the stream
	Position Position // of the last record before it
}

// Defaults of Config.
const (
	DefaultRingBytes   = 4 << 20
	DefaultUnreadBytes = 64 << 20
)

// Config says how much a journal holds.
type Config struct {
	// RingBytes is the size of the ring, a power of two; 0 for DefaultRingBytes.
	RingBytes int
	// UnreadBytes is how much of the stream may wait for its slowest reader before Full is told so; 0 for DefaultUnreadBytes.
	UnreadBytes int64
	// Full is told when more than UnreadBytes wait, and when half of them are read again. It is short, and called on any thread. May be nil.
	Full func(full bool)
}

// Journal takes the units of all writers and gives them to its readers as one stream.
type Journal struct {
	cfg Config
	on  atomic.Bool

	mu      sync.Mutex // guards all below
	stream  []byte     // from base on
	base    Offset
	last    Position
	cuts    []Mark // not yet reached by the reader
	db      int
	readers []*Reader
}

// What stands around a unit that takes effect as one.
const (
	multi = "*1\r\n$5\r\nMULTI\r\n"
	exec  = "*1\r\n$4\r\nEXEC\r\n"
)

// New returns a journal that is off: nobody reads it.
func New(cfg Config) *Journal {
	if cfg.RingBytes == 0 {
		cfg.RingBytes = DefaultRingBytes
	}
	if cfg.UnreadBytes == 0 {
		cfg.UnreadBytes = DefaultUnreadBytes
	}
	return &Journal{cfg: cfg, db: NoDatabase}
}

// On says whether anybody reads. It changes only while all leases are held, so that a writer may ask at any time while it holds one.
//
//gcassert:inline
func (j *Journal) On() bool { return j.on.Load() }

// Append adds a unit, and returns its position. The caller holds the leases of what the unit changed, and has asked On. Any thread.
func (j *Journal) Append(u *Unit) Position {
	j.mu.Lock()
	defer j.mu.Unlock()
	if u.first != j.db {
		j.stream = appendSelect(j.stream, u.first)
	}
	j.db = u.db
	if u.isTransaction() {
		j.stream = append(append(append(j.stream, multi...), u.b...), exec...)
	} else {
		j.stream = append(j.stream, u.b...)
	}
	j.last += Position(len(u.b))
	for _, r := range j.readers {
		r.rouse()
	}
	return j.last
}

// Open adds a reader of all that is appended from now on, which begins with a SELECT, and switches the journal on. The caller holds all leases.
func (j *Journal) Open() *Reader {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.db = NoDatabase
	r := &Reader{j: j, at: j.base + Offset(len(j.stream)), ready: make(chan struct{}, 1)}
	j.readers = append(j.readers, r)
	j.on.Store(true)
	return r
}

// Cut returns where the stream stands once everything that was appended is in it. A reader's view ends there, and what is appended next begins with a
// SELECT: so a file may begin there. The caller holds all leases.
func (j *Journal) Cut() Mark {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.db = NoDatabase
	at := j.base + Offset(len(j.stream))
	j.cuts = append(j.cuts, Mark{at, j.last})
	return Mark{at, j.last}
}
