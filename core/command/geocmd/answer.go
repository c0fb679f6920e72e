package geocmd

import (
	"github.com/sleipnirdb/sleipnir/core/command"
	"github.com/sleipnirdb/sleipnir/core/keyspace"
	"github.com/sleipnirdb/sleipnir/datastruct/geohash"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// write answers with what was found.
func (q *query) write(c *command.Call, r *result) {
	extras := 0
	for _, on := range [...]bool{q.withDist, q.withHash, q.withCoord} {
		if on {
			extras++
		}
	}
	c.W.Array(len(r.places))
	for i := range r.places {
		p := &r.places[i]
		if extras > 0 {
			c.W.Array(1 + extras)
		}
		c.W.Bulk(r.member(p))
		if q.withDist {
			writeDistance(c, p.meters/q.unit)
		}
		if q.withHash {
			c.W.Int(int64(p.score))
		}
		if q.withCoord {
			lon, lat := geohash.Position(p.score)
			c.W.Array(2)
			writeDegrees(c, lon)
			writeDegrees(c, lat)
		}
	}
}

// store puts what was found in the place of whatever the destination holds. nil is nothing.
func (q *query) store(c *command.Call, r *result) error {
	db := c.DB(q.storeKey)
	if r == nil || len(r.places) == 0 {
		if db.Delete(q.storeKey) {
			db.Notify(keyspace.ClassGeneric, "del", q.storeKey)
			c.Dirty++
		}
		c.W.Int(0)
		return nil
	}
	loose := object.NewLooseZSet(db.Space().Arena(), db.Space().Env())
	defer loose.Free()
	if !loose.Expand() {
		return command.ErrOOM
	}
	for i := range r.places {
		p := &r.places[i]
		score := p.score
		if q.storeDist {
			score = p.meters / q.unit
		}
		if _, result := loose.Add(r.member(p), score, 0); result == object.AddNoMemory {
			return command.ErrOOM
		}
	}
	loose.Pack()
	if err := db.PutZSet(q.storeKey, &loose); err != nil {
		return command.ErrOOM
	}
	event := "georadiusstore"
	if q.variant&searches != 0 {
		event = "geosearchstore"
	}
	db.Notify(keyspace.ClassZSet, event, q.storeKey)
	c.Dirty += int64(len(r.places))
	c.W.Int(int64(len(r.places)))
	return nil
}
