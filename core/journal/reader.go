package journal

// Reader reads the stream from the place where it was opened. It belongs to one goroutine.
type Reader struct {
	j     *Journal
	at    Offset
	ready chan struct{}
}

// Next returns the next bytes of the stream, and the mark of their end, which is one between two records. It doesn't wait: without anything to
// read it returns no bytes and the mark of the last ones. It never goes past a Cut: the bytes before one end there.
//
// The bytes live until the next call of Next or Close.
func (r *Reader) Next() ([]byte, Mark) {
	j := r.j
	j.mu.Lock()
	defer j.mu.Unlock()
	m := Mark{j.base + Offset(len(j.stream)), j.last}
	for len(j.cuts) > 0 && j.cuts[0].Offset <= r.at {
		j.cuts = j.cuts[1:]
	}
	if len(j.cuts) > 0 {
		m = j.cuts[0]
	}
	b := append([]byte(nil), j.stream[r.at-j.base:m.Offset-j.base]...)
	r.at = m.Offset
	j.stream, j.base = j.stream[m.Offset-j.base:], m.Offset
	return b, m
}

// Ready returns a channel that gets a value as soon as Next has something to return; at once if it has now. A writer that finds the reader
// waiting so has to wake it, which costs as much as several commands. A reader that can do with being late sleeps for a few
// milliseconds first, and asks for this only if there is nothing to read then: so writers wake it once after a silence.
func (r *Reader) Ready() <-chan struct{} {
	r.j.mu.Lock()
	defer r.j.mu.Unlock()
	if r.at < r.j.base+Offset(len(r.j.stream)) {
		r.rouse()
	}
	return r.ready
}

func (r *Reader) rouse() {
	select {
	case r.ready <- struct{}{}:
	default:
	}
}

// Close ends the reading; the last reader's switches the journal off. The caller holds all leases.
func (r *Reader) Close() {
	j := r.j
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := range j.readers {
		if j.readers[i] == r {
			j.readers = append(j.readers[:i], j.readers[i+1:]...)
			break
		}
	}
	j.on.Store(len(j.readers) > 0)
}
