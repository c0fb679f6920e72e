// Package mailbox passes work from many goroutines to one without locks and without allocating.
//
// A Box is the head of a singly linked stack. Put pushes an item with one compare-and-swap. TakeAll swaps the whole stack
// out with one exchange and turns it round, so the taker sees the items in the order in which they were put:
//
//	Put(a) Put(b) Put(c):   head → c → b → a            TakeAll:   a → b → c
//
// Because nobody ever pops a single item, the ABA problem of such stacks can't occur: a stale head makes the
// compare-and-swap of a push fail or succeed rightly, since the new item's next is the head that was compared.
//
// The order is that of the successful compare-and-swaps: items of one putter keep their order, and an item whose Put
// returned before another's began comes before it.
//
// Items are intrusive: whoever posts owns the memory, commonly as a field of a connection or a task, and nothing is
// allocated by posting. A channel would need a lock and a bound; a ring of slots would need a bound and could fill up,
// which here must not happen: the putter can't wait. What bounds the box is the number of items that exist.
package mailbox

import (
	"sync/atomic"
)

// An Item is a piece of work that can lie in one Box at a time.
//
// From Put on it belongs to the box; from TakeAll on, to the taker.
type Item[T any] struct {
	next *Item[T] // written by the putter before its compare-and-swap, then by the taker

	// Value is the work. The putter writes it before Put; the taker may read it and write it.
	Value T
}

// Next returns the item after this one in the chain that TakeAll gave, or nil.
//
// The taker must call it before it gives the item back to anyone who could put it again.
func (it *Item[T]) Next() *Item[T] { return it.next }

// A Box collects items from any number of goroutines for one taker at a time. The zero value is an empty box.
// It must not be copied.
type Box[T any] struct {
	_    [lineSize]byte
	head atomic.Pointer[Item[T]] // the item put last
	_    [lineSize - 8]byte
}

// lineSize keeps the head off every cache line that holds something else: the line is what putters fight over.
const lineSize = 64

// Put adds it to the box and tells whether the box was empty before: then, and only then, the caller has the duty to wake a
// taker that may sleep.
//
// The item must not lie in a box already.
func (b *Box[T]) Put(it *Item[T]) (wasEmpty bool) {
	for {
		head := b.head.Load()
		it.next = head
		if b.head.CompareAndSwap(head, it) {
			return head == nil
		}
	}
}

// Empty tells whether the box held nothing at the moment of the look.
func (b *Box[T]) Empty() bool { return b.head.Load() == nil }

// TakeAll empties the box and returns what it held, the oldest item first, or nil.
//
//	for it := box.TakeAll(); it != nil; {
//		next := it.Next()
//		handle(it)
//		it = next
//	}
func (b *Box[T]) TakeAll() *Item[T] {
	if b.head.Load() == nil {
		return nil // an exchange takes the line from the putters, a load doesn't
	}
	newest := b.head.Swap(nil)
	var chain *Item[T]
	for newest != nil {
		next := newest.next
		newest.next = chain
		chain, newest = newest, next
	}
	return chain
}
