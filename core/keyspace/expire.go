package keyspace

// ExpireSlice removes keys whose time has come, the longest due first, until none is left or about budgetNanos have
// passed (0 means the default of half a millisecond). It returns how many it removed, and whether more are due.
func (s *Space) ExpireSlice(budgetNanos int64) (expired int, more bool) {
	panic("not yet")
}

func (d *DB) expire(h uint64, e Entry) { panic("not yet") }
