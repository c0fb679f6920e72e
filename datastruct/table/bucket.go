package table

import (
	"encoding/binary"
	"math/bits"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// A bucket is one cache line:
//
//	byte  0 …  9   tags: one for each slot; 0 = free, else 2 … 255
//	     10 … 13   meta, lowest byte first:
//	               bit  0 …  9   foreign: the element in this slot has another home
//	               bit 10 … 25   filter: bit tag%16 is set for each element that has its home here and
//	                             lives elsewhere; never clear for one of those, perhaps set for none
//	               bit 26 … 31   buddy: the bucket where those live; without meaning if the filter is 0
//	     14 … 23   bits 32 … 39 of each slot's Ref
//	     24 … 63   bits  0 … 31 of each slot's Ref
//
// A bucket is chained if slot 9 is free and foreign, which is otherwise impossible: its Ref is then the
// first bucket of a chain (chain.go), and the filter is full.
type bucket struct {
	head  [14]byte
	highs [slotCount]uint8
	lows  [slotCount]uint32
}

const (
	bucketBytes = 64
	bucketRefs  = bucketBytes / 8 // by so much the Refs of neighbouring buckets differ
	slotCount   = 10
	linkSlot    = slotCount - 1

	metaFilter = 10
	metaBuddy  = 26
	filterFull = 1<<16 - 1
	filterMask = filterFull << metaFilter
	buddyMask  = 63 << metaBuddy
)

// slots is a set of slots of one bucket: slot i is bit 8*i+7 for the first eight, which are found in one
// word of tags, and bits 6 and 14 for slots 8 and 9, whose tags are folded in from another word.
type slots uint64

const allSlots slots = 0x8080808080808080 | 1<<6 | 1<<14

// first returns the number of a slot of s, which isn't empty.
func (s slots) first() int {
	z := bits.TrailingZeros64(uint64(s))
	return z>>3 | ^z&1<<3
}

func (s slots) count() int { return bits.OnesCount64(uint64(s)) }

// tagOf returns what a bucket remembers of a hash. It is never 0 (free), and never 1: so no tag or free slot
// differs from 0 only in the lowest bit, which would make the search of zero bytes inexact.
func tagOf(h uint64) uint64 {
	tag := h & 0xff
	if tag < 2 {
		tag += 2
	}
	return tag
}

const (
	everyByte = 0x0101010101010101
	// The second word of tags is read from byte 6 on: tags 8 and 9 are its bytes 2 and 3.
	lateTag  = 0x01010000
	lateFold = 17
)

// early and late return the words that hold tags 0 to 7, and tags 8 and 9 with the meta above them.
func (b *bucket) early() uint64 { return binary.LittleEndian.Uint64(b.head[0:8]) }
func (b *bucket) late() uint64  { return binary.LittleEndian.Uint64(b.head[6:14]) }

// zeroTags returns the slots whose byte is 0 in the two words of tags. A byte of 1 above one of 0 counts too.
func zeroTags(early, late uint64) slots {
	early = (early - everyByte) &^ early & (everyByte << 7)
	late = (late - lateTag) &^ late & (lateTag << 7)
	return slots(early | late>>lateFold)
}

// match returns the slots with a tag, and, seldom, one whose tag differs in the lowest bit.
func (b *bucket) match(tag uint64) slots {
	tag *= everyByte
	return zeroTags(b.early()^tag, b.late()^tag)
}

// free returns the slots that can take an element.
func (b *bucket) free() slots {
	late := b.late()
	// Slot 9 is foreign if it is taken, or if it holds the link of a chain.
	return zeroTags(b.early(), late) &^ slots(late>>32>>linkSlot&1<<14)
}

// used returns the slots that hold an element.
func (b *bucket) used() slots { return allSlots &^ zeroTags(b.early(), b.late()) }

func (b *bucket) tag(i int) uint64 { return uint64(b.head[i]) }

func (b *bucket) ref(i int) arena.Ref {
	return arena.Ref(b.lows[i]) | arena.Ref(b.highs[i])<<32
}

func (b *bucket) setRef(i int, r arena.Ref) {
	b.lows[i] = uint32(r)
	b.highs[i] = uint8(r >> 32)
}

// put fills a free slot with an element that is at home here.
func (b *bucket) put(i int, tag uint64, r arena.Ref) {
	b.head[i] = uint8(tag)
	b.setRef(i, r)
}

// host fills a free slot with an element that has its home elsewhere.
func (b *bucket) host(i int, tag uint64, r arena.Ref) {
	b.put(i, tag, r)
	b.setMeta(b.meta() | 1<<i)
}

// drop frees a slot.
func (b *bucket) drop(i int) {
	b.head[i] = 0
	b.setMeta(b.meta() &^ (1 << i))
}

func (b *bucket) meta() uint32     { return binary.LittleEndian.Uint32(b.head[10:14]) }
func (b *bucket) setMeta(m uint32) { binary.LittleEndian.PutUint32(b.head[10:14], m) }

func (b *bucket) isForeign(i int) bool { return b.meta()>>i&1 != 0 }

// filterBit returns the bit of the meta word that speaks for a tag.
func filterBit(tag uint64) uint32 { return 1 << (metaFilter + tag&15) }

func (b *bucket) filter() uint32 { return b.meta() & filterMask }

// buddy returns the bucket that takes what doesn't fit here. The filter isn't 0, and b isn't chained.
func (b *bucket) buddy() int { return int(b.meta() >> metaBuddy) }

// setOverflow says where the overflow is, and which filter bits stand for it.
func (b *bucket) setOverflow(buddy int, filter uint32) {
	b.setMeta(b.meta()&^(buddyMask|filterMask) | uint32(buddy)<<metaBuddy | filter)
}

func (b *bucket) isChained() bool { return b.head[linkSlot] == 0 && b.meta()>>linkSlot&1 != 0 }

// setLink makes b chained. Slot 9 is free.
func (b *bucket) setLink(r arena.Ref) {
	b.setRef(linkSlot, r)
	b.setMeta(b.meta() | 1<<linkSlot | filterMask)
}

// clearLink ends the chain: no element has its home here and lives elsewhere.
func (b *bucket) clearLink() { b.setMeta(b.meta() &^ (1<<linkSlot | filterMask)) }

// slotBit returns the set of slot i alone.
func slotBit(i int) slots { return 1 << (8*(i&7) + 7 - i>>3) }
