package keyspace

// The access field of an entry has 24 bits. Under an LFU policy they are 16 bits of minutes (when the counter was last
// decayed) and 8 bits of logarithmic counter; otherwise they are the LRU clock, seconds modulo 2^24.
const (
	accessMask  = 1<<24 - 1
	minutesMask = 1<<16 - 1

	// lfuInit is the counter of a new key, so that it isn't the first to go before it had its chance.
	lfuInit = 5
)

// accessClock is the time in the units of the access field.
type accessClock struct {
	lru uint32
	// still is the access field of an entry that touch would leave as it is: the LRU clock, or no such value under LFU.
	still uint32
}

const notStill = 1 << 24 // no access field is so large

func (s *Space) setClock(ms int64) {
	seconds := uint64(ms) / 1000
	s.clock.lru = uint32(seconds & accessMask)
	s.minutes = uint32(seconds / 60 & minutesMask)
	if s.clock.still != notStill {
		s.clock.still = s.clock.lru
	}
}

// fresh returns the access field of a new key.
func (s *Space) fresh() uint32 {
	if s.policy.Kind.LFU() {
		return s.minutes<<8 | lfuInit
	}
	return s.clock.lru
}

// touch marks the key as used. The look-ups call it only if the field would change, so that reading the same keys over and over
// leaves their cache lines clean.
func (s *Space) touch(e Entry) {
	if s.noTouch {
		return
	}
	s.Touch(e)
}

// decayed returns the counter less one for each lfu-decay-time minutes since the last decay.
func (s *Space) decayed(access uint32) uint8 {
	counter := access & 255
	if s.policy.DecayTime <= 0 {
		return uint8(counter)
	}
	then, now := access>>8, s.minutes
	elapsed := now - then
	if now < then { // wrapped, once we assume
		elapsed = minutesMask - then + now
	}
	return uint8(counter - min(counter, elapsed/uint32(s.policy.DecayTime)))
}

// bump raises the counter with a probability of 1/((counter-lfuInit)·lfu-log-factor+1).
func (s *Space) bump(counter uint8) uint8 {
	if counter == 255 {
		return 255
	}
	base := uint64(max(int(counter)-lfuInit, 0)) * uint64(max(s.policy.LogFactor, 0))
	if base == 0 || s.rnd.below(base+1) == 0 {
		counter++
	}
	return counter
}

// Touch marks the key as used now, whatever SetNoTouch says: for TOUCH.
func (s *Space) Touch(e Entry) {
	if s.policy.Kind.LFU() {
		e.SetAccess(s.minutes<<8 | uint32(s.bump(s.decayed(e.Access()))))
		return
	}
	e.SetAccess(s.clock.lru)
}

// SetNoTouch says whether look-ups leave the access field alone, as CLIENT NO-TOUCH wants it for the commands of a session.
func (s *Space) SetNoTouch(on bool) { s.noTouch = on }

// IdleSeconds returns for how long the key wasn't used, for OBJECT IDLETIME. It makes no sense under an LFU policy.
func (s *Space) IdleSeconds(e Entry) int64 { return int64((s.clock.lru - e.Access()) & accessMask) }

// SetIdleSeconds makes the key one that wasn't used for so long, for RESTORE's IDLETIME and for loading.
func (s *Space) SetIdleSeconds(e Entry, seconds int64) {
	if !s.policy.Kind.LFU() {
		e.SetAccess((s.clock.lru - uint32(min(seconds, accessMask))) & accessMask)
	}
}

// Frequency returns the decayed LFU counter, for OBJECT FREQ. It makes sense under an LFU policy only.
func (s *Space) Frequency(e Entry) uint8 { return s.decayed(e.Access()) }

// SetFrequency sets the LFU counter, for RESTORE's FREQ and for loading.
func (s *Space) SetFrequency(e Entry, counter uint8) {
	if s.policy.Kind.LFU() {
		e.SetAccess(s.minutes<<8 | uint32(counter))
	}
}

// repeat is what was in force before BeginRepeat.
type repeat struct {
	hits, misses uint64
	mask         Class
}

// BeginRepeat says that the look-ups up to EndRepeat were made before by the same command, which begins anew: they count no hits and
// misses, tell of no misses, and leave the access field alone.
func (s *Space) BeginRepeat() {
	s.repeat = repeat{s.stats.Hits, s.stats.Misses, s.mask}
	s.mask &^= ClassKeyMiss
	s.noTouch = true
}

// EndRepeat ends what BeginRepeat began.
func (s *Space) EndRepeat() {
	s.stats.Hits, s.stats.Misses, s.mask = s.repeat.hits, s.repeat.misses, s.repeat.mask
	s.noTouch = false
}
