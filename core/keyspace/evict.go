package keyspace

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

// Volatile says whether only keys with an expiry are evicted.
func (k PolicyKind) Volatile() bool { return k >= VolatileLRU }

// Policy is what the directives about eviction say.
type Policy struct {
	Kind      PolicyKind // maxmemory-policy
	Samples   int        // maxmemory-samples
	LogFactor int        // lfu-log-factor
	DecayTime int        // lfu-decay-time, in minutes
}

var defaultPolicy = Policy{Kind: NoEviction, Samples: 5, LogFactor: 10, DecayTime: 1}

// SetPolicy sets the eviction policy, and with it the meaning of the access field.
func (s *Space) SetPolicy(p Policy) { s.policy = p }

// Policy returns the eviction policy.
func (s *Space) Policy() Policy { return s.policy }

// Candidate is a key that may be evicted.
type Candidate struct {
	DB    int
	Key   []byte // a copy, valid until the next call of Candidate
	Score uint64 // the greater, the better to evict; comparable between partitions of the same policy
}

// Candidate returns the best key to evict by the policy, ok false if there is none. It removes nothing: a caller that compares
// partitions gives the best one to Evict.
func (s *Space) Candidate() (c Candidate, ok bool) { panic("not yet") }

// Evict removes the candidate's key, counts it and tells of it. It returns the arena's bytes that became free, ok false if the key is gone
// already.
func (s *Space) Evict(c Candidate) (freed int64, ok bool) { panic("not yet") }

// IdleSeconds returns for how long the key wasn't used, for OBJECT IDLETIME. It makes no sense under an LFU policy.
func (s *Space) IdleSeconds(e Entry) int64 { panic("not yet") }

// Frequency returns the decayed LFU counter, for OBJECT FREQ. It makes sense under an LFU policy only.
func (s *Space) Frequency(e Entry) uint8 { panic("not yet") }

// Touch marks the key as used now, for TOUCH and for commands that looked it up without.
func (s *Space) Touch(e Entry) { s.touch(e) }

func (s *Space) touch(e Entry) { panic("not yet") }

type pool struct{}
