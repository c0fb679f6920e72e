package object

import "math"

// Where a group stands: how many entries it has read of all that were ever added, and how many are still to come. Both can
// be told only as long as no deletion has left a hole where one would have to count.

// hasHoleAfter says whether an entry may have been deleted by its ID at id or behind it.
func (h *streamHead) hasHoleAfter(id StreamID) bool {
	return h.length != 0 && !h.maxDeleted.IsZero() && !h.maxDeleted.Less(id)
}

// readAt returns how many entries were ever added up to id, if that can be told.
func (h *streamHead) readAt(id StreamID) (int64, bool) {
	switch {
	case h.added == 0:
		return 0, true
	case h.length == 0 && !h.last.Less(id):
		return int64(h.added), true
	case !id.IsZero() && id.Less(h.maxDeleted):
		return UnknownRead, false
	case id == h.last:
		return int64(h.added), true
	case h.last.Less(id):
		return UnknownRead, false
	}
	if h.maxDeleted.IsZero() || h.maxDeleted.Less(h.first) {
		switch {
		case id.Less(h.first):
			return int64(h.added - h.length), true
		case id == h.first:
			return int64(h.added - h.length + 1), true
		}
	}
	return UnknownRead, false
}

// ReadAt returns how many entries were ever added up to id, UnknownRead if that can't be told.
func (s Stream) ReadAt(id StreamID) int64 {
	read, _ := s.head().readAt(id)
	return read
}

// Delivered says that the entry of an ID was delivered to the group, which thereby may come to stand there. It returns whether it does.
func (s Stream) Delivered(g StreamGroup, id StreamID) bool {
	if !g.last.Less(id) {
		return false
	}
	h := s.head()
	if g.read != UnknownRead && g.read < math.MaxInt64 && !g.last.Less(h.first) && !h.hasHoleAfter(g.last) {
		g.read++
	} else if h.added > 0 {
		g.read, _ = h.readAt(id)
	}
	g.last = id
	return true
}

// Lag returns how many entries the group has yet to be given, if that can be told.
func (s Stream) Lag(g StreamGroup) (int64, bool) {
	h := s.head()
	if h.added == 0 {
		return 0, true
	}
	if g.read != UnknownRead && !h.hasHoleAfter(g.last) {
		return int64(h.added) - g.read, true
	}
	read, ok := h.readAt(g.last)
	return int64(h.added) - read, ok
}
