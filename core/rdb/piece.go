package rdb

import (
	"encoding/binary"
	"io"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/internal/crc"
)

// Pieces of a file, made by several encoders and put together by somebody else.

// Form says in which version keys are written, and whether longer strings are compressed.
func (x *Encoder) Form(version int, compress bool) {
	x.version = version
	x.w.compress = compress
}

// Bytes returns what Begin with a nil stream, and what followed, has gathered. It is valid until the encoder's next use.
func (x *Encoder) Bytes() []byte { return x.w.buf }

// AppendSelect appends the record that says that the keys that follow are of database number.
func AppendSelect(dst []byte, number int) []byte {
	w := writer{buf: append(dst, opSelectDB)}
	w.count(number)
	return w.buf
}

// AppendKey appends a key with its value.
func (x *Encoder) AppendKey(dst []byte, e keyspace.Entry, u Usage) ([]byte, error) {
	x.w.out, x.w.buf, x.w.err = nil, dst, nil
	err := x.Key(e, u)
	dst, x.w.buf = x.w.buf, nil
	return dst, err
}

// WriteKey writes a key with its value to a stream, in pieces.
func (x *Encoder) WriteKey(out io.Writer, e keyspace.Entry, u Usage) error {
	x.w.out, x.w.buf, x.w.err = out, make([]byte, 0, writerBytes+writerBytes/4), nil
	err := x.Key(e, u)
	x.w.flush()
	if err == nil {
		err = x.w.err
	}
	x.w.out, x.w.buf = nil, nil
	return err
}

// AppendEnd appends the end of a file. sum is the checksum of all that stands before it, 0 for none.
func AppendEnd(dst []byte, sum uint64) []byte {
	dst = append(dst, opEOF)
	if sum != 0 {
		sum = crc.CRC64(sum, []byte{opEOF})
	}
	return binary.LittleEndian.AppendUint64(dst, sum)
}
