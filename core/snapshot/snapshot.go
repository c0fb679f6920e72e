// Package snapshot writes what the keyspace held at one instant, the cut, while commands go on. It serves BGSAVE, the base of the append-only
// file, and whoever else wants a stream of all data.
//
//	Target ─┐                  ┌ walkers, on the loops ──────┐            ┌ Head            Target
//	Target ─┼─ Taker ─▶ cut ─▶ ┤ slice, slice, slice, …      ├─ pieces ─▶ ┤ pieces, loans ─▶ Out
//	Target ─┘                  └ commands that are to write ─┘   loans    └ Tail            Out
//	                             (dispatch: Space.Preserve)               sink, a goroutine
//
// # Who does what
//
// The cut ([run.begin]) is made while every lease is held; each partition begins a walk (core/keyspace, walk.go), whose Keeper is a
// [keeper]. From then on each entry of the cut comes to the keeper once: from a [Walker], which a loop lets do a slice between requests, or from a
// command that is about to change it. Small entries are serialised at once, on that thread, into the partition's open piece; large ones are lent
// to the sink, which reads them without a lease. The sink puts the pieces together in the order in which they come: an RDB file is no worse for it, as
// every piece says of which database it is.
//
// # The budget
//
// The [account] counts all pieces by their capacity, from the making to the end of the write. Who finds no room hands its own piece over first, so
// what is counted is either on its way to the file or of somebody who isn't stuck: therefore there is always something that will
// make room. When there is enough of it, those who were refused are told, once (Host.Stir, Host.Release).
//
// # The end
//
// When a partition is through it gives its last piece; with the last partition the sink writes the tail. If nobody wants the snapshot any more
// (errors of all targets, Cancel, FLUSHALL) the run is dead: the walk goes on, but only takes its marks away, and the next cut waits for that.
// Afterwards nothing is left but a branch in dispatch that isn't taken.
package snapshot

import (
	"errors"
	"io"
	"time"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/rdb"
)

// Format says what the entries of a cut become. Targets whose formats are equal (==) may share one walk.
type Format interface {
	// Encoder returns a new encoder for a cut. Any thread.
	Encoder(c *Cut) Encoder
}

// Encoder turns entries into bytes, for one thread at a time.
type Encoder interface {
	// Select appends what says that the entries that follow are of a database. Every piece begins with it.
	Select(dst []byte, db int) []byte
	// Append appends a small entry. An error ends the snapshot.
	Append(dst []byte, e keyspace.Entry, u rdb.Usage) ([]byte, error)
	// Write writes a large entry to out, in pieces: on an ordinary goroutine, without a lease. Nobody changes the entry meanwhile.
	Write(out io.Writer, e keyspace.Entry, u rdb.Usage) error
}

// Frame is what stands around the entries.
type Frame interface {
	// Head appends what comes before the first entry. On an ordinary goroutine.
	Head(dst []byte, c *Cut) []byte
	// Tail appends what comes after the last one. sum is the CRC-64 of all that was written before, 0 if Sums said no.
	Tail(dst []byte, sum uint64) []byte
	// Sums says whether the checksum is wanted.
	Sums() bool
}

// Target is who wants a snapshot, and what for.
type Target struct {
	Out    io.Writer // is written to on one ordinary goroutine, in pieces of some kilobytes and more
	Format Format
	Frame  Frame // nil for nothing around
	// AtCut runs at the instant of the cut, while every lease is held: what was journalled before is in the snapshot, what comes
	// after isn't. It is short and waits for nobody. May be nil.
	AtCut func(c *Cut)
	// Done runs once on an ordinary goroutine, after the last write or instead of it.
	Done func(err error)
}

// Cut is what is known of the instant.
type Cut struct {
	UnixMs    int64
	Keys      int64      // in all databases
	Timed     bool       // there are hashes with fields that expire
	Databases []Database // those that aren't empty, in order
}

// Database is what a database held at the cut.
type Database struct{ Number, Keys, Expires int }

// Errors that Done may get beside those of Out.
var (
	ErrCancelled = errors.New("snapshot: cancelled")
	// ErrFlushed: all keys were removed meanwhile (FLUSHALL, DEBUG RELOAD), so that nobody wants it any more.
	ErrFlushed = errors.New("snapshot: the data was flushed")
)

// Progress is how far a snapshot has come.
type Progress struct {
	Keys, Total int64         // of the cut
	Bytes       int64         // written
	Used, Peak  int64         // of the budget, now and at most
	Cut         time.Duration // how long every lease was held
}

// Host is the server, as snapshots need it.
type Host interface {
	// Cut runs f while every lease is held, and returns when it has run. The caller is an ordinary goroutine.
	Cut(f func())
	// Stir has the loops call Taker.Slice until that says that there is nothing to do at present. Any thread.
	Stir()
	// Loops returns how many loops there are.
	Loops() int
	// Release has the commands that a snapshot holds back try again. Any thread.
	Release()
	// Walked says whether writes have to be told of from now on (keyspace.Space.Preserve). Called under every lease for true, anywhere for
	// false.
	Walked(on bool)
	// KeyDelay is how much longer each key takes, for tests of what happens meanwhile; 0 in earnest.
	KeyDelay() time.Duration
	// Rescue is deferred by goroutines, to report a panic.
	Rescue()
}
