package resp

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/sleipnirdb/sleipnir/internal/unsafestr"
)

// A Writer appends replies to B. The zero value writes RESP2.
//
// Whoever owns B may take what is in it and empty it between two replies, but not while a length is deferred.
type Writer struct {
	B     []byte
	Resp3 bool // the client said HELLO 3
}

// OK writes the status OK.
func (w *Writer) OK() { w.B = append(w.B, "+OK\r\n"...) }

// Status writes a status. Line ends in it become blanks.
func (w *Writer) Status(s string) { w.line('+', s) }

// Error writes an error, whose text begins with its code. Line ends at its end are cut off, others become blanks.
func (w *Writer) Error(s string) {
	for s != "" && (s[len(s)-1] == '\n' || s[len(s)-1] == '\r') {
		s = s[:len(s)-1]
	}
	w.line('-', s)
}

// line writes one line, whatever s holds.
func (w *Writer) line(kind byte, s string) {
	w.B = append(w.B, kind)
	from := len(w.B)
	w.B = append(w.B, s...)
	for i, c := range w.B[from:] {
		if c == '\r' || c == '\n' {
			w.B[from+i] = ' '
		}
	}
	w.B = append(w.B, "\r\n"...)
}

// Int writes an integer.
func (w *Writer) Int(n int64) {
	if uint64(n) < 10 {
		w.B = append(w.B, ':', '0'+byte(n), '\r', '\n')
		return
	}
	w.B = append(AppendInt(append(w.B, ':'), n), "\r\n"...)
}

// Bulk writes a bulk string.
func (w *Writer) Bulk(p []byte) { w.B = AppendBulk(w.B, p) }

// AppendBulk appends a bulk string: for who writes many, and keeps the output in a local variable meanwhile.
func AppendBulk(dst, p []byte) []byte {
	b, at := extend(dst, len(p)+maxHeader+len(crlf))
	at += putHeader(b[at:], '$', len(p))
	at += copy(b[at:], p)
	b[at], b[at+1] = '\r', '\n'
	return b[:at+2]
}

// Bulks writes bulk strings one after the other.
func (w *Writer) Bulks(ps [][]byte) {
	out := w.B
	for _, p := range ps {
		b, at := extend(out, len(p)+maxHeader+len(crlf))
		at += putHeader(b[at:], '$', len(p))
		at += copy(b[at:], p)
		b[at], b[at+1] = '\r', '\n'
		out = b[:at+2]
	}
	w.B = out
}

// BulkString writes a bulk string.
func (w *Writer) BulkString(s string) { w.Bulk(unsafestr.Bytes(s)) }

// BulkInt writes a number as a bulk string.
func (w *Writer) BulkInt(n int64) {
	b, at := extend(w.B, maxHeader+maxInt+len(crlf))
	at += putHeader(b[at:], '$', lenInt(n))
	at += putInt(b[at:], n)
	b[at], b[at+1] = '\r', '\n'
	w.B = b[:at+2]
}

// Null writes the null value.
func (w *Writer) Null() {
	if w.Resp3 {
		w.B = append(w.B, "_\r\n"...)
		return
	}
	w.B = append(w.B, "$-1\r\n"...)
}

// NullArray writes the null that RESP2 has in the place of an array.
func (w *Writer) NullArray() {
	if w.Resp3 {
		w.B = append(w.B, "_\r\n"...)
		return
	}
	w.B = append(w.B, "*-1\r\n"...)
}

// Bool writes a boolean, under RESP2 as 1 or 0.
func (w *Writer) Bool(b bool) {
	switch {
	case w.Resp3 && b:
		w.B = append(w.B, "#t\r\n"...)
	case w.Resp3:
		w.B = append(w.B, "#f\r\n"...)
	case b:
		w.B = append(w.B, ":1\r\n"...)
	default:
		w.B = append(w.B, ":0\r\n"...)
	}
}

// Double writes a floating-point number, under RESP2 as a bulk string.
func (w *Writer) Double(f float64) {
	var text [maxDouble]byte
	w.DoubleText(AppendDouble(text[:0], f))
}

// DoubleText writes a floating-point number that is formatted already. The text must be a number.
func (w *Writer) DoubleText(text []byte) {
	if !w.Resp3 {
		w.Bulk(text)
		return
	}
	w.B = append(append(append(w.B, ','), text...), "\r\n"...)
}

// BigNumber writes a number of any length, under RESP2 as a bulk string. It must be a decimal number.
func (w *Writer) BigNumber(digits string) {
	if !w.Resp3 {
		w.BulkString(digits)
		return
	}
	w.line('(', digits)
}

// Verbatim writes a text of a kind said by three letters ("txt", "mkd"), under RESP2 as a bulk string.
func (w *Writer) Verbatim(kind, text string) {
	if !w.Resp3 {
		w.BulkString(text)
		return
	}
	ext := [4]byte{' ', ' ', ' ', ':'}
	copy(ext[:3], kind)
	w.B = append(appendHeader(w.B, '=', len(text)+len(ext)), ext[:]...)
	w.B = append(append(w.B, text...), "\r\n"...)
}

// Array begins an array of n elements, which the caller writes after it.
func (w *Writer) Array(n int) { w.B = appendHeader(w.B, '*', n) }

// Map begins a map of n pairs: key, value, key, value.
func (w *Writer) Map(n int) {
	kind, n := w.mapKind(n)
	w.B = appendHeader(w.B, kind, n)
}

// Set begins a set of n elements.
func (w *Writer) Set(n int) { w.B = appendHeader(w.B, w.setKind(), n) }

// Push begins a message of n elements that is no reply.
func (w *Writer) Push(n int) { w.B = appendHeader(w.B, w.pushKind(), n) }

// Attribute begins n pairs that say something about the reply behind them.
//
// The caller must not write attributes for a client with RESP2: it has no form for them.
func (w *Writer) Attribute(n int) { w.B = appendHeader(w.B, '|', n) }

func (w *Writer) mapKind(n int) (byte, int) {
	if w.Resp3 {
		return '%', n
	}
	return '*', 2 * n
}

func (w *Writer) setKind() byte {
	if w.Resp3 {
		return '~'
	}
	return '*'
}

func (w *Writer) pushKind() byte {
	if w.Resp3 {
		return '>'
	}
	return '*'
}

// Raw appends bytes that are replies already.
func (w *Writer) Raw(p []byte) { w.B = append(w.B, p...) }

// A Mark is the place of a length that wasn't known when it was due.
type Mark int

// deferred is what stands for a length until it is known: as long as the headers of less than ten elements.
const deferred = "*0\r\n"

// Defer leaves the place for the length of an array, map, set or push, for which the caller then writes the
// elements. When their number is known, it must call the DoneX for what it is, the inner ones of nested marks
// first.
func (w *Writer) Defer() Mark {
	m := Mark(len(w.B))
	w.B = append(w.B, deferred...)
	return m
}

// DoneArray says that n elements of an array followed m.
func (w *Writer) DoneArray(m Mark, n int) { w.done(m, '*', n) }

// DoneMap says that n pairs of a map followed m.
func (w *Writer) DoneMap(m Mark, n int) {
	kind, n := w.mapKind(n)
	w.done(m, kind, n)
}

// DoneSet says that n elements of a set followed m.
func (w *Writer) DoneSet(m Mark, n int) { w.done(m, w.setKind(), n) }

// DonePush says that n elements of a push followed m.
func (w *Writer) DonePush(m Mark, n int) { w.done(m, w.pushKind(), n) }

func (w *Writer) done(m Mark, kind byte, n int) {
	var header [maxHeader]byte
	length := putHeader(header[:], kind, n)
	w.B = slices.Replace(w.B, int(m), int(m)+len(deferred), header[:length]...)
}

const crlf = "\r\n"

// maxHeader is the longest header: kind, 19 digits, line end.
const maxHeader = 1 + 19 + len(crlf)

// extend returns b with room for n bytes more than it had, and where they begin. It grows by doubling: a reply of many elements would be copied
// too often otherwise, and buffers of such sizes are of use to others later.
func extend(b []byte, n int) (longer []byte, at int) {
	at = len(b)
	if cap(b)-at < n {
		b = slices.Grow(b, max(n, 2*cap(b)-at))
	}
	return b[:at+n], at
}

// appendHeader appends a kind with a length.
func appendHeader(dst []byte, kind byte, n int) []byte {
	if uint(n) < 10 {
		return append(dst, kind, '0'+byte(n), '\r', '\n')
	}
	b, at := extend(dst, maxHeader)
	return b[:at+putHeader(b[at:], kind, n)]
}

// putHeader writes a kind with a length to the head of b, which has maxHeader bytes, and returns how many it took.
func putHeader(b []byte, kind byte, n int) int {
	b = b[:maxHeader]
	// One store for all bytes; what is behind the header will be written over.
	word := uint64(kind)
	switch u := uint64(n); {
	case u < 10:
		binary.LittleEndian.PutUint64(b, word|('0'+u)<<8|'\r'<<16|'\n'<<24)
		return 4
	case u < 100:
		tens := u * 205 >> 11 // u / 10
		binary.LittleEndian.PutUint64(b, word|('0'+tens)<<8|('0'+u-10*tens)<<16|'\r'<<24|'\n'<<32)
		return 5
	case u < 1000:
		hundreds := u * 41 >> 12 // u / 100
		u -= 100 * hundreds
		tens := u * 205 >> 11
		binary.LittleEndian.PutUint64(b, word|('0'+hundreds)<<8|('0'+tens)<<16|('0'+u-10*tens)<<24|'\r'<<32|'\n'<<40)
		return 6
	}
	b[0] = kind
	at := 1 + putInt(b[1:], int64(n))
	b[at], b[at+1] = '\r', '\n'
	return at + 2
}

// pairs is the numbers 00 to 99.
const pairs = "" +
	"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849" +
	"5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899"

// maxInt is the longest integer: "-9223372036854775808".
const maxInt = 20

// AppendInt appends n in decimal.
func AppendInt(dst []byte, n int64) []byte {
	if uint64(n) < 10 {
		return append(dst, '0'+byte(n))
	}
	b, at := extend(dst, maxInt)
	return b[:at+putInt(b[at:], n)]
}

// putInt writes n to the head of b, which is long enough, and returns how many bytes it took.
func putInt(b []byte, n int64) int {
	u, sign := uint64(n), 0
	if n < 0 {
		u, sign = -u, 1
		b[0] = '-'
	}
	length := sign + decimals(u)
	i := length
	for u >= 100 {
		i -= 2
		d := 2 * (u % 100)
		u /= 100
		b[i], b[i+1] = pairs[d], pairs[d+1]
	}
	if u >= 10 {
		b[sign], b[sign+1] = pairs[2*u], pairs[2*u+1]
		return length
	}
	b[sign] = '0' + byte(u)
	return length
}

// lenInt returns the length of n in decimal.
func lenInt(n int64) int {
	if n < 0 {
		return 1 + decimals(-uint64(n))
	}
	return decimals(uint64(n))
}

// decimals returns the number of decimal digits of u.
func decimals(u uint64) int {
	// 1233/4096 is a little more than log10(2): the guess is right or one too small.
	guess := bits.Len64(u|1) * 1233 >> 12
	if u >= powers[guess] {
		guess++
	}
	return guess
}

// powers is 10^i; the first one is 0 so that 0 has a digit.
var powers = [20]uint64{
	0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
}

// AppendRequest appends a request as a client sends it and as a journal keeps it.
func AppendRequest[T string | []byte](dst []byte, args ...T) []byte {
	dst = appendHeader(dst, '*', len(args))
	for _, arg := range args {
		dst = append(append(appendHeader(dst, '$', len(arg)), arg...), "\r\n"...)
	}
	return dst
}
