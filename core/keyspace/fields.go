package keyspace

// fieldClock returns the instant up to which fields of hashes live: none has expired in a space that ignores expiries.
func (s *Space) fieldClock() int64 {
	if s.mode == ExpireIgnore {
		return 0
	}
	return s.now
}
