// Package tracking is the server's side of client-side caching: it remembers which session has read which key, and tells the
// session when the key has changed.
//
// # Terms
//
//	reader      a session in the default mode: what it reads is remembered
//	listener    a session in broadcasting mode: it hears of every key with one of its prefixes
//	Table       which readers have read which keys of one partition; it belongs to the lease
//	Feed        the way of invalidations to one session: a lock-free stack that many fill and the session's owner empties
//	Local       the listeners of one loop, with the changes that they have yet to hear of
//	redirect    the session that hears an invalidation in another's place
//
// # The order of things
//
// A client keeps what it reads. Two things must hold, or it keeps what is wrong:
//
//	(1) An invalidation of a key is not in the client's stream before the reply that it invalidates. It would find nothing to
//	    drop, and the old value that comes behind it would stay for ever.
//	(2) A reply that was made after a change is not in the stream before the invalidation of that change. Otherwise the client would
//	    see the later of two writes in a reply, and the value from before the earlier one in its cache.
//
// In a server with one thread both are given. Here the one who writes and the one who reads are on different loops, and this is why they hold.
// A key has one partition, and the lease of it makes one order of all that is done to it:
//
//	reader's thread   lease p: read k ─ Remember(k) ─ reply into the session's output ── …  lease q: Take ─ read j ─ reply
//	writer's thread                                   lease p: write k ─ Changed(k): put into the Feed ─ release p
//
// For (1): the reader's name is in the table before the lease goes, and Changed takes it from there under the lease; so the
// note is put after the read. It is taken by the owner of the session only, between two commands, when the reply to the first is
// in the output: by whoever runs the next command, or on the session's loop while the session is at home. A session that is lent
// is not at home. One that waits for a key (XREAD BLOCK) is, while somebody else may run its command; he leaves a Mark in the Feed,
// under the lease, and what is behind the mark is behind the reply.
//
// For (2): notes are put before the writer gives the lease back, and whoever runs a command of a reader takes the Feed after it
// has all leases of the command, before anything else. If the command can see a write, that write's lease had been given back, so its
// note is in the Feed, and comes to stand before the reply. That holds for the leases of other keys as well: the note of a write to k was put before
// the writer, or anybody who has heard of it, wrote j.
//
// A note that comes between, for a session that doesn't run, has its loop look after it: the first note that finds nobody on the way posts a
// nudge. The session's own writes put notes like any other's; as the Feed is taken before a command and not within, they stand behind the
// reply, and behind EXEC's as a whole.
//
// Broadcasts are gathered by each loop and sent once in its round, as Valkey sends them once in a round of its only one. There (1) holds
// because a Local is emptied by its own loop, on which the session is at home, or else what it gets waits behind its reply; (2) is
// not promised, by Valkey neither: a reply of the same round may overtake.
//
// # What is not there
//
// Keys are known without their database, as in Valkey: the same name in another one is invalidated too. A session that ends leaves its
// name in the tables, to be skipped when it is found.
package tracking

import (
	"sync"
	"sync/atomic"

	"github.com/puzpuzpuz/xsync/v3"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// Channel is where a redirect that speaks RESP2 gets its invalidations.
const Channel = "__redis__:invalidate"

// Server is the tracking of a process.
type Server struct {
	tables []Table
	// feeds are those of the sessions that track, by ID. Any goroutine.
	feeds *xsync.MapOf[uint64, *Feed]
	// prefixes are those that somebody listens to; nil for none. Replaced as a whole, under mu and every lease. Atomic.
	prefixes atomic.Pointer[[]string]
	// locals have listeners. Likewise, but for the leases.
	locals atomic.Pointer[[]*Local]

	mu    sync.Mutex // guards the changes of prefixes and locals; a leaf
	count map[string]int
}

// New returns the tracking of so many partitions, whose tables lie in arenas of their own.
func New(partitions int, memory *arena.Range, seed uint64) *Server {
	s := &Server{tables: make([]Table, partitions), feeds: xsync.NewMapOf[uint64, *Feed](), count: make(map[string]int)}
	for p := range s.tables {
		s.tables[p].init(s, memory, seed)
	}
	return s
}

// Table returns that of partition p. The caller holds its lease, unless the method it calls says that it is atomic.
func (s *Server) Table(p int) *Table { return &s.tables[p] }

// Tables returns how many tables there are.
func (s *Server) Tables() int { return len(s.tables) }

// Clients returns how many sessions track. Any goroutine.
func (s *Server) Clients() int { return s.feeds.Size() }

// Keys and Items return how many keys are remembered, and how many readers of them in all. Any goroutine.
func (s *Server) Keys() (keys, items int64) {
	for p := range s.tables {
		keys += s.tables[p].keys.Load()
		items += s.tables[p].items.Load()
	}
	return keys, items
}

// Prefixes returns how many prefixes are listened to. Any goroutine.
func (s *Server) Prefixes() int {
	if list := s.prefixes.Load(); list != nil {
		return len(*list)
	}
	return 0
}

// Used returns the bytes that the tables take. Any goroutine.
func (s *Server) Used() int64 {
	n := int64(0)
	for p := range s.tables {
		n += s.tables[p].Used()
	}
	return n
}

// limitedAtOnce is how many keys a new limit has forgotten at once. The rest goes in slices.
const limitedAtOnce = 4096

// Limit brings the tables nearer to a new limit, 0 for none. The caller holds every lease.
func (s *Server) Limit(limit int64) {
	keys, _ := s.Keys()
	left := min(keys-limit, limitedAtOnce)
	for p := 0; p < len(s.tables) && left > 0 && limit > 0; p++ {
		left -= int64(s.tables[p].Evict(int(left)))
	}
}

// Flushed tells everybody who tracks that all keys are invalid. The caller holds every lease, under which the keys went.
func (s *Server) Flushed() {
	s.feeds.Range(func(_ uint64, f *Feed) bool {
		f.send(note{kind: noteAll})
		return true
	})
}

// Start begins the tracking of f's session as opt says, or changes how it is done. The owner of the session calls it; it holds every lease if opt asks for
// broadcasts.
func (s *Server) Start(f *Feed, opt Options) {
	f.setMode(opt)
	for _, prefix := range opt.Prefixes {
		if f.addPrefix(prefix) {
			s.listen(prefix, 1)
		}
	}
	s.feeds.Store(f.ID, f)
}

// Stop ends the tracking of f's session. The owner of the session calls it.
func (s *Server) Stop(f *Feed) {
	s.feeds.Delete(f.ID)
	f.mode.Store(0)
	for _, prefix := range f.Prefixes {
		s.listen(prefix, -1)
	}
	f.Prefixes = nil
}

// listen counts listeners of a prefix.
func (s *Server) listen(prefix string, by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.count[prefix] += by; s.count[prefix] == 0 {
		delete(s.count, prefix)
	}
	if len(s.count) == 0 {
		s.prefixes.Store(nil)
		return
	}
	list := make([]string, 0, len(s.count))
	for prefix := range s.count {
		list = append(list, prefix)
	}
	s.prefixes.Store(&list)
}

// Options say how a session is tracked.
type Options struct {
	Broadcast, NoLoop bool
	Prefixes          []string // of a broadcast; at least one, which may be empty
	// Redirect is who gets the invalidations instead, nil for the session itself.
	Redirect *Feed
}
