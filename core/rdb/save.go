package rdb

import (
	"fmt"
	"io"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
)

// FileOptions say how a file is written.
type FileOptions struct {
	Version  int  // not 0
	Compress bool // longer strings are compressed
	Checksum bool // the file ends with a checksum, not with zeros
}

// Usage is what a file says of the use of a key: how long it wasn't used, or how often it was. Below zero: nothing.
type Usage struct {
	IdleSeconds int64
	Frequency   int
}

// NoUsage says nothing.
var NoUsage = Usage{IdleSeconds: -1, Frequency: -1}

// Begin begins a file. What is written goes to out in large pieces; the first error that out returns is that of End.
func (x *Encoder) Begin(out io.Writer, o FileOptions) {
	x.version = o.Version
	x.w = writer{out: out, buf: make([]byte, 0, writerBytes+writerBytes/4), sums: o.Checksum, compress: o.Compress, lzf: x.w.lzf, folded: x.w.folded}
	magic := "REDIS0"
	if o.Version >= VersionValkey9 {
		magic = "VALKEY"
	}
	x.w.raw(fmt.Appendf(nil, "%s%03d", magic, o.Version))
}

// Aux writes a note.
func (x *Encoder) Aux(key, value string) {
	x.w.byte(opAux)
	x.w.text([]byte(key))
	x.w.text([]byte(value))
}

// Function writes a library of functions.
func (x *Encoder) Function(code []byte) {
	x.w.byte(opFunction2)
	x.w.text(code)
}

// Database says that the keys that follow are of database number, and how many there are, those with an expiry among them.
func (x *Encoder) Database(number, keys, expires int) {
	x.w.byte(opSelectDB)
	x.w.count(number)
	x.w.byte(opResizeDB)
	x.w.count(keys)
	x.w.count(expires)
}

// Key writes a key with its value. An error is that of the value, or of out: the file is worth nothing after it.
func (x *Encoder) Key(e keyspace.Entry, u Usage) error {
	if at := e.ExpireAt(); at != 0 {
		x.w.byte(opExpireTimeMs)
		x.w.millis(at)
	}
	if u.IdleSeconds >= 0 {
		x.w.byte(opIdle)
		x.w.length(uint64(u.IdleSeconds))
	} else if u.Frequency >= 0 {
		x.w.byte(opFreq)
		x.w.byte(byte(u.Frequency)) // #nosec G115 -- at most 255
	}
	err := x.value(e, e.Key())
	x.w.room()
	return err
}

// Written is how many bytes have gone to out.
func (x *Encoder) Written() int64 { return x.w.written }

// End ends the file.
func (x *Encoder) End() error {
	x.w.byte(opEOF)
	x.w.flush()
	sum := uint64(0)
	if x.w.sums {
		sum = x.w.sum
	}
	x.w.sums = false
	x.w.uint64(sum)
	x.w.flush()
	x.w.buf, x.w.out = nil, nil
	return x.w.err
}
