package journal

import (
	"slices"
	"sync/atomic"
)

// Reader reads the stream from the place where it was opened. It belongs to one goroutine.
type Reader struct {
	j      *Journal
	asleep atomic.Bool
	ready  chan struct{}

	// Guarded by the journal's mu.
	block *block // that the last view was of, nil before the first one
	end   Mark   // of the last view
	read  Offset // what is before is needed no more
}

// Open adds a reader of all that is appended from now on, which begins with a SELECT, and switches the journal on. The caller holds all leases.
func (j *Journal) Open() *Reader {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.ring.b == nil {
		j.ring.make(j.cfg.RingBytes)
	}
	j.sequenceAll()
	s := &j.stream
	s.seal()
	s.end.Position = Position(j.ring.head.Load())
	r := &Reader{j: j, ready: make(chan struct{}, 1), block: s.last, end: s.end, read: s.end.Offset}
	j.setReaders(append(slices.Clone(*j.readers.Load()), r))
	j.on.Store(true)
	return r
}

// Close ends the reading; the last reader's switches the journal off. The caller holds all leases.
func (r *Reader) Close() {
	j := r.j
	j.mu.Lock()
	j.sequenceAll()
	r.calm()
	left := slices.DeleteFunc(slices.Clone(*j.readers.Load()), func(other *Reader) bool { return other == r })
	j.on.Store(len(left) > 0)
	j.setReaders(left)
	j.unlock()
}

// setReaders replaces the readers. The caller holds mu.
func (j *Journal) setReaders(readers []*Reader) {
	j.readers.Store(&readers)
	j.advance()
}

// advance finds the slowest reader, and drops what it has read. The caller holds mu.
func (j *Journal) advance() {
	var keep *block
	j.read = j.stream.end.Offset
	for i, r := range *j.readers.Load() {
		if r.read <= j.read {
			j.read = r.read
		}
		k := r.block
		if k == nil {
			k = j.stream.first
		}
		if i == 0 || keep == nil || k != nil && k.base < keep.base {
			keep = k
		}
	}
	j.stream.forget(keep, j.read)
	if j.isFull && j.stream.end.Offset-j.read <= Offset(j.cfg.UnreadBytes/2) { // #nosec G115 -- positive
		j.tellFull(false)
	}
}

// Next returns the next bytes of the stream, and the mark of their end, which is one between two records. It doesn't wait: without anything to
// read it returns no bytes and the mark of the last ones. It never goes past a Cut: the bytes before one end there.
//
// The bytes live until the next call of Next or Close.
func (r *Reader) Next() ([]byte, Mark) {
	j := r.j
	r.calm()
	j.mu.Lock()
	for want := r.end.Offset + blockBytes; j.stream.end.Offset < want && j.sequence(); {
	}
	r.read = r.end.Offset
	b := r.view()
	j.advance()
	end := r.end
	j.unlock()
	return b, end
}

// view moves the reader on. The caller holds mu.
func (r *Reader) view() []byte {
	k := r.block
	switch {
	case k == nil:
		k = r.j.stream.first
	case k.end.Offset == r.end.Offset && k.next != nil:
		k = k.next
	}
	if r.block = k; k == nil || k.end.Offset == r.end.Offset {
		return nil
	}
	b := k.b[r.end.Offset-k.base:]
	r.end = k.end
	return b
}

// Ready returns a channel that gets a value as soon as Next has something to return; at once if it has now. It may get one in vain.
//
// A writer that finds the reader waiting so has to wake it, which costs as much as several commands. A reader that can do with being late sleeps
// for a few milliseconds first, and asks for this only if there is nothing to read then: so writers wake it once after a silence.
func (r *Reader) Ready() <-chan struct{} {
	j := r.j
	r.calm() // from the last time, if it came to nothing
	j.sleepers.Add(1)
	r.asleep.Store(true)
	// Whoever commits after this look sees that the reader is asleep.
	j.mu.Lock()
	j.sequence()
	isReadable := j.stream.end.Offset != r.end.Offset
	j.mu.Unlock()
	if isReadable {
		r.wake()
	}
	return r.ready
}

// wake ends the sleep of every reader.
func (j *Journal) wake() {
	for _, r := range *j.readers.Load() {
		r.wake()
	}
}

// wake has the channel get a value, once for each sleep.
func (r *Reader) wake() {
	if r.calm() {
		select {
		case r.ready <- struct{}{}:
		default:
		}
	}
}

// calm ends the sleep, and says whether it was the one to do so.
func (r *Reader) calm() bool {
	if !r.asleep.Load() || !r.asleep.CompareAndSwap(true, false) {
		return false
	}
	r.j.sleepers.Add(-1)
	return true
}
