// Package journal is the one order in which changes of the data happened, as bytes that repeat them: what the append-only file and
// replicas read.
//
// # Terms
//
//	unit      what one atomic piece of work did, as commands: what a writer appends (unit.go)
//	record    a unit in the ring
//	ring      where writers leave records, without locks (ring.go)
//	position  the place behind a record in the ring: "my last write"
//	stream    the records in order, as a client would send them, with SELECT where the database changes and MULTI and EXEC around a unit of several
//	          commands (stream.go)
//	offset    a place in the stream: the number of bytes before it
//	mark      a place between two records, as offset and as position
//	reader    who reads the stream, at its own offset (reader.go)
//	sequencer whoever moves records from the ring to the stream just now. There is no thread for it: a reader does it that wants more, a writer that
//	          finds the ring full, a cut
//
// # Layout
//
//	 writers, with leases       sequencer, with mu                     readers
//	 ┌──────────────┐          ┌───────────────────────────┐          ┌─────────┐
//	 │ reserve, copy├─▶ ring ─▶│ SELECT? MULTI? copy EXEC? ├─▶ stream─▶ views   ├─▶ disk
//	 └──────────────┘          └───────────────────────────┘          └─────────┘
//
//	ring    ┊ header ┊ commands ┊ header ┊ comm│   a record may go around the end of the ring; its header, 8 bytes at a multiple of 8, can't
//	        │ands ┊ 0 ┊┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈   what is not yet reserved is zero
//
//	stream  [ block of 1 MiB ]─▶[ block ]─▶[ a large unit itself ]─▶[ block ┈┈┈
//	                 ▲ a reader         ▲ a cut: what comes next is in another block
//
// # Invariants
//
//   - The order of positions is the order of the stream. A writer reserves its position while it holds the leases of what it changed. So of two
//     changes of a partition the one that came first is first, and so it is with two of a session.
//   - A header is stored last, and read first: who sees it sees the commands. All that is not a committed header is zero where a header may stand: the
//     sequencer zeroes what it has consumed, and only then says that there is room. So the bytes of commands, which clients choose, can't pass for
//     a header.
//   - Nobody waits for a lease who holds a place in the ring. The record that is first in the ring and not committed is being copied: its writer has had
//     room from the beginning, as records take at most an eighth of the ring. So a full ring comes free without anybody who waits for it; a waiting
//     writer sequences itself.
//   - A record lies in one block of the stream. So each view of a reader ends between two records.
//   - A writer never waits for a reader, as it holds leases: the stream grows. Beyond a bound Full is told, and new commands that write wait before they
//     take a lease.
//
// What is larger than its share of the ring goes by reference: the unit lies beside the ring, and becomes a block of the stream as it is.
//
// # Readers
//
// A reader that sleeps is woken by the next record, once. It counts itself among the sleepers, then says that it sleeps, then looks for the last
// time; a writer commits, then looks at the number of sleepers. One of the two sees the other. That costs a writer one load, as long as
// nobody sleeps: so the append-only file's writer, which may be some milliseconds late, takes a nap by the clock and asks to be woken only after a silence.
//
// ring_model_test.go walks through every interleaving of all this.
//
// # The way not taken
//
// One ring in which the bytes lie as in the stream, which needs no second copy, was measured at some 30 ns less for a record. Its writers would have to
// agree on SELECT while they reserve, by a compare-and-swap that fails under contention; a ring that is full would have to wait for the disk, with
// leases held; and no value larger than the ring could be written. A ring for each loop, merged by sequence numbers, has the same two
// copies, and the same addition that all share. See docs/adr/0006-journal-ring-and-stream.md.
package journal

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/sleipnirdb/sleipnir/internal/invariant"
)

// Position is the place behind a record in the ring: what "my last write" means. It grows with every record. 0 is before all of them.
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
	// Full is told when more than UnreadBytes wait, and when at most half of that does again. It is called by any thread, under a lock of
	// the journal's: it does no more than to remember it. May be nil.
	Full func(full bool)
	// Drained is called after Full(false), on the reader's goroutine. May be nil.
	Drained func()
}

// Journal takes the units of all writers and gives them to its readers as one stream.
type Journal struct {
	on atomic.Bool
	// sleepers is the number of readers that want to be woken by the next record.
	sleepers atomic.Int32
	readers  atomic.Pointer[[]*Reader] // replaced under mu

	ring ring

	// mu guards what follows, and is held by whoever sequences. A leaf. Nobody waits for it who has reserved a place in the ring.
	mu     sync.Mutex
	stream stream
	read   Offset // by the slowest reader
	isFull bool
	// drained: who unlocks mu calls Drained.
	drained bool

	largeMu sync.Mutex // guards large; a leaf
	large   map[uint64]Unit

	cfg Config
}

// What stands around a transaction.
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
	j := &Journal{cfg: cfg, large: make(map[uint64]Unit)}
	j.readers.Store(new([]*Reader))
	j.stream.db = NoDatabase
	return j
}

// On says whether anybody reads. It changes only while all leases are held, so that a writer may ask at any time while it holds one.
//
//gcassert:inline
func (j *Journal) On() bool { return j.on.Load() }

// Append adds a unit, which is not empty, and returns its position. Any thread; the caller holds the leases of what the unit changed, and has
// asked On. The unit is good for nothing but Reset afterwards.
//
// It waits only while the ring is full, and then for nobody who needs a lease.
func (j *Journal) Append(u *Unit) Position {
	invariant.Check(u.first >= 0, "an empty unit is appended")
	r := &j.ring
	b, header := u.commandBytes(), uint64(committed)
	if len(b) > r.largest() || u.first > maxRingDatabase || u.db > maxRingDatabase {
		b = nil
	} else {
		header |= uint64(len(b))<<lengthShift | uint64(u.db)<<lastShift | uint64(u.first) // #nosec G115 -- checked
		if u.isTransaction() {
			header |= transactionBit
		}
	}
	size := sizeOf(len(b))
	end := r.tail.Add(size)
	if r.isFull(end) {
		j.makeRoom(end)
	}
	at := end - size
	if b == nil {
		j.putLarge(at, u)
	} else {
		r.put(at, b)
	}
	r.header(at).Store(header)
	if j.sleepers.Load() != 0 {
		j.wake()
	}
	if b == nil && j.mu.TryLock() {
		j.sequence() // the ring won't be full because of it, so nobody else would see how much waits
		j.mu.Unlock()
	}
	return Position(end)
}

// putLarge leaves a unit beside the ring.
func (j *Journal) putLarge(at uint64, u *Unit) {
	j.largeMu.Lock()
	j.large[at] = *u
	j.largeMu.Unlock()
	u.b = nil // the stream's now
}

func (j *Journal) takeLarge(at uint64) Unit {
	j.largeMu.Lock()
	defer j.largeMu.Unlock()
	u := j.large[at]
	delete(j.large, at)
	return u
}

// spinsPerYield is how often a writer looks for room before it lets others use its processor: who has the lock may be without one.
const spinsPerYield = 128

// makeRoom waits until a record that ends at a position, which is reserved, has its room. Whoever finds the lock free sequences.
func (j *Journal) makeRoom(end uint64) {
	for try := 1; j.ring.isFull(end); try++ {
		if j.mu.TryLock() {
			moved := j.sequence()
			j.mu.Unlock()
			if moved {
				continue
			}
		}
		if try%spinsPerYield == 0 {
			runtime.Gosched()
		}
	}
}

// stepBytes is about how much is sequenced before writers see the room; less than the ring, where what was sequenced stays until then.
const stepBytes = 64 << 10

// sequence moves committed records from the ring to the stream, in their order, and says whether there were any. The caller holds mu.
func (j *Journal) sequence() bool {
	r, start := &j.ring, j.ring.head.Load()
	at, wanted, most := start, j.on.Load(), min(stepBytes, uint64(len(r.b)/2))
	for at-start < most {
		header := r.header(at).Load()
		if header == 0 {
			break
		}
		length := header >> lengthShift & maxRecordBytes
		end := at + sizeOf(int(length)) // #nosec G115 -- masked
		if length == 0 {
			if u := j.takeLarge(at); wanted {
				j.stream.large(&u, Position(end))
			}
		} else if wanted {
			j.stream.record(r, at, header, Position(end))
		}
		at = end
	}
	r.consume(at)
	if !j.isFull && j.stream.end.Offset-j.read > Offset(j.cfg.UnreadBytes) { // #nosec G115 -- positive
		j.tellFull(true)
	}
	return at != start
}

// sequenceAll moves every record that has a place. The caller holds mu, and all leases: so who is about to commit isn't waiting.
func (j *Journal) sequenceAll() {
	for j.ring.head.Load() != j.ring.tail.Load() {
		if !j.sequence() {
			runtime.Gosched()
		}
	}
}

// tellFull says that the bound is passed, or no longer. The caller holds mu.
func (j *Journal) tellFull(full bool) {
	j.isFull = full
	j.drained = j.drained || !full
	if j.cfg.Full != nil {
		j.cfg.Full(full)
	}
}

// unlock gives mu back, and does what is better done without it. For readers.
func (j *Journal) unlock() {
	garbage, drained := j.stream.takeGarbage(), j.drained
	j.drained = false
	j.mu.Unlock()
	releaseAll(garbage)
	if drained && j.cfg.Drained != nil {
		j.cfg.Drained()
	}
}

// Cut returns where the stream stands once everything that was appended is in it. A reader's view ends there, and what is appended next begins with a
// SELECT: so a file may begin there. The caller holds all leases.
func (j *Journal) Cut() Mark {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.sequenceAll()
	j.stream.seal()
	return j.stream.end
}
