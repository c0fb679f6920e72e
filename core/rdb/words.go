package rdb

import (
	"errors"
	"fmt"
)

// Words says what is wrong with a file in the words of Valkey's tools, which scripts look for; where it has none, in ours.
func Words(err error) string {
	version := (*FormatError)(nil)
	switch {
	case errors.As(err, &version):
		return fmt.Sprintf("Can't handle RDB format version %d", version.Version)
	case errors.Is(err, errMagic):
		return "Wrong signature trying to load DB from file"
	case errors.Is(err, errChecksum):
		return "RDB CRC error"
	case errors.Is(err, errShort):
		return "Unexpected EOF reading RDB file"
	}
	return err.Error()
}

// Doing says what the decoder was about when it came upon what is wrong with a file, in the same words, if that wasn't a value.
func Doing(err error) string {
	version := (*FormatError)(nil)
	switch {
	case errors.As(err, &version), errors.Is(err, errMagic):
		return "start"
	case errors.Is(err, errChecksum):
		return "check-sum"
	}
	return "read-type"
}

// typeNames are those that Valkey's tools give the forms of values.
var typeNames = [typeEnd]string{
	"string", "list-linked", "set-hashtable", "zset-v1", "hash-hashtable", "zset-v2", "module-pre-release", "module-value", "",
	"hash-zipmap", "list-ziplist", "set-intset", "zset-ziplist", "hash-ziplist", "quicklist", "stream", "hash-listpack", "zset-listpack",
	"quicklist-v2", "stream-v2", "set-listpack", "stream-v3", "hash-v2",
}

// String names the form.
func (t Type) String() string {
	if !t.known() {
		return "unknown"
	}
	return typeNames[t]
}
