package keyspace

// Stats are the counters of one partition. The lease protects them; INFO takes each partition's lease in turn and adds them up.
type Stats struct {
	Hits    uint64 // look-ups for reading that found the key
	Misses  uint64 // look-ups for reading that didn't
	Expired uint64 // keys removed because their time had come
	Evicted uint64 // keys removed for memory

	ExpiredFields uint64 // fields of hashes removed because their time had come

	ExpireNanos  uint64 // time spent in ExpireSlice
	ExpireCapped uint64 // calls of ExpireSlice that ended with keys still due
}

// Stats returns a copy of the counters.
func (s *Space) Stats() Stats { return s.stats }

// ResetStats sets all counters to zero, for CONFIG RESETSTAT.
func (s *Space) ResetStats() { s.stats = Stats{} }

// Add adds the counters of another partition.
func (t *Stats) Add(o Stats) {
	t.Hits += o.Hits
	t.Misses += o.Misses
	t.Expired += o.Expired
	t.Evicted += o.Evicted
	t.ExpiredFields += o.ExpiredFields
	t.ExpireNanos += o.ExpireNanos
	t.ExpireCapped += o.ExpireCapped
}
