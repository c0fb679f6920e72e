package keyspace

// Usage is what one database of the partition holds, for INFO and MEMORY STATS.
type Usage struct {
	Keys, Expires int64
	Timed         int64 // hashes with fields that have an expiry
	AvgTTL        int64 // ms, of the keys with an expiry
	Watched       int64 // keys that somebody watches
	Table, Expiry int64 // bytes of hash table and expiry index
}

// Usage returns the figures of database i, without making it.
func (s *Space) Usage(i int) Usage {
	d := s.dbs[i]
	if d == nil {
		return Usage{}
	}
	u := Usage{
		Keys: int64(d.Len()), Expires: int64(d.Expires()), AvgTTL: d.AvgTTL(),
		Timed: int64(d.TimedHashes()), Watched: int64(d.WatchedKeys()), Table: int64(d.table.Bytes()),
	}
	if u.Expires > 0 {
		u.Expiry = u.Expires * s.indexShare()
	}
	return u
}

// Count returns how many keys database i holds, how many of them have an expiry, and how many are hashes with fields that have one.
func (s *Space) Count(i int) (keys, expires, timed int) {
	d := s.dbs[i]
	if d == nil {
		return 0, 0, 0
	}
	return d.Len(), d.Expires(), d.TimedHashes()
}

// Used returns the bytes of all blocks of the partition. Atomic: it may be called without the lease.
func (s *Space) Used() int64 { return s.shown.Load().Used() }

// Committed returns the bytes of memory behind the blocks. Atomic.
func (s *Space) Committed() int64 { return s.shown.Load().Committed() }
