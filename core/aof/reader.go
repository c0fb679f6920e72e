package aof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// Reader reads an append-only file: the one that the server loads with, and the tool that checks files.
//
// A file is a run of records, each one a command or an annotation:
//
//	*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n
//	#TS:1700000000\r\n
//
// MULTI … EXEC around commands says that they belong together: a file that ends between the two is whole up to the MULTI.
//
// The bytes are hostile. Nothing is allocated for a length before its bytes have come, so that memory is bounded by a small multiple of
// the largest record that is really there.
type Reader struct {
	in   io.Reader
	buf  []byte
	from int   // buf[from:] is the record under way, and what was read after it
	at   int   // buf[from:at] has been parsed
	base int64 // offset of buf[0] in the file
	end  bool  // in has no more

	line    int64
	good    int64
	inMulti bool
	spans   []span
	args    [][]byte
}

// span is where an argument stands, counted from the record's first byte: the buffer moves while a record is read.
type span struct{ from, to int }

// Record is what Next returns. It is a view, valid until the next call.
type Record struct {
	Args  [][]byte // of a command; none for an annotation
	Note  []byte   // an annotation, without # and line end
	Start int64    // offset of its first byte
}

const (
	readBytes = 256 << 10
	// keptBytes is the largest buffer that stays after a large record.
	keptBytes = 4 << 20
	// maxNumber is the longest line with a length.
	maxNumber = 32
	// maxNote is the longest annotation.
	maxNote = 1024
	// maxArgs is the most arguments that a command can have.
	maxArgs = math.MaxInt32
)

// Error is what is wrong with a file, and where. Short says that the file ends too early, and is no worse than that.
type Error struct {
	Offset int64
	What   string
	Short  bool
	// Foreign: where a record should begin, there is something else.
	Foreign bool
}

func (e *Error) Error() string { return fmt.Sprintf("at byte %d: %s", e.Offset, e.What) }

// IsShort says whether an error is that of a file that ends too early.
func IsShort(err error) bool {
	e := (*Error)(nil)
	return errors.As(err, &e) && e.Short
}

// NewReader reads records from in, whose first byte stands at an offset in the file: 0, or the size of its RDB preamble.
func NewReader(in io.Reader, offset int64) *Reader {
	return &Reader{in: in, buf: make([]byte, 0, readBytes), base: offset, good: offset, line: 1}
}

// Next returns the next record, io.EOF after the last one, an *Error if the file is damaged, or the error of reading it.
func (r *Reader) Next() (Record, error) {
	r.from = r.at
	first, err := r.peek()
	if err == io.EOF {
		if r.inMulti {
			return Record{}, r.fault(r.from, true, "Reached EOF before reading EXEC for MULTI")
		}
		return Record{}, io.EOF
	}
	if err != nil {
		return Record{}, err
	}
	var rec Record
	switch first {
	case '*':
		rec, err = r.command()
	case '#':
		rec, err = r.note()
	default:
		err = &Error{Offset: r.base + int64(r.from), What: fmt.Sprintf("Expected prefix '*', got: '%c'", first), Foreign: true}
	}
	if err != nil {
		return Record{}, err
	}
	rec.Start = r.base + int64(r.from)
	if !r.inMulti {
		r.good = r.Offset()
	}
	return rec, nil
}

// Offset is the file's offset after the last record.
func (r *Reader) Offset() int64 { return r.base + int64(r.at) }

// Good is the offset up to which the file is whole: after the last record that isn't part of an open transaction.
func (r *Reader) Good() int64 { return r.good }

// InMulti says whether the last record is part of an open transaction.
func (r *Reader) InMulti() bool { return r.inMulti }

// Line is the number of the line that the commands have come to, counted from 1. Annotations don't count.
func (r *Reader) Line() int64 { return r.line }

// Time returns the instant, in unix seconds, that an annotation tells.
func (n Record) Time() (seconds int64, ok bool) {
	digits, ok := bytes.CutPrefix(n.Note, []byte("TS:"))
	if !ok {
		return 0, false
	}
	seconds, err := strconv.ParseInt(string(digits), 10, 64)
	return seconds, err == nil
}

// command reads an array of strings.
func (r *Reader) command() (Record, error) {
	argc, err := r.number('*')
	if err != nil {
		return Record{}, err
	}
	if argc < 1 || argc > maxArgs {
		return Record{}, r.fault(r.from, false, "Expected a command of 1 to %d arguments, got: %d", maxArgs, argc)
	}
	r.spans = r.spans[:0]
	for range argc {
		s, err := r.text()
		if err != nil {
			return Record{}, err
		}
		r.spans = append(r.spans, s)
	}
	r.args = r.args[:0]
	for _, s := range r.spans {
		r.args = append(r.args, r.buf[r.from+s.from:r.from+s.to:r.from+s.to])
	}
	return Record{Args: r.args}, r.transaction()
}

// transaction takes a note of where one begins and ends.
func (r *Reader) transaction() error {
	switch name := r.args[0]; {
	case bytes.EqualFold(name, []byte("multi")):
		if r.inMulti {
			return r.fault(r.from, false, "Unexpected MULTI")
		}
		r.inMulti = true
	case bytes.EqualFold(name, []byte("exec")):
		if !r.inMulti {
			return r.fault(r.from, false, "Unexpected EXEC")
		}
		r.inMulti = false
	}
	return nil
}

// number reads a line of a prefix and a number.
func (r *Reader) number(prefix byte) (int64, error) {
	start := r.at - r.from
	line, err := r.untilNewline(maxNumber)
	if err != nil {
		return 0, err
	}
	if line[0] != prefix {
		return 0, r.fault(r.from+start, false, "Expected prefix '%c', got: '%c'", prefix, line[0])
	}
	digits, isWhole := bytes.CutSuffix(line[1:], []byte("\r\n"))
	n, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil || !isWhole {
		return 0, r.fault(r.from+start, false, "Expected \\r\\n, got: %02x%02x", line[len(line)-2], line[len(line)-1])
	}
	r.line++
	return n, nil
}

// text reads a string.
func (r *Reader) text() (span, error) {
	start := r.at - r.from
	n, err := r.number('$')
	if err != nil {
		return span{}, err
	}
	if n < 0 || n > math.MaxInt64/2 {
		return span{}, r.fault(r.from+start, false, "Expected to read string of %d bytes, which is not in the suitable range", n)
	}
	start = r.at - r.from
	if err := r.need(int(n) + 2); err != nil {
		return span{}, err
	}
	end := start + int(n)
	if tail := r.buf[r.from+end:]; tail[0] != '\r' || tail[1] != '\n' {
		return span{}, r.fault(r.from+start, false, "Expected \\r\\n, got: %02x%02x", tail[0], tail[1])
	}
	r.at = r.from + end + 2
	r.line++
	return span{start, end}, nil
}

// note reads an annotation.
func (r *Reader) note() (Record, error) {
	line, err := r.untilNewline(maxNote)
	if err != nil {
		return Record{}, err
	}
	return Record{Note: bytes.TrimRight(line[1:], "\r\n")}, nil
}

// untilNewline takes bytes up to a newline, two at least, and no more than so many.
func (r *Reader) untilNewline(most int) ([]byte, error) {
	start := r.at - r.from
	for seen := 0; ; {
		b := r.buf[r.from+start:]
		if i := bytes.IndexByte(b[seen:min(len(b), most)], '\n'); i >= 0 {
			n := seen + i + 1
			if n < 2 {
				return nil, r.fault(r.from+start, false, "Expected a prefix, got: an empty line")
			}
			r.at = r.from + start + n
			return b[:n], nil
		}
		if len(b) >= most {
			return nil, r.fault(r.from+start, false, "Expected \\r\\n, got: %02x%02x", b[most-2], b[most-1])
		}
		seen = len(b)
		if err := r.fill(); err == io.EOF {
			return nil, r.fault(r.from+start, true, "Expected a line, got %d bytes of it", seen)
		} else if err != nil {
			return nil, err
		}
	}
}

// need reads until n bytes are there that haven't been parsed.
func (r *Reader) need(n int) error {
	for len(r.buf)-r.at < n {
		if err := r.fill(); err == io.EOF {
			return r.fault(r.at, true, "Expected to read %d bytes, got %d bytes", n, len(r.buf)-r.at)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// peek returns the next byte, and leaves it where it is.
func (r *Reader) peek() (byte, error) {
	if r.at == len(r.buf) {
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	return r.buf[r.at], nil
}

// fill reads more, and io.EOF says that there is no more. What stands before the record under way is dropped.
func (r *Reader) fill() error {
	if r.end {
		return io.EOF
	}
	r.compact()
	n, err := io.ReadAtLeast(r.in, r.buf[len(r.buf):cap(r.buf)], 1)
	r.buf = r.buf[:len(r.buf)+n]
	if err == io.EOF {
		r.end = true
	}
	return err
}

// compact makes room for more: what is consumed goes, and a buffer that is full is doubled.
func (r *Reader) compact() {
	rest := r.buf[r.from:]
	to := r.buf
	switch {
	case len(rest) == cap(r.buf):
		to = make([]byte, 2*cap(r.buf))
	case cap(r.buf) > keptBytes && len(rest) < readBytes/2:
		to = make([]byte, readBytes)
	case r.from == 0:
		return
	}
	r.buf = to[:copy(to[:cap(to)], rest)]
	r.base += int64(r.from)
	r.at -= r.from
	r.from = 0
}

// fault is the error at a place in the buffer.
func (r *Reader) fault(at int, isShort bool, format string, args ...any) error {
	return &Error{Offset: r.base + int64(at), What: fmt.Sprintf(format, args...), Short: isShort}
}
