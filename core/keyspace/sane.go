package keyspace

import (
	"fmt"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// Sane checks all invariants of the space, in time proportional to the keys: for tests.
func (s *Space) Sane() error {
	var used [arena.PurposeCount]int64
	for i, d := range s.dbs {
		if d == nil {
			continue
		}
		if err := d.sane(&used); err != nil {
			return fmt.Errorf("database %d: %w", i, err)
		}
	}
	if len(s.garbage)+len(s.remains) > 0 || s.walk != nil {
		return nil // what waits to be freed is in the accounts, but in no database
	}
	total := int64(0)
	for _, n := range used {
		total += n
	}
	for _, p := range []arena.Purpose{arena.PurposeEntry, arena.PurposeExpiry} {
		if have := s.arena.UsedBy(p); have != used[p] {
			return fmt.Errorf("arena counts %d bytes for purpose %v, the databases hold %d", have, p, used[p])
		}
	}
	// A collection doesn't say for which purposes it has its blocks.
	if have := s.arena.Used(); have != total {
		return fmt.Errorf("arena counts %d bytes, the databases hold %d", have, total)
	}
	return nil
}

func (d *DB) sane(used *[arena.PurposeCount]int64) error {
	if err := d.table.Sane(d.arena, d.space.hashOf); err != nil {
		return fmt.Errorf("table: %w", err)
	}
	if err := d.expiries.sane(d); err != nil {
		return fmt.Errorf("expiry index: %w", err)
	}
	var total sum
	var err error
	keys, expiring, timed := 0, 0, 0
	visit := func(r arena.Ref) {
		e := object.At(d.arena, r)
		keys++
		if h := e.Hash(d.seed); e.IsMarked() && (d.passage == nil || h < d.passage.cursor) && err == nil {
			err = fmt.Errorf("key %q has a mark where the walk is through", e.Key())
		}
		if at := e.ExpireAt(); at != 0 {
			expiring++
			total.add(at)
			if at < d.space.due.Load()-1 && err == nil {
				err = fmt.Errorf("key %q expires at %d, before NextDue %d", e.Key(), at, d.space.due.Load())
			}
		}
		items, fault := d.saneFields(e)
		if timed += items; fault != nil && err == nil {
			err = fmt.Errorf("key %q: %w", e.Key(), fault)
		}
		entry, value := e.Sizes(0)
		used[arena.PurposeEntry] += int64(entry)
		used[arena.PurposeValue] += int64(value)
		if fault := e.Sane(&d.space.env); fault != nil && err == nil {
			err = fmt.Errorf("key %q: %w", e.Key(), fault)
		}
	}
	for cursor := d.table.Scan(d.arena, 0, d.space.hashOf, visit); cursor != 0; {
		cursor = d.table.Scan(d.arena, cursor, d.space.hashOf, visit)
	}
	used[arena.PurposeTable] += int64(d.table.Bytes())
	used[arena.PurposeExpiry] += int64(d.expiries.tree.Bytes(d.arena) + d.fields.Bytes(d.arena))
	switch {
	case err != nil:
		return err
	case keys != d.Len():
		return fmt.Errorf("a scan sees %d keys, the table counts %d", keys, d.Len())
	case expiring != d.expiries.len():
		return fmt.Errorf("%d keys have an expiry, the index counts %d", expiring, d.expiries.len())
	case timed != d.fields.Len():
		return fmt.Errorf("%d hashes have fields that expire, the index counts %d", timed, d.fields.Len())
	case total != d.expiries.sum:
		return fmt.Errorf("the keys' expiries add up to %v, the index says %v", total, d.expiries.sum)
	}
	return nil
}

// sane checks that each item of the index is an entry that expires at the item's instant, and that they are in order.
func (x *expiries) sane(d *DB) error {
	if err := x.tree.Sane(d.arena, nil); err != nil {
		return err
	}
	i := 0
	for c := x.tree.Begin(d.arena); c.Valid(); c.Next(d.arena) {
		at, r := int64(c.Item().Key), c.Item().Ref
		e := object.At(d.arena, r)
		if e.ExpireAt() != at {
			return fmt.Errorf("item %d says %d, the entry of key %q %d", i, at, e.Key(), e.ExpireAt())
		}
		if d.find(e.Hash(d.seed), e.Key()) != r {
			return fmt.Errorf("item %d is no entry of the table", i)
		}
		i++
	}
	return nil
}
