// Package partition holds the right to touch a unit of the keyspace.
//
// # The lease
//
// Each partition has one Lease: a single atomic word that is the lock and the
// mailbox at once.
//
//	nil            free
//	held           taken, nobody waits
//	t → … → held   taken, and a stack of posted tasks waits (newest first)
//
// Because both facts live in one word there is no instant at which a task can
// be posted to a lease that nobody will drain: posting succeeds only on a word
// that says "taken", and giving a lease back succeeds only on a word that says
// "nobody waits". That one compare-and-swap is the whole proof against lost
// wake-ups; lease_model_test.go explores every interleaving of it.
//
// Whoever holds a lease drains its tasks before letting go (combining: flat
// combining of Hendler, Incze, Shavit and Tzafrir, SPAA 2010, with the lock
// handed on instead of polled). A hot partition is therefore served in batches
// by one core, and no thread ever waits for a descheduled one.
//
// # Who may wait
//
//   - One partition: try, then post and walk away. Nothing is held meanwhile.
//   - Several partitions: all or none. On a busy one everything is let go, the
//     task is posted to the busy one, and the attempt is made again from there
//     (still without waiting while holding).
//   - The token is one more Lease. Only its holder may keep leases while it
//     waits for further ones, so two such waits can never form a cycle.
//
// # Memory ordering
//
// Go's atomics are sequentially consistent: the releasing compare-and-swap of
// one holder happens before the acquiring one of the next, so plain memory of
// the partition needs no further fences.
package partition

import "sync/atomic"

// Task is work that waits for a lease. It is embedded in whatever waits, and
// is posted to at most one lease at a time.
//
// Between a successful post and the moment it is served, the task and
// everything reachable through Owner belong to the holder of that lease.
type Task struct {
	next *Task
	// Owner says who waits; the one who serves the task reads it. Set once.
	Owner any
}

// held is the word of a lease that is taken while nobody waits. Only its
// address matters.
var held = new(Task)

// Lease is the right to touch one partition (or, as the token, the right to
// wait while holding). The zero value is free.
//
// It should have a cache line to itself and what is read with it.
type Lease struct {
	word atomic.Pointer[Task]
	// pending are tasks taken off the word, oldest first. Holder only.
	pending *Task
}

// TryAcquire takes the lease if it is free.
func (l *Lease) TryAcquire() bool {
	return l.word.Load() == nil && l.word.CompareAndSwap(nil, held)
}

// AcquireOrPost takes the lease, or else leaves t with its holder. It never
// waits.
//
// After false the caller must not touch t or what it owns: the holder may
// already be serving it.
func (l *Lease) AcquireOrPost(t *Task) (acquired bool) {
	for {
		w := l.word.Load()
		if w == nil {
			if l.word.CompareAndSwap(nil, held) {
				return true
			}
			continue
		}
		t.next = w
		if l.word.CompareAndSwap(w, t) {
			return false
		}
	}
}

// TryRelease gives the lease back if nobody waits. Holder only.
//
// On false the caller still holds the lease and has to serve Next.
func (l *Lease) TryRelease() bool {
	return l.pending == nil && l.word.CompareAndSwap(held, nil)
}

// Next returns the oldest waiting task, or gives the lease back and returns
// nil. Holder only; after nil the caller holds nothing.
func (l *Lease) Next() *Task {
	for {
		if t := l.pending; t != nil {
			l.pending, t.next = t.next, nil
			return t
		}
		if l.word.CompareAndSwap(held, nil) {
			return nil
		}
		l.pending = oldestFirst(l.word.Swap(held))
	}
}

// Return puts a task back to the front of the queue. Holder only.
func (l *Lease) Return(t *Task) {
	t.next = l.pending
	l.pending = t
}

// Sift shows the waiting tasks to keep, oldest first, and lets go of those that it says false of: they are whose keep has given them to.
// Holder only; the lease stays held, and keep must not touch it.
//
// It is for a holder who keeps the lease for long, and looks from time to time who waits.
func (l *Lease) Sift(keep func(t *Task) bool) {
	at := &l.pending
	if l.word.Load() != held {
		for *at != nil {
			at = &(*at).next
		}
		*at = oldestFirst(l.word.Swap(held))
		at = &l.pending
	}
	for t := *at; t != nil; t = *at {
		next := t.next
		if keep(t) {
			at = &t.next
			continue
		}
		*at = next
	}
}

// Waited reports whether tasks wait. Holder only.
func (l *Lease) Waited() bool { return l.pending != nil || l.word.Load() != held }

// Busy reports whether somebody holds the lease at this instant.
func (l *Lease) Busy() bool { return l.word.Load() != nil }

// oldestFirst turns a stack that ends in held into a queue that ends in nil.
func oldestFirst(top *Task) *Task {
	var queue *Task
	for top != held {
		next := top.next
		top.next = queue
		queue, top = top, next
	}
	return queue
}
