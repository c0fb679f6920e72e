package object

import (
	"unsafe"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
)

// The heads of a stream's blocks are structs without pointers that lie in the arena.
const (
	streamHeadBytes     = int(unsafe.Sizeof(streamHead{}))
	streamNodeHeadBytes = int(unsafe.Sizeof(streamNodeHead{}))
	streamGroupBytes    = int(unsafe.Sizeof(streamGroupHead{}))
	streamConsumerBytes = int(unsafe.Sizeof(streamConsumerHead{}))
	streamPendingBytes  = int(unsafe.Sizeof(streamPendingHead{}))
)

// All of these are valid by rule 1 of package unsafe: the block is aligned to 8 bytes, at least as large as the struct, and
// holds one, which has no pointer into the Go heap.

func streamHeadAt(a *arena.Arena, ref arena.Ref) *streamHead { return (*streamHead)(a.Ptr(ref)) }

func streamNodeHeadAt(a *arena.Arena, ref arena.Ref) *streamNodeHead {
	return (*streamNodeHead)(a.Ptr(ref))
}

func streamGroupAt(a *arena.Arena, ref arena.Ref) *streamGroupHead {
	return (*streamGroupHead)(a.Ptr(ref))
}

func streamConsumerAt(a *arena.Arena, ref arena.Ref) *streamConsumerHead {
	return (*streamConsumerHead)(a.Ptr(ref))
}

func streamPendingAt(a *arena.Arena, ref arena.Ref) *streamPendingHead {
	return (*streamPendingHead)(a.Ptr(ref))
}
