package keyspace

import (
	"math"

	"github.com/sleipnirdb/sleipnir/datastruct/arena"
	"github.com/sleipnirdb/sleipnir/datastruct/object"
)

// PolicyKind is a maxmemory-policy.
type PolicyKind uint8

// The policies.
const (
	NoEviction PolicyKind = iota
	AllKeysLRU
	AllKeysLFU
	AllKeysRandom
	VolatileLRU
	VolatileLFU
	VolatileRandom
	VolatileTTL
)

// LFU says whether the access field holds LFU's minutes and counter under the policy; else it holds the LRU clock.
func (k PolicyKind) LFU() bool { return k == AllKeysLFU || k == VolatileLFU }

// LRU says whether it is the time of the last use that decides under the policy.
func (k PolicyKind) LRU() bool { return k == AllKeysLRU || k == VolatileLRU }

// Volatile says whether only keys with an expiry are evicted.
func (k PolicyKind) Volatile() bool { return k >= VolatileLRU }

// Policy is what the directives about eviction say.
type Policy struct {
	Kind      PolicyKind // maxmemory-policy
	Samples   int        // maxmemory-samples
	LogFactor int        // lfu-log-factor
	DecayTime int        // lfu-decay-time, in minutes
}

// DefaultPolicy is the policy of a new space.
var DefaultPolicy = Policy{Kind: NoEviction, Samples: 5, LogFactor: 10, DecayTime: 1}

// SetPolicy sets the eviction policy, and with it the meaning of the access field.
func (s *Space) SetPolicy(p Policy) {
	s.policy = p
	s.pool.n = 0
	s.clock.still = s.clock.lru
	if p.Kind.LFU() {
		s.clock.still = notStill
	}
}

// Policy returns the eviction policy.
func (s *Space) Policy() Policy { return s.policy }

// Candidate is a key that may be evicted.
type Candidate struct {
	Score uint64 // the greater, the better to evict; comparable between partitions under the same policy
	DB    int
	hash  uint64
	ref   arena.Ref
}

// poolSize is how many candidates are kept from one choice to the next. It makes up for small samples: the best of many samples
// taken over time is nearly the best of all.
const poolSize = 16

// pool holds the best candidates seen so far, the best last. They are only remembered, so they may be gone, or used since.
type pool struct {
	best [poolSize]Candidate
	n    int
}

// add puts a candidate in its place, unless it's there or is worse than all in a full pool.
func (p *pool) add(c Candidate) {
	for i := range p.n {
		if p.best[i].ref == c.ref {
			return
		}
	}
	at := p.n
	for at > 0 && p.best[at-1].Score > c.Score {
		at--
	}
	if p.n < poolSize {
		copy(p.best[at+1:p.n+1], p.best[at:p.n])
		p.best[at] = c
		p.n++
		return
	}
	if at > 0 { // push the worst out
		copy(p.best[:at-1], p.best[1:at])
		p.best[at-1] = c
	}
}

// Candidate returns the best key to evict by the policy, ok false if there is none. It removes nothing: a caller that compares
// partitions gives the best one to Evict, before anything else changes its partition.
func (s *Space) Candidate() (c Candidate, ok bool) {
	switch s.policy.Kind {
	case NoEviction:
		return Candidate{}, false
	case VolatileTTL:
		return s.earliest()
	case AllKeysRandom, VolatileRandom:
		return s.any()
	}
	for _, d := range s.dbs {
		if d != nil {
			d.sample()
		}
	}
	for s.pool.n > 0 {
		c := s.pool.best[s.pool.n-1]
		e := s.stillThere(c)
		if e.Exists() && !(s.policy.Kind.Volatile() && e.ExpireAt() == 0) && s.score(e) >= c.Score {
			return c, true
		}
		s.pool.n--
	}
	return Candidate{}, false
}

// sample adds some random keys to the pool.
func (d *DB) sample() {
	n := d.candidates()
	for range min(n, max(d.space.policy.Samples, 1)) {
		c := d.pick(n)
		c.Score = d.space.score(object.At(d.arena, c.ref))
		d.space.pool.add(c)
	}
}

// candidates returns how many keys the policy may evict.
func (d *DB) candidates() int {
	if d.space.policy.Kind.Volatile() {
		return d.expiries.len()
	}
	return d.Len()
}

// pick returns one of the n candidates.
func (d *DB) pick(n int) Candidate {
	var r arena.Ref
	if d.space.policy.Kind.Volatile() {
		r = d.expiries.nth(d.arena, int(d.space.rnd.below(uint64(n))))
	} else {
		r = d.table.Random(d.arena, d.space.rnd.next())
	}
	return Candidate{DB: d.number, ref: r, hash: object.At(d.arena, r).Hash(d.seed)}
}

// score says how good it is to evict the key under LRU or LFU.
func (s *Space) score(e Entry) uint64 {
	if s.policy.Kind.LFU() {
		return uint64(255 - s.Frequency(e))
	}
	return uint64(s.IdleSeconds(e))
}

// earliest returns the key that expires first.
func (s *Space) earliest() (c Candidate, ok bool) {
	for _, d := range s.dbs {
		if d == nil {
			continue
		}
		at, r, any := d.expiries.first(d.arena)
		if score := math.MaxUint64 - uint64(at); any && score >= c.Score {
			c, ok = Candidate{Score: score, DB: d.number, ref: r, hash: object.At(d.arena, r).Hash(d.seed)}, true
		}
	}
	return c, ok
}

// any returns a random key, chosen fairly over all databases.
func (s *Space) any() (c Candidate, ok bool) {
	total := 0
	for _, d := range s.dbs {
		if d != nil {
			total += d.candidates()
		}
	}
	if total == 0 {
		return c, false
	}
	at := int(s.rnd.below(uint64(total)))
	for _, d := range s.dbs {
		if d == nil {
			continue
		}
		n := d.candidates()
		if at < n {
			c = d.pick(n)
			break
		}
		at -= n
	}
	c.Score = s.rnd.next()
	return c, true
}

// stillThere returns the candidate's entry if its key is still there, in the same block.
func (s *Space) stillThere(c Candidate) Entry {
	d := s.dbs[c.DB]
	if d == nil {
		return Entry{}
	}
	p := d.table.Find(d.arena, c.hash)
	for {
		r, ok := p.Next()
		if !ok {
			return Entry{}
		}
		// The block may have become another key's, with the same tag: so look at the whole hash.
		if e := object.At(d.arena, r); r == c.ref && e.Hash(d.seed) == c.hash {
			return e
		}
	}
}

// Evict removes the candidate's key, counts it and tells of it. It returns the arena's bytes that became free or, of a large collection,
// are Owed; ok is false if the key is gone already.
func (s *Space) Evict(c Candidate) (freed int64, ok bool) {
	e := s.stillThere(c)
	if !e.Exists() {
		return 0, false
	}
	d, before := s.dbs[c.DB], s.arena.Used()-s.owed.Load()
	if !d.spare(c.hash, e) {
		s.pool.n = max(s.pool.n-1, 0) // another one first
		return 0, false
	}
	key := s.keepKey(e)
	d.gone(key, Evicted)
	d.unlink(c.hash, e)
	s.stats.Evicted++
	d.Notify(ClassEvicted, "evicted", key)
	d.Touched(key)
	return before - s.arena.Used() + s.owed.Load(), true
}
