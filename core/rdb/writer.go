package rdb

import (
	"encoding/binary"
	"io"
	"math"
	"strconv"

	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/internal/crc"
)

// writerBytes is how much is gathered before it is written to a stream.
const writerBytes = 256 << 10

// writer writes the primitives of the format, to a stream or into a slice. The first error of the stream stays.
type writer struct {
	buf []byte
	out io.Writer // nil: all stays in buf
	err error

	sums    bool
	sum     uint64
	written int64 // to out

	compress bool
	lzf      *lzf // made when first needed
	folded   []byte
}

// room makes sure that not too much is gathered.
func (w *writer) room() {
	if len(w.buf) >= writerBytes && w.out != nil {
		w.flush()
	}
}

func (w *writer) flush() {
	w.send(w.buf)
	w.buf = w.buf[:0]
}

// send writes to the stream.
func (w *writer) send(b []byte) {
	if w.err != nil || len(b) == 0 {
		return
	}
	if w.sums {
		w.sum = crc.CRC64(w.sum, b)
	}
	n, err := w.out.Write(b)
	w.written += int64(n)
	w.err = err
}

// raw writes bytes as they are.
func (w *writer) raw(b []byte) {
	if len(b) >= writerBytes && w.out != nil {
		w.flush()
		w.send(b)
		return
	}
	w.buf = append(w.buf, b...)
	w.room()
}

func (w *writer) byte(b byte) { w.buf = append(w.buf, b) }

func (w *writer) uint64(n uint64) { w.buf = binary.LittleEndian.AppendUint64(w.buf, n) }

func (w *writer) millis(ms int64) { w.uint64(uint64(ms)) } // #nosec G115 -- two's complement

func (w *writer) float(f float64) { w.uint64(math.Float64bits(f)) }

// length writes a length, or a number in its form.
func (w *writer) length(n uint64) {
	switch {
	case n < 1<<6:
		w.buf = append(w.buf, byte(n))
	case n < 1<<14:
		w.buf = append(w.buf, len14|byte(n>>8), byte(n)) // #nosec G115 -- cut on purpose
	case n <= math.MaxUint32:
		w.buf = binary.BigEndian.AppendUint32(append(w.buf, len32), uint32(n))
	default:
		w.buf = binary.BigEndian.AppendUint64(append(w.buf, len64), n)
	}
}

// count writes a number of things.
func (w *writer) count(n int) { w.length(uint64(n)) } // #nosec G115 -- not negative

// maxSpecialInt is the length of the longest text of a number of 32 bits.
const maxSpecialInt = len("-2147483648")

// text writes a string: as a number or compressed, where that is shorter.
func (w *writer) text(b []byte) {
	if len(b) <= maxSpecialInt {
		if n, ok := object.ParseInt(b); ok && n >= math.MinInt32 && n <= math.MaxInt32 {
			w.special(n)
			return
		}
	}
	if w.compress && len(b) >= minCompress && w.compressed(b) {
		return
	}
	w.length(uint64(len(b)))
	w.raw(b)
}

// int writes a string that is a number.
func (w *writer) int(n int64) {
	if n >= math.MinInt32 && n <= math.MaxInt32 {
		w.special(n)
		return
	}
	var b [maxDigits]byte
	text := strconv.AppendInt(b[:0], n, 10)
	w.length(uint64(len(text)))
	w.raw(text)
}

// special writes a number of up to 32 bits.
func (w *writer) special(n int64) {
	u := uint64(n) // #nosec G115 -- two's complement
	switch {
	case n >= math.MinInt8 && n <= math.MaxInt8:
		w.buf = appendSigned(append(w.buf, lenSp|specialInt8), u, 1)
	case n >= math.MinInt16 && n <= math.MaxInt16:
		w.buf = appendSigned(append(w.buf, lenSp|specialInt16), u, 2)
	default:
		w.buf = appendSigned(append(w.buf, lenSp|specialInt32), u, 4)
	}
	w.room()
}

// compressed writes a string in compressed form, unless that saves nothing.
func (w *writer) compressed(b []byte) bool {
	if w.lzf == nil {
		w.lzf = &lzf{}
	}
	folded, ok := w.lzf.appendTo(kept(w.folded), b, len(b)-4)
	w.folded = folded
	if !ok {
		return false
	}
	w.byte(lenSp | specialLZF)
	w.length(uint64(len(folded)))
	w.length(uint64(len(b)))
	w.raw(folded)
	return true
}
