package sealed

import (
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// file is an open sealed file. It may be synced while it is written to; everything else excludes each other.
type file struct {
	inner  vfs.File
	name   string
	key    *key
	writes bool
	notice func(text string)

	mu sync.Mutex // guards all below
	// end is where the last good frame ends, and what the file holds: the place of the next one.
	end place
	// marks are places of chunks to begin a search at, some apart.
	marks []place
	win   window
	read  int64 // of Read
	// opened is the chunk that was read last; next is what follows it.
	opened chunk
	next   place
	sealer sealer
	raw    []byte // frames as they are on disk
}

// place is where a frame begins: in the sealed file, and in what it holds.
type place struct {
	sealed, plain int64
	chunk         int64       // where the chunk before it begins, in what the file holds
	before        tag         // of the frame before it
	aead          cipher.AEAD // of its segment, nil before the first one
}

// chunk is one that was opened.
type chunk struct {
	at    int64 // in what the file holds; negative: none
	plain []byte
}

// sealer is the segment that is written.
type sealer struct {
	aead   cipher.AEAD // nil: none has begun
	number uint64
}

// markEvery is how far apart marks are at least, in the sealed file.
const markEvery = 1 << 20

var (
	errReadOnly = errors.New("the file was opened to read")
	errBehind   = errors.New("a sealed file has no holes")
	errNegative = errors.New("negative offset")
)

// open finds the end of a file.
func (f *file) open(size int64) error {
	f.opened.at = -1
	f.win = window{f: f.inner, size: size}
	f.end = f.begin()
	if size >= int64(headerBytes) {
		if err := f.scan(size); err != nil {
			return err
		}
	}
	f.win.forget(f.end.sealed)
	if size == f.end.sealed {
		return nil
	}
	if f.notice != nil {
		f.notice(fmt.Sprintf("The last %d bytes of the sealed file %s are no whole chunk: they were being written at a crash, and don't count.",
			size-f.end.sealed, f.name))
	}
	if f.writes {
		return f.inner.Truncate(f.end.sealed)
	}
	return nil
}

// begin is the place of the header. It counts only with a segment behind it.
func (f *file) begin() place {
	p := place{}
	copy(p.before[:], magic)
	copy(p.before[len(magic):], f.key.id[:])
	return p
}

// scan walks over all frames. Only the last chunk is opened here: it alone may be torn.
func (f *file) scan(size int64) error {
	at, last := f.begin(), place{}
	at.sealed = int64(headerBytes)
	for at.sealed < size {
		h, ok, err := f.win.head(at.sealed)
		switch {
		case err != nil:
			return err
		case !ok && size-at.sealed > maxTorn:
			return &Error{f.name, at.sealed, errForm}
		case !ok || at.sealed+h.size() > size:
			return f.checkLast(last)
		}
		next, err := f.step(at, h)
		switch {
		case err == nil:
		case errors.Is(err, errForged) && size-at.sealed <= maxTorn:
			return f.checkLast(last)
		default:
			return err
		}
		if h.kind == chunkKind {
			f.mark(at)
			last = at
		}
		at = next
		f.end = at
	}
	return f.checkLast(last)
}

// checkLast opens the last chunk. One that isn't authentic, and behind which nothing is, was torn.
func (f *file) checkLast(last place) error {
	if last.sealed == 0 {
		return nil
	}
	err := f.unseal(last)
	if errors.Is(err, errForged) && f.next.sealed == f.end.sealed && f.next.plain-last.plain+int64(headBytes+tagBytes) == f.end.sealed-last.sealed {
		f.end, err = last, nil
		f.unmark(last.sealed)
	}
	return err
}

// step goes over a frame. Chunks aren't opened.
func (f *file) step(at place, h head) (next place, err error) {
	next = at
	next.sealed += h.size()
	switch h.kind {
	case segmentKind:
		b, err := f.win.bytes(at.sealed, segmentBytes)
		if err != nil {
			return at, err
		}
		if next.aead, err = f.key.segment(b[headBytes : headBytes+saltBytes]); err != nil {
			return at, err
		}
		err = f.verify(next.aead, at, h, b, headBytes+saltBytes)
		copy(next.before[:], b[segmentBytes-tagBytes:])
		return next, err
	case cutKind:
		b, err := f.win.bytes(at.sealed, headBytes+tagBytes)
		if err != nil {
			return at, err
		}
		if at.aead == nil || at.plain-at.chunk < int64(h.length) {
			return at, &Error{f.name, at.sealed, errForged}
		}
		err = f.verify(at.aead, at, h, b, headBytes)
		next.plain = at.chunk + int64(h.length)
		copy(next.before[:], b[headBytes:])
		return next, err
	}
	if at.aead == nil {
		return at, &Error{f.name, at.sealed, errForged}
	}
	next.chunk, next.plain = at.plain, at.plain+int64(h.length)
	b, err := f.win.bytes(next.sealed-tagBytes, tagBytes)
	copy(next.before[:], b)
	return next, err
}

// verify says whether a frame is authentic that seals nothing, and has its tag at an offset.
func (f *file) verify(a cipher.AEAD, at place, h head, b []byte, tagAt int) error {
	if _, err := a.Open(nil, h.nonce(), b[tagAt:], associated(b[:tagAt], at.before)); err != nil {
		return &Error{f.name, at.sealed, errForged}
	}
	return nil
}

// group goes over a chunk and the segments and cuts behind it, to the next chunk or the end.
func (f *file) group(at place) (next place, err error) {
	for next = at; next.sealed < f.win.size; {
		h, ok, err := f.win.head(next.sealed)
		if err != nil {
			return next, err
		}
		if next.sealed == at.sealed {
			ok = ok && h.kind == chunkKind
		} else if h.kind == chunkKind {
			return next, nil
		}
		if !ok || next.sealed+h.size() > f.win.size {
			return next, &Error{f.name, next.sealed, errForm}
		}
		if next, err = f.step(next, h); err != nil {
			return next, err
		}
		if next.sealed == f.end.sealed {
			break
		}
	}
	return next, nil
}

func (f *file) mark(p place) {
	if n := len(f.marks); n == 0 || p.sealed-f.marks[n-1].sealed >= markEvery {
		f.marks = append(f.marks, p)
	}
}

// unmark forgets the marks from a place on.
func (f *file) unmark(sealed int64) {
	for len(f.marks) > 0 && f.marks[len(f.marks)-1].sealed >= sealed {
		f.marks = f.marks[:len(f.marks)-1]
	}
}

// find returns the place of the chunk that holds an offset before the end, and that of the next one.
func (f *file) find(plain int64) (at, next place, err error) {
	lo, hi := 0, len(f.marks) // the last mark that is not behind it
	for lo < hi {
		if mid := (lo + hi) / 2; f.marks[mid].plain <= plain {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	for at = f.marks[lo-1]; ; at = next {
		if next, err = f.group(at); err != nil || next.plain > plain {
			return at, next, err
		}
	}
}

// unseal reads and opens the chunk at a place, and finds the next one.
func (f *file) unseal(at place) error {
	f.opened.at = -1
	next, err := f.group(at)
	if err != nil {
		return err
	}
	f.next = next
	h, _, err := f.win.head(at.sealed)
	if err != nil {
		return err
	}
	f.raw = append(f.raw[:0], make([]byte, h.size())...)
	if _, err := f.inner.ReadAt(f.raw, at.sealed); err != nil {
		return err
	}
	plain, err := at.aead.Open(f.opened.plain[:0], h.nonce(), f.raw[headBytes:], associated(f.raw[:headBytes], at.before))
	if err != nil {
		return &Error{f.name, at.sealed, errForged}
	}
	f.opened = chunk{at.plain, plain[:next.plain-at.plain]}
	return nil
}

// ReadAt reads what the file holds.
func (f *file) ReadAt(p []byte, off int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.readAt(p, off)
}

func (f *file) readAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, &fs.PathError{Op: "read", Path: f.name, Err: errNegative}
	}
	for n < len(p) && off < f.end.plain {
		if !f.opened.holds(off) {
			at := f.next
			if f.opened.at < 0 || at.plain != off || at.sealed >= f.end.sealed {
				if at, _, err = f.find(off); err != nil {
					return n, err
				}
			}
			if err = f.unseal(at); err != nil {
				return n, err
			}
		}
		m := copy(p[n:], f.opened.plain[off-f.opened.at:])
		n += m
		off += int64(m)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (c *chunk) holds(off int64) bool {
	return c.at >= 0 && off >= c.at && off < c.at+int64(len(c.plain))
}

// Read goes on where the last Read ended.
func (f *file) Read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.readAt(p, f.read)
	f.read += int64(n)
	if n > 0 && errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// Sync is the system's.
func (f *file) Sync() error { return f.inner.Sync() }

// Close is the system's.
func (f *file) Close() error { return f.inner.Close() }

// Name is the file's.
func (f *file) Name() string { return f.name }

// Stat describes the file by what it holds.
func (f *file) Stat() (fs.FileInfo, error) {
	info, err := f.inner.Stat()
	f.mu.Lock()
	defer f.mu.Unlock()
	return plainInfo{info, f.end.plain}, err
}
