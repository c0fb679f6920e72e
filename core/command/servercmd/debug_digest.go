package servercmd

import (
	"crypto/sha1" // #nosec G505 -- a fingerprint, the reference's
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
	"github.com/sleipnirdb/sleipnir/datastruct/packed"
)

// digest is the fingerprint of data that DEBUG DIGEST shows, the same as the
// reference's for the same data: keys may be added in any order.
type digest [sha1.Size]byte

// xor adds a part without order.
func (d *digest) xor(part []byte) {
	sum := sha1.Sum(part) // #nosec G401
	for i := range d {
		d[i] ^= sum[i]
	}
}

// mix adds a part whose place matters.
func (d *digest) mix(part []byte) {
	d.xor(part)
	*d = sha1.Sum(d[:]) // #nosec G401
}

// value adds what a key holds, and that it has an expiry.
func (d *digest) value(db *keyspace.DB, e keyspace.Entry) {
	d.mix(binary.BigEndian.AppendUint32(nil, uint32(e.Type())))
	switch e.Type() {
	case object.TypeString:
		d.mix(e.AppendValue(nil))
	case object.TypeList:
		for w := db.List(e).From(0); ; {
			v, ok := w.Next()
			if !ok {
				break
			}
			d.mix(v.AppendTo(nil))
		}
	case object.TypeSet:
		db.SetOf(e).Each(func(v packed.Value) bool {
			d.xor(v.AppendTo(nil))
			return true
		})
	case object.TypeZSet:
		z := db.ZSet(e)
		for c := z.Walk(0, z.Len(), false); c.Next(); {
			d.pair(c.Member(), digestScore(c.Score()))
		}
	case object.TypeHash:
		db.Hash(e).Each(func(field, value packed.Value) {
			d.pair(field.AppendTo(nil), value.AppendTo(nil))
		})
	case object.TypeStream:
		d.stream(db.Stream(e))
	case object.TypeModule:
	}
	if e.ExpireAt() != 0 {
		d.xor([]byte("!!expire!!"))
	}
}

// pair adds two parts that belong together, whatever other pairs there are.
func (d *digest) pair(first, second []byte) {
	var p digest
	p.mix(first)
	p.mix(second)
	d.xor(p[:])
}

// digestScore is a score as printf's %.17g shows it.
func digestScore(score float64) []byte {
	switch {
	case math.IsInf(score, 1):
		return []byte("inf")
	case math.IsInf(score, -1):
		return []byte("-inf")
	}
	return strconv.AppendFloat(nil, score, 'g', 17, 64)
}

func (d *digest) stream(s object.Stream) {
	for r := s.Range(object.StreamID{}, object.MaxStreamID, false); r.Next(); {
		id := r.ID()
		d.mix(fmt.Appendf(nil, "%d.%d", id.Ms, id.Seq))
		for range r.Fields() {
			field, value := r.Pair()
			d.mix(field.AppendTo(nil))
			d.mix(value.AppendTo(nil))
		}
	}
}

func (d *digest) String() string { return hex.EncodeToString(d[:]) }

func (g *group) debugDigest(c *command.Call) error {
	var all digest
	for n := range c.Set.Space(0).Databases() {
		keys := 0
		for p := range c.Set.Len() {
			keys += c.Set.Space(p).DB(n).Len()
		}
		if keys == 0 {
			continue
		}
		all.mix(binary.BigEndian.AppendUint32(nil, uint32(n))) // #nosec G115 -- a small number
		for p := range c.Set.Len() {
			digestDB(&all, c.Set.Space(p).DB(n))
		}
	}
	c.W.Status(all.String())
	return nil
}

func digestDB(all *digest, db *keyspace.DB) {
	db.Each(func(e keyspace.Entry) bool {
		var d digest
		d.mix(e.Key())
		d.value(db, e)
		all.xor(d[:])
		return true
	})
}

func (g *group) debugDigestValue(c *command.Call) error {
	c.W.Array(len(c.Args) - 2)
	for _, key := range c.Args[2:] {
		var d digest
		db := c.DBAt(c.Session.DB, key)
		if e := db.Peek(key); e.Exists() {
			d.value(db, e)
		}
		c.W.Status(d.String())
	}
	return nil
}
