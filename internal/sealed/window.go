package sealed

import (
	"errors"
	"io"

	"github.com/sleipnirdb/sleipnir/internal/vfs"
)

// window reads small pieces of a file that lie one behind the other with few calls.
type window struct {
	f    vfs.File
	size int64 // of the file
	at   int64
	b    []byte
}

// windowBytes is what is read at once: much for chunks of a few bytes, little beside one of the largest.
const windowBytes = 4 << 10

// forget is told that the file has changed, and has a new size.
func (w *window) forget(size int64) { w.size, w.b = size, w.b[:0] }

// head reads the head at a place; false if there is none.
func (w *window) head(at int64) (head, bool, error) {
	if at+int64(headBytes) > w.size {
		return head{}, false, nil
	}
	b, err := w.bytes(at, headBytes)
	if err != nil {
		return head{}, false, err
	}
	h, ok := parseHead(b)
	return h, ok, nil
}

// bytes returns n bytes, which are valid until the next call. n is far below windowBytes, and they are in the file.
func (w *window) bytes(at int64, n int) ([]byte, error) {
	if at < w.at || at+int64(n) > w.at+int64(len(w.b)) {
		if cap(w.b) == 0 {
			w.b = make([]byte, windowBytes)
		}
		w.b = w.b[:min(int64(windowBytes), w.size-at)]
		w.at = at
		if m, err := w.f.ReadAt(w.b, at); m < len(w.b) {
			w.b = w.b[:0]
			if err == nil || errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
	return w.b[at-w.at:][:n], nil
}
