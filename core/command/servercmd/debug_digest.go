package servercmd

import (
	"crypto/sha1" // #nosec G505 -- a fingerprint, the reference's
	"encoding/binary"
	"encoding/hex"

	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
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
func (d *digest) value(e keyspace.Entry) {
	d.mix(binary.BigEndian.AppendUint32(nil, uint32(e.Type())))
	d.mix(e.AppendValue(nil))
	if e.ExpireAt() != 0 {
		d.xor([]byte("!!expire!!"))
	}
}

func (d *digest) String() string { return hex.EncodeToString(d[:]) }

// digestStep is how many keys one step of the walk takes.
const digestStep = 1000

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
	seen := make(map[string]bool) // a walk may show a key twice
	for cursor := uint64(0); ; {
		cursor = db.Scan(cursor, digestStep, func(e keyspace.Entry) {
			if key := string(e.Key()); !seen[key] {
				seen[key] = true
				var d digest
				d.mix(e.Key())
				d.value(e)
				all.xor(d[:])
			}
		})
		if cursor == 0 {
			return
		}
	}
}

func (g *group) debugDigestValue(c *command.Call) error {
	c.W.Array(len(c.Args) - 2)
	for _, key := range c.Args[2:] {
		var d digest
		if e := c.DBAt(c.Session.DB, key).Peek(key); e.Exists() {
			d.value(e)
		}
		c.W.Status(d.String())
	}
	return nil
}
