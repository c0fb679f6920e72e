package rdb

import (
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// Encoder writes values. It keeps its buffers from one to the next.
type Encoder struct {
	w       writer
	version int
	env     *object.Env
	pack    packer
}

// NewEncoder returns an encoder of payloads.
func NewEncoder(env *object.Env) *Encoder { return &Encoder{env: env} }

// VersionError is the error for a value that has no form in the version that is written.
type VersionError struct {
	Key     []byte
	Version int
}

func (e *VersionError) Error() string {
	return "rdb: the hash '" + string(e.Key) + "' has fields with an expiry, which only version 80 can hold"
}

// VersionFor returns the oldest version from least on that has a form for the value.
func VersionFor(e keyspace.Entry, env *object.Env, least int) int {
	if e.Type() == object.TypeHash && hasFieldExpiry(e, env) {
		return max(least, VersionValkey9)
	}
	return least
}

// value writes type, key (nil: none) and value.
func (x *Encoder) value(e keyspace.Entry, key []byte) error {
	t, err := x.typeOf(e)
	if err != nil {
		return err
	}
	x.w.byte(byte(t))
	if key != nil {
		x.w.text(key)
	}
	switch t {
	case TypeString:
		x.str(e)
	}
	return x.w.err
}

// typeOf chooses the form of a value.
func (x *Encoder) typeOf(e keyspace.Entry) (Type, error) {
	switch e.Type() {
	case object.TypeString:
		return TypeString, nil
	}
	return 0, errType
}

func (x *Encoder) str(e keyspace.Entry) {
	if n, ok := e.IsInt(); ok {
		x.w.int(n)
		return
	}
	// Text that looks like a number stays text in the other encodings; the reader finds out by itself.
	x.w.text(e.Bytes())
}
