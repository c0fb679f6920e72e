package sealed

import (
	"bytes"
	"crypto/rand"
	"io/fs"
)

// Write appends.
func (f *file) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.append(p)
}

// WriteAt appends too, if off is the end. Before it, the bytes that are there are written again, as a cache that has lost its faith in a disk
// wants it; if they are others, the file ends there first.
func (f *file) WriteAt(p []byte, off int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case off < 0 || off > f.end.plain:
		return 0, &fs.PathError{Op: "write", Path: f.name, Err: errBehind}
	case off == f.end.plain:
		return f.append(p)
	case off+int64(len(p)) <= f.end.plain:
		if same, err := f.repeat(p, off); err != nil {
			return 0, err
		} else if same {
			return len(p), nil
		}
	}
	if err := f.truncate(off); err != nil {
		return 0, err
	}
	return f.append(p)
}

// append seals p. What could not be written as a whole counts for nothing.
func (f *file) append(p []byte) (n int, err error) {
	for n < len(p) {
		piece := p[n:min(n+maxChunk, len(p))]
		if err := f.add(head{kind: chunkKind, length: len(piece)}, piece); err != nil {
			return n, err
		}
		n += len(piece)
	}
	return n, nil
}

// add writes a chunk or a cut, and in front of the first one what it needs, with one call.
func (f *file) add(h head, p []byte) error {
	if !f.writes {
		return &fs.PathError{Op: "write", Path: f.name, Err: errReadOnly}
	}
	b, at := f.raw[:0], f.end
	if at.sealed == 0 {
		b = append(b, at.before[:]...) // it is the header
		at.sealed = int64(headerBytes)
	}
	var err error
	if f.sealer.aead == nil || f.sealer.number == maxNumber {
		if b, err = f.begins(b, &at); err != nil {
			return err
		}
	}
	at.aead = f.sealer.aead
	h.number = f.sealer.number
	f.sealer.number++ // it is used up, whatever becomes of the write
	from := len(b)
	b = h.append(b)
	b = at.aead.Seal(b, h.nonce(), p, associated(b[from:], at.before))
	f.raw = b
	f.opened.at = -1
	if _, err := f.inner.WriteAt(b, f.end.sealed); err != nil {
		f.sealer.aead = nil // its segment may not be there
		return err
	}
	next := at
	next.sealed += h.size()
	copy(next.before[:], b[len(b)-tagBytes:])
	if h.kind == chunkKind {
		f.mark(at)
		next.chunk, next.plain = at.plain, at.plain+int64(h.length)
	} else {
		next.plain = at.chunk + int64(h.length)
	}
	f.end = next
	f.win.forget(next.sealed)
	return nil
}

// begins appends the beginning of a segment, and moves at behind it.
func (f *file) begins(b []byte, at *place) ([]byte, error) {
	var salt [saltBytes]byte
	if _, err := rand.Read(salt[:]); err != nil {
		return b, err
	}
	a, err := f.key.segment(salt[:])
	if err != nil {
		return b, err
	}
	f.sealer = sealer{aead: a}
	h := head{kind: segmentKind}
	from := len(b)
	b = append(h.append(b), salt[:]...)
	b = a.Seal(b, h.nonce(), nil, associated(b[from:], at.before))
	copy(at.before[:], b[len(b)-tagBytes:])
	at.sealed += h.size()
	return b, nil
}

// repeat writes the chunks again that hold p at off, if they do.
func (f *file) repeat(p []byte, off int64) (same bool, err error) {
	for len(p) > 0 {
		at, _, err := f.find(off)
		if err != nil {
			return false, err
		}
		if err := f.unseal(at); err != nil {
			return false, err
		}
		part := f.opened.plain[off-at.plain:]
		part = part[:min(len(part), len(p))]
		if !bytes.Equal(part, p[:len(part)]) {
			return false, nil
		}
		if err := f.rewrite(at.sealed, f.next.sealed); err != nil {
			return false, err
		}
		p, off = p[len(part):], off+int64(len(part))
	}
	return true, nil
}

// rewrite writes frames again as they are, and with the first of them what stands before it.
func (f *file) rewrite(from, to int64) error {
	if from <= int64(headerBytes+segmentBytes) {
		from = 0
	}
	f.raw = append(f.raw[:0], make([]byte, to-from)...)
	if _, err := f.inner.ReadAt(f.raw, from); err != nil {
		return err
	}
	_, err := f.inner.WriteAt(f.raw, from)
	return err
}

// Truncate makes the file end earlier.
func (f *file) Truncate(size int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case !f.writes:
		return &fs.PathError{Op: "truncate", Path: f.name, Err: errReadOnly}
	case size < 0 || size > f.end.plain:
		return &fs.PathError{Op: "truncate", Path: f.name, Err: errBehind}
	}
	return f.truncate(size)
}

func (f *file) truncate(size int64) error {
	if size == f.end.plain { // something of a failed write may be behind it
		return f.inner.Truncate(f.end.sealed)
	}
	at, next, err := f.find(size)
	if err != nil {
		return err
	}
	to := at
	if at.plain < size {
		to = next
	}
	if size == 0 {
		to = f.begin()
	}
	if err := f.inner.Truncate(to.sealed); err != nil {
		return err
	}
	f.end, f.opened.at = to, -1
	f.unmark(to.sealed)
	f.win.forget(to.sealed)
	if to.aead != f.sealer.aead {
		f.sealer.aead = nil // the segment that was written is gone
	}
	if to.plain == size {
		return nil
	}
	return f.add(head{kind: cutKind, length: int(size - at.plain)}, nil)
}
