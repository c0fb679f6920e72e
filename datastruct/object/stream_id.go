package object

import (
	"math"
	"strconv"
)

// StreamID names an entry of a stream: a time in unix ms, and a number within it.
type StreamID struct{ Ms, Seq uint64 }

// MaxStreamID is the largest ID. The least one is zero.
var MaxStreamID = StreamID{math.MaxUint64, math.MaxUint64}

// MaxStreamIDText is the length of the longest text of an ID.
const MaxStreamIDText = 20 + 1 + 20

// Less says whether id comes before other.
func (id StreamID) Less(other StreamID) bool {
	return id.Ms < other.Ms || id.Ms == other.Ms && id.Seq < other.Seq
}

// IsZero says whether id is the least one.
func (id StreamID) IsZero() bool { return id == StreamID{} }

// Next returns the ID after id; ok is false after the largest, for which it is the least.
func (id StreamID) Next() (next StreamID, ok bool) {
	switch {
	case id.Seq < math.MaxUint64:
		return StreamID{id.Ms, id.Seq + 1}, true
	case id.Ms < math.MaxUint64:
		return StreamID{id.Ms + 1, 0}, true
	}
	return StreamID{}, false
}

// Prev returns the ID before id; ok is false before the least, for which it is the largest.
func (id StreamID) Prev() (prev StreamID, ok bool) {
	switch {
	case id.Seq > 0:
		return StreamID{id.Ms, id.Seq - 1}, true
	case id.Ms > 0:
		return StreamID{id.Ms - 1, math.MaxUint64}, true
	}
	return MaxStreamID, false
}

// AppendTo appends the text of id: both numbers with a hyphen between.
func (id StreamID) AppendTo(dst []byte) []byte {
	dst = strconv.AppendUint(dst, id.Ms, 10)
	return strconv.AppendUint(append(dst, '-'), id.Seq, 10)
}

// String returns the text of id.
func (id StreamID) String() string { return string(id.AppendTo(nil)) }

// nearer says whether an ID is nearer to one that isn't behind it than to another, as far as the time tells, or the number within one
// millisecond.
func (id StreamID) nearer(first, last StreamID) bool {
	if !id.Less(last) {
		return false
	}
	if first.Ms != last.Ms {
		return id.Ms-first.Ms < last.Ms-id.Ms
	}
	return id.Seq-first.Seq < last.Seq-id.Seq
}
