package snapshot

import (
	"io"

	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/core/rdb"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// RDB is the format of RDB files.
type RDB struct {
	Version  int // 0: the oldest one from rdb.VersionDefault on that has a form for all that is there
	Compress bool
	Env      *object.Env
}

// VersionOf returns the version that a cut is written in.
func (f RDB) VersionOf(c *Cut) int {
	switch {
	case f.Version != 0:
		return f.Version
	case c.Timed:
		return rdb.VersionValkey9
	}
	return rdb.VersionDefault
}

// Encoder returns a new encoder.
func (f RDB) Encoder(c *Cut) Encoder {
	x := rdb.NewEncoder(f.Env)
	x.Form(f.VersionOf(c), f.Compress)
	return rdbEncoder{x}
}

type rdbEncoder struct{ x *rdb.Encoder }

func (r rdbEncoder) Select(dst []byte, db int) []byte { return rdb.AppendSelect(dst, db) }

func (r rdbEncoder) Append(dst []byte, e keyspace.Entry, u rdb.Usage) ([]byte, error) {
	return r.x.AppendKey(dst, e, u)
}

func (r rdbEncoder) Write(out io.Writer, e keyspace.Entry, u rdb.Usage) error {
	return r.x.WriteKey(out, e, u)
}

// RDBFrame is what stands around the entries of an RDB file: magic, notes, libraries of functions, sizes of the databases; the end.
type RDBFrame struct {
	Format    RDB
	Checksum  bool
	Notes     func(c *Cut) [][2]string
	Functions [][]byte
}

// Head is the frame's.
func (f *RDBFrame) Head(dst []byte, c *Cut) []byte {
	x := rdb.NewEncoder(f.Format.Env)
	x.Begin(nil, rdb.FileOptions{Version: f.Format.VersionOf(c)})
	if f.Notes != nil {
		for _, n := range f.Notes(c) {
			x.Aux(n[0], n[1])
		}
	}
	for _, code := range f.Functions {
		x.Function(code)
	}
	for _, d := range c.Databases {
		x.Database(d.Number, d.Keys, d.Expires)
	}
	return append(dst, x.Bytes()...)
}

// Tail is the frame's.
func (f *RDBFrame) Tail(dst []byte, sum uint64) []byte { return rdb.AppendEnd(dst, sum) }

// Sums is the frame's.
func (f *RDBFrame) Sums() bool { return f.Checksum }
