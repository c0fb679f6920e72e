package rdb

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/internal/crc"
)

// footerBytes is what follows the value in a payload: version and checksum.
const footerBytes = 10

// Payload returns what DUMP answers for an entry, in the given version, or the oldest one from VersionDefault on that has a form for
// it if version is 0. compress says whether longer strings are compressed. The slice is valid until the encoder's next use.
func (x *Encoder) Payload(e keyspace.Entry, version int, compress bool) ([]byte, error) {
	if version == 0 {
		version = VersionFor(e, x.env, VersionDefault)
	}
	x.version, x.w.compress = version, compress
	x.w.out, x.w.buf = nil, kept(x.w.buf)
	if err := x.value(e, nil); err != nil {
		return nil, err
	}
	x.w.buf = appendFooter(x.w.buf, version)
	return x.w.buf, nil
}

// appendFooter ends a payload.
func appendFooter(b []byte, version int) []byte {
	b = binary.LittleEndian.AppendUint16(b, uint16(version)) // #nosec G115 -- of two digits
	return binary.LittleEndian.AppendUint64(b, crc.CRC64(0, b))
}

// Size returns how many bytes the value of an entry takes in a file, without its type.
func (x *Encoder) Size(e keyspace.Entry, compress bool) int64 {
	x.version = VersionValkey9
	x.w = writer{out: io.Discard, buf: kept(x.w.buf), compress: compress, lzf: x.w.lzf, folded: x.w.folded}
	_ = x.value(e, nil) // this version has a form for everything
	n := x.w.written + int64(len(x.w.buf)) - 1
	x.w.out = nil
	return n
}

// ErrFooter is the error for a payload whose version or checksum is wrong.
const ErrFooter Corrupt = "DUMP payload version or checksum are wrong"

// OpenPayload checks version and checksum of a payload and returns what stands before them. relaxed is as for Accepts; unchecked
// leaves the checksum out, for tests of what stands behind it.
func OpenPayload(b []byte, relaxed, unchecked bool) ([]byte, error) {
	if len(b) < footerBytes {
		return nil, ErrFooter
	}
	value, footer := b[:len(b)-footerBytes], b[len(b)-footerBytes:]
	if !Accepts(int(binary.LittleEndian.Uint16(footer)), relaxed) {
		return nil, ErrFooter
	}
	if !unchecked && binary.LittleEndian.Uint64(footer[2:]) != crc.CRC64(0, b[:len(b)-8]) {
		return nil, ErrFooter
	}
	return value, nil
}

// FunctionsPayload returns what FUNCTION DUMP answers for libraries of functions, in a version, or that by default if it is 0.
func FunctionsPayload(codes [][]byte, version int, compress bool) []byte {
	if version == 0 {
		version = VersionDefault
	}
	x := NewEncoder(nil)
	x.w.compress = compress
	for _, code := range codes {
		x.Function(code)
	}
	return appendFooter(x.w.buf, version)
}

// What may be wrong with the libraries in a payload.
const (
	ErrNoFunction  Corrupt = "given type is not a function"
	ErrOldFunction Corrupt = errFunctions
)

// ReadFunctions returns the libraries of functions in a payload of FUNCTION DUMP. relaxed is as for Accepts.
func ReadFunctions(payload []byte, relaxed bool) (codes [][]byte, err error) {
	records, err := OpenPayload(payload, relaxed, false)
	if err != nil {
		return nil, err
	}
	var r reader
	r.resetBytes(records)
	for r.rest() > 0 {
		switch op, err := r.byte(); {
		case err != nil:
			return nil, err
		case op == opFunctionPre:
			return nil, ErrOldFunction
		case op != opFunction2:
			return nil, ErrNoFunction
		}
		code, err := r.text()
		if err != nil {
			return nil, err
		}
		codes = append(codes, bytes.Clone(code))
	}
	return codes, nil
}
