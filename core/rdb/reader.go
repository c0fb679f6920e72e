package rdb

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strconv"

	"github.com/sleipnirdb/sleipnir/internal/crc"
)

const (
	// readerBytes is the size of the buffer that a stream is read into.
	readerBytes = 256 << 10
	// keptBytes is the largest scratch that stays after a large value.
	keptBytes = 1 << 20
)

// reader reads the primitives of the format, from a stream or from a block of bytes.
//
// The slices that it returns are views, valid until its next method is called.
type reader struct {
	in  io.Reader // nil: all there is stands in buf
	buf []byte
	at  int // buf[:at] is consumed

	// mark is where the piece under way begins: buf[mark:] stays. -1: there is none, and buf[at:] stays.
	mark int

	base   int64 // offset of buf[0] in the stream
	summed int   // buf[:summed] is in sum
	sum    uint64
	sums   bool

	digits [maxDigits]byte
	plain  []byte // an uncompressed string
}

const (
	maxDigits = len("-9223372036854775808")
	noMark    = -1
)

// resetBytes makes the reader one of a block of bytes.
func (r *reader) resetBytes(b []byte) {
	*r = reader{buf: b, mark: noMark, plain: kept(r.plain)}
}

// resetStream makes the reader one of a stream; sums says whether a checksum is computed.
func (r *reader) resetStream(in io.Reader, sums bool) {
	*r = reader{in: in, buf: make([]byte, 0, readerBytes), mark: noMark, sums: sums, plain: kept(r.plain)}
}

// kept returns scratch without content, or nothing if it has grown too large to be kept.
func kept(b []byte) []byte {
	if cap(b) > keptBytes {
		return nil
	}
	return b[:0]
}

// offset is how many bytes have been consumed.
func (r *reader) offset() int64 { return r.base + int64(r.at) }

// rest is how many bytes are left of a block of bytes.
func (r *reader) rest() int { return len(r.buf) - r.at }

// checksum returns the CRC-64 of all that has been consumed.
func (r *reader) checksum() uint64 {
	r.sum = crc.CRC64(r.sum, r.buf[r.summed:r.at])
	r.summed = r.at
	return r.sum
}

// take returns the next n bytes.
func (r *reader) take(n uint64) ([]byte, error) {
	if n > uint64(len(r.buf)-r.at) {
		if err := r.fill(n); err != nil {
			return nil, err
		}
	}
	b := r.buf[r.at : r.at+int(n)] // #nosec G115 -- so many are there
	r.at += int(n)                 // #nosec G115
	return b, nil
}

// fill reads until n bytes are there. The buffer grows as they come, so that a length that lies costs no memory.
func (r *reader) fill(n uint64) error {
	if r.in == nil {
		return errShort
	}
	if n > math.MaxInt64/2 {
		return errLength
	}
	r.compact()
	for uint64(len(r.buf)-r.at) < n { // #nosec G115 -- not negative
		if len(r.buf) == cap(r.buf) {
			larger := make([]byte, len(r.buf), min(2*uint64(cap(r.buf)), uint64(r.at)+n+readerBytes)) // #nosec G115 -- not negative
			copy(larger, r.buf)
			r.buf = larger
		}
		m, err := io.ReadAtLeast(r.in, r.buf[len(r.buf):cap(r.buf)], 1)
		r.buf = r.buf[:len(r.buf)+m]
		if errors.Is(err, io.EOF) {
			return errShort
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// compact drops what is consumed.
func (r *reader) compact() {
	if r.sums {
		r.checksum()
	}
	from := r.at
	if r.mark != noMark {
		from, r.mark = r.mark, 0
	}
	rest := r.buf[from:]
	to := r.buf
	if cap(to) > keptBytes && len(rest) <= readerBytes {
		to = make([]byte, readerBytes)
	}
	r.base += int64(from)
	r.buf = to[:copy(to[:cap(to)], rest)]
	r.at -= from
	r.summed = r.at
}

func (r *reader) byte() (byte, error) {
	b, err := r.take(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

// uint64 reads eight bytes.
func (r *reader) uint64() (uint64, error) {
	b, err := r.take(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// millis reads an instant.
func (r *reader) millis() (int64, error) {
	n, err := r.uint64()
	return int64(n), err // #nosec G115 -- two's complement
}

// float reads a binary double.
func (r *reader) float() (float64, error) {
	n, err := r.uint64()
	return math.Float64frombits(n), err
}

// head reads a length, or what special form a string has.
func (r *reader) head() (n uint64, special bool, err error) {
	first, err := r.byte()
	if err != nil {
		return 0, false, err
	}
	switch first & lenSp {
	case 0:
		return uint64(first), false, nil
	case len14:
		second, err := r.byte()
		return uint64(first&0x3f)<<8 | uint64(second), false, err
	case lenSp:
		return uint64(first & 0x3f), true, nil
	}
	switch first {
	case len32:
		b, err := r.take(4)
		if err != nil {
			return 0, false, err
		}
		return uint64(binary.BigEndian.Uint32(b)), false, nil
	case len64:
		b, err := r.take(8)
		if err != nil {
			return 0, false, err
		}
		return binary.BigEndian.Uint64(b), false, nil
	}
	return 0, false, errLength
}

// length reads a length, or a number written as one.
func (r *reader) length() (uint64, error) {
	n, special, err := r.head()
	if err == nil && special {
		err = errLength
	}
	return n, err
}

// text reads a string.
func (r *reader) text() ([]byte, error) {
	n, special, err := r.head()
	if err != nil {
		return nil, err
	}
	if !special {
		return r.take(n)
	}
	switch n {
	case specialInt8:
		b, err := r.take(1)
		if err != nil {
			return nil, err
		}
		return r.decimal(int64(int8(b[0]))), nil // #nosec G115 -- two's complement
	case specialInt16:
		b, err := r.take(2)
		if err != nil {
			return nil, err
		}
		return r.decimal(int64(int16(binary.LittleEndian.Uint16(b)))), nil // #nosec G115
	case specialInt32:
		b, err := r.take(4)
		if err != nil {
			return nil, err
		}
		return r.decimal(int64(int32(binary.LittleEndian.Uint32(b)))), nil // #nosec G115
	case specialLZF:
		return r.compressed()
	}
	return nil, errSpecial
}

// decimal returns the text of a number.
func (r *reader) decimal(n int64) []byte { return strconv.AppendInt(r.digits[:0], n, 10) }

// compressed reads a compressed string.
func (r *reader) compressed() ([]byte, error) {
	packed, err := r.length()
	if err != nil {
		return nil, err
	}
	n, err := r.length()
	if err != nil {
		return nil, err
	}
	b, err := r.take(packed)
	if err != nil {
		return nil, err
	}
	if n > maxUnfolded(uint64(len(b))) {
		return nil, errLZF
	}
	r.plain = kept(r.plain)
	if uint64(cap(r.plain)) < n {
		r.plain = make([]byte, n)
	}
	r.plain = r.plain[:n]
	if !unfold(r.plain, b) {
		return nil, errLZF
	}
	return r.plain, nil
}
